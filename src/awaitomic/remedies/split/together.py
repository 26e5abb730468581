"""Which relatives of a method have to be split with it: those that a caller who holds the lock may reach.

What it overrides stays as it is if no such call, and no call of the variants, comes there: a variant that nobody calls
is nothing that a reviewer wants to read, and to make one may change when the other does its work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.program import Program
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.remedies.split.overrides import relatives
from awaitomic.remedies.split.uses import uses_of


def split_together(
    program: Program, function: FunctionGraph, held: Callable[[Resolver, int, Target], bool]
) -> tuple[FunctionGraph, ...]:
    """Give the relatives of a method that get a variant when it gets one, without the method itself.

    Parameters:
        program: the facts of the file with the bug.
        function: the method that takes the lock.
        held: where the lock is held, once the whole plan is carried out.
    """
    family = relatives(program, function)
    needed, pending = {id(function)}, [function]
    while pending and len(needed) <= len(family):
        near = pending.pop()
        reached = {id(each) for each in (*_called_with(program, near, held), *_called_by(program, near))}
        for other in family:
            if id(other) not in needed and (id(other) in reached or _may_replace(program, other, near)):
                needed.add(id(other))
                pending.append(other)
    return tuple(other for other in family if id(other) in needed)


def _may_replace(program: Program, other: FunctionGraph, near: FunctionGraph) -> bool:
    """Tell whether an instance of the class of `near` may have the other method under that name."""
    link, mine, theirs = program.module.link, near.class_id or "", other.class_id or ""
    return link.can_be_one(mine, theirs) and not link.descends(mine, theirs)


def _called_with(
    program: Program, function: FunctionGraph, held: Callable[[Resolver, int, Target], bool]
) -> Iterator[FunctionGraph]:
    """Give what the calls that are to go to a variant of this function may reach."""
    for use in uses_of(program, function):
        if held(use.resolver, use.event, use.target):
            yield from (target.function for target in use.call.targets)


def _called_by(program: Program, function: FunctionGraph) -> Iterator[FunctionGraph]:
    resolver = program.resolver(function)
    for event in function.events:
        for call in calls_while_waiting(resolver, event) if isinstance(event, Suspend) else ():
            yield from (target.function for target in call.targets)
