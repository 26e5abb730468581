"""Small programs with one bug each, of which the tests of lock make variants."""

from __future__ import annotations

SHORT = """
import asyncio

class Client:
    def __init__(self):
        self._pool = None

    async def pool(self):
        if self._pool is None:
            self._pool = await self._connect()
        return self._pool

    async def _connect(self):
        await asyncio.sleep(1)
        return object()
"""

ENSURE = """
import asyncio

class Client:
    def __init__(self):
        self._conn = None

    async def ensure(self):
        if self._conn is None:
            await self.connect(3)
        return self._conn

    async def connect(self, timeout, *, retry=False) -> None:
        \"\"\"Connect.

        Once is enough.
        \"\"\"
        conn = await asyncio.open_connection("host", timeout)
        self._conn = conn
"""

HELPER = """
import asyncio

class Client:
    def __init__(self):
        self._conn = None

    async def send(self, data):
        if self._conn is None:
            await self._connect()

    async def ping(self):
        if not self._conn:
            await self._connect()

    async def _connect(self):
        conn = await asyncio.open_connection("host", 1)
        self._conn = conn
"""

EXISTING = """
import asyncio

class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {}

    async def put(self, key, value):
        async with self._lock:
            self.rows[key] = value
            await self._save()

    async def _save(self):
        await asyncio.sleep(0)

    async def fill(self, key):
        if key not in self.rows:
            await self.put("log", key)
            self.rows[key] = await self._load(key)
        return self.rows[key]

    async def _load(self, key):
        await asyncio.sleep(0)
        return key
"""

WRITERS = """
import asyncio

class Bank:
    def __init__(self):
        self.total = 0

    async def add(self, amount):
        total = self.total
        await asyncio.sleep(0)
        self.total = total + amount

    async def set(self, amount):
        await asyncio.sleep(0)
        self.total = amount
"""


LOOP = """\
        total = self.total
        while {test}:
            self.total = total + 1
            await {wait}
            total = self.total
            await {wait}
"""
