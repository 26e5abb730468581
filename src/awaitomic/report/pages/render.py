"""Renders a page as text for a terminal, and as Markdown for the documentation: the same words in the same order."""

from __future__ import annotations

import textwrap
from functools import partial

from awaitomic.report.pages.page import Block, Code, Items, Link, Page, Prose, Sources

_TEXT_WIDTH = 88
_MARKDOWN_WIDTH = 120
_NARROWEST = 20
_UNDERLINES = {2: "-", 3: "~"}


def as_text(page: Page, width: int = _TEXT_WIDTH) -> str:
    """Render a page for people who read it on a terminal.

    Parameters:
        width: how many columns there are; more than 88 are not used, since lines would be hard to read.
    """
    width = max(min(width, _TEXT_WIDTH), _NARROWEST)
    parts = [_underlined(page.title, "="), _filled(page.summary, width)]
    for section in page.sections:
        blocks = [_text_block(block, width) for block in section.blocks]
        head = _underlined(section.title, _UNDERLINES[section.level])
        parts.append("\n".join([head, *blocks[:1]]))
        parts.extend(blocks[1:])
    return "\n\n".join(parts) + "\n"


def as_markdown(page: Page) -> str:
    """Render a page as the file that stands in the documentation."""
    parts = [f"# {page.title}", _filled(page.summary, _MARKDOWN_WIDTH)]
    for section in page.sections:
        parts.append(f"{'#' * section.level} {section.title}")
        parts.extend(map(_markdown_block, section.blocks))
    return "\n\n".join(parts) + "\n"


def _underlined(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}"


def _text_block(block: Block, width: int) -> str:
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


def _markdown_block(block: Block) -> str:
    item = partial(_filled, width=_MARKDOWN_WIDTH, first="* ", rest="  ")
    match block:
        case Prose(text):
            return _filled(text, _MARKDOWN_WIDTH)
        case Code(text, language):
            return f"```{language}\n{text.strip(chr(10))}\n```"
        case Items(items):
            return "\n".join(item(f"{markdown_link(each.link)}: {each.text}") for each in items)
        case Sources(sources):
            return "\n".join(f"* [{each.title}]({each.url})" for each in sources)


def markdown_link(link: Link, root: str = "../") -> str:
    """Give a link to the page of a rule or remedy.

    Parameters:
        root: how to come from the page with the link to the folder that holds those of rules and remedies.
    """
    return f"[{link.label}]({root}{link.kind.value}/{link.name}.md)"


def _filled(text: str, width: int, first: str = "", rest: str = "") -> str:
    """Break paragraphs into lines; words are never broken, since they may be names."""
    return "\n\n".join(
        textwrap.fill(
            paragraph,
            width,
            initial_indent=first,
            subsequent_indent=rest,
            break_on_hyphens=False,
            break_long_words=False,
        )
        for paragraph in textwrap.dedent(text).strip().split("\n\n")
    )
