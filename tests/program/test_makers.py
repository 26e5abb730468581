"""Who makes the instances of a class is asked of each function once, however many classes there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.program.resolve import Resolver
from cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CLASS = """
class Box{0}:
    def __init__(self):
        self.count = 0

    async def add(self, k):
        count = self.count
        await wait(k)
        self.count = count + k
"""


def test_the_work_grows_with_the_classes_and_not_with_their_square(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0
    real = Resolver.definition_of

    def counted(self: Resolver, *arguments: object) -> object:
        nonlocal asked
        asked += 1
        return real(self, *arguments)  # type: ignore[arg-type]  # whatever it was called with

    monkeypatch.setattr(Resolver, "definition_of", counted)
    counts = []
    for number in (40, 80):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "pyproject.toml").touch()
        (folder / "boxes.py").write_text("".join(CLASS.format(each) for each in range(number)))
        asked = 0
        run("check", "--no-cache", "--jobs", "1", "--confidence", "possible", folder)
        counts.append(asked)
    assert counts[0] > 40
    assert counts[1] < 3 * counts[0]
