"""The Python API: what the command line does, for programs.

Nothing is printed, nothing but what is returned; settings come from the arguments and, for paths, from the nearest
``pyproject.toml`` with a ``[tool.awaitomic]`` table, as on the command line.

    >>> from awaitomic import check_paths
    >>> for finding in check_paths(["src"]).findings:
    ...     print(finding.path, finding.extent.line, finding.rule, finding.message)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from awaitomic.config import ConfigError, Overrides, Settings, load, parse_confidence, parse_granularity
from awaitomic.engine.fix import fix_text
from awaitomic.engine.run import MissingPath, check
from awaitomic.source.prefilter import may_matter
from awaitomic.source.text import SourceText, Unreadable

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from awaitomic.model.finding import Finding, Report

__all__ = ["ConfigError", "FixedSource", "MissingPath", "Unreadable", "check_paths", "fix_source"]


@dataclass(frozen=True, slots=True)
class FixedSource:
    """What `fix_source` made of a text."""

    text: str
    """The new text; the old one if nothing was applied."""
    applied: tuple[Finding, ...]
    """What was repaired, in the order in which it was done; each has its `fix`."""
    remaining: tuple[Finding, ...]
    """What is still found in the new text; each has a `fix` that was not asked for, or a `refusal`."""


def check_paths(
    paths: Iterable[str | os.PathLike[str]],
    *,
    confidence: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    jobs: int = 1,
    isolated: bool = False,
) -> Report:
    """Analyse files and trees, as ``awaitomic check`` does.

    `paths` are files and directories. `confidence` is the lowest to report: ``certain``, ``likely`` or ``possible``;
    None for what the configuration says, or else ``likely``. `select` holds rule codes or beginnings of them, instead
    of those of the configuration (none: these), and `ignore` those that are left out too. `jobs` is the number of
    processes; with more than one, the calling program has to guard its main module (``if __name__ == "__main__"``), as
    for `multiprocessing`. With `isolated`, no configuration is read.

    Returns the report: findings in order, each with its `fix` or `refusal`; files that could not be analysed, because
    of themselves or of a fault of awaitomic, are in its `errors`.

    Raises `MissingPath` for a path that does not exist, `ConfigError` if the configuration or a rule code given here is
    wrong, and `ValueError` if there is no such confidence.
    """
    named = [Path(path) for path in paths]
    overrides = Overrides(
        select=tuple(select) or None,
        ignore=tuple(ignore) or None,
        confidence=None if confidence is None else parse_confidence(confidence),
        jobs=jobs,
    )
    settings = load(named[0] if named else Path(), overrides, isolated=isolated)
    return check(named, settings).report


def fix_source(
    text: str,
    *,
    filename: str = "<string>",
    unsafe_fixes: bool = False,
    confidence: str = "likely",
    select: Sequence[str] = ("ALL",),
    ignore: Sequence[str] = (),
    lock_granularity: str = "object",
) -> FixedSource:
    """Repair one module's text, as ``awaitomic fix`` does; no configuration is read, and no file is written.

    `text` is the source, whose line ends are kept; `filename` is how findings name it. With `unsafe_fixes`, fixes
    marked unsafe are applied too. `confidence` is the lowest at which something is reported and repaired; `select` and
    `ignore` hold rule codes or beginnings of them. With the `lock_granularity` ``key``, a new lock for the entries of a
    table is one for each key.

    Raises `Unreadable` if the text does not parse, `ConfigError` if a rule code is wrong, and `ValueError` if there is
    no such confidence or granularity.
    """
    raw = text.encode("utf-8", "surrogatepass")
    if not may_matter(raw):
        return FixedSource(text, (), ())
    overrides = Overrides(
        select=tuple(select),
        ignore=tuple(ignore) or None,
        confidence=parse_confidence(confidence),
        unsafe_fixes=unsafe_fixes,
        lock_granularity=parse_granularity(lock_granularity),
    )
    settings: Settings = load(Path(), overrides, isolated=True)
    result = fix_text(SourceText(filename, raw, text), settings)
    return FixedSource(result.text, tuple(fix.finding for fix in result.applied), result.remaining)
