"""Words of methods by which a store (a table, a registry, a service) is asked for a thing, and given one more."""

from __future__ import annotations

from awaitomic.knowledge.words import words_of

_ASKS = frozenset("get find fetch select exists exist has lookup query search read count".split())

_ADDS = frozenset("insert add create append".split())
"""Verbs that make one more of what is there already; what merely stores again puts the same into the same place."""

_LOOKS_ITSELF = frozenset("upsert merge ignore replace ensure missing absent unique conflict or if update".split())
"""Words for a call that looks itself whether the thing is there."""


ABOUT_THE_CALL = frozenset("timeout headers session client conn connection transaction tx cursor context".split())
"""Keywords that say how a store is called, and not for what."""


_ANY = frozenset("row rows one item items record records entry entries document doc object obj value first all".split())
"""Words for a thing that say nothing of its kind: whatever the store keeps."""

_HOW = frozenset("by with for where in from of to at on".split())
"""Words behind which a name says by what, or where, something is looked for."""


def kind_of_thing(name: str) -> tuple[str, ...]:
    """Give the kind of thing that a method of a store is about by its name: `get_users_by_name` gives ``("user",)``.

    It is empty if the name does not say it: ``find``, ``insert_one``, ``get_row``.
    """
    words = words_of(name)[1:]
    end = next((at for at, word in enumerate(words) if word in _HOW), len(words))
    return tuple(word.removesuffix("s") for word in words[:end] if word not in _ANY)


def asks_a_store(name: str) -> bool:
    """Tell whether a method of that name looks for something: ``get_row``, ``find_one``, ``exists``."""
    words = words_of(name)
    return bool(words) and words[0] in _ASKS and _ADDS.isdisjoint(words)


def adds_to_a_store(name: str) -> bool:
    """Tell whether a method of that name adds something that may be there already: ``insert``, ``create_user``."""
    words = words_of(name)
    return bool(words) and words[0] in _ADDS and _LOOKS_ITSELF.isdisjoint(words)
