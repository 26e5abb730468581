"""Functions that leave it to their callers to hold a lock: told by what is done, written or asserted, not by a name.

Most callers hold the lock, an assertion asks whether it is held, or the docstring demands it. A name such as
``_save_locked`` alone is a hint: some say so and take the lock themselves, others (``is_locked``) only ask.
"""

from __future__ import annotations

import ast
import enum
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.knowledge.locks import says_caller_holds, sounds_held_by_caller
from awaitomic.model.event import Name, Scope
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.inherited import in_callee
from awaitomic.program.locks import Lock, is_plain, lock_of, lock_type, typed_lock
from awaitomic.program.operands import method_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Site
    from awaitomic.program.resolve import Resolver

_FEW = 2
"""So many callers have to hold the lock at least, if nothing else speaks for it."""


class Basis(enum.Enum):
    """What says that callers hold the lock."""

    ASSERTED = "asserts that it is held"
    DOCUMENTED = "says that its callers hold it"
    CALLERS = "is called with it held nearly everywhere else"
    NAMED = "says so by its name alone"


class Contract(NamedTuple):
    """A lock that callers have to hold, in the function's own terms, and what says so."""

    lock: Lock
    basis: Basis


def contract_of(program: Program, resolver: Resolver) -> Contract | None:
    """Give the lock that a function leaves to its callers, if it plainly does, and takes none itself."""
    function = resolver.function
    if not isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) or program.suspension.takes_locks(
        resolver
    ):
        return None
    asserted = _asserted(resolver)
    if asserted is not None:
        return Contract(asserted, Basis.ASSERTED)
    text = ast.get_docstring(function.node) or ""
    suffix = program.conventions.naming.locked_suffix
    named = sounds_held_by_caller(function.node.name) or bool(suffix and function.node.name.endswith(suffix))
    if says_caller_holds(text):
        meant = _meant(resolver, text)
        if meant is not None:
            return Contract(meant, Basis.DOCUMENTED)
    shared = _held_by_most(program, resolver, 1 if named else _FEW)
    if shared is not None:
        return Contract(shared, Basis.CALLERS)
    only = _meant(resolver, "") if named else None
    return Contract(only, Basis.NAMED) if only is not None else None


def _asserted(resolver: Resolver) -> Lock | None:
    """Give the lock of ``assert self._lock.locked()`` or of a raise where it is not, at the top of a function."""
    body = resolver.function.node.body if isinstance(resolver.function.node, _DEFINITIONS) else []
    asked = {id(call) for statement in body[:_TOP] for call in _asked_in(statement)}
    for event in resolver.function.events if asked else ():
        method = method_of(resolver.function, event)
        if method is not None and id(resolver.function.nodes[event.id]) in asked:
            lock = lock_of(resolver, method.base)
            if lock is not None and is_plain(lock):
                return lock
    return None


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TOP = 3
"""An assertion about the caller stands among so many statements, a docstring included."""


def _asked_in(statement: ast.stmt) -> list[ast.Call]:
    if isinstance(statement, ast.Assert):
        test = statement.test
    elif isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Raise):
        if not isinstance(statement.test, ast.UnaryOp) or not isinstance(statement.test.op, ast.Not):
            return []
        test = statement.test.operand
    else:
        return []
    is_question = isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and test.func.attr == "locked"
    return [test] if is_question and isinstance(test, ast.Call) else []


def _meant(resolver: Resolver, text: str) -> Lock | None:
    """Give the lock of the class that a text names, or the only one that there is; of no class, one that it names."""
    class_id = resolver.function.class_id
    if class_id is None:
        return _variable(resolver, text)
    receiver = resolver.function.parameters[:1]
    locks: dict[str, Lock] = {}
    for facts in resolver.module.lineage(class_id):
        for name, typed in facts.attributes.items():
            known = lock_type(typed)
            if known is not None and receiver:
                location = Location(Root.SELF, class_id, receiver[0], (AttributeStep(name),))
                locks.setdefault(name, Lock(location, known))
    plain = {name: lock for name, lock in locks.items() if is_plain(lock)}
    said = [lock for name, lock in plain.items() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)]
    found = said or list(plain.values())
    return found[0] if len(found) == 1 else None


def _variable(resolver: Resolver, text: str) -> Lock | None:
    """Give the one lock among the variables of the module, or of the functions around, that a text names as code.

    ``lock`` is a word, too: it says which lock is meant only between backquotes.
    """
    found = []
    for word in sorted(set(re.findall(r"`(\w+)`", text))):
        location = resolver.name_value(Name(word, Scope.CLOSURE)) or resolver.name_value(Name(word, Scope.GLOBAL))
        lock = typed_lock(resolver, location) if location is not None else None
        if lock is not None and is_plain(lock):
            found.append(lock)
    return found[0] if len(found) == 1 else None


def _held_by_most(program: Program, resolver: Resolver, least: int) -> Lock | None:
    """Give the plain lock that most callers of a private function hold, of which all callers are seen."""
    sites = program.callers.only_awaited_here(resolver.function) or []
    sites = [site for site in sites if _counts(site, resolver)]
    held = Counter(lock for site in sites for lock in _held_at(program, site))
    if not held:
        return None
    lock = min(held, key=lambda each: (-held[each], str(each)))
    return lock if held[lock] >= least and 2 * held[lock] > len(sites) else None


def _counts(site: Site, resolver: Resolver) -> bool:
    name = getattr(site.resolver.function.node, "name", "")
    return site.resolver is not resolver and not site.on_new_object and name not in CONSTRUCTION


def _held_at(program: Program, site: Site) -> frozenset[Lock]:
    held = program.suspension.held_before(site.resolver, site.event, program.callers.locks_at_entry)
    return frozenset(filter(is_plain, in_callee(site, held)))
