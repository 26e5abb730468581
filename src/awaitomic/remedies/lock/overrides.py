"""Calls under the lock of methods that more classes override than an analysis follows: one of these may need the lock.

Such a call leads to nothing that is known (`awaitomic.program.calls`), which is right for a finding and wrong for a
fix: a new lock must not hang in the one subclass that calls back.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from awaitomic.model.event import Attribute, Call, Operand, Read
from awaitomic.model.identity import module_of
from awaitomic.program.calls import all_meant, targets_of
from awaitomic.program.deriving import last_of
from awaitomic.remedies.shared.declined import Declined
from awaitomic.source.project import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.program.resolve import Resolver
    from awaitomic.remedies.lock.coverage import Coverage


def check_overrides(coverage: Coverage, resolver: Resolver, operand: Operand, place: str) -> str:
    """See that no override of an awaited method takes the lock, of however many there are.

    Returns the method if there may be overrides of it that nobody has looked into, or else "".

    Raises:
        Declined: ``self-deadlock``.
    """
    events = resolver.function.events
    call = events[resolver.origin(operand)]
    callee = events[resolver.origin(call.function)] if isinstance(call, Call) else None
    if not isinstance(call, Call) or not isinstance(callee, Read) or not isinstance(callee.place, Attribute):
        return ""
    kind, _, owner = (resolver.operand_type(callee.place.base).name or "").partition(":")
    if kind != "class":
        return ""
    method = callee.place.attr
    for function in () if targets_of(resolver, call) else all_meant(resolver, callee.place):
        if coverage.reaches(function, set()):
            message = (
                f"{place} may call `{function.qualname}`, one of many of that name, which further on takes the lock"
            )
            raise Declined("self-deadlock", message)
    if not resolver.module.link.has_strangers_below(owner):
        return ""
    _check_strangers(coverage, owner, method, place)
    return f"{last_of(owner)}.{method}(…)"


def _check_strangers(coverage: Coverage, owner: str, method: str, place: str) -> None:
    """See that no file that is not looked into defines the method and calls one on itself which takes the lock."""
    tree = coverage.program.project.tree
    others = (name for name in tree.files if not is_test(name) and name != module_of(owner))
    files = tree.mentioning(sorted(others), method)
    for taker in sorted(set(_takers(coverage))) if files else ():
        for file in tree.mentioning(files, taker):
            if not _calls_back(tree.raw(file), method, taker):
                continue
            where = coverage.program.project.shown(file)
            message = f"{place} may call a `{method}` of {where}, where `{taker}` is called, which takes the lock"
            raise Declined("self-deadlock", message)


def _calls_back(raw: bytes, method: str, taker: str) -> bool:
    own = re.search(rb"\b(?:self|super\(\))\.%s\b" % re.escape(taker.encode()), raw)
    return own is not None and re.search(rb"\bdef[ \t]+%s\b" % re.escape(method.encode()), raw) is not None


def _takers(coverage: Coverage) -> Iterator[str]:
    """Give the names of the methods that take the lock, as it is or once the plan is carried out."""
    for resolver in coverage.resolvers:
        function = resolver.function
        planned = coverage.runs.get(id(function)) or id(function) in coverage.delegating
        if planned or coverage.takes_already(function) is not None:
            yield getattr(function.node, "name", "")
