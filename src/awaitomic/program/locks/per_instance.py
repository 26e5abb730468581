"""Locks that each instance has for itself, and what all instances share: no lock of one keeps another one out.

Counted is only a class of which one function is seen to make several instances, or whose instances are made by what
runs in several tasks, or of which a framework makes one for each request; and a lock that nothing but the class
makes, in each of them. A class of which there is one is believed, and one that is given its lock.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import CONTAINERS
from awaitomic.knowledge.locks import IN_PROCESS, LOCK_TYPES
from awaitomic.knowledge.owners import MADE_PER_REQUEST
from awaitomic.model.event import Attribute, Write
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.accesses import accesses
from awaitomic.program.callers import in_loop
from awaitomic.program.locks import Cause, Each, Flaw
from awaitomic.program.locks.per_request import made_for_request
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module import ClassFacts

_WIDER = frozenset({Root.CLASS, Root.GLOBAL})


def one_for_each(program: Program, resolver: Resolver, lock: Location) -> Each | None:
    """Tell where each instance gets a lock of its own, if there are several and the function writes what they share."""
    step = lock.steps[0] if len(lock.steps) == 1 else None
    owner = _made_for_request(program, resolver, lock) if lock.root is Root.PARAMETER else lock.owner
    if lock.root not in {Root.SELF, Root.PARAMETER} or owner is None or not isinstance(step, AttributeStep):
        return None
    lineage = resolver.module.lineage(owner)
    shared = frozenset(name for facts in lineage for name in facts.class_level if _is_shared(program, facts, name))
    if not _writes_wider(resolver, shared):
        return None
    made = _made_in_constructor(program, lineage, step.name)
    if made is None or not (lock.root is Root.PARAMETER or _are_several(program, owner)):
        return None
    return Each(made, shared)


def _made_for_request(program: Program, resolver: Resolver, lock: Location) -> str | None:
    """Give the class of which a framework makes an instance for each request, if a parameter is one."""
    found = made_for_request(program, resolver, lock.name)
    return found.id if found is not None and found.kind == "class" else None


def _writes_wider(resolver: Resolver, shared: frozenset[str]) -> bool:
    """Tell whether a function writes state that is not that of one instance."""
    for access in accesses(resolver):
        location = access.location
        first = location.steps[0] if location.steps else None
        in_class = location.root is Root.SELF and isinstance(first, AttributeStep) and first.name in shared
        if location.root in _WIDER or in_class:
            return True
    return False


def _is_shared(program: Program, facts: ClassFacts, name: str) -> bool:
    """Tell whether an attribute is a container that is made in the class body, and that no instance replaces."""
    if facts.attributes.get(name) is None or facts.attributes[name].name not in CONTAINERS:
        return False
    if facts.node.decorator_list:  # a dataclass may give each instance its own
        return False
    return not any(
        isinstance(event, Write) and isinstance(event.place, Attribute) and event.place.attr == name
        for other in program.project.link.lineage(facts.id)
        for method in other.methods.values()
        for event in method.events
    )


def _made_in_constructor(program: Program, lineage: tuple[ClassFacts, ...], name: str) -> Flaw | None:
    """Give where the constructor makes a lock, if that is the only thing that is ever put there."""
    if any(name in facts.class_level for facts in lineage):
        return None
    found: list[Flaw] = []
    for method in (method for facts in lineage for method in facts.methods.values()):
        inner = program.resolver(method)
        for event in method.events:
            if not isinstance(event, Write) or not isinstance(event.place, Attribute) or event.place.attr != name:
                continue
            made = method.nodes[event.value] if event.value is not None else None
            if getattr(method.node, "name", "") != "__init__" or not _makes_lock(made, inner.module.imports):
                return None
            found.append(Flaw(Cause.ONE_EACH, method.id, event.id))
    return found[0] if found else None


def _makes_lock(node: ast.AST | None, imports: dict[str, str]) -> bool:
    known = LOCK_TYPES.get(dotted(node.func, imports) or "") if isinstance(node, ast.Call) else None
    return known is not None and known.library in IN_PROCESS and isinstance(node, ast.Call) and not node.args


def _are_several(program: Program, class_id: str) -> bool:
    """Tell whether one function makes several instances, or a framework one for each request: side by side."""
    link = program.project.link
    if any(base in MADE_PER_REQUEST for each in link.above(class_id) for base in link.bases(each)):
        return True
    made = program.makers.constructions(class_id) or []
    if any(resolver.is_module for resolver, _ in made):
        return False
    makers = [resolver.function for resolver, _ in made]
    return any(
        in_loop(resolver, event.id) or sum(each is resolver.function for each in makers) > 1 for resolver, event in made
    )
