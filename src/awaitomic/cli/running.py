"""Calls the engine for a command, and turns a path that does not exist into wrong usage."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from awaitomic.cli.progress import progress

if TYPE_CHECKING:
    from awaitomic.cli.options import Common
    from awaitomic.engine.mending import Mend
    from awaitomic.engine.outcome import Run


def run_engine(
    common: Common, *, repair: bool = False, write: bool = False, diffs: bool = False, mend: Mend | None = None
) -> Run:
    """Run the engine over the paths or over standard input.

    Parameters: `repair` applies fixes, and `write` writes them (never for standard input); `diffs` fills in the diff
    of every single fix; `mend` says how files are repaired, if not all at once. Raises `click.UsageError` for a path
    that does not exist, and for a wrong table that is nearer to some file than that of the first path.
    """
    from awaitomic.config import ConfigError  # noqa: PLC0415 - not for --help and --version
    from awaitomic.engine import run  # noqa: PLC0415 - as above
    from awaitomic.source.text import display_path  # noqa: PLC0415 - as above

    if common.reads_stdin:
        name = common.stdin_name if common.stdin_name == "-" else display_path(common.stdin_name)
        return run.run_on_text(common.stdin, name, common.settings, repair=repair, diffs=diffs)
    try:
        with progress(quiet=common.streams.quiet):
            if repair:
                return run.fix(common.paths, common.settings, write=write, mend=mend, cached=common.use_cache)
            return run.check(common.paths, common.settings, diffs=diffs, cached=common.use_cache)
    except run.MissingPath as error:
        raise click.UsageError(error.message) from error
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
