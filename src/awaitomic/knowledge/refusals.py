"""Names of calls by which code says that it did not do what it was asked for."""

from __future__ import annotations

_COMPLAINTS = frozenset("warn warning error exception critical abort fail reject deny refuse".split())


def complains(name: str) -> bool:
    """Tell whether a call of that name reports a mistake of the caller: ``logger.warning``, ``send_error``."""
    return not _COMPLAINTS.isdisjoint(name.lower().strip("_").split("_"))
