"""The explorer sees every schedule, and each exactly once: numbers of runs against combinatorics."""

from __future__ import annotations

import functools
import math
from itertools import product

import pytest

from explorer import Mode, Nondeterminism, Scenario, Truncated, World, explore, find_violation, serial_outcomes

STEPS = """
import asyncio
from explorer import outside

trace = []

async def yields(me, steps):
    trace.append(me)
    for _ in range(steps - 1):
        await asyncio.sleep(0)
        trace.append(me)

async def waits(me, count):
    for _ in range(count):
        await outside("io")
        trace.append(me)
"""


def independent(function: str, sizes: tuple[int, ...]) -> Scenario:
    """One task for each size; the final state is the order in which their steps ran."""

    def task(module: object, index: int) -> object:
        return lambda: getattr(module, function)(index, sizes[index])

    return Scenario(
        f"{function} {sizes}",
        lambda module, count: World([task(module, i) for i in range(count)], lambda: module.trace),  # type: ignore[misc]  # lambdas make coroutines
        limit=200_000,
    )


def multinomial(parts: tuple[int, ...]) -> int:
    return math.factorial(sum(parts)) // math.prod(map(math.factorial, parts))


@functools.cache
def fifo_schedules(queue: tuple[tuple[str, int, int], ...], outside_world: frozenset[tuple[str, int, int]]) -> int:
    """Count fifo schedules of tasks that only wait, on a model with no asyncio in it.

    queue: what is ready, in order, as (kind, task, waits left); outside_world: what may be put at its end at any time.
    "create" makes a task ready, "step" runs it to its next wait, "end" completes a wait and makes its task ready.
    """
    total = 0
    if queue:
        (kind, task, left), rest = queue[0], queue[1:]
        if kind == "step":
            total += fifo_schedules(rest, outside_world | {("end", task, left)} if left else outside_world)
        else:
            total += fifo_schedules((*rest, ("step", task, left - (kind == "end"))), outside_world)
    for event in outside_world:
        total += fifo_schedules((*queue, event), outside_world - {event})
    return total if queue or outside_world else 1


@pytest.mark.parametrize("sizes", [(1,), (1, 1), (2, 2), (3, 2), (4, 3), (1, 1, 1), (2, 2, 2), (1, 2, 3)], ids=str)
def test_bare_yields_in_any_order_give_the_multinomial_coefficient(sizes: tuple[int, ...]) -> None:
    outcome = explore("".join(STEPS), independent("yields", sizes), len(sizes), "any_ready", reduce=False)
    assert outcome.complete
    assert outcome.runs == multinomial(sizes)
    assert len(outcome.endings) == multinomial(sizes), "each schedule is another order of steps"


@pytest.mark.parametrize("sizes", [(1, 1), (2, 1), (2, 2), (1, 1, 1)], ids=str)
def test_unmerged_external_waits_have_two_moves_each(sizes: tuple[int, ...]) -> None:
    outcome = explore(STEPS, independent("waits", sizes), len(sizes), "any_ready", reduce=False)
    assert outcome.runs == multinomial(tuple(2 * size + 1 for size in sizes))


@pytest.mark.parametrize("sizes", [(0,), (1,), (0, 0), (1, 0), (1, 1), (2, 1), (0, 0, 0), (1, 0, 0)], ids=str)
def test_fifo_schedules_are_as_many_as_in_the_model(sizes: tuple[int, ...]) -> None:
    outcome = explore(STEPS, independent("waits", sizes), len(sizes), "fifo", reduce=False)
    arrivals = frozenset(("create", i, size) for i, size in enumerate(sizes))
    assert outcome.runs == fifo_schedules((), arrivals)


def test_fifo_keeps_bare_yields_in_turn() -> None:
    """Two tasks that are both ready alternate; what remains free is when each of them arrives."""
    fifo = explore(STEPS, independent("yields", (3, 3)), 2, "fifo")
    anyhow = explore(STEPS, independent("yields", (3, 3)), 2, "any_ready")
    orders = {ending.state for ending in fifo.endings}
    assert (0, 0, 0, 1, 1, 1) in orders
    assert (0, 1, 0, 1, 0, 1) in orders
    assert (0, 1, 1, 0, 0, 1) not in orders, "task 0 was in the queue before task 1 came round again"
    assert orders < {ending.state for ending in anyhow.endings}


@pytest.mark.parametrize(("function", "mode"), list(product(["yields", "waits"], ["fifo", "any_ready"])))
def test_shortcuts_lose_no_ending(function: str, mode: Mode) -> None:
    scenario = independent(function, (2, 2))
    full = explore(STEPS, scenario, 2, mode, reduce=False)
    short = explore(STEPS, scenario, 2, mode)
    assert set(short.endings) == set(full.endings)
    assert short.runs <= full.runs


def test_serial_orders_are_the_permutations() -> None:
    outcome = serial_outcomes(STEPS, independent("waits", (1, 2, 1)), 3)
    assert len(outcome.endings) == math.factorial(3)
    assert {ending.state for ending in outcome.endings} >= {(0, 1, 1, 2), (2, 1, 1, 0)}


def test_a_truncated_search_says_so_and_is_no_pass() -> None:
    whole = independent("waits", (2, 2))
    scenario = Scenario(whole.name, whole.setup, limit=3, invariant=lambda ending: True)
    outcome = explore(STEPS, scenario, 2, "any_ready")
    assert outcome.truncated
    assert not outcome.complete
    with pytest.raises(Truncated, match="more than 3 runs"):
        find_violation(STEPS, scenario, 2, "any_ready")


def test_an_endless_program_is_no_pass_either() -> None:
    source = "import asyncio\nasync def spin():\n    while True:\n        await asyncio.sleep(0)\n"
    scenario = Scenario(
        "spin", lambda module, count: World([module.spin] * count, lambda: None), invariant=lambda ending: True
    )
    with pytest.raises(Truncated):
        find_violation(source, scenario, 2, "any_ready")


def test_chance_is_noticed() -> None:
    source = """
import asyncio, random
async def gamble():
    for _ in range(random.choice([1, 2, 3, 4, 5, 6, 7, 8, 9])):
        await asyncio.sleep(0)
"""
    scenario = Scenario("gamble", lambda module, count: World([module.gamble] * count, lambda: None))
    with pytest.raises(Nondeterminism):
        explore(source, scenario, 3, "any_ready", reduce=False)
