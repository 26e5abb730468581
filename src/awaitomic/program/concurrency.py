"""Who can run at the same time on the same object: turns what the file shows into a confidence with its evidence.

The table at the end (`_PAIR`, `_ITSELF`) is the only place where evidence becomes confidence.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.lifecycle import runs_alone_by_name
from awaitomic.knowledge.owners import has_one_owner
from awaitomic.knowledge.spawners import RUN_ALONE
from awaitomic.model.finding import Confidence
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program.accesses import Access
from awaitomic.program.callers import Spawn, in_loop
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import How

if TYPE_CHECKING:
    from awaitomic.program import Program


class Start(enum.Enum):
    """How a run of a function comes about."""

    MANY = "several tasks"
    ONCE = "one task"
    PUBLIC = "anybody's call"
    ALONE = "the main program"
    LIFECYCLE = "a lifecycle call"
    UNKNOWN = "unseen callers"


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in which code comes to run: the function at the top, and how that one is started."""

    function: str
    start: Start
    line: int
    """Where the task is made, or where the function stands."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How sure it is that another task writes in between, why, and who it is."""

    confidence: Confidence
    evidence: tuple[str, ...]
    rival: Resolver
    access: Access


Rival = tuple[Resolver, Access]


def judge(program: Program, resolver: Resolver, location: Location, rivals: Iterable[Rival]) -> Judgement | None:
    """Find the rival that can most surely write `location` while `resolver`'s function waits.

    Parameters:
        program: the facts of the file.
        resolver: the function that has the span.
        location: the state, in that function's terms.
        rivals: writes by any functions that would make a difference.

    Returns:
        The strongest judgement, ties broken by place; None if no other task can come in between.
    """
    if program.serialised(resolver.function) is not None:
        return None
    mine = entries(program, resolver.function, location)
    best: tuple[Confidence, int, int] | None = None
    found: Judgement | None = None
    for rival, access in rivals:
        if not _on_one_object(program, (resolver, location), (rival, access.location)):
            continue
        theirs = entries(program, rival.function, location)
        confidence, pair = _strongest(mine, theirs)
        if confidence is None or pair is None:
            continue
        owner = _single_owner(program, resolver, location)
        if location.root is Root.PARAMETER or (owner and Start.MANY not in {pair[0].start, pair[1].start}):
            confidence = Confidence.POSSIBLE
        line = program.extent(rival.function, access.event).line
        rank = (confidence, int(rival is not resolver), -line)
        if best is None or rank > best:
            best = rank
            found = Judgement(confidence, _evidence(program, resolver, rival, access, pair, owner), rival, access)
    return found


def entries(program: Program, function: FunctionGraph, location: Location) -> frozenset[Entry]:
    """Give the ways in which a function comes to run beside others on one object (or one closure).

    Where what runs once makes a task and awaits it, that is one run, the task's.
    """
    found: set[Entry] = set()
    seen: set[tuple[int, bool]] = set()
    stack = [(function, False)]
    while stack:
        current, as_task = stack.pop()
        if (id(current), as_task) in seen:
            continue
        seen.add((id(current), as_task))
        own = _entries_here(program, current, location)
        found.update(entry for entry in own if not as_task or entry.start not in _RUNS_ONCE)
        if location.root is Root.CLOSURE and current.id == location.owner:
            continue
        stack.extend(
            (site.resolver.function, as_task or site.how in {How.TASK, How.GATHER})
            for site in program.callers.sites(current)
        )
    return frozenset(found)


_RUNS_ONCE = frozenset({Start.ALONE, Start.LIFECYCLE})


def _entries_here(program: Program, function: FunctionGraph, location: Location) -> list[Entry]:
    """Give the ways in which a function comes to run other than by being awaited in this file."""
    line = getattr(function.node, "lineno", 1)
    if location.root is Root.CLOSURE and function.id == location.owner:
        return [Entry(function.qualname, Start.ALONE, line)]
    own = _own_entry(program, function, line)
    spawned = [_spawned(program, spawn, location) for spawn in program.callers.spawns(function)]
    return spawned if own is None else [*spawned, own]


def _own_entry(program: Program, function: FunctionGraph, line: int) -> Entry | None:
    """Give the entry that a function is by itself, or None if only its callers in this file can reach it."""
    name = getattr(function.node, "name", "")
    if not name:
        return Entry(function.qualname, Start.PUBLIC if function.qualname.endswith("<lambda>") else Start.ALONE, line)
    if runs_alone_by_name(name):
        return Entry(function.qualname, Start.LIFECYCLE, line)
    callers = program.callers
    if callers.only_awaited_here(function) is not None:
        return None
    nested = function.class_name is None and "." in function.qualname
    private = name.startswith("_") and not name.endswith("__")
    if callers.is_mentioned(function) or (nested and getattr(function.node, "decorator_list", None)):
        return Entry(function.qualname, Start.PUBLIC, line)
    if (private or nested) and callers.spawns(function):
        return None
    if nested:
        return None
    if any(spawn.wrapper in _RUNNERS for spawn in callers.spawns(function)):
        return None
    return Entry(function.qualname, Start.UNKNOWN if private else Start.PUBLIC, line)


_RUNNERS = frozenset(name.rpartition(".")[2] for name in RUN_ALONE)


def _spawned(program: Program, spawn: Spawn, location: Location) -> Entry:
    line = program.extent(spawn.resolver.function, spawn.event).line
    name = spawn.target.function.qualname
    if spawn.wrapper in _RUNNERS:
        return Entry(name, Start.ALONE, line)
    many = spawn.many and (location.root is not Root.SELF or not _own_object_each(spawn))
    return Entry(name, Start.MANY if many else Start.ONCE, line)


def _own_object_each(spawn: Spawn) -> bool:
    """Tell whether each task of a repeated spawn runs on an object of its own."""
    receiver = spawn.target.receiver
    if receiver is None:
        return False
    if any(isinstance(step, ItemStep) for step in receiver.steps):
        return True
    for creation, publication in spawn.resolver.published.items():
        if publication.location == receiver:
            return in_loop(spawn.resolver, creation)
    if receiver.root is not Root.FRESH:
        return False
    value = spawn.resolver.binding(receiver.name)
    return value is None or in_loop(spawn.resolver, value)


def _strongest(
    mine: frozenset[Entry], theirs: frozenset[Entry]
) -> tuple[Confidence | None, tuple[Entry, Entry] | None]:
    best: tuple[Confidence, tuple[Entry, Entry]] | None = None
    for left in sorted(mine, key=_entry_order):
        for right in sorted(theirs, key=_entry_order):
            confidence = _overlap(left, right)
            if confidence is not None and (best is None or confidence > best[0]):
                best = (confidence, (left, right))
    return best if best is not None else (None, None)


def _overlap(left: Entry, right: Entry) -> Confidence | None:
    """Tell how sure it is that two entries run at the same time.

    Two places that each start one task of the same function are often ways to choose from: ``run`` and ``async_run``.
    """
    if left.function != right.function:
        return _PAIR.get(frozenset({left.start, right.start}))
    if left.line == right.line:
        return _ITSELF.get(left.start)
    if left.start is right.start is Start.ONCE:
        alone = runs_alone_by_name(left.function.rpartition(".")[2])
        return Confidence.POSSIBLE if alone else Confidence.LIKELY
    return _PAIR.get(frozenset({left.start, right.start}))


def _entry_order(entry: Entry) -> tuple[int, str, str]:
    return entry.line, entry.function, entry.start.value


def _on_one_object(program: Program, mine: tuple[Resolver, Location], theirs: tuple[Resolver, Location]) -> bool:
    """Tell whether two paths can lead to one object: those of instances of sibling classes never do."""
    left, right = (resolver.owner_of(location) for resolver, location in (mine, theirs))
    return left is None or right is None or program.module.can_be_one(left, right)


def _single_owner(program: Program, resolver: Resolver, location: Location) -> str | None:
    """Give the class whose instances belong to one task at a time, if the state is that of such an instance."""
    if location.root is not Root.SELF:
        return None
    lineage = program.module.lineage(resolver.function.class_id or location.owner)
    bases = tuple(qualname_of(base) for facts in lineage for base in program.module.link.bases(facts))
    name = qualname_of(location.owner)
    return name if has_one_owner(name.rpartition(".")[2], bases) else None


def _evidence(
    program: Program,
    resolver: Resolver,
    rival: Resolver,
    access: Access,
    pair: tuple[Entry, Entry],
    single_owner: str | None,
) -> tuple[str, ...]:
    sentences = [_describe(pair[0])]
    if pair[1] != pair[0]:
        sentences.append(_describe(pair[1]))
    if rival is not resolver:
        verb = "writes" if rival.function.is_async else "writes, without waiting for anything,"
        sentences.append(
            f"`{rival.function.qualname}` {verb} `{access.location}` at {program.place(rival.function, access.event)}"
        )
    if single_owner:
        sentences.append(f"but a `{single_owner}` is by its kind used by one task at a time")
    owner = resolver.function.class_name
    facts = program.module.link.class_facts(resolver.function.class_id or "")
    if facts is not None and any((typed.name or "").endswith(".Lock") for typed in facts.attributes.values()):
        sentences.append(f"`{owner}` owns a lock, so it expects several tasks")
    return tuple(dict.fromkeys(sentences))


def _describe(entry: Entry) -> str:
    name = f"`{entry.function}`"
    return {
        Start.MANY: f"several tasks run {name}: they are started at line {entry.line}",
        Start.ONCE: f"a task of its own runs {name}: it is started at line {entry.line}",
        Start.PUBLIC: f"{name} can be called by anybody who has the object or module, from any task",
        Start.ALONE: f"{name} is run once, as the main program or by its owner",
        Start.LIFECYCLE: f"{name} is by its name a lifecycle method, which normally runs once",
        Start.UNKNOWN: f"{name} is private, and its callers are not in this file",
    }[entry.start]


_ITSELF: dict[Start, Confidence | None] = {
    Start.MANY: Confidence.CERTAIN,
    Start.PUBLIC: Confidence.LIKELY,
    Start.UNKNOWN: Confidence.POSSIBLE,
    Start.ONCE: None,
    Start.ALONE: None,
    Start.LIFECYCLE: None,
}
"""How sure it is that one entry runs beside itself."""

_PAIR: dict[frozenset[Start], Confidence] = {
    frozenset({Start.MANY}): Confidence.CERTAIN,
    frozenset({Start.ONCE}): Confidence.CERTAIN,
    frozenset({Start.MANY, Start.ONCE}): Confidence.CERTAIN,
    frozenset({Start.PUBLIC}): Confidence.LIKELY,
    frozenset({Start.PUBLIC, Start.MANY}): Confidence.LIKELY,
    frozenset({Start.PUBLIC, Start.ONCE}): Confidence.LIKELY,
    frozenset({Start.ALONE, Start.MANY}): Confidence.LIKELY,
    frozenset({Start.ALONE, Start.ONCE}): Confidence.LIKELY,
    frozenset({Start.ALONE, Start.PUBLIC}): Confidence.POSSIBLE,
    frozenset({Start.LIFECYCLE, Start.PUBLIC}): Confidence.POSSIBLE,
    frozenset({Start.LIFECYCLE, Start.MANY}): Confidence.POSSIBLE,
    frozenset({Start.LIFECYCLE, Start.ONCE}): Confidence.POSSIBLE,
    frozenset({Start.LIFECYCLE}): Confidence.POSSIBLE,
    frozenset({Start.UNKNOWN}): Confidence.POSSIBLE,
    frozenset({Start.UNKNOWN, Start.PUBLIC}): Confidence.POSSIBLE,
    frozenset({Start.UNKNOWN, Start.MANY}): Confidence.POSSIBLE,
    frozenset({Start.UNKNOWN, Start.ONCE}): Confidence.POSSIBLE,
    frozenset({Start.UNKNOWN, Start.LIFECYCLE}): Confidence.POSSIBLE,
}
"""How sure it is that two different entries overlap in time; pairs that are not here do not."""
