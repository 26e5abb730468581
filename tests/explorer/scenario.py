"""What to run and how to judge it: the plain data that a test hands to the explorer.

A race is a statement about *every* schedule, so a test describes a program once (which tasks, what state to look at)
and the explorer runs it thousands of times. Each run executes the program's text anew in a fresh module; what a
run leaves behind can therefore never colour the next one.
"""

from __future__ import annotations

import functools
import math
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import CodeType, ModuleType
from typing import Any, Literal

Mode = Literal["fifo", "any_ready"]
Faults = Literal["exception", "cancel"] | None
Frozen = Any  # nested tuples of plain hashable values; see `freeze`

PROGRAM = "explored_program"
"""`__name__` of every program while it is explored."""


class Fault(Exception):  # noqa: N818  # it stands for any failure, and reads as such in timelines
    """The one exception that fault injection raises out of an external wait; its argument is the wait's name."""


class Truncated(Exception):  # noqa: N818  # states what the search is, like asyncio.QueueFull
    """The search ended before every schedule was seen. It proves nothing and must never count as a pass."""


class Nondeterminism(Exception):  # noqa: N818  # names what was found in the program
    """A replayed prefix offered other choices than before: the program depends on time, chance or `id()`."""


class Journal:
    """An append-only log of external calls for stubs.

    Tasks only add to it, and outcomes compare it as a multiset, so the state-space reduction may ignore its order;
    a plain list works too but keeps apart states that differ in nothing but the order of the log.
    """

    def __init__(self) -> None:
        self.entries: list[tuple[object, ...]] = []

    def note(self, *entry: object) -> None:
        """Record one external call: its name and, if they matter, its arguments."""
        self.entries.append(entry)

    def __call__(self) -> list[tuple[object, ...]]:
        """The calls so far, in order; a journal can be handed to `World.calls` as it is."""
        return list(self.entries)


@dataclass(frozen=True, slots=True)
class World:
    """One fresh instance of the program, ready to run.

    tasks: a coroutine factory per task. observe: the final state, anything that `freeze` can compare.
    calls: the log of external calls, in order; outcomes compare it as a multiset.
    """

    tasks: list[Callable[[], Coroutine[Any, Any, Any]]]
    observe: Callable[[], object] | None = None
    calls: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How one run ended, in comparable form.

    results: per task `("returns", value)`, `("raises", type name, args)` or `("blocked",)`.
    calls: sorted, or None when nobody logs. locks_held: what is still locked at the end. blocked: the tasks that
    can never go on. hit: the task that the injected fault struck (-1: it struck outside every task), or None.
    """

    results: tuple[Frozen, ...]
    state: Frozen
    calls: Frozen
    locks_held: tuple[str, ...]
    blocked: tuple[int, ...] = ()
    hit: int | None = None

    def verdict_key(self) -> Frozen:
        """The part that has to agree with a serial order."""
        return (self.results, self.state, self.calls, self.locks_held, self.blocked)

    def __str__(self) -> str:
        text = f"state {self.state!r}; results {self.results!r}"
        if self.calls is not None:
            text += f"; calls {self.calls!r}"
        if self.locks_held:
            text += f"; still held {', '.join(self.locks_held)}"
        return text


@dataclass(frozen=True, slots=True)
class Scenario:
    """How to exercise a program.

    setup: builds a World with `count` tasks in a freshly executed module.
    tasks: how many tasks where a caller does not say. limit: runs after which a search counts as truncated.
    observe, calls: used where the World leaves them out; they get the module.
    deadlock_is_bug: if false, a deadlock is an outcome like any other.
    invariant: replaces serializability; true for every ending that is right.
    may_repeat: names of calls (first item of a log entry) of which only the presence counts, not the number.
    cancel_at_free_locks: if true, the serial orders may also be cancelled where they take a lock that is free
    (see `explorer.oracle`).
    """

    name: str
    setup: Callable[[ModuleType, int], World]
    tasks: int = 2
    limit: int = 100_000
    observe: Callable[[ModuleType], object] | None = None
    calls: Callable[[ModuleType], object] | None = None
    deadlock_is_bug: bool = True
    invariant: Callable[[Ending], bool] | None = None
    may_repeat: tuple[str, ...] = ()
    cancel_at_free_locks: bool = False


@dataclass(slots=True)
class Outcome:
    """All distinct endings of a search, each with one witness: the choices made where there was more than one.

    runs: executions of the program. truncated: the limit was reached, so endings may be missing.
    """

    endings: dict[Ending, tuple[int, ...]] = field(default_factory=dict)
    runs: int = 0
    truncated: bool = False

    @property
    def complete(self) -> bool:
        """True when every schedule was covered."""
        return not self.truncated

    @property
    def deadlocks(self) -> list[Ending]:
        """The endings in which some task can never go on."""
        return [ending for ending in self.endings if ending.blocked]


@functools.lru_cache(maxsize=256)
def compiled(source: str, filename: str) -> CodeType:
    """Compile a program once per text; thousands of runs execute it."""
    return compile(source, filename, "exec", dont_inherit=True)


def load(source: str, filename: str = "<program>") -> ModuleType:
    """Execute source text as a new module and return it.

    The module stands in `sys.modules` under PROGRAM (dataclasses look there) until the next one replaces it.
    Raises whatever the program's top level raises.
    """
    module = ModuleType(PROGRAM)
    module.__file__ = filename
    sys.modules[PROGRAM] = module
    exec(compiled(source, filename), module.__dict__)
    return module


def freeze(value: object, _above: tuple[int, ...] = ()) -> Frozen:
    """Turn a value into nested tuples that compare across runs, whose classes are never the same objects.

    Instances become their class name and attributes; a reference back to an enclosing object becomes its depth.
    """
    if isinstance(value, float) and math.isnan(value):
        return ("nan",)
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return value
    if id(value) in _above:
        return ("enclosing", len(_above) - _above.index(id(value)))
    inner = functools.partial(freeze, _above=(*_above, id(value)))
    if isinstance(value, BaseException):
        return ("raises", type(value).__qualname__, tuple(map(inner, value.args)))
    if isinstance(value, Mapping):
        return ("mapping", *sorted(((inner(k), inner(v)) for k, v in value.items()), key=repr))
    if isinstance(value, (list, tuple, deque)):
        return tuple(map(inner, value))
    if isinstance(value, AbstractSet):
        return ("set", *sorted(map(inner, value), key=repr))
    return _freeze_instance(value, inner)


def _freeze_instance(value: object, inner: Callable[[object], Frozen]) -> Frozen:
    """An instance by class name and attributes; locks by whether they are held; the rest by its type alone."""
    kind = type(value)
    if callable(locked := getattr(value, "locked", None)):
        return (kind.__qualname__, bool(locked()))
    if isinstance(value, type) or callable(value):
        return getattr(value, "__qualname__", kind.__qualname__)
    attributes = dict(getattr(value, "__dict__", {}))
    for cls in kind.__mro__:
        slots = cls.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if hasattr(value, name):
                attributes[name] = getattr(value, name)
    return (kind.__qualname__, *((name, inner(item)) for name, item in sorted(attributes.items())))
