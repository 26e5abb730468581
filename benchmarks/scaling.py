"""Shows how the time of a run grows with the tree: one, two and four copies of a package in one project.

    python benchmarks/scaling.py PACKAGE_FOLDER

Each copy is a package of its own name, so that what is looked up in one is not found in another. The figures are ratios
of processor seconds to those of one copy, taken in one go; a run that is linear in the lines shows 1, 2, 4.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COPIES = (1, 2, 4)


def seconds(root: Path) -> float:
    """Give the processor seconds of one `check` of a tree, in one process."""
    command = [sys.executable, "-P", "-m", "awaitomic", "check", "--isolated", "--exit-zero", "--jobs", "1", "."]
    before = os.times()
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def lay_out(package: Path, root: Path, copies: int) -> int:
    """Copy a package several times, each under its own name, and give the number of lines in all."""
    (root / "pyproject.toml").touch()
    lines = 0
    for number in range(copies):
        name = f"{package.name}_{number}"
        shutil.copytree(package, root / name, ignore=shutil.ignore_patterns("*.pyc", "*.so"))
        for path in (root / name).rglob("*.py"):
            text = path.read_bytes()
            path.write_bytes(text.replace(package.name.encode() + b".", name.encode() + b"."))
            lines += text.count(b"\n")
    return lines


def main(package: Path) -> None:
    """Print a line for each number of copies."""
    first = 0.0
    for copies in COPIES:
        with tempfile.TemporaryDirectory() as folder:
            lines = lay_out(package, Path(folder), copies)
            taken = seconds(Path(folder))
        first = first or taken
        print(f"{copies} x: {lines} lines, {taken / first:.2f} times the processor seconds of one")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
