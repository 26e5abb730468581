"""`--since` and `--changed`: what is reported, and fixed, touches a line that has changed, as real git says."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitomic.source.changes import changed_lines
from cli.repository import ENVIRONMENT, Repository
from cli.running import CLEAN, FIXED, program, run
from cli.running import LOST as ONE

_CALLED = ONE.replace("for _ in range(10)))", "for _ in range(10)), bank.debit(1), bank.debit(2))").replace(
    "        self.balance = 0\n", "        self.balance = 0\n        self.spent = 0\n"
)
LOST = _CALLED.replace(
    "\n\nasync def main",
    """
    async def debit(self, amount):
        await asyncio.sleep(0)
        self.spent -= amount


async def main""",
)
"""A lost update, and a method that is right."""
TWO = LOST.replace(
    "        await asyncio.sleep(0)\n        self.spent -=",
    "        current = self.spent\n        await asyncio.sleep(0)\n        self.spent = current -",
)
"""The same with a second lost update, behind the first one."""
DEBIT = "Bank.debit"


@pytest.fixture
def repository(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        if name.startswith("GIT_"):
            monkeypatch.setenv(name, value)
    return Repository(tree)


def reported(*arguments: str) -> list[tuple[str, str]]:
    result = run("check", "--output-format", "json", *arguments)
    assert result.exit_code in {0, 1}, result.output
    return [(each["path"], each["function"]) for each in json.loads(result.stdout)["findings"]]


def test_only_what_has_changed(repository: Repository) -> None:
    repository.commit(bank=LOST)
    assert reported("--changed", ".") == []
    repository.write("bank.py", TWO)
    assert reported(".") == [("bank.py", "Bank.credit"), ("bank.py", DEBIT)]
    assert reported("--changed", ".") == [("bank.py", DEBIT)]
    repository.git("add", "bank.py")
    assert reported("--changed", ".") == [("bank.py", DEBIT)]
    repository.commit()
    assert reported("--changed", ".") == []
    assert reported("--since", "HEAD~1", ".") == [("bank.py", DEBIT)]


def test_no_comment_and_no_word_for_what_has_not_changed(repository: Repository) -> None:
    repository.commit(bank=LOST, broken="async def (\n")
    repository.write("bank.py", TWO)
    result = run("check", "--changed", "--add-ignore", ".")
    assert (result.exit_code, result.output) == (0, "1 finding suppressed in 1 file; nothing is left\n")
    assert (repository.path / "bank.py").read_text().count("awaitomic: ignore") == 1


def test_any_step_of_the_trace_counts_and_so_does_a_line_that_has_gone(repository: Repository) -> None:
    locked = LOST.replace("        await asyncio.sleep(0)\n", "        await asyncio.sleep(0)\n        pass\n")
    repository.commit(bank=locked)
    repository.write("bank.py", LOST)
    assert reported("--changed", ".") == [("bank.py", "Bank.credit")]
    repository.write("bank.py", "# new\n" + locked)
    assert reported("--changed", ".") == []


def test_the_rival_counts_wherever_it_stands(repository: Repository) -> None:
    store = "class Store:\n    def __init__(self):\n        self.total = 0\n\n"
    store += "    async def add(self, load):\n        self.total = self.total + await load()\n"
    user = "import asyncio\nfrom store import Store\n\nSTORE = Store()\n\n\nasync def main(load):\n"
    repository.commit(store=store, user=user + "    await STORE.add(load)\n")
    rival = "\n\nasync def reset():\n    STORE.total = 0\n\n\nasync def both(load):\n"
    repository.write(
        "user.py", user + "    await STORE.add(load)\n" + rival + "    await asyncio.gather(main(load), reset())\n"
    )
    assert reported(".") == reported("--changed", ".") == [("store.py", "Store.add")]


def test_since_begins_at_the_merge_base(repository: Repository) -> None:
    repository.commit(bank=CLEAN)
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit(bank=LOST)
    repository.git("checkout", "-q", "main")
    repository.commit(other=LOST)
    repository.git("checkout", "-q", "topic")
    assert reported("--since", "main", ".") == [("bank.py", "Bank.credit")]
    repository.git("merge", "-q", "main", "-m", "m")
    assert reported("--since", "main", ".") == [("bank.py", "Bank.credit")]


def test_new_files_and_renamed_ones(repository: Repository) -> None:
    repository.commit(old=LOST + "# as it was\n" * 5)
    repository.git("mv", "old.py", "renamed.py")
    repository.write("new.py", LOST)
    repository.write(".gitignore", "ignored.py\n")
    repository.write("ignored.py", LOST)
    assert reported("--changed", "--no-respect-gitignore", ".") == [("new.py", "Bank.credit")]
    repository.write("renamed.py", TWO + "# as it was\n" * 5)
    assert reported("--changed", "renamed.py") == [("renamed.py", DEBIT)]


NAMES = ["with blank.py", "tab\there.py", "neue Zeile\n.py", 'quo"te.py', "back\\slash.py", "Käse/é.py", "b/b.py"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", [*NAMES, os.fsdecode(b"\xff.py")], ids=ascii)
def test_unusual_names(repository: Repository, name: str) -> None:
    repository.write(name, LOST)
    repository.commit()
    assert reported("--changed", ".") == []
    repository.write(name, TWO)
    assert [function for _, function in reported("--changed", ".")] == [DEBIT]


@pytest.mark.parametrize("said", [{"diff.noprefix": "true"}, {"diff.mnemonicPrefix": "true"}, {"color.ui": "always"}])
def test_what_the_user_has_set_for_git_does_not_matter(repository: Repository, said: dict[str, str]) -> None:
    repository.commit(bank=LOST)
    for name, value in said.items():
        repository.git("config", name, value)
    repository.write("bank.py", TWO)
    assert reported("--changed", ".") == [("bank.py", DEBIT)]


def test_from_a_folder_below_and_through_a_link(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("src/bank.py", LOST)
    repository.commit()
    repository.write("src/bank.py", TWO)
    monkeypatch.chdir(repository.path / "src")
    assert reported("--changed") == [("bank.py", DEBIT)]
    assert reported("--changed", "../src/bank.py") == [("bank.py", DEBIT)]
    (repository.path.parent / "link").symlink_to(repository.path / "src")
    monkeypatch.chdir(repository.path.parent)
    assert reported("--changed", "link") == [("link/bank.py", DEBIT)]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends(repository: Repository, end: str) -> None:
    repository.write("bank.py", LOST.replace("\n", end))
    repository.commit()
    assert reported("--changed", ".") == []
    repository.write("bank.py", TWO.replace("\n", end))
    # git does not count a CR alone as a line: then the whole file has changed.
    expected = [DEBIT] if end == "\r\n" else ["Bank.credit", DEBIT]
    assert [function for _, function in reported("--changed", ".")] == expected


def test_a_submodule(repository: Repository, tmp_path: Path) -> None:
    inner = Repository(tmp_path / "inner")
    inner.commit(bank=LOST)
    repository.git("submodule", "--quiet", "add", str(inner.path), "sub")
    repository.commit()
    assert reported("--changed", ".") == []
    repository.write("sub/bank.py", TWO)
    repository.write("sub/new.py", LOST)
    assert reported("--changed", ".") == [("sub/bank.py", DEBIT), ("sub/new.py", "Bank.credit")]
    repository.git("-C", "sub", "commit", "-qam", "x")
    assert ("sub/bank.py", DEBIT) in reported("--since", "HEAD", ".")
    assert reported("--changed", "sub/bank.py") == []  # by the repository that it belongs to, it is committed


def test_a_merge_under_way(repository: Repository) -> None:
    repository.commit(bank=CLEAN, calm=LOST)
    repository.git("checkout", "-q", "-b", "topic")
    repository.commit(bank=LOST)
    repository.git("checkout", "-q", "main")
    repository.commit(bank=CLEAN + "x = 1\n")
    with pytest.raises(AssertionError):
        repository.git("merge", "-q", "topic")
    assert reported("--changed", ".") == []
    assert "bank.py" in run("check", "--changed", ".").stderr  # with the marks of the conflict, it does not parse
    repository.write("bank.py", LOST)
    assert reported("--changed", ".") == [("bank.py", "Bank.credit")]


def test_before_the_first_commit_everything_is_new(repository: Repository) -> None:
    repository.write("bank.py", LOST)
    assert reported("--changed", ".") == [("bank.py", "Bank.credit")]
    repository.git("add", "-A")
    assert reported("--changed", ".") == [("bank.py", "Bank.credit")]


def test_a_file_that_cannot_be_read_counts_if_it_has_changed(repository: Repository) -> None:
    repository.commit(broken="async def (\n", other=CLEAN)
    assert run("check", ".").exit_code == 1
    assert run("check", "--changed", ".").exit_code == 0
    repository.write("broken.py", "async def (\n\n")
    assert run("check", "--changed", ".").exit_code == 1


@pytest.mark.parametrize("command", ["--diff", ""])
def test_fix_repairs_what_is_reported_and_nothing_else(repository: Repository, command: str) -> None:
    repository.commit(bank=LOST, other=LOST)
    repository.write("bank.py", TWO)
    run("fix", *command.split(), "--changed", ".")
    fixed = TWO.replace(
        "        current = self.spent\n        await asyncio.sleep(0)\n        self.spent = current -",
        "        await asyncio.sleep(0)\n        current = self.spent\n        self.spent = current -",
    )
    assert (repository.path / "bank.py").read_text() == (TWO if command else fixed)
    assert (repository.path / "other.py").read_text() == LOST


def test_a_fix_above_does_not_move_the_lines_that_count(repository: Repository) -> None:
    """The first fix adds a lock and so three lines; what stands below has not changed and stays."""
    repository.commit(bank=TWO)
    changed = TWO.replace("amount):\n        current", "amount):\n        x = 1\n        current", 1)
    repository.write("bank.py", changed)
    run("fix", "--changed", "--strategy", "AWA101:lock", "--unsafe-fixes", ".")
    after = (repository.path / "bank.py").read_text()
    assert (
        "        current = self.spent\n        await asyncio.sleep(0)\n        self.spent = current - amount\n" in after
    )


def test_without_git_or_a_repository_or_a_commit(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "bank.py").write_text(FIXED, encoding="utf-8")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tree.parent))
    result = run("check", "--changed", ".")
    assert result.exit_code == 2
    assert "--since and --changed: fatal: not a git repository" in result.stderr
    Repository(tree).commit()
    result = run("check", "--since", "nosuch", ".")
    assert result.exit_code == 2
    assert "'nosuch' is no commit: fatal: Needed a single revision" in result.stderr
    assert run("check", "--since", "--output=x", ".").exit_code == 2
    monkeypatch.setenv("PATH", "")
    result = run("check", "--changed", ".")
    assert result.exit_code == 2
    assert "git cannot be run" in result.stderr


def test_histories_that_never_meet(repository: Repository) -> None:
    repository.commit(bank=LOST)
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit(bank=TWO)
    result = run("check", "--since", "main", ".")
    assert result.exit_code == 2
    assert "'main' and HEAD have no commit in common" in result.stderr


@pytest.mark.usefixtures("repository")
def test_what_excludes_each_other() -> None:
    assert run("check", "--since", "HEAD", "--changed", ".").exit_code == 2
    assert run("check", "--changed", "-", stdin=b"").exit_code == 2
    assert run("check", "--changed", "nosuch.py").exit_code == 2


def test_as_a_program_in_a_hook_of_git(repository: Repository) -> None:
    """git tells hooks of its own index and folder; with another index, the working tree is still what counts."""
    repository.commit(bank=LOST)
    repository.write("bank.py", TWO)
    done = program("check", "--changed", ".", "--output-format", "json", cwd=repository.path)
    assert [each["function"] for each in json.loads(done.stdout)["findings"]] == [DEBIT]


LINES = st.lists(
    st.sampled_from(["a", "b", "+c", "-d", "@@ -1 +1 @@", "+++ b/x", "--- a/x", "diff --git a/x b/x"]), max_size=8
)


@settings(max_examples=25, deadline=None)
@given(LINES, LINES)
def test_no_text_can_pass_for_a_header(old: list[str], new: list[str]) -> None:
    """What is not told to have changed stands in the old text, in the same order."""
    with tempfile.TemporaryDirectory() as folder:
        repository = Repository(Path(folder))
        repository.commit(**{name: "".join(f"{line}\n" for line in old) for name in ("a", "b")})
        for name in ("a.py", "b.py"):
            repository.write(name, "".join(f"{line}\n" for line in new))
        found = changed_lines([folder], "HEAD")
    assert set(found) == ({os.path.realpath(f"{folder}/{name}.py") for name in "ab"} if old != new else set())
    for lines in found.values():
        assert lines
        told = {number for first, last in lines for number in range(first, last + 1)}
        rest = iter(old)
        assert all(line in rest for number, line in enumerate(new, 1) if number not in told)
