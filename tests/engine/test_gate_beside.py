"""A fix is judged by all that stands beside it: a lock that takes in the span of another state has new duties."""

from __future__ import annotations

import pytest

from awaitomic.config import Settings
from awaitomic.engine.fix import fix_text
from awaitomic.model.finding import Confidence
from awaitomic.source.text import decode

UNSAFE = Settings(confidence=Confidence.LIKELY, unsafe_fixes=True)

STORE = """\
import asyncio

class Store:
    def __init__(self):
        self.session = None
        self.total = 0

    async def work(self):
        if self.session is None:
            before = self.total
            self.session = await open_session(before)
            self.total = before + self.session
        return self.session

    def reset(self):
        {reset}

store = Store()

async def main():
    await asyncio.gather(*(store.work() for _ in range(3)))
    store.reset()
"""


@pytest.mark.parametrize(
    ("reset", "codes"),
    [
        ("pass", []),
        ("self.total = 0", ["gate-new-finding", "sync-writer"]),
    ],
    ids=["nobody_else", "a_plain_writer_of_what_comes_under_the_lock"],
)
def test_no_lock_is_left_that_somebody_writes_past(reset: str, codes: list[str]) -> None:
    text = STORE.format(reset=reset)
    result = fix_text(decode("store.py", text.encode()), UNSAFE)
    assert [each.refusal.code for each in result.remaining if each.refusal is not None] == codes
    assert (result.text == text) is bool(codes)
