"""What is waited for while the new lock is held: how long that may take, and whether it can come back for the lock.

Nobody is given a lock over a long wait on somebody else unasked, and never over a wait that only code needing the lock
can end.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.awaitables import NEVER_SUSPEND
from awaitomic.knowledge.locks import LOCK_TYPES, Exclusion
from awaitomic.model.event import Attribute, Call, Name, Operand, Read, Scope, Suspend, SuspendWhy
from awaitomic.model.location import Location
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks.deadlines import longest
from awaitomic.program.locks.enders import ender_calls, task_bodies, waited_objects
from awaitomic.program.names import dotted, last_name
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.callbacks import check_callback, check_rest
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.handed_tests import check_predicates
from awaitomic.remedies.lock.overrides import check_overrides
from awaitomic.remedies.lock.pauses import is_short_pause, pause_of
from awaitomic.remedies.lock.polls import check_awaited
from awaitomic.remedies.lock.turns_awaited import note_turns
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import ancestors, events_in

_THROTTLES = ("limiter", "throttle", "semaphore")


@dataclass(slots=True)
class _Seen:
    """What has been found so far, and where, in order, without repeats."""

    long: dict[str, str]
    limited: dict[str, tuple[str, str]]
    """Of the long ones, those that give up after a time, with that time."""
    back: dict[str, str]
    many: dict[str, str]
    """Calls of methods that more classes may define than were looked into."""
    locks: dict[str, str]
    pauses: dict[str, str]
    """By the time that each takes, the pauses that are not short."""
    turns: dict[str, tuple[str, bool]]
    """Of what is awaited, the loops that wait in each turn, by place; and whether how often is not said by them."""
    loops: dict[tuple[str, int], bool]
    """Loops by their files (empty for that of the bug) and lines."""
    active: list[int]
    """The functions that are being looked into, each of which awaits the next one."""


def judge_waits(coverage: Coverage) -> list[str]:
    """Give what speaks against holding the lock over the waits inside it; nothing if all are short and closed.

    Raises:
        Declined: ``waits-for-holder`` if a wait can only be ended by code that needs the lock.
    """
    seen = _Seen({}, {}, {}, {}, {}, {}, {}, {}, [])
    visited: set[int] = set()
    here = coverage.program.resolvers
    elsewhere = [each for each in coverage.functions.values() if not coverage.program.is_here(each.function)]
    for resolver in (*here, *elsewhere):
        for event in resolver.function.events:
            if isinstance(event, Suspend) and not coverage.held_already(resolver, event.id):
                key = id(resolver.function)
                inside = key in coverage.runs or key in coverage.delegating
                if inside and coverage.held(resolver, event.id):
                    _note_loop(coverage, resolver, event, seen)
                    check_awaited(coverage, resolver, event)
                    _judge(coverage, resolver, event, seen, visited)
    whiles = [place for place, is_while in seen.loops.items() if is_while]
    if whiles and (seen.long or seen.limited or seen.back or seen.many):
        where = _line(*whiles[0])
        message = f"the lock would be held over the whole loop on {where}, which waits for others in each turn"
        raise Declined("long-loop", message)
    found = [f"the lock is held for as many turns as the loop on {_line(*place)} takes" for place in sorted(seen.loops)]
    found += [f"the lock is held for as many turns as `{text}` ({at}) takes" for at, (text, _) in seen.turns.items()]
    found += [f"the lock is held for a pause of `{time}` seconds ({at})" for time, at in seen.pauses.items()]
    if seen.long:
        found.append(f"the lock is held over the wait for {_listed(seen.long)}, however long that takes")
    for text, (where, limit) in seen.limited.items():
        found.append(f"the lock is held over the wait for `{text}` ({where}), for up to `{limit}` seconds")
    if seen.back:
        found.append(f"{_listed(seen.back)} may run code that is not in this project: if that needs the lock, it hangs")
    if seen.many:
        found.append(
            f"more classes may define {_listed(seen.many)} than are looked into: if one needs the lock, it hangs"
        )
    if seen.locks:
        found.append(f"another lock is waited for with this one held: {_listed(seen.locks)}")
    return found


def judge_newcomers(coverage: Coverage) -> list[str]:
    """Give what speaks against taking a lock that is there, for those who have not waited for it so far."""
    waiting = (coverage.takes_already(each.function) is not None for each in coverage.functions.values())
    return judge_holders(coverage) if coverage.guardian is not None and not all(waiting) else []


def is_open(coverage: Coverage, resolver: Resolver, event: Suspend) -> bool:
    """Tell whether nobody here knows how long a suspension may last, or what it runs."""
    seen = _Seen({}, {}, {}, {}, {}, {}, {}, {}, [])
    _judge(coverage, resolver, event, seen, set())
    return bool(seen.long or seen.back or seen.many)


def judge_holders(coverage: Coverage) -> list[str]:
    """Give what speaks against waiting for a lock that others hold already: they may do so for long, or for ever.

    Raises:
        Declined: ``waits-for-holder`` if a holder waits for what only code that needs the lock can end.
    """
    seen = _Seen({}, {}, {}, {}, {}, {}, {}, {}, [])
    visited: set[int] = set()
    for resolver in coverage.resolvers:
        for event in resolver.function.events:
            if isinstance(event, Suspend) and coverage.held_already(resolver, event.id):
                note_turns(coverage, resolver, event, seen.turns, held=True)
                _judge(coverage, resolver, event, seen, visited)
    waits = {
        **seen.long,
        **{text: place for text, (place, _) in seen.limited.items()},
        **seen.back,
        **seen.many,
        **seen.locks,
        **{f"sleep({time})": place for time, place in seen.pauses.items()},
        **{text: place for place, (text, is_open) in seen.turns.items() if is_open},
    }
    if not waits:
        return []
    return [
        f"others hold the lock over the wait for {_listed(waits)}: who takes it waits as long, and for ever if what "
        "they wait for has to come by here first"
    ]


def _line(path: str, line: int) -> str:
    return f"line {line} of {path}" if path else f"line {line}"


def _note_loop(coverage: Coverage, resolver: Resolver, event: Suspend, seen: _Seen) -> None:
    """Note a loop that waits in each turn and is under the lock as a whole."""
    function = resolver.function
    tree = coverage.tree_of(function)
    path = function.statements[event.id]
    around = [(path, statement_at(tree, path)), *ancestors(tree, path, len(function.path))]
    for outer, node in around:
        runs = coverage.runs.get(id(function), ())
        covered = id(function) in coverage.delegating or any(run.covers(outer) for run in runs)
        if covered and isinstance(node, ast.For | ast.AsyncFor | ast.While):
            file = "" if coverage.program.is_here(function) else coverage.program.path_of(function)
            seen.loops[file, node.lineno] = isinstance(node, ast.While | ast.AsyncFor)


def _listed(found: dict[str, str]) -> str:
    names = [f"`{text}` ({place})" for text, place in found.items()]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _judge(coverage: Coverage, resolver: Resolver, event: Suspend, seen: _Seen, visited: set[int]) -> None:
    """Look at one suspension, and into the functions of the file that it runs."""
    program = coverage.program
    if event.awaited is None or event.why is SuspendWhy.ASYNC_EXIT:
        return
    place = program.place(resolver.function, event.id)
    check_predicates(coverage, resolver, event, place)
    many = check_overrides(coverage, resolver, event.awaited, place)
    if many:
        seen.many.setdefault(many, place)
    calls = awaited_calls(resolver, event)
    for call in calls:
        for target in call.targets:
            if not target.function.is_async:
                seen.long.setdefault(f"{target.function.qualname}(…)", place)
            elif _is_stub(target.function):
                seen.back.setdefault(f"{target.function.qualname}(…)", place)
            _look_into(coverage, target.function, seen, visited)
    if calls:
        return
    if event.why is SuspendWhy.ASYNC_ENTER and (locks := program.locks_of(resolver, event.awaited)):
        own = coverage.guardian.key if coverage.guardian is not None else None
        if any(resolver.key_of(lock.location) != own for lock in locks):
            _check_throttle(resolver, event.awaited, place)
            seen.locks.setdefault(_text(resolver, event.awaited), place)
        return
    if event.why is SuspendWhy.ASYNC_ENTER:
        _check_throttle(resolver, event.awaited, place)
    if not _is_pause(resolver, event.awaited, place, seen) and not _never_suspends(resolver, event.awaited):
        _check_future(resolver, event.awaited, place)
        _check_enders(coverage, resolver, event.awaited, place)
        check_callback(coverage, resolver, event.awaited, place)
        check_rest(resolver, event.awaited, place)
        _note_wait(resolver, event.id, event.awaited, place, seen)


def _is_pause(resolver: Resolver, operand: Operand, place: str, seen: _Seen) -> bool:
    """Tell whether what is awaited only lets time pass, and note that if it is not short."""
    pause = pause_of(resolver, operand)
    if pause is not None and not is_short_pause(resolver, pause):
        seen.pauses.setdefault(ast.unparse(pause), place)
    return pause is not None


def _note_wait(resolver: Resolver, event: int, operand: Operand, place: str, seen: _Seen) -> None:
    """Note how long an await of what nobody here knows can take, or that it may come back for the lock."""
    text = _text(resolver, operand)
    if _may_come_back(resolver, operand):
        seen.back.setdefault(text, place)
    elif (limit := longest(resolver, event, operand)) is not None:
        seen.limited.setdefault(text, (place, limit))
    else:
        seen.long.setdefault(text, place)


def _check_throttle(resolver: Resolver, operand: Operand, place: str) -> None:
    """Refuse to put under an exclusive lock what is there to let several tasks in at once."""
    typed = resolver.operand_type(operand)
    known = LOCK_TYPES.get(typed.name or "")
    words = last_name(resolver.function.nodes[operand]).lower()
    counts = known is not None and known.exclusion is Exclusion.COUNTING and typed.bound != 1
    if counts or (known is None and any(word in words for word in _THROTTLES)):
        message = f"`{_text(resolver, operand)}` on {place} lets several tasks in at once, the lock only one"
        raise Declined("serialises", message)


def _is_stub(function: FunctionGraph) -> bool:
    """Tell whether a method is there to be overridden: it says so, or does nothing."""
    node = function.node
    if not isinstance(node, ast.AsyncFunctionDef):
        return False
    if any(last_name(decorator) == "abstractmethod" for decorator in node.decorator_list):
        return True
    return all(isinstance(one, ast.Pass | ast.Raise) or _is_constant(one) for one in node.body)


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _look_into(coverage: Coverage, function: FunctionGraph, seen: _Seen, visited: set[int]) -> None:
    if id(function) in seen.active:
        line = getattr(function.node, "lineno", 1)
        file = "" if coverage.program.is_here(function) else coverage.program.path_of(function)
        seen.turns.setdefault(_line(file, line), (f"{function.qualname}(…)", True))
    if id(function) in visited:
        return
    visited.add(id(function))
    seen.active.append(id(function))
    resolver = coverage.program.resolver(function)
    for event in function.events:
        if isinstance(event, Suspend):
            note_turns(coverage, resolver, event, seen.turns)
            _judge(coverage, resolver, event, seen, visited)
    seen.active.pop()


def _text(resolver: Resolver, operand: Operand) -> str:
    node = resolver.function.nodes[operand]
    if isinstance(node, ast.Call):
        return f"{ast.unparse(node.func)}(…)" if node.args or node.keywords else f"{ast.unparse(node.func)}()"
    return ast.unparse(node) if isinstance(node, ast.expr) else "this"


def _never_suspends(resolver: Resolver, operand: Operand) -> bool:
    node = resolver.function.nodes[resolver.origin(operand)]
    return isinstance(node, ast.Call) and dotted(node.func, resolver.module.imports) in NEVER_SUSPEND


# -- who ends the wait ---------------------------------------------------------------------------------------------


def _check_future(resolver: Resolver, operand: Operand, place: str) -> None:
    """Refuse a wait for a future that was made here for others to complete, alone or handed to what waits for it."""
    event = resolver.function.events[resolver.origin(operand)]
    handed = (*event.arguments, *(value for _, value in event.keywords)) if isinstance(event, Call) else ()
    if any(_is_new_future(resolver, each) for each in (operand, *handed)):
        message = f"{place} waits for a future that other code has to complete, and that may need the lock"
        raise Declined("waits-for-holder", message)


def _is_new_future(resolver: Resolver, operand: Operand) -> bool:
    node = resolver.function.nodes[resolver.origin(operand)]
    return isinstance(node, ast.Call) and last_name(node.func) in {"create_future", "Future"}


def _check_enders(coverage: Coverage, resolver: Resolver, operand: Operand, place: str) -> None:
    """Refuse a wait for objects of this file if every call that can end it needs the lock."""
    for waited in waited_objects(resolver, operand):
        _check_ender(coverage, resolver, operand, waited, place)


def _check_ender(coverage: Coverage, resolver: Resolver, operand: Operand, waited: Location, place: str) -> None:
    needing = []
    for ender, event in ender_calls(coverage.program, resolver.key_of(waited), operand, resolver):
        before = ender is resolver and event < operand
        if before or not needs_lock(coverage, ender, event):
            return
        needing.append((ender.function.qualname, coverage.program.place(ender.function, event)))
    bodies = list(task_bodies(coverage.program, resolver.key_of(waited)))
    needing.extend(
        (function.qualname, f"line {getattr(function.node, 'lineno', 1)}")
        for function in bodies
        if coverage.reaches(function, set())
    )
    if not needing and not bodies and resolver.key_of(waited) in coverage.keys:
        message = f"{place} waits for `{waited}`, which is the state itself: who ends the wait may need the lock"
        raise Declined("waits-for-holder", message)
    if needing:
        name, at = needing[0]
        message = f"{place} waits for `{waited}`, which only `{name}` ({at}) can end, and that needs the lock"
        raise Declined("waits-for-holder", message)


def needs_lock(coverage: Coverage, resolver: Resolver, event: int) -> bool:
    """Tell whether a call can only happen with the lock held, or after the lock was taken."""
    if coverage.held(resolver, event):
        return True
    first = [min_event for min_event in _own_takings(coverage, resolver) if min_event < event]
    return bool(first)


def _own_takings(coverage: Coverage, resolver: Resolver) -> Iterator[int]:
    function = resolver.function
    taken = coverage.takes_already(function)
    if taken is not None:
        yield taken
    for run in coverage.runs.get(id(function), ()):
        yield from events_in(function, run)


# -- who comes back ------------------------------------------------------------------------------------------------


def _may_come_back(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether what is awaited is handed in from outside, is to be overridden, or gets something to call."""
    event = resolver.function.events[resolver.origin(operand)]
    if not isinstance(event, Call):
        return False
    callee = resolver.function.events[event.function]
    if isinstance(callee, Read):
        place = callee.place
        if isinstance(place, Name) and place.scope in {Scope.PARAMETER, Scope.CLOSURE, Scope.LOCAL}:
            return True
        if isinstance(place, Attribute):
            base = resolver.value(place.base)
            if base is not None and base.root.value in {"self", "cls"} and not base.steps:
                return True
    values = (*event.arguments, *(value for _, value in event.keywords))
    return any(_hands_out(resolver, value) for value in values)


def _hands_out(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether an argument is the object itself, one of its methods, or a function made on the spot."""
    node = resolver.function.nodes[operand]
    if isinstance(node, ast.Lambda):
        return True
    location = resolver.value(operand)
    if location is None or location.root.value != "self":
        return False
    if not location.steps:
        return True
    owner = resolver.module.find_method(location.owner, str(location.steps[-1]).removeprefix("."))
    return len(location.steps) == 1 and owner is not None
