"""A part of AWA105: a shared container is emptied first, and filled again only over suspensions.

``self.entries = {}`` … ``await read()`` … ``self.entries[key] = value``: the new container is published before it is
filled, and whoever reads it meanwhile finds nothing, or a part. A query of its own, since its rivals are readers, and
all others look at writers; `awaitomic.rules.early_publish` reports what it finds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.knowledge.containers import CONTAINERS, SEQUENCES
from awaitomic.knowledge.lifecycle import opens_or_closes_by_name, runs_alone_by_name
from awaitomic.knowledge.registration import sounds_like_closing, sounds_like_setting_up
from awaitomic.model.event import Read, Suspend
from awaitomic.model.finding import Confidence, Finding, Role, Span
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change, accesses
from awaitomic.program.concurrency import ENOUGH, Hint, Judgement, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.names import target_names
from awaitomic.program.readers import ContentRead, Uses, content_reads
from awaitomic.program.resolve import Resolver
from awaitomic.rules.refills import Filling, fills, refilled
from awaitomic.rules.rule import Rule, kept_apart, object_of, step

_SHARED = frozenset({Root.SELF, Root.CLASS, Root.GLOBAL})
_EMPTIES = frozenset({Change.CLEAR, Change.RESET})
_PUTS_IN = frozenset({Change.ASSIGN, Change.FILL})
_SHOWS = frozenset({"__repr__", "__str__"})
_MOST_CALLS = 4
"""So many calls away a reader is asked whether it has waited for the refill before it reads."""


@dataclass(frozen=True, slots=True)
class Refill:
    """A container that is emptied at `fact`, and filled again over `suspend`, which somebody reads meanwhile."""

    fact: WriteFact
    suspend: int
    filling: Filling
    judgement: Judgement

    @property
    def is_mixed(self) -> bool:
        """Whether the rival is a second run, which puts in the same elements once more."""
        return self.judgement.access.change is Change.ADD


def find_refills(program: Program, resolver: Resolver) -> Iterator[Refill]:
    """Find containers that are emptied and refilled over suspensions, and that other code reads; one for each."""
    if _is_lifecycle(getattr(resolver.function.node, "name", "")):
        return
    if not any(_empties(resolver, access) for access in accesses(resolver)):
        return  # nearly always so, and known without any analysis
    seen: set[Location] = set()
    for fact in program.facts(resolver).writes:
        location = fact.access.location
        if location in seen or fact.via is not None or not _empties(resolver, fact.access):
            continue
        if _is_taken(program, resolver, fact) or _is_made_here(program, resolver, fact):
            continue
        found = refilled(program, resolver, fact)
        judgement = _disturbed(program, resolver, fact, *found) if found is not None else None
        if found is not None and judgement is not None:
            seen.add(location)
            yield Refill(fact, *found, judgement)


def _is_lifecycle(name: str) -> bool:
    return (
        runs_alone_by_name(name)
        or opens_or_closes_by_name(name)
        or sounds_like_setting_up(name)
        or sounds_like_closing(name)
    )


def _empties(resolver: Resolver, access: Access) -> bool:
    """Tell whether a write empties a container that others can reach."""
    location = access.location
    if access.change not in _EMPTIES or location.root not in _SHARED:
        return False
    if not all(isinstance(step, AttributeStep) for step in location.steps):
        return False
    if access.change is Change.CLEAR:
        return resolver.type_of(location).name in CONTAINERS
    return access.value is not None and resolver.operand_type(access.value).name in CONTAINERS


def _is_taken(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether the contents were taken out before, with no suspension since: a swap, which may put them back."""
    graph, key = resolver.function, resolver.key_of(fact.access.location)
    waits = [e.id for e in graph.events if isinstance(e, Suspend) and program.may_suspend(resolver, e)]
    uses = Uses(resolver)
    return any(
        fact.event in reach_after(graph, event.id, stops=waits, raises=False).events
        for event in graph.events
        if isinstance(event, Read)
        and (location := resolver.place(event.place)) is not None
        and resolver.key_of(location) == key
        and uses.reads_contents(event.id)
    )


def _is_made_here(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether nobody but the function itself makes the container: who reads it comes after that anyway."""
    location = fact.access.location
    step = location.steps[-1] if location.steps else None
    if fact.access.change is Change.CLEAR or not isinstance(step, AttributeStep):
        return False
    lineage = program.module.lineage(resolver.owner_of(location) or "")
    if any(_declares(facts.node, step.name) for facts in lineage):
        return False
    makers = program.writers_at(resolver.key_of(location))
    return all(maker is resolver for maker, access in makers if access.change in {Change.ASSIGN, Change.RESET})


def _declares(node: ast.ClassDef, name: str) -> bool:
    """Tell whether a class body gives an attribute a value, or makes a field of it."""
    for statement in node.body:
        if isinstance(statement, ast.Assign) and name in target_names(statement.targets):
            return True
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            made = statement.value is not None or bool(node.decorator_list)
            if statement.target.id == name and made:
                return True
    return False


# -- who reads it meanwhile -------------------------------------------------------------------------------------------


def _disturbed(
    program: Program, resolver: Resolver, fact: WriteFact, suspend: int, filling: Filling
) -> Judgement | None:
    """Give the reader that most surely comes in between, or, of a list, the second run that fills it, too."""
    location = fact.access.location
    state = object_of(resolver, location)
    found: list[Judgement] = []
    refilling = Refilling(program, resolver, location)
    for read in content_reads(program, resolver, location):
        access = Access(read.event, state, Change.READY, None)
        if refilling.is_part(read) or kept_apart(program, resolver, suspend, location, read.resolver, access):
            continue
        apart = refilling.is_apart(read.resolver, read.event)
        hint = _hint(program, resolver, location, read) if apart else None
        judgement = judge(program, resolver, state, [(read.resolver, access)], hint, does="reads")
        if judgement is not None and (apart or judgement.proven):
            found.append(judgement)
    mixed = _mixed(program, resolver, fact, suspend, filling)
    return max([*found, *([mixed] if mixed is not None else [])], key=lambda each: each.confidence, default=None)


def _mixed(program: Program, resolver: Resolver, fact: WriteFact, suspend: int, filling: Filling) -> Judgement | None:
    """Give the second run of a function that empties a list and adds to it: what both add is there twice.

    Where either is done under a lock, why it does not help is the business of other rules.
    """
    location = fact.access.location
    adds = filling.change is Change.ADD and resolver.type_of(location).name in SEQUENCES
    written = program.facts(filling.writer).solution.before_event(filling.write)
    held = fact.state.held | (written.held if written is not None else frozenset())
    if not adds or any(lock.excludes for lock in held):
        return None
    state = object_of(resolver, location)
    access = Access(filling.event, state, Change.ADD, None)
    if kept_apart(program, resolver, suspend, location, resolver, access):
        return None
    return judge(program, resolver, state, [(resolver, access)])


def _hint(program: Program, resolver: Resolver, location: Location, read: ContentRead) -> Hint | None:
    """Say why the reader is likely to be another task's: it serves its callers, or stands in other code."""
    if read.by_parameter:
        asker = read.resolver.function.qualname
        return Hint(f"`{location}` is asked by `{asker}` for what its callers want", ENOUGH)
    owner = resolver.owner_of(location)
    theirs = _class_of(read.resolver)
    if owner is None or theirs == owner or (theirs is not None and program.module.can_be_one(owner, theirs)):
        return None
    return Hint(f"`{location}` is read by other code than that of its object", ENOUGH)


def _class_of(resolver: Resolver) -> str | None:
    """Give the class that a function stands in, also where it is nested in a method."""
    around: Resolver | None = resolver
    while around is not None and around.function.class_id is None:
        around = around.outer
    return around.function.class_id if around is not None else None


class Refilling:
    """One function that refills, seen from the readers: which of them only read what they have had refilled."""

    def __init__(self, program: Program, resolver: Resolver, location: Location) -> None:
        self._program = program
        self._function = resolver.function
        self._key = resolver.key_of(location)
        self._runs = _runs_of(program, resolver)

    def is_part(self, read: ContentRead) -> bool:
        """Tell whether a reader is a part of the refill itself, or only shows or closes what is there."""
        name = getattr(read.resolver.function.node, "name", "")
        return (
            self._refetches(read.resolver)
            or name in _SHOWS
            or sounds_like_closing(name)
            or self._is_part(read.resolver, frozenset())
        )

    def is_apart(self, reader: Resolver, event: int, depth: int = 0) -> bool:
        """Tell whether a function can come to an event without having waited for a refill of its own before.

        What has only reads what it has had filled itself: it takes two such runs at once to disturb each other.
        """
        graph = reader.function
        if event not in reach_from(graph, graph.entry, stops=self._runs.get(id(graph), ())).events:
            return False
        sites = self._program.callers.only_awaited_here(graph)
        if not sites or depth == _MOST_CALLS:
            return True
        return any(self.is_apart(site.resolver, site.event, depth + 1) for site in sites)

    def _refetches(self, reader: Resolver) -> bool:
        """Tell whether a reader puts in itself what it does not find: of a cache, nothing is missed."""
        runs = self._runs.get(id(reader.function), ())
        return any(
            fact.access.change in _PUTS_IN and fact.event not in runs and fills(reader, fact.access, self._key)
            for fact in self._program.facts(reader).writes
        )

    def _is_part(self, reader: Resolver, seen: frozenset[int]) -> bool:
        """Tell whether a function is the refill, or stands in it, or is a helper of it."""
        function, own = reader.function, self._function
        inside = function.module == own.module and f"{function.qualname}.".startswith(f"{own.qualname}.")
        if inside or id(function) in seen:
            return True
        sites = self._program.callers.only_awaited_here(function)
        return bool(sites) and all(self._is_part(site.resolver, seen | {id(function)}) for site in sites or ())


def _runs_of(program: Program, resolver: Resolver) -> dict[int, set[int]]:
    """Give, by function, the events at which it has run the refill to its end, itself or by what it waits for."""
    found: dict[int, set[int]] = {}
    pending = [(resolver, 0)]
    while pending:
        callee, depth = pending.pop()
        for site in program.callers.sites(callee.function):
            caller = site.resolver
            events = found.setdefault(id(caller.function), set())
            if site.event in events:
                continue
            events.add(site.event)
            ways = reach_from(caller.function, caller.function.entry, stops=events, raises=False)
            if caller.function.exit not in ways.blocks and depth < _MOST_CALLS:
                pending.append((caller, depth + 1))
    return found


# -- the report --------------------------------------------------------------------------------------------------------


def report_refills(program: Program, rule: Rule, resolver: Resolver) -> Iterator[Finding]:
    """Find what a function empties and refills: tables that it refills together in one go are one finding."""
    together: dict[tuple[Confidence, bool], list[Refill]] = {}
    for refill in find_refills(program, resolver):
        together.setdefault((_confidence(refill), refill.is_mixed), []).append(refill)
    for refills in together.values():
        yield _report(program, rule, resolver, refills[0], [str(each.fact.access.location) for each in refills[1:]])


def _confidence(refill: Refill) -> Confidence:
    return min(refill.judgement.confidence, Confidence.LIKELY)  # what a reader makes of a part, only he knows


def _report(program: Program, rule: Rule, resolver: Resolver, refill: Refill, others: list[str]) -> Finding:
    """Make the finding of a refill: it stands where the container is emptied, which is what to change."""
    function, state = resolver.function, str(refill.fact.access.location)
    filling, judgement = refill.filling, refill.judgement
    rival = judgement.rival.function
    emptied = step(program, function, refill.fact.event, Role.WRITE, f"`{state}` is empty from here on")
    waits = step(program, function, refill.suspend, Role.SUSPEND, "other tasks run here")
    filled = step(program, filling.writer.function, filling.write, Role.WRITE, "it is filled again only here")
    harm = (
        "a second run adds the same once more"
        if refill.is_mixed
        else "who reads it meanwhile finds nothing in it, or a part"
    )
    role = Role.WRITE if refill.is_mixed else Role.READ
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=_confidence(refill),
        path=program.source.path,
        extent=program.write_extent(function, refill.fact.event),
        function=function.qualname,
        state=state,
        message=f"`{state}` is emptied, and filled again only after other tasks have run: {harm}{_likewise(others)}",
        trace=(emptied, waits, filled),
        evidence=judgement.evidence,
        span=Span(function.qualname, (), (), (refill.suspend,), refill.fact.event),
        rival=step(program, rival, judgement.access.event, role, f"`{rival.qualname}` in another task"),
    )


def _likewise(others: list[str]) -> str:
    named = ", ".join(f"`{state}`" for state in others[:_MOST_NAMED])
    more = f" and {len(others) - _MOST_NAMED} more" if len(others) > _MOST_NAMED else ""
    return f" (so it is with {named}{more})" if others else ""


_MOST_NAMED = 3
