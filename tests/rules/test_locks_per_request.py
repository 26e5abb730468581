"""AWA203: reported where a framework makes the lock anew for each request, silent where all requests meet at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.findings.precedence import resolve
from awaitomic.rules import find
from program.across import findings_at, lay_out
from program.reading import program_of

APP = """
import functools
from typing import Annotated
import fastapi
from fastapi import Depends, FastAPI, Request, Security

app = FastAPI()
total = 0
kept = asyncio.Lock()

def new():
    return asyncio.Lock()

async def new_later():
    return asyncio.Lock()

async def new_for_a_while():
    lock = asyncio.Lock()
    yield lock

@functools.cache
def new_once():
    return asyncio.Lock()

def the_one():
    return kept

async def the_one_for_a_while():
    yield kept

async def registered():
    lock = asyncio.Lock()
    register(lock)
    yield lock

def of_app(request: Request):
    return request.app.state.lock

class Guard:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.kept = kept
        self.n = 0

def guard():
    return the_guard

Each = Annotated[asyncio.Lock, Depends(new)]
Same: object = Annotated[asyncio.Lock, Depends(the_one)]

@app.get("/")
async def count({parameter}):
    global total
    async with {lock}:
        n = total
        await asyncio.sleep(0)
        total = n + 1
"""


def found(parameter: str, lock: str = "lock", more: str = "") -> list[tuple[str, str, str]]:
    text = APP.format(parameter=parameter, lock=lock) + more
    return [(each.rule, each.state, str(each.confidence)) for each in resolve(find(program_of(text)))]


ANEW = [
    ("lock: asyncio.Lock = Depends(new)", "lock"),
    ("lock=Depends(new)", "lock"),
    ("*, lock=Depends(new, use_cache=False)", "lock"),
    ("lock=fastapi.Depends(new)", "lock"),
    ("lock=Security(new)", "lock"),
    ("lock=Depends(new_later)", "lock"),
    ("lock=Depends(new_for_a_while)", "lock"),
    ("lock: Annotated[asyncio.Lock, Depends(new)]", "lock"),
    ("lock: Each", "lock"),
    ("guard: Guard = Depends()", "guard.lock"),
    ("guard: Guard = Depends(Guard)", "guard.lock"),
    ("guard: Annotated[Guard, Depends()]", "guard.lock"),
]


@pytest.mark.parametrize(("parameter", "lock"), ANEW, ids=[case[0] for case in ANEW])
def test_a_lock_of_one_request_keeps_no_other_out(parameter: str, lock: str) -> None:
    assert found(parameter, lock) == [("AWA203", "total", "likely")]


SHARED = [
    ("lock=Depends(new_once)", "lock"),
    ("lock=Depends(the_one)", "lock"),
    ("lock=Depends(the_one_for_a_while)", "lock"),
    ("lock=Depends(registered)", "lock"),
    ("lock=Depends(of_app)", "lock"),
    ("lock=Depends(unknown)", "lock"),
    ("lock=new", "lock"),
    ("lock: asyncio.Lock", "lock"),
    ("lock: Same", "lock"),
    ("guard: Guard = Depends()", "guard.kept"),
    ("guard: Guard = Depends(guard)", "guard.lock"),
]


@pytest.mark.parametrize(("parameter", "lock"), SHARED, ids=[" ".join(case) for case in SHARED])
def test_a_lock_that_other_requests_can_have_is_believed(parameter: str, lock: str) -> None:
    assert found(parameter, lock) == []


def test_a_lock_that_somebody_hands_over_is_believed() -> None:
    assert found("lock=Depends(new)", more="\nasync def again():\n    await count(kept)\n") == []


def test_what_belongs_to_the_same_object_as_the_lock_is_protected() -> None:
    own = "\n@app.get('/n')\nasync def own(guard: Guard = Depends()):\n    async with guard.lock:\n"
    own += "        n = guard.n\n        await asyncio.sleep(0)\n        guard.n = n + 1\n"
    assert found("lock=Depends(the_one)", more=own) == []


def test_the_name_for_the_whole_may_come_from_another_file(tmp_path: Path) -> None:
    deps = "import asyncio\nfrom typing import Annotated\nfrom fastapi import Depends\n\n"
    deps += "def new():\n    return asyncio.Lock()\n\nTurn = Annotated[asyncio.Lock, Depends(new)]\n"
    app = "import asyncio\nfrom fastapi import FastAPI\nfrom deps import Turn\n\napp = FastAPI()\ntotal = 0\n\n"
    app += "@app.get('/')\nasync def count(lock: Turn):\n    global total\n    async with lock:\n        n = total\n"
    app += "        await asyncio.sleep(0)\n        total = n + 1\n"
    lay_out(tmp_path, {"deps.py": deps, "app.py": app})
    assert [each.rule for each in resolve(findings_at(tmp_path, "app.py"))] == ["AWA203"]


LITESTAR = """
import functools
from litestar import Controller, post
from litestar.di import Provide

total = 0
kept = asyncio.Lock()

def new():
    return asyncio.Lock()

@functools.cache
def new_once():
    return asyncio.Lock()

def the_one():
    return kept

class Guard:
    def __init__(self):
        self.lock = asyncio.Lock()

class Counting(Controller):
    {of_class}

    @post("/"{of_handler})
    async def count(self, lock):
        global total
        async with {lock}:
            n = total
            await asyncio.sleep(0)
            total = n + 1
"""


@pytest.mark.parametrize(
    ("provided", "lock", "rules"),
    [
        ('{{"lock": Provide(new)}}', "lock", ["AWA203"]),
        ('{{"lock": Provide(new, sync_to_thread=False)}}', "lock", ["AWA203"]),
        ('{{"lock": Provide(Guard)}}', "lock.lock", ["AWA203"]),
        ('{{"lock": Provide(new, use_cache=True)}}', "lock", []),
        ('{{"lock": Provide(new_once)}}', "lock", []),
        ('{{"lock": Provide(the_one)}}', "lock", []),
        ('{{"turn": Provide(new)}}', "lock", []),
        ('{{"lock": unknown(new)}}', "lock", []),
        ("others", "lock", []),
    ],
)
def test_what_litestar_provides_under_the_name_of_a_parameter(provided: str, lock: str, rules: list[str]) -> None:
    told = "dependencies = " + provided.format()
    for of_class, of_handler in ((told, ""), ("pass", f", {told}")):
        text = LITESTAR.format(of_class=of_class, of_handler=of_handler, lock=lock)
        assert [each.rule for each in resolve(find(program_of(text)))] == rules


def test_what_is_no_handler_is_called_with_whatever_lock() -> None:
    text = LITESTAR.format(of_class='dependencies = {"lock": Provide(new)}', of_handler="", lock="lock")
    helper = text.replace('    @post("/")\n', "") + "\ndef start(counting, later):\n    later(counting.count, kept)\n"
    assert [each.rule for each in resolve(find(program_of(helper)))] == []


VIEW = """
{imported}

total = 0
kept = asyncio.Lock()

class Count({base}):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.lock = {made}

    async def post(self, *request):
        global total
        async with self.lock:
            n = total
            await asyncio.sleep(0)
            total = n + 1
"""


@pytest.mark.parametrize(
    ("imported", "base", "made", "rules"),
    [
        ("from aiohttp import web", "web.View", "asyncio.Lock()", ["AWA203"]),
        ("from starlette.endpoints import HTTPEndpoint", "HTTPEndpoint", "asyncio.Lock()", ["AWA203"]),
        ("import tornado.web", "tornado.web.RequestHandler", "asyncio.Lock()", ["AWA203"]),
        ("from aiohttp import web", "web.View", "kept", []),
        ("from somewhere import View", "View", "asyncio.Lock()", []),
    ],
)
def test_a_view_is_made_for_each_request(imported: str, base: str, made: str, rules: list[str]) -> None:
    text = VIEW.format(imported=imported, base=base, made=made)
    assert [each.rule for each in resolve(find(program_of(text)))] == rules
