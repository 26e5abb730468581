"""The hooks as pre-commit runs them, in repositories as users have them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cli.running import CLEAN, FIXED, LOST, REFRESH
from hooks.programs import BASE, DERIVED, LIBRARY, USER
from hooks.repository import REV, ROOT, Repository, next_commands

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

CHECK, FIX = "awaitomic", "awaitomic-fix"


def screen(output: str) -> str:
    """Give what a hook has shown, with the way to its environment cut."""
    return re.sub(r"/\S*/py_env-[^/]*/bin/awaitomic", "…/awaitomic", output)


def test_the_manifest_is_valid(repository: Repository) -> None:
    done = repository.outside.pre_commit("validate-manifest", str(ROOT / ".pre-commit-hooks.yaml"), cwd=repository.root)
    assert (done.code, done.output) == (0, "")


def test_the_check_hook_fails_with_a_screen_that_ends_with_what_to_do(
    repository: Repository, snapshot: SnapshotAssertion
) -> None:
    repository.configure(CHECK)
    repository.write("bank.py", LOST)
    repository.write("session.py", REFRESH)
    done = repository.run()
    assert done.code == 1
    assert screen(done.output) == snapshot
    assert repository.text("bank.py") == LOST


def test_the_fix_hook_applies_safe_fixes_and_fails_since_files_have_changed(
    repository: Repository, snapshot: SnapshotAssertion
) -> None:
    repository.configure(FIX)
    repository.write("bank.py", LOST)
    repository.write("session.py", REFRESH)
    done = repository.run()
    assert done.code == 1
    assert screen(done.output) == snapshot
    assert repository.text("bank.py") == FIXED
    assert repository.text("session.py") == REFRESH
    assert repository.staged("bank.py") == LOST


def test_a_commit_is_held_up_until_the_fix_is_added(repository: Repository) -> None:
    repository.configure(FIX)
    repository.write("bank.py", LOST)
    assert repository.outside.pre_commit("install", cwd=repository.root).code == 0
    first = repository.outside.run(["git", "commit", "-m", "x"], repository.root)
    assert first.code == 1
    assert "1 fix applied in 1 file; nothing is left" in first.output
    assert "look at what was changed with git diff, add it, and commit again" in first.output
    repository.git("add", "bank.py")
    second = repository.outside.run(["git", "commit", "-m", "x"], repository.root)
    assert second.code == 0, second.output
    assert repository.git("show", "HEAD:bank.py") == FIXED


def test_what_is_clean_passes_without_a_word(repository: Repository) -> None:
    repository.configure(CHECK, FIX)
    repository.write("clean.py", CLEAN)
    repository.write("plain.py", "x = 1\n")
    done = repository.run()
    assert done.code == 0
    assert [line.rpartition(".")[2] for line in done.output.splitlines()] == ["Passed", "Passed"]


def test_try_repo_runs_both_hooks(repository: Repository) -> None:
    repository.write("bank.py", LOST)
    done = repository.outside.pre_commit(
        "try-repo", str(repository.hooks), "--ref", REV, "--all-files", cwd=repository.root
    )
    assert done.code == 1
    assert done.output.count("bank.py:11:9: AWA101 [certain]") == 1
    assert "fixed bank.py:11: AWA101" in done.output
    assert repository.text("bank.py") == FIXED


def test_what_other_files_say_counts_though_they_are_not_handed_over(repository: Repository) -> None:
    repository.configure(CHECK)
    repository.write("library.py", LIBRARY)
    alone = repository.run()
    assert alone.code == 0, alone.output
    repository.write("user.py", USER)
    repository.commit()
    repository.write("library.py", f"# edited\n{LIBRARY}")
    done = repository.run()
    assert done.code == 1
    assert "library.py:12:9: AWA101" in done.output


def test_a_fix_that_needs_a_file_which_was_not_handed_over_is_withheld_and_shown(repository: Repository) -> None:
    repository.configure(f"{FIX}\nargs: [--unsafe-fixes]")
    repository.write("base.py", BASE)
    repository.write("derived.py", DERIVED)
    repository.commit()
    repository.write("base.py", f"# edited\n{BASE}")
    done = repository.run()
    assert done.code == 1
    assert "derived.py would have to change, too, and is not among the files" in " ".join(done.output.split())
    assert (repository.text("base.py"), repository.text("derived.py")) == (f"# edited\n{BASE}", DERIVED)
    (command,) = (each for each in next_commands(done.output) if "--diff" in each)
    assert command.endswith(" fix --unsafe-fixes --diff base.py derived.py")
    patch = repository.outside.run(["bash", "-c", f"{command} 2>/dev/null"], repository.root)
    assert patch.code == 1
    (repository.root / "fix.patch").write_text(patch.output)
    repository.git("apply", "fix.patch")
    assert "_lock" in repository.text("base.py")
    assert "_lock" in repository.text("derived.py")


def test_every_command_on_the_screen_can_be_pasted(repository: Repository) -> None:
    repository.configure(f"{CHECK}\nargs: [--select, 'AWA1,AWA301', --extend-exclude, 'a b']")
    repository.write("bank.py", LOST)
    repository.write("it's ünder way.py", REFRESH)
    commands = next_commands(repository.run().output)
    repair, show, story, explain, comment = commands
    assert all(" --select AWA1,AWA301 --extend-exclude 'a b' " in each for each in (repair, show, story))
    assert comment == "# awaitomic: ignore[AWA101] why it is right"
    shell = ["bash", "-c"]
    patch = repository.outside.run([*shell, show], repository.root)
    assert patch.code == 1
    assert "+        async with self._lock:" in patch.output
    assert "how an update is lost" in repository.outside.run([*shell, story], repository.root).output
    assert repository.outside.run([*shell, explain], repository.root).output.startswith("AWA101 stale-write\n")
    assert repository.outside.run([*shell, repair], repository.root).code == 0
    assert repository.text("bank.py") == FIXED


@pytest.mark.parametrize("by_git", [True, False], ids=["git-commit", "pre-commit-run"])
def test_the_commands_work_where_the_user_is(repository: Repository, *, by_git: bool) -> None:
    repository.configure(CHECK)
    repository.write("bank.py", LOST)
    repository.write("sub/bank.py", LOST)
    repository.outside.pre_commit("install", cwd=repository.root)
    here = repository.root / "sub"
    done = repository.outside.run(["git", "commit", "-m", "x"], here) if by_git else repository.run(cwd=here)
    assert done.code == 1
    assert "sub/bank.py:11:9: AWA101" in done.output
    repair = next_commands(done.output)[0]
    assert repair.endswith(" fix ../bank.py bank.py")
    assert repository.outside.run(["bash", "-c", repair], here).code == 0
    assert repository.text("sub/bank.py") == FIXED


def test_the_program_goes_by_its_name_where_the_user_has_it_as_the_documentation_shows(repository: Repository) -> None:
    repository.configure(CHECK)
    repository.write("bank.py", LOST)
    folder = repository.root.parent / "programs"
    folder.mkdir()
    (folder / "awaitomic").write_text("#!/bin/sh\n")
    (folder / "awaitomic").chmod(0o755)
    mine = Repository(
        repository.root,
        repository.hooks,
        type(repository.outside)(
            repository.outside.store, f"{folder}:{repository.outside.path}", repository.outside.config
        ),
    )
    shown = (ROOT / "docs/pre-commit.md").read_text(encoding="utf-8").split("```\n")[2]
    assert mine.run().output.strip() == shown.strip()


def test_a_configuration_has_its_say(repository: Repository) -> None:
    repository.configure(f"{CHECK}\nexclude: ^vendor/\nargs: [--confidence, certain]\nstages: [pre-push]")
    repository.write("vendor/bank.py", LOST)
    repository.write(
        "session.py",
        REFRESH.replace(
            "    await asyncio.gather(session.renew(refresh), session.renew(refresh))\n", "    return session\n"
        ),
    )
    assert repository.run().output == ""
    quiet = repository.run("--hook-stage", "pre-push", "--all-files")
    assert quiet.code == 0, quiet.output
    assert "Passed" in quiet.output
    repository.write("bank.py", LOST)
    loud = repository.run("--hook-stage", "pre-push", "--all-files")
    assert loud.code == 1
    assert re.findall(r"^\S+: AWA\d+", loud.output, flags=re.M) == ["bank.py:11:9: AWA101"]


def test_a_file_that_does_not_parse_and_a_broken_configuration_are_told(repository: Repository) -> None:
    repository.configure(CHECK)
    repository.write("broken.py", "async def f(:\n")
    done = repository.run()
    assert done.code == 1
    assert "broken.py:1:13: " in done.output
    repository.write("pyproject.toml", "[tool.awaitomic]\nselct = []\n")
    done = repository.run()
    assert "- exit code: 2" in done.output
    assert "pyproject.toml:2: unknown key `selct` in [tool.awaitomic]; did you mean `select`?" in done.output


def test_colour_comes_through_and_nothing_that_only_a_terminal_can_show(repository: Repository) -> None:
    repository.configure(CHECK)
    repository.write("bank.py", LOST)
    done = repository.run("--color", "always")
    assert "\x1b[31m\x1b[1mAWA101\x1b[0m" in done.output
    assert "\r" not in done.output.replace("\r\n", "\n")
