"""Types of attributes and variables, read from initialisers: what tells ``Event.clear`` from ``list.clear``.

A type is its dotted name (``list``, ``asyncio.Lock``); a class of the program is ``class:`` and its identity. What only
another module can tell is ``name:`` (of an annotation) or ``call:`` (of what a call gives) and the name as this module
knows it, with a colon before names that it does not import; `awaitomic.program.link` resolves these. None means that
nothing is known.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from awaitomic.knowledge.awaitables import QUEUES
from awaitomic.knowledge.containers import ANNOTATIONS, CONSTRUCTORS, CONTAINERS
from awaitomic.knowledge.locks import IN_PROCESS, LOCK_TYPES, WRAPPING_CONSTRUCTORS
from awaitomic.program.names import dotted

_FACTORY_KEYWORDS = {"default_factory", "factory"}
_DISPLAYS: tuple[tuple[tuple[type[ast.expr], ...], str], ...] = (
    ((ast.List, ast.ListComp), "list"),
    ((ast.Dict, ast.DictComp), "dict"),
    ((ast.Set, ast.SetComp), "set"),
    ((ast.Tuple,), "tuple"),
    ((ast.JoinedStr,), "str"),
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A type, with what its constructor was given where that decides: the bound of a semaphore, the wrapped lock."""

    name: str | None
    bound: int | None = None
    """First argument of a counting lock, or of what may be one; None if it is not a literal."""
    wraps: ast.expr | None = field(default=None, compare=False)
    """The lock that a condition is made from, or that a second name stands for."""
    is_second_name: bool = field(default=False, compare=False)
    """Whether `wraps` is the lock itself, as the class that gives it the second name sees it."""
    nothing: bool = False
    """The value is None: says nothing about the type of the others."""
    item: Typed | None = field(default=None, compare=False)
    """Of a container: the type of its elements, or of the values of its entries."""
    foreign: bool = field(default=False, compare=False)
    """Of an unknown type: it is a class that the program does not know, and so no plain container."""


UNKNOWN = Typed(None)
FOREIGN = Typed(None, foreign=True)


class TypeReader:
    """Reads types off expressions and annotations of one module."""

    def __init__(
        self, imports: dict[str, str], classes: dict[str, str], constants: Mapping[str, int] | None = None
    ) -> None:
        self._imports = imports
        self._classes = classes
        """Qualified name → identity, of the module's own classes."""
        self._constants = constants or {}
        """The numbers that the module gives a name once and for all."""
        self._tops = {"", *(dotted.partition(".")[0] for dotted in imports.values())}
        self._quoted: dict[str, Typed] = {}

    def of_value(self, node: ast.expr | None) -> Typed:
        """Give the type of what an expression makes, as far as its form alone tells."""
        if node is None:
            return UNKNOWN
        if isinstance(node, ast.Constant):
            return Typed(type(node.value).__name__, nothing=node.value is None)
        for kinds, name in _DISPLAYS:
            if isinstance(node, kinds):
                return Typed(name)
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.Await):
            return self.of_value(node.value)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            found = [self.of_value(value) for value in node.values]
            return next((typed for typed in reversed(found) if typed.name and not typed.nothing), UNKNOWN)
        if isinstance(node, ast.IfExp):
            left, right = self.of_value(node.body), self.of_value(node.orelse)
            if left != right and left.name in LOCK_TYPES and right.name in LOCK_TYPES:
                return Typed(left.name) if left.name == right.name else UNKNOWN  # the one may let several in
            return right if left.nothing or left.name is None else left
        return UNKNOWN

    def _of_call(self, node: ast.Call) -> Typed:
        name = dotted(node.func.value if isinstance(node.func, ast.Subscript) else node.func, self._imports)
        if name is None:
            return UNKNOWN
        factory = next((keyword.value for keyword in node.keywords if keyword.arg in _FACTORY_KEYWORDS), None)
        if factory is not None:
            return self.of_factory(factory)
        if name in LOCK_TYPES:
            return Typed(name, self._bound(node, 1), _wrapped(name, node))
        if name in QUEUES:
            return Typed(name, self._bound(node, 0))
        if name in CONSTRUCTORS:
            item = self.of_factory(node.args[0]) if name == "collections.defaultdict" and node.args else None
            return Typed(CONSTRUCTORS[name], item=item)
        if name in self._classes:
            return Typed(f"class:{self._classes[name]}", self._bound(node, 1))
        return Typed(f"call:{self._outside(name)}", self._bound(node, 1))

    def _bound(self, node: ast.Call, default: int) -> int | None:
        """Give the first argument of a constructor, if it is a number or the name of one; or else the default."""
        first = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in _BOUND_KEYWORDS), None)
        if first is None:
            return default
        return self.number(first)

    def number(self, node: ast.AST | None) -> int | None:
        """Give the number that an expression is, if it is written out or a name that the module gives to one."""
        if isinstance(node, ast.Name):
            return self._constants.get(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            below = self.number(node.operand)
            return -below if below is not None else None
        return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None

    def _outside(self, name: str) -> str:
        """Give a name for other modules to look up: with a colon before what this module does not import."""
        return name if name.partition(".")[0] in self._tops else f":{name}"

    def of_factory(self, node: ast.expr) -> Typed:
        """Give the type of what calling `node` without arguments makes."""
        if isinstance(node, ast.Lambda):
            return self.of_value(node.body)
        if isinstance(node, ast.Call):  # functools.partial(asyncio.Semaphore, 3)
            return self.of_value(ast.Call(node.args[0], node.args[1:], node.keywords)) if node.args else UNKNOWN
        name = dotted(node, self._imports)
        if name in LOCK_TYPES:
            return Typed(name, 1)
        return self._named(name)

    def of_annotation(self, node: ast.expr | None) -> Typed:
        """Give the type that an annotation promises; ``Optional`` and ``| None`` are looked through."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            quoted = self._quoted.get(node.value)
            if quoted is None:
                quoted = self._quoted[node.value] = self._of_quoted(node.value)
            return quoted
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            found = [self.of_annotation(side) for side in (node.left, node.right)]
            known = [typed for typed in found if typed.name and not typed.nothing]
            return known[0] if len(known) == 1 else UNKNOWN
        if isinstance(node, ast.Constant) and node.value is None:
            return Typed("NoneType", nothing=True)
        if isinstance(node, ast.Subscript):
            name = dotted(node.value, self._imports) or ""
            if name.rpartition(".")[2] in {"Optional", "ClassVar", "Final", "Annotated", "Required"}:
                inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
                return self.of_annotation(inner)
            return self._generic(name, node.slice)
        return self._named(dotted(node, self._imports)) if node is not None else UNKNOWN

    def _generic(self, name: str, arguments: ast.expr) -> Typed:
        typed = self._named(name)
        if typed.name not in CONTAINERS and typed.name not in QUEUES:
            return typed
        last = arguments.elts[-1] if isinstance(arguments, ast.Tuple) and arguments.elts else arguments
        return replace(typed, item=self.of_annotation(last))

    def _of_quoted(self, text: str) -> Typed:
        try:
            return self.of_annotation(ast.parse(text, mode="eval").body)
        except (SyntaxError, ValueError):
            return UNKNOWN

    def _named(self, name: str | None) -> Typed:
        if name is None:
            return UNKNOWN
        if name in LOCK_TYPES:
            return Typed(name)
        if name in self._classes:
            return Typed(f"class:{self._classes[name]}")
        known = name if name in QUEUES else ANNOTATIONS.get(name) or CONSTRUCTORS.get(name)
        return Typed(known) if known else Typed(f"name:{self._outside(name)}")


_BOUND_KEYWORDS = {"value", "initial_value", "maxsize"}


def numbers_named(tree: ast.Module, nodes: Iterable[ast.AST], imports: dict[str, str]) -> dict[str, int]:
    """Give the numbers that a module gives a name, if nothing else is ever bound to that: the sizes of semaphores."""
    found: dict[str, int] = {}
    if IN_PROCESS.isdisjoint(name.partition(".")[0] for name in imports.values()):
        return found
    bound: Counter[str] = Counter()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            bound[node.id] += 1
        elif isinstance(node, ast.arg):
            bound[node.arg] += 1
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
        name = targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""
        if bound[name] == 1 and isinstance(value, ast.Constant) and type(value.value) is int:
            found[name] = value.value
    return found


def _wrapped(name: str, node: ast.Call) -> ast.expr | None:
    if name not in WRAPPING_CONSTRUCTORS:
        return None
    return node.args[0] if node.args else next((each.value for each in node.keywords if each.arg == "lock"), None)


def aliased(lock: Typed, itself: ast.expr) -> Typed:
    """Give the type of a second name of a lock: that of the lock, and which one it is."""
    return replace(lock, wraps=itself, is_second_name=True)


def is_container(typed: Typed) -> bool:
    """Tell whether a type is a container whose contents can change in place."""
    return typed.name in CONTAINERS


def annotated(value: Typed, annotation: Typed) -> Typed:
    """Give the type of a variable that has an initial value and an annotation: the value tells more, if it tells."""
    if value.name is None or value.nothing or value.name.startswith("call:"):
        return annotation if annotation.name is not None else value
    return replace(value, item=annotation.item) if value.item is None and value.name == annotation.name else value


def combine(found: list[Typed]) -> Typed:
    """Give the one type that all values agree on (None aside), else unknown."""
    known = [typed for typed in found if not typed.nothing]
    if not known:
        return Typed("NoneType", nothing=True) if found else UNKNOWN
    if all(typed.name == known[0].name for typed in known):
        return known[0]
    return UNKNOWN
