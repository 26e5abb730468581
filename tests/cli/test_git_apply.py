from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.running import FIXED, LOST, program


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "src/pkg").mkdir(parents=True)
    git(root, "init", "-q")
    git(root, "config", "core.autocrlf", "false")
    return root


def git(root: Path, *args: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["git", *args], cwd=root, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def content(text: str, newline: str, final: bool) -> bytes:
    return (text if final else text.rstrip("\n")).replace("\n", newline).encode()


@pytest.mark.parametrize("final", [True, False], ids=["final-newline", "no-final-newline"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("where", [".", "src"])
def test_git_takes_the_patch_and_it_does_what_fix_does(repository: Path, newline: str, final: bool, where: str) -> None:
    path = repository / "src/pkg/bänk 1.py"
    path.write_bytes(content(LOST, newline, final))
    git(repository, "add", ".")
    done = program("fix", "--diff", "--isolated", cwd=repository / where)
    assert done.returncode == 1
    git(repository, "apply", "--check", "--whitespace=nowarn", stdin=done.stdout)
    git(repository, "apply", "--whitespace=nowarn", stdin=done.stdout)
    assert path.read_bytes() == content(FIXED, newline, final)
    git(repository, "checkout", "--", ".")
    assert program("fix", "--isolated", cwd=repository / where).returncode == 0
    assert path.read_bytes() == content(FIXED, newline, final)


def test_several_files_are_one_patch(repository: Path) -> None:
    for name in ("a.py", "src/b.py", "src/pkg/c.py"):
        (repository / name).write_text(LOST)
    (repository / "src/pkg/latin.py").write_bytes(b"# coding: latin-1\nX = '\xe9'\n" + LOST.encode())
    patch = program("fix", "--diff", "--isolated", cwd=repository).stdout
    assert patch.count(b"diff --git") == 4
    git(repository, "apply", stdin=patch)
    assert (repository / "src/pkg/c.py").read_text() == FIXED
    assert (repository / "src/pkg/latin.py").read_bytes() == b"# coding: latin-1\nX = '\xe9'\n" + FIXED.encode()
