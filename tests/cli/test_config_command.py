"""`awaitomic config`: what holds for a file, and where it came from."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from awaitomic.config import load
from cli.running import program, run


@pytest.fixture
def layers(tree: Path) -> Path:
    """A table that extends another, with a file below it."""
    (tree / "base.toml").write_text(
        '[tool.awaitomic]\nextend-exclude = ["gen/*.py"]\nconfidence = "possible"\njobs = 3\n'
    )
    (tree / "app").mkdir()
    (tree / "app" / "pyproject.toml").write_text(
        '[tool.awaitomic]\nextend = "../base.toml"\nignore = ["AWA103"]\n\n'
        'extend-exclude = ["mine"]\nconfidence = "certain"\n'
    )
    (tree / "app" / "bank.py").touch()
    return tree


def told(*arguments: str) -> dict[str, Any]:
    done = run("config", "--output-format", "json", *arguments)
    assert done.exit_code == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def test_each_value_has_its_source(layers: Path) -> None:
    lines = run("config", "app/bank.py", "--ignore", "AWA2", "--no-unsafe-fixes").stdout.splitlines()
    assert lines[0] == "# For app/bank.py: the nearest table is in app/pyproject.toml."
    assert '# extend = "../base.toml"  # app/pyproject.toml:2' in lines
    assert 'confidence = "certain"  # app/pyproject.toml:6' in lines
    assert "jobs = 3  # base.toml:4 (extended)" in lines
    assert 'ignore = ["AWA103", "AWA2"]  # app/pyproject.toml:3, --ignore' in lines
    assert "unsafe-fixes = false  # --no-unsafe-fixes" in lines
    assert 'select = ["ALL"]  # default' in lines
    assert any(line.startswith("extend-exclude = [  # base.toml:2 (extended), app/pyproject.toml:5") for line in lines)


def test_the_same_for_programs(layers: Path) -> None:
    report = told("app/bank.py", "--ignore", "AWA2")
    assert (report["path"], report["file"]) == ("app/bank.py", "app/pyproject.toml")
    settings = report["settings"]
    assert settings["ignore"] == {
        "value": ["AWA103", "AWA2"],
        "sources": [
            {"kind": "file", "file": "app/pyproject.toml", "line": 3},
            {"kind": "option", "option": "--ignore"},
        ],
    }
    assert settings["jobs"]["sources"] == [{"kind": "extended", "file": "base.toml", "line": 4}]
    assert settings["lock-name"] == {"value": None, "sources": []}
    assert settings["extend-exclude"]["value"] == [str(layers / "gen" / "*.py"), "mine"]


def test_what_is_shown_can_be_put_into_a_table_and_means_the_same(layers: Path) -> None:
    shown = run("config", "app", "--strategy", "AWA1:no-lock", "--per-file-ignores", "a b.py:AWA1").stdout
    assert tomllib.loads(shown)["tool"]["awaitomic"]["strategy"] == ["AWA1:no-lock"]
    before = load(layers / "app")
    (layers / "app" / "pyproject.toml").write_text(run("config", "app").stdout)
    after = load(layers / "app")
    changed = {name for name in after.__dataclass_fields__ if getattr(after, name) != getattr(before, name)}
    assert changed == {"extend", "tables"}


def test_a_folder_and_the_current_directory(layers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told("app")["file"] == "app/pyproject.toml"
    assert told()["file"] is None
    assert run("config").stdout.startswith("# For .: no table counts.\n")
    monkeypatch.chdir(layers / "app")
    assert told()["file"] == "pyproject.toml"
    assert told()["settings"]["confidence"]["sources"][0]["file"] == "pyproject.toml"


def test_other_ways_to_choose_a_table(layers: Path) -> None:
    assert told("app", "--config", "base.toml")["settings"]["confidence"]["value"] == "possible"
    assert told("app", "--isolated")["file"] is None
    assert told("--stdin-filename", "app/new.py", "-")["file"] == "app/pyproject.toml"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("missing.py",), "missing.py does not exist."),
        (("app", "base.toml"), "config shows the settings for one path"),
        (("--output-format", "sarif", "app"), "config prints text or json, not sarif."),
        (("--select", "AWA1O1", "app"), "unknown rule code `AWA1O1`; did you mean `AWA101`?"),
        (("--config", "app/pyproject.toml", "--isolated"), "exclude each other"),
    ],
)
def test_wrong_usage(layers: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run("config", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_a_wrong_table_is_shown_with_its_line(layers: Path) -> None:
    (layers / "base.toml").write_text("[tool.awaitomic]\njobs = 0\n")
    done = run("config", "app")
    assert done.exit_code == 2
    assert "base.toml:2: `jobs` has to be at least 1, not 0" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", [b"a\nb", b"\xff x", "ä ö".encode()], ids=["newline", "no UTF-8", "letters"])
def test_odd_names_of_folders(tree: Path, name: bytes) -> None:
    folder = tree / os.fsdecode(name)
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("the file system has no such names")
    (folder / "pyproject.toml").write_text('[tool.awaitomic]\nextend = "../base.toml"\njobs = 2\n')
    (tree / "base.toml").write_text('[tool.awaitomic]\nexclude = ["a/*.py"]\n')
    shown = run("config", str(folder))
    assert shown.exit_code == 0
    assert tomllib.loads(shown.stdout)["tool"]["awaitomic"]["jobs"] == 2
    assert told(str(folder))["settings"]["jobs"]["value"] == 2


def test_standard_input_is_not_read(tree: Path) -> None:
    assert program("config", "--stdin-filename", "new.py", "-", cwd=tree, stdin=b"\xff").returncode == 0
