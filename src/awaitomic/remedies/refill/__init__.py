"""Hoist for containers that are refilled: a local is filled over the awaits, and one assignment publishes it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from awaitomic.model.event import Write, is_yield
from awaitomic.model.finding import Applicability
from awaitomic.model.location import Location
from awaitomic.model.plan import Edit, InsertStatements, Plan, ReplaceExpression, ReplaceStatement
from awaitomic.program.facts import WriteFact
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.names import name_for_state
from awaitomic.remedies.shared.siblings import Block, block_at, leaves
from awaitomic.remedies.shared.state_reads import StateRead, refuse_closures, replaced, state_reads
from awaitomic.rules.half_filled import find_refills
from awaitomic.rules.refills import fills

_FAILS = "if the refill fails or is cancelled on the way, the old contents stay; before, there was what had come so far"
_LAST = "of several refills at once, the one that ends last counts"


@or_refusal
def propose(case: Case) -> Proposal:
    """Fill a local in the place of the container, and assign it where the last element has come in.

    Refusal codes: ``refill-shape``, ``not-siblings``, ``exits-between``, ``closure-reads``, ``write-in-callee``,
    ``read-by-callee``, ``others-store``.
    """
    refills = [_refill(case, each.fact) for each in find_refills(case.program, case.resolver)]
    names: list[str] = []
    doubts: list[str] = []
    for refill in refills:
        doubts.extend(_check(case, refill))
        names.append(name_for_state(case, refill.target, names, prefix="new_"))
    states = " and ".join(f"`{case.text(refill.target)}`" for refill in refills)
    because = dict.fromkeys((_FAILS, _LAST, *doubts))
    title = f"fill a local, and put it in the place of {states} when it is full"
    return Proposal(Plan(tuple(_edits(case, refills, names))), Applicability.UNSAFE, title, tuple(because))


_IN_PLACE = {
    "list": ("[]", "{state}[:] = {name}"),
    "dict": ("{{}}", "{state}.clear()\n{state}.update({name})"),
    "set": ("set()", "{state}.clear()\n{state}.update({name})"),
}
"""How a container is made, and how another one takes its contents over with no await in between."""


@dataclass(frozen=True, slots=True)
class _Refill:
    """One container: the statement that empties it has index `first`, the last one that fills it index `last`."""

    location: Location
    target: ast.expr
    kind: str | None
    """The type of a container that stays the same object; None where another one is put in its place."""
    block: Block
    first: int
    last: int
    reads: list[StateRead]


def _refill(case: Case, fact: WriteFact) -> _Refill:
    """Find the statements between which a container is filled, and everything there that means it."""
    path = case.path(fact.event)
    block = block_at(case, path)
    target, kind = _emptied(case, fact)
    first = block.index_of(path)
    last = max(_filled_at(case, block, fact), default=first)
    reads = state_reads(case, block, first + 1, last, fact.access.location)
    refuse_closures(case, case.text(target))
    return _Refill(fact.access.location, target, kind, block, first, last, reads)


def _emptied(case: Case, fact: WriteFact) -> tuple[ast.expr, str | None]:
    """Give the container as it is written where it is emptied, and its type if it stays the same object.

    Raises:
        Declined: ``refill-shape``.
    """
    statement, location = case.statement(case.path(fact.event)), fact.access.location
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
        if isinstance(target, ast.Name | ast.Attribute):
            return target, None
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        kind = case.resolver.type_of(location).name
        function = statement.value.func
        if kind in _IN_PLACE and isinstance(function, ast.Attribute):
            return function.value, kind
    raise Declined("refill-shape", f"`{location}` is emptied neither by an assignment of its own nor by `clear()`")


def _filled_at(case: Case, block: Block, fact: WriteFact) -> Iterator[int]:
    """Give the indices of the statements that put something in."""
    key = case.resolver.key_of(fact.access.location)
    for other in case.program.facts(case.resolver).writes:
        if fills(case.resolver, other.access, key):
            if other.via is not None:
                raise Declined("write-in-callee", f"`{other.via.target.function.qualname}` fills it, too")
            yield block.index_of(case.path(other.event))


def _edits(case: Case, refills: list[_Refill], names: list[str]) -> Iterator[Edit]:
    """Give the edits: the local in the place of the container, and the assignments behind."""
    stores: list[tuple[Block, int, str]] = []
    for refill, name in zip(refills, names, strict=True):
        state = case.text(refill.target)
        path = refill.block.path(refill.first)
        made, store = _IN_PLACE[refill.kind] if refill.kind else ("", "{state} = {name}")
        if refill.kind:
            yield ReplaceStatement(path, f"{name} = {made.format()}")
        else:
            yield ReplaceExpression(path, case.extent(refill.target), state, name)
        yield from replaced(case, refill.block, refill.reads, name)
        stores.append((refill.block, refill.last, store.format(state=state, name=name)))
    for (parent, last), group in groupby(stores, key=lambda each: (each[0].path(0)[:-1], each[1])):
        found = list(group)
        assert found[0][0].path(0)[:-1] == parent
        yield InsertStatements(found[0][0].path(last), "after", "\n".join(text for _, _, text in found))


# -- what must hold ----------------------------------------------------------------------------------------------


def _check(case: Case, refill: _Refill) -> list[str]:
    """Give further reasons for doubt.

    Raises:
        Declined: if somebody would miss what is filled in, or if what others put in would be lost.
    """
    block, location, between = refill.block, refill.location, range(refill.first + 1, refill.last + 1)
    for index in between:
        if leaves(block.statements[index], by_raise=False):
            raise Declined("exits-between", "there is a way out before the last element has come in")
    events = [event for index in between for event in block.events(index, index)]
    for event in events:
        found = case.function.events[event]
        if is_yield(found):
            raise Declined("exits-between", "it is handed out by a `yield` before the last element has come in")
        if isinstance(found, Write) and case.resolver.place(found.place) == location:
            raise Declined("refill-shape", f"`{location}` is assigned again before the last element has come in")
    own = {fact.event for fact in case.program.facts(case.resolver).writes if fact.via is None}
    touched = touches(case, [event for event in events if event not in own], [location])
    if touched.writes:
        raise Declined("write-in-callee", f"{touched.writes[0]} before the last element has come in")
    if touched.reads:
        raise Declined("read-by-callee", f"{touched.reads[0]}, and would find what was there before")
    _refuse_other_writers(case, location)
    return touched.unknown


def _refuse_other_writers(case: Case, location: Location) -> None:
    """See that nobody else changes the container: what he puts in meanwhile would be lost, what he takes out be back.

    Raises:
        Declined: ``others-store``.
    """
    for rival, access in case.program.changing_writers(case.resolver, location):
        if rival.function is not case.function:
            place = case.program.place(rival.function, access.event)
            raise Declined("others-store", f"`{rival.function.qualname}` changes it at {place}, and that would be lost")


REMEDY = Remedy(
    name="hoist",
    summary="fill a local over the awaits, and publish it by one assignment",
    conditions=(
        "The container is emptied by an assignment or `clear()`, and the function itself fills it, by statements of "
        "the same block that is not left in between. Nobody else changes the container, and nothing that is called on "
        "the way looks at it. What was emptied in place is filled in place, with no await in between."
    ),
    safety=(
        "Unsafe: if the refill fails or is cancelled, the old contents stay, where a part of the new ones was before. "
        "Readers see the old contents until the new ones are all there, which is what the fix is for."
    ),
    propose=propose,
)
