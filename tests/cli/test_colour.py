"""Colour is for terminals, and for those who ask for it; the formats for programs have none."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pytest

from awaitomic.report.formats import FOR_PEOPLE, FORMATS
from cli.running import LOST, run

ESCAPE = "\x1b["


@pytest.fixture
def project(tree: Path) -> Path:
    (tree / "bank.py").write_text(LOST)
    return tree


@pytest.mark.parametrize(
    ("environment", "arguments", "coloured"),
    [
        ({}, (), False),
        ({"FORCE_COLOR": "1"}, (), True),
        ({"FORCE_COLOR": "0"}, (), False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
        ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
        ({"NO_COLOR": "1"}, ("--color", "always"), True),
        ({"NO_COLOR": ""}, ("--color", "always"), True),
    ],
    ids=str,
)
def test_pipes_get_colour_only_if_it_is_asked_for(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    arguments: tuple[str, ...],
    coloured: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    result = run("check", *arguments)
    assert (ESCAPE in result.stdout) is coloured
    assert click.unstyle(result.stdout) == run("check", "--color", "never").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_terminals_get_colour_unless_the_user_wants_none(project: Path) -> None:
    from cli.terminal import on_terminal  # noqa: PLC0415 - not on Windows

    seen = on_terminal("check", "bank.py", cwd=project, output_too=True, columns=100)
    assert ESCAPE in seen.raw
    plain = on_terminal("check", "bank.py", cwd=project, output_too=True, columns=100, environment={"NO_COLOR": "1"})
    assert ESCAPE not in plain.raw
    assert list(map(click.unstyle, seen.screen)) == plain.screen


def test_files_get_colour_only_from_the_option(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    run("check", "--output-file", "plain.txt", "--output-file", "concise=other.txt")
    run("check", "--output-file", "coloured.txt", "--color", "always")
    assert ESCAPE not in (project / "plain.txt").read_text() + (project / "other.txt").read_text()
    assert ESCAPE in (project / "coloured.txt").read_text()


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in FOR_PEOPLE])
def test_formats_for_programs_have_none_whatever_is_asked_for(project: Path, name: str) -> None:
    assert ESCAPE not in run("check", "--color", "always", "--output-format", name).stdout
