from __future__ import annotations

import json
from pathlib import Path

import pytest

from awaitomic.patching import write
from awaitomic.patching.write import FileChanged
from cli.running import CLEAN, FIXED, KEYED, LOST, REFRESH, run


def test_a_safe_fix_is_written_and_told(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("fix", "bank.py")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tree / "bank.py").read_text() == FIXED
    first, summary = result.stderr.splitlines()
    assert first.startswith("fixed bank.py:11: AWA101 ")
    assert summary == "1 fix applied in 1 file; nothing is left"


def test_a_second_run_changes_nothing(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    run("fix")
    before = (tree / "bank.py").stat().st_mtime_ns
    result = run("fix")
    assert result.exit_code == 0
    assert result.stderr == "nothing to fix; nothing is left\n"
    assert (tree / "bank.py").stat().st_mtime_ns == before


def test_what_is_left_stands_on_standard_output_with_the_reason(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    result = run("fix")
    assert result.exit_code == 1
    assert result.stdout.startswith("session.py:14:9: AWA101")
    assert "(unsafe: because " in result.stdout
    assert (tree / "session.py").read_text() == REFRESH
    assert result.stderr.endswith('1 finding in 1 file left (1 can be fixed with "--unsafe-fixes")\n')


def test_unsafe_fixes_only_when_asked_for(tree: Path) -> None:
    (tree / "session.py").write_text(REFRESH)
    result = run("fix", "--unsafe-fixes")
    assert result.exit_code == 0
    assert (
        "async with self._lock:\n            self.token = await refresh(self.token)"
        in (tree / "session.py").read_text()
    )


def test_locks_for_each_key_if_they_are_asked_for(tree: Path) -> None:
    fix = ("fix", "--unsafe-fixes", "--confidence", "possible")
    (tree / "rows.py").write_text(KEYED)
    assert "self._lock = asyncio.Lock()" in run(*fix, "--diff").stdout
    (tree / "pyproject.toml").write_text('[tool.awaitomic]\nlock-granularity = "key"\n')
    asked = run(*fix, "--diff").stdout
    assert "async with self._locks.setdefault(key, asyncio.Lock()):" in asked
    assert run(*fix, "--diff", "--isolated", "--lock-granularity", "key").stdout == asked
    assert "self._lock =" in run(*fix, "--diff", "--lock-granularity", "object").stdout
    assert run(*fix).exit_code == 0
    assert run(*fix).stderr == "nothing to fix; nothing is left\n"


def test_a_granularity_that_does_not_exist_is_wrong_usage(tree: Path) -> None:
    wrong = run("fix", "--lock-granularity", "row")
    assert (wrong.exit_code, "'object', 'key'" in wrong.stderr) == (2, True)
    (tree / "pyproject.toml").write_text('[tool.awaitomic]\nlock-granularity = "keys"\n')
    assert "did you mean `key`?" in run("fix").stderr


def test_exit_non_zero_on_fix(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert run("fix", "--exit-non-zero-on-fix").exit_code == 1
    assert run("fix", "--exit-non-zero-on-fix").exit_code == 0


def test_json_of_a_fix_is_about_what_is_left(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    document = json.loads(run("fix", "--output-format", "json").stdout)
    assert [found["path"] for found in document["findings"]] == ["session.py"]
    assert (tree / "bank.py").read_text() == FIXED


def test_diff_writes_nothing_and_ends_with_1_if_something_would_change(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    result = run("fix", "--diff")
    assert result.exit_code == 1
    assert result.stdout.startswith("diff --git a/bank.py b/bank.py\n--- a/bank.py\n+++ b/bank.py\n@@ ")
    assert "session.py" not in result.stdout
    assert "would fix bank.py:11: AWA101" in result.stderr
    assert "session.py:14:9: AWA101" in result.stderr
    assert (tree / "bank.py").read_text() == LOST


def test_diff_of_nothing_is_nothing(tree: Path) -> None:
    (tree / "clean.py").write_text(CLEAN)
    result = run("fix", "--diff")
    assert (result.exit_code, result.stdout) == (0, "")


def test_diff_ends_with_1_although_nothing_would_be_left(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("fix", "--diff", "-q")
    assert result.exit_code == 1
    assert result.stderr == ""


def test_json_of_diff_has_the_diff_of_each_fix_alone(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    result = run("fix", "--diff", "--output-format", "json")
    assert result.exit_code == 1
    bank, session = json.loads(result.stdout)["findings"]
    assert "+        current = self.balance\n" in bank["fix"]["diff"]
    assert session["fix"]["applicability"] == "unsafe"
    assert "async with self._lock:" in session["fix"]["diff"]
    assert (tree / "bank.py").read_text() == LOST


def test_line_ends_encodings_and_marks_stay_as_they_are(tree: Path) -> None:
    for newline in ("\r\n", "\r", "\n"):
        content = ("\ufeff" + LOST.rstrip("\n")).replace("\n", newline).encode()
        (tree / "bank.py").write_bytes(content)
        assert run("fix").exit_code == 0
        assert (tree / "bank.py").read_bytes() == ("\ufeff" + FIXED.rstrip("\n")).replace("\n", newline).encode()


def test_standard_input_is_fixed_on_standard_output(tree: Path) -> None:
    result = run("fix", "-", stdin=LOST.replace("\n", "\r\n").encode())
    assert result.exit_code == 0
    assert result.stdout_bytes == FIXED.replace("\n", "\r\n").encode()
    untouched = run("fix", "-", stdin=REFRESH.encode())
    assert (untouched.exit_code, untouched.stdout) == (1, REFRESH)
    assert "AWA101" in untouched.stderr


@pytest.mark.parametrize("source", [b"async def f(:\n", b"x = '\xe9'\nasync def f(): pass\n", b"x = 1\n"])
def test_standard_input_that_is_not_fixed_comes_out_as_it_went_in(tree: Path, source: bytes) -> None:
    assert run("fix", "-", stdin=source).stdout_bytes == source


def test_diff_of_standard_input(tree: Path) -> None:
    result = run("fix", "-", "--diff", "--stdin-filename", "pkg/bank.py", stdin=LOST.encode())
    assert result.exit_code == 1
    assert result.stdout.startswith("diff --git a/pkg/bank.py b/pkg/bank.py\n")


def test_a_file_that_changed_meanwhile_is_not_written(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "other.py").write_text(LOST)
    replace_file = write.replace_file

    def meddled(path: Path, expected: bytes, new: bytes) -> None:
        if path.name == "bank.py":
            path.write_text("# mine\n")
        replace_file(path, expected, new)

    monkeypatch.setattr(write, "replace_file", meddled)
    result = run("fix")
    assert result.exit_code == 1
    assert (tree / "bank.py").read_text() == "# mine\n"
    assert (tree / "other.py").read_text() == FIXED
    assert "bank.py:1:1: error: the file has changed since it was read" in result.stderr
    assert "bank.py:11:9: AWA101" in result.stdout
    assert "[not-written]" in result.stdout
    assert FileChanged.__name__ not in result.stderr


def test_a_file_that_cannot_be_written_keeps_its_findings(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "bank.py").write_text(LOST)

    def full(path: Path, expected: bytes, new: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(write, "replace_file", full)
    result = run("fix")
    assert result.exit_code == 1
    assert "bank.py:1:1: error: cannot be written: No space left on device" in result.stderr
    assert "0 fixes" not in result.stderr
    assert "nothing fixed; 1 finding in 1 file" in result.stderr
