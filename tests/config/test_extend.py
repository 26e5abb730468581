"""`extend`: how tables build on each other, and whose patterns are relative to what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awaitomic.config import ConfigError, Overrides, Settings, load
from awaitomic.model.finding import Confidence
from awaitomic.source.discovery import discover
from config.test_config import write


def found(paths: list[Path], settings: Settings, root: Path) -> list[str]:
    return [str(file.relative_to(root)) for file in discover(paths, settings).files]


def test_a_table_overrides_what_it_extends_and_keeps_the_rest(tmp_path: Path) -> None:
    write(tmp_path, '[tool.awaitomic]\njobs = 2\nconfidence = "possible"\nexclude = ["a"]\nentry-points = ["x.y"]\n')
    write(tmp_path / "sub", '[tool.awaitomic]\nextend = "../pyproject.toml"\njobs = 3\nexclude = ["b"]\n')
    settings = load(tmp_path / "sub")
    assert (settings.jobs, settings.exclude, settings.root) == (3, ("b",), tmp_path / "sub")
    assert (settings.confidence, settings.entry_points) == (Confidence.POSSIBLE, ("x.y",))
    assert load(tmp_path).jobs == 2


def test_lists_that_extend_are_added_over_a_chain(tmp_path: Path) -> None:
    write(tmp_path, '[tool.awaitomic]\nextend-exclude = ["a"]\nextend-select = ["AWA1"]\n', "one.toml")
    two = '[tool.awaitomic]\nextend = "one.toml"\nextend-exclude = ["b"]\n'
    write(tmp_path, two + 'extend-per-file-ignores = { "x.py" = ["ALL"] }\n', "two.toml")
    three = '[tool.awaitomic]\nextend = "two.toml"\nextend-exclude = ["c"]\nper-file-ignores = { "y.py" = ["AWA1"] }\n'
    write(tmp_path, three)
    settings = load(tmp_path, Overrides(extend_exclude=("d",)))
    assert settings.extend_exclude == ("a", "b", "c", "d")
    assert settings.extend_select == ("AWA1",)
    assert settings.per_file_ignores == (("y.py", ("AWA1",)),)
    assert settings.extend_per_file_ignores == (("x.py", ("ALL",)),)


def test_a_selection_of_its_own_begins_anew(tmp_path: Path) -> None:
    write(tmp_path, '[tool.awaitomic]\nselect = ["AWA1"]\nignore = ["AWA101"]\nextend-select = ["AWA3"]\n', "base.toml")
    write(tmp_path, '[tool.awaitomic]\nextend = "base.toml"\nselect = ["AWA1"]\n')
    assert [load(tmp_path).selected(code) for code in ("AWA101", "AWA301")] == [True, False]
    write(tmp_path, '[tool.awaitomic]\nextend = "base.toml"\nignore = ["AWA102"]\n')
    assert [load(tmp_path).selected(code) for code in ("AWA101", "AWA102", "AWA301")] == [True, False, True]


def test_patterns_stay_relative_to_the_file_that_they_stand_in(tmp_path: Path) -> None:
    root = tmp_path / "odd [1] {a}"
    base = '[tool.awaitomic]\nexclude = ["sub/gen/*.py", "name"]\nper-file-ignores = { "sub/a.py" = ["ALL"] }\n'
    write(root, base)
    write(root / "sub", '[tool.awaitomic]\nextend = "../pyproject.toml"\nextend-exclude = ["./mine/*.py"]\n')
    for name in ("gen/a.py", "sub/gen/b.py", "mine/c.py", "a.py", "deep/name/d.py", "deep/mine/e.py"):
        file = root / "sub" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    settings = load(root / "sub")
    assert found([root / "sub"], settings, root / "sub") == ["a.py", "deep/mine/e.py", "sub/gen/b.py"]
    ((pattern, codes),) = settings.per_file_ignores
    assert pattern.endswith("/sub/a.py")
    assert codes == ("ALL",)


def test_patterns_of_the_command_line_are_relative_to_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "[tool.awaitomic]\n")
    for name in ("sub/a/b.py", "a/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path / "sub")
    settings = load(tmp_path, Overrides(extend_exclude=("a/*.py",)))
    assert found([tmp_path], settings, tmp_path) == ["a/b.py"]


def test_a_circle_is_named(tmp_path: Path) -> None:
    write(tmp_path, '[tool.awaitomic]\nextend = "sub/b.toml"\n')
    other = write(tmp_path / "sub", '[tool.awaitomic]\njobs = 1\nextend = "../pyproject.toml"\n', "b.toml")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    first = tmp_path / "pyproject.toml"
    assert str(caught.value) == f"{other}:3: `extend` goes round in a circle: {first} -> {other} -> {first}"
    write(tmp_path, '[tool.awaitomic]\nextend = "pyproject.toml"\n')
    with pytest.raises(ConfigError, match=re.escape(f"{first} -> {first}")):
        load(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "`extend`: {base}: cannot be read: No such file or directory"),
        ("[tool.other]\n", "`extend`: {base}: has no [tool.awaitomic] table"),
    ],
)
def test_what_cannot_be_extended_is_an_error_where_it_is_asked_for(
    tmp_path: Path, text: str | None, message: str
) -> None:
    if text is not None:
        write(tmp_path, text, "base.toml")
    file = write(tmp_path, '[tool.awaitomic]\n\nextend = "base.toml"\n')
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert str(caught.value) == f"{file}:3: {message.format(base=tmp_path / 'base.toml')}"


def test_a_mistake_in_what_is_extended_has_its_own_place(tmp_path: Path) -> None:
    base = write(tmp_path, '[tool.awaitomic]\nrequired-version = "<0.0.1"\n', "base.toml")
    write(tmp_path, '[tool.awaitomic]\nextend = "base.toml"\n')
    with pytest.raises(ConfigError, match=re.escape(f"{base}:2: `required-version` asks for awaitomic <0.0.1, but")):
        load(tmp_path)
