"""Which line end a new line gets, for files with LF, CRLF, CR or a mixture."""

from __future__ import annotations

import re

NEWLINE = re.compile(r"\r\n|\r|\n")


def last_newline(text: str) -> str:
    """Return the line end that stands nearest to the end of `text`; LF if there is none."""
    end = max(text.rfind("\n"), text.rfind("\r"))
    if end < 0:
        return "\n"
    return "\r\n" if text[end - 1 : end + 1] == "\r\n" else text[end]


def ends_line(text: str) -> bool:
    """Whether the last line of `text` has a line end."""
    return text.endswith(("\n", "\r"))


def with_newline(text: str, newline: str) -> str:
    """Return `text` with every line end replaced by `newline`."""
    return NEWLINE.sub(lambda _: newline, text)
