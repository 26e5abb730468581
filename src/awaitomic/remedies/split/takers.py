"""Coroutines that take a lock themselves, and what becomes of them when a holder of that lock calls them.

Used by **split**, which cures a deadlock, and by **lock**, which must not make one. All call sites of a method change
together: a forgotten one, or a call of the method by itself, is where splits by hand have failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.model.location import Location
from awaitomic.model.plan import Edit, InsertStatements, Plan, ReplaceExpression, SplitMethod
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import acquired_by_call
from awaitomic.program.locks.moved_on import key_moves, moved_on
from awaitomic.program.locks.waits import released_by
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import How, Target
from awaitomic.remedies.shared.declined import Declined, check_reach
from awaitomic.remedies.split import variant as variants
from awaitomic.remedies.split.existing import existing_variant
from awaitomic.remedies.split.forms import check_form, kind_of, twice_made_defaults, unknown_decorators
from awaitomic.remedies.split.forwarding import forwarders_of
from awaitomic.remedies.split.frames import looks_at_frames
from awaitomic.remedies.split.halves import halve, halve_passing
from awaitomic.remedies.split.overrides import Family, family_of, relatives
from awaitomic.remedies.split.regions import Taker, are_alike, dropped, regions_of
from awaitomic.remedies.split.stand_ins import stand_ins
from awaitomic.remedies.split.together import split_together
from awaitomic.remedies.split.uses import (
    Use,
    is_entered_for_long,
    is_handed_around,
    left_early,
    only_used_here,
    uses_of,
)

HeldAt = Callable[[Resolver, int, Target], bool]
"""Tells whether the lock that a target takes is held at an event of its caller."""

_REFUSED_WAITS = {
    How.SHIELD: ("outlives-lock", "shields the call, which can go on after the lock is released"),
    How.TASK: ("outlives-lock", "makes a task of the call, which can go on after the lock is released"),
    How.GATHER: ("runs-beside", "runs the call beside others, which would then share one hold of the lock"),
}

Placed = tuple[str, Edit]
"""An edit, and the module in whose file it is made."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What becomes of one taker: edits, the new name of its body (by module), what speaks against trusting it."""

    title: str
    edits: tuple[Placed, ...]
    renames: tuple[tuple[str, tuple[str, str]], ...] = ()
    because: tuple[str, ...] = ()


def plans_of(resolved: Iterable[Resolved]) -> dict[str, Plan]:
    """Give what has to be done in each file, by its module; nothing is done twice."""
    edits: dict[str, dict[Edit, None]] = {}
    renames: dict[str, list[tuple[str, str]]] = {}
    for one in resolved:
        for module, edit in one.edits:
            edits.setdefault(module, {})[edit] = None
        for module, pair in one.renames:
            renames.setdefault(module, []).append(pair)
    return {module: Plan(tuple(edits[module]), tuple(renames.get(module, ()))) for module in edits}


def held_before(program: Program, resolver: Resolver, event: int) -> frozenset[Lock]:
    """Give the locks that are held before an event of the program as it is; none where control never comes."""
    state = program.facts(resolver).solution.before_event(event)
    if state is None:
        return frozenset()
    named = [taken.lock for taken in program.holdings.before(resolver, event)]
    known = {lock.location for lock in state.held}
    held = state.held.union(lock for lock in named if lock.self_deadlocks and lock.location not in known)
    sure = {lock.location for lock in named}
    return frozenset(lock for lock in held if not _may_be_another(program, resolver, event, lock, sure))


def _may_be_another(program: Program, resolver: Resolver, event: int, lock: Lock, sure: set[Location]) -> bool:
    """Tell whether the path of a lock that is held may lead to another one before an event: which is not taken."""
    if lock.is_claim:
        return False
    if key_moves(program, resolver, lock.location):
        return True
    place = (lock.location,)
    return lock.location not in sure and any(
        True for each in resolver.function.events[:event] for _ in moved_on(program, resolver, each, place)
    )


def held_by_analysis(program: Program, lock: Lock) -> HeldAt:
    """Give the answer that the program as it is gives: the lock is among those held before the event."""

    def held(resolver: Resolver, event: int, target: Target) -> bool:
        wanted = _in_caller(program, resolver, target, lock)
        return wanted is not None and any(one.location == wanted for one in held_before(program, resolver, event))

    return held


def _in_caller(program: Program, resolver: Resolver, target: Target, lock: Lock) -> Location | None:
    """Give the callee's lock in the caller's terms, if it can be the one meant."""
    for taken in program.acquisitions.of(target.function):
        if not taken.chain and are_alike(taken.lock, lock):
            found = acquired_by_call(program, resolver, target, taken)
            if found is not None:
                return found.location
    return None


def check_waits(hows: list[How], name: str, place: str) -> None:
    """Refuse a way of waiting under which the callee does not run within the caller's hold of the lock.

    Parameters:
        hows: how the calls on the way are waited for.
        name: the callee.
        place: where the first one is, in words.

    Raises:
        Declined: ``outlives-lock`` or ``runs-beside``.
    """
    for how in hows:
        if how in _REFUSED_WAITS:
            code, text = _REFUSED_WAITS[how]
            raise Declined(code, f"{place} {text}: `{name}` cannot leave the lock to its caller")


def line_of(program: Program, function: FunctionGraph, event: int) -> int:
    """Give the line on which an event happens."""
    return program.extent(function, event).line


def resolve(program: Program, taker: Taker, held: HeldAt) -> Resolved:
    """Plan what becomes of one taker: it loses its acquisition, has a variant already, or is split.

    Parameters:
        program: the facts of the file with the bug.
        taker: the coroutine, in whatever file.
        held: where the lock is held, once the whole plan is carried out.

    Raises:
        Declined: if it can be none of that, or a use cannot follow.
    """
    function = taker.function
    check_reach(program, function)
    own = program.seen_from(function)
    regions = regions_of(program, taker)
    uses = only_used_here(program, function)
    family = relatives(program, function)
    if uses and not family and all(_follows(use) and held(use.resolver, use.event, use.target) for use in uses):
        title = f"`{function.qualname}` no longer takes `{taker.lock}`, which every caller holds"
        return Resolved(title, tuple((function.module, dropped(own, region)) for region in regions))
    check_form(function)
    together = split_together(program, function, held)
    if not together and len(regions) == 1 and (known := existing_variant(own, function, regions[0])):
        edits = redirect_all(program, [function], known, held)
        doubts = [*_doubts(program, [function]), *_given_away(program, taker)]
        return Resolved(f"call `{known}` where `{taker.lock}` is held", tuple(edits), (), tuple(doubts))
    return _split(program, family_of(program, taker, together), held)


def _split(program: Program, family: Family, held: HeldAt) -> Resolved:
    """Split a method together with its overrides: the variants have one name, as the methods do."""
    passing = [one.function for one in family.passing]
    functions = [*(one.function for one in family.takers), *passing]
    taker = family.takers[0]
    _check_alike(functions)
    name = variants.variant_name(program, taker.function, tuple(functions[1:]))
    halves = [halve(program, one, name, alone=len(functions) == 1) for one in family.takers]
    halves += [halve_passing(program, one, taker.lock, name) for one in family.passing]

    def held_then(resolver: Resolver, event: int, target: Target) -> bool:
        if any(target.function is one for one in passing):
            target = replace(target, function=taker.function)  # what takes the lock for it
        return any(resolver.function is one for one in passing) or held(resolver, event, target)

    redirected = redirect_all(program, functions, name, held_then)
    made = [(function.module, edit) for function, half in zip(functions, halves, strict=True) for edit in half.edits]
    edits = dict.fromkeys([*made, *redirected])
    _check_apart(edits, functions)
    renames = [
        (function.module, (function.qualname, variants.renamed(function, variant)))
        for function, half in zip(functions, halves, strict=True)
        for variant in half.variants
    ]
    cleaning = [function for function, half in zip(functions, halves, strict=True) if half.cleanup]
    doubts = [
        *_doubts(program, functions),
        *(doubt for one in functions for doubt in looks_at_frames(program, one)),
        *(doubt for one in family.takers for doubt in _given_away(program, one)),
        *(doubt for half in halves for doubt in half.doubts),
        *(doubt for function in cleaning for doubt in _left_early(program, function, held_then)),
    ]
    title = f"split `{taker.function.qualname}`, and call `{name}` where `{taker.lock}` is held"
    return Resolved(title, tuple(edits), tuple(renames), tuple(doubts))


def _check_alike(functions: list[FunctionGraph]) -> None:
    """Refuse overrides that are run in another way than what they override."""
    first = functions[0]
    for other in functions[1:]:
        if kind_of(other) is not kind_of(first):
            line = getattr(other.node, "lineno", 1)
            message = f"`{other.qualname}` (line {line}) {kind_of(other).value}, and `{first.qualname}` is not"
            raise Declined("overridden", message)


def _check_apart(edits: Iterable[Placed], functions: list[FunctionGraph]) -> None:
    """Refuse if code that is written twice would also have to be changed."""
    placed = list(edits)
    twice = {(module, edit.path) for module, edit in placed if isinstance(edit, InsertStatements)}
    parts = {(module, edit.region) for module, edit in placed if isinstance(edit, SplitMethod) and edit.signature}

    def is_in(module: str, path: StatementPath, those: set[tuple[str, StatementPath]]) -> bool:
        return any(module == other and path[: len(one)] == one for other, one in those)

    for module, edit in placed:
        changed = isinstance(edit, ReplaceExpression) and is_in(module, edit.path, twice)
        if isinstance(edit, ReplaceExpression) and changed and not is_in(module, edit.path, parts):
            message = f"`{functions[0].qualname}` calls itself outside of the lock, with the lock held and without"
            raise Declined("split-partial-region", message)


def _follows(use: Use) -> bool:
    return use.call.how in {How.DIRECT, How.WAIT_FOR} and not is_entered_for_long(use)


def _left_early(program: Program, function: FunctionGraph, held: HeldAt) -> Iterator[str]:
    """Say where the cleanup of a generator may come after the lock that its user holds has been given back."""
    for use in uses_of(program, function):
        line = left_early(program, use)
        if line is not None and held(use.resolver, use.event, use.target):
            place = program.place(use.resolver.function, use.event)
            yield f"if {place} stops before the end, what its generator cleans up may be done without the lock"


def _doubts(program: Program, group: list[FunctionGraph]) -> list[str]:
    found = []
    for function in group:
        decorators = unknown_decorators(function)
        if decorators:
            found.append(f"the callers that hold the lock go around `@{decorators[0]}` of `{function.qualname}`")
        made = twice_made_defaults(function)
        if made:
            found.append(f"`{made[0]}`, a default of `{function.qualname}`, would be made twice, once for each half")
        if is_handed_around(program, function):
            found.append(f"`{function.qualname}` is handed around as a value: a call through that still takes the lock")
    return [*found, *dict.fromkeys(doubt for function in group for doubt in stand_ins(program, function))]


def _given_away(program: Program, taker: Taker) -> Iterator[str]:
    """Say where a function gives its lock back while it waits: its caller does not hold it either then."""
    resolver = program.resolver(taker.function)
    for event in taker.function.events:
        released = released_by(program, resolver, event) if isinstance(event, Suspend) else ()
        if any(lock.location == taker.lock.location for lock in released):
            line = line_of(program, taker.function, event.id)
            yield f"line {line} lets others in while it waits, in the middle of what the caller does under the lock"


def redirect_all(program: Program, group: list[FunctionGraph], name: str, held: HeldAt) -> list[Placed]:
    """Let every use where the lock is held go to the variant.

    Raises:
        Declined: ``outlives-lock``, ``runs-beside``, ``overridden``, ``helper-of-both``, ``implicit-call`` or
            ``other-file`` if one cannot.
    """
    edits: dict[Placed, None] = {}
    kept: set[int] = set()
    moved: dict[int, str] = {}
    named = [(function, function) for function in group]
    named += [(other, function) for function in group for other in forwarders_of(program, function)]
    for function, meant in named:
        for use in uses_of(program, function):
            found, user = use.call, use.resolver.function
            node = user.nodes[found.call]
            if not held(use.resolver, use.event, replace(use.target, function=meant)):
                kept.add(id(node))
                continue
            place = program.place(user, found.call)
            check_waits([found.how], function.qualname, place)
            _check_entered(use, function.qualname, place)
            stranger = next((t.function for t in found.targets if t.function not in (*group, function)), None)
            if stranger is not None:
                raise Declined("overridden", f"the call on {place} may also reach `{stranger.qualname}`")
            check_reach(program, user)
            made = variants.redirect(program.seen_from(user), use.resolver, found.call, function, name)
            edits.update(((user.module, edit), None) for edit in made)
            moved[id(node)] = place
    mixed = next((place for node, place in moved.items() if node in kept), None)
    if mixed is not None:
        raise Declined("helper-of-both", f"the call on {mixed} runs with the lock held and without")
    return list(edits)


def _check_entered(use: Use, name: str, place: str) -> None:
    if is_entered_for_long(use):
        message = f"{place} gives the manager to a stack, which may leave it when the lock is released"
        raise Declined("outlives-lock", f"{message}: `{name}` cannot leave the lock to its caller")
