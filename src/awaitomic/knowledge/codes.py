"""All rule codes with their names, and all remedies, as data: settings are checked before a rule is loaded.

Codes of rules that a later version implements are valid already: a configuration may name them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

RULE_NAMES: Final = MappingProxyType(
    {
        "AWA001": "unused-ignore",
        "AWA002": "invalid-ignore",
        "AWA003": "unreadable-file",
        "AWA101": "stale-write",
        "AWA102": "check-then-act",
        "AWA103": "late-update",
        "AWA104": "unstable-iteration",
        "AWA105": "early-publish",
        "AWA106": "save-restore",
        "AWA201": "uncovered-access",
        "AWA202": "inconsistent-lock",
        "AWA203": "private-lock",
        "AWA204": "permissive-lock",
        "AWA205": "thread-lock-across-await",
        "AWA206": "leaked-lock",
        "AWA207": "foreign-loop-lock",
        "AWA301": "self-deadlock",
        "AWA302": "lock-order",
        "AWA303": "join-under-lock",
        "AWA401": "sql-read-modify-write",
        "AWA402": "store-read-modify-write",
        "AWA403": "orm-read-modify-write",
        "AWA404": "file-read-modify-write",
    }
)
"""Code to name."""

LATER: Final = frozenset({"AWA401", "AWA402", "AWA403", "AWA404"})
"""The rules that have a name, but that this version does not look for yet."""

UNUSED: Final = "AWA001"
"""What a suppression that nothing needs is reported as; it is found only when all other rules are through."""

INVALID: Final = "AWA002"
"""What a comment that says nothing, or what does not hold, is reported as."""

REMOVE_IGNORE: Final = "remove-ignore"
"""The remedy for a suppression that nothing needs."""

UNREADABLE: Final = "AWA003"
"""What files that cannot be analysed are reported as: an error, not a finding."""

REMEDY_NAMES: Final = (
    "hoist",
    "swap",
    "recheck",
    "widen",
    "lock",
    "split",
    "snapshot",
    "setdefault",
    "single-flight",
    "atomic-call",
    REMOVE_IGNORE,
)
"""All remedies, those of later versions included."""
