"""Who can run at the same time on the same object: turns what the file shows into a confidence with its evidence.

`entries` follows calls up to what starts them, `registry` knows what frameworks call, `sharing` what speaks for and
against an object being shared, and `table` is the only place where all that becomes a confidence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.frameworks import OF_ALL_REQUESTS
from awaitomic.knowledge.lifecycle import starts_by_name
from awaitomic.model.event import Call
from awaitomic.model.finding import Confidence
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import AttributeStep, ItemStep, Location, Root
from awaitomic.program.accesses import Access
from awaitomic.program.annotations import one_task
from awaitomic.program.cancelling import ended_tasks, kept_at
from awaitomic.program.concurrency.entries import entries, entries_of_tasks
from awaitomic.program.concurrency.over import Does, strongest_beside
from awaitomic.program.concurrency.own_key import has_each_its_key
from awaitomic.program.concurrency.same_object import LOST, is_reached_alike, key_of_run
from awaitomic.program.concurrency.sharing import (
    ENOUGH,
    Hint,
    Shared,
    is_made_for_each,
    is_primitive,
    shared_because,
    single_owner,
)
from awaitomic.program.concurrency.table import ASSUMED, Entry, Start, may_have_an_object_each
from awaitomic.program.joins import ends_of_task
from awaitomic.program.locks.usual import usually_apart
from awaitomic.program.resolve import Resolver
from awaitomic.source.project import is_test

if TYPE_CHECKING:
    from awaitomic.program import Program


@dataclass(frozen=True, slots=True)
class Judgement:
    """How sure it is that another task writes in between, why, and who it is."""

    confidence: Confidence
    evidence: tuple[str, ...]
    rival: Resolver
    access: Access
    assumed: bool = False
    """Whether nothing is seen to run one of the two in a task: that somebody may call it is all."""
    keyed: bool = False
    """Whether, beyond that, the two have to be called with the same key."""
    for_everybody: bool = False
    """Whether the state is the module's, a class's or a closure's, or of an object that the module keeps."""
    serves: bool = False
    """Whether the object by its kind serves several tasks."""
    by_itself: bool = False
    """Whether it takes two calls of one and the same function, which nothing is seen to make in tasks."""
    proven: bool = False
    """Whether both are seen to run at the same time, be it on one object or on several of a kind."""


Rival = tuple[Resolver, Access]

_RUNS_AT_ANY_TIME = frozenset({Start.MANY, Start.HANDLER, Start.AGAIN, Start.CALLBACK})


def judge(
    program: Program,
    resolver: Resolver,
    location: Location,
    rivals: Iterable[Rival],
    hint: Hint | None = None,
    *,
    does: str = "writes",
    write: int | None = None,
    reads: Collection[int] = (),
) -> Judgement | None:
    """Find the rival that can most surely write `location` (or read it) while `resolver`'s function waits.

    Parameters:
        program: the facts of the project.
        resolver: the function that has the span.
        location: the state, in that function's terms.
        rivals: writes (or reads) by any functions that would make a difference.
        hint: a sentence that the rule has for several tasks sharing the object, from the shape of the span itself.
        does: what the rivals do, for the evidence.
        write: the event of the function that a rival can only spoil if the function comes to it: who has cancelled
            its task before is none.
        reads: where the span begins that this event ends, if that is known.

    Returns:
        The strongest judgement, ties broken by place; None if no other task can come in between.
    """
    if program.serialised(resolver.function) is not None or one_task(program, resolver, location):
        return None
    shared = shared_because(program, resolver, location, hint)
    mine = entries(program, resolver.function, location, shared=shared)
    about = _About.of(program, resolver, location)
    span = (*sorted(reads), write) if write is not None and reads else ()
    best: tuple[Confidence, int, int] | None = None
    found: Judgement | None = None
    for rival, access in rivals:
        if not _on_one_object(program, (resolver, location), (rival, access.location)):
            continue
        theirs = _of_rival(program, (rival, access), (resolver, location), shared)
        left = mine if write is None else _not_cancelled(program, mine, (rival, access), (resolver, write))
        confidence, pair = _met((resolver, left, span), theirs, _apart(program, resolver, location, left))
        if confidence is None or pair is None:
            continue
        confidence = _lowered(program, resolver, (rival, access), pair, about, confidence)
        rank = (confidence, int(rival is not resolver), -program.extent(rival.function, access.event).line)
        if best is None or rank > best:
            best = rank
            evidence = _evidence(program, resolver, (rival, access), pair, shared, about, does)
            found = _judgement(confidence, evidence, (rival, access), pair, shared)
    return found


def _apart(program: Program, resolver: Resolver, location: Location, mine: frozenset[Entry]) -> dict[Entry, Entry]:
    """Give the places that make several tasks, each for an entry of its own, as places that make one for this entry."""
    return {
        entry: replace(entry, start=Start.ONCE)
        for entry in mine
        if entry.start is Start.MANY and has_each_its_key(program, resolver, location, entry)
    }


def _met(mine: Does, theirs: Does, apart: dict[Entry, Entry]) -> tuple[Confidence | None, tuple[Entry, Entry] | None]:
    """Give the pair of entries that most surely overlaps: tasks that are `apart` do so if the same key comes twice."""
    confidence, pair = strongest_beside(mine, theirs)
    if pair is None or not apart:
        return confidence, pair
    single = {one: many for many, one in apart.items()}
    left, right = (
        (each, frozenset(apart.get(entry, entry) for entry in runs), does) for each, runs, does in (mine, theirs)
    )
    sure, met = strongest_beside(left, right)
    if sure is None or met is None:
        return Confidence.POSSIBLE, pair
    return sure, (single.get(met[0], met[0]), single.get(met[1], met[1]))


def _lowered(
    program: Program, resolver: Resolver, found: Rival, pair: tuple[Entry, Entry], about: _About, confidence: Confidence
) -> Confidence:
    """Lower what two tasks that can meet say of a rival, by what is known of the object and the write."""
    rival, access = found
    doubtful = about.is_closed or _is_doubtful(program, (resolver, rival), pair, about)
    if doubtful or (confidence > Confidence.POSSIBLE and usually_apart(program, resolver, rival, access)):
        return Confidence.POSSIBLE
    return confidence if access.certain else min(confidence, Confidence.LIKELY)


def _of_rival(program: Program, rival: Rival, mine: tuple[Resolver, Location], shared: Shared | None) -> Does:
    """Give the ways in which a rival's write comes to be made: by its function, or by a task that is made there."""
    resolver, access = rival
    location = mine[1]
    if access.task is not None:
        ways = entries_of_tasks(program, program.named(access.task).function, location, shared=shared)
    else:
        ways = entries(program, resolver.function, location, shared=shared, own=access.location)
    if not is_reached_alike(mine, (resolver, access.location)):
        ways = frozenset(replace(way, on=LOST) for way in ways)
    return resolver, ways, (access.event,)


def _judgement(
    confidence: Confidence, evidence: tuple[str, ...], rival: Rival, pair: tuple[Entry, Entry], shared: Shared | None
) -> Judgement:
    assumed = any(entry.start in ASSUMED for entry in pair)
    by_itself = assumed and pair[0] == pair[1]
    apart = confidence is Confidence.LIKELY and rival[1].certain and may_have_an_object_each(*pair)
    proven = confidence is Confidence.CERTAIN or apart
    if shared is None:
        return Judgement(confidence, evidence, *rival, assumed, by_itself=by_itself, proven=proven)
    keyed = assumed and shared.keyed
    return Judgement(confidence, evidence, *rival, assumed, keyed, shared.strong, shared.serves, by_itself, proven)


def _not_cancelled(
    program: Program, mine: frozenset[Entry], rival: Rival, own: tuple[Resolver, int]
) -> frozenset[Entry]:
    """Leave out the tasks that a rival has ended when it writes: they do not come back to what they would do then."""
    spawned = {entry: program.named(entry.spawner) for entry in mine if entry.spawner}
    if not spawned:
        return mine
    ended = ended_tasks(program, rival[0], rival[1].event, *own)
    return mine - {entry for entry, spawner in spawned.items() if kept_at(spawner, entry.event) in ended}


class _About(NamedTuple):
    """What is known of the object that a state belongs to."""

    owner: str | None
    """Its class, if one task at a time has it."""
    is_closed: bool
    """Whether a general rule cannot know how it is shared: a parameter, a lock that the program builds itself."""
    made_for_each: bool
    """Whether nothing in the project keeps one."""
    of_all: bool
    """Whether a handler comes to it through what it is given, or is itself: ``request.app["n"]`` is one for all."""
    state: Location
    key: str
    """What each run brings as the key of the state, if it is kept under such a one."""

    @classmethod
    def of(cls, program: Program, resolver: Resolver, location: Location) -> _About:
        """Find that out for a state in a function's terms."""
        of_all = any(isinstance(step, AttributeStep) and step.name in OF_ALL_REQUESTS for step in location.steps[:-1])
        return cls(
            None if of_all else single_owner(program, resolver, location),
            (location.root is Root.PARAMETER and not of_all) or is_primitive(program, resolver, location),
            not of_all and is_made_for_each(program, resolver, location),
            of_all,
            location,
            key_of_run(resolver, location),
        )


def _is_doubtful(program: Program, both: tuple[Resolver, Resolver], pair: tuple[Entry, Entry], about: _About) -> bool:
    """Tell whether two runs hardly meet on one object, although the way in which they start would allow it."""
    resolver, rival = both
    if _is_of_some_other(program, resolver, about.state, rival):
        return True
    if _gets_going(resolver, pair[0]) or _gets_going(rival, pair[1]):
        return True
    starts = {entry.start for entry in pair}
    if about.of_all and about.state.root is Root.PARAMETER and Start.HANDLER not in starts:
        return True
    if about.made_for_each and not ASSUMED.isdisjoint(starts):
        return True
    if Start.ALONE in starts and not _goes_on_beside(program, pair, about.state):
        return True
    if Start.MANY in starts:
        return about.owner is not None and Start.ALONE in starts
    return about.owner is not None or is_test(resolver.module.name) or _is_choice(program, pair)


def _goes_on_beside(program: Program, pair: tuple[Entry, Entry], state: Location) -> bool:
    """Tell whether the main program has made the task, by itself or through what it calls.

    What others make may come long before it, after it, or in another process.
    """
    main, task = pair if pair[0].start is Start.ALONE else (pair[1], pair[0])
    if not task.spawner:
        return False
    return task.spawner == main.function or any(
        entry.start is Start.ALONE and entry.function == main.function
        for entry in entries(program, program.named(task.spawner).function, state, shared=None)
    )


def _is_choice(program: Program, pair: tuple[Entry, Entry]) -> bool:
    """Tell whether two tasks are made in branches of one function that exclude each other, or one after the other."""
    left, right = pair
    if not left.spawner or left.spawner != right.spawner or left.event == right.event:
        return False
    return not any(_comes_beside(program, first, then) for first, then in ((left, right), (right, left)))


def _comes_beside(program: Program, first: Entry, then: Entry) -> bool:
    """Tell whether a function can make a second task behind the first, and has not waited for that one to end."""
    spawner = program.named(first.spawner)
    made = spawner.function.events[first.event]
    ends = set(ends_of_task(spawner, made)) if isinstance(made, Call) else ()
    return then.event in reach_after(spawner.function, first.event, stops=ends, raises=False).events


def _gets_going(resolver: Resolver, entry: Entry) -> bool:
    """Tell whether a function by its name only gets the object going, before others use it."""
    return starts_by_name(getattr(resolver.function.node, "name", "")) and entry.start not in _RUNS_AT_ANY_TIME


def _on_one_object(program: Program, mine: tuple[Resolver, Location], theirs: tuple[Resolver, Location]) -> bool:
    """Tell whether two paths can lead to one object: those of instances of sibling classes never do."""
    left, right = (resolver.owner_of(location) for resolver, location in (mine, theirs))
    return left is None or right is None or program.module.can_be_one(left, right)


def _is_of_some_other(program: Program, resolver: Resolver, location: Location, rival: Resolver) -> bool:
    """Tell whether a state is that of an object which this one only holds, and the rival writes that of any such one.

    ``self.agent.done`` here and ``self.done`` in an ``Agent`` are one state if both mean the same agent, which the
    types do not tell. What is kept in a table is kept there to be used through it, and what only this class makes is
    its own.
    """
    held = location.steps[: len(location.steps) - len(resolver.key_of(location).steps)]
    if location.root is not Root.SELF or not held or any(isinstance(step, ItemStep) for step in held):
        return False
    own = resolver.function.class_id
    if rival.function.class_id == own:
        return False
    owner = resolver.owner_of(location)
    made = program.makers.constructions(owner) if owner is not None else None
    return not made or any(maker.function.class_id != own for maker, _ in made)


def _evidence(
    program: Program,
    resolver: Resolver,
    rival: Rival,
    pair: tuple[Entry, Entry],
    shared: Shared | None,
    about: _About,
    does: str,
) -> tuple[str, ...]:
    sentences = [_describe(pair[0])]
    if pair[1] != pair[0]:
        sentences.append(_describe(pair[1]))
    other, access = rival
    if other is not resolver:
        verb = does if other.function.is_async else f"{does}, without waiting for anything,"
        place = program.place(other.function, access.event)
        through = f", by calling `{qualname_of(access.hops[-1][0])}`," if access.hops else ""
        sentences.append(f"`{other.function.qualname}`{through} {verb} `{access.location}` at {place}")
    if shared is not None:
        sentences.extend(shared.whys)
    sentences.extend(_doubts(pair, about))
    return tuple(dict.fromkeys(sentences))


def _doubts(pair: tuple[Entry, Entry], about: _About) -> Iterator[str]:
    """Give what speaks against two runs meeting on one object, of what can be said in words."""
    if about.owner:
        yield f"but a `{about.owner}` is by its kind used by one task at a time"
    if may_have_an_object_each(*pair):
        what = f"key `{about.key}`" if about.key else "object"
        yield f"but nothing in sight says that two of them have the same {what}"


def _describe(entry: Entry) -> str:
    name, line, by = f"`{qualname_of(entry.function)}`", entry.line, entry.by
    return {
        Start.MANY: f"several tasks run {name}: they are started at line {line}",
        Start.HANDLER: f"{by} runs {name} in a task for each request or event",
        Start.AGAIN: f"each call of what stands at line {line} makes another task that runs {name}",
        Start.ONCE: f"a task of its own runs {name}: it is started at line {line}",
        Start.CALLBACK: f"{name} is handed to {by} at line {line}, which can call it at any time",
        Start.PUBLIC: f"{name} can be called by anybody who has the object or module, from any task",
        Start.OPEN: f"{name} can be called by whoever has the object, and nothing says that several tasks have it",
        Start.SERIAL: f"{by} runs {name}, one call after another",
        Start.OWNER: f"{name} opens or closes the object, which is normally its owner's business",
        Start.ALONE: f"{name} is run once, as the main program or by its owner",
        Start.LIFECYCLE: f"{by} runs {name} once, when the program starts or ends"
        if by
        else f"{name} is by its name a lifecycle method, which normally runs once",
        Start.UNKNOWN: f"{name} may be called by others than {by}"
        if by
        else f"{name} is private, and nothing in the project is seen to call it",
    }[entry.start]


__all__ = ["ENOUGH", "Hint", "Judgement", "Rival", "Shared", "Start", "entries", "judge"]
