"""Iterating over a copy: how far it may be trusted, and what is asked first."""

from __future__ import annotations

import pytest

from awaitomic.remedies import snapshot
from remedies.halls import LEFT, program

from .outcome import outcome

OWN = "that breaks the loop without any other task, too, and with a copy it goes on"
OWN_HERE = "that breaks it without any other task, too, and with a copy it goes on"

SAFE = {
    "nobody ever leaves": (
        "for k in self.joined:\n    await k.tell()",
        "for k in list(self.joined):\n    await k.tell()",
        "nothing takes members out of `self.joined`: the loop could never go over more than the copy",
    ),
    "nobody leaves, and an entry that is there stays": (
        "for k, v in self.once.items():\n    await v.tell()",
        "for k, v in list(self.once.items()):\n    await v.tell()",
        "nothing takes members out of `self.once`: the loop could never go over more than the copy",
    ),
    "keys stay, whatever is stored under them": (
        "for k in self.filled:\n    await k.tell()",
        "for k in list(self.filled):\n    await k.tell()",
        "nothing takes members out of `self.filled`: the loop could never go over more than the copy",
    ),
    "members are only noted down": (
        "found = []\nfor k in self.members:\n    found.append(k)\n    await key()\nreturn found",
        "found = []\nfor k in list(self.members):\n    found.append(k)\n    await key()\nreturn found",
        "what the loop does with a member cannot fail or do harm if the member has left meanwhile",
    ),
    "members are only logged": (
        "for k in self.members:\n    log.info(k)\n    await key()",
        "for k in list(self.members):\n    log.info(k)\n    await key()",
        "what the loop does with a member cannot fail or do harm if the member has left meanwhile",
    ),
    "members are only counted": (
        "n = 0\nfor _ in self.members:\n    n += 1\n    await key()\nreturn n",
        "n = 0\nfor _ in list(self.members):\n    n += 1\n    await key()\nreturn n",
        "what the loop does with a member cannot fail or do harm if the member has left meanwhile",
    ),
}


@pytest.mark.parametrize(("body", "after", "because"), SAFE.values(), ids=SAFE)
def test_a_copy_is_safe(body: str, after: str, because: str) -> None:
    found = outcome(snapshot.propose, "AWA104", program(body))
    assert (found.verdict, found.text, found.because) == ("safe", program(after), (because,))


GUARD = "if k not in self.seats:\n        continue"
PASSED_OVER = ("who has left meanwhile is passed over, and for one task nobody has",)

GUARDED = {
    "a lookup": (
        "for k in self.seats:\n    await self.seats[k].tell()",
        f"for k in list(self.seats):\n    {GUARD}\n    await self.seats[k].tell()",
    ),
    "on the line of the header": (
        "for k in self.seats: await self.seats[k].tell()",
        f"for k in list(self.seats):\n    {GUARD}\n    await self.seats[k].tell()",
    ),
    "comments stay with what they are about": (
        "for k in self.seats:  # all\n    # first\n    await self.seats[k].tell()",
        f"for k in list(self.seats):  # all\n    {GUARD}\n    # first\n    await self.seats[k].tell()",
    ),
    "by get": (
        "for k in self.seats:\n    seat = self.seats.get(k)\n    await seat.tell()",
        f"for k in list(self.seats):\n    {GUARD}\n    seat = self.seats.get(k)\n    await seat.tell()",
    ),
    "beside the values": (
        "for k, v in self.seats.items():\n    await v.tell(self.seats[k])",
        f"for k, v in list(self.seats.items()):\n    {GUARD}\n    await v.tell(self.seats[k])",
    ),
    "numbered": (
        "for i, k in enumerate(self.seats.keys()):\n    await self.seats[k].tell(i)",
        f"for i, k in enumerate(list(self.seats.keys())):\n    {GUARD}\n    await self.seats[k].tell(i)",
    ),
    "by an alias": (
        "seats = self.seats\nfor k in seats:\n    await seats[k].tell()",
        "seats = self.seats\n"
        "for k in list(seats):\n    if k not in seats:\n        continue\n    await seats[k].tell()",
    ),
    "in a counter, which never says that something is missing": (
        "for k in self.counts:\n    await key(self.counts[k])",
        "for k in list(self.counts):\n    if k not in self.counts:\n        continue\n    await key(self.counts[k])",
    ),
    "the test is there already": (
        "for k in self.seats:\n    if k not in self.seats:\n        continue\n    await self.seats[k].tell()",
        f"for k in list(self.seats):\n    {GUARD}\n    await self.seats[k].tell()",
    ),
    "around all": (
        "for k in self.seats:\n    if k in self.seats:\n        await self.seats[k].tell()",
        "for k in list(self.seats):\n    if k in self.seats:\n        await self.seats[k].tell()",
    ),
}


@pytest.mark.parametrize(("body", "after"), GUARDED.values(), ids=GUARDED)
def test_who_is_looked_up_by_the_key_is_asked_for_first(body: str, after: str) -> None:
    found = outcome(snapshot.propose, "AWA104", program(body))
    assert (found.verdict, found.text, found.because) == ("safe", program(after), PASSED_OVER)


def test_no_test_is_needed_where_nobody_leaves() -> None:
    found = outcome(snapshot.propose, "AWA104", program("for k in self.filled:\n    await self.filled[k].tell()"))
    after = "for k in list(self.filled):\n    await self.filled[k].tell()"
    assert (found.verdict, found.text) == ("safe", program(after))


def lookup(text: str) -> str:
    return f"`{text}` may find nothing there, or something else, if the member has left meanwhile"


UNSAFE = {
    "a member that has left may be useless": ("for k in self.seats:\n    await k.tell()", (LEFT,)),
    "or be what is decided by": ("for k in self.seats:\n    if k == 1:\n        await key()", (LEFT,)),
    "or be kept where others find it": ("for k in self.seats:\n    self.last = k\n    await key()", (LEFT,)),
    "or be noted down for what comes after the loop": (
        "old = []\nfor k in self.seats:\n    await key()\n    old.append(k)\nkey.drop(old)",
        (LEFT,),
    ),
    "values may be others": (
        "for v in self.filled.values():\n    await v.tell()",
        ("an entry that is replaced meanwhile is still visited with the value that it had",),
    ),
    "a list may have grown": (
        "for k in self.guests:\n    await k.tell()",
        (
            LEFT,
            "what is added to the list, or put in the place of another, while the loop waits is no longer seen by it",
        ),
    ),
    "what is weak would go": (
        "for k in self.weak:\n    await k.tell()",
        (LEFT, "the copy keeps members alive that would otherwise go during the loop"),
    ),
    "the loop breaks itself": (
        "for k in self.seats:\n    await self.drop(k)\n    await key()",
        (f"`Hall.drop`, which the loop calls, takes members out of `self.seats`: {OWN}", LEFT),
    ),
    "the loop stores by a call": (
        "for k in self.filled:\n    await self.fill(k)\n    await k.tell()",
        ("`Hall.fill`, which the loop calls, changes `self.filled`, which a copy does not show",),
    ),
    "by its own hands": (
        "for k in self.seats:\n    await k.tell()\n    self.seats.pop(k, None)",
        (f"the loop itself takes members out of `self.seats`: {OWN_HERE}", LEFT),
    ),
    "also if it takes first": (
        "for k in self.seats:\n    seat = self.seats.pop(k)\n    await seat.tell()",
        (f"the loop itself takes members out of `self.seats`: {OWN_HERE}",),
    ),
    "what has left comes back": (
        "for k in self.seats:\n    self.seats[k] = await key()",
        ("the loop stores under the key after it has waited: what has left `self.seats` meanwhile comes back", LEFT),
    ),
    "no test would help what stands behind the wait": (
        "for k in self.seats:\n    seat = self.seats[k]\n    await seat.tell()\n    del self.seats[k]",
        (f"the loop itself takes members out of `self.seats`: {OWN_HERE}", lookup("self.seats[k]"), LEFT),
    ),
    "a comprehension has no place for the test": (
        "return [await self.seats[k].tell() for k in self.seats]",
        (lookup("self.seats[k]"), LEFT),
    ),
    "a table in a table may be gone as well": (
        "for k in self.topics[key]:\n    self.topics[key].remove(k)\n    await key()",
        (
            f"the loop itself takes members out of `self.topics[key]`: {OWN_HERE}",
            lookup("self.topics[key].remove(k)"),
            LEFT,
        ),
    ),
    "nor is a position a key": (
        "for i, k in enumerate(self.queue):\n    await self.queue[i].tell()",
        (lookup("self.queue[i]"), LEFT),
    ),
    "somebody is told how many there are": (
        "for k in self.seats:\n    await self.seats[k].tell(len(self.seats))",
        ("`self.seats` is looked into again (line 45), which shows what has changed meanwhile, as the copy does not",),
    ),
    "or afterwards": (
        "for k in self.joined:\n    await k.tell()\nreturn len(self.joined)",
        ("`self.joined` is looked into again (line 46), which shows what has changed meanwhile, as the copy does not",),
    ),
}


@pytest.mark.parametrize(("body", "because"), UNSAFE.values(), ids=UNSAFE)
def test_why_a_copy_is_unsafe(body: str, because: tuple[str, ...]) -> None:
    found = outcome(snapshot.propose, "AWA104", program(body))
    assert (found.verdict, found.because) == ("unsafe", because)


SEVERAL = (
    "`Hall.{}` changes several members at once, of which the loop may see a part: it has been to the others before"
)


@pytest.mark.parametrize(
    ("change", "safe"),
    [
        ("self.seats.pop(key)", True),
        ("self.seats.clear()", False),
        ("self.seats[key.name] = self.seats.pop(key)", False),
        ("self.seats.pop(key)\n        await key()\n        self.seats[key.name] = key", True),
        ("for one in key:\n            self.seats.pop(one)", False),
        ("self.seats.update(key)", False),
    ],
)
def test_who_asks_first_sees_a_part_of_what_is_changed_at_once(change: str, safe: bool) -> None:
    more = f"    async def swap(self, key):\n        {change}\n\n    async def f("
    text = program("for k in self.seats:\n    await self.seats[k].tell()").replace("    async def f(", more)
    found = outcome(snapshot.propose, "AWA104", text)
    assert found.because == (PASSED_OVER if safe else (SEVERAL.format("swap"),))


def test_what_is_done_by_two_calls_at_once_counts_as_well() -> None:
    text = program("for k in self.seats:\n    await self.seats[k].tell()")
    more = "    def out(self, key):\n        self.seats.pop(key)\n\n"
    more += "    def put(self, key):\n        self.seats[key] = key\n\n"
    text = text.replace("    async def f(", f"{more}    async def f(")
    assert outcome(snapshot.propose, "AWA104", text).because == PASSED_OVER
    both = "    async def both(self, key):\n        self.out(key)\n        self.put(key.name)\n\n"
    text = text.replace("    async def f(", f"{both}    async def f(")
    assert outcome(snapshot.propose, "AWA104", text).because == (SEVERAL.format("both"),)
