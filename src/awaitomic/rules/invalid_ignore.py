"""AWA002: a comment for awaitomic that does not say what its author thinks it says.

Such a comment is worse than none: who reads the code believes that a finding was looked at, or that a lock is held.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.model.finding import Confidence, Finding, TraceStep
from awaitomic.model.position import Extent
from awaitomic.program import Program
from awaitomic.program.contradictions import Contradiction, contradictions
from awaitomic.rules.about_comments import comment_finding
from awaitomic.rules.rule import Repair, Rule, step


def find(program: Program) -> Iterator[Finding]:
    """Find comments that cannot be read, that stand where they mean nothing, or that the code contradicts."""
    for mistake in program.unit.annotations.mistakes:
        yield _finding(program, mistake.extent, mistake.message, Confidence.CERTAIN, ())
    for found in contradictions(program):
        yield _finding(program, found.annotation.extent, _says(found), Confidence.LIKELY, (_step(program, found),))


def _says(found: Contradiction) -> str:
    annotation = found.annotation
    said = f"`awaitomic: {annotation.verb}[{annotation.argument}]`"
    return f"{said} is contradicted by the code: {found.because}"


def _step(program: Program, found: Contradiction) -> TraceStep:
    return step(program, found.resolver.function, found.event, found.role, found.because)


def _finding(
    program: Program, extent: Extent, message: str, confidence: Confidence, trace: tuple[TraceStep, ...]
) -> Finding:
    state = program.positions.snippet(extent)
    return comment_finding(program, RULE, extent, state, message, confidence=confidence, trace=trace)


RULE = Rule(
    code="AWA002",
    name="invalid-ignore",
    summary="a comment for awaitomic cannot be read, or the code contradicts it",
    what="""
        A comment that begins with `awaitomic:` and is no `ignore`, `owner[one-task]` or `guarded-by[LOCK]`; one that
        names a rule which does not exist; an `owner` or `guarded-by` that stands neither at a class nor at the first
        value of an attribute or variable, or that names a lock which is not there.

        And what is read well, but does not hold: a state that is `guarded-by` a lock and written without it, and an
        `owner[one-task]` of which several tasks are started in sight.
    """,
    why="""
        A comment that is not understood suppresses nothing and settles nothing, while everybody who reads it believes
        that somebody has looked. One that no longer holds is worse, since awaitomic believes it, too: it reports
        nothing of a state that belongs to one task. Both come about in the same way: the comment was right once, or
        nearly right, and nobody runs comments.
    """,
    example_before="""\
import asyncio


class Meter:
    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self.total = 0  # awaitomic: guarded-by[self._lock]

    async def add(self, value: int) -> None:
        async with self._lock:
            self.total += value

    def reset(self) -> None:
        self.total = 0
""",
    example_after="""\
import asyncio


class Meter:
    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self.total = 0  # awaitomic: guarded-by[self._lock]

    async def add(self, value: int) -> None:
        async with self._lock:
            self.total += value

    async def reset(self) -> None:
        async with self._lock:
            self.total = 0
""",
    example_repair=Repair.BY_HAND,
    fix_safety="Nothing is changed: whether the comment is wrong or the code, only its author knows.",
    silent="""
        The same words in a string; writes in a constructor, or in a function that only holders of the lock call; a
        write in a file that is not part of the project.
    """,
    find=find,
)
