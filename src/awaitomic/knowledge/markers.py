"""Decorators that give a function back as it is, and only say something of it."""

from __future__ import annotations

from typing import Final

MARKERS: Final = frozenset(
    {
        "typing.final",
        "typing.override",
        "typing_extensions.final",
        "typing_extensions.override",
        "homeassistant.core.callback",
        "homeassistant.loader.bind_hass",
    }
)
"""Full names, for where their own code is not at hand."""
