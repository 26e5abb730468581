"""What the repositories of these tests hold."""

from __future__ import annotations

from cli.running import LOST

LIBRARY = """\
import asyncio


class Session:
    def __init__(self):
        self.token = ""

    async def renew(self, refresh):
        token = self.token
        await refresh()
        self.token = token + "+"
"""
"""A span in an object of which nothing here says that several tasks have it."""

USER = """\
import asyncio

from library import Session

SESSION = Session()


async def main(refresh):
    await asyncio.gather(SESSION.renew(refresh), SESSION.renew(refresh))
"""
"""Starts several tasks on it."""

BASE = """\
class Session:
    def __init__(self):
        self.token = ""

    async def renew(self, refresh):
        self.token = await refresh(self.token)
"""

DERIVED = """\
import asyncio
from base import Session


class Logged(Session):
    async def revoke(self, log):
        self.token = await log(self.token)


async def main(log):
    session = Logged()
    await asyncio.gather(session.renew(log), session.renew(log), session.revoke(log), session.revoke(log))
"""
"""Needs the lock that the fix of `BASE` makes."""

NOTE = '\n\ndef note():\n    return "before"\n'
LOST_AND_NOTE = LOST + NOTE
