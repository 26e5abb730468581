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
