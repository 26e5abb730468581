"""How wide the lines of a project may be, as its formatter or linter is told."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

_BY_DEFAULT = 88
"""What ruff and black allow if they are told nothing else."""
_INI_FILES = (".flake8", "setup.cfg", "tox.ini")
_SECTION = re.compile(r"^\[(?:flake8|pycodestyle|pep8)\]((?:\n(?!\[).*)*)", re.MULTILINE)
_LENGTH = re.compile(r"^max[-_]line[-_]length[ \t]*[=:][ \t]*(\d+)", re.MULTILINE)


def line_length(root: str) -> int | None:
    """Give the length of lines that the files of a project's root name; None if they name none.

    Asked are ruff (``ruff.toml``, ``.ruff.toml``, ``pyproject.toml``), black (``pyproject.toml``), flake8 and
    pycodestyle (``pyproject.toml``, ``.flake8``, ``setup.cfg``, ``tox.ini``), in this order. What cannot be read says
    nothing: it is for others to complain about.
    """
    folder = Path(root)
    for name in ("ruff.toml", ".ruff.toml"):
        if (folder / name).is_file():
            return _of_table(_toml(folder / name))
    tool = _toml(folder / "pyproject.toml").get("tool")
    for name in ("ruff", "black"):
        table = tool.get(name) if isinstance(tool, dict) else None
        if isinstance(table, dict):
            return _of_table(table)
    for name in ("flake8", "pycodestyle"):
        table = tool.get(name) if isinstance(tool, dict) else None
        said = table.get("max-line-length", table.get("max_line_length")) if isinstance(table, dict) else None
        if isinstance(said, int) and said > 0:
            return said
    return next((found for name in _INI_FILES if (found := _of_ini(folder / name)) is not None), None)


def _of_table(table: dict[str, object]) -> int:
    found = table.get("line-length", table.get("line_length"))
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else _BY_DEFAULT


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
