"""The methods that are split together with one: its overrides, and what it overrides.

A call on ``self`` reaches whichever of them the object has, so all get the variant, or none.
"""

from __future__ import annotations

from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls
from awaitomic.program.target import How
from awaitomic.remedies.shared.declined import Declined, check_reach
from awaitomic.remedies.split import forms
from awaitomic.remedies.split.regions import Taker, are_alike


@dataclass(frozen=True, slots=True)
class Family:
    """Methods of one name: those that take the lock themselves, and those that only pass the call on to such a one."""

    takers: tuple[Taker, ...]
    passing: tuple[Passing, ...]


@dataclass(frozen=True, slots=True)
class Passing:
    """A method that takes no lock itself, and the statements in which it waits for one of its family that does."""

    function: FunctionGraph
    waits: list[StatementPath]


def relatives(program: Program, function: FunctionGraph) -> tuple[FunctionGraph, ...]:
    """Give the methods that override a method, or that it overrides, and theirs in turn.

    What is only declared does not count: whoever calls it by the class of the declaration is seen to reach that, too,
    and cannot call a variant. Nor do mere siblings below a declaration, since no object is both.
    """
    if function.class_id is None:
        return ()
    module = program.module
    name = getattr(function.node, "name", "")
    family = {facts.id: facts.methods[name] for facts in module.family(function.class_id) if name in facts.methods}
    left = {key: method for key, method in family.items() if not forms.is_declaration(method)}
    pending, found = [function.class_id], {function.class_id}
    while pending:
        near = pending.pop()
        for other in left:
            if other not in found and module.can_be_one(near, other):
                found.add(other)
                pending.append(other)
    return tuple(method for key, method in left.items() if key in found and method is not function)


def family_of(program: Program, taker: Taker, family: tuple[FunctionGraph, ...]) -> Family:
    """Sort the relatives of a taker by how they come to the lock.

    Raises:
        Declined: ``overridden`` if one of them does so in another way, or not at all.
    """
    takers, passing = [taker], []
    for other in family:
        own = _taker(program, taker, other)
        waits = _passes_on(program, other, (taker.function, *family)) if own is None else []
        if own is not None:
            takers.append(own)
        elif waits:
            passing.append(Passing(other, waits))
        else:
            line = getattr(other.node, "lineno", 1)
            name = taker.function.qualname
            message = f"`{other.qualname}` (line {line}) is a relative of `{name}`, and locks in another way"
            raise Declined("overridden", message)
    return Family(tuple(takers), tuple(passing))


def _taker(program: Program, taker: Taker, other: FunctionGraph) -> Taker | None:
    """Give the override's own taking of the lock."""
    for taken in program.acquisitions.of(other):
        if not taken.chain and are_alike(taken.lock, taker.lock):
            return Taker(other, taken.event, taken.lock)
    return None


def _passes_on(program: Program, other: FunctionGraph, family: tuple[FunctionGraph, ...]) -> list[StatementPath]:
    """Give where an override waits for its family (``await super().put(row)``); nowhere if it waits for others, too."""
    check_reach(program, other)
    if not other.is_async or other.is_generator or forms.unknown_decorators(other):
        return []
    resolver = program.resolver(other)
    found = []
    for event in other.events:
        if not isinstance(event, Suspend):
            continue
        calls = awaited_calls(resolver, event)
        targets = [target.function for call in calls if call.how is How.DIRECT for target in call.targets]
        if len(calls) == 1 and targets and all(any(one is own for own in family) for one in targets):
            found.append(other.statements[event.id])
        elif program.may_suspend(resolver, event):
            return []
    return found
