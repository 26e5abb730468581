"""An event loop in which nothing happens by itself.

asyncio's own tasks, futures, locks and timeouts run on it unchanged. It only keeps two collections: the *ready* queue,
exactly as asyncio would fill it, and the *pending* external waits (timers, I/O stand-ins). Which of them goes next is
somebody else's decision, which is what makes schedules enumerable.

Time stands still: timers fire in any order, so durations carry no meaning.
"""

# ruff: noqa: ANN401 -- signatures follow AbstractEventLoop, whose callbacks take anything

from __future__ import annotations

import asyncio
from asyncio import events, futures
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import contextvars
    from collections.abc import AsyncGenerator, Callable, Coroutine

TaskPath = tuple[int, ...]
_AnyHandle = events.Handle


@dataclass(slots=True, eq=False)
class External:
    """Something outside the program that may happen at any moment.

    kind "wait": one task awaits it directly, and nobody else can see its future (asyncio.sleep, outside).
    kind "timer": any other callback of call_later or call_at, such as a timeout.
    """

    kind: Literal["wait", "timer"]
    name: str
    owner: TaskPath
    handle: _AnyHandle
    future: asyncio.Future[Any] | None = None


class ExplorerLoop(asyncio.AbstractEventLoop):
    """The loop of one single run. Not thread-safe, never reused."""

    def __init__(self) -> None:
        self.ready: deque[_AnyHandle] = deque()
        self.pending: list[External] = []
        self.paths: dict[asyncio.Task[Any], TaskPath] = {}
        self.dead = False
        self.stopped = False
        """Whether the thread waits for a lock that only a task of this very loop could give back."""
        self._children: dict[TaskPath, int] = {}

    # -- what asyncio asks of a loop ------------------------------------------------------------------------------

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return not self.dead

    def is_closed(self) -> bool:
        return self.dead

    def time(self) -> float:
        return 0.0

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Errors that nobody retrieves are no outcome of their own; the state they leave behind is."""

    def call_soon(  # type: ignore[override]  # typeshed uses TypeVarTuple here; the behaviour is the same
        self, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> _AnyHandle:
        handle = events.Handle(callback, args, self, context)
        self.ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon  # type: ignore[assignment]  # same reason

    def call_later(  # type: ignore[override]  # same reason
        self, delay: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> events.TimerHandle:
        return self.call_at(delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]  # same reason
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> events.TimerHandle:
        handle = events.TimerHandle(when, callback, args, self, context)
        owner = self.current_path()
        if callback is futures._set_result_unless_cancelled:  # type: ignore[attr-defined]  # asyncio.sleep's callback
            self.pending.append(External("wait", "sleep", owner, handle, args[0]))
        else:
            self.pending.append(External("timer", getattr(callback, "__qualname__", "timer"), owner, handle))
        return handle

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        self.pending = [external for external in self.pending if external.handle is not handle]

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]  # newer versions pass further keywords through
        self, coro: Coroutine[Any, Any, Any], *, name: object = None, context: contextvars.Context | None = None
    ) -> asyncio.Task[Any]:
        parent = self.current_path()
        number = self._children[parent] = self._children.get(parent, -1) + 1
        return self.adopt(coro, (*parent, number), name, context)

    def run_in_executor(  # type: ignore[override]  # same reason
        self, executor: object, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        """A thread is an external wait whose function runs at the moment it completes."""
        future = self.create_future()

        def complete() -> None:
            if future.done():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:  # noqa: BLE001  # whatever the function raises belongs to the future
                future.set_exception(error)

        handle = events.Handle(complete, (), self, None)
        self.pending.append(External("timer", getattr(func, "__qualname__", "thread"), self.current_path(), handle))
        return future

    # -- what the explorer adds -----------------------------------------------------------------------------------

    def adopt(
        self,
        coro: Coroutine[Any, Any, Any],
        path: TaskPath,
        name: object = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        """Make a task known by its path: (index,) for a task of the scenario, longer for those that it spawned."""
        label = str(name) if name is not None else "task-" + ".".join(map(str, path))
        task = asyncio.Task(coro, loop=self, name=label, context=context)
        self.paths[task] = path
        return task

    def current_path(self) -> TaskPath:
        """The path of the running task; (-1,) in a plain callback."""
        task = asyncio.current_task(self)
        return self.paths.get(task, (-1,)) if task is not None else (-1,)

    def step_of(self, handle: _AnyHandle) -> asyncio.Task[Any] | None:
        """The task whose next step this handle is, or None for a plain callback."""
        callback = handle._callback  # type: ignore[attr-defined]  # asyncio offers no public way to ask
        owner = getattr(callback, "__self__", None)
        if not isinstance(owner, asyncio.Task) or getattr(callback, "__name__", "") in _TASK_METHODS:
            return None
        return owner

    def complete(self, external: External, error: BaseException | None = None) -> None:
        """Let an external wait end now, with its result or with the error."""
        self.pending.remove(external)
        self.finish(external, error)

    @staticmethod
    def finish(external: External, error: BaseException | None) -> None:
        """Deliver the end of an external wait that is no longer pending."""
        if error is None:
            external.handle._run()
        elif external.future is not None and not external.future.done():
            external.future.set_exception(error)

    def close_generator(self, generator: AsyncGenerator[Any, Any]) -> None:
        """`finalizer` hook of async generators: as in asyncio, a dropped generator is closed by a task of its own."""
        if not self.dead:  # the closing coroutine is made when its turn comes: a run may end before that
            self.call_soon(lambda: self.create_task(generator.aclose()))


_TASK_METHODS = frozenset(name for name in dir(asyncio.Task) if not name.startswith("__"))


async def outside(name: str, result: Any = None) -> Any:
    """Wait for something outside the program; the explorer decides when it completes, and may make it fail.

    name: appears in timelines and as the argument of an injected Fault. result: what the wait gives.
    Raises Fault when a fault was injected here, RuntimeError when no explorer runs.
    """
    loop = asyncio.get_running_loop()
    if not isinstance(loop, ExplorerLoop):
        raise RuntimeError("explorer.outside() was called outside an exploration")
    future = loop.create_future()
    setter = futures._set_result_unless_cancelled  # type: ignore[attr-defined]  # as asyncio.sleep does it
    external = External("wait", name, loop.current_path(), events.Handle(setter, (future, result), loop), future)
    loop.pending.append(external)
    try:
        return await future
    finally:
        if external in loop.pending:
            loop.pending.remove(external)
