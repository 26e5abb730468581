"""State that is asked for once more right at the write: a test before the wait has only spared others the work."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from program.reading import reported

SWARM = """
class Swarm:
    def __init__(self):
        self.conns = []
        self.limit = 4

    async def dial(self, address):
        if len(self.conns) >= self.limit:
            raise RuntimeError
        self._add(await connect(address))

    def _add(self, conn):
        {add}

    async def main(self, addresses):
        await asyncio.gather(*(self.dial(each) for each in addresses))
"""
APPEND, TAKE = "self.conns.append(conn)", "self.conns.remove(conn)"
ANEW = [
    ("and takes the newcomer out", [APPEND, "if len(self.conns) > self.limit:", f"    {TAKE}"]),
    ("and takes the last out", [APPEND, "while len(self.conns) > self.limit:", "    self.conns.pop()"]),
]
OLD = [
    ("only says so", [APPEND, "if len(self.conns) > self.limit:", "    print(conn)"]),
    ("on one way only", [APPEND, "if conn.old:", "    if len(self.conns) > self.limit:", f"        {TAKE}"]),
    ("counts something else", [APPEND, "if conn.age > self.limit:", f"    {TAKE}"]),
    ("does not count", [APPEND]),
]


def of_swarm(lines: list[str]) -> set[str]:
    return reported(SWARM.format(add="\n        ".join(lines)))


OTHER_TESTS = [
    ("if there is any", "if self.conns:"),
    ("if there is none", "if not self.conns:"),
    ("another bound", "if len(self.conns) >= self.most:"),
    ("a number", "if len(self.conns) >= 4:"),
    ("a key, too", "if len(self.conns) >= self.limit or address in self.conns:"),
]
SAME_TESTS = [
    ("the other way round", "if not self.limit > len(self.conns):"),
    ("something else, too", "if len(self.conns) >= self.limit or address.blocked:"),
]
COUNTED = [APPEND, "if len(self.conns) > self.limit:", f"    {TAKE}"]


def of_test(test: str) -> set[str]:
    text = SWARM.format(add="\n        ".join(COUNTED))
    return reported(text.replace("if len(self.conns) >= self.limit:", test))


@pytest.mark.parametrize("test", [case[1] for case in OTHER_TESTS], ids=[case[0] for case in OTHER_TESTS])
def test_a_bound_says_nothing_to_who_asked_for_something_else(test: str) -> None:
    assert of_test(test) == {"Swarm.dial"}


@pytest.mark.parametrize("test", [case[1] for case in SAME_TESTS], ids=[case[0] for case in SAME_TESTS])
def test_the_same_count_is_made_anew(test: str) -> None:
    assert of_test(test) == set()


POOL = """
class Pool:
    def __init__(self, client):
        self.client = client
        self.conns = []

    async def get(self):
        if {test}:
            self.conns.append(await self.client.open_session())
            if len(self.conns) > 5:
                self.conns.pop(0)

async def main(client):
    pool = Pool(client)
    await asyncio.gather(pool.get(), pool.get())
"""


def test_how_long_a_list_may_get_does_not_fill_it_once() -> None:
    assert reported(POOL.format(test="not self.conns"), Confidence.CERTAIN) == {"Pool.get"}
    assert reported(POOL.format(test="len(self.conns) < 5")) == set()


OTHERS_BOUND = """
class Shelf:
    def __init__(self):
        self.items = []
        self.limit = 9

    def put(self, item):
        self.items.append(item)
        if len(self.items) > self.limit:
            self.items.pop()

class Shop:
    def __init__(self):
        self.shelf = Shelf()
        self.limit = 1

    async def fill(self):
        if len(self.shelf.items) < self.limit:
            self.shelf.put(await order())

    async def main(self):
        await asyncio.gather(self.fill(), self.fill())
"""


def test_the_bound_of_another_object_is_another_bound() -> None:
    assert reported(OTHERS_BOUND) == {"Shop.fill"}


@pytest.mark.parametrize("lines", [case[1] for case in ANEW], ids=[case[0] for case in ANEW])
def test_who_counts_anew_goes_by_what_is_there(lines: list[str]) -> None:
    assert of_swarm(lines) == set()


@pytest.mark.parametrize("lines", [case[1] for case in OLD], ids=[case[0] for case in OLD])
def test_who_does_not_goes_by_the_old_count(lines: list[str]) -> None:
    assert of_swarm(lines) == {"Swarm.dial"}


def test_a_count_after_another_wait_comes_too_late() -> None:
    lines = [APPEND, "await note(conn)", "if len(self.conns) > self.limit:", f"    {TAKE}"]
    text = SWARM.format(add="\n        ".join(lines)).replace(
        "self._add(await connect(address))", "conn = await connect(address)\n        await self._add(conn)"
    )
    assert "Swarm.dial" in reported(text.replace("def _add", "async def _add"))


STACK = """
class Stack:
    def __init__(self):
        self.stack = []

    async def work(self, items):
        {body}

    def add(self, item):
        self.stack.append(item)

    async def main(self, items):
        await asyncio.gather(self.work(items), self.work(items))
"""
ROUND, USE = "for each in items:", "await use(self.stack[-1])"
STILL = [
    ("its own element", [ROUND, f"    {USE}", "    if self.stack[-1] is each:", "        self.stack.pop()"]),
    (
        "in the next round, by a local",
        ["stack = self.stack", ROUND, "    if stack and stack[-1] is each:", "        stack.pop()",
         "    await use(stack[-1])"],
    ),
    (
        "after an exception, too",
        ["stack = self.stack", ROUND, "    try:", "        await use(stack[-1])", "    finally:",
         "        if stack and stack[-1] is each:", "            stack.pop()"],
    ),
    (
        "its own number",
        ["stack = self.stack", ROUND, "    await use(stack[-1])", "    if stack and each.id == stack[-1].id:",
         "        stack.pop()"],
    ),
    (
        "not another one",
        ["stack = self.stack", ROUND, "    await use(stack[-1])", "    if not stack or stack[-1] is not each:",
         "        continue", "    stack.pop()"],
    ),
    ("a local is asked if it is empty", ["stack = self.stack", "await use(1)", "if not stack:", "    stack.append(1)"]),
]  # fmt: skip
NO_MORE = [
    ("nothing is asked", ["while self.stack:", f"    {USE}", "    self.stack.pop()"]),
    ("before the wait", [ROUND, "    if self.stack[-1] is each:", f"        {USE}", "        self.stack.pop()"]),
    ("if there is any", ["stack = self.stack", "await use(stack[-1])", "if stack:", "    stack.pop()"]),
    ("if there is none", ["stack = self.stack", "await use(stack[-1])", "if not stack:", "    return", "stack.pop()"]),
    ("if there is any to clear", ["stack = self.stack", "await use(stack)", "if stack:", "    stack.clear()"]),
    ("any, of one kind", ["stack = self.stack", "await use(stack[-1])",
     "if stack and stack[-1] == 1:", "    stack.pop()"]),
    (
        "of another one",
        ["stack = self.stack", ROUND, "    await use(stack[-1])", "    if stack and stack[-1] is not each:",
         "        stack.pop()"],
    ),
    (
        "or whatever there is",
        ["stack = self.stack", ROUND, "    await use(stack[-1])", "    if each.old or stack[-1] is each:",
         "        stack.pop()"],
    ),
    (
        "another part",
        ["stack = self.stack", ROUND, "    await use(stack[-1])", "    if stack and stack[-1].id == each.name:",
         "        stack.pop()"],
    ),
    (
        "what is there now",
        ["stack = self.stack", "await use(stack[-1])", "last = stack[-1]", "if stack[-1] is last:", "    stack.pop()"],
    ),
    ("another end", [ROUND, f"    {USE}", "    if self.stack[0] is each:", "        self.stack.pop()"]),
    ("a local is asked too early", ["stack = self.stack", "if not stack:", "    await use(1)", "    stack.append(1)"]),
]  # fmt: skip


@pytest.mark.parametrize("body", [case[1] for case in STILL], ids=[case[0] for case in STILL])
def test_what_is_still_there_may_be_taken(body: list[str]) -> None:
    assert reported(STACK.format(body="\n        ".join(body))) == set()


@pytest.mark.parametrize("body", [case[1] for case in NO_MORE], ids=[case[0] for case in NO_MORE])
def test_what_may_be_gone_may_not(body: list[str]) -> None:
    assert reported(STACK.format(body="\n        ".join(body))) == {"Stack.work"}


SLOT = """
class Slot:
    def __init__(self):
        self.slot: {kind} | None = None

    async def renew(self, asked):
        if self.slot is None or asked:
            fresh = await load()
            if self.slot is not None:
                self.slot.{end}
            self.slot = fresh

    async def main(self):
        await asyncio.gather(self.renew(1), self.renew(2))
"""


@pytest.mark.parametrize(("kind", "end"), [("asyncio.Event", "set()"), ("Link", "close()")])
def test_who_ends_what_he_finds_may_put_another_in_its_place(kind: str, end: str) -> None:
    assert reported(SLOT.format(kind=kind, end=end)) == set()


def test_what_is_set_and_no_event_is_not_ended() -> None:
    assert reported(SLOT.format(kind="Link", end="set(1)")) == {"Slot.renew"}
