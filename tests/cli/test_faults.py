from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from awaitomic import rules
from awaitomic.engine import run as engine
from awaitomic.engine.fault import Fault
from cli.running import FIXED, LOST, run

if TYPE_CHECKING:
    from pathlib import Path

    from awaitomic.model.finding import Finding
    from awaitomic.program import Program


@pytest.fixture
def fragile(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which the rules fail on one file."""
    find = rules.find

    def failing(program: Program) -> list[Finding]:
        if program.source.path == "a_bad.py":
            raise KeyError("unheard of")
        return find(program)

    monkeypatch.setattr(rules, "find", failing)
    for name in ("a_bad.py", "bank.py"):
        (tree / name).write_text(LOST)
    return tree


def test_a_fault_in_one_file_ends_with_3_and_the_others_go_on(fragile: Path) -> None:
    result = run("check")
    assert result.exit_code == 3
    assert result.stdout.startswith("bank.py:11:9: AWA101")
    assert "a_bad.py: internal fault of awaitomic: KeyError: 'unheard of'; the file is untouched" in result.stderr
    assert "please report this" in result.stderr
    assert "awaitomic check --jobs 1 --verbose a_bad.py" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_traceback_is_shown_when_asked_for(fragile: Path) -> None:
    assert "Traceback" in run("check", "--verbose").stderr


def test_a_fault_leaves_its_file_untouched_and_the_others_are_fixed(fragile: Path) -> None:
    result = run("fix")
    assert result.exit_code == 3
    assert (fragile / "a_bad.py").read_text() == LOST
    assert (fragile / "bank.py").read_text() == FIXED


def test_a_fault_is_not_hidden_by_exit_zero_and_stands_in_the_json(fragile: Path) -> None:
    result = run("check", "--exit-zero", "-q", "--output-format", "json")
    assert result.exit_code == 3
    (error,) = json.loads(result.stdout)["errors"]
    assert error["path"] == "a_bad.py"
    assert error["message"].startswith("internal fault of awaitomic: KeyError")


def test_a_fault_outside_of_any_file_ends_with_3_too(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr(engine, "discover", broken)
    result = run("check")
    assert result.exit_code == 3
    assert "RuntimeError: oops" in result.stderr
    assert "please report this" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
def test_the_advice_can_be_pasted_whatever_the_file_is_called() -> None:
    assert Fault("my bank.py", "KeyError").advice.endswith("--verbose 'my bank.py'")
    assert Fault("a\tb.py", "KeyError").advice.endswith(r"--verbose $'a\x09b.py'")
