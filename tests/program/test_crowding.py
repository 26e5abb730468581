"""A long function of tests, claims and waits is analysed in a time that grows with its length, and says the same."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import function_of, program_of

CLAIM = "if self.a{0} is None:\n            self.a{0} = 1\n            await load({0})"
FILL = "if self.a{0} is None:\n            self.a{0} = await load({0})"


def long(part: str, times: int) -> str:
    first = "\n        ".join(f"self.a{each} = None" for each in range(times))
    body = "\n        ".join(part.format(each) for each in range(times))
    return f"class Long:\n    def __init__(self):\n        {first}\n\n    async def work(self):\n        {body}\n"


@pytest.mark.parametrize("part", [CLAIM, FILL], ids=["claim", "fill"])
@pytest.mark.parametrize("times", [6, 14])
def test_of_one_read_only_so_many_variants_are_known(part: str, times: int) -> None:
    program, resolver = function_of(long(part, times), "Long.work")
    solution = program.facts(resolver).solution
    states = [solution.before_block(block.index) for block in resolver.function.blocks]
    known = [sum(map(len, state.values.values())) + len(state.uses) for state in states if state is not None]
    assert max(known) < 32 * times


@pytest.mark.parametrize(("part", "rule"), [(CLAIM, "AWA105"), (FILL, "AWA102")], ids=["claim", "fill"])
def test_what_is_found_is_the_same_however_long_it_is(part: str, rule: str) -> None:
    found = find(program_of(long(part, 14)))
    assert {each.rule for each in found} == {rule}
    assert len(found) >= 13
