"""Where a call goes and how it is waited for, as plain data, so that resolving names need not know about calls."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Operand
from awaitomic.model.location import Location


class How(enum.Enum):
    """How the caller waits for the call."""

    DIRECT = "awaited"
    WAIT_FOR = "wait_for"
    SHIELD = "shield"
    GATHER = "gather"
    TASK = "task"
    """A task was made of it, and the task is awaited."""


class Part(enum.Enum):
    """Which part of a generator runs, of one that is used in a with-statement."""

    ENTERING = "up to its yield"
    LEAVING = "behind its yield"


@dataclass(frozen=True, slots=True)
class Target:
    """One function that a call may reach; `receiver` is what its ``self`` stands for in the caller, if it has one."""

    function: FunctionGraph
    receiver: Location | None
    arguments: tuple[tuple[str, Operand], ...] = ()
    """Parameter names of the callee and the operands that they get."""
    part: Part | None = None
    """The part of it that runs, if it is not the whole."""
    receiver_made: Operand | None = None
    """The call that makes the receiver, if nobody else has it: ``async with Turn(self.lock)``."""
    open: bool = False
    """Whether others may call it with more arguments than are known here: it is handed on as a value."""


@dataclass(frozen=True, slots=True)
class AwaitedCall:
    """A call whose body runs, at least in part, while the caller waits."""

    call: int
    how: How
    targets: tuple[Target, ...]
