"""Tasks that are over by then: what a function does when it has waited for its task, the task cannot spoil.

``await task`` and only then ``self.total = …`` in the function that has made it. Where that function runs once, no
other task of the kind is there, either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Call, Event, Suspend, SuspendWhy
from awaitomic.model.finding import Confidence
from awaitomic.program.concurrency.table import Entry, Start, strongest
from awaitomic.program.joins import ends_of_task

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver

_RUNS_ONCE = frozenset({Start.ALONE, Start.LIFECYCLE, Start.ONCE, Start.SERIAL})


Does = tuple["Resolver", frozenset[Entry], tuple[int, ...]]
"""A function, how it comes to run, and its events in question, in order."""


def strongest_beside(mine: Does, theirs: Does) -> tuple[Confidence | None, tuple[Entry, Entry] | None]:
    """Give the pair of ways to run that most surely overlaps, and how surely, as `strongest` does.

    A task that one of the two functions has made itself, and that is over (or not there yet) when this one does what is
    in question, does not run beside the run that has made it. Others may.

    Parameters:
        mine, theirs: each function, how it comes to run, and its events in question, in order: a write, or all that a
            span is made of; none if they are not known.
    """
    left, right = mine[1], theirs[1]
    over_left, over_right = _over(left, theirs[0], theirs[2]), _over(right, mine[0], mine[2])
    if not over_left and not over_right:
        return strongest(left, right)
    found = [
        strongest(left - over_left, right - over_right),
        strongest(over_left, _again(right)),
        strongest(_again(left), over_right),
    ]
    return max(found, key=lambda each: each[0] or 0)


def _again(runs: frozenset[Entry]) -> frozenset[Entry]:
    """Give the ways to run that may come about several times at once."""
    return frozenset(entry for entry in runs if entry.start not in _RUNS_ONCE)


def _over(tasks: frozenset[Entry], maker: Resolver, does: tuple[int, ...]) -> frozenset[Entry]:
    """Give the tasks that a function has made itself, and that are not there when it does something."""
    own = (entry for entry in tasks if does and entry.spawner == maker.function.id)
    return frozenset(entry for entry in own if not _is_there(maker, entry, does))


def _ends_all(end: Event) -> bool:
    """Tell whether an event ends all tasks that one place has made: the task group is left that they were made in."""
    return isinstance(end, Suspend) and end.why is SuspendWhy.ASYNC_EXIT


def _is_there(maker: Resolver, task: Entry, does: tuple[int, ...]) -> bool:
    graph = maker.function
    made = graph.events[task.event]
    if not isinstance(made, Call):
        return True
    ends = list(ends_of_task(maker, made))
    if (
        made.id in reach_after(graph, made.id, stops=ends, raises=False).events
    ):  # several are there, and a local has only the last
        ends = [end for end in ends if _ends_all(graph.events[end])]
    beside = reach_after(graph, made.id, stops=ends).events
    if not beside.isdisjoint(does):
        return True
    return any(made.id in reach_after(graph, first, stops=does[-1:]).events for first in does[:-1])
