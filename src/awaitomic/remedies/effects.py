"""Whether code that an edit moves past can change, or look at, the state that the edit is about.

Calls into the file are followed as far as they go. What is not known counts as harmful only if it gets hold of the
object that has the state: the object itself, one of its methods, or a method of its that is defined elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import MUTATORS
from awaitomic.model.event import Attribute, Call, Compute, Event, Operand, Read, Suspend
from awaitomic.model.location import Location
from awaitomic.program.accesses import FORGETS, access_of
from awaitomic.program.callers import referenced
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import Case

_HARMLESS = frozenset("print len isinstance id repr str type super hasattr getattr bool hash callable format".split())
_LOGGERS = frozenset("log logger logging".split())


@dataclass(slots=True)
class Touch:
    """What was found: sentences on accesses that happen, and on those that cannot be excluded."""

    writes: list[str] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    """Those of the writes that bring something in, rather than reset or remove."""
    reads: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def may_write(self) -> bool:
        """Whether the state may be written."""
        return bool(self.writes or self.unknown)


class _Search:
    def __init__(self, case: Case, keys: frozenset[Location]) -> None:
        self._program = case.program
        self._keys = keys
        self._seen: set[int] = set()
        self.found = Touch()

    def event(self, resolver: Resolver, event: Event, *, direct: bool) -> None:
        access = access_of(resolver, event)
        where = resolver.function.qualname
        if access is not None and self._concerns(resolver.key_of(access.location)):
            sentence = f"`{where}` writes `{access.location}`"
            self.found.writes.append(sentence)
            if access.change not in FORGETS:
                self.found.news.append(sentence)
        elif isinstance(event, Read) and not direct:
            location = resolver.place(event.place)
            if location is not None and resolver.key_of(location) in self._keys:
                self.found.reads.append(f"`{where}` reads `{location}`")
        if isinstance(event, Call):
            self._call(resolver, event)
        elif isinstance(event, Suspend):
            for call in awaited_calls(resolver, event):
                for target in call.targets:
                    self.function(target.function)

    def function(self, function: FunctionGraph) -> None:
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        resolver = self._program.resolver(function)
        for event in function.events:
            self.event(resolver, event, direct=False)

    def _concerns(self, written: Location) -> bool:
        """Tell whether a write is of one of the states, of something that holds it, or of something in it."""
        for key in self._keys:
            if (key.root, key.owner, key.name) != (written.root, written.owner, written.name):
                continue
            shorter = min(len(key.steps), len(written.steps))
            if key.steps[:shorter] == written.steps[:shorter]:
                return True
        return False

    def _call(self, resolver: Resolver, event: Call) -> None:
        targets = targets_of(resolver, event)
        for target in targets:
            self.function(target.function)
        operands = [*event.arguments, *(value for _, value in event.keywords)]
        for operand in operands:
            self._handed_out(resolver, operand)
        node = resolver.function.nodes[event.function]
        if targets or _is_harmless(node):
            return
        callee = resolver.function.events[event.function]
        if isinstance(callee, Read) and isinstance(callee.place, Attribute):
            base = callee.place.base
            if resolver.operand_type(base).name not in MUTATORS:  # what a known container's methods do is known
                operands.append(base)
        for operand in operands:
            if self._is_holder(resolver, operand):
                text = ast.unparse(node)
                self.found.unknown.append(f"`{text}` gets the object, and what it does to it is not known")
                return

    def _is_holder(self, resolver: Resolver, operand: Operand) -> bool:
        event = resolver.function.events[operand]
        if isinstance(event, Compute):
            return event.operator in {"tuple", "list", "dict", "set", "starred"} and any(
                self._is_holder(resolver, inner) for inner in event.operands
            )
        location = resolver.value(operand)
        if location is None:
            return False
        mine = resolver.key_of(location)
        return any(
            (key.root, key.owner, key.name) == (mine.root, mine.owner, mine.name)
            and len(mine.steps) < len(key.steps)
            and key.steps[: len(mine.steps)] == mine.steps
            for key in self._keys
        )

    def _handed_out(self, resolver: Resolver, operand: Operand) -> None:
        """Look into functions that are passed on: they may be called back at once."""
        event = resolver.function.events[operand]
        if isinstance(event, Read):
            function = referenced(resolver, event)
            if function is not None:
                self.function(function)
        elif isinstance(event, Compute) and event.operator in {"lambda", "function"}:
            node = resolver.function.nodes[operand]
            for other in self._program.resolvers:
                if other.function.node is node:
                    self.function(other.function)


def _is_harmless(callee: ast.AST) -> bool:
    if isinstance(callee, ast.Name):
        return callee.id in _HARMLESS
    return isinstance(callee, ast.Attribute) and last_name(callee.value).strip("_").lower() in _LOGGERS


def touches(case: Case, events: Iterable[int], states: Iterable[Location]) -> Touch:
    """Find what some events of a case's function do to states, directly or through calls.

    Parameters:
        case: the case.
        events: ids of events of its function. Their own reads are not reported, only those of what they call.
        states: locations in the function's terms.
    """
    resolver = case.resolver
    search = _Search(case, frozenset(resolver.key_of(state) for state in states))
    for event in events:
        search.event(resolver, resolver.function.events[event], direct=True)
    return search.found
