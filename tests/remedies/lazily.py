"""Methods that make something lazily, for classes whose way of making a lock is tested."""

from __future__ import annotations

METHOD = """
    async def get(self):
        if self.conn is None:
            self.conn = await self.make()
        return self.conn

    async def make(self):
        await asyncio.sleep(0)
"""
