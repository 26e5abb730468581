"""Commands that are printed to be pasted."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from awaitomic.cli import main
from awaitomic.cli.typed import Typed, program_words
from awaitomic.report.shell import quoted


def context(*arguments: str, command: str = "check") -> click.Context:
    parent = click.Context(main, info_name="awaitomic")
    made = main.commands[command].make_context(command, list(arguments), parent=parent)
    assert isinstance(made, click.Context)
    return made


def line(*arguments: str, words: tuple[str, ...] = ("fix",), paths: tuple[str, ...] = ("a.py",)) -> str:
    return Typed(context(*arguments)).line(words, paths)


def test_what_changes_the_findings_is_repeated_and_what_changes_the_looks_is_not() -> None:
    given = (
        "--select",
        "AWA1, AWA3",
        "--select",
        "AWA2",
        "--no-respect-gitignore",
        "--isolated",
        "--confidence=possible",
    )
    looks = ("-q", "--color", "never", "--exit-zero", "--show-fixes", "--output-format", "hook", "--jobs", "3", "b.py")
    assert line(*given, *looks) == (
        "awaitomic fix --select AWA1,AWA3 --select AWA2 --confidence possible --no-respect-gitignore --isolated a.py"
    )


def test_ignores_of_files_are_repeated_as_they_can_be_given() -> None:
    told = line("--per-file-ignores", "a/**:AWA1,AWA2,b.py:AWA3", "--extend-per-file-ignores", "c d.py:ALL")
    assert told == (
        "awaitomic fix --per-file-ignores 'a/**:AWA1,AWA2,b.py:AWA3' --extend-per-file-ignores 'c d.py:ALL' a.py"
    )


VALUES = {
    "comma": "AWA1,AWA301",
    "per_file_ignores": "tests/**:AWA1,AWA2,scripts/*.py:AWA301",
    "extend_per_file_ignores": "a b/**:AWA1",
    "strategy": "no-lock,AWA102:recheck",
    "exclude": "a b,c",
    "extend_exclude": "it's",
    "config": "own.toml",
    "baseline": "base line.json",
    "cache_dir": "kept",
    "since": "HEAD~1",
}
"""What options are given that take more than a word of their own; `comma` is for those that take codes."""


def every_option() -> list[str]:
    """Give all options that check and fix have in common, once each with a value that is not its default."""
    fix = {parameter.name for parameter in main.commands["fix"].params}
    words = []
    for option in main.commands["check"].params:
        if not isinstance(option, click.Option) or option.name not in fix:
            continue
        words.append(option.opts[-1])
        if isinstance(option.type, click.Choice):
            words.append(str(list(option.type.choices)[-1]))
        elif not option.is_flag:
            words.append(VALUES.get(option.name or "", "3" if option.name == "jobs" else VALUES["comma"]))
    return words


def test_every_option_comes_back_as_it_was_given(tree: Path) -> None:
    (tree / "own.toml").write_text("[tool.awaitomic]\n")
    first = context(*every_option(), "a.py")
    again = shlex.split(Typed(first).line(["check"], ["a.py"]))
    assert again[:2] == ["awaitomic", "check"]
    second = context(*again[2:])
    given = {name for name, value in second.params.items() if value == first.params[name] and name != "paths"}
    repeated = {option.name for option in first.command.params if option.opts[-1] in again}
    assert {"select", "per_file_ignores", "strategy", "config", "since", "baseline", "cache_dir"} <= repeated
    assert repeated <= given


def test_a_page_is_asked_for_without_options() -> None:
    assert line("--select", "AWA1", words=("explain", "AWA101"), paths=()) == "awaitomic explain AWA101"


def test_a_path_is_named_from_where_the_user_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "own.toml").write_text("[tool.awaitomic]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRE_COMMIT", "1")
    monkeypatch.setenv("PWD", str(tmp_path / "sub"))
    assert line("--config", "own.toml") == "awaitomic fix --config ../own.toml ../a.py"
    monkeypatch.setenv("GIT_PREFIX", "sub/")
    monkeypatch.setenv("PWD", str(tmp_path))
    assert line(paths=("sub/-a.py",)) == "awaitomic fix ./-a.py"
    monkeypatch.delenv("PRE_COMMIT")
    assert line() == "awaitomic fix a.py"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")
@pytest.mark.parametrize(
    "word", ["a b.py", "it's.py", "ünder.py", "$HOME.py", "new\nline.py", "tab\t'\\.py", "\udcff\u200f.py", ""]
)
def test_a_shell_reads_what_was_meant(word: str) -> None:
    command = ["bash", "-c", f"printf %s {quoted(word)}"]
    assert subprocess.run(command, capture_output=True, check=True).stdout == word.encode("utf-8", "surrogateescape")


def test_the_program_is_named_as_it_can_be_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "awaitomic"
    script.write_text("")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program_words() == ["awaitomic"]
    monkeypatch.setenv("PATH", "")
    assert program_words() == [str(script)]
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "awaitomic/__main__.py")])
    assert program_words() == [sys.executable, "-m", "awaitomic"]


def test_the_environment_of_a_hook_is_not_on_the_users_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "py_env-python3"
    script = own / "bin/awaitomic"
    script.parent.mkdir(parents=True)
    script.write_text("")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(script)])
    monkeypatch.setattr(sys, "prefix", str(own))
    monkeypatch.setenv("PATH", str(script.parent))
    assert program_words() == [str(script)]
