"""Words for making something ready, and for being ready: weak evidence of what an awaited call does and a flag says."""

from __future__ import annotations

from awaitomic.knowledge.words import words_of

_OPENS = frozenset(
    "open connect reconnect start startup init initialize initialise setup set_up enter aenter acquire ensure prepare "
    "load create build boot bootstrap attach login authenticate handshake bind mount warm warmup populate "
    "subscribe establish spawn launch install migrate".split()
)
_READY = frozenset(
    "started opened open connected ready initialized initialised inited setup loaded created prepared built attached "
    "authenticated bound mounted populated subscribed established up available installed migrated done".split()
)

WAITS = frozenset("wait wait_for wait_closed join sleep shield acquire result get read recv receive".split())
"""Last names of calls that wait for somebody else's action."""

SHARED_WORK = frozenset(
    "create_future Future create_task ensure_future Task Event Condition Lock async_create_task start_soon "
    "run_coroutine_threadsafe create_background_task async_create_background_task Queue".split()
)
"""Last names of calls that make what other callers can wait for: a placeholder, and no claim to be ready."""


def sounds_like_opening(name: str) -> bool:
    """Tell whether a function is by its name one that makes something ready."""
    return not _OPENS.isdisjoint(words_of(name))


def sounds_ready(name: str) -> bool:
    """Tell whether a flag is by its name one that says that something is ready."""
    return not _READY.isdisjoint(words_of(name))


def sounds_under_way(name: str) -> bool:
    """Tell whether a flag is by its name one that says that something is going on, or over (``busy``)."""
    words = words_of(name)
    return any(word.endswith("ing") or word in _UNDER_WAY for word in words)


_UNDER_WAY = frozenset(
    "busy active pending progress closed stopped cancelled canceled finished sent seen stop shutdown exit lock locked "
    "disconnected paused scheduled requested disposed destroyed in".split()
)
