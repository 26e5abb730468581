"""Splitting a generator, which hands its values on from its variant."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from remedies.carried_out import carried
from remedies.stores import HEAD

SCAN = """\
    async def scan(self, start: int = 0) -> AsyncIterator[str]:
        '''Give all rows.'''
        async with self._lock:
            for row in list(self.rows):
                # one by one
                await asyncio.sleep(0)
                yield row
"""

LOAD = """
    async def load(self):
        async with self._lock:
            async for row in self.scan(1):
                print(row)
"""

OTHER = """
    async def other(self):
        return [row async for row in self.scan()]
"""


def test_a_generator_goes_through_its_variant_with_the_lock_held() -> None:
    result = carried(REMEDY, "AWA301", HEAD + SCAN + LOAD + OTHER)
    assert result.verdict == "safe"
    assert (
        result.text
        == HEAD
        + """\
    async def scan(self, start: int = 0) -> AsyncIterator[str]:
        '''Give all rows.'''
        async with self._lock:
            async for row in self._scan_locked(start):
                yield row

    async def _scan_locked(self, start: int = 0) -> AsyncIterator[str]:
        '''Give all rows. Caller must hold `_lock`.'''
        for row in list(self.rows):
            # one by one
            await asyncio.sleep(0)
            yield row
"""
        + LOAD.replace("self.scan", "self._scan_locked")
        + OTHER
    )


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("return [row async for row in self.scan()]", id="comprehension"),
        pytest.param("rows = self.scan()\n            async for row in rows:\n                print(row)", id="local"),
        pytest.param("return await anext(self.scan())", id="one step"),
        pytest.param(
            "async with aclosing(self.scan()) as rows:\n                async for row in rows:\n"
            "                    return row",
            id="closed",
        ),
    ],
)
def test_a_generator_is_used_by(use: str) -> None:
    result = carried(
        REMEDY, "AWA301", HEAD + SCAN + LOAD.partition("            async for")[0] + f"            {use}\n"
    )
    assert use.replace("self.scan", "self._scan_locked") in result.text
    assert result.verdict == "safe"


CLEANS_UP = SCAN.replace(
    "            for row in list(self.rows):\n", "            try:\n                for row in self.rows:\n"
).replace(
    "                # one by one\n                await asyncio.sleep(0)\n                yield row\n",
    "                    yield row\n            finally:\n                self.rows.clear()\n",
)


def test_a_generator_that_cleans_up_is_closed_before_the_lock_is_given_back() -> None:
    result = carried(REMEDY, "AWA301", HEAD + CLEANS_UP + LOAD)
    assert result.verdict == "safe"
    assert result.text.startswith("\nimport asyncio\nimport contextlib\n")
    assert (
        "        async with self._lock:\n"
        "            async with contextlib.aclosing(self._scan_locked(start)) as rows:\n"
        "                async for row in rows:\n"
        "                    yield row\n"
    ) in result.text


def test_closing_is_imported_as_the_file_imports_it() -> None:
    head = HEAD.replace("import asyncio\n", "import asyncio\nfrom contextlib import suppress\n")
    result = carried(REMEDY, "AWA301", head + CLEANS_UP + LOAD)
    assert "from contextlib import aclosing, suppress\n" in result.text
    assert "async with aclosing(self._scan_locked(start)) as rows:" in result.text


@pytest.mark.parametrize(
    ("scan", "load", "reason"),
    [
        pytest.param(
            CLEANS_UP,
            LOAD.replace("print(row)", "break"),
            "what its generator cleans up may be done without the lock",
            id="a holder that stops before the end",
        ),
        pytest.param(
            CLEANS_UP.replace("finally:", "except ValueError:"), LOAD, "`athrow`", id="a handler around a yield"
        ),
        pytest.param(
            SCAN + "\n    def all(self):\n        return self.scan()\n",
            LOAD,
            "handed around",
            id="a generator as a value",
        ),
    ],
)
def test_a_split_of_a_generator_is_unsafe_for(scan: str, load: str, reason: str) -> None:
    result = carried(REMEDY, "AWA301", HEAD + scan + load)
    assert result.verdict == "unsafe"
    assert any(reason in each for each in result.proposal.because)


def test_a_generator_of_which_every_user_holds_the_lock_loses_its_acquisition() -> None:
    result = carried(REMEDY, "AWA301", (HEAD + SCAN + LOAD).replace("scan", "_scan"))
    assert result.text.count("async with self._lock") == 1
    assert "_locked" not in result.text


def test_no_lock_comes_over_a_yield_that_it_did_not_cover() -> None:
    text = HEAD + SCAN.replace("for row in list(self.rows):", "rows = list(self.rows)").replace(
        "                # one by one\n                await asyncio.sleep(0)\n                yield row\n",
        "            await asyncio.sleep(0)\n        for row in rows:\n            yield row\n",
    )
    result = carried(REMEDY, "AWA301", text + LOAD)
    assert (
        "            rows = await self._scan_part_locked()\n        for row in rows:\n            yield row\n"
        in result.text
    )


def test_what_is_handed_out_has_a_name_that_means_nothing_else() -> None:
    scan = SCAN.replace("yield row", "yield row, 1").replace("start: int = 0", "item, value")
    result = carried(REMEDY, "AWA301", HEAD + scan + LOAD.replace("(1)", "(1, 2)"))
    assert "async for value_2 in self._scan_locked(item, value):\n                yield value_2\n" in result.text


def test_a_variant_of_a_generator_that_exists_is_used() -> None:
    scan = (
        SCAN.partition("            for")[0]
        + "            async for row in self._raw(start):\n                yield row\n"
    )
    raw = "\n    async def _raw(self, start: int = 0):\n        for row in list(self.rows):\n            yield row\n"
    result = carried(REMEDY, "AWA301", HEAD + scan + raw + LOAD)
    assert result.text == HEAD + scan + raw + LOAD.replace("self.scan", "self._raw")


COUNTING = """
import asyncio

lock = asyncio.Lock()
total = 0

async def scan():
    global total
    async with lock:
        for row in range(3):
            seen = total
            await asyncio.sleep(0)
            total = seen + 1
            yield row

async def add():
    global total
    async with lock:
        seen = total
        await asyncio.sleep(0)
        total = seen + 1

async def load():
    async with lock:
        return [row async for row in scan()]

async def main():
    await asyncio.gather(load(), add(), add())
"""


def test_the_variant_of_a_generator_is_known_to_run_under_a_lock_that_is_a_variable() -> None:
    assert carried(REMEDY, "AWA301", COUNTING).verdict == "safe"
