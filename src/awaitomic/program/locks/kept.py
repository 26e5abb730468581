"""What tasks wait for where the program keeps it: of what kind it is, and whether all is in sight that is done with it.

Whoever is handed an event, or a table of events, could end a wait for it. So could who goes over a table in a way that
is not followed here: that counts as handed on, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.awaitables import FUTURE_MAKERS, SIGNALS
from awaitomic.knowledge.containers import ELEMENT_ADDERS, MAPPINGS
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
    Scope,
    Suspend,
    Write,
)
from awaitomic.model.location import ANY_ITEM, Location, Root
from awaitomic.program.accesses import CONTENTS, Change
from awaitomic.program.elements import SAME_ITEMS
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import method_of, operands_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_SEQUENCES = frozenset({"list", "set", "collections.deque"})
"""Tables whose entries are put in and gone over themselves."""
_LOOKS = frozenset({"not", "is", "is not", "==", "!=", "awaited", "in", "not in", "entered"})
_GIVE_ENTRIES = frozenset({"get", "pop", "setdefault", "popleft"})
_GIVE_NONE = frozenset({"clear", "keys", "count", "index", "remove", "discard", *ELEMENT_ADDERS})
_ARE_GIVEN = ELEMENT_ADDERS | {"count", "index", "remove", "discard"}
"""Methods of a table that are handed one of its own entries, or what becomes one."""
_TAKE_OUT = frozenset({"pop", "popleft"})
_ABOUT_KEYS = frozenset({"len", "bool", "list", "set", "tuple", "sorted", "frozenset"})
"""Functions that tell of a mapping how many entries it has, or give its keys."""


def kind_of(program: Program, key: Location) -> str | None:
    """Give the kind of an object that only the program makes, and always as one of a kind."""
    found = set(_made_by_table(program, key))
    stored = [(resolver, access.value) for resolver, access in program.writers_at(key) if access.value is not None]
    added = [(resolver, value) for resolver, value, _ in additions(program, key)]
    for resolver, origin in ((each, made) for each, value in (*stored, *added) for made in _made(each, value, key)):
        event = resolver.function.events[origin]
        if isinstance(event, Const) and event.value is None:
            continue
        name = dotted(getattr(resolver.function.nodes[event.id], "func", None), resolver.module.imports)
        made = SIGNALS.get(name or "") if isinstance(event, Call) else None
        found.add("future" if isinstance(event, Call) and makes_future(resolver, event) else made)
    return found.pop() if len(found) == 1 else None


def _made(resolver: Resolver, value: Operand, key: Location) -> Iterator[Operand]:
    """Give what makes a value that is stored; of a local that was looked up first, only what else it is bound to."""
    origin = resolver.origin(value)
    event = resolver.function.events[origin]
    if (
        not isinstance(event, Read)
        or not isinstance(event.place, Name)
        or not _is_agreed(resolver, event.place.name, key)
    ):
        yield origin
        return
    for each in resolver.values_of(event.place.name):
        location = resolver.value(each)
        if location is None or each in resolver.published or resolver.key_of(location) != key:
            yield resolver.origin(each)


def _made_by_table(program: Program, key: Location) -> Iterator[str | None]:
    """Give the kind of what a ``defaultdict`` makes for who asks for an entry."""
    table = key.parent if key.is_entry else None
    for resolver, access in program.writers_at(table) if table is not None else ():
        item = resolver.operand_type(access.value).item if access.value is not None else None
        if item is not None and item.name is not None:
            yield SIGNALS.get(item.name)


def additions(program: Program, key: Location) -> Iterator[tuple[Resolver, Operand, Location]]:
    """Give what is put into a list or a set, and the place: ``self.tasks.add(task)``."""
    for resolver in program.resolvers_knowing(key) if key.is_entry else ():
        for event in resolver.function.events:
            method = method_of(resolver.function, event)
            if method is None or method.attr not in ELEMENT_ADDERS:
                continue
            table = resolver.value(method.base) if isinstance(event, Call) and event.arguments else None
            if table is not None and resolver.key_of(table) == key.parent and isinstance(event, Call):
                yield resolver, event.arguments[-1], table.item(ANY_ITEM)


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
    if location is not None and location.root is not Root.FRESH:
        return location
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if isinstance(event, Call) and is_made(resolver, event):
        return _stored_at(resolver, origin) or location
    if isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.LOCAL:
        return _agreed(resolver, event.place.name)
    method = method_of(resolver.function, event)
    table = resolver.value(method.base) if method is not None and method.attr in _TAKE_OUT else None
    return table.item(ANY_ITEM) if table is not None else location


def _agreed(resolver: Resolver, name: str) -> Location | None:
    """Give the place of what a local is bound to several times: looked up there, or else made and stored there."""
    values = resolver.values_of(name)
    made = (value for value in values if not isinstance(resolver.function.events[value], Const))
    places = {resolver.value(value) or _stored_at(resolver, resolver.origin(value)) for value in made}
    keys = {resolver.key_of(place) if place is not None else None for place in places}
    if len(keys) > 1 or None in keys or len(values) < len(resolver.bindings.get(name, ())):
        return None
    return min((each for each in places if each is not None), key=str, default=None)


def is_made(resolver: Resolver, event: Call) -> bool:
    """Tell whether a call makes what tasks wait for."""
    made = dotted(resolver.function.nodes[event.function], resolver.module.imports)
    return makes_future(resolver, event) or made in SIGNALS


def _stored_at(resolver: Resolver, made: Operand) -> Location | None:
    """Give the one place of others where a new object is stored."""
    added = (
        resolver.value(method.base)
        for event in resolver.function.events
        if isinstance(event, Call)
        and (method := method_of(resolver.function, event)) is not None
        and method.attr in ELEMENT_ADDERS
        and event.arguments
        and _may_be(resolver, event.arguments[-1], made)
    )
    places: set[Location | None] = {None if table is None else table.item(ANY_ITEM) for table in added}
    places |= {
        resolver.place(event.place)
        for event in resolver.function.events
        if isinstance(event, Write)
        and not isinstance(event.place, Name)
        and event.value is not None
        and _may_be(resolver, event.value, made)
    }
    return places.pop() if len(places) == 1 else None


def _may_be(resolver: Resolver, operand: Operand, made: Operand) -> bool:
    """Tell whether a value is what an event has made, or a local that it is bound to."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    bound = resolver.values_of(event.place.name) if isinstance(event, Read) and isinstance(event.place, Name) else ()
    return origin == made or made in bound


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
        return _is_for_its_table(resolver, user, key) or (
            last_name(resolver.function.nodes[user.function]) in AWAITED_ALONE | SPAWN_ALL
        )
    if isinstance(user, Compute):
        return user.operator in _LOOKS
    return isinstance(user, Suspend | Guard | Enter | Leave)


def _is_for_its_table(resolver: Resolver, call: Call, key: Location) -> bool:
    """Tell whether an object is given to the table of which it is an entry, or becomes one: put in, looked for."""
    method = method_of(resolver.function, call)
    if method is None or method.attr not in _ARE_GIVEN or not key.is_entry:
        return False
    table = resolver.value(method.base)
    return table is not None and resolver.key_of(table) == key.parent


# -- tables -----------------------------------------------------------------------------------------------------------


def _is_table_in_sight(program: Program, key: Location) -> bool:
    """Tell whether a table is made empty, filled entry by entry, and never used in a way that is not followed."""
    table = key.parent
    if table is None:
        return False
    for resolver, access in program.writers_at(table):
        added = access.change is Change.ADD and not _is_one_added(resolver, access.event)
        if access.change not in {Change.RESET, Change.DELETE, *CONTENTS} or added:
            return False
    for resolver in program.resolvers_knowing(key):
        for event in resolver.function.events:
            location = resolver.value(event.id) if isinstance(event, Read) else None
            if location is None or resolver.key_of(location) != table:
                continue
            kind = resolver.type_of(location).name
            followed = _is_followed if kind in MAPPINGS else _is_followed_in_sequence
            known = kind in MAPPINGS or kind in _SEQUENCES
            if not known or not all(followed(resolver, user, event.id, key) for user in _users(resolver, event.id)):
                return False
    return True


def _is_one_added(resolver: Resolver, event: int) -> bool:
    """Tell whether a table is given one entry, and not all of another one."""
    method = method_of(resolver.function, resolver.function.events[event])
    return method is not None and method.attr in ELEMENT_ADDERS


def _is_followed_in_sequence(resolver: Resolver, user: Event, read: Operand, key: Location) -> bool:
    """Tell the same of a list or a set, which gives its entries themselves where it is gone over."""
    if isinstance(user, Compute) and user.operator == "iter":
        return _is_gone_over(resolver, user, key)
    if isinstance(user, Call) and last_name(resolver.function.nodes[user.function]) != "len":
        return _is_gone_over(resolver, user, key)
    return _is_followed(resolver, user, read, key)


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
    return name in {"values", "items"} and all(_is_gone_over(resolver, user, key) for user in users)


def _is_taken(resolver: Resolver, user: Event, entry: Operand, key: Location) -> bool:
    """Tell whether an entry that is taken out of a table goes into a local of its own, or is used on the spot."""
    if isinstance(user, Write) and isinstance(user.place, Name):
        return resolver.binding(user.place.name) is not None or _is_agreed(resolver, user.place.name, key)
    return _stays(resolver, user, entry, key)


def _is_agreed(resolver: Resolver, name: str, key: Location) -> bool:
    """Tell whether all that a local is bound to is an entry of one table."""
    place = _agreed(resolver, name)
    return place is not None and resolver.key_of(place) == key


def _is_gone_over(resolver: Resolver, user: Event, key: Location) -> bool:
    """Tell whether a loop goes over the entries one by one, each in a local that is known to be one.

    It may go over a copy, and over the entries with their keys.
    """
    if isinstance(user, Call) and last_name(resolver.function.nodes[user.function]) in SAME_ITEMS:
        users = list(_users(resolver, user.id))
        return bool(users) and all(_is_gone_over(resolver, each, key) for each in users)
    if not isinstance(user, Compute) or user.operator != "iter":
        return False
    steps = [each for each in _users(resolver, user.id) if isinstance(each, Compute) and each.operator == "next"]
    bound = [each for step in steps for each in _bound(resolver, step) if not isinstance(each, Guard)]
    if not steps or not all(isinstance(each, Write) and isinstance(each.place, Name) for each in bound):
        return False
    names = {each.place.name for each in bound if isinstance(each, Write) and isinstance(each.place, Name)}
    return all(
        is_kept_at(resolver, event.id, key)
        for event in resolver.function.events
        if isinstance(event, Read) and isinstance(event.place, Name) and event.place.name in names
    )


def _bound(resolver: Resolver, step: Compute) -> Iterator[Event]:
    """Give what a step of a loop is bound by; of a key and an entry, what the entry is bound by."""
    users = list(_users(resolver, step.id))
    pieces = [each for each in users if isinstance(each, Compute) and each.operator == "unpack"]
    if len(pieces) != _PAIR:
        yield from users
        return
    yield from (each for each in users if each not in pieces)
    yield from _users(resolver, pieces[-1].id)


_PAIR = 2
