"""Where other tasks may run: an await is no suspension if what is awaited never suspends, all the way down."""

from __future__ import annotations

import pytest

from .reading import program_of, suspensions

FILE = """
class Store:
    def __init__(self, given):
        self.quiet = asyncio.Lock()
        self.busy = asyncio.Lock()
        self.free = asyncio.Queue()
        self.small = asyncio.Queue(1)
        self.some = asyncio.Queue(given)

    async def nothing(self):
        return 1

    async def two_deep(self):
        return await self.nothing()

    async def sleeps(self):
        await asyncio.sleep(0)

    async def sleeps_two_deep(self):
        await self.sleeps()

    async def forwards(self, n):
        if n:
            await self.backwards(n - 1)

    async def backwards(self, n):
        await self.forwards(n)

    async def counts_down(self, n):
        if n:
            await self.counts_down(n - 1)
            await asyncio.sleep(0)

    async def takes_quiet(self):
        async with self.quiet:
            self.n = 1

    async def takes_busy(self):
        async with self.busy:
            self.n = 2

    async def works_under_busy(self):
        async with self.busy:
            await asyncio.sleep(0)

    @traced
    async def decorated(self):
        return 1

    def makes_awaitable(self):
        return asyncio.sleep(0)

    async def f(self, unknown):
        {body}
"""

AWAITS = [
    ("a coroutine that awaits nothing", "await self.nothing()", False),
    ("a coroutine that awaits such a one", "await self.two_deep()", False),
    ("a coroutine that sleeps", "await self.sleeps()", True),
    ("a coroutine that sleeps two calls away", "await self.sleeps_two_deep()", True),
    ("a recursion of two that never sleeps", "await self.forwards(3)", False),
    ("a recursion that sleeps on its way", "await self.counts_down(3)", True),
    ("a lock that nobody holds over an await", "await self.takes_quiet()", False),
    ("a lock that somebody holds over an await", "await self.takes_busy()", True),
    ("a decorated coroutine, whatever its body", "await self.decorated()", True),
    ("a plain method that makes an awaitable", "await self.makes_awaitable()", True),
    ("an unknown call", "await unknown()", True),
    ("put on a queue without a bound", "await self.free.put(1)", False),
    ("put on a queue with a bound", "await self.small.put(1)", True),
    ("put on a queue whose bound is not known", "await self.some.put(1)", True),
    ("get from a queue without a bound", "await self.free.get()", True),
    ("a time limit, which differs between versions of Python", "await asyncio.wait_for(self.nothing(), 1)", True),
    ("several at once", "await asyncio.gather(self.nothing(), self.nothing())", True),
    ("a task", "await asyncio.create_task(self.nothing())", True),
]


@pytest.mark.parametrize(("body", "gives_way"), [case[1:] for case in AWAITS], ids=[case[0] for case in AWAITS])
def test_awaiting(body: str, gives_way: bool) -> None:
    assert suspensions(program_of(FILE.format(body=body)), "Store.f") == [gives_way]


BLOCKS = [
    ("a lock that nobody holds over an await", "self.quiet", False, False),
    ("a lock that somebody holds over an await", "self.busy", True, False),
    ("a timeout", "asyncio.timeout(1)", False, False),
    ("an unknown session", "unknown.session()", True, True),
]


@pytest.mark.parametrize(
    ("manager", "at_entry", "at_exit"), [case[1:] for case in BLOCKS], ids=[case[0] for case in BLOCKS]
)
def test_entering_and_leaving(manager: str, at_entry: bool, at_exit: bool) -> None:
    first, *exits = suspensions(program_of(FILE.format(body=f"async with {manager}: ...")), "Store.f")
    assert first == at_entry
    assert set(exits) == {at_exit}


def test_a_step_of_a_loop_over_something_unknown_gives_way() -> None:
    assert suspensions(program_of(FILE.format(body="async for _ in unknown: ...")), "Store.f") == [True]


def test_a_yield_in_an_asynchronous_generator_gives_way() -> None:
    assert suspensions(program_of("async def rows():\n    yield 1\n    yield 2"), "rows") == [True, True]


def test_two_locks_that_are_only_held_over_each_other_do_not_make_each_other_wait() -> None:
    source = """
    class Store:
        def __init__(self):
            self.a = asyncio.Lock()
            self.b = asyncio.Lock()

        async def f(self):
            async with self.a:
                async with self.b:
                    self.n = 1
    """
    assert not any(suspensions(program_of(source), "Store.f"))


def test_one_sleep_under_the_inner_lock_makes_both_contended() -> None:
    source = """
    class Store:
        def __init__(self):
            self.a = asyncio.Lock()
            self.b = asyncio.Lock()

        async def f(self):
            async with self.a:
                async with self.b:
                    self.n = 1

        async def g(self):
            async with self.b:
                await asyncio.sleep(0)
    """
    assert suspensions(program_of(source), "Store.f")[:2] == [True, True]
