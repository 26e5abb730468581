"""Swap for flags: ``self._closed = True`` directly behind its test, so that nobody else closes the same thing.

Only for what is over for good, such as a ``close``: who starts and stops a thing wants the two one after the other, and
for that a lock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.knowledge.resources import is_cleanup_name
from awaitomic.model.event import Read
from awaitomic.model.finding import Applicability
from awaitomic.model.plan import DeleteStatement, Edit, InsertStatements, MoveStatement, Plan
from awaitomic.program.module import is_construction
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.siblings import Block, block_at, leaves, not_siblings
from awaitomic.remedies.shared.state_reads import refuse_closures, state_reads


def is_set_for_good(case: Case) -> bool:
    """Tell whether a method that cleans up sets a flag which nobody ever sets back."""
    fact = case.fact
    if fact.via is not None or not is_cleanup_name(getattr(case.function.node, "name", "")):
        return False
    value = _flag(case.statement(case.path(fact.event)))
    if value is None:
        return False
    key = case.resolver.key_of(fact.access.location)
    for resolver, access in case.program.writers_at(key):
        node = resolver.function.nodes[access.value] if access.value is not None else None
        same = isinstance(node, ast.Constant) and node.value is value
        if not same and not is_construction(resolver.function):
            return False
    return True


def _flag(statement: ast.stmt) -> bool | None:
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    value = statement.value.value if isinstance(statement.value, ast.Constant) else None
    return value if isinstance(value, bool) else None


@or_refusal
def propose(case: Case) -> Proposal:
    """Set the flag directly behind its test.

    Refusal codes: ``not-siblings``, ``exits-between``, ``read-again``, ``written-between``, ``read-by-callee``,
    ``closure-reads``.
    """
    block = block_at(case, case.path(case.fact.event))
    write = block.index_of(case.path(case.fact.event))
    start = _start(case, block, write)
    unsure = _check(case, block, start, write)
    state = case.finding.state
    because = (
        f"if what follows fails or is cancelled, `{state}` says that it was done; before, the next call tried again",
        "who comes second returns at once, while the first is still at work",
        *_asked_by(case),
        *unsure,
    )
    edits = tuple(_edits(case, block, start, write))
    return Proposal(Plan(edits), Applicability.UNSAFE, f"`{state}` is set before the await", because)


def _start(case: Case, block: Block, write: int) -> int:
    """Give the index of the first statement that is only reached when the test has said so.

    Raises:
        Declined: ``not-siblings`` if the test stands elsewhere.
    """
    tests = {case.path(guard) for guard in case.finding.span.guards}
    if len(tests) != 1:
        raise not_siblings()
    (test,) = tests
    if test == block.parent and isinstance(case.statement(test), ast.If):
        return 0
    start = block.index_of(test)
    if len(test) != len(block.parent) + 1 or start >= write or not leaves(block.statements[start]):
        raise not_siblings()
    return start + 1


def _check(case: Case, block: Block, start: int, write: int) -> list[str]:
    """See that nothing between the test and the write can tell where the flag is set, and give what is not known.

    Raises:
        Declined: if something can.
    """
    location, state = case.fact.access.location, case.finding.state
    if any(leaves(block.statements[index]) for index in range(start, write)):
        raise Declined("exits-between", "there is a way out between the test and the write, which then is not made")
    if state_reads(case, block, start, write - 1, location):
        raise Declined("read-again", f"`{state}` is read again before it is set")
    refuse_closures(case, case.text(_target(case)))
    found = touches(case, block.events(start, write - 1), [location])
    if found.writes:
        raise Declined("written-between", f"{found.writes[0]} between the test and the write, in the same task")
    if found.reads:
        raise Declined("read-by-callee", f"{found.reads[0]} while it is awaited, and would see the new value")
    return found.unknown


def _target(case: Case) -> ast.expr:
    """Give the flag as it is written where it is set."""
    statement = case.statement(case.path(case.fact.event))
    assert isinstance(statement, ast.Assign)  # it was asked for as such, see `is_set_for_good`
    return statement.targets[0]


def _asked_by(case: Case) -> Iterator[str]:
    """Say who else looks at the flag, and is told so earlier than before."""
    key = case.resolver.key_of(case.fact.access.location)
    for resolver in case.program.resolvers_knowing(key):
        function = resolver.function
        for event in function.events:
            place = resolver.place(event.place) if isinstance(event, Read) else None
            if place is not None and resolver.key_of(place) == key and function.id != case.function.id:
                yield f"`{function.qualname}` looks at `{case.finding.state}`, and sees the new value during the work"
                return


def _edits(case: Case, block: Block, start: int, write: int) -> Iterator[Edit]:
    here = block.path(write)
    if start:
        yield MoveStatement(here, block.path(start - 1))
        return
    statement = block.statements[write]
    extent, line = case.extent(statement), case.program.positions.line
    if line(extent.line - 1).lstrip().startswith("#") or "#" in line(extent.end_line)[extent.end_column - 1 :]:
        yield from (MoveStatement(block.path(index), here) for index in range(write))  # its comments stay with it
        return
    where = "before" if hasattr(block.statements[0], "body") else "above"
    yield InsertStatements(block.path(0), where, case.text(statement))
    yield DeleteStatement(here)


REMEDY = Remedy(
    name="swap",
    summary="set the flag before the await, directly behind its test",
    conditions=(
        "A method that closes or stops something for good tests a flag, waits, and sets it; nobody ever sets it back. "
        "Test and write stand in one block, or the write in that of the test, with no way out in between, and nothing "
        "that is called looks at the flag meanwhile."
    ),
    safety=(
        "Never safe: if the work fails, the flag says that it was done; and who comes second no longer waits until it "
        "is."
    ),
    propose=propose,
)
