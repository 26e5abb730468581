"""Baselines: what is in one is neither told of nor repaired; it follows the code, and it only shrinks."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cli.baselines import BASE, entries, put, read, reported
from cli.running import CLEAN, FIXED, LOST, run

SPLIT = """\
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {}
        self.watchers = {}

    async def put(self, key, row):
        async with self._lock:
            self.rows[key] = row
            for watcher in self.watchers.values():
                await watcher.send(key)

    async def put_all(self, rows):
        async with self._lock:
            for key, row in rows.items():
                await self.put(key, row)

    async def watch(self, name, watcher):
        self.watchers[name] = watcher
        await watcher.send("hello")
        del self.watchers[name]


async def main():
    store = Store()
    await asyncio.gather(store.put(1, 2), store.put_all({}), store.watch(1, 2), store.watch(2, 3))
"""
"""A self-deadlock that a split cures, and in the method that is split a loop over a container that others change."""
TWICE = LOST.replace(
    "        self.balance = current + amount\n",
    "        self.balance = current + amount\n        current = self.balance\n        await asyncio.sleep(0)\n"
    "        self.balance = current + amount\n",
)
"""Two lost updates that nothing but their places tells apart."""

pytestmark = pytest.mark.usefixtures("lost_update")


@pytest.mark.usefixtures("base")
class TestKnown:
    def test_the_file_is_small_and_sorted_and_has_one_entry_a_line(self) -> None:
        put("a.py", LOST)
        Path(BASE).unlink()
        result = run("check", "--write-baseline", BASE, ".")
        assert (result.exit_code, result.stdout) == (0, "")
        assert f"{BASE}: 2 known, 2 of them new, 0 gone." in result.stderr
        lines = Path(BASE).read_text(encoding="utf-8").split("\n")
        assert lines[:3] == ["{", '  "schema_version": 1,', '  "findings": [']
        assert [json.loads(line.strip().rstrip(","))["path"] for line in lines[3:5]] == ["a.py", "bank.py"]
        assert entries()[0] == ("a.py", "AWA101:Bank.credit:self.balance")

    def test_it_is_neither_told_nor_repaired(self) -> None:
        result = run("check", "--baseline", BASE, ".")
        assert (result.exit_code, result.stdout) == (0, "")
        assert f"{BASE}: 1 known finding is left out." in result.stderr
        assert run("fix", "--baseline", BASE, ".").exit_code == 0
        assert Path("bank.py").read_text(encoding="utf-8") == LOST
        assert run("check", "--baseline", BASE, "--no-baseline", ".").exit_code == 2
        assert run("check", "--no-baseline", ".").exit_code == 1

    def test_what_is_new_is_told(self) -> None:
        put("new.py", LOST)
        put("bank.py", TWICE)
        assert reported() == [("bank.py", 14, "AWA101"), ("new.py", 11, "AWA101")]

    def test_it_survives_moved_lines_and_other_spelling(self) -> None:
        put(
            "bank.py",
            "# new\n\n"
            + LOST.replace("current + amount", "(current + amount)").replace(
                "(current + amount)", "current  +  amount"
            ),
        )
        assert reported() == []

    def test_a_renamed_file(self) -> None:
        Path("bank.py").rename("vault.py")
        assert reported() == []
        put("other.py", LOST)
        assert len(reported()) == 1  # one of two copies
        Path("other.py").unlink()
        assert run("fix", "--baseline", BASE, ".").exit_code == 0
        assert entries() == [("vault.py", "AWA101:Bank.credit:self.balance")]

    def test_a_copy_is_new(self) -> None:
        put("copy.py", LOST)
        assert reported() == [("copy.py", 11, "AWA101")]

    @pytest.mark.parametrize("unsafe", [(), ("--unsafe-fixes",)])
    def test_a_method_that_a_fix_splits(self, unsafe: tuple[str, ...]) -> None:
        put("bank.py", SPLIT)
        Path(BASE).unlink()
        run("check", "--write-baseline", BASE, "--select", "AWA104", ".")
        assert reported() == [("bank.py", 11, "AWA301")]
        assert run("fix", "--baseline", BASE, *unsafe, ".").exit_code == 0
        assert entries() == [("bank.py", "AWA104:Store._put_locked:self.watchers")]
        assert "for watcher in self.watchers.values():" in Path("bank.py").read_text(encoding="utf-8")
        assert reported() == []

    def test_the_patch_has_the_baseline_too(self) -> None:
        put("bank.py", SPLIT)
        Path(BASE).unlink()
        run("check", "--write-baseline", BASE, "--select", "AWA104", ".")
        before = Path(BASE).read_bytes()
        patch = run("fix", "--diff", "--baseline", BASE, ".").stdout
        assert '+    {"path": "bank.py", "fingerprint": "AWA104:Store._put_locked:' in patch
        assert Path(BASE).read_bytes() == before

    def test_the_patch_of_some_fixes_is_what_these_fixes_do(self) -> None:
        put("bank.py", SPLIT)
        Path(BASE).unlink()
        run("check", "--write-baseline", BASE, "--select", "AWA104", ".")
        arguments = ("--max-fixes", "1", "--baseline", BASE, ".")
        patch = run("fix", "--diff", *arguments).stdout
        assert f"+++ b/{BASE}" in patch
        run("fix", *arguments)
        assert entries() == [("bank.py", "AWA104:Store._put_locked:self.watchers")]

    def test_a_renamed_file_alone_changes_nothing_if_no_fix_is_taken(self) -> None:
        Path("bank.py").rename("vault.py")
        put("new.py", LOST)
        run("fix", "--interactive", "--baseline", BASE, ".", stdin=b"n\n")
        assert entries() == [("bank.py", "AWA101:Bank.credit:self.balance")]


@pytest.mark.usefixtures("base")
class TestGone:
    def test_it_is_reported_where_it_stands_and_fix_takes_it_out(self) -> None:
        put("bank.py", FIXED)
        result = run("check", "--baseline", BASE, ".")
        assert result.exit_code == 1
        says = "AWA101 in `Bank.credit` of bank.py no longer occurs: the entry can go from the baseline"
        assert result.stdout.startswith(f"{BASE}:4:5: AWA001 [certain] {says}\n")
        assert "1 can be fixed" in result.stderr
        result = run("fix", "--baseline", BASE, ".")
        assert (result.exit_code, entries()) == (0, [])
        assert f"fixed {BASE}:4: AWA001 Take the entry out of the baseline" in result.stderr
        assert run("check", "--baseline", BASE, ".").exit_code == 0

    def test_its_fix_stands_in_a_sarif_log(self) -> None:
        put("bank.py", FIXED)
        log = json.loads(run("check", "--baseline", BASE, "--output-format", "sarif", ".").stdout)
        (result,) = log["runs"][0]["results"]
        (change,) = result["fixes"][0]["artifactChanges"]
        assert change["artifactLocation"]["uri"] == BASE
        assert [each["deletedRegion"]["startLine"] for each in change["replacements"]] == [3]

    def test_patches_of_single_fixes_leave_it_to_people(self) -> None:
        put("bank.py", FIXED)
        put("new.py", LOST)
        result = run("fix", "--patch-dir", "patches", "--baseline", BASE, ".")
        assert len(list(Path("patches").iterdir())) == 1
        assert f"{BASE}:4:5: AWA001" in result.output
        assert len(entries()) == 1

    @pytest.mark.parametrize(
        ("options", "answers"), [(("--max-fixes", "1"), b""), (("--interactive",), b"q\n"), (("-i",), b"y\n")]
    )
    def test_who_takes_some_fixes_has_not_taken_this_one(self, options: tuple[str, ...], answers: bytes) -> None:
        put("bank.py", FIXED)
        put("new.py", LOST)
        before = Path(BASE).read_bytes()
        result = run("fix", *options, "--baseline", BASE, ".", stdin=answers)
        assert result.exit_code == 1
        assert f"fixed {BASE}" not in result.stderr
        assert Path(BASE).read_bytes() == before

    def test_one_of_two_equal_ones(self) -> None:
        put("bank.py", TWICE)
        run("check", "--write-baseline", BASE, "--extend-baseline", ".")
        assert len(entries()) == 2
        put("bank.py", LOST)
        assert [rule for _, _, rule in reported()] == ["AWA001"]

    def test_a_file_that_was_deleted(self) -> None:
        Path("bank.py").unlink()
        put("sub/a.py", CLEAN)
        assert reported("sub") == []
        assert reported(".") == [(BASE, 4, "AWA001")]

    @pytest.mark.parametrize(
        "options",
        [
            ("--select", "AWA001,AWA102"),
            ("--ignore", "AWA101"),
            ("--ignore", "AWA001"),
            ("--per-file-ignores", "bank.py:AWA101"),
        ],
    )
    def test_what_was_not_looked_for_is_not_gone(self, options: tuple[str, ...]) -> None:
        put("bank.py", FIXED)
        assert reported(*options, ".") == []

    def test_a_file_that_was_not_looked_at_or_could_not_be_read(self) -> None:
        put("other.py", CLEAN)
        put("bank.py", "async def (\n")
        assert reported("other.py") == reported(".") == reported("--exclude", "bank.py", ".") == []

    def test_a_finding_of_less_confidence_is_still_there(self) -> None:
        assert reported("--confidence", "certain", ".") == []

    def test_a_finding_that_a_comment_suppresses_needs_no_entry(self) -> None:
        put("bank.py", LOST.replace("current + amount", "current + amount  # awaitomic: ignore[AWA101]"))
        assert reported() == [(BASE, 4, "AWA001")]

    def test_a_file_without_coroutines_has_been_looked_at(self) -> None:
        put("bank.py", "x = 1\n")
        assert reported() == [(BASE, 4, "AWA001")]

    def test_who_may_not_fix_it_is_only_told(self) -> None:
        put("bank.py", FIXED)
        before = Path(BASE).read_bytes()
        for option in ("--unfixable=AWA001", "--strategy=no-remove-ignore"):
            assert run("fix", "--baseline", BASE, option, ".").exit_code == 1
            assert Path(BASE).read_bytes() == before

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everything")
    def test_a_baseline_that_may_not_be_written(self) -> None:
        put("bank.py", FIXED)
        Path(BASE).chmod(0o444)
        result = run("fix", "--baseline", BASE, ".")
        assert result.exit_code == 1
        assert f"{BASE}:1:1: error: cannot be written" in result.stderr


@pytest.mark.usefixtures("base")
def test_standard_input_under_a_name() -> None:
    text = LOST.encode()
    assert run("check", "--baseline", BASE, "--stdin-filename", "bank.py", "-", stdin=text).exit_code == 0
    assert run("check", "--baseline", BASE, "--stdin-filename", "x.py", "-", stdin=text).exit_code == 1
    assert run("fix", "--baseline", BASE, "--stdin-filename", "bank.py", "-", stdin=text).stdout == LOST


def test_what_a_fix_edits_along_with_another_is_followed() -> None:
    """Of two equal findings the first is new and is repaired; the other one, which is known, is the first one then."""
    put("bank.py", TWICE)
    run("check", "--write-baseline", BASE, ".")
    document = read()
    document["findings"] = [each for each in document["findings"] if each["fingerprint"].endswith(":1")]
    Path(BASE).write_text(json.dumps(document), encoding="utf-8")
    assert reported() == [("bank.py", 11, "AWA101")]
    run("fix", "--baseline", BASE, ".")
    assert reported() == []
    assert [each["fingerprint"][-2:] for each in read()["findings"]] == [":0"]
    assert Path("bank.py").read_text(encoding="utf-8") != TWICE


def test_many_processes_find_the_same() -> None:
    for number in range(30):
        put(f"m{number:02}.py", LOST)
    run("check", "--write-baseline", BASE, "--jobs", "1", ".")
    assert len(entries()) == 31
    put("m07.py", FIXED)
    assert reported("--jobs", "2", ".") == [(BASE, 12, "AWA001")]


def test_taken_one_by_one_it_is_followed_too() -> None:
    """The first fix that is taken splits the method of what is known; the second run over the file has to know it."""
    put("bank.py", SPLIT)
    run("check", "--write-baseline", BASE, "--select", "AWA104", ".")
    put("new.py", LOST)
    result = run("fix", "--interactive", "--baseline", BASE, ".", stdin=b"y\ny\n")
    assert result.exit_code == 0, result.output
    assert entries() == [("bank.py", "AWA104:Store._put_locked:self.watchers")]
    assert reported() == []


def test_what_is_kept_from_an_earlier_run_serves_with_and_without_it() -> None:
    put("pyproject.toml", "[project]\nname = 'x'\n")
    put("good.py", FIXED)
    assert run("check", "--write-baseline", BASE, ".").exit_code == 0
    for _ in range(2):
        for options, code in (((), 1), (("--baseline", BASE), 0)):
            result = run("check", "--verbose", *options, ".")
            assert (result.exit_code, "(2 in an earlier run)" in result.stderr) == (code, True), result.stderr
    put("bank.py", FIXED)
    for _ in range(2):
        assert [rule for _, _, rule in reported()] == ["AWA001"]
