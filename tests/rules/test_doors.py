"""Flags that keep others out of a wait: what has to be so that a rival is none."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

SOURCE = """
class Other:
    def __init__(self):
        self.off = False

class Poller:
    def __init__(self):
        self.off = False
        self.state = "open"
        self.ready = None
        self.line = None
        self.n = 0
        self.members = set()
        self.other = Other()

    @property
    def is_off(self):
        return self.off

    def turn_off(self):
        self.off = True

    def turn_on(self):
        self.off = False

    {more}

    async def fill(self, k):
        {rival}

    async def close(self):
        {body}
"""

TESTED = ("if self.off: return", "self.line = k")
FORGET = ("await io(self.line)", "self.line = None")


def reported(body: tuple[str, ...], rival: tuple[str, ...] = TESTED, more: tuple[str, ...] = ()) -> set[str]:
    used = [line for line in ("turn_on", "turn_off") if any(line in each for each in (*body, *rival, *more))]
    text = SOURCE
    for name, value in (("turn_on", "False"), ("turn_off", "True")):
        if name not in used:  # who could take the flag back is there only where the case is about it
            text = text.replace(f"    def {name}(self):\n        self.off = {value}\n\n", "")
    text = text.format(body="\n        ".join(body), rival="\n        ".join(rival), more="\n    ".join(more))
    return {finding.rule for finding in find(program_of(text)) if finding.function == "Poller.close"}


OFF = "self.off = True"

KEPT_OUT: list[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    ("an early return", (OFF, *FORGET), TESTED, ()),
    ("an error", (OFF, *FORGET), ("if self.off: raise RuntimeError", "self.line = k"), ()),
    ("the write stands inside the test", (OFF, *FORGET), ("if not self.off:", "    self.line = k"), ()),
    ("one part of the test", (OFF, *FORGET), ("if k and not self.off:", "    self.line = k"), ()),
    ("one part of an early return", (OFF, *FORGET), ("if self.off or not k: return", "self.line = k"), ()),
    ("a comparison", (OFF, *FORGET), ("if self.off is False:", "    self.line = k"), ()),
    ("a loop's own test", (OFF, *FORGET), ("while not self.off:", "    self.line = k", "    await io(k)"), ()),
    ("through a property", (OFF, *FORGET), ("if self.is_off: return", "self.line = k"), ()),
    ("tested in a local", (OFF, *FORGET), ("off = self.off", "if off: return", "self.line = k"), ()),
    ("tested again after a wait", (OFF, *FORGET), ("await io(k)", *TESTED), ()),
    (
        "under a lock",
        (OFF, *FORGET),
        ("async with self.lock:", "    if self.off: return", "    self.line = k"),
        (),
    ),
    ("a state by name", ("self.state = 'closed'", *FORGET), ("if self.state != 'open': return", "self.line = k"), ()),
    (
        "a placeholder",
        ("self.ready = None", *FORGET),
        ("if not self.ready: return", "self.line = k"),
        ("def on_start(self): self.ready = 1",),
    ),
    ("set on both ways", ("if self.n: self.off = True", "else: self.off = True", *FORGET), TESTED, ()),
    ("two waits", (OFF, "line = self.line", "await io(line)", *FORGET), TESTED, ()),
    ("set after the read", ("line = self.line", OFF, "await io(line)", "self.line = None"), TESTED, ()),
    ("set again to the same", (OFF, "await io(self.line)", OFF, "self.line = None"), TESTED, ()),
    (
        "the rival's caller has tested",
        (OFF, *FORGET),
        ("if self.off: return", "self._put(k)"),
        ("def _put(self, k): self.line = k",),
    ),
    (
        "the rival's caller has tested, and awaits it",
        (OFF, *FORGET),
        ("if self.off: return", "await self._put(k)"),
        ("async def _put(self, k): self.line = k",),
    ),
    (
        "a loop over what others fill",
        (OFF, "for member in self.members:", "    await io(member)"),
        ("if self.off: return", "self.members.add(k)"),
        (),
    ),
    ("opened again by who opens", (OFF, *FORGET), TESTED, ("def open(self): self.off = False",)),
    ("opened again at the start", (OFF, *FORGET), TESTED, ("async def start_polling(self): self.off = False",)),
    ("set to the same by others", (OFF, *FORGET), TESTED, ("def stop(self): self.off = True",)),
]
"""What closes, who would write meanwhile, and who else there is."""


@pytest.mark.parametrize(("body", "rival", "more"), [case[1:] for case in KEPT_OUT], ids=[case[0] for case in KEPT_OUT])
def test_a_flag_that_stands_keeps_out_who_asks_for_it(
    body: tuple[str, ...], rival: tuple[str, ...], more: tuple[str, ...]
) -> None:
    assert reported(body, rival, more) == set()


LET_IN: list[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = [
    ("no flag is set", FORGET, TESTED, ()),
    ("set after the wait", ("await io(self.line)", OFF, "self.line = None"), TESTED, ()),
    ("set between two waits", ("line = self.line", "await io(line)", OFF, *FORGET[:1], "self.line = None"), TESTED, ()),
    ("set on one way only", ("if self.n: self.off = True", *FORGET), TESTED, ()),
    ("set to what is not known", ("self.off = self.n", *FORGET), TESTED, ()),
    ("set to the other value", ("self.off = False", *FORGET), TESTED, ()),
    ("taken back before the wait", (OFF, "self.off = False", *FORGET), TESTED, ()),
    (
        "taken back between two waits",
        (OFF, "line = self.line", "await io(line)", "self.off = False", "await io(1)", "self.line = None"),
        TESTED,
        (),
    ),
    ("taken back by a call", (OFF, "self.turn_on()", *FORGET), TESTED, ()),
    ("taken back in the end, so that another run may do so meanwhile", (OFF, *FORGET, "self.off = False"), TESTED, ()),
    ("taken back by somebody", (OFF, *FORGET), TESTED, ("def revive(self): self.off = False",)),
    ("the flag of another object", ("self.other.off = True", *FORGET), TESTED, ()),
    ("the rival asks for another object's", (OFF, *FORGET), ("if self.other.off: return", "self.line = k"), ()),
    ("the rival does not ask", (OFF, *FORGET), ("self.line = k",), ()),
    ("the rival asks the other way round", (OFF, *FORGET), ("if not self.off: return", "self.line = k"), ()),
    ("the rival asks for anything else", (OFF, *FORGET), ("if self.state == 'off': return", "self.line = k"), ()),
    ("one of two parts may let it in", (OFF, *FORGET), ("if k or not self.off:", "    self.line = k"), ()),
    (
        "the rival's test is older than a wait",
        (OFF, *FORGET),
        ("if self.off: return", "await io(k)", "self.line = k"),
        (),
    ),
    ("the rival's value is awaited", (OFF, *FORGET), ("if self.off: return", "self.line = await io(k)"), ()),
    (
        "the local of the rival is older than a wait",
        (OFF, *FORGET),
        ("off = self.off", "await io(k)", "if off: return", "self.line = k"),
        (),
    ),
    (
        "the rival waits under a lock",
        (OFF, *FORGET),
        ("async with self.lock:", "    if self.off: return", "    await io(k)", "    self.line = k"),
        (),
    ),
    ("the rival only tells of it", (OFF, *FORGET), ("if self.off: print(k)", "self.line = k"), ()),
    (
        "one of the rival's callers has not tested",
        (OFF, *FORGET),
        ("if self.off: return", "self._put(k)"),
        ("def _put(self, k): self.line = k", "def put(self, k): self._put(k)"),
    ),
    (
        "the rival is a task",
        (OFF, *FORGET),
        ("if self.off: return", "asyncio.create_task(self._put(k))"),
        ("async def _put(self, k): self.line = k",),
    ),
    (
        "the rival has waited before it writes",
        (OFF, *FORGET),
        ("if self.off: return", "await self._put(k)"),
        ("async def _put(self, k):", "    await io(k)", "    self.line = k"),
    ),
    (
        "the state by name may be another one",
        ("self.state = 'closed'", *FORGET),
        ("if self.state == 'open': return", "self.line = k"),
        (),
    ),
]


@pytest.mark.parametrize(("body", "rival", "more"), [case[1:] for case in LET_IN], ids=[case[0] for case in LET_IN])
def test_whoever_may_come_in_all_the_same_is_a_rival(
    body: tuple[str, ...], rival: tuple[str, ...], more: tuple[str, ...]
) -> None:
    assert reported(body, rival, more) == {"AWA103"}


def test_a_loop_is_disturbed_by_who_does_not_ask_and_by_nobody_else() -> None:
    loop = (OFF, "for member in self.members:", "    await io(member)")
    assert reported(loop, ("self.members.add(k)",)) == {"AWA104"}
    assert reported(loop[1:], ("if self.off: return", "self.members.add(k)")) == {"AWA104"}


def test_two_that_open_do_not_excuse_each_other() -> None:
    again = (
        "async def reopen(self):",
        f"    {OFF}",
        *(f"    {line}" for line in FORGET),
        "def open(self): self.off = 0",
    )
    program = program_of(SOURCE.format(body="pass", rival="\n        ".join(TESTED), more="\n    ".join(again)))
    assert {finding.function for finding in find(program)} == {"Poller.reopen"}


ONE_TASK = """
class Poller:
    def __init__(self):
        self.off = False
        self.line = None
        self.n = 0
        self.task = None

    def start(self):
        self.task = asyncio.create_task(self._work())

    async def fill(self, k):
        {test}
        self.n += 1
        self.line = k

    async def _work(self):
        self.off = True
        {body}
"""


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("AWA101", "self.n = self.n + await io(1)"),
        ("AWA102", "if self.line is None: self.line = await io(1)"),
        ("AWA102", "if self.line is None: self.n = await io(1); self.line = self.n"),
        ("AWA103", "await io(self.n); self.n += 1"),
    ],
)
def test_every_rule_about_late_writes_asks_who_is_kept_out(rule: str, body: str) -> None:
    def found(test: str) -> set[str]:
        program = program_of(ONE_TASK.format(test=test, body=body))
        return {finding.rule for finding in find(program) if finding.function == "Poller._work"}

    assert found("if self.off: return") == set()
    assert found("pass") == {rule}


INSIDE = """
class Poller:
    def __init__(self):
        self.off = False
        self.line = None

    async def fill(self, k):
        if self.off: return
        self.line = k

    async def close(self):
        self.off = True
        await self._drain()

    async def _drain(self):
        await self._forget()

    async def _forget(self):
        {before}
        await io(self.line)
        self.line = None

    {another}
"""


def inside(before: str = "pass", another: str = "pass") -> set[str]:
    return {finding.function for finding in find(program_of(INSIDE.format(before=before, another=another)))}


def test_the_flag_may_have_been_set_some_calls_before() -> None:
    assert inside() == set()


@pytest.mark.parametrize("called", ["_drain", "_forget"])
def test_it_has_to_be_set_by_every_caller(called: str) -> None:
    assert inside(another=f"async def forget(self): await self.{called}()") == {"Poller._forget"}


def test_the_function_itself_may_take_it_back() -> None:
    assert inside(before="self.off = False") == {"Poller._forget"}
