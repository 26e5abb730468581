"""Names of functions that run at the beginning or at the end of a program: evidence that nobody else is at work.

Never proof: what they say only lowers a confidence.
"""

from __future__ import annotations

from awaitomic.knowledge.words import words_of

_FIRST_WORDS = frozenset(
    "register registers include mount install define declare configure route add set setup init initialize load".split()
)
_SET_UP_ONCE = frozenset(
    "callback callbacks handler handlers listener listeners hook hooks middleware middlewares feature features plugin "
    "plugins route routes filter filters unregister deregister".split()
)
_CONFIGURED = frozenset(
    "type types flag flags function functions tool tools command commands schema schemas option options property "
    "properties feature features plugin plugins route routes".split()
)
_CLOSING = frozenset(
    "close aclose stop shutdown cleanup disconnect terminate teardown dispose destroy exit aexit unload finish end "
    "kill cancel closed".split()
)


def sounds_like_registration(name: str) -> bool:
    """Tell whether a function is by its name one that puts something into a table for good."""
    return bool(words := words_of(name)) and words[0] in _FIRST_WORDS


def sounds_like_set_up(name: str) -> bool:
    """Tell whether a function is by its name about what is normally set up once: callbacks, handlers, plugins."""
    return not _SET_UP_ONCE.isdisjoint(words_of(name))


def sounds_configured(name: str) -> bool:
    """Tell whether a function is by its name about what is part of a program's configuration: its types, its tools."""
    return not _CONFIGURED.isdisjoint(words_of(name))


def sounds_like_setting_up(name: str) -> bool:
    """Tell whether a function is by its name one that runs when a program or an object is set up."""
    return not {"setup", "startup", "init", "initialize", "initialise", "bootstrap"}.isdisjoint(words_of(name))


def sounds_like_closing(name: str) -> bool:
    """Tell whether a function is by its name one that brings something to its end."""
    return not _CLOSING.isdisjoint(words_of(name))
