"""Splitting what is no plain coroutine method: properties, context managers, functions in functions, overloads."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from remedies.carried_out import carried, refusal
from remedies.stores import HEAD

SIZE = """\
    @property
    async def size(self) -> int:
        '''How many rows.'''
        async with self._lock:
            await asyncio.sleep(0)
            return len(self.rows)
"""


@pytest.mark.parametrize("use", ["await self.size", "await asyncio.wait_for(self.size, 5)"])
def test_the_variant_of_a_property_is_a_method(use: str) -> None:
    load = f"\n    async def load(self):\n        async with self._lock:\n            return {use}\n"
    other = "\n    async def other(self):\n        return await self.size\n"
    result = carried(REMEDY, "AWA301", HEAD + SIZE + load + other)
    assert result.verdict == "safe"
    assert (
        result.text
        == HEAD
        + """\
    @property
    async def size(self) -> int:
        '''How many rows.'''
        async with self._lock:
            return await self._size_locked()

    async def _size_locked(self) -> int:
        '''How many rows. Caller must hold `_lock`.'''
        await asyncio.sleep(0)
        return len(self.rows)
"""
        + load.replace("self.size", "self._size_locked()")
        + other
    )


def test_properties_that_override_each_other_are_split_together() -> None:
    load = "\n    async def load(self):\n        async with self._lock:\n            return await self.size\n"
    twice = (
        "\nclass Twice(Store):\n    @property\n    async def size(self) -> int:\n        async with self._lock:\n"
        "            return 2 * await super().size\n"
    )
    result = carried(REMEDY, "AWA301", HEAD + SIZE + load + twice)
    assert result.text.count("async def _size_locked(self) -> int:") == 2
    assert "        return 2 * await super()._size_locked()\n" in result.text


CHANGE = """\
    @contextlib.asynccontextmanager
    async def change(self):
        async with self._lock:
            await asyncio.sleep(0)
            yield self.rows
"""


def test_a_manager_enters_its_variant_with_the_lock_held() -> None:
    head = HEAD.replace("import asyncio\n", "import asyncio\nimport contextlib\n")
    load = (
        "\n    async def load(self):\n        async with self._lock:\n            async with self.change() as rows:\n"
        "                rows.clear()\n"
    )
    other = "\n    async def other(self):\n        async with self.change():\n            pass\n"
    result = carried(REMEDY, "AWA301", head + CHANGE + load + other)
    assert result.verdict == "safe"
    assert (
        result.text
        == head
        + """\
    @contextlib.asynccontextmanager
    async def change(self):
        async with self._lock:
            async with self._change_locked() as rows:
                yield rows

    @contextlib.asynccontextmanager
    async def _change_locked(self):
        \"\"\"Do the work of `change`. Caller must hold `_lock`.\"\"\"
        await asyncio.sleep(0)
        yield self.rows
"""
        + load.replace("self.change", "self._change_locked")
        + other
    )


def test_locks_that_are_variables_are_told_apart() -> None:
    text = (
        "import asyncio\none = asyncio.Lock()\nother = asyncio.Lock()\n\n"
        "async def put(row):\n    async with one:\n        await asyncio.sleep(0)\n\n"
        "async def helper(row):\n    await put(row)\n\n"
        "async def load():\n    async with one:\n        await helper(1)\n\n"
        "async def beside():\n    async with other:\n        await helper(2)\n"
    )
    result = carried(REMEDY, "AWA301", text)
    assert "    async with one:\n        await _helper_locked(1)\n" in result.text
    assert result.text.endswith("    async with other:\n        await helper(2)\n")


FORWARDED = """\
    def put(self, row, keep=True):
        return self._put(row, keep)

    async def _put(self, row, keep=True):
        async with self._lock:
            await asyncio.sleep(0)
"""

PUTS = "\n    async def load(self):\n        async with self._lock:\n            await self.put(1)\n"
OTHERS = "\n    async def other(self):\n        await self.put(2)\n"


def test_what_only_returns_a_coroutine_is_passed_over_by_holders() -> None:
    result = carried(REMEDY, "AWA301", HEAD + FORWARDED + PUTS + OTHERS)
    assert result.verdict == "safe"
    assert result.text.endswith(PUTS.replace("self.put", "self._put_locked") + OTHERS)


@pytest.mark.parametrize(
    "forwarded",
    [
        pytest.param(FORWARDED.replace("return self._put(row, keep)", "return self._put(row)"), id="other arguments"),
        pytest.param(
            FORWARDED.replace("row, keep=True):\n        r", "row, keep=False):\n        r"), id="another default"
        ),
        pytest.param(FORWARDED.replace("return", "print(row)\n        return"), id="more than that"),
    ],
)
def test_what_does_more_than_return_a_coroutine_cannot_be_passed_over(forwarded: str) -> None:
    assert refusal(REMEDY, "AWA301", HEAD + forwarded + PUTS).code == "through-callback"


def test_what_returns_a_coroutine_and_is_overridden_cannot_be_passed_over() -> None:
    sub = "\nclass Sub(Store):\n    def put(self, row, keep=True):\n        return self._put(row, keep)\n"
    assert refusal(REMEDY, "AWA301", HEAD + FORWARDED + PUTS + sub).code == "through-callback"


CLOSURE = """
import asyncio

def make():
    lock = asyncio.Lock()
    rows = []

    async def put(row):
        nonlocal rows
        async with lock:
            rows = [*rows, row]
            await asyncio.sleep(0)

    async def load():
        async with lock:
            await put(1)

    async def other():
        await put(2)

    return load, other
"""


def test_the_variant_of_a_function_in_a_function_stands_beside_it() -> None:
    result = carried(REMEDY, "AWA301", CLOSURE)
    assert result.verdict == "safe"
    assert (
        "    async def put(row):\n"
        "        async with lock:\n"
        "            await _put_locked(row)\n\n"
        "    async def _put_locked(row):\n"
        '        """Do the work of `put`. Caller must hold `lock`."""\n'
        "        nonlocal rows\n"
        "        rows = [*rows, row]\n"
        "        await asyncio.sleep(0)\n"
    ) in result.text
    assert result.text.endswith(CLOSURE[CLOSURE.index("    async def load") :].replace("put(1)", "_put_locked(1)"))


def test_a_function_in_a_function_that_is_handed_out_makes_the_split_unsafe() -> None:
    result = carried(REMEDY, "AWA301", CLOSURE.replace("return load, other", "return load, other, put"))
    assert result.verdict == "unsafe"
    assert "handed around" in result.proposal.because[0]


BETWEEN = (
    CLOSURE.replace("await put(1)", "await both(1)")
    .replace("await put(2)", "await both(2)")
    .replace(
        "    async def load",
        "    async def both(row):\n        await put(row)\n        await put(row)\n\n    async def load",
    )
)


def test_a_helper_in_the_same_function_takes_the_lock_for_the_others() -> None:
    result = carried(REMEDY, "AWA301", BETWEEN)
    assert "    async def both(row):\n        async with lock:\n            await _both_locked(row)\n" in result.text


def test_a_helper_for_which_the_name_of_the_lock_means_something_else_is_not_split() -> None:
    text = BETWEEN.replace("await put(row)\n        await put(row)", "lock = row\n        await put(lock)")
    assert refusal(REMEDY, "AWA301", text).code == "helper-of-both"


def test_one_of_two_functions_of_a_name_is_not_split() -> None:
    twice = (
        "import asyncio\nfast = True\nlock = asyncio.Lock()\n\n"
        "if fast:\n    async def put(row):\n        print(row)\n"
        "else:\n    async def put(row):\n        async with lock:\n            await asyncio.sleep(0)\n\n"
        "async def load():\n    async with lock:\n        await put(1)\n"
    )
    assert refusal(REMEDY, "AWA301", twice).code == "overridden"


def test_overloads_and_their_function_have_one_name() -> None:
    text = HEAD.replace("import asyncio\n", "import asyncio\nfrom typing import overload\n") + (
        "    @overload\n    async def put(self, row: int) -> int: ...\n"
        "    @overload\n    async def put(self, row: str) -> str: ...\n"
        "    async def put(self, row):\n        async with self._lock:\n            return row\n\n"
        "    async def load(self):\n        async with self._lock:\n            await self.put(1)\n"
    )
    assert carried(REMEDY, "AWA301", text).text.count("async def _put_locked(self, row):") == 1
