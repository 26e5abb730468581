"""Widening the region of a key's lock: how it is named where the region begins, and when it is not taken there."""

from __future__ import annotations

from types import ModuleType

import pytest

from awaitomic.remedies import widen
from explorer import Scenario, World, check_after, check_before
from remedies.carried_out import Carried, carried, refusal

HEAD = """
import asyncio
from collections import defaultdict

from explorer import outside


class Bank:
    def __init__(self):
        self._locks = defaultdict(asyncio.Lock)
        self._gates = {}
        self.rows = {}

    async def rate(self, key):
        await outside(key)
        return 1

    async def fill(self, key):
        async with LOCK:
            await self.rate(key)
            self.rows[key] = self.rows.get(key, 0) + 1

"""
TAIL = """

bank = Bank()


async def main():
    await asyncio.gather(bank.add("a"), bank.add("a"), bank.fill("a"), bank.fill("b"))
"""
OF_KEY = "self._locks[key]"
MADE = "self._gates.setdefault(key, asyncio.Lock())"


def _program(*lines: str, lock: str = OF_KEY, name: str = "add", parameters: str = "key") -> str:
    body = "\n".join(f"        {line}" if line else "" for line in lines)
    return f"{HEAD.replace('LOCK', lock)}    async def {name}(self, {parameters}):\n{body}\n{TAIL}"


def _body(text: str) -> list[str]:
    lines = text[text.index("    async def add(") :].split("\n")
    end = next(index for index, line in enumerate(lines) if not line.strip())
    return [line.removeprefix("        ") for line in lines[1:end]]


def _widened(*lines: str, lock: str = OF_KEY) -> Carried:
    return carried(widen.REMEDY, "AWA201", _program(*lines, lock=lock))


def _scenario() -> Scenario:
    def setup(module: ModuleType, count: int) -> World:
        bank = module.bank
        jobs = [lambda: bank.add("a"), lambda: bank.fill("a"), lambda: bank.add("b")]
        return World([jobs[number % 3] for number in range(count)], observe=lambda: bank.rows)

    return Scenario("bank", setup)


@pytest.mark.parametrize("lock", [OF_KEY, MADE])
def test_the_lock_of_the_key_is_taken_where_the_read_stands(lock: str) -> None:
    result = _widened(
        "n = self.rows.get(key, 0)",
        f"async with {lock}:",
        "    self.rows[key] = n + await self.rate(key)",
        lock=lock,
    )
    assert _body(result.text) == [
        f"async with {lock}:",
        "    n = self.rows.get(key, 0)",
        "    self.rows[key] = n + await self.rate(key)",
    ]
    assert result.verdict == "safe"
    assert "one for each key" in result.proposal.title
    assert check_after(result.text, _scenario()) == []


def test_two_regions_of_one_key_become_one() -> None:
    result = _widened(
        f"async with {OF_KEY}:",
        "    n = self.rows.get(key, 0)",
        "more = await self.rate(key)",
        f"async with {OF_KEY}:",
        "    self.rows[key] = n + more",
    )
    assert _body(result.text) == [
        f"async with {OF_KEY}:",
        "    n = self.rows.get(key, 0)",
        "    more = await self.rate(key)",
        "    self.rows[key] = n + more",
    ]
    assert result.verdict == "unsafe"
    assert check_after(result.text, _scenario()) == []


def test_a_local_that_was_only_made_to_be_entered_goes() -> None:
    result = _widened(
        "n = self.rows.get(key, 0)",
        f"lock = {MADE}",
        "async with lock:",
        "    self.rows[key] = n + await self.rate(key)",
        lock=MADE,
    )
    assert _body(result.text)[0] == f"async with {MADE}:"
    assert "lock =" not in result.text


def test_a_local_that_was_made_before_the_region_stays() -> None:
    result = _widened(
        f"lock = {MADE}",
        "async with lock:",
        "    n = self.rows.get(key, 0)",
        "more = await self.rate(key)",
        "async with lock:",
        "    self.rows[key] = n + more",
        lock=MADE,
    )
    assert _body(result.text)[:2] == [f"lock = {MADE}", "async with lock:"]


def test_an_entry_that_is_made_first_is_looked_up_as_before() -> None:
    result = _widened(
        "if key not in self._gates:",
        "    self._gates[key] = asyncio.Lock()",
        "async with self._gates[key]:",
        "    n = self.rows.get(key, 0)",
        "more = await self.rate(key)",
        "async with self._gates[key]:",
        "    self.rows[key] = n + more",
        lock="self._gates[key]",
    )
    assert _body(result.text)[2] == "async with self._gates[key]:"
    assert result.text.count("async with self._gates[key]:") == 2


def test_a_region_by_hand_of_a_key() -> None:
    result = _widened(
        "n = self.rows.get(key, 0)",
        f"lock = {OF_KEY}",
        "await lock.acquire()",
        "try:",
        "    self.rows[key] = n + await self.rate(key)",
        "finally:",
        "    lock.release()",
    )
    assert _body(result.text)[0] == f"async with {OF_KEY}:"
    assert "release" not in result.text


REFUSED = {
    "the entry may not have been made where the read stands": (
        "other-lock",
        [
            "n = self.rows.get(key, 0)",
            "if key not in self._gates:",
            "    self._gates[key] = asyncio.Lock()",
            "async with self._gates[key]:",
            "    self.rows[key] = n + await self.rate(key)",
        ],
        "self._gates[key]",
    ),
    "the key is another one by then": (
        "key-changes",
        [
            f"async with {OF_KEY}:",
            "    n = self.rows.get(key, 0)",
            "await self.rate(key)",
            "for _ in range(2):",
            "    self.rows[key] = n + 1",
            "    key = n",
        ],
        OF_KEY,
    ),
    "another key is changed in the span": (
        "several-keys",
        [
            "n = self.rows.get(key, 0)",
            "self.rows['all'] = 1",
            f"async with {OF_KEY}:",
            "    self.rows[key] = n + await self.rate(key)",
        ],
        OF_KEY,
    ),
    "the lock of another key is taken inside": (
        "several-keys",
        [
            f"async with {OF_KEY}:",
            "    n = self.rows.get(key, 0)",
            "async with self._locks['all']:",
            "    await self.rate(key)",
            f"async with {OF_KEY}:",
            "    self.rows[key] = n + 1",
        ],
        OF_KEY,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_lock_of_a_key_does_not_grow(name: str) -> None:
    code, lines, lock = REFUSED[name]
    assert refusal(widen.REMEDY, "AWA201", _program(*lines, lock=lock)).code == code


def test_a_writer_of_the_whole_table_has_no_key() -> None:
    text = _program(
        "n = self.rows.get(key, 0)", f"async with {OF_KEY}:", "    self.rows[key] = n + await self.rate(key)"
    )
    text = text.replace("\nbank = ", "\n    async def clear(self):\n        self.rows.clear()\n\n\nbank = ", 1)
    assert refusal(widen.REMEDY, "AWA201", text).code == "whole-container"


WRONG = {
    "the lock of another key": [
        "async with self._locks[key + '!']:",
        "    n = self.rows.get(key, 0)",
        "    self.rows[key] = n + await self.rate(key)",
    ],
    "a lock that is not in the table": [
        "async with asyncio.Lock():",
        "    n = self.rows.get(key, 0)",
        "    self.rows[key] = n + await self.rate(key)",
    ],
    "the region inside has stayed": [
        f"async with {OF_KEY}:",
        "    n = self.rows.get(key, 0)",
        f"    async with {OF_KEY}:",
        "        self.rows[key] = n + await self.rate(key)",
    ],
    "the read has stayed": [
        "n = self.rows.get(key, 0)",
        f"async with {OF_KEY}:",
        "    self.rows[key] = n + await self.rate(key)",
    ],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_repair_is_caught(name: str) -> None:
    assert check_before(_program(*WRONG[name]), _scenario())
