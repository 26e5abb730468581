"""Whether an expression can be evaluated later than it stands: it must have no effect, and better not raise.

A hoist makes the await run before a read that stood in front of it. For one task nothing changes by that only if the
read does nothing but read.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from typing import Protocol

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import CONTAINERS, MAPPINGS
from awaitomic.model.event import Call, Read, Suspend, Write
from awaitomic.model.event import Name as NamePlace
from awaitomic.model.location import ANY_ITEM, Location
from awaitomic.program import Program
from awaitomic.program.accesses import FORGETS, Change
from awaitomic.program.calls import targets_of
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.shared.nothing import may_be_none
from awaitomic.remedies.shared.plain_attribute import is_plain_attribute
from awaitomic.remedies.shared.strangers import names_builtin

_OPERATORS = frozenset(
    f"__{prefix}{name}__"
    for name in "add sub mul and or xor eq ne lt le gt ge neg pos invert contains format str repr bool".split()
    for prefix in ("", "r")
)
"""Methods that run behind an operator, a comparison or a formatted value."""


class Quality(enum.IntEnum):
    """What evaluating an expression can do besides giving a value."""

    PLAIN = 0
    MAY_RAISE = 1
    EFFECT = 2


Verdict = tuple[Quality, str]
"""The quality, and what is the reason for it if it is not PLAIN."""

_PLAIN: Verdict = (Quality.PLAIN, "")
_PLAIN_FUNCTIONS = frozenset("len bool str repr abs list tuple set dict frozenset sorted id isinstance range".split())
_TAKES_NONE = frozenset("bool str repr id isinstance".split())
_RAISING_FUNCTIONS = frozenset("int float min max sum round".split())
_COPYING_METHODS = frozenset("copy keys values items".split())
_STRICT_OPERATORS = ast.Add | ast.Sub | ast.Mult | ast.BitAnd | ast.BitOr | ast.BitXor


class InFunction(Protocol):
    """What says in which function an expression stands: a `Case` does."""

    @property
    def program(self) -> Program:
        """The facts of the program."""

    @property
    def resolver(self) -> Resolver:
        """The function, with what its names mean."""

    @property
    def function(self) -> FunctionGraph:
        """The function."""


class Purity:
    """Judges expressions of one function."""

    def __init__(self, case: InFunction) -> None:
        self._program = case.program
        self._resolver = case.resolver
        function = case.function
        self._events = {
            id(node): event.id
            for event, node in zip(function.events, function.nodes, strict=True)
            if isinstance(event, Read | Call)  # the target of ``+=`` is a read and a write
        }
        self._facts = case.program.facts(case.resolver)

    def judge(self, node: ast.expr) -> Verdict:
        """Tell what evaluating an expression can do besides giving a value, and why."""
        return max(self._judgements(node), key=lambda verdict: verdict[0])

    def _judgements(self, node: ast.expr) -> Iterator[Verdict]:
        if isinstance(node, ast.Constant | ast.Name | ast.Lambda):
            yield _PLAIN
        elif isinstance(node, ast.Attribute):
            yield self.judge(node.value)
            yield self._attribute(node)
        elif isinstance(node, ast.Subscript):
            yield self.judge(node.value)
            yield self.judge(node.slice)
            yield self._subscript(node)
        elif isinstance(node, ast.Call):
            yield from (self.judge(value) for value in [*node.args, *(k.value for k in node.keywords)])
            yield self._call(node)
        elif isinstance(node, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr):
            yield Quality.EFFECT, "it waits or binds a name"
        else:
            if isinstance(node, ast.BinOp) and not isinstance(node.op, _STRICT_OPERATORS):
                yield Quality.MAY_RAISE, f"`{ast.unparse(node)}` can raise"
            yield self._unless_none(*_taken_apart(node))
            if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.FormattedValue) and self._overloads():
                yield Quality.MAY_RAISE, f"`{ast.unparse(node)}` may run an operator that this file defines"
            yield _PLAIN
            for child in ast.walk(node):
                if child is not node and isinstance(child, ast.expr) and _stands_in(node, child):
                    yield self.judge(child)

    # -- reads ---------------------------------------------------------------------------------------------------

    def _attribute(self, node: ast.Attribute) -> Verdict:
        if isinstance(node.value, ast.Name) and node.value.id in self._program.module.imports:
            return _PLAIN
        event = self._events.get(id(node))
        read = self._resolver.function.events[event] if event is not None else None
        location = self._resolver.place(read.place) if isinstance(read, Read) else None
        if location is None or not is_plain_attribute(self._program, self._resolver, location):
            return Quality.MAY_RAISE, f"`{ast.unparse(node)}` may be a property, or absent"
        return self._unless_none(node.value)

    def _subscript(self, node: ast.Subscript) -> Verdict:
        event = self._events.get(id(node))
        read = self._resolver.function.events[event] if event is not None else None
        text = ast.unparse(node)
        if not isinstance(read, Read) or event is None:
            return Quality.MAY_RAISE, f"`{text}` can raise"
        location = self._resolver.place(read.place)
        base = location.parent if location is not None else None
        kind = self._resolver.type_of(base).name if base is not None else None
        if kind == "collections.Counter" or isinstance(node.slice, ast.Slice):
            return self._unless_none(node.value)
        if location is not None and (self._is_proven(event, location) or self.is_permanent(node, location)):
            return _PLAIN
        if kind == "collections.defaultdict":
            return Quality.MAY_RAISE, f"`{text}` inserts the key if it is missing"
        return Quality.MAY_RAISE, f"`{text}` raises if there is no such key"

    def _is_proven(self, event: int, location: Location) -> bool:
        """Tell whether ``key in container`` has just been tested, or the entry just been set."""
        block = self._resolver.function.owners[event]
        state = next((state for found, state in self._facts.solution.states(block) if found.id == event), None)
        if state is None:
            return False
        if location in state.own:
            return True
        for guard in state.guards:
            test = self._resolver.function.nodes[guard.guard]
            if any(token.location == location and not token.is_stale for token in guard.tokens):
                negative = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.NotIn)
                positive = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In)
                if (positive and guard.holds) or (negative and not guard.holds):
                    return True
        return False

    def is_permanent(self, node: ast.Subscript, location: Location) -> bool:
        """Tell whether a literal key is in every dictionary display that is ever stored there, and never taken out."""
        if not isinstance(node.slice, ast.Constant) or location.parent is None:
            return False
        container = self._resolver.key_of(location.parent)
        if any(access.change in FORGETS for _, access in self._program.writers_at(container.item(ANY_ITEM))):
            return False
        displays = 0
        for resolver, access in self._program.writers_at(container):
            if access.change not in {Change.ASSIGN, *FORGETS}:
                continue
            value = resolver.function.nodes[access.value] if access.value is not None else None
            if not isinstance(value, ast.Dict) or not any(_is_constant(key, node.slice.value) for key in value.keys):
                return False
            displays += 1
        return displays > 0

    def unpacks_none(self, node: ast.expr) -> Verdict:
        """Judge an expression whose value is taken apart by a tuple of targets."""
        return self._unless_none(node)

    def _unless_none(self, *nodes: ast.expr) -> Verdict:
        """Judge what raises where one of some expressions is None."""
        nothing = self._may_be_none(*nodes)
        return (Quality.MAY_RAISE, nothing) if nothing else _PLAIN

    def _may_be_none(self, *nodes: ast.expr) -> str:
        """Say which of some operands may be None, where that raises; empty if none is."""
        for node in nodes:
            event = self._events.get(id(node))
            if event is not None and may_be_none(self._program, self._resolver, event):
                return f"`{ast.unparse(node)}` may be None, which raises"
        return ""

    def _overloads(self) -> bool:
        """Tell whether a class of the file gives operators, or what a formatted value shows, effects of their own."""
        for function in self._program.module.functions:
            name = getattr(function.node, "name", "")
            is_operator = function.class_name is not None and name in _OPERATORS
            if is_operator and not _has_no_effect(self._program.resolver(function)):
                return True
        return False

    # -- calls ---------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Verdict:
        text = ast.unparse(node)
        effect = (Quality.EFFECT, f"`{text}` may do more than compute a value")
        event = self._events.get(id(node))
        call = self._resolver.function.events[event] if event is not None else None
        if not isinstance(call, Call):
            return effect
        callee = self._resolver.function.events[call.function]
        if isinstance(node.func, ast.Name) and names_builtin(self._resolver, callee):
            if node.func.id in _PLAIN_FUNCTIONS:
                return _PLAIN if node.func.id in _TAKES_NONE else self._unless_none(*node.args)
            if node.func.id in _RAISING_FUNCTIONS:
                return Quality.MAY_RAISE, f"`{text}` can raise"
        if isinstance(node.func, ast.Attribute):
            verdict = self._method(node, call)
            if verdict is not None:
                return max(verdict, self.judge(node.func.value), key=lambda found: found[0])
        targets = targets_of(self._resolver, call)
        if targets and all(_only_reads(self._program, self._program.resolver(t.function)) for t in targets):
            return _PLAIN
        return effect

    def _method(self, node: ast.Call, call: Call) -> Verdict | None:
        """Judge a method of a container whose type is known."""
        assert isinstance(node.func, ast.Attribute)
        callee = self._resolver.function.events[call.function]
        place = getattr(callee, "place", None)
        base = getattr(place, "base", None)
        kind = self._resolver.operand_type(base).name if base is not None else None
        looks = node.func.attr == "get" and kind in MAPPINGS
        if looks or (node.func.attr in _COPYING_METHODS and kind in CONTAINERS):
            return self._unless_none(node.func.value)
        return None


def _taken_apart(node: ast.expr) -> Iterator[ast.expr]:
    """Give the parts of an expression that it raises for if they are None: operands, and what is gone through."""
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Starred):
        yield node.value
    elif isinstance(node, ast.Dict):
        yield from (value for key, value in zip(node.keys, node.values, strict=True) if key is None)
    elif isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        yield from (part.iter for part in node.generators)
    elif isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, operands, operands[1:], strict=False):
            if isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                yield from (left, right)
            elif isinstance(operator, ast.In | ast.NotIn):
                yield right


def _is_constant(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is type(value) and node.value == value


def _stands_in(node: ast.expr, child: ast.expr) -> bool:
    """Tell whether an expression is a direct part of another, comprehension clauses and f-string parts included."""
    for part in ast.iter_child_nodes(node):
        if part is child:
            return True
        if isinstance(part, ast.comprehension | ast.keyword) and any(i is child for i in ast.iter_child_nodes(part)):
            return True
    return False


def _only_reads(program: Program, resolver: Resolver) -> bool:
    """Tell whether a function of the file does nothing but look at attributes, and so has no effect."""
    function = resolver.function
    if function.is_async or function.is_generator or getattr(function.node, "decorator_list", None):
        return False
    for event in function.events:
        if isinstance(event, Call | Suspend):
            return False
        is_local = isinstance(event, Write) and isinstance(event.place, NamePlace) and not resolver.place(event.place)
        if isinstance(event, Write) and not is_local:
            return False
        if isinstance(event, Read) and not isinstance(event.place, NamePlace):
            location = resolver.place(event.place)
            if location is None or not is_plain_attribute(program, resolver, location):
                return False
    return True


def _has_no_effect(resolver: Resolver) -> bool:
    """Tell whether a method, whatever it computes, stores nothing and calls nothing but what makes objects."""
    for event in resolver.function.events:
        if isinstance(event, Write) and not isinstance(event.place, NamePlace):
            return False
        if isinstance(event, Call):
            node = resolver.function.nodes[event.function]
            known = isinstance(node, ast.Name) and (
                node.id in {*_PLAIN_FUNCTIONS, "type"} or resolver.module.class_named(node.id) is not None
            )
            if not known:
                return False
    return True
