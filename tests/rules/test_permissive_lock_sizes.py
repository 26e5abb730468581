"""AWA204, for semaphores whose size is a parameter: named by what the calls give, or by the default."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

SHOP = """
MOST = 4

class Shop:
    def __init__(self, {parameters}):
        self.total = 0
        {made}

    async def add(self):
        async with self._permits:
            n = self.total
            await asyncio.sleep(0)
            self.total = n + 1

{calls}

async def work(shop: Shop):
    await asyncio.gather(*(shop.add() for _ in range(9)))
"""
MADE = "self._permits = asyncio.Semaphore(limit)"
CERTAIN, LIKELY = Confidence.CERTAIN, Confidence.LIKELY


def found(parameters: str, calls: str = "", made: str = MADE) -> list[Confidence]:
    text = SHOP.format(parameters=parameters, calls=calls, made=made)
    findings = [finding for finding in resolve(find(program_of(text))) if finding.function == "Shop.add"]
    assert all(finding.rule == "AWA204" for finding in findings)
    return [finding.confidence for finding in findings]


@pytest.mark.parametrize("parameters", ["limit=10", "limit: int = 10", "name, limit=MOST", "*, limit=3", "limit=2, /"])
def test_the_default_says_how_many(parameters: str) -> None:
    assert found(parameters) == [LIKELY]


@pytest.mark.parametrize(
    "made",
    [
        "self._permits = asyncio.BoundedSemaphore(value=limit)",
        "self._permits: asyncio.Semaphore = asyncio.Semaphore(limit)",
        "self.limit = limit\n        self._permits = asyncio.Semaphore(self.limit)",
    ],
)
def test_in_whatever_way_it_is_made(made: str) -> None:
    assert found("limit=10", made=made) == [LIKELY]


@pytest.mark.parametrize(
    ("parameters", "calls"),
    [
        ("limit", "shop = Shop(3)"),
        ("limit", "shop = Shop(limit=MOST)"),
        ("limit=10", "shop = Shop()"),
        ("limit=1", "shop = Shop(3)"),
        ("name, *, limit=5", "shop, other = Shop('a'), Shop('b', limit=2)"),
    ],
)
def test_all_calls_that_are_seen_give_several(parameters: str, calls: str) -> None:
    assert found(parameters, calls) == [CERTAIN]


def test_where_a_call_cannot_be_read_the_default_speaks() -> None:
    assert found("limit=10", "shop = Shop(read_settings())") == [LIKELY]
    assert found("limit=10", "shop = Shop(*read_settings())") == [LIKELY]
    assert found("limit=10", "shop = Shop(**read_settings())") == [LIKELY]


@pytest.mark.parametrize(
    ("parameters", "calls", "made"),
    [
        ("limit", "", MADE),
        ("limit=None", "", MADE),
        ("limit=1", "", MADE),
        ("limit=1", "shop = Shop()", MADE),
        ("limit=10", "shop = Shop(1)", MADE),
        ("limit=10", "shop, other = Shop(), Shop(limit=1)", MADE),
        ("limit", "shop, other = Shop(3), Shop(read_settings())", MADE),
        ("limit=1", "shop, other = Shop(3), Shop(read_settings())", MADE),
        ("limit=10", "", "self._permits = asyncio.Semaphore(limit if DEBUG else 1)"),
        ("limit=10", "", "self._permits = asyncio.Semaphore(limit or 1)"),
        ("limit=10", "", "limit = read_settings()\n        " + MADE),
        ("limit=10", "", MADE + "\n        if DEBUG: self._permits = asyncio.Semaphore(1)"),
        ("limit=10", "", MADE + "\n    def close(self):\n        self._permits = asyncio.Lock()"),
        ("limit=10", "class Own(Shop):\n    def __init__(self):\n        self._permits = asyncio.Semaphore(1)", MADE),
        (
            "limit=10",
            "",
            "self.limit = limit\n        self.limit = 1\n        self._permits = asyncio.Semaphore(self.limit)",
        ),
    ],
)
def test_what_may_be_one_is_a_lock(parameters: str, calls: str, made: str) -> None:
    assert found(parameters, calls, made) == []


HUB = """
class Hub:
    def __init__(self, limit{default}):
        self._permits = asyncio.Semaphore(limit)
        self.peers = {{}}

    async def each(self):
        async with self._permits:
            for peer in self.peers.values():
                await peer.send()

    async def drop(self, key):
        async with self._permits:
            self.peers.pop(key)

hub = Hub({given})

async def main():
    await asyncio.gather(*(hub.each() for _ in range(3)), *(hub.drop(n) for n in range(3)))
"""


@pytest.mark.parametrize(
    ("default", "given", "sure"),
    [("", "10", [CERTAIN]), ("=10", "read_settings()", [LIKELY]), ("=10", "1", []), ("", "read_settings()", [])],
)
def test_other_rules_are_as_sure_as_the_size(default: str, given: str, sure: list[Confidence]) -> None:
    findings = resolve(find(program_of(HUB.format(default=default, given=given))))
    assert [(each.rule, each.confidence) for each in findings] == [("AWA104", each) for each in sure]


CRAWL = """
async def crawl(urls, {parameter}):
    permits = asyncio.Semaphore(limit)
    done = 0

    async def one(url):
        nonlocal done
        async with permits:
            n = done
            await asyncio.sleep(0)
            done = n + 1

    await asyncio.gather(*(one(url) for url in urls))

async def main():
    {call}
"""


@pytest.mark.parametrize(
    ("parameter", "call", "sure"),
    [
        ("limit=10", "pass", [LIKELY]),
        ("limit", "await crawl([], 5)", [CERTAIN]),
        ("limit=1", "pass", []),
        ("limit=10", "await crawl([], limit=1)", []),
        ("limit", "asyncio.create_task(crawl([], 5))", [CERTAIN]),
        ("limit=10", "await crawl([], *more)", [LIKELY]),
    ],
)
def test_a_function_may_make_it_for_those_in_it(parameter: str, call: str, sure: list[Confidence]) -> None:
    findings = resolve(find(program_of(CRAWL.format(parameter=parameter, call=call))))
    assert [(each.rule, each.confidence) for each in findings] == [("AWA204", each) for each in sure]


def test_what_is_said_of_it() -> None:
    text = SHOP.format(parameters="limit=10", calls="", made=MADE)
    (finding,) = (each for each in resolve(find(program_of(text))) if each.function == "Shop.add")
    assert "10 tasks can hold it at once, unless `limit` is given as 1" in finding.message
