"""Put a file in its place in one step or not at all, so that nobody ever reads half of it.

Plain strings, as in discovery: a run that finds everything in the cache must not pay for Path objects, nor for
`tempfile`, whose files would be for their owner alone where a new file is for everybody who may read others.
"""

# ruff: noqa: PTH105, PTH108, PTH118 - plain strings, for the reason above

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINARY: int = getattr(os, "O_BINARY", 0)


@contextmanager
def in_one_step(target: str, mode: int = 0o666) -> Iterator[tuple[int, str]]:
    """Give a temporary file beside a target, to be filled and closed; at the end it is renamed over the target.

    If anything fails, the temporary file is gone and the target as it was.

    Parameters:
        target: the path of a file that is there or not; no link is followed.
        mode: the permissions of the temporary file, less those that new files do not get.

    Returns:
        Its descriptor, which is the caller's to close, and its path.

    Raises:
        OSError: if the system fails.
    """
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name[:48]}.{os.urandom(8).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
    try:
        yield descriptor, temporary
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
