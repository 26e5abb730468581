"""What the user wants: settings from ``[tool.awaitomic]`` and the command line, checked before anything runs.

A mistake is an error that names the nearest right word. A setting that is silently ignored would look like one that
works, and here it would decide what is edited. Everything that can be set is declared once, in
`awaitomic.config.settings`.
"""

from awaitomic.config.errors import ConfigError
from awaitomic.config.loading import load
from awaitomic.config.settings import DEFAULT_EXCLUDE, KEYS, Overrides, Settings
from awaitomic.config.words import parse_confidence, parse_granularity, parse_strategy, suggest_code

__all__ = [
    "DEFAULT_EXCLUDE",
    "KEYS",
    "ConfigError",
    "Overrides",
    "Settings",
    "load",
    "parse_confidence",
    "parse_granularity",
    "parse_strategy",
    "suggest_code",
]
