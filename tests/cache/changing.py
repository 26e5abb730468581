"""A small project whose files come in several variants, each of which changes what is found somewhere else."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from cli.running import run

BANK = """\
import asyncio


class Bank:
    def __init__(self):
        self.balance = 0
        self.lock = asyncio.Lock()

    async def credit(self, amount):
        current = self.balance
        await asyncio.sleep(0)
        self.balance = current + amount
"""
LOCKED = """\
import asyncio


class Bank:
    def __init__(self):
        self.balance = 0
        self.lock = asyncio.Lock()

    async def credit(self, amount):
        async with self.lock:
            current = self.balance
            await asyncio.sleep(0)
            self.balance = current + amount
"""
STARTS = """\
import asyncio

from app.bank import Bank


async def main():
    bank = Bank()
    await asyncio.gather(*(bank.credit(1) for _ in range(10)))
"""
HOLDS = """\
from app.bank import Bank


class Branch(Bank):
    async def merge(self, other):
        async with self.lock:
            await self.credit(other)
"""
SETS = """\
from app.bank import Bank


def reset(bank: Bank):
    bank.balance = 0
"""
ACCOUNT = """\
from app.base import Base


class Account(Base):
    async def renew(self, refresh):
        self.token = await refresh(self.token)
"""
BASE = """\
class Base:
    def __init__(self):
        self.token = ""
"""

VARIANTS: dict[str, tuple[str | None, ...]] = {
    "app/__init__.py": ("", "from app.bank import Bank\n"),
    "app/bank.py": (
        BANK,
        LOCKED,
        BANK.replace("sleep(0)", "sleep(1)"),
        BANK.replace("+ amount", "+ amount  # awaitomic: ignore[AWA101] single caller"),
        "# one line more\n" + BANK,
        BANK.replace("def credit(", "def credit(:"),
        None,
    ),
    "app/main.py": (
        STARTS,
        None,
        STARTS.replace("from app.bank", "from other.bank"),
        STARTS.replace("bank.credit(1) for _ in range(10)", "bank.credit(1) for _ in range(11)"),
        STARTS.replace("*(bank.credit(1) for _ in range(10))", "bank.credit(1)"),
        STARTS.replace("\n", "\r\n"),
    ),
    "app/branch.py": (HOLDS, None, HOLDS.replace("(Bank)", ""), HOLDS.replace("other)", "other)  # so be it", 1)),
    "app/reset.py": (None, SETS, SETS.replace("balance", "rest"), "# balance, credit and bank\n", "async def f(:\n"),
    "app/account.py": (ACCOUNT, ACCOUNT.replace("(Base)", "(object)")),
    "app/base.py": (BASE, BASE + "\n    async def close(self):\n        self.token = None\n", None),
    "app/jobs.py": (
        None,
        "from app.account import Account\n\n\ndef jobs(all):\n    return [one.renew for one in all]\n",
    ),
    "tests/test_app.py": (None, STARTS),
    "pyproject.toml": (
        "",
        '[project]\nrequires-python = ">=3.9"\n',
        '[tool.awaitomic]\nconfidence = "possible"\n',
        '[tool.awaitomic]\nconfidence = "possible"\nentry-points = ["handler"]\n',
        '[tool.awaitomic]\nignore = ["AWA101"]\n',
    ),
}
OLD = 1_500_000_000


class Changing:
    """The project on the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in VARIANTS:
            self.put(name, 0)

    def put(self, name: str, variant: int, *, old: bool = False) -> None:
        """Give a file one of its variants; with `old`, its time of change says nothing."""
        text = VARIANTS[name][variant % len(VARIANTS[name])]
        path = self.root / name
        path.unlink(missing_ok=True)
        if text is not None:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
            if old:
                os.utime(path, (OLD, OLD))

    def age(self) -> None:
        """Let all files have been changed long ago, as far as their times say."""
        for path in self.root.rglob("*.py"):
            os.utime(path, (OLD, OLD))


def told(*arguments: str | Path) -> tuple[int, str, str]:
    """Run a command, and give all that it says but for the time that it took."""
    done = run(*arguments)
    if "json" in arguments and done.exit_code != 2:
        document = json.loads(done.stdout)
        document["summary"]["seconds"] = 0
        return done.exit_code, json.dumps(document), done.stderr
    return done.exit_code, done.stdout, done.stderr


def remembered(*arguments: str | Path) -> tuple[int, int]:
    """Give how many files a check has parsed in all, and how many of them in an earlier run."""
    said = run("check", "--verbose", *arguments).stderr
    found = re.search(r"(\d+) of them parsed(?: \((\d+) in an earlier run\))?, ", said)
    assert found is not None, said
    return int(found[1]), int(found[2] or 0)
