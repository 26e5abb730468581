"""Where a project begins, and which Python files are in it: the scope in which names are looked up.

Only paths are looked at here, and of a file's contents only bytes: what a file imports, which classes it defines, and
whether it mentions a word can be told without parsing it. That is what keeps a run over ten files of a large tree from
reading the other thousands as programs.
"""

# As in discovery, plain strings instead of Path objects: a tree has thousands of entries.
# ruff: noqa: PTH100, PTH110, PTH118, PTH120, PTH123 - plain strings, for the reason above

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from awaitomic.source.entries import is_python_file
from awaitomic.source.line_length import line_length
from awaitomic.source.oldest_python import oldest_python
from awaitomic.source.trace import Trace, digest

_MARKERS = ("pyproject.toml", "setup.cfg", ".git")
_BUILDERS = re.compile(rb"\b(?:setuptools|distutils|skbuild)\b")
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
_IMPORTED = re.compile(rb"\bimport\b(?:[ \t]*\([^)]*\)|(?:\\\r?\n|[^\n;])*)")
_AS = re.compile(rb"\bas[\s\\]+([^\s,;)#\\]+)")
_ALIAS = re.compile(
    rb"^([A-Za-z_]\w*)[ \t]*(?::[^=\n]*)?=[ \t]*([A-Za-z_][\w.]*)[ \t]*(?:#[^\r\n]*)?\r?$", re.MULTILINE
)
"""One name for another at the top level: ``Store = _Store``."""
_WORD = re.compile(rb"[\w\x80-\xff]+")
"""A word in any encoding: what is searched for is one, so it never goes over the end of another."""
_OFTEN = 20
_COMMENT = re.compile(rb"#[^\n]*")
_IDENTIFIER = re.compile(r"\w+")


def project_root(path: str | os.PathLike[str]) -> str:
    """Give the root of the project that a file belongs to.

    That is the nearest folder above it with a ``pyproject.toml``, ``setup.cfg``, ``.git`` or a ``setup.py`` that builds
    something; without one, the folder that the file's outermost package lies in.
    """
    start = os.path.dirname(os.path.abspath(path))
    folder = start
    while True:
        if is_marked(folder):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            break
        folder = parent
    while os.path.exists(os.path.join(start, "__init__.py")):
        start = os.path.dirname(start)
    return start


def is_marked(folder: str) -> bool:
    """Tell whether something in a folder says that a project begins there."""
    return any(os.path.exists(os.path.join(folder, marker)) for marker in _MARKERS) or _has_setup(folder)


def _has_setup(folder: str) -> bool:
    """Tell whether a folder has a ``setup.py`` that builds a distribution: in a package it may be any module."""
    setup = os.path.join(folder, "setup.py")
    if not os.path.exists(setup):
        return False
    if not os.path.exists(os.path.join(folder, "__init__.py")):
        return True
    try:
        with open(setup, "rb") as file:
            return _BUILDERS.search(file.read()) is not None
    except OSError:
        return False  # nobody can run it, either


def real_path_inside(root: str, name: str) -> str | None:
    """Give the real path of a file of a project, or None if it is a link that leads out of it."""
    real = os.path.realpath(os.path.join(root, name))
    return real if real.startswith(os.path.realpath(root).rstrip(os.sep) + os.sep) else None


@dataclass(frozen=True, slots=True)
class Header:
    """What the bytes of a file tell of its place among the others."""

    imports: tuple[str, ...]
    """Dotted names, of modules and of what is taken out of them; relative ones with their leading dots."""
    bases: frozenset[str]
    """Last names of all base classes, under the names that they have where they are defined."""
    renames: frozenset[str]
    """Names that imports and assignments give to what is called otherwise where it is defined, and maybe some more."""
    aliases: frozenset[tuple[str, str]]
    """Of these, those at the beginning of a line, each with the last name of what it stands for."""

    @property
    def digest(self) -> str:
        """What stands for it: two headers with the same one say the same."""
        told = (self.imports, sorted(self.bases), sorted(self.renames), sorted(self.aliases))
        return digest(repr(told).encode("utf-8", "surrogatepass"))


class SourceTree:
    """The Python files below a root, by their path relative to it (with slashes); `overlay` holds unsaved texts.

    Whatever is asked of the files on the disk is noted in `trace`, if there is one: so every question about them has to
    come here. What an overlay answers is no question: its texts were made from what the disk has answered.
    """

    def __init__(self, root: str, overlay: dict[str, bytes] | None = None, trace: Trace | None = None) -> None:
        self.root = os.path.abspath(root)
        self.overlay = overlay or {}
        self.trace = trace
        self._files: frozenset[str] | None = None
        self._raw: dict[str, bytes] = {}
        self._words: dict[str, bytes] = {}
        self._asked: dict[str, int] = {}
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

    def with_texts(self, texts: Mapping[str, bytes]) -> SourceTree:
        """Give the same tree with the contents of some files replaced."""
        other = SourceTree(self.root, {**self.overlay, **texts}, self.trace)
        other._files, other._tails, other._raw = self._files, self._tails, self._raw
        other._words, other._asked = self._words, self._asked
        other._nowhere = self._nowhere
        other._headers = {each: header for each, header in self._headers.items() if each not in texts}
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
            self._files = frozenset(python_files(self.root))
            if self.trace is not None:
                self.trace.listing(self._files)
        return self._files

    @cached_property
    def oldest_python(self) -> tuple[int, int] | None:
        """The oldest Python that the project runs on, as far as it says so."""
        found = None if self._nowhere else oldest_python(self.root)
        if self.trace is not None:
            self.trace.oldest(found)
        return found

    @cached_property
    def line_length(self) -> int | None:
        """How wide lines may be in the project, as far as it says so."""
        found = None if self._nowhere else line_length(self.root)
        if self.trace is not None:
            self.trace.line_length(found)
        return found

    def exists(self, name: str) -> bool:
        """Tell whether there is such a file."""
        return name in self.overlay or name in self.files

    def raw(self, name: str) -> bytes:
        """Give the bytes of a file; none if it cannot be read."""
        if name in self.overlay:
            return self.overlay[name]
        found = self._bytes(name)
        if self.trace is not None:
            self.trace.whole(name, found)
        return found

    def _bytes(self, name: str) -> bytes:
        """Give the bytes of a file to whoever notes himself what he wants of them."""
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
            raw = self._bytes(name)
            found = self._headers[name] = header_of(raw)
            if self.trace is not None and name not in self.overlay:
                self.trace.header(name, raw, found.digest)
        return found

    def mentioning(self, names: Iterable[str], word: str) -> list[str]:
        """Give those of some files whose bytes mention a word, in the same order."""
        names = list(names)
        wanted = word.encode("utf-8")
        searched = self._vocabulary if word.isidentifier() else self._bytes
        known = self._words if word.isidentifier() and not self.overlay else {}
        found = [name for name in names if wanted in (known.get(name) or searched(name))]
        if self.trace is not None:
            asked = self._with_bytes(name for name in names if name not in self.overlay)
            self.trace.mention(word, asked, frozenset(found))
        return found

    def _vocabulary(self, name: str) -> bytes:
        """Give bytes that mention the same words as a file: itself, or, if it is asked often, each of its words once.

        That is a tenth of the file, and the files of a project are searched for thousands of words.
        """
        if name in self.overlay:
            return self.overlay[name]
        known = self._words.get(name)
        if known is None:
            self._asked[name] = asked = self._asked.get(name, 0) + 1
            if asked < _OFTEN:
                return self._bytes(name)
            known = self._words[name] = b"\n".join(sorted(set(_WORD.findall(self._bytes(name)))))
        return known

    def reads_attribute(self, word: str, known: frozenset[str]) -> bool:
        """Tell whether a file, other than the known ones and the tests, reads an attribute of that name."""
        unsaved = (name for name in self.overlay if name not in known and not is_test(name))
        if any(mentions_attribute(self.overlay[name], word) for name in unsaved):
            return True
        known = known.union(self.overlay)
        reading = (name for name in self._without_tests if name not in known)
        found = next((name for name in reading if mentions_attribute(self._bytes(name), word)), None)
        if self.trace is not None:
            left_out = [name for name in known if name in self.files and name not in self.overlay]
            asked = [name for name in self._without_tests if name not in known] if found is None else [found]
            self.trace.attribute(word, self._with_bytes(left_out), self._with_bytes(asked), found)
        return found is not None

    def _with_bytes(self, names: Iterable[str]) -> Iterable[tuple[str, bytes]]:
        return ((name, self._bytes(name)) for name in names)

    @cached_property
    def _without_tests(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if not is_test(name)))

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


def mentions_attribute(raw: bytes, word: str) -> bool:
    """Tell whether bytes read an attribute of that name."""
    plain = b"." + word.encode("utf-8")
    return plain in raw and re.search(re.escape(plain) + rb"\b", raw) is not None


def python_files(root: str) -> list[str]:
    """Give the names of the Python files of a project; folders that are never its own are left out."""
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
                    elif is_python_file(entry):
                        found.append(prefix + name)
        except OSError:
            continue  # what cannot be listed is reported where it was asked for; here it is only not there
    return found


def header_of(raw: bytes) -> Header:
    """Give what the bytes of a file tell of its place among the others."""
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
    named = {name.decode(): value.decode().rpartition(".")[2] for name, value in _ALIAS.findall(raw)}
    bases: set[str] = set()
    for match in _CLASS.finditer(raw):
        for word in _IDENTIFIER.findall(match[2].decode("ascii", "replace")):
            bases.add(renamed.get(word, word))
    aliases = frozenset((name, value) for name, value in (*renamed.items(), *named.items()) if name != value)
    return Header(tuple(dict.fromkeys(imports)), frozenset(bases), _renames(raw) | frozenset(named), aliases)


def _renames(raw: bytes) -> frozenset[str]:
    """Give the names behind an ``as`` in all that looks like an import, wherever it stands in its line."""
    found = (name for match in _IMPORTED.finditer(raw) for name in _AS.findall(match[0]))
    return frozenset(name.decode("utf-8", "replace") for name in found)
