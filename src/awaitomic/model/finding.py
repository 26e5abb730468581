"""What is reported: findings with their trace, and what can be done about each."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaitomic.model.plan import Plan
    from awaitomic.model.position import Extent


class Confidence(enum.IntEnum):
    """How sure it is that another task can really come in between."""

    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3

    def __str__(self) -> str:
        return self.name.lower()


class Role(enum.Enum):
    """What a step of a trace does."""

    READ = "read"
    GUARD = "guard"
    SUSPEND = "suspend"
    ACQUIRE = "acquire"
    RELEASE = "release"
    CALL = "call"
    WRITE = "write"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One step of how the bug happens; `extent` is what stands there, `note` says it in words."""

    role: Role
    path: str
    extent: Extent
    note: str


@dataclass(frozen=True, slots=True)
class Span:
    """The events that make a finding: ids of the lowering of `function` (a qualified name), for remedies to look up.

    `write` is the event that completes the bug: the write itself, or in a caller the `Suspend` in which a callee
    writes or takes the lock again.
    """

    function: str
    reads: tuple[int, ...]
    guards: tuple[int, ...]
    suspends: tuple[int, ...]
    write: int
    lock: str = ""
    """The lock that is missing at the write, where others hold one: as all functions know it, keys left open."""


class Applicability(enum.Enum):
    """How far a fix may be trusted (words as in ruff)."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a fix puts in the place of a stretch of text, which is empty where something is only inserted."""

    extent: Extent
    text: str


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What a fix changes in one file: its replacements, from top to bottom, in terms of the old text."""

    path: str
    replacements: tuple[Replacement, ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair that was planned; `diff` and `edits` say the same, and are filled where they were asked for."""

    strategy: str
    applicability: Applicability
    title: str
    because: tuple[str, ...]
    paths: tuple[str, ...]
    diff: str | None = None
    edits: tuple[FileEdit, ...] = ()
    plan: Plan | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is offered: a documented code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One bug. `extent` is that of the write, or of the second acquisition, which completes it.

    `rival` is the write of another task (None for deadlocks) that is lost or acted upon wrongly; the timeline shows it.
    """

    rule: str
    name: str
    confidence: Confidence
    path: str
    extent: Extent
    function: str
    state: str
    message: str
    trace: tuple[TraceStep, ...]
    evidence: tuple[str, ...]
    span: Span
    fingerprint: str = ""
    rival: TraceStep | None = None
    fix: Fix | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class FileError:
    """A file that could not be analysed, or not written: it is reported, and the others go on."""

    path: str
    line: int
    column: int
    message: str
    rule: str = ""
    """The code it can be ignored by; empty for what is no property of the file: it could not be written."""
    fault: bool = False
    """Whether it is a fault of awaitomic."""


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run, sorted by path, line, column, rule. `seconds` is wall time."""

    findings: tuple[Finding, ...]
    errors: tuple[FileError, ...]
    files: int
    seconds: float
