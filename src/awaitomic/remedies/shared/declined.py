"""How a decision deep inside a remedy becomes its refusal: raised where the reason is seen, caught around `propose`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.finding import Refusal
from awaitomic.program import Program
from awaitomic.source.project import is_test

P = ParamSpec("P")
T = TypeVar("T")


class Declined(Exception):  # noqa: N818 - no fault of the program: the remedy says that it does not suit
    """A remedy does not suit a case; `refusal` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message)


def or_refusal(decide: Callable[P, T]) -> Callable[P, T | Refusal]:
    """Let a function give the refusal where it, or what it asks, has declined."""

    @wraps(decide)
    def decided(*args: P.args, **named: P.kwargs) -> T | Refusal:
        try:
            return decide(*args, **named)
        except Declined as declined:
            return declined.refusal

    return decided


def check_reach(program: Program, function: FunctionGraph) -> None:
    """Refuse to change a function of another file if that is not a plain part of the project.

    Raises:
        Declined: ``other-file``.
    """
    if not program.is_here(function) and is_test(function.module) and not is_test(program.unit.name):
        check_here(program, function)


def check_here(program: Program, function: FunctionGraph) -> None:
    """Refuse to change a function that stands in another file than the bug.

    Raises:
        Declined: ``other-file``.
    """
    if not program.is_here(function):
        line = getattr(function.node, "lineno", 1)
        where = f"{program.path_of(function)}, line {line}"
        raise Declined("other-file", f"`{function.qualname}` ({where}) would have to change, too")
