"""Builds the blocks of one function: where the next event goes, and what must run on the way out of a construct.

The constructs that change where control goes when something raises, returns, breaks or continues (loops, ``try``,
``with``) stand on a stack of frames, as in CPython's compiler (``compiler_unwind_fblock`` in Python/compile.c): every
way out gets its own copy of what it runs through, so that the graph never mixes two ways out.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from awaitomic.model.event import (
    Block,
    Compute,
    Event,
    Guard,
    Operand,
    Place,
    Read,
    Suspend,
    SuspendWhy,
    Write,
    WriteHow,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from awaitomic.flow.scopes import AnyScope, FunctionScope
    from awaitomic.model.position import StatementPath

NestedNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Nested:
    """A function, lambda or class body that was met on the way and gets a graph of its own."""

    node: NestedNode
    scope: AnyScope
    path: StatementPath


@dataclass(frozen=True, slots=True)
class Loop:
    """A loop around the code that is being lowered."""

    on_break: Block
    on_continue: Block


@dataclass(frozen=True, slots=True)
class Protection:
    """A ``try`` or ``with`` around the code that is being lowered."""

    target: Block
    """Where control goes if something raises."""
    outer: int
    """Where control goes if something raises outside."""
    cleanup: Callable[[], None] | None
    """Lowers a copy of what every way out has to run; None for handlers, which run on exceptions only."""


class Builder:
    """The graph under construction. `path` is the statement and `scope` the scope that is being lowered."""

    __slots__ = (
        "_frames",
        "_handler",
        "_raised_to",
        "_spare",
        "_targets",
        "block",
        "blocks",
        "evaluates_annotations",
        "events",
        "exit",
        "nested",
        "nodes",
        "path",
        "raises",
        "scope",
        "statements",
        "yields",
    )

    def __init__(self, scope: FunctionScope, path: StatementPath, *, evaluates_annotations: bool) -> None:
        self.scope: AnyScope = scope
        self.path = path
        self.evaluates_annotations = evaluates_annotations
        self.events: list[Event] = []
        self.nodes: list[ast.AST] = []
        self.statements: list[StatementPath] = []
        self.nested: dict[NestedNode, Nested] = {}
        self.yields = False
        self._frames: list[Loop | Protection] = []
        entry, self.exit, self.raises = (Block(index) for index in range(3))
        entry.handlers.append(self.raises.index)
        self.blocks = [entry, self.exit, self.raises]
        self._handler = self.raises.index
        self._targets = {entry.index}
        """Blocks that something leads to."""
        self._raised_to: set[int] = set()
        """Blocks that exceptions lead to. They raise to the outside of what they belong to, even while empty."""
        self.block: Block | None = entry
        """Where the next event goes; None where no control arrives."""
        self._spare: Block | None = None

    # Events

    @property
    def next_id(self) -> int:
        """The id of the event that is added next."""
        return len(self.events)

    def add(self, event: Event, node: ast.AST) -> Operand:
        """Append an event, made with `next_id`, to the current block; give its id."""
        block = self.block
        if block is None:
            # Unreachable code: it gets events all the same, in a block that nothing leads to.
            block = self.block = self._spare or self.new_block()
            self._spare = None
        block.events.append(event)
        self.events.append(event)
        self.nodes.append(node)
        self.statements.append(self.path)
        return event.id

    def read(self, place: Place, node: ast.AST) -> Operand:
        """Append a `Read`."""
        return self.add(Read(len(self.events), place), node)

    def write(self, place: Place, value: Operand | None, how: WriteHow, node: ast.AST) -> Operand:
        """Append a `Write`."""
        return self.add(Write(len(self.events), place, value, how), node)

    def compute(self, operator: str, operands: tuple[Operand, ...], node: ast.AST) -> Operand:
        """Append a `Compute`."""
        return self.add(Compute(len(self.events), operator, operands), node)

    def suspend(self, why: SuspendWhy, awaited: Operand | None, node: ast.AST) -> Operand:
        """Append a `Suspend`."""
        return self.add(Suspend(len(self.events), why, awaited), node)

    # Blocks

    def new_block(self) -> Block:
        """Make a block whose events raise into the innermost protection around the current place."""
        block = Block(len(self.blocks))
        block.handlers.append(self._handler)
        self.blocks.append(block)
        return block

    def jump(self, target: Block) -> None:
        """End the current block; control goes to `target`."""
        if self.block is not None:
            self.block.successors.append(target.index)
            self._targets.add(target.index)
        self.stop()

    def stop(self) -> None:
        """End the current block; control does not go on here."""
        self.block = self._spare = None

    def branch(self, test: Operand, kind: str, holds: Block, fails: Block, node: ast.AST) -> None:
        """End the current block with a `Guard`."""
        self.add(Guard(len(self.events), test, kind), node)
        if self.block is not None:
            self.block.successors += (holds.index, fails.index)
        self._targets.add(holds.index)
        self._targets.add(fails.index)
        self.stop()

    def start(self, block: Block) -> None:
        """Go on in `block`. If nothing leads to it so far, the code that follows is unreachable."""
        reached = block.index in self._targets
        self.block = block if reached else None
        self._spare = None if reached else block

    # Ways out

    def enter_loop(self, on_break: Block, on_continue: Block) -> None:
        """Begin the body of a loop."""
        self._frames.append(Loop(on_break, on_continue))

    def leave_loop(self) -> None:
        """End the body of a loop."""
        self._frames.pop()

    def protect(self, cleanup: Callable[[], None] | None) -> Protection:
        """Begin a stretch of code that raises into a block of its own.

        `cleanup` lowers what ``return``, ``break`` and ``continue`` have to run when they leave the stretch; None if
        they run nothing. Returns the frame, whose `target` block has to be lowered by the caller after `unprotect`.
        """
        target = self.new_block()
        self._targets.add(target.index)
        self._raised_to.add(target.index)
        frame = Protection(target, self._handler, cleanup)
        self._frames.append(frame)
        self._handler = target.index
        self.fresh()
        return frame

    def unprotect(self) -> None:
        """End the stretch that the last `protect` began; the current block raises to the outside again."""
        frame = self._frames.pop()
        if isinstance(frame, Protection):
            self._handler = frame.outer
        self.fresh()

    def fresh(self) -> None:
        """Go on in a block of its own, because what follows raises to somewhere else."""
        if self.block is not None and not self.block.events and self.block.index not in self._raised_to:
            self.block.handlers[:] = (self._handler,)
            return
        block = self.new_block()
        self.jump(block)
        self.start(block)

    @property
    def outside(self) -> Block:
        """Where an exception goes on to from the current place."""
        return self.blocks[self._handler]

    def exit_loop(self, *, again: bool) -> None:
        """Lower ``break`` or (`again`) ``continue``. Outside of a loop, which CPython rejects, control just ends."""
        for index in range(len(self._frames) - 1, -1, -1):
            frame = self._frames[index]
            if isinstance(frame, Loop):
                target = frame.on_continue if again else frame.on_break
                self.unwind(index + 1, partial(self.jump, target))
                return
        self.stop()

    def unwind(self, depth: int, finish: Callable[[], None]) -> None:
        """Leave all frames from `depth` upwards, innermost first, through copies of their cleanups; then `finish`.

        `depth` is how many frames stay, 0 for ``return``; `finish` lowers the end of the way out, after which no
        control goes on here.
        """
        frames, handler, path = self._frames, self._handler, self.path
        for index in range(len(frames) - 1, depth - 1, -1):
            frame = frames[index]
            if isinstance(frame, Protection):
                self._frames = frames[:index]
                self._handler = frame.outer
                if frame.cleanup is not None:
                    self.fresh()
                    frame.cleanup()
        self.path = path
        finish()
        self._frames, self._handler = frames, handler
        self.stop()

    @property
    def has_cleanups(self) -> bool:
        """Whether a ``return`` has something to run here before it returns."""
        return any(isinstance(frame, Protection) and frame.cleanup is not None for frame in self._frames)
