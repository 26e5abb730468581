"""Which variable a name means: the scopes of a module, as CPython's symbol table sees them.

`symtable` of the standard library reads text, not trees, and its tables are hard to match with nodes; the rules are
few, so they are written down here (language reference, 4.2.2 *Resolution of names*; PEP 227, 709, 695).

A comprehension and the type parameters of PEP 695 have scopes of their own inside a function, but their code is lowered
in place. Their names get a number (``x#1``) so that they never mix with the function's. Numbers go on in nested
functions, so that a name with its number means one variable along every chain of enclosing functions.

Private names (``__x`` in a class) are not mangled: the mangled and the plain name are told apart by nobody here.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from awaitomic.flow.graph import RENAMED
from awaitomic.model.event import Name, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class FunctionScope:
    """The names of one function, lambda, class body or module body."""

    def __init__(self, parent: AnyScope | None, *, is_class: bool = False, counter: int = 0) -> None:
        self.parent = parent
        self.is_class = is_class
        self.parameters: tuple[str, ...] = ()
        self.bound: set[str] = set()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self.first_number = self.counter = counter
        self.bound_late = False
        """A name was used as another scope's before an assignment expression showed that it is bound here."""
        self._known: dict[str, Name] = {}

    @property
    def function(self) -> FunctionScope:
        """The scope in which an assignment expression binds."""
        return self

    def resolve(self, name: str) -> Name:
        """Give the variable that `name` means in code that stands directly in this scope."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._resolve(name)
        return found

    def _resolve(self, name: str) -> Name:
        if self.parent is None or name in self.globals:
            return Name(name, Scope.GLOBAL)
        if name in self.bound and name not in self.nonlocals:
            return Name(name, Scope.PARAMETER if name in self.parameters else Scope.LOCAL)
        return self.parent.resolve_nested(name)

    def resolve_nested(self, name: str) -> Name:
        """Give the variable that `name` means in a function that stands in this scope and does not bind it."""
        if self.parent is None:
            return Name(name, Scope.GLOBAL)
        if self.is_class:
            # Names of a class are invisible to what is nested in it, except for the cell behind `super()`.
            return Name(name, Scope.CLOSURE) if name == "__class__" else self.parent.resolve_nested(name)
        if name in self.globals:
            return Name(name, Scope.GLOBAL)
        if name in self.bound and name not in self.nonlocals:
            return Name(name, Scope.CLOSURE)
        return self.parent.resolve_nested(name)

    def bind_late(self, name: str) -> Name:
        """Bind a name by an assignment expression, and give the variable.

        Bindings by statements are collected before a function is lowered (`collect`); assignment expressions are rare
        and would need a walk over every expression, so they are found on the way. If the name was used before as
        another scope's, `bound_late` says that the function has to be lowered again.
        """
        if name not in self.bound and name not in self.globals and name not in self.nonlocals:
            self.bound.add(name)
            if self._known.pop(name, None) is not None and self.parent is not None:
                self.bound_late = True
        return self.resolve(name)

    def restart(self) -> None:
        """Forget what one lowering numbered, before the function is lowered again."""
        self.bound_late = False
        self.counter = self.first_number

    def collect(self, body: list[ast.stmt]) -> None:
        """Take in the names that the statements of a body bind or declare (not those of nested functions)."""
        _collect(body, self)


class InnerScope:
    """The names of a comprehension or of type parameters, inside a function."""

    def __init__(self, parent: AnyScope, names: Iterable[str], *, sees_class: bool = False) -> None:
        self.parent = parent
        self.function: FunctionScope = parent.function
        self.sees_class = sees_class
        """Annotation scopes see the names of a class around them, comprehensions do not."""
        self._renamed: dict[str, str] = {}
        for name in names:
            if name not in self._renamed:
                self.function.counter += 1
                self._renamed[name] = f"{name}{RENAMED}{self.function.counter}"

    def resolve(self, name: str) -> Name:
        """Give the variable that `name` means in code of this scope."""
        renamed = self._renamed.get(name)
        if renamed is not None:
            return Name(renamed, Scope.LOCAL)
        parent = self.parent
        if isinstance(parent, FunctionScope) and parent.is_class and not self.sees_class:
            return parent.resolve_nested(name)
        return parent.resolve(name)

    def resolve_nested(self, name: str) -> Name:
        """Give the variable that `name` means in a function that stands in this scope and does not bind it."""
        renamed = self._renamed.get(name)
        return Name(renamed, Scope.CLOSURE) if renamed is not None else self.parent.resolve_nested(name)


AnyScope = FunctionScope | InnerScope


def target_names(target: ast.expr) -> Iterable[str]:
    """Give the names that an assignment to `target` binds, from left to right."""
    if isinstance(target, ast.Name):
        yield target.id
    elif isinstance(target, ast.Starred):
        yield from target_names(target.value)
    elif isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from target_names(element)


def _pattern_names(pattern: ast.pattern) -> Iterable[str]:
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchAs | ast.MatchStar) and node.name is not None:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest is not None:
            yield node.rest


def _imported_names(node: ast.Import | ast.ImportFrom) -> Iterable[str]:
    for alias in node.names:
        if alias.asname is not None:
            yield alias.asname
        elif alias.name != "*":
            yield alias.name.partition(".")[0]


def _collect(body: list[ast.stmt], scope: FunctionScope) -> None:
    waiting = list(body)
    while waiting:
        node = waiting.pop()
        names = _BOUND_BY.get(type(node))
        if names is not None:
            scope.bound.update(names(node))
        elif isinstance(node, ast.Global):
            scope.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            scope.nonlocals.update(node.names)
        blocks = _BLOCKS_OF.get(type(node), ())
        for field in blocks:
            for part in getattr(node, field):
                if isinstance(part, ast.stmt):
                    waiting.append(part)
                else:
                    if isinstance(part, ast.match_case):
                        scope.bound.update(_pattern_names(part.pattern))
                    elif part.name is not None:
                        scope.bound.add(part.name)
                    waiting.extend(part.body)


def _names_of_targets(targets: Iterable[ast.expr]) -> Iterable[str]:
    for target in targets:
        yield from target_names(target)


_BOUND_BY: dict[type[ast.stmt], Callable[[Any], Iterable[str]]] = {
    ast.Assign: lambda node: _names_of_targets(node.targets),
    # ``(x): int`` without a value binds nothing, ``x: int`` does.
    ast.AnnAssign: lambda node: target_names(node.target) if node.simple or node.value else (),
    ast.AugAssign: lambda node: target_names(node.target),
    ast.Delete: lambda node: _names_of_targets(node.targets),
    ast.For: lambda node: target_names(node.target),
    ast.AsyncFor: lambda node: target_names(node.target),
    ast.With: lambda node: _names_of_targets(item.optional_vars for item in node.items if item.optional_vars),
    ast.AsyncWith: lambda node: _names_of_targets(item.optional_vars for item in node.items if item.optional_vars),
    ast.Import: _imported_names,
    ast.ImportFrom: _imported_names,
    ast.FunctionDef: lambda node: (node.name,),
    ast.AsyncFunctionDef: lambda node: (node.name,),
    ast.ClassDef: lambda node: (node.name,),
}
if hasattr(ast, "TypeAlias"):  # since 3.12
    _BOUND_BY[ast.TypeAlias] = lambda node: target_names(node.name)

_LOOP = ("body", "orelse")
_TRY = ("body", "handlers", "orelse", "finalbody")
_BLOCKS_OF: dict[type[ast.stmt], tuple[str, ...]] = {
    ast.If: _LOOP,
    ast.For: _LOOP,
    ast.AsyncFor: _LOOP,
    ast.While: _LOOP,
    ast.With: ("body",),
    ast.AsyncWith: ("body",),
    ast.Try: _TRY,
    ast.TryStar: _TRY,
    ast.Match: ("cases",),
}
