from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.report.diff import patch_path, render_patch
from awaitomic.source.text import decode


def test_paths_in_a_patch_start_at_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/src/pkg").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repo/src")
    assert patch_path("pkg/a.py") == "src/pkg/a.py"
    monkeypatch.chdir(tmp_path)
    assert patch_path("repo/src/pkg/a.py") == "src/pkg/a.py"


def test_a_worktree_and_a_submodule_have_a_file_instead_of_a_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    monkeypatch.chdir(tmp_path)
    assert patch_path("a.py") == "a.py"


def test_without_a_repository_the_path_is_as_it_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert patch_path("pkg/a.py") == "pkg/a.py"
    assert not patch_path("/elsewhere/a.py").startswith("/")


def test_the_patch_has_the_bytes_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    old = decode("a.py", b"# coding: latin-1\r\nx = '\xe9'\r\n")
    new = decode("a.py", b"# coding: latin-1\r\nx = '\xe8'\r\n")
    patch = render_patch([(old, new), (old, old)])
    assert b"-x = '\xe9'\r\n+x = '\xe8'\r\n" in patch
    assert patch.count(b"diff --git") == 1
