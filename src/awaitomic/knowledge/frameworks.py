"""Which functions a framework calls by itself, and whether it calls them side by side: tables, no logic.

A file belongs to a framework if it imports one of its packages. There, a function is an entry point by a decorator, by
being a method of a certain name in a class with a certain base, or by being handed to a call that registers it. Names
are last names (``get`` for ``@app.get("/")``); a base that begins with ``*`` is the end of a name.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import cached_property


class Runs(enum.Enum):
    """How a framework runs an entry point on one object."""

    MANY = "a task for each request or event, side by side"
    SELDOM = "side by side only if two people operate one thing at once, which its authors seldom plan for"
    SERIAL = "one after another"
    ONCE = "one task, for as long as the program runs"
    SETUP = "once, when the program starts or ends"


ALL_METHODS = frozenset({"*"})
"""Stands for every public coroutine method."""

_HTTP_METHODS = frozenset("get post put delete patch head options".split())
_HTTP = frozenset({*_HTTP_METHODS, "route", "api_route", "websocket", "websocket_route", "middleware"})


@dataclass(frozen=True, slots=True)
class Switch:
    """An argument of a decorator or registering call that makes the framework run a function in another way."""

    keyword: str
    on: bool
    """Whether it has to be true, or more than one; else it has to be false."""
    runs: Runs


@dataclass(frozen=True)
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
    hooks: frozenset[str] = frozenset()
    """What runs once when the program starts or ends: decorators, and lists of hooks (``app.on_startup.append(…)``)."""
    switches: tuple[Switch, ...] = ()
    side_by_side: frozenset[str] = frozenset()
    """Calls, by last name, by which an application is told to run side by side what it would run one by one."""
    lists: frozenset[str] = frozenset()
    """Names of lists in the settings of a worker whose functions it runs side by side."""
    signatures: tuple[tuple[str, tuple[str, ...], Runs], ...] = ()
    """Methods that a server calls by their name and parameters, whatever their class."""
    marks: frozenset[str] = frozenset()
    """Methods by which a base class that is generated, and stands in the project, is told from any other one."""

    @cached_property
    def names(self) -> frozenset[str]:
        """The last names of all its decorators, hooks and registering calls."""
        return self.hooks.union(*(names for names, _ in (*self.decorators, *self.registrations)))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FRAMEWORKS: tuple[Framework, ...] = (
    Framework(
        "asyncio",
        frozenset(),
        registrations=(
            (_words("start_server start_unix_server"), Runs.MANY),
            (_words("add_signal_handler"), Runs.SETUP),
        ),
    ),
    Framework("an ASGI server", frozenset(), signatures=(("__call__", ("scope", "receive", "send"), Runs.MANY),)),
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
        hooks=_words("on_startup on_shutdown on_cleanup cleanup_ctx"),
    ),
    Framework(
        "Starlette or FastAPI",
        _words("starlette fastapi"),
        decorators=((_HTTP | {"exception_handler"}, Runs.MANY),),
        bases=(
            (_words("HTTPEndpoint"), _HTTP_METHODS, Runs.MANY),
            (_words("BaseHTTPMiddleware"), frozenset({"dispatch"}), Runs.MANY),
        ),
        registrations=(
            (
                _words(
                    "Route WebSocketRoute APIRoute Depends Security add_route add_api_route add_websocket_route "
                    "add_task"
                ),
                Runs.MANY,
            ),
        ),
        hooks=_words("on_event"),
    ),
    Framework(
        "Sanic",
        _words("sanic"),
        decorators=((_HTTP | {"on_request", "on_response", "signal"}, Runs.MANY),),
        bases=((_words("HTTPMethodView"), _HTTP_METHODS, Runs.MANY),),
        registrations=(
            (_words("add_route add_websocket_route register_middleware"), Runs.MANY),
            (_words("register_listener"), Runs.SETUP),
        ),
        hooks=_words(
            "listener main_process_start main_process_ready main_process_stop before_server_start after_server_start "
            "before_server_stop after_server_stop reload_process_start reload_process_stop"
        ),
    ),
    Framework(
        "Quart",
        _words("quart"),
        decorators=((_HTTP | {"before_request", "after_request", "errorhandler"}, Runs.MANY),),
        bases=((_words("MethodView"), _HTTP_METHODS, Runs.MANY),),
        registrations=((_words("add_url_rule add_websocket"), Runs.MANY),),
        hooks=_words("before_serving after_serving while_serving"),
    ),
    Framework(
        "Tornado",
        _words("tornado"),
        bases=((_words("RequestHandler WebSocketHandler"), _HTTP_METHODS | {"on_message", "prepare"}, Runs.MANY),),
        registrations=((_words("PeriodicCallback"), Runs.ONCE),),
    ),
    Framework(
        "gRPC",
        _words("grpc"),
        bases=(
            (_words("*Servicer"), ALL_METHODS, Runs.MANY),
            (_words("ServerInterceptor"), frozenset({"intercept_service"}), Runs.MANY),
        ),
    ),
    Framework(
        "grpclib",
        _words("grpclib"),
        bases=((_words("?*Base"), ALL_METHODS, Runs.MANY),),
        marks=_words("__mapping__"),
    ),
    Framework(
        "discord.py",
        _words("discord disnake nextcord interactions"),
        decorators=(
            (
                _words(
                    "command hybrid_command group event listen listener slash_command user_command message_command "
                    "context_menu autocomplete"
                ),
                Runs.MANY,
            ),
            (_words("loop"), Runs.ONCE),
        ),
        bases=(
            (
                _words("Client Bot AutoShardedClient AutoShardedBot InteractionBot"),
                _words(
                    "on_message* on_reaction_* on_raw_* on_member_* on_interaction on_voice_state_update on_typing "
                    "on_presence_update on_user_update on_guild_* on_thread_* on_command* on_app_command*"
                ),
                Runs.MANY,
            ),
        ),
        registrations=((_words("add_listener"), Runs.MANY),),
    ),
    Framework(
        "aiogram",
        _words("aiogram"),
        decorators=(
            (
                _words(
                    "message edited_message channel_post edited_channel_post callback_query inline_query "
                    "chosen_inline_result shipping_query pre_checkout_query poll poll_answer my_chat_member "
                    "chat_member chat_join_request message_reaction error errors message_handler "
                    "callback_query_handler errors_handler"
                ),
                Runs.MANY,
            ),
        ),
        bases=((_words("BaseMiddleware"), frozenset({"__call__"}), Runs.MANY),),
        registrations=((_words("register register_message_handler register_callback_query_handler"), Runs.MANY),),
        hooks=_words("startup shutdown"),
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
        # Updates are processed one by one, unless the application or a handler is told otherwise; a job is a task.
        registrations=(
            (
                _words(
                    "CommandHandler MessageHandler CallbackQueryHandler ConversationHandler InlineQueryHandler "
                    "ChosenInlineResultHandler PollHandler PollAnswerHandler ChatMemberHandler ChatJoinRequestHandler "
                    "PreCheckoutQueryHandler ShippingQueryHandler PrefixHandler StringCommandHandler "
                    "StringRegexHandler TypeHandler MessageReactionHandler add_error_handler"
                ),
                Runs.SERIAL,
            ),
            (_words("run_repeating run_daily run_monthly run_custom run_once"), Runs.ONCE),
            (_words("post_init post_stop post_shutdown"), Runs.SETUP),
        ),
        switches=(Switch("block", False, Runs.MANY),),
        side_by_side=_words("concurrent_updates"),
    ),
    Framework(
        "Faust",
        _words("faust"),
        decorators=((_words("agent timer crontab task"), Runs.ONCE), (_words("page"), Runs.MANY)),
        switches=(Switch("concurrency", True, Runs.MANY),),
    ),
    Framework(
        "Home Assistant",
        _words("homeassistant"),
        decorators=((_words("async_response"), Runs.MANY),),
        bases=(
            (
                _words("*Coordinator"),
                _words("_async_update_data async_refresh async_request_refresh"),
                Runs.SERIAL,
            ),
            (_words("*Entity"), _words("async_update"), Runs.SERIAL),
            (_words("HomeAssistantView"), _HTTP_METHODS, Runs.MANY),
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
        _words("arq taskiq dramatiq saq procrastinate celery streaq"),
        decorators=((_words("task actor shared_task broker_task"), Runs.MANY),),
        registrations=((_words("func"), Runs.MANY), (_words("cron CronJob"), Runs.SERIAL)),
        lists=_words("functions"),
    ),
    Framework(
        "MCP",
        _words("mcp fastmcp"),
        decorators=(
            (
                _words(
                    "tool resource prompt call_tool list_tools list_resources read_resource get_prompt custom_route"
                ),
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
        registrations=((_words("set_interval set_timer call_later call_next call_after_refresh"), Runs.SERIAL),),
        # An exclusive worker cancels the one before, which so never comes back to write.
        switches=(Switch("exclusive", True, Runs.ONCE),),
    ),
    Framework(
        "websockets",
        _words("websockets"),
        registrations=((_words("serve unix_serve"), Runs.MANY),),
    ),
    Framework(
        "Socket.IO",
        _words("socketio"),
        decorators=((_words("on event"), Runs.MANY),),
        bases=((_words("AsyncNamespace"), _words("on_*"), Runs.MANY),),
    ),
    Framework("Litestar", _words("litestar"), decorators=((_HTTP | {"websocket_listener"}, Runs.MANY),)),
    Framework("BlackSheep", _words("blacksheep"), decorators=((_HTTP | {"ws"}, Runs.MANY),)),
    Framework(
        "Bolt",
        _words("slack_bolt"),
        decorators=((_words("event command action message shortcut view options function"), Runs.MANY),),
    ),
)

MADE_FOR_EACH_REQUEST = _words("fastapi.Depends fastapi.Security fastapi.params.Depends fastapi.params.Security")
"""What a parameter is given as its default, or annotated with, that has it made anew for each request."""

PROVIDERS = _words("litestar.di.Provide litestar.Provide starlite.Provide")
"""What a dependency that is named after a parameter is wrapped in: it calls what it wraps for each request."""

KEPT_BY_PROVIDERS = "use_cache"
"""The keyword of a provider that has it called once for all."""

OF_ALL_REQUESTS = _words("app application bot bot_data lifespan_context")
"""Attributes of what a handler is given, or of a handler's object, that lead to what all of them share."""

REGISTERING_WORDS = _words(
    "add register subscribe listen listener on bind connect attach observe hook handle handler handlers callback "
    "callbacks route signal watch track"
)
"""Words in the name of a call or keyword that stores a callback, to call it whenever something happens."""
