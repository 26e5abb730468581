"""Whose a base is depends on the module that says its name, not on the file that is checked nor on the order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import CLEAN, run

STATE = """
import asyncio


class Hub:
    def __init__(self):
        self.session = None

    async def renew(self):
        if self.session is None:
            self.session = await open_session()


async def open_session():
    await asyncio.sleep(1)
    return object()
"""
PAGE = """
import tornado.ioloop
from {library} import RequestHandler

from state import Hub


class Page(RequestHandler):
    hub = Hub()

    async def get(self):
        await self.hub.renew()
"""


@pytest.mark.parametrize(
    ("library", "confidence"), [("tornado.web", "likely"), ("corp_web", "likely"), ("django.web", "possible")]
)
@pytest.mark.parametrize("imported", ["", "from corp_web import RequestHandler\nfrom tornado.web import Application\n"])
def test_every_file_gives_the_same(tree: Path, imported: str, library: str, confidence: str) -> None:
    (tree / "state.py").write_text(imported + STATE)
    (tree / "page.py").write_text(PAGE.format(library=library))
    (tree / "aside.py").write_text(CLEAN)
    for files in (["."], ["state.py"], ["page.py", "state.py"], ["state.py", "page.py"], ["aside.py", "state.py"]):
        arguments = ["--no-cache", "--confidence", "possible", "--output-format", "json", *files]
        report = json.loads(run("check", *arguments).stdout)
        assert [(each["path"], each["confidence"]) for each in report["findings"]] == [("state.py", confidence)]
