"""Decides from the bytes alone that a file cannot hold a finding, so that most files of a tree are never parsed.

Why this is sound: every bug that awaitomic reports needs a suspension of an asyncio task inside the function that is
reported. `await`, `async for` and `async with` are only allowed in ``async def`` (the interactive mode and notebooks
aside), and an async generator's `yield` stands in one too. ``async def`` is two keywords. Between them there can only
be blanks, tabs, form feeds and backslash continuations: a comment or a bare newline ends the statement, and keywords
are compared byte by byte (no escape and no compatibility form of a letter is accepted for one, other than in
identifiers). So in an encoding in which ASCII characters are ASCII bytes, text without the pattern below has no
coroutine. Other encodings, and files that carry comments for awaitomic itself (an unused one is a finding), are let
through. The filter says where findings can *be*; whoever asks who calls or writes something must ask other files too.
"""

from __future__ import annotations

import re

_ASYNC_DEF = re.compile(rb"\basync(?:[ \t\f]|\\(?:\r\n|\n|\r))+def\b")
_OWN_COMMENT = b"awaitomic:"

_DECLARED = re.compile(rb"^(?:[^\r\n]*(?:\r\n|\r|\n))??[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_ASCII_BYTES = re.compile(
    rb"(?:utf-?8(?:-sig)?|u8|us-ascii|ascii|latin-?1|l1|iso-?8859-?\d{1,2}|cp125\d|windows-125\d)\Z"
)


def may_matter(raw: bytes) -> bool:
    """Say whether a file, given as its bytes, has to be parsed. False is certain, True is not."""
    if b"async" in raw and _ASYNC_DEF.search(raw):
        return True
    if _OWN_COMMENT in raw or b"\0" in raw:
        return True  # NUL bytes: UTF-16 or UTF-32, or binary, which is to be reported
    declared = _DECLARED.match(raw)
    if declared is None:
        return False
    return not _ASCII_BYTES.match(declared[1].lower().replace(b"_", b"-"))
