"""What is to be done with each file of a run: what goes to the processes of the pool, and what comes back.

Nothing here imports the analysis before there is a file to analyse.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaitomic.config import Settings
    from awaitomic.engine.outcome import Outcome
    from awaitomic.source.trace import Taken


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with each file; it goes to the processes of the pool, so it holds plain data only."""

    settings: Settings
    repair: bool = False
    diffs: bool = False
    """Fill in the diff of every single fix (only without `repair`)."""
    reason: str | None = None
    """Suppress what is found by comments with this reason, instead of everything else."""
    named: tuple[str, ...] = ()
    """The paths that the user has named: only what they stand for may be changed."""
    traced: bool = False
    """Results are looked up and kept between runs, with what they rest on."""
    run: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Which run it belongs to: what a process has read of a project holds for one."""

    def __call__(self, path: str) -> Done:
        """Work on the file at `path`; what is wrong with it becomes an error in the outcome."""
        from awaitomic.engine.one_file import look_at  # noqa: PLC0415 - as the docstring of the module says

        return look_at(path, self)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one file, and what its process has asked of the project for it."""

    outcome: Outcome
    asked: Taken | None = None
    """If it was traced: what the outcome rests on."""
    keep: bool = False
    """Whether the outcome holds as long as the answers stay the same."""
