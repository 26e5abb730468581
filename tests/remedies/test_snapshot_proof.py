"""Copies in the explorer: loops of many kinds beside tasks that change the container, each under every schedule.

What is safe must show nothing to one task, whatever fails, and let several tasks end only as the old program could, or
as some order of them one after the other.
"""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies import snapshot
from awaitomic.rules import find
from explorer import Ending, Scenario, World, check_alone, explore, serial_outcomes

from .outcome import analysed, outcome

PROGRAM = """\
import asyncio

log = []


async def use(*member):
    log.append(member)
    await asyncio.sleep(1)


class Hub:
    def __init__(self):
        self.members = {made}

    async def change(self):
        {change}

    async def f(self):
        {body}
"""

DICT = '{"a": 1, "b": 2, "c": 3}'

CHANGES = {
    DICT: [
        'self.members.pop("a", None)',
        'self.members.pop("c", None)',
        "for key in ('z',): self.members[key] = 9",
        "for key in ('a', 'c'): self.members[key] = 8",
        "for key in ('b', 'c'): self.members.pop(key, None)",
        'self.members["z"] = self.members.pop("b", 5)',
        "for key in ('y', 'z'): self.members.setdefault(key, 7)",
        "self.members.clear()",
        "self.members.update(z=9)",
        "self.members.update(a=8, c=7, z=9)",
        'self.members = {"b": 6}',
    ],
    "{1, 2, 3}": [
        "self.members.discard(2)",
        "self.members.add(9)",
        "self.members.update({7, 8})",
        "self.members -= {2}",
        "self.members.difference_update({2, 3})",
    ],
    '["a", "b", "c"]': [
        'self.members.insert(0, "z")',
        'self.members.remove("b") if "b" in self.members else None',
        "del self.members[:1]",
        "self.members.clear()",
        'self.members[:] = ["c"]',
    ],
}

BODIES = {
    DICT: [
        "for k in self.members:\n    await use(k)",
        "for k in self.members:\n    await use(k, self.members[k])",
        "for k in self.members:\n    await use(self.members.get(k))\n    log.append(k in self.members)",
        "for k in self.members.keys():\n    v = self.members[k]\n    await use()\n    log.append((k, v))",
        "for k, v in self.members.items():\n    await use(k, v)",
        "for k, v in self.members.items():\n    await use(self.members[k])",
        "for v in self.members.values():\n    await use(v)",
        "for i, k in enumerate(self.members):\n    await use(i, self.members[k])",
        "seen = []\nfor k in self.members:\n    seen.append(k)\n    await use()\nreturn seen",
        "for k in self.members:\n    await use()\n    print(k)",
        "for k in self.members:\n    await use(k)\n    await use(self.members[k])",
        "for k in self.members:\n    await use(k, self.members[k])\nreturn len(self.members)",
        "return [await use(v) for v in self.members.values()]",
        "for k in self.members:\n    v = self.members.pop(k)\n    await use(v)",
        "for k in self.members:\n    self.members[k] = 4\n    await use(k)",
    ],
    "{1, 2, 3}": [
        "for k in self.members:\n    await use(k)",
        "seen = []\nfor k in self.members:\n    seen.append(k)\n    await use()\nreturn seen",
        "for k in self.members:\n    await use(k, len(self.members))",
        "for k in self.members:\n    self.members.remove(k)\n    await use(k)",
    ],
    '["a", "b", "c"]': [
        "for k in self.members:\n    await use(k)",
        "seen = []\nfor k in self.members:\n    seen.append(k)\n    await use()\nreturn seen",
        "for k in self.members:\n    await use(k, self.members.index(k))",
        "for i, k in enumerate(self.members):\n    await use(i, k)",
        "for k in reversed(self.members):\n    await use(k)",
        "for k in self.members:\n    await use(k)\n    self.members.append(k)\n    break",
    ],
}


def scenario() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        hub = module.Hub()
        return World(
            [hub.change if number % 2 else hub.f for number in range(count)],
            observe=lambda: hub.members,
            calls=lambda: list(module.log),
        )

    return Scenario("hub", setup)


def repaired(before: str) -> str | None:
    """Give what a safe copy makes of a program, or None if there is no finding or nothing safe."""
    if not any(finding.rule == "AWA104" for finding in find(analysed(before))):
        return None
    found = outcome(snapshot.propose, "AWA104", before)
    return found.text if found.verdict == "safe" else None


def endings(text: str, count: int) -> dict[object, Ending]:
    found = explore(text, scenario(), count, "any_ready").endings
    return {ending.verdict_key(): ending for ending in found}


def serial(text: str, count: int) -> dict[object, Ending]:
    return {ending.verdict_key(): ending for ending in serial_outcomes(text, scenario(), count).endings}


@pytest.mark.parametrize(("made", "change"), [(made, change) for made in CHANGES for change in CHANGES[made]])
def test_what_is_safe_brings_no_new_ending(made: str, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    for body in BODIES[made]:
        before = PROGRAM.format(made=made, change=change, body=body.replace("\n", "\n" + 8 * " "))
        after = repaired(before)
        if after is None:
            continue
        assert check_alone(before, after, scenario()) == [], after
        for count in (2, 3) if body.count("use(") == 1 else (2,):  # with more waits three tasks take a minute
            known = endings(before, count).keys() | serial(before, count).keys()
            new = [str(ending) for key, ending in endings(after, count).items() if key not in known]
            assert new == [], after
    capsys.readouterr()


def test_there_is_enough_that_is_safe_to_be_shown() -> None:
    programs = [
        PROGRAM.format(made=made, change=change, body=body.replace("\n", "\n" + 8 * " "))
        for made in CHANGES
        for change in CHANGES[made]
        for body in BODIES[made]
    ]
    assert sum(repaired(text) is not None for text in programs) >= 30
