"""AWA201 of what is closed: reported where it is closed without the lock under which it is taken down."""

from __future__ import annotations

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence
from awaitomic.report.timeline import build_timeline
from awaitomic.rules import find
from program.reading import program_of

POOL = """
import contextlib

class Pool:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._other = asyncio.Lock()
        self._ws = None
        self._open = True

    async def get(self):
        {get}

    async def reset(self):
        {reset}

pool = Pool()
"""
GET = """async with self._lock:
            if self._ws is None:
                self._ws = await connect()
            return self._ws"""
EARLY = """async with self._lock:
            if self._ws is not None:
                return self._ws
            self._ws = await connect()
            return self._ws"""
RESET = "async with self._lock: self._ws = None"
CLOSE = "await self._ws.close()"


def found(*reset: str, get: str = GET) -> list[tuple[str, str, Confidence]]:
    text = POOL.format(get=get, reset="\n        ".join(reset))
    closed = [each for each in resolve(find(program_of(text))) if "is closed before" in each.message]
    return [(each.rule, each.state, each.confidence) for each in closed]


REPORTED = [
    [CLOSE, RESET],
    ["ws = self._ws", "await ws.aclose()", RESET],
    ["if self._ws is not None:", f"    {CLOSE}", f"    {RESET}"],
    [CLOSE, "async with self._lock: del self._ws"],
    [CLOSE, "async with self._lock:", "    if self._ws is not None: self._ws = None"],
    ["async with self._ws: await io()", RESET],
    ["while True:", "    ws = self._ws", "    await ws.close()", f"    {RESET}"],
    ["ws = self._ws", "self.old = None", "await ws.close()", RESET],
]


@pytest.mark.parametrize("get", [GET, EARLY])
@pytest.mark.parametrize("reset", REPORTED, ids=[" | ".join(case) for case in REPORTED])
def test_who_looks_under_the_lock_gets_what_is_being_closed(reset: list[str], get: str) -> None:
    assert found(*reset, get=get) == [("AWA201", "self._ws", Confidence.LIKELY)]


SILENT = [
    ["async with self._lock:", f"    {CLOSE}", "    self._ws = None"],
    ["async with self._lock: ws, self._ws = self._ws, None", "await ws.close()"],
    [CLOSE, "async with self._other: self._ws = None"],
    ["await self._ws.ping()", RESET],
    ["await self.other.close()", RESET],
    [RESET, "await io()"],
    [
        "while True:",
        "    await io()",
        "    async with self._lock:",
        "        ws = self._ws",
        "        self._ws = None",
        "    if ws is not None: await ws.close()",
    ],
    ["while True:", "    async with self._lock: ws, self._ws = self._ws, None", "    await ws.close()"],
    ["async with self._lock: ws, self._ws = self._ws, None", "await ws.close()", RESET],
    ["async with self._lock: ws, self._ws = self._ws, self.spare", "await ws.close()", RESET],
]


@pytest.mark.parametrize("reset", SILENT, ids=[" | ".join(case) for case in SILENT])
def test_what_is_closed_under_the_lock_or_behind_it_is_silent(reset: list[str]) -> None:
    assert found(*reset) == []


def test_nobody_keeps_what_is_closed_where_each_opens_his_own() -> None:
    assert found(CLOSE, RESET, get="self._ws = await connect()") == []
    without = GET.replace("async with self._lock:", "if True:")
    assert found(CLOSE, RESET, get=without) == []


def test_a_flag_that_keeps_others_out_meanwhile_is_believed() -> None:
    guarded = GET.replace("if self._ws", "if not self._open: return None\n            if self._ws")
    closing = ["self._open = False", CLOSE, RESET]
    assert found(*closing, get=guarded) == []
    assert found(*closing, "self._open = True", get=guarded) == []
    assert found(*closing, "self._open = True") != []


ENTRY = """
import contextlib
LOCK = asyncio.Lock()
APPS = {}

@contextlib.asynccontextmanager
async def lifespan(app):
    async with LOCK:
        if app in APPS:
            context = contextlib.nullcontext()
        else:
            context = APPS[app] = Manager(app)
    async with context:
        yield
    async with LOCK:
        APPS.pop(app)

async def main(app):
    async with lifespan(app):
        await asyncio.sleep(1)

async def start(apps):
    await asyncio.gather(*(main("one") for _ in apps))
"""


def test_an_entry_that_is_left_before_it_is_taken_out() -> None:
    (finding,) = [each for each in resolve(find(program_of(ENTRY))) if each.rule == "AWA201"]
    assert (finding.function, finding.state) == ("lifespan", "APPS[app]")
    other = ENTRY.replace(
        "context = APPS[app] = Manager(app)", "APPS[app] = context = None\n            context = Manager()"
    )
    assert [each for each in resolve(find(program_of(other))) if each.rule == "AWA201"] == []


def test_no_task_is_said_to_wait_for_itself() -> None:
    text = POOL.format(get=GET, reset=f"{CLOSE}\n        {RESET}")
    (finding,) = resolve(find(program_of(text)))
    assert finding.rival is None
    assert build_timeline(finding, None) is None  # type: ignore[arg-type] # nothing is looked up for a story that is none
