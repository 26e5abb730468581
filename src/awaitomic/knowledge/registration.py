"""Names of functions that fill tables when a program starts: evidence that nobody is at work yet, never proof."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_FIRST_WORDS = frozenset(
    "register registers include mount install define declare configure route add set setup init initialize load".split()
)


def sounds_like_registration(name: str) -> bool:
    """Tell whether a function is by its name one that puts something into a table for good."""
    words = _WORD.findall(name)
    return bool(words) and words[0].lower() in _FIRST_WORDS
