"""Which calls hand something on, and which only look: told by the last name of what is called."""

from __future__ import annotations

HANDS_ON = frozenset(
    "put put_nowait send send_nowait sendall sendto send_str send_bytes send_json write writelines drain publish emit "
    "execute executemany commit rollback flush submit post push enqueue notify notify_all set_result set_exception "
    "create_task ensure_future start_soon spawn call_soon call_later run_in_executor to_thread".split()
)
"""Names of what hands something to somebody, whatever they are methods of."""

_ONLY_LOOK = frozenset(
    "get keys values items copy count index locked done cancelled qsize empty full result time monotonic startswith "
    "endswith find lower upper strip split join format encode decode hex isoformat total_seconds".split()
)
_LOOKING_PREFIXES = ("is_", "has_", "get_", "can_", "to_", "as_", "_is_", "_has_", "_get_")


def only_looks(name: str) -> bool:
    """Tell whether a method is by its name one that changes nothing; one that is awaited may do more."""
    return name in _ONLY_LOOK or name.startswith(_LOOKING_PREFIXES)
