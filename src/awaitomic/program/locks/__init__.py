"""Which lock a manager is: through attributes, aliases, tables of locks, helper methods, and names of the unknown."""

from __future__ import annotations

import ast
import enum
from dataclasses import dataclass, replace
from typing import NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import (
    EXCLUSIVE_SIDES,
    LOCK_TYPES,
    PERMISSIVE,
    READ_WRITE_LOCKS,
    SHARED_SIDES,
    UNKNOWN_LOCK,
    Exclusion,
    LockType,
    names_read_write,
    sounds_like_a_lock,
)
from awaitomic.model.event import Attribute, Call, Event, Operand, Read
from awaitomic.model.finding import Confidence
from awaitomic.model.location import NAMED_BY_SEVERAL, AttributeStep, ItemStep, Location, Root
from awaitomic.program.condition_locks import steps_of
from awaitomic.program.locks.counts_users import counts_users
from awaitomic.program.locks.tables import lock_made_for
from awaitomic.program.module import ClassFacts, ModuleFacts
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver
from awaitomic.program.types import Typed

CLAIM = LockType(Exclusion.UNKNOWN, "claim", hangs=False)
"""What a task holds that has tested a flag or placeholder and set it with no suspension in between: while it stands,
whoever tests it stays out. Kept among the held locks, since it protects in the same way."""

PRIVATE = LockType(Exclusion.UNKNOWN, "private", hangs=False)
"""What a task holds of an object that it has made, until others can reach it: the lock's location is the path by which
they will."""

_NO_LOCKS = (CLAIM, PRIVATE)


class Cause(enum.Enum):
    """Why a lock that is held keeps nobody out."""

    THROWN_AWAY = "taken out of its table while others may wait for it"
    MADE_ANEW = "made anew for whoever takes it"
    LETS_IN = "lets several in at once"
    ONE_EACH = "one for each instance, where all of them share the state"


class Flaw(NamedTuple):
    """What is wrong with a lock that keeps nobody out, and where it comes from."""

    cause: Cause
    function: str
    """The function that throws it away or makes it, by its identity."""
    event: int
    unwinds: bool = False
    """Of a removal: whether it happens when the work has failed, too."""
    says: str = ""
    """How the guard lets others in, in words."""
    sure: Confidence = Confidence.CERTAIN
    """How sure that it does."""


class Each(NamedTuple):
    """That each instance has a lock of its own, which keeps the others from nothing that all of them share."""

    flaw: Flaw
    shared: frozenset[str]
    """The attributes of the class that all instances share."""

    def misses(self, location: Location) -> bool:
        """Tell whether a state is not that of one instance."""
        first = location.steps[0] if location.steps else None
        in_class = location.root is Root.SELF and isinstance(first, AttributeStep) and first.name in self.shared
        return in_class or location.root in {Root.CLASS, Root.GLOBAL}


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock, known by where it is stored."""

    location: Location
    type: LockType
    flaw: Flaw | None = None
    """Why it keeps nobody out, if it does not."""
    each: Each | None = None
    """Why it keeps nobody from what is not its instance's, if others have their own."""

    def __str__(self) -> str:
        return str(self.location)

    def at(self, location: Location) -> Lock:
        """Give the same lock, known by another path."""
        return replace(self, location=location)

    @property
    def is_claim(self) -> bool:
        """Whether it is no lock object but state that was claimed, or an object that nobody else has yet."""
        return self.type in _NO_LOCKS

    @property
    def excludes(self) -> bool:
        """Whether it is a lock object that keeps others out, or may do so."""
        return not self.is_claim and self.flaw is None

    @property
    def is_private(self) -> bool:
        """Whether it stands for an object that nobody else has yet."""
        return self.type is PRIVATE

    @property
    def self_deadlocks(self) -> bool:
        """Whether a task that holds it and takes it again waits for ever."""
        return self.type.hangs and self.type.exclusion is not Exclusion.COUNTING

    @property
    def keeps_waiting(self) -> bool:
        """Whether any other task that takes it waits until its holder gives it back."""
        return self.self_deadlocks or self.type.keeps_tasks_out

    @property
    def is_to_exclude(self) -> bool:
        """Whether its author wants others kept out, even if it does not do that."""
        return not self.is_claim and (self.flaw is None or self.flaw.cause is not Cause.LETS_IN)

    def covers(self, location: Location) -> bool:
        """Tell whether holding it keeps others from a state."""
        return self.flaw_for(location) is None and self.is_meant_for(location)

    def flaw_for(self, location: Location) -> Flaw | None:
        """Give why it keeps nobody from a state, if it does not."""
        if self.flaw is None and self.each is not None and self.each.misses(location):
            return self.each.flaw
        return self.flaw

    def is_meant_for(self, location: Location) -> bool:
        """Tell whether holding it would keep others from a state: the lock of a key protects no state without a key."""
        if self.type is PRIVATE:
            inside = len(location.steps) > len(self.location.steps)
            return (
                inside
                and location.steps[: len(self.location.steps)] == self.location.steps
                and self._same_root(location)
            )
        if self.is_claim:
            key = _key_of_claim(self.location)
            return key is None or key in location.steps
        if not any(isinstance(step, ItemStep) and not step.is_literal for step in self.location.steps):
            return True
        without_key = location.root in NAMED_BY_SEVERAL
        return not without_key or any(isinstance(step, ItemStep) and not step.is_literal for step in location.steps)

    def _same_root(self, location: Location) -> bool:
        mine = self.location
        return (mine.root, mine.owner, mine.name) == (location.root, location.owner, location.name)


def _key_of_claim(location: Location) -> ItemStep | None:
    """Give the key that a claim is limited to: that of an entry, or of an entry whose attribute it is."""
    last = location.steps[-1] if location.steps else None
    if isinstance(last, ItemStep):
        return last
    keys = [step for step in location.steps if isinstance(step, ItemStep) and not step.is_literal]
    return keys[-1] if keys else None


def lock_type(typed: Typed) -> LockType | None:
    """Give the lock type of a type; a semaphore of one is exclusive, a larger one protects nothing."""
    known = LOCK_TYPES.get(typed.name or "")
    return _sized(known, typed.bound) if known is not None else None


def _sized(known: LockType, bound: int | None) -> LockType:
    if known.exclusion is not Exclusion.COUNTING:
        return known
    if bound == 1:
        return LockType(Exclusion.EXCLUSIVE, known.library, known.hangs)
    if bound is None:
        return LockType(Exclusion.UNKNOWN, known.library, hangs=False)
    return known


def class_lock_type(module: ModuleFacts, facts: ClassFacts, bound: int | None = None) -> LockType | None:
    """Give how a class of the program excludes, if it is a lock.

    It is one if it inherits from one, can be acquired and released and does not merely count who does, or takes a lock
    when it is entered.

    Parameters:
        bound: the first argument of its constructor, where that is a number: of a semaphore, how many it lets in.
    """
    own = [base for ancestor in module.lineage(facts.id) for base in ancestor.bases if base in LOCK_TYPES]
    overridden = any(module.find_method(facts.id, name) for name in ("acquire", "__aenter__"))
    if own:
        inherited = LOCK_TYPES[own[0]]
        if module.find_method(facts.id, "__init__"):
            bound = None  # what it is made with need not be its size
        return LockType(Exclusion.UNKNOWN, inherited.library, hangs=False) if overridden else _sized(inherited, bound)
    acquire, release = (module.find_method(facts.id, name) for name in ("acquire", "release"))
    if acquire and release:
        return None if counts_users(facts.qualname, acquire.node, release.node) else UNKNOWN_LOCK
    enter = module.find_method(facts.id, "__aenter__")
    if enter is not None and _takes_a_lock(module, facts, enter):
        return UNKNOWN_LOCK
    return None


def _takes_a_lock(module: ModuleFacts, facts: ClassFacts, method: FunctionGraph) -> bool:
    for node in method.syntax:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in {"acquire", "__aenter__"}:
                continue
            name = last_name(node.func.value)
            if sounds_like_a_lock(facts.qualname) and node.func.attr == "__aenter__":
                return True  # it is called a lock, and enters what it keeps or makes for each use
            if lock_type(module.attribute_type(facts.id, name)) is not None or sounds_like_a_lock(name):
                return True
    return False


def lock_of(resolver: Resolver, operand: Operand) -> Lock | None:
    """Give the lock that an operand is, or None if it plainly is none.

    What cannot be resolved and sounds like a lock is taken to be one that protects and never deadlocks.
    """
    module = resolver.module
    location = resolver.value(operand)
    typed = resolver.operand_type(operand)
    found = lock_type(typed)
    if found is None and location is not None and module.link.declares_lock(resolver.key_of(location)):
        found = UNKNOWN_LOCK
    if found is None and typed.name and typed.name.startswith("class:"):
        facts = module.link.class_facts(typed.name.removeprefix("class:"))
        found = class_lock_type(module, facts, typed.bound) if facts else None
        if found is None:
            return None
    if found is None and _is_reading_side(resolver, operand):
        return Lock(location or unnamed(resolver, operand), PERMISSIVE, Flaw(Cause.LETS_IN, "", 0, says=_READERS))
    if found is None and typed.name is None:
        found = lock_made_for(resolver, operand)
    if found is not None:
        location = _wrapped_lock(resolver, location, typed) or location
        return Lock(location or unnamed(resolver, operand), found)
    if typed.name is not None and not typed.nothing:
        return None
    return _unresolved(resolver, operand, location)


def is_made_as_lock(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether a value is known to be a lock by what makes it, and not only by its name."""
    return lock_type(resolver.operand_type(operand)) is not None or lock_made_for(resolver, operand) is not None


def _is_reading_side(resolver: Resolver, operand: Operand) -> bool:
    """Tell whether a value is the side of a read-write lock that lets many in at once."""
    event = resolver.function.events[resolver.origin(operand)]
    if isinstance(event, Call):
        event = resolver.function.events[event.function]
    return _is_side(resolver, event, SHARED_SIDES)


def _is_side(resolver: Resolver, event: Event, sides: frozenset[str]) -> bool:
    if not isinstance(event, Read) or not isinstance(event.place, Attribute) or event.place.attr not in sides:
        return False
    base = event.place.base
    name = last_name(resolver.function.nodes[resolver.origin(base)])
    return resolver.operand_type(base).name in READ_WRITE_LOCKS or names_read_write(name)


def _wrapped_lock(resolver: Resolver, location: Location | None, typed: Typed) -> Location | None:
    """``Condition(self._lock)`` *is* that lock."""
    wrapped = typed.wraps
    if location is not None and location.root is Root.GLOBAL and not location.steps and isinstance(wrapped, ast.Name):
        return Location(Root.GLOBAL, location.owner, wrapped.id)
    found = location.parent if location is not None and wrapped is not None else None
    steps = steps_of(wrapped) if wrapped is not None else ()
    for name in steps:
        found = resolver.attribute_of(found, name) if found is not None else None
    return found if steps else None


def _unresolved(resolver: Resolver, operand: Operand, location: Location | None) -> Lock | None:
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    node = resolver.function.nodes[origin]
    name = last_name(node)
    if _is_side(resolver, event, EXCLUSIVE_SIDES):
        return Lock(location or unnamed(resolver, operand), UNKNOWN_LOCK)
    if isinstance(event, Call):
        made = LOCK_TYPES.get(dotted(node.func, resolver.module.imports) or "") if isinstance(node, ast.Call) else None
        if made is not None:  # a lock made on the spot excludes nobody, but that is for a rule of its own to say
            return Lock(unnamed(resolver, operand), UNKNOWN_LOCK)
        method = method_of(resolver.function, event)
        whole = resolver.function.nodes[method.base] if method is not None else None
        given = any(lock_type(resolver.operand_type(argument)) is not None for argument in event.arguments)
        if not given and not sounds_like_a_lock(name) and not sounds_like_a_lock(last_name(whole)):
            return None
        return Lock(location or unnamed(resolver, origin), UNKNOWN_LOCK)
    if not any(sounds_like_a_lock(part) for part in (name, last_name(resolver.function.nodes[operand]), _key_of(node))):
        return None
    return Lock(location or unnamed(resolver, operand), UNKNOWN_LOCK)


def _key_of(node: ast.AST) -> str:
    """Give the name of an entry, as in ``cache[url]["lock"]``."""
    if not isinstance(node, ast.Subscript):
        return ""
    key = node.slice
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else last_name(key)


def unnamed(resolver: Resolver, operand: Operand) -> Location:
    """Give the place of a lock that has no name: the expression that is entered."""
    node = resolver.function.nodes[operand]
    text = ast.unparse(node) if isinstance(node, ast.expr) else f"<{operand}>"
    return Location(Root.RESULT, resolver.function.id, text)


def known_as(resolver: Resolver, location: Location, lock: Lock) -> Lock | None:
    """Give a lock under a caller's name; of one that was handed over, its own caller knows the type.

    Returns None if it is none for which tasks wait, or nobody knows.
    """
    if lock.keeps_waiting:
        return Lock(location, lock.type)
    if lock_type(resolver.type_of(location)) is None and location.root is Root.PARAMETER:
        return Lock(location, lock.type)
    return typed_lock(resolver, location)


def typed_lock(resolver: Resolver, location: Location) -> Lock | None:
    """Give the lock at a location, if its type says that tasks wait for it while it is held."""
    known = lock_type(resolver.type_of(location))
    lock = Lock(location, known) if known is not None else None
    return lock if lock is not None and lock.keeps_waiting else None


def excludes_by_type(resolver: Resolver, location: Location) -> bool:
    """Tell whether what is stored at a location is by its type a lock that keeps others out, or may do so."""
    typed = resolver.type_of(location)
    known = lock_type(typed)
    if known is None and (typed.name or "").startswith("class:"):
        facts = resolver.module.link.class_facts((typed.name or "").removeprefix("class:"))
        known = class_lock_type(resolver.module, facts, typed.bound) if facts is not None else None
    return known is not None and known.exclusion is not Exclusion.COUNTING


def is_handed(lock: Lock) -> bool:
    """Tell whether a function was given a lock, or its object was, so that it cannot know the type."""
    return lock.location.root in {Root.PARAMETER, Root.SELF} and lock.type is UNKNOWN_LOCK


def as_held(resolver: Resolver, operand: Operand, lock: Lock) -> Lock:
    """Give what holding a lock means; what lets several in is held, and keeps nobody out."""
    if lock.type.exclusion is not Exclusion.COUNTING or lock.type is PERMISSIVE:
        return lock
    says = f"{resolver.operand_type(operand).bound} tasks can hold it at once"
    return replace(lock, type=PERMISSIVE, flaw=Flaw(Cause.LETS_IN, "", 0, says=says))


def is_plain(lock: Lock) -> bool:
    """Tell whether it is known of a lock how it excludes, and others have the same name for it."""
    return lock.type.keeps_tasks_out and lock.flaw is None and lock.location.root in NAMED_BY_SEVERAL


_READERS = "it is the reading side, which any number of tasks can hold at once"
