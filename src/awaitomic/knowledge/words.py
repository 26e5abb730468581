"""Takes identifiers apart into the words that they are made of."""

from __future__ import annotations

import re

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
"""A word of an identifier, in either way of writing: ``conn_lock`` and ``RWLock`` have two each."""


def words_of(name: str) -> list[str]:
    """Give the words of an identifier, in lower case."""
    return [word.lower() for word in WORD.findall(name)]
