"""Who normally uses an object of a class, read from its name and bases: evidence, never proof.

A request, a response, a cursor or a dialogue with one user is made for one piece of work: its methods may be called
from anywhere in principle, and from one task in practice. A pool, a cache or a manager is made to be shared.
"""

from __future__ import annotations

import re

from awaitomic.knowledge.words import WORD

_LAST_WORDS = frozenset(
    "Request Response Context Interaction Pipeline Transaction Cursor Reader Parser Payload Iterator Builder Flow View "
    "Form Serializer Paginator Migration TestCase "
    "Event Message Draft Stream Streaming Run File Future Handshake Upload Download Transfer Step "
    "Connection Conn Transport Protocol Holder Subscription Http "
    "Getter Fetcher Attempt Operation Command Response Query Result Turn Call Invocation".split()
)
_COVERS = frozenset({"Wrapper", "Proxy", "Base", "Impl", "Mixin", "Strategy", "Processing", "Object", "Abstract"})
"""Last words that say how a class is made, not what it is: a `CursorWrapper` is a cursor."""
_ANY_WORDS = frozenset({"Test", "Tests", "Mock", "Fake"})
_INTERFACES = frozenset({"Protocol", "typing.Protocol", "typing_extensions.Protocol"})
"""Bases that say how a class is written down (PEP 544), and nothing of a wire."""
_DIALOGUES = ("FlowHandler", "ConfigFlow", "OptionsFlow", "RepairsFlow", "OptionsFlowHandler", "TestCase")

_SHARED_WORDS = frozenset(
    "Manager Pool Registry Cache Store Storage Server Hub Client Provider Service Broker Dispatcher Repository "
    "Scheduler Limiter Throttler Throttle Bus Database Db DB Backend Gateway Account Bank Wallet Ledger Counter Quota "
    "Budget Inventory Stock Bucket Logger Exporter Collection Directory Catalog Supervisor Balancer Cluster Cart "
    "Synchronizer Multiplexer Authenticator Auth".split()
)
"""Last words of classes that exist to serve several callers."""

MADE_PER_REQUEST = frozenset(
    "aiohttp.web.View tornado.web.RequestHandler starlette.endpoints.HTTPEndpoint starlette.requests.Request "
    "sanic.views.HTTPMethodView quart.views.MethodView tornado.websocket.WebSocketHandler".split()
)
"""Base classes of which a framework makes an instance for each request."""

MADE_PER_CALL = MADE_PER_REQUEST | frozenset(
    "unittest.IsolatedAsyncioTestCase unittest.TestCase discord.ui.View discord.ui.Modal "
    "asyncio.Protocol asyncio.BufferedProtocol asyncio.DatagramProtocol asyncio.SubprocessProtocol".split()
)
"""Base classes whose instances a framework makes for one request, one connection or one dialogue."""

_ONE_TASK = re.compile(
    r"\bnot (?:task|coroutine|concurrency)[- ]safe\b|\b(?:one|single)[- ]task\b"
    r"|\bnot safe (?:for|to use)\b[^.]*\bconcurren"
    r"|\b(?:must|should) (?:only |not )?be (?:used|shared) (?:by|from|between|across) "
    r"(?:a single|one|several|multiple) task",
    re.IGNORECASE,
)


def has_one_owner(name: str, bases: tuple[str, ...], docstring: str = "") -> bool:
    """Tell whether instances of a class are by convention used by one task at a time.

    Parameters:
        name: the class's own name.
        bases: the dotted names of all its known ancestors.
        docstring: what the class says of itself.
    """
    if any(base in MADE_PER_CALL for base in bases) or _ONE_TASK.search(docstring):
        return True
    return any(_reads_like_one(each.rpartition(".")[2]) for each in (name, *bases) if each not in _INTERFACES)


def is_made_to_be_shared(name: str) -> bool:
    """Tell whether a class is by its name one that serves several callers: a manager, a pool, a cache."""
    return _kind(name) in _SHARED_WORDS


def _kind(name: str) -> str:
    """Give the word that says what a class is."""
    words = WORD.findall(name.rpartition(".")[2])
    return next((word for word in reversed(words) if word not in _COVERS and not word.isdigit()), "")


def _reads_like_one(name: str) -> bool:
    kind = _kind(name)
    if not kind:
        return False
    return kind in _LAST_WORDS or name.endswith(_DIALOGUES) or not _ANY_WORDS.isdisjoint(WORD.findall(name))
