"""What a remedy is, and what it decides on: the finding, its function, and the facts behind it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from awaitomic.flow.statements import block_of, statement_at
from awaitomic.model.event import Read
from awaitomic.model.finding import Applicability, Finding, Refusal
from awaitomic.model.location import Location
from awaitomic.model.plan import Plan
from awaitomic.model.position import Extent, StatementPath
from awaitomic.model.preferences import NO_PREFERENCES, Preferences
from awaitomic.program import Program
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.rules.stale_reference import use_at
from awaitomic.source.positions import Located

_OF_USES = frozenset({"AWA102", "AWA201"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a remedy offers: the edits, how far they may be trusted, and why."""

    plan: Plan
    applicability: Applicability
    title: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to repair. `propose` looks events up by the ids in the finding's span and never derives them again."""

    name: str
    summary: str
    conditions: str
    safety: str
    propose: Callable[[Case], Proposal | Refusal]


class Case:
    """One finding to be repaired, with everything a remedy asks about it."""

    def __init__(
        self,
        program: Program,
        finding: Finding,
        preferences: Preferences = NO_PREFERENCES,
        found: Callable[[str], Sequence[Finding]] = lambda _: (),
    ) -> None:
        self.program = program
        self.finding = finding
        self.preferences = preferences
        self.found = found
        """Gives what was found in a file, by the name of its module: a repair of one must not cut another in two."""
        self.resolver: Resolver = program.named(finding.span.function)
        self.function = self.resolver.function

    @property
    def fact(self) -> WriteFact:
        """The write that completes the bug (not for deadlocks).

        Raises:
            LookupError: if the finding is of another program.
        """
        fact = self.program.facts(self.resolver).write_at(self.finding.span.write, self.finding.state)
        if fact is not None:
            return fact
        message = f"no write at event {self.finding.span.write} of {self.finding.span.function}"
        raise LookupError(message)

    @property
    def is_use(self) -> bool:
        """Whether what completes the bug is no write: the use of a reference that may have gone."""
        return self.finding.rule in _OF_USES and isinstance(self.function.events[self.finding.span.write], Read)

    @property
    def location(self) -> Location:
        """The state that the finding is about.

        Raises:
            LookupError: if the finding is of another program.
        """
        return self.ending.access.location

    @property
    def ending(self) -> WriteFact:
        """The write that completes the bug, or the use of a reference that stands for one.

        Raises:
            LookupError: if the finding is of another program.
        """
        used = use_at(self.program, self.resolver, self.finding.span.write) if self.is_use else None
        return self.fact if used is None else used

    def path(self, event: int) -> StatementPath:
        """Give the path of the innermost statement that holds an event."""
        return self.function.statements[event]

    def node(self, event: int) -> ast.AST:
        """Give the syntax behind an event."""
        return self.function.nodes[event]

    def statement(self, path: StatementPath) -> ast.stmt:
        """Give the statement at a path."""
        return statement_at(self.program.module.tree, path)

    def extent(self, node: ast.AST) -> Extent:
        """Give where a piece of syntax stands."""
        return self.program.positions.extent(cast("Located", node))

    def text(self, node: ast.AST) -> str:
        """Give a piece of syntax as it is written."""
        return self.program.positions.snippet(self.extent(node))


__all__ = ["Case", "Proposal", "Remedy", "block_of", "statement_at"]
