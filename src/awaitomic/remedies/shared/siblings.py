"""Statements that stand side by side: what lies between a read and a write, which names it binds, where it can leave.

Hoisting and swapping reorder siblings of one block and nothing else; this is their view of that block.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitomic.flow.statements import LEAVES
from awaitomic.model.event import Suspend
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.remedies.remedy import Case, block_of, statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.lines import move_lines
from awaitomic.remedies.shared.region import Run, cover, events_in

_OTHER_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a function; statements are named by their index in it."""

    case: Case
    parent: StatementPath
    name: str
    statements: tuple[ast.stmt, ...]

    def path(self, index: int) -> StatementPath:
        """Give the path of a statement."""
        return (*self.parent, BlockStep(self.name, index))

    def index_of(self, path: StatementPath) -> int:
        """Give the index of the statement that is, or holds, the one at `path`.

        Raises:
            Declined: ``not-siblings`` if it lies elsewhere.
        """
        depth = len(self.parent)
        if path[:depth] != self.parent or len(path) <= depth or path[depth].block != self.name:
            raise not_siblings()
        return path[depth].index

    def holds(self, path: StatementPath) -> bool:
        """Tell whether a statement lies in the block, at any depth."""
        depth = len(self.parent)
        return path[:depth] == self.parent and len(path) > depth and path[depth].block == self.name

    def events(self, first: int, last: int) -> list[int]:
        """Give the events of the statements from index `first` to `last` (inclusive), in order of lowering."""
        if last < first:
            return []
        return list(events_in(self.case.function, Run(self.path(first), last - first + 1)))

    def suspends(self, index: int) -> list[int]:
        """Give the events in a statement at which other tasks can run."""
        case = self.case
        found = []
        for event in self.events(index, index):
            suspend = case.function.events[event]
            if isinstance(suspend, Suspend) and case.program.may_suspend(case.resolver, suspend):
                found.append(event)
        return found

    def margin(self) -> str:
        """Give the indentation of the block as it is written."""
        first = self.case.extent(self.statements[0])
        line = self.case.program.positions.line(first.line)
        return line[: len(line) - len(line.lstrip(" \t"))]


def not_siblings() -> Declined:
    """Give the refusal for statements that cannot be reordered because they are not of one block."""
    return Declined("not-siblings", "the read, the suspension and the write do not stand in one block of statements")


def in_one_go(case: Case) -> str:
    """Say why a hoist is safe."""
    return f"`{case.finding.state}` is read and written with nothing in between, and what is awaited does not write it"


def depends_on_read() -> Declined:
    """Give the refusal for an await that needs the value which was read."""
    return Declined("depends-on-read", "what is awaited is given the value that was read, so it cannot come first")


def block_at(case: Case, path: StatementPath) -> Block:
    """Give the block that a statement stands in."""
    parent = path[:-1]
    owner = statement_at(case.program.module.tree, parent) if parent else case.program.module.tree
    return Block(case, parent, path[-1].block, tuple(block_of(owner, path[-1].block)))


def common_block(case: Case, paths: Iterable[StatementPath]) -> Block:
    """Give the innermost block that holds all statements at `paths`, directly or inside its statements."""
    return block_at(case, cover(case.program.module.tree, case.function, paths).first)


def bound_names(node: ast.AST) -> set[str]:
    """Give the names that a piece of syntax binds in its own function."""
    found = set()
    for inner in own_scope(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            found.add(inner.id)
        elif isinstance(inner, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and inner.name:
            found.add(inner.name)
        elif isinstance(inner, ast.MatchMapping) and inner.rest:
            found.add(inner.rest)
        elif isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(inner.name)
        elif isinstance(inner, ast.alias):
            found.add((inner.asname or inner.name).partition(".")[0])
    return found


def loaded_names(node: ast.AST) -> set[str]:
    """Give the names that a piece of syntax reads, nested functions included; ``x += 1`` reads ``x``."""
    found = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)}
    for inner in ast.walk(node):
        if isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
            found.add(inner.target.id)
    return found


def names_in(node: ast.AST) -> set[str]:
    """Give every name that a piece of syntax mentions."""
    return bound_names(node) | loaded_names(node) | {i.id for i in ast.walk(node) if isinstance(i, ast.Name)}


def leaves(statement: ast.stmt, *, by_raise: bool = True) -> bool:
    """Tell whether control can leave a statement other than at its end, by its own ``return``, ``break`` and so on."""
    found = (inner for inner in leaving(statement) if isinstance(inner, LEAVES))
    return any(by_raise or not isinstance(inner, ast.Raise) for inner in found)


def leaving(node: ast.AST, *, in_loop: bool = False) -> Iterator[ast.AST]:
    """Walk a piece of syntax without nested scopes, and without what leaves only a loop inside of it."""
    if isinstance(node, ast.Break | ast.Continue) and in_loop:
        return
    yield node
    inside = in_loop or isinstance(node, ast.For | ast.AsyncFor | ast.While)
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _OTHER_SCOPES):
            yield from leaving(child, in_loop=inside)


def own_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a piece of syntax without what has names of its own: nested functions, classes, comprehensions."""
    yield node
    if isinstance(node, _OTHER_SCOPES | _COMPREHENSIONS):
        yield from (i for i in ast.walk(node) if isinstance(i, ast.NamedExpr))
        yield from (i.target for i in ast.walk(node) if isinstance(i, ast.NamedExpr))
        return
    for child in ast.iter_child_nodes(node):
        yield from own_scope(child)


def flush_left(case: Case, node: ast.expr | ast.stmt, margin: str) -> str:
    """Give a piece of syntax as it is written, its further lines moved left by the indentation of its block.

    Raises:
        Declined: ``multi-line-text`` if that would change its meaning.
    """
    text = case.text(node)
    if "\n" not in text and "\r" not in text:
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    moved = move_lines(text, lambda line: line.removeprefix(margin))
    if isinstance(node, ast.expr):
        parsed: ast.AST = ast.parse(f"async def f():\n ({moved}\n )").body[0]
        assert isinstance(parsed, ast.AsyncFunctionDef)
        first = parsed.body[0]
        same = isinstance(first, ast.Expr) and ast.dump(first.value) == ast.dump(node)
    else:
        same = ast.dump(ast.parse(moved).body[0]) == ast.dump(node)
    if not same:
        raise Declined("multi-line-text", "what stands on several lines would mean something else when moved")
    return moved
