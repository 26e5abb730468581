"""How a function that is no method of the state's class speaks of the object whose lock it has to take.

``self.session.token = ""`` in a hub is a write of the session's state, and ``self.session._lock`` is its lock, if that
is the same session from taking the lock to giving it back.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from awaitomic.model.event import Guard
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access
from awaitomic.program.calls import translate
from awaitomic.program.module_calls import Site
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.home import Home, Kind
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run, events_in
from awaitomic.remedies.split.takers import line_of

OWN = ""
"""Stands for the function's own instance."""


def owner_of(program: Program, home: Home, resolver: Resolver, event: int, location: Location) -> str:
    """Give the expression by which a function reaches the object that owns the state; OWN for its own instance.

    Parameters:
        program: the facts of the file.
        home: the state.
        resolver: the function.
        event: where it writes.
        location: the state in the function's terms.

    Raises:
        Declined: ``foreign-state`` if it has no name for the object that surely stands for the same one all the time.
    """
    if home.kind not in {Kind.INSTANCE, Kind.CLASS} or _is_own(home, location):
        if location.root not in {Root.PARAMETER, Root.RESULT}:
            return OWN
    elif home.kind is Kind.INSTANCE and _is_kept(program, resolver, location):
        return str(_object(resolver, location))
    raise _through_another(program, resolver, event)


@dataclass(frozen=True, slots=True)
class Written:
    """A write of a callee, as its caller speaks of it."""

    owner: str
    """The expression for the object whose state it is; OWN for the caller's own instance."""
    access: Access | None


def written_at_call(program: Program, home: Home, site: Site, access: Access | None) -> Written | None:
    """Say in the caller's terms what a callee writes, or None where the caller has made the object and keeps it so far.

    Parameters:
        program: the facts of the file.
        home: the state.
        site: the call.
        access: the write, where it is made by the callee itself; else its own instance is meant.

    Raises:
        Declined: ``foreign-state`` if the caller has no name for the object.
    """
    if home.kind not in {Kind.INSTANCE, Kind.CLASS}:
        return Written(OWN, access)
    own = Location(Root.SELF, home.owner, "self", (AttributeStep(home.state),))
    state = access.location if access is not None else own
    found = translate(site.resolver, site.target, state)
    if found is None and _is_made_at(site, state):
        return Written(OWN, access) if home.kind is Kind.CLASS else None
    if found is None:
        raise _through_another(program, site.resolver, site.event)
    owner = owner_of(program, home, site.resolver, site.event, found)
    return Written(owner, replace(access, location=found) if access is not None else None)


def _is_made_at(site: Site, state: Location) -> bool:
    """Tell whether the object that a callee speaks of is one that its caller has made, and nobody else has."""
    if state.root is Root.SELF:
        return site.on_new_object
    handed = next((operand for name, operand in site.target.arguments if name == state.name), None)
    base = site.resolver.value(handed) if state.root is Root.PARAMETER and handed is not None else None
    return base is not None and base.root is Root.FRESH


def _through_another(program: Program, resolver: Resolver, event: int) -> Declined:
    line = line_of(program, resolver.function, event)
    where = "" if program.is_here(resolver.function) else f" of {program.path_of(resolver.function)}"
    message = f"`{resolver.function.qualname}` writes the state on line {line}{where} through another object"
    return Declined("foreign-state", message)


def check_presence(resolver: Resolver, owner: str, run: Run) -> None:
    """Refuse to take a lock of an object before the test whether it is there.

    Raises:
        Declined: ``foreign-state``.
    """
    function = resolver.function
    for event in events_in(function, run):
        node = function.nodes[event]
        if isinstance(function.events[event], Guard) and isinstance(node, ast.expr) and _asked(node) == owner:
            message = (
                f"`{function.qualname}` asks on line {node.lineno} whether `{owner}`, which has the lock, is there"
            )
            raise Declined("foreign-state", message)


def _asked(node: ast.expr) -> str:
    """Give what a test is about: ``not x``, ``x is None``, ``(y := x)`` and ``x`` are all about ``x``."""
    inner = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) else node
    inner = inner.left if isinstance(inner, ast.Compare) else inner
    return ast.unparse(inner.value if isinstance(inner, ast.NamedExpr) else inner)


def _is_own(home: Home, location: Location) -> bool:
    steps = location.steps
    return location.root in {Root.SELF, Root.CLASS} and bool(steps) and str(steps[0]) == f".{home.state}"


def _object(resolver: Resolver, location: Location) -> Location:
    """Give the path of the object that owns a state: the state's own path without what all functions call the state."""
    count = len(resolver.key_of(location).steps)
    return Location(location.root, location.owner, location.name, location.steps[: len(location.steps) - count])


def _is_kept(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether the path to the object leads to the same one during a call: by attributes that are never changed."""
    path = _object(resolver, location)
    function = resolver.function
    if location.written is not None or not all(isinstance(step, AttributeStep) for step in path.steps):
        return False
    if not function.is_async:
        return False
    parameter = path.root is Root.PARAMETER and path.owner == function.id and path.name not in resolver.bindings
    if not parameter and not (path.root is Root.SELF and path.steps and function.class_id is not None):
        return False
    current: Location | None = path
    while current is not None and current.steps:
        if program.changes(resolver, current):
            return False
        current = current.parent
    return True
