"""How a decision deep inside a remedy becomes its refusal: raised where the reason is seen, caught by `propose`."""

from __future__ import annotations

from awaitomic.model.finding import Refusal


class Declined(Exception):  # noqa: N818 - no fault of the program: the remedy says that it does not suit
    """A remedy does not suit a case; `refusal` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message)
