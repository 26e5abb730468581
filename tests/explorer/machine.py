"""One run of a program, steered from outside: which choices are there now, and what happens on each.

Two kinds of schedules. `fifo` is what asyncio can really take: the ready queue is first-in-first-out, and a request
arriving, an I/O wait or a timer completing, or somebody calling `cancel()` puts a callback at the end of it at any
time (which is all that the selector, timers and `call_soon_threadsafe` can do). `any_ready` is a superset: any ready
task may go first, and plain callbacks keep their order only among themselves. Every fifo schedule orders task steps
somehow and runs callbacks in queue order, so it is one of those.

Merging (only in `any_ready`): the end of an external wait and the step of the task that it wakes are one move. Nothing
but that task can see the wait's future, so the end commutes with whatever would come in between; and if the task is
cancelled in between, it gets CancelledError at that await, just as when it is cancelled while still waiting. (The
only thing lost is an injected exception that is overtaken by a cancellation; it was never raised, so nobody was hit.)
"""

# ruff: noqa: ANN401 -- choices and callbacks carry objects of every kind

from __future__ import annotations

import asyncio
import contextvars
import functools
import sys
from asyncio import events
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from . import locks
from .loop import ExplorerLoop, External, TaskPath
from .scenario import Ending, Fault, Faults, Frozen, Mode, Scenario, freeze, load

if TYPE_CHECKING:
    from collections.abc import Callable


class Choice(NamedTuple):
    """One possible move. kind: run, callback, start, wait, timer, fail, cancel or skip (cancelled before it started).

    who: the task that moves or that owns the wait. name: the wait's name. target: the object to act on.
    """

    kind: str
    who: TaskPath
    name: str = ""
    target: Any = None

    def label(self) -> tuple[str, TaskPath, str]:
        """What identifies the choice in every replay."""
        return (self.kind, self.who, self.name)


class Machine:
    """A program in the middle of a run. Use as a context manager: leaving it tears everything down quietly.

    serial: tasks start one after the other, in any order, each only after the one before has ended and everything
    that it spawned has ended or waits for something that will not come from outside.
    """

    def __init__(
        self,
        source: str,
        scenario: Scenario,
        count: int,
        mode: Mode,
        faults: Faults = None,
        *,
        serial: bool = False,
        merge: bool = True,
    ) -> None:
        self.source, self.scenario, self.count, self.faults = source, scenario, count, faults
        self.fifo, self.serial, self.merge = mode == "fifo", serial, merge
        self.loop = ExplorerLoop()  # type: ignore[abstract]  # only typeshed demands sockets and subprocesses
        self.tasks: list[asyncio.Task[Any] | None] = [None] * count
        self.skipped: set[int] = set()
        self.arriving: set[int] = set()
        self.fault_used = False
        self.hit: int | None = None
        self.steps = 0

    def __enter__(self) -> Self:
        locks.forget()
        self._outer_loop = events._get_running_loop()
        self._hooks = sys.get_asyncgen_hooks()
        events._set_running_loop(self.loop)
        sys.set_asyncgen_hooks(firstiter=None, finalizer=self.loop.close_generator)
        try:
            self.module = load(self.source, f"<{self.scenario.name}>")
            self.world = self.scenario.setup(self.module, self.count)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.dead = True
        for task in self.loop.paths:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]  # the run is over, nobody is at fault
                _close_quietly(task)
            elif not task.cancelled():
                task.exception()  # counts as retrieved
        sys.set_asyncgen_hooks(*self._hooks)
        events._set_running_loop(self._outer_loop)

    # -- choices --------------------------------------------------------------------------------------------------

    def choices(self) -> list[Choice]:
        """Every move that is possible now, the most ordinary first; empty when the run is over."""
        if self.loop.stopped:
            return []
        found = self._ready_choices()
        if self.serial:
            found += self._serial_starts()
        else:
            found += [Choice("start", (i,)) for i in self._unstarted() if i not in self.arriving]
        pending = [external for external in self.loop.pending if external.future is None or not external.future.done()]
        for kind in ("wait", "timer"):
            found += [Choice(kind, e.owner, e.name, e) for e in pending if e.kind == kind]
        if self.faults == "exception" and not self.fault_used:
            found += [Choice("fail", e.owner, e.name, e) for e in pending if e.kind == "wait"]
        elif self.faults == "cancel" and not self.fault_used:
            found += [Choice("cancel", (i,)) for i, task in enumerate(self.tasks) if task and not task.done()]
        return found

    def _ready_choices(self) -> list[Choice]:
        ready = self.loop.ready
        while ready and ready[0].cancelled():
            ready.popleft()
        found: list[Choice] = []
        callback_seen = False
        for handle in ready:
            if handle.cancelled():
                continue
            task = self.loop.step_of(handle)
            if task is not None:
                found.append(Choice("run", self.loop.paths[task], "", handle))
            elif not callback_seen:
                callback_seen = True
                found.append(Choice("callback", (-1,), "", handle))
            if self.fifo:
                break
        return found

    def _started(self) -> list[asyncio.Task[Any]]:
        return [task for task in self.tasks if task is not None]

    def _unstarted(self) -> list[int]:
        return [i for i, task in enumerate(self.tasks) if task is None and i not in self.skipped]

    def _serial_starts(self) -> list[Choice]:
        """The next task may start when the one before it has come to rest. Stray timers need not have fired."""
        busy = self.loop.ready or any(external.kind == "wait" for external in self.loop.pending)
        ended = all(task.done() for task in self._started()) or not self.scenario.deadlock_is_bug
        if busy or not ended:
            return []
        found = [Choice("start", (i,)) for i in self._unstarted()]
        if self.faults == "cancel" and not self.fault_used:
            found += [Choice("skip", (i,)) for i in self._unstarted()]
        return found

    # -- moves ----------------------------------------------------------------------------------------------------

    def apply(self, choice: Choice) -> None:
        """Make one move."""
        self.steps += 1
        getattr(self, "_do_" + choice.kind)(choice)

    def _do_run(self, choice: Choice) -> None:
        self._run_handle(choice.target)

    _do_callback = _do_run

    def _run_handle(self, handle: events.Handle) -> None:
        self.loop.ready.remove(handle)
        if not handle.cancelled():
            handle._run()

    def _later(self, callback: Any, *args: Any) -> None:
        """What the outside world does in fifo mode: put a callback at the end of the ready queue."""
        self.loop.ready.append(events.Handle(callback, args, self.loop, contextvars.Context()))

    def _do_start(self, choice: Choice) -> None:
        index = choice.who[0]
        if self.fifo and not self.serial:
            self.arriving.add(index)
            self._later(self._create, index)
        else:
            self._create(index)
            self._run_handle(self.loop.ready[-1])

    def _create(self, index: int) -> None:
        self.tasks[index] = self.loop.adopt(self.world.tasks[index](), (index,), context=contextvars.Context())

    def _do_skip(self, choice: Choice) -> None:
        self.fault_used = True
        self.hit = choice.who[0]
        self.skipped.add(choice.who[0])

    def _do_wait(self, choice: Choice, error: BaseException | None = None) -> None:
        external: External = choice.target
        if self.fifo:
            self.loop.pending.remove(external)
            self._later_end(external, error)
            return
        before = len(self.loop.ready)
        self.loop.complete(external, error)
        if external.kind == "wait":
            self._merge_wakeup(before)

    _do_timer = _do_wait

    def _later_end(self, external: External, error: BaseException | None) -> None:
        if error is None:
            self.loop.ready.append(external.handle)
        else:
            self._later(self.loop.finish, external, error)

    def _do_fail(self, choice: Choice) -> None:
        self.fault_used = True
        self.hit = choice.who[0]
        self._do_wait(choice, Fault(choice.name))

    def _do_cancel(self, choice: Choice) -> None:
        self.fault_used = True
        task = self.tasks[choice.who[0]]
        assert task is not None
        if self.fifo:
            self._later(self._cancel, task, choice.who[0])
            return
        before = len(self.loop.ready)
        waiter = getattr(task, "_fut_waiter", None)
        self._cancel(task, choice.who[0])
        if any(external.future is waiter for external in self.loop.pending if external.kind == "wait"):
            self._merge_wakeup(before)

    def _cancel(self, task: asyncio.Task[Any], index: int) -> None:
        if task.cancel():
            self.hit = index

    def _merge_wakeup(self, before: int) -> None:
        ready = self.loop.ready
        if self.merge and len(ready) == before + 1 and self.loop.step_of(ready[-1]) is not None:
            self._run_handle(ready[-1])

    # -- the end --------------------------------------------------------------------------------------------------

    def blocked(self) -> tuple[int, ...]:
        """Tasks that have not ended, the ones that a serial order never got to included."""
        candidates = [(i, task) for i, task in enumerate(self.tasks) if i not in self.skipped]
        return tuple(i for i, task in candidates if task is None or not task.done())

    def log(self) -> list[Any] | None:
        """The external calls in order, frozen, or None when nobody logs."""
        source: Callable[[], Any] | None = self.world.calls
        if source is None and self.scenario.calls is not None:
            source = functools.partial(self.scenario.calls, self.module)
        return None if source is None else [freeze(entry) for entry in source()]

    def state(self) -> Frozen:
        """The observed state, frozen."""
        if self.world.observe is not None:
            return freeze(self.world.observe())
        return freeze(self.scenario.observe(self.module)) if self.scenario.observe else None

    def results(self) -> tuple[Frozen, ...]:
        """Each task's result."""
        return tuple(_CANCELLED if i in self.skipped else _result(task) for i, task in enumerate(self.tasks))

    def ending(self) -> Ending:
        """The comparable end of this run; call it when there are no more choices."""
        calls = self.log()
        if calls is not None:
            calls = sorted(self._collapse(calls), key=repr)
        frozen_calls = None if calls is None else tuple(calls)
        return Ending(self.results(), self.state(), frozen_calls, locks.held(), self.blocked(), self.hit)

    def _collapse(self, calls: list[Any]) -> list[Any]:
        """Of calls that may repeat, keep one each."""
        repeatable = self.scenario.may_repeat
        kept: list[Any] = []
        for entry in calls:
            name = entry[0] if isinstance(entry, tuple) and entry else entry
            if name not in repeatable or entry not in kept:
                kept.append(entry)
        return kept


_CANCELLED: Frozen = ("raises", "CancelledError", ())


def _result(task: asyncio.Task[Any] | None) -> Frozen:
    if task is None or not task.done():
        return ("blocked",)
    if task.cancelled():
        return _CANCELLED
    error = task.exception()
    return freeze(error) if error is not None else ("returns", freeze(task.result()))


def _close_quietly(task: asyncio.Task[Any]) -> None:
    """Unwind a task that will never run again; its `finally` blocks may await, loop or raise as they please."""
    coro: Any = task.get_coro()
    for _ in range(100):
        try:
            coro.close()
        except RuntimeError:  # "coroutine ignored GeneratorExit": it awaited in a finally block; go on closing
            continue
        except BaseException:  # noqa: BLE001  # what its cleanup raises has nobody left to hear it
            return
        return
