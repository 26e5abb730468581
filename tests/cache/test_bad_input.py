"""Whatever is wrong with the cache: the result is right, the run does not fail, and hardly a word is said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awaitomic.cache import kept as kept_records
from awaitomic.cache import keys
from awaitomic.source.trace import digest
from cache.changing import remembered, told
from cli.running import CLEAN, LOST, SOURCE

NAME = ".awaitomic_cache"


@pytest.fixture
def kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """A project with a result in its cache; the files of the cache."""
    monkeypatch.setattr("awaitomic.cache.files._TICK", -(10**12))  # else the table would wait for the clock
    (project / "bank.py").write_text(LOST)
    (project / "more.py").write_text(CLEAN)
    told("check")
    return sorted((project / NAME).rglob("*.json"))


def sections(path: Path) -> list[object]:
    return [json.loads(line.partition(" ")[2]) for line in path.read_text().splitlines()]


def forge(path: Path, values: list[object]) -> None:
    lines = [json.dumps(value) for value in values]
    path.write_text("".join(f"{digest(line.encode())} {line}\n" for line in lines))


_KIND = b'{"bank.py":["a","b","c","d","e","f"]}'

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda raw: b"",
    "cut off": lambda raw: raw[: len(raw) // 2],
    "without its last byte": lambda raw: raw[:-2],
    "one bit": lambda raw: raw[:99] + bytes([raw[99] ^ 1]) + raw[100:],
    "another encoding": lambda raw: raw.decode().encode("utf-16"),
    "bytes": lambda raw: b"\x80\x04\x95\x00.",
    "a list for all": lambda raw: b"".join(digest(b"[]").encode() + b" []\n" for _ in raw.splitlines()),
    "records of the wrong kind": lambda raw: b"".join(digest(_KIND).encode() + b" " + _KIND + b"\n" for _ in range(2)),
    "nested": lambda raw: digest(b"[" * 99999).encode() + b" " + b"[" * 99999 + b"\n",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_files_count_as_not_there(kept: list[Path], damage: Callable[[bytes], bytes]) -> None:
    expected = told("check", "--no-cache")
    assert len(kept) == 3
    for path in kept:
        path.write_bytes(damage(path.read_bytes()))
    assert told("check") == expected
    assert remembered() == (2, 2)  # they were written anew


def test_a_finding_that_json_cannot_hold_is_only_not_kept(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "bank.py").write_text(LOST)
    expected = told("check", "--no-cache")
    monkeypatch.delitem(kept_records._RECORDS, "Span")
    assert told("check") == expected
    assert remembered() == (1, 0)


_WRONG = {"Kept": [[], {"FileError": ["bank.py", "x", 1, ""]}, False, []]}


@pytest.mark.parametrize("field", ["entries", "names", "digests", "asked"])
@pytest.mark.parametrize(
    "value",
    [None, 3, [], {}, [[]], {"bank.py": [0, {}, {"Kept": []}]}, {"bank.py": [0, {}, _WRONG]}, {"bank.py": 1}],
    ids=repr,
)
def test_files_that_are_whole_and_make_no_sense(kept: list[Path], field: str, value: object) -> None:
    expected = told("check", "--no-cache")
    (log,) = (path for path in kept if path.parent.parent.parent.name == NAME)
    first, second = sections(log)
    assert isinstance(first, dict)
    forge(log, [{**first, field: value}, second])
    assert told("check") == expected


def test_a_file_of_the_cache_runs_nothing(kept: list[Path], project: Path) -> None:
    expected = told("check", "--no-cache")
    for path in kept:
        forge(path, [{"entries": {"bank.py": [0, {}, {"os.system": ["touch pwned"]}]}}, ["os.system", "touch pwned"]])
    assert told("check") == expected
    assert not (project / "pwned").exists()


def test_another_version_is_not_read(kept: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered() == (2, 2)
    monkeypatch.setattr("awaitomic.cache.place.__version__", "0.0.9")
    assert remembered() == (2, 0)


def test_our_own_code_counts_and_not_only_its_version(kept: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = keys._sources
    monkeypatch.setattr(keys, "_sources", lambda package: [*real(package), ("rules/new.py", 1, 2, 3)])
    assert remembered() == (2, 0)
    monkeypatch.undo()


def test_another_copy_of_the_same_code_counts_as_the_same(kept: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    real = keys._sources
    monkeypatch.setattr(keys, "_sources", lambda package: [(name, size, 7, 7) for name, size, *_ in real(package)])
    assert remembered() == (2, 2)


def test_the_python_that_runs_counts(kept: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version", "3.99")
    assert remembered() == (2, 0)


def test_a_place_that_is_a_file_costs_a_note_for_who_wants_to_know(project: Path) -> None:
    (project / "bank.py").write_text(LOST)
    (project / NAME).write_text("not a folder")
    expected = told("check", "--no-cache")
    assert told("check") == expected
    assert told("check") == expected
    notes = told("check", "--verbose")[2].splitlines()
    assert len([line for line in notes if NAME in line]) == 1
    assert (project / NAME).read_text() == "not a folder"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="who may write everywhere cannot be kept from it")
def test_a_folder_that_cannot_be_written(kept: list[Path], project: Path) -> None:
    expected = told("check", "--no-cache")
    folders = [project / NAME, *(path for path in (project / NAME).rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        (project / "bank.py").write_text(f"# more\n{LOST}")
        assert told("check")[:1] == expected[:1]
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_a_full_disk(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "bank.py").write_text(LOST)
    expected = told("check", "--no-cache")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("awaitomic.source.in_one_step.os.replace", full)
    assert told("check") == expected
    assert not list((project / NAME).rglob("*.tmp"))
    assert not list((project / NAME).rglob("*.json"))


def test_several_runs_at_once(project: Path) -> None:
    for number in range(4):
        (project / f"bank{number}.py").write_text(f"# {number}\n{LOST}")
    expected = told("check", "--no-cache")
    command = [sys.executable, "-m", "awaitomic", "check", "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": "utf-8"}
    for _ in range(2):
        running = [
            subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(4)
        ]
        ended = [(process.communicate(), process.returncode) for process in running]
        assert {(code, output, errors) for (output, errors), code in ended} == {expected}
        assert not list((project / NAME).rglob("*.tmp"))
    assert remembered() == (4, 4)


def test_a_file_whose_name_is_no_text(project: Path) -> None:
    name = os.fsdecode(b"bank\xff.py")
    try:
        (project / name).write_text(LOST)
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    assert remembered() == (1, 0)
    assert remembered() == (1, 1)
    assert told("check") == told("check", "--no-cache")
