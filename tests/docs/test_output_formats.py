"""The page about output formats shows every format as it is."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from awaitomic.report.formats import FORMATS
from docs.console import Reader, as_printed
from docs.fences import ROOT, fences_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="documents show commands of a POSIX shell")
PAGE = "docs/output-formats.md"


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    printed = as_printed(text, Reader(tmp_path / "home", tmp_path / "work"))
    assert printed == text, f"put in what is printed now, and read it: python tests/docs/console.py {PAGE}"


def test_the_program_is_the_one_of_the_readme() -> None:
    (program,) = [fence.text for fence in fences_of(PAGE) if fence.info[0] == "python"]
    assert program == (ROOT / "fixtures/stale_write/balance.py").read_text(encoding="utf-8")


def test_every_format_is_in_the_table_and_has_a_part_and_an_example() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    assert tuple(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == FORMATS
    for name in set(FORMATS) - {"hook"}:  # which has a page of its own
        part = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert "$ awaitomic check" in part
        assert name == "text" or f"--output-format {name}" in part
