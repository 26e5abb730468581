"""What to do by hand where no remedy is built yet: the refusal says what maintainers do about such a bug."""

from __future__ import annotations

from awaitomic.model.finding import Finding, Refusal

_MODE = (
    "give the value of `{state}` to what needs it as a parameter, or keep it in a `ContextVar`, which every task has "
    "for itself"
)
_FILL_FIRST = (
    "fill a local, and put it in the place of `{state}` by one assignment at the end; "
    "where readers keep the container itself, empty and fill it with no await in between"
)
"""For the form of AWA105 that has no test: a container is emptied, and filled again over suspensions."""


def refusal_of(finding: Finding) -> Refusal | None:
    """Give the refusal of a finding that no remedy is built for so far, or None if there is one."""
    if finding.rule == "AWA106":
        repair = _MODE
    elif finding.rule == "AWA105" and not finding.span.guards:
        repair = _FILL_FIRST
    else:
        return None
    by_hand = repair.format(state=finding.state)
    return Refusal("no-remedy-yet", f"no remedy is built for {finding.name} yet; by hand: {by_hand}")
