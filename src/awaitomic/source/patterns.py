"""The patterns of ``exclude`` and ``per-file-ignores``: names and paths with wildcards, compiled once for a whole walk.

A pattern without ``/`` is compared with the name of a file or directory at any depth; one with ``/`` with its path,
relative to the root of the configuration. ``*`` and ``?`` do not match ``/``; ``**`` does. ``[…]`` and ``{a,b}`` work
as in a shell.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WILD = re.compile(r"[*?\[{]")


class Patterns:
    """Patterns below one root (an absolute path)."""

    __slots__ = ("_globs", "_names", "_root")

    def __init__(self, patterns: Iterable[str], root: str) -> None:
        self._root = _posix(root).rstrip("/")
        self._names: set[str] = set()
        globs: list[str] = []
        for pattern in patterns:
            cleaned = _posix(pattern).rstrip("/").removeprefix("./")
            if not cleaned:
                continue
            if "/" not in cleaned and not _WILD.search(cleaned):
                self._names.add(cleaned)
            elif "/" not in cleaned:
                globs.append(f"(?:.*/)?{translate(cleaned)}")
            else:
                anchor = "" if os.path.isabs(cleaned) else re.escape(self._root + "/")  # noqa: PTH117 - a plain string
                globs.append(anchor + translate(cleaned))
        self._globs = re.compile("|".join(globs), re.DOTALL) if globs else None

    def match(self, name: str, path: str) -> bool:
        """Say whether a pattern matches the file or directory called `name` whose absolute path is `path`."""
        if name in self._names:
            return True
        return self._globs is not None and self._globs.fullmatch(_posix(path)) is not None

    def match_upwards(self, path: str) -> bool:
        """Say whether a pattern matches an absolute path or a directory above it, up to the root and without it.

        Outside the root only the path itself is compared: what stands above it was not chosen by the configuration.
        """
        path = _posix(path).rstrip("/")
        if not path.startswith(self._root + "/"):
            return self.match(path.rpartition("/")[2], path)
        while len(path) > len(self._root):
            above, _, name = path.rpartition("/")
            if self.match(name, path):
                return True
            path = above
        return False


def translate(pattern: str) -> str:
    """Give the regular expression of a pattern (after `glob.translate` of Python 3.13, with ``{a,b}`` added)."""
    out: list[str] = []
    depth = 0
    pieces = list(_pieces(pattern))
    balanced = pieces.count("{") == pieces.count("}")
    for piece in pieces:
        if piece in _WILDCARDS:
            out.append(_WILDCARDS[piece])
        elif piece == "{" and balanced:
            depth += 1
            out.append("(?:")
        elif piece == "}" and depth:
            depth -= 1
            out.append(")")
        elif piece == "," and depth:
            out.append("|")
        elif len(piece) > 1:
            body = piece[1:-1].replace("\\", "\\\\").replace("[", "\\[")
            out.append(f"[^/{body[1:]}]" if body[0] in "!^" else f"[{body}]")
        else:
            out.append(re.escape(piece))
    return "".join(out) + ")" * depth


_WILDCARDS = {"**/": "(?:[^/]+/)*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_CLASS = re.compile(r"\[[!^]?[^/]?[^\]/]*\]")


def _pieces(pattern: str) -> Iterator[str]:
    at = 0
    while at < len(pattern):
        piece = _piece(pattern, at)
        yield piece
        at += len(piece)


def _piece(pattern: str, at: int) -> str:
    """Give the next wildcard, bracket expression or character."""
    for wildcard in _WILDCARDS:
        if pattern.startswith(wildcard, at):
            return wildcard
    if pattern[at] == "[":
        found = _CLASS.match(pattern, at)
        if found and len(found[0]) > len("[]"):
            return found[0]
    return pattern[at]


def _posix(path: str) -> str:
    return path if os.sep == "/" else path.replace(os.sep, "/")
