"""Shows how the time and the memory of a run grow with the size of one file, up to a million lines.

    python benchmarks/large_file.py [LINES ...]

The file is made of classes that share a lock, state and calls, each of its own name, with a bug in one of a hundred.
The times are ratios of processor seconds to those of the first size, taken in one go.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

SIZES = (125_000, 250_000, 500_000, 1_000_000)

CLASS = '''
class Account{n}:
    """An account that several tasks use."""

    def __init__(self):
        self.lock = asyncio.Lock()
        self.balance = 0
        self.rows = []

    async def pay(self, amount):
        async with self.lock:
            balance = self.balance
            await asyncio.sleep(0)
            self.balance = balance - amount
        await self._note(amount)

    async def _note(self, amount):
        for row in list(self.rows):
            await asyncio.sleep(row)
        self.rows.append(amount)

    async def move(self, other: "Account{other}", amount):
        await self.pay(amount)
        await other.pay(-amount)
'''
BUG = """
    async def credit(self, amount):
        balance = self.balance
        await asyncio.sleep(0)
        self.balance = balance + amount
"""


def write(path: Path, lines: int) -> tuple[int, int]:
    """Write a file of about so many lines; give how many it has, and how many bugs."""
    text, made, bugs, number = ["import asyncio\n"], 1, 0, 0
    while made < lines:
        source = CLASS.format(n=number, other=max(number - 1, 0))
        if number % 100 == 0:
            source, bugs = source + BUG, bugs + 1
        text.append(source)
        made += source.count("\n")
        number += 1
    path.write_text("".join(text))
    return made, bugs


def main(sizes: list[int]) -> None:
    """Print a line for each size."""
    first = 0.0
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            lines, bugs = write(Path(folder) / "large.py", size)
            (Path(folder) / "pyproject.toml").touch()
            command = [sys.executable, "-P", "-m", "awaitomic", "check", "--isolated", "--jobs", "1", "large.py"]
            command += ["--confidence", "possible", "--output-format", "json"]
            before = os.times()
            ended = subprocess.run(command, cwd=folder, check=False, capture_output=True)
            after = os.times()
        taken = after.children_user + after.children_system - before.children_user - before.children_system
        first = first or taken
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        found = ended.stdout.count(b'"fingerprint"')
        print(
            f"{lines} lines: exit code {ended.returncode}, {found} findings for {bugs} bugs, "
            f"{taken / first:.2f} times the processor seconds of the first, up to {peak:.1f} GiB",
            flush=True,
        )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
