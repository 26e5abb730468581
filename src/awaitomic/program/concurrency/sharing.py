"""What says that several tasks use one object, and what says that one task owns it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.knowledge.locks import LOCK_TYPES, sounds_like_a_lock
from awaitomic.knowledge.owners import has_one_owner, is_made_to_be_shared
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program.locks import class_lock_type
from awaitomic.program.makers import Fate
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module import ClassFacts


class Hint(NamedTuple):
    """What a rule has seen in a span that says that several tasks are meant: a total is kept, a thing made for all."""

    text: str
    weight: int = 2


ENOUGH = 4
"""One sign alone, a name or a lock, is too little: of what rested on one, one in seven was true on real code."""

_BY_PLACE, _BY_KIND, _BY_LOCK, _BY_KEY = 3, 3, 2, 1


@dataclass(frozen=True, slots=True)
class Shared:
    """What says that several tasks use an object, and how much weight that has in sum."""

    whys: tuple[str, ...]
    weight: int
    strong: bool = False
    """Whether even opening and closing it is not one's own."""
    keyed: bool = False
    """Whether it would not be enough without the key that each caller gives: two of them have to give the same one."""
    serves: bool = False
    """Whether the object is by its kind made to serve several."""

    @property
    def is_enough(self) -> bool:
        """Whether whoever can call is to be expected to do so from several tasks."""
        return self.weight >= ENOUGH


_SINGLETON = frozenset({"_instance", "__instance", "instance", "_singleton"})
_TASK_LOCKS = frozenset(name for name, kind in LOCK_TYPES.items() if kind.library in {"asyncio", "anyio", "trio"})


def shared_because(program: Program, resolver: Resolver, location: Location, hint: Hint | None) -> Shared | None:
    """Say why several tasks share the object that a state belongs to; None if nothing speaks for it.

    State of the module, of a class and of a closure is shared by whoever calls. An instance is shared if it is kept in
    the module; that it owns a lock (which may be for other state), that its kind is to serve several, or that it keeps
    something for each of its callers, are signs of it.

    Parameters:
        program: the facts of the project.
        resolver: the function that has the span.
        location: the state, in that function's terms.
        hint: what the rule has seen in the span itself.
    """
    if location.root is not Root.SELF:
        return _sum([Hint("", _BY_PLACE), *([hint] if hint is not None else [])], strong=True)
    name = resolver.function.class_id or location.owner
    lineage = list(program.module.lineage(name))
    short = qualname_of(location.owner).rpartition(".")[2]
    signs: list[Hint] = []
    if any(_is_kept_in_module(program, facts) for facts in lineage):
        signs.append(Hint(f"a `{short}` is kept in the module, for everybody", _BY_PLACE))
    elif any(attribute in _SINGLETON for facts in lineage for attribute in facts.class_level):
        signs.append(Hint(f"`{short}` keeps its one instance, for everybody", _BY_PLACE))
    elif program.makers.fates(name) == frozenset({Fate.USED}):
        return None
    strong = bool(signs)
    if any(_owns_a_lock(facts) for facts in lineage):  # which may be for other state: what opens or closes is one's own
        signs.append(Hint(f"`{short}` owns a lock, so it expects several tasks", _BY_LOCK))
    serves = any(is_made_to_be_shared(facts.qualname) for facts in lineage)
    if serves:
        signs.append(Hint(f"a `{short}` is by its kind used by several tasks", _BY_KIND))
    if hint is not None and not is_made_for_each(program, resolver, location):
        signs.append(hint)
    without = sum(sign.weight for sign in signs)
    if keys_of_callers(resolver, location):
        signs.append(Hint(f"`{location}` is kept for each caller by a key that it gives", _BY_KEY))
    return _sum(signs, strong=strong, keyed=without < ENOUGH, serves=serves) if signs else None


def _sum(signs: list[Hint], *, strong: bool, keyed: bool = False, serves: bool = False) -> Shared:
    whys = tuple(sign.text for sign in signs if sign.text)
    return Shared(whys, sum(sign.weight for sign in signs), strong, keyed, serves)


def _is_kept_in_module(program: Program, facts: ClassFacts) -> bool:
    """Tell whether an instance of a class is a variable of the module that defines the class, or of this one."""
    modules = (facts.module, program.module.name)
    known = (program.project.facts(name) for name in dict.fromkeys(modules))
    return any(
        module.resolve(typed).name == f"class:{facts.id}"
        for module in known
        if module is not None
        for typed in module.globals.values()
    )


def _owns_a_lock(facts: ClassFacts) -> bool:
    return any(typed.name in _TASK_LOCKS for typed in facts.attributes.values())


def keys_of_callers(resolver: Resolver, location: Location) -> frozenset[str]:
    """Give the parameters that the keys are made from under which a state is kept: none, if it is no such entry."""
    own = frozenset(resolver.function.parameters[1:] if resolver.function.class_id else resolver.function.parameters)
    found: set[str] = set()
    for step in location.steps:
        if isinstance(step, ItemStep) and not step.is_literal and step.text != "*":
            root = step.text.partition(".")[0].partition("(")[0].partition("[")[0]
            found |= {root} & own or _made_from(resolver, root, own)
    return frozenset(found)


def _made_from(resolver: Resolver, name: str, parameters: frozenset[str]) -> set[str]:
    """Give the parameters that a local is made from: ``key = hash(params)``."""
    value = resolver.binding(name)
    node = resolver.function.nodes[value] if value is not None else None
    if node is None:
        return set()
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner.id in parameters}


def single_owner(program: Program, resolver: Resolver, location: Location) -> str | None:
    """Give the class whose instances belong to one task at a time, if the state is that of such an instance."""
    if location.root is not Root.SELF:
        return None
    lineage = list(program.module.lineage(resolver.function.class_id or location.owner))
    bases = tuple(qualname_of(base) for facts in lineage for base in program.module.link.bases(facts))
    said = " ".join(ast.get_docstring(facts.node) or "" for facts in lineage)
    name = qualname_of(location.owner).rpartition(".")[2]
    configured = any(program.conventions.has_one_owner(each) for each in (name, *bases))
    return name if configured or has_one_owner(name, bases, said) else None


def is_made_for_each(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether the object of a state is made for each use: nothing in the project keeps one."""
    owner = resolver.owner_of(location) if location.root is Root.SELF else None
    fates = program.makers.fates(owner) if owner is not None else None
    return bool(fates) and fates is not None and Fate.KEPT not in fates


def is_primitive(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether a state is that of a lock or semaphore which the program builds itself.

    What it keeps of its waiters is made for tasks that come in between, in ways that a general rule does not know.
    """
    owner = resolver.owner_of(location)
    facts = program.project.link.class_facts(owner) if owner is not None else None
    if facts is None or not sounds_like_a_lock(facts.qualname):
        return False  # who counts users may call it acquire and release, too
    return class_lock_type(program.module, facts) is not None
