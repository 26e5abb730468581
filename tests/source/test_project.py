"""The files of a project: what is looked at as a module, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from awaitomic.source.project import SourceTree, project_root


def test_a_pipe_that_is_called_like_a_module_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "linked.py").symlink_to(tmp_path / "real.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "broken.py").symlink_to(tmp_path / "nowhere.py")
    assert SourceTree(str(tmp_path)).files == {"real.py", "linked.py"}


@pytest.mark.parametrize(
    ("setup", "root"),
    [
        ('"""Starts the program."""\n', "."),
        ("from setuptools import setup\nsetup()\n", "pkg"),
        ("import distutils.core\n", "pkg"),
        ("import mysetuptools_like\n", "."),
    ],
)
def test_a_module_of_a_package_that_is_called_setup_is_no_root(setup: str, root: str, tmp_path: Path) -> None:
    (tmp_path / "pkg" / "inner").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "setup.py").write_text(setup)
    assert project_root(tmp_path / "pkg" / "inner" / "a.py") == os.path.realpath(tmp_path / root)


def test_a_setup_in_no_package_is_one_whatever_it_says(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text("")
    assert project_root(tmp_path / "pkg" / "a.py") == os.path.realpath(tmp_path)
