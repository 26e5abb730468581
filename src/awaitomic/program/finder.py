"""Which file an import means: dotted names to files of the project, without running anything.

A project is no installation: it may have a ``src`` folder, several distributions side by side, namespace packages,
scripts next to packages, and two modules of one name. So a name is looked up by how files end, and of several that fit
the one nearest to the file that imports is meant.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

from awaitomic.source.project import SourceTree, is_test


class Found(NamedTuple):
    """A file, and what is left of the dotted name: what is looked up in it."""

    module: str
    rest: tuple[str, ...]


class _Named(NamedTuple):
    """A file that a dotted name could mean, the folder in which the name begins, and whether that is a package."""

    module: str
    root: str
    inside: bool


class ModuleFinder:
    """Looks modules up in one source tree."""

    def __init__(self, tree: SourceTree) -> None:
        self._tree = tree
        self._found: dict[tuple[str, str], Found | None] = {}
        self._named: dict[tuple[str, ...], list[_Named]] = {}
        self._importers: dict[str, set[str]] | None = None

    def find(self, dotted: str, importer: str) -> Found | None:
        """Find the longest beginning of a dotted name that is a module of the project, as seen from a file.

        Parameters:
            dotted: an absolute name, or a relative one with its leading dots.
            importer: the name of the file that says it.
        """
        folder = importer.rpartition("/")[0]
        key = (dotted, folder)
        if key not in self._found:
            self._found[key] = (
                self._relative(dotted, folder) if dotted.startswith(".") else self._absolute(dotted, folder)
            )
        return self._found[key]

    def _relative(self, dotted: str, folder: str) -> Found | None:
        bare = dotted.lstrip(".")
        for _ in range(len(dotted) - len(bare) - 1):
            folder = folder.rpartition("/")[0]
        parts = tuple(bare.split(".")) if bare else ()
        for count in range(len(parts), -1, -1):
            base = "/".join((folder, *parts[:count])) if folder else "/".join(parts[:count])
            for name in _files_of(base):
                if self._tree.exists(name):
                    return Found(name, parts[count:])
        return None

    def _absolute(self, dotted: str, folder: str) -> Found | None:
        parts = tuple(dotted.split("."))
        for count in range(len(parts), 0, -1):
            module = self._nearest(parts[:count], folder)
            if module is not None:
                return Found(module, parts[count:])
        return None

    def _nearest(self, parts: tuple[str, ...], folder: str) -> str | None:
        fits: list[tuple[bool, int, int, str]] = []
        for name, root, inside in self._all_named(parts):
            if inside and not self._is_alone(root, folder):
                continue  # the name would begin in the middle of a package
            above = not root or folder == root or folder.startswith(f"{root}/")
            if not above and (parts[0] in sys.stdlib_module_names or is_test(name)):
                continue
            fits.append((not above, -len(root) if above else len(root), len(name), name))
        return min(fits)[3] if fits else None

    def _all_named(self, parts: tuple[str, ...]) -> list[_Named]:
        """Give the files that a dotted name could mean, wherever it is said: asked once, since thousands may say it."""
        if parts not in self._named:
            self._named[parts] = list(self._find_named("/".join(parts), parts[-1]))
        return self._named[parts]

    def _find_named(self, ending: str, last: str) -> Iterator[_Named]:
        for name in self._tree.ending_in(last):
            stem = name.removesuffix("/__init__.py") if name.endswith("/__init__.py") else name[:-3]
            if stem == ending or stem.endswith(f"/{ending}"):
                root = stem[: len(stem) - len(ending)].rstrip("/")
                yield _Named(name, root, self._tree.exists(f"{root}/__init__.py" if root else "__init__.py"))

    def _is_alone(self, root: str, folder: str) -> bool:
        """Tell whether a package's own folder is what its scripts import from: a top folder that is run from inside."""
        return not root and not folder

    def importers(self, module: str) -> frozenset[str]:
        """Give the files that import a module, directly or out of a package that passes it on."""
        if self._importers is None:
            self._importers = self._find_importers()
        found: set[str] = set()
        pending = [module]
        while pending:
            for name in self._importers.get(pending.pop(), ()):
                if name not in found and name != module:
                    found.add(name)
                    if name.endswith("__init__.py"):
                        pending.append(name)
        return frozenset(found)

    def _find_importers(self) -> dict[str, set[str]]:
        importers: dict[str, set[str]] = {}
        for name in sorted({*self._tree.files, *self._tree.overlay}):
            for dotted in self._tree.header(name).imports:
                found = self.find(dotted, name)
                if found is not None:
                    importers.setdefault(found.module, set()).add(name)
        return importers


def _files_of(stem: str) -> Iterator[str]:
    if stem:
        yield f"{stem}.py"
        yield f"{stem}/__init__.py"
    else:
        yield "__init__.py"
