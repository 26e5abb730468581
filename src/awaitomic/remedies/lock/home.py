"""Where the state lives, so where its lock lives; and which lock guards it already."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Enter
from awaitomic.model.location import ANY_ITEM, AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import CONTENTS, Access, Change
from awaitomic.program.locks import Lock, class_lock_type, lock_type
from awaitomic.program.locks.counts_users import lends
from awaitomic.program.locks.guarded_by import GuardedBy
from awaitomic.program.module import ClassFacts, is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.shared.declarative import declares_field
from awaitomic.remedies.shared.declined import Declined


class Kind(enum.Enum):
    """Whose attribute or variable the lock is."""

    INSTANCE = "instance"
    CLASS = "class"
    MODULE = "module"
    CLOSURE = "closure"


@dataclass(frozen=True, slots=True)
class Home:
    """The place of a state: `owner` is the class or function, `state` the attribute or variable that holds it."""

    kind: Kind
    owner: str
    state: str
    keys: frozenset[Location]
    """The names under which the functions of the file know the state, its contents and what contains it."""
    depth: int
    """The number of steps of the state's own path."""

    @property
    def key(self) -> Location:
        """The shortest of the names."""
        return min(self.keys, key=lambda key: (len(key.steps), str(key)))

    @property
    def name(self) -> str:
        """The variable, of a module or closure, that the state is reached through."""
        return min(str(key) for key in self.keys).partition(".")[0]

    def writers(self, program: Program) -> Iterator[tuple[Resolver, Access]]:
        """Give every write of the state outside construction and import, each once, in the order of the file."""
        seen: set[tuple[int, int]] = set()
        for key in sorted(self.keys, key=lambda key: (len(key.steps), key.root.value)):
            for resolver, access in program.writers_at(key):
                mark = (id(resolver), access.event)
                contents = access.change in CONTENTS or access.change is Change.RESET
                container = len(key.steps) < self.depth
                if mark in seen or self._makes(program, resolver, access) or (container and not contents):
                    continue
                if self._is_another_object(resolver, access):
                    continue
                seen.add(mark)
                yield resolver, access

    def _is_another_object(self, resolver: Resolver, access: Access) -> bool:
        """Tell whether a write is of a sibling class, whose instances are never the object with the bug."""
        owner = resolver.owner_of(access.location)
        return self.kind is Kind.INSTANCE and owner is not None and not resolver.module.can_be_one(self.owner, owner)

    def _makes(self, program: Program, resolver: Resolver, access: Access) -> bool:
        """Tell whether a write makes the state, before anybody else can have it."""
        if is_construction(resolver.function):
            return True
        if self.kind is not Kind.CLOSURE or resolver.function.id != self.owner or access.task is not None:
            return False
        before = program.facts(resolver).solution.before_event(access.event)
        return before is None or not before.suspended


def home_of(program: Program, resolver: Resolver, location: Location) -> Home:
    """Give the place of a state that a function of the file names `location`.

    Raises:
        Declined: ``foreign-state`` if the file does not show who owns it, ``is-a-lock`` if the owner is one itself.
    """
    facts = program.module.link.class_facts(location.owner)
    if facts is not None and class_lock_type(program.module, facts) is not None and not _is_pool(program, facts):
        raise Declined(
            "is-a-lock", f"`{facts.qualname}` is a lock itself: another one inside would change how it works"
        )
    key = resolver.key_of(location)
    module = program.module
    keys = _keys(key)
    first = key.steps[0].name if key.steps and isinstance(key.steps[0], AttributeStep) else ""
    if location.root is Root.SELF and first and key.root is Root.SELF:
        own = module.link.declaring(location.owner, first) == key.owner
        if own and location.steps[:1] == key.steps[:1]:
            if _is_shared(program, location.owner, first):
                return Home(Kind.CLASS, location.owner, first, keys | _rooted(keys, Root.CLASS), len(key.steps))
            return Home(Kind.INSTANCE, location.owner, first, keys, len(key.steps))
    if location.root is Root.CLASS and first and facts is not None:
        return Home(Kind.CLASS, location.owner, first, keys | _rooted(keys, Root.SELF), len(key.steps))
    own_variable = location.root is Root.GLOBAL and location.owner == module.name
    if own_variable and location.name not in module.imports and location.name in module.globals:
        attributes = "_".join(step.name for step in location.steps if isinstance(step, AttributeStep))
        state = "_".join(part for part in (location.name, attributes) if part)
        return Home(Kind.MODULE, "", state, keys, len(key.steps))
    if location.root is Root.CLOSURE:
        return Home(Kind.CLOSURE, location.owner, location.name, keys, len(key.steps))
    raise Declined("foreign-state", f"`{location}` belongs to an object whose class does not make its own lock here")


def _is_pool(program: Program, facts: ClassFacts) -> bool:
    acquire, release = (program.module.find_method(facts.id, name) for name in ("acquire", "release"))
    return acquire is not None and release is not None and lends(facts.qualname, acquire.node, release.node)


def _keys(key: Location) -> frozenset[Location]:
    keys = {key, key.item(ANY_ITEM)}
    if key.steps and key.steps[-1] == ANY_ITEM and key.parent is not None:
        keys.add(key.parent)
    return frozenset(keys)


def _rooted(keys: frozenset[Location], root: Root) -> frozenset[Location]:
    """Give the names of state of the class when it is reached through an instance, or the other way round."""
    return frozenset(Location(root, key.owner, key.name, key.steps) for key in keys)


def _is_shared(program: Program, class_id: str, attribute: str) -> bool:
    """Tell whether instances share an attribute: it is made in the class body, and none is given its own."""
    module = program.module
    makers = [facts for facts in module.lineage(class_id) if attribute in facts.class_level]
    if not makers or any(declares_field(program, facts, attribute) for facts in makers):
        return False
    own = Location(Root.SELF, module.link.declaring(class_id, attribute), "self", (AttributeStep(attribute),))
    return all(access.location.root is Root.CLASS or access.value is None for _, access in program.writers_at(own))


def receiver_of(program: Program, function: FunctionGraph) -> str | None:
    """Give the name of ``self`` in a method, or in a function nested in one; None where it has none."""
    receiver = _receiver(program, function)
    return receiver.name if receiver is not None else None


def _receiver(program: Program, function: FunctionGraph) -> Location | None:
    current: FunctionGraph | None = function
    hidden: set[str] = set()
    while current is not None:
        if current.class_name is not None:
            receiver = program.resolver(current).receiver()
            return receiver if receiver is not None and receiver.name not in hidden else None
        hidden |= current.local_names
        enclosing = current.enclosing
        current = program.unit_of(function).module.functions[enclosing] if enclosing else None
    return None


def lock_expression(program: Program, home: Home, name: str, function: FunctionGraph, owner: str = "") -> str:
    """Give how a function says the lock `name`; `owner` is the object that has it, if not the function's own instance.

    Raises:
        Declined: ``foreign-state`` if the function has no name for the object that owns it.
    """
    line = getattr(function.node, "lineno", 1)
    if home.kind in {Kind.MODULE, Kind.CLOSURE}:
        if name in function.local_names or name in function.parameters:
            raise Declined("name-taken", f"`{function.qualname}` (line {line}) has a variable `{name}` of its own")
        if home.kind is Kind.CLOSURE and not f"{function.id}.".startswith(f"{home.owner}."):
            raise Declined("foreign-state", f"`{function.qualname}` (line {line}) writes the state from outside")
        return name
    receiver = owner or _own_name(program, home, function)
    if receiver is None:
        raise Declined("foreign-state", f"`{function.qualname}` (line {line}) writes the state through another object")
    return f"{receiver}.{name}"


def _own_name(program: Program, home: Home, function: FunctionGraph) -> str | None:
    """Give what a function calls the object that has the state: its own instance or class, or the class by its name."""
    receiver = _receiver(program, function)
    fits = receiver is not None and (home.kind is Kind.CLASS or receiver.root is Root.SELF)
    if receiver is not None and fits and _is_of(program, home, function):
        return receiver.name
    owner = program.module.link.class_facts(home.owner) if home.kind is Kind.CLASS else None
    if owner is None or owner.qualname not in program.module.graph.module.local_names:
        return None
    is_here = function.module == program.module.name and _is_seen_from(program, function, owner.qualname)
    return owner.qualname if is_here else None


def _is_seen_from(program: Program, function: FunctionGraph, name: str) -> bool:
    """Tell whether a name of the module means the same in a function: nothing around it has one of its own."""
    current: FunctionGraph | None = function
    while current is not None and current.enclosing is not None:
        if name in current.local_names and name not in current.global_names:
            return False
        current = program.unit_of(function).module.functions[current.enclosing]
    return True


def _is_of(program: Program, home: Home, function: FunctionGraph) -> bool:
    """Tell whether a function is a method of a relative of the class that owns the state, or nested in one."""
    current: FunctionGraph | None = function
    while current is not None and current.class_id is None:
        current = program.unit_of(function).module.functions[current.enclosing] if current.enclosing else None
    link = program.module.link
    own = current.class_id if current is not None else None
    top = link.declaring(home.owner, home.state)
    return own is not None and (link.descends(own, top) or link.descends(home.owner, own))


@dataclass(frozen=True, slots=True)
class Guardian:
    """A lock of the file that guards the state already."""

    lock: Lock
    name: str
    key: Location
    sure: bool = True
    """Whether it plainly is for this state; else a new one may be better."""


_GENERAL_NAMES = frozenset({"lock", "mutex", "async_lock", "alock"})


def guardian(program: Program, home: Home, own: FunctionGraph) -> Guardian | None:
    """Give the lock that guards a state: held at most other accesses of it, or made for it.

    Parameters:
        program: the facts of the file.
        home: the state.
        own: the function with the bug, whose accesses do not count.

    Raises:
        Declined: ``other-lock`` if most accesses hold a lock that cannot be taken here.
    """
    key, held = GuardedBy(program).majority(home.keys, own)
    found = {guard.key: guard for guard in candidates(program, home)}
    if key is not None:
        if key in found:
            return found[key]
        raise Declined("other-lock", f"other accesses of the state hold `{key}`, which cannot be taken here")
    for guard in found.values():
        if guard.name.strip("_") in {f"{home.state.strip('_')}_lock", f"lock_{home.state.strip('_')}"}:
            return guard
    if len(found) == 1:
        (only,) = found.values()
        # A lock that is named after other state is made for that; a general one that nobody takes yet may be for this.
        spare = only.name.strip("_") in _GENERAL_NAMES and not _is_used(program, only.key)
        taken = _is_taken_in(program, own, only.key) and not _is_named_after_other(program, home, only.name)
        if held.get(only.key) or spare or taken:
            return replace(only, sure=False)
    return None


def _is_named_after_other(program: Program, home: Home, lock: str) -> bool:
    """Tell whether a lock is by its name for another attribute of the class: ``_token_lock`` for ``_token``."""
    stem = lock.strip("_").removesuffix("_lock").removeprefix("lock_")
    relatives = program.module.lineage(home.owner) if home.kind in {Kind.INSTANCE, Kind.CLASS} else ()
    names = {name.strip("_") for facts in relatives for name in facts.attributes if name not in {home.state, lock}}
    return stem in names


def _is_taken_in(program: Program, function: FunctionGraph, key: Location) -> bool:
    resolver = program.resolver(function)
    return any(
        isinstance(event, Enter)
        and any(resolver.key_of(lock.location) == key for lock in program.locks_of(resolver, event.manager))
        for event in function.events
    )


def _is_used(program: Program, key: Location) -> bool:
    return any(
        resolver.key_of(taken.lock.location) == key
        for resolver in program.resolvers_knowing(key)
        for taken in program.acquisitions.of(resolver.function)
        if not taken.chain
    )


def candidates(program: Program, home: Home) -> Iterator[Guardian]:
    """Give the asyncio locks that belong to the same object as the state."""
    module = program.module
    if home.kind is Kind.MODULE:
        for name, written in module.globals.items():
            known = lock_type(module.resolve(written))
            if known is not None and known.keeps_tasks_out:
                location = Location(Root.GLOBAL, module.name, name)
                yield Guardian(Lock(location, known), name, location)
    if home.kind not in {Kind.INSTANCE, Kind.CLASS}:
        return
    seen: set[str] = set()
    for facts in module.lineage(home.owner):
        for name, typed in facts.attributes.items():
            known = lock_type(typed)
            if name in seen or known is None or not known.keeps_tasks_out:
                continue
            if home.kind is Kind.CLASS and name not in facts.class_level:
                continue
            seen.add(name)
            location = Location(Root.SELF, home.owner, "self", (AttributeStep(name),))
            key = Location(Root.SELF, module.link.declaring(home.owner, name), "self", location.steps)
            yield Guardian(Lock(location, known), name, key)
