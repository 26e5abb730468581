"""Traps come in pairs: a program in which nothing is wrong, and its near twin that differs in what makes it right.

A tool that reports the first is not believed, and one that misses the second is not needed. Both run under the same
tasks and are judged by the same oracle.
"""

from __future__ import annotations

from dataclasses import replace

from explorer import Faults

from .case import FixtureCase

SHARED_WORK: tuple[Faults, ...] = (None,)
"""For programs in which tasks share one piece of work on purpose: when it fails, it fails for all of them, or those
that left it to another go without. No serial order does that, so they are explored without faults."""


def pair(name: str, wrong: FixtureCase, right: FixtureCase | None = None) -> dict[str, FixtureCase]:
    """Make the two cases of a trap.

    wrong: the case of ``traps/<name>.py``, which is reported.
    right: the case of ``traps/keep_<name>.py``; where nothing is given, it is exercised as its twin is.
    """
    silent = right or replace(
        wrong, findings=(), possible=0, wrong_if_shared=False, repair=None, refusal=None, differences={}
    )
    return {f"traps/keep_{name}.py": silent, f"traps/{name}.py": wrong}
