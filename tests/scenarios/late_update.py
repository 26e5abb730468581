"""Cases of the programs in ``fixtures/late_update/``: state that is used, and brought up to date too late."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

from explorer import Ending

from .case import FixtureCase, Repair

TAKEN_IS_LOST = (
    "exception at sleep #1: state was ('first',), is ()",
    "cancel at sleep #1: state was ('first',), is ()",
)
"""A batch that was taken out before it is written does not come back when the write fails."""


def _flush(sink: str = "Sink", repair: Repair | None = "unsafe") -> FixtureCase:
    def writer(module: ModuleType) -> object:
        return module.Writer(module.write if sink == "write" else module.Sink())

    return FixtureCase(
        subject=writer,
        tasks={"flush": lambda writer: writer.flush(), "add": lambda writer: writer.add("second")},
        state=lambda writer: writer._buf,
        calls=lambda module: module.stored,
        findings=(("AWA103", "self._buf"),) if repair else (),
        repair=repair,
        differences={"flush": TAKEN_IS_LOST} if repair else {},
    )


def _flush_unknown(case: FixtureCase) -> FixtureCase:
    """Give the case of a writer that is handed what it is to write first."""
    return replace(case, subject=lambda module: module.Writer(module.Sink(), ["first"]))


def _room(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.a_chat(),
        tasks={"store": lambda chat: chat.store("hall"), "say": lambda chat: chat.say("hall", "second")},
        state=lambda chat: chat._rooms["hall"].said,
        calls=lambda module: module.stored,
        findings=(("AWA103", "self._rooms[name].said"),) if repair else (),
        repair=repair,
        differences={"store": TAKEN_IS_LOST} if repair else {},
    )


def _wakeup(repair: Repair | None, differences: tuple[str, ...] = ()) -> FixtureCase:
    """A worker that has been woken up once, and messages that are posted meanwhile."""

    def woken(module: ModuleType) -> object:
        outbox = module.Outbox()
        outbox.pending = 1
        outbox._changed.set()
        return outbox

    return FixtureCase(
        subject=woken,
        tasks={
            "work": lambda outbox: outbox.work(),
            "post": lambda outbox: outbox.post(),
            "again": lambda outbox: outbox.post(),
        },
        state=lambda outbox: (outbox.pending, outbox._changed.is_set()),
        findings=(("AWA103", "self._changed"),) if repair else (),
        repair=repair,
        differences={"work": differences} if differences else {},
    )


def _nothing_lost(ending: Ending) -> bool:
    """Every line has been stored or is still there. (That an older line comes last after a failure is no loss.)"""
    added = ["first", "second"] if ending.results[1] == ("returns", None) else ["first"]
    return set(added) <= {*ending.state, *ending.calls}


def _numbers_differ(ending: Ending) -> bool:
    """No number was given away twice. (A number that nobody got is no harm, and they need not come in order.)"""
    seq, done = ending.state
    return len(set(done)) == len(done) and all(number < seq for number in done)


def _started(module: ModuleType) -> object:
    scheduler = module.Scheduler()
    scheduler.start()
    return scheduler


def _socket(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Client(),
        tasks={"disconnect": lambda client: client.disconnect(), "connect": lambda client: client.connect("second")},
        state=lambda client: client.ws,
        calls=lambda module: module.closed,
        findings=(("AWA103", "self.ws"),) if repair else (),
        repair=repair,
        may_repeat=("first", "second"),
    )


def _connected(module: ModuleType) -> object:
    client = module.Client()
    client.reader, client.writer = module.Stream("first in"), module.Stream("first out")
    return client


def _streams(repair: Repair | None) -> FixtureCase:
    """Two streams of one connection, of which one is waited for."""
    return FixtureCase(
        subject=_connected,
        tasks={"disconnect": lambda client: client.disconnect(), "connect": lambda client: client.connect("second")},
        state=lambda client: (client.reader, client.writer),
        calls=lambda module: module.closed,
        findings=(("AWA103", "self.writer"),) if repair else (),
        repair=repair,
        may_repeat=("first out", "second out"),
    )


def _numbers(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=_started,
        tasks={"submit": lambda scheduler: scheduler.submit("job")},
        state=lambda scheduler: (scheduler.seq, scheduler.done),
        findings=(("AWA103", "self.seq"),) if repair else (),
        repair=repair,
        invariant=_numbers_differ,
    )


CASES: dict[str, FixtureCase] = {
    "late_update/flush_rebind.py": _flush(),
    "late_update/flush_clear.py": _flush(),
    "late_update/flush_alias.py": _flush(),
    "late_update/flush_fetched.py": _flush("write"),
    "late_update/flush_filled_by_helper.py": _flush(),
    "late_update/keep_flush_filled_by_helper.py": _flush(repair=None),
    "late_update/flush_of_unknown_type.py": _flush_unknown(_flush()),
    "late_update/keep_flush_of_unknown_type.py": _flush_unknown(_flush(repair=None)),
    "late_update/flush_room.py": _room("unsafe"),
    "late_update/keep_flush_room.py": _room(None),
    "late_update/keep_flush_swapped.py": _flush(repair=None),
    "late_update/keep_flush_restoring.py": replace(_flush(repair=None), invariant=_nothing_lost),
    "late_update/close_socket.py": _socket("safe"),
    "late_update/keep_close_socket_compared.py": _socket(None),
    "late_update/close_streams.py": _streams("safe"),
    "late_update/keep_close_streams_compared.py": _streams(None),
    "late_update/use_then_bump.py": _numbers("unsafe"),
    "late_update/keep_bumped_first.py": _numbers(None),
    "late_update/wakeup.py": _wakeup(
        "unsafe",
        (
            "exception at sleep #1: state was (0, True), is (0, False)",
            "cancel at sleep #1: state was (0, True), is (0, False)",
        ),
    ),
    "late_update/wakeup_finally.py": _wakeup("safe"),
    "late_update/keep_wakeup_cleared_first.py": _wakeup(None),
}
