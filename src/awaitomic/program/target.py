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


@dataclass(frozen=True, slots=True)
class Target:
    """One function that a call may reach; `receiver` is what its ``self`` stands for in the caller, if it has one."""

    function: FunctionGraph
    receiver: Location | None
    arguments: tuple[tuple[str, Operand], ...] = ()
    """Parameter names of the callee and the operands that they get."""


@dataclass(frozen=True, slots=True)
class AwaitedCall:
    """A call whose body runs, at least in part, while the caller waits."""

    call: int
    how: How
    targets: tuple[Target, ...]
