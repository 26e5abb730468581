"""Calls the engine for a command, and turns a path that does not exist into wrong usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awaitomic.cli.progress import progress

if TYPE_CHECKING:
    from awaitomic.cli.options import Common
    from awaitomic.engine.baselines import Acceptance
    from awaitomic.engine.mending import Mend
    from awaitomic.engine.outcome import Run


def run_engine(
    common: Common,
    *,
    repair: bool = False,
    write: bool = False,
    diffs: bool = False,
    mend: Mend | None = None,
    acceptance: Acceptance | None = None,
    reason: str | None = None,
) -> Run:
    """Run the engine over the paths or over standard input.

    Parameters: `repair` applies fixes, and `write` writes them (never for standard input); `diffs` fills in the diff of
    every single fix; `mend` says how files are repaired, if not all at once; `acceptance` names a baseline that is to
    be written; with a `reason`, what is found is suppressed by comments. Raises `click.UsageError` for a path that does
    not exist, for what git does not know, for a baseline that cannot be read, and for a wrong table that is nearer to
    some file than that of the first path.
    """
    from awaitomic.config import ConfigError
    from awaitomic.engine import run
    from awaitomic.engine.changed import touching
    from awaitomic.source.changes import GitFailed
    from awaitomic.source.text import display_path

    try:
        if common.reads_stdin:
            name = common.stdin_name if common.stdin_name == "-" else display_path(common.stdin_name)
            return run.run_on_text(common.stdin, name, common.settings, repair=repair, diffs=diffs)
        settings = common.settings if common.since is None else touching(common.settings, common.paths, common.since)
        with progress(quiet=common.streams.quiet):
            if reason is not None:
                return run.add_ignores(common.paths, settings, reason)
            if repair:
                return run.fix(common.paths, settings, write=write, mend=mend, cached=common.use_cache)
            return run.check(common.paths, settings, diffs=diffs, acceptance=acceptance, cached=common.use_cache)
    except GitFailed as failed:
        message = f"--since and --changed: {failed.message}"
        raise click.UsageError(message) from failed
    except run.MissingPath as error:
        raise click.UsageError(error.message) from error
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
