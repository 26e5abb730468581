"""Traps where evidence of two kinds meets: which of it decides, and how sure that is."""

from __future__ import annotations

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from explorer import check_before
from program.reading import program_of
from rules.things import STATE
from scenarios import SCENARIOS, product


def test_a_claim_that_nobody_tests_is_taken_down_by_another() -> None:
    """Possible at most, since most objects of this kind have one owner; so it is no fixture, but it does go wrong."""
    path = "traps/keep_claimant_releases.py"
    test = "        if self.at_work is not None:\n            return\n"
    assert test in product.before(path)
    source = product.before(path).replace(test, "")
    (finding,) = find(program_of(source))
    assert (finding.rule, finding.state, finding.confidence) == ("AWA103", "self.at_work", Confidence.POSSIBLE)
    assert check_before(source, SCENARIOS[path].scenario(path)).reason == "the invariant does not hold"


def test_what_is_only_tried_among_others_is_possible_at_most() -> None:
    """The old value chooses what is tried first; what is stored is what has answered."""
    source = STATE.format(body="for n in (self.n, 1):\n            if await self.io(n):\n                self.n = n")
    confidences = {finding.confidence for finding in find(program_of(source)) if finding.function == "Thing.f"}
    assert confidences == {Confidence.POSSIBLE}


def test_the_better_evidence_decides_when_a_value_holds_both_kinds() -> None:
    """The old value is added, and was also given to the call: that it was added is enough."""
    source = STATE.format(body="before = self.n\n        self.n = before + await key.io(before)")
    confidences = {finding.confidence for finding in find(program_of(source)) if finding.function == "Thing.f"}
    assert confidences == {Confidence.LIKELY}


QUEUED_LOCKS = """
class Locks:
    def __init__(self):
        self.waiting = {}
        self.left = {}
        self.events = {}

    def request(self, names, id):
        self.left[id] = len(names)
        for name in names:
            self.waiting[name].append(id)
            if len(self.waiting[name]) == 1:
                self.left[id] -= 1
                if self.left[id] == 0:
                    return True
        return False

    async def acquire(self, names, id):
        if not self.request(names, id):
            if id in self.events:
                return False
            self.events[id] = asyncio.Event()
            try:
                await self.events[id].wait()
            except TimeoutError:
                del self.left[id]
                return False
            finally:
                del self.events[id]
        return True
"""


def test_what_an_answer_tells_can_be_fresh_for_one_state_and_out_of_date_for_another() -> None:
    """The claim on the event keeps `left[id]` as it was tested; what other ids have queued has changed."""
    assert list(find(program_of(QUEUED_LOCKS))) == []
    unclaimed = QUEUED_LOCKS.replace("            if id in self.events:\n                return False\n", "")
    found = list(find(program_of(unclaimed.replace("del self.left[id]\n", "self.left[id] = 0\n"))))
    assert {finding.state for finding in found} >= {"self.left[id]"}
