"""Makes Python's garbage collector look less often while a run builds up what it knows.

By default it looks through the newest objects after every 700, and through all of them again and again as they grow in
number. Nearly everything that a run makes (syntax, events, facts) lives until its end: of a million objects that the
analysis of one file of redis-py leaves behind, two thousand are garbage, and to look for these took a fifth of the
time.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SELDOM = (100_000, 5, 5)
"""All objects are looked through after two and a half million at the soonest: the states of a project that a repair
leaves behind hold each other, and are freed by nothing else."""


@contextmanager
def seldom() -> Iterator[None]:
    """Let the collector look seldom, and afterwards as before; what makes it look less often still is left alone."""
    before = gc.get_threshold()
    if 0 < before[0] < _SELDOM[0]:
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def be_seldom() -> None:
    """Let the collector look seldom from now on: in a process that does nothing else."""
    gc.set_threshold(*_SELDOM)
