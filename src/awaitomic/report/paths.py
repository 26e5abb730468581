"""How reports name files for programs that know the repository, and not the folder in which awaitomic ran."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

STDIN = "-"


class Places:
    """Names of files relative to the root of their repository; looked up once for each folder."""

    def __init__(self) -> None:
        """Begin without knowing any folder."""
        self._roots: dict[Path, Path | None] = {}

    def name(self, path: str) -> str:
        """Give the path from the root of the file's repository, with ``/``; in no repository, the path as it is."""
        if path == STDIN:
            return path
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - links are not followed: git does not either
        root = self._root(absolute.parent)
        return Path(path).as_posix() if root is None else absolute.relative_to(root).as_posix()

    def uri(self, path: str) -> str:
        """Give the name as a URI reference: percent-encoded, and with a scheme if it is absolute."""
        name = self.name(path)
        return Path(name).as_uri() if Path(name).is_absolute() else quote(os.fsencode(name))

    def is_relative(self, path: str) -> bool:
        """Tell whether the name of a file is relative."""
        return not Path(self.name(path)).is_absolute()

    def _root(self, directory: Path) -> Path | None:
        if directory not in self._roots:
            # Path.exists would raise where a folder may not be entered.
            folders = (directory, *directory.parents)
            above = (folder for folder in folders if os.path.exists(folder / ".git"))  # noqa: PTH110 - as said above
            self._roots[directory] = next(above, None)
        return self._roots[directory]
