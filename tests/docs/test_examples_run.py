"""The examples of the rules are run: the bug of the first one is seen, and in the second one it is gone."""

from __future__ import annotations

import asyncio
import sys
import types
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from awaitomic.rules import RULES

Names = dict[str, Any]
"""What an example defines."""
LIMIT = 0.2
"""Seconds after which who waits counts as waiting for ever; nobody else waits at all."""


class Outside:
    """Stands for all that examples import and are given: every method waits for one turn, and is noted down."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Awaitable[object]]:
        async def method(*arguments: object) -> object:
            self.calls.append(name)
            await asyncio.sleep(0)
            return self if name.startswith("open") or name == "connect" else 1

        return method


async def till(names: Names, outside: Outside) -> object:
    one = names["Till"]()
    await asyncio.gather(one.add("tea"), one.add("milk"))
    return one.total


async def client_with_pool(names: Names, outside: Outside) -> object:
    one = names["Client"]()
    await asyncio.gather(one.pool(), one.pool())
    return outside.calls.count("connect")


async def writer(names: Names, outside: Outside) -> object:
    written: list[str] = []

    class Sink:
        async def write(self, lines: list[str]) -> None:
            written.extend(lines)
            await asyncio.sleep(0)

    one = names["Writer"](Sink())
    await one.add("first")
    await asyncio.gather(one.flush(), one.add("late"))
    await one.flush()
    return written


async def room(names: Names, outside: Outside) -> object:
    one, clients = names["Room"](), [Outside(), Outside()]
    one.clients.update(clients)
    await asyncio.gather(one.broadcast("hello"), one.leave(clients[0]))
    return [client.calls for client in clients]


async def client_with_session(names: Names, outside: Outside) -> object:
    one = names["Client"]()
    return await asyncio.gather(one.query("one"), one.query("two"))


async def client_with_timeout(names: Names, outside: Outside) -> object:
    one = names["Client"](outside)
    await asyncio.gather(one.upload(b"one"), one.upload(b"two"))
    return one.timeout


async def rooms(names: Names, outside: Outside) -> object:
    one = names["Rooms"]()
    await asyncio.gather(one.join("tea"), one.join("tea"))
    return outside.calls.count("open_room")


async def meter(names: Names, outside: Outside) -> object:
    one = names["Meter"]()
    one.total = 10
    await asyncio.gather(one.add(), one.reset())
    return one.total


async def crawler(names: Names, outside: Outside) -> object:
    one = names["Crawler"]()
    await asyncio.gather(one.fetch("a"), one.fetch("b"))
    return one.fetched


async def prices(names: Names, outside: Outside) -> object:
    one = names["Prices"]()
    await asyncio.gather(one.refresh("tea"), one.refresh("milk"))
    return one._prices


async def player(names: Names, outside: Outside) -> object:
    one = names["Player"]()
    one.synced_to = "another one"
    await asyncio.gather(one.stop(), return_exceptions=True)
    one.synced_to = None
    await one.stop()
    return one.playing


async def store(names: Names, outside: Outside) -> object:
    one = names["Store"](outside)
    await one.rebuild([("tea", 3), ("milk", 2)])
    return one._rows


async def shop(names: Names, outside: Outside) -> object:
    one = names["Shop"](outside)
    await asyncio.gather(one.pay(1), one.restock(2), one.pay(3), one.restock(4))
    return sorted(outside.calls)


async def feed(names: Names, outside: Outside) -> object:
    one = names["Feed"](outside)
    await one.start()
    await asyncio.sleep(0)
    await one.stop()
    return one._worker


class Hangs:
    """What a scenario gives that waits for ever."""


LATE = ["first", "late"]
SCENARIOS: dict[str, tuple[Callable[[Names, Outside], Awaitable[object]], object, object]] = {
    "AWA101": (till, 1, 2),
    "AWA102": (client_with_pool, 2, 1),
    "AWA103": (writer, LATE[:1], LATE),
    "AWA104": (room, RuntimeError, [["send"], ["send"]]),
    "AWA105": (client_with_session, AttributeError, [1, 1]),
    "AWA106": (client_with_timeout, 60, 5),
    "AWA201": (rooms, 2, 1),
    "AWA202": (meter, 11, 0),
    "AWA203": (till, 1, 2),
    "AWA204": (crawler, 1, 2),
    "AWA205": (prices, BlockingIOError, {"tea": 1, "milk": 1}),
    "AWA206": (player, Hangs, False),
    "AWA301": (store, Hangs, {"tea": 3, "milk": 2}),
    "AWA302": (shop, Hangs, ["book", "book", "release", "release"]),
    "AWA303": (feed, Hangs, None),
}
"""What is done with an example, what the first one makes of it, and what the second one."""


class ThreadLock:
    """A lock of threads that raises where the real one would stop the thread, and the event loop with it."""

    def __init__(self) -> None:
        self.held = False

    def __enter__(self) -> None:
        if self.held:
            raise BlockingIOError
        self.held = True

    def __exit__(self, *_: object) -> None:
        self.held = False


def names_of(example: str, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> Names:
    """Give what an example defines, with all that it imports played by `outside`."""
    for name in ("shop", "database", "chat", "sensor", "web"):
        module = types.ModuleType(name)
        vars(module)["__getattr__"] = outside.__getattr__
        monkeypatch.setitem(sys.modules, name, module)
    names: Names = {"__name__": "example"}
    exec(example, names)
    if "threading" in names:
        names["threading"] = types.SimpleNamespace(Lock=ThreadLock)
    return names


def outcome(code: str, example: str, monkeypatch: pytest.MonkeyPatch) -> object:
    outside = Outside()
    names = names_of(example, outside, monkeypatch)
    scenario = SCENARIOS[code][0]

    async def limited() -> object:
        running = asyncio.ensure_future(scenario(names, outside))
        done, _ = await asyncio.wait([running], timeout=LIMIT)
        if not done:
            running.cancel()
            return Hangs
        return running.result()

    try:
        return asyncio.run(limited())
    except (RuntimeError, AttributeError, BlockingIOError) as error:
        return type(error)


def test_all_rules_about_running_programs_have_a_scenario() -> None:
    rest = [rule.code for rule in RULES if rule.code not in SCENARIOS and not rule.code.startswith("AWA0")]
    assert rest == ["AWA207"]


@pytest.mark.parametrize("code", SCENARIOS)
def test_the_bug_is_seen_before_and_not_after(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (rule,) = (rule for rule in RULES if rule.code == code)
    _, before, after = SCENARIOS[code]
    assert outcome(code, rule.example_before, monkeypatch) == before
    assert outcome(code, rule.example_after, monkeypatch) == after


def test_the_lock_of_another_loop_raises_before_and_not_after(monkeypatch: pytest.MonkeyPatch) -> None:
    (rule,) = (rule for rule in RULES if rule.code == "AWA207")
    batches = [["tea", "milk"], ["bread", "salt"]]
    with pytest.raises(RuntimeError, match="is bound to a different event loop"):
        names_of(rule.example_before, Outside(), monkeypatch)["main"](batches)
    outside = Outside()
    names_of(rule.example_after, outside, monkeypatch)["main"](batches)
    assert outside.calls == ["store"] * 4
