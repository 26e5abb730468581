"""The garbage collector looks seldom while a run lasts, and afterwards as the program around it wants."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from awaitomic.config import Overrides, load
from awaitomic.engine import one_file, run
from awaitomic.engine.collector import seldom

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from awaitomic.config import Settings


@pytest.fixture(autouse=True)
def threshold() -> Iterator[tuple[int, int, int]]:
    """Set a threshold that nobody else sets, and put back what was there."""
    before = gc.get_threshold()
    gc.set_threshold(701, 11, 12)
    yield 701, 11, 12
    gc.set_threshold(*before)


def test_a_run_looks_seldom_and_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: tuple[int, int, int]
) -> None:
    seen: list[int] = []

    def work(*_: object) -> object:
        seen.append(gc.get_threshold()[0])
        raise ValueError

    monkeypatch.setattr(one_file, "work_on", work)
    run.run_on_text(b"async def f():\n    await g()\n", "a.py", _settings(tmp_path))
    assert seen == [100_000]
    assert gc.get_threshold() == threshold


def test_an_error_puts_the_threshold_back(tmp_path: Path, threshold: tuple[int, int, int]) -> None:
    with pytest.raises(run.MissingPath):
        run.check([tmp_path / "gone.py"], _settings(tmp_path))
    assert gc.get_threshold() == threshold


@pytest.mark.parametrize("chosen", [0, 500_000])
def test_who_wants_less_still_keeps_it(chosen: int) -> None:
    gc.set_threshold(chosen, 11, 12)
    with seldom():
        assert gc.get_threshold()[0] == chosen
    assert gc.get_threshold()[0] == chosen


def _settings(folder: Path) -> Settings:
    return load(folder, Overrides(), isolated=True)
