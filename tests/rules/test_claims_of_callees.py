"""Claims that a call makes for its caller: what they keep out, for how long, and what looks like one and is none."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

SOURCE = """
class Gate:
    def __init__(self):
        self.taken = False
        self.owner = None
        self.state = "idle"
        self.users = {{}}

    def take(self):
        if self.taken:
            raise RuntimeError
        self.taken = True

    def take_deeper(self):
        self.take()

    def take_if_free(self):
        if self.taken:
            return
        self.taken = True

    def try_take(self):
        if self.taken:
            return False
        self.taken = True
        return True

    def always_says_yes(self):
        if not self.taken:
            self.taken = True
        return True

    def own(self, owner):
        if self.owner is not None:
            raise RuntimeError
        self.owner = owner

    def disown(self):
        self.owner = None

    def enter(self, user):
        if user in self.users:
            raise KeyError(user)
        self.users[user] = True

    def leave(self, user):
        del self.users[user]

    def only_set(self):
        self.taken = True

    def name(self, state):
        if self.state == "closed":
            raise RuntimeError
        self.state = "busy"

    def take_by_name(self):
        if self.state != "idle":
            raise RuntimeError
        self.state = "busy"

    def idle(self):
        self.state = "idle"

    async def take_slowly(self):
        if self.taken:
            raise RuntimeError
        self.taken = True
        await io()

    async def try_take_slowly(self):
        if self.taken:
            return False
        self.taken = True
        await io()
        return True

    async def take_too_late(self):
        if self.taken:
            raise RuntimeError
        await io()
        self.taken = True

    def release(self):
        self.taken = False

    async def release_slowly(self):
        self.taken = False
        await io()

class Shop:
    def __init__(self):
        self.gate = Gate()
        self.gates: dict[str, Gate] = {{}}
        self.n = 0
        self.counts = {{}}

    def touch(self, k):
        self.n = k
        self.counts[k] = k

    async def f(self, k, other: Gate):
        {body}
"""

COUNT = "self.n = self.n + await io()"
ENTRY = "self.counts[k] = self.counts[k] + await io()"


def is_reported(*lines: str) -> bool:
    program = program_of(SOURCE.format(body="\n        ".join(lines)))
    return any(finding.function == "Shop.f" and finding.rule == "AWA101" for finding in find(program))


KEPT_OUT = [
    ("a call that fails if it is taken", ["self.gate.take()", COUNT, "self.gate.release()"]),
    (
        "given back in any case",
        ["self.gate.take()", "try:", f"    {COUNT}", "finally:", "    self.gate.release()"],
    ),
    ("never given back", ["self.gate.take()", COUNT]),
    ("the claim is two calls away", ["self.gate.take_deeper()", COUNT, "self.gate.release()"]),
    ("a placeholder that is no constant", ["self.gate.own(k)", COUNT, "self.gate.disown()"]),
    ("a state by name", ["self.gate.take_by_name()", COUNT, "self.gate.idle()"]),
    ("the claim on a key, for what belongs to it", ["self.gate.enter(k)", ENTRY, "self.gate.leave(k)"]),
    ("the gate of a key, for what belongs to it", ["self.gates[k].own(1)", ENTRY]),
    (
        "a claim of its own, on the gate of a key, for what belongs to it",
        ["gate = self.gates[k]", "if gate.taken: return", "gate.taken = True", ENTRY],
    ),
    ("the answer is yes", ["if not self.gate.try_take(): return", COUNT, "self.gate.release()"]),
    ("the answer is yes inside", ["if self.gate.try_take():", f"    {COUNT}", "    self.gate.release()"]),
    ("the answer is one part of a test", ["if k and self.gate.try_take():", f"    {COUNT}"]),
    ("the answer is kept in a local", ["free = self.gate.try_take()", "if not free: return", COUNT]),
    ("the answer is waited for", ["while not self.gate.try_take():", "    await io()", COUNT]),
    ("an awaited call", ["await self.gate.take_slowly()", COUNT, "self.gate.release()"]),
    ("the answer of an awaited call", ["if not await self.gate.try_take_slowly(): return", COUNT]),
    ("an awaited call with a limit", ["await asyncio.wait_for(self.gate.take_slowly(), 1)", COUNT]),
    ("read before the claim, with no wait between", ["n = self.n", "self.gate.take()", "await io()", "self.n = n + 1"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in KEPT_OUT], ids=[case[0] for case in KEPT_OUT])
def test_a_claim_that_a_call_makes_keeps_others_out(lines: list[str]) -> None:
    assert not is_reported(*lines)


LET_IN = [
    ("no claim at all", [COUNT]),
    ("a call that only sets", ["self.gate.only_set()", COUNT, "self.gate.release()"]),
    ("a call that comes back also if it was taken", ["self.gate.take_if_free()", COUNT, "self.gate.release()"]),
    ("a test that lets in the second one, too", ["self.gate.name(k)", COUNT, "self.gate.idle()"]),
    ("given back before the span", ["self.gate.take()", "await io()", "self.gate.release()", COUNT]),
    ("given back by an awaited call", ["self.gate.take()", "await self.gate.release_slowly()", COUNT]),
    ("given back on one way", ["self.gate.take()", "if k: self.gate.release()", COUNT]),
    (
        "given back within the span",
        ["self.gate.take()", "n = self.n", "self.gate.release()", "await io()", "self.n = n + 1"],
    ),
    ("read before the claim, and waited", ["n = self.n", "await io()", "self.gate.take()", "self.n = n + 1"]),
    ("the claim on one way only", ["if k: self.gate.take()", COUNT]),
    ("the gate of a key, for what belongs to all", ["self.gates[k].take()", COUNT, "self.gates[k].release()"]),
    ("the claim on a key, for what belongs to all", ["self.gate.enter(k)", COUNT, "self.gate.leave(k)"]),
    (
        "a claim of its own, on the gate of a key, for what belongs to all",
        ["gate = self.gates[k]", "if gate.taken: return", "gate.taken = True", COUNT],
    ),
    ("somebody else's gate", ["other.take()", COUNT, "other.release()"]),
    ("a gate of one's own", ["gate = Gate()", "gate.take()", COUNT, "gate.release()"]),
    ("the answer is no", ["if self.gate.try_take(): return", COUNT]),
    ("nobody asks for the answer", ["self.gate.try_take()", COUNT]),
    ("the answer is always yes", ["if not self.gate.always_says_yes(): return", COUNT]),
    (
        "the answer is kept in a local over a wait",
        ["free = self.gate.try_take()", "await io()", "self.gate.release()", "if not free: return", COUNT],
    ),
    ("the claim comes after a wait of its own", ["await self.gate.take_too_late()", COUNT, "self.gate.release()"]),
    ("the claim is made by a task", ["asyncio.create_task(self.gate.take_slowly())", COUNT]),
    ("the failure is caught", ["try: self.gate.take()", "except RuntimeError: pass", COUNT]),
]


@pytest.mark.parametrize("lines", [case[1] for case in LET_IN], ids=[case[0] for case in LET_IN])
def test_what_looks_like_a_claim_and_is_none_keeps_nobody_out(lines: list[str]) -> None:
    assert is_reported(*lines)


HOPS = """
class Speaker:
    def __init__(self):
        self.taken = False
        self.n = 0

    def take(self):
        if self.taken:
            raise RuntimeError
        self.taken = True

    def touch(self, k):
        self.n = k

    async def play(self, frames):
        self.take()
        for frame in frames:
            await self._send(frame)
        self.taken = False

    async def _send(self, frame):
        {before}
        await self._transmit(frame)

    async def _transmit(self, frame):
        n = self.n
        await io(frame)
        self.n = n + 1

    {another}
"""


def findings(before: str = "pass", another: str = "pass") -> set[str]:
    return {finding.function for finding in find(program_of(HOPS.format(before=before, another=another)))}


def test_a_claim_protects_what_is_done_under_it_some_calls_away() -> None:
    assert findings() == set()


def test_a_claim_that_is_given_back_on_the_way_protects_nothing_behind() -> None:
    assert findings(before="self.taken = False") == {"Speaker._transmit"}


@pytest.mark.parametrize("called", ["_send", "_transmit"])
def test_one_caller_without_the_claim_is_one_too_many(called: str) -> None:
    assert findings(another=f"async def once(self): await self.{called}(1)") == {"Speaker._transmit"}


def test_a_function_that_calls_itself_is_no_caller_from_outside() -> None:
    assert findings(before="if frame: await self._send(frame.rest)") == set()
