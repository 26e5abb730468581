"""What the settings ask for in a file, which is told without analysing it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from awaitomic.engine.outcome import Outcome
from awaitomic.knowledge.codes import LATER, RULE_NAMES, UNREADABLE
from awaitomic.model.finding import FileError
from awaitomic.source.patterns import Patterns

if TYPE_CHECKING:
    from collections.abc import Callable

    from awaitomic.config import Settings
    from awaitomic.source.text import Unreadable


def asks_for(path: str, settings: Settings) -> Callable[[str], bool]:
    """Give what tells whether the settings ask for a rule in a file: it is selected, and not ignored there."""
    ignored = _ignored_in(path, settings)
    return lambda code: settings.selected(code) and not code.startswith(ignored)


def idle_selectors(settings: Settings) -> list[str]:
    """Say which codes are selected that stand for rules of a later version only: nothing comes of them."""
    chosen = dict.fromkeys((*settings.select, *settings.extend_select))
    there = RULE_NAMES.keys() - LATER
    idle = [code for code in chosen if code != "ALL" and not any(rule.startswith(code) for rule in there)]
    return [f"{code} is not looked for in this version: to select it has no effect yet." for code in idle]


def _ignored_in(path: str, settings: Settings) -> tuple[str, ...]:
    """Give the beginnings of the codes that ``per-file-ignores`` takes out in a file."""
    root = os.path.abspath(settings.root or ".")  # noqa: PTH100 - resolve() would follow links
    absolute = os.path.abspath(path)  # noqa: PTH100 - resolve() would follow links
    codes = (
        code
        for pattern, ignored in (*settings.per_file_ignores, *settings.extend_per_file_ignores)
        if Patterns((pattern,), root).match_upwards(absolute)
        for code in ignored
    )
    return tuple("" if code == "ALL" else code for code in codes)


def unreadable(error: Unreadable, settings: Settings) -> Outcome:
    """Give the outcome of a file that cannot be analysed: an error, unless the settings ignore that."""
    if not asks_for(error.path, settings.at(error.path))(UNREADABLE):
        return Outcome(error.path)
    found = FileError(error.path, error.line, error.column, error.message, UNREADABLE)
    return Outcome(error.path, error=found)
