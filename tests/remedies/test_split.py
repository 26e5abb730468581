"""Splitting: every holder of the lock calls the variant, everybody else the public method, and nothing else changes."""

from __future__ import annotations

import pytest

from awaitomic.remedies.split import REMEDY
from awaitomic.rules import find
from explorer import Scenario, World, check_after, check_before
from remedies.carried_out import carried, facts_of, refusal
from remedies.stores import FILL, HEAD, OUTSIDER, PUT


def test_the_public_method_delegates_by_its_signature_and_the_variant_stands_behind_it() -> None:
    result = carried(REMEDY, "AWA301", HEAD + PUT + FILL + OUTSIDER)
    assert result.verdict == "safe"
    assert (
        result.text
        == HEAD
        + (
            "    async def put(self, key, value=None, /, *more, keep: bool = True, **options) -> int:\n"
            "        '''Put a row\n\n        and say how many there are.\n        '''\n"
            "        async with self._lock:\n"
            "            return await self._put_locked(key, value, *more, keep=keep, **options)\n\n"
            "    async def _put_locked(self, key, value=None, /, *more, keep: bool = True, **options) -> int:\n"
            "        '''Put a row. Caller must hold `_lock`.'''\n"
            "        # first the row\n"
            "        self.rows[key] = value\n"
            "        await asyncio.sleep(0)  # then the others\n"
            "        return len(self.rows)\n"
        )
        + FILL.replace("self.put", "self._put_locked")
        + OUTSIDER
    )


@pytest.mark.parametrize(
    ("call", "changed"),
    [
        pytest.param("await asyncio.wait_for(self.put(1), 5)", "wait_for(self._put_locked(1), 5)", id="wait_for"),
        pytest.param(
            "await asyncio.wait_for(timeout=5, fut=self.put(1))", "fut=self._put_locked(1))", id="wait_for by name"
        ),
        pytest.param(
            "await self.put(\n                1,\n            )", "self._put_locked(\n                1,", id="lines"
        ),
        pytest.param("one = self.put(1)\n            await one", "one = self._put_locked(1)", id="awaited later"),
        pytest.param(
            "return (await self.put(1)) + 1", "return (await self._put_locked(1)) + 1", id="inside an expression"
        ),
        pytest.param("for i in self.rows:\n                await self.put(i)", "self._put_locked(i)", id="in a loop"),
    ],
)
def test_a_call_through(call: str, changed: str) -> None:
    result = carried(REMEDY, "AWA301", HEAD + PUT + FILL.replace("await self.put(1)", call))
    assert changed in result.text
    assert result.verdict == "safe"


def test_a_method_that_calls_itself_goes_on_in_the_variant() -> None:
    text = HEAD + PUT.replace(
        "            return len", "            if key:\n                await self.put(key - 1)\n            return len"
    )
    result = carried(REMEDY, "AWA301", text)
    assert "                await self._put_locked(key - 1)\n" not in result.text.partition("_put_locked(self")[0]
    assert "            await self._put_locked(key - 1)\n" in result.text.partition("_put_locked(self")[2]


def test_a_helper_that_only_holders_call_calls_the_variant() -> None:
    text = (
        HEAD
        + PUT
        + FILL.replace("self.put(1)", "self._helper()")
        + ("\n    async def _helper(self):\n        await self.put(3)\n")
    )
    result = carried(REMEDY, "AWA301", text)
    assert "async def _helper(self):\n        await self._put_locked(3)\n" in result.text


def test_a_helper_that_others_call_without_the_lock_takes_it_for_them_and_gets_a_variant() -> None:
    helper = "\n    async def helper(self):\n        await self.put(3)\n"
    result = carried(REMEDY, "AWA301", HEAD + PUT + FILL.replace("self.put(1)", "self.helper()") + helper)
    assert result.text.endswith(
        "    async def fill(self):\n        async with self._lock:\n            await self._helper_locked()\n\n"
        "    async def helper(self):\n        async with self._lock:\n            await self._helper_locked()\n\n"
        "    async def _helper_locked(self):\n"
        '        """Do the work of `helper`. Caller must hold `_lock`."""\n'
        "        await self._put_locked(3)\n"
    )


def test_a_private_method_whose_every_caller_holds_the_lock_loses_its_acquisition() -> None:
    text = HEAD + PUT.replace("put(", "_put(") + FILL.replace("put(", "_put(")
    result = carried(REMEDY, "AWA301", text)
    assert result.text.count("async with self._lock") == 1
    assert "_locked" not in result.text
    assert result.verdict == "safe"


def test_a_lock_that_is_taken_twice_in_one_function_is_taken_once() -> None:
    text = HEAD + FILL.replace(
        "            await self.put(1)", "            async with self._lock:\n                await asyncio.sleep(0)"
    )
    result = carried(REMEDY, "AWA301", text)
    assert result.text == HEAD + FILL.replace("await self.put(1)", "await asyncio.sleep(0)")


def test_all_methods_of_a_chain_are_split_when_each_finding_is_repaired() -> None:
    text = (
        HEAD
        + PUT
        + FILL
        + "\n    async def rebuild(self):\n        async with self._lock:\n            await self.fill()\n"
    )
    for _ in range(4):
        if not any(finding.rule == "AWA301" for finding in find(facts_of(text))):
            break
        text = carried(REMEDY, "AWA301", text).text
    assert "await self._fill_locked()" in text
    assert text.count("await self._put_locked(1)") == 1
    assert not find(facts_of(text))


def test_an_override_that_locks_in_the_same_way_is_split_together_with_super() -> None:
    text = (
        HEAD
        + PUT
        + FILL
        + (
            "\nclass Loud(Store):\n"
            "    async def put(self, key, value=None, /, *more, keep: bool = True, **options) -> int:\n"
            "        async with self._lock:\n            return await super().put(key)\n"
        )
    )
    result = carried(REMEDY, "AWA301", text)
    assert result.text.count("async def _put_locked(") == 2
    assert "        return await super()._put_locked(key)\n" in result.text


def test_class_methods_and_static_methods_keep_their_decorator_on_both() -> None:
    text = """
import asyncio

class Store:
    _lock = asyncio.Lock()

    @classmethod
    async def put(cls, key):
        async with cls._lock:
            await asyncio.sleep(0)

    @classmethod
    async def fill(cls):
        async with cls._lock:
            await cls.put(1)
"""
    result = carried(REMEDY, "AWA301", text)
    assert (
        "            await cls._put_locked(key)\n\n    @classmethod\n    async def _put_locked(cls, key):\n"
        in result.text
    )


def test_functions_of_a_module_are_split_like_methods() -> None:
    text = """
import asyncio

lock = asyncio.Lock()


async def put(key):
    async with lock:
        await asyncio.sleep(0)


async def fill():
    async with lock:
        await put(1)
"""
    result = carried(REMEDY, "AWA301", text)
    assert "        await _put_locked(key)\n\n\nasync def _put_locked(key):\n" in result.text
    assert "Caller must hold `lock`." in result.text


def test_the_suffix_that_the_file_uses_is_used() -> None:
    more = "\n    async def get(self):\n        await self._get_unlocked()\n\n    async def _get_unlocked(self): ...\n"
    assert "_put_unlocked(1)" in carried(REMEDY, "AWA301", HEAD + PUT + FILL + more).text


def test_a_suffix_that_means_the_opposite_in_the_file_is_not_used() -> None:
    more = "\n    async def get_locked(self):\n        async with self._lock:\n            self.rows.clear()\n"
    assert "_put_unlocked(1)" in carried(REMEDY, "AWA301", HEAD + PUT + FILL + more).text


def test_a_variant_that_the_method_delegates_to_already_is_called() -> None:
    text = (
        HEAD
        + (
            "    async def put(self, key, *, keep=True):\n        async with self._lock:\n"
            "            return await self._do_put(key, keep=keep)\n\n"
            "    async def _do_put(self, key, *, keep=True):\n        self.rows[key] = keep\n"
        )
        + FILL
    )
    assert carried(REMEDY, "AWA301", text).text == text.replace("await self.put(1)", "await self._do_put(1)")


def test_a_variant_that_is_called_by_other_ways_of_passing_is_called_too() -> None:
    text = (
        HEAD
        + (
            "    async def put(self, key, more=1):\n        async with self._lock:\n"
            "            await self._put_locked(more=more, key=key)\n\n"
            "    async def _put_locked(self, key, more=1):\n        self.rows[key] = more\n"
        )
        + FILL
    )
    assert carried(REMEDY, "AWA301", text).text == text.replace("await self.put(1)", "await self._put_locked(1)")


def test_an_override_whose_decorator_holders_go_around_makes_the_split_unsafe() -> None:
    loud = "\nclass Loud(Store):\n    @retry\n" + PUT
    result = carried(REMEDY, "AWA301", HEAD + PUT + FILL + loud)
    assert result.verdict == "unsafe"
    assert "Loud.put" in result.proposal.because[0]


def test_what_is_only_declared_above_is_left_alone_and_so_are_siblings() -> None:
    text = (
        HEAD.replace("class Store:", "class Rows:\n    async def put(self): ...\n\nclass Store(Rows):")
        + PUT
        + FILL
        + "\nclass Null(Rows):\n    async def put(self):\n        return 1\n"
    )
    result = carried(REMEDY, "AWA301", text)
    assert result.verdict == "safe"
    assert result.text.count("_put_locked(self") == 1


def test_a_holder_in_the_class_of_the_declaration_cannot_call_a_variant() -> None:
    text = (
        HEAD
        + "    async def put(self, key):\n        raise NotImplementedError\n"
        + FILL
        + "\nclass Rows(Store):\n"
        + PUT
    )
    assert refusal(REMEDY, "AWA301", text).code == "overridden"


HELPER = "\n    async def helper(self):\n        {first}\n        await self.put(3)\n"

PASSING = """
class Loud(Store):
    async def put(self, key, *more):
        {first}
        return await super().put(key)
"""


@pytest.mark.parametrize(
    ("first", "verdict"),
    [("print(key)", "safe"), ("self.asked = key", "unsafe"), ("if key in self.rows:\n            return 0", "unsafe")],
)
def test_an_override_that_only_passes_the_call_on_takes_the_lock_itself(first: str, verdict: str) -> None:
    result = carried(REMEDY, "AWA301", HEAD + PUT + FILL + PASSING.format(first=first))
    assert result.verdict == verdict
    loud = result.text.partition("class Loud")[2]
    assert "        async with self._lock:\n            return await self._put_locked(key, *more)\n" in loud
    assert loud.endswith(f"        {first}\n        return await super()._put_locked(key)\n")


SHORT = PUT.replace("            await asyncio.sleep(0)  # then the others\n", "")


@pytest.mark.parametrize("more", [HELPER.format(first="print()"), PASSING.format(first="print()")])
def test_what_waits_for_nothing_but_the_lock_is_split_too(more: str) -> None:
    fill = FILL.replace("self.put(1)", "self.helper()") if "helper" in more else FILL
    assert carried(REMEDY, "AWA301", HEAD + SHORT + fill + more).verdict == "safe"


@pytest.mark.parametrize("first", ["await other(key)", "await asyncio.wait_for(super().put(key), 1)"])
def test_an_override_that_waits_for_something_else_is_refused(first: str) -> None:
    assert refusal(REMEDY, "AWA301", HEAD + PUT + FILL + PASSING.format(first=first)).code == "overridden"


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        ("print('now')", "safe"),
        ("keys = 3", "safe"),
        ("self.asked = True", "unsafe"),
        ("if not self.rows:\n            return", "unsafe"),
        ("notify()", "unsafe"),
    ],
)
def test_a_helper_takes_the_lock_for_others_where_that_makes_no_difference(first: str, verdict: str) -> None:
    text = HEAD + PUT + FILL.replace("self.put(1)", "self.helper()") + HELPER.format(first=first)
    assert carried(REMEDY, "AWA301", text).verdict == verdict


def test_a_decorator_that_holders_go_around_makes_the_split_unsafe() -> None:
    result = carried(REMEDY, "AWA301", HEAD + "    @retry\n" + PUT + FILL)
    assert result.verdict == "unsafe"
    assert "@retry" in result.proposal.because[0]
    assert result.text.count("@retry") == 1


def test_a_method_that_is_handed_around_makes_the_split_unsafe() -> None:
    result = carried(REMEDY, "AWA301", HEAD + PUT + FILL + "\n    def hook(self):\n        register(self.put)\n")
    assert result.verdict == "unsafe"


PROOF = """
import asyncio
from explorer import outside

class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0

    async def put(self, amount):
        async with self._lock:
            total = self.total
            await outside("put")
            self.total = total + amount

    async def twice(self, amount):
        async with self._lock:
            await self.put(amount)
            await self._again(amount)

    async def _again(self, amount):
        await self.put(amount)

store = Store()
"""

SCENARIO = Scenario(
    "twice",
    lambda module, count: World(
        [lambda amount=i: module.store.twice(amount) for i in range(1, count)] + [lambda: module.store.put(100)],
        lambda: module.store.total,
    ),
)


def test_before_some_schedule_hangs_and_after_none_does() -> None:
    assert check_before(PROOF, SCENARIO).reason.startswith("deadlock")
    assert check_after(carried(REMEDY, "AWA301", PROOF).text, SCENARIO) == []
