"""What git ignores: the ``.gitignore`` files from a directory up to its repository's root, and ``info/exclude``.

The file nearest to a path decides, and in one file the last pattern that matches (gitignore(5)). The user's global
ignore file is left out on purpose: the same tree gives the same findings for everybody. Outside a repository,
``.gitignore`` files count all the same, from the directory down that was named.

The patterns are pathspec's, and the walk is ours: a walk from the top asks about directories, and there a whole
``GitIgnoreSpec`` answers otherwise than git (with ``*``, ``!*/``, ``!*.py`` it ignores every directory, so that a whole
tree would silently count as clean). In such a walk the rule is simple: an entry is judged by its own path alone.
"""

from __future__ import annotations

import codecs
import os
import re
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern


@dataclass(frozen=True, slots=True)
class _IgnoreFile:
    """The patterns of one file, last one first; `base` is the path that they are relative to, with a slash."""

    base: str
    patterns: tuple[GitIgnoreSpecPattern, ...]

    def verdict(self, path: str, *, directory: bool) -> bool | None:
        """Say whether the file ignores an entry (True), takes it back (False), or does not mention it (None)."""
        below = path[len(self.base) :].replace(os.sep, "/") + "/" * directory
        return next((pattern.include for pattern in self.patterns if _names(pattern, below)), None)


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one directory: from the weakest to the strongest, each with the path it is relative to."""

    files: tuple[_IgnoreFile, ...] = ()

    def ignored(self, path: str, *, directory: bool) -> bool:
        """Say whether the entry at an absolute path, whose parent is not ignored, is ignored."""
        for file in reversed(self.files):
            verdict = file.verdict(path, directory=directory)
            if verdict is not None:
                return verdict
        return False

    def entering(self, directory: str, names: Collection[str]) -> IgnoreRules:
        """Give the rules that hold inside a directory (an absolute path) that has entries of these names."""
        files = self.files
        base = directory if directory.endswith(os.sep) else directory + os.sep
        if ".git" in names:  # a repository of its own: what stands above it says nothing about its content
            files = _load(base, _git_directory(Path(directory)) / "info" / "exclude")
        if ".gitignore" in names:
            files = (*files, *_load(base, Path(directory, ".gitignore")))
        return IgnoreRules(files)


def rules_above(directory: str) -> IgnoreRules:
    """Give the rules that hold for a directory (an absolute path) because of what stands above it.

    If they ignore that very directory they would ignore all that is in it. Whoever names an ignored directory wants
    it, so in that case none of them counts.
    """
    chain = [Path(directory)]
    while not os.path.exists(chain[-1] / ".git"):  # noqa: PTH110 - Path.exists raises in what may not be entered
        if chain[-1].parent == chain[-1]:
            return IgnoreRules()  # no repository
        chain.append(chain[-1].parent)
    chain.reverse()
    rules = IgnoreRules()
    for above, below in pairwise(chain):
        names = [name for name in (".git", ".gitignore") if os.path.exists(above / name)]  # noqa: PTH110 - pathlib is slow
        rules = rules.entering(str(above), names)
        if rules.ignored(str(below), directory=True):
            return IgnoreRules()
    return rules


def _git_directory(directory: Path) -> Path:
    """Give a repository's common git directory, also for a linked work tree or a submodule (gitrepository-layout)."""
    dot_git = directory / ".git"
    if not os.path.isfile(dot_git):  # noqa: PTH113 - pathlib is slow
        return dot_git
    git_directory = directory / _first_line(dot_git).removeprefix("gitdir:").strip()
    return git_directory / _first_line(git_directory / "commondir")


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").partition("\n")[0].strip()
    except OSError:
        return ""


def _load(base: str, file: Path) -> tuple[_IgnoreFile, ...]:
    """Read a file of patterns; nothing if there are none (or it is a directory, or may not be read, as git does)."""
    try:
        raw = file.read_bytes()
    except OSError:
        return ()
    text = raw.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    patterns = [pattern for line in text.split("\n") if (pattern := _compile(line)) is not None]
    return (_IgnoreFile(base, tuple(reversed(patterns))),) if patterns else ()


def _compile(line: str) -> GitIgnoreSpecPattern | None:
    """Compile one line; None for a blank one, a comment, and what is no pattern (git skips it too)."""
    from pathspec.patterns.gitignore import GitIgnorePatternError  # noqa: PLC0415 - only where there is a .gitignore
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415 - loaded where it is used

    try:
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # odd sets such as ``[a&&b]``
            pattern = GitIgnoreSpecPattern(line.removesuffix("\r"))
    except (GitIgnorePatternError, re.error):
        return None
    return pattern if pattern.include is not None else None


def _names(pattern: GitIgnoreSpecPattern, path: str) -> bool:
    """Say whether a pattern names the entry itself: a match that ends at a slash inside names one of its parents."""
    assert pattern.regex is not None
    if "ps_d" not in pattern.regex.groupindex:  # ``a/**`` names what is below, not the directory itself
        return any(match.end() < len(path) for match in pattern.regex.finditer(path))
    return any(match.end("ps_d") in {-1, len(path)} for match in pattern.regex.finditer(path))
