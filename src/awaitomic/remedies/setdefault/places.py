"""Whether the container surely has `setdefault`, and the key is the same one at the test and at the store."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Name, Read, Scope
from awaitomic.model.location import Location
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.effects import may_change

_FIT = frozenset({"dict", "collections.OrderedDict", "collections.defaultdict"})
_PLAIN_CALLS = frozenset("str int repr tuple frozenset bytes type id".split())
"""Builtins that make one key of the same arguments."""


def judge_container(case: Case) -> list[str]:
    """Give what speaks against storing by `setdefault` in the container.

    Raises:
        Declined: ``no-keyed-fill``, ``weak-values``, ``container-unknown``.
    """
    location = case.fact.access.location
    container = location.parent
    if not _is_entry(case) or container is None:
        raise Declined("no-keyed-fill", "no entry of a mapping is filled")
    kind = case.resolver.type_of(container).name
    if kind == "weakref.WeakValueDictionary":
        raise Declined("weak-values", f"an entry of `{container}` goes when nobody uses it, also right after the store")
    if kind not in _FIT:
        raise Declined("container-unknown", f"it is not known whether `{container}` is a dict")
    if kind == "collections.defaultdict":
        return [f"whoever looks a missing key of `{container}` up meanwhile makes an empty entry, which then stays"]
    return list(_other_kinds(case, container))


def _other_kinds(case: Case, container: Location) -> Iterator[str]:
    """Say who puts something else in the place of a dict: a class of the program may store entries in its own way."""
    for writer, access in case.program.writers_at(case.resolver.key_of(container)):
        kind = writer.operand_type(access.value).name if access.value is not None else None
        if kind is not None and kind not in _FIT and kind != "NoneType":
            name = kind.rpartition(":")[2]
            yield f"`{writer.function.qualname}` puts a `{name}` there, which may store in its own way"


def _is_entry(case: Case) -> bool:
    statement = case.statement(case.path(case.fact.event))
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Subscript) for target in targets)


def judge_key(case: Case, target: ast.Subscript) -> list[str]:
    """Give the reasons why the key may be another one after the await: it is looked up again.

    Raises:
        Declined: ``key-changes`` if it is made anew, ``setdefault-shape`` if it is no single key.
    """
    events = {id(case.node(event.id)): event for event in case.function.events if isinstance(event, Read)}
    doubts: list[str] = []
    for node in _parts(case, target.slice):
        event = events.get(id(node))
        if event is None or (isinstance(event.place, Name) and event.place.scope is Scope.LOCAL):
            continue
        location = case.resolver.place(event.place)
        builtin = location is None and isinstance(event.place, Name)
        if not builtin and (location is None or may_change(case, location)):
            doubts.append(f"`{case.text(node)}` is looked up again after the await, and may have changed")
    return doubts


def _parts(case: Case, node: ast.expr) -> Iterator[ast.expr]:
    """Give what a key is made of.

    Raises:
        Declined: if evaluating it again may give another one.
    """
    if isinstance(node, ast.Slice | ast.Starred):
        raise Declined("setdefault-shape", f"`{case.text(node)}` is no single key")
    if isinstance(node, ast.Call):
        known = isinstance(node.func, ast.Name) and node.func.id in _PLAIN_CALLS and not node.keywords
        if not known:
            raise Declined("key-changes", f"the key is made by `{case.text(node)}`, which may give another one")
        for argument in node.args:
            yield from _parts(case, argument)
        return
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        yield node
    if not isinstance(
        node,
        ast.Constant
        | ast.Name
        | ast.Attribute
        | ast.Subscript
        | ast.Tuple
        | ast.JoinedStr
        | ast.FormattedValue
        | ast.BinOp
        | ast.UnaryOp,
    ):
        raise Declined("key-changes", f"the key `{case.text(node)}` may be another one after the await")
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield from _parts(case, child)
