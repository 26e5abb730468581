"""The oldest Python that a project promises to run on: what a repair writes has to work there, too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

Version = tuple[int, int]

_LOWEST = re.compile(r"(?:>=|~=|==|\^|~|>)\s*(\d+)\.(\d+)")
_SETUP = re.compile(r"""python_requires\s*=\s*['"]?([^'"\n#]+)""")


def oldest_python(root: str) -> Version | None:
    """Give the lowest version that the files of a project's root name as required; None if they name none.

    Asked are ``pyproject.toml`` (``requires-python``, or the dependency on ``python`` of poetry), ``setup.cfg`` and
    ``setup.py``, in this order. What cannot be read says nothing: it is for others to complain about.
    """
    folder = Path(root)
    said = _of_pyproject(_text(folder / "pyproject.toml"))
    for name in ("setup.cfg", "setup.py"):
        if said is None:
            match = _SETUP.search(_text(folder / name))
            said = match[1] if match else None
    found = _LOWEST.search(said or "")
    return (int(found[1]), int(found[2])) if found else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _of_pyproject(text: str) -> str | None:
    try:
        document: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    for keys in (("project", "requires-python"), ("tool", "poetry", "dependencies", "python")):
        value = document
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str):
            return value
    return None
