"""What ``awaitomic config`` prints: the settings of one file, and where each value came from."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from awaitomic.config.settings import KEYS
from awaitomic.config.toml import assignment
from awaitomic.report.cells import visible
from awaitomic.source.text import display_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.config.loading import Resolved, Source

_TABLE_ONLY = frozenset({"extend", "required-version"})
"""What a table says about itself: it has had its effect on the values below."""


def settings_text(path: str, file: str | None, resolved: Resolved) -> str:
    """Give the settings as a table that could stand in ``pyproject.toml``, each value with its source in a comment.

    Parameters: `path` is what was asked for, `file` the table that is nearest to it, both as they are shown.
    """
    nearest = "no table counts" if file is None else f"the nearest table is in {visible(file)}"
    lines = [f"# For {visible(path)}: {nearest}."]
    if file is not None:
        lines.append("# Patterns are relative to the folder of that file.")
    lines += ["", "[tool.awaitomic]", *_lines(resolved)]
    return "\n".join(lines) + "\n"


def _lines(resolved: Resolved) -> Iterator[str]:
    for name, value in resolved.values.items():
        key = KEYS[name]
        said = ", ".join(map(_named, resolved.sources.get(name, ()))) or "default"
        if value is None:
            yield f"# {name}: {key.absent}  # {said}"
        elif name in _TABLE_ONLY:
            yield f"# {assignment(name, key.kind.plain(value), said)}"
        else:
            yield assignment(name, key.kind.plain(value), said)


def settings_json(path: str, file: str | None, resolved: Resolved) -> str:
    """Give the same for programs: each key has its ``value`` and its ``sources``, none for a default."""
    settings = {
        name: {
            "value": None if value is None else KEYS[name].kind.plain(value),
            "sources": [_described(source) for source in resolved.sources.get(name, ())],
        }
        for name, value in resolved.values.items()
    }
    report = {"schema_version": 1, "path": path, "file": file, "root": resolved.root, "settings": settings}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _named(source: Source) -> str:
    if source.option is not None:
        return source.option
    return f"{visible(display_path(source.file))}:{source.line}" + " (extended)" * source.extended


def _described(source: Source) -> dict[str, object]:
    if source.option is not None:
        return {"kind": "option", "option": source.option}
    kind = "extended" if source.extended else "file"
    return {"kind": kind, "file": display_path(source.file), "line": source.line}
