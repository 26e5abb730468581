"""Which lines of a working tree differ from an earlier commit, as git sees it.

Lines are those of the files as they lie on the disk, since that is what is analysed. The comparison begins where the
branch has left the other one (`git merge-base`), so that what has come there meanwhile does not count as one's own.
Files that git does not know yet, and does not ignore, are new from top to bottom. Submodules are followed.
"""

# Plain strings, as in discovery; git gives bytes, which may be no UTF-8.
# ruff: noqa: PTH110, PTH118, PTH120, PTH123 - plain strings, for the reason above

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from awaitomic.model.focus import Lines

_HUNK = re.compile(rb"@@+ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb'\\([abtnvfr"\\]|[0-7]{3})')
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"t": b"\t", b"n": b"\n", b"v": b"\v", b"f": b"\f", b"r": b"\r"}
_LONE_CR = re.compile(rb"\r(?!\n)")
_OF_A_REPOSITORY = frozenset(
    "GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_COMMON_DIR GIT_CONFIG GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS GIT_DIR "
    "GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE GIT_INTERNAL_SUPER_PREFIX GIT_NO_REPLACE_OBJECTS "
    "GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE".split()
)
"""What hooks of git are told of their repository, and a submodule must not believe (`rev-parse --local-env-vars`)."""


class GitFailed(Exception):  # noqa: N818 - it says what has happened; it is reported as wrong usage
    """git is not there, or did not do what it was asked; `message` has its own words."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def changed_lines(folders: Iterable[str], revision: str) -> dict[str, Lines | None]:
    """Give the lines that have changed since a commit, in the repositories that some folders lie in.

    Parameters: `revision` is whatever git takes for a commit; ``HEAD`` in a repository without a commit is none at
    all. Returns, by the real path of each file that differs, its changed stretches of lines, in order; None for one
    that has changed as a whole. Where lines have gone, those around count. Raises `GitFailed`.
    """
    found: dict[str, Lines | None] = {}
    for top in dict.fromkeys(os.path.realpath(_top(folder)) for folder in dict.fromkeys(map(_nearest, folders))):
        found.update(_changed_in(top, _base(top, revision)))
    return found


def _nearest(folder: str) -> str:
    """Give the folder in which git would find its repository, so that it is asked once; itself if none is seen."""
    above = os.path.abspath(folder)  # noqa: PTH100 - resolve() would follow links
    while not os.path.exists(os.path.join(above, ".git")):
        if os.path.dirname(above) == above:
            return folder
        above = os.path.dirname(above)
    return above


def _top(folder: str) -> str:
    return os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").removesuffix(b"\n"))


def _base(top: str, revision: str) -> str:
    """Give the commit, or the empty tree, to compare with."""
    if revision == "HEAD" and not _git(top, "rev-list", "-n", "1", "--all"):
        return _empty_tree(top)
    try:
        commit = _git(top, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    except GitFailed as failed:
        raise GitFailed(f"{revision!r} is no commit: {failed.message}") from failed
    try:
        return _git(top, "merge-base", commit, "HEAD").decode().strip()
    except GitFailed as failed:
        if failed.message != _SILENT:
            raise
        message = f"{revision!r} and HEAD have no commit in common (is this a shallow clone?)"
        raise GitFailed(message) from failed


def _empty_tree(top: str) -> str:
    return _git(top, "hash-object", "-t", "tree", "--stdin").decode().strip()


def _changed_in(top: str, base: str, *, submodule: bool = False) -> Iterator[tuple[str, Lines | None]]:
    arguments = ("--src-prefix=a/", "--dst-prefix=b/", "--no-color", "--no-ext-diff", "--no-textconv", "--text")
    patch = _git(top, "diff", "-U0", "-M", "--ignore-submodules=all", *arguments, base, "--", submodule=submodule)
    for name, lines in _stretches(patch):
        path = os.path.realpath(os.path.join(top, os.fsdecode(name)))
        yield path, None if _counts_otherwise(path) else lines
    for name in _git(top, "ls-files", "--others", "--exclude-standard", "-z", submodule=submodule).split(b"\0"):
        if name:
            yield os.path.realpath(os.path.join(top, os.fsdecode(name))), None
    for name in _submodules(top, submodule=submodule):
        inner = os.path.join(top, os.fsdecode(name))
        if os.path.exists(os.path.join(inner, ".git")):
            yield from _changed_in(inner, _commit_of(top, base, name, inner), submodule=True)


def _stretches(patch: bytes) -> Iterator[tuple[bytes, Lines]]:
    """Give the changed stretches of each file that a patch without context leaves in being."""
    name = b""
    lines: list[tuple[int, int]] = []
    left = 0
    for line in patch.split(b"\n"):
        if left > 0 and line[:1] in b"+-":
            left -= 1
            continue
        hunk = _HUNK.match(line)
        if hunk is not None:
            start, count = int(hunk[1]), int(hunk[2] or b"1")
            left = count + _removed(line)
            lines.append((start, start + count - 1) if count else (start, start + 1))
        elif line.startswith(b"diff --git ") and name:
            yield name, tuple(lines)
            name = b""
        if line.startswith(b"+++ "):
            name, lines = _name(line[4:]), []
    if name:
        yield name, tuple(lines)


def _removed(line: bytes) -> int:
    found = re.match(rb"@@+ -\d+(?:,(\d+))? ", line)
    return int(found[1] or b"1") if found is not None else 0


def _name(shown: bytes) -> bytes:
    """Read a path as a patch shows it: quoted if it is unusual, with a tab behind it if it has blanks."""
    if shown.startswith(b'"'):
        shown = _ESCAPE.sub(_unescaped, shown[1 : shown.rindex(b'"')])
    else:
        shown = shown.removesuffix(b"\t")
    return shown.removeprefix(b"b/") if shown != b"/dev/null" else b""


def _unescaped(match: re.Match[bytes]) -> bytes:
    code: bytes = match[1]
    return bytes([int(code, 8)]) if code.isdigit() else _ESCAPED.get(code, code)


def _counts_otherwise(path: str) -> bool:
    """Tell whether Python counts lines where git does not: at a CR alone."""
    try:
        with open(path, "rb") as file:
            return _LONE_CR.search(file.read()) is not None
    except OSError:
        return False  # it has gone by now, and is reported where it is read


def _submodules(top: str, *, submodule: bool) -> Iterator[bytes]:
    for entry in _git(top, "ls-files", "--stage", "-z", submodule=submodule).split(b"\0"):
        if entry.startswith(b"160000 "):
            yield entry.partition(b"\t")[2]


def _commit_of(top: str, base: str, name: bytes, inner: str) -> str:
    """Give the commit that a submodule had; the empty tree if it had none, or one that is not there any more."""
    listed = _git(top, "ls-tree", "-z", base, "--", os.fsdecode(name))
    if listed.startswith(b"160000 commit "):
        commit = listed.split()[2].partition(b"\t")[0].decode()
        try:
            _git(inner, "cat-file", "-e", f"{commit}^{{commit}}", submodule=True)
        except GitFailed:
            return _empty_tree(inner)
        return commit
    return _empty_tree(inner)


_SILENT = "git failed"


def _git(folder: str, *arguments: str, submodule: bool = False) -> bytes:
    """Run git in a folder; its paths are those of the folder. Raises `GitFailed` with git's own words."""
    environment = {
        name: value for name, value in os.environ.items() if not (submodule and name in _OF_A_REPOSITORY)
    } | {"GIT_LITERAL_PATHSPECS": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-c", "core.quotePath=false", "-C", folder, *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - the program is git, and no shell is there to be fooled
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except OSError as error:
        raise GitFailed(f"git cannot be run: {error.strerror or error}") from error
    if done.returncode:
        raise GitFailed(os.fsdecode(done.stderr).strip().partition("\n")[0] or _SILENT)
    return done.stdout
