"""Replacing a file: all but its content stays, and whatever goes wrong, one of the two contents is there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from awaitomic.patching.write import FileChanged, replace_file

OLD, NEW = b"old\r\n", b"new \xff\r\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_bytes(OLD)
    return path


def others(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir() if path != file)


def test_the_content_is_replaced_and_nothing_is_left_behind(file: Path) -> None:
    replace_file(file, OLD, NEW)
    assert file.read_bytes() == NEW
    assert others(file) == []


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o4750, 0o200])
def test_the_mode_is_kept(file: Path, mode: int) -> None:
    file.chmod(mode)
    replace_file(file, OLD, NEW)
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_the_mode_does_not_depend_on_the_umask(file: Path) -> None:
    file.chmod(0o666)
    before = os.umask(0o077)
    try:
        replace_file(file, OLD, NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o666


def test_the_owner_is_asked_for_if_it_is_another(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    status = file.stat()
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        if found.st_ino == status.st_ino:
            return found
        return os.stat_result((*found[:4], found.st_uid + 1, found.st_gid, *found[6:]))

    monkeypatch.setattr(os, "fstat", fstat)
    monkeypatch.setattr(os, "fchown", lambda _, uid, gid: asked.append((uid, gid)))
    replace_file(file, OLD, NEW)
    assert asked == [(status.st_uid, status.st_gid)]
    assert file.read_bytes() == NEW


def test_an_owner_that_cannot_be_kept_is_no_reason_to_fail(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = file.stat()
    real = os.fstat

    def fstat(descriptor: int) -> os.stat_result:
        found = real(descriptor)
        return found if found.st_ino == status.st_ino else os.stat_result((*found[:4], found.st_uid + 1, *found[5:]))

    monkeypatch.setattr(os, "fstat", fstat)
    monkeypatch.setattr(os, "fchown", raising(PermissionError))
    replace_file(file, OLD, NEW)
    assert file.read_bytes() == NEW


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path, file: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    first = tmp_path / "elsewhere" / "link.py"
    first.symlink_to(Path("..") / file.name)
    second = tmp_path / "again.py"
    second.symlink_to(first)
    replace_file(second, OLD, NEW)
    assert second.is_symlink()
    assert first.is_symlink()
    assert not file.is_symlink()
    assert file.read_bytes() == NEW
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == ["link.py"]


def test_of_two_hard_links_the_other_keeps_the_old_content(tmp_path: Path, file: Path) -> None:
    other = tmp_path / "other.py"
    other.hardlink_to(file)
    replace_file(file, OLD, NEW)
    assert (file.read_bytes(), other.read_bytes()) == (NEW, OLD)


def test_a_relative_path(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    replace_file(Path(file.name), OLD, NEW)
    assert file.read_bytes() == NEW


def test_a_very_long_name(tmp_path: Path) -> None:
    file = tmp_path / f"{'x' * 252}.py"
    file.write_bytes(OLD)
    replace_file(file, OLD, NEW)
    assert file.read_bytes() == NEW


def test_a_file_that_was_changed_is_left_alone(file: Path) -> None:
    file.write_bytes(b"theirs")
    with pytest.raises(FileChanged, match=r"module\.py was changed by somebody else"):
        replace_file(file, OLD, NEW)
    assert file.read_bytes() == b"theirs"
    assert others(file) == []


def test_a_change_while_the_new_content_is_written_is_noticed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    def fsync(descriptor: int) -> None:
        file.write_bytes(b"theirs")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(FileChanged):
        replace_file(file, OLD, NEW)
    assert file.read_bytes() == b"theirs"
    assert others(file) == []


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_file_that_was_deleted_is_not_made_again(file: Path, when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if when == "before":
        file.unlink()
    else:
        monkeypatch.setattr(os, "fsync", lambda _: file.unlink())
    with pytest.raises(FileChanged):
        replace_file(file, OLD, NEW)
    assert list(file.parent.iterdir()) == []


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    with pytest.raises(FileChanged):
        replace_file(pipe, OLD, NEW)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_directory_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, OLD, NEW)


def raising(error: type[BaseException]) -> object:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error(13, "not allowed")

    return fail


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("where", ["fsync", "fchmod", "replace"])
def test_a_failure_leaves_the_old_content_and_no_temporary_file(
    file: Path, where: str, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, where, raising(error))
    with pytest.raises(error):
        replace_file(file, OLD, NEW)
    assert file.read_bytes() == OLD
    assert others(file) == []


def test_a_file_that_may_not_be_written_is_not_replaced(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def deny(path: os.PathLike[str], flags: int, *rest: int) -> int:
        if Path(path) == file and flags & os.O_RDWR:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(PermissionError, match=r"module\.py"):
        replace_file(file, OLD, NEW)
    assert file.read_bytes() == OLD
    assert others(file) == []


def test_a_directory_that_may_not_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def deny(path: os.PathLike[str], flags: int, *rest: int, **named: int) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(PermissionError):
        replace_file(file, OLD, NEW)
    assert file.read_bytes() == OLD


def test_a_directory_that_cannot_be_flushed_is_no_failure(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def deny(path: os.PathLike[str], flags: int, *rest: int, **named: int) -> int:
        if Path(path) == file.parent:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", deny)
    replace_file(file, OLD, NEW)
    assert file.read_bytes() == NEW


def test_the_new_content_is_on_the_disk_before_the_name_changes(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    sync, replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        events.append("directory" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def rename(path: str, target: str) -> None:
        events.append(f"replace {Path(target).name}")
        replace(path, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    replace_file(file, OLD, NEW)
    assert events == ["file", "replace module.py", "directory"]
