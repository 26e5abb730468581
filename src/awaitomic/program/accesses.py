"""What one function writes: assignments, resets, mutations of containers, each with the state that it changes."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitomic.knowledge.awaitables import QUEUES
from awaitomic.knowledge.containers import EVENTS, IN_PLACE, MUTATORS, QUESTIONS, RAISE_IF_LATE, READY_STATES, Mutation
from awaitomic.model.event import Attribute, Call, Compute, Const, Event, Item, Operand, Read, Write, WriteHow
from awaitomic.model.location import ANY_ITEM, ItemStep, Location, Root
from awaitomic.program.escape import owner_of
from awaitomic.program.resolve import Resolver


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
    if location is None or location.root is Root.FRESH:
        return None
    if isinstance(event.place, Item) and location.steps[-1] == ANY_ITEM:
        container = location.parent
        assert container is not None
        return Access(event.id, container, Change.CLEAR if _clears(resolver, event) else Change.REORDER, event.value)
    if event.how is WriteHow.DELETE:
        return Access(event.id, location, Change.DELETE, None)
    if event.how is WriteHow.AUGMENTED:
        change = Change.ADD if resolver.type_of(location).name in IN_PLACE else Change.AUGMENTED
        return Access(event.id, location, change, event.value)
    if event.value is not None and is_reset(resolver, event.value):
        return Access(event.id, location, Change.RESET, event.value)
    return Access(event.id, location, Change.ASSIGN, event.value)


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
    typed = resolver.operand_type(callee.place.base)
    mutation = MUTATORS.get(typed.name or "", {}).get(callee.place.attr)
    if mutation is None:
        return None
    if mutation is Mutation.ADD and typed.name in EVENTS:
        return Access(event.id, location, Change.ADD, None)
    if mutation in _KEYED_CHANGES and event.arguments:
        value = event.arguments[1] if len(event.arguments) > 1 else None
        return Access(event.id, location.item(resolver.key(event.arguments[0])), _KEYED_CHANGES[mutation], value)
    return Access(event.id, location, _MUTATION_CHANGES.get(mutation, Change.ADD), None)


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
    if change in CONTENTS:
        return read == access_location and contents
    if read == access_location:
        return ANY_ITEM not in read.steps  # two unknown keys are not known to be one
    return (
        contents
        and isinstance(access_location.steps[-1] if access_location.steps else None, ItemStep)
        and (access_location.parent == read)
    )
