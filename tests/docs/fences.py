"""Reads the fenced blocks of a document, each with the words in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block."""

    info: tuple[str, ...]
    """The words behind the fence: the language first."""
    text: str
    line: int
    """Where it begins, from 1."""
    introduction: str
    """The paragraph, heading or item in front of it, as it is written."""


def fences(text: str) -> list[Fence]:
    """Give the fenced blocks of a document in order."""
    found = []
    words = ""
    for token in MarkdownIt("commonmark").parse(text):
        if token.type == "inline":
            words = token.content
        elif token.type == "fence":
            assert token.map is not None, "blocks have lines"
            found.append(Fence(tuple(token.info.split()), token.content, token.map[0] + 1, words))
    return found


def fences_of(path: str) -> list[Fence]:
    """Give the fenced blocks of a document of this repository."""
    return fences((ROOT / path).read_text(encoding="utf-8"))
