"""Calls that only show a value: what they were given has no influence on what follows."""

from __future__ import annotations

LOGS = frozenset("print log debug info warning warn error exception critical fatal trace".split())
"""Last names of functions and methods that write to a log or a screen."""
