"""Several files get their new contents together or keep the old ones, whatever goes wrong and whenever it does."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from awaitomic.patching import journal, transaction
from awaitomic.patching.journal import Busy, Entry, Journal, Unfinished
from awaitomic.patching.transaction import LeftHalf, Outcome, Replacement, Settled, replace_files, settle
from awaitomic.patching.write import FileChanged

OLD, NEW = b"old\r\n", b"new \xff\r\n"
NAMES = ("a.py", "pkg/b.py", "pkg/c.py")


@pytest.fixture
def changes(tmp_path: Path) -> list[Replacement]:
    (tmp_path / "pkg").mkdir()
    for name in NAMES:
        (tmp_path / name).write_bytes(OLD)
    return [Replacement(tmp_path / name, OLD, NEW) for name in NAMES]


def contents(root: Path) -> list[bytes]:
    return [(root / name).read_bytes() for name in NAMES]


def hidden(root: Path) -> list[str]:
    return sorted(path.name for path in root.rglob(".*"))


def test_all_are_replaced_and_nothing_is_left_behind(tmp_path: Path, changes: list[Replacement]) -> None:
    changes[1].path.chmod(0o750)
    replace_files(changes, tmp_path)
    assert contents(tmp_path) == [NEW] * 3
    assert stat.S_IMODE(changes[1].path.stat().st_mode) == 0o750
    assert hidden(tmp_path) == []


def test_one_file_needs_no_journal(tmp_path: Path, changes: list[Replacement]) -> None:
    (tmp_path / journal.NAME).write_text("{")
    replace_files(changes[:1], tmp_path)
    assert contents(tmp_path) == [NEW, OLD, OLD]


@pytest.mark.parametrize("number", range(3))
def test_if_one_was_changed_none_is_replaced(tmp_path: Path, changes: list[Replacement], number: int) -> None:
    changes[number].path.write_bytes(b"theirs")
    with pytest.raises(FileChanged):
        replace_files(changes, tmp_path)
    assert contents(tmp_path) == [b"theirs" if each == number else OLD for each in range(3)]
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("number", range(3))
def test_what_was_replaced_before_a_failure_is_put_back(
    tmp_path: Path, changes: list[Replacement], number: int, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if target == changes[number].path and path.suffix == ".new":
            raise error(28, "No space left on device")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(error):
        replace_files(changes, tmp_path)
    assert contents(tmp_path) == [OLD] * 3
    assert hidden(tmp_path) == []


def test_a_change_between_two_renames_puts_the_first_back(
    tmp_path: Path, changes: list[Replacement], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        changes[2].path.write_bytes(b"theirs")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(FileChanged):
        replace_files(changes, tmp_path)
    assert contents(tmp_path) == [OLD, OLD, b"theirs"]
    assert hidden(tmp_path) == []


def test_a_full_disk(tmp_path: Path, changes: list[Replacement], monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.fsync, [0]

    def fsync(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] == 6:
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space left"):
        replace_files(changes, tmp_path)
    assert contents(tmp_path) == [OLD] * 3
    assert hidden(tmp_path) == []


def test_what_cannot_be_put_back_now_is_settled_by_the_next_run(
    tmp_path: Path, changes: list[Replacement], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace(path: Path, target: Path) -> Path:
        if target == changes[1].path or path.suffix == ".old":
            raise OSError(5, "Input/output error")
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(LeftHalf, match="run `awaitomic fix` again"):
        replace_files(changes, tmp_path)
    assert contents(tmp_path) == [NEW, OLD, OLD]
    monkeypatch.undo()
    assert settle(tmp_path) == Settled(Outcome.FINISHED, tuple(each.path for each in changes))
    assert contents(tmp_path) == [NEW] * 3
    assert hidden(tmp_path) == []


def test_a_file_that_may_not_be_written(
    tmp_path: Path, changes: list[Replacement], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def deny(path: os.PathLike[str], flags: int, *rest: int, **named: int) -> int:
        if Path(path) == changes[2].path and flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(PermissionError):
        replace_files(changes, tmp_path)
    assert contents(tmp_path) == [OLD] * 3
    assert hidden(tmp_path) == []


def test_a_directory_that_may_not_be_written(
    tmp_path: Path, changes: list[Replacement], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def deny(path: os.PathLike[str], flags: int, *rest: int, **named: int) -> int:
        if flags & os.O_CREAT and Path(path).parent.name == "pkg":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(PermissionError):
        replace_files(changes, tmp_path)
    assert contents(tmp_path) == [OLD] * 3
    assert hidden(tmp_path) == []


def test_a_symbolic_link_stays_and_leads_to_the_new_content(tmp_path: Path, changes: list[Replacement]) -> None:
    link = tmp_path / "link.py"
    link.symlink_to(Path("pkg") / "b.py")
    replace_files([changes[0], Replacement(link, OLD, NEW)], tmp_path)
    assert link.is_symlink()
    assert contents(tmp_path) == [NEW, NEW, OLD]


def test_of_hard_links_the_other_name_keeps_the_old_content(tmp_path: Path, changes: list[Replacement]) -> None:
    (tmp_path / "other.py").hardlink_to(changes[1].path)
    replace_files(changes, tmp_path)
    assert (tmp_path / "other.py").read_bytes() == OLD
    assert contents(tmp_path) == [NEW] * 3


def test_nothing_outside_of_the_project_is_written(tmp_path: Path, changes: list[Replacement]) -> None:
    (tmp_path / "pkg" / "link.py").symlink_to(changes[0].path)
    through = Replacement(tmp_path / "pkg" / "link.py", OLD, NEW)
    with pytest.raises(PermissionError, match="outside of the project"):
        replace_files([changes[1], through], tmp_path / "pkg")
    assert contents(tmp_path) == [OLD] * 3


def test_two_runs_at_once(tmp_path: Path, changes: list[Replacement]) -> None:
    entry = Entry.of(changes[0].path, OLD, NEW)
    first = Journal.begin(tmp_path, (entry,))
    with pytest.raises(Busy):
        replace_files(changes, tmp_path)
    with pytest.raises(Busy):
        settle(tmp_path)
    assert (tmp_path / journal.NAME).exists()
    first.end()
    replace_files(changes, tmp_path)
    assert contents(tmp_path) == [NEW] * 3


RIVAL = """
import sys
from pathlib import Path
from awaitomic.patching.journal import Busy, Unfinished
from awaitomic.patching.transaction import Replacement, replace_files
from awaitomic.patching.write import FileChanged

root, mine, names = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
done = 0
for number in range(20000):
    try:
        old = [(root / name).read_bytes() for name in names]
        new = f"{mine} {number}".encode()
        replace_files([Replacement(root / name, was, new) for name, was in zip(names, old)], root)
        done += 1
        if done == 40:
            break
    except (Busy, FileChanged, Unfinished) as error:
        assert not isinstance(error, Unfinished), "nobody was killed"
print(done)
"""


def test_two_processes_at_once_never_mix_their_contents(tmp_path: Path, changes: list[Replacement]) -> None:
    source = Path(transaction.__file__).parents[2]
    command = [sys.executable, "-c", RIVAL, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(source)}
    rivals = [
        subprocess.Popen([*command, mine, *NAMES], env=environment, stdout=subprocess.PIPE) for mine in ("one", "two")
    ]
    assert [rival.communicate()[0].split() for rival in rivals] == [[b"40"], [b"40"]]
    assert len(set(contents(tmp_path))) == 1
    assert changes[0].path.read_bytes() != OLD
    assert hidden(tmp_path) == []


def test_nothing_is_begun_before_an_interrupted_run_is_settled(tmp_path: Path, changes: list[Replacement]) -> None:
    Journal.begin(tmp_path, (Entry.of(changes[0].path, OLD, NEW),)).leave()
    with pytest.raises(Unfinished, match="run `awaitomic fix` again"):
        replace_files(changes, tmp_path)
    assert settle(tmp_path) == Settled(Outcome.UNDONE, (changes[0].path,))
    assert settle(tmp_path) is None
    replace_files(changes, tmp_path)
    assert contents(tmp_path) == [NEW] * 3


def interrupted(changes: list[Replacement], root: Path, renamed: int) -> tuple[Entry, ...]:
    """Leave what a run leaves that is killed after some renames."""
    entries = tuple(Entry.of(each.path, each.expected, each.new) for each in changes)
    Journal.begin(root, entries).leave()
    for entry, each in zip(entries, changes, strict=True):
        entry.fresh.write_bytes(each.new)
        entry.backup.write_bytes(each.expected)
    for entry in entries[:renamed]:
        entry.fresh.replace(entry.target)
    return entries


@pytest.mark.parametrize("renamed", range(4))
def test_an_interrupted_run_is_finished(tmp_path: Path, changes: list[Replacement], renamed: int) -> None:
    interrupted(changes, tmp_path, renamed)
    assert settle(tmp_path) == Settled(Outcome.FINISHED, tuple(each.path for each in changes))
    assert contents(tmp_path) == [NEW] * 3
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("renamed", range(3))
def test_it_is_undone_if_somebody_has_changed_a_file_since(
    tmp_path: Path, changes: list[Replacement], renamed: int
) -> None:
    interrupted(changes, tmp_path, renamed)
    changes[2].path.write_bytes(b"theirs")
    settled = settle(tmp_path)
    assert settled is not None
    assert (settled.outcome, settled.foreign) == (Outcome.UNDONE, (changes[2].path,))
    assert contents(tmp_path) == [OLD, OLD, b"theirs"]
    assert hidden(tmp_path) == []


def test_a_file_that_was_changed_after_it_was_replaced_is_no_reason_to_undo(
    tmp_path: Path, changes: list[Replacement]
) -> None:
    interrupted(changes, tmp_path, 1)
    changes[0].path.write_bytes(b"theirs")
    settled = settle(tmp_path)
    assert settled is not None
    assert (settled.outcome, settled.foreign) == (Outcome.FINISHED, (changes[0].path,))
    assert contents(tmp_path) == [b"theirs", NEW, NEW]
    assert hidden(tmp_path) == []


def test_it_is_undone_if_a_temporary_file_is_gone(tmp_path: Path, changes: list[Replacement]) -> None:
    entries = interrupted(changes, tmp_path, 1)
    entries[2].fresh.unlink()
    settled = settle(tmp_path)
    assert settled is not None
    assert settled.outcome is Outcome.UNDONE
    assert contents(tmp_path) == [OLD] * 3


def test_an_undoing_that_is_interrupted_is_not_taken_for_something_to_finish(
    tmp_path: Path, changes: list[Replacement], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(changes, tmp_path, 0)
    changes[0].path.write_bytes(b"theirs")
    real, calls = Path.unlink, [0]

    def unlink(path: Path, missing_ok: bool = False) -> None:
        calls[0] += 1
        if calls[0] == 3:
            raise OSError(5, "Input/output error")
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(OSError, match="Input/output"):
        settle(tmp_path)
    monkeypatch.undo()
    settled = settle(tmp_path)
    assert settled is not None
    assert settled.outcome is Outcome.UNDONE
    assert contents(tmp_path) == [b"theirs", OLD, OLD]
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("raw", [b"", b"{", b'{"format": 1, "files": [{"path": "a.py"', b"[]", b'{"format": 2}'])
def test_a_journal_that_breaks_off_was_left_before_anything_was_done(
    tmp_path: Path, changes: list[Replacement], raw: bytes
) -> None:
    (tmp_path / journal.NAME).write_bytes(raw)
    assert settle(tmp_path) is None
    assert contents(tmp_path) == [OLD] * len(changes)
    assert hidden(tmp_path) == []


@pytest.mark.parametrize("path", ["../outside.py", "/etc/hostname", "link/outside.py"])
def test_a_journal_cannot_lead_out_of_the_project(tmp_path: Path, path: str) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "link").symlink_to(tmp_path)
    outside = tmp_path / "outside.py"
    outside.write_bytes(OLD)
    entry = Entry.of(outside, OLD, NEW)
    entry.fresh.write_bytes(NEW)
    files = [{"path": path, "token": entry.token, "old": entry.old, "new": entry.new}]
    (root / journal.NAME).write_text(json.dumps({"format": 1, "files": files}))
    with pytest.raises(PermissionError, match="does not lie in the project"):
        settle(root)
    assert outside.read_bytes() == OLD


def killed(tmp_path: Path, mode: str) -> list[list[dict[str, str]]]:
    source = Path(transaction.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("killed.py"), tmp_path, mode, *NAMES],
        env={**os.environ, "PYTHONPATH": str(source)},
        capture_output=True,
        check=True,
    )
    found: list[list[dict[str, str]]] = json.loads(done.stdout)
    return found


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_system_call_leaves_one_file_old_or_new(tmp_path: Path) -> None:
    kills = killed(tmp_path, "single")
    assert len(kills) > 12
    assert {state["a.py"] for (state,) in kills} == {"old", "new"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("mode", ["once", "again"])
def test_after_a_kill_at_any_system_call_the_next_run_makes_all_old_or_all_new(tmp_path: Path, mode: str) -> None:
    """With ``again`` the run that settles is killed, too: at its first call, the next one at its second, and so on."""
    kills = killed(tmp_path, mode)
    assert len(kills) > 80
    endings = [states[-1] for states in kills]
    assert {tuple(end) for end in endings} == {NAMES}  # no temporary file and no journal
    assert {tuple(end.values()) for end in endings} == {("old",) * 3, ("new",) * 3}
    between = {state[name] for states in kills for state in states for name in NAMES}
    assert between == {"old", "new"}
    mixed = [states for states in kills if len({states[0][name] for name in NAMES}) == 2]
    assert mixed
    assert all(journal.NAME in states[0] for states in mixed)
