"""The files of a project: what is looked at as a module, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

from awaitomic.source.project import SourceTree


def test_a_pipe_that_is_called_like_a_module_is_never_opened(tmp_path: Path) -> None:
    (tmp_path / "real.py").write_text("x = 1\n")
    (tmp_path / "linked.py").symlink_to(tmp_path / "real.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "broken.py").symlink_to(tmp_path / "nowhere.py")
    assert SourceTree(str(tmp_path)).files == {"real.py", "linked.py"}
