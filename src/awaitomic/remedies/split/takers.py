"""Coroutines that take a lock themselves, and what becomes of them when a holder of that lock calls them.

Used by **split**, which cures a deadlock, and by **lock**, which must not make one. All call sites of a method change
together: a forgotten one, or a call of the method by itself, is where splits by hand have failed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.model.location import Location
from awaitomic.model.plan import Edit, InsertStatements, ReplaceExpression, SplitMethod
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import acquired_by_call
from awaitomic.program.locks.waits import released_by
from awaitomic.program.module_calls import Site
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, How, Target
from awaitomic.remedies.shared.declined import Declined, check_here
from awaitomic.remedies.split import variant as variants
from awaitomic.remedies.split.halves import halve, halve_passing
from awaitomic.remedies.split.overrides import Family, family_of, relatives
from awaitomic.remedies.split.regions import Region, Taker, dropped, is_whole_body, regions_of

HeldAt = Callable[[Resolver, int, Target], bool]
"""Tells whether the lock that a target takes is held at an event of its caller."""

_REFUSED_WAITS = {
    How.SHIELD: ("outlives-lock", "shields the call, which can go on after the lock is released"),
    How.TASK: ("outlives-lock", "makes a task of the call, which can go on after the lock is released"),
    How.GATHER: ("runs-beside", "runs the call beside others, which would then share one hold of the lock"),
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """What becomes of one taker: edits, the new name of its body, what speaks against trusting it."""

    title: str
    edits: tuple[Edit, ...]
    renames: tuple[tuple[str, str], ...] = ()
    because: tuple[str, ...] = ()


def held_before(program: Program, resolver: Resolver, event: int) -> frozenset[Lock]:
    """Give the locks that are held before an event of the program as it is; none where control never comes."""
    state = program.facts(resolver).solution.before_event(event)
    if state is None:
        return frozenset()
    known = {lock.location for lock in state.held}
    named = (taken.lock for taken in program.holdings.before(resolver, event))
    return state.held.union(lock for lock in named if lock.self_deadlocks and lock.location not in known)


def held_by_analysis(program: Program, lock: Lock) -> HeldAt:
    """Give the answer that the program as it is gives: the lock is among those held before the event."""

    def held(resolver: Resolver, event: int, target: Target) -> bool:
        wanted = _in_caller(program, resolver, target, lock)
        return wanted is not None and any(one.location == wanted for one in held_before(program, resolver, event))

    return held


def _in_caller(program: Program, resolver: Resolver, target: Target, lock: Lock) -> Location | None:
    """Give the callee's lock in the caller's terms, if it can be the one meant."""
    for taken in program.acquisitions.of(target.function):
        if not taken.chain and taken.lock.location.steps == lock.location.steps:
            found = acquired_by_call(program, resolver, target, taken)
            if found is not None:
                return found.location
    return None


def check_waits(hows: list[How], name: str, line: int) -> None:
    """Refuse a way of waiting under which the callee does not run within the caller's hold of the lock.

    Raises:
        Declined: ``outlives-lock`` or ``runs-beside``.
    """
    for how in hows:
        if how in _REFUSED_WAITS:
            code, text = _REFUSED_WAITS[how]
            raise Declined(code, f"line {line} {text}: `{name}` cannot leave the lock to its caller")


def line_of(program: Program, function: FunctionGraph, event: int) -> int:
    """Give the line on which an event happens."""
    return program.extent(function, event).line


def resolve(program: Program, taker: Taker, held: HeldAt) -> Resolved:
    """Plan what becomes of one taker: it loses its acquisition, has a variant already, or is split.

    Parameters:
        program: the facts of the file.
        taker: the coroutine.
        held: where the lock is held, once the whole plan is carried out.

    Raises:
        Declined: if it can be none of that, or a call site cannot follow.
    """
    function = taker.function
    regions = regions_of(program, taker)
    sites = program.callers.only_awaited_here(function)
    family = relatives(program, function)
    if sites and not family and all(_follows(site) and held(site.resolver, site.event, site.target) for site in sites):
        title = f"`{function.qualname}` no longer takes `{taker.lock}`, which every caller holds"
        return Resolved(title, tuple(dropped(program, region) for region in regions))
    variants.check_form(function)
    if not family and len(regions) == 1 and (known := _delegate(program, taker, regions[0])):
        edits = redirect_all(program, [function], known, held)
        doubts = [*_doubts(program, [function]), *_given_away(program, taker)]
        return Resolved(f"call `{known}` where `{taker.lock}` is held", tuple(edits), (), tuple(doubts))
    return _split(program, family_of(program, taker, family), held)


def _split(program: Program, family: Family, held: HeldAt) -> Resolved:
    """Split a method together with its overrides: the variants have one name, as the methods do."""
    passing = [one.function for one in family.passing]
    functions = [*(one.function for one in family.takers), *passing]
    taker = family.takers[0]
    name = variants.variant_name(program, taker.function, tuple(functions[1:]))
    halves = [halve(program, one, name, alone=len(functions) == 1) for one in family.takers]
    halves += [halve_passing(program, one, taker.lock, name) for one in family.passing]

    def held_then(resolver: Resolver, event: int, target: Target) -> bool:
        if any(target.function is one for one in passing):
            target = replace(target, function=taker.function)  # what takes the lock for it
        return any(resolver.function is one for one in passing) or held(resolver, event, target)

    redirected = redirect_all(program, functions, name, held_then)
    edits = dict.fromkeys([*(edit for half in halves for edit in half.edits), *redirected])
    _check_apart(edits, functions)
    renames = [
        (function.qualname, variants.renamed(function, variant))
        for function, half in zip(functions, halves, strict=True)
        for variant in half.variants
    ]
    given_away = [doubt for one in family.takers for doubt in _given_away(program, one)]
    doubts = [*_doubts(program, functions), *given_away, *(doubt for half in halves for doubt in half.doubts)]
    title = f"split `{taker.function.qualname}`, and call `{name}` where `{taker.lock}` is held"
    return Resolved(title, tuple(edits), tuple(renames), tuple(doubts))


def _check_apart(edits: Iterable[Edit], functions: list[FunctionGraph]) -> None:
    """Refuse if code that is written twice would also have to be changed."""
    twice = {edit.path for edit in edits if isinstance(edit, InsertStatements)}
    parts = [edit.region for edit in edits if isinstance(edit, SplitMethod) and edit.signature]
    for edit in edits:
        if not isinstance(edit, ReplaceExpression):
            continue
        path = edit.path
        doubled = any(path[: len(one)] == one for one in twice)
        if doubled and not any(path[: len(one)] == one for one in parts):
            message = f"`{functions[0].qualname}` calls itself outside of the lock, with the lock held and without"
            raise Declined("split-partial-region", message)


def _follows(site: Site) -> bool:
    return site.how in {How.DIRECT, How.WAIT_FOR}


def _doubts(program: Program, group: list[FunctionGraph]) -> list[str]:
    found = []
    for function in group:
        decorators = variants.unknown_decorators(function)
        if decorators:
            found.append(f"the callers that hold the lock go around `@{decorators[0]}` of `{function.qualname}`")
        made = variants.twice_made_defaults(function)
        if made:
            found.append(f"`{made[0]}`, a default of `{function.qualname}`, would be made twice, once for each half")
        if program.callers.is_mentioned(function):
            found.append(f"`{function.qualname}` is handed around as a value: a call through that still takes the lock")
    if _is_replaced(program, group[0]):
        name = variants.node_of(group[0]).name
        found.append(f"an attribute `{name}` is stored on objects, in place of the method")
    return found


def _given_away(program: Program, taker: Taker) -> Iterator[str]:
    """Say where a function gives its lock back while it waits: its caller does not hold it either then."""
    resolver = program.resolver(taker.function)
    for event in taker.function.events:
        released = released_by(program, resolver, event) if isinstance(event, Suspend) else ()
        if any(lock.location == taker.lock.location for lock in released):
            line = line_of(program, taker.function, event.id)
            yield f"line {line} lets others in while it waits, in the middle of what the caller does under the lock"


def _is_replaced(program: Program, function: FunctionGraph) -> bool:
    """Tell whether any code of the file stores an attribute of the name of a method."""
    name = getattr(function.node, "name", "")
    return any(
        isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(program.module.tree)
    )


def _delegate(program: Program, taker: Taker, region: Region) -> str | None:
    """Give the variant that a taker calls already and does nothing else, handing on its arguments as they are."""
    body = region.node.body
    if not is_whole_body(taker.function, region) or len(body) != 1 or not isinstance(body[0], ast.Return | ast.Expr):
        return None
    value = body[0].value
    if not isinstance(value, ast.Await) or not isinstance(value.value, ast.Call):
        return None
    callee = value.value.func
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    if isinstance(callee, ast.Attribute) and not isinstance(callee.value, ast.Name):
        return None
    return name if variants.hands_on(program, taker.function, value.value, name) else None


def redirect_all(program: Program, group: list[FunctionGraph], name: str, held: HeldAt) -> list[Edit]:
    """Let every call where the lock is held go to the variant."""
    edits: dict[Edit, None] = {}
    kept: set[int] = set()
    moved: dict[int, int] = {}
    for function in group:
        for site in program.callers.sites(function):
            found = call_at(site, function)
            if found is None:
                continue
            node = site.resolver.function.nodes[found.call]
            if not held(site.resolver, site.event, site.target):
                kept.add(id(node))
                continue
            line = line_of(program, site.resolver.function, found.call)
            check_waits([found.how], function.qualname, line)
            stranger = next((t.function for t in found.targets if t.function not in group), None)
            if stranger is not None:
                raise Declined("overridden", f"the call on line {line} may also reach `{stranger.qualname}`")
            check_here(program, site.resolver.function)
            edits[variants.redirect(program, site.resolver, found.call, function, name)] = None
            moved[id(node)] = line
    mixed = next((line for node, line in moved.items() if node in kept), None)
    if mixed is not None:
        raise Declined("helper-of-both", f"the call on line {mixed} runs with the lock held and without")
    return list(edits)


def call_at(site: Site, function: FunctionGraph) -> AwaitedCall | None:
    """Give the awaited call of a function at a call site."""
    event = site.resolver.function.events[site.event]
    if not isinstance(event, Suspend):
        return None
    for call in awaited_calls(site.resolver, event):
        if any(target.function is function for target in call.targets):
            return call
    return None
