"""What looks at the calls that led to where it is called: a call more in between is noticed."""

from __future__ import annotations

LOOKS_AT_FRAMES = frozenset(
    "sys._getframe sys._getframemodulename inspect.stack inspect.currentframe inspect.getouterframes "
    "traceback.extract_stack traceback.format_stack traceback.print_stack traceback.walk_stack".split()
)
"""Functions that give the frames above their caller, or its own, which tells its name."""

COUNTS_FRAMES = "stacklevel"
"""The argument of warnings and loggers that says how many calls up is meant; 1 is the call itself."""
