"""**split**: a self-locking coroutine becomes two, one that takes the lock and one for callers that hold it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from operator import itemgetter

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend, SuspendWhy
from awaitomic.model.finding import Applicability
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import Root
from awaitomic.model.plan import Plan
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import Acquisition, own_acquisitions
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.split import outside, takers
from awaitomic.remedies.split.delegation import delegate
from awaitomic.remedies.split.forms import Kind, check_form, kept_decorators, kind_of, node_of, twice_made_defaults
from awaitomic.remedies.split.overrides import relatives
from awaitomic.remedies.split.regions import Taker, are_alike, dropped, lock_name, region_at
from awaitomic.remedies.split.takers import HeldAt, Resolved, plans_of
from awaitomic.remedies.split.together import split_together
from awaitomic.remedies.split.ways import check_way


@or_refusal
def propose(case: Case) -> Proposal:
    """Plan the splits, or the lost acquisition, that end a self-deadlock."""
    lock = _lock(case)
    event = case.finding.span.write
    own = own_acquisitions(case.program, case.resolver, case.function.events[event])
    if any(one.location == lock.location for one in own):
        return _unwrap(case, lock, event)
    found, helpers = _takers(case, lock)
    return _combine(case, [*_resolved_takers(case, found, helpers), *_resolved_helpers(case, found, helpers)])


def _lock(case: Case) -> Lock:
    for lock in takers.held_before(case.program, case.resolver, case.finding.span.write):
        if str(lock.location) == case.finding.state and lock.self_deadlocks:
            return lock
    for taken in case.program.holdings.before(case.resolver, case.finding.span.write):
        if str(taken.lock.location) == case.finding.state:
            message = f"the key of `{case.finding.state}` may be another one by then, whose lock is not held"
            raise Declined("other-lock", message)
    message = f"`{case.finding.state}` is not held here, but where it is awaited what is handed over"
    raise Declined("through-callback", message)


_TRUSTED = ("the callers that hold the lock would wait for themselves; all others call what they called before",)
_TRUSTED_UNWRAP = ("the lock is held there already: the inner acquisition could only hang",)


def _unwrap(case: Case, lock: Lock, event: int) -> Proposal:
    """Drop the inner acquisition of a function that itself takes the lock a second time."""
    region = region_at(case.program, Taker(case.function, event, lock))
    title = f"`{case.function.qualname}` no longer takes `{lock}` a second time"
    return Proposal(Plan((dropped(case.program, region),)), Applicability.SAFE, title, _TRUSTED_UNWRAP)


def _takers(case: Case, lock: Lock) -> tuple[list[Taker], list[FunctionGraph]]:
    """Give every coroutine that takes the lock while the call of the finding is awaited, and the helpers between.

    Only those helpers are given that others call without the lock: they need a variant, too.

    Raises:
        Declined: if one of them does not run within the hold.
    """
    program = case.program
    found: dict[int, Taker] = {}
    helpers: dict[int, FunctionGraph] = {}
    event = case.function.events[case.finding.span.write]
    for call in calls_while_waiting(case.resolver, event) if isinstance(event, Suspend) else ():
        for target in call.targets:
            for mine, taken in program.acquisitions.by_call(case.resolver, target):
                if mine.location != lock.location or taken.if_free:
                    continue
                check_way(program, case.resolver, call, target, taken)
                hows = [call.how, *(how for _, _, how in taken.chain)]
                place = program.place(case.function, call.call)
                takers.check_waits(hows, qualname_of(taken.function), place)
                last = program.named(taken.function).function
                helpers.update((id(one), one) for one in _helpers(case, target.function, taken))
                found.setdefault(id(last), Taker(last, taken.event, _own_lock(case, taken)))
    if not found:
        raise Declined("position-mismatch", "the call of the finding takes no lock any more")
    return list(found.values()), list(helpers.values())


def _own_lock(case: Case, taken: Acquisition) -> Lock:
    """Give the lock in the terms of the function that takes it."""
    resolver = case.program.named(taken.function)
    own = own_acquisitions(case.program, resolver, resolver.function.events[taken.event])
    return own[0] if own else taken.lock


def _helpers(case: Case, first: FunctionGraph, taken: Acquisition) -> Iterator[FunctionGraph]:
    """Give the functions on the way to a taker that are called with the lock and without."""
    caller = first
    for name, event, _ in taken.chain:
        if caller.is_async and not _holds(case, case.program.resolver(caller), event, taken.lock):
            yield caller
        caller = case.program.named(name).function


def _resolved_takers(case: Case, found: list[Taker], helpers: list[FunctionGraph]) -> Iterator[Resolved]:
    for taker in found:
        yield takers.resolve(case.program, taker, _held(case, taker, helpers))


def _held(case: Case, taker: Taker, helpers: list[FunctionGraph]) -> HeldAt:
    known = takers.held_by_analysis(case.program, taker.lock)

    def held(resolver: Resolver, event: int, target: Target) -> bool:
        return any(resolver.function is helper for helper in helpers) or known(resolver, event, target)

    return held


def _resolved_helpers(case: Case, found: list[Taker], helpers: list[FunctionGraph]) -> Iterator[Resolved]:
    """Let each helper take the lock itself where its callers do not hold it."""
    together = [
        one for taker in found for one in split_together(case.program, taker.function, _held(case, taker, helpers))
    ]
    for helper in helpers:
        if any(helper is one for one in together):
            continue  # an override that passes the call on is split with what it overrides
        taker = found[0]
        doubts = _check_helper(case, helper, taker, helpers)
        receiver = f"{helper.parameters[0]}." if taker.lock.location.root in {Root.SELF, Root.CLASS} else ""
        header = f"async with {receiver}{lock_name(taker.lock)}"
        made = delegate(case.program, helper, header, lock_name(taker.lock), _held_at_helper(case, taker, helpers))
        title = f"split `{helper.qualname}`, which is called with the lock and without"
        yield Resolved(title, tuple(made.edits), ((helper.module, made.renamed),), (*doubts, *made.doubts))


def _held_at_helper(case: Case, taker: Taker, helpers: list[FunctionGraph]) -> HeldAt:
    """Give where the lock is held at calls of a helper, which has no acquisition of its own to translate."""

    def held(resolver: Resolver, event: int, target: Target) -> bool:
        if target.receiver is not None and target.receiver.steps:
            return False
        return _holds(case, resolver, event, taker.lock) or any(resolver.function is helper for helper in helpers)

    return held


def _check_helper(case: Case, helper: FunctionGraph, taker: Taker, helpers: list[FunctionGraph]) -> tuple[str, ...]:
    """Refuse a helper that waits for anything but what is under the lock already, or that cannot be split.

    Returns:
        What else it does without the lock, and would do only when the lock is there.

    Raises:
        Declined: ``helper-of-both``, or what `awaitomic.remedies.split.variant.check_form` raises.
    """
    resolver = case.program.resolver(helper)
    line = getattr(helper.node, "lineno", 1)
    message = (
        f"`{helper.qualname}` (line {line}) calls `{taker.function.qualname}`, and is called with the lock and without"
    )
    check_form(helper)
    kind = kind_of(helper)
    if (
        not _can_name(helper, taker.lock)
        or relatives(case.program, helper)
        or len(kept_decorators(helper)) + (kind is Kind.PROPERTY) < len(node_of(helper).decorator_list)
        or twice_made_defaults(helper)
    ):
        raise Declined("helper-of-both", message)
    inside = []
    entered: set[int | None] = set()
    for event in helper.events:
        if not isinstance(event, Suspend) or (event.why is SuspendWhy.ASYNC_EXIT and event.awaited in entered):
            continue
        targets = [target.function for call in calls_while_waiting(resolver, event) for target in call.targets]
        if targets and all(target in helpers or _takes(case, target, taker.lock) for target in targets):
            inside.append(helper.statements[event.id])
            entered.add(event.awaited)
        elif case.program.may_suspend(resolver, event) and not _holds(case, resolver, event.id, taker.lock):
            raise Declined("helper-of-both", message)
    found = outside.judge(case.program, resolver, inside, taker.lock.location)
    return (*found.relies, *found.doubts)


def _can_name(helper: FunctionGraph, lock: Lock) -> bool:
    """Tell whether a helper can say the lock of what it calls: by its object, or as a variable that it sees, too."""
    if lock.location.root not in {Root.CLOSURE, Root.GLOBAL}:
        return helper.class_name is not None
    beside = helper.qualname.rpartition(".")[0] == qualname_of(lock.location.owner)
    return lock.location.name not in helper.local_names and (beside or lock.location.root is Root.GLOBAL)


def _holds(case: Case, resolver: Resolver, event: int, lock: Lock) -> bool:
    """Tell whether a function holds the lock of a taker itself at an event, by a manager that it has entered."""
    held = takers.held_before(case.program, resolver, event)
    return any(one.self_deadlocks and are_alike(one, lock) for one in held)


def _takes(case: Case, function: FunctionGraph, lock: Lock) -> bool:
    return any(not taken.chain and are_alike(taken.lock, lock) for taken in case.program.acquisitions.of(function))


def _combine(case: Case, resolved: list[Resolved]) -> Proposal:
    because = tuple(dict.fromkeys(reason for one in resolved for reason in one.because))
    title = "; ".join(one.title for one in resolved)
    applicability = Applicability.UNSAFE if because else Applicability.SAFE
    plans = plans_of(resolved)
    here = plans.pop(case.program.unit.name, Plan(()))
    plan = replace(here, others=tuple(sorted(plans.items(), key=itemgetter(0))))
    return Proposal(plan, applicability, title, because or _TRUSTED)


REMEDY = Remedy(
    name="split",
    summary="split a self-locking method into a public one and a variant for callers that hold the lock",
    conditions=(
        "The method takes the lock by `async with`. What it does outside of it may as well be done with the lock held, "
        "or what it does under the lock can become a function of its own. It is a coroutine (in a class or not, also "
        "in another function), an asynchronous generator (which is gone through by the public one, and closed by it if "
        "anything is cleaned up around a `yield`), a property (whose variant is a method; one that only returns a "
        "coroutine is passed over) or an `asynccontextmanager`. Every use of it where the lock is held "
        "names it: a plain await, or one through `wait_for`, a loop, an `async with`. Its overrides take the lock, "
        "too, and so does what it overrides, if a caller with the lock may come there. All of them are changed "
        "together, in whatever files they stand. Not if the call is shielded, gathered or made a task."
    ),
    safety=(
        "Safe: whoever does not hold the lock calls what he called before. Unsafe if a decorator of the method is "
        "gone around, the method is handed around as a value, something stands in its place (a mock of a test, another "
        "class that is mixed in before it), it looks at who called it (`stacklevel=2`), something unknown would be "
        "done only when the lock is there, the variant waits for a condition, a handler around a `yield` would no "
        "longer get what `athrow` throws, or a holder stops going through a generator before what it cleans up."
    ),
    propose=propose,
)
