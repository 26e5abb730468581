"""Programs whose fixes have to do with each other, and git to try the patches with."""

from __future__ import annotations

import subprocess
from pathlib import Path

from cli.running import LOST

PLAIN = LOST
"""One lost update, whose safe fix needs nothing else."""

APART = (
    LOST
    + "\n\n"
    + "\n\n".join(f"def helper_{number}():\n    return {number}\n" for number in range(5))
    + "\n\n"
    + LOST.replace("import asyncio\n\n\n", "")
    .replace("Bank", "Till")
    .replace("main", "other")
    .replace("balance", "sum")
)
"""Two lost updates far from each other."""

TOUCHING = LOST.replace(
    "\n\nasync def main",
    """
    async def debit(self, amount):
        current = self.debts
        await asyncio.sleep(0)
        self.debts = current + amount


async def main""",
).replace("(10)))", "(10)), *(bank.debit(1) for _ in range(10)))")
"""Two lost updates of different state in neighbouring methods."""

SHARING = """\
import asyncio


async def priced(total, amount):
    await asyncio.sleep(0)
    return total + amount


class Bank:
    def __init__(self):
        self.balance = 0
        self.debts = 0

    async def credit(self, amount):
        self.balance = await priced(self.balance, amount)

    def name(self):
        return "bank"

    def street(self):
        return "street"

    def city(self):
        return "city"

    async def debit(self, amount):
        self.debts = await priced(self.debts, amount)


async def main():
    bank = Bank()
    await asyncio.gather(*(bank.credit(1) for _ in range(10)), *(bank.debit(1) for _ in range(10)))
"""
"""Two lost updates far from each other, each of which needs a new lock in the same constructor."""

EARLY = """\
total = 0
async def add(amount):
    global total
    current = total
    await asyncio.sleep(0)
    total = current + amount


import asyncio


async def main():
    await asyncio.gather(add(1), add(2))
"""
"""A lost update whose patch begins in the first line."""

EDGES = (
    EARLY.replace("add(2)", "add(2), late(1), late(2)")
    + "\n\n"
    + "\n\n".join(f"def helper_{number}():\n    return {number}\n" for number in range(4))
    + """

rest = 0


async def late(amount):
    global rest
    current = rest
    await asyncio.sleep(0)
    rest = current + amount"""
)
"""Two lost updates, in the first lines and in the last ones, which have no end."""

BASE = """\
import asyncio


async def step(token, by):
    await asyncio.sleep(0)
    return token + by


class Session:
    def __init__(self):
        self.token = 0

    async def renew(self):
        self.token = await step(self.token, 1)
"""

DERIVED = """\
import asyncio
from base import Session, step


class Logged(Session):
    async def revoke(self):
        self.token = await step(self.token, 10)


async def main():
    session = Logged()
    await asyncio.gather(session.renew(), session.renew(), session.revoke(), session.revoke())
"""
"""With `BASE`: a lock in one file that a method in another one has to take."""


def git(folder: Path, *args: str | Path, stdin: bytes = b"") -> bytes:
    """Run git, which has to succeed."""
    done = subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@y", *map(str, args)],
        cwd=folder,
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def repository(root: Path, files: dict[str, bytes]) -> Path:
    """Make a repository with one commit that holds some files, byte for byte."""
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    git(root, "init", "-q")
    git(root, "config", "core.autocrlf", "false")
    git(root, "add", ".")
    git(root, "commit", "-qm", "all")
    return root


def contents(root: Path) -> dict[str, bytes]:
    """Give all files of a repository's work tree."""
    names = git(root, "ls-files", "-z").decode("utf-8", "surrogateescape").split("\0")
    return {name: (root / name).read_bytes() for name in names if name}
