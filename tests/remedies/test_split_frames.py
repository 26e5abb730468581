"""A method that looks at who called it is not split unasked: the half that takes the lock comes in between."""

from __future__ import annotations

import asyncio
import warnings

import pytest

from awaitomic import fix_source

STORE = """
import asyncio
import logging
import sys
import warnings
from inspect import stack

log = logging.getLogger(__name__)


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {{}}

    async def put(self, key, value):
        async with self._lock:
            {look}
            await asyncio.sleep(0)
            self.rows[key] = value

    async def fill(self):
        async with self._lock:
            await self.put(1, 2)
"""
LOOKS = {
    "a warning": "warnings.warn('old', DeprecationWarning, stacklevel=2)",
    "a log": "log.info('put', stacklevel=key)",
    "a frame": "self.by = sys._getframe(1).f_code.co_name",
    "the stack": "self.by = stack()[1].function",
}
DOES_NOT = {
    "a warning about itself": "warnings.warn('old', DeprecationWarning, stacklevel=1)",
    "a log": "log.info('put')",
    "something of that name": "self.stack = []",
}


@pytest.mark.parametrize("look", LOOKS)
def test_who_looks_at_its_caller_is_not_split_unasked(look: str) -> None:
    result = fix_source(STORE.format(look=LOOKS[look]), confidence="possible")
    assert result.applied == ()
    (left,) = result.remaining
    assert left.fix is not None
    assert any("looks at who called `Store.put`" in reason for reason in left.fix.because)


@pytest.mark.parametrize("look", DOES_NOT)
def test_who_does_not_is_split(look: str) -> None:
    result = fix_source(STORE.format(look=DOES_NOT[look]), confidence="possible")
    assert [each.rule for each in result.applied] == ["AWA301"]


def _warned_of(source: str) -> str:
    """Give the line that is named when somebody without the lock is warned."""
    source += "\nasync def somebody(store):\n    await store.put(1, 2)  # somebody\n"
    space: dict[str, type] = {}
    exec(compile(source, "store.py", "exec"), space)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(space["somebody"](space["Store"]()))
    return source.splitlines()[caught[0].lineno - 1]


def test_the_warning_would_name_the_half_that_takes_the_lock() -> None:
    source = STORE.format(look=LOOKS["a warning"])
    assert _warned_of(source).endswith("# somebody")
    split = fix_source(source, confidence="possible", unsafe_fixes=True).text
    assert _warned_of(split).strip() == "await self._put_locked(key, value)"
