"""The dictionary of a ``**kwargs`` is the call's own; what its entries refer to is not, nor is a plain parameter."""

from __future__ import annotations

import pytest

from awaitomic.rules import find
from program.reading import program_of

SIGNER = """
class Signer:
    async def sign(self, cache, {parameter}):
        {line}

    async def send(self, cache, options):
        await self.sign(cache, {given})
"""
REPORTED = [
    ("kwargs", "options", TAKEN_LATE := 'key = kwargs["key"]\n        await cache.get(key)\n        del kwargs["key"]'),
    ("**kwargs", "**options", 'kwargs["box"].count = kwargs["box"].count + await cache.get(1)'),
]
SILENT = [
    ("**kwargs", "**options", TAKEN_LATE),
    ("**kwargs", "**options", 'kwargs["count"] += await cache.get(1)'),
]


def _found(parameter: str, given: str, line: str) -> list[str]:
    text = SIGNER.format(parameter=parameter, given=given, line=f'{line}\n        kwargs["who"] = self')
    return [finding.rule for finding in find(program_of(text))]


@pytest.mark.parametrize(("parameter", "given", "line"), REPORTED)
def test_what_others_may_have_is_reported(parameter: str, given: str, line: str) -> None:
    """A dictionary that is handed over as it is may be another's, too, and so may what is in one."""
    assert _found(parameter, given, line)


@pytest.mark.parametrize(("parameter", "given", "line"), SILENT)
def test_own_keywords_are_nobody_elses(parameter: str, given: str, line: str) -> None:
    """Each call has a new dictionary, whatever it was called with."""
    assert not _found(parameter, given, line)
