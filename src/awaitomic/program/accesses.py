"""What one function writes: assignments, resets, mutations of containers, each with the state that it changes."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from awaitomic.knowledge.awaitables import QUEUES
from awaitomic.knowledge.containers import (
    ANY_MUTATOR,
    BY_NAME,
    BY_NAME_OF_CONTAINER,
    EVENTS,
    IN_PLACE,
    IN_PLACE_METHODS,
    MUTATORS,
    QUESTIONS,
    RAISE_IF_LATE,
    READY_STATES,
    SEQUENCES,
    Mutation,
)
from awaitomic.model.event import Attribute, Call, Compute, Const, Event, Item, Operand, Read, Suspend, Write, WriteHow
from awaitomic.model.location import ANY_ITEM, ItemStep, Location, Root
from awaitomic.program.escape import owner_of
from awaitomic.program.own_keywords import in_own_keywords
from awaitomic.program.resolve import Resolver
from awaitomic.program.types import Typed
from awaitomic.program.usage import used_as_container


class Change(enum.Enum):
    """How a write changes what is stored at its location."""

    ASSIGN = "assign"
    RESET = "reset"
    """Assigned None, False, zero, or something empty: carries no new information."""
    AUGMENTED = "augmented"
    DELETE = "delete"
    """The entry or attribute goes."""
    FILL = "fill"
    """Set only if absent, atomically."""
    ADD = "add"
    """The contents grow."""
    TAKE = "take"
    """One element goes, chosen by position."""
    CLEAR = "clear"
    """The contents go, or an event is cleared."""
    REORDER = "reorder"
    SETTLE = "settle"
    """A future is settled, or an item is put or taken at once: raises if another task was first."""
    READY = "ready"
    """The same answer changes in a way that never raises: a cancellation, a put that waits."""


CONTENTS = frozenset({Change.ADD, Change.TAKE, Change.CLEAR, Change.REORDER})
"""Changes of what is inside the object at the location, which stays the same object."""

FORGETS = frozenset({Change.RESET, Change.DELETE, Change.CLEAR, Change.TAKE})
"""Changes after which something that was there is gone."""


@dataclass(frozen=True, slots=True)
class Access:
    """One write of state by one event. `value` is what was written, where that is one operand."""

    event: int
    location: Location
    change: Change
    value: Operand | None
    certain: bool = True
    """False if the type of the container is not known and only the method's name says that it mutates."""
    own: bool = False
    """Whether it changes an object that this very call has made: another call of the same function has another one."""
    hops: tuple[tuple[str, int], ...] = ()
    """If a callee makes it through what it is handed: functions and events, from the call down to the write itself."""
    task: str | None = None
    """The function among these that runs as a task of its own, so that it is not the caller that runs beside others."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A call of a method that changes the contents of an object if that is a container; `key` is its first argument."""

    container: Location
    method: str
    key: ItemStep | None


_MUTATION_CHANGES = {
    Mutation.ADD: Change.ADD,
    Mutation.TAKE: Change.TAKE,
    Mutation.CLEAR: Change.CLEAR,
    Mutation.REORDER: Change.REORDER,
}
_KEYED_CHANGES = {Mutation.STORE: Change.ASSIGN, Mutation.FILL: Change.FILL, Mutation.REMOVE: Change.DELETE}

_EMPTY_CONSTRUCTORS = frozenset(
    {"Event", "list", "dict", "set", "deque", "defaultdict", "OrderedDict", "Counter", "bytearray"}
)


def accesses(resolver: Resolver) -> Iterator[Access]:
    """Give every write of state that others can reach which the function itself makes, in order of evaluation."""
    for event in resolver.function.events:
        access = access_of(resolver, event)
        if access is not None:
            yield access


def access_of(resolver: Resolver, event: Event) -> Access | None:
    """Give the write that an event makes, or None; what changes an object that nobody else has yet is none."""
    if isinstance(event, Write):
        access = _of_write(resolver, event)
    elif isinstance(event, Call):
        access = _of_call(resolver, event)
    else:
        return None
    if access is None or not resolver.published:
        return access
    publication, own = owner_of(resolver, event)
    if publication is None:
        return access
    return replace(access, own=own) if event.id in publication.after else None


def _of_write(resolver: Resolver, event: Write) -> Access | None:
    location = resolver.place(event.place)
    if location is None or location.root is Root.FRESH or in_own_keywords(resolver.function, location):
        return None
    if isinstance(event.place, Item) and location.steps[-1] == ANY_ITEM:
        container = location.parent
        assert container is not None
        return Access(event.id, container, Change.CLEAR if _clears(resolver, event) else Change.REORDER, event.value)
    if event.how is WriteHow.DELETE:
        return Access(event.id, location, Change.DELETE, None)
    if event.how is WriteHow.AUGMENTED:
        change = Change.ADD if changes_in_place(resolver, location, event.value) else Change.AUGMENTED
        return Access(event.id, location, change, event.value)
    if event.value is not None and is_reset(resolver, event.value):
        return Access(event.id, location, Change.RESET, event.value)
    if event.value is not None and _puts_back(resolver, location, event.value, event.id):
        return None
    return Access(event.id, location, Change.ASSIGN, event.value)


def _puts_back(resolver: Resolver, location: Location, value: Operand, write: int) -> bool:
    """Tell whether a write stores what it has just read there, for the types alone: ``self.conn = cast(Conn, …)``."""
    events = resolver.function.events
    made = events[value]
    if isinstance(made, Call) and len(made.arguments) == 2 and resolver.value(value) == location:
        value = made.arguments[1]
    read = events[value]
    if not isinstance(read, Read) or resolver.place(read.place) != location:
        return False
    return not any(isinstance(event, Suspend) for event in events[read.id : write])


def changes_in_place(resolver: Resolver, location: Location, value: Operand | None) -> bool:
    """Tell whether ``+=`` and its like change the object itself, which the write then only puts back where it was."""
    kind = resolver.type_of(location).name or ""
    if kind in IN_PLACE:
        return True
    event = resolver.function.events[value] if value is not None else None
    method = IN_PLACE_METHODS.get(event.operator) if isinstance(event, Compute) else None
    if method is None or not kind.startswith("class:"):
        return False
    return resolver.module.link.find_method(kind.removeprefix("class:"), method) is not None


def _clears(resolver: Resolver, event: Write) -> bool:
    return event.how is WriteHow.DELETE or (event.value is not None and is_reset(resolver, event.value))


def _of_call(resolver: Resolver, event: Call) -> Access | None:
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read) or not isinstance(callee.place, Attribute):
        return None
    location = resolver.value(callee.place.base)
    if location is None or location.root is Root.FRESH or (not location.steps and location.root is Root.SELF):
        return None
    if callee.place.attr in READY_STATES:
        return _of_readiness(resolver, event, callee.place, location)
    deed = deed_of(resolver, event)
    typed = resolver.operand_type(callee.place.base)
    if deed is None or (typed.name is None and location.root is Root.PARAMETER):
        return None  # what a parameter stands for, its callers know: see `awaitomic.program.handed`
    found = change_by(resolver, deed, typed)
    if found is None:
        return None
    where, change, certain = found
    value = event.arguments[1] if where != location and len(event.arguments) > 1 else None
    return Access(event.id, where, change, value, certain)


def deed_of(resolver: Resolver, event: Call) -> Deed | None:
    """Give what a call does if it is a method of a container; not on what a name of an import stands for."""
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read) or not isinstance(callee.place, Attribute) or callee.place.attr not in _METHODS:
        return None
    location = resolver.value(callee.place.base)
    if location is None or location.root in {Root.FRESH, Root.RESULT}:
        return None
    key = resolver.key(event.arguments[0]) if event.arguments else None
    return Deed(location, callee.place.attr, key)


def member_added(resolver: Resolver, event: Call) -> Access | None:
    """Give the element that a call puts into a sequence, as an entry: what ``key in self.rows`` asks for is there then.

    A set has an entry for each of its elements anyway.
    """
    deed = deed_of(resolver, event)
    if deed is None or deed.method not in {"append", "appendleft"} or deed.key in {None, ANY_ITEM}:
        return None
    typed = resolver.type_of(deed.container)
    if typed.name not in SEQUENCES and (typed.name is not None or change_by(resolver, deed) is None):
        return None
    assert deed.key is not None
    return Access(event.id, deed.container.item(deed.key), Change.ASSIGN, None, typed.name is not None)


def change_by(resolver: Resolver, deed: Deed, typed: Typed | None = None) -> tuple[Location, Change, bool] | None:
    """Give what a method call changes, how, and whether that is certain; None if it changes nothing, as far as known.

    Where nothing is known of the object's type, the method's name counts: by itself if only containers have such a
    method, else if the same state is used like a container elsewhere.
    """
    typed = resolver.type_of(deed.container) if typed is None else typed
    if typed.name is not None:
        mutation = MUTATORS.get(typed.name, {}).get(deed.method)
    elif typed.foreign or not _can_be_container(resolver, deed.container):
        return None
    else:
        mutation = BY_NAME.get(deed.method)
        if mutation is None and used_as_container(resolver, deed.container):
            mutation = BY_NAME_OF_CONTAINER.get(deed.method)
            if mutation is Mutation.REMOVE and deed.key is None:
                mutation = Mutation.TAKE
    if mutation is None:
        return None
    certain = typed.name is not None
    if mutation in _KEYED_CHANGES and deed.key is not None and typed.name not in EVENTS:
        return deed.container.item(deed.key), _KEYED_CHANGES[mutation], certain
    return deed.container, _MUTATION_CHANGES.get(mutation, Change.ADD), certain


def _can_be_container(resolver: Resolver, location: Location) -> bool:
    """Tell whether a path can lead to a container of unknown type: not to an imported module, a class, or ``self``."""
    if location.steps:
        return True
    if location.root is Root.GLOBAL:
        return location.owner != resolver.module.name or location.name not in resolver.module.imports
    return location.root not in {Root.CLASS, Root.SELF}


_METHODS = ANY_MUTATOR | {"set"}


def _of_readiness(resolver: Resolver, event: Call, method: Attribute, location: Location) -> Access | None:
    """``put_nowait`` and ``set_result`` change what ``full()`` and ``done()`` answer."""
    if method.attr in {"get", "put", "cancel"} and resolver.operand_type(method.base).name not in QUEUES:
        return None
    change = Change.SETTLE if method.attr in RAISE_IF_LATE else Change.READY
    return None if method.attr in QUESTIONS else Access(event.id, answer_of(location, method.attr), change, None)


def answer_of(location: Location, method: str) -> Location:
    """Give the state that a question about a future or a queue asks for: ``self.queue.full()``."""
    return location.attribute(READY_STATES[method] + "()")


def is_reset(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether a value is None, False, zero or empty, made on the spot."""
    event = resolver.function.events[operand]
    if isinstance(event, Const):
        return event.value is None or event.value is False or event.value in ("", b"", 0)
    if isinstance(event, Compute) and event.operator in {"list", "dict", "set", "tuple"}:
        return not event.operands
    if isinstance(event, Call):
        node = resolver.function.nodes[operand]
        if isinstance(node, ast.Call) and (event.arguments or event.keywords):
            return getattr(node.func, "id", getattr(node.func, "attr", "")) == "defaultdict"
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        return name in _EMPTY_CONSTRUCTORS
    return False


def overlaps(read: Location, access_location: Location, change: Change, *, contents: bool) -> bool:
    """Tell whether a write changes what a read of a location has told.

    `contents` says that the read told about the contents of a container (its length, its truth, its elements), not only
    which object is stored there.
    """
    return ended_by(access_location, change)(read, contents)


def ended_by(written: Location, change: Change) -> Callable[[Location, bool], bool]:
    """Give the test of `overlaps` for one write, so that what depends on the write alone is worked out once."""
    if change in CONTENTS:
        return lambda read, contents: contents and read == written
    unknown = ANY_ITEM in written.steps  # two unknown keys are not known to be one
    container = written.parent if written.is_entry else None
    return lambda read, contents: not unknown if read == written else contents and read == container
