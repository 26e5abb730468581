"""Each framework by the ways in which it is told of a function: what it runs side by side, one by one, or once."""

from __future__ import annotations

import textwrap

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

HANDLER = """
{head}

served = 0

{decorator}
async def {name}({parameters}):
    global served
    before = served
    await asyncio.sleep(0)
    served = show(before)

{after}
"""
METHOD = """
{head}

class Board{base}:
    def __init__(self):
        self.served = 0

    {decorator}
    async def {name}(self, {parameters}):
        before = self.served
        await asyncio.sleep(0)
        self.served = show(before)

{after}
"""


def handler(head: str, decorator: str = "", parameters: str = "x", after: str = "", name: str = "_handle") -> str:
    return HANDLER.format(head=head, decorator=decorator, parameters=parameters, after=after, name=name)


def method(head: str, base: str, name: str, parameters: str = "x", decorator: str = "", after: str = "") -> str:
    base = f"({base})" if base else ""
    return METHOD.format(head=head, base=base, name=name, parameters=parameters, decorator=decorator, after=after)


def told(source: str) -> tuple[Confidence | None, list[str]]:
    """Give the highest confidence in a program, and what is said for it."""
    found = list(find(program_of(textwrap.dedent(source))))
    first = max(found, key=lambda finding: finding.confidence, default=None)
    return (first.confidence, list(first.evidence)) if first is not None else (None, [])


PTB = "from telegram.ext import Application, CommandHandler"
SIDE_BY_SIDE = [
    ("aiohttp, a table of routes", handler("from aiohttp import web", "@routes.get('/')")),
    ("aiohttp, a middleware", handler("from aiohttp import web", "@web.middleware")),
    ("aiohttp, a route", handler("from aiohttp import web", after="app.router.add_get('/', _handle)")),
    ("aiohttp, a list of routes", handler("from aiohttp import web", after="app.add_routes([web.get('/', _handle)])")),
    ("FastAPI, a route", handler("import fastapi", "@app.post('/')")),
    ("FastAPI, a dependency", handler("import fastapi", after="async def page(x=Depends(_handle)): ...")),
    ("FastAPI, a guard", handler("import fastapi", after="async def page(x=Security(_handle)): ...")),
    ("Starlette, a route", handler("import starlette", after="routes = [Route('/', endpoint=_handle)]")),
    ("Starlette, a middleware", method("import starlette", "BaseHTTPMiddleware", "dispatch", "request, call_next")),
    ("an application of ASGI", method("", "", "__call__", "scope, receive, send")),
    ("Sanic, a route", handler("import sanic", "@app.get('/')")),
    ("Sanic, a middleware", handler("import sanic", "@app.on_request")),
    ("Quart, a route", handler("import quart", "@app.route('/')")),
    ("gRPC, a servicer", method("import grpc", "pb.GreeterServicer", "SayHello")),
    ("gRPC, an interceptor", method("import grpc", "grpc.aio.ServerInterceptor", "intercept_service")),
    ("grpclib", method("import grpclib", "GreeterBase", "SayHello")),
    ("discord.py, a command", handler("import discord", "@bot.command()")),
    ("discord.py, a listener", handler("import discord", "@bot.listen('on_message')")),
    ("discord.py, an event", method("import discord", "discord.Client", "on_voice_state_update")),
    ("aiogram, a message", handler("import aiogram", "@router.message()")),
    ("aiogram, a change of members", handler("import aiogram", "@router.my_chat_member()")),
    ("aiogram, registered", handler("import aiogram", after="router.message.register(_handle)")),
    ("aiogram, a middleware", method("import aiogram", "BaseMiddleware", "__call__", "handler, event, data")),
    (
        "telegram, updates side by side",
        handler(PTB, after="app.concurrent_updates(True)\nCommandHandler('x', _handle)"),
    ),
    ("telegram, a handler that blocks nobody", handler(PTB, after="CommandHandler('x', _handle, block=False)")),
    ("Faust, several of an agent", handler("import faust", "@app.agent(topic, concurrency=5)")),
    ("Faust, a page", handler("import faust", "@app.page('/')")),
    ("Home Assistant, a service", handler("import homeassistant", after="services.async_register('a', 'b', _handle)")),
    ("Home Assistant, a command", handler("import homeassistant", "@websocket_api.async_response")),
    ("arq, a list of functions", handler("import arq", after="class WorkerSettings:\n    functions = [_handle]")),
    ("saq, a list of functions", handler("import saq", after="settings = {'functions': [_handle]}")),
    ("Celery", handler("import celery", "@celery.shared_task")),
    ("MCP, a tool", handler("import mcp", "@server.tool()")),
    ("FastMCP, a tool", handler("import fastmcp", "@server.tool")),
    ("Textual, a worker", method("from textual import work", "App", "_fetch", decorator="@work")),
    ("websockets", handler("import websockets", after="websockets.serve(_handle, 'x', 1)")),
    ("Socket.IO", handler("import socketio", "@sio.event")),
    ("Litestar, by a plain name", handler("from litestar import get", "@get('/')")),
]


@pytest.mark.parametrize("source", [case[1] for case in SIDE_BY_SIDE], ids=[case[0] for case in SIDE_BY_SIDE])
def test_what_runs_side_by_side(source: str) -> None:
    confidence, evidence = told(source)
    assert confidence is Confidence.LIKELY
    assert any("in a task for each request or event" in sentence for sentence in evidence)


NOT_BESIDE_ITSELF = [
    ("aiohttp, at the start", handler("from aiohttp import web", after="app.on_startup.append(_handle)")),
    ("FastAPI, at the start", handler("import fastapi", "@app.on_event('startup')")),
    ("Sanic, at the start", handler("import sanic", "@app.before_server_start")),
    ("Sanic, a listener", handler("import sanic", "@app.listener('before_server_start')")),
    ("Quart, at the start", handler("import quart", "@app.before_serving")),
    ("Tornado, every now and then", handler("import tornado", after="PeriodicCallback(_handle, 100)")),
    ("discord.py, a loop", handler("from discord.ext import tasks", "@tasks.loop(seconds=3)")),
    ("aiogram, at the start", handler("import aiogram", after="dispatcher.startup.register(_handle)")),
    ("aiogram, at the end", handler("import aiogram", "@dispatcher.shutdown()")),
    ("telegram, a command", handler(PTB, after="CommandHandler('x', _handle)")),
    ("telegram, one update at once", handler(PTB, after="app.concurrent_updates(False)\nCommandHandler('x', _handle)")),
    ("telegram, a handler that blocks", handler(PTB, after="CommandHandler('x', _handle, block=True)")),
    ("telegram, a poll", handler(PTB, after="PollHandler(_handle)")),
    ("telegram, a job", handler(PTB, after="queue.run_repeating(_handle, 5)")),
    ("Faust, an agent", handler("import faust", "@app.agent(topic)")),
    ("Faust, one of an agent", handler("import faust", "@app.agent(topic, concurrency=1)")),
    (
        "Home Assistant, a coordinator",
        method("import homeassistant", "DataUpdateCoordinator", "_async_update_data", ""),
    ),
    ("arq, every hour", handler("import arq", after="class WorkerSettings:\n    jobs = [cron(_handle)]")),
    ("Textual, a message", method("from textual import on", "App", "_press", decorator="@on(Button.Pressed)")),
    ("Textual, a key", method("import textual", "App", "action_save")),
    (
        "Textual, a clock",
        method("import textual", "App", "_tick", after="    def go(self): self.set_timer(1, self._tick)"),
    ),
    (
        "Textual, one worker at once",
        method("from textual import work", "App", "_fetch", decorator="@work(exclusive=True)"),
    ),
]


@pytest.mark.parametrize("source", [case[1] for case in NOT_BESIDE_ITSELF], ids=[case[0] for case in NOT_BESIDE_ITSELF])
def test_what_does_not_run_beside_itself(source: str) -> None:
    assert told(source) == (None, [])


def test_a_list_of_the_same_name_says_nothing_without_the_framework() -> None:
    confidence, _ = told(handler("", after="class Settings:\n    functions = [_handle]"))
    assert confidence is Confidence.POSSIBLE


def test_a_job_runs_beside_what_is_called_one_by_one() -> None:
    job = handler(PTB, name="_job").replace("served = 0", "")
    source = handler(PTB, after=f"{job}\nqueue.run_repeating(_job, 5)\nCommandHandler('x', _handle)")
    assert told(source)[0] is Confidence.LIKELY


APPLICATION = """
from {framework} import web

routes = Routes()

@routes.get("/")
async def _handle(request):
    await _count(request)

async def _count(request):
    before = request.{state}
    await asyncio.sleep(0)
    request.{state} = before + 1
"""


@pytest.mark.parametrize("state", ["app['served']", "app.state.served", "app.ctx.served"])
def test_what_all_requests_share_is_reached_through_each(state: str) -> None:
    assert told(APPLICATION.format(framework="aiohttp", state=state))[0] is Confidence.LIKELY
    assert told(APPLICATION.format(framework="house", state=state))[0] is Confidence.POSSIBLE


@pytest.mark.parametrize("state", ["ctx.served", "state.served", "session['served']"])
def test_what_belongs_to_a_request_is_possible_at_most(state: str) -> None:
    assert told(APPLICATION.format(framework="aiohttp", state=state))[0] in {None, Confidence.POSSIBLE}


def test_a_handler_of_one_request_can_share_its_application() -> None:
    source = method("import tornado", "tornado.web.RequestHandler", "post")
    assert told(source)[0] is Confidence.POSSIBLE
    assert told(source.replace("self.served", "self.application.served"))[0] is Confidence.LIKELY
