"""What is said about a program that is refused: how it is asked and run, and what the repair would have made."""

# ruff: noqa: ANN401 -- the programs under test are loaded as text, so nothing is known of their objects

from __future__ import annotations

import itertools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from explorer import Ending, Faults, Scenario, World
from scenarios import SCENARIOS, product

Harm = Literal["schedule", "alone", "import"]
"""Where a wrong repair shows: on some schedule of several tasks, to one task that is alone, or when it is imported."""

_REMEDIES = ("hoist", "swap", "recheck", "widen", "lock", "split", "snapshot", "setdefault", "single-flight")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One program for one code.

    text: the program; or `fixture`, the path of one below ``fixtures/``, which brings its scenario with it.
    tasks, state: expressions in the program's own terms; with more tasks than expressions it goes round.
    only: the remedy whose answer is wanted, all others being forbidden; where nothing is given, what is said anyway.
    ignore: a rule that is not asked, since its finding would take the place of the one that is meant.
    by_key: whether locks for each key are asked for.
    project: the ``pyproject.toml`` of the program.

    instead: old and new pieces of the text, which make of it what the refused repair would have written.
    harm: where that shows. Nothing where the reason is one of form: then the program has the bug, and that is shown.
    tasks_then: the tasks that show it, where those that show the bug do not.
    faults: the injected fault that it takes to see it.
    invariant: as in `explorer.Scenario`.
    """

    text: str = ""
    fixture: str = ""
    tasks: tuple[str, ...] = ()
    state: str = "None"
    only: str = ""
    by_key: bool = False
    ignore: str = ""
    project: str = ""
    instead: tuple[tuple[str, str], ...] = ()
    harm: Harm | None = None
    tasks_then: tuple[str, ...] = ()
    faults: Faults = None
    invariant: Callable[[Ending], bool] | None = None

    @property
    def before(self) -> str:
        """The program as it stands."""
        return product.before(self.fixture) if self.fixture else self.text.lstrip("\n")

    @property
    def repaired(self) -> str:
        """What the refused repair would have made of it."""
        text = self.before
        for old, new in self.instead:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text

    @property
    def options(self) -> tuple[str, ...]:
        """What the command has to be told for the code to come."""
        forbidden = [f"no-{name}" for name in _REMEDIES if name != self.only]
        strategy = ("--strategy", ",".join(forbidden)) if self.only else ()
        ignored = ("--ignore", self.ignore) if self.ignore else ()
        return (*strategy, *ignored, *(("--lock-granularity", "key") if self.by_key else ()))

    def scenario(self, name: str, *, repaired: bool = False) -> Scenario:
        """Make the explorer's scenario of the program, or of the repaired one; `name` is how messages call it."""
        if self.fixture:
            return SCENARIOS[self.fixture].scenario(name)
        tasks = self.tasks_then if repaired and self.tasks_then else self.tasks

        def setup(module: ModuleType, count: int) -> World:
            def task(words: str) -> Callable[[], Coroutine[Any, Any, Any]]:
                return lambda: _value(words, module)

            ring = itertools.islice(itertools.cycle(tasks), count)
            return World([task(words) for words in ring], observe=lambda: _value(self.state, module))

        return Scenario(name, setup, invariant=self.invariant)


@dataclass(frozen=True, slots=True)
class Given:
    """A code that no program can show by itself: what gives it is a fault of the repair, or of the world around it.

    test: where it is given all the same, as in ``tests/engine/test_fix.py::test_x``.
    why: what would have to be wrong for a user to see it.
    """

    test: str
    why: str


def _value(words: str, module: ModuleType) -> Any:
    return eval(words, module.__dict__)
