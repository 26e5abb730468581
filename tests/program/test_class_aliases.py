"""A class has one identity under all its names: what an assignment or import calls it elsewhere is the same class."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from awaitomic.program.outline import outline_of
from cli.running import run
from program.across import lay_out, program_at

_BASE = """\
import asyncio


async def work(n):
    await asyncio.sleep(0)
    return n


class _Store:
    def __init__(self):
        self.n = 0

    async def add(self, k):
        self.n = await work(self.n + k)
"""
_DERIVED = """

class Sub({base}):
    def __init__(self):
        super().__init__()
        self.m = 0

    async def twice(self):
        self.n = await work(self.n * 2)


async def main():
    sub = Sub()
    await asyncio.gather(sub.add(1), sub.twice())
"""
_OTHER = "import asyncio\nfrom base import work\n{imported}\n"


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("Store = _Store", {"Store": ":_Store"}),
        ("Store: type = _Store", {"Store": ":_Store"}),
        ("Store = base._Store", {"Store": "pkg.base._Store"}),
        ("Store = Kept = _Store", {"Store": ":_Store", "Kept": ":_Store"}),
        ("Store = _Store\nif debug:\n    Store = Debug", {}),
        ("Store = _Store\ndef use(other):\n    global Store\n    Store = other", {}),
        ("Store = make()", {}),
        ("if debug:\n    Store = _Store", {}),
    ],
)
def test_what_is_another_name_for_something(written: str, known: dict[str, str]) -> None:
    text = f"from pkg import base\n{written}\n"
    assert outline_of("m.py", ast.parse(text), text).aliases == known


@pytest.mark.parametrize(
    ("also", "imported", "base"),
    [
        ("\nStore = _Store\n", "", "Store"),
        ("", "from base import _Store as Store", "Store"),
        ("", "from base import _Store as Kept\nStore = Kept", "Store"),
        ("\nStore = _Store\n", "from base import Store", "Store"),
        ("\nStore = _Store\n", "import base", "base.Store"),
        ("\nclass Outer:\n    class Inner(_Store):\n        pass\n\nStore = Outer.Inner\n", "", "Store"),
    ],
)
def test_one_class_gets_one_lock(tmp_path: Path, also: str, imported: str, base: str) -> None:
    derived = _DERIVED.format(base=base)
    files = {"base.py": _BASE + also + derived}
    if imported:
        files = {"base.py": _BASE + also, "derived.py": _OTHER.format(imported=imported) + derived}
    lay_out(tmp_path, files)
    run("fix", "--unsafe-fixes", "--confidence", "possible", "--no-cache", tmp_path)
    new = "".join((tmp_path / name).read_text() for name in files)
    assert new.count("asyncio.Lock()") == 1
    assert new.count("        async with self._lock:\n            self.n = await work(") == 2


def test_a_name_for_two_classes_is_no_name_for_either(tmp_path: Path) -> None:
    text = _BASE + "\nStore = _Store\nif work is None:\n    Store = object\n" + _DERIVED.format(base="Store")
    lay_out(tmp_path, {"base.py": text})
    link = program_at(tmp_path, "base.py").project.link
    assert [each.id for each in link.above("base.py:Sub")] == ["base.py:Sub"]
    lay_out(tmp_path, {"base.py": text.replace("if work is None:\n    Store = object\n", "")})
    link = program_at(tmp_path, "base.py").project.link
    assert [each.id for each in link.above("base.py:Sub")] == ["base.py:Sub", "base.py:_Store"]
    assert [each.id for each in link.below("base.py:_Store")] == ["base.py:Sub"]
