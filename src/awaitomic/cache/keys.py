"""For which runs a result holds: who has found it, with which settings, and how it names files."""

# ruff: noqa: PTH109, PTH118, PTH120, PTH123 - plain strings: a Path object for each costs more than what is done with it

from __future__ import annotations

import json
import os
import sys
from dataclasses import fields
from typing import TYPE_CHECKING

from awaitomic import __version__
from awaitomic.cache import place as places
from awaitomic.source.trace import digest

if TYPE_CHECKING:
    from awaitomic.cache.place import Place
    from awaitomic.config import Settings

_NOT_ASKED = frozenset(
    {
        "jobs",
        "exclude",
        "extend_exclude",
        "respect_gitignore",
        "force_exclude",
        "cache_dir",
        "tables",
        "baseline",
    }
)
"""Settings that decide which files are looked at and how, and what of it is told, but not what is found in one.

Anything else counts."""


def key_of(place: Place, root: str, settings: Settings, *, diffs: bool) -> str:
    """Give what stands for everything that a result depends on, other than what the files of a project say.

    Parameters: `root` is that of the project; `diffs` says whether fixes are carried out for their diffs.
    """
    values = {field.name: repr(getattr(settings, field.name)) for field in fields(settings)}
    parts = [
        __version__,
        _tool(place),
        sys.version,
        os.getcwd(),  # paths are shown relative to it
        root,
        sorted((name, value) for name, value in values.items() if name not in _NOT_ASKED),
        _patcher() if diffs else "",
    ]
    return digest(json.dumps(parts).encode("ascii"))


def _patcher() -> str:
    """Give the version of what carries fixes out."""
    from importlib import metadata  # noqa: PLC0415 - slow, and seldom needed

    return metadata.version("libcst")


def _tool(place: Place) -> str:
    """Give what stands for our own code: a version is not enough where somebody works on it.

    As for the files of a project, their contents are only looked at if something seems to have changed. So a cache that
    is carried to another machine still serves the same code there.
    """
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100 - resolve() would follow links
    sources = sorted(_sources(package))
    looks = digest(json.dumps(sources).encode("ascii"))
    path = place.path("tool.json")
    sections = places.read(path)
    known = sections[0].value() if sections else None
    if isinstance(known, list) and len(known) == 2 and known[0] == looks and isinstance(known[1], str):
        return known[1]
    contents = [(name, digest(_raw(os.path.join(package, name)))) for name, *_ in sources]
    found = digest(json.dumps(contents).encode("ascii"))
    place.write(path, [[looks, found]])
    return found


def _sources(package: str) -> list[tuple[str, int, int, int]]:
    """Give name, size, time and number of every source file; none if they lie in an archive: then the version tells."""
    found: list[tuple[str, int, int, int]] = []
    above = len(package) + 1
    pending = [package]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    elif entry.name.endswith(".py"):
                        status = entry.stat()
                        found.append((entry.path[above:], status.st_size, status.st_mtime_ns, status.st_ino))
        except OSError:
            continue
    return found


def _raw(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
