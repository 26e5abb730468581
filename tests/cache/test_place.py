"""Where the cache lies, what is in it, and how it goes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from awaitomic.cache import place as places
from cache.changing import remembered
from cli.running import CLEAN, LOST, run

NAME = ".awaitomic_cache"


def below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_it_lies_in_the_root_of_the_project_and_git_does_not_see_it(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    (project / "pkg").mkdir()
    (project / "pkg" / "bank.py").write_text(LOST)
    run("check", "pkg/bank.py")
    assert (project / NAME / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")
    status = subprocess.run(["git", "status", "--short", "-uall"], check=True, capture_output=True, text=True).stdout
    assert status.split() == ["??", "pkg/bank.py", "??", "pyproject.toml"]
    assert remembered("--no-respect-gitignore", ".") == (1, 1)


def test_a_file_that_just_lies_somewhere_gets_no_folder_beside_it(project: Path) -> None:
    (project / "pyproject.toml").unlink()
    (project / "bank.py").write_text(LOST)
    assert remembered(".") == remembered(".") == (1, 0)
    assert below(project) == {"bank.py"}


def test_no_cache_neither_reads_nor_writes(project: Path) -> None:
    (project / "bank.py").write_text(LOST)
    assert remembered("--no-cache", ".") == (1, 0)
    assert not (project / NAME).exists()
    assert remembered(".") == (1, 0)
    assert remembered("--no-cache", ".") == (1, 0)


def test_the_option_goes_before_the_variable_and_the_variable_before_the_configuration(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "pkg").mkdir()
    (project / "pkg" / "bank.py").write_text(LOST)
    (project / "pyproject.toml").write_text('[tool.awaitomic]\ncache-dir = "var/configured"\n')
    monkeypatch.chdir(project / "pkg")
    assert remembered("bank.py") == (1, 0)
    assert (project / "var" / "configured" / "CACHEDIR.TAG").exists()  # relative to where it is written
    monkeypatch.setenv("AWAITOMIC_CACHE_DIR", "by variable")
    assert remembered("bank.py") == (1, 0)
    assert (project / "pkg" / "by variable").is_dir()
    assert remembered("--cache-dir", "by option", "bank.py") == (1, 0)
    assert (project / "pkg" / "by option").is_dir()
    assert remembered("--cache-dir", "by option", "bank.py") == remembered("bank.py") == (1, 1)
    assert not (project / NAME).exists()


@pytest.mark.parametrize(("value", "says"), [("3", "has to be a string, not a number"), ('""', "has to name a folder")])
def test_a_wrong_folder_in_the_configuration(project: Path, value: str, says: str) -> None:
    (project / "pyproject.toml").write_text(f"[tool.awaitomic]\ncache-dir = {value}\n")
    done = run("check")
    assert done.exit_code == 2
    assert f"`cache-dir` {says}" in done.stderr


def test_two_projects_in_one_folder_keep_apart(project: Path) -> None:
    for name in ("one", "two"):
        (project / name).mkdir()
        (project / name / "pyproject.toml").touch()
    (project / "one" / "bank.py").write_text(LOST)
    (project / "two" / "bank.py").write_text(CLEAN)
    assert remembered("--cache-dir", "kept", ".") == (2, 0)
    assert remembered("--cache-dir", "kept", ".") == (2, 2)
    assert run("check", "--cache-dir", "kept", "two").exit_code == 0
    assert run("check", "--cache-dir", "kept", "one").exit_code == 1


def test_a_folder_with_something_else_in_it_is_not_taken_over(project: Path) -> None:
    (project / "bank.py").write_text(LOST)
    (project / "mine").mkdir()
    (project / "mine" / "letter.txt").write_text("dear")
    assert remembered("--cache-dir", "mine", ".") == (1, 0)
    assert remembered("--cache-dir", "mine", ".") == (1, 1)
    assert not (project / "mine" / ".gitignore").exists()
    done = run("clean", "--cache-dir", "mine")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", f"removed {project / 'mine'}\n")
    assert below(project / "mine") == {"letter.txt"}


def test_clean_removes_the_caches_and_nothing_else(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "bank.py").write_text(LOST)
    (project / "inner").mkdir()
    (project / "inner" / "setup.py").touch()
    (project / "inner" / "bank.py").write_text(LOST)
    before = below(project)
    run("check")
    assert {NAME, f"inner/{NAME}"} <= below(project)
    monkeypatch.chdir(project / "inner")
    assert run("clean", "..").exit_code == 0
    assert below(project) == before
    done = run("clean", "..")
    assert (done.exit_code, done.stderr) == (0, "there is no cache here\n")


def test_what_was_not_used_for_longest_goes_first(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = places.Place("kept")
    monkeypatch.setattr(places, "_MOST_FILES", 3)
    for number in range(5):
        place.write(place.path("key", f"{number}.json"), [number])
        path = Path(place.path("key", f"{number}.json"))
        os.utime(path, (number, number))
    place.tidy()
    assert [Path(path).name for path in place.listed("key")] == ["4.json", "3.json", "2.json"]


def test_a_result_takes_the_place_of_the_one_before(project: Path) -> None:
    (project / "bank.py").write_text(LOST)
    for number in range(4):
        (project / "bank.py").write_text(f"# {number}\n{LOST}")
        assert remembered(".") == (1, 0)
    folders = [path for path in (project / NAME).glob("awaitomic-*/*") if path.is_dir()]
    assert [len(list(folder.iterdir())) for folder in folders] == [1]
