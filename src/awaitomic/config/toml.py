"""Plain values as TOML writes them; the standard library only reads it."""

from __future__ import annotations

import json
import re
from typing import TypeGuard

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_LONG = 88


def toml(value: object) -> str:
    """Give a value on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        pairs = (f"{_key(str(name))} = {toml(each)}" for name, each in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    if is_list(value):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value)


def assignment(name: str, value: object, comment: str = "") -> str:
    """Give ``name = value  # comment``; a list that makes the line long has a line for each entry."""
    behind = f"  # {comment}" if comment else ""
    line = f"{name} = {toml(value)}{behind}"
    if len(line) <= _LONG or not is_list(value):
        return line
    return "\n".join([f"{name} = [{behind}", *(f"  {toml(each)}," for each in value), "]"])


def is_list(value: object) -> TypeGuard[list[object]]:
    """Tell whether a value is a list."""
    return isinstance(value, list)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else toml(name)
