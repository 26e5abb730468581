"""Every mention of a table of locks in its file: where it is made, asked for a lock, and robbed of one.

A table that forgets its locks by itself is no dict: what counts its entries, goes through them or stores into it would
find less than it did. So each mention has to be one that is understood, or the table stays what it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.program.names import dotted
from awaitomic.remedies.shared.declined import Declined

_LOCK = "asyncio.Lock"
_DICTS = frozenset({"dict", "collections.defaultdict"})
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Making:
    """Where the table is made, and what makes a lock for a key that it does not have, if it does so itself."""

    statement: ast.Assign | ast.AnnAssign
    value: ast.expr
    factory: str


class Tree:
    """The syntax of a file, with what stands around each piece of it."""

    def __init__(self, module: ast.Module) -> None:
        self.module = module
        self.above = {child: node for node in ast.walk(module) for child in ast.iter_child_nodes(node)}
        self.paths = dict(_paths(module, ()))

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Give what stands around a piece of syntax, the innermost first."""
        while node in self.above:
            node = self.above[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt:
        """Give the innermost statement that holds a piece of syntax."""
        return next(each for each in (node, *self.around(node)) if isinstance(each, ast.stmt))

    def function(self, node: ast.AST) -> ast.AST:
        """Give the function that a piece of syntax stands in, else the module or class."""
        return next(
            each for each in self.around(node) if isinstance(each, _FUNCTION | ast.Lambda | ast.ClassDef | ast.Module)
        )

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """Give the block that a statement stands in."""
        parent = self.above[statement]
        for _, value in ast.iter_fields(parent):
            if isinstance(value, list) and statement in value:
                return [each for each in value if isinstance(each, ast.stmt)]
        return [statement]


def _paths(node: ast.AST, above: StatementPath, block: str = "") -> Iterator[tuple[ast.stmt, StatementPath]]:
    for name, value in ast.iter_fields(node):
        for index, child in enumerate(value if isinstance(value, list) else ()):
            if isinstance(child, ast.stmt):
                path = (*above, BlockStep(block or name, index))
                yield child, path
                yield from _paths(child, path)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                yield from _paths(child, above, f"{name}.{index}")


def _bound_by(node: ast.AST) -> set[str | None]:
    """Give the names that a piece of syntax binds without a `Name` for it."""
    if isinstance(node, ast.arg):
        return {node.arg}
    if isinstance(node, ast.alias):
        return {node.asname or node.name}
    if isinstance(node, ast.Global | ast.Nonlocal):
        return set(node.names)
    return {node.name} if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar | _FUNCTION) else set()


class Mentions:
    """What a file says about one table of locks of its own: an attribute of a class, or a variable of the module."""

    def __init__(self, program: Program, name: str, owner: ClassFacts | None) -> None:
        self._imports = program.module.imports
        self.name = name
        self.tree = Tree(program.module.tree)
        self._owner = owner
        found = list(self._find(program))
        makings = [node for node in found if isinstance(node.ctx, ast.Store)]
        self.uses = [node for node in found if isinstance(node.ctx, ast.Load)]
        if len(makings) != 1 or len(makings) + len(self.uses) < len(found):
            raise Declined("table-made", f"`{name}` is not made at one place of this file")
        self.making = self._making(makings[0])

    def _find(self, program: Program) -> Iterator[ast.Name | ast.Attribute]:
        for node in ast.walk(program.module.tree):
            if isinstance(node, ast.Constant) and node.value == self.name and not self._is_in_slots(node):
                raise self.used(node, "may be looked up by its name")
            if self._owner is None:
                if isinstance(node, ast.Name) and node.id == self.name:
                    self._check_means_table(node)
                    yield node
                elif self.name in _bound_by(node):
                    raise self.used(node, "means something else, too")
            elif isinstance(node, ast.Attribute) and node.attr == self.name:
                if self._is_own(node, program):
                    yield node
            elif isinstance(node, ast.Name) and node.id == self.name and self.tree.function(node) is self._owner.node:
                yield node

    def _is_in_slots(self, node: ast.Constant) -> bool:
        """Tell whether a name only says that there is such an attribute."""
        statement = self.tree.statement(node)
        return isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__slots__"

    def _check_means_table(self, node: ast.Name) -> None:
        """See that a name is the variable of the module: no function has one of its own, or binds it anew."""
        if not isinstance(node.ctx, ast.Load) and not isinstance(self.tree.function(node), ast.Module):
            raise self.used(node, "means something else, too")

    def _is_own(self, node: ast.Attribute, program: Program) -> bool:
        """Tell whether an attribute of that name is the table, and not that of another class."""
        around = next((each for each in self.tree.around(node) if isinstance(each, ast.ClassDef)), None)
        receiver = node.value.id if isinstance(node.value, ast.Name) else ""
        if self._owner is not None and receiver in {"self", "cls"} and around is not None:
            if around is self._owner.node:
                return True
            other = next((each for each in program.module.classes.values() if each.node is around), None)
            if other is not None and not program.module.can_be_one(other.id, self._owner.id):
                return False
        raise self.used(node, "is used through something else than the object itself")

    def _making(self, target: ast.expr) -> Making:
        statement = self.tree.statement(target)
        plain = isinstance(statement, ast.Assign) and statement.targets == [target]
        if plain or (isinstance(statement, ast.AnnAssign) and statement.target is target):
            assert isinstance(statement, ast.Assign | ast.AnnAssign), "one of the two"
            place = self.tree.function(statement)
            at_start = isinstance(place, ast.Module | ast.ClassDef) or getattr(place, "name", "") == "__init__"
            value = statement.value
            if value is not None and at_start:
                if isinstance(value, ast.Dict) and not value.keys:
                    return Making(statement, value, "")
                called = dotted(value.func, self._imports) if isinstance(value, ast.Call) else None
                if called in _DICTS and isinstance(value, ast.Call) and not value.keywords:
                    factory = self._factory(value.args[0]) if len(value.args) == 1 else ""
                    if bool(factory) == (called != "dict") and len(value.args) < 2:
                        return Making(statement, value, factory)
        raise Declined("table-made", f"line {statement.lineno} does not plainly make `{self.name}` as an empty dict")

    def _factory(self, node: ast.expr) -> str:
        if isinstance(node, ast.Lambda):
            return ast.unparse(node.body) if self.is_new_lock(node.body) else ""
        return f"{ast.unparse(node)}()" if dotted(node, self._imports) == _LOCK else ""

    def is_new_lock(self, node: ast.AST | None) -> bool:
        """Tell whether an expression makes a lock of asyncio, of which it is known that a table can hold it weakly."""
        plain = isinstance(node, ast.Call) and not node.args and not node.keywords
        return plain and isinstance(node, ast.Call) and dotted(node.func, self._imports) == _LOCK

    def used(self, node: ast.AST, why: str) -> Declined:
        """Give the refusal for a mention that is not understood."""
        return Declined("table-used", f"`{self.name}` {why} (line {getattr(node, 'lineno', 1)})")
