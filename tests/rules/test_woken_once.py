"""AWA204, for conditions that are waited for once: who is woken has to look again before something is used up."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

BOX = """
import anyio
import trio

class Box:
    def __init__(self):
        self.changed = {condition}
        self.other = asyncio.Condition()
        self.done = asyncio.Event()
        self.items = []
        self.by_key = {{}}
        self.left = 0
        self.owner = None

    async def take(self, key):
        async with self.changed:
            {body}

    async def put(self, key, item):
        async with self.changed:
            self.items.append(item)
            self.by_key[key] = item
            self.left += 1
            self.owner = None
            self.changed.notify()

box = Box()

async def main():
    await asyncio.gather({calls})
"""
SEVERAL = "*(box.take(1) for n in range(3)), box.put(1, 1)"


def found(*body: str, condition: str = "asyncio.Condition()", calls: str = SEVERAL) -> list[tuple[str, Confidence]]:
    text = BOX.format(body="\n            ".join(body), condition=condition, calls=calls)
    return [(each.rule, each.confidence) for each in resolve(find(program_of(text))) if each.function == "Box.take"]


LIKELY = [("AWA204", Confidence.LIKELY)]
WAIT = "    await self.changed.wait()"
ONCE = ["if not self.items:", WAIT]
REPORTED = [
    [*ONCE, "return self.items.pop()"],
    [*ONCE, "item = self.items.pop(0)", "return item"],
    [*ONCE, "del self.items[0]"],
    ["if len(self.items) == 0:", WAIT, "return self.items.pop()"],
    ["if not self.items:", "    print(key)", WAIT, "print(key)", "return self.items.pop()"],
    ["if key not in self.by_key:", WAIT, "return self.by_key.pop(key)"],
    ["if self.left == 0:", WAIT, "self.left -= 1"],
    ["if self.owner is not None:", WAIT, "self.owner = key"],
    ["while key:", "    if not self.items:", "    " + WAIT, "    key(self.items.pop())"],
]


@pytest.mark.parametrize("body", REPORTED, ids=[" ".join(body) for body in REPORTED])
def test_what_is_used_up_without_another_look(body: list[str]) -> None:
    assert found(*body) == LIKELY


@pytest.mark.parametrize("condition", ["anyio.Condition()", "trio.Condition()", "asyncio.Condition(asyncio.Lock())"])
def test_conditions_of_all_kinds(condition: str) -> None:
    assert found(*REPORTED[0], condition=condition) == LIKELY


SILENT = [
    ["while not self.items:", WAIT, "return self.items.pop()"],
    ["await self.changed.wait_for(lambda: self.items)", "return self.items.pop()"],
    [*ONCE, "if self.items:", "    return self.items.pop()"],
    [*ONCE, "if not self.items:", "    return None", "return self.items.pop()"],
    [*ONCE, "return self.items.pop() if self.items else None"],
    [*ONCE, "return self.items and self.items.pop()"],
    [*ONCE, "try: return self.items.pop()", "except IndexError: return None"],
    [*ONCE, "return list(self.items)"],
    [*ONCE, "items, self.items = self.items, []", "return items"],
    [*ONCE, "self.items.clear()"],
    [*ONCE, "self.items.append(key)"],
    [*ONCE, "self.left -= 1"],
    [*ONCE, "    return None", "return self.items.pop()"],
    ["if not self.items:", WAIT, "else:", "    self.items.pop()"],
    ["if not self.items:", "    await self.done.wait()", "return self.items.pop()"],
    ["if key:", WAIT, "return self.items.pop()"],
]


@pytest.mark.parametrize("body", SILENT, ids=[" ".join(body) for body in SILENT])
def test_who_looks_again_or_uses_nothing_up_is_silent(body: list[str]) -> None:
    assert [rule for rule, _ in found(*body) if rule == "AWA204"] == []


def test_what_only_one_task_of_the_object_calls_is_silent() -> None:
    text = BOX.format(
        body="\n            ".join(REPORTED[0]), condition="asyncio.Condition()", calls="box._take(1), box.put(1, 1)"
    )
    text = text.replace("def take", "def _take")
    assert [each for each in resolve(find(program_of(text))) if each.function == "Box._take"] == []
