"""Who stores anew only after a wait as long as that of who lets the old go, and one more, has nothing of his lost."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from explorer import Scenario, World, explore
from program.reading import program_of

FEED = """
class Feed:
    def __init__(self):
        self._reader = None

    async def _read(self):
        await asyncio.sleep(1)

    async def stop(self):
        if self._reader is not None:
            {end}
            self._reader = None

    async def restart(self):
        {restart}
"""
STARTED = """
async def main(feed: Feed):
    asyncio.create_task(feed.stop())
    asyncio.create_task(feed.restart())
"""
RUN = """
    async def main(self):
        self._reader = asyncio.create_task(self._read())
        stopping = asyncio.create_task(self.stop())
        restarting = asyncio.create_task(self.restart())
        await stopping
        await restarting
        return self._reader is not None
"""
END, OPEN = "await self._reader", "await asyncio.sleep(1)"
STORE = "self._reader = asyncio.create_task(self._read())"
ASKED = f"if self._reader is not None:\n            {END}"

AS_LONG = [
    ("the same wait, then the connection", END, (ASKED, OPEN, STORE)),
    ("by its truth", END, (f"if self._reader:\n            {END}", OPEN, STORE)),
    (
        "but for nothing",
        END,
        (f"if not self._reader:\n            pass\n        else:\n            {END}", OPEN, STORE),
    ),
    ("by a local", END, ("reader = self._reader", f"if reader is not None:\n            {END}", OPEN, STORE)),
    (
        "told so, but there is nothing",
        END,
        (
            f"if self._reader is None or self._reader == None:\n            pass\n        else:\n            {END}",
            OPEN,
            STORE,
        ),
    ),
    ("without asking first", END, (END, OPEN, STORE)),
    ("what stops, then the connection", END, ("await self.stop()", OPEN, STORE)),
    ("the same method", "await self._reader.close()", ("await self._reader.close()", OPEN, STORE)),
]
SOONER = [
    ("no wait for the old", END, (OPEN, STORE)),
    ("no other wait", END, (ASKED, STORE)),
    ("another wait in who stops", f"{END}\n            {OPEN}", (ASKED, OPEN, STORE)),
    ("a wait that ends by itself", END, ("await asyncio.wait_for(self._reader, 1)", OPEN, STORE)),
    ("on one way only", END, (f"if self.n:\n            {END}", OPEN, STORE)),
    ("not if it is told so", END, (f"if self._reader is not None and not self.n:\n            {END}", OPEN, STORE)),
    (
        "not if it is told so inside",
        END,
        (f"if self._reader:\n            if self.n:\n                {END}", OPEN, STORE),
    ),
    ("where it is another one", END, (f"if self._reader is self.n:\n            {END}", OPEN, STORE)),
    ("the other way", END, (f"if self._reader is not self.n:\n            {STORE}\n        else:\n            {END}",)),
    ("where there is nothing", END, (f"if self._reader is None:\n            {END}", OPEN, STORE)),
    ("what was there long ago", END, ("reader = self._reader", OPEN, f"if reader:\n            {END}", OPEN, STORE)),
    ("another method", "await self._reader.close()", ("await self._reader.flush()", OPEN, STORE)),
]


def text_of(end: str, restart: tuple[str, ...]) -> str:
    return FEED.format(end=end, restart="\n        ".join(restart))


def stopping(end: str, restart: tuple[str, ...]) -> tuple[list[Confidence], list[str]]:
    found = [each for each in find(program_of(text_of(end, restart) + STARTED)) if each.function == "Feed.stop"]
    return [each.confidence for each in found], [said for each in found for said in each.evidence]


@pytest.mark.parametrize(("end", "restart"), [case[1:] for case in AS_LONG], ids=[case[0] for case in AS_LONG])
def test_who_waits_as_long_and_once_more_comes_after(end: str, restart: tuple[str, ...]) -> None:
    confidences, evidence = stopping(end, restart)
    assert confidences == [Confidence.POSSIBLE]
    assert "but `Feed.restart` waits for the same, and once more before it stores anything" in evidence


@pytest.mark.parametrize(("end", "restart"), [case[1:] for case in SOONER], ids=[case[0] for case in SOONER])
def test_who_may_come_sooner_does_not(end: str, restart: tuple[str, ...]) -> None:
    (confidence,), _ = stopping(end, restart)
    assert confidence is Confidence.CERTAIN


ALONE = "import asyncio\n{}\nfeed = Feed()\n"
SCENARIO = Scenario("feed", lambda module, count: World([module.feed.main] * count, lambda: None))


def ends(restart: tuple[str, ...]) -> set[object]:
    """Give in which ways a run can end, in all orders in which asyncio really wakes tasks up."""
    outcome = explore(ALONE.format(text_of(END, restart) + RUN), SCENARIO, 1, "fifo")
    assert outcome.complete
    return {ending.results[0] for ending in outcome.endings}


@pytest.mark.parametrize(
    "restart", [case[2] for case in AS_LONG if case[1] is END], ids=[case[0] for case in AS_LONG if case[1] is END]
)
def test_no_order_in_which_asyncio_wakes_tasks_loses_the_new_one(restart: tuple[str, ...]) -> None:
    assert ends(restart) == {("returns", True)}


ALTHOUGH = ("if self._reader is not None and self._reader is None:", f"    {END}")


@pytest.mark.parametrize("restart", [(OPEN, STORE), (*ALTHOUGH, OPEN, STORE)], ids=["none", "passed by"])
def test_without_the_wait_for_the_old_it_is_lost(restart: tuple[str, ...]) -> None:
    assert ("returns", False) in ends(restart)
