"""One round of the loop: what happens in it, what of that changes the container, what looks members up by their key."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.containers import SEQUENCES
from awaitomic.model.event import Attribute, Call, Compute, Item, Name, Operand, Read, Suspend, Write
from awaitomic.model.location import ANY_ITEM, Location
from awaitomic.model.position import StatementPath
from awaitomic.program.accesses import FORGETS, Change
from awaitomic.program.contents import ContentChange, Iteration, content_changes
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.effects import touches

_BY_KEY = frozenset({"pop", "remove", "get"})
"""Methods that find a member by what they are given, and raise or give None if there is none."""

_CHANGED = "which shows what has changed meanwhile, as the copy does not"

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Round:
    """The body of a loop, or what a comprehension does for each member."""

    iteration: Iteration
    path: StatementPath
    target: ast.expr
    statement: ast.For | None
    """The loop, or None for a comprehension."""
    code: tuple[ast.AST, ...]
    events: tuple[int, ...]

    @property
    def names(self) -> frozenset[str]:
        """The names that the loop binds."""
        return frozenset(node.id for node in ast.walk(self.target) if isinstance(node, ast.Name))


def round_of(case: Case, loop: Iteration) -> Round:
    """Find the syntax of a loop, and the events of one round of it.

    Raises:
        Declined: ``snapshot-shape`` if it is neither a ``for`` statement nor a comprehension.
    """
    path = case.path(loop.guard)
    iterable = case.node(loop.iterator)
    statement = case.statement(path)
    if isinstance(statement, ast.For) and statement.iter is iterable:
        return Round(loop, path, statement.target, statement, tuple(statement.body), _events(case, statement.body))
    for node in ast.walk(statement):
        for index, part in enumerate(node.generators if isinstance(node, Comprehension) else ()):
            if part.iter is iterable:
                code = [part.target, *part.ifs]
                assert isinstance(node, Comprehension)
                for later in node.generators[index + 1 :]:
                    code += [later.iter, later.target, *later.ifs]
                code += [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
                return Round(loop, path, part.target, None, tuple(code), _events(case, code))
    raise Declined("snapshot-shape", "the loop is no `for` statement and no comprehension")


def _events(case: Case, code: list[ast.stmt] | list[ast.expr]) -> tuple[int, ...]:
    return tuple(sorted(set().union(*(_inside(case, each) for each in code))))


def is_late(case: Case, one: Round, event: int) -> bool:
    """Tell whether a round may have waited before an event happens."""
    stops = (one.iteration.iterator, one.iteration.guard)
    return any(
        isinstance(suspend := case.function.events[each], Suspend)
        and case.program.may_suspend(case.resolver, suspend)
        and event in reach_after(case.function, each, stops=stops).events
        for each in one.events
    )


# -- what the loop does to the container by itself --------------------------------------------------------------------


def own_changes(case: Case, one: Round) -> list[str]:
    """Give sentences on what the loop itself does to the container, so that a copy makes a difference to one task.

    Raises:
        Declined: ``changes-itself`` if the loop may be meant to see what it does to the container.
    """
    found: list[str] = []
    for change in _direct(case, one):
        found += _of_direct(case, one, change)
    state, kind = case.finding.state, one.iteration.kind
    for event, function, how in _through_calls(case, one):
        if not _goes_on(case, one, event):
            continue
        if kind in SEQUENCES and kind != "collections.deque" and how not in {Change.DELETE, Change.TAKE}:
            text = f"`{function}`, which the loop calls, changes `{state}` in a way that the loop may be meant to see"
            raise Declined("changes-itself", text)
        if how in FORGETS and how is not Change.RESET:
            found.append(
                f"`{function}`, which the loop calls, takes members out of `{state}`: that breaks the loop without any "
                "other task, too, and with a copy it goes on"
            )
        else:
            found.append(f"`{function}`, which the loop calls, changes `{state}`, which a copy does not show")
    found += touches(case, one.events, [one.iteration.location]).unknown
    return list(dict.fromkeys(found))


def _direct(case: Case, one: Round) -> Iterator[ContentChange]:
    """Give the changes of the container that stand in the loop itself, and after which it goes on."""
    loop = one.iteration
    for change in content_changes(case.program, case.resolver, loop.location, loop.kind):
        mine = change.resolver.function is case.function and change.writer.function is case.function
        if mine and change.access.event in one.events and _goes_on(case, one, change.access.event):
            yield change


def _goes_on(case: Case, one: Round, event: int) -> bool:
    """Tell whether the loop may take its next step after an event; a loop around it makes another copy."""
    return one.iteration.guard in reach_after(case.function, event, stops=(one.iteration.iterator,)).events


def _of_direct(case: Case, one: Round, change: ContentChange) -> list[str]:
    state, kind = case.finding.state, change.access.change
    if change.by_callback:
        return []
    current = _is_current(case, one, change)
    if kind is Change.DELETE and (one.iteration.kind not in SEQUENCES or change.method == "remove"):
        return [
            f"the loop itself takes members out of `{state}`: that breaks it without any other task, too, and with a "
            "copy it goes on"
        ]
    if current and kind in {Change.ASSIGN, Change.RESET, Change.FILL, Change.AUGMENTED}:
        if one.iteration.kind in SEQUENCES or not is_late(case, one, change.access.event):
            return []
        return [f"the loop stores under the key after it has waited: what has left `{state}` meanwhile comes back"]
    line = getattr(case.node(change.access.event), "lineno", 1)
    text = f"the loop changes `{state}` itself (line {line}), and may be meant to see that; a copy would not show it"
    raise Declined("changes-itself", text)


def _is_current(case: Case, one: Round, change: ContentChange) -> bool:
    """Tell whether a change is made under a name that the loop itself binds."""
    node = case.node(change.key) if change.key is not None else None
    if not isinstance(node, ast.Name):
        return False
    event = case.function.events[change.key] if change.key is not None else None
    if not isinstance(event, Read) or not isinstance(event.place, Name):
        return False
    value = case.resolver.binding(event.place.name)
    made = case.function.events[value] if value is not None else None
    while isinstance(made, Compute) and made.operator == "unpack":
        made = case.function.events[made.operands[0]]
    return isinstance(made, Compute) and made.operator == "next" and made.operands[0] == one.iteration.iterator


def _through_calls(case: Case, one: Round) -> Iterator[tuple[int, str, Change]]:
    """Give the changes of the container that functions make which the loop calls."""
    resolver, loop = case.resolver, one.iteration
    key = resolver.key_of(loop.location)
    for fact in case.program.facts(resolver).writes:
        if fact.via is None or fact.event not in one.events:
            continue
        written, change = resolver.key_of(fact.access.location), fact.access.change
        if written == key.item(ANY_ITEM) or (written == key and change not in {Change.ASSIGN, Change.RESET}):
            yield fact.event, fact.via.target.function.qualname, change
    for handed in content_changes(case.program, resolver, loop.location, loop.kind):
        mine = handed.resolver.function is case.function and handed.access.event in one.events
        if mine and handed.writer.function is not case.function:
            yield handed.access.event, handed.writer.function.qualname, handed.access.change


# -- lookups by the key -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lookup:
    """A member is looked up in the container by a name that the loop binds."""

    name: str
    text: str
    base: Operand
    raises: bool
    """Whether it says so if there is no such member."""
    event: Operand


def lookups(case: Case, one: Round) -> Iterator[Lookup]:
    """Give where a round looks members up by a name that the loop binds."""
    events = case.function.events
    for each in one.events:
        event = events[each]
        base = key = None
        raises = False
        if isinstance(event, Read | Write) and isinstance(event.place, Item):
            if isinstance(event, Read) or event.value is None:
                base, key, raises = event.place.base, event.place.key, True
        elif isinstance(event, Call) and len(event.arguments) == 1:
            callee = events[event.function]
            if isinstance(callee, Read) and isinstance(callee.place, Attribute) and callee.place.attr in _BY_KEY:
                base, key, raises = callee.place.base, event.arguments[0], callee.place.attr in {"pop", "remove"}
        if base is None or key is None or not _is_container(case, base, one.iteration.location):
            continue
        node = case.node(key)
        if isinstance(node, ast.Name) and node.id in one.names:
            yield Lookup(node.id, ast.unparse(case.node(each)), base, raises, each)


def looked_into(case: Case, one: Round, found: list[Lookup], test: ast.expr | None) -> list[str]:
    """Give where the container is looked into after the copy was made, other than for the member whose turn it is.

    `test` is a test, there already, whether that member has left.

    There it would see what has changed, and in the copy it would not: that is neither before the change nor after.
    """
    own = {each.base for each in found if each.raises or not is_late(case, one, each.event)}
    later = reach_after(case.function, one.iteration.guard).events - {one.iteration.iterator}
    own |= _inside(case, case.node(one.iteration.iterator)) | (_inside(case, test) if test is not None else set())
    for each in sorted(later - own):
        event = case.function.events[each]
        if isinstance(event, Read) and _is_container(case, each, one.iteration.location):
            line = getattr(case.node(each), "lineno", 1)
            return [f"`{case.finding.state}` is looked into again (line {line}), {_CHANGED}"]
    return [f"{sentence}, {_CHANGED}" for sentence in touches(case, one.events, [one.iteration.location]).reads[:1]]


def _inside(case: Case, node: ast.AST) -> set[int]:
    inside = {id(each) for each in ast.walk(node)}
    return {event for event, found in enumerate(case.function.nodes) if id(found) in inside}


def _is_container(case: Case, operand: int, location: Location) -> bool:
    found = case.resolver.value(operand)
    return found is not None and case.resolver.key_of(found) == case.resolver.key_of(location)


def acts_late(case: Case, one: Round, found: list[Lookup]) -> bool:
    """Tell whether a round stores a member, or takes one out that has to be there, after it may have waited.

    A test before the wait would decide that no better than the loop did.
    """
    key = case.resolver.key_of(one.iteration.location)
    raising = {each.event for each in found if each.raises}
    return any(
        case.resolver.key_of(fact.access.location) in {key, key.item(ANY_ITEM)}
        and (fact.access.change not in FORGETS or fact.event in raising)
        and is_late(case, one, fact.event)
        for fact in case.program.facts(case.resolver).writes
        if fact.event in one.events
    )
