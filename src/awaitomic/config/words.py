"""The words of the configuration and of the command line, and which known one a mistyped one is nearest to."""

from __future__ import annotations

import keyword
from typing import TYPE_CHECKING

from awaitomic.knowledge.codes import LATER, REMEDY_NAMES, RULE_NAMES
from awaitomic.model.conventions import Precondition
from awaitomic.model.finding import Confidence
from awaitomic.model.preferences import Granularity, Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable


def parse_confidence(value: str) -> Confidence:
    """Give the confidence of that name; raises `ValueError` with a message for the user."""
    for each in Confidence:
        if str(each) == value:
            return each
    raise ValueError(not_among("confidence", value, [str(each) for each in reversed(Confidence)]))


def parse_granularity(value: str) -> Granularity:
    """Give the granularity of that name; raises `ValueError` with a message for the user."""
    names = [str(each) for each in Granularity]
    if value in names:
        return Granularity(value)
    raise ValueError(not_among("granularity", value, names))


def parse_strategy(value: str) -> Strategy:
    """Read ``lock``, ``no-lock`` or ``AWA102:recheck``; raises `ValueError` with a message for the user."""
    rule, colon, name = value.rpartition(":")
    if colon:
        check_code(rule)
    remedy = name.removeprefix("no-")
    if remedy not in REMEDY_NAMES:
        raise ValueError(not_among("remedy", remedy, REMEDY_NAMES))
    return Strategy(remedy, forbidden=remedy != name, rule="" if rule == "ALL" else rule)


def parse_precondition(value: str) -> Precondition:
    """Give the precondition of that name; raises `ValueError` with a message for the user."""
    names = [str(each) for each in Precondition]
    if value in names:
        return Precondition(value)
    raise ValueError(not_among("precondition", value, names))


def check_suffix(value: str) -> None:
    """See that a suffix can end a name; else raise `ValueError` with a message for the user."""
    if not value or not f"x{value}".isidentifier():
        message = f"`{value}` cannot end the name of a function; write something like `_locked`"
        raise ValueError(message)


def check_lock_name(value: str) -> None:
    """See that a template gives the name of an attribute; else raise `ValueError` with a message for the user."""
    name = value.replace("{state}", "state")
    if not name.strip("_") or not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
        message = f"`{value}` is no name for a lock; write something like `_mutex` or `_{{state}}_lock`"
        raise ValueError(message)


def not_among(what: str, word: str, known: Iterable[str]) -> str:
    """Give a sentence that says that there is no such word, which there are, and which is the nearest."""
    names = list(known)
    return f"unknown {what} `{word}`; it is one of {', '.join(names)}{nearest_word(word, names)}"


def check_code(code: str) -> None:
    """See that a code is ``ALL``, a rule's code, or the beginning of one, as in ``AWA2``; else raise `ValueError`."""
    if code == "ALL" or (len(code) >= len("AWA") and any(known.startswith(code) for known in RULE_NAMES)):
        return
    message = f"unknown rule code `{code}`{suggest_code(code)}"
    raise ValueError(message)


def suggest_code(word: str) -> str:
    """Give ``; did you mean …?`` with the rule code that `word` (a mistyped code, or a rule's name) is nearest to."""
    by_name = {name: code for code, name in RULE_NAMES.items()}
    named = closest(word.lower(), by_name, cutoff=0.75)
    if named is None:
        return nearest_word(word.upper(), sorted(RULE_NAMES.keys() - LATER))
    return f"; did you mean `{by_name[named]}`?"


def nearest_word(word: str, known: Iterable[str]) -> str:
    """Give ``; did you mean …?`` with the known word that `word` is nearest to; nothing if none is near."""
    found = closest(word, known)
    return f"; did you mean `{found}`?" if found else ""


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """Give the known word that is nearest to another one, or None if none is as near as `cutoff` (0 to 1) demands."""
    import difflib  # noqa: PLC0415 - only for mistakes

    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)
