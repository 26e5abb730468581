"""AWA002: a comment is believed, so one that cannot be read or does not hold is reported, and a true one is not."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.reading import program_of

METER = """
{above}
class Meter:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.total = 0  # awaitomic: {said}

    async def add(self, value):
        async with self._lock:
            self.total += await price(value)
            self._more()

    def _more(self):
        self.total += 1

{rest}
"""

SEVERAL = "async def main():\n    meter = Meter()\n    await asyncio.gather(*(meter.add(i) for i in range(3)))"
ONE_EACH = "async def main():\n    await asyncio.gather(*(Meter().add(i) for i in range(3)))"
ONE = "async def main():\n    await Meter().add(1)"


def invalid(said: str = "owner[one-task]", above: str = "", rest: str = "") -> list[Finding]:
    found = find(program_of(METER.format(said=said, above=above, rest=rest)))
    return [finding for finding in found if finding.rule == "AWA002"]


@pytest.mark.parametrize("said", ["ignroe", "ignore[AWA1O1]", "owner", "guarded-by[self._loc]"])
def test_what_cannot_be_read_is_reported_at_the_comment(said: str) -> None:
    (finding,) = invalid(said)
    assert finding.confidence is Confidence.CERTAIN
    assert finding.function == "Meter.__init__"
    assert finding.state == f"# awaitomic: {said}"


@pytest.mark.parametrize("said", ["ignore", "ignore[AWA101] held by all", "owner[one-task]", "guarded-by[self._lock]"])
def test_what_can_be_read_and_holds_is_silent(said: str) -> None:
    assert invalid(said) == []


@pytest.mark.parametrize(
    ("rest", "contradicted"),
    [
        ("    def reset(self):\n        self.total = 0", True),
        ("    async def reset(self):\n        async with self._lock:\n            self.total = 0", False),
        ("    def reset(self):\n        self.other = 0", False),
        ("    def copy(self):\n        new = Meter()\n        new.total = self.total\n        return new", False),
        ("class Other:\n    def reset(self, meter: Meter):\n        meter.total = 0", True),
    ],
    ids=["without_the_lock", "under_it", "other_state", "nobody_has_it_yet", "another_class"],
)
def test_a_guard_is_held_against_every_write(rest: str, contradicted: bool) -> None:
    found = invalid("guarded-by[self._lock]", rest=rest)
    assert [finding.confidence for finding in found] == [Confidence.LIKELY] * contradicted
    assert all("is written at line" in finding.message for finding in found)


@pytest.mark.parametrize(("rest", "contradicted"), [(SEVERAL, True), (ONE_EACH, False), (ONE, False)])
def test_an_owner_is_held_against_the_tasks_that_are_started(rest: str, contradicted: bool) -> None:
    found = invalid("ignore x", above="# awaitomic: owner[one-task]", rest=rest)
    assert [finding.confidence for finding in found] == [Confidence.LIKELY] * contradicted


@pytest.mark.parametrize(
    ("rest", "contradicted"),
    [
        (SEVERAL, True),
        (ONE_EACH, False),
        (ONE, False),
        (SEVERAL.replace("meter.add(i)", "look(meter)") + "\n\nasync def look(meter: Meter):\n    print(meter)", False),
    ],
    ids=["several", "one_each", "one", "who_only_looks"],
)
def test_so_is_the_owner_of_one_attribute_against_those_that_write_it(rest: str, contradicted: bool) -> None:
    found = invalid("owner[one-task]", rest=rest)
    assert [finding.confidence for finding in found] == [Confidence.LIKELY] * contradicted


@pytest.mark.parametrize(("calls", "contradicted"), [("add(), add()", True), ("add(), look(), look()", False)])
def test_so_is_the_owner_of_a_variable(calls: str, contradicted: bool) -> None:
    source = f"""
    total = 0  # awaitomic: owner[one-task]

    async def add():
        global total
        total += await price()

    async def look():
        print(total)

    async def main():
        await asyncio.gather({calls})
    """
    assert bool([finding for finding in find(program_of(source)) if finding.rule == "AWA002"]) is contradicted
