"""Snapshot: the loop goes over a copy, so that nothing that others do to the container can reach it.

A copy is as if whoever leaves had left after the loop, and whoever comes had come after it. What is left to decide is
if a member that has gone can still be used, and if the loop is meant to see what it does to the container itself.
"""

from __future__ import annotations

import ast

from awaitomic.knowledge.containers import MAPPINGS, SEQUENCES
from awaitomic.model.finding import Applicability
from awaitomic.model.plan import Edit, InsertStatements, Plan
from awaitomic.program.accesses import Change
from awaitomic.program.contents import ContentChange, Iteration, content_changes, iterations
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.consumers import hands_out
from awaitomic.remedies.shared.declined import or_refusal
from awaitomic.remedies.shared.siblings import bound_names
from awaitomic.remedies.snapshot.members import only_looks
from awaitomic.remedies.snapshot.others import STORES, only_grows, several_at_once
from awaitomic.remedies.snapshot.place import Place, copied, place_of
from awaitomic.remedies.snapshot.round import Lookup, Round, acts_late, looked_into, lookups, own_changes, round_of

_WEAK = "weakref."
_LEFT = "a member that has left meanwhile is still visited"
_REPLACED = "an entry that is replaced meanwhile is still visited with the value that it had"
_LATER = "what is added to the list, or put in the place of another, while the loop waits is no longer seen by it"
_SEVERAL = "changes several members at once, of which the loop may see a part: it has been to the others before"
_LOOKED_UP = "who has left meanwhile is passed over, and for one task nobody has"
_NOTED = "what the loop does with a member cannot fail or do harm if the member has left meanwhile"
_KEPT = "the copy keeps members alive that would otherwise go during the loop"


@or_refusal
def propose(case: Case) -> Proposal:
    """Let the loop go over a copy, and pass over who has left where members are looked up by their key.

    Refusal codes: ``changes-itself``, ``held-iterator``, ``snapshot-shape``.
    """
    loop = _iteration(case)
    one = round_of(case, loop)
    place = place_of(case, loop, one.target)
    doubts = own_changes(case, one)
    changes = list(content_changes(case.program, case.resolver, loop.location, loop.kind))
    edits: list[Edit] = [*copied(case, place)]
    by_key = list(lookups(case, one))
    guard: InsertStatements | ast.expr | None = None
    if only_grows(loop, changes):
        reason = f"nothing takes members out of `{case.finding.state}`: the loop could never go over more than the copy"
    else:
        guard, found = _by_key(case, one, place, by_key)
        doubts += found
        edits += [guard] if isinstance(guard, InsertStatements) else []
        reason = _LOOKED_UP if guard is not None else _NOTED
        if guard is None and not only_looks(case, one):
            doubts.append(_LEFT)
    if by_key and not doubts and (several := several_at_once(case, changes)) is not None:
        doubts.append(f"`{several}` {_SEVERAL}")
    doubts += _doubts(case, one, place, changes)
    title = f"the loop goes over a copy of `{case.finding.state}`"
    doubts += [] if doubts else looked_into(case, one, by_key, guard if isinstance(guard, ast.expr) else None)
    if doubts:
        return Proposal(Plan(tuple(edits)), Applicability.UNSAFE, title, tuple(doubts))
    return Proposal(Plan(tuple(edits)), Applicability.SAFE, title, (reason,))


def _iteration(case: Case) -> Iteration:
    for loop in iterations(case.program, case.resolver):
        if loop.guard == case.finding.span.write and str(loop.location) == case.finding.state:
            return loop
    message = f"no loop over `{case.finding.state}` at event {case.finding.span.write}"
    raise LookupError(message)


def _doubts(case: Case, one: Round, place: Place, changes: list[ContentChange]) -> list[str]:
    """Give what one task, or a reader of the result, may notice beside members that have left."""
    loop, found = one.iteration, hands_out(case, one.events)
    kinds = {change.access.change for change in changes}
    if place.shows_values and kinds & {Change.ADD, *STORES} and not only_looks(case, one):
        found.append(_REPLACED)
    if loop.kind in SEQUENCES and loop.kind != "collections.deque" and kinds & {Change.ADD, *STORES}:
        found.append(_LATER)
    if loop.kind.startswith(_WEAK):
        found.append(_KEPT)
    if loop.assumed:
        found.append(f"that `{case.finding.state}` is a dict is only known from how it is used")
    return found


# -- lookups by the key -----------------------------------------------------------------------------------------------


def _by_key(
    case: Case, one: Round, place: Place, found: list[Lookup]
) -> tuple[InsertStatements | ast.expr | None, list[str]]:
    """Give the test that passes over who has left, where the loop looks members up by their key; or what is in doubt.

    Returns:
        The edit, or the test itself if it is there already, or None; and the doubts.
    """
    if not found:
        return None, []
    name = found[0].name
    doubt = f"`{found[0].text}` may find nothing there, or something else, if the member has left meanwhile"
    member, container, statement = place.member, place.container, one.statement
    is_key = isinstance(member, ast.Name) and {each.name for each in found} == {member.id}
    if not is_key or container is None or statement is None or acts_late(case, one, found):
        return None, [doubt]
    kind = one.iteration.kind
    if (kind not in MAPPINGS | SEQUENCES and kind != "set") or not _stays_the_same(container, statement):
        return None, [doubt]
    tested = _tested_already(statement, name, container)
    if tested is not None:
        return tested, []
    return InsertStatements(one.path, "first", f"if {name} not in {case.text(container)}:\n    continue"), []


def _stays_the_same(node: ast.expr, statement: ast.For) -> bool:
    """Tell whether an expression is a plain path of attributes, from a name that the loop does not bind.

    An entry of a table may be gone, or would be made anew by the look at it.
    """
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id not in bound_names(statement)


def _tested_already(statement: ast.For, name: str, container: ast.expr) -> ast.expr | None:
    """Give the test of a body that is all in ``if k in self.rooms:``, or begins by going on if ``k`` is not in it."""
    first = statement.body[0]
    if not isinstance(first, ast.If) or first.orelse:
        return None
    if ast.unparse(first.test) == f"{name} not in {ast.unparse(container)}":
        return first.test if len(first.body) == 1 and isinstance(first.body[0], ast.Continue) else None
    whole = len(statement.body) == 1 and ast.unparse(first.test) == f"{name} in {ast.unparse(container)}"
    return first.test if whole else None


REMEDY = Remedy(
    name="snapshot",
    summary="iterate over a copy",
    conditions=(
        "The loop is a `for` statement or a comprehension whose header names the container, a view of it, or either in "
        "`enumerate`, `zip` and their kin; no iterator that was made before. The loop does not add to the container, "
        "empty it or take from it by position: that is an algorithm that may be meant to see what it does. Where the "
        "body looks members up by their key, `if k not in self.rooms: continue` is added as its first statement."
    ),
    safety=(
        "Safe if nobody takes anything out of the container, if who has left is passed over by such a test, or if the "
        "body only looks at a member and notes it down; and if neither the loop nor what it calls changes the "
        "container, values that are gone over are not replaced, and a list does not grow meanwhile. Unsafe otherwise, "
        "nearly always because a member that has left meanwhile is still visited."
    ),
    propose=propose,
)
