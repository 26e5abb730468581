"""Values that record what is done to them, so that two ways of running one function can be compared.

Every operation is written to a journal with the numbers of the values that take part, and gives a new value with the
next number. Whether it raises, what is true and how long an iteration is, is read from a tape, in the order of the
operations: two runs of one program over one tape are equal exactly if they do the same things in the same order.
"""

from __future__ import annotations

import operator
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any

LIMIT = 150
"""After so many operations every further one raises, so that each program ends."""


class FirstError(Exception):
    """Raised by recording values, and by generated programs."""


class SecondError(FirstError):
    """A special case of the other one."""


class ExhaustedError(BaseException):
    """The program has done enough."""


class World:
    """The journal and the tape of one run."""

    def __init__(self, tape: bytes) -> None:
        self.journal: list[tuple[object, ...]] = []
        self._tape = tape
        self._count = 0
        self._asked: tuple[int, int] | None = None
        self._truth = False
        self._repeats = 0

    def value(self) -> Value:
        """Make a value with the next number."""
        self._count += 1
        return Value(self, self._count)

    def note(self, what: str, *parts: object) -> int:
        """Write an operation down; give what the tape says. Raises if the tape says so."""
        position = len(self.journal)
        self.journal.append((what, *(describe(part) for part in parts)))
        if position >= LIMIT:
            raise ExhaustedError
        said = self._tape[position] if position < len(self._tape) else 0
        if said >= 250:
            raise SecondError(position)
        if said >= 240:
            raise FirstError(position)
        return said

    def truth(self, value: Value) -> bool:
        """Tell whether a value is true.

        Whether ``(a and b) or c`` asks a false ``a`` once or twice differs between versions of CPython, so the same
        question asked again at once is not recorded.
        """
        if self._asked == (len(self.journal), value.number):
            self._repeats += 1
            if self._repeats > LIMIT:
                raise ExhaustedError
        else:
            self._truth = self.note("bool", value) % 2 == 1
            self._asked = (len(self.journal), value.number)
        return self._truth

    def do(self, what: str, *parts: object) -> Value:
        """Write an operation down; give a new value."""
        self.note(what, *parts)
        return self.value()


def describe(value: object) -> object:
    """Give something that is equal in two runs exactly if the values are the same."""
    if isinstance(value, Value):
        return f"v{value.number}"
    if isinstance(value, slice):
        return ("slice", describe(value.start), describe(value.stop), describe(value.step))
    if isinstance(value, tuple | list):
        return (type(value).__name__, *(describe(part) for part in value))
    if isinstance(value, dict):
        return ("dict", *((describe(key), describe(part)) for key, part in value.items()))
    if isinstance(value, set):
        return ("set", *sorted(str(describe(part)) for part in value))
    if isinstance(value, bool | int | str | float | None):
        return repr(value)
    return type(value).__name__


class Value:
    """A value that records every operation on it."""

    __match_args__ = ("first", "second")

    def __init__(self, world: World, number: int) -> None:
        object.__setattr__(self, "world", world)
        object.__setattr__(self, "number", number)

    world: World
    number: int

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.world.do("attribute", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        self.world.note("set attribute", self, name, value)

    def __delattr__(self, name: str) -> None:
        self.world.note("delete attribute", self, name)

    def __getitem__(self, key: object) -> object:
        return self.world.do("item", self, key)

    def __setitem__(self, key: object, value: object) -> None:
        self.world.note("set item", self, key, value)

    def __delitem__(self, key: object) -> None:
        self.world.note("delete item", self, key)

    def __call__(self, *args: object, **kwargs: object) -> object:
        return self.world.do("call", self, args, kwargs)

    def __bool__(self) -> bool:
        return self.world.truth(self)

    def __contains__(self, item: object) -> bool:
        return self.world.note("contains", self, item) % 2 == 1

    def keys(self) -> list[str]:
        """Serve as a mapping without entries; not recorded, because CPython may ask for it at different times."""
        return []

    def __hash__(self) -> int:
        # Sets have the same order in two runs, and different values never meet in one place and ask for equality.
        return 1_000_003 + 7919 * self.number

    def __repr__(self) -> str:
        return f"v{self.number}"

    def __format__(self, specification: str) -> str:
        return f"v{self.number}"

    def __iter__(self) -> Iterator[object]:
        return Items(self, self.world.note("iterate", self) % 4)

    def __aiter__(self) -> AsyncIterator[object]:
        return AsyncItems(self, self.world.note("iterate asynchronously", self) % 4)

    def __await__(self) -> Generator[None, None, object]:
        self.world.note("await", self)
        yield
        return self.world.do("resume", self)

    def __enter__(self) -> object:
        return self.world.do("enter", self)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool | None:
        self.world.note("exit", self, kind is None)
        return None

    async def __aenter__(self) -> object:
        await self.world.do("enter asynchronously", self)
        return self.world.value()

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        await self.world.do("exit asynchronously", self, kind is None)
        return False


class Items(Iterator[object]):
    """An iteration over a recording value."""

    def __init__(self, source: Value, left: int) -> None:
        self.source = source
        self.left = left

    def __next__(self) -> object:
        self.source.world.note("next", self.source)
        if self.left == 0:
            raise StopIteration
        self.left -= 1
        return self.source.world.value()


class AsyncItems(AsyncIterator[object]):
    """An asynchronous iteration over a recording value."""

    def __init__(self, source: Value, left: int) -> None:
        self.source = source
        self.left = left

    async def __anext__(self) -> object:
        await self.source.world.do("next", self.source)
        if self.left == 0:
            raise StopAsyncIteration
        self.left -= 1
        return self.source.world.value()


class Suppressor(Value):
    """A manager that may swallow exceptions."""

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> bool:
        said = self.world.note("exit", self, kind is None)
        return kind is not None and issubclass(kind, FirstError) and said % 2 == 1


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "@": operator.matmul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
    "+=": operator.iadd,
    "-=": operator.isub,
    "*=": operator.imul,
    "|=": operator.ior,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "is": operator.is_,
    "is not": operator.is_not,
    "in": lambda item, container: item in container,
    "not in": lambda item, container: item not in container,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "not": operator.not_,
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
}


def _record_operators() -> None:
    """Give the class of recording values its operators."""
    for name in (
        "add",
        "sub",
        "mul",
        "matmul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "lshift",
        "rshift",
        "or",
        "xor",
        "and",
        "iadd",
        "isub",
        "imul",
        "ior",
        "eq",
        "ne",
        "lt",
        "le",
        "gt",
        "ge",
    ):

        def binary(self: Value, other: object, name: str = name) -> object:
            return self.world.do(name, self, other)

        setattr(Value, f"__{name}__", binary)
    for name in ("neg", "pos", "invert"):

        def unary(self: Value, name: str = name) -> object:
            return self.world.do(name, self)

        setattr(Value, f"__{name}__", unary)


_record_operators()
