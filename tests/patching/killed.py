"""Writes files in processes that are killed at every system call in turn, and says what each of them has left behind.

Run as a program of its own, since only a process without threads can be forked safely. It prints one JSON list: for
every kill the contents that were there then, and after each further run that settled it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from awaitomic.patching.transaction import Replacement, replace_files, settle
from awaitomic.patching.write import replace_file

CALLS = ("open", "write", "fsync", "fchmod", "replace", "unlink", "close", "fdopen")
OLD, NEW = "old", "new"
_KILLED = 99

P = ParamSpec("P")
T = TypeVar("T")


def kill_at(count: int, *, before: bool) -> None:
    """Let this process die at its `count`-th system call of those that matter, before the call or after it."""
    left = [count]

    def dying(real: Callable[P, T]) -> Callable[P, T]:
        def call(*args: P.args, **named: P.kwargs) -> T:
            left[0] -= 1
            if left[0] == 0 and before:
                os._exit(_KILLED)
            result = real(*args, **named)
            if left[0] == 0:
                os._exit(_KILLED)
            return result

        return call

    for name in CALLS:
        setattr(os, name, dying(getattr(os, name)))


def in_child(work: Callable[[], object], count: int, *, before: bool) -> bool:
    """Do something in a process of its own; tell whether it was killed. A count of 0 lets it live."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if count:
                kill_at(count, before=before)
            work()
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status not in {0, _KILLED}:
        raise SystemExit(f"the child ended with {status}")
    return status == _KILLED


def lay_out(root: Path, names: list[str]) -> list[Replacement]:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(OLD)
    return [Replacement(root / name, OLD.encode(), NEW.encode()) for name in names]


def left_in(root: Path) -> dict[str, str]:
    """Give all files with their contents; of hidden ones only that they are there."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): "" if path.name[0] == "." else path.read_text() for path in files}


def run(root: Path, names: list[str], *, single: bool, again: bool) -> list[list[dict[str, str]]]:
    """Kill at every call; with `again`, kill what settles it at every call, too."""
    found: list[list[dict[str, str]]] = []
    for before in (True, False):
        count = 1
        while True:
            place = root / f"{before}-{count}"
            replacements = lay_out(place, names)
            one = replacements[0]
            work: Callable[[], object] = partial(replace_files, replacements, place)
            if single:
                work = partial(replace_file, one.path, one.expected, one.new)
            settling = partial(settle, place)
            if not in_child(work, count, before=before):
                break
            states = [left_in(place)]
            step = 1
            while again and in_child(settling, step, before=before):
                states.append(left_in(place))
                step += 1
            if not single:
                in_child(settling, 0, before=before)
                states.append(left_in(place))
            found.append(states)
            count += 1
    return found


def no_sync(fd: object) -> None:
    """Do not flush: only a crash of the whole system could tell the difference, and it takes most of the time."""


if __name__ == "__main__":
    os.fsync = no_sync
    mode = sys.argv[2]
    print(json.dumps(run(Path(sys.argv[1]), sys.argv[3:], single=mode == "single", again=mode == "again")))
