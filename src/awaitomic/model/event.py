"""What a function does, as a graph of events in CPython's order of evaluation.

An event that yields a value is the value: other events name it by its `id` (an operand). Ids are ordinals of the
lowering of one function, equal in every process. Nothing here is resolved: whether an attribute is a lock, or a call
goes to a coroutine of the same file, is decided later, in `program`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

Operand = int
"""The id of the event whose value is used."""


class Scope(enum.Enum):
    """Where a name lives, seen from one function (as `symtable` would say)."""

    LOCAL = "local"
    PARAMETER = "parameter"
    CLOSURE = "closure"
    """A variable of an enclosing function."""
    GLOBAL = "global"
    """A module-level name; builtins and imported names included."""


@dataclass(frozen=True, slots=True)
class Name:
    """A variable."""

    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Attribute:
    """``base.attr``."""

    base: Operand
    attr: str


@dataclass(frozen=True, slots=True)
class Item:
    """``base[key]``; a slice has the key of its `Compute` event."""

    base: Operand
    key: Operand


Place = Name | Attribute | Item


class WriteHow(enum.Enum):
    """How a place is written."""

    ASSIGN = "assign"
    AUGMENTED = "augmented"
    """``place op= value``: the event's value is the `Compute` of the in-place operation."""
    DELETE = "delete"
    BIND = "bind"
    """Bound by for, with, except, import, def, class, match, walrus or a comprehension."""


class SuspendWhy(enum.Enum):
    """Why control may go back to the event loop."""

    AWAIT = "await"
    ASYNC_FOR = "async for"
    ASYNC_ENTER = "async with (enter)"
    ASYNC_EXIT = "async with (exit)"
    YIELD = "yield"
    """In an async generator, or in a plain generator: the consumer runs."""


@dataclass(frozen=True, slots=True)
class Const:
    """A literal: None, a bool, number, string, bytes, or Ellipsis."""

    id: int
    value: object


@dataclass(frozen=True, slots=True)
class Read:
    """The value of a place is loaded."""

    id: int
    place: Place


@dataclass(frozen=True, slots=True)
class Write:
    """A place is stored or deleted. `value` is None for DELETE and where nothing is known of the value."""

    id: int
    place: Place
    value: Operand | None
    how: WriteHow


@dataclass(frozen=True, slots=True)
class Compute:
    """A value built from others: ``operator`` says how.

    Operators: the source spelling for unary and binary operators and comparisons (``+``, ``not``, ``in``, ``is``,
    ``<`` …; a chained comparison is one event a link), ``+=`` and its kin for in-place operations, and ``tuple``,
    ``list``, ``set``, ``dict``, ``slice``, ``f-string``, ``starred``, ``and``/``or`` are *not* computed (see `Merge`),
    ``next`` (what a loop takes from its iterator, operand: the iterator), ``iter`` (what a loop iterates over),
    ``comprehension``, ``lambda``, ``function``, ``class``, ``exception`` (what an ``except`` binds), ``entered`` (what
    ``__enter__``/``__aenter__`` returned, operand: the manager), ``unpack`` (a piece of a sequence), ``match``,
    ``sent`` (what a ``yield`` returns), ``import``, ``generator`` and ``awaited`` (the result of an await, operand: the
    awaitable).
    """

    id: int
    operator: str
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """One of several values, by the way that was taken: conditional expressions, ``and``/``or``, chained comparisons.

    Each operand is evaluated in a block of its own; the event stands in the block where they join.
    """

    id: int
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call happens (of a coroutine function: the coroutine object is made; its body runs at the `Suspend`).

    `function` is the event that gave the callee. For ``base.name(…)`` that is a `Read` of an `Attribute`.
    """

    id: int
    function: Operand
    arguments: tuple[Operand, ...]
    keywords: tuple[tuple[str | None, Operand], ...] = ()
    """Name (None for ``**mapping``) and value."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The end of a block with two ways out: the first successor is taken if `test` holds, the second if not.

    For loops: `test` is the `Compute` ``next`` event (holds: there is an item). For handlers: the first successor is
    the handler, the second the next handler or propagation, and `test` is the ``exception`` event.
    """

    id: int
    test: Operand
    kind: str
    """``if``, ``while``, ``for``, ``ifexp``, ``and``, ``or``, ``compare``, ``assert``, ``match``, ``except``,
    ``filter`` (the condition of a comprehension)."""


@dataclass(frozen=True, slots=True)
class Suspend:
    """Control may go to the event loop here. `awaited` is the awaited value, manager or iterator (None: a yield)."""

    id: int
    why: SuspendWhy
    awaited: Operand | None


@dataclass(frozen=True, slots=True)
class Enter:
    """A with-block is entered (for ``async with`` the `Suspend` stands directly before)."""

    id: int
    manager: Operand
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class Leave:
    """A with-block is left, on every way out (for ``async with`` the `Suspend` stands directly after)."""

    id: int
    manager: Operand
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class Return:
    """The function returns `value` (None: falls off its end)."""

    id: int
    value: Operand | None


@dataclass(frozen=True, slots=True)
class Raise:
    """An exception is raised on purpose (``raise``, failed ``assert``)."""

    id: int
    operands: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Yield:
    """A value is handed to the consumer (a `Suspend` follows; the value sent back is a `Compute` ``sent``)."""

    id: int
    value: Operand | None


Event = Const | Read | Write | Compute | Merge | Call | Guard | Suspend | Enter | Leave | Return | Raise | Yield


def is_yield(event: Event) -> bool:
    """Tell whether a generator hands something out here, or takes a value in."""
    return isinstance(event, Suspend) and event.why is SuspendWhy.YIELD


@dataclass(slots=True)
class Block:
    """A run of events that is entered at its top and left at its end.

    `successors` are the ordinary ways out (two, in order, if the last event is a `Guard`). `handlers` are the blocks
    that control may enter when any event of this block raises (an ``except`` dispatch or a ``finally`` copy); the
    state there is that before the event that raised.
    """

    index: int
    events: list[Event] = field(default_factory=list)
    successors: list[int] = field(default_factory=list)
    handlers: list[int] = field(default_factory=list)
