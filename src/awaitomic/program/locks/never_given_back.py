"""Locks that a function takes by hand and that nothing in the project can give back: whoever comes next waits for ever.

That nothing gives a lock back is only said where each place is known that has the lock in its hand. So all that may be
done with it is looked at by name, in every module that can touch it: it is made once, it is acquired, it is entered.
Whatever else is done with something of that name (it is released, handed on, asked, replaced, kept under another name)
may give it back, or shows that it is meant as a signal.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.knowledge.lifecycle import CONSTRUCTION, opens_or_closes_by_name, runs_alone_by_name
from awaitomic.knowledge.locks import LOCK_TYPES, WRAPPING_CONSTRUCTORS, Exclusion
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.callers import in_loop
from awaitomic.program.concurrency.entries import entries
from awaitomic.program.concurrency.table import Start
from awaitomic.program.locks.by_hand import Taking
from awaitomic.program.names import dotted
from awaitomic.source.syntax import walk

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.unit import Unit

_ONCE = frozenset({Start.ONCE, Start.ALONE, Start.LIFECYCLE, Start.OWNER})
_VARIABLES = frozenset({Root.GLOBAL, Root.CLOSURE})
_ENTERS = "__aenter__"
_OPENING = (_ENTERS, "setup", "startup", "on_startup", "on_start")


class Kept(NamedTuple):
    """A lock that stays taken."""

    kind: str
    """What makes it: ``asyncio.Lock``."""
    is_private: bool
    """Whether its name says that nobody outside of the project touches it."""
    waits_here: bool
    """Whether the function that keeps it is seen to come again, and so waits for itself."""
    others: int
    """How many other places take it."""


def never_given_back(program: Program, resolver: Resolver, taking: Taking) -> Kept | None:
    """Tell whether nothing in the project can give back a lock that a function has taken by hand."""
    key = resolver.key_of(taking.lock.location)
    name = _name_of(key)
    if name is None or taking.lock.type.exclusion is not Exclusion.EXCLUSIVE or _is_to_stay_shut(resolver):
        return None
    if resolver.function.class_id is not None and not _leaves_to_nobody(program, resolver):
        return None
    uses = _Uses()
    for unit in _units(program, key):
        _look_through(program, unit, key, name, uses)
    if uses.others or len(uses.made) != 1:
        return None
    is_private = name.startswith("_") or key.root is Root.CLOSURE
    return Kept(uses.made[0], is_private, _comes_again(program, resolver, key), len(uses.taken) - 1)


def _name_of(key: Location) -> str | None:
    """Give the attribute or variable that a lock is kept in, if it is kept in one of its own."""
    if key.root in _VARIABLES and not key.steps:
        return key.name
    step = key.steps[0] if len(key.steps) == 1 else None
    return step.name if key.root in {Root.SELF, Root.CLASS} and isinstance(step, AttributeStep) else None


def _is_to_stay_shut(resolver: Resolver) -> bool:
    """Tell whether a function by its name ends the use of something: nobody is to come in after it."""
    name = getattr(resolver.function.node, "name", "")
    return opens_or_closes_by_name(name) or (runs_alone_by_name(name) and name not in _OPENING)


def _leaves_to_nobody(program: Program, resolver: Resolver) -> bool:
    """Tell whether whoever leaves what an ``__aenter__`` has entered is seen."""
    function = resolver.function
    if getattr(function.node, "name", "") != _ENTERS:
        return True
    return function.class_id is not None and program.module.find_method(function.class_id, "__aexit__") is not None


def _units(program: Program, key: Location) -> tuple[Unit, ...]:
    if key.root is Root.GLOBAL and program.project.concerned(key.owner, key.name) is None:
        return ()  # too many to look into
    return program.units_knowing(key)


def _comes_again(program: Program, resolver: Resolver, key: Location) -> bool:
    """Tell whether a function is seen, or has to be expected, to run a second time on the same object."""
    function = resolver.function
    if getattr(function.node, "name", "") == _ENTERS:
        return True
    sites = program.callers.sites(function)
    each_its_own = key.root is Root.SELF and not program.callers.spawns(function)
    if each_its_own and sites and all(site.on_new_object for site in sites):
        made = [(id(site.resolver), site.target.receiver) for site in sites]
        return len(set(made)) < len(made)
    if len(sites) > 1 or any(in_loop(site.resolver, site.event) for site in sites):
        return True
    starts = [entry.start for entry in entries(program, function, key, shared=None)]
    return starts.count(Start.ONCE) > 1 or any(start not in _ONCE for start in starts)


# -- what is done with whatever goes by the name -----------------------------------------------------------------------


class _Uses:
    def __init__(self) -> None:
        self.made: list[str] = []
        """The constructors that its values come from."""
        self.taken: list[ast.AST] = []
        self.others: list[ast.AST] = []


def _look_through(program: Program, unit: Unit, key: Location, name: str, uses: _Uses) -> None:
    """Sort what a module does with all that goes by a name and can be the lock."""
    nodes = walk(unit.module.tree)
    known = {id(node) for node in (*_of_other_classes(program, unit, key), *_in_slots(nodes))}
    for node in nodes:
        for used in _taken_by(node):
            if _is_named(used, key, name) and id(used) not in known:
                known.add(id(used))
                uses.taken.append(used)
    fresh = _made_early(program, unit, key)
    in_class = _in_class_bodies(unit)
    for node in nodes:
        target, value = _stored(node)
        named = _is_named(target, key, name) or (id(node) in in_class and getattr(target, "id", "") == name)
        if named and id(target) not in known and id(node) in fresh:
            made = _constructor(unit, value)
            if made is not None:
                known.add(id(target))
                uses.made.append(made)
    uses.others += [node for node in nodes if _may_be(node, key, name) and id(node) not in known]


def _taken_by(node: ast.AST) -> Iterator[ast.AST]:
    """Give what a statement enters, or waits for and takes."""
    if isinstance(node, ast.AsyncWith):
        yield from (item.context_expr for item in node.items if item.optional_vars is None)
    elif isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
        call = node.value
        if isinstance(call.func, ast.Attribute) and call.func.attr == "acquire" and not call.args and not call.keywords:
            yield call.func.value


def _constructor(unit: Unit, value: ast.AST | None) -> str | None:
    """Give what makes a value if that is a lock of its own: a condition of a lock that it is given *is* that lock."""
    made = dotted(value.func, unit.module.imports) if isinstance(value, ast.Call) else None
    wraps = made in WRAPPING_CONSTRUCTORS and isinstance(value, ast.Call) and (value.args or value.keywords)
    return made if made in LOCK_TYPES and not wraps else None


def _stored(node: ast.AST) -> tuple[ast.AST | None, ast.AST | None]:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        return node.targets[0], node.value
    return (node.target, node.value) if isinstance(node, ast.AnnAssign) else (None, None)


def _made_early(program: Program, unit: Unit, key: Location) -> set[int]:
    """Give the statements that run before anybody else has what they make: of the module, of classes, of constructors.

    So do those of the function whose variable the lock is.
    """
    blocks: list[list[ast.stmt]] = [unit.module.tree.body]
    if key.root is Root.CLOSURE:
        blocks.append(_body_of(program.named(key.owner).function.node))
    for facts in unit.module.classes.values():
        blocks.append(facts.node.body)
        blocks += [_body_of(facts.methods[name].node) for name in CONSTRUCTION & facts.methods.keys()]
    return {id(statement) for block in blocks for statement in block}


def _in_class_bodies(unit: Unit) -> set[int]:
    return {id(statement) for facts in unit.module.classes.values() for statement in facts.node.body}


def _body_of(node: ast.AST) -> list[ast.stmt]:
    return node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []


def _of_other_classes(program: Program, unit: Unit, key: Location) -> Iterator[ast.AST]:
    """Give what methods of unrelated classes call an attribute of ``self``: it is their own."""
    if key.root in _VARIABLES:
        return
    link = program.project.link
    family = {facts.id for facts in (*link.lineage(key.owner), *link.descendants(key.owner))}
    for facts in unit.module.classes.values():
        if facts.id not in family:
            for node in walk(facts.node):
                own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
                if own:
                    yield node


def _in_slots(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """Give the names in ``__slots__``: they only say that there is such an attribute."""
    for node in nodes:
        target, value = _stored(node)
        if isinstance(target, ast.Name) and target.id == "__slots__" and value is not None:
            yield from walk(value)


def _is_named(node: ast.AST | None, key: Location, name: str) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == name
    return key.root is not Root.SELF and isinstance(node, ast.Name) and node.id == name


def _may_be(node: ast.AST, key: Location, name: str) -> bool:
    """Tell whether something goes by the name, in whatever way: also by the text of a `getattr`, or as an argument."""
    if isinstance(node, ast.Constant):
        return node.value == name
    if isinstance(node, ast.keyword | ast.arg):
        return node.arg == name and (isinstance(node, ast.keyword) or key.root in _VARIABLES)
    if isinstance(node, ast.alias):
        return node.name == name and node.asname is not None
    return _is_named(node, key, name)
