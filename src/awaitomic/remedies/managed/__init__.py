"""Widen, for locks that are taken by hand: ``async with`` in the place of ``acquire`` and ``release``.

The region stays what it was on the way on which the lock was given back, and ends on every other way, too. So it
is only offered where one acquire and one release belong together by where they stand: in one block, or with the release
in the ``finally`` of a ``try`` in that block, or around the acquire.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitomic.flow.statements import block_of
from awaitomic.model.finding import Applicability
from awaitomic.model.plan import DeleteStatement, DropFinally, Edit, OpenBlock, Plan
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program.locks.by_hand import Taking, releases, takings
from awaitomic.program.locks.never_given_back import never_given_back
from awaitomic.remedies.lock.by_hand import is_made_anew, rebinding, said_of
from awaitomic.remedies.managed.half_done import half_done
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.region import Run


@dataclass(frozen=True, slots=True)
class _Pair:
    """The statements that take a lock and give it back."""

    taken: StatementPath
    given: StatementPath
    said: str
    """The lock, as it is written."""


@or_refusal
def propose(case: Case) -> Proposal:
    """Let ``async with`` hold the lock that is taken and given back by hand.

    Refusal codes: ``unknown-lock``, ``several-releases``, ``never-released``, ``released-elsewhere``, ``lock-changes``,
    ``handlers-around-wait``, ``work-after-release``.
    """
    pair = _pair_of(case)
    edits, run = _edits(case, pair)
    _check_same_lock(case, pair, run)
    reason = "the lock is held from where it was to where it was; only where it stayed held, it is free again"
    title = f"`async with {pair.said}` in the place of `acquire` and `release`"
    doubts = tuple(half_done(case, _taking(case)))
    applicability = Applicability.UNSAFE if doubts else Applicability.SAFE
    return Proposal(Plan(tuple(edits)), applicability, title, doubts or (reason,))


def _taking(case: Case) -> Taking:
    return next(each for each in takings(case.resolver) if each.call == case.finding.span.write)


def _pair_of(case: Case) -> _Pair:
    found, taking = takings(case.resolver), _taking(case)
    if not taking.is_known or not taking.is_plain or _enters_in_its_own_way(case, taking):
        message = f"it is not known that `{case.finding.state}` can be entered, and that this does what `acquire` does"
        raise Declined("unknown-lock", f"{message}; by hand: release in the `finally` of a `try` around the rest")
    places = dict.fromkeys(case.path(event) for event in releases(case.resolver, taking.lock))
    if len(places) > 1 or sum(each.lock.location == taking.lock.location for each in found) > 1:
        message = f"`{taking.lock}` is taken or given back at several places ({_lines(case, taking, places)})"
        raise Declined("several-releases", f"{message}: which of them belong together is not told")
    given = next(iter(places), None)
    said, released = _said(case, taking.path, "acquire"), _said(case, given, "release") if given else None
    if given is None and never_given_back(case.program, case.resolver, taking) is not None:
        raise Declined("never-released", f"nothing gives `{taking.lock}` back, so it is not told how far it is needed")
    if given is None:
        raise Declined("released-elsewhere", f"nothing in `{case.function.qualname}` gives `{taking.lock}` back")
    if released is None:
        line = case.statement(given).lineno
        raise Declined("released-elsewhere", f"line {line} does more than to give `{taking.lock}` back")
    if said is None or said != released:
        raise Declined(
            "lock-changes", f"`{taking.lock}` goes by two names where it is taken and where it is given back"
        )
    return _Pair(taking.path, _with_its_test(case, given, said), said)


def _enters_in_its_own_way(case: Case, taking: Taking) -> bool:
    """Tell whether the lock is one of a class of the program that says itself what ``async with`` does."""
    kind = case.resolver.type_of(taking.lock.location).name or ""
    known = case.program.project.link
    own = kind.removeprefix("class:") if kind.startswith("class:") else None
    return own is not None and any(known.find_method(own, name) is not None for name in ("__aenter__", "__aexit__"))


def _with_its_test(case: Case, given: StatementPath, said: str) -> StatementPath:
    """Give the statement ``if lock.locked(): lock.release()`` for the release that is all that it does."""
    around = case.statement(given[:-1])
    if not isinstance(around, ast.If) or len(around.body) > 1 or around.orelse:
        return given
    return given[:-1] if case.text(around.test) == f"{said}.locked()" else given


def _lines(case: Case, taking: Taking, places: dict[StatementPath, None]) -> str:
    lines = sorted({case.statement(path).lineno for path in (taking.path, *places)})
    return "lines " + ", ".join(map(str, lines))


def _said(case: Case, path: StatementPath, method: str) -> str | None:
    """Give how a statement names the lock of which it only calls a method."""
    said = said_of(case.statement(path), method)
    return None if said is None else case.text(said)


def _edits(case: Case, pair: _Pair) -> tuple[list[Edit], Run]:
    """Give the edits, and the run of statements over which the lock is held."""
    taken, given = pair.taken, pair.given
    block = taken[-1].block
    if given[:-1] == taken[:-1] and given[-1].block == block and given[-1].index > taken[-1].index + 1:
        run = _behind(taken, given[-1].index - taken[-1].index - 1)
        return [_opened(pair, run), DeleteStatement(given)], run
    if given[:-1] == taken[:-1] and (block, given[-1].block) == ("body", "finalbody"):
        return _inside_try(case, pair)
    attempt = given[:-1]
    beside = len(given) == len(taken) + 1 and attempt[:-1] == taken[:-1] and attempt[-1].block == block
    if beside and given[-1].block == "finalbody" and attempt[-1].index > taken[-1].index:
        return _before_try(case, pair)
    lines = f"lines {case.statement(taken).lineno} and {case.statement(given).lineno}"
    raise Declined("released-elsewhere", f"acquire and release ({lines}) stand in no block, or `try`, together")


def _before_try(case: Case, pair: _Pair) -> tuple[list[Edit], Run]:
    attempt = pair.given[:-1]
    run = _behind(pair.taken, attempt[-1].index - pair.taken[-1].index)
    final = block_of(case.statement(attempt), "finalbody")
    if pair.given[-1].index < len(final) - 1:
        raise _more_work(case, pair)
    last: Edit = DropFinally(attempt) if len(final) == 1 else DeleteStatement(pair.given)
    return [_opened(pair, run), last], run


def _inside_try(case: Case, pair: _Pair) -> tuple[list[Edit], Run]:
    attempt = pair.taken[:-1]
    node = case.statement(attempt)
    if not isinstance(node, ast.Try) or node.handlers or len(node.finalbody) > 1:
        line = case.statement(attempt).lineno
        message = (
            f"the `try` in line {line} also handles a failure of the wait for `{pair.said}`, and not only of the rest"
        )
        raise Declined("handlers-around-wait", message)
    run = _behind(pair.taken, len(node.body) - pair.taken[-1].index - 1)
    if run.count == 0:
        raise _more_work(case, pair)
    return [_opened(pair, run), DropFinally(attempt)], run


def _more_work(case: Case, pair: _Pair) -> Declined:
    line = case.statement(pair.given).lineno
    return Declined(
        "work-after-release", f"what runs around the release in line {line} would run on the other side of it"
    )


def _behind(path: StatementPath, count: int) -> Run:
    """Give the run of the siblings that follow a statement."""
    return Run((*path[:-1], BlockStep(path[-1].block, path[-1].index + 1)), count)


def _opened(pair: _Pair, run: Run) -> Edit:
    return OpenBlock(pair.taken, run.count, f"async with {pair.said}")


def _check_same_lock(case: Case, pair: _Pair, run: Run) -> None:
    """See that the lock's expression means the same at both ends, and does nothing by being evaluated once less.

    Raises:
        Declined: ``lock-changes``.
    """
    written = ast.parse(pair.said, mode="eval").body
    if is_made_anew(written):
        raise Declined("lock-changes", f"`{pair.said}` is evaluated anew where the lock is given back")
    event = rebinding(case.resolver, written, run)
    if event is not None:
        line = case.extent(case.node(event)).line
        raise Declined("lock-changes", f"line {line} gives `{pair.said}` another meaning before the lock is given back")


REMEDY = Remedy(
    name="widen",
    summary="`async with` holds the lock that was taken and given back by hand",
    conditions=(
        "One `acquire` and one `release` of the lock in the function, under one name, which nothing between them binds "
        "anew. They stand in one block; or the release is the last thing in the `finally` of a `try` behind the "
        "acquire; or it is all that the `finally` does of a `try` without handlers in which the acquire stands."
    ),
    safety=(
        "The lock is held from where it was to where it was. What differs is only what a leak was: on the "
        "ways on which the lock stayed held it is given back, and who was cancelled while waiting no longer gives back "
        "the lock of somebody else. That is safe, unless who is cancelled, fails or returns under the lock leaves work "
        "half done: unsafe if a wait that left the lock held comes after a change of shared state, or after a call "
        "that may hand something to somebody (a request is sent, and the next one gets its answer); and if a `return`, "
        "a `raise` or a call that may fail left the lock held between one change and another."
    ),
    propose=propose,
)
