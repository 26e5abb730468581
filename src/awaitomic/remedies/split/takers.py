"""Coroutines that take a lock themselves, and what becomes of them when a holder of that lock calls them.

Used by **split**, which cures a deadlock, and by **lock**, which must not make one. All call sites of a method change
together: a forgotten one, or a call of the method by itself, is where splits by hand have failed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.model.location import Location, Root
from awaitomic.model.plan import Edit, SplitMethod, UnwrapStatement
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.acquisitions import acquired_by_call
from awaitomic.program.callers import Site
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks import Lock
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, How, Target
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined, check_here
from awaitomic.remedies.shared.region import has_docstring
from awaitomic.remedies.split import variant as variants

HeldAt = Callable[[Resolver, int, Target], bool]
"""Tells whether the lock that a target takes is held at an event of its caller."""

_REFUSED_WAITS = {
    How.SHIELD: ("outlives-lock", "shields the call, which can go on after the lock is released"),
    How.TASK: ("outlives-lock", "makes a task of the call, which can go on after the lock is released"),
    How.GATHER: ("runs-beside", "runs the call beside others, which would then share one hold of the lock"),
}


@dataclass(frozen=True, slots=True)
class Taker:
    """A coroutine that takes a lock at an event; `lock` is in its own terms."""

    function: FunctionGraph
    event: int
    lock: Lock


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
    return state.held if state is not None else frozenset()


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


def place_of(program: Program, function: FunctionGraph, event: int) -> str:
    """Give where an event happens, in words: its line, and the file if that is another one."""
    line = f"line {line_of(program, function, event)}"
    return line if program.is_here(function) else f"{program.path_of(function)}, {line}"


def lock_name(lock: Lock) -> str:
    """Give a lock as the functions of its class speak of it, without the receiver."""
    if lock.location.root in {Root.SELF, Root.CLASS} and lock.location.steps:
        return "".join(map(str, lock.location.steps)).removeprefix(".")
    return str(lock.location)


def relatives(program: Program, function: FunctionGraph) -> tuple[FunctionGraph, ...]:
    """Give the methods of the file that override a method, or that it overrides."""
    if function.class_name is None:
        return ()
    module = program.module
    name = getattr(function.node, "name", "")
    return tuple(
        facts.methods[name]
        for facts in module.family(function.class_id or "")
        if name in facts.methods and facts.methods[name] is not function
    )


def region_of(program: Program, taker: Taker) -> tuple[StatementPath, ast.AsyncWith]:
    """Give the ``async with`` in which a taker takes the lock.

    Raises:
        Declined: ``explicit-acquire`` if it calls ``acquire``, ``split-partial-region`` if the statement does more.
    """
    check_here(program, taker.function)
    path = taker.function.statements[taker.event]
    node = statement_at(program.module.tree, path)
    line = node.lineno
    name = taker.function.qualname
    if not isinstance(node, ast.AsyncWith):
        raise Declined("explicit-acquire", f"`{name}` takes the lock by a call on line {line}, not by `async with`")
    if len(node.items) != 1 or node.items[0].optional_vars is not None:
        raise Declined("split-partial-region", f"line {line} of `{name}` enters more than the lock, or binds a name")
    return path, node


def is_whole_body(taker: Taker, path: StatementPath) -> bool:
    """Tell whether a region is all that a function does, but for its docstring."""
    body = taker.function.node.body
    assert isinstance(body, list)
    index = path[-1].index
    top = len(path) == len(taker.function.path) + 1
    return top and index == len(body) - 1 == int(has_docstring(body) and len(body) > 1)


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
    path, region = region_of(program, taker)
    sites = program.callers.only_awaited_here(function)
    family = relatives(program, function)
    if sites and not family and all(_follows(site) and held(site.resolver, site.event, site.target) for site in sites):
        title = f"`{function.qualname}` no longer takes `{taker.lock}`, which every caller holds"
        return Resolved(title, (UnwrapStatement(path),))
    variants.check_form(function)
    if not is_whole_body(taker, path):
        message = f"`{function.qualname}` holds the lock for a part of its body only (line {region.lineno})"
        raise Declined("split-partial-region", message)
    group = [taker, *(_sibling(program, taker, other) for other in family)]
    known = _delegate(taker, region) if len(group) == 1 else None
    name = known or variants.variant_name(program, function, family)
    edits = [] if known else [_split(program, one, name) for one in group]
    redirected = redirect_all(program, [one.function for one in group], name, held)
    renames = () if known else tuple((one.function.qualname, _renamed(one.function, name)) for one in group)
    verb = "call" if known else f"split `{function.qualname}`, and call"
    title = f"{verb} `{name}` where `{taker.lock}` is held"
    return Resolved(title, (*edits, *redirected), renames, tuple(_doubts(program, function)))


def _follows(site: Site) -> bool:
    return site.how in {How.DIRECT, How.WAIT_FOR}


def _renamed(function: FunctionGraph, name: str) -> str:
    prefix, dot, _ = function.qualname.rpartition(".")
    return f"{prefix}{dot}{name}"


def _doubts(program: Program, function: FunctionGraph) -> list[str]:
    found = []
    decorators = variants.unknown_decorators(function)
    if decorators:
        found.append(f"the callers that hold the lock go around `@{decorators[0]}` of `{function.qualname}`")
    made = variants.twice_made_defaults(function)
    if made:
        found.append(f"`{made[0]}`, a default of `{function.qualname}`, would be made twice, once for each half")
    if _is_replaced(program, function):
        found.append(
            f"an attribute `{function.qualname.rpartition('.')[2]}` is stored on objects, in place of the method"
        )
    if program.callers.is_mentioned(function):
        found.append(f"`{function.qualname}` is handed around as a value: a call through that still takes the lock")
    return found


def _is_replaced(program: Program, function: FunctionGraph) -> bool:
    """Tell whether any code of the file stores an attribute of the name of a method."""
    name = getattr(function.node, "name", "")
    return any(
        isinstance(node, ast.Attribute) and node.attr == name and not isinstance(node.ctx, ast.Load)
        for node in ast.walk(program.module.tree)
    )


def _sibling(program: Program, taker: Taker, other: FunctionGraph) -> Taker:
    """Give the override's own taking of the lock: both are split together, or none is."""
    for taken in program.acquisitions.of(other):
        if not taken.chain and taken.lock.location.steps == taker.lock.location.steps:
            found = Taker(other, taken.event, taken.lock)
            path, _ = region_of(program, found)
            if is_whole_body(found, path):
                return found
    line = getattr(other.node, "lineno", 1)
    message = f"`{other.qualname}` (line {line}) is a relative of `{taker.function.qualname}`, and locks in another way"
    raise Declined("overridden", message)


def _split(program: Program, taker: Taker, name: str) -> Edit:
    function = taker.function
    variants.check_form(function)
    path, region = region_of(program, taker)
    return SplitMethod(
        method=function.path,
        region=path,
        variant=name,
        call=variants.delegating_call(function, name),
        returns=variants.returns_value(region.body),
        docstring=variants.variant_docstring(function, lock_name(taker.lock)),
        decorators=variants.kept_decorators(function),
    )


def _delegate(taker: Taker, region: ast.AsyncWith) -> str | None:
    """Give the variant that a taker calls already and does nothing else, handing on its arguments as they are."""
    if len(region.body) != 1 or not isinstance(region.body[0], ast.Return | ast.Expr):
        return None
    value = region.body[0].value
    if not isinstance(value, ast.Await) or not isinstance(value.value, ast.Call):
        return None
    callee = value.value.func
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    if isinstance(callee, ast.Attribute) and not isinstance(callee.value, ast.Name):
        return None
    try:
        wanted = ast.parse(variants.delegating_call(taker.function, name), mode="eval").body
    except SyntaxError:
        return None
    return name if ast.dump(wanted) == ast.dump(value.value) else None


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
