"""Watching and replacing asyncio's locks while a program is explored.

Which locks are still held at the end belongs to the outcome, so every lock has to be known, wherever it was made
(module level, lazily, in a local): their constructors are observed. For programs that hang on their own lock there is
an owner-reentrant lock (and semaphore of one), which shows what the program would have done had it not hung. Locks of
threads are replaced by what they are to a program of one thread, since a real one would stop the search, too.
"""

# ruff: noqa: ANN401 -- wrappers pass on whatever the wrapped constructor takes

from __future__ import annotations

import asyncio
import threading
import weakref
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .loop import ExplorerLoop

made: list[tuple[weakref.ref[asyncio.Lock] | asyncio.Semaphore | ThreadLock, int]] = []
"""Locks and semaphores made in the current run, each with its initial value; emptied at the start of a run.

Locks are not kept alive: a program may have them in a table that forgets what nobody else has.
"""

_lost: list[int] = []
"""For each lock that was thrown away while it was held, the run in which it was made."""

_run = 0


def forget() -> None:
    """Begin a new run: what was made before does not count."""
    global _run  # noqa: PLW0603 - constructors have no other place to ask which run it is
    _run += 1
    made.clear()
    _lost.clear()


_PlainLock = asyncio.Lock
_PlainSemaphore = asyncio.Semaphore


class ReentrantLock(asyncio.Lock):
    """asyncio.Lock that its owner may take again. The owner is the scenario's task, children included, because
    `wait_for` runs its awaitable in a task of its own on Python 3.11."""

    def __init__(self) -> None:
        super().__init__()
        self._owner: int | None = None
        self._depth = 0

    async def acquire(self) -> Literal[True]:
        loop = cast("ExplorerLoop", asyncio.get_running_loop())
        me = loop.current_path()[0]
        if self.locked() and self._owner == me:
            self._depth += 1
            return True
        await super().acquire()
        self._owner, self._depth = me, 1
        return True

    def release(self) -> None:
        self._depth -= 1
        if self._depth <= 0:
            self._owner, self._depth = None, 0
            super().release()


class ReentrantSemaphore(asyncio.Semaphore):
    """asyncio.Semaphore that its owner may take again if it is one of one, as `ReentrantLock` may be."""

    def __init__(self, value: int = 1) -> None:
        super().__init__(value)
        self._alone = value == 1
        self._owner: int | None = None
        self._depth = 0

    async def acquire(self) -> Literal[True]:
        loop = cast("ExplorerLoop", asyncio.get_running_loop())
        me = loop.current_path()[0]
        if self._alone and self.locked() and self._owner == me:
            self._depth += 1
            return True
        await super().acquire()
        self._owner, self._depth = me, 1
        return True

    def release(self) -> None:
        self._depth -= 1
        if self._depth <= 0 or not self._alone:
            self._owner, self._depth = None, 0
            super().release()


class LoopStopped(BaseException):
    """A task has to wait for a lock of threads: so does the thread, and nothing of the program ever goes on."""


class ThreadLock:
    """`threading.Lock` in a program that has one thread: who finds it taken stops the event loop for ever."""

    def __init__(self) -> None:
        self._locked = False
        made.append((self, 0))

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._locked:
            if not blocking or timeout >= 0:
                return False
            cast("ExplorerLoop", asyncio.get_running_loop()).stopped = True
            raise LoopStopped
        self._locked = True
        return True

    def release(self) -> None:
        if not self._locked:
            raise RuntimeError("release unlocked lock")
        self._locked = False

    def locked(self) -> bool:
        return self._locked

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class ReentrantThreadLock(ThreadLock):
    """`threading.RLock` in a program that has one thread: whoever comes is the owner already."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        self._depth += 1
        self._locked = True
        return True

    def release(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            super().release()


def held() -> tuple[str, ...]:
    """The locks of this run that are not back in their initial state, by kind."""
    found = ["Lock" for run in _lost if run == _run]
    for entry, initial in made:
        if isinstance(entry, _PlainSemaphore):
            if entry._value != initial:
                found.append(f"{type(entry).__name__}{entry._value - initial:+d}")
        elif isinstance(entry, ThreadLock):
            if entry.locked():
                found.append("ThreadLock")
        elif (lock := entry()) is not None and lock.locked():
            found.append("Lock")
    return tuple(sorted(found))


def _recording(original: Callable[..., None]) -> Callable[..., None]:
    def initialise(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if isinstance(self, _PlainSemaphore):
            made.append((self, self._value))
        else:
            made.append((weakref.ref(self, _noting(self)), 0))

    return initialise


def _noting(lock: asyncio.Lock) -> Callable[[object], None]:
    """Note, when a lock goes, if somebody held it: its attributes live as long as it does, and a moment longer."""
    run, state = _run, vars(lock)

    def note(_: object) -> None:
        if state["_locked"]:
            _lost.append(run)

    return note


def _yielding(original: Callable[[asyncio.Lock], Any]) -> Callable[[asyncio.Lock], Any]:
    async def acquire(self: asyncio.Lock) -> bool:
        await asyncio.sleep(0)
        return bool(await original(self))

    return acquire


@contextmanager
def observed(*, reentrant: bool = False, free_locks_suspend: bool = False) -> Iterator[None]:
    """Record every lock made inside; optionally make plain locks owner-reentrant, or taking a free one suspend."""
    saved: list[tuple[Any, str, Any]] = []

    def replace(owner: Any, name: str, value: Any) -> None:
        saved.append((owner, name, getattr(owner, name)))
        setattr(owner, name, value)

    replace(_PlainLock, "__init__", _recording(_PlainLock.__init__))
    replace(asyncio.Semaphore, "__init__", _recording(asyncio.Semaphore.__init__))
    replace(threading, "Lock", ThreadLock)
    replace(threading, "RLock", ReentrantThreadLock)
    if free_locks_suspend:
        replace(_PlainLock, "acquire", _yielding(_PlainLock.acquire))
    if reentrant:
        replace(asyncio, "Lock", ReentrantLock)
        replace(asyncio.locks, "Lock", ReentrantLock)
        replace(asyncio, "Semaphore", ReentrantSemaphore)
    try:
        yield
    finally:
        for owner, name, value in reversed(saved):
            setattr(owner, name, value)
        forget()
