"""What does little harm if it happens twice is only possible, and its near twin, which does harm, is likely."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

LIKELY, POSSIBLE = Confidence.LIKELY, Confidence.POSSIBLE

SERVICE = """
class AnswerManager:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.{name} = {empty}

    async def ask(self, key):
        {body}
        return self.{name}

    async def answer(self, key):
        {fetch}

    def end(self):
        {end}
"""


def confidences(
    name: str, empty: str, *body: str, fetch: str = "pass", end: str = "pass", rule: str = "AWA102"
) -> list[Confidence]:
    source = SERVICE.format(name=name, empty=empty, body="\n        ".join(body), fetch=fetch, end=end)
    found = find(program_of(source))
    return [finding.confidence for finding in found if finding.rule == rule and finding.function.endswith("ask")]


@pytest.mark.parametrize(
    ("name", "work", "value", "confidence"),
    [
        ("asked", "await count()", "True", POSSIBLE),
        ("connected", "await dial()", "True", LIKELY),
        ("disconnected", "await dial()", "True", POSSIBLE),
        ("asked", "await count()", '"yes"', POSSIBLE),
        ("asked", "await count()", "State.ASKED", POSSIBLE),
        ("asked", "await count()", "key", LIKELY),
    ],
)
def test_a_latch_does_no_harm_if_it_is_thrown_twice_unless_a_thing_is_made_behind_it(
    name: str, work: str, value: str, confidence: Confidence
) -> None:
    assert confidences(name, "None", f"if not self.{name}:", f"    {work}", f"    self.{name} = {value}") == [
        confidence
    ]


@pytest.mark.parametrize(
    ("name", "made", "confidence"),
    [
        ("_rows_cache", "await compute(key)", POSSIBLE),
        ("_rows", "await compute(key)", POSSIBLE),
        ("_pools", "await create_pool(key)", LIKELY),
        ("_pool_cache", "await create_pool(key)", POSSIBLE),
    ],
)
def test_filling_a_cache_twice_costs_a_moment_and_making_a_pool_twice_leaks_one(
    name: str, made: str, confidence: Confidence
) -> None:
    lines = (f"if key not in self.{name}:", f"    self.{name}[key] = {made}", f"return self.{name}[key]")
    assert confidences(name, "{}", *lines) == [confidence]


@pytest.mark.parametrize(
    ("otherwise", "confidence"),
    [("raise RuntimeError('twice')", POSSIBLE), ("return self.pool", LIKELY), ("return", LIKELY)],
)
def test_a_test_that_only_refuses_is_for_a_mistake_of_the_callers(otherwise: str, confidence: Confidence) -> None:
    lines = ("if self.pool is not None:", f"    {otherwise}", "self.pool = await create_pool(key)")
    assert confidences("pool", "None", *lines) == [confidence]


def test_a_test_that_refuses_is_out_of_date_all_the_same_where_several_tasks_are_seen() -> None:
    lines = ("if self.pool is not None:", "    raise RuntimeError('twice')", "self.pool = await create_pool(key)")
    several = "await asyncio.gather(self.ask(1), self.ask(2))"
    assert confidences("pool", "None", *lines, fetch=several) == [Confidence.CERTAIN]


@pytest.mark.parametrize(
    ("told", "reported"),
    [
        ("return", True),
        ("print('started already'); return", True),
        ("logger.debug('started already'); return", True),
        ("logger.warning('started already'); return", False),
        ("warnings.warn('started already'); return", False),
        ("raise RuntimeError", False),
    ],
)
def test_who_is_warned_that_he_comes_second_does_not_go_on_as_if_it_were_ready(told: str, reported: bool) -> None:
    lines = ("if self.started:", f"    {told}", "self.started = True", "self.pool = await create_pool(key)")
    uses = "await self.ask(key)\n        return self.pool.query(key)"
    assert bool(confidences("started", "False", *lines, fetch=uses, rule="AWA105")) is reported


@pytest.mark.parametrize(
    ("name", "confidence"), [("token", LIKELY), ("token_decimals", POSSIBLE), ("pool", LIKELY), ("pool_size", POSSIBLE)]
)
def test_what_is_said_of_a_thing_is_not_the_thing(name: str, confidence: Confidence) -> None:
    body = (f"if self.{name} is None:", f"    self.{name} = await look(key)")
    assert confidences(name, "None", *body, end=f"self.{name}.close()") == [confidence]


@pytest.mark.parametrize(
    ("maker", "end", "confidence"),
    [
        ("look", "pass", POSSIBLE),
        ("get_session", "pass", POSSIBLE),
        ("create_pool", "pass", LIKELY),
        ("look", "self.pool.close()", LIKELY),
        ("look", "pool, self.pool = self.pool, None; pool.close()", LIKELY),
        ("look", "self.pool.ask()", POSSIBLE),
    ],
)
def test_what_nobody_closes_and_nothing_says_has_to_be_closed_may_be_made_twice(
    maker: str, end: str, confidence: Confidence
) -> None:
    body = ("if self.pool is None:", f"    self.pool = await {maker}(key)")
    assert confidences("pool", "None", *body, end=end) == [confidence]
