"""The hooks for pre-commit, run as pre-commit would: the entry with the files behind it."""

from __future__ import annotations

import re
from pathlib import Path

from cli.running import FIXED, LOST, REFRESH, run

HOOKS = (Path(__file__).resolve().parents[2] / ".pre-commit-hooks.yaml").read_text()


def hook(name: str) -> dict[str, str]:
    block = next(part for part in re.split(r"^- ", HOOKS, flags=re.M) if part.startswith(f"id: {name}\n"))
    return dict(re.findall(r"^ *([\w-]+): (.*)$", block, flags=re.M))


def entry(name: str) -> list[str]:
    program, *arguments = hook(name)["entry"].split()
    assert program == "awaitomic"
    return arguments


def test_both_hooks_leave_the_spreading_of_files_to_awaitomic() -> None:
    for name in ("awaitomic", "awaitomic-fix"):
        assert hook(name)["require_serial"] == "true"
        assert hook(name)["language"] == "python"
        assert hook(name)["types"] == "[python]"


def test_the_first_hook_reports_and_writes_nothing(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert run(*entry("awaitomic"), "bank.py").exit_code == 1
    assert (tree / "bank.py").read_text() == LOST


def test_the_second_hook_applies_safe_fixes_only_and_fails_when_it_did(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    assert run(*entry("awaitomic-fix"), "bank.py").exit_code == 1
    assert (tree / "bank.py").read_text() == FIXED
    assert run(*entry("awaitomic-fix"), "bank.py").exit_code == 0
    assert run(*entry("awaitomic-fix"), "session.py").exit_code == 1
    assert (tree / "session.py").read_text() == REFRESH


def test_no_command_is_offered_for_what_was_piped_in(tree: Path) -> None:
    result = run("check", "--output-format", "hook", "-", stdin=LOST.encode())
    assert result.exit_code == 1
    assert result.stderr == "1 finding in 1 file\n"


def test_an_entry_of_a_baseline_is_taken_out_by_a_run_over_the_source(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    run("check", "--write-baseline", "known.json")
    (tree / "bank.py").write_text(FIXED)
    result = run(*entry("awaitomic"), "--baseline", "known.json", "bank.py")
    assert result.exit_code == 1
    assert "\n    awaitomic fix --baseline known.json bank.py\n" in result.stderr
    assert "with a comment" not in result.stderr


def test_a_finding_of_any_rule_has_a_short_form() -> None:
    """No finding may be without steps; one fixture of each rule is enough to tell."""
    fixtures = Path(__file__).resolve().parents[2] / "fixtures"
    files = [min(folder.glob("*.py")) for folder in sorted(fixtures.iterdir()) if list(folder.glob("*.py"))]
    options = ("--isolated", "--confidence", "possible", "--jobs", "1", "--output-format", "hook")
    result = run("check", *options, *files)
    blocks = [block.split("\n") for block in result.stdout.rstrip("\n").split("\n\n")]
    assert len(blocks) > 15
    for headline, *rows in blocks:
        assert re.match(r".*:\d+:\d+: AWA\d+ \[\w+\] .", headline)
        assert not [row for row in rows if not row.startswith("    ")]
        assert "AWA002" in headline or any(
            re.match(r" +(\S+:)?\d+ (reads|tests|waits|takes|calls|writes|releases) ", row) for row in rows
        ), rows


def test_what_another_task_does_elsewhere_stands_where_it_happens(tree: Path) -> None:
    unlocked = REFRESH.replace("async with self._lock:\n            ", "")
    (tree / "session.py").write_text(unlocked.replace("session.renew(refresh))", "session.revoke())"))
    rows = run("check", "--output-format", "hook", "session.py").stdout.splitlines()
    assert [row.strip() for row in rows[1:5]] == [
        "13 reads  self.token",
        "13 waits  await refresh(self.token)",
        '10 writes self.token = ""  (another task)',
        "13 writes self.token = await refresh(self.token)",
    ]
