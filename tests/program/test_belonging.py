"""A decorator, a registering call or a base is a framework's only if the object or class that it is of is one's."""

from __future__ import annotations

import pytest

from .test_frameworks import handler, method, told

BUS = """
class Bus:
    def listener(self, f): ...
    def get(self, f): ...
    def on_event(self, f): ...

bus = Bus()
"""
DERIVED = "class Own(sanic.Sanic):\n    pass\n\nbus = Own('x')"
GREETER = "import grpclib\nclass GreeterBase:\n    def __mapping__(self): ..."
STUB = "import grpclib\nfrom greeter_grpc import GreeterBase"

SIDE_BY_SIDE = [
    ("made by the framework", handler("import sanic\nbus = sanic.Sanic('x')", "@bus.get('/')")),
    ("made by its blueprint", handler("from sanic import Blueprint\nbus = Blueprint('x')", "@bus.get('/')")),
    ("derived from it", handler(f"import sanic\n{DERIVED}", "@bus.get('/')")),
    ("of unknown making", handler("import sanic\nbus = make()", "@bus.get('/')")),
    ("of another module", handler("import sanic\nfrom .app import bus", "@bus.get('/')")),
    ("of an extension", handler("import fastapi, fastapi_utils\nbus = fastapi_utils.Router()", "@bus.get('/')")),
    ("registered with it", handler("import sanic\nbus = sanic.Sanic('x')", after="bus.add_route(_handle, '/')")),
    ("a generated base", method(GREETER, "GreeterBase", "SayHello")),
    ("a generated base elsewhere", method(STUB, "GreeterBase", "SayHello")),
    ("a servicer", method("import grpc\nclass GreeterServicer:\n    pass", "GreeterServicer", "SayHello")),
    ("a view", method("from aiohttp import web", "web.View", "get")),
]
NOBODYS = [
    ("an object of one's own", handler(f"import sanic\n{BUS}", "@bus.get('/')")),
    ("an object of another library", handler("import sanic, pyee\nbus = pyee.Emitter()", "@bus.get('/')")),
    ("another library itself", handler("import discord, click", "@click.command()")),
    ("a function of another library", handler("import discord\nfrom click import command", "@command()")),
    ("a function of one's own", handler("import discord\ndef event(f): ...", "@event")),
    ("registered with another", handler(f"import sanic\n{BUS}", after="bus.add_route(_handle)")),
    ("a base of one's own", method("import grpclib\nclass ConnectionBase:\n    pass", "ConnectionBase", "send")),
    ("a base of another library", method("import grpclib\nfrom sqlalchemy.orm import ModelBase", "ModelBase", "send")),
    ("a view of one's own", method("import aiohttp\nclass View:\n    pass", "View", "get")),
    ("a view of another library", method("import aiohttp\nfrom django.views import View", "View", "get")),
]
BESIDE = "in a task for each request or event"


@pytest.mark.parametrize("source", [case[1] for case in SIDE_BY_SIDE], ids=[case[0] for case in SIDE_BY_SIDE])
def test_what_is_of_the_framework_is_its_entry(source: str) -> None:
    assert any(BESIDE in sentence for sentence in told(source)[1])


@pytest.mark.parametrize("source", [case[1] for case in NOBODYS], ids=[case[0] for case in NOBODYS])
def test_what_only_has_its_name_is_none(source: str) -> None:
    assert not any(BESIDE in sentence for sentence in told(source)[1])


HOOKS = [("fastapi", "on_event('startup')", "fastapi.FastAPI()"), ("sanic", "listener('x')", "sanic.Sanic('x')")]


@pytest.mark.parametrize(("library", "decorator", "made"), HOOKS, ids=[case[0] for case in HOOKS])
def test_a_hook_of_anybody_is_no_set_up(library: str, decorator: str, made: str) -> None:
    set_up = told(handler(f"import {library}\nbus = {made}", f"@bus.{decorator}", name="handle"))
    other = told(handler(f"import {library}\n{BUS}", f"@bus.{decorator}", name="handle"))
    assert set_up == (None, [])
    assert other[0] is not None


def test_a_parameter_may_be_the_frameworks() -> None:
    source = """
import fastapi

class Bus:
    pass

def install(app{annotation}):
    served = {{"n": 0}}

    @app.get("/")
    async def handle(x):
        before = served["n"]
        await asyncio.sleep(0)
        served["n"] = show(before)
"""
    for annotation, is_one in (("", True), (": fastapi.FastAPI", True), (": Bus", False)):
        assert any(BESIDE in sentence for sentence in told(source.format(annotation=annotation))[1]) is is_one
