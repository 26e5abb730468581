"""Carries out what lock and split propose for a program, and looks at the result with the real rules again."""

from __future__ import annotations

from dataclasses import dataclass

from awaitomic.model.finding import Finding, Refusal
from awaitomic.model.preferences import NO_PREFERENCES, Preferences
from awaitomic.patching.execute import execute
from awaitomic.program import Program, build
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.rules import find
from awaitomic.source.text import decode, parse


@dataclass(frozen=True, slots=True)
class Carried:
    """A proposal and the text that it makes."""

    proposal: Proposal
    text: str

    @property
    def verdict(self) -> str:
        return str(self.proposal.applicability)


def facts_of(text: str) -> Program:
    source = decode("program.py", text.encode())
    return build(source, parse(source))


def first_finding(program: Program, rule: str) -> Finding:
    found = [finding for finding in find(program) if finding.rule == rule]
    assert found, f"the program has no finding of {rule}"
    return found[0]


def answer(remedy: Remedy, rule: str, text: str, preferences: Preferences = NO_PREFERENCES) -> Carried | Refusal:
    """Ask a remedy about the first finding of a rule; a proposal is carried out, and must cure without new findings."""
    program = facts_of(text)
    finding = first_finding(program, rule)
    found = find(program)
    outcome = remedy.propose(Case(program, finding, preferences, lambda _: found))
    if isinstance(outcome, Refusal):
        return outcome
    new = execute(text, outcome.plan)
    before = [_identity(one, {}) for one in find(program)]
    names = {variant: public for public, variant in outcome.plan.renames}
    # As in the gates: a write without the lock, of other state than the one in question, was a rival there before.
    left = (one for one in find(facts_of(new)) if not one.span.lock or one.state == finding.state)
    after = [_identity(one, names) for one in left]
    own = _identity(finding, {})
    assert after.count(own) < before.count(own), "the finding is still there"
    assert all(after.count(one) <= before.count(one) for one in after), "the repair brings a finding"
    assert outcome.because
    return Carried(outcome, new)


def carried(remedy: Remedy, rule: str, text: str, preferences: Preferences = NO_PREFERENCES) -> Carried:
    outcome = answer(remedy, rule, text, preferences)
    assert isinstance(outcome, Carried), outcome
    return outcome


def refusal(remedy: Remedy, rule: str, text: str, preferences: Preferences = NO_PREFERENCES) -> Refusal:
    outcome = answer(remedy, rule, text, preferences)
    assert isinstance(outcome, Refusal), outcome.text
    return outcome


def _identity(finding: Finding, names: dict[str, str]) -> tuple[str, str, str]:
    return finding.rule, names.get(finding.function, finding.function), finding.state
