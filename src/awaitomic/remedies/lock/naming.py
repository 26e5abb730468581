"""Whether a class is likely to get more than one lock, so that each has to say in its name what it is for."""

from __future__ import annotations

from collections.abc import Sequence

from awaitomic.model.finding import Finding
from awaitomic.model.location import AttributeStep, Root
from awaitomic.program.module import ClassFacts
from awaitomic.remedies.lock.coverage import Coverage

_RULES = frozenset({"AWA101", "AWA102", "AWA105"})
"""What is mended by a new lock more often than not."""


def is_one_of_several(coverage: Coverage, owner: ClassFacts, found: Sequence[Finding]) -> bool:
    """Tell whether other state of the class that owns the new lock was found to need one, too.

    Parameters: `found` are the findings of the file with the bug.
    """
    states = {_state_of(coverage, finding, owner) for finding in found if finding.rule in _RULES}
    return bool(states - {home.state for home in coverage.homes} - {""})


def _state_of(coverage: Coverage, finding: Finding, owner: ClassFacts) -> str:
    """Give the attribute of the class that a finding is about; empty if it is about something else."""
    program = coverage.program
    fact = program.facts(program.named(finding.span.function)).write_at(finding.span.write, finding.state)
    location = fact.access.location if fact is not None else None
    step = location.steps[0] if location is not None and location.steps else None
    if location is None or location.root is not Root.SELF or not isinstance(step, AttributeStep):
        return ""
    own = location.owner == owner.id or program.module.link.descends(location.owner, owner.id)
    return step.name if own else ""
