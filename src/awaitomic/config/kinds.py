"""The kinds of values that a key can have: how each is read, checked, described to editors and shown again.

All that is known of a key's type is said here once: the reader, the JSON schema and ``awaitomic config`` ask for it.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from awaitomic.config import version, words
from awaitomic.config.errors import Mistake
from awaitomic.knowledge.codes import REMEDY_NAMES, RULE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from awaitomic.model.preferences import Strategy

T = TypeVar("T")
Schema = dict[str, object]
PerFile = tuple[tuple[str, tuple[str, ...]], ...]


class Kind(ABC, Generic[T]):
    """One kind of value."""

    said: str
    """What it is, in a few words for the documents."""

    @abstractmethod
    def read(self, key: str, value: object) -> T:
        """Give the value of a key as the program wants it; raises `Mistake`."""

    @abstractmethod
    def schema(self) -> Schema:
        """Give the JSON schema of what may be written."""

    def plain(self, value: T) -> object:
        """Give a value as it would be written."""
        return value

    def placed(self, value: T, root: str) -> T:
        """Give the value with relative patterns made absolute, for a run that has another root than `root`."""
        del root
        return value


def anchored(pattern: str, root: str) -> str:
    """Make a pattern that is relative to a root absolute; for the syntax see `awaitomic.source.patterns`."""
    cleaned = pattern.replace(os.sep, "/").rstrip("/").removeprefix("./")
    if "/" not in cleaned or os.path.isabs(cleaned):  # noqa: PTH117 - a plain string
        return pattern  # a plain name fits at any depth
    folder = re.sub(r"[*?\[{}]", r"[\g<0>]", root.replace(os.sep, "/").rstrip("/"))
    return os.path.normpath(f"{folder}/{cleaned}").replace(os.sep, "/")


def kind_of(value: object) -> str:
    """Name a TOML type as people do."""
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a decimal number",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "a date or time")


def _expect(key: str, value: object, wanted: str) -> Mistake:
    return Mistake(key, f"`{key}` has to be {wanted}, not {kind_of(value)}")


def _string(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _expect(key, value, "a string")
    return value


class Flag(Kind[bool]):
    """True or false."""

    said = "true or false"

    def read(self, key: str, value: object) -> bool:
        """Read a boolean; a number is none."""
        if not isinstance(value, bool):
            raise _expect(key, value, "true or false")
        return value

    def schema(self) -> Schema:
        """Give the schema of a boolean."""
        return {"type": "boolean"}


class Number(Kind[int]):
    """A number from one on."""

    said = "a number"

    def read(self, key: str, value: object) -> int:
        """Read a whole number; a boolean is none."""
        if isinstance(value, bool) or not isinstance(value, int):
            raise _expect(key, value, "a whole number")
        if value < 1:
            raise Mistake(key, f"`{key}` has to be at least 1, not {value}")
        return value

    def schema(self) -> Schema:
        """Give the schema of such a number."""
        return {"type": "integer", "minimum": 1}


@dataclass(frozen=True)
class Text(Kind[str]):
    """A string of a certain form; `check` raises `ValueError` with a message for the user."""

    said: str = "a string"
    check: Callable[[str], object] | None = None
    pattern: str | None = None
    """What editors can check of it."""

    def read(self, key: str, value: object) -> str:
        """Read a string of that form."""
        text = _string(key, value)
        if self.check is not None:
            try:
                self.check(text)
            except ValueError as error:
                raise Mistake(key, f"`{key}`: {error}") from error
        return text

    def schema(self) -> Schema:
        """Give the schema of the string."""
        return {"type": "string"} if self.pattern is None else {"type": "string", "pattern": self.pattern}


class Folder(Kind[str]):
    """The path of a folder, which need not be there yet."""

    said = "a path"

    def read(self, key: str, value: object) -> str:
        """Read a path; ``~`` is the user's own folder."""
        text = _string(key, value)
        if not text:
            raise Mistake(key, f"`{key}` has to name a folder")
        return os.path.expanduser(text)  # noqa: PTH111 - a plain string

    def schema(self) -> Schema:
        """Give the schema of a string that is not empty."""
        return {"type": "string", "minLength": 1}

    def placed(self, value: str, root: str) -> str:
        """Let a relative path stand for the same folder under another root."""
        return os.path.join(root, value)  # noqa: PTH118 - a plain string


VERSIONS = Text('versions, as in `">=0.2,<1"`', version.parse)


@dataclass(frozen=True)
class FilePath(Kind[str]):
    """A path of a file, relative to the table that it stands in."""

    said: str = "a path"

    def read(self, key: str, value: object) -> str:
        """Read a path that names something."""
        path = _string(key, value)
        if not path:
            raise Mistake(key, f"`{key}` has to name a file")
        return path

    def schema(self) -> Schema:
        """Give the schema of a path."""
        return {"type": "string", "minLength": 1}

    def placed(self, value: str, root: str) -> str:
        """Give the absolute path of the file; none stays none."""
        return os.path.normpath(f"{root}/{value}" if not os.path.isabs(value) else value) if value else value  # noqa: PTH117 - pathlib is slow


@dataclass(frozen=True)
class Choice(Kind[T]):
    """One of a few words; `parse` turns it into what it stands for, or raises `ValueError`."""

    names: tuple[str, ...]
    parse: Callable[[str], T]

    @property
    def said(self) -> str:  # type: ignore[override]  # it depends on the words
        """The words."""
        return " or ".join((", ".join(f'`"{name}"`' for name in self.names[:-1]), f'`"{self.names[-1]}"`'))

    def read(self, key: str, value: object) -> T:
        """Read one of the words."""
        text = _string(key, value)
        try:
            return self.parse(text)
        except ValueError as error:
            raise Mistake(key, f"`{key}`: {error}") from error

    def schema(self) -> Schema:
        """Give the schema of the words."""
        return {"enum": list(self.names)}

    def plain(self, value: T) -> object:
        """Give the word."""
        return str(value)


def _strings(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _expect(key, value, "a list of strings")
    for each in value:
        if not isinstance(each, str):
            raise _expect(key, each, "a list of strings only")
    return tuple(value)


def _list_of(item: Schema) -> Schema:
    return {"type": "array", "items": item}


class PathPatterns(Kind[tuple[str, ...]]):
    """Patterns of files and directories."""

    said = "a list of patterns"

    def read(self, key: str, value: object) -> tuple[str, ...]:
        """Read a list of strings."""
        return _strings(key, value)

    def schema(self) -> Schema:
        """Give the schema of a list of strings."""
        return _list_of({"type": "string"})

    def plain(self, value: tuple[str, ...]) -> object:
        """Give a list."""
        return list(value)

    def placed(self, value: tuple[str, ...], root: str) -> tuple[str, ...]:
        """Let relative patterns stand for the same files under another root."""
        return tuple(anchored(pattern, root) for pattern in value)


class Names(Kind[tuple[str, ...]]):
    """Names of Python objects, dotted or not."""

    said = "a list of names"

    def read(self, key: str, value: object) -> tuple[str, ...]:
        """Read a list of dotted names."""
        names = _strings(key, value)
        for name in names:
            if not all(part.isidentifier() for part in name.split(".")):
                raise Mistake(name or key, f"`{key}`: `{name}` is not a dotted name, as in `package.decorator`")
        return names

    def schema(self) -> Schema:
        """Give the schema of a list of dotted names."""
        return _list_of({"type": "string", "pattern": r"^[^\W\d]\w*(\.[^\W\d]\w*)*$"})

    def plain(self, value: tuple[str, ...]) -> object:
        """Give a list."""
        return list(value)


CODE_PATTERN = "^(ALL|" + "|".join(sorted({code[:n] for code in RULE_NAMES for n in range(3, len(code) + 1)})) + ")$"
"""What `awaitomic.config.words.check_code` lets through."""


class Codes(Kind[tuple[str, ...]]):
    """Codes of rules, beginnings of them, or ``ALL``."""

    said = "a list of rule codes"

    def read(self, key: str, value: object) -> tuple[str, ...]:
        """Read a list of codes that exist."""
        codes = _strings(key, value)
        for code in codes:
            try:
                words.check_code(code)
            except ValueError as error:
                raise Mistake(code or key, f"`{key}`: {error}") from error
        return codes

    def schema(self) -> Schema:
        """Give the schema of a list of codes."""
        return _list_of({"type": "string", "pattern": CODE_PATTERN})

    def plain(self, value: tuple[str, ...]) -> object:
        """Give a list."""
        return list(value)


class CodesByFile(Kind[PerFile]):
    """Rules by the patterns of the files for which they are named."""

    said = "a table from patterns to lists of rule codes"

    def read(self, key: str, value: object) -> PerFile:
        """Read a table of patterns."""
        if not isinstance(value, dict):
            raise _expect(key, value, "a table from patterns to lists of codes")
        return tuple((pattern, Codes().read(pattern, codes)) for pattern, codes in value.items())

    def schema(self) -> Schema:
        """Give the schema of such a table."""
        return {"type": "object", "additionalProperties": Codes().schema()}

    def plain(self, value: PerFile) -> object:
        """Give a table; codes of one pattern that stands there twice come together."""
        table: dict[str, list[str]] = {}
        for pattern, codes in value:
            table.setdefault(pattern, []).extend(codes)
        return table

    def placed(self, value: PerFile, root: str) -> PerFile:
        """Let relative patterns stand for the same files under another root."""
        return tuple((anchored(pattern, root), codes) for pattern, codes in value)


class Strategies(Kind[tuple["Strategy", ...]]):
    """Remedies that are preferred or forbidden."""

    said = "a list of remedies"

    def read(self, key: str, value: object) -> tuple[Strategy, ...]:
        """Read a list of remedies, each with ``no-`` or the code of a rule before it, or plain."""
        found = []
        for word in _strings(key, value):
            try:
                found.append(words.parse_strategy(word))
            except ValueError as error:
                raise Mistake(word or key, f"`{key}`: {error}") from error
        return tuple(found)

    def schema(self) -> Schema:
        """Give the schema of such a list."""
        codes = CODE_PATTERN.removeprefix("^").removesuffix("$")
        remedies = "|".join(map(re.escape, REMEDY_NAMES))
        return _list_of({"type": "string", "pattern": f"^({codes}:)?(no-)?({remedies})$"})

    def plain(self, value: tuple[Strategy, ...]) -> object:
        """Give the list as it would be written."""
        return [str(each) for each in value]
