"""AWA003: a file that cannot be analysed is told under its code, and can be ignored by it, but only by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import CLEAN, run


@pytest.fixture
def broken(tree: Path) -> Path:
    (tree / "broken.py").write_text("async def main():\n    print 'x'\n", encoding="utf-8")
    (tree / "clean.py").write_text(CLEAN, encoding="utf-8")
    return tree


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize(
    "options", [(), ("--select", "AWA101"), ("--ignore", "AWA0,AWA1", "--extend-select", "AWA003")]
)
def test_it_is_told_whatever_is_selected(options: tuple[str, ...]) -> None:
    result = run("check", ".", *options)
    assert result.exit_code == 1
    assert result.stderr.startswith("broken.py:2:5: AWA003 SyntaxError: Missing parentheses in call to 'print'.")
    assert "(this looks like Python 2; this is Python 3." in result.stderr


@pytest.mark.usefixtures("broken")
@pytest.mark.parametrize("command", [("check",), ("fix",), ("fix", "--diff")])
@pytest.mark.parametrize("codes", ["AWA003", "AWA0", "ALL"])
def test_who_ignores_it_hears_nothing(command: tuple[str, ...], codes: str) -> None:
    result = run(*command, ".", "--ignore", codes)
    assert result.exit_code == 0
    assert "broken" not in result.output


def test_it_can_be_ignored_in_one_file(broken: Path) -> None:
    (broken / "worse.py").write_text("async def (\n", encoding="utf-8")
    table = '[tool.awaitomic.per-file-ignores]\n"brok*.py" = ["AWA003"]\n'
    (broken / "pyproject.toml").write_text(table, encoding="utf-8")
    result = run("check", ".", "--output-format", "json")
    assert result.exit_code == 1
    assert [error["path"] for error in json.loads(result.stdout)["errors"]] == ["worse.py"]


@pytest.mark.usefixtures("broken")
def test_the_errors_of_the_json_report_keep_their_shape() -> None:
    (error,) = json.loads(run("check", ".", "--output-format", "json").stdout)["errors"]
    assert set(error) == {"path", "line", "column", "message"}


@pytest.mark.parametrize("declared", ["", "# coding: cp1252\n"])
def test_the_encoding_is_named(tree: Path, declared: str) -> None:
    (tree / "a.py").write_bytes(declared.encode() + b"# awaitomic: \x81\n")
    result = run("check", ".")
    assert result.exit_code == 1
    assert f"AWA003 not valid {'cp1252' if declared else 'utf-8'}: 0x81" in result.stderr
    assert ("no other encoding is declared" in result.stderr) == (not declared)


def test_standard_input_is_told_too() -> None:
    assert run("check", "-", stdin=b"async def (\n").stderr.startswith("-:1:11: AWA003 SyntaxError")
    assert run("check", "-", "--ignore", "AWA003", stdin=b"async def (\n").exit_code == 0
