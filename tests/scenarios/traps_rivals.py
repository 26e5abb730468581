"""Cases of the traps about those who write meanwhile: what they do to the state decides whether anything is lost."""

from __future__ import annotations

from dataclasses import replace

from .case import FixtureCase
from .traps_pairs import SHARED_WORK, pair

_PHONE = FixtureCase(
    subject=lambda module: module.phone,
    tasks={"end": lambda phone: phone.end_call(), "dial": lambda phone: phone.dial()},
    state=lambda phone: phone.line and phone.line.name,
    calls=lambda module: module.hung_up,
    findings=(("AWA103", "self.line"),),
    repair="safe",
    may_repeat=("first", "second"),
)
"""A line that one task hangs up and forgets, while another one does something to it."""

CASES: dict[str, FixtureCase] = {
    **pair(
        "cancelled_first",
        FixtureCase(
            subject=lambda module: module.Meter(),
            tasks={"watch": lambda meter: meter.watch(), "reset": lambda meter: meter.reset()},
            state=lambda meter: meter.reading,
            findings=(("AWA101", "self.reading"),),
            repair="safe",
            counts=(2,),
        ),
    ),
    **pair(
        "counted_anew",
        FixtureCase(
            subject=lambda module: module.hall,
            tasks={"ann": lambda hall: hall.enter("ann"), "bob": lambda hall: hall.enter("bob")},
            state=lambda hall: len(hall.guests),
            findings=(("AWA102", "self.guests"),),
            repair="safe",
            counts=(2,),
        ),
    ),
    **pair(
        "gate",
        FixtureCase(
            subject=lambda module: module.mail,
            tasks={"deliver": lambda mail: mail.deliver(), "post": lambda mail: mail.post("second")},
            state=lambda mail: mail.is_waiting(),
            calls=lambda module: module.delivered,
            findings=(("AWA103", "self._come"),),
            repair="unsafe",
            differences={
                "deliver": (
                    "exception at sleep #1: state was (0, True), is (0, False)",
                    "cancel at sleep #1: state was (0, True), is (0, False)",
                )
            },
            counts=(2,),
        ),
        FixtureCase(
            subject=lambda module: module.mail,
            tasks={"sort": lambda mail: mail.sort(), "deliver": lambda mail: mail.deliver("letter")},
            state=lambda mail: mail.is_open(),
            calls=lambda module: module.delivered,
            faults=(None,),  # a gate that somebody failed to open again holds up everybody
        ),
    ),
    **pair("filled_while_closing", _PHONE),
    **pair(
        "closed_door",
        replace(_PHONE, tasks={"switch off": lambda phone: phone.switch_off(), "dial": lambda phone: phone.dial()}),
    ),
    **pair(
        "swapped_by_rival",
        replace(_PHONE, tasks={**_PHONE.tasks, "dial": lambda phone: phone.redial()}, faults=SHARED_WORK),
        replace(
            _PHONE,
            tasks={**_PHONE.tasks, "dial": lambda phone: phone.drop()},
            findings=(),
            repair=None,
            faults=SHARED_WORK,
        ),
    ),
    **pair(
        "lock_per_loop",
        FixtureCase(
            subject=lambda module: module.database,
            tasks={"ask": lambda database: database.ask()},
            state=lambda database: database.pool,
            calls=lambda module: module.made,
            reported_by="AWA201",
        ),
        FixtureCase(
            subject=lambda module: module.database,
            tasks={"ask": lambda database: database.ask()},
            state=lambda database: database.pool,
            calls=lambda module: module.made,
        ),
    ),
}
