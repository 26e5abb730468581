"""Baselines: what was found when somebody began to use awaitomic, and is not to be told of until it is touched.

The file is JSON with one entry a line, sorted, so that it can be read, compared and merged::

    {
      "schema_version": 1,
      "findings": [
        {"path": "pkg/bank.py", "fingerprint": "AWA101:Bank.credit:self.balance:0123456789ab:0"}
      ]
    }

A path is relative to the folder of the baseline. The fingerprint (see `awaitomic.findings.fingerprint`) tells people
the rule, the function and the state. Whatever else an entry holds, such as a reason, is kept.
"""

from __future__ import annotations

import json
import os
import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from awaitomic.config import ConfigError
from awaitomic.source.text import SourceText, display_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

VERSION = 1
_ENTRY = re.compile(r'(?<!\\)"fingerprint"\s*:')
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)
_FINGERPRINT = re.compile(r"(?P<rule>AWA\d{3}):(?P<function>[^:]*):(?P<state>.*):[0-9a-f]{12}:\d+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding that is known; `path` is relative to the folder of the baseline, `line` is its own there (or 0)."""

    path: str
    fingerprint: str
    line: int = field(default=0, compare=False)
    more: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def rule(self) -> str:
        """The code of its rule."""
        return self.fingerprint.partition(":")[0]

    @property
    def function(self) -> str:
        """The qualified name of its function."""
        found = _FINGERPRINT.fullmatch(self.fingerprint)
        return found["function"] if found is not None else ""

    @property
    def state(self) -> str:
        """What it is about."""
        found = _FINGERPRINT.fullmatch(self.fingerprint)
        return found["state"] if found is not None else ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The entries of one file; `path` is that of the file, `raw` and `text` what it holds (nothing: it is new)."""

    path: str
    entries: tuple[Entry, ...] = ()
    raw: bytes = field(default=b"", compare=False, repr=False)
    text: str = field(default="", compare=False, repr=False)

    @property
    def is_new(self) -> bool:
        """Whether there is no such file yet."""
        return not self.raw

    def has(self, entries: Iterable[Entry]) -> bool:
        """Tell whether the entries are these, in whatever order."""
        return sorted(entries, key=_order) == sorted(self.entries, key=_order)

    def source(self) -> SourceText:
        """Give the file as it is."""
        return SourceText(display_path(self.path), self.raw, self.text, "utf-8", self.raw.startswith(BOM_UTF8))

    def written(self) -> SourceText:
        """Give the file as it is to be."""
        old, text = self.source(), self._render()
        return replace(old, raw=old.encode(text), text=text)

    def absolute(self, entry: Entry) -> str:
        """Give the path of the module that an entry is about."""
        folder = os.path.dirname(os.path.abspath(self.path))  # noqa: PTH100, PTH120 - links are not followed
        return os.path.normpath(os.path.join(folder, *entry.path.split("/")))  # noqa: PTH118 - pathlib is slow

    def relative(self, path: str) -> str:
        """Give a module's path as entries have it."""
        folder = os.path.dirname(os.path.abspath(self.path))  # noqa: PTH100, PTH120 - resolve() would follow links
        absolute = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
        try:
            return os.path.relpath(absolute, folder).replace(os.sep, "/")
        except ValueError:  # on another drive of Windows
            return absolute.replace(os.sep, "/")

    def holding(self, entries: Iterable[Entry]) -> Baseline:
        """Give the same baseline with other entries."""
        return replace(self, entries=tuple(dict.fromkeys(sorted(entries, key=_order))))

    def _render(self) -> str:
        """Give what the file has to hold: ASCII, with the line ends that it has."""
        shown = [json.dumps({"path": each.path, "fingerprint": each.fingerprint, **each.more}) for each in self.entries]
        rows = ",\n".join(f"    {entry}" for entry in shown)
        listed = f"[\n{rows}\n  ]" if rows else "[]"
        text = f'{{\n  "schema_version": {VERSION},\n  "findings": {listed}\n}}\n'
        return text.replace("\n", "\r\n") if "\r\n" in self.text else text


def _order(entry: Entry) -> tuple[str, str]:
    return entry.path, entry.fingerprint


def read_baseline(path: str) -> Baseline:
    """Read a baseline. Raises `ConfigError`, with the line, if it cannot be read or is none."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a plain string
            raw = file.read()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(path, None, f"the baseline cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        message = f"the baseline is not valid UTF-8 ({error.reason} at byte {error.start})"
        raise ConfigError(path, None, message) from error
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        raise ConfigError(path, _line(text, conflict.start()), "the baseline has the marks of a merge conflict")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(path, error.lineno, f"the baseline is not valid JSON: {error.msg}") from error
    except RecursionError as error:
        raise ConfigError(path, None, "the baseline is nested too deeply") from error
    return Baseline(path, _entries(path, text, document), raw, text)


def _entries(path: str, text: str, document: object) -> tuple[Entry, ...]:
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise ConfigError(path, 1, "this is no baseline: it has no list of `findings`")
    version = document.get("schema_version")
    if version != VERSION:
        message = f"a baseline of version {version!r} is not known here; this awaitomic knows version {VERSION}"
        raise ConfigError(path, 1, message)
    lines = [_line(text, match.start()) for match in _ENTRY.finditer(text)]
    entries: list[Entry] = []
    for number, each in enumerate(document["findings"]):
        line = lines[number] if number < len(lines) else 0
        entries.append(_entry(path, each, line))
    return tuple(entries)


def _entry(path: str, data: object, line: int) -> Entry:
    if not isinstance(data, dict):
        raise ConfigError(path, line or None, "an entry has to be an object with `path` and `fingerprint`")
    for name in ("path", "fingerprint"):
        if not isinstance(data.get(name), str):
            raise ConfigError(path, line or None, f"an entry has no `{name}`, or one that is no string")
    if not _FINGERPRINT.fullmatch(data["fingerprint"]):
        message = f"{data['fingerprint']!r} is no fingerprint: RULE:FUNCTION:STATE:HASH:NUMBER"
        raise ConfigError(path, line or None, message)
    more = {name: value for name, value in data.items() if name not in {"path", "fingerprint"}}
    return Entry(data["path"], data["fingerprint"], line, more)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1
