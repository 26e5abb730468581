"""Hoist: the await comes before the update, so that reading and writing happen in one go, without a lock."""

from __future__ import annotations

import ast
from dataclasses import replace

from awaitomic.model.finding import Applicability
from awaitomic.model.position import BlockStep
from awaitomic.program.conditions import asks_for_key, whole_test
from awaitomic.remedies.hoist.lift import lift
from awaitomic.remedies.hoist.sink import sink
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.siblings import depends_on_read


@or_refusal
def propose(case: Case) -> Proposal:
    """Sink the read below the last suspension, or lift the awaited operand into a local above the update.

    Refusal codes: ``depends-on-read``, ``decided-by-read``, ``hoist-order``, ``hoist-conditional``, ``hoist-shape``,
    ``not-siblings``, ``written-between``, ``used-elsewhere``, ``multi-line-text``.
    """
    fact = case.fact
    reads = case.finding.span.reads
    for use in fact.state.uses:
        if not use.claim and use.token.read in reads and use.token.location == fact.access.location:
            raise depends_on_read()
    for guard in fact.state.guards:
        if any(t.location == fact.access.location and t.read in reads for t in guard.tokens):
            raise Declined("decided-by-read", "the write happens because of a test of the value that was read before")
    places = {case.path(read) for read in reads}
    reading = _reading_above(case)
    at_once = places == {case.path(fact.event)} or reading is not None
    return _unless_limited(case, lift(case, reading) if at_once else sink(case))


def _unless_limited(case: Case, proposal: Proposal) -> Proposal:
    """Give a proposal, as unsafe where a test of the state from before the await has let control come here.

    ``while self.total < 2: self.total += await price()`` no longer loses a price, but two may go beyond the limit.
    """
    location, end = case.fact.access.location, case.fact.event
    for guard in case.fact.state.guards:
        if asks_for_key(case.node(guard.guard)):
            continue  # whether the entry may go is asked of those who take entries out
        if any(token.location == location and token.is_stale for token in guard.tokens) and guard.guard < end:
            test = ast.unparse(whole_test(case.function, guard.guard))
            text = (
                f"`{test}` was asked before the await, and no longer has to hold when `{case.finding.state}` is changed"
            )
            doubts = proposal.because if proposal.applicability is not Applicability.SAFE else ()
            return replace(proposal, applicability=Applicability.UNSAFE, because=(*doubts, text))
    return proposal


def _reading_above(case: Case) -> ast.stmt | None:
    """Give the statement in front of the one that writes, if it alone reads and the other one awaits as well."""
    path = case.path(case.fact.event)
    before = BlockStep(path[-1].block, path[-1].index - 1)
    if {case.path(read) for read in case.finding.span.reads} != {(*path[:-1], before)}:
        return None
    if any(case.path(suspend) != path for suspend in case.finding.span.suspends):
        return None
    return case.statement((*path[:-1], before))


REMEDY = Remedy(
    name="hoist",
    summary="move the await before an update that reads and writes in one go",
    conditions=(
        "The awaited code is not given the value that was read, no test of that value decides the write, and read, "
        "await and write stand in one block or in one statement. An await behind `and`, `or`, a conditional expression "
        "or in a comprehension stays where it is."
    ),
    safety=(
        "Safe if the read can neither raise nor have an effect, and what is awaited does not write the state. Unsafe "
        "if the read can raise (the await would then run before the error), if others may take away what it looks up, "
        "or change other state that is read later than before, if code that is not known gets the object, or if a "
        "comment beside the statement tells a tool about its line (`# type: ignore`)."
    ),
    propose=propose,
)
