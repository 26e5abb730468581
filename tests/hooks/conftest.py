"""One installation of the hooks for all tests, however many processes run them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from hooks.repository import Outside, Repository, publish

if TYPE_CHECKING:
    from pathlib import Path

STRICT = "AWAITOMIC_TESTS_NEED_INDEX"
"""Set where a test may not be skipped because no package can be fetched (`.ci/run`)."""

PATIENCE = 600
"""Seconds that an installation may take on a machine that is busy with all other tests."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one process, if the scheduler minds."""
    for item in items:
        if "hooks" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("pre-commit"))


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Outside:
    """Give what the user has outside of repositories; the same folders in all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "pre-commit"
    shared.mkdir(exist_ok=True)
    config = shared / "gitconfig"
    if first(shared / "config-begun"):
        finish(config, "[user]\nname = A\nemail = a@example.org\n[init]\ndefaultBranch = main\n")
    wait_for(config)
    system = os.pathsep.join(each for each in os.environ["PATH"].split(os.pathsep) if not has_awaitomic(each))
    return Outside(shared / "store", system, config)


def first(mark: Path) -> bool:
    """Tell whether this process is the first to come here; the others have to wait for what it does."""
    try:
        mark.mkdir()
    except FileExistsError:
        return False
    return True


def finish(result: Path, text: str) -> None:
    """Write a result, so that who waits for it sees all of it."""
    draft = result.with_name(f"{result.name}-draft")
    draft.write_text(text)
    draft.replace(result)


def wait_for(result: Path) -> None:
    """Wait until another process has finished a result."""
    end = time.monotonic() + PATIENCE
    while not result.exists():
        assert time.monotonic() < end, f"{result} was begun by another process and is not finished"
        time.sleep(0.1)


def has_awaitomic(folder: str) -> bool:
    """Tell whether a folder of programs has ours: the user is one who has not installed it."""
    return any(os.path.exists(os.path.join(folder, name)) for name in ("awaitomic", "awaitomic.exe"))  # noqa: PTH110, PTH118 - of PATH


@pytest.fixture(scope="session")
def hooks(outside: Outside) -> Path:
    """Give the repository that the hooks are fetched from, when they are installed."""
    shared = outside.config.parent
    root, told = shared / "awaitomic", shared / "install"
    if first(shared / "install-begun"):
        publish(root, outside)
        (user := Repository(shared / "first", root, outside)).root.mkdir()
        user.git("init", "-q")
        user.configure("awaitomic")
        done = outside.pre_commit("install-hooks", cwd=user.root)
        finish(told, "" if done.code == 0 else done.output)
    wait_for(told)
    if output := told.read_text():
        if not os.environ.get(STRICT) and not has_index(shared):
            pytest.skip("there is no package index here: pre-commit cannot install the hooks")
        pytest.fail(output)
    return root


def has_index(folder: Path) -> bool:
    """Tell whether pip finds what every installation of a hook needs."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder / "download"), "hatchling"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def repository(tmp_path: Path, hooks: Path, outside: Outside) -> Repository:
    """Give an empty repository with a configuration that has none of the hooks yet."""
    made = Repository(tmp_path / "repository", hooks, outside)
    made.root.mkdir()
    made.git("init", "-q")
    return made
