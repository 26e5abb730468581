"""What a fix moves to the right, or writes, is no wider than the project wants it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.running import run
from program.across import lay_out

CLIENT = """\
import asyncio


class Client:
    def __init__(self, api, host):
        self.api = api
        self.host = host
        self.conn = None

    async def connect(self):
        if self.conn is None and self.host is not None and self.api:
            self.conn = await self.api.open_connection(self.host, 1)
            self.said = "connected to the one host that is there"
        return self.conn


async def main(c: Client):
    await asyncio.gather(c.connect(), c.connect())
"""
WRAPPED = """\
        async with self._lock:
            if (
                self.conn is None
                and self.host is not None
                and self.api
            ):
                self.conn = await self.api.open_connection(
                    self.host, 1
                )
                self.said = "connected to the one host that is there"
        return self.conn
"""
TOPICS = """\
import asyncio


class Topics:
    def __init__(self, api):
        self.api = api
        self._partitions = {}

    async def partitions(self, name_of_the_topic, kind_of_partition):
        if (name_of_the_topic, kind_of_partition) not in self._partitions:
            self._partitions[name_of_the_topic, kind_of_partition] = (
                await self.api.open(name_of_the_topic, kind_of_partition)
            )
        return self._partitions[name_of_the_topic, kind_of_partition]


async def main(t: Topics):
    await asyncio.gather(t.partitions(1, 1), t.partitions(1, 1))
"""


@pytest.mark.parametrize(
    ("settings", "made"),
    [
        ({"pyproject.toml": "[tool.ruff]\nline-length = 70\n"}, WRAPPED),
        ({".flake8": "[flake8]\nmax-line-length = 70\n"}, WRAPPED),
        (
            {"pyproject.toml": "[tool.black]\n"},
            "                self.conn = await self.api.open_connection(self.host, 1)\n",
        ),
        ({}, "            if self.conn is None and self.host is not None and self.api:\n"),
    ],
)
def test_what_a_lock_indents_is_wrapped(tmp_path: Path, settings: dict[str, str], made: str) -> None:
    lay_out(tmp_path, {"client.py": CLIENT, **settings})
    run("fix", "--unsafe-fixes", "--strategy", "lock", "--no-cache", tmp_path)
    assert made in (tmp_path / "client.py").read_text()


def test_the_same_lines_are_shown_and_written(tmp_path: Path) -> None:
    lay_out(tmp_path, {"client.py": CLIENT, "ruff.toml": "line-length = 70\n"})
    shown = run("fix", "--diff", "--unsafe-fixes", "--strategy", "lock", tmp_path).stdout
    again = run("fix", "--diff", "--unsafe-fixes", "--strategy", "lock", tmp_path).stdout
    assert shown == again
    assert "+                self.conn = await self.api.open_connection(\n" in shown
    (tmp_path / "ruff.toml").write_text("line-length = 100\n")
    wider = run("fix", "--diff", "--unsafe-fixes", "--strategy", "lock", tmp_path).stdout
    assert "+                self.conn = await self.api.open_connection(self.host, 1)\n" in wider


def test_a_shared_task_is_kept_by_two_statements_where_one_is_too_wide(tmp_path: Path) -> None:
    lay_out(tmp_path, {"topics.py": TOPICS})
    run("fix", "--unsafe-fixes", "--strategy", "single-flight,no-lock,no-setdefault", "--no-cache", tmp_path)
    text = (tmp_path / "topics.py").read_text()
    assert (
        "                task = asyncio.create_task(\n"
        "                    self._open_partition(name_of_the_topic, kind_of_partition)\n"
        "                )\n"
        "                self._partition_tasks[name_of_the_topic, kind_of_partition] = task\n"
    ) in text
    assert max(map(len, text.splitlines())) <= 88
