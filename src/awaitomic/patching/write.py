"""Replace a file in one step or not at all, so that nobody ever reads half of it and no foreign change is lost."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from awaitomic.source.in_one_step import in_one_step


class FileChanged(Exception):  # noqa: N818 - it says what happened; nothing is wrong with the program
    """The file no longer has the bytes that were analysed; it was left alone."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was changed by somebody else and has not been written")
        self.path = path


def replace_file(path: Path, expected: bytes, new: bytes) -> None:
    """Replace the content `expected` of the file at `path` by `new`, atomically.

    A temporary file in the same directory is written, flushed to the disk and renamed over the target. Permissions are
    kept, the owner where the system lets us. A symbolic link stays and its target is replaced. Of several hard links
    only this name gets the new content: there is no way to replace a file atomically under all its names.

    Raises FileChanged if the bytes on disk are not `expected` or no regular file is there any more; OSError if the
    file may not be written or the system failed. In both cases the old content is still there.
    """
    target = Path(os.path.realpath(path))
    status = writable_status(target)

    with in_one_step(str(target), 0o600) as (descriptor, _):
        fill(descriptor, new, status)
        if content(target) != expected:
            raise FileChanged(target)
    sync_directory(target.parent)


def create_file(path: Path, new: bytes) -> None:
    """Make a new file in one step, with the permissions that new files have.

    Raises FileChanged if there is one already; OSError if the system failed.
    """
    if os.path.lexists(path):
        raise FileChanged(path)

    with in_one_step(str(path)) as (descriptor, _), os.fdopen(descriptor, "wb") as file:
        file.write(new)
        file.flush()
        os.fsync(file.fileno())
    sync_directory(path.parent)


def fill(descriptor: int, new: bytes, status: os.stat_result) -> None:
    """Write what a new file is to hold, give it the attributes in `status`, flush it to the disk, and close it."""
    with os.fdopen(descriptor, "wb") as file:
        file.write(new)
        file.flush()
        _keep_attributes(file.fileno(), status)
        os.fsync(file.fileno())


def writable_status(target: Path) -> os.stat_result:
    """Return the status of a file that may be written; a rename alone would also replace a read-only file.

    Raises FileChanged if it is no regular file, or not there any more; OSError if it may not be written.
    """
    try:
        descriptor = os.open(target, os.O_RDWR | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError as error:
        raise FileChanged(target) from error
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise FileChanged(target)
    return status


def content(target: Path) -> bytes | None:
    """Return the bytes of a file, or None if it is not there."""
    try:
        return target.read_bytes()
    except FileNotFoundError:
        return None


def _keep_attributes(descriptor: int, status: os.stat_result) -> None:
    if not hasattr(os, "fchmod"):
        return
    # Changing the owner clears the set-user-id bits, so the mode comes last.
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid):
        with suppress(OSError):
            os.fchown(descriptor, status.st_uid, status.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def sync_directory(directory: Path) -> None:
    """Flush the rename itself; systems that cannot open a directory need not, or cannot."""
    with suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
