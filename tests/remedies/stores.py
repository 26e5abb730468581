"""Pieces of the store whose methods the tests of split take apart."""

from __future__ import annotations

HEAD = """
import asyncio

class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {}

"""

PUT = """\
    async def put(self, key, value=None, /, *more, keep: bool = True, **options) -> int:
        '''Put a row

        and say how many there are.
        '''
        async with self._lock:
            # first the row
            self.rows[key] = value
            await asyncio.sleep(0)  # then the others
            return len(self.rows)
"""

FILL = """
    async def fill(self):
        async with self._lock:
            await self.put(1)
"""

OUTSIDER = """
    async def use(self):
        await self.put(2, keep=False)
"""
