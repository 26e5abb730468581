"""Runs the freshness analysis over functions when it is asked for: callees before callers, circles until they settle.

A function is looked at twice at most. For its summary it holds the locks that all its callers hold. For its findings it
also stands under the claims that all its callers have made, and these take the callers' own analysis, which takes the
summaries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Attribute, Call, Read, Suspend
from awaitomic.program.accesses import accesses
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.facts import FunctionFacts, analyse, collect, summarise
from awaitomic.program.reach import components
from awaitomic.program.resolve import Resolver
from awaitomic.program.summaries import Summary
from awaitomic.program.unprotected import Unprotected, plain_locks

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock

_MOST_ROUNDS = 8
"""So often the functions of a circle of calls are looked at again; what has not settled then is known less exactly."""


class Analyses:
    """The outcomes of the freshness analysis of all functions that were asked for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._facts: dict[int, FunctionFacts] = {}
        self._summaries: dict[int, Summary] = {}
        self._summary_facts: dict[int, FunctionFacts] = {}
        self._unprotected: dict[int, FunctionFacts | None] = {}
        self._callees: dict[int, list[int]] = {}
        self._graphs: dict[int, FunctionGraph] = {}

    def facts(self, resolver: Resolver) -> FunctionFacts:
        """Give the outcome of the freshness analysis of a function, with what all its callers hold held."""
        key = id(resolver.function)
        if key not in self._facts:
            plain = self.facts_for_summary(resolver)
            held = self._program.callers.held_at_entry(resolver.function)
            locks = self._program.callers.locks_at_entry(resolver.function)
            self._facts[key] = plain if held == locks else analyse(self._program, resolver, held)
        return self._facts[key]

    def unprotected(self, resolver: Resolver) -> FunctionFacts | None:
        """Give what the analysis of a function finds if the plain locks that it holds keep nobody out; None if none."""
        key = id(resolver.function)
        if key not in self._unprotected:
            locks = plain_locks(self._program, resolver)
            self._unprotected[key] = self._without(resolver, locks) if locks else None
        return self._unprotected[key]

    def _without(self, resolver: Resolver, locks: frozenset[Lock]) -> FunctionFacts:
        held = self._program.callers.held_at_entry(resolver.function)
        return collect(Unprotected(self._program, resolver, held, locks))

    def facts_for_summary(self, resolver: Resolver) -> FunctionFacts:
        """Give the outcome of the freshness analysis of a function, but for claims that its callers have made."""
        self.summary(resolver.function)
        key = id(resolver.function)
        if key not in self._summary_facts:
            self._summary_facts[key] = analyse(
                self._program, resolver, self._program.callers.locks_at_entry(resolver.function)
            )
        return self._summary_facts[key]

    def summary(self, function: FunctionGraph) -> Summary:
        """Give what callers have to know of a function; those that call each other are solved together."""
        known = self._summaries.get(id(function))
        if known is None:
            self._graphs[id(function)] = function
            for component in components(id(function), self._called, self._summaries.__contains__):
                self._solve([self._graphs[key] for key in component])
            known = self._summaries[id(function)]
        return known

    def callees(self, function: FunctionGraph) -> list[FunctionGraph]:
        """Give the functions whose summaries the analysis of a function asks for."""
        self._graphs[id(function)] = function
        return [self._graphs[key] for key in self._called(id(function))]

    def _called(self, key: int) -> list[int]:
        """Give the functions whose summaries the analysis of a function will ask for."""
        if key not in self._callees:
            resolver = self._program.resolver(self._graphs[key])
            called = self._getters(resolver)
            for event in resolver.function.events:
                if isinstance(event, Call):
                    called += [target.function for target in targets_of(resolver, event)]
                elif isinstance(event, Suspend):
                    calls = awaited_calls(resolver, event)
                    called += [target.function for call in calls for target in call.targets]
            self._graphs.update((id(function), function) for function in called)
            self._callees[key] = list(dict.fromkeys(map(id, called)))
        return self._callees[key]

    def _getters(self, resolver: Resolver) -> list[FunctionGraph]:
        found: list[FunctionGraph] = []
        for event in resolver.function.events:
            if isinstance(event, Read) and isinstance(event.place, Attribute):
                location = resolver.place(event.place)
                getter = self._program.property_at(resolver, location) if location is not None else None
                if getter is not None:
                    found.append(getter)
        return found

    def _solve(self, component: list[FunctionGraph]) -> None:
        """Compute the summaries of functions that call each other: again and again, until none changes."""
        component = sorted(component, key=lambda function: (function.module, function.qualname, function.path))
        for function in component:
            self._summaries[id(function)] = Summary()
        if not any(self._is_relevant(self._program.resolver(function)) for function in component):
            return
        for _ in range(_MOST_ROUNDS):
            changed = False
            for function in component:
                resolver = self._program.resolver(function)
                facts = analyse(self._program, resolver, self._program.callers.locks_at_entry(function))
                summary = summarise(self._program, resolver, facts)
                self._summary_facts[id(function)] = facts
                changed |= summary != self._summaries[id(function)]
                self._summaries[id(function)] = summary
            if not changed or (len(component) == 1 and not self._calls_itself(component[0])):
                return

    def _calls_itself(self, function: FunctionGraph) -> bool:
        return id(function) in self._called(id(function))

    def _tells(self, resolver: Resolver, event: Read) -> bool:
        location = resolver.place(event.place)
        return location is not None and self._program.changes(resolver, location)

    def _is_relevant(self, resolver: Resolver) -> bool:
        """Tell whether a function writes shared state or reads it, by itself or by calls: else there is no summary."""
        callees = self.callees(resolver.function)
        if any(self._summaries[id(callee)] != Summary() for callee in callees):
            return True
        return any(True for _ in accesses(resolver)) or any(
            isinstance(event, Read) and self._tells(resolver, event) for event in resolver.function.events
        )
