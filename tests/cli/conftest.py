from __future__ import annotations

from pathlib import Path

import pytest

from cli.baselines import BASE, put
from cli.running import LOST, run


@pytest.fixture(autouse=True)
def _plain_output(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory that is the current one, and the root of a project without settings."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.fixture
def lost_update(tree: Path) -> None:
    """A file in the tree in which an update can be lost."""
    put("bank.py", LOST)


@pytest.fixture
def base(lost_update: None) -> None:
    """A baseline that knows of the lost update."""
    assert run("check", "--write-baseline", BASE, ".").exit_code == 0
