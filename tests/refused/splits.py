"""Why a method is not split: the variant would race, outlive the lock, or cannot be reached. All hang as they stand."""

from __future__ import annotations

from collections.abc import Callable

from explorer import Ending, Faults

from .case import Refused

LEDGER = """
import asyncio
import functools


class Ledger:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.rows = []

    @functools.cached_property
    async def header(self):
        async with self.lock:
            await asyncio.sleep(1)
            return "header"

    async def load(self):
        async with self.lock:
            self.rows.append(await self.header)


ledger = Ledger()
"""
COUNT = """
import asyncio


class Count:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.number = 0

    async def step(self):
        async with self.lock:
            number = self.number
            await asyncio.sleep(1)
            self.number = number + 1

    async def steps(self):
        async with self.lock:
            await {steps}


count = Count()
"""
STEP = "            number = self.number\n            await asyncio.sleep(1)\n            self.number = number + 1\n"
SPLIT = (
    STEP,
    "            await self.step_locked()\n\n    async def step_locked(self):\n"
    + STEP.replace("            ", "        "),
)


def _all_counted(ending: Ending) -> bool:
    returned = [result[0] == "returns" for result in ending.results]
    return bool(ending.state == 2 * sum(returned))


def _steps(steps: str, faults: Faults, invariant: Callable[[Ending], bool] | None) -> Refused:
    return Refused(
        text=COUNT.format(steps=steps),
        tasks=("count.steps()",),
        state="count.number",
        instead=(SPLIT, (steps, steps.replace("step()", "step_locked()"))),
        harm="schedule",
        faults=faults,
        invariant=invariant,
    )


def _fixture(path: str) -> Refused:
    return Refused(fixture=f"self_deadlock/{path}")


CASES = {
    "split-partial-region": _fixture("part_leaves_loop.py"),
    "helper-of-both": _fixture("made_on_first_use.py"),
    "overridden": _fixture("override_waits_itself.py"),
    "decorated": Refused(text=LEDGER, tasks=("ledger.load()",), state="ledger.rows"),
    "generator": _fixture("generator_is_told.py"),
    "lock-in-manager": _fixture("entered_object.py"),
    "lock-in-decorator": _fixture("locked_decorator.py"),
    "through-callback": _fixture("callback.py"),
    "implicit-call": _fixture("bound_method.py"),
    "outlives-lock": _steps("asyncio.shield(self.step())", "cancel", None),
    "runs-beside": _steps("asyncio.gather(self.step(), self.step())", None, _all_counted),
    "name-taken": _fixture("name_taken.py"),
}
