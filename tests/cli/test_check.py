from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from cli.running import CLEAN, LOST, REFRESH, run


def test_a_finding_ends_with_1_and_stands_on_standard_output(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("check", "bank.py")
    assert result.exit_code == 1
    assert result.stdout.startswith("bank.py:11:9: AWA101 [certain] ")
    assert "how an update is lost:" in result.stdout
    assert "\n    fix: " in result.stdout
    assert result.stderr == '1 finding in 1 file (1 can be fixed with "awaitomic fix")\n'
    assert (tree / "bank.py").read_text() == LOST


def test_nothing_found_ends_with_0_and_an_empty_standard_output(tree: Path) -> None:
    (tree / "clean.py").write_text(CLEAN)
    (tree / "plain.py").write_text("x = 1\n")
    result = run("check")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no findings in 2 files\n"


def test_the_current_directory_is_the_default(tree: Path) -> None:
    (tree / "pkg").mkdir()
    (tree / "pkg/bank.py").write_text(LOST)
    assert run("check").stdout.startswith("pkg/bank.py:11:9: AWA101")


def test_a_syntax_error_is_reported_and_the_others_go_on(tree: Path) -> None:
    (tree / "a_broken.py").write_text("async def f(:\n    pass\n")
    (tree / "bank.py").write_text(LOST)
    result = run("check")
    assert result.exit_code == 1
    assert "bank.py:11:9: AWA101" in result.stdout
    assert "a_broken.py:1:13: AWA003 SyntaxError" in result.stderr
    assert "1 file could not be analysed" in result.stderr


def test_a_file_that_could_not_be_parsed_ends_with_1_even_without_findings(tree: Path) -> None:
    (tree / "broken.py").write_text("async def f(:\n")
    assert run("check").exit_code == 1


def test_undecodable_bytes_are_an_error_of_that_file(tree: Path) -> None:
    (tree / "latin.py").write_bytes(b"async def f():\n    x = '\xe9'\n")
    result = run("check")
    assert result.exit_code == 1
    assert "latin.py:2:10: AWA003 not valid utf-8" in result.stderr


def test_a_file_that_may_not_be_read_is_an_error_of_that_file(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "secret.py").write_text(LOST)
    (tree / "bank.py").write_text(LOST)
    read_bytes = Path.read_bytes

    def denied(path: Path) -> bytes:
        if path.name == "secret.py":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", denied)
    result = run("check")
    assert result.exit_code == 1
    assert result.stdout.startswith("bank.py:11:9:")
    assert f"secret.py:1:1: AWA003 cannot be read: {os.strerror(errno.EACCES)}" in result.stderr


def test_a_missing_path_is_wrong_usage(tree: Path) -> None:
    result = run("check", "nowhere.py")
    assert result.exit_code == 2
    assert "nowhere.py does not exist." in result.stderr


def test_a_directory_without_python_files_says_so(tree: Path) -> None:
    (tree / "docs").mkdir()
    result = run("check", "docs")
    assert result.exit_code == 0
    assert result.stderr == "No Python files found under docs.\n"


def test_a_broken_configuration_is_wrong_usage(tree: Path) -> None:
    (tree / "pyproject.toml").write_text("[tool.awaitomic]\nconfidense = 'likely'\n")
    result = run("check")
    assert result.exit_code == 2
    assert "did you mean `confidence`?" in result.stderr
    assert "pyproject.toml:2" in result.stderr
    assert run("check", "--isolated").exit_code == 0


def test_the_configuration_selects_and_the_command_line_overrides(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "pyproject.toml").write_text("[tool.awaitomic]\nignore = ['AWA101']\n")
    assert run("check").exit_code == 0
    assert run("check", "--select", "AWA1").exit_code == 1
    assert run("check", "--isolated").exit_code == 1
    assert run("check", "--isolated", "--ignore", "AWA2,AWA101").exit_code == 0


def test_per_file_ignores_hold_for_their_files(tree: Path) -> None:
    (tree / "tests").mkdir()
    (tree / "tests/bank.py").write_text(LOST)
    (tree / "bank.py").write_text(LOST)
    (tree / "pyproject.toml").write_text("[tool.awaitomic.per-file-ignores]\n'tests/*' = ['AWA1']\n")
    assert run("check").stdout.startswith("bank.py:")
    assert "tests/" not in run("check").stdout


def test_an_unknown_rule_is_wrong_usage(tree: Path) -> None:
    result = run("check", "--select", "AWA999")
    assert result.exit_code == 2
    assert "unknown rule code `AWA999`" in result.stderr


def test_confidence_is_a_threshold(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH.partition("async def main")[0])
    assert run("check", "--confidence", "possible").stdout.count("AWA101") == 2
    assert run("check", "--confidence", "certain").stdout.count("AWA101") == 1


def test_a_comment_suppresses(tree: Path) -> None:
    (tree / "bank.py").write_text(
        LOST.replace("current + amount", "current + amount  # awaitomic: ignore[AWA101] one task")
    )
    assert run("check").exit_code == 0


def test_excluded_and_git_ignored_files_are_left_out(tree: Path) -> None:
    (tree / ".git").mkdir()
    (tree / ".gitignore").write_text("generated.py\n")
    for name in ("generated.py", "vendored.py"):
        (tree / name).write_text(LOST)
    assert run("check", "--extend-exclude", "vendored.py").stdout == ""
    assert "generated.py" in run("check", "--no-respect-gitignore").stdout
    assert "vendored.py" in run("check", "--extend-exclude", "vendored.py", "--no-force-exclude", "vendored.py").stdout


def test_json_is_the_contract_and_nothing_else(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("check", "--output-format", "json")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    (found,) = document["findings"]
    assert (found["path"], found["line"], found["rule"], found["name"]) == ("bank.py", 11, "AWA101", "stale-write")
    assert (found["function"], found["state"]) == ("Bank.credit", "self.balance")
    assert (found["fix"]["strategy"], found["fix"]["applicability"]) == ("hoist", "safe")
    assert found["fix"]["diff"] is None
    assert found["refusal"] is None
    assert document["summary"]["fixable"] == 1


def test_errors_are_in_the_json_too(tree: Path) -> None:
    (tree / "broken.py").write_text("async def f(:\n")
    (error,) = json.loads(run("check", "--output-format", "json").stdout)["errors"]
    assert (error["path"], error["line"], error["column"]) == ("broken.py", 1, 13)


def test_show_fixes_fills_in_the_diff(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert "+        current = self.balance" in run("check", "--show-fixes").stdout
    (found,) = json.loads(run("check", "--show-fixes", "--output-format", "json").stdout)["findings"]
    assert found["fix"]["diff"].startswith("diff --git a/bank.py b/bank.py\n")


def test_the_report_can_go_to_a_file(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("check", "--output-file", "out.txt")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (tree / "out.txt").read_text().startswith("bank.py:11:9: AWA101")
    missing = run("check", "--output-file", "no/out.txt")
    assert missing.exit_code == 2
    assert "the directory 'no' does not exist" in missing.stderr


def test_statistics_count_rules_fixes_and_refusals(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert run("check", "--statistics").stdout == "1  AWA101  stale-write\n    1  hoist  safe fix\n"
    result = run("check", "--statistics", "--output-format", "json")
    assert json.loads(result.stdout)["summary"]["findings"] == 1
    assert "1  AWA101  stale-write\n" in result.stderr


def test_exit_zero_hides_findings_but_not_wrong_usage(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert run("check", "--exit-zero").exit_code == 0
    assert run("check", "--exit-zero", "nowhere").exit_code == 2


def test_quiet_leaves_the_findings_and_the_errors(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("check", "-q")
    assert "AWA101" in result.stdout
    assert result.stderr == ""
    assert "nowhere" in run("check", "-q", "nowhere").stderr


def test_verbose_says_how_much_was_parsed(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "plain.py").write_text("x = 1\n")
    assert "2 files, 1 of them parsed, " in run("check", "-v").stderr


def test_colour_can_be_forced(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert "\x1b[" in run("check", "--color", "always").stdout
    assert "\x1b[" not in run("check").stdout


def test_standard_input_has_the_name_that_it_is_given(tree: Path) -> None:
    result = run("check", "-", "--stdin-filename", "pkg/bank.py", stdin=LOST.encode())
    assert result.exit_code == 1
    assert result.stdout.startswith("pkg/bank.py:11:9: AWA101")
    assert run("check", "-", stdin=LOST.encode()).stdout.startswith("-:11:9: AWA101")
    assert run("check", "-", stdin=b"async def f(:\n").exit_code == 1
    assert run("check", "-", stdin=b"x = 1\n").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "-", "bank.py"),
        ("check", "--stdin-filename", "x.py", "."),
        ("check", "-q", "-v"),
        ("check", "--jobs", "0"),
        ("check", "--interactive"),
        ("check", "--config", "none.toml"),
        ("fix", "-", "--output-format", "json"),
        ("nonsense",),
    ],
)
def test_wrong_usage_ends_with_2(tree: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, stdin=b"").exit_code == 2


def test_the_cache_options_are_accepted(tree: Path) -> None:
    assert run("check", "--no-cache", "--cache-dir", "x").exit_code == 0
    assert not (tree / "x").exists()
