"""A toy language of bugs, so that the loop and its gates are tested apart from what real rules and remedies know.

``bug(x)`` in a text is a finding with the state ``x`` of the function above it. What its fix does is given by the test
as a pair of texts: what is replaced by what.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

import pytest

from awaitomic.config import Settings
from awaitomic.model.finding import Applicability, Confidence, Finding, Fix, Refusal, Span
from awaitomic.model.plan import Plan
from awaitomic.model.position import Extent
from awaitomic.patching import execute
from awaitomic.patching.refusal import PatchRefused
from awaitomic.source.text import SourceText, decode


@dataclass
class Remedy:
    """What is done about one state."""

    old: str
    new: str
    applicability: Applicability = Applicability.SAFE
    renames: tuple[tuple[str, str], ...] = ()
    waits_for: str = ""
    """The fix is refused as long as this is in the text."""


@dataclass
class World:
    """The remedies by state, and the confidence of findings (likely, unless it says otherwise)."""

    remedies: dict[str, Remedy] = field(default_factory=dict)
    confidence: dict[str, Confidence] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)
    """The states whose fix was tried, in order."""

    def install(self, monkeypatch: pytest.MonkeyPatch) -> World:
        monkeypatch.setattr("awaitomic.engine.projects.programs.build", lambda source, tree, conventions: source)
        monkeypatch.setattr("awaitomic.engine.analyse.rules.find", self._find)
        monkeypatch.setattr("awaitomic.remedies.plan", self._plan)
        monkeypatch.setattr(execute, "execute", self._execute)
        self._plans: dict[int, str] = {}
        return self

    def _find(self, source: SourceText) -> list[Finding]:
        return [
            self._finding(source, number, line)
            for number, line in enumerate(source.text.split("\n"), 1)
            if "bug(" in line
        ]

    def _finding(self, source: SourceText, number: int, line: str) -> Finding:
        above = source.text.split("\n")[:number]
        function = next(found[1] for text in reversed(above) if (found := re.match(r"async def (\w+)", text)))
        match = re.search(r"bug\((\w+)\)", line)
        assert match is not None
        extent = Extent(number, match.start() + 1, number, match.end() + 1)
        confidence = self.confidence.get(match[1], Confidence.LIKELY)
        span = Span(function, (0,), (), (1,), number)
        return Finding(
            "AWA101", "stale-write", confidence, source.path, extent, function, match[1], "a bug", (), (), span
        )

    def _plan(self, finding: Finding, source: SourceText, *_: object) -> Fix | Refusal:
        remedy = self.remedies.get(finding.state)
        if remedy is None:
            return Refusal("nobody-knows", "nobody knows")
        plan = Plan((), remedy.renames)
        self._plans[id(plan)] = finding.state
        self._kept = [*getattr(self, "_kept", []), plan]
        return Fix("hoist", remedy.applicability, f"fix {finding.state}", (), (source.path,), plan=plan)

    def _execute(self, text: str, plan: Plan, filename: str) -> str:
        state = self._plans[id(plan)]
        self.executed.append(state)
        remedy = self.remedies[state]
        if remedy.waits_for and remedy.waits_for in text:
            raise PatchRefused("position-mismatch", "something is in the way")
        new = text.replace(remedy.old, remedy.new)
        try:
            ast.parse(new)
        except SyntaxError as error:
            raise PatchRefused("gate-parse", str(error)) from error
        return new


def source(text: str) -> SourceText:
    return decode("toy.py", text.encode())


ANYTHING = Settings(confidence=Confidence.LIKELY)
