"""Reads one TOML file: its ``[tool.awaitomic]`` table, checked, with the line of every value."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from awaitomic import __version__
from awaitomic.config import version
from awaitomic.config.errors import ConfigError, Mistake
from awaitomic.config.kinds import kind_of
from awaitomic.config.settings import KEYS
from awaitomic.config.words import nearest_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layer:
    """What one table, or the command line, says: values by the names of their keys, and their lines."""

    file: str | None
    """As it is shown; None for the command line."""
    root: str
    """The directory that its patterns are relative to."""
    values: dict[str, object]
    lines: dict[str, int]


def read_layer(file: Path, *, required: bool) -> Layer | None:
    """Read one file.

    Returns None if it has no table for awaitomic and none is required. Raises `ConfigError`, with the line where that
    is known, for a file that cannot be read and for a value that is wrong.
    """
    shown = str(file)
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ConfigError(shown, None, f"cannot be read: {error.strerror or error}") from error
    # The files of other projects are not our business, broken or not. UTF-16, whose letters have zeros between them,
    # may hide our name.
    if not required and b"awaitomic" not in raw and b"\0" not in raw:
        return None
    text = _decoded(shown, raw)
    table = _table(shown, text)
    if table is None:
        if required:
            raise ConfigError(shown, None, "has no [tool.awaitomic] table")
        return None
    return _Table(shown, Lines(text)).layer(table, os.path.dirname(os.path.abspath(file)))  # noqa: PTH100, PTH120 - Path.absolute keeps ".."


def _decoded(shown: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(shown, line, f"is not valid UTF-8 ({error.reason} at byte {error.start})") from error


def _table(shown: str, text: str) -> object:
    try:
        document: dict[str, object] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        # "at end of document": that is the last line
        line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
        raise ConfigError(shown, line, f"is not valid TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # a number or a nesting that Python has a limit for
        raise ConfigError(shown, None, f"cannot be read as TOML: {error}") from error
    tool = document.get("tool")
    return tool.get("awaitomic") if isinstance(tool, dict) else None


class _Table:
    """Turns the parsed table into typed values; knows the text, to say in which line a mistake stands."""

    def __init__(self, path: str, lines: Lines) -> None:
        self._path = path
        self._lines = lines

    def layer(self, table: object, root: str) -> Layer:
        if not isinstance(table, dict):
            raise self._error("awaitomic", f"[tool.awaitomic] has to be a table, not {kind_of(table)}")
        self._check_version(table)  # first: keys of other versions are unknown here
        values: dict[str, object] = {}
        for name, value in table.items():
            key = KEYS.get(name)
            if key is None:
                hint = nearest_word(name.replace("_", "-"), KEYS)
                raise self._error(name, f"unknown key `{name}` in [tool.awaitomic]{hint}")
            values[name] = self._read(name, value)
        return Layer(self._path, root, values, {name: self._lines.of_key(name) or 1 for name in values})

    def _read(self, name: str, value: object) -> object:
        try:
            return KEYS[name].kind.read(name, value)
        except Mistake as mistake:
            raise self._error(mistake.word, mistake.message, within=name) from mistake

    def _check_version(self, table: dict[str, object]) -> None:
        name = "required-version"
        if name in table:
            wanted = str(self._read(name, table[name]))
            if not version.satisfies(__version__, wanted):
                message = f"`{name}` asks for awaitomic {wanted}, but this is awaitomic {__version__}"
                raise self._error(name, message)

    def _error(self, word: str, message: str, within: str = "") -> ConfigError:
        return ConfigError(self._path, self._lines.of_word(word, within), message)


class Lines:
    """The text of a TOML file, to find the line of what the parser has only given the value of."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def of_key(self, name: str) -> int | None:
        """Find the line that gives a key of the table its value."""
        quoted = rf"['\"]?{re.escape(name)}['\"]?"
        assigned = re.compile(rf"(?:^\s*(?:tool\s*\.\s*)?(?:awaitomic\s*\.\s*)?|[{{,]\s*){quoted}\s*[=.]")
        header = re.compile(rf"^\s*\[\s*tool\s*\.\s*awaitomic\s*\.\s*{quoted}\s*\]")
        for number, line in self._ours:
            if assigned.search(_uncommented(line)) or header.search(line):
                return number
        return None

    def of_word(self, word: str, within: str = "") -> int | None:
        """Find the first line of the table that holds a word as a key or a value, from a key on if one is given."""
        first = self.of_key(within or word) or 0
        pattern = re.compile(rf"(?<![\w-])['\"]?{re.escape(word)}['\"]?(?![\w-])")
        for number, line in self._ours:
            if number >= first and pattern.search(_uncommented(line)):
                return number
        return first or None

    @cached_property
    def _ours(self) -> list[tuple[int, str]]:
        """The lines of our table and its parts; where it has no header, all lines from our name on."""
        return list(self._under_headers()) or list(self._from_our_name())

    def _under_headers(self) -> Iterator[tuple[int, str]]:
        inside = False
        for number, line in enumerate(self._lines, start=1):
            if _HEADER.match(line):
                inside = _OUR_HEADER.match(line) is not None
            if inside:
                yield number, line

    def _from_our_name(self) -> Iterator[tuple[int, str]]:
        below = False
        for number, line in enumerate(self._lines, start=1):
            below = below or "awaitomic" in _uncommented(line)
            if below:
                yield number, line


_HEADER = re.compile(r"^\s*\[\[?[^\[\],=]+\]?\]\s*(?:#.*)?$")
_OUR_HEADER = re.compile(r"^\s*\[\s*(['\"]?)tool\1\s*\.\s*(['\"]?)awaitomic\2\s*[.\]]")


def _uncommented(line: str) -> str:
    return "" if line.lstrip().startswith("#") else line.partition(" #")[0]
