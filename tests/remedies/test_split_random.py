"""Splits of methods that lock a part of what they do: built at random, and each task does what it did before.

A holder that hung is compared with the program under a lock that its owner may take again. Two tasks at once must not
hang anew. The names of what is lost in a split, a parameter too few or a result that is not given back, show here.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World, check_alone
from explorer.search import explore

from .random_splits import generator, program

SEEDS = range(96)
GROUPS = 8


def scenario(*methods: str) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        subject = module.Subject()
        return World(
            [getattr(subject, methods[index % len(methods)]) for index in range(count)],
            observe=lambda: (subject.total, subject.rows),
            calls=lambda: list(module.log),
        )

    return Scenario(" and ".join(methods), setup, limit=3_000)


def what_is_wrong(before: str, after: str) -> list[str]:
    """Give what a single task notices, and deadlocks of two."""
    found = [line for name in ("hold", "other", "again") for line in check_alone(before, after, scenario(name))]
    found += map(str, explore(after, scenario("hold", "again"), 2, "any_ready").deadlocks)
    return found


@pytest.mark.parametrize("group", range(GROUPS))
@pytest.mark.parametrize(("make", "least"), [(program, 4), (generator, 3)], ids=["program", "generator"])
def test_a_split_keeps_what_each_task_does(make: Callable[[int], str], least: int, group: int) -> None:
    split = 0
    for seed in SEEDS[group::GROUPS]:
        before = make(seed)
        after = fix_source(before).text
        if after != before:
            split += 1
            assert what_is_wrong(before, after) == [], f"seed {seed}\n{before}\n---\n{after}"
    assert split >= least, "hardly any of the programs is split: the pieces no longer fit together"
