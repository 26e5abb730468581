"""Whoever applies the fixes of a SARIF log gets what the patch of the same fix makes, byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from cli.running import KEYED, LOST, REFRESH, run
from cli.test_many_files import BASE, DERIVED
from report.test_sarif import schema

ROOT = Path(__file__).parents[2]
FIXTURES = ("early_publish", "leaked_lock", "lock_order", "stale_write")
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="the patches are applied by git")


def log_of(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """Check a folder, and give the results of its log, which has to be valid."""
    result = run("check", "--confidence", "possible", "--output-format", "sarif", *arguments)
    log = json.loads(result.stdout)
    schema().validate(log)
    results = log["runs"][0]["results"]
    assert isinstance(results, list)
    return results


def applied(change: dict[str, Any], root: Path) -> tuple[Path, str]:
    """Apply the change of one file as a viewer does: regions are of the old text, counted as the log says."""
    path = root / unquote(change["artifactLocation"]["uri"])
    text = path.read_bytes().decode("utf-8")
    starts = [0]
    for index, char in enumerate(text):
        if char == "\n" or (char == "\r" and text[index + 1 : index + 2] != "\n"):
            starts.append(index + 1)
    for each in reversed(change["replacements"]):
        region = each["deletedRegion"]
        begin = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:begin] + each["insertedContent"]["text"] + text[end:]
    return path, text


def assert_fixes_are_the_patches(root: Path, results: list[dict[str, Any]]) -> int:
    """Compare every fix of a log with its diff, which git applies; gives the number of fixes."""
    number = 0
    for result in results:
        for fix in result.get("fixes", ()):
            number += 1
            made = dict(applied(change, root) for change in fix["artifactChanges"])
            diff = result["properties"]["fix"]["diff"].encode()
            before = {path: path.read_bytes() for path in made}
            subprocess.run(["git", "apply", "--whitespace=nowarn"], input=diff, cwd=root, check=True)
            after = {path: path.read_bytes().decode() for path in made}
            for path, content in before.items():
                path.write_bytes(content)
            assert made == after
    return number


@needs_git
@pytest.mark.parametrize("name", FIXTURES)
def test_the_fixes_of_the_fixtures(name: str, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "fixtures" / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["git", "init", "-q", tree], check=True)
    monkeypatch.chdir(tree)
    assert assert_fixes_are_the_patches(tree, log_of(tree, "--isolated")) > 0


@needs_git
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_line_ends_and_characters_beyond_the_first_plane(end: str, tree: Path) -> None:
    texts = {"bänk 1.py": LOST, "keyed.py": KEYED, "session.py": REFRESH, "cut.py": LOST.rstrip("\n")}
    for name, text in texts.items():
        odd = f"# 残高 𝄞\n{text}".replace("amount):", "amount):  # 𝄞 𝄞").replace("current =", "é = '𝄞'; current =")
        (tree / name).write_bytes(odd.replace("\n", end).encode())
    subprocess.run(["git", "init", "-q", tree], check=True)
    results = log_of(tree)
    assert len({result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}) == 4
    assert assert_fixes_are_the_patches(tree, results) >= 3


@needs_git
def test_a_fix_over_several_files_below_the_root_of_the_repository(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "sub").mkdir()
    (tree / "sub/base.py").write_text(BASE)
    (tree / "sub/derived.py").write_text(DERIVED)
    subprocess.run(["git", "init", "-q", tree], check=True)
    monkeypatch.chdir(tree / "sub")
    results = log_of(tree)
    places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert places == {"sub/base.py", "sub/derived.py"}
    assert max(len(fix["artifactChanges"]) for result in results for fix in result["fixes"]) == 2
    assert assert_fixes_are_the_patches(tree, results) == len(results)
