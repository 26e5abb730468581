"""Tasks that several callers wait for: what only they store, where nothing was, is no news to who closes it."""

from __future__ import annotations

import pytest

from program.reading import reported

CLIENT = """
import asyncio
from services import connect

class Client:
    def __init__(self):
        self._pool = None
        self._pool_task = None

    async def pool(self):
        if {test}:
            if self._pool_task is None or self._pool_task.done():
                self._pool_task = asyncio.create_task({task})
            return await asyncio.shield(self._pool_task)
        return self._pool

    async def _connect_pool(self):
        self._pool = await connect()
        return self._pool

    async def close(self):
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

async def main():
    client = Client()
    await asyncio.gather(client.pool(), client.pool())
"""
ABSENT, TASK = "self._pool is None", "self._connect_pool()"


@pytest.mark.parametrize("test", [ABSENT, "not self._pool"])
def test_a_task_that_is_made_where_nothing_is_stored_fills_an_empty_place(test: str) -> None:
    assert reported(CLIENT.format(test=test, task=TASK)) == set()


@pytest.mark.parametrize(
    ("test", "task", "more"),
    [
        ("not self.ready", TASK, ""),
        (f"{ABSENT} or self._pool.stale", TASK, ""),
        (ABSENT, TASK, "\nasync def again(client: Client):\n    await client._connect_pool()\n"),
        (ABSENT, TASK, "\nasync def anew(client: Client):\n    asyncio.create_task(client._connect_pool())\n"),
    ],
)
def test_one_that_is_also_made_elsewhere_does_not(test: str, task: str, more: str) -> None:
    assert "Client.close" in reported(CLIENT.format(test=test, task=task) + more)
