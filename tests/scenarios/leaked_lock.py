"""Cases of the programs in ``fixtures/leaked_lock/``: locks that are taken by hand and never given back.

A leak shows in who comes next. Where it takes a cancellation, the unrepaired program is searched with one. The repair
is safe although a task alone ends otherwise: with the lock free, where it was held for ever. Where it may have been
cancelled in the middle of something, it is unsafe.
"""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from .case import FixtureCase

LOCK = ("AWA206", "self._lock")

_COUNTER = FixtureCase(
    subject=lambda module: module.Counter(),
    tasks={"step": lambda counter: counter.step()},
    state=lambda counter: counter.done,
)


def _muted(module: ModuleType) -> object:
    player = module.Player()
    player.muted = True
    return player


def _leaks(*labels: str, what: str = "Lock") -> tuple[str, ...]:
    return tuple(f"{label}: locks_held was ('{what}',), is ()" for label in labels)


ON_FAILURE = _leaks("exception at sleep #1", "cancel at sleep #1")

_PRINTER = FixtureCase(
    subject=lambda module: module.printer,
    tasks={"report": lambda printer: printer.report(), "note": lambda printer: printer.note()},
    calls=lambda module: module.lines,
    state=lambda _: None,
)

CASES: dict[str, FixtureCase] = {
    "leaked_lock/acquire_not_awaited.py": replace(
        _PRINTER, findings=(LOCK,), repair="refused", refusal="no-remedy-yet"
    ),
    "leaked_lock/keep_acquire_awaited.py": _PRINTER,
    "leaked_lock/returns_early.py": FixtureCase(
        subject=_muted,
        tasks={"play": lambda player: player.play("one"), "mute": lambda player: player.mute(on=False)},
        state=lambda player: player.muted,
        calls=lambda module: module.played,
        findings=(("AWA206", "self._turn"),),
        repair="safe",
        hangs=True,
        before_counts=(3,),
        differences={"play": _leaks("success")},
    ),
    "leaked_lock/raises.py": FixtureCase(
        subject=lambda module: module.Account(),
        tasks={"much": lambda account: account.withdraw(101), "little": lambda account: account.withdraw(10)},
        state=lambda account: account.balance,
        findings=(LOCK,),
        repair="safe",
        hangs=True,
        differences={"much": _leaks("success"), "little": ON_FAILURE},
    ),
    "leaked_lock/wait_before_try.py": replace(
        _COUNTER,
        findings=(LOCK,),
        repair="safe",
        hangs=True,
        before_faults="cancel",
        differences={"step": ON_FAILURE},
    ),
    "leaked_lock/acquire_inside_try.py": replace(_COUNTER, findings=(LOCK,), repair="safe", before_faults="cancel"),
    "leaked_lock/context_manager.py": FixtureCase(
        subject=lambda module: module.Wire(),
        tasks={"ask": lambda wire: wire.ask("one"), "ask again": lambda wire: wire.ask("two")},
        calls=lambda module: module.sent,
        findings=(LOCK,),
        repair="unsafe",
        hangs=True,
        before_faults="cancel",
        differences={"ask": ON_FAILURE, "ask again": ON_FAILURE},
    ),
    "leaked_lock/entering_fails.py": FixtureCase(
        subject=lambda module: module.Session(),
        tasks={"ask": lambda session: session.ask()},
        calls=lambda module: module.done,
        findings=(LOCK,),
        repair="refused",
        refusal="released-elsewhere",
        hangs=True,
        before_faults="cancel",
    ),
    "leaked_lock/keep_entering_undone.py": FixtureCase(
        subject=lambda module: module.Session(),
        tasks={"ask": lambda session: session.ask()},
        calls=lambda module: module.done,
    ),
    "leaked_lock/permits.py": FixtureCase(
        subject=lambda module: module.Downloads(),
        tasks={"old": lambda downloads: downloads.fetch("old"), "new": lambda downloads: downloads.fetch("new")},
        calls=lambda module: module.loaded,
        findings=(("AWA206", "self._permits"),),
        repair="safe",
        hangs=True,
        before_counts=(3,),
        differences={"old": _leaks("success", what="Semaphore-1")},
    ),
    "leaked_lock/released_in_handler.py": replace(
        _COUNTER, findings=(LOCK,), repair="refused", refusal="several-releases", hangs=True, before_faults="cancel"
    ),
    "leaked_lock/never_given_back.py": FixtureCase(
        subject=lambda module: module.Channel(),
        tasks={"say": lambda channel: channel.say("one"), "say again": lambda channel: channel.say("two")},
        state=lambda channel: sorted(channel.said),
        findings=(("AWA206", "self._turn"),),
        repair="refused",
        refusal="never-released",
        hangs=True,
    ),
    "leaked_lock/keep_given_back_by_listener.py": FixtureCase(
        subject=lambda module: module.Channel(),
        tasks={"say": lambda channel: channel.say("one"), "say again": lambda channel: channel.say("two")},
        state=lambda channel: sorted(channel.said),
        faults=(None,),
    ),
    "leaked_lock/keep_try_behind.py": _COUNTER,
    "leaked_lock/keep_signal.py": FixtureCase(
        subject=lambda module: module.Peer(),
        tasks={"ask": lambda peer: peer.ask("one"), "nothing": lambda peer: peer.ask("")},
        state=lambda peer: sorted(peer.answers),
        faults=(None,),
    ),
    "leaked_lock/keep_handed_on.py": FixtureCase(
        subject=lambda module: module.Jobs(),
        tasks={"one": lambda jobs: jobs.submit("one"), "two": lambda jobs: jobs.submit("two")},
        state=lambda jobs: sorted(jobs.done),
        faults=(None, "exception"),
    ),
}
