"""`--strategy`: which remedies the user prefers, and which he will not have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import run

CLIENT = """\
import asyncio


class Client:
    def __init__(self):
        self.pool = None

    async def get(self):
        if self.pool is None:
            self.pool = await self._open()
        return self.pool

    async def _open(self):
        await asyncio.sleep(0.1)
        return object()


async def main():
    client = Client()
    await asyncio.gather(client.get(), client.get())
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "client.py").write_text(CLIENT)
    return tmp_path


def answer(*arguments: str) -> tuple[str, str]:
    """Give the remedy and its safety, or the word ``refused`` and the code."""
    report = json.loads(run("check", "--output-format", "json", *arguments).stdout)
    (finding,) = report["findings"]
    if finding["fix"] is None:
        return "refused", finding["refusal"]["code"]
    return finding["fix"]["strategy"], finding["fix"]["applicability"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ("lock", "safe")),
        (("--strategy", "recheck"), ("recheck", "unsafe")),
        (("--strategy", "AWA1:recheck"), ("recheck", "unsafe")),
        (("--strategy", "AWA103:recheck"), ("lock", "safe")),
        (("--strategy", "no-lock"), ("single-flight", "unsafe")),
        (("--strategy", "no-lock,no-single-flight"), ("recheck", "unsafe")),
        (("--strategy", "hoist,lock"), ("lock", "safe")),
        (("--strategy", "no-recheck", "--strategy", "lock"), ("lock", "safe")),
    ],
)
def test_what_is_preferred_is_taken_if_it_suits(
    tree: Path, arguments: tuple[str, ...], expected: tuple[str, str]
) -> None:
    assert answer(*arguments) == expected


def test_the_configuration_says_the_same_and_the_command_line_replaces_it(tree: Path) -> None:
    (tree / "pyproject.toml").write_text('[tool.awaitomic]\nstrategy = ["no-lock"]\n')
    assert answer() == ("single-flight", "unsafe")
    assert answer("--strategy", "lock") == ("lock", "safe")
    assert answer("--isolated") == ("lock", "safe")


def test_nothing_is_repaired_against_the_users_will(tree: Path) -> None:
    forbidden = "no-lock,no-recheck,no-setdefault,no-single-flight"
    assert answer("--strategy", forbidden) == ("refused", "strategy-forbidden")
    run("fix", "--unsafe-fixes", "--strategy", forbidden)
    assert (tree / "client.py").read_text() == CLIENT


def test_fix_does_what_is_preferred(tree: Path) -> None:
    run("fix", "--unsafe-fixes", "--strategy", "recheck")
    text = (tree / "client.py").read_text()
    assert "Lock" not in text
    assert text != CLIENT


def test_a_remedy_that_does_not_exist_is_wrong_usage(tree: Path) -> None:
    wrong = run("fix", "--strategy", "rechek")
    assert wrong.exit_code == 2
    assert "unknown remedy `rechek`" in wrong.stderr
    assert "did you mean `recheck`?" in wrong.stderr
