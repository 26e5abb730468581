"""The tests of a package of others: its folder, its virtual environment, and what came of a run of its tests."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOOLS = ("coverage", "pytest-reportlog", "pytest-timeout")
OWN_SETTINGS = f"--rcfile={os.devnull}"
"""Keeps coverage from the package's own settings, which may ask for a hundred per cent."""
SUPPLY = re.compile(r"\s*(import |from |[\w.]+(: \S+)? = [\w.]*Lock\(\)$|$)")
"""Lines that only supply a lock: that they run says nothing."""
BUILD = """
import sys
import numpy
from setuptools import setup
from Cython.Build import cythonize
modules = cythonize(sys.argv[1:], language_level=3)
setup(script_args=["build_ext", "--inplace"], ext_modules=modules, include_dirs=[numpy.get_include()])
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A package: which files are repaired, and how its tests are run."""

    name: str
    version: str
    sources: list[str]
    """Folders and files that are repaired, from the root of the sdist or the repository."""
    tests: list[str]
    """What pytest is given."""
    requires: list[str]
    """What the tests need beyond the package's own requirements."""
    exclude: list[str]
    """Patterns for what lies in the sources and is no source, such as the tests."""
    options: list[str]
    """For pytest: its plugins, and what cannot be run here."""
    install: str = "."
    """What pip installs in place: with the extras that the tests need; nothing, if it runs from its folder."""
    build: tuple[str, ...] = ()
    """Cython sources that are compiled where they are: what the tests import of a project that is not installed."""
    git: str = ""
    """Where the project's repository is, if its sdist lacks the tests."""
    rev: str = ""
    """The tag or commit that is taken from there."""
    strategy: tuple[str, ...] = ()
    """Remedies that are preferred, as by `--strategy`: a row of its own, beside that of what is preferred by itself."""
    python: str = sys.executable
    """The interpreter's name, if the release wants an older or a newer Python than this one."""
    minutes: int = 10

    @property
    def key(self) -> str:
        """The name of its folder: a package can be there with several strategies."""
        return "+".join((self.name, *(each.replace(":", "-") for each in self.strategy)))

    @classmethod
    def of(cls, data: dict[str, Any]) -> Package:
        """Give the package that a table of the TOML file describes."""
        lists: dict[str, list[str]] = {"tests": ["tests"], "requires": [], "exclude": [], "options": []}
        return cls(**{**lists, **data, **{name: tuple(data.get(name, ())) for name in ("strategy", "build")}})


@dataclass(frozen=True, slots=True)
class Suite:
    """One run of a test suite."""

    outcomes: dict[str, str]
    """By node id: passed, failed or skipped; "started" if the run was ended in it."""
    seconds: float
    ended: bool
    """False if the time was up."""

    @property
    def passed(self) -> set[str]:
        """The tests that passed."""
        return {test for test, outcome in self.outcomes.items() if outcome == "passed"}

    def count(self, outcome: str) -> int:
        """Give how many tests had this outcome."""
        return sum(each == outcome for each in self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one package."""

    root: Path
    package: Package

    @property
    def tree(self) -> Path:
        """The unpacked sdist or the checkout, which is installed in place."""
        return self.root / "tree"

    @property
    def python(self) -> Path:
        """The interpreter of the virtual environment."""
        return self.root / "venv" / "bin" / "python"

    def sources(self) -> list[Path]:
        """Give the Python files that may be repaired, relative to the tree."""
        named = [self.tree / source for source in self.package.sources]
        found = [path for source in named for path in ([source] if source.is_file() else source.rglob("*.py"))]
        return sorted(path.relative_to(self.tree) for path in found)


def run(command: list[str | Path], cwd: Path, log: Path) -> None:
    """Run a command whose output goes to a file.

    Raises:
        subprocess.CalledProcessError: if it fails.
    """
    with log.open("ab") as stream:
        subprocess.run(command, cwd=cwd, check=True, stdout=stream, stderr=subprocess.STDOUT)


def prepare(place: Place) -> None:
    """Get, unpack and install a package with all that its tests need, unless that has been done."""
    if (place.root / "ready").exists():
        return
    shutil.rmtree(place.root, ignore_errors=True)
    place.root.mkdir(parents=True)
    package, log = place.package, place.root / "prepare.log"
    (check_out if package.git else unpack)(place, log)
    run([package.python, "-m", "venv", place.root / "venv"], place.root, log)
    pip = [str(place.python), "-m", "pip", "install", "--quiet"]
    itself = ["-e", package.install] if package.install else []
    run([*pip, *package.requires, *TOOLS, *itself], place.tree, log)
    if package.build:
        run([place.python, "-c", BUILD, *package.build], place.tree, log)
    keep(place, "original")
    (place.root / "ready").touch()


def unpack(place: Place, log: Path) -> None:
    """Get the sources of a package from its sdist."""
    package = place.package
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", package.name]
    run([*pip, "--dest", place.root, f"{package.name}=={package.version}"], place.root, log)
    with tarfile.open(next(place.root.glob("*.tar.gz"))) as archive:
        archive.extractall(place.root / "unpacked", filter="data")
    next((place.root / "unpacked").iterdir()).rename(place.tree)


def check_out(place: Place, log: Path) -> None:
    """Get the sources of a package from its repository; with the tags, since versions are often made of them."""
    run(["git", "clone", "--quiet", "--no-checkout", place.package.git, place.tree], place.root, log)
    run(["git", "checkout", "--quiet", place.package.rev], place.tree, log)


def keep(place: Place, version: str) -> None:
    """Copy the sources, as they are, to where a version is kept."""
    for path in place.sources():
        target = place.root / version / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(place.tree / path, target)


def use(place: Place, version: str) -> None:
    """Put a version that was kept into the tree."""
    for path in place.sources():
        shutil.copyfile(place.root / version / path, place.tree / path)


def digest(place: Place, version: str) -> str:
    """Give a sum over all sources of a version that was kept."""
    total = hashlib.sha256()
    for path in place.sources():
        total.update(f"{path}\0".encode())
        total.update((place.root / version / path).read_bytes())
    return total.hexdigest()


def run_tests(place: Place, version: str, tests: list[str], log: str, *, covered: list[Path] | None = None) -> Suite:
    """Run tests with one version of the sources; with no plugin that spreads them, and no options of the package's.

    Parameters: of the files in `covered`, it is noted which lines run.

    Raises:
        LookupError: if none has run.
    """
    use(place, version)
    report = place.root / f"{log}.jsonl"
    report.unlink(missing_ok=True)
    command: list[str | Path] = [place.python]
    if covered:
        included = ",".join(str(place.tree / path) for path in covered)
        command += ["-m", "coverage", "run", OWN_SETTINGS, f"--data-file={place.root / 'coverage'}"]
        command += [f"--include={included}"]
    command += ["-m", "pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider", "--timeout=120"]
    command += ["--continue-on-collection-errors"]
    command += [f"--report-log={report}", *place.package.options, *tests]
    # Bytecode is told apart by times that two versions can share.
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(place.root / f"pycache-{version}")}
    start = time.monotonic()
    with (place.root / f"{log}.log").open("wb") as stream:
        process = subprocess.Popen(
            command,
            cwd=place.tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = finished(process, place.package.minutes * 60)
    found = outcomes(report)
    if not found:
        raise LookupError(f"no test has run: see {place.root / log}.log")
    return Suite(found, round(time.monotonic() - start, 1), ended)


def finished(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait for a process, and end it with all that it has started when the time is up."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False
    return True


def outcomes(report: Path) -> dict[str, str]:
    """Read the outcome of each test: it has passed if every part of it has."""
    found: dict[str, str] = {}
    lines = report.read_text().splitlines() if report.exists() else []
    for entry in map(json.loads, lines):
        kind, outcome = entry["$report_type"], entry.get("outcome")
        if kind == "CollectReport" and outcome == "failed":
            found[entry["nodeid"]] = "failed"
        elif kind == "TestReport" and found.get(entry["nodeid"]) != "failed":
            worse = outcome != "passed" or entry["when"] == "call"
            found[entry["nodeid"]] = outcome if worse else found.get(entry["nodeid"], "started")
    return found


def reached(place: Place, changed: list[Path]) -> tuple[int, int]:
    """Give how many of the runs of changed lines were executed when `run_tests` looked, and how many there are."""
    target = place.root / "coverage.json"
    command: list[str | Path] = [
        place.python,
        "-m",
        "coverage",
        "json",
        OWN_SETTINGS,
        f"--data-file={place.root / 'coverage'}",
        "-o",
        target,
    ]
    run(command, place.tree, place.root / "coverage.log")
    files = json.loads(target.read_text())["files"]
    executed = {(place.tree / name).resolve(): set(found["executed_lines"]) for name, found in files.items()}
    pairs = [(path, lines) for path in changed for lines in changes(place, path)]
    met = [path for path, lines in pairs if not executed.get((place.tree / path).resolve(), set()).isdisjoint(lines)]
    return len(met), len(pairs)


def changes(place: Place, path: Path) -> list[range]:
    """Give the runs of lines that are new in the repaired version of a file, but for those that supply a lock."""
    old, new = ((place.root / version / path).read_text().splitlines() for version in ("original", "fixed"))
    found = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    ranges = [range(start + 1, end + 1) for tag, _, _, start, end in found if tag != "equal"]
    return [lines for lines in ranges if not all(SUPPLY.match(new[line - 1]) for line in lines)]
