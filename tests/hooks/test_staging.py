"""Files of which a part is staged: pre-commit stashes the rest, and a fix must not cost anybody a line."""

from __future__ import annotations

from cli.running import FIXED, LOST
from hooks.programs import LOST_AND_NOTE, NOTE
from hooks.repository import Repository

FIX = "awaitomic-fix"


def test_what_is_not_staged_comes_back_beside_the_fix(repository: Repository) -> None:
    repository.configure(FIX)
    repository.write("bank.py", LOST_AND_NOTE)
    (repository.root / "bank.py").write_text(LOST_AND_NOTE.replace("before", "after"))
    done = repository.run()
    assert done.code == 1
    assert "fixed bank.py:11: AWA101" in done.output
    assert repository.staged("bank.py") == LOST_AND_NOTE
    assert repository.text("bank.py") == FIXED + NOTE.replace("before", "after")


def test_a_fix_that_meets_what_is_not_staged_is_taken_back(repository: Repository) -> None:
    repository.configure(FIX)
    repository.write("bank.py", LOST)
    edited = LOST.replace("current = self.balance", "current = int(self.balance)")
    (repository.root / "bank.py").write_text(edited)
    done = repository.run()
    assert done.code == 1
    assert "Stashed changes conflicted with hook auto-fixes... Rolling back fixes" in done.output
    assert repository.staged("bank.py") == LOST
    assert repository.text("bank.py") == edited


def test_what_is_staged_is_judged_and_not_what_lies_in_the_folder(repository: Repository) -> None:
    repository.configure("awaitomic")
    repository.write("bank.py", LOST)
    (repository.root / "bank.py").write_text(FIXED)
    assert "bank.py:11:9: AWA101" in repository.run().output
    assert repository.text("bank.py") == FIXED
    repository.write("bank.py", FIXED)
    (repository.root / "bank.py").write_text(LOST)
    assert repository.run().code == 0
    assert repository.text("bank.py") == LOST


def test_files_that_are_not_staged_at_all_are_read_and_left(repository: Repository) -> None:
    repository.configure(FIX)
    (repository.root / "other.py").write_text(LOST)
    repository.write("bank.py", LOST)
    assert repository.run().code == 1
    assert repository.text("bank.py") == FIXED
    assert repository.text("other.py") == LOST
