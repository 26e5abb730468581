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
HANDING_ON = "class Bus:\n    def __getattr__(self, name): ...\n\nbus = Bus()"
UNSEEN = "class Bus({}):\n    pass\n\nbus = Bus()"
DISCORD = "import socketio\nfrom discord.ext import commands"
DERIVED = "class Own(sanic.Sanic):\n    pass\n\nbus = Own('x')"
GREETER = "import grpclib\nclass GreeterBase:\n    def __mapping__(self): ..."
STUB = "import grpclib\nfrom greeter_grpc import GreeterBase"


def kept(made: str, head: str = f"import sanic\n{BUS}") -> str:
    """Give a program whose own object keeps in an attribute what an expression makes."""
    return f"{head}\n\nclass Web:\n    def __init__(self):\n        self.app = {made}\n\nweb = Web()"


SIDE_BY_SIDE = [
    ("made by the framework", handler("import sanic\nbus = sanic.Sanic('x')", "@bus.get('/')")),
    ("made by its blueprint", handler("from sanic import Blueprint\nbus = Blueprint('x')", "@bus.get('/')")),
    ("derived from it", handler(f"import sanic\n{DERIVED}", "@bus.get('/')")),
    ("of unknown making", handler("import sanic\nbus = make()", "@bus.get('/')")),
    ("of another module", handler("import sanic\nfrom .app import bus", "@bus.get('/')")),
    ("of an extension", handler("import fastapi, fastapi_utils\nbus = fastapi_utils.Router()", "@bus.get('/')")),
    ("kept by an object of one's own", handler(kept("sanic.Sanic('x')"), "@web.app.get('/')")),
    ("kept by a new object of one's own", handler(kept("sanic.Sanic('x')"), "@Web().app.get('/')")),
    ("kept there by somebody else", handler(kept("None"), "@web.app.get('/')")),
    ("an attribute of which nothing is seen", handler(f"import sanic\n{BUS}", "@bus.app.get('/')")),
    ("what an object of one's own gives", handler(f"import sanic\n{BUS}", "@bus.app().get('/')")),
    ("what an object hands on", handler(f"import sanic\n{HANDING_ON}", "@bus.get('/')")),
    ("given to an object of a library", handler("import sanic, discord\nb = discord.Bot()", "@b.web.get('/')")),
    ("made by a package that is not at hand", handler("import sanic, corp\nbus = corp.Router()", "@bus.get('/')")),
    ("wrapped there", handler("import sanic, corp\nbus = corp.wrap(sanic.Sanic('x'))", "@bus.get('/')")),
    ("given by a library", handler("import sanic, click\nbus = click.wrap(sanic.Sanic('x'))", "@bus.get('/')")),
    ("on a base that is not at hand", handler(f"import sanic, corp\n{UNSEEN.format('corp.App')}", "@bus.get('/')")),
    ("on a base that is worked out", handler(f"import sanic, corp\n{UNSEEN.format('corp.of(1)')}", "@bus.get('/')")),
    ("of a package that is not at hand", handler("import sanic\nimport corp", "@corp.get('/')")),
    ("a command kept by one's own", handler(kept("commands.Bot('!')", DISCORD), "@web.app.command()")),
    ("a hook kept by one's own", handler(kept("sanic.Sanic('x')"), after="web.app.add_route(_handle, '/')")),
    ("a base that is not at hand", method("import aiohttp\nfrom corp import View", "View", "get")),
    ("one's own base on it", method("import aiohttp, corp\nclass View(corp.Page):\n    pass", "View", "get")),
    ("registered with it", handler("import sanic\nbus = sanic.Sanic('x')", after="bus.add_route(_handle, '/')")),
    ("a generated base", method(GREETER, "GreeterBase", "SayHello")),
    ("a generated base elsewhere", method(STUB, "GreeterBase", "SayHello")),
    ("a servicer", method("import grpc\nclass GreeterServicer:\n    pass", "GreeterServicer", "SayHello")),
    ("a view", method("from aiohttp import web", "web.View", "get")),
]
NOBODYS = [
    ("an object of one's own", handler(f"import sanic\n{BUS}", "@bus.get('/')")),
    ("an object of another library", handler("import sanic, pyee\nbus = pyee.Emitter()", "@bus.get('/')")),
    ("a bus kept by an object of one's own", handler(kept("Bus()"), "@web.app.get('/')")),
    ("a bus kept by a new one", handler(kept("Bus()"), "@Web().app.get('/')")),
    ("an emitter kept by one's own", handler(kept("pyee.Emitter()", "import sanic, pyee"), "@web.app.get('/')")),
    ("called with what it is for", handler(f"import sanic\n{BUS}", after="bus.add_route('/')(_handle)")),
    ("on a base of another library", handler(f"import sanic, django\n{UNSEEN.format('django.App')}", "@bus.get('/')")),
    ("on a base of the language", handler(f"import sanic\n{UNSEEN.format('dict')}", "@bus.get('/')")),
    ("an object of another framework", handler("import sanic, arq\nbus = arq.Worker()", "@bus.get('/')")),
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
from typing import Protocol

class Bus:
    pass

class Like(Protocol):
    def get(self, path): ...

class Own(Like):
    pass

def install(app{annotation}):
    served = {{"n": 0}}

    @app.get("/")
    async def handle(x):
        before = served["n"]
        await asyncio.sleep(0)
        served["n"] = show(before)
"""
    framework, like = (": fastapi.FastAPI", True), (": Like", True)
    for annotation, is_one in (("", True), framework, like, (": Bus", False), (": Own", False)):
        assert any(BESIDE in sentence for sentence in told(source.format(annotation=annotation))[1]) is is_one
