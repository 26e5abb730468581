"""Renders a page as text for a terminal, and as Markdown for the documentation: the same words in the same order."""

from __future__ import annotations

import textwrap
from functools import partial

from awaitomic.report.pages.page import Block, Code, Items, Link, Page, Prose, Sources

_TEXT_WIDTH = 88
_MARKDOWN_WIDTH = 120
_NARROWEST = 20
_UNDERLINES = {2: "-", 3: "~"}


def as_text(page: Page, width: int | None = _TEXT_WIDTH) -> str:
    """Render a page for people who read it on a terminal.

    Parameters:
        width: how many columns there are; more than 88 are not used, since lines would be hard to read. None leaves
            paragraphs as one line each, for who breaks lines himself.
    """
    if width is not None:
        width = max(min(width, _TEXT_WIDTH), _NARROWEST)
    parts = [_underlined(page.title, "="), _filled(page.summary, width)]
    for section in page.sections:
        blocks = [_text_block(block, width) for block in section.blocks]
        head = _underlined(section.title, _UNDERLINES[section.level])
        parts.append("\n".join([head, *blocks[:1]]))
        parts.extend(blocks[1:])
    return "\n\n".join(parts) + "\n"


def as_markdown(page: Page, *, alone: bool = False) -> str:
    """Render a page as the file that stands in the documentation.

    Parameters:
        alone: whether the page goes elsewhere: then it links to no other page, and its paragraphs are one line each.
    """
    width = None if alone else _MARKDOWN_WIDTH
    parts = [f"# {page.title}", _filled(page.summary, width)]
    for section in page.sections:
        parts.append(f"{'#' * section.level} {section.title}")
        parts.extend(_markdown_block(block, width, alone=alone) for block in section.blocks)
    return "\n\n".join(parts) + "\n"


def _underlined(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}"


def _text_block(block: Block, width: int | None) -> str:
    item = partial(_filled, width=width, first="  * ", rest="    ")
    match block:
        case Prose(text):
            return _filled(text, width)
        case Code(text):
            return textwrap.indent(text.strip("\n"), "    ")
        case Items(items):
            return "\n".join(item(f"{each.link.label}: {each.text}") for each in items)
        case Sources(sources):
            return "\n".join(f"{item(each.title)}\n    {each.url}" for each in sources)


def _markdown_block(block: Block, width: int | None, *, alone: bool) -> str:
    match block:
        case Prose(text):
            return _filled(text, width)
        case Code(text, language):
            return f"```{language}\n{text.strip(chr(10))}\n```"
        case Items(items):
            said = (f"{each.link.label if alone else markdown_link(each.link)}: {each.text}" for each in items)
            return "\n".join(_filled(each, width, first="* ", rest="  ") for each in said)
        case Sources(sources):
            return "\n".join(f"* [{each.title}]({each.url})" for each in sources)


def markdown_link(link: Link) -> str:
    """Give a link from one page to another."""
    return f"[{link.label}](../{link.kind.value}/{link.name}.md)"


def _filled(text: str, width: int | None, first: str = "", rest: str = "") -> str:
    """Break paragraphs into lines; words are never broken, since they may be names."""
    return "\n\n".join(
        textwrap.fill(
            paragraph,
            width if width is not None else len(paragraph) + len(first) + 1,
            initial_indent=first,
            subsequent_indent=rest,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for paragraph in textwrap.dedent(text).strip().split("\n\n")
    )
