"""What is known is known after a fix, too, whatever that has done to its name; and nothing else is."""

from __future__ import annotations

from awaitomic.engine.follow import paired
from awaitomic.findings.fingerprint import with_fingerprints
from awaitomic.model.finding import Finding
from awaitomic.model.plan import Plan
from findings.maker import finding_at, source_of

NO_PLAN = Plan(())


def found(text: str, *pieces: str, function: str = "put") -> list[Finding]:
    """Give findings at the pieces of a text, in whatever order they are named."""
    counts = dict.fromkeys(pieces, 0)
    findings = []
    for piece in pieces:
        findings.append(finding_at(text, piece, function=function, occurrence=counts[piece]))
        counts[piece] += 1
    return list(with_fingerprints(findings, *source_of(text)))


def names(findings: list[Finding]) -> dict[str, str]:
    return {each.fingerprint: each.fingerprint for each in findings}


def test_what_nothing_has_happened_to_keeps_its_name() -> None:
    (one,) = found("a = 1\n", "a = 1")
    (moved,) = found("x = 1\n\na = 1  # why\n", "a = 1")
    assert paired(names([one]), [one], [moved], NO_PLAN) == {one.fingerprint: one.fingerprint}


def test_of_two_equal_ones_the_second_becomes_the_first() -> None:
    one, other = found("a = 1\na = 1\n", "a = 1", "a = 1")
    (left,) = found("a = 1\n", "a = 1")
    assert left.fingerprint == one.fingerprint
    assert paired(names([other]), [other], [left], NO_PLAN) == {left.fingerprint: other.fingerprint}
    assert paired(names([one]), [other], [left], NO_PLAN) == {}


def test_a_function_with_another_name() -> None:
    (one,) = found("a = 1\n", "a = 1")
    (now,) = found("a = 1\n", "a = 1", function="_put_locked")
    (inner,) = found("a = 1\n", "a = 1", function="_put_locked.<locals>.f")
    plan = Plan((), renames=(("put", "_put_locked"),))
    assert paired(names([one]), [one], [now], plan) == {now.fingerprint: one.fingerprint}
    assert paired(names([one]), [one], [now], NO_PLAN) == {}
    assert paired(names([one]), [one], [inner], plan) == {}


def test_a_statement_that_the_fix_has_edited() -> None:
    one, other = found("a = f()\nb = 1\n", "a = f()", "b = 1")
    now, same = found("a = f_locked()\nb = 1\n", "a = f_locked()", "b = 1")
    assert paired(names([one]), [one, other], [same, now], NO_PLAN) == {now.fingerprint: one.fingerprint}
    assert paired(names([other]), [one, other], [same, now], NO_PLAN) == {same.fingerprint: other.fingerprint}


def test_what_is_gone_is_known_no_more() -> None:
    (one,) = found("a = 1\n", "a = 1")
    assert paired(names([one]), [one], [], NO_PLAN) == {}
