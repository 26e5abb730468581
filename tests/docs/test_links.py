"""Every link between the pages leads to a page and a heading that are there; the design leads to all its chapters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from docs.fences import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)


def links_of(page: Path) -> list[str]:
    """Give where a page's links lead, but for those that leave the repository."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", target)]


def anchors_of(page: Path) -> set[str]:
    """Give the names by which GitHub knows the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    astray = []
    for link in links_of(page):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            astray.append(link)
    assert astray == []


def test_the_entrance_of_the_design_leads_to_each_chapter() -> None:
    chapters = {f"design/{path.name}" for path in (ROOT / "docs" / "design").glob("*.md")}
    assert chapters
    assert chapters <= set(links_of(ROOT / "docs" / "design.md"))
