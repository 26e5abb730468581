"""One exception for everything that can stop a plan, so that the engine can turn it into a refusal of the finding."""

from __future__ import annotations


class PatchRefused(Exception):  # noqa: N818 - a decision about one fix, not a fault of the program
    """A plan that was not carried out; nothing has been changed.

    `code` is stable and goes into reports (``position-mismatch``, ``gate-parse``, ``split-partial-region`` …);
    `message` says in one sentence what was in the way.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def position_mismatch(message: str) -> PatchRefused:
    """Return the refusal for a path or an extent that does not lead to what the plan says."""
    return PatchRefused("position-mismatch", message)
