"""Safe means safe, for locks: each span is repaired with each other method, and run alone and in pairs.

A repair that one task notices, or under which two wait for ever that did not before, was not safe.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic import fix_source
from explorer import Scenario, World, check_alone
from explorer.search import explore

from .subjects import OTHERS, SPANS, program


def scenario(*methods: str) -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        subject = module.Subject()
        return World(
            [getattr(subject, method) for method in methods[:count]],
            observe=lambda: (subject.n, subject.m, subject.rows, subject.conn),
            calls=lambda: list(module.log),
        )

    return Scenario(" and ".join(methods), setup, limit=3_000)


def what_is_wrong(before: str, after: str) -> list[str]:
    """Give what a single task notices, and deadlocks of two that are new."""
    found = [line for name in ("act", "other") for line in check_alone(before, after, scenario(name))]
    for pair in (("act", "act"), ("act", "other"), ("other", "other")):
        old, new = (explore(text, scenario(*pair), 2, "any_ready") for text in (before, after))
        if new.deadlocks and not old.deadlocks:
            found.append(f"{' and '.join(pair)}: {new.deadlocks[0]}")
    return found


@pytest.mark.parametrize("span", SPANS)
def test_a_safe_lock_is_noticed_by_nobody_who_was_right(span: str) -> None:
    changed = 0
    for other in OTHERS:
        before = program(span, other)
        after = fix_source(before, confidence="possible").text
        if after != before:
            changed += 1
            assert what_is_wrong(before, after) == [], f"{other}:\n{before}\nbecame\n{after}"
    assert changed > 0


def test_a_hang_and_a_change_would_be_seen() -> None:
    before = program("tested and written", "calls under the lock")
    assert what_is_wrong(before, before) == []
    span = "        if self.n < 3:\n            await wait()"
    hangs = before.replace(span, f"        async with self.outer:\n            pass\n{span}")
    assert any("deadlock" in line for line in what_is_wrong(before, hangs))
    assert any("result" in line for line in what_is_wrong(before, before.replace("return True", "return 1 + 1")))
