"""Locking: what goes under the lock, what may be trusted, and what is refused as it would hang or protect nothing."""

from __future__ import annotations

import pytest

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import carried, refusal
from remedies.programs import ENSURE, EXISTING, HELPER, SHORT, WRITERS


def _lines(text: str, name: str) -> str:
    """Give the method with a name, up to the next one."""
    start = text.index(f"    async def {name}(")
    end = text.find("\n\n    ", start)
    return text[start:end] if end > 0 else text[start:].rstrip()


def test_a_lazy_pool_gets_a_lock_beside_its_state_and_returns_outside_of_it() -> None:
    result = carried(REMEDY, "AWA102", SHORT)
    assert result.verdict == "safe"
    assert "        self._pool = None\n        self._lock = asyncio.Lock()\n" in result.text
    assert _lines(result.text, "pool") == (
        "    async def pool(self):\n"
        "        async with self._lock:\n"
        "            if self._pool is None:\n"
        "                self._pool = await self._connect()\n"
        "        return self._pool"
    )


def test_the_early_return_goes_under_the_lock_and_what_stands_behind_the_write_does_not() -> None:
    text = SHORT.replace(
        "        if self._pool is None:\n            self._pool = await self._connect()\n",
        "        if self._pool is not None:\n            return self._pool\n"
        "        self._pool = await self._connect()\n",
    )
    result = carried(REMEDY, "AWA102", text)
    assert _lines(result.text, "pool") == (
        "    async def pool(self):\n"
        "        async with self._lock:\n"
        "            if self._pool is not None:\n"
        "                return self._pool\n"
        "            self._pool = await self._connect()\n"
        "        return self._pool"
    )


def test_every_other_coroutine_that_writes_takes_the_lock_around_its_own_write() -> None:
    result = carried(REMEDY, "AWA101", WRITERS)
    assert result.verdict == "safe"
    assert "        async with self._lock:\n            total = self.total\n" in _lines(result.text, "add")
    assert _lines(result.text, "set").endswith(
        "        await asyncio.sleep(0)\n        async with self._lock:\n            self.total = amount"
    )


def test_a_public_sibling_that_is_awaited_inside_becomes_two_in_the_same_fix() -> None:
    result = carried(REMEDY, "AWA102", ENSURE)
    assert "                await self._connect_locked(3)\n" in result.text
    assert (
        '    async def connect(self, timeout, *, retry=False) -> None:\n        """Connect.\n\n'
        "        Once is enough.\n"
        '        """\n        async with self._lock:\n            await self._connect_locked(timeout, retry=retry)\n\n'
        "    async def _connect_locked(self, timeout, *, retry=False) -> None:\n"
        '        """Connect. Caller must hold `_lock`."""\n'
    ) in result.text
    assert result.proposal.plan.renames == (("Client.connect", "Client._connect_locked"),)


def test_a_signature_over_several_lines_is_written_again_as_it_stands() -> None:
    text = ENSURE.replace(
        "(self, timeout, *, retry=False) -> None:",
        "(\n        self,\n        timeout: int,  # it's: short\n        *,\n"
        "        retry: bool = False,\n    ) -> None:",
    )
    result = carried(REMEDY, "AWA102", text)
    assert (
        "    async def connect(\n        self,\n        timeout: int,  # it's: short\n        *,\n"
        '        retry: bool = False,\n    ) -> None:\n        """Connect.\n'
    ) in result.text
    assert result.text.count("# it's: short") == 2


def test_a_task_that_the_holder_has_cancelled_may_be_waited_for() -> None:
    text = """
import asyncio

class Feed:
    def __init__(self):
        self._task = None

    async def start(self):
        self._task = asyncio.create_task(asyncio.sleep(9))

    async def stop(self):
        if self._task is not None:
            self._task.cancel()
            await self._task
            self._task = None
"""
    assert "self._task" in carried(REMEDY, "AWA103", text).proposal.because[0]
    assert refusal(REMEDY, "AWA103", text.replace("            self._task.cancel()\n", "")).code == "waits-for-holder"


def test_the_lock_that_the_function_takes_elsewhere_is_taken_for_other_state_too() -> None:
    text = """
import asyncio

class Feed:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = []
        self.n = 0

    async def poll(self):
        async with self._lock:
            self.rows.append(1)
        n = self.n
        await asyncio.sleep(0)
        self.n = n + 1
"""
    assert carried(REMEDY, "AWA101", text).text.count("async with self._lock:") == 2


def test_a_private_helper_leaves_the_lock_to_all_of_its_callers() -> None:
    result = carried(REMEDY, "AWA102", HELPER)
    assert result.text.count("async with self._lock:") == 2
    assert "async with" not in _lines(result.text, "_connect")


def test_the_lock_that_guards_the_state_is_taken_and_its_taker_is_split() -> None:
    result = carried(REMEDY, "AWA102", EXISTING)
    assert [reason.partition(":")[0] for reason in result.proposal.because] == ["one lock serves all entries"]
    assert result.text.count("asyncio.Lock()") == 1
    assert 'await self._put_locked("log", key)' in result.text
    assert _lines(result.text, "put").endswith("            await self._put_locked(key, value)")


def test_what_is_set_in_one_go_with_a_writer_goes_under_the_lock_with_it() -> None:
    text = """
import asyncio

class Server:
    def __init__(self):
        self._ready = None
        self._task = None

    async def start(self):
        if self._ready is None:
            self._ready = object()
            self._task = asyncio.create_task(asyncio.sleep(1))
        return self._ready, self._task

    async def restart(self):
        if self._task is not None:
            await asyncio.sleep(0)
            self._task = None
"""
    result = carried(REMEDY, "AWA102", text)
    assert (
        "        async with self._lock:\n            if self._ready is None:\n                self._ready = object()\n"
    ) in _lines(result.text, "start")


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        pytest.param("await fetch(1)", "`fetch(…)` (line 9)", id="an unknown function may take long"),
        pytest.param("await self.load()", "not in this project", id="an inherited method may come back for the lock"),
        pytest.param("await maker(self)", "not in this project", id="who gets the object may come back for the lock"),
        pytest.param("await asyncio.to_thread(print)\n        await get()", "`get()`", id="one long wait is enough"),
    ],
)
def test_a_lock_over_a_wait_that_is_not_known_to_be_short_is_unsafe(inside: str, reason: str) -> None:
    text = f"""
import asyncio

class Counter:
    def __init__(self):
        self.n = 0
    async def bump(self):
        n = self.n
        {inside}
        self.n = n + 1
"""
    result = carried(REMEDY, "AWA101", text)
    assert result.verdict == "unsafe"
    assert reason in " ".join(result.proposal.because)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("await asyncio.wait_for(fetch(n), 5)", "`asyncio.wait_for(…)` (line 9), for up to `5` seconds"),
        ("await asyncio.wait_for(fetch(n), timeout=LIMIT)", "for up to `LIMIT` seconds"),
        ("await asyncio.wait_for(fetch(n), None)", "however long that takes"),
        ("async with asyncio.timeout(10):\n            await fetch(n)", "`fetch(…)` (line 10), for up to `10` seconds"),
        ("async with asyncio.timeout(None):\n            await fetch(n)", "`fetch(…)` (line 10), however long"),
    ],
)
def test_the_reason_says_how_long_the_lock_may_be_held(inside: str, reason: str) -> None:
    text = f"""
import asyncio

class Counter:
    def __init__(self):
        self.n = 0
    async def bump(self):
        n = self.n
        {inside}
        self.n = n + 1
"""
    result = carried(REMEDY, "AWA101", text)
    assert (result.verdict, len(result.proposal.because)) == ("unsafe", 1)
    assert reason in result.proposal.because[0]


def test_a_coroutine_that_never_gave_way_before_makes_the_fix_unsafe() -> None:
    result = carried(
        REMEDY,
        "AWA101",
        WRITERS.replace("        await asyncio.sleep(0)\n        self.total = amount", "        self.total = amount"),
    )
    assert result.verdict == "unsafe"
    assert "never gave way" in result.proposal.because[0]


def test_a_method_that_closes_makes_the_fix_unsafe_because_it_would_wait() -> None:
    result = carried(
        REMEDY, "AWA101", WRITERS.replace("async def set(self, amount)", "async def close(self, amount=0)")
    )
    assert result.verdict == "unsafe"
    assert "cleans up" in result.proposal.because[0]


def test_a_plain_function_that_only_takes_away_what_is_not_there_makes_the_fix_unsafe() -> None:
    result = carried(REMEDY, "AWA102", SHORT + "\n    def forget(self):\n        self._pool = None\n")
    assert result.verdict == "unsafe"
    assert "`Client.forget` (line 18)" in result.proposal.because[0]


def test_a_file_that_names_no_event_loop_is_taken_to_run_on_asyncio_but_not_trusted() -> None:
    text = SHORT.replace("import asyncio\n", "from server import wait\n").replace("asyncio.sleep(1)", "wait()")
    result = carried(REMEDY, "AWA102", text)
    assert result.text.startswith("\nimport asyncio\n\nfrom server import wait\n")
    assert "asyncio is taken to be meant" in result.proposal.because[-1]


def test_a_module_of_trio_gets_a_lock_of_trio() -> None:
    result = carried(REMEDY, "AWA102", SHORT.replace("asyncio", "trio"))
    assert "self._lock = trio.Lock()" in result.text


def test_of_two_libraries_that_are_imported_the_one_that_is_waited_for_gives_the_lock() -> None:
    result = carried(REMEDY, "AWA102", "import anyio\n" + SHORT.replace("asyncio.sleep", "anyio.sleep"))
    assert "self._lock = anyio.Lock()" in result.text
