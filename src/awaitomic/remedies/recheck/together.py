"""Attributes that come and go together: whoever resets the one resets the others beside it, under the same test.

``self.reader = None`` beside ``self.writer = None`` would hit the new reader just as surely as the new writer.
"""

from __future__ import annotations

import ast

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Suspend
from awaitomic.model.location import AttributeStep, Location
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program.accesses import FORGETS
from awaitomic.program.facts import WriteFact
from awaitomic.program.module import is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.siblings import block_at


def resets_beside(case: Case, path: StatementPath, state: ast.expr) -> tuple[StatementPath, int]:
    """Give the first of the statements around the reset at `path` that reset what belongs to it, and their number."""
    block, own = block_at(case, path), path[-1].index
    first = last = own
    while first > 0 and _resets_others(case, block.statements[first - 1], state):
        first -= 1
    while last + 1 < len(block.statements) and _resets_others(case, block.statements[last + 1], state):
        last += 1
    return (*path[:-1], BlockStep(path[-1].block, first)), last - first + 1


def left_beside(case: Case, path: StatementPath, state: ast.expr) -> list[str]:
    """Say what is written beside the state without its test, though somebody sets both: of a pair one part may go.

    Whatever is written in one step with the reset counts, wherever it stands, and in callees, too.

    Parameters:
        case: the case.
        path: the first of the statements that go under the test.
        state: the state, as the reset names it.
    """
    own = case.fact.access.location
    block = block_at(case, path)
    first, count = resets_beside(case, path, state)
    covered = range(first[-1].index, first[-1].index + count)
    found: list[str] = []
    for fact in case.program.facts(case.resolver).writes:
        location, where = fact.access.location, case.path(fact.event)
        if not _is_beside(location, own) or (block.holds(where) and block.index_of(where) in covered):
            continue
        if _in_one_step(case, fact) and _is_set_with(case, case.resolver.key_of(location)):
            done = "reset" if fact.access.change in FORGETS else "written"
            line = case.extent(case.statement(where)).line
            text = f"`{location}` (line {line}) is {done} all the same, and may be lost to a replacement"
            found.append(f"{text} that keeps `{case.finding.state}`")
    return list(dict.fromkeys(found))


def _is_beside(location: Location, own: Location) -> bool:
    """Tell whether a location is another attribute of the object that has the state."""
    both = [each.steps[-1] if each.steps else None for each in (location, own)]
    return all(isinstance(step, AttributeStep) for step in both) and location != own and location.parent == own.parent


def _in_one_step(case: Case, fact: WriteFact) -> bool:
    """Tell whether no other task need run between a write and the reset, whichever comes first."""
    graph, reset = case.function, case.fact.event
    waits = {
        each.id for each in graph.events if isinstance(each, Suspend) and case.program.may_suspend(case.resolver, each)
    }
    stops = waits - {fact.event}  # a callee may write before it suspends, or behind that
    if fact.event in reach_after(graph, reset, stops=stops, raises=False).events:
        return True
    late = fact.via is not None and fact.via.write.late
    ends = fact.event not in waits or late
    return ends and reset in reach_after(graph, fact.event, stops=stops, raises=False).events


def target_of(case: Case, statement: ast.Assign) -> ast.expr:
    """Give the target by which a statement resets the state, where all other targets belong to that.

    Raises:
        Declined: ``recheck-shape`` if it also sets something else.
    """
    targets = [element for target in statement.targets for element in _elements(target)]
    written = [target for target in targets if target is case.node(case.fact.event)]
    others = [target for target in targets if target not in written]
    if len(written) != 1 or not all(_belongs(case, target, written[0]) for target in others):
        raise Declined("recheck-shape", "the write is part of a larger statement")
    return written[0]


def _elements(target: ast.expr) -> list[ast.expr]:
    return target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def _resets_others(case: Case, statement: ast.stmt, state: ast.expr) -> bool:
    if not isinstance(statement, ast.Assign) or not _is_nothing(statement.value):
        return False
    return all(_belongs(case, element, state) for target in statement.targets for element in _elements(target))


def _is_nothing(value: ast.expr) -> bool:
    if isinstance(value, ast.Tuple | ast.List):
        return all(_is_nothing(element) for element in value.elts)
    return (isinstance(value, ast.Constant) and not value.value) or (isinstance(value, ast.Dict) and not value.keys)


def _is_set_with(case: Case, key: Location) -> bool:
    """Tell whether some function sets what `key` names together with the state, itself or through a callee."""
    pair = {key, _own_key(case)}
    setters = {id(each): each for one in pair for each, _ in case.program.writers_at(one)}
    return any(pair <= _set_by(case, each) for each in setters.values() if not is_construction(each.function))


def _set_by(case: Case, resolver: Resolver) -> set[Location]:
    facts = case.program.facts(resolver).writes
    return {resolver.key_of(fact.access.location) for fact in facts if fact.access.change not in FORGETS}


def _own_key(case: Case) -> Location:
    return case.resolver.key_of(case.fact.access.location)


def _key_beside(case: Case, target: ast.expr, state: ast.expr) -> Location | None:
    """Give the name of another attribute of the object that has the state; None if it is none."""
    if not isinstance(target, ast.Attribute) or not isinstance(state, ast.Attribute):
        return None
    if ast.dump(target.value) != ast.dump(state.value) or target.attr == state.attr:
        return None
    parent = _own_key(case).parent
    return None if parent is None else parent.along((AttributeStep(target.attr),))


def _belongs(case: Case, target: ast.expr, state: ast.expr) -> bool:
    """Tell whether an attribute is only set where the state is, and is reset by all who reset that."""
    key = _key_beside(case, target, state)
    if key is None:
        return False
    set_by, reset_by = _writers(case, _own_key(case))
    other_set_by, other_reset_by = _writers(case, key)
    return bool(other_set_by) and other_set_by <= set_by and reset_by <= other_reset_by


def _writers(case: Case, key: Location) -> tuple[set[str], set[str]]:
    """Give the functions that put something there, and those that take it away, construction left out."""
    writes = [(each, access) for each, access in case.program.writers_at(key) if not is_construction(each.function)]
    news = {resolver.function.id for resolver, access in writes if access.change not in FORGETS}
    return news, {resolver.function.id for resolver, access in writes if access.change in FORGETS}
