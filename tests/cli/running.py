"""Runs the command line as users do: in this process, or as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from awaitomic.cli import main

SOURCE = Path(__file__).resolve().parents[2] / "src"

LOST = """\
import asyncio


class Bank:
    def __init__(self):
        self.balance = 0

    async def credit(self, amount):
        current = self.balance
        await asyncio.sleep(0)
        self.balance = current + amount


async def main():
    bank = Bank()
    await asyncio.gather(*(bank.credit(1) for _ in range(10)))
"""
"""A lost update with a safe fix."""

FIXED = LOST.replace(
    """\
        current = self.balance
        await asyncio.sleep(0)
""",
    """\
        await asyncio.sleep(0)
        current = self.balance
""",
)

KEYED = """\
import asyncio


class Bank:
    def __init__(self):
        self.rows = {}

    async def add(self, key, amount):
        row = await rated(self.rows.get(key, 0))
        self.rows[key] = row + amount


async def main():
    bank = Bank()
    await asyncio.gather(*(bank.add("a", 1) for _ in range(10)))
"""
"""A lost update of an entry, which takes a lock."""

REFRESH = """\
import asyncio


class Session:
    def __init__(self):
        self.token = ""
        self._lock = asyncio.Lock()

    async def revoke(self):
        async with self._lock:
            self.token = ""

    async def renew(self, refresh):
        self.token = await refresh(self.token)


async def main(refresh):
    session = Session()
    await asyncio.gather(session.renew(refresh), session.renew(refresh))
"""
"""A lost update that only a lock cures, held as long as a call that nobody here knows."""

CLEAN = "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(0)\n"


def run(*args: str | Path, stdin: bytes | None = None) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(main, [str(arg) for arg in args], input=stdin)


def program(
    *args: str | Path, cwd: Path, python: tuple[str, ...] = (), stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run ``python -m awaitomic`` as a program of its own, in `cwd`."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, *python, "-m", "awaitomic", *map(str, args)]
    return subprocess.run(command, cwd=cwd, env=environment, input=stdin, capture_output=True, check=False)
