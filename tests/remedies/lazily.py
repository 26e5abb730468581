"""Methods that make something lazily, for classes whose way of making a lock is tested."""

from __future__ import annotations

from awaitomic.remedies.lock import REMEDY
from remedies.carried_out import Carried, carried

METHOD = """
    async def get(self):
        if self.conn is None:
            self.conn = await self.make()
        return self.conn

    async def make(self):
        await asyncio.sleep(0)
"""


def locked(head: str, body: str = METHOD) -> Carried:
    """Carry out the lock in a class of which the head is given."""
    return carried(REMEDY, "AWA102", f"import asyncio\n{head}{body}")
