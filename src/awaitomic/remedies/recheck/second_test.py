"""Recheck for a test that stands above its lock: asked again under the lock, it is double-checked locking.

The test outside stays what it is meant to be, a way out that waits for nobody. Who has waited asks again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from awaitomic.model.event import Name, Suspend, Write
from awaitomic.model.finding import Applicability
from awaitomic.model.plan import Edit, InsertStatements, Plan, WrapStatements
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program.accesses import CONTENTS
from awaitomic.program.conditions import whole_test
from awaitomic.program.locks.covering import Cover, cover_of, first_of, locks_at, taken_at
from awaitomic.program.rivals import rivals
from awaitomic.remedies.remedy import Case, Proposal, block_of
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.siblings import bound_names, leaves, loaded_names
from awaitomic.remedies.split.regions import Region, Taker, region_at

_LOOPS = ast.For | ast.AsyncFor | ast.While
_OPPOSITES = {ast.In: "not in", ast.NotIn: "in", ast.Is: "is not", ast.IsNot: "is", ast.Eq: "!=", ast.NotEq: "=="}
_BECAUSE = (
    "for a task alone the second test comes to what the first has come to",
    "whoever has waited for the lock does only what is still to be done",
)


def propose_second_test(case: Case) -> Proposal:
    """Repeat the test of a finding where the lock is there.

    Raises:
        Declined: ``no-second-test`` if it cannot simply be asked again, or what it decides cannot simply be left out.
    """
    cover, region = _region_of(case)
    path = case.path(case.finding.span.guards[0])
    guard = case.statement(path)
    if not isinstance(guard, ast.If) or guard.test is not whole_test(case.function, case.finding.span.guards[0]):
        raise _declined("the test is not that of an `if`")
    quality = _check_test(case, guard.test)
    around = region.path[: len(path)] == path
    edit = _again_around(case, path, guard, region) if around else _again_as_way_out(case, path, guard, region)
    title = f"test `{case.finding.state}` again when the lock is there"
    doubts = [*_may_raise(case, guard.test, quality), *_unlocked(case, cover, region)]
    applicability = Applicability.UNSAFE if doubts else Applicability.SAFE
    return Proposal(Plan((edit,)), applicability, title, tuple(doubts) or _BECAUSE)


def _declined(message: str) -> Declined:
    return Declined("no-second-test", message)


def _region_of(case: Case) -> tuple[Cover, Region]:
    """Give the region of the lock in which the write stands."""
    program, resolver, end = case.program, case.resolver, case.finding.span.write
    cover = cover_of(program, resolver, case.ending, first_of(case.finding.span))
    taken = taken_at(program, resolver, cover.lock, end) if cover is not None and cover.write else None
    if cover is None or taken is None:
        raise _declined("the lock is not taken by the function itself, over the write")
    region = region_at(program, Taker(case.function, taken, cover.lock))
    if case.path(end)[: len(region.path)] != region.path or not region.is_alone:
        raise _declined("the write does not stand in a region of the lock alone")
    return cover, region


def _check_test(case: Case, test: ast.expr) -> Quality:
    """See that a test asks the state itself, and can be asked twice."""
    inside = {id(node) for node in ast.walk(test)}
    if not all(id(case.node(read)) in inside for read in case.finding.span.reads):
        raise _declined("the test is of a local that was bound before: asked again, it says the same")
    quality, why = Purity(case).judge(test)
    if quality is Quality.EFFECT:
        raise _declined(f"the test cannot be made twice: {why}")
    names = loaded_names(test)
    guard = case.finding.span.guards[0]
    for event in case.function.events[guard:]:
        if isinstance(event, Write) and isinstance(event.place, Name) and event.place.name in names:
            raise _declined(f"`{event.place.name}`, which the test asks with, is bound again behind it")
    return quality


# -- a test around the region --------------------------------------------------------------------------------------


def _again_around(case: Case, path: StatementPath, guard: ast.If, region: Region) -> Edit:
    """Put all that is done under the lock under the same test; or leave as the other branch does, if it just leaves."""
    same, opposite = _one_line(case, guard.test), _opposite(case, guard.test)
    holds = region.path[len(path)].block == "body"
    other = [each for each in (guard.orelse if holds else guard.body) if not isinstance(each, ast.Pass)]
    leaves_otherwise = len(other) == 1 and _leaves_plainly(case, other[0])
    _check_alone(case, path, region, leaves_otherwise=leaves_otherwise)
    if leaves_otherwise:
        text = f"if {opposite if holds else same}:\n    {_one_line(case, other[0])}"
        return InsertStatements(region.path, "first", text)
    if other:
        raise _declined("what is done where the test says no would be left out where only the second one says so")
    _check_left_out(case, region)
    header = f"if {same if holds else opposite}"
    return WrapStatements((*region.path, BlockStep("body", 0)), len(region.node.body), header)


def _check_alone(case: Case, path: StatementPath, region: Region, *, leaves_otherwise: bool) -> None:
    """See that nothing else is decided by the test: it would be done although the second test says no.

    Parameters: `leaves_otherwise` says that nothing is done behind the region then, as the other branch leaves.
    """
    for depth in range(len(path), len(region.path)):
        owner = case.statement(region.path[:depth])
        if depth > len(path) and not isinstance(owner, ast.Try | ast.With | ast.AsyncWith):
            raise _declined("the lock is not taken right behind the test")
        step = region.path[depth]
        others = [each for index, each in enumerate(block_of(owner, step.block)) if index != step.index]
        alike = _is_plain_return if leaves_otherwise else partial(_leaves_anyway, path=path)
        if not all(alike(case, each) for each in others):
            raise _declined("the test decides more than what is done under the lock")


def _leaves_anyway(case: Case, statement: ast.stmt, path: StatementPath) -> bool:
    """Tell whether a ``return`` gives what the function also gives where the test at `path` says no.

    ``return True`` behind the region would say that it was done, also where only the second test has said no.
    """
    if not isinstance(statement, ast.Return) or not _is_plain_return(case, statement):
        return False
    owner: ast.AST = case.statement(path[:-1]) if len(path) > 1 else case.program.module.tree
    behind = block_of(owner, path[-1].block)[path[-1].index + 1 :]
    if behind:
        return ast.dump(behind[0]) == ast.dump(statement)
    return owner is case.function.node and statement.value is None


def _check_left_out(case: Case, region: Region) -> None:
    """See that the function can do without what stands in the region."""
    if any(leaves(statement, by_raise=False) for statement in region.node.body):
        raise _declined("the region is left from its middle: without it, something else would follow")
    bound = set().union(*(bound_names(statement) for statement in region.node.body))
    inside = {id(node) for node in ast.walk(region.node)}
    for node in ast.walk(case.function.node):
        if isinstance(node, ast.Name) and id(node) not in inside and node.id in bound:
            raise _declined(f"`{node.id}`, which is bound in the region, is used outside of it")


def _is_plain_return(case: Case, statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Return):
        return False
    return statement.value is None or Purity(case).judge(statement.value)[0] is not Quality.EFFECT


# -- a test that leaves --------------------------------------------------------------------------------------------


def _again_as_way_out(case: Case, path: StatementPath, guard: ast.If, region: Region) -> Edit:
    """Let the region begin with the same way out."""
    depth = len(path) - 1
    before = (
        region.path[:depth] == path[:-1] and len(region.path) > depth and region.path[depth].block == path[-1].block
    )
    if not before or not path[-1].index < region.path[depth].index:
        raise _declined("the test does not stand in front of the region")
    if guard.orelse or len(guard.body) != 1 or not _leaves_plainly(case, guard.body[0]):
        raise _declined("what the test decides is more than a way out")
    _check_between(case, path, region)
    text = f"if {_one_line(case, guard.test)}:\n    {_one_line(case, guard.body[0])}"
    return InsertStatements(region.path, "first", text)


def _leaves_plainly(case: Case, statement: ast.stmt) -> bool:
    """Tell whether a statement only leaves."""
    if isinstance(statement, ast.Raise):
        return isinstance(statement.exc, ast.Call | ast.Name) and statement.cause is None
    return isinstance(statement, ast.Continue | ast.Break) or _is_plain_return(case, statement)


def _check_between(case: Case, path: StatementPath, region: Region) -> None:
    """See that nothing is done between test and lock that would have been done for nothing."""
    purity = Purity(case)
    for depth in range(len(path) - 1, len(region.path)):
        owner: ast.AST = case.statement(region.path[:depth]) if depth else case.program.module.tree
        if depth >= len(path) and isinstance(owner, _LOOPS):
            raise _declined("the lock is taken in a loop behind the test")
        step = region.path[depth]
        first = path[-1].index + 1 if depth == len(path) - 1 else 0
        for statement in block_of(owner, step.block)[first : step.index]:
            value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
            local = not any(isinstance(node, ast.Attribute | ast.Subscript) for node in _targets(statement))
            if value is None or not local or purity.judge(value)[0] is Quality.EFFECT:
                raise _declined(f"what stands on line {statement.lineno} would have been done for nothing")


def _targets(statement: ast.stmt) -> list[ast.expr]:
    return (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AnnAssign)
        else []
    )


# -- texts and doubts ----------------------------------------------------------------------------------------------


def _one_line(case: Case, node: ast.expr | ast.stmt) -> str:
    text = case.text(node)
    return text if len(text.splitlines()) == 1 else ast.unparse(node)


def _opposite(case: Case, test: ast.expr) -> str:
    """Give the test that holds where another does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _one_line(case, test.operand)
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPPOSITES:
        left, right = _one_line(case, test.left), _one_line(case, test.comparators[0])
        return f"{left} {_OPPOSITES[type(test.ops[0])]} {right}"
    text = _one_line(case, test)
    return f"not {text}" if isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call) else f"not ({text})"


def _may_raise(case: Case, test: ast.expr, quality: Quality) -> Iterator[str]:
    if quality is Quality.MAY_RAISE:
        yield f"`{_one_line(case, test)}` may raise the second time, when others have changed the state"


def _unlocked(case: Case, cover: Cover, region: Region) -> Iterator[str]:
    """Say who can come between the second test and the write, as he writes without the lock."""
    program, resolver, end = case.program, case.resolver, case.finding.span.write
    key = resolver.key_of(cover.lock.location)
    first = min(event for event, path in enumerate(case.function.statements) if path[: len(region.path)] == region.path)
    inside = case.function.events[first + 2 : end + 1]
    if not any(isinstance(event, Suspend) and program.may_suspend(resolver, event) for event in inside):
        return
    test = whole_test(case.function, case.finding.span.guards[0])
    which = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.In | ast.NotIn | ast.Is | ast.IsNot)
    for other, access in rivals(program, resolver, case.ending.access):
        if which and access.change in CONTENTS:
            continue  # what is in it does not change whether it is there
        held = locks_at(program, other, access.event, access.location)
        if not any(other.key_of(lock.location) == key for lock in held):
            place = program.place(other.function, access.event)
            yield f"`{other.function.qualname}` writes it without the lock ({place}), also while it is held"
            return
