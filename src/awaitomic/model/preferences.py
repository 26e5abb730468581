"""What the user prefers among repairs that are all right; plain data, known by all rooms."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Granularity(enum.Enum):
    """How much one lock serves."""

    OBJECT = "object"
    """One lock for an object's state."""
    KEY = "key"
    """For a table, one lock for each key: work for different keys does not wait for each other."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Strategy:
    """One remedy that is preferred, or forbidden; for one rule, or wherever it suits."""

    remedy: str
    forbidden: bool = False
    rule: str = ""
    """A rule's code, or the beginning of one."""

    def __str__(self) -> str:
        rule = f"{self.rule}:" if self.rule else ""
        return f"{rule}{'no-' if self.forbidden else ''}{self.remedy}"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user has said."""

    lock_granularity: Granularity = Granularity.OBJECT
    strategies: tuple[Strategy, ...] = ()
    shown_only: frozenset[str] = frozenset()
    """The codes of the rules whose repairs are shown, and carried out by the user himself."""

    def preferred(self, rule: str) -> tuple[str, ...]:
        """Give the remedies that are preferred for a rule, the first one most."""
        return tuple(each.remedy for each in self.strategies if not each.forbidden and rule.startswith(each.rule))

    def forbidden(self, rule: str) -> frozenset[str]:
        """Give the remedies that are forbidden for a rule."""
        return frozenset(each.remedy for each in self.strategies if each.forbidden and rule.startswith(each.rule))


NO_PREFERENCES = Preferences()
