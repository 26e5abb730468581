"""What the `Compute` events and the tests of patterns mean, for the interpreter of event graphs."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from awaitomic.model.event import Compute, Event, Guard, Operand
from flow.recording import BINARY, UNARY, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from awaitomic.flow.graph import FunctionGraph
    from flow.raising import InFlight


class Computing:
    """The part of the interpreter that has values and no control."""

    in_flight: InFlight

    def __init__(self, graph: FunctionGraph) -> None:
        self.graph = graph
        self.values: dict[Operand, object] = {}
        self.stamps: dict[Operand, int] = {}
        self.by_node: dict[ast.AST, object] = {}
        self.entered: dict[Operand, object] = {}
        self.awaited: dict[Operand, object] = {}
        self.yielded: object = None
        self.sent: object = None
        self.item: object = None
        self.has_item = False
        self.swallows = False
        self._clock = 0
        self._collected: dict[Operand, list[object]] = {}
        self._first_iterables: dict[ast.AST, list[Operand]] = {}
        self._piece_of: dict[ast.AST, tuple[ast.AST, int]] = {}
        self._pieces: dict[ast.AST, list[object]] = {}
        for event in graph.events:
            if isinstance(event, Compute) and event.operator in {"comprehension", "generator"}:
                node = graph.nodes[event.id]
                assert isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
                self._first_iterables.setdefault(node.generators[0].iter, []).extend(event.operands)
                self._collected.update((operand, []) for operand in event.operands)
        for parent in ast.walk(graph.node):
            if isinstance(parent, ast.Tuple | ast.List):
                self._piece_of.update((part, (parent, index)) for index, part in enumerate(parent.elts))
            elif isinstance(parent, ast.MatchSequence | ast.MatchClass):
                self._piece_of.update((part, (parent, index)) for index, part in enumerate(parent.patterns))

    def remember(self, event: Event) -> None:
        """Keep what later events ask for: when and for which syntax a value was made."""
        self._clock += 1
        self.stamps[event.id] = self._clock
        self.by_node[self.graph.nodes[event.id]] = self.values[event.id]
        if event.id in self._collected:
            self._collected[event.id].append(self.values[event.id])

    def is_starred(self, operand: Operand) -> bool:
        event = self.graph.events[operand]
        return isinstance(event, Compute) and event.operator == "starred"

    def compute(self, event: Compute) -> object:
        operands = [self.values[operand] for operand in event.operands if operand in self.values]
        if len(operands) == 2 and event.operator in BINARY:
            return BINARY[event.operator](*operands)
        if len(operands) == 1 and event.operator in UNARY:
            return UNARY[event.operator](*operands)
        computed: Callable[[Compute, list[object]], object] = getattr(self, f"_{event.operator.replace('-', '_')}")
        return computed(event, operands)

    def _display(self, event: Compute) -> list[object]:
        found: list[object] = []
        for operand in event.operands:
            value: Any = self.values[operand]
            found += value if self.is_starred(operand) else [value]
        return found

    def _tuple(self, event: Compute, operands: list[object]) -> object:
        return tuple(self._display(event))

    def _list(self, event: Compute, operands: list[object]) -> object:
        return self._display(event)

    def _set(self, event: Compute, operands: list[object]) -> object:
        return set(self._display(event))

    def _dict(self, event: Compute, operands: list[object]) -> object:
        node = self.graph.nodes[event.id]
        assert isinstance(node, ast.Dict)
        values: list[Any] = list(operands)
        made: dict[object, object] = {}
        for key in node.keys:
            if key is None:
                mapping = values.pop(0)
                made.update((name, mapping[name]) for name in mapping.keys())  # noqa: SIM118 - the protocol of ``**``
            else:
                name, value = values.pop(0), values.pop(0)
                made[name] = value
        return made

    def _slice(self, event: Compute, operands: list[object]) -> object:
        node = self.graph.nodes[event.id]
        assert isinstance(node, ast.Slice)
        left = list(operands)
        return slice(*(left.pop(0) if part is not None else None for part in (node.lower, node.upper, node.step)))

    def _f_string(self, event: Compute, operands: list[object]) -> object:
        return "".join(format(operand) for operand in operands)

    def _starred(self, event: Compute, operands: list[Any]) -> object:
        return list(operands[0])

    def _iter(self, event: Compute, operands: list[Any]) -> object:
        node = self.graph.nodes[event.id]
        for operand in self._first_iterables.get(node, ()):
            self._collected[operand] = []
        return aiter(operands[0]) if self._is_async(node) else iter(operands[0])

    def _is_async(self, iterable: ast.AST) -> bool:
        return any(
            (isinstance(node, ast.AsyncFor) or (isinstance(node, ast.comprehension) and bool(node.is_async)))
            and node.iter is iterable
            for node in ast.walk(self.graph.node)
        )

    def _next(self, event: Compute, operands: list[Any]) -> object:
        if self._is_async(self.graph.nodes[event.id]):
            return self.item
        self.has_item = True
        try:
            return next(operands[0])
        except StopIteration:
            self.has_item = False
            return None

    def _comprehension(self, event: Compute, operands: list[object]) -> object:
        collected = [self._collected[operand] for operand in event.operands]
        node = self.graph.nodes[event.id]
        if isinstance(node, ast.DictComp):
            return dict(zip(*collected, strict=True))
        return set(collected[0]) if isinstance(node, ast.SetComp) else list(collected[0])

    def _generator(self, event: Compute, operands: list[object]) -> object:
        return iter(list(self._collected[event.operands[0]]))

    def _lambda(self, event: Compute, operands: list[object]) -> object:
        def made(default: object = None) -> None: ...

        made.__defaults__ = tuple(operands) or None
        return made

    def _function(self, event: Compute, operands: list[object]) -> object:
        return self._lambda(event, operands)

    def _exception(self, event: Compute, operands: list[object]) -> object:
        return self.in_flight.dispatch(self.graph.nodes[event.id])

    def _entered(self, event: Compute, operands: list[object]) -> object:
        return self.entered[event.operands[0]]

    def _awaited(self, event: Compute, operands: list[object]) -> object:
        return self.awaited[event.operands[0]]

    def _sent(self, event: Compute, operands: list[object]) -> object:
        return self.sent

    # Taking apart

    def _unpack(self, event: Compute, operands: list[Any]) -> object:
        node = self.graph.nodes[event.id]
        parent, index = self._piece_of.get(node, (node, 0))
        if isinstance(parent, ast.MatchMapping):
            used = {self.by_node[key] for key in parent.keys}
            if len(operands) > 1:
                return operands[0][operands[1]]
            return {key: value for key, value in operands[0].items() if key not in used}
        if isinstance(parent, ast.MatchClass):
            return getattr(operands[0], Value.__match_args__[index])
        if index == 0:
            parts = parent.elts if isinstance(parent, ast.Tuple | ast.List) else parent.patterns  # type: ignore[attr-defined] # only sequences are left
            stars = [at for at, part in enumerate(parts) if isinstance(part, ast.Starred | ast.MatchStar)]
            self._pieces[parent] = _take_apart(operands[0], len(parts), stars[0] if stars else None)
        return self._pieces[parent][index]

    def _match(self, event: Compute, operands: list[object]) -> object:
        node = self.graph.nodes[event.id]
        subject = operands[0]
        match node:
            case ast.MatchSequence():
                stars = sum(isinstance(part, ast.MatchStar) for part in node.patterns)
                if not isinstance(subject, tuple | list):
                    return False
                return len(subject) >= len(node.patterns) - 1 if stars else len(subject) == len(node.patterns)
            case ast.MatchMapping():
                return isinstance(subject, dict) and all(key in subject for key in operands[1:])
            case ast.MatchClass():
                kind = self.by_node[node.cls]
                assert isinstance(kind, type)
                return isinstance(subject, kind)
        raise AssertionError(node)

    def matches(self, event: Guard) -> bool:
        """Decide a guard of a pattern or of a case."""
        return bool(self.values[event.test])


def _take_apart(value: Any, count: int, star: int | None) -> list[object]:  # noqa: ANN401 - anything can be unpacked
    """Unpack as CPython does, which asks for one more item than there are targets."""
    match count, star:
        case 0, None:
            [] = value
            return []
        case 1, None:
            (a,) = value
            return [a]
        case 2, None:
            a, b = value
            return [a, b]
        case 1, 0:
            (*a,) = value
            return [a]
        case 2, 0:
            *a, b = value
            return [a, b]
        case 2, 1:
            a, *b = value
            return [a, b]
    raise AssertionError((count, star))
