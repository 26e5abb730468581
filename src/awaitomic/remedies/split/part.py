"""The part of a body that runs with the lock held, as a function of its own: what it is given and what it gives back.

The locals that it reads become parameters, those that are used behind it become what it returns. What a function
cannot do for its caller (leave a loop, return now and then, share a variable with a closure) is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.statements import block_of
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.siblings import bound_names, leaving, loaded_names, own_scope
from awaitomic.remedies.split.bindings import ends, entered_names, reads_first, surely_bound
from awaitomic.remedies.split.forms import is_bound, node_of, yields_of
from awaitomic.remedies.split.variant import returns_value

_LOOPS = ast.For | ast.AsyncFor | ast.While
_CATCHES = ast.Try | ast.With | ast.AsyncWith
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_BY_NAME = frozenset({"locals", "vars", "eval", "exec", "dir"})


@dataclass(frozen=True, slots=True)
class Part:
    """What the part of a body is given, what it gives back, and whether its caller returns what it returns."""

    parameters: tuple[str, ...]
    results: tuple[str, ...]
    returns: bool


def cut(
    program: Program, function: FunctionGraph, path: StatementPath, region: ast.AsyncWith, *, whole_tail: bool = False
) -> Part:
    """Make a function of the body of a lock region.

    Parameters:
        program: the facts of the file.
        function: the function that has the region.
        path: where the region stands.
        region: the region.
        whole_tail: whether all that stands behind the region has been taken into it.

    Raises:
        Declined: ``split-partial-region`` if a function could not do the same.
    """
    return _Cut(program, function, path, region, whole_tail=whole_tail).part()


class _Cut:
    def __init__(
        self, program: Program, function: FunctionGraph, path: StatementPath, region: ast.AsyncWith, *, whole_tail: bool
    ) -> None:
        self._whole_tail = whole_tail
        self._tree = program.module.tree
        self._function = function
        self._node = node_of(function)
        self._path = path
        self._region = region
        self._body = region.body
        around = range(len(function.path) + 1, len(path))
        self._around = [(path[:length], statement_at(self._tree, path[:length])) for length in around]
        self._loop = next((node for _, node in self._around if isinstance(node, _LOOPS)), None)
        self._receiver = frozenset(function.parameters[:1]) if is_bound(function) else frozenset()
        self._locals = function.local_names - self._receiver
        self._binds = set().union(*map(bound_names, self._body))
        inside = {id(node) for statement in self._body for node in ast.walk(statement)}
        self._others = [node for node in ast.walk(self._node) if id(node) not in inside]
        self._before = self._bound_before()

    def part(self) -> Part:
        self._check_exits()
        self._check_scopes()
        results = self._in_order(self._needed_behind())
        if results and any(isinstance(node, _CATCHES) for _, node in self._around):
            raise self._declined(f"`{results[0]}` is used behind it also if it fails")
        given = {name for name in self._locals if self._is_given(name)}
        kept = set(results) - surely_bound(self._body)
        given |= kept & self._before
        missing = [*(given - self._before), *(kept - self._before - surely_bound(self._body, swallowing=False))]
        missing += self._unbound_elsewhere() - set(results)
        if missing:
            raise self._declined(f"`{min(missing)}` may have no value there")
        returning = self._returns()
        if returning and results:
            raise self._declined(f"`{results[0]}` is used behind it, and line {returning[0].lineno} returns")
        returns = bool(returning) and (returns_value(self._body) or not self._is_tail())
        if returns and self._function.is_generator:
            raise self._declined(f"line {returning[0].lineno} returns, which nobody could tell from a generator's end")
        if results and yields_of(self._body):
            raise self._declined(f"it hands out values, and gives none back, and `{results[0]}` is used behind it")
        return Part(tuple(self._in_order(given)), tuple(results), returns)

    def _declined(self, reason: str) -> Declined:
        where = f"`{self._function.qualname}` holds the lock for a part of its body only (line {self._region.lineno})"
        return Declined("split-partial-region", f"{where}, which cannot become a function of its own: {reason}")

    def _in_order(self, names: Iterable[str]) -> list[str]:
        """Give parameters in the order of the signature, then other locals in the order in which they are bound."""
        places = {name: (-1, index) for index, name in enumerate(self._function.parameters)}
        for node in ast.walk(self._node):
            if isinstance(node, ast.Name) and node.id not in self._function.parameters:
                place = (node.lineno, node.col_offset)
                places[node.id] = min(place, places.get(node.id, place))
        return sorted(names, key=lambda name: (places.get(name, (0, 0)), name))

    # -- what goes in and out --------------------------------------------------------------------------------------

    def _bound_before(self) -> set[str]:
        found = set(self._function.parameters)
        owner: ast.AST = self._node
        for length in range(len(self._function.path), len(self._path)):
            step = self._path[length]
            found |= surely_bound(block_of(owner, step.block)[: step.index])
            owner = statement_at(self._tree, self._path[: length + 1])
            if isinstance(owner, ast.For | ast.AsyncFor):
                found |= bound_names(owner.target)
            elif isinstance(owner, ast.With | ast.AsyncWith):
                found |= entered_names(owner)
        return found

    def _is_given(self, name: str) -> bool:
        elsewhere = name in self._function.parameters or any(
            isinstance(node, ast.stmt | ast.expr) and name in _binds_itself(node) for node in self._others
        )
        return elsewhere and reads_first(self._body, name)

    def _unbound_elsewhere(self) -> set[str]:
        """Give the locals that only the part binds and that are read outside of it: there they would be none."""
        bound = set(self._function.parameters).union(*map(_binds_itself, self._others))
        read = {node.id for node in self._others if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        return (self._binds & self._locals & read) - bound

    def _needed_behind(self) -> set[str]:
        """Give the locals that the part binds and code behind it may read; in a loop, the next turn is behind it."""
        read: set[str] = set()
        for node in self._others:
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store) and self._is_behind(node):
                read.add(node.id)
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name) and self._is_behind(node):
                read.add(node.target.id)
        if self._loop is not None:
            read.update(name for name in self._binds if reads_first(self._body, name))
        return self._binds & self._locals & read

    def _is_behind(self, node: ast.expr | ast.stmt) -> bool:
        place = (node.lineno, node.col_offset)
        if self._loop is not None:
            return place >= (self._loop.lineno, self._loop.col_offset)
        return place >= (self._region.end_lineno or 0, self._region.end_col_offset or 0)

    # -- what a function cannot do ---------------------------------------------------------------------------------

    def _returns(self) -> list[ast.Return]:
        return [node for part in self._body for node in own_scope(part) if isinstance(node, ast.Return)]

    def _check_exits(self) -> None:
        for statement in self._body:
            for node in leaving(statement):
                if isinstance(node, ast.Break | ast.Continue):
                    raise self._declined(f"line {node.lineno} leaves the loop around the lock")
        returning = self._returns()
        if returning and not self._is_tail() and not ends(self._body):
            raise self._declined(f"line {returning[0].lineno} returns, and other ways go on behind the lock")

    def _is_tail(self) -> bool:
        """Tell whether nothing runs behind the region, but for a ``finally``."""
        if self._whole_tail:
            return True
        owner: ast.AST = self._node
        for length in range(len(self._function.path), len(self._path)):
            step = self._path[length]
            if step.index != len(block_of(owner, step.block)) - 1 or isinstance(owner, _LOOPS):
                return False
            if isinstance(owner, ast.Try) and step.block == "body" and owner.orelse:
                return False
            owner = statement_at(self._tree, self._path[: length + 1])
        return True

    def _check_scopes(self) -> None:
        """Refuse variables that are shared with closures, declared ``global``, deleted, or found by their names."""
        function = self._function
        declared = function.global_names | function.nonlocal_names | self._receiver
        if self._binds & declared or any(isinstance(node, ast.Nonlocal) for node in ast.walk(self._node)):
            raise self._declined("it binds variables that are not its own")
        if getattr(self._node, "type_params", None):
            raise self._declined("its annotations may speak of the type parameters of the whole")
        for node in ast.walk(self._node):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and last_name(node.func) in _BY_NAME:
                raise self._declined(f"line {node.lineno} looks variables up by their names")
            if isinstance(node, ast.Delete) and bound_names(node) & self._locals:
                raise self._declined(f"line {node.lineno} deletes a variable")
        later = {name for node in self._others if self._is_later(node) for name in _binds_itself(node)}
        for shared, nodes in ((self._binds, self._others), (later, list(_walk(self._body)))):
            for node in nodes:
                captured = loaded_names(node) & shared & self._locals if isinstance(node, _SCOPES) else set()
                if captured and node is not self._node:
                    raise self._declined(f"`{min(captured)}` is shared with the function on line {_line(node)}")

    def _is_later(self, node: ast.AST) -> bool:
        return isinstance(node, ast.expr | ast.stmt) and self._is_behind(node)


def _walk(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    for statement in statements:
        yield from ast.walk(statement)


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


def _binds_itself(node: ast.AST) -> set[str]:
    """Give the names that a node itself binds, without what stands inside of it."""
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Load) else {node.id}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom | ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return bound_names(node)
    return set()
