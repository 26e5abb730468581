"""Cases of the traps about ownership: an object that this call has made is nobody else's until others can reach it."""

from __future__ import annotations

from .case import FixtureCase
from .traps_pairs import pair

CASES: dict[str, FixtureCase] = {
    **pair(
        "stored_before_read",
        FixtureCase(
            subject=lambda module: module.library,
            tasks={"count": lambda library: library.count("a"), "add": lambda library: library.add_line("a")},
            state=lambda library: library.tallies,
            findings=(("AWA101", "self.tallies[name].lines"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "reference_gone",
        FixtureCase(
            subject=lambda module: module.runner,
            tasks={"end": lambda runner: runner.end(), "forget": lambda runner: runner.forget()},
            calls=lambda module: module.killed,
            findings=(("AWA102", "self.process"),),
            possible=1,
            repair="refused",
            refusal="no-remedy",
        ),
    ),
    **pair(
        "captured_by_closure",
        FixtureCase(
            tasks={"visit": lambda module: module.visit("a")},
            state=lambda module: module.counts,
            findings=(("AWA101", "counts[page]"),),
            repair="safe",
        ),
    ),
}
