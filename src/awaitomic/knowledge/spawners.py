"""Calls that start tasks, and calls that hand a coroutine to a runner that runs it alone."""

from __future__ import annotations

SPAWN_ONE = frozenset(
    "create_task ensure_future start_soon run_coroutine_threadsafe spawn create_background_task async_create_task "
    "async_create_background_task add_background_task spawn_later run_in_background create_eager_task start "
    "run_worker spawn_callback".split()
)
"""Last name of callables that start one task from their coroutine argument (or from a function and its arguments)."""

_SPAWN_ENDINGS = ("create_task", "ensure_future")
"""How projects name their own callables of that kind: ``self.sys_create_task(coroutine)``."""

TASK_CLASSES = frozenset({"asyncio.Task", "asyncio.tasks.Task"})
"""Classes whose instances are tasks: to make one starts it."""

LATER_IN_LOOP = frozenset({"call_soon", "call_soon_threadsafe"})
"""Methods of a loop that call a function a moment later: ``loop.call_soon_threadsafe(asyncio.create_task, work())``."""

FROM_OTHER_THREADS = "call_soon_threadsafe"
"""The method by which another thread has something called in a loop, whenever it has news."""

SPAWN_ALL = frozenset({"gather", "wait", "as_completed"})
"""Last name of callables that run all their awaitable arguments at the same time."""

TASK_GROUPS = frozenset({"TaskGroup", "create_task_group", "open_nursery"})
"""Last name of what makes a group that waits for its tasks when it is left."""

RUN_ALONE = frozenset({"asyncio.run", "run_until_complete", "anyio.run", "trio.run", "asyncio.Runner.run"})
"""Runners of a main program: what they run exists once."""
RUNNERS = frozenset(name.rpartition(".")[2] for name in RUN_ALONE)
"""The last names of such runners."""

AWAITED_ALONE = frozenset({"wait_for", "shield", "timeout", "ensure_future"})
"""Last name of wrappers around one awaitable that the caller waits for."""


_GIVE_NO_TASK = frozenset(
    "spawn start_soon spawn_later add_background_task start run_in_background run_worker spawn_callback".split()
)
"""Those of `SPAWN_ONE` whose result, awaited, does not wait for the task: ``await scheduler.spawn(work())``."""


def gives_task(name: str) -> bool:
    """Tell whether who awaits what a callable gives that starts a task waits for the task to end."""
    return starts_one(name) and name not in _GIVE_NO_TASK


def starts_one(name: str) -> bool:
    """Tell whether a callable is by its last name one that starts one task."""
    return name in SPAWN_ONE or name.endswith(_SPAWN_ENDINGS)


MAPPERS = frozenset({"map", "itertools.starmap"})
"""What calls its first argument with the items of the second."""

PASS_ITEMS = frozenset("list tuple set frozenset iter reversed filter itertools.chain collections.deque".split())
"""Callables whose result has the items of their arguments."""

PUT_IN = frozenset({"append", "appendleft", "add", "insert", "extend", "update"})
"""Methods by which a collection gets the items that are run together later."""
