"""Parsing that gives back every character, with the few spots handled at which libcst by itself does not.

libcst drops form feeds at the beginning of a statement's line, a last line that ends in a lone CR, and a blank line at
the end of the file if one with blanks or an indented comment follows; and where the file lacks a final newline it
cannot know which kind its neighbours have.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import libcst as cst

from awaitomic.patching.newlines import ends_line, last_newline
from awaitomic.patching.refusal import PatchRefused
from awaitomic.source.text import split_lines

_BLANK = " \t\f"


@dataclass(frozen=True, slots=True)
class ParsedText:
    """A module together with what was done to the text so that libcst reproduces it."""

    module: cst.Module
    unfinished: bool
    """A final newline was added."""
    mask: str
    """The comment that holds a form feed in place; empty if there is none."""
    tail: str
    """Blank lines and comments at the end of the file that were kept from libcst."""

    def text_of(self, module: cst.Module) -> str:
        """Return the text of `module`, which is the parsed one or a changed version of it."""
        text = module.code
        if self.mask:
            for newline in ("\r\n", "\r", "\n"):
                text = text.replace(f"{self.mask}{newline}", "")
        if module.body and not self.module.body and not ends_line(text):
            # An empty file says nothing about its last line; a file with statements ends it.
            text += last_newline(text)
        if self.unfinished:
            text = text[: -len(last_newline(text))] if ends_line(text) else text
        return text + self.tail


@lru_cache(maxsize=2)
def parse(text: str) -> ParsedText:
    """Parse `text` so that printing the result gives `text` again.

    The last results are kept: the text that leaves one fix of a file enters the next.

    Raises PatchRefused: ``gate-parse`` if libcst cannot parse it, ``gate-roundtrip`` if it cannot reproduce it.
    """
    parsed = _attempt(text, "")
    if parsed is None and (tail := _tail(text)):
        try:
            parsed = _attempt(text[: -len(tail)], tail)
        except PatchRefused:
            # What looks like comments at the end was the inside of a string.
            parsed = None
    if parsed is None:
        raise PatchRefused("gate-roundtrip", "libcst does not reproduce this file character for character")
    return parsed


def _attempt(text: str, tail: str) -> ParsedText | None:
    """Parse `text`, to be followed by `tail`; None if libcst loses something."""
    unfinished = bool(text) and not ends_line(text)
    body = text + last_newline(text) if unfinished else text
    module = _parse(body)
    printed = module.code
    if printed == body:
        return ParsedText(module, unfinished, "", tail)
    mask = _unused_comment(body)
    masked = _mask_form_feeds(body, printed, mask)
    if masked is None:
        return None
    parsed = ParsedText(_parse(masked), unfinished, mask, tail)
    return parsed if parsed.text_of(parsed.module) == text + tail else None


def parse_module(text: str) -> cst.Module:
    """Parse `text`, with libcst's errors as the refusal ``gate-parse``."""
    try:
        return cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError, ValueError) as error:
        reason = error.message if isinstance(error, cst.ParserSyntaxError) else str(error)
        raise PatchRefused("gate-parse", f"libcst cannot parse the text: {reason}") from error


def _parse(text: str) -> cst.Module:
    module = parse_module(text)
    # libcst takes a lone CR for no line end when it looks at the end of the file.
    return module if not text or module.has_trailing_newline else module.with_changes(has_trailing_newline=True)


def _tail(text: str) -> str:
    """Return the blank lines and comments at the end of `text` from the first blank line on."""
    lines = split_lines(text, keepends=True)
    start = len(lines)
    while start and (not (line := lines[start - 1].strip()) or line.startswith("#")):
        start -= 1
    while start < len(lines) and lines[start].strip():
        start += 1
    return "".join(lines[start:])


def _unused_comment(text: str) -> str:
    number = 0
    while (comment := f"# form feed {number}") in text:
        number += 1
    return comment


def _mask_form_feeds(text: str, printed: str, mask: str) -> str | None:
    """Return `text` with a comment line behind each form feed that is missing in `printed`; None if more is missing.

    A form feed on a line of its own is a blank line to libcst, and one before a comment is kept.
    """
    pieces: list[str] = []
    position = 0
    start = 0
    for char in printed:
        while position < len(text) and text[position] != char:
            if text[position] not in _BLANK:
                return None
            position += 1
            if text[position - 1] == "\f":
                pieces += (text[start:position], mask, last_newline(text[:position]))
                start = position
        position += 1
    if position < len(text):
        return None
    return "".join((*pieces, text[start:]))
