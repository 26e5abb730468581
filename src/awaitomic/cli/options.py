"""The options that `check` and `fix` share, and what they say together: settings, streams and looks of one run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from awaitomic.cli.outputs import Outputs, read_outputs
from awaitomic.cli.standard import check_folder, read_stdin
from awaitomic.cli.streams import Streams
from awaitomic.cli.values import codes_by_file
from awaitomic.cli.words import Choice, Codes, Remedies
from awaitomic.report.formats import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from awaitomic.config import Overrides, Settings

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")

STDIN = "-"
CACHE_DIR_VARIABLE = "AWAITOMIC_CACHE_DIR"
PerFile = tuple[tuple[str, tuple[str, ...]], ...]


class Given(TypedDict):
    """The values of the shared options, as click hands them over; None is an option that was not given."""

    paths: tuple[str, ...]
    select: tuple[tuple[str, ...], ...]
    ignore: tuple[tuple[str, ...], ...]
    extend_select: tuple[tuple[str, ...], ...]
    fixable: tuple[tuple[str, ...], ...]
    unfixable: tuple[tuple[str, ...], ...]
    per_file_ignores: tuple[PerFile, ...]
    extend_per_file_ignores: tuple[PerFile, ...]
    confidence: str | None
    unsafe_fixes: bool | None
    lock_granularity: str | None
    strategy: tuple[tuple[str, ...], ...]
    output_format: str
    output_file: tuple[str, ...]
    exclude: tuple[tuple[str, ...], ...]
    extend_exclude: tuple[tuple[str, ...], ...]
    force_exclude: bool | None
    respect_gitignore: bool | None
    config: Path | None
    isolated: bool
    no_cache: bool
    cache_dir: str | None
    jobs: int | None
    stdin_filename: str | None
    baseline: str | None
    no_baseline: bool
    since: str | None
    changed: bool
    statistics: bool
    exit_zero: bool
    quiet: bool
    verbose: bool
    color: str


def comma_separated(value: str) -> tuple[str, ...]:
    """Split ``A, B`` into its words."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


_OPTIONS = (
    click.argument("paths", nargs=-1, type=click.Path(readable=False), metavar="[PATHS]..."),
    click.option("--select", type=Codes(), multiple=True, metavar="CODES", help="Only these rules."),
    click.option("--ignore", type=Codes(), multiple=True, metavar="CODES", help="Not these rules."),
    click.option("--extend-select", type=Codes(), multiple=True, metavar="CODES", help="These rules too."),
    click.option(
        "--fixable",
        type=Codes(),
        multiple=True,
        metavar="CODES",
        help="Repair only findings of these rules; the fixes of others are shown.",
    ),
    click.option(
        "--unfixable",
        type=Codes(),
        multiple=True,
        metavar="CODES",
        help="Repair no findings of these rules; their fixes are shown.",
    ),
    click.option(
        "--per-file-ignores",
        type=codes_by_file,
        multiple=True,
        metavar="PATTERN:CODES",
        help="Not these rules in these files, instead of what the configuration says.",
    ),
    click.option(
        "--extend-per-file-ignores",
        type=codes_by_file,
        multiple=True,
        metavar="PATTERN:CODES",
        help="Not these rules in these files, either.",
    ),
    click.option(
        "--confidence",
        type=Choice(["certain", "likely", "possible"]),
        help="The lowest confidence to report.  [default: likely]",
    ),
    click.option(
        "--unsafe-fixes/--no-unsafe-fixes",
        default=None,
        help="Count and apply fixes that are marked unsafe too: read what each one changes.",
    ),
    click.option(
        "--lock-granularity",
        type=Choice(["object", "key"]),
        help="Whether a new lock serves a whole table, or each of its keys has its own.  [default: object]",
    ),
    click.option(
        "--strategy",
        type=Remedies(),
        multiple=True,
        metavar="REMEDIES",
        help="Prefer these remedies (lock), forbid them (no-lock), or do so for one rule (AWA102:recheck).",
    ),
    click.option(
        "--output-format",
        type=Choice(FORMATS),
        default="text",
        show_default=True,
        help="For people (text, concise, and hook: briefly, with what to do next), or for a program.",
    ),
    click.option(
        "--output-file",
        multiple=True,
        metavar="[FORMAT=]FILE",
        help="Write what would go to standard output to FILE; FORMAT=FILE is one more report, and can be repeated.",
    ),
    click.option(
        "--exclude",
        type=comma_separated,
        multiple=True,
        metavar="PATTERNS",
        help="Leave out these, not the default.",
    ),
    click.option(
        "--extend-exclude", type=comma_separated, multiple=True, metavar="PATTERNS", help="Leave these out too."
    ),
    click.option(
        "--force-exclude/--no-force-exclude",
        default=None,
        help="Whether exclusions hold for paths that are named.  [default: they do]",
    ),
    click.option(
        "--respect-gitignore/--no-respect-gitignore",
        default=None,
        help="Whether to leave out what git ignores.  [default: it is left out]",
    ),
    click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Read [tool.awaitomic] from this file, not from the nearest pyproject.toml.",
    ),
    click.option(
        "--baseline",
        type=click.Path(dir_okay=False),
        metavar="FILE",
        help="Say nothing of the findings in this file, which check --write-baseline has made.",
    ),
    click.option("--no-baseline", is_flag=True, help="Read no baseline, whatever the configuration says."),
    click.option(
        "--since",
        metavar="REV",
        help="Only findings whose trace touches a line that has changed since this commit (from the merge base with it "
        "to the files as they are).",
    ),
    click.option("--changed", is_flag=True, help="Only findings whose trace touches a line that is not committed yet."),
    click.option("--isolated", is_flag=True, help="Read no configuration."),
    click.option("--no-cache", is_flag=True, help="Neither look results up nor keep them for the next run."),
    click.option(
        "--cache-dir",
        type=click.Path(file_okay=False),
        envvar=CACHE_DIR_VARIABLE,
        show_envvar=True,
        help="Keep results here.  [default: .awaitomic_cache in the project's root]",
    ),
    click.option(
        "--jobs", type=click.IntRange(min=1), metavar="N", help="Processes to use.  [default: one per processor]"
    ),
    click.option("--stdin-filename", metavar="FILE", help="What to call standard input, if PATHS is -."),
    click.option("--statistics", is_flag=True, help="Count by rule what was found, fixed and refused."),
    click.option("--exit-zero", is_flag=True, help="End with 0 even if there are findings."),
    click.option("-q", "--quiet", is_flag=True, help="Nothing on standard error but errors."),
    click.option("-v", "--verbose", is_flag=True, help="Say what was done, and show tracebacks of internal faults."),
    click.option(
        "--color",
        type=Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colour; auto follows NO_COLOR, FORCE_COLOR and whether the output is a terminal.",
    ),
)


def common_options(command: F) -> F:
    """Add the options that `check` and `fix` share, in the order in which the help lists them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Common:
    """What the shared options say."""

    paths: tuple[str, ...]
    settings: Settings
    streams: Streams
    outputs: Outputs
    statistics: bool
    exit_zero: bool
    verbose: bool
    since: str | None
    """The commit since which something has to have changed."""
    baseline: str | None
    """The baseline that the command line names."""
    stdin_name: str
    use_cache: bool
    stdin: bytes
    """What was read from standard input, if that is what there is to work on."""

    @property
    def hook(self) -> bool:
        """Whether this is the screen of a hook: few lines, and commands to go on with."""
        return self.outputs.format == "hook"

    @property
    def reads_stdin(self) -> bool:
        """Whether the source comes from standard input."""
        return self.paths == (STDIN,)


def common(given: Given) -> Common:
    """Put the values of the shared options together, with the configuration.

    Raises `click.UsageError` (exit code 2) for options that exclude each other and for a wrong configuration.
    """
    check_folder()
    paths: tuple[str, ...] = given["paths"] or (".",)
    if STDIN in paths and len(paths) > 1:
        raise click.UsageError("- (standard input) cannot be combined with other paths.")
    if given["stdin_filename"] and STDIN not in paths:
        raise click.UsageError("--stdin-filename is only for standard input: give - as the path.")
    if given["changed"] and given["since"] is not None:
        raise click.UsageError("--since and --changed exclude each other.")
    if given["no_baseline"] and given["baseline"] is not None:
        raise click.UsageError("--baseline and --no-baseline exclude each other.")
    since = "HEAD" if given["changed"] else given["since"]
    if since is not None and STDIN in paths:
        raise click.UsageError("--since and --changed are about files that git knows, not about standard input.")
    if given["quiet"] and given["verbose"]:
        raise click.UsageError("--quiet and --verbose exclude each other.")
    outputs = read_outputs(given["output_format"], given["output_file"], paths)
    outputs.check_other("--baseline", given["baseline"])
    return Common(
        paths=paths,
        settings=_settings(paths, given),
        streams=Streams(outputs.file, given["color"], quiet=given["quiet"]),
        outputs=outputs,
        statistics=given["statistics"],
        exit_zero=given["exit_zero"],
        verbose=given["verbose"],
        since=since,
        baseline=given["baseline"],
        stdin_name=given["stdin_filename"] or STDIN,
        use_cache=not given["no_cache"],
        stdin=read_stdin() if STDIN in paths else b"",
    )


def _settings(paths: tuple[str, ...], given: Given) -> Settings:
    from awaitomic.config import ConfigError, load

    first = paths[0] if paths[0] != STDIN else given["stdin_filename"] or "."
    try:
        return load(Path(first), overrides_of(given), config=given["config"], isolated=given["isolated"])
    except ConfigError as error:
        raise click.UsageError(str(error)) from error


def overrides_of(given: Given) -> Overrides:
    """Give what the options say about the settings; raises `click.UsageError`."""
    if given["config"] and given["isolated"]:
        raise click.UsageError("--config and --isolated exclude each other.")
    from awaitomic.config import (
        Overrides,
        parse_confidence,
        parse_granularity,
        parse_strategy,
    )

    try:
        strategy = tuple(parse_strategy(word) for word in _joined(given["strategy"]) or ())
    except ValueError as error:
        message = f"--strategy: {error}"
        raise click.UsageError(message) from error
    return Overrides(
        exclude=_joined(given["exclude"]),
        extend_exclude=_joined(given["extend_exclude"]),
        select=_joined(given["select"]),
        ignore=_joined(given["ignore"]),
        extend_select=_joined(given["extend_select"]),
        fixable=_joined(given["fixable"]),
        unfixable=_joined(given["unfixable"]),
        baseline="" if given["no_baseline"] else given["baseline"],
        per_file_ignores=_joined(given["per_file_ignores"]),
        extend_per_file_ignores=_joined(given["extend_per_file_ignores"]),
        confidence=parse_confidence(given["confidence"]) if given["confidence"] else None,
        unsafe_fixes=given["unsafe_fixes"],
        jobs=given["jobs"],
        cache_dir=given["cache_dir"],
        respect_gitignore=given["respect_gitignore"],
        force_exclude=given["force_exclude"],
        lock_granularity=parse_granularity(given["lock_granularity"]) if given["lock_granularity"] else None,
        strategy=strategy or None,
    )


def _joined(values: tuple[tuple[T, ...], ...]) -> tuple[T, ...] | None:
    """Join the lists of an option that was given several times; None if it was not given."""
    return tuple(each for value in values for each in value) if values else None
