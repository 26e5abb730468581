"""Files that git ignores are left out, exactly as git itself decides."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from awaitomic.config import Settings
from awaitomic.source.discovery import discover
from source.test_discovery import make, names

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    "a.py",
    "gen.py",
    "src/a.py",
    "src/gen.py",
    "src/gen/a.py",
    "src/gen/keep.py",
    "src/sub/a.py",
    "src/sub/gen.py",
    "src/sub/deep/a.py",
    "tests/a.py",
    "tests/gen/a.py",
    "tests/data/a b.py",
    "tests/data/#x.py",
    "tests/data/!y.py",
    "tests/data/tail .py",
)

CASES: dict[str, tuple[str, ...]] = {
    "nothing": (),
    "name": (".gitignore=gen.py\n",),
    "directory only": (".gitignore=gen/\n",),
    "file and directory": (".gitignore=gen*\n",),
    "anchored": (".gitignore=/gen.py\n/src/gen\n",),
    "slash in the middle anchors": (".gitignore=src/gen.py\n",),
    "double star": (".gitignore=**/gen/a.py\nsrc/**/deep\n",),
    "double star at the end": (".gitignore=src/sub/**\n",),
    "negation": (".gitignore=gen*\n!gen.py\n",),
    "order": (".gitignore=!gen.py\ngen*\n",),
    "negation below an ignored directory": (".gitignore=src/gen/\n!src/gen/keep.py\n",),
    "negation beside its content": (".gitignore=src/gen/*\n!src/gen/keep.py\n",),
    "everything but one directory": (".gitignore=/*\n!/src\n",),
    "everything but one directory, with slash": (".gitignore=/*\n!/src/\n",),
    "allow list": (".gitignore=*\n!*/\n!keep.py\n",),
    "allow list of one directory": (".gitignore=*\n!/src/\n!/src/sub/\n!/src/sub/*.py\n",),
    "nested file adds": (".gitignore=gen.py\n", "src/.gitignore=sub/\n"),
    "nested file wins": (".gitignore=gen.py\n", "src/.gitignore=!gen.py\n"),
    "nested file wins for a directory": (".gitignore=gen\n", "src/.gitignore=!gen\n"),
    "nested file is anchored at its place": ("src/.gitignore=/a.py\n",),
    "nested file does not reach up": ("src/.gitignore=tests\n/../a.py\n",),
    "deepest wins": (".gitignore=a.py\n", "src/.gitignore=!a.py\n", "src/sub/.gitignore=a.py\n"),
    "info/exclude": (".git/info/exclude=gen.py\n",),
    "info/exclude is the weakest": (".git/info/exclude=gen.py\n", ".gitignore=!gen.py\n"),
    "comments and blanks": (".gitignore=# gen.py\n\n   \ngen.py  \n",),
    "escapes": (".gitignore=\\#x.py\n\\!y.py\n",),
    "escaped blank at the end": (".gitignore=tail\\ .py\ntests/gen\\ \n",),
    "blank inside": (".gitignore=a b.py\n",),
    "crlf": (".gitignore=gen.py\r\nsub/\r\n",),
    "character class": (".gitignore=[gh]en.py\n",),
    "negated class": (".gitignore=tests/data/[!a]*.py\n",),
    "question mark": (".gitignore=ge?.py\n",),
    "star stays in a directory": (".gitignore=src/*.py\n",),
    "no pattern at all": (".gitignore=!\n/\ngen.py\n",),
    "broken bracket": (".gitignore=gen[.py\na.py\\\ngen.py\n",),
    "closing bracket in a class": (".gitignore=[]g]en.py\n",),
    "range": (".gitignore=[a-f].py\n[!a-f]en.py\n",),
    "escaped letter": (".gitignore=g\\en.py\n",),
    "double star in a name": (".gitignore=src/g**.py\nt**/gen\n",),
    "only a double star": (".gitignore=**\n!*/\n!a.py\n",),
    "double star in the middle at no depth": (".gitignore=tests/**/a.py\n",),
    "anchored with dots": (".gitignore=/src/s.b\n",),
    "node allow list": (".gitignore=.*\n!**/sub/**\nsrc/**\n!src/sub/\n!src/sub/gen.py\n",),
    "dot slash": (".gitignore=./gen.py\n",),
    "double slash": (".gitignore=src//gen.py\ngen//\n",),
    "everything below the root": (".gitignore=/**\n!/src\n!*.py\n",),
    "all directories of the root": (".gitignore=/**/\n!/src/\n",),
    "byte order mark": (".gitignore=\ufeffgen.py\n",),
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repo"
    root.mkdir()
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "no-config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    subprocess.run(["git", "init", "-q"], check=True)
    make(root, *FILES)
    return root


def not_ignored_by_git() -> list[str]:
    command = ["git", "ls-files", "-z", "--others", "--exclude-standard", "--", "*.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return sorted(done.stdout.split("\0")[:-1])


@pytest.mark.parametrize("ignore_files", CASES.values(), ids=CASES)
def test_git_decides_the_same(repository: Path, ignore_files: tuple[str, ...]) -> None:
    make(repository, *ignore_files)
    found = names(discover(["."], Settings(exclude=(".git",))), repository)
    assert sorted(found) == not_ignored_by_git()


def test_the_cases_above_ignore_something_and_leave_something(repository: Path) -> None:
    make(repository, *CASES["allow list"])
    assert names(discover(["."], Settings()), repository) == ["src/gen/keep.py"]


def test_it_can_be_switched_off(repository: Path) -> None:
    make(repository, ".gitignore=*\n")
    assert names(discover(["src/sub"], Settings(respect_gitignore=False)), repository) == [
        "src/sub/a.py",
        "src/sub/deep/a.py",
        "src/sub/gen.py",
    ]


def test_files_above_the_named_directory_count(repository: Path) -> None:
    make(repository, ".gitignore=gen.py\n", "src/.gitignore=deep\n")
    assert names(discover(["src/sub"], Settings()), repository) == ["src/sub/a.py"]


def test_an_ignored_directory_that_is_named_is_walked(repository: Path) -> None:
    make(repository, ".gitignore=/src/\n", "src/sub/.gitignore=gen.py\n")
    for named in ("src/sub", "src/sub/"):
        assert names(discover([named], Settings()), repository) == ["src/sub/a.py", "src/sub/deep/a.py"]


def test_an_ignored_file_that_is_named_is_taken(repository: Path) -> None:
    make(repository, ".gitignore=gen.py\n")
    assert names(discover(["gen.py"], Settings()), repository) == ["gen.py"]


def test_outside_a_repository_the_files_below_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(
        tmp_path,
        ".gitignore=a.py\n",
        "p/.gitignore=gen.py\n",
        "p/gen.py",
        "p/a.py",
        "p/q/gen.py",
        "p/q/.gitignore=a.py",
    )
    monkeypatch.chdir(tmp_path)
    assert names(discover(["p"], Settings()), tmp_path) == ["p/a.py"]


def test_a_repository_in_a_repository_has_its_own_rules(repository: Path) -> None:
    make(repository, ".gitignore=gen.py\n", "nested/gen.py", "nested/a.py", "nested/.gitignore=a.py\n")
    subprocess.run(["git", "init", "-q", "nested"], check=True)
    assert names(discover(["nested"], Settings()), repository) == ["nested/gen.py"]
    assert "nested/gen.py" in names(discover(["."], Settings()), repository)


def test_a_linked_work_tree_uses_the_exclude_file_of_its_repository(repository: Path, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "m"], check=True)
    subprocess.run(["git", "worktree", "add", "-q", "--detach", str(tmp_path / "linked")], check=True)
    make(repository, ".git/info/exclude=gen.py\n")
    make(tmp_path / "linked", "gen.py", "a.py")
    assert names(discover([tmp_path / "linked"], Settings()), tmp_path) == ["linked/a.py"]


def test_ignore_files_that_cannot_be_read_ignore_nothing(repository: Path) -> None:
    (repository / ".gitignore").mkdir()
    assert len(discover(["."], Settings()).files) == len(FILES)
