"""Objects that by their kind belong to one task at a time: evidence against concurrency, never proof.

A request, a response, a cursor or a dialogue with one user is made for one piece of work. Its methods may be called
from anywhere in principle, and from one task in practice.
"""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_LAST_WORDS = frozenset(
    "Request Response Context Interaction Pipeline Transaction Cursor Reader Parser Payload Iterator Builder Flow View "
    "Form Serializer Paginator Migration TestCase".split()
)
_COVERS = frozenset({"Wrapper", "Proxy", "Base", "Impl", "Mixin"})
"""Last words that say how a class is made, not what it is: a `CursorWrapper` is a cursor."""
_ANY_WORDS = frozenset({"Test", "Tests", "Mock", "Fake"})
_DIALOGUES = ("FlowHandler", "ConfigFlow", "OptionsFlow", "RepairsFlow", "OptionsFlowHandler", "TestCase")

MADE_PER_CALL = frozenset(
    "aiohttp.web.View tornado.web.RequestHandler starlette.endpoints.HTTPEndpoint starlette.requests.Request "
    "unittest.IsolatedAsyncioTestCase unittest.TestCase discord.ui.View discord.ui.Modal".split()
)
"""Base classes whose instances a framework makes for one request or one dialogue."""


def has_one_owner(name: str, bases: tuple[str, ...]) -> bool:
    """Tell whether instances of a class are by convention used by one task at a time.

    Parameters:
        name: the class's own name.
        bases: the dotted names of all its known ancestors.
    """
    if any(base in MADE_PER_CALL for base in bases):
        return True
    return any(_reads_like_one(each.rpartition(".")[2]) for each in (name, *bases))


def _reads_like_one(name: str) -> bool:
    words = _WORD.findall(name)
    if not words:
        return False
    kind = next((word for word in reversed(words) if word not in _COVERS), "")
    return kind in _LAST_WORDS or name.endswith(_DIALOGUES) or not _ANY_WORDS.isdisjoint(words)
