"""Which constructors below a class run the one that makes a lock: where one may not, no lock is made.

Each of those that are refused has ended in an `AttributeError` of the first task that took the lock.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from awaitomic import fix_source
from explorer import load

PROGRAM = """\
import asyncio
import contextlib


class Counter:
    def __init__(self):
        self.total = 0

    async def add(self):
        total = self.total
        await asyncio.sleep(0)
        self.total = await self.next(total)

    async def next(self, total):
        await asyncio.sleep(0)
        return total + 1


class Named:
    def __init__(self):
        self.name = "n"


class Passing:
    def __init__(self, *args):
        super().__init__(*args)


class Below({bases}):
    total = 0

    {init}
"""
INIT = "def __init__(self, given=0):\n        {}"
RUN = {
    "by super": ("Counter", INIT.format("super().__init__()")),
    "by its own name": ("Counter", INIT.format("super(Below, self).__init__()")),
    "by the name of the class": ("Counter", INIT.format("Counter.__init__(self)")),
    "on both ways": (
        "Counter",
        INIT.format("if given:\n            super().__init__()\n        else:\n            Counter.__init__(self)"),
    ),
    "in a with statement": ("Counter", INIT.format("with contextlib.nullcontext(): super().__init__()")),
    "in front of a finally": (
        "Counter",
        INIT.format("try:\n            super().__init__()\n        finally:\n            self.x = 0"),
    ),
    "by the one that comes first": ("Passing, Counter", INIT.format("super().__init__()")),
    "by its name past the one that comes first": ("Named, Counter", INIT.format("Counter.__init__(self)")),
    "in front of another one": ("Counter, Named", INIT.format("super().__init__()")),
    "without one of its own": ("Counter", "pass"),
}
NOT_RUN = {
    "on one way": ("Counter", INIT.format("if given:\n            super().__init__()")),
    "behind a return": ("Counter", INIT.format("if not given: return\n        super().__init__()")),
    "behind what may fail": (
        "Counter",
        INIT.format(
            "try:\n            int('x')\n            super().__init__()\n        except ValueError:\n            pass"
        ),
    ),
    "from the next class on": ("Counter", INIT.format("super(Counter, self).__init__()")),
    "that of another class": ("Counter, Named", INIT.format("Named.__init__(self)")),
    "in a function that is not called": ("Counter", INIT.format("self.late = lambda: super().__init__()")),
    "not by the one that comes first": ("Named, Counter", INIT.format("super().__init__()")),
    "only by the one that comes first": ("Named, Counter", "pass"),
}


@pytest.mark.parametrize(("bases", "init"), RUN.values(), ids=RUN)
def test_a_lock_is_made_where_each_instance_gets_it(bases: str, init: str) -> None:
    fixed = fix_source(PROGRAM.format(bases=bases, init=init), confidence="possible")
    assert [finding.state for finding in fixed.applied] == ["self.total"]
    module: Any = load(fixed.text)
    below = module.Below()
    asyncio.run(below.add())
    assert below.total == 1


@pytest.mark.parametrize(("bases", "init"), NOT_RUN.values(), ids=NOT_RUN)
def test_no_lock_is_made_where_an_instance_would_be_without_it(bases: str, init: str) -> None:
    fixed = fix_source(PROGRAM.format(bases=bases, init=init), confidence="possible", unsafe_fixes=True)
    assert fixed.applied == ()
    assert [each.refusal.code for each in fixed.remaining if each.refusal is not None] == ["init-not-called"]
