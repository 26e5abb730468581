"""What is kept of a finding is all of it."""

from __future__ import annotations

from dataclasses import fields

from awaitomic.cache.kept import Kept, kept_of, plain
from awaitomic.engine.outcome import Outcome
from awaitomic.engine.task import Task
from awaitomic.model.finding import (
    Applicability,
    Confidence,
    FileEdit,
    FileError,
    Finding,
    Fix,
    Refusal,
    Replacement,
    Role,
    Span,
    TraceStep,
)
from awaitomic.model.position import Extent


def test_every_field_comes_back() -> None:
    step = TraceStep(Role.READ, "a.py", Extent(1, 2, 3, 4), "note")
    edits = (FileEdit("a.py", (Replacement(Extent(1, 1, 1, 9), "text"),)),)
    values = {
        "rule": "AWA101",
        "name": "stale-write",
        "confidence": Confidence.LIKELY,
        "path": "a\udcff.py",
        "extent": Extent(5, 6, 7, 8),
        "function": "f",
        "state": "s",
        "message": "m\n\u2028",
        "trace": (step, step),
        "evidence": ("one", "two"),
        "span": Span("f", (1,), (2, 3), (), 4, "lock"),
        "fingerprint": "print",
        "rival": step,
        "fix": Fix("lock", Applicability.UNSAFE, "title", ("why",), ("a.py", "b.py"), "diff", edits),
        "refusal": Refusal("code", "message"),
    }
    # A new field has to be tried here, too; else what is shown from the cache could lack it.
    assert set(values) == {field.name for field in fields(Finding)}
    kept = Kept((Finding(**values),), FileError("a.py", 1, 2, "m", "AWA003", True), True, ("b.py",), ("one", "two"))  # type: ignore[arg-type]  # by name
    assert kept_of(plain(kept)) == kept
    bare = Kept((Finding(**{**values, "rival": None, "fix": None, "refusal": None}),), None, False, (), None)  # type: ignore[arg-type]  # by name
    assert kept_of(plain(bare)) == bare


def test_every_field_of_an_outcome_is_kept_or_belongs_to_a_repair() -> None:
    kept = {field.name for field in fields(Kept)}
    read_again = {"path", "text"}
    of_repairs = {"applied", "change", "unfixed"}
    never_kept = {"fault", "left"}  # what is left alone is told anew by each run
    assert {field.name for field in fields(Outcome)} == kept | read_again | of_repairs | never_kept


def test_every_part_of_a_task_is_in_the_key_or_changes_no_result() -> None:
    in_the_key = {"settings", "diffs"}
    asked_again = {"named"}  # which files may be changed
    never_traced = {"reason"}
    without_influence = {"repair", "traced", "run"}
    assert {field.name for field in fields(Task)} == in_the_key | asked_again | never_traced | without_influence
