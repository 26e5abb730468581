"""The table: how sure it is that two ways of coming to run overlap in time. Only here evidence becomes confidence."""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from awaitomic.knowledge.lifecycle import runs_alone_by_name
from awaitomic.model.finding import Confidence
from awaitomic.model.identity import qualname_of
from awaitomic.program.concurrency.same_object import are_one


class Start(enum.Enum):
    """How a run of a function comes about."""

    MANY = "several tasks"
    """Several tasks are made at one place: in a loop, by ``gather`` over a comprehension."""
    HANDLER = "a task for each request"
    """A framework calls it for each request or event, without waiting for the last one."""
    AGAIN = "a task for each call"
    """What can be called often makes a task each time, keeps it nowhere, and tests nothing first."""
    ONCE = "one task"
    """One task is made at one place."""
    CALLBACK = "a registered callback"
    """It was handed to something that stores it, to call it when something happens."""
    PUBLIC = "anybody's call"
    """Public, of an object or module of which something says that several tasks share it."""
    OPEN = "any owner's call"
    """Public, of an object of which nothing says that more than one task has it."""
    SERIAL = "one call after another"
    """A framework calls it, and waits for each call before the next."""
    OWNER = "its owner's call"
    """Opens or closes the object as a whole: ``connect``, ``close``."""
    ALONE = "the main program"
    LIFECYCLE = "a lifecycle call"
    UNKNOWN = "unseen callers"
    """Private, and nothing in sight calls it."""


ASSUMED = frozenset({Start.PUBLIC, Start.OPEN, Start.OWNER})
"""Nothing is seen that runs it in a task: that somebody may call it is all."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in which code comes to run: the function at the top, and how that one is started."""

    function: str
    """Its identity."""
    start: Start
    line: int
    """Where the task is made, or where the function stands."""
    by: str = ""
    """The framework or call that runs it; of unseen callers, those that are seen besides."""
    spawner: str = ""
    """The function that makes the task, if one does."""
    event: int = -1
    """Where it does so, among the events of that function."""
    own: bool = False
    """Whether each run makes the object in question itself, and gives it to nobody."""
    on: str = ""
    """On which object a task runs, as far as that is seen: see `awaitomic.program.concurrency.same_object`."""


_LIKELY, _POSSIBLE, _CERTAIN = Confidence.LIKELY, Confidence.POSSIBLE, Confidence.CERTAIN

_ITSELF: dict[Start, Confidence | None] = {
    Start.MANY: _CERTAIN,
    Start.HANDLER: _LIKELY,
    Start.AGAIN: _LIKELY,
    Start.CALLBACK: _POSSIBLE,
    Start.PUBLIC: _LIKELY,
    Start.OPEN: _POSSIBLE,
    Start.OWNER: _POSSIBLE,
    Start.UNKNOWN: _POSSIBLE,
    Start.ONCE: None,
    Start.SERIAL: None,
    Start.ALONE: None,
    Start.LIFECYCLE: None,
}
"""How sure it is that one entry runs beside itself."""

_TASKS = (Start.MANY, Start.HANDLER, Start.AGAIN, Start.ONCE)
_CALLED = (Start.CALLBACK, Start.PUBLIC)


def _rows() -> dict[frozenset[Start], Confidence]:
    pairs: dict[frozenset[Start], Confidence] = {}

    def row(lefts: tuple[Start, ...], rights: tuple[Start, ...], confidence: Confidence) -> None:
        for left in lefts:
            for right in rights:
                pairs.setdefault(frozenset({left, right}), confidence)

    # Several tasks that are made at one place overlap with any other task; two single ones may come one after another.
    row((Start.MANY,), (Start.MANY, Start.ONCE), _CERTAIN)
    row(_TASKS, _TASKS, _LIKELY)
    # What anybody calls overlaps with tasks, and with what anybody else calls.
    row((Start.CALLBACK,), (Start.CALLBACK,), _POSSIBLE)  # who keeps callbacks often calls one after another
    row(_CALLED, (*_TASKS, *_CALLED), _LIKELY)
    # The main program goes on beside the tasks that it has made.
    row((Start.ALONE,), _TASKS, _LIKELY)
    # Handlers come while the object's only user calls it. A task of the object's own does so, too; but nearly always it
    # was made to go with that user, and who closes the object ends its task first.
    row((Start.SERIAL,), _TASKS, _LIKELY)
    row((Start.OPEN,), (Start.HANDLER,), _LIKELY)
    row((Start.OPEN,), _TASKS, _POSSIBLE)
    # One may close an object while others use it; but who opens and closes it nearly always sees to it that none do.
    row((Start.OWNER,), (*_TASKS, *_CALLED), _POSSIBLE)
    row((Start.SERIAL,), (Start.CALLBACK, Start.PUBLIC), _LIKELY)
    # With one user, two calls overlap only if that user is several tasks.
    row((Start.OPEN,), (Start.OPEN, Start.OWNER, Start.SERIAL, *_CALLED), _POSSIBLE)
    row((Start.OWNER,), (Start.OWNER, Start.SERIAL), _POSSIBLE)
    row((Start.ALONE,), (Start.CALLBACK, Start.PUBLIC), _POSSIBLE)
    # Lifecycle calls come before and after the rest, as a rule; nothing is known of unseen callers.
    row((Start.LIFECYCLE,), (*_TASKS, *_CALLED, Start.OPEN, Start.OWNER, Start.LIFECYCLE), _POSSIBLE)
    row(
        (Start.UNKNOWN,),
        (*_TASKS, *_CALLED, Start.OPEN, Start.OWNER, Start.SERIAL, Start.LIFECYCLE, Start.UNKNOWN),
        _POSSIBLE,
    )
    return pairs


_PAIR: dict[frozenset[Start], Confidence] = _rows()
"""How sure it is that two different entries overlap in time; pairs that are not here do not."""


def overlap(left: Entry, right: Entry) -> Confidence | None:
    """Tell how sure it is that two entries run at the same time on one object.

    Tasks that surely run at one time may have an object each, unless it is seen that they have not.
    """
    sure = _overlap_in_time(left, right)
    return _LIKELY if sure is _CERTAIN and not are_one(left.on, right.on) else sure


def may_have_an_object_each(left: Entry, right: Entry) -> bool:
    """Tell whether two entries surely run at the same time, and only their having one object is not seen."""
    return _overlap_in_time(left, right) is _CERTAIN and not are_one(left.on, right.on)


def _overlap_in_time(left: Entry, right: Entry) -> Confidence | None:
    """Tell how sure it is that two entries run at the same time.

    Two functions that each start one task of the same function are often a choice: ``run`` and ``async_run``.
    """
    if left.own or right.own:
        other = right if left.own else left
        if other.own or not other.spawner:  # only tasks that the run has made have the object, too
            return None
    if left.function != right.function:
        if left.start is right.start is Start.ONCE and left.spawner == right.spawner:
            return None if _is_one_task(left, right) else _CERTAIN  # made side by side
        return _PAIR.get(frozenset({left.start, right.start}))
    if left.line == right.line and left.start is right.start:
        return _ITSELF[left.start]
    if left.start is right.start is Start.ONCE:
        alone = runs_alone_by_name(qualname_of(left.function).rpartition(".")[2])
        return _LIKELY if left.spawner == right.spawner and not alone else _POSSIBLE
    return _PAIR.get(frozenset({left.start, right.start}))


def _is_one_task(left: Entry, right: Entry) -> bool:
    """Tell whether two entries are one call, of a method and of what overrides it."""
    names = {qualname_of(entry.function).rpartition(".")[2] for entry in (left, right)}
    return left.event == right.event and len(names) == 1


_MOST_ENTRIES = 64
"""So many ways in which a function comes to run are looked at, of each kind: more of them say nothing new."""


@lru_cache(maxsize=4096)
def strongest(mine: frozenset[Entry], theirs: frozenset[Entry]) -> tuple[Confidence | None, tuple[Entry, Entry] | None]:
    """Give the pair of entries that most surely overlaps, and how surely.

    Of several, one is taken of which both are seen to run, or else which takes two different functions rather than one
    twice; further ties are broken by place.
    """
    best: tuple[tuple[Confidence, bool, bool], tuple[Entry, Entry]] | None = None
    rivals = _foremost(theirs)
    for left in _foremost(mine):
        for right in rivals:
            confidence = overlap(left, right)
            if confidence is None:
                continue
            seen = ASSUMED.isdisjoint({left.start, right.start})
            rank = (confidence, seen, seen or left != right)
            if best is None or rank > best[0]:
                best = (rank, (left, right))
                if rank == (_CERTAIN, True, True):
                    return _CERTAIN, best[1]
    return (best[0][0], best[1]) if best is not None else (None, None)


def _foremost(entries: frozenset[Entry]) -> list[Entry]:
    """Give entries in the order of their places, and of very many with the same start only the first."""
    ordered = sorted(entries, key=_entry_order)
    if len(ordered) <= _MOST_ENTRIES:
        return ordered
    counted: Counter[Start] = Counter()
    kept = []
    for entry in ordered:
        counted[entry.start] += 1
        if counted[entry.start] <= _MOST_ENTRIES:
            kept.append(entry)
    return kept


def _entry_order(entry: Entry) -> tuple[int, str, str]:
    return entry.line, entry.function, entry.start.value
