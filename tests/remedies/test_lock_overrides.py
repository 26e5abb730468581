"""A lock over a call of a method that very many classes define in their own way: one of them may come back for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Applicability, Refusal
from awaitomic.remedies.lock import REMEDY
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.rules import find
from program.across import lay_out, program_at

BASE = """
class Collection:
    def __init__(self, store):
        self.store = store
        self.rows = {}

    async def load(self):
        for key, row in (await self.store.load()).items():
            self.rows[key] = row

    async def changed(self, row, data):
        raise NotImplementedError

    async def update(self, key, data):
        row = self.rows[key]
        row = await self.changed(row, data)
        self.rows[key] = row
"""
PLAIN = """
from base import Collection

class Rows{number}(Collection):
    async def changed(self, row, data):
        return await self.store.merge(row, data)
"""
BACK = """
from base import Collection

class Lazy(Collection):
    async def changed(self, row, data):
        {first}
        return row | data
"""


def _answer(root: Path, overrides: int, first: str) -> Proposal | Refusal:
    files = {f"rows{number}.py": PLAIN.format(number=number) for number in range(overrides)}
    lay_out(root, {"base.py": BASE, "lazy.py": BACK.format(first=first), **files})
    program = program_at(root, "base.py")
    (finding,) = [each for each in find(program) if each.rule == "AWA101"]
    return REMEDY.propose(Case(program, finding))


@pytest.mark.parametrize("overrides", [23, 24, 70])
def test_refused_is_a_lock_for_which_one_override_of_many_comes_back(overrides: int, tmp_path: Path) -> None:
    answer = _answer(tmp_path, overrides, "await self.load()")
    assert isinstance(answer, Refusal)
    assert answer.code == "self-deadlock"
    assert "lazy.py" in answer.message or "Lazy.changed" in answer.message


@pytest.mark.parametrize("overrides", [23, 24, 70])
def test_one_that_does_not_come_back_is_no_reason(overrides: int, tmp_path: Path) -> None:
    for first in ("await self.store.load_all()", "data = await self.store.load()"):
        assert isinstance(_answer(tmp_path / first[:4], overrides, first), Proposal)


def test_what_so_many_define_that_not_all_is_looked_into_is_never_safe(tmp_path: Path) -> None:
    entity = "import asyncio\n\nclass Entity:\n    async def load(self):\n        await asyncio.sleep(1)\n"
    cache = (
        "from entity import Entity\n\nclass Cache:\n    def __init__(self, entity: Entity):\n"
        "        self.entity = entity\n        self.value = None\n\n    async def get_value(self):\n"
        "        if self.value is None:\n            self.value = await self.entity.load()\n        return self.value\n"
    )
    sub = "from entity import Entity\n\nclass E{n}(Entity):\n    async def load(self):\n        return {n}\n"
    for count, said in ((2, False), (62, True)):
        files = {"entity.py": entity, "cache.py": cache, **{f"e{n}.py": sub.format(n=n) for n in range(count)}}
        lay_out(tmp_path / str(count), files)
        program = program_at(tmp_path / str(count), "cache.py")
        (finding,) = find(program)
        answer = REMEDY.propose(Case(program, finding))
        assert isinstance(answer, Proposal)
        assert any("more classes may define" in each for each in answer.because) == said
        assert answer.applicability is Applicability.UNSAFE or not said
