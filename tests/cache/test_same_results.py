"""Whatever is edited between runs, the cache changes nothing of what is said."""

from __future__ import annotations

import os
import subprocess
import tempfile
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cache.changing import VARIANTS, Changing, remembered, told

COMMANDS: tuple[tuple[str, ...], ...] = (
    ("check", "."),
    ("check", "--confidence", "possible", "--output-format", "json", "."),
    ("check", "app/main.py", "app/account.py"),
    ("check", "--confidence", "possible", "app"),
    ("check", "--confidence", "possible", "app/account.py", "app/branch.py"),
    ("fix", "--diff", "--unsafe-fixes", "."),
    ("fix", "--diff", "--confidence", "possible", "--unsafe-fixes", "app/account.py"),
    ("check", "--show-fixes", "--confidence", "possible", "."),
)

edits = st.tuples(st.sampled_from(sorted(VARIANTS)), st.integers(0, 6), st.booleans())
steps = st.tuples(st.lists(edits, max_size=2), st.sampled_from(COMMANDS))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=2, max_size=6))
def test_sequences_of_edits(
    monkeypatch: pytest.MonkeyPatch, sequence: list[tuple[list[tuple[str, int, bool]], tuple[str, ...]]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        monkeypatch.delenv("AWAITOMIC_CACHE_DIR", raising=False)
        project = Changing(Path(folder))
        try:
            for changes, command in sequence:
                for name, variant, old in changes:
                    project.put(name, variant, old=old)
                assert told(*command) == told(*command, "--no-cache")
        finally:
            os.chdir("/")


@pytest.mark.parametrize("command", [COMMANDS[1], COMMANDS[6]], ids=" ".join)
def test_each_edit_alone_and_taken_back(project: Path, command: tuple[str, ...]) -> None:
    changing = Changing(project)
    seen = {told(*command)}
    for name, texts in VARIANTS.items():
        for variant in range(1, len(texts)):
            changing.put(name, variant)
            seen.add(found := told(*command))
            assert found == told(*command, "--no-cache"), (name, variant)
            changing.put(name, 0)
            assert told(*command) == told(*command, "--no-cache"), (name, variant)
    assert len(seen) > 3  # else the edits would change nothing that is said


@pytest.mark.parametrize("narrow", [("--since", "HEAD"), ("--changed",), ("--baseline", "known.json")], ids=" ".join)
def test_a_run_that_tells_less_has_found_as_much(project: Path, narrow: tuple[str, ...]) -> None:
    Changing(project)
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], check=True)
    expected = told("check", "--no-cache", ".")
    assert "AWA101" in expected[1]
    told("check", "--no-cache", "--write-baseline", "known.json", ".")
    assert told("check", *narrow, ".")[0] == 0
    assert told("check", ".") == expected
    assert told("check", *narrow, ".")[0] == 0
    assert remembered(*narrow, ".") == (4, 4)


def test_a_commit_with_one_file_edited_and_with_all(project: Path) -> None:
    changing = Changing(project)
    command = ("check", "--confidence", "possible", "--output-format", "json", *sorted(VARIANTS))

    def says_the_same() -> tuple[object, ...]:
        found = told(*command)
        assert found == told(*command, "--no-cache")
        return found

    cold = says_the_same()
    assert says_the_same() == cold  # again
    changing.put("app/account.py", 1)
    says_the_same()
    for name in VARIANTS:
        changing.put(name, 1)
    assert says_the_same() != cold
    for name in VARIANTS:
        changing.put(name, 0)
    assert says_the_same() == cold


def test_what_is_unchanged_comes_from_the_cache(project: Path) -> None:
    Changing(project)
    parsed = 4
    assert remembered(".") == (parsed, 0)
    assert remembered(".") == (parsed, parsed)
    assert remembered("app/main.py", "app/bank.py") == (2, 2)


def test_an_edit_of_what_nobody_asked_about_costs_nothing(project: Path) -> None:
    Changing(project)
    (project / "alone.py").write_text("value = 1\n")
    assert remembered("app") == (4, 0)
    (project / "alone.py").write_text("value = 2\n")
    assert remembered("app") == (4, 4)
    (project / "alone.py").write_text("import app.bank\n")
    assert remembered("app") == (4, 0)


@pytest.mark.parametrize(("size", "back"), list(product((True, False), repeat=2)))
def test_a_time_that_was_set_back_hides_no_edit(project: Path, size: bool, back: bool) -> None:
    changing = Changing(project)
    changing.age()
    before = told("check", ".")
    assert told("check", ".") == before
    changing.put("app/main.py", 3 if size else 4, old=back)
    assert told("check", ".") == told("check", ".", "--no-cache")


def test_a_time_that_is_young_is_not_believed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changing = Changing(project)
    bank = project / "app" / "bank.py"
    before = told("check", ".")
    status = bank.stat()
    real = os.stat

    def as_before(path: str | os.PathLike[str], **options: object) -> os.stat_result:
        return status if os.fspath(path) == str(bank) else real(path, **options)  # type: ignore[arg-type] # os.stat's own

    changing.put("app/bank.py", 2)  # of the same size, and within a tick of the clock, as far as the status says
    monkeypatch.setattr("awaitomic.cache.files.os.stat", as_before)
    assert told("check", ".") != before
