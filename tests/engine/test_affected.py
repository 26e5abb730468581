"""Which other files an edit can concern: those that call, are called, or touch the same state, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.engine.affected import affected
from awaitomic.engine.projects import Projects
from awaitomic.source.text import decode, parse
from program.across import lay_out, program_at

STORE = """
import asyncio

class Store:
    def __init__(self):
        self.rows = {}

    async def put(self, key):
        self.rows[key] = 1

    async def size(self):
        return 1
"""

FILES = {
    "store.py": STORE,
    "caller.py": """
        from store import Store

        class Caller:
            def __init__(self):
                self.store = Store()

            async def go(self):
                await self.store.put(1)
    """,
    "above.py": """
        from caller import Caller

        async def run(caller: Caller):
            await caller.go()
    """,
    "reader.py": """
        from store import Store

        async def show(store: Store):
            return store.rows
    """,
    "derived.py": """
        from store import Store

        class Derived(Store):
            async def drop(self):
                self.rows = {}
    """,
    "other.py": """
        from store import Store

        async def ask(store: Store):
            return await store.size()
    """,
    "plain.py": """
        from store import Store

        def count(store: Store):
            return len(store.rows)
    """,
    "stranger.py": """
        class Rows:
            async def put(self, key):
                self.rows = key
    """,
}


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ("self.rows[key] = 1", "self.rows[key] = 2", "caller derived reader"),
        ("self.rows[key] = 1", "await asyncio.sleep(1)\n        self.rows[key] = 1", "above caller derived reader"),
        ("return 1", "return 2", "other"),
        ("self.rows = {}", "self.rows = {1: 2}", ""),
        ("import asyncio", "import asyncio  # for locks", ""),
    ],
    ids=["a write", "a suspension, which callers of callers notice", "a result", "a constructor", "a comment"],
)
def test_what_an_edit_of_the_store_can_concern(tmp_path: Path, old: str, new: str, names: str) -> None:
    lay_out(tmp_path, FILES)
    before = program_at(tmp_path, "store.py", projects := Projects())
    source = decode("store.py", STORE.replace(old, new).encode())
    after = projects.scope(tmp_path / "store.py")(source, parse(source))
    assert affected(before, after) == tuple(f"{name}.py" for name in names.split())
