"""Where a project begins, and which Python files are in it: the scope in which names are looked up.

Only paths are looked at here, and of a file's contents only bytes: what a file imports, which classes it defines, and
whether it mentions a word can be told without parsing it. That is what keeps a run over ten files of a large tree from
reading the other thousands as programs.
"""

# As in discovery, plain strings instead of Path objects: a tree has thousands of entries.
# ruff: noqa: PTH100, PTH110, PTH118, PTH120, PTH123

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property

from awaitomic.source.oldest_python import oldest_python

_MARKERS = ("pyproject.toml", "setup.py", "setup.cfg", ".git")
_SKIPPED = frozenset(
    "node_modules site-packages venv env build dist buck-out __pycache__ __pypackages__ _build".split()
)
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})

_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]+(?P<base>[.\w]+)[ \t]+import[ \t]*(?P<names>\([^)]*\)|[^\n;#]+)"
    rb"|import[ \t]+(?P<modules>[^\n;#]+))",
    re.MULTILINE,
)
_CLASS = re.compile(rb"^[ \t]*class[ \t]+(\w+)[^\n(:]*\(([^)]*)\)", re.MULTILINE)
_COMMENT = re.compile(rb"#[^\n]*")
_IDENTIFIER = re.compile(r"\w+")


def project_root(path: str | os.PathLike[str]) -> str:
    """Give the root of the project that a file belongs to.

    That is the nearest folder above it with a ``pyproject.toml``, ``setup.py``, ``setup.cfg`` or ``.git``; without one,
    the folder that the file's outermost package lies in.
    """
    start = os.path.dirname(os.path.abspath(path))
    folder = start
    while True:
        if any(os.path.exists(os.path.join(folder, marker)) for marker in _MARKERS):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    while os.path.exists(os.path.join(start, "__init__.py")):
        start = os.path.dirname(start)
    return start


@dataclass(frozen=True, slots=True)
class Header:
    """What the bytes of a file tell of its place among the others."""

    imports: tuple[str, ...]
    """Dotted names, of modules and of what is taken out of them; relative ones with their leading dots."""
    bases: frozenset[str]
    """Last names of all base classes, under the names that they have where they are defined."""


class SourceTree:
    """The Python files below a root, by their path relative to it (with slashes); `overlay` holds unsaved texts."""

    def __init__(self, root: str, overlay: dict[str, bytes] | None = None) -> None:
        self.root = os.path.abspath(root)
        self.overlay = overlay or {}
        self._files: frozenset[str] | None = None
        self._raw: dict[str, bytes] = {}
        self._headers: dict[str, Header] = {}
        self._tails: dict[str, list[str]] | None = None
        self._nowhere = False

    @classmethod
    def nowhere(cls) -> SourceTree:
        """Give a tree without files: for a text that stands alone."""
        tree = cls(os.curdir)
        tree._files = frozenset()
        tree._nowhere = True
        return tree

    def with_text(self, name: str, raw: bytes) -> SourceTree:
        """Give the same tree with one file's contents replaced."""
        other = SourceTree(self.root, {**self.overlay, name: raw})
        other._files, other._tails, other._raw = self._files, self._tails, self._raw
        other._nowhere = self._nowhere
        other._headers = {each: header for each, header in self._headers.items() if each != name}
        return other

    def name_of(self, path: str | os.PathLike[str]) -> str:
        """Give the name of a file: its path below the root, or its whole path if it lies elsewhere."""
        absolute = os.path.abspath(path)
        inside = absolute.startswith(self.root.rstrip(os.sep) + os.sep)
        return os.path.relpath(absolute, self.root).replace(os.sep, "/") if inside else absolute

    def path_of(self, name: str) -> str:
        """Give the absolute path of a file."""
        return os.path.join(self.root, name)

    @property
    def files(self) -> frozenset[str]:
        """The names of all Python files of the project."""
        if self._files is None:
            self._files = frozenset(_walk(self.root))
        return self._files

    @cached_property
    def oldest_python(self) -> tuple[int, int] | None:
        """The oldest Python that the project runs on, as far as it says so."""
        return None if self._nowhere else oldest_python(self.root)

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return name in self.overlay or name in self.files

    def raw(self, name: str) -> bytes:
        """Give the bytes of a file; none if it cannot be read."""
        if name in self.overlay:
            return self.overlay[name]
        found = self._raw.get(name)
        if found is None:
            try:
                with open(self.path_of(name), "rb") as file:
                    found = file.read()
            except OSError:
                found = b""
            self._raw[name] = found
        return found

    def header(self, name: str) -> Header:
        """Give what a file imports and which classes it derives from."""
        found = self._headers.get(name)
        if found is None:
            found = self._headers[name] = _header(self.raw(name))
        return found

    def ending_in(self, module: str) -> list[str]:
        """Give the files of all modules and packages with that last name, in order."""
        if self._tails is None:
            tails: dict[str, list[str]] = {}
            for name in sorted(self.files):
                parts = name[:-3].split("/")
                tail = parts[-2] if parts[-1] == "__init__" and len(parts) > 1 else parts[-1]
                tails.setdefault(tail, []).append(name)
            self._tails = tails
        return self._tails.get(module, [])


def is_test(name: str) -> bool:
    """Tell whether a file is part of a test suite: what tests do with an object says little of how it is used."""
    *folders, file = name.split("/")
    named = file.startswith("test_") or file.endswith("_test.py") or file == "conftest.py"
    return named or not _TEST_FOLDERS.isdisjoint(folders)


def _walk(root: str) -> list[str]:
    found: list[str] = []
    pending = [("", root)]
    while pending:
        prefix, folder = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    name = entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if name not in _SKIPPED and not name.startswith("."):
                            pending.append((f"{prefix}{name}/", entry.path))
                    elif name.endswith(".py") and entry.is_file():  # to open a pipe would wait for a writer
                        found.append(prefix + name)
        except OSError:
            continue  # what cannot be listed is reported where it was asked for; here it is only not there
    return found


def _header(raw: bytes) -> Header:
    imports: list[str] = []
    renamed: dict[str, str] = {}
    for match in _IMPORT.finditer(raw):
        base = match["base"]
        listed = _COMMENT.sub(b"", match["names"] if base is not None else match["modules"])
        for piece in listed.strip(b"()").replace(b"\\", b" ").split(b","):
            words = piece.decode("ascii", "replace").split()
            if not words:
                continue
            source = base.decode("ascii", "replace") if base is not None else ""
            dotted = words[0] if base is None else source + words[0] if source.endswith(".") else f"{source}.{words[0]}"
            imports.append(dotted)
            if len(words) == 3 and words[1] == "as":
                renamed[words[2]] = words[0].rpartition(".")[2]
        if base is not None and base.strip(b"."):
            imports.append(base.decode("ascii", "replace"))
    bases: set[str] = set()
    for match in _CLASS.finditer(raw):
        for word in _IDENTIFIER.findall(match[2].decode("ascii", "replace")):
            bases.add(renamed.get(word, word))
    return Header(tuple(dict.fromkeys(imports)), frozenset(bases))
