"""Which state a function can write, itself or by whatever it calls, as far as a word tells: the name of an attribute.

To know what a function writes, and how late, it has to be analysed, and before it everything that it calls. Whether it
can write a state *at all* is mostly settled by the words of the writes that its calls lead to, without any analysis.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.event import Call, Suspend
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.accesses import accesses
from awaitomic.program.calls import awaited_calls, targets_of

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.target import Target


class WrittenWords:
    """The words of what functions write, or hand to what they call, which may write it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._words: dict[int, frozenset[str]] = {}

    def of(self, function: FunctionGraph) -> frozenset[str]:
        """Give the words of one function, without those that it calls."""
        key = id(function)
        if key not in self._words:
            self._words[key] = frozenset(_words(self._program.resolver(function)))
        return self._words[key]


class MayWrite:
    """Tells of functions whether they can write what goes by one of some words, if only by what they call."""

    def __init__(self, program: Program, words: frozenset[str]) -> None:
        self._program = program
        self._wanted = words
        self._cannot: set[int] = set()

    def __call__(self, function: FunctionGraph) -> bool:
        """Tell it of one function. No is certain; yes only says that the words are there."""
        seen = {id(function)}
        pending = [function]
        while pending:
            each = pending.pop()
            if not self._wanted.isdisjoint(self._program.written_words.of(each)):
                return True
            new = [callee for callee in self._program.analyses.callees(each) if id(callee) not in seen | self._cannot]
            seen.update(map(id, new))
            pending.extend(new)
        self._cannot |= seen
        return False


def last_word(location: Location) -> str:
    """Give the word of a location: its last attribute, or its variable.

    It is the same in the terms of a caller, and in the name under which the whole program knows the state (that of an
    object itself aside, for which the caller's word for the object stands).
    """
    last = next((step for step in reversed(location.steps) if isinstance(step, AttributeStep)), None)
    if last is not None:
        return last.name
    return "self" if location.root in {Root.SELF, Root.CLASS} else location.name


def _words(resolver: Resolver) -> Iterator[str]:
    for access in accesses(resolver):
        yield last_word(access.location)
    for event in resolver.function.events:
        if isinstance(event, Call):
            for target in targets_of(resolver, event):
                yield from _handed(resolver, target)
        elif isinstance(event, Suspend):
            for call in awaited_calls(resolver, event):
                for target in call.targets:
                    yield from _handed(resolver, target)


def _handed(resolver: Resolver, target: Target) -> Iterator[str]:
    """Give the words of the object and the arguments of a call."""
    if target.receiver is not None:
        yield last_word(target.receiver)
    for _, operand in target.arguments:
        location = resolver.value(operand)
        if location is not None:
            yield last_word(location)
