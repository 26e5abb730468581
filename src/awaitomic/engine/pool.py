"""Spreads work over processes so that neither their number nor a crash of one changes what the others find.

A worker that dies takes the whole pool with it and does not say on which file it died. The files that were not done
are then run again one at a time, until the culprit is alone.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from awaitomic.engine.collector import be_seldom
from awaitomic.engine.fault import Fault, fault_of
from awaitomic.engine.progress import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = TypeVar("T")

WORTH_IT = 20
"""Up to so many files one process is faster than starting others."""
_CHUNK = 16
"""Files that a worker takes at once, at most: few enough that the last chunk does not keep everybody waiting."""
_MOST_WORKERS = 61
"""What Windows can wait for (`concurrent.futures` refuses more)."""
_STAGE = "analysing"
_DIED = "the process that worked on it ended without an answer"


def run_each(paths: Sequence[str], work: Callable[[str], T], jobs: int | None) -> Iterator[T | Fault]:
    """Do `work` for every path, and give the results in the order of `paths`.

    Parameters: `work` has to be picklable, as have its results; `jobs` is the number of processes, None for one per
    processor. An exception of `work`, or the death of its process, becomes a `Fault` of that path.
    """
    jobs = min(jobs or os.cpu_count() or 1, _MOST_WORKERS)
    if jobs == 1 or len(paths) <= WORTH_IT:
        for done, path in enumerate(paths):
            tell(_STAGE, done, len(paths), path)
            yield _guarded(work, path)
        return
    size = max(1, min(_CHUNK, len(paths) // (jobs * 4)))
    done = 0
    tell(_STAGE, done, len(paths))
    while done < len(paths):
        try:
            for results in _in_pool(paths[done:], work, jobs, size):
                done += len(results)
                tell(_STAGE, done, len(paths), *paths[done : done + 1])
                yield from results
        except BrokenProcessPool:
            # The culprit is likely among the files that were under way; if not, the pool breaks again further on.
            suspects = paths[done : done + size * (jobs + 2)]
            done += len(suspects)
            yield from _one_by_one(suspects, work)


def _in_pool(paths: Sequence[str], work: Callable[[str], T], jobs: int, size: int) -> Iterator[list[T | Fault]]:
    chunks = [paths[start : start + size] for start in range(0, len(paths), size)]
    pool = _pool(min(jobs, len(chunks)))
    strangers = set(multiprocessing.active_children())
    try:
        with _without_interrupts():
            results = pool.map(partial(_run_chunk, work), chunks)
        yield from results
    except BaseException as error:
        if not isinstance(error, BrokenProcessPool):  # nobody waits for the rest any more
            for worker in set(multiprocessing.active_children()) - strangers:
                worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    # `spawn` everywhere: the same behaviour on all systems, and no forked copies of locks that threads hold.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Start processes such that Ctrl-C, which the terminal sends to all, does not meet them before they can ignore it.

    They inherit what is blocked here. The parent is interrupted when this ends.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # interrupts are left to the parent
    be_seldom()


def _run_chunk(work: Callable[[str], T], paths: Sequence[str]) -> list[T | Fault]:
    return [_guarded(work, path) for path in paths]


def _guarded(work: Callable[[str], T], path: str) -> T | Fault:
    try:
        return work(path)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in one file is reported, and the others go on
        return fault_of(path, error)


def _one_by_one(paths: Sequence[str], work: Callable[[str], T]) -> Iterator[T | Fault]:
    pool = _pool(1)
    try:
        for path in paths:
            try:
                yield pool.submit(_guarded, work, path).result()
            except BrokenProcessPool:
                pool.shutdown()
                pool = _pool(1)
                yield Fault(path, _DIED)
    finally:
        pool.shutdown(cancel_futures=True)
