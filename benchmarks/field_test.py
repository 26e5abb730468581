"""Applies every fix, the unsafe ones too, to packages of others, and runs the packages' own tests before and after.

    python benchmarks/field_test.py FOLDER [PACKAGE ...]
    python benchmarks/field_test.py FOLDER --table

The packages stand in `field_packages.toml`. Each gets a folder of its own under FOLDER, with its sdist, a fresh virtual
environment and a checkout in place; nothing else is written. A test counts as broken if it passed before, does not
afterwards, and in three more runs of both versions alone still tells them apart. What came of a package is kept as
JSON in FOLDER, and `--table` makes the table of `docs/field-test.md` of it. It takes hours; what was run stands there
for the next time, so a repaired version is tested again only if its text has changed.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import sys
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from awaitomic import __version__
from awaitomic.config import Settings, kinds
from awaitomic.engine.run import check, fix
from awaitomic.model.finding import Confidence
from field_suite import Package, Place, Suite, digest, keep, prepare, reached, run_tests, use

AGAIN = 3
COLUMNS = ("package", "version", "findings", "applied", "by remedy", "before", "after", "places run", "broken")
TABLE = Path(__file__).with_name("field_packages.toml")


def repair(place: Place) -> dict[str, Any]:
    """Apply all fixes to the original sources and keep what comes of it; give what was found and done."""
    use(place, "original")
    settings = Settings(
        confidence=Confidence.POSSIBLE,
        unsafe_fixes=True,
        extend_exclude=tuple(place.package.exclude),
        strategy=kinds.Strategies().read("strategy", list(place.package.strategy)),
        jobs=1,
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
        "changed": [str(Path(change.new.path).resolve().relative_to(place.tree)) for change in result.changes],
        "places": [f"{applied.finding.path}:{applied.line} {applied.finding.rule}" for applied in result.applied],
    }


def settle(place: Place, suspects: list[str]) -> tuple[list[str], list[str]]:
    """Run tests that fail only afterwards some more times, with both versions: give the broken and the flaky ones."""
    if not suspects:
        return [], []
    passed: dict[str, collections.Counter[str]] = {"original": collections.Counter(), "fixed": collections.Counter()}
    for number in range(AGAIN):
        for version, counter in passed.items():
            with contextlib.suppress(LookupError):  # a test with the time of day in its name is no longer there
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
    tested = outcome(place, before, [Path(path) for path in repaired["changed"]], anew=anew)
    print(f"  after: {told(tested['after'])}, broken: {tested['broken']}, flaky: {tested['flaky']}", flush=True)
    return {
        "name": place.package.name,
        "version": place.package.version,
        "strategy": place.package.strategy,
        **repaired,
        "before": summary(before),
        **tested,
    }


def outcome(place: Place, before: Suite, changed: list[Path], *, anew: bool) -> dict[str, Any]:
    """Run the tests of the repaired version, unless this very text has been tested before, and compare the results."""
    kept, text = place.root / "tested.json", digest(place, "fixed")
    tested: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() and not anew else {}
    if tested.get("text") == text:
        return tested
    after = run_tests(place, "fixed", place.package.tests, "after", covered=changed)
    broken, flaky = settle(place, sorted(before.passed - after.passed)) if after.ended else ([], [])
    tested = {
        "text": text,
        "after": summary(after),
        "reached": reached(place, changed) if changed else (0, 0),
        "broken": broken,
        "flaky": flaky,
    }
    kept.write_text(json.dumps(tested, indent=2) + "\n")
    return tested


def summary(suite: Suite) -> dict[str, Any]:
    """Give the numbers of one run of a suite."""
    numbers = {outcome: suite.count(outcome) for outcome in ("passed", "failed", "skipped", "started")}
    return {**numbers, "seconds": suite.seconds, "ended": suite.ended}


def table(results: list[dict[str, Any]]) -> str:
    """Give the results as a table in Markdown, with a line of sums."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    total: collections.Counter[str] = collections.Counter()
    for each in results:
        total.update(each["applied"])
        lines.append(
            f"| {named(each)} | {each['version']} | {each['findings']} | {sum(each['applied'].values())} "
            f"| {listed(each['applied'])} | {told(each['before'])} | {told(each['after'])} "
            f"| {each['reached'][0]} of {each['reached'][1]} | {len(each['broken'])} |"
        )
    findings, broken = (sum(each["findings"] for each in results), sum(len(each["broken"]) for each in results))
    lines.append(f"| together | | {findings} | {total.total()} | {listed(total)} | | | | {broken} |")
    return "\n".join(lines)


def named(result: dict[str, Any]) -> str:
    """Give the name of a package, with the remedies that were preferred in it."""
    return "".join((result["name"], *(f", `--strategy {each}`" for each in result.get("strategy", ()))))


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
    parser.add_argument("--anew", action="store_true", help="run all tests again, whatever was kept")
    parser.add_argument("--table", action="store_true", help="run nothing, and print the table of what is there")
    arguments = parser.parse_args()
    packages = [Package.of(data) for data in tomllib.loads(TABLE.read_text())["package"]]
    kept = {each.key: arguments.folder.absolute() / each.key / "result.json" for each in packages}
    if arguments.table:
        print(table([json.loads(path.read_text()) for path in kept.values() if path.exists()]))
        return
    print(f"awaitomic {__version__}, Python {sys.version.split()[0]}")
    for package in packages:
        if not arguments.packages or {package.name, package.key} & set(arguments.packages):
            print(f"{package.key} {package.version}", flush=True)
            result = examine(Place(kept[package.key].parent, package), anew=arguments.anew)
            kept[package.key].write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
