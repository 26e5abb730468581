"""How a key of the configuration is declared: beside the field of `awaitomic.config.settings.Settings` that holds it.

One declaration says everything: the reader of tables, the JSON schema, ``awaitomic config`` and the documentation are
made from it, so that none of them can lack a key or tell another story.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from awaitomic.config.kinds import Kind

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """One key of ``[tool.awaitomic]``."""

    name: str
    kind: Kind[Any]
    says: str
    """What it is for, in a sentence."""
    example: str
    """A value, as in TOML."""
    default: object
    adds: bool
    """Whether a table adds to what came before; else it replaces it. So does the command line."""
    option_adds: bool
    """Whether the command line adds to it although a table replaces it."""
    ends: tuple[str, ...]
    """Keys of which nothing counts any more that was said before this one is given."""
    option: str | None
    """The option of the command line that says the same."""
    absent: str
    """What holds if there is no value at all, where the default is None."""


def key(
    default: T,
    kind: Kind[Any],
    says: str,
    *,
    example: str,
    adds: bool = False,
    option_adds: bool = False,
    ends: tuple[str, ...] = (),
    option: str | None = None,
    absent: str = "",
) -> T:
    """Declare a field with its key; for the parameters see `Key`."""
    given = {"kind": kind, "says": says, "example": example, "option": option, "absent": absent}
    given |= {"adds": adds, "option_adds": option_adds, "ends": ends}
    return field(default=default, metadata={"key": given})


def declared(fields: tuple[Field[Any], ...]) -> dict[str, Key]:
    """Give the keys that the fields of a dataclass are declared with, by their names."""
    found = {}
    for each in fields:
        if "key" in each.metadata:
            name = each.name.replace("_", "-")
            found[name] = Key(name, default=each.default, **each.metadata["key"])
    return found
