"""Which exception is in flight, for the interpreter of event graphs: the graph itself names none."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.model.event import Compute, Guard, Leave

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph


class InFlight:
    """The exceptions that are on their way, the innermost last, each with the block where control went."""

    def __init__(self, graph: FunctionGraph) -> None:
        self._graph = graph
        self._targets = {target for block in graph.blocks for target in block.handlers}
        self._stack: list[tuple[int, BaseException]] = []
        self._caught: dict[ast.AST, BaseException] = {}
        self._groups: dict[ast.AST, list[BaseException]] = {}
        self._rest: dict[ast.AST, BaseException | None] = {}
        self._depth: dict[ast.AST, int] = {}
        self._arrived: dict[ast.AST, int] = {}
        self._matched: dict[ast.AST, BaseException] = {}
        self._try_of: dict[ast.AST, ast.AST] = {}
        self._handler_of: dict[ast.AST, ast.ExceptHandler] = {}
        self._read_handlers(graph.node, None)
        self._dispatching = set(self._dispatch_blocks())

    def _read_handlers(self, node: ast.AST, handler: ast.ExceptHandler | None) -> None:
        if handler is not None:
            self._handler_of[node] = handler
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ExceptHandler):
                self._try_of[child] = node
                self._read_handlers(child, child)
            else:
                self._read_handlers(child, handler)

    def _dispatch_blocks(self) -> list[int]:
        """List the blocks that look for a handler of a plain ``try``."""
        found = []
        for block in self._graph.blocks:
            if not block.events:
                continue
            first, last = block.events[0], block.events[-1]
            catches = isinstance(first, Compute) and first.operator == "exception"
            if catches and isinstance(self._graph.nodes[first.id], ast.Try):
                found.append(block.index)
            tests = isinstance(last, Guard) and last.kind == "except"
            if tests and isinstance(self._try_of.get(self._graph.nodes[last.id]), ast.Try):
                found.append(block.successors[1])
        return found

    @property
    def current(self) -> BaseException:
        return self._stack[-1][1]

    def enter(self, target: int, error: BaseException) -> None:
        """Let an exception arrive at a handler; what it was raised in is over."""
        while self._stack and target in self._outside(self._stack[-1][0]):
            self._stack.pop()
        self._stack.append((target, error))

    def _outside(self, target: int) -> set[int]:
        found = set()
        while target not in found:
            found.add(target)
            handlers = self._graph.blocks[target].handlers
            if handlers:
                target = handlers[0]
        return found

    def follow(self, source: int, target: int) -> None:
        """Go on from block to block: the exception goes on to the outside, or a handler without a test takes it."""
        if target in self._targets:
            if self._stack:
                self.enter(target, self.current)
        elif source in self._dispatching:
            events = self._graph.blocks[source].events
            if not events or not isinstance(events[-1], Guard):
                self._stack.pop()

    def dispatch(self, node: ast.AST) -> BaseException:
        """Begin to look for a handler of a ``try``; give the exception."""
        error = self.current
        if isinstance(node, ast.TryStar):
            self._arrived[node] = self._stack.pop()[0]
            self._groups[node] = []
            self._rest[node] = error if isinstance(error, BaseExceptionGroup) else BaseExceptionGroup("", [error])
            self._depth[node] = len(self._stack)
        self._caught[node] = error
        return error

    def catches(self, handler: ast.ExceptHandler, kind: object) -> bool:
        node = self._try_of[handler]
        assert isinstance(kind, type | tuple)
        if isinstance(node, ast.TryStar):
            self._collect(node)
            rest = self._rest[node]
            matched = None
            if isinstance(rest, BaseExceptionGroup):
                matched, self._rest[node] = rest.split(kind)
            if matched is not None:
                self._matched[handler] = matched
            return matched is not None
        holds = isinstance(self.current, kind)
        if holds:
            self._stack.pop()
        return holds

    def bound(self, handler: ast.ExceptHandler) -> BaseException:
        """Give what the name of a handler is bound to; ``except*`` binds the part of the group that it takes."""
        return self._matched.get(handler, self._caught[self._try_of[handler]])

    def _collect(self, node: ast.TryStar) -> None:
        """Keep what a handler of ``except*`` has raised until all handlers are done."""
        while len(self._stack) > self._depth[node]:
            self._groups[node].append(self._stack.pop()[1])

    def all_caught(self, node: ast.TryStar) -> bool:
        self._collect(node)
        rest = self._rest[node]
        if rest is None and not self._groups[node]:
            return True
        raised = [*self._groups[node], *([rest] if rest is not None else [])]
        original = self._caught[node]
        if isinstance(original, BaseExceptionGroup):
            error: BaseException = BaseExceptionGroup("", raised)
        else:
            # A single exception is not put in a group, nor is what its one handler raises.
            error = self._groups[node][0] if self._groups[node] else original
        self._stack.append((self._arrived[node], error))
        return False

    def swallowed(self, node: ast.AST, *, holds: bool) -> bool:
        del node
        if holds:
            self._stack.pop()
        return holds

    def handled(self, node: ast.AST) -> BaseException:
        """Give the exception that a bare ``raise`` raises again."""
        return self._caught[self._try_of[self._handler_of[node]]]

    def leaves_by_error(self, event: int) -> bool:
        """Tell whether a `Leave` runs because of an exception: it stands where the exception arrives."""
        block = self._graph.block_of(event)
        assert isinstance(self._graph.events[event], Leave)
        return block.index in self._targets and block.events[0].id == event
