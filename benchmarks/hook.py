"""Times a commit of ten files in a large tree: `pre-commit run` with awaitomic's hook, in multiples of ruff's.

    python benchmarks/hook.py FOLDER [...] [--rounds N] [--again N]

The Python files of the folders (packages, with about a thousand files in all) are copied into one git repository, and
ten of them are handed to the hooks, evenly taken from those with coroutines. Single times say more about the machine
than about the programs, so each step runs the two hooks one after the other, and only their ratio counts:

* cold: there is no cache of either program;
* again: nothing has changed since (the second try of a commit);
* edited: a body in each of the ten files has changed.

`pre-commit`, `ruff` and `awaitomic` have to be installed beside the Python that runs this; awaitomic as hooks are, and
not in development mode, so that its bytecode is there.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_TEN = 10
_TOUCHED = "\n\ndef touched_by_the_benchmark():\n    return {number}\n"
_CONFIG = """\
repos:
- repo: local
  hooks:
  - id: ruff
    name: ruff
    entry: {ruff} check --force-exclude
    language: system
    types: [python]
    require_serial: true
  - id: awaitomic
    name: awaitomic
    entry: {awaitomic} check --output-format hook
    language: system
    types: [python]
    require_serial: true
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds by the clock, and of the processor."""

    wall: float
    processor: float


class Tree:
    """A repository with the files of some folders, of which ten are committed again and again."""

    def __init__(self, root: Path, folders: list[Path]) -> None:
        self.root = root
        self._environment = {**os.environ, "PRE_COMMIT_HOME": str(root.parent / "pre-commit")}
        for folder in folders:
            for path in sorted(folder.rglob("*.py")):
                target = root / folder.name / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        self.files = sorted(root.rglob("*.py"))
        with_coroutines = [path for path in self.files if b"async def" in path.read_bytes()]
        if len(with_coroutines) < _TEN:
            raise SystemExit(f"only {len(with_coroutines)} files have coroutines")
        self.ten = with_coroutines[len(with_coroutines) // (2 * _TEN) :: len(with_coroutines) // _TEN][:_TEN]
        self._original = {path: path.read_bytes().rstrip() for path in self.ten}
        (root / "pyproject.toml").write_text("", encoding="utf-8")
        config = _CONFIG.format(awaitomic=_beside("awaitomic"), ruff=_beside("ruff"))
        (root / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
        self._git("init", "--quiet")
        self._git("add", "--all")
        self._git("-c", "user.name=benchmark", "-c", "user.email=", "commit", "--quiet", "--message", "all")

    def _git(self, *arguments: str) -> None:
        subprocess.run([_beside("git"), *arguments], cwd=self.root, check=True)

    def edit(self, number: int) -> None:
        """Change a body in each of the ten files, and stage that."""
        for path, raw in self._original.items():
            path.write_bytes(raw + _TOUCHED.format(number=number).encode())
        self._git("add", "--update")

    def forget(self) -> None:
        """Remove the caches of both programs."""
        for name in (".awaitomic_cache", ".ruff_cache"):
            shutil.rmtree(self.root / name, ignore_errors=True)

    def run(self, hook: str) -> Cost:
        """Run a hook on the ten files."""
        files = [str(path.relative_to(self.root)) for path in self.ten]
        command = [_beside("pre-commit"), "run", hook, "--files", *files]
        before, start = _processor_seconds(), time.perf_counter()
        done = subprocess.run(
            command, cwd=self.root, env=self._environment, capture_output=True, text=True, check=False
        )
        cost = Cost(time.perf_counter() - start, _processor_seconds() - before)
        if done.returncode not in {0, 1} or "Traceback" in done.stdout + done.stderr:
            raise SystemExit(done.stdout + done.stderr)
        return cost


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _beside(program: str) -> str:
    found = shutil.which(program, path=str(Path(sys.executable).parent)) or shutil.which(program)
    if found is None:
        raise SystemExit(f"{program} is not installed")
    return found


Pair = tuple[Cost, Cost]


def measure(tree: Tree, rounds: int, again: int) -> dict[str, list[Pair]]:
    """Run all steps; gives for each the costs with ruff and with awaitomic."""
    found: dict[str, list[Pair]] = {"cold": [], "again": [], "edited": []}
    for number in range(rounds):
        tree.forget()
        found["cold"].append(_both(tree))
        found["again"].extend(_both(tree) for _ in range(again))
        tree.edit(number)
        found["edited"].append(_both(tree))
        found["again"].extend(_both(tree) for _ in range(again))
    return found


def _both(tree: Tree) -> Pair:
    return tree.run("ruff"), tree.run("awaitomic")


def main() -> None:
    """Measure, and print the median ratio of each step with the least and the greatest one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--again", type=int, default=3, help="how often each state is tried again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory, "tree")
        root.mkdir()
        tree = Tree(root, [folder.resolve() for folder in arguments.folders])
        print(f"{len(tree.files)} files; the ten:", *(path.relative_to(root) for path in tree.ten), sep="\n    ")
        found = measure(tree, arguments.rounds, arguments.again)
    for name, pairs in found.items():
        for kind in ("wall", "processor"):
            ratios = [getattr(ours, kind) / getattr(ruffs, kind) for ruffs, ours in pairs]
            middle = [statistics.median(getattr(each, kind) for each in costs) for costs in zip(*pairs, strict=True)]
            print(
                f"{name:7} {kind:9} {statistics.median(ratios):7.2f} x  ({min(ratios):.2f} to {max(ratios):.2f}; "
                f"ruff {middle[0]:.2f} s, awaitomic {middle[1]:.2f} s)"
            )


if __name__ == "__main__":
    main()
