"""Whether all callers would get the same: what one of them begins must not depend on what only that one was given."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from awaitomic.model.event import Name, Write
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.siblings import loaded_names


def check_same_for_all(case: Case, needed: Iterable[str], key: ast.expr | None) -> None:
    """See that what the work needs is told by the object and the key alone.

    Raises:
        Declined: ``differs-by-caller`` with the name that may be another one for the next caller.
    """
    receiver = case.function.parameters[0]
    allowed = {receiver}
    pending = sorted(loaded_names(key)) if key is not None else []
    while pending:
        name = pending.pop()
        if name in allowed:
            continue
        allowed.add(name)
        value = _value(case, name)
        pending.extend(sorted(loaded_names(value)) if value is not None else [])
    for name in needed:
        _check(case, name, allowed, set())


def _check(case: Case, name: str, allowed: set[str], seen: set[str]) -> None:
    own = case.function.local_names | set(case.function.parameters)
    if name in allowed or name in seen or name not in own:
        return
    if name in case.function.parameters:
        raise Declined("differs-by-caller", f"`{name}` is given by the caller: another one may ask for something else")
    value = _value(case, name)
    if value is None or Purity(case).judge(value)[0] >= Quality.EFFECT:
        raise Declined("differs-by-caller", f"`{name}` may be another one for the next caller")
    for part in sorted(loaded_names(value)):
        _check(case, part, allowed, {*seen, name})


def _value(case: Case, name: str) -> ast.expr | None:
    """Give what a local is bound to, if that happens once and by a plain assignment; not for a parameter."""
    if name in case.function.parameters:
        return None
    bindings = [
        case.statement(case.path(event.id))
        for event in case.function.events
        if isinstance(event, Write) and isinstance(event.place, Name) and event.place.name == name
    ]
    only = bindings[0] if len(bindings) == 1 else None
    if isinstance(only, ast.Assign) and all(isinstance(target, ast.Name) for target in only.targets):
        return only.value
    return only.value if isinstance(only, ast.AnnAssign) else None
