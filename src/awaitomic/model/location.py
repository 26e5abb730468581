"""Which state is meant: access paths with a root, the key under which reads and writes are matched."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple


class Root(enum.Enum):
    """Whose state a path starts from."""

    SELF = "self"
    """The instance that a method runs on; `Location.owner` is the class."""
    CLASS = "cls"
    """The class itself, shared by all instances; `Location.owner` is the class."""
    GLOBAL = "global"
    """A variable of the module."""
    CLOSURE = "closure"
    """A variable of an enclosing function; `Location.owner` is that function."""
    PARAMETER = "parameter"
    """What a parameter refers to; `Location.owner` is the function."""
    RESULT = "result"
    """What some call or expression gave; `Location.owner` is the function, `name` says which."""
    FRESH = "fresh"
    """An object that this call has made itself; nobody else has it unless it escapes."""

    __hash__ = object.__hash__  # that of `Enum` is Python code, and every location asks for it


NAMED_BY_SEVERAL = frozenset({Root.SELF, Root.CLASS, Root.GLOBAL, Root.CLOSURE})
"""Roots of what several functions have a name for, without being handed it."""
NAMED_OR_HANDED = NAMED_BY_SEVERAL | {Root.PARAMETER}
"""Roots of what others can have, too."""


# Steps are tuples, which are hashed and compared without any Python code: a large project does it ten million times.


class AttributeStep(NamedTuple):
    """``.name``."""

    name: str
    kind: str = "."
    """Tells it from an entry of the same text."""

    def __str__(self) -> str:
        return f".{self.name}"


class ItemStep(NamedTuple):
    """``[key]``: `text` is how the key reads; ``*`` stands for some or all entries."""

    text: str
    kind: str = "[]"
    """Tells it from an attribute of the same name."""

    def __str__(self) -> str:
        return f"[{self.text}]"

    @property
    def is_literal(self) -> bool:
        """Whether the key is written out: a number or a string, the same in every call."""
        return self.text[:1] in tuple("'\"0123456789-")


Step = AttributeStep | ItemStep

ANY_ITEM = ItemStep("*")


@dataclass(frozen=True, slots=True)
class Location:
    """A path of attributes and entries below a root, as in ``self._balances[account]``."""

    root: Root
    owner: str
    name: str
    steps: tuple[Step, ...] = ()
    written: tuple[Step, ...] | None = field(default=None, compare=False)
    """The steps as the program writes them, where a property or a getter stands for a part of the path."""
    said: str = field(default="", compare=False)
    """How the program says the whole of it, where that is not by its root and steps."""
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Locations are hashed far more often than they are made.
        object.__setattr__(self, "_hash", hash((self.root, self.owner, self.name, self.steps)))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        # Most that are compared differ, and the hash tells that at once; what is left differs in the steps, if at all.
        if self is other:
            return True
        if not isinstance(other, Location) or self._hash != other._hash:
            return False
        return (self.steps, self.name, self.owner, self.root) == (other.steps, other.name, other.owner, other.root)

    def __str__(self) -> str:
        return self.said or self.name + "".join(str(step) for step in self.written or self.steps if step != ANY_ITEM)

    def attribute(self, name: str) -> Location:
        """Give the location of an attribute of what is stored here."""
        return self._with(AttributeStep(name))

    def item(self, step: ItemStep) -> Location:
        """Give the location of an entry of what is stored here."""
        return self._with(step)

    def _with(self, step: Step) -> Location:
        return self.along((step,))

    def along(self, steps: tuple[Step, ...]) -> Location:
        """Give the location that some steps lead to from what is stored here."""
        written = None if self.written is None else (*self.written, *steps)
        return Location(self.root, self.owner, self.name, (*self.steps, *steps), written)

    def written_as(self, written: tuple[Step, ...]) -> Location:
        """Give the same location, shown by other steps."""
        return Location(self.root, self.owner, self.name, self.steps, written)

    def said_as(self, text: str) -> Location:
        """Give the same location, shown as the program says it."""
        return Location(self.root, self.owner, self.name, self.steps, self.written, text)

    @property
    def parent(self) -> Location | None:
        """The location that this one is a part of, or None for a root."""
        if not self.steps:
            return None
        shown = self.written
        written = shown[:-1] if shown is not None and shown[-1] == self.steps[-1] else None
        return Location(self.root, self.owner, self.name, self.steps[:-1], written or None)

    @property
    def is_entry(self) -> bool:
        """Whether this is an entry of a container."""
        return bool(self.steps) and isinstance(self.steps[-1], ItemStep)

    def anywhere(self) -> Location:
        """Give the same path with every key replaced by ``*``: how other functions would name it."""
        steps = tuple(ANY_ITEM if isinstance(step, ItemStep) else step for step in self.steps)
        return Location(self.root, self.owner, self.name, steps)
