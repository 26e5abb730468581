"""`awaitomic clean`: removes what earlier runs have kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from awaitomic.cli.options import CACHE_DIR_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command(short_help="Remove what earlier runs have kept (the caches).")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    envvar=CACHE_DIR_VARIABLE,
    show_envvar=True,
    help="Remove what was kept there.",
)
@click.option("-q", "--quiet", is_flag=True, help="Nothing on standard error but errors.")
def clean(paths: tuple[Path, ...], cache_dir: Path | None, quiet: bool) -> None:
    """Remove the caches of the projects at PATHS (default: the current directory), and of those below.

    With --cache-dir, or a cache-dir in the configuration, what awaitomic keeps there goes, too. Nothing else does.
    """
    from awaitomic.cache.place import Place

    found = False
    for folder in dict.fromkeys(_folders(paths or (Path(),), cache_dir)):
        try:
            removed = Place(folder).clean()
        except OSError as error:
            raise click.FileError(error.filename or folder, error.strerror) from error
        found |= removed
        if removed and not quiet:
            click.echo(f"removed {click.format_filename(folder)}", err=True)
    if not found and not quiet:
        click.echo("there is no cache here", err=True)


def _folders(paths: tuple[Path, ...], chosen: Path | None) -> Iterator[str]:
    """Give the folders in which there may be a cache."""
    from awaitomic.cache.place import NAME, Place
    from awaitomic.config import ConfigError, load
    from awaitomic.source.project import project_root

    if chosen is not None:
        yield os.path.abspath(chosen)  # noqa: PTH100 - as below
    for path in paths:
        try:
            settings = load(path)
        except ConfigError as error:
            raise click.UsageError(str(error)) from error
        place = Place.of_project(project_root(path / "module.py" if path.is_dir() else path), settings)
        if place is not None:
            yield place.directory
        for folder, names, _ in os.walk(path):
            if NAME in names:
                yield os.path.abspath(Path(folder, NAME))  # noqa: PTH100 - resolve() would follow links
            names[:] = [name for name in names if name not in {NAME, ".git", "node_modules"}]
