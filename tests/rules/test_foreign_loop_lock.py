"""AWA207: reported only where two event loops are seen that come to one lock, and run to see that it matters."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence, Role
from awaitomic.rules import find
from awaitomic.source.project import SourceTree
from program.reading import program_of

HEAD = """
import sys
import threading
import anyio
from concurrent.futures import ThreadPoolExecutor

lock = asyncio.Lock()
of_anyio = anyio.Lock()
by_loop = {{}}

class Store:
    turn = asyncio.Lock()

    def __init__(self):
        self.own = asyncio.Lock()

    async def put(self, name):
        async with {lock}:
            await asyncio.sleep(0)

async def put_all(names):
    store = Store()
    await asyncio.gather(*(store.put(name) for name in names))

async def put_more(names):
    store = Store()
    await asyncio.gather(*(store.put(name) for name in names))

async def put_one(name):
    await Store().put(name)

def worker():
    asyncio.run(put_one("a"))

def worker_of_two():
    asyncio.run(put_one("a"))
    asyncio.run(put_one("b"))

"""


def found(main: str, lock: str = "lock") -> list[tuple[str, Confidence]]:
    text = HEAD.format(lock=lock) + "def main(batches):\n" + "".join(f"    {line}\n" for line in main.split("\n"))
    return [(finding.state, finding.confidence) for finding in find(program_of(text)) if finding.rule == "AWA207"]


AGAIN = "for names in batches:\n    asyncio.run(put_all(names))"
SEVERAL_LOOPS = [
    AGAIN,
    "asyncio.run(put_all('ab'))\nasyncio.run(put_more('ab'))",
]
SEVERAL_THREADS = [
    "for _ in batches:\n    threading.Thread(target=worker).start()",
    "threading.Thread(target=worker).start()\nasyncio.run(put_one('b'))",
    "threading.Thread(target=lambda: asyncio.run(put_one('a'))).start()\nasyncio.run(put_one('b'))",
    "threads = [threading.Thread(target=worker) for _ in batches]",
    "pool = ThreadPoolExecutor()\nfor _ in batches:\n    pool.submit(worker)",
]


@pytest.mark.parametrize("main", SEVERAL_LOOPS)
def test_a_lock_that_is_waited_for_in_several_loops_is_reported(main: str) -> None:
    assert found(main) == [("lock", Confidence.CERTAIN)]
    assert found(main, "self.turn") == [("self.turn", Confidence.CERTAIN)]


@pytest.mark.parametrize("main", SEVERAL_THREADS)
def test_a_lock_that_several_threads_take_is_reported(main: str) -> None:
    assert found(main) == [("lock", Confidence.CERTAIN)]
    assert found(main, "of_anyio") == [("of_anyio", Confidence.CERTAIN)]


ONE_LOOP = [
    "asyncio.run(put_all('ab'))",
    "if batches:\n    asyncio.run(put_all('ab'))\nelse:\n    asyncio.run(put_more('ab'))",
    "threading.Thread(target=worker).start()",
    "threading.Thread(target=worker_of_two).start()",
    "asyncio.run(put_one('a'))\nasyncio.run(put_one('b'))",
]


@pytest.mark.parametrize("main", ONE_LOOP)
def test_one_loop_or_nobody_who_waits_is_silent(main: str) -> None:
    assert found(main) == []


@pytest.mark.parametrize(
    ("oldest", "lock", "main", "reported"),
    [
        ((3, 9), "lock", "asyncio.run(put_all('ab'))", True),
        ((3, 9), "self.turn", "asyncio.run(put_all('ab'))", True),
        ((3, 9), "self.own", "asyncio.run(put_all('ab'))", False),
        ((3, 9), "lock", "asyncio.run(put_one('a'))", False),
        ((3, 9), "of_anyio", "asyncio.run(put_all('ab'))", False),
        ((3, 10), "lock", "asyncio.run(put_all('ab'))", False),
    ],
    ids=["of_the_module", "of_the_class", "made_in_the_loop", "nobody_waits", "of_anyio", "not_bound_any_more"],
)
def test_before_3_10_a_lock_belongs_to_the_loop_of_its_import(
    monkeypatch: pytest.MonkeyPatch, oldest: tuple[int, int], lock: str, main: str, reported: bool
) -> None:
    monkeypatch.setattr(SourceTree, "oldest_python", oldest)
    assert found(main, lock) == ([(lock, Confidence.LIKELY)] if reported else [])


@pytest.mark.parametrize("lock", ["self.own", "by_loop[asyncio.get_running_loop()]", "threading.Lock()"])
def test_a_lock_that_is_made_in_the_loop_is_silent(lock: str) -> None:
    assert found(AGAIN, lock) == []


def test_who_asks_for_its_thread_expects_several() -> None:
    begin = "async def put(self, name):"
    asking = HEAD.format(lock="of_anyio").replace(begin, f"{begin}\n        me = threading.get_ident()")
    (finding,) = (each for each in find(program_of(asking)) if each.rule == "AWA207")
    assert finding.confidence is Confidence.LIKELY
    assert [each.role for each in finding.trace] == [Role.CALL, Role.ACQUIRE]


RUN = """
import asyncio, threading
{lock}
async def use(lock):
    async with lock:
        await asyncio.sleep(0.001)
async def both():
    {made}
    await asyncio.gather(use(lock), use(lock))
"""


def run(tmp_path: Path, lock: str, made: str, main: str) -> str:
    program = tmp_path / "loops.py"
    program.write_text(RUN.format(lock=lock, made=made) + main)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=False)
    return done.stderr


ONE_AFTER_THE_OTHER = "asyncio.run(both())\nasyncio.run(both())\n"


def test_the_second_loop_raises_when_a_task_has_to_wait(tmp_path: Path) -> None:
    assert "is bound to a different event loop" in run(tmp_path, "lock = asyncio.Lock()", "pass", ONE_AFTER_THE_OTHER)
    assert run(tmp_path, "", "lock = asyncio.Lock()", ONE_AFTER_THE_OTHER) == ""


def test_nothing_is_noticed_as_long_as_nobody_waits(tmp_path: Path) -> None:
    main = "asyncio.run(use(lock))\nasyncio.run(use(lock))\n"
    assert run(tmp_path, "lock = asyncio.Lock()", "pass", main) == ""


@pytest.mark.parametrize("told", ["log.debug('in %s', threading.get_ident())", "name = f'{threading.get_ident()}'"])
def test_who_only_tells_its_thread_expects_nothing(told: str) -> None:
    begin = "async def put(self, name):"
    telling = HEAD.format(lock="of_anyio").replace(begin, f"{begin}\n        {told}")
    assert [each.rule for each in find(program_of(telling)) if each.rule == "AWA207"] == []
