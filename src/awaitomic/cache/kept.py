"""What is kept of the work on one file, as JSON.

Records are written with the names of their classes, by all their fields in order: whatever a finding comes to have is
kept without anybody thinking of it here. Files are only read by the version that has written them, so the fields fit.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from awaitomic.model.finding import (
    Applicability,
    Confidence,
    FileEdit,
    FileError,
    Finding,
    Fix,
    Refusal,
    Replacement,
    Role,
    Span,
    TraceStep,
)
from awaitomic.model.position import Extent


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of the work on one file; the texts that the findings point into are read again where they stand."""

    findings: tuple[Finding, ...]
    error: FileError | None
    fixable: bool
    others: tuple[str, ...]
    """Paths, as they are shown, of other files that the findings point into."""
    found: tuple[str, ...] | None
    """The fingerprints of all that was found and not suppressed; None where that is not known."""


_RECORDS: dict[str, type[Any]] = {
    each.__name__: each
    for each in (Extent, FileEdit, FileError, Finding, Fix, Kept, Refusal, Replacement, Span, TraceStep)
}
_ENUMS: dict[str, type[enum.Enum]] = {each.__name__: each for each in (Applicability, Confidence, Role)}


def plain(value: object) -> object:
    """Turn a record into what JSON can hold; raises `TypeError` for what is none of ours."""
    if value is None or type(value) in {str, int, bool}:
        return value
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    name = type(value).__name__
    if isinstance(value, enum.Enum) and _ENUMS.get(name) is type(value):
        return {name: value.name}
    if is_dataclass(value) and _RECORDS.get(name) is type(value):
        return {name: [plain(getattr(value, field.name)) for field in fields(value)]}
    message = f"a {name} cannot be kept"
    raise TypeError(message)


def record(value: object) -> object:
    """Turn what `plain` has made into the record again; raises one of several errors for what it has not made."""
    if isinstance(value, list):
        return tuple(map(record, value))
    if not isinstance(value, dict):
        return value
    ((name, content),) = value.items()
    if name in _ENUMS:
        return _ENUMS[name].__members__[content]
    made = _RECORDS[name](*map(record, content))
    if not all(_fits(getattr(made, field.name), str(field.type)) for field in fields(made)):
        raise TypeError(name)
    return made


def _fits(value: object, wanted: str) -> bool:
    """Tell whether a value is of the type that a record's field is annotated with."""
    return any(_is(value, each) for each in wanted.split(" | "))


def _is(value: object, wanted: str) -> bool:
    if wanted.startswith("tuple["):
        each = wanted.removeprefix("tuple[").removesuffix(", ...]")
        return isinstance(value, tuple) and all(_is(item, each) for item in value)
    return value is None if wanted == "None" else type(value).__name__ == wanted


def kept_of(value: object) -> Kept | None:
    """Give what was kept of a file, from what `plain` has made of it; None if it cannot be understood."""
    try:
        found = record(value)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return found if isinstance(found, Kept) else None
