"""Splitting what holds the lock for a part of its body: as a whole, as a part with its locals, or not at all."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from remedies.carried_out import Carried, carried, refusal

STORE = """
import asyncio

class Store:
    limit = 3

    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {{}}
        self.waiting = 0

    async def put(self, key: str, value: int = 0) -> int:
{body}

    async def fill(self):
        async with self._lock:
            await self.put("a")
            self.rows = {{}}
"""

TAKEN = "async with self._lock:\n"

REGION = "async with self._lock:\n    self.rows[key] = value\n    await asyncio.sleep(0)\n"


def store(body: str) -> str:
    lines = "\n".join(f"        {line}" if line else "" for line in body.strip().splitlines())
    return STORE.format(body=lines)


def split(body: str) -> Carried:
    return carried(REMEDY, "AWA301", store(body))


WHOLE = {
    "names and constants before": ("limit = self.limit\nname = key.strip()\n" + REGION, "safe"),
    "a log line before and behind": ("print(key)\n" + REGION + "print(value)", "safe"),
    "a return behind": (REGION + "return len(self.rows)", "safe"),
    "an unknown call behind": (REGION + "notify(key)", "safe"),
    "the lock twice, with nothing to wait for in between": (REGION + "print(key)\n" + REGION, "safe"),
    "an unknown call before": ("name = spell(key)\n" + REGION, "unsafe"),
    "an error before": ("if not key:\n    raise ValueError(key)\n" + REGION, "unsafe"),
    "a call behind, in a file that asks for the lock": (
        REGION + "notify(key)\n\ndef idle(self):\n    return not self._lock.locked()",
        "unsafe",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_the_lock_is_taken_around_the_whole(name: str) -> None:
    body, verdict = WHOLE[name]
    result = split(body)
    assert result.verdict == verdict
    assert "_part" not in result.text
    public = result.text.partition("async def put")[2].partition("async def _put_locked")[0]
    assert public.count("\n") == 4
    assert "        async with self._lock:\n            " in public


PARTS = {
    "a wait before": ("text = await spell(key)\n" + REGION.replace("value", "text"), "key, text", ""),
    "a wait behind": (REGION + "await tell(key)", "key, value", ""),
    "an early return": ("if value < 0:\n    return 0\n" + REGION + "return 1", "key, value", ""),
    "state that may be another one then": ("n = len(self.rows)\n" + REGION + "return n", "key, value", ""),
    "state that others look at": ("self.waiting += 1\n" + REGION, "key, value", ""),
    "a result": (
        "await spell(key)\nasync with self._lock:\n    n = len(self.rows)\n    await spell(n)\nreturn n",
        "",
        "n",
    ),
    "two results": (
        "await spell(key)\nasync with self._lock:\n    m, n = await spell(1)\nreturn n, m",
        "",
        "m, n",
    ),
    "a result that is not always bound": (
        "n = 0\nawait spell(key)\nasync with self._lock:\n    if self.rows:\n        n = await spell(2)\nreturn n",
        "n",
        "n",
    ),
    "a parameter that is bound anew": (
        "await spell(key)\nasync with self._lock:\n    key = await spell(key)\nreturn key",
        "key",
        "key",
    ),
    "a sum over a loop": (
        "n = 0\nfor i in range(value):\n    async with self._lock:\n        n += await spell(i)\nreturn n",
        "n, i",
        "n",
    ),
    "under a condition": (
        "if self.waiting:\n" + "".join(f"    {line}\n" for line in REGION.splitlines()),
        "key, value",
        "",
    ),
    "a local of the part that is not used behind it": (
        "await spell(key)\nasync with self._lock:\n    n = await spell(value)\n    self.rows[key] = n\nreturn 1",
        "key, value",
        "",
    ),
    "in a try that only logs": (
        "try:\n" + "".join(f"    {line}\n" for line in REGION.splitlines()) + "except OSError:\n    print(key)",
        "key, value",
        "",
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_the_part_is_given_what_it_reads_and_gives_back_what_is_used_behind_it(name: str) -> None:
    body, given, results = PARTS[name]
    result = split(body)
    assert result.verdict == "safe"
    receiver = f"{results} = " if results else ""
    assert result.text.count(f"{receiver}await self._put_part_locked({given})") == 2
    assert (f"        return {results}\n" in result.text.partition("_part_locked(self")[2]) is bool(results)
    assert 'await self._put_locked("a")' in result.text


def test_parameters_that_are_aligned_stay_so() -> None:
    text = store("await spell(key)\n" + REGION).replace(
        "self, key: str, value", "self, key: str,\n                  value"
    )
    result = carried(REMEDY, "AWA301", text).text
    assert "    async def _put_locked(self, key: str,\n                          value: int = 0) -> int:\n" in result


def test_a_part_at_the_end_is_returned_with_its_annotations() -> None:
    result = split("text: str = await spell(key)\nasync with self._lock:\n    return await spell(text + key)")
    assert "            return await self._put_part_locked(key, text)\n" in result.text
    assert "    async def _put_part_locked(self, key: str, text: str) -> int:\n" in result.text
    assert "        return await self._put_part_locked(key, text)\n\n    async def fill" in result.text


EARLY = "if key in self.rows:\n    return self.rows[key]\nasync with self._lock:\n"
LOADS = "self.rows[key] = await spell(key)\n"

LOOKS = {
    "the same test": EARLY + "    if key in self.rows:\n        return self.rows[key]\n    " + LOADS + "    return 0",
    "the opposite test": EARLY + "    if key not in self.rows:\n        " + LOADS + "    return self.rows[key]",
    "the negated test": EARLY.replace("if key in self.rows", "if self.rows")
    + "    if not self.rows:\n        "
    + LOADS
    + "    return self.rows[key]",
}


@pytest.mark.parametrize("name", LOOKS)
def test_a_holder_does_without_the_early_look_at_what_the_part_looks_at_again(name: str) -> None:
    result = split(LOOKS[name])
    assert result.verdict == "safe"
    assert "_part" not in result.text
    assert "            return await self._put_locked(key, value)\n" in result.text
    assert result.text.count("return self.rows[key]\n") == LOOKS[name].count("return self.rows[key]")


def test_an_early_look_at_something_else_is_for_holders_too() -> None:
    body = LOOKS["the opposite test"].replace("if key in self.rows:", "if value in self.rows:")
    assert split(body).text.count("if value in self.rows:") == 2


REFUSED = {
    "returns now and then": TAKEN + "    if value:\n        return 1\n    await spell(2)\nawait spell(1)",
    "leaves the loop": "for i in range(3):\n    async with self._lock:\n        await spell(i)\n        break",
    "goes on with the loop": "while key:\n    async with self._lock:\n        await spell(1)\n        continue",
    "shares a variable": "await spell(1)\n" + TAKEN + "    n = await spell(1)\nawait spell(2)\nreturn lambda: n",
    "is seen by a handler": "n = 0\ntry:\n    " + TAKEN + "        n = await spell(1)\nexcept OSError:\n    print(n)",
    "deletes a variable": "n = await spell(1)\n" + TAKEN + "    await spell(1)\n    del n",
    "looks variables up by name": "await spell(1)\n" + TAKEN + "    await spell(locals())",
    "declares a variable": "global n\nawait spell(1)\n" + TAKEN + "    n = await spell(1)",
    "may have no value": "await spell(1)\n"
    + TAKEN
    + "    if value:\n        n = await spell(1)\nawait spell(2)\nreturn n",
    "takes the lock twice": REGION + "await spell(1)\n" + REGION,
    "is written twice": "await spell(1)\n" * 7 + REGION,
    "is written twice with a text over lines": 'await spell("""\n    """)\n' + REGION,
    "can be told not to take the lock": "if key:\n    " + TAKEN + "        await spell(key)",
    "takes the lock again": REGION + "if value:\n    await self.put(key, value - 1)",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_function_cannot_do_is_refused(name: str) -> None:
    found = refusal(REMEDY, "AWA301", store(REFUSED[name]))
    assert found.code == "split-partial-region"
    assert "`Store.put`" in found.message


NEAR = {
    "returns now and then": TAKEN + "    if value:\n        return 1\n    await spell(2)\n    return 2",
    "leaves a loop of its own": "await spell(1)\n"
    + TAKEN
    + "    for i in range(3):\n        await spell(i)\n        break",
    "shares nothing": "await spell(1)\n" + TAKEN + "    n = await spell(1)\nreturn lambda: key",
    "is seen by nobody": "try:\n    " + TAKEN + "        n = await spell(1)\nexcept OSError:\n    print(key)",
    "has a value": "n = 1\nawait spell(1)\n"
    + TAKEN
    + "    if value:\n        n = await spell(1)\nawait spell(2)\nreturn n",
    "takes the lock twice with nothing to wait for": REGION + "print(1)\n" + REGION,
    "takes the lock by its state": "if self.waiting:\n    " + TAKEN + "        await spell(key)",
    "is not long": "await spell(1)\n" * 6 + REGION,
}


@pytest.mark.parametrize("name", NEAR)
def test_what_is_near_to_that_is_split(name: str) -> None:
    assert split(NEAR[name]).verdict == "safe"


TO_THE_END = {
    "returns now and then": "    if value:\n        return 1\n    n = await spell(2)\nprint(n)\nreturn n",
    "shares a variable": "    n = await spell(1)\nreturn lambda: n",
    "may have no value": "    if value:\n        n = await spell(1)\nreturn n",
}


@pytest.mark.parametrize("name", TO_THE_END)
def test_what_stands_behind_the_lock_goes_along_if_the_part_needs_it(name: str) -> None:
    result = split("await spell(1)\n" + TAKEN + TO_THE_END[name])
    assert result.verdict == "safe"
    assert "        async with self._lock:\n            return await self._put_part_locked(" in result.text


@pytest.mark.parametrize(
    "behind", ["await spell(3)", "print(self._lock)", "print(self.other.locked())"], ids=["waits", "uses", "asks"]
)
def test_what_stands_behind_the_lock_and_minds_does_not_go_along(behind: str) -> None:
    text = "await spell(1)\n" + TAKEN + TO_THE_END["returns now and then"].replace("print(n)", behind)
    assert refusal(REMEDY, "AWA301", store(text)).code == "split-partial-region"


def test_what_is_entered_behind_the_lock_stays_in_the_variant() -> None:
    result = split("async with self._lock, session() as s, other():\n    await spell(s)")
    assert "        async with session() as s, other():\n            await spell(s)\n" in result.text
    assert "        async with self._lock:\n            await self._put_locked(key, value)\n" in result.text


def test_an_override_is_split_in_its_own_way_under_the_same_name() -> None:
    loud = (
        "\nclass Loud(Store):\n    async def put(self, key, value=0):\n        print(key)\n"
        "        async with self._lock:\n            await spell(key)\n"
    )
    result = carried(REMEDY, "AWA301", store(REGION) + loud)
    assert result.verdict == "safe"
    assert result.text.count("async def _put_locked(") == 2


def test_an_override_that_would_have_to_keep_its_part_is_refused() -> None:
    loud = (
        "\nclass Loud(Store):\n    async def put(self, key, value=0):\n        await spell(key)\n"
        "        async with self._lock:\n            await spell(key)\n"
    )
    assert refusal(REMEDY, "AWA301", store(REGION) + loud).code == "split-partial-region"


def test_a_local_that_only_stands_for_the_lock_goes() -> None:
    result = split("lock = self._lock\nasync with lock:\n    await spell(key)")
    assert result.verdict == "safe"
    assert "        async with self._lock:\n            await self._put_locked(key, value)\n" in result.text
    assert "lock = self._lock" not in result.text
