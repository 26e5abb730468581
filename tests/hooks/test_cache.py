"""What one commit has found out is there for the next one, in the environment that pre-commit gives to hooks."""

from __future__ import annotations

from hooks.programs import LIBRARY, USER
from hooks.repository import Repository

CHECK, FIX = "awaitomic\nargs: [--verbose]\nverbose: true", "awaitomic-fix\nargs: [--verbose]\nverbose: true"


def test_the_second_try_of_a_commit_looks_at_nothing_again(repository: Repository) -> None:
    repository.configure(CHECK)
    repository.write("library.py", LIBRARY)
    repository.write("user.py", USER)
    first, second = repository.run(), repository.run()
    assert first.code == second.code == 1
    assert "2 of them parsed, " in first.output
    assert "2 of them parsed (2 in an earlier run), " in second.output
    assert _findings(first.output) == _findings(second.output)
    assert repository.git("status", "--short", "-uall") == "A  .pre-commit-config.yaml\nA  library.py\nA  user.py\n"


def test_facts_of_files_that_are_not_handed_over_come_from_the_cache_and_are_not_believed_too_long(
    repository: Repository,
) -> None:
    repository.configure(CHECK)
    repository.write("library.py", LIBRARY)
    repository.write("user.py", USER)
    assert repository.run().code == 1
    repository.commit()
    repository.write("library.py", f"{LIBRARY}\n")
    assert "1 of them parsed, " in repository.run().output
    again = repository.run("--files", "library.py")
    assert again.code == 1
    assert "1 of them parsed (1 in an earlier run), " in again.output
    repository.write("user.py", "import library\n")
    without = repository.run("--files", "library.py")
    assert without.code == 0, without.output
    assert "1 of them parsed, " in without.output


def test_the_fix_hook_uses_what_the_check_hook_has_found(repository: Repository) -> None:
    repository.configure(CHECK, FIX)
    repository.write("user.py", USER)
    done = repository.run()
    assert "1 of them parsed, " in done.output
    assert "1 of them parsed (1 in an earlier run), " in done.output


def _findings(output: str) -> list[str]:
    return [line for line in output.splitlines() if "AWA" in line]
