"""Words of calls that make a thing which has to be closed, or which others notice: two of them are one too many.

Computing or fetching the same data twice costs time and harms nobody; opening a second connection leaks one.
"""

from __future__ import annotations

from awaitomic.knowledge.words import WORD, words_of

_MAKES = frozenset(
    "connect reconnect open create start spawn launch subscribe acquire login authenticate authorize register bind "
    "listen serve attach session pool client connection channel socket browser process engine transport "
    "websocket ws refresh renew token exchange provision allocate reserve init initialize "
    "setup handshake tunnel consumer producer".split()
)


_FETCHES = frozenset("read fetch load query find list lookup select download describe count scan".split())
"""Verbs that bring data, whatever it is data about: ``read_work_pool``."""

_DATA = frozenset(
    "result results response info data status state details cache config settings id name path url".split()
)
"""Last words of state that is data, whatever it came from: ``_session_cache``."""


def makes_a_resource(name: str) -> bool:
    """Tell whether a function of that name makes a thing that should exist once: ``create_pool``, ``aconnect``."""
    words = words_of(name)
    if not words or words[0] in _FETCHES:
        return False
    return any(word in _MAKES or (word[:1] == "a" and word[1:] in _MAKES) for word in words)


def brings_data(name: str) -> bool:
    """Tell whether a function of that name only fetches something: ``read_settings``."""
    words = words_of(name)
    return bool(words) and (words[0] in _FETCHES or (words[0] == "async" and words[-1] in _FETCHES))


def is_a_resource(name: str) -> bool:
    """Tell whether state of that name is a thing that should exist once: ``_client``, ``pool``, no ``pool_size``."""
    words = WORD.findall(name)
    return bool(words) and not holds_data(name) and makes_a_resource(words[-1])


def holds_data(name: str) -> bool:
    """Tell whether state of that name is data, whatever it came from: ``_session_cache``."""
    words = words_of(name)
    return bool(words) and words[-1] in _DATA


def is_a_cache(name: str) -> bool:
    """Tell whether state of that name is kept to save a second look: ``_MODELS_CACHE_FETCHED_AT``."""
    return not _CACHES.isdisjoint(words_of(name))


_CACHES = frozenset({"cache", "caches", "cached", "memo", "memoized"})

_SECRETS = frozenset({"token", "tokens", "credentials", "session", "jwt", "csrf", "cookie", "cookies"})


def is_a_secret(name: str) -> bool:
    """Tell whether state of that name is a token: refreshing it twice makes the first one worthless.

    What is said of a token, as in ``token_decimals``, is none.
    """
    words = WORD.findall(name)
    return bool(words) and words[-1].lower() in _SECRETS


_ENDS = frozenset(
    "closed closing stopped stopping done finished failed failure cancelled canceled error errored dead exited "
    "terminated destroyed deleted completed expired disconnected broken lost unavailable gone "
    "close stop shutdown disconnect disconnecting cancel abort exit quit terminate".split()
)


def says_an_end(name: str) -> bool:
    """Tell whether a flag of that name says that something is over: raising it twice changes nothing."""
    return any(word in _ENDS for word in words_of(name))


_BRINGS = _FETCHES | frozenset(
    "get compute calculate calc render parse resolve search translate fetchone fetchall fetchrow fetchval estimate "
    "measure guess classify summarize extract collect retrieve loads dumps decode encode".split()
)
"""Verbs whose result is data, if nothing in the name says otherwise; a bare ``get`` may also give a response."""

_PARTS = frozenset(
    "json text str int float bool bytes list tuple set frozenset dict sorted sum max min len round strip lower upper "
    "split replace items values keys copy first one all scalar scalars".split()
)
"""What takes plain data out of something, or makes it of something."""

_WORKS = frozenset(
    "lock semaphore event condition queue future task thread job timer watch watcher monitor listener stream enter "
    "make run dial fork join lease mount".split()
)
"""More words of what goes on by itself or has to be ended."""


def leaves_work(name: str) -> bool:
    """Tell whether a call of that name may leave something behind that has to be ended: `makes_a_resource`, tasks."""
    words = words_of(name)
    if not words or words[0] in _FETCHES:
        return False
    return makes_a_resource(name) or not _WORKS.isdisjoint(words)


def keeps_resources(name: str) -> bool:
    """Tell whether a container of that name keeps what has to be ended: ``connections``, ``_open_channels``, ``tasks``.

    Unlike `is_a_resource` it looks through a last word that only says how it is kept: ``_session_cache``.
    """
    words = words_of(name)
    while len(words) > 1 and words[-1] in _KEPT:
        words.pop()
    last = words[-1] if words else ""
    forms = {last, last.removesuffix("s"), last.removesuffix("es")}
    return not forms.isdisjoint(_MAKES | _WORKS | _SECRETS)


_KEPT = _CACHES | {"by", "id", "name", "key", "url", "map", "dict", "table", "index"}


def gives_data(name: str) -> bool:
    """Tell whether a call of that name says that it gives data: ``fetch_row``, ``resp.json``, ``compute_hash``."""
    words = words_of(name)
    if words and words[0] == "async":
        words = words[1:]
    if not words or leaves_work(name):
        return False
    return words[0] in _PARTS or (words[0] in _BRINGS and words != ["get"])


_GOES_ON = frozenset(
    "subscribe subscription listen listener serve server watch watcher consume consumer monitor spawn launch browser "
    "process subprocess".split()
)


def goes_on(name: str) -> bool:
    """Tell whether a call of that name begins what works by itself until it is ended: ``pull_subscribe``."""
    words = words_of(name)
    return bool(words) and words[0] not in _FETCHES and not _GOES_ON.isdisjoint(words)


_CLEANUP = frozenset(
    "__aexit__ __del__ aclose close stop disconnect shutdown cleanup teardown terminate release dispose".split()
)


def is_cleanup_name(name: str) -> bool:
    """Tell whether a method is by its name there to clean up."""
    return name in _CLEANUP or name.lstrip("_").removeprefix("async_") in _CLEANUP


CLOSERS = ("close", "aclose", "__aexit__", "__exit__", "stop", "disconnect", "shutdown", "cancel", "release")
"""Methods by which a class tells that its objects have to be ended."""


def ends_it(name: str) -> bool:
    """Tell whether a call of a method of that name ends the object that it is called on."""
    return is_cleanup_name(name) or name in CLOSERS


_OPENS = frozenset(
    "connect reconnect open start spawn launch subscribe listen serve bind attach pool connection channel socket "
    "browser process subprocess transport websocket ws tunnel server".split()
)


def opens_something(name: str) -> bool:
    """Tell whether a function of that name opens what has to be closed, whoever wrote it: ``create_pool``.

    `makes_a_resource` asks less: that something is registered, initialised or renewed twice may do no harm.
    """
    words = words_of(name)
    if not words or words[0] in _FETCHES:
        return False
    return any(word in _OPENS or (word[:1] == "a" and word[1:] in _OPENS) for word in words)
