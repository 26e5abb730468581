"""Random programs with several bugs: whatever belongs together, git takes each patch alone and all of them in order."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.running import KEYED, LOST, REFRESH, run
from cli.series import SHARING, TOUCHING, contents, git, repository

HEAD = "import asyncio\n\n\n"
DEADLOCK = """\
import asyncio


class Bank:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = []

    async def add(self, row):
        async with self._lock:
            await asyncio.sleep(0)
            self.rows.append(row)

    async def both(self, row):
        async with self._lock:
            await self.add(row)
            self.rows.append(row)
"""
"""A lock holder calls what takes the lock, which the fix splits in two."""
BLOCKS = [text.removeprefix(HEAD) for text in (LOST, KEYED, REFRESH, SHARING, TOUCHING, DEADLOCK)]


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    """Give a module of some blocks, each under names of its own, with more or less between them."""
    parts = [HEAD.rstrip("\n")]
    for number in range(draw(st.integers(1, 4))):
        block = draw(st.sampled_from(BLOCKS))
        for name in ("Bank", "Session", "main", "priced"):
            block = block.replace(name, f"{name}{number}")
        parts.append("#\n" * draw(st.integers(0, 8)) + block.rstrip("\n"))
    text = "\n\n\n".join(parts) + draw(st.sampled_from(["", "\n"]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return text.replace("\n", newline).encode()


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(modules(), min_size=1, max_size=2))
def test_every_patch_applies_alone_and_all_of_them_are_what_fix_does(
    monkeypatch: pytest.MonkeyPatch, files: list[bytes]
) -> None:
    options = ("fix", "--isolated", "--unsafe-fixes", "--confidence", "possible")
    with tempfile.TemporaryDirectory() as folder:
        root = repository(Path(folder, "repository"), {f"module_{number}.py": raw for number, raw in enumerate(files)})
        monkeypatch.chdir(root)
        result = run(*options, "--patch-dir", Path(folder, "patches"))
        assert result.exit_code == 1, result.output
        patches = sorted(Path(folder, "patches").iterdir())
        for patch in patches:
            git(root, "apply", "--check", "--whitespace=nowarn", patch)
        git(root, "am", "-q", "--keep-cr", *patches)
        taken = contents(root)
        git(root, "reset", "-q", "--hard", f"HEAD~{len(patches)}")
        run(*options)
        assert taken == contents(root)
        git(root, "checkout", "-q", ".")
        run(*options, "--interactive", stdin=b"y\n" * len(patches))
        assert taken == contents(root)
        monkeypatch.chdir("/")
