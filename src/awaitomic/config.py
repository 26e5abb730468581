"""What the user wants: settings from ``[tool.awaitomic]`` and the command line, checked before anything runs.

A mistake is an error that names the nearest right word. A setting that is silently ignored would look like one that
works, and here it would decide what is edited.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.knowledge.codes import REMEDY_NAMES, RULE_NAMES
from awaitomic.model.conventions import Conventions
from awaitomic.model.finding import Confidence
from awaitomic.model.preferences import Granularity, Preferences, Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pyenv",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "*.egg-info",
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
"""What is never the user's own source, whatever ``.gitignore`` says."""


class ConfigError(Exception):
    """A configuration that cannot be used. Attributes: `path`, `line` (None if unknown), `message`."""

    def __init__(self, path: str, line: int | None, message: str) -> None:
        super().__init__(path, line, message)
        self.path = path
        self.line = line
        self.message = message

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}" if place else self.message


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; field names are the configuration's keys with ``_`` for ``-``.

    `root` is the directory that patterns are relative to (None: the current directory). `jobs` is None for one per
    processor. Selections hold rule codes, beginnings of codes, or ``ALL``.
    """

    root: Path | None = None
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    extend_exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    confidence: Confidence = Confidence.LIKELY
    unsafe_fixes: bool = False
    jobs: int | None = None
    respect_gitignore: bool = True
    force_exclude: bool = True
    entry_points: tuple[str, ...] = ()
    single_owner: tuple[str, ...] = ()
    lock_granularity: Granularity = Granularity.OBJECT
    strategy: tuple[Strategy, ...] = ()
    fixable: tuple[str, ...] = ("ALL",)
    unfixable: tuple[str, ...] = ()

    @property
    def preferences(self) -> Preferences:
        """What is said here about repairs that are all right, as the remedies want it."""
        shown_only = frozenset(code for code in RULE_NAMES if not self.may_fix(code))
        return Preferences(self.lock_granularity, self.strategy, shown_only)

    @property
    def conventions(self) -> Conventions:
        """What is said here about the user's own frameworks and classes, as the analysis wants it."""
        return Conventions(frozenset(self.entry_points), frozenset(self.single_owner))

    def selected(self, code: str) -> bool:
        """Say whether a rule is selected: the longest matching entry wins, and `ignore` among equally long ones."""
        chosen = _longest_match(code, (*self.select, *self.extend_select))
        return chosen > _longest_match(code, self.ignore)

    def may_fix(self, code: str) -> bool:
        """Say whether a rule's findings may be repaired: as `selected`, with `fixable` and `unfixable`."""
        return _longest_match(code, self.fixable) > _longest_match(code, self.unfixable)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line gave; None for what it did not mention.

    `select` replaces all selections of the configuration, its `ignore` included, and `fixable` its `unfixable`;
    `ignore`, `unfixable`, `extend_select`, `extend_exclude` and `per_file_ignores` add to it; everything else replaces
    its counterpart.
    """

    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] | None = None
    confidence: Confidence | None = None
    unsafe_fixes: bool | None = None
    jobs: int | None = None
    respect_gitignore: bool | None = None
    force_exclude: bool | None = None
    lock_granularity: Granularity | None = None
    strategy: tuple[Strategy, ...] | None = None
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] | None = None


def load(
    start: Path, overrides: Overrides | None = None, *, config: Path | None = None, isolated: bool = False
) -> Settings:
    """Give the settings for a run whose first path is `start`.

    Without `config`, the nearest ``pyproject.toml`` upwards from `start` that has a ``[tool.awaitomic]`` table counts;
    with `isolated`, none does. Patterns are relative to the directory of that file. Raises `ConfigError`.
    """
    settings = Settings()
    if config is not None:
        settings = _read(config, required=True) or settings
    elif not isolated:
        settings = _nearest(start) or settings
    overrides = overrides or Overrides()
    for name in ("select", "ignore", "extend_select", "fixable", "unfixable"):
        for code in getattr(overrides, name) or ():
            _check_code(code, lambda message: ConfigError("", None, message))
    return _apply(settings, overrides)


def _apply(settings: Settings, overrides: Overrides) -> Settings:
    if overrides.select is not None:
        settings = replace(settings, select=(), ignore=(), extend_select=())
    if overrides.fixable is not None:
        settings = replace(settings, fixable=(), unfixable=())
    changes: dict[str, object] = {}
    for field in fields(Overrides):
        value = getattr(overrides, field.name)
        if value is None:
            continue
        adds = field.name in {"ignore", "unfixable", "extend_select", "extend_exclude", "per_file_ignores"}
        changes[field.name] = (*getattr(settings, field.name), *value) if adds else value
    return replace(settings, **changes)  # type: ignore[arg-type]  # both classes have these fields with these types


def _longest_match(code: str, entries: Iterable[str]) -> int:
    """Give the length of the longest entry that selects `code` (ALL: 0), or -1."""
    lengths = (0 if entry == "ALL" else len(entry) for entry in entries if entry == "ALL" or code.startswith(entry))
    return max(lengths, default=-1)


def _nearest(start: Path) -> Settings | None:
    directory = Path(os.path.abspath(start))  # noqa: PTH100 - Path.absolute keeps "..", whose parents are not above it
    if not directory.is_dir():
        directory = directory.parent
    for candidate in (directory, *directory.parents):
        file = candidate / "pyproject.toml"
        if file.is_file():
            settings = _read(file, required=False)
            if settings is not None:
                return settings
    return None


def _read(file: Path, *, required: bool) -> Settings | None:
    """Read one file; None if it has no table for awaitomic and none is required."""
    shown = str(file)
    try:
        text = file.read_bytes().decode("utf-8")
        document: dict[str, object] = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(shown, None, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(shown, None, f"is not valid UTF-8 ({error.reason} at byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        raise ConfigError(shown, int(found[1]) if found else None, f"is not valid TOML: {error}") from error
    tool = document.get("tool")
    table = tool.get("awaitomic") if isinstance(tool, dict) else None
    if table is None:
        if required:
            raise ConfigError(shown, None, "has no [tool.awaitomic] table")
        return None
    return _Table(shown, text).settings(table, Path(os.path.abspath(file)).parent)  # noqa: PTH100 - as above


class _Table:
    """Turns the parsed table into settings; knows the text, to say in which line a mistake stands."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._lines = text.split("\n")
        self._readers: Mapping[str, Callable[[str, object], object]] = {
            "exclude": self._strings,
            "extend-exclude": self._strings,
            "select": self._codes,
            "ignore": self._codes,
            "extend-select": self._codes,
            "fixable": self._codes,
            "unfixable": self._codes,
            "per-file-ignores": self._per_file,
            "confidence": self._confidence,
            "unsafe-fixes": self._flag,
            "jobs": self._positive,
            "respect-gitignore": self._flag,
            "force-exclude": self._flag,
            "entry-points": self._names,
            "single-owner": self._names,
            "lock-granularity": self._granularity,
            "strategy": self._strategies,
        }

    def settings(self, table: object, root: Path) -> Settings:
        if not isinstance(table, dict):
            raise self._error("awaitomic", f"[tool.awaitomic] has to be a table, not {_kind(table)}")
        values: dict[str, object] = {}
        for key, value in table.items():
            reader = self._readers.get(key)
            if reader is None:
                hint = _nearest_word(key.replace("_", "-"), self._readers)
                raise self._error(key, f"unknown key `{key}` in [tool.awaitomic]{hint}")
            values[key.replace("-", "_")] = reader(key, value)
        return Settings(root=root, **values)  # type: ignore[arg-type]  # each reader returns its field's type

    def _error(self, word: str, message: str) -> ConfigError:
        return ConfigError(self._path, self._line_of(word), message)

    def _line_of(self, word: str) -> int | None:
        """Find the first line at or below the table's header that holds a word as a key or a value."""
        pattern = re.compile(rf"(?<![\w-])['\"]?{re.escape(word)}['\"]?(?![\w-])")
        below = False
        for number, line in enumerate(self._lines, start=1):
            below = below or "awaitomic" in line
            if below and pattern.search(line.partition(" #")[0]):
                return number
        return None

    def _expect(self, key: str, value: object, wanted: str) -> ConfigError:
        return self._error(key, f"`{key}` has to be {wanted}, not {_kind(value)}")

    def _strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise self._expect(key, value, "a list of strings")
        for each in value:
            if not isinstance(each, str):
                raise self._expect(key, each, "a list of strings only")
        return tuple(value)

    def _names(self, key: str, value: object) -> tuple[str, ...]:
        """Read names of Python objects, dotted or not."""
        names = self._strings(key, value)
        for name in names:
            if not all(part.isidentifier() for part in name.split(".")):
                raise self._error(name or key, f"`{key}`: `{name}` is not a dotted name, as in `package.decorator`")
        return names

    def _codes(self, key: str, value: object) -> tuple[str, ...]:
        codes = self._strings(key, value)
        for code in codes:
            self._code(key, code)
        return codes

    def _code(self, key: str, code: str) -> None:
        _check_code(code, lambda message: self._error(code or key, f"`{key}`: {message}"))

    def _per_file(self, key: str, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, dict):
            raise self._expect(key, value, "a table from patterns to lists of codes")
        return tuple((pattern, self._codes(pattern, codes)) for pattern, codes in value.items())

    def _confidence(self, key: str, value: object) -> Confidence:
        if not isinstance(value, str):
            raise self._expect(key, value, "a string")
        try:
            return parse_confidence(value)
        except ValueError as error:
            raise self._error(key, f"`{key}`: {error}") from error

    def _granularity(self, key: str, value: object) -> Granularity:
        if not isinstance(value, str):
            raise self._expect(key, value, "a string")
        try:
            return parse_granularity(value)
        except ValueError as error:
            raise self._error(key, f"`{key}`: {error}") from error

    def _strategies(self, key: str, value: object) -> tuple[Strategy, ...]:
        words = self._strings(key, value)
        try:
            return tuple(parse_strategy(word) for word in words)
        except ValueError as error:
            raise self._error(key, f"`{key}`: {error}") from error

    def _flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self._expect(key, value, "true or false")
        return value

    def _positive(self, key: str, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._expect(key, value, "a number")
        if value < 1:
            raise self._error(key, f"`{key}` has to be at least 1, not {value}")
        return value


def parse_confidence(value: str) -> Confidence:
    """Give the confidence of that name; raises `ValueError` with a message for the user."""
    for each in Confidence:
        if str(each) == value:
            return each
    names = [str(each) for each in reversed(Confidence)]
    message = f"unknown confidence `{value}`; it is one of {', '.join(names)}{_nearest_word(value, names)}"
    raise ValueError(message)


def parse_granularity(value: str) -> Granularity:
    """Give the granularity of that name; raises `ValueError` with a message for the user."""
    names = [str(each) for each in Granularity]
    if value in names:
        return Granularity(value)
    message = f"unknown granularity `{value}`; it is one of {', '.join(names)}{_nearest_word(value, names)}"
    raise ValueError(message)


def parse_strategy(value: str) -> Strategy:
    """Read ``lock``, ``no-lock`` or ``AWA102:recheck``; raises `ValueError` with a message for the user."""
    rule, colon, name = value.rpartition(":")
    if colon:
        _check_code(rule, ValueError)
    remedy = name.removeprefix("no-")
    if remedy not in REMEDY_NAMES:
        message = (
            f"unknown remedy `{remedy}`; it is one of {', '.join(REMEDY_NAMES)}{_nearest_word(remedy, REMEDY_NAMES)}"
        )
        raise ValueError(message)
    return Strategy(remedy, forbidden=remedy != name, rule="" if rule == "ALL" else rule)


def _check_code(code: str, error: Callable[[str], Exception]) -> None:
    """Raise `error` unless `code` is ``ALL``, a rule's code, or the beginning of one, as in ``AWA2``."""
    if code == "ALL" or (len(code) >= len("AWA") and any(known.startswith(code) for known in RULE_NAMES)):
        return
    raise error(f"unknown rule code `{code}`{suggest_code(code)}")


def suggest_code(word: str) -> str:
    """Give ``; did you mean …?`` with the rule code that `word` (a mistyped code, or a rule's name) is nearest to."""
    by_name = {name: code for code, name in RULE_NAMES.items()}
    named = difflib.get_close_matches(word.lower(), by_name, n=1, cutoff=0.75)
    return f"; did you mean `{by_name[named[0]]}`?" if named else _nearest_word(word.upper(), RULE_NAMES)


def _nearest_word(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else ""


def _kind(value: object) -> str:
    """Name a TOML type as people do."""
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list", dict: "a table"}
    return names.get(type(value), "a date or time")
