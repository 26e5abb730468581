"""Times awaitomic against a linter and against plain parsing, side by side, and prints ratios.

Single times say more about the machine than about the program, so each round runs every command once, one after the
other, and only the ratios of one round are compared. Run it from a checkout:

    python benchmarks/compare.py PATH [--rounds N]

`ruff` must be installed for the comparison with it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

PARSE_ALL = """\
import ast, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        pass
"""


def commands(path: Path) -> dict[str, list[str]]:
    """Give the commands to compare, by name; the first one is the measure of the others."""
    awaitomic = [sys.executable, "-m", "awaitomic", "check", "--isolated", "--exit-zero", "--quiet"]
    found = {
        "ast.parse of every file": [sys.executable, "-c", PARSE_ALL, str(path)],
        "awaitomic check --jobs 1": [*awaitomic, "--jobs", "1", str(path)],
        "awaitomic check": [*awaitomic, str(path)],
    }
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff:
        found["ruff check --no-cache"] = [ruff, "check", "--no-cache", "--isolated", "--exit-zero", "-q", str(path)]
    return found


def seconds(command: list[str]) -> float:
    """Run a command and give its wall time in seconds.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Run the rounds and print the median ratio of each command to the first."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    named = commands(arguments.path)
    rounds = [{name: seconds(command) for name, command in named.items()} for _ in range(arguments.rounds)]
    first = next(iter(named))
    for name in named:
        ratios = [each[name] / each[first] for each in rounds]
        median = statistics.median(each[name] for each in rounds)
        print(f"{name:28} {statistics.median(ratios):6.2f} x  ({min(ratios):.2f} to {max(ratios):.2f}; {median:.1f} s)")


if __name__ == "__main__":
    main()
