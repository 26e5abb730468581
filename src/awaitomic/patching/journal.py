"""The note that a run leaves while it replaces several files: what it is about to do, so that another can end it.

It lies in the root of the project from before the first temporary file is made until after the last is gone, and is
locked by the process that works on it. So whoever finds it can tell a run that is still going from one that was
killed, and needs nothing else to finish what that one has begun, or to undo it.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from awaitomic.patching.left import NAME, is_there
from awaitomic.patching.write import content, sync_directory

__all__ = ["NAME", "Busy", "Entry", "Journal", "Unfinished", "has", "is_busy", "is_there"]

_FORMAT = 1


class Busy(Exception):  # noqa: N818 - it says what is the case; the other run is in the right
    """Another run is replacing files of the project just now."""

    def __init__(self) -> None:
        super().__init__("another run of awaitomic is writing files of this project")


class Unfinished(Exception):  # noqa: N818 - it says what is the case
    """A journal of a run that was killed is there: it has to be settled before anything else is written."""

    def __init__(self) -> None:
        super().__init__("an earlier run was interrupted while it wrote: run `awaitomic fix` again")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that is to be replaced; `old` and `new` are digests of its two contents."""

    target: Path
    token: str
    old: str
    new: str

    @classmethod
    def of(cls, target: Path, expected: bytes, new: bytes) -> Entry:
        """Make the entry of a file that is not in any journal yet."""
        return cls(target, secrets.token_hex(4), digest(expected), digest(new))

    @property
    def fresh(self) -> Path:
        """The temporary file with the new content: it is renamed over the target."""
        return self.target.with_name(f".{self.target.name[:64]}.{self.token}.new")

    @property
    def backup(self) -> Path:
        """The temporary file with the old content: it is renamed over the target if something goes wrong."""
        return self.target.with_name(f".{self.target.name[:64]}.{self.token}.old")

    @property
    def has_old(self) -> bool:
        """Whether the target has the old content."""
        return has(self.target, self.old)

    @property
    def has_new(self) -> bool:
        """Whether the target has the new content."""
        return has(self.target, self.new)


def digest(raw: bytes) -> str:
    """Give what is compared of a content."""
    return hashlib.sha256(raw).hexdigest()


def has(path: Path, wanted: str) -> bool:
    """Tell whether a file is there and has a content, given by its digest."""
    found = content(path)
    return found is not None and digest(found) == wanted


class Journal:
    """A journal that this process has locked; `entries` are the files that it names."""

    def __init__(self, path: Path, descriptor: int, entries: tuple[Entry, ...]) -> None:
        self.path = path
        self.entries = entries
        self._descriptor = descriptor

    @classmethod
    def begin(cls, root: Path, entries: tuple[Entry, ...]) -> Journal:
        """Write down what is going to be done. Raises Busy, Unfinished, or OSError if it cannot be written."""
        path = root / NAME
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        while True:
            try:
                descriptor = os.open(path, flags, 0o600)
            except FileExistsError:
                raise (Busy if is_busy(root) else Unfinished) from None
            _lock(descriptor, wait=True)
            if _is_still(path, descriptor):
                break
            os.close(descriptor)  # somebody has taken it for one that was left, before it was locked
        journal = cls(path, descriptor, entries)
        try:
            _write_all(descriptor, _encoded(root, entries))
            os.fsync(descriptor)
            sync_directory(root)
        except BaseException:
            journal.end()
            raise
        return journal

    @classmethod
    def take_over(cls, root: Path) -> Journal | None:
        """Open the journal that a killed run has left; None if there is none. Raises Busy, or OSError.

        A journal that breaks off was left before anything else was done, and has no entries.
        """
        path = root / NAME
        try:
            descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            return None
        try:
            if not _lock(descriptor):
                raise Busy
            if not _is_still(path, descriptor):
                os.close(descriptor)  # the run that it belonged to has ended meanwhile
                return None
            raw = b"".join(iter(lambda: os.read(descriptor, 1 << 16), b""))
            return cls(path, descriptor, _decoded(root, raw))
        except BaseException:
            with suppress(OSError):
                os.close(descriptor)
            raise

    def end(self) -> None:
        """Remove the journal: nothing is left to be done."""
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(self._descriptor)
            self.path.unlink(missing_ok=True)
            return
        try:
            self.path.unlink(missing_ok=True)
            sync_directory(self.path.parent)
        finally:
            os.close(self._descriptor)

    def leave(self) -> None:
        """Leave the journal where it is, for another run."""
        os.close(self._descriptor)


def is_busy(root: Path) -> bool:
    """Tell whether the journal that is there belongs to a run that is still going."""
    try:
        journal = Journal.take_over(root)
    except Busy:
        return True
    if journal is None:
        return True  # it was there a moment ago
    journal.leave()
    return not journal.entries  # it may just have been begun


def _encoded(root: Path, entries: tuple[Entry, ...]) -> bytes:
    files = [
        {"path": each.target.relative_to(root).as_posix(), "token": each.token, "old": each.old, "new": each.new}
        for each in entries
    ]
    return (json.dumps({"format": _FORMAT, "files": files}, indent=1) + "\n").encode("ascii")


def _decoded(root: Path, raw: bytes) -> tuple[Entry, ...]:
    """Read the entries; those of a file that breaks off are none."""
    try:
        document = json.loads(raw)
        return tuple(_entry(root, each) for each in document["files"]) if document["format"] == _FORMAT else ()
    except (ValueError, TypeError, LookupError):
        return ()


def _entry(root: Path, found: dict[str, Any]) -> Entry:
    """Read one entry. A journal could come with a project from somewhere else: it must not lead out of it."""
    path = PurePosixPath(str(found["path"]))
    token = str(found["token"])
    target = root / path
    outside = path.is_absolute() or ".." in path.parts or Path(os.path.realpath(target)) != target
    if outside or not token.isalnum():
        raise PermissionError(1, "it names a file that does not lie in the project", str(target))
    return Entry(target, token, str(found["old"]), str(found["new"]))


def _write_all(descriptor: int, raw: bytes) -> None:
    while raw:
        raw = raw[os.write(descriptor, raw) :]


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(there, os.fstat(descriptor))


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool = False) -> bool:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # a byte that nobody reads: locked ones cannot be read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool = False) -> bool:
        """Lock an open file for this process, until it closes it or ends; False if another has it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
