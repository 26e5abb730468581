"""The settings of one file, and the one table of everything that can be set."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from awaitomic.config import kinds
from awaitomic.config.keys import declared, key
from awaitomic.config.words import (
    check_lock_name,
    check_suffix,
    parse_confidence,
    parse_granularity,
    parse_precondition,
)
from awaitomic.knowledge.codes import RULE_NAMES, UNREADABLE
from awaitomic.model.conventions import Conventions, Naming, Precondition
from awaitomic.model.finding import Confidence
from awaitomic.model.focus import EVERYTHING, Focus
from awaitomic.model.preferences import Granularity, Preferences, Strategy

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_EXCLUDE = (
    ".awaitomic_cache",
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pyenv",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    "*.egg-info",
    "__pycache__",
    "__pypackages__",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
"""What is never the user's own source, whatever ``.gitignore`` says."""

PerFile = kinds.PerFile


class Tables(Protocol):
    """Finds the table that holds for a file."""

    def at(self, path: str | Path) -> Settings:
        """Give the settings for a file or folder; raises `awaitomic.config.errors.ConfigError`."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; field names are the configuration's keys with ``_`` for ``-``.

    `root` is the directory that patterns are relative to (None: the current directory). `jobs` is None for one per
    processor. Selections hold rule codes, beginnings of codes, or ``ALL``. A field that is declared with `key` is a key
    of ``[tool.awaitomic]``, and nothing else is one.
    """

    root: Path | None = None
    extend: str | None = key(
        None,
        kinds.Text("a path"),
        "Another TOML file with a `[tool.awaitomic]` table that this one builds on; relative to the file it stands in.",
        example='"../pyproject.toml"',
        absent="nothing",
    )
    required_version: str | None = key(
        None,
        kinds.VERSIONS,
        "Which versions of awaitomic may run with this table; another one ends with an error.",
        example='">=0.1,<0.3"',
        absent="any",
    )
    exclude: tuple[str, ...] = key(
        DEFAULT_EXCLUDE,
        kinds.PathPatterns(),
        "Files and folders that are left out.",
        example='["vendor", "src/generated/*.py"]',
        option="--exclude",
    )
    extend_exclude: tuple[str, ...] = key(
        (),
        kinds.PathPatterns(),
        "More files and folders that are left out.",
        example='["vendor"]',
        adds=True,
        option="--extend-exclude",
    )
    force_exclude: bool = key(
        True,
        kinds.Flag(),
        "Whether exclusions hold for paths that are named on the command line, too.",
        example="false",
        option="--force-exclude",
    )
    respect_gitignore: bool = key(
        True,
        kinds.Flag(),
        "Whether to leave out what git ignores.",
        example="false",
        option="--respect-gitignore",
    )
    select: tuple[str, ...] = key(
        ("ALL",),
        kinds.Codes(),
        "The rules that are looked for: codes, beginnings of codes, or `ALL`.",
        example='["AWA1", "AWA301"]',
        ends=("ignore", "extend-select"),
        option="--select",
    )
    ignore: tuple[str, ...] = key(
        (),
        kinds.Codes(),
        "Rules that are left out; where an entry here and one of `select` fit a rule, the longer one counts.",
        example='["AWA103"]',
        option_adds=True,
        option="--ignore",
    )
    extend_select: tuple[str, ...] = key(
        (),
        kinds.Codes(),
        "More rules that are looked for.",
        example='["AWA302"]',
        adds=True,
        option="--extend-select",
    )
    per_file_ignores: PerFile = key(
        (),
        kinds.CodesByFile(),
        "Rules that are left out in some files.",
        example='{ "tests/**" = ["AWA1"] }',
        option="--per-file-ignores",
    )
    extend_per_file_ignores: PerFile = key(
        (),
        kinds.CodesByFile(),
        "More rules that are left out in some files.",
        example='{ "scripts/*.py" = ["ALL"] }',
        adds=True,
        option="--extend-per-file-ignores",
    )
    confidence: Confidence = key(
        Confidence.LIKELY,
        kinds.Choice(tuple(str(each) for each in reversed(Confidence)), parse_confidence),
        "The lowest confidence that is reported and repaired.",
        example='"certain"',
        option="--confidence",
    )
    unsafe_fixes: bool = key(
        False,
        kinds.Flag(),
        "Whether fixes that are marked *unsafe* are counted and applied, too.",
        example="true",
        option="--unsafe-fixes",
    )
    fixable: tuple[str, ...] = key(
        ("ALL",),
        kinds.Codes(),
        "The rules whose findings may be repaired; the fixes of others are shown.",
        example='["AWA101", "AWA301"]',
        ends=("unfixable",),
        option="--fixable",
    )
    unfixable: tuple[str, ...] = key(
        (),
        kinds.Codes(),
        "Rules whose findings may not be repaired; the longer entry counts, as with `ignore`.",
        example='["AWA105"]',
        option_adds=True,
        option="--unfixable",
    )
    strategy: tuple[Strategy, ...] = key(
        (),
        kinds.Strategies(),
        "Remedies to prefer (`lock`) or to forbid (`no-lock`), everywhere or for one rule (`AWA102:recheck`).",
        example='["AWA103:recheck", "no-lock"]',
        option="--strategy",
    )
    lock_granularity: Granularity = key(
        Granularity.OBJECT,
        kinds.Choice(tuple(str(each) for each in Granularity), parse_granularity),
        "Whether a new lock serves a whole table (`object`), or each of its keys has its own (`key`).",
        example='"key"',
        option="--lock-granularity",
    )
    baseline: str | None = key(
        None,
        kinds.FilePath(),
        "A file of findings that are known and not told of; `check --write-baseline` makes it.",
        example='"awaitomic-baseline.json"',
        option="--baseline",
        absent="none",
    )
    entry_points: tuple[str, ...] = key(
        (),
        kinds.Names(),
        "Decorators, base classes and registering calls: what they mark runs in a task for each request.",
        example='["my_framework.handler"]',
    )
    single_owner: tuple[str, ...] = key(
        (),
        kinds.Names(),
        "Classes whose instances belong to one task at a time.",
        example='["Walker"]',
    )
    lock_types: tuple[str, ...] = key(
        (),
        kinds.Names(),
        "Classes and factories of locks that awaitomic does not know: what they make keeps others out.",
        example='["my_library.Turnstile", "redis_lock"]',
    )
    serialising_decorators: tuple[str, ...] = key(
        (),
        kinds.Names(),
        "Decorators that let one call at a time run: what they decorate counts as locked.",
        example='["one_at_a_time"]',
    )
    locked_suffix: str | None = key(
        None,
        kinds.Text("a string", check_suffix, r"^\w+$"),
        "How the names of functions end that a split makes for callers which hold the lock.",
        example='"_unlocked"',
        absent="as the file does it, or else `_locked`",
    )
    locked_precondition: Precondition = key(
        Precondition.NONE,
        kinds.Choice(tuple(str(each) for each in Precondition), parse_precondition),
        "Whether such a function begins with `assert self._lock.locked()`, or raises if it is not locked.",
        example='"assert"',
    )
    lock_name: str | None = key(
        None,
        kinds.Text("a name", check_lock_name, r"^[\w{}]+$"),
        "The name of new locks, with `{state}` for what they are for; where it is taken, there is no fix.",
        example='"_{state}_mutex"',
        absent="`_lock`, or `_{state}_lock` where that is taken",
    )
    jobs: int | None = key(
        None,
        kinds.Number(),
        "How many processes work at once.",
        example="4",
        option="--jobs",
        absent="one per processor",
    )
    cache_dir: str | None = key(
        None,
        kinds.Folder(),
        "Where results are kept for the next run; relative to the file it stands in.",
        example='"~/.cache/awaitomic"',
        option="--cache-dir",
        absent="`.awaitomic_cache` in the root of each project",
    )
    focus: Focus = field(default=EVERYTHING, hash=False)
    """What is left alone although it is found, in all files of a run: a baseline and git say it as the run begins."""
    tables: Tables | None = field(default=None, compare=False, repr=False)
    """What finds the settings of other files; None if these hold for all. Whoever replaces another field than `focus`
    for a whole run has to set this to None, too: else `at` gives what the tables say."""

    @property
    def preferences(self) -> Preferences:
        """What is said here about repairs that are all right, as the remedies want it."""
        shown_only = frozenset(code for code in RULE_NAMES if not self.may_fix(code))
        return Preferences(self.lock_granularity, self.strategy, shown_only)

    @property
    def conventions(self) -> Conventions:
        """What is said here about the user's own frameworks and classes, as the analysis wants it."""
        naming = Naming(self.locked_suffix or "", self.locked_precondition, self.lock_name or "")
        return Conventions(
            frozenset(self.entry_points),
            frozenset(self.single_owner),
            frozenset(self.lock_types),
            frozenset(self.serialising_decorators),
            naming,
        )

    @property
    def baseline_path(self) -> str | None:
        """The absolute path of the baseline, if there is one."""
        if not self.baseline:
            return None
        root = os.path.abspath(self.root or ".")  # noqa: PTH100 - links are not followed: it is the path that the table means
        return os.path.normpath(os.path.join(root, self.baseline))  # noqa: PTH118 - a plain string, as all paths here are

    def selected(self, code: str) -> bool:
        """Say whether a rule is selected: the longest matching entry wins, and `ignore` among equally long ones.

        That a file cannot be read is always selected, as by ``ALL``: only who ignores it is not told.
        """
        always = ("ALL",) if code == UNREADABLE else ()
        chosen = _longest_match(code, (*self.select, *self.extend_select, *always))
        return chosen > _longest_match(code, self.ignore)

    def may_fix(self, code: str) -> bool:
        """Say whether a rule's findings may be repaired: as `selected`, with `fixable` and `unfixable`."""
        return _longest_match(code, self.fixable) > _longest_match(code, self.unfixable)

    def at(self, path: str | Path) -> Settings:
        """Give the settings for a file or folder of the same run, which may have a nearer table than the first one.

        Raises `awaitomic.config.errors.ConfigError` if that table is wrong.
        """
        if self.tables is None:
            return self
        found = self.tables.at(path)
        return found if self.focus.is_all else replace(found, focus=self.focus)


def _longest_match(code: str, entries: Iterable[str]) -> int:
    """Give the length of the longest entry that selects `code` (ALL: 0), or -1."""
    lengths = (0 if entry == "ALL" else len(entry) for entry in entries if entry == "ALL" or code.startswith(entry))
    return max(lengths, default=-1)


KEYS = declared(fields(Settings))
"""All keys of ``[tool.awaitomic]``, in the order in which people are told of them."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line gave; None for what it did not mention.

    `select` replaces all selections of the configuration, its `ignore` included, and `fixable` its `unfixable`;
    `ignore` and `unfixable` add to it, as do the options that begin with ``extend``; everything else replaces its
    counterpart. Patterns and paths are relative to the current directory; an empty `baseline` is none.
    """

    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] | None = None
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] | None = None
    per_file_ignores: PerFile | None = None
    extend_per_file_ignores: PerFile | None = None
    confidence: Confidence | None = None
    unsafe_fixes: bool | None = None
    jobs: int | None = None
    cache_dir: str | None = None
    respect_gitignore: bool | None = None
    force_exclude: bool | None = None
    lock_granularity: Granularity | None = None
    strategy: tuple[Strategy, ...] | None = None
    fixable: tuple[str, ...] | None = None
    unfixable: tuple[str, ...] | None = None
    baseline: str | None = None

    def given(self) -> dict[str, Any]:
        """Give what was mentioned, by the names of the keys."""
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name.replace("_", "-"): value for name, value in values if value is not None}
