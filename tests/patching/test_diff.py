"""Patches are judged by ``git apply``, byte for byte, in real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awaitomic.patching.diff import quote_path, shortest_edit, unified_patch

GIT = shutil.which("git")


def git(directory: Path, *arguments: str, data: bytes | None = None) -> bytes:
    assert GIT is not None, "git is needed to judge patches"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    command = [GIT, "-c", "core.autocrlf=false", *arguments]
    done = subprocess.run(command, cwd=directory, input=data, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("repository")
    git(directory, "init", "--quiet")
    return directory


def applied(repository: Path, path: str, old: str, new: str, encoding: str = "utf-8") -> bytes:
    file = repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(old.encode(encoding))
    git(repository, "apply", "--whitespace=nowarn", "-", data=unified_patch(path, old, new).encode(encoding))
    return file.read_bytes()


LONG = "".join(f"line {number}\n" for number in range(40))

TEXTS = {
    "LF": ("a\nb\nc\n", "a\nx\nc\n"),
    "CRLF": ("a\r\nb\r\nc\r\n", "a\r\nx\r\nc\r\n"),
    "CRLF becomes LF": ("a\r\nb\r\n", "a\nb\n"),
    "a lone CR within lines": ("a\rb\nc\n", "a\rx\nc\n"),
    "only CR": ("a\rb\rc\r", "a\rx\rc\r"),
    "mixed line ends": ("a\nb\r\nc\rd\n", "a\nb\r\nx\r\nc\rd\n"),
    "no final newline": ("a\nb", "x\nb"),
    "the last line without a final newline changes": ("a\nb", "a\nc"),
    "a final newline is added": ("a\nb", "a\nb\n"),
    "a final newline is lost": ("a\nb\n", "a\nb"),
    "lines behind the last line without a newline": ("a\nb", "a\nb\nc"),
    "form feeds and separators within lines": (
        "a\x0cb\u2028c\x0b\x1c\x85d\ne\n",
        "a\x0cb\u2028c\x0b\x1c\x85d\nf\x0c\n",
    ),
    "from an empty file": ("", "a\n"),
    "from an empty file without a newline": ("", "a"),
    "to an empty file": ("a\nb\n", ""),
    "several hunks": (LONG, LONG.replace("line 3\n", "x\n").replace("line 30\n", "y\nz\n").replace("line 37\n", "")),
    "two changes in one hunk": (LONG, LONG.replace("line 10\n", "x\n").replace("line 16\n", "y\n")),
    "two changes too far apart for one hunk": (LONG, LONG.replace("line 10\n", "x\n").replace("line 18\n", "y\n")),
    "lines that look like a patch": ("--- a\n+++ b\n@@ -1 +1 @@\n", "--- a\n-+++ b\n@@ -1 +1 @@\n\\ No newline\n"),
    "trailing blanks and blank lines": ("a \n\n\t\nb\n", "a\n\n \nb \n"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_git_applies(repository: Path, case: str) -> None:
    old, new = TEXTS[case]
    assert applied(repository, "file.py", old, new) == new.encode()


PATHS = [
    "plain.py",
    "a/b/c.py",
    "with space.py",
    "dir with space/f.py",
    "ümlaut.py",
    "日本/語.py",
    'quote".py',
    "back\\slash.py",
    "tab\there.py",
    "line\nbreak.py",
    "bell\x07\x1b\x7f.py",
    "-dash.py",
    "a b\tü.py",
]


@pytest.mark.parametrize("path", PATHS)
def test_git_applies_to_the_path(repository: Path, path: str) -> None:
    assert applied(repository, path, "a\nb\n", "a\nc\n") == b"a\nc\n"


@pytest.mark.parametrize("path", PATHS)
def test_paths_are_quoted_as_git_does_it(repository: Path, path: str) -> None:
    file = repository / "quoting" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    listed = git(repository, "ls-files", "--others", "--", f":(literal)quoting/{path}").decode()
    assert listed == quote_path(f"quoting/{path}") + "\n"


def test_a_path_that_is_no_text_is_quoted_by_its_bytes() -> None:
    assert quote_path(os.fsdecode(b"caf\xe9.py")) == '"caf\\351.py"'


def test_a_file_in_another_encoding(repository: Path) -> None:
    old, new = "# coding: latin-1\nx = 'é'\n", "# coding: latin-1\ny = 'é'\n"
    assert applied(repository, "latin.py", old, new, "latin-1") == new.encode("latin-1")


def test_no_difference_is_no_patch() -> None:
    assert unified_patch("file.py", "a\n", "a\n") == ""


def test_the_form_of_a_patch() -> None:
    old, new = "1\n2\n3\n4\nread\nawait\n5\n6\n7\n8\n", "1\n2\n3\n4\nawait\nread\n5\n6\n7\n8\n"
    assert unified_patch("a b.py", old, new) == (
        "diff --git a/a b.py b/a b.py\n--- a/a b.py\t\n+++ b/a b.py\t\n@@ -2,8 +2,8 @@\n"
        " 2\n 3\n 4\n-read\n await\n+read\n 5\n 6\n 7\n"
    )


def test_very_different_long_files_still_give_a_patch(repository: Path) -> None:
    old = "".join(f"old {number}\nsame {number % 7}\n" for number in range(1500))
    new = "".join(f"new {number}\nsame {number % 5}\n" for number in range(1500))
    assert applied(repository, "long.py", old, new) == new.encode()


LINES = st.lists(st.sampled_from(["a", "b", "c", ""]), max_size=12)


@settings(max_examples=200, deadline=None)
@given(LINES, LINES)
def test_a_shortest_edit_keeps_a_longest_common_subsequence(old: list[str], new: list[str]) -> None:
    pairs = shortest_edit(old, new)
    assert pairs is not None
    assert all(old[i] == new[j] for i, j in pairs)
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, line in enumerate(old):
        for j, other in enumerate(new):
            same = lengths[i][j] + 1 if line == other else 0
            lengths[i + 1][j + 1] = max(same, lengths[i][j + 1], lengths[i + 1][j])
    assert len(pairs) == lengths[-1][-1]


def test_an_edit_longer_than_the_limit_is_not_searched() -> None:
    assert shortest_edit(["a"] * 3, ["b"] * 3, limit=5) is None
    assert shortest_edit(["a"] * 3, ["b"] * 3, limit=6) == []


PIECES = st.lists(
    st.sampled_from(["a", "b", " ", "\n", "\r\n", "\r", "\x0c", "\u2028", "é", "-", "+", "\\"]), max_size=30
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PIECES, PIECES, PIECES)
def test_git_applies_any_patch(repository: Path, head: list[str], old: list[str], new: list[str]) -> None:
    before, after = "".join(head + old + head), "".join(head + new + head)
    if before != after:
        assert applied(repository, "any.py", before, after) == after.encode()
