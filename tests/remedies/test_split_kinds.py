"""Splitting what is no plain coroutine method: generators, properties, context managers."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from remedies.carried_out import carried, refusal
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
