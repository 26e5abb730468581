"""The tutorial works: who does what it says sees what it shows."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from docs.console import Reader, as_printed, commands
from docs.fences import ROOT, fences, fences_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="documents show commands of a POSIX shell")
TUTORIAL = "docs/tutorial.md"
BLOCKS = {"console", "python", "toml", "yaml"}


@pytest.mark.skipif(shutil.which("git") is None, reason="the tutorial needs git")
def test_every_command_prints_what_the_tutorial_shows(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    text = (ROOT / TUTORIAL).read_text(encoding="utf-8")
    printed = as_printed(text, Reader(tmp_path / "home", tmp_path / "work"))
    assert printed == text, f"put in what is printed now, and read it: python tests/docs/console.py {TUTORIAL}"


def test_every_block_is_a_file_or_commands() -> None:
    blocks = fences_of(TUTORIAL)
    assert {block.info[0] for block in blocks} == BLOCKS
    assert [block.line for block in blocks if (len(block.info) == 1) != (block.info[0] == "console")] == []
    assert [block.line for block in blocks if block.info == ("console",) and not block.text.startswith("$ ")] == []


def test_the_tutorial_goes_from_a_lost_update_to_a_green_hook() -> None:
    run = [line for block in fences_of(TUTORIAL) if block.info == ("console",) for line in block.text.split("\n")]
    first, last = run.index("100 hits, 1 counted"), max(run.index(line) for line in run if line.endswith("Passed"))
    asked = [line for line in run[first:last] if line.startswith("$ ")]
    for command in ("awaitomic check", "awaitomic fix --diff", "awaitomic fix", "awaitomic fix --unsafe-fixes"):
        assert f"$ {command}" in asked


SHOWN = """\
Put this into `a.txt`:

```text a.txt
one
```

```console
$ cat a.txt
two
$ mkdir -p b && cd b
$ cat ../a.txt; pwd | grep -o 'b$'; ls nowhere 2> /dev/null
$ echo $?
```

Behind it.
"""


def test_a_document_that_lies_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    printed = as_printed(SHOWN, Reader(tmp_path / "home", tmp_path / "work"))
    assert [fence.text for fence in fences(printed)][1] == (
        "$ cat a.txt\none\n$ mkdir -p b && cd b\n$ cat ../a.txt; pwd | grep -o 'b$'; ls nowhere 2> /dev/null\n"
        "one\nb\n$ echo $?\n2\n"
    )
    assert printed.startswith("Put this")
    assert printed.endswith("Behind it.\n")
    again = tmp_path / "again"
    again.mkdir()
    assert as_printed(printed, Reader(tmp_path / "home", again)) == printed


def test_a_file_has_to_be_named_in_the_words_in_front(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="do not name a"):
        as_printed("Put it there:\n\n```text a.txt\none\n```\n", Reader(tmp_path / "home", tmp_path))


def test_what_goes_to_standard_error_is_shown_in_its_order(tmp_path: Path) -> None:
    reader = Reader(tmp_path / "home", tmp_path)
    assert reader.run("echo out; echo err >&2; echo out") == "out\nerr\nout\n"
    assert Reader(tmp_path / "home", tmp_path, errors=False).run("echo out; echo err >&2") == "out\n"


def test_commands_are_told_from_what_they_print() -> None:
    assert commands(["$ one", "two $ three", "$ four"]) == ["one", "four"]
