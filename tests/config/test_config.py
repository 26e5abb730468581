"""Settings: where they come from, how they add up, and what is said about a mistake."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from pathlib import Path

import pytest

from awaitomic import __version__
from awaitomic.config import DEFAULT_EXCLUDE, ConfigError, Overrides, Settings, load, parse_confidence, parse_strategy
from awaitomic.knowledge.codes import RULE_NAMES
from awaitomic.model.finding import Confidence
from awaitomic.model.preferences import Granularity, Strategy

EVERYTHING = """\
[project]
name = "x"

[tool.awaitomic]
exclude = ["gen"]
extend-exclude = ["vendored/*.py"]
select = ["AWA1", "AWA301"]
ignore = ["AWA103"]
extend-select = ["AWA2"]
confidence = "certain"
unsafe-fixes = true
jobs = 3
respect-gitignore = false
force-exclude = false
entry-points = ["house.endpoint"]
single-owner = ["Walker"]
lock-granularity = "key"
strategy = ["no-lock", "AWA102:recheck"]
extend-per-file-ignores = { "scripts/*.py" = ["ALL"] }
required-version = ">=0.1"

[tool.awaitomic.per-file-ignores]
"tests/**" = ["AWA1"]
"""


def write(folder: Path, text: str, name: str = "pyproject.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_every_key_is_read(tmp_path: Path) -> None:
    write(tmp_path, EVERYTHING)
    assert load(tmp_path) == Settings(
        root=tmp_path,
        exclude=("gen",),
        extend_exclude=("vendored/*.py",),
        select=("AWA1", "AWA301"),
        ignore=("AWA103",),
        extend_select=("AWA2",),
        per_file_ignores=(("tests/**", ("AWA1",)),),
        extend_per_file_ignores=(("scripts/*.py", ("ALL",)),),
        required_version=">=0.1",
        confidence=Confidence.CERTAIN,
        unsafe_fixes=True,
        jobs=3,
        respect_gitignore=False,
        force_exclude=False,
        entry_points=("house.endpoint",),
        single_owner=("Walker",),
        lock_granularity=Granularity.KEY,
        strategy=(Strategy("lock", forbidden=True), Strategy("recheck", rule="AWA102")),
    )


def test_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path, isolated=True)
    assert settings == Settings()
    assert settings.confidence is Confidence.LIKELY
    assert settings.exclude == DEFAULT_EXCLUDE
    assert all(settings.selected(code) for code in RULE_NAMES)
    write(tmp_path, "[tool.awaitomic]\n")
    assert load(tmp_path) == Settings(root=tmp_path)


def test_the_nearest_file_with_a_table_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "[tool.awaitomic]\njobs = 1\n")
    write(tmp_path / "a", "[tool.awaitomic]\njobs = 2\n")
    write(tmp_path / "a" / "b", "[tool.other]\njobs = 3\n")
    (tmp_path / "a" / "b" / "m.py").touch()
    for start in ("a", "a/b", "a/b/m.py", "a/b/missing.py"):
        settings = load(tmp_path / start)
        assert (settings.jobs, settings.root) == (2, tmp_path / "a")
    assert load(tmp_path / "a" / "..").jobs == 1
    monkeypatch.chdir(tmp_path / "a")
    assert load(Path()).root == tmp_path / "a"
    assert load(tmp_path / "a", isolated=True).jobs is None


def test_each_file_has_its_settings_unless_they_are_given_for_all(tmp_path: Path) -> None:
    write(tmp_path, "[tool.awaitomic]\njobs = 1\n")
    write(tmp_path / "a", "[tool.awaitomic]\njobs = 2\n")
    settings = load(tmp_path)
    assert settings.at(tmp_path / "a").jobs == 2
    assert pickle.loads(pickle.dumps(settings)).at(tmp_path / "a").jobs == 2
    assert replace(settings, jobs=3, tables=None).at(tmp_path / "a").jobs == 3
    assert Settings(jobs=4).at(tmp_path / "a").jobs == 4


def test_a_named_file_is_used_instead(tmp_path: Path) -> None:
    write(tmp_path, "[tool.awaitomic]\njobs = 1\n")
    other = write(tmp_path / "conf", "[tool.awaitomic]\njobs = 2\n", "other.toml")
    settings = load(tmp_path, config=other)
    assert (settings.jobs, settings.root) == (2, tmp_path / "conf")
    with pytest.raises(ConfigError, match=r"missing\.toml: cannot be read: No such file"):
        load(tmp_path, config=tmp_path / "missing.toml")
    with pytest.raises(ConfigError, match=r"has no \[tool\.awaitomic\] table"):
        load(tmp_path, config=write(tmp_path, "[tool.other]\n", "bare.toml"))


MISTAKES = {
    "unknown key": (
        "\n[tool.awaitomic]\nexlude = []\n",
        3,
        "unknown key `exlude` in [tool.awaitomic]; did you mean `exclude`?",
    ),
    "underscore": ("[tool.awaitomic]\nunsafe_fixes = true\n", 2, "did you mean `unsafe-fixes`?"),
    "unknown key like none": ("[tool.awaitomic]\nzzz = 1\n", 2, "unknown key `zzz` in [tool.awaitomic]"),
    "key of another table first": ("[tool.x]\nexlude = 1\n[tool.awaitomic]\n\nexlude = 1\n", 5, "unknown key"),
    "not a list": ('[tool.awaitomic]\nexclude = "gen"\n', 2, "`exclude` has to be a list of strings, not a string"),
    "not strings": ("[tool.awaitomic]\nselect = [1]\n", 2, "`select` has to be a list of strings only, not a number"),
    "not a boolean": ("[tool.awaitomic]\nunsafe-fixes = 1\n", 2, "has to be true or false, not a number"),
    "a boolean is no number": ("[tool.awaitomic]\njobs = true\n", 2, "`jobs` has to be a whole number, not a boolean"),
    "a part of a process": (
        "[tool.awaitomic]\njobs = 1.5\n",
        2,
        "`jobs` has to be a whole number, not a decimal number",
    ),
    "a key in a comment": ('[tool.awaitomic]\nselect = ["AWA1"] # {jobs = 3}\njobs = 0\n', 3, "has to be at least 1"),
    "an empty key": ('[tool.awaitomic]\n"" = 1\n', 2, "unknown key ``"),
    "no jobs": ("[tool.awaitomic]\njobs = 0\n", 2, "`jobs` has to be at least 1, not 0"),
    "unknown code": (
        '[tool.awaitomic]\nignore = []\nselect = [\n  "AWA1",\n  "AWA999",\n]\n',
        5,
        "`select`: unknown rule code `AWA999`",
    ),
    "mistyped code": ('[tool.awaitomic]\nselect = ["AWA11"]\n', 2, "did you mean `AWA101`?"),
    "code in small letters": ('[tool.awaitomic]\nignore = ["awa202"]\n', 2, "did you mean `AWA202`?"),
    "name for a code": ('[tool.awaitomic]\nignore = ["stale-write"]\n', 2, "did you mean `AWA101`?"),
    "empty code": ('[tool.awaitomic]\nselect = [""]\n', 2, "unknown rule code ``"),
    "half a family": ('[tool.awaitomic]\nselect = ["AW"]\n', 2, "unknown rule code `AW`"),
    "confidence": (
        '[tool.awaitomic]\nconfidence = "likley"\n',
        2,
        "one of certain, likely, possible; did you mean `likely`?",
    ),
    "confidence type": ("[tool.awaitomic]\nconfidence = 2\n", 2, "`confidence` has to be a string, not a number"),
    "per file": ("[tool.awaitomic]\nper-file-ignores = []\n", 2, "has to be a table from patterns to lists of codes"),
    "per file codes": ('[tool.awaitomic.per-file-ignores]\n"a.py" = ["X"]\n', 2, "`a.py`: unknown rule code `X`"),
    "date": ("[tool.awaitomic]\nexclude = 2020-01-01\n", 2, "not a date or time"),
    "not a table": ("[tool]\nawaitomic = 3\n", 2, "[tool.awaitomic] has to be a table, not a number"),
    "the name of a key as a value": (
        '[tool.awaitomic]\nselect = ["AWA1"] # ignore\nignore = 1\n',
        3,
        "`ignore` has to be",
    ),
    "a comment that names the key": ("[tool.awaitomic]\n# jobs = 1\n\njobs = 0\n", 4, "`jobs` has to be at least 1"),
    "in a dependency before": (
        '[project]\ndependencies = ["awaitomic"]\n[tool.ruff]\nexclude = ["a"]\n[tool.awaitomic]\nexclude = 1\n',
        6,
        "`exclude` has to be a list of strings",
    ),
    "dotted": ("[tool]\nawaitomic.jobs = 0\n", 2, "`jobs` has to be at least 1"),
    "inline": ("[tool]\n\nawaitomic = { jobs = 0 }\n", 3, "`jobs` has to be at least 1"),
    "line ends of Windows": ("[tool.awaitomic]\r\n\r\njobs = 0\r\n", 3, "`jobs` has to be at least 1"),
    "a key that is a code elsewhere": (
        '[tool.awaitomic]\nignore = ["AWA1"]\n[tool.awaitomic.per-file-ignores]\n"a.py" = ["AWA1", "AWA9"]\n',
        4,
        "`a.py`: unknown rule code `AWA9`",
    ),
    "version": (
        '[tool.awaitomic]\nzzz = 1\nrequired-version = ">=99"\n',
        3,
        f"`required-version` asks for awaitomic >=99, but this is awaitomic {__version__}",
    ),
    "no version": ('[tool.awaitomic]\nrequired-version = "new"\n', 2, "`new` is no version specifier"),
    "broken toml": ("[tool.awaitomic]\njobs = \n", 2, "is not valid TOML"),
    "broken at its end": ("[tool.awaitomic]\njobs = 1\nselect = [\n", 3, "is not valid TOML"),
    "repeated key": ("[tool.awaitomic]\njobs = 1\njobs = 2\n", 3, "is not valid TOML"),
}


@pytest.mark.parametrize(("text", "line", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_an_error_with_its_line(tmp_path: Path, text: str, line: int, message: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert message in caught.value.message
    assert (caught.value.path, caught.value.line) == (str(file), line)
    assert str(caught.value) == f"{file}:{line}: {caught.value.message}"
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_a_file_that_is_not_utf8_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.awaitomic]\n# \xff\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml:2: is not valid UTF-8"):
        load(tmp_path)


def test_a_file_in_utf16_is_an_error_and_not_silence(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes("[tool.awaitomic]\njobs = 1\n".encode("utf-16"))
    with pytest.raises(ConfigError, match=r"pyproject\.toml:1: is not valid UTF-8"):
        load(tmp_path)


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 2000 + "]" * 2000], ids=["digits", "brackets"])
def test_what_is_too_much_for_python_is_an_error(tmp_path: Path, value: str) -> None:
    write(tmp_path, f"[tool.awaitomic]\njobs = {value}\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml(:2)?: (cannot be read as TOML|is not valid TOML)"):
        load(tmp_path)


def test_a_mark_of_the_byte_order_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xef\xbb\xbf[tool.awaitomic]\njobs = 1\n")
    assert load(tmp_path).jobs == 1


def test_broken_files_of_other_projects_are_nobody_s_business(tmp_path: Path) -> None:
    write(tmp_path, "[tool.awaitomic]\njobs = 1\n")
    write(tmp_path / "broken", "[tool.other\n")
    assert load(tmp_path / "broken").jobs == 1


def test_tables_of_others_are_nobody_s_business(tmp_path: Path) -> None:
    write(tmp_path, "tool = 3\n")
    assert load(tmp_path, isolated=False).jobs is None
    write(tmp_path, "[tool.awaitomatic]\nanything = 1\n")
    assert load(tmp_path).root != tmp_path


@pytest.mark.parametrize(
    ("select", "extend", "ignore", "on", "off"),
    [
        (("ALL",), (), (), ("AWA001", "AWA404"), ()),
        (("ALL",), (), ("AWA1",), ("AWA201",), ("AWA101", "AWA106")),
        (("AWA1",), (), ("AWA101",), ("AWA102",), ("AWA101", "AWA201")),
        (("AWA101",), (), ("AWA1",), ("AWA101",), ("AWA102",)),
        (("AWA1",), (), ("AWA1",), (), ("AWA101", "AWA201")),
        (("AWA1",), ("AWA301",), (), ("AWA101", "AWA301"), ("AWA302",)),
        (("AWA10",), (), ("ALL",), ("AWA101",), ("AWA201",)),
        ((), ("AWA2",), (), ("AWA201",), ("AWA101",)),
        ((), (), (), (), ("AWA101",)),
    ],
)
def test_the_longest_entry_wins(
    select: tuple[str, ...], extend: tuple[str, ...], ignore: tuple[str, ...], on: tuple[str, ...], off: tuple[str, ...]
) -> None:
    settings = Settings(select=select, extend_select=extend, ignore=ignore)
    assert [code for code in (*on, *off) if settings.selected(code)] == list(on)


def test_the_command_line_replaces_and_adds(tmp_path: Path) -> None:
    write(tmp_path, EVERYTHING)
    assert load(tmp_path, Overrides()) == load(tmp_path)
    replaced = load(tmp_path, Overrides(select=("AWA3",), exclude=("x",), confidence=Confidence.POSSIBLE, jobs=1))
    assert (replaced.select, replaced.ignore, replaced.extend_select) == (("AWA3",), (), ())
    assert (replaced.exclude, replaced.extend_exclude) == (("x",), ("vendored/*.py",))
    assert (replaced.confidence, replaced.jobs) == (Confidence.POSSIBLE, 1)
    added = load(
        tmp_path, Overrides(ignore=("AWA2",), extend_select=("AWA4",), extend_exclude=("y",), unsafe_fixes=False)
    )
    assert (added.select, added.ignore) == (("AWA1", "AWA301"), ("AWA103", "AWA2"))
    assert added.extend_select == ("AWA2", "AWA4")
    assert (added.exclude, added.extend_exclude) == (("gen",), ("vendored/*.py", "y"))
    ignores = Overrides(per_file_ignores=(("a.py", ("AWA2",)),), extend_per_file_ignores=(("b.py", ("AWA3",)),))
    by_file = load(tmp_path, ignores)
    assert by_file.per_file_ignores == (("a.py", ("AWA2",)),)
    assert by_file.extend_per_file_ignores == (("scripts/*.py", ("ALL",)), ("b.py", ("AWA3",)))
    assert added.unsafe_fixes is False
    assert added.respect_gitignore is False


def test_codes_of_the_command_line_are_checked_too(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, Overrides(select=("AWA1O1",)), isolated=True)
    assert str(caught.value) == "unknown rule code `AWA1O1`; did you mean `AWA101`?"
    with pytest.raises(ConfigError, match="did you mean `AWA101`"):
        load(tmp_path, Overrides(per_file_ignores=(("a.py", ("AWA1O1",)),)), isolated=True)


def test_confidence_by_name() -> None:
    assert [parse_confidence(name) for name in ("possible", "likely", "certain")] == list(Confidence)
    with pytest.raises(ValueError, match=r"unknown confidence `Certain`.*did you mean `certain`"):
        parse_confidence("Certain")


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("lok", "unknown remedy `lok`; it is one of hoist, swap, recheck, widen, lock, split, snapshot, setdefault, "),
        ("no-lok", "did you mean `lock`?"),
        ("AWA1O2:lock", "unknown rule code `AWA1O2`; did you mean `AWA102`?"),
    ],
)
def test_a_strategy_that_does_not_exist_suggests_the_nearest(tmp_path: Path, word: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_strategy(word)
    write(tmp_path, f'[tool.awaitomic]\nstrategy = ["{word}"]\n')
    with pytest.raises(ConfigError) as raised:
        load(tmp_path)
    assert raised.value.line == 2
    assert message in raised.value.message


@pytest.mark.parametrize("word", ["lock", "no-lock", "AWA102:no-single-flight", "AWA1:recheck"])
def test_a_strategy_reads_as_it_is_written(word: str) -> None:
    assert str(parse_strategy(word)) == word
