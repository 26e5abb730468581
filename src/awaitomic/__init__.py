"""awaitomic finds asyncio state that crosses an await, and repairs it.

The names below are the whole public API; everything else may change between releases. They are loaded on first
use, so that ``awaitomic --version`` and a byte-level skip of a file pay for nothing that they do not need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from awaitomic.api import check_paths, fix_source

__all__ = ["__version__", "check_paths", "fix_source"]


def __getattr__(name: str) -> object:
    """Load the API on first use (PEP 562)."""
    if name in {"check_paths", "fix_source"}:
        from awaitomic import api  # noqa: PLC0415 - loaded on first use so that importing the package stays cheap

        return getattr(api, name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
