"""What makes a new attribute, such as a lock or a table of them: the expression, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass

from awaitomic.model.plan import Edit


@dataclass(frozen=True, slots=True)
class Maker:
    """The expression that is called to make a lock (or a table of them), and the imports that it needs."""

    callee: str
    imports: tuple[Edit, ...]
    type: str = ""
    """The type of what is made, where it is more than what is called."""
    spelled: bool = False
    """Whether it is to be said wherever something is made, as a reader of the type could not tell it."""
    is_table: bool = False
    """Whether it is a table, from which locks go as soon as nobody needs them."""
    note: str = ""
    """A comment for who reads it."""
    on_first_use: bool = False
    """Whether there is None at first: the lock is made where a running loop first needs it."""
    noun: str = "lock"
    """What is kept in the attribute: locks, or tasks that several callers wait for."""
    is_empty: bool = False
    """Whether the attribute holds None unless there is something to keep."""
    is_literal: bool = False
    """Whether what is made is an empty dict, which is written so."""

    @property
    def value(self) -> str:
        """The expression by which the attribute is made."""
        if self.is_literal:
            return "{}"
        return "None" if self.on_first_use or self.is_empty else f"{self.callee}()"

    @property
    def fragile(self) -> str:
        """What of it cannot be copied."""
        if self.noun != "lock":
            return f"a running {self.noun}"
        return "a table of locks" if self.is_table else "a lock once contended"

    @property
    def declared(self) -> str:
        """The type, for a declaration that has to have one."""
        return self.type or self.callee

    def makes(self, target: str) -> str:
        """Give the statement by which something is made."""
        return self.noted(f"{target}{f': {self.type}' if self.spelled else ''} = {self.value}")

    def noted(self, statement: str) -> str:
        """Give a statement with the comment above it."""
        return f"# {self.note}\n{statement}" if self.note else statement


BEFORE_3_10 = (
    "the project runs on a Python before 3.10, where a lock belongs to the loop that there is when it is made; "
    "that has to be on first use, for which there is no plain place here"
)


def second_loop(name: str, maker: Maker) -> str:
    """Say what a lock that outlives an event loop always risks: tests and scripts run a module in several of them."""
    if maker.noun != "lock":
        return f"`{name}` may still keep a {maker.noun} of one event loop when a second one runs"
    if maker.is_table:
        return f"`{name}` is for one event loop at a time: a key that is locked in two of them at once fails in one"
    return f"`{name}` belongs to the event loop in which it is first contended, and fails in a second one"
