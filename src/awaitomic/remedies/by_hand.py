"""What to do by hand where no remedy is built yet: the refusal says what maintainers do about such a bug."""

from __future__ import annotations

from awaitomic.model.finding import Finding, Refusal

_REPAIRS = {
    "AWA105": "take a lock over the test, the work and the write of `{state}`, which comes after the await, "
    "or let all callers await one shared task that is dropped if it fails",
    "AWA106": "give the value of `{state}` to what needs it as a parameter, or keep it in a `ContextVar`, "
    "which every task has for itself",
}
_FILL_FIRST = (
    "fill a local, and put it in the place of `{state}` by one assignment at the end; "
    "where readers keep the container itself, empty and fill it with no await in between"
)
"""For the form of AWA105 that has no test: a container is emptied, and filled again over suspensions."""


def refusal_of(finding: Finding) -> Refusal | None:
    """Give the refusal of a finding whose rule has no remedy so far, or None if its rule has one."""
    half_filled = finding.rule == "AWA105" and not finding.span.guards
    repair = _FILL_FIRST if half_filled else _REPAIRS.get(finding.rule)
    if repair is None:
        return None
    by_hand = repair.format(state=finding.state)
    return Refusal("no-remedy-yet", f"no remedy is built for {finding.name} yet; by hand: {by_hand}")
