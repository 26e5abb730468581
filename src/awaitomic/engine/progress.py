"""Tells whoever watches a run how far it is. Nobody has to, and nothing that is told changes what the run does."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a run is: what is being done, how many of `total` files are done with, and the next one (or "")."""

    what: str
    done: int = 0
    total: int = 0
    path: str = ""


# A context variable, as for logging: the places that know how far a run is are deep inside, and none of the functions
# on the way there has a use for the watcher.
_watcher: ContextVar[Callable[[Stage | None], None] | None] = ContextVar("awaitomic watcher", default=None)


@contextmanager
def watched(watcher: Callable[[Stage | None], None]) -> Iterator[None]:
    """Have `watcher` told of every stage while the context lasts; None is a rest, in which others may print."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def tell(what: str, done: int = 0, total: int = 0, path: str = "") -> None:
    """Tell a stage."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(Stage(what, done, total, path))


def rest() -> None:
    """Tell that there is nothing to tell for a while: whoever shows the progress has to take it away."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(None)
