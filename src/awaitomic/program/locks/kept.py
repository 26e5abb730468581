"""What tasks wait for where the program keeps it: of what kind it is, and whether all is in sight that is done with it.

Whoever is handed an event, or a table of events, could end a wait for it. So could who goes over a table in a way that
is not followed here: that counts as handed on, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.awaitables import FUTURE_MAKERS, SIGNALS
from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.knowledge.spawners import AWAITED_ALONE, SPAWN_ALL
from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Const,
    Enter,
    Event,
    Guard,
    Item,
    Leave,
    Name,
    Operand,
    Read,
    Suspend,
    Write,
)
from awaitomic.model.location import ANY_ITEM, Location
from awaitomic.program.accesses import CONTENTS, Change
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import method_of, operands_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_LOOKS = frozenset({"not", "is", "is not", "==", "!=", "awaited", "in", "not in", "entered"})
_GIVE_ENTRIES = frozenset({"get", "pop", "setdefault"})
_GIVE_NONE = frozenset({"clear", "keys"})
_ABOUT_KEYS = frozenset({"len", "bool", "list", "set", "tuple", "sorted", "frozenset"})
"""Functions that tell of a mapping how many entries it has, or give its keys."""


def kind_of(program: Program, key: Location) -> str | None:
    """Give the kind of an object that only the program makes, and always as one of a kind."""
    found: set[str | None] = set()
    for resolver, access in program.writers_at(key):
        if access.value is None:
            continue
        event = resolver.function.events[resolver.origin(access.value)]
        if isinstance(event, Const) and event.value is None:
            continue
        name = dotted(getattr(resolver.function.nodes[event.id], "func", None), resolver.module.imports)
        made = SIGNALS.get(name or "") if isinstance(event, Call) else None
        found.add("future" if isinstance(event, Call) and makes_future(resolver, event) else made)
    return found.pop() if len(found) == 1 else None


def parties_of(program: Program, key: Location) -> set[int | None]:
    """Give for how many the barriers under a key are made, each by its number; None is one of which it is not seen."""
    made = (
        (resolver, resolver.function.nodes[resolver.origin(access.value)])
        for resolver, access in program.writers_at(key)
        if access.value is not None
    )
    return {_parties(resolver, node) for resolver, node in made if isinstance(node, ast.Call)}


def _parties(resolver: Resolver, made: ast.Call) -> int | None:
    given = [*made.args, *(each.value for each in made.keywords if each.arg == "parties")]
    return resolver.module.types.number(given[0]) if len(given) == 1 else None


def makes_future(resolver: Resolver, event: Call) -> bool:
    """Tell whether a call makes a future that somebody has to set by hand."""
    node = resolver.function.nodes[event.function]
    return last_name(node) in FUTURE_MAKERS or SIGNALS.get(dotted(node, resolver.module.imports) or "") == "future"


def is_wrapper(resolver: Resolver, event: Call) -> bool:
    """Tell whether a call goes around what is waited for: ``wait_for(task, 5)``, not ``condition.wait_for(…)``."""
    if last_name(resolver.function.nodes[event.function]) not in AWAITED_ALONE | SPAWN_ALL or not event.arguments:
        return False
    method = method_of(resolver.function, event)
    kind = SIGNALS.get(resolver.operand_type(method.base).name or "") if method is not None else None
    return kind != "condition"


def is_kept_at(resolver: Resolver, operand: Operand, key: Location) -> bool:
    """Tell whether an operand is the object under a key; also an entry that is taken out of its table there."""
    location = place_of(resolver, operand)
    return location is not None and resolver.key_of(location) == key


def place_of(resolver: Resolver, operand: Operand) -> Location | None:
    """Give where an object is kept, or has just been: looked up there, stored there when it was made, or taken out."""
    location = resolver.value(operand)
    if location is not None:
        return location
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if isinstance(event, Call) and makes_future(resolver, event):
        return _stored_at(resolver, origin)
    method = method_of(resolver.function, event)
    table = resolver.value(method.base) if method is not None and method.attr == "pop" else None
    return table.item(ANY_ITEM) if table is not None else None


def _stored_at(resolver: Resolver, made: Operand) -> Location | None:
    """Give the one place of others where a new object is stored."""
    places = {
        resolver.place(event.place)
        for event in resolver.function.events
        if isinstance(event, Write)
        and not isinstance(event.place, Name)
        and event.value is not None
        and resolver.origin(event.value) == made
    }
    return places.pop() if len(places) == 1 else None


def is_handed_on(program: Program, key: Location) -> bool:
    """Tell whether code that is not seen can have an object: it is passed, returned, stored, or a method of it is."""
    for resolver in program.resolvers_knowing(key):
        for event in resolver.function.events:
            if not isinstance(event, Read) or not is_kept_at(resolver, event.id, key):
                continue
            if not all(_stays(resolver, user, event.id, key) for user in _users(resolver, event.id)):
                return True
    return key.is_entry and not _is_table_in_sight(program, key)


def _users(resolver: Resolver, operand: Operand) -> Iterator[Event]:
    return (event for event in resolver.function.events if operand in operands_of(event))


def _stays(resolver: Resolver, user: Event, read: Operand, key: Location) -> bool:
    if isinstance(user, Read):  # a method of it: to be called on the spot, and not to be kept for later
        called = (each.function for each in resolver.function.events if isinstance(each, Call))
        return not isinstance(user.place, Attribute) or user.id in called
    if isinstance(user, Write):
        place = resolver.place(user.place)
        back = place is not None and resolver.key_of(place) == key
        return isinstance(user.place, Name) or user.value != read or back
    if isinstance(user, Call):
        return last_name(resolver.function.nodes[user.function]) in AWAITED_ALONE | SPAWN_ALL
    if isinstance(user, Compute):
        return user.operator in _LOOKS
    return isinstance(user, Suspend | Guard | Enter | Leave)


# -- tables -----------------------------------------------------------------------------------------------------------


def _is_table_in_sight(program: Program, key: Location) -> bool:
    """Tell whether a table is made empty, filled entry by entry, and never used in a way that is not followed."""
    table = key.parent
    if table is None:
        return False
    for _, access in program.writers_at(table):
        if access.change not in {Change.RESET, Change.DELETE, *CONTENTS} or access.change is Change.ADD:
            return False
    for resolver in program.resolvers_knowing(key):
        for event in resolver.function.events:
            location = resolver.value(event.id) if isinstance(event, Read) else None
            if location is None or resolver.key_of(location) != table:
                continue
            mapping = resolver.type_of(location).name in MAPPINGS
            if not mapping or not all(
                _is_followed(resolver, user, event.id, key) for user in _users(resolver, event.id)
            ):
                return False
    return True


def _is_followed(resolver: Resolver, user: Event, read: Operand, key: Location) -> bool:
    """Tell whether a use of a table gives nobody an entry of which it is not known what becomes of it."""
    if isinstance(user, Read | Write) and isinstance(user.place, Item):
        return user.place.base == read
    if isinstance(user, Read):
        return isinstance(user.place, Attribute) and _is_method_followed(resolver, user, user.place.attr, key)
    if isinstance(user, Write):
        return isinstance(user.place, Name) and resolver.binding(user.place.name) is not None
    if isinstance(user, Call):
        return last_name(resolver.function.nodes[user.function]) in _ABOUT_KEYS
    if isinstance(user, Compute):
        return user.operator in _LOOKS or user.operator == "iter"
    return isinstance(user, Guard)


def _is_method_followed(resolver: Resolver, method: Read, name: str, key: Location) -> bool:
    calls = [each for each in resolver.function.events if isinstance(each, Call) and each.function == method.id]
    if len(calls) != 1:
        return False
    users = list(_users(resolver, calls[0].id))
    if name in _GIVE_NONE:
        return True
    if name in _GIVE_ENTRIES:
        return all(_is_taken(resolver, user, calls[0].id, key) for user in users)
    return name == "values" and all(_is_gone_over(resolver, user, key) for user in users)


def _is_taken(resolver: Resolver, user: Event, entry: Operand, key: Location) -> bool:
    """Tell whether an entry that is taken out of a table goes into a local of its own, or is used on the spot."""
    if isinstance(user, Write) and isinstance(user.place, Name):
        return resolver.binding(user.place.name) is not None
    return _stays(resolver, user, entry, key)


def _is_gone_over(resolver: Resolver, user: Event, key: Location) -> bool:
    """Tell whether a loop goes over the entries one by one, each in a local that is known to be one."""
    if not isinstance(user, Compute) or user.operator != "iter":
        return False
    steps = [each for each in _users(resolver, user.id) if isinstance(each, Compute) and each.operator == "next"]
    bound = [each for step in steps for each in _users(resolver, step.id) if not isinstance(each, Guard)]
    if not steps or not all(isinstance(each, Write) and isinstance(each.place, Name) for each in bound):
        return False
    names = {each.place.name for each in bound if isinstance(each, Write) and isinstance(each.place, Name)}
    return all(
        is_kept_at(resolver, event.id, key)
        for event in resolver.function.events
        if isinstance(event, Read) and isinstance(event.place, Name) and event.place.name in names
    )
