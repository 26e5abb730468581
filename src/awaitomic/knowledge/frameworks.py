"""Which functions a framework calls by itself, and whether it calls them side by side: tables, no logic.

A file belongs to a framework if it imports one of its packages. There, a function is an entry point by a decorator, by
being a method of a certain name in a class with a certain base, or by being handed to a call that registers it. Names
are last names (``get`` for ``@app.get("/")``); a base that begins with ``*`` is the end of a name.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Runs(enum.Enum):
    """How a framework runs an entry point on one object."""

    MANY = "a task for each request or event, side by side"
    SELDOM = "side by side only if two people operate one thing at once, which its authors seldom plan for"
    SERIAL = "one after another"
    ONCE = "one task, for as long as the program runs"


ALL_METHODS = frozenset({"*"})
"""Stands for every public coroutine method."""

_HTTP_METHODS = frozenset("get post put delete patch head options".split())
_HTTP = frozenset({*_HTTP_METHODS, "route", "api_route", "websocket", "websocket_route", "middleware"})


@dataclass(frozen=True, slots=True)
class Framework:
    """What one framework calls. Each table maps how to recognise an entry point to how it runs."""

    name: str
    packages: frozenset[str]
    """Top-level packages; empty: recognised in any file."""
    decorators: tuple[tuple[frozenset[str], Runs], ...] = ()
    bases: tuple[tuple[frozenset[str], frozenset[str], Runs], ...] = ()
    """Names of bases, names of methods, how they run."""
    registrations: tuple[tuple[frozenset[str], Runs], ...] = ()
    """Calls, by last name, one of whose arguments is the function."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FRAMEWORKS: tuple[Framework, ...] = (
    Framework(
        "asyncio",
        frozenset(),
        registrations=((_words("start_server start_unix_server"), Runs.MANY),),
    ),
    Framework(
        "aiohttp",
        _words("aiohttp"),
        decorators=((_HTTP | {"view"}, Runs.MANY),),
        bases=((_words("View"), _HTTP_METHODS, Runs.MANY),),
        registrations=(
            (
                _words("add_get add_post add_put add_delete add_patch add_head add_options add_route add_view")
                | _HTTP_METHODS
                | {"route"},
                Runs.MANY,
            ),
        ),
    ),
    Framework(
        "Starlette or FastAPI",
        _words("starlette fastapi"),
        decorators=((_HTTP | {"exception_handler"}, Runs.MANY),),
        bases=((_words("HTTPEndpoint"), _HTTP_METHODS, Runs.MANY),),
        registrations=(
            (
                _words("Route WebSocketRoute APIRoute Depends add_route add_api_route add_websocket_route add_task"),
                Runs.MANY,
            ),
        ),
    ),
    Framework(
        "Sanic",
        _words("sanic"),
        decorators=((_HTTP | {"on_request", "on_response", "signal"}, Runs.MANY),),
        bases=((_words("HTTPMethodView"), _HTTP_METHODS, Runs.MANY),),
        registrations=((_words("add_route add_websocket_route register_middleware"), Runs.MANY),),
    ),
    Framework(
        "Quart",
        _words("quart"),
        decorators=((_HTTP | {"before_request", "after_request", "errorhandler"}, Runs.MANY),),
        bases=((_words("MethodView"), _HTTP_METHODS, Runs.MANY),),
        registrations=((_words("add_url_rule add_websocket"), Runs.MANY),),
    ),
    Framework(
        "Tornado",
        _words("tornado"),
        bases=((_words("RequestHandler WebSocketHandler"), _HTTP_METHODS | {"on_message", "prepare"}, Runs.MANY),),
    ),
    Framework("gRPC", _words("grpc"), bases=((_words("*Servicer"), ALL_METHODS, Runs.MANY),)),
    Framework(
        "discord.py",
        _words("discord disnake nextcord interactions"),
        decorators=(
            (_words("command hybrid_command group event listener slash_command user_command"), Runs.MANY),
            (_words("loop"), Runs.ONCE),
        ),
        bases=(
            (
                _words("Client Bot AutoShardedClient AutoShardedBot InteractionBot"),
                _words("on_message on_reaction_add on_member_join on_interaction on_message_edit"),
                Runs.MANY,
            ),
        ),
        registrations=((_words("add_listener"), Runs.MANY),),
    ),
    Framework(
        "aiogram",
        _words("aiogram"),
        decorators=((_words("message callback_query inline_query message_handler callback_query_handler"), Runs.MANY),),
        registrations=((_words("register register_message_handler register_callback_query_handler"), Runs.MANY),),
    ),
    Framework(
        "Telethon or Pyrogram",
        _words("telethon pyrogram hydrogram"),
        decorators=((_words("on on_message on_callback_query"), Runs.MANY),),
        registrations=((_words("add_event_handler"), Runs.MANY),),
    ),
    Framework(
        "python-telegram-bot",
        _words("telegram"),
        # Updates are processed one by one, unless the application is built with concurrent_updates.
        registrations=(
            (
                _words("CommandHandler MessageHandler CallbackQueryHandler ConversationHandler InlineQueryHandler"),
                Runs.SERIAL,
            ),
            (_words("run_repeating run_daily run_once"), Runs.SERIAL),
        ),
    ),
    Framework(
        "Faust",
        _words("faust"),
        decorators=((_words("agent timer crontab task"), Runs.ONCE),),
    ),
    Framework(
        "Home Assistant",
        _words("homeassistant"),
        bases=(
            (
                _words("*Coordinator"),
                _words("_async_update_data async_refresh async_request_refresh"),
                Runs.SERIAL,
            ),
            (_words("*Entity"), _words("async_update"), Runs.SERIAL),
            (_words("*Entity *Device *Camera *Light"), ALL_METHODS, Runs.SELDOM),
        ),
        registrations=(
            (_words("async_register async_register_admin_service async_listen async_listen_once"), Runs.MANY),
            (_words("async_dispatcher_connect async_track_state_change_event async_track_state_change"), Runs.MANY),
            (_words("async_track_time_interval async_track_point_in_time async_call_later Debouncer"), Runs.SERIAL),
            (_words("DataUpdateCoordinator"), Runs.SERIAL),
        ),
    ),
    Framework(
        "a task queue",
        _words("arq taskiq dramatiq saq procrastinate celery"),
        decorators=((_words("task actor shared_task broker_task"), Runs.MANY),),
        registrations=((_words("func"), Runs.MANY), (_words("cron"), Runs.SERIAL)),
    ),
    Framework(
        "MCP",
        _words("mcp"),
        decorators=(
            (
                _words("tool resource prompt call_tool list_tools list_resources read_resource get_prompt"),
                Runs.MANY,
            ),
        ),
        registrations=((_words("add_tool"), Runs.MANY),),
    ),
    Framework(
        "Textual",
        _words("textual"),
        decorators=((_words("work"), Runs.MANY), (_words("on"), Runs.SERIAL)),
        bases=((_words("App Widget Screen ModalScreen Static"), _words("on_* action_* key_* watch_*"), Runs.SERIAL),),
    ),
    Framework(
        "websockets",
        _words("websockets"),
        registrations=((_words("serve unix_serve"), Runs.MANY),),
    ),
)

REGISTERING_WORDS = _words(
    "add register subscribe listen listener on bind connect attach observe hook handle handler handlers callback "
    "callbacks route signal watch track"
)
"""Words in the name of a call or keyword that stores a callback, to call it whenever something happens."""
