"""`awaitomic config`: which settings hold for a file, and where each came from."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from awaitomic.cli.options import STDIN, Given, common_options, overrides_of
from awaitomic.cli.streams import Streams


@click.command(short_help="Show which settings hold, and where each comes from.")
@common_options
@click.option("--schema", is_flag=True, help="Print the JSON schema of [tool.awaitomic], and nothing else.")
def config(*, schema: bool, **given: Unpack[Given]) -> None:
    """Show which settings hold for a file or folder, and where each value came from.

    It takes the options of check and fix, to show what they would do. PATHS is one path (default: the current
    directory), or - with --stdin-filename. The output is a table that could stand in pyproject.toml.
    """
    if schema:
        from awaitomic.config.schema import schema_text

        click.echo(schema_text(), nl=False)
        return
    path = _path(given)
    if given["output_format"] not in {"text", "json"}:
        message = f"config prints text or json, not {given['output_format']}."
        raise click.UsageError(message)
    Streams(None, given["color"], quiet=given["quiet"]).report(_report(path, given))


def _path(given: Given) -> str:
    """Give the one path that is asked about; raises `click.UsageError` if there are several, or there is none."""
    if len(given["paths"]) > 1:
        raise click.UsageError("config shows the settings for one path; give one.")
    path = given["paths"][0] if given["paths"] else "."
    if path == STDIN:
        return given["stdin_filename"] or "."
    if not Path(path).exists():
        message = f"{path} does not exist."
        raise click.UsageError(message)
    return path


def _report(path: str, given: Given) -> str:
    from awaitomic.config import ConfigError
    from awaitomic.config.loading import tables_for
    from awaitomic.report.settings import settings_json, settings_text
    from awaitomic.source.text import display_path

    try:
        tables = tables_for(overrides_of(given), config=given["config"], isolated=given["isolated"])
        file = tables.file_for(path)
        resolved = tables.resolve(file)
    except ConfigError as error:
        raise click.UsageError(str(error)) from error
    render = settings_json if given["output_format"] == "json" else settings_text
    shown = path if path == "." else display_path(path)
    return render(shown, display_path(file) if file is not None else None, resolved)
