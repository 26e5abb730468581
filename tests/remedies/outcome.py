"""What a remedy makes of a program: analysed from its text with the real rules, carried out, and analysed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from awaitomic.model.finding import Finding, Refusal
from awaitomic.patching.execute import execute
from awaitomic.program import Program, build
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.rules import find
from awaitomic.source.text import decode, parse

Propose = Callable[[Case], Proposal | Refusal]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a fix may be trusted, or the code of the refusal; the new text (None if refused); the reasons."""

    verdict: str
    text: str | None
    because: tuple[str, ...] = ()


def analysed(text: str) -> Program:
    """Give the facts of a program."""
    source = decode("program.py", text.encode())
    return build(source, parse(source))


def outcome(propose: Propose, rule: str, text: str) -> Outcome:
    """Ask a remedy about the one finding of a rule in a program, and carry out what it proposes.

    Besides the verdict it is checked here, for every fix, that the finding is gone and that no other one has come.
    """
    program = analysed(text)
    found = [finding for finding in find(program) if finding.rule == rule]
    states = {(finding.function, finding.state) for finding in found}
    assert len(states) == 1, f"the program should have one finding of {rule}, and has {sorted(states)}"
    answer = propose(Case(program, found[0]))
    if isinstance(answer, Refusal):
        assert answer.message
        return Outcome(answer.code, None)
    new = execute(text, answer.plan)
    compile(new, "program.py", "exec")
    left = {_identity(finding) for finding in find(analysed(new))}
    assert left <= {_identity(finding) for finding in find(program) if finding not in found}
    assert answer.because
    return Outcome(str(answer.applicability), new, answer.because)


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.function, finding.state
