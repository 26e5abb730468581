"""Cases of the traps about ownership: an object that this call has made is nobody else's until others can reach it."""

from __future__ import annotations

from explorer import Ending

from .case import FixtureCase
from .traps_pairs import pair


def all_are_signed(ending: Ending) -> bool:
    """Tell whether each report has what the call has written and what its task has added."""
    return all(sorted(lines) == ["signed", "text"] for lines in ending.state)


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
            refusal="no-remedy-yet",
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
    **pair(
        "put_into_queue",
        FixtureCase(
            subject=lambda module: module.office,
            tasks={"submit": lambda office: office.submit(), "work": lambda office: office.work()},
            state=lambda office: [job.steps for job in office.finished],
            findings=(("AWA101", "self.queue[job].steps"),),
            repair="safe",
            counts=(2,),
            faults=(None,),  # a job that was never submitted is waited for for ever, in every order
        ),
    ),
    **pair(
        "handed_to_task",
        FixtureCase(
            subject=lambda module: module.office,
            tasks={"write": lambda office: office.write()},
            state=lambda office: office.reports,
            invariant=all_are_signed,  # the rival is a task of the call's own, which is there in serial orders, too
            findings=(("AWA101", "report.lines"),),
            repair="refused",
            refusal="foreign-state",
            faults=(None,),
        ),
    ),
    **pair(
        "kept_by_callee",
        FixtureCase(
            subject=lambda module: module.house,
            tasks={"open": lambda house: house.open("hall"), "enter": lambda house: house.enter("hall")},
            state=lambda house: {name: room.guests for name, room in house.registry.rooms.items()},
            findings=(("AWA101", "self.registry.rooms[room].guests"),),
            repair="safe",
        ),
    ),
}
