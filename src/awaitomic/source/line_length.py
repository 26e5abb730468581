"""How wide the lines of a project may be, as its formatter or linter is told."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

_BY_DEFAULT = 88
"""What black allows if it is told nothing else."""
_MOST_EXTENDED = 8
"""How many settings of ruff that extend each other are followed: they may go round in a circle."""
_INI_FILES = (".flake8", "setup.cfg", "tox.ini")
_SECTION = re.compile(r"^\[(?:flake8|pycodestyle|pep8)\]((?:\n(?!\[).*)*)", re.MULTILINE)
_LENGTH = re.compile(r"^max[-_]line[-_]length[ \t]*[=:][ \t]*(\d+)", re.MULTILINE)


def line_length(root: str) -> int | None:
    """Give the length of lines that the files of a project's root name; None if they name none.

    Asked is what breaks lines before what only complains of them: ruff (``ruff.toml``, ``.ruff.toml``,
    ``pyproject.toml``) and black (``pyproject.toml``), then the rule of ruff, flake8 and pycodestyle
    (``pyproject.toml``, ``.flake8``, ``setup.cfg``, ``tox.ini``). Ruff that is set up without a word of this leaves it
    to the others: it may do nothing but lint. What cannot be read says nothing: it is for others to complain about.
    """
    folder = Path(root)
    tool = _table(_toml(folder / "pyproject.toml"), "tool")
    own = next((folder / name for name in (".ruff.toml", "ruff.toml") if (folder / name).is_file()), None)
    ruff = list(_extended(folder, _toml(own) if own is not None else _table(tool, "ruff")))
    rules = (_table(_table(table, "lint"), "pycodestyle") for table in ruff)
    said = (
        *(_width(table, "line-length") for table in ruff),
        _width(_table(tool, "black"), "line-length"),
        _BY_DEFAULT if "black" in tool else None,
        *(_width(table, "max-line-length") for table in (*rules, _table(tool, "flake8"), _table(tool, "pycodestyle"))),
        *(_of_ini(folder / name) for name in _INI_FILES),
    )
    return next((width for width in said if width is not None), None)


def _extended(folder: Path, table: dict[str, object]) -> Iterator[dict[str, object]]:
    """Give the settings of ruff, and those that they extend in turn."""
    for _ in range(_MOST_EXTENDED):
        yield table
        further = table.get("extend")
        if not isinstance(further, str):
            return
        path = folder / further
        read = _toml(path)
        folder, table = path.parent, _table(_table(read, "tool"), "ruff") if path.name == "pyproject.toml" else read


def _table(table: dict[str, object], name: str) -> dict[str, object]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _width(table: dict[str, object], name: str) -> int | None:
    found = table.get(name, table.get(name.replace("-", "_")))
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError:
        return {}


def _of_ini(path: Path) -> int | None:
    section = _SECTION.search(_text(path))
    said = _LENGTH.search(section[1]) if section is not None else None
    return int(said[1]) or None if said is not None else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
