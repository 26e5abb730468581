"""Applies every fix, the unsafe ones too, to packages of others, and runs the packages' own tests before and after.

    python benchmarks/field_test.py FOLDER [PACKAGE ...]
    python benchmarks/field_test.py FOLDER --table

The packages stand in `field_packages.toml`. Each gets a folder of its own under FOLDER, with its sdist, a fresh virtual
environment and a checkout in place; nothing else is written. A test counts as broken if it passed before, does not
afterwards, and in three more runs of both versions alone still tells them apart. What came of a package is kept as
JSON in FOLDER, and `--table` makes the table of `docs/field-test.md` of it. It takes hours.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from awaitomic import __version__
from awaitomic.config import Settings
from awaitomic.engine.run import check, fix
from awaitomic.model.finding import Confidence

TABLE = Path(__file__).with_name("field_packages.toml")
TOOLS = ("pytest-reportlog", "pytest-timeout")
AGAIN = 3


@dataclass(frozen=True, slots=True)
class Package:
    """A package: which files are repaired, and how its tests are run."""

    name: str
    version: str
    sources: list[str]
    """Folders that are repaired, from the root of the sdist."""
    tests: list[str]
    """What pytest is given."""
    requires: list[str]
    """What the tests need beyond the package's own requirements."""
    exclude: list[str]
    """Patterns for what lies in the sources and is no source, such as the tests."""
    options: list[str]
    """For pytest: its plugins, and what cannot be run here."""
    install: str = "."
    """What pip installs in place: with the extras that the tests need."""
    minutes: int = 10

    @classmethod
    def of(cls, data: dict[str, Any]) -> Package:
        """Give the package that a table of the TOML file describes."""
        lists: dict[str, list[str]] = {"tests": ["tests"], "requires": [], "exclude": [], "options": []}
        return cls(**{**lists, **data})


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
        """The unpacked sdist, which is installed in place."""
        return self.root / "tree"

    @property
    def python(self) -> Path:
        """The interpreter of the virtual environment."""
        return self.root / "venv" / "bin" / "python"

    def sources(self) -> list[Path]:
        """Give the Python files that may be repaired, relative to the tree."""
        found = (path for source in self.package.sources for path in (self.tree / source).rglob("*.py"))
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
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", package.name]
    run([*pip, "--dest", place.root, f"{package.name}=={package.version}"], place.root, log)
    with tarfile.open(next(place.root.glob("*.tar.gz"))) as archive:
        archive.extractall(place.root / "unpacked", filter="data")
    next((place.root / "unpacked").iterdir()).rename(place.tree)
    run([sys.executable, "-m", "venv", place.root / "venv"], place.root, log)
    pip = [str(place.python), "-m", "pip", "install", "--quiet"]
    run([*pip, *package.requires, *TOOLS, "-e", package.install], place.tree, log)
    keep(place, "original")
    (place.root / "ready").touch()


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


def run_tests(place: Place, version: str, tests: list[str], log: str) -> Suite:
    """Run tests with one version of the sources; with no plugin that spreads them, and no options of the package's."""
    use(place, version)
    report = place.root / f"{log}.jsonl"
    report.unlink(missing_ok=True)
    command: list[str | Path] = [
        place.python,
        "-m",
        "pytest",
        "-q",
        "-o",
        "addopts=",
        "-p",
        "no:cacheprovider",
        "--timeout=120",
    ]
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
    return Suite(outcomes(report), round(time.monotonic() - start, 1), ended)


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


def repair(place: Place) -> dict[str, Any]:
    """Apply all fixes to the original sources and keep what comes of it; give what was found and done."""
    use(place, "original")
    settings = Settings(
        confidence=Confidence.POSSIBLE, unsafe_fixes=True, extend_exclude=tuple(place.package.exclude), jobs=1
    )
    paths = [place.tree / source for source in place.package.sources]
    findings = len(check(paths, settings).report.findings)
    result = fix(paths, settings, write=True)
    keep(place, "fixed")
    strategies = [applied.finding.fix.strategy for applied in result.applied if applied.finding.fix]
    return {
        "findings": findings,
        "applied": dict(collections.Counter(strategies).most_common()),
        "refusals": dict(collections.Counter(each.refusal.code for each in result.report.findings if each.refusal)),
        "errors": [f"{error.path}: {error.message}" for error in result.report.errors],
        "places": [f"{applied.finding.path}:{applied.line} {applied.finding.rule}" for applied in result.applied],
    }


def settle(place: Place, suspects: list[str]) -> tuple[list[str], list[str]]:
    """Run tests that fail only afterwards some more times, with both versions: give the broken and the flaky ones."""
    if not suspects:
        return [], []
    passed: dict[str, collections.Counter[str]] = {"original": collections.Counter(), "fixed": collections.Counter()}
    for number in range(AGAIN):
        for version, counter in passed.items():
            counter.update(run_tests(place, version, suspects, f"again-{version}-{number}").passed)
    broken = [test for test in suspects if passed["original"][test] > passed["fixed"][test]]
    return broken, [test for test in suspects if test not in broken]


def examine(place: Place, *, anew: bool) -> dict[str, Any]:
    """Do it all for one package, and give what came of it."""
    prepare(place)
    kept = place.root / "before.json"
    if anew or not kept.exists():
        kept.write_text(json.dumps(asdict(run_tests(place, "original", place.package.tests, "before"))))
    before = Suite(**json.loads(kept.read_text()))
    print(f"  before: {before.count('passed')} passed, {before.count('failed')} failed", flush=True)
    repaired = repair(place)
    print(f"  {repaired['findings']} findings, applied {repaired['applied']}", flush=True)
    after = run_tests(place, "fixed", place.package.tests, "after")
    broken, flaky = settle(place, sorted(before.passed - after.passed)) if after.ended else ([], [])
    print(f"  after: {after.count('passed')} passed, {after.count('failed')} failed, {broken=} {flaky=}", flush=True)
    return {
        "name": place.package.name,
        "version": place.package.version,
        **repaired,
        "before": summary(before),
        "after": summary(after),
        "broken": broken,
        "flaky": flaky,
    }


def summary(suite: Suite) -> dict[str, Any]:
    """Give the numbers of one run of a suite."""
    numbers = {outcome: suite.count(outcome) for outcome in ("passed", "failed", "skipped", "started")}
    return {**numbers, "seconds": suite.seconds, "ended": suite.ended}


def table(results: list[dict[str, Any]]) -> str:
    """Give the results as a table in Markdown, with a line of sums."""
    lines = ["| package | version | findings | applied | by remedy | before | after | broken |", "|---" * 8 + "|"]
    total: collections.Counter[str] = collections.Counter()
    for each in results:
        total.update(each["applied"])
        lines.append(
            f"| {each['name']} | {each['version']} | {each['findings']} | {sum(each['applied'].values())} "
            f"| {listed(each['applied'])} | {told(each['before'])} | {told(each['after'])} | {len(each['broken'])} |"
        )
    findings, broken = (sum(each["findings"] for each in results), sum(len(each["broken"]) for each in results))
    lines.append(f"| together | | {findings} | {total.total()} | {listed(total)} | | | {broken} |")
    return "\n".join(lines)


def listed(applied: dict[str, int]) -> str:
    """Give the fixes of each remedy, the most frequent one first."""
    return ", ".join(f"{name} {count}" for name, count in sorted(applied.items(), key=lambda pair: (-pair[1], pair[0])))


def told(suite: dict[str, Any]) -> str:
    """Say how a run of a suite came out."""
    failed = f", {suite['failed']} failed" if suite["failed"] else ""
    return f"{suite['passed']} passed{failed}" + ("" if suite["ended"] else ", hung")


def main() -> None:
    """Run the packages that are named, or all, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("packages", nargs="*")
    parser.add_argument("--anew", action="store_true", help="run the tests of the original again, too")
    parser.add_argument("--table", action="store_true", help="run nothing, and print the table of what is there")
    arguments = parser.parse_args()
    packages = [Package.of(data) for data in tomllib.loads(TABLE.read_text())["package"]]
    kept = {each.name: arguments.folder.absolute() / each.name / "result.json" for each in packages}
    if arguments.table:
        print(table([json.loads(path.read_text()) for path in kept.values() if path.exists()]))
        return
    print(f"awaitomic {__version__}, Python {sys.version.split()[0]}")
    for package in packages:
        if not arguments.packages or package.name in arguments.packages:
            print(f"{package.name} {package.version}", flush=True)
            result = examine(Place(kept[package.name].parent, package), anew=arguments.anew)
            kept[package.name].write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
