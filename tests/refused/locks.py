"""Why no lock is taken: it would hang, keep nobody out, or have no place; two locks and their order."""

from __future__ import annotations

from .case import Given, Harm, Refused

BANK = """
import asyncio


class Bank:
    def __init__(self):
        self.total = 0
        self.n = 0

    async def add(self, amount):
        total = self.total
        await asyncio.sleep(1)
        self.total = total + amount

    async def set(self, amount):
        await asyncio.sleep(1)
        self.total = amount
{more}

bank = Bank()
"""
MADE = ("        self.n = 0\n", "        self.n = 0\n        self._lock = asyncio.Lock()\n")
SPAN = "        total = self.total\n        await asyncio.sleep(1)\n        self.total = total + amount\n"
SET = "        await asyncio.sleep(1)\n        self.total = amount\n"


def _under(lines: str, lock: str = "self._lock") -> tuple[str, str]:
    """Give statements, and the same under a lock."""
    indented = "".join(f"    {line}\n" if line else "\n" for line in lines.split("\n")[:-1])
    margin = " " * (len(lines) - len(lines.lstrip(" ")))
    return lines, f"{margin}async with {lock}:\n{indented}"


def _bank(
    more: str,
    *instead: tuple[str, str],
    tasks: tuple[str, ...] = ("bank.add(1)",),
    state: str = "bank.total, bank.n",
    head: str = "",
) -> Refused:
    text = BANK.format(
        more="".join(f"    {line}\n" if line else "\n" for line in ["", *more.split("\n")]) if more else ""
    )
    return Refused(
        text=head + text,
        tasks=tasks,
        state=state,
        only="lock",
        instead=instead,
        harm="schedule" if instead else None,
    )


CLIENT = """
import asyncio
{head}

class Client{bases}:
{slots}    def __init__(self):
        self.conn = None
        self.made = 0

    async def get(self):
        if self.conn is None:
            await self.open()
        return self.conn

    async def open(self):
        await asyncio.sleep(1)
{wait}        self.made += 1
        self.conn = [self.made]
{more}

client = {maker}
"""
NEXT = "\n    async def get(self):\n"
CLIENT_MADE = (f"        self.made = 0\n{NEXT}", f"        self.made = 0\n        self._lock = asyncio.Lock()\n{NEXT}")
TEST = "        if self.conn is None:\n            await self.open()\n"


def _client(
    *instead: tuple[str, str],
    head: str = "",
    bases: str = "",
    slots: str = "",
    wait: str = "",
    more: str = "",
    maker: str = "Client()",
    project: str = "",
    harm: Harm = "alone",
    tasks: tuple[str, ...] = ("client.get()",),
) -> Refused:
    text = CLIENT.format(head=head, bases=bases, slots=slots, wait=wait, more=more, maker=maker)
    return Refused(
        text=text,
        tasks=tasks,
        state="client.made",
        only="lock",
        project=project,
        instead=instead,
        harm=harm if instead else None,
    )


SOURCE = """
import asyncio


class Source:
    def __init__(self):
        self.ready = asyncio.Event()
        self.item = None
        self.made = 0

    async def get(self):
        if self.item is None:
            await self.ready.wait()
            self.item = await self.make()
        return self.item

    async def make(self):
        await asyncio.sleep(1)
        self.made += 1
        return self.made

    async def give(self, item):
        self.item = item
        self.ready.set()


source = Source()
"""
REGISTRY = """
import asyncio


class Table:
    def __init__(self):
        self.rows = []

    async def find(self, name):
        await asyncio.sleep(1)
        return name in self.rows

    async def insert(self, name):
        await asyncio.sleep(1)
        self.rows.append(name)


class Registry:
    def __init__(self, table: Table):
        self.lock = asyncio.Lock()
        self.open = asyncio.Event()
        self.table = table

    async def register(self, name):
        async with self.lock:
            known = await self.table.find(name)
        if known:
            return
        await self.open.wait()
        async with self.lock:
            await self.table.insert(name)

    async def admit(self):
        async with self.lock:
            self.open.set()


registry = Registry(Table())
"""
CASES: dict[str, Refused | Given] = {
    "waits-between": Refused(
        text=REGISTRY,
        tasks=("registry.register('ann')", "registry.admit()", "registry.register('ann')"),
        state="registry.table.rows",
        instead=(
            (
                "        if known:\n            return\n        await self.open.wait()\n"
                "        async with self.lock:\n",
                "            if known:\n                return\n            await self.open.wait()\n",
            ),
        ),
        harm="schedule",
    ),
    "sync-writer": _bank(
        "def add_now(self, amount):\n    self.total += amount\n\nasync def pay(self, amount):\n"
        "    self.add_now(amount)",
        MADE,
        _under(SPAN),
        _under(SET),
        tasks=("bank.add(1)", "bank.pay(5)"),
    ),
    "foreign-state": Refused(
        text=BANK.format(more="") + "\n\nasync def pay(account, amount):\n    total = account.total\n"
        "    await asyncio.sleep(1)\n    account.total = total + amount\n",
        tasks=("pay(bank, 1)",),
        state="bank.total",
        only="lock",
    ),
    "other-lock": Refused(fixture="uncovered_access/lock_of_key_by_getter.py"),
    "self-deadlock": _client(
        CLIENT_MADE,
        _under(TEST),
        ("        await super().open()\n", "        async with self._lock:\n            await super().open()\n"),
        more="\n\nclass Sub(Client):\n    async def open(self, *, again=False):\n        await super().open()\n",
        maker="Sub()",
        harm="schedule",
    ),
    "lock-order": Refused(fixture="check_then_act/inverted_lock.py"),
    "waits-for-holder": Refused(
        text=SOURCE,
        tasks=("source.get()", "source.give(5)", "source.get()"),
        state="source.item, source.made",
        only="lock",
        instead=(
            ("        self.made = 0\n", "        self.made = 0\n        self._lock = asyncio.Lock()\n"),
            _under(
                "        if self.item is None:\n            await self.ready.wait()\n"
                "            self.item = await self.make()\n"
            ),
            _under("        self.item = item\n"),
        ),
        harm="schedule",
    ),
    "new-suspension": Refused(
        text=BANK.format(
            more="\n    async def use(self):\n        n = self.n\n        await self.set(1)\n        self.n = n + 1\n"
        ).replace(SET, "        self.total = amount\n"),
        tasks=("bank.use()", "bank.add(5)", "bank.use()"),
        state="bank.total, bank.n",
        only="lock",
        instead=(MADE, _under(SPAN), _under("        self.total = amount\n")),
        harm="schedule",
    ),
    "span-too-long": _bank(
        "async def long(self):\n    total = self.total\n"
        + "".join(f"    self.n = {number}\n" for number in range(60))
        + "    await asyncio.sleep(self.n)\n    self.total = total + 1",
        tasks=("bank.long()",),
    ),
    "too-many-writers": _bank(
        "\n\n".join(
            f"async def add{number}(self):\n    total = self.total\n    await asyncio.sleep(1)\n"
            f"    self.total = total + {number}"
            for number in range(9)
        ),
        tasks=("bank.add1()", "bank.add2()"),
    ),
    "no-common-class": Given(
        "tests/remedies/test_attribute_refused.py::test_refused_are_users_that_share_no_class",
        "state has the same name in two functions only if their classes have an ancestor in common",
    ),
    "is-a-lock": _client(
        more="\n    async def acquire(self):\n        return await self.get()\n\n"
        "    def release(self):\n        self.conn = None\n"
    ),
    "unfit-class": _client(
        CLIENT_MADE, _under(TEST), slots="    __slots__ = tuple('conn made'.split())\n\n", harm="import"
    ),
    "init-not-called": _client(
        CLIENT_MADE,
        _under(TEST),
        more="\n\nclass Sub(Client):\n    def __init__(self):\n        self.conn = None\n        self.made = 0",
        maker="Sub()",
    ),
    "old-python": _client(
        head="from dataclasses import dataclass",
        project='[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.8"\n',
    ),
    "foreign-loop": _client(
        head="\ntry:\n    import trio\nexcept ImportError:\n    trio = None\n",
        wait="        if trio:\n            await trio.sleep(1)\n",
    ),
    "explicit-acquire": Refused(fixture="uncovered_access/given_back_by_a_helper.py"),
    "asked-without-lock": Refused(fixture="early_publish/stored_and_shown.py"),
    "between-locks": Refused(fixture="lock_order/three_locks.py"),
    "taken-by-call": Refused(fixture="lock_order/through_calls.py"),
    "pair-order": Refused(fixture="lock_order/transfer.py"),
}
