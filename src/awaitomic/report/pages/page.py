"""What a page is made of, whatever it will look like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a word may lead to; the value is the folder of its page."""

    RULE = "rules"
    REMEDY = "remedies"


@dataclass(frozen=True, slots=True)
class Link:
    """A rule or a remedy that is named in the text, and the name of its page."""

    kind: Kind
    label: str
    name: str


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs, with an empty line in between; pieces of code stand in backquotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of a file."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a list: what it is about, and what is said of it."""

    link: Link
    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Something to read elsewhere."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Sources:
    """A list of what to read elsewhere."""

    sources: tuple[Source, ...]


Block = Prose | Code | Items | Sources


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: tuple[Block, ...]
    level: int = 2


@dataclass(frozen=True, slots=True)
class Page:
    """All that is said about one rule or remedy."""

    title: str
    summary: str
    sections: tuple[Section, ...]
