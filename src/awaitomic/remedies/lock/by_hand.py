"""Regions of a lock that is taken and given back by hand, where they can become parts of a larger ``async with``.

That takes an ``acquire`` and a ``release`` which belong together by where they stand, so that all that is between them
is held, and nothing else: in one block, or with the release at the end of the ``finally`` of a ``try`` behind it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.statements import block_of
from awaitomic.model.event import Attribute, Call, Name, Write
from awaitomic.model.plan import DeleteStatement, DropFinally, Edit
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program import Program
from awaitomic.program.locks import Lock
from awaitomic.program.locks.by_hand import Taking, releases, takings
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run


@dataclass(frozen=True, slots=True)
class Pair:
    """The statements that take a lock and give it back."""

    taken: StatementPath
    given: StatementPath
    run: Run
    """From the one that takes it to the one that gives it back, or to the ``try`` that does so in its ``finally``."""
    said: ast.expr
    """How the lock is named where it is taken."""
    last: Edit
    """What takes the release away."""

    @property
    def edits(self) -> tuple[Edit, ...]:
        """What leaves the statements between without the lock."""
        return DeleteStatement(self.taken), self.last


def said_of(statement: ast.stmt, method: str) -> ast.expr | None:
    """Give how a statement names the lock of which it only calls a method."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    call = call.value if isinstance(call, ast.Await) else call
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != method:
        return None
    return call.func.value


def rebinding(resolver: Resolver, said: ast.expr, run: Run) -> int | None:
    """Give an event in a run after which an expression may mean another object, or None."""
    names = {node.id for node in ast.walk(said) if isinstance(node, ast.Name)}
    attributes = {node.attr for node in ast.walk(said) if isinstance(node, ast.Attribute)}
    for event in resolver.function.events:
        if not isinstance(event, Write) or not run.covers(resolver.function.statements[event.id]):
            continue
        place = event.place
        rebinds = isinstance(place, Name) and place.name in names
        if rebinds or (isinstance(place, Attribute) and place.attr in attributes):
            return event.id
    return None


def is_made_anew(said: ast.expr) -> bool:
    """Tell whether an expression calls something, so that it may be another object, or do more, each time."""
    return any(isinstance(node, ast.Call | ast.Await | ast.NamedExpr) for node in ast.walk(said))


def pairs_of(program: Program, resolver: Resolver, lock: Lock) -> tuple[Pair, ...]:
    """Give all regions in which a function holds a lock that it has taken by hand.

    Parameters:
        program: seen from the file of the function.
        resolver: the function.
        lock: the lock, in its terms.

    Raises:
        Declined: ``explicit-acquire`` if they cannot be told, or do not begin and end in one block.
    """
    found = [each for each in takings(resolver) if each.lock.location == lock.location]
    given = list(dict.fromkeys(resolver.function.statements[event] for event in releases(resolver, lock)))
    tree = program.module.tree
    if len(found) < len(_calls_that_take(program, resolver, lock)) or not all(each.is_plain for each in found):
        raise _declined(tree, resolver, found, "there it does not plainly wait for it")
    pairs = tuple(_pair(tree, resolver, taking, given) for taking in found)
    if sorted(given, key=str) != sorted((pair.given for pair in pairs), key=str):
        raise _declined(tree, resolver, found, "it is given back at several places, or elsewhere")
    for one in pairs:
        if any(one is not other and one.run.covers(other.taken) for other in pairs):
            raise _declined(tree, resolver, found, "two of its regions are in one another")
    return pairs


def _calls_that_take(program: Program, resolver: Resolver, lock: Lock) -> set[int]:
    """Give the calls in the text, by their nodes, by which a function takes a lock."""
    return {
        id(resolver.function.nodes[event.id])
        for event in resolver.function.events
        if isinstance(event, Call)
        and any(takes and each.location == lock.location for each, takes in program.lock_calls(resolver, event))
    }


def _pair(tree: ast.Module, resolver: Resolver, taking: Taking, given: list[StatementPath]) -> Pair:
    """Give the release that belongs to an acquisition: the next one in its block, or in the ``try`` that comes next."""
    found = next(_releases_behind(tree, taking.path, given), None)
    if found is None:
        raise _declined(tree, resolver, [taking], "its `release` is not the last thing in a `finally` behind it")
    released = said_of(statement_at(tree, found.given), "release")
    alike = released is not None and ast.unparse(found.said) == ast.unparse(released)
    if not alike or is_made_anew(found.said) or rebinding(resolver, found.said, found.run) is not None:
        raise _declined(tree, resolver, [taking], "where it is given back it may be another lock")
    return found


def _releases_behind(tree: ast.Module, taken: StatementPath, given: list[StatementPath]) -> Iterator[Pair]:
    """Give the first sibling behind an acquisition in which the lock is given back, if it does so as it ends."""
    said = said_of(statement_at(tree, taken), "acquire")
    if said is None:
        return
    depth = len(taken) - 1
    behind = [path for path in given if path[:depth] == taken[:depth] and path[depth].block == taken[depth].block]
    behind = [path for path in behind if path[depth].index > taken[depth].index]
    if not behind:
        return
    path = min(behind, key=lambda each: each[depth].index)
    index = path[depth].index
    run = Run(taken, index - taken[depth].index + 1)
    if len(path) == depth + 1:
        yield Pair(taken, path, run, said, DeleteStatement(path))
        return
    attempt = (*taken[:-1], BlockStep(taken[-1].block, index))
    node = statement_at(tree, attempt)
    if len(path) != depth + 2 or not isinstance(node, ast.Try) or path[-1].block != "finalbody":
        return
    final = block_of(node, "finalbody")
    if path[-1].index == len(final) - 1:
        last: Edit = DropFinally(attempt) if len(final) == 1 else DeleteStatement(path)
        yield Pair(taken, path, run, said, last)


def _declined(tree: ast.Module, resolver: Resolver, found: list[Taking], why: str) -> Declined:
    name = resolver.function.qualname
    line = statement_at(tree, found[0].path).lineno if found else getattr(resolver.function.node, "lineno", 1)
    return Declined("explicit-acquire", f"`{name}` takes the lock by a call (line {line}), and {why}")
