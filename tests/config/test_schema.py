"""The JSON schema says what the reader says, and the documents list what there is."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from awaitomic.config import KEYS, ConfigError, Overrides, Settings, load
from awaitomic.config.reference import with_reference
from awaitomic.config.schema import schema, schema_text
from cli.running import run
from config.test_config import EVERYTHING, MISTAKES, write

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
CHECKED = jsonschema.Draft7Validator(schema())

GOOD = {
    "nothing": "",
    "everything": EVERYTHING.partition("[tool.awaitomic]\n")[2].replace("[tool.awaitomic.", "["),
    **{key.name: f"{key.name} = {key.example}" for key in KEYS.values()},
    **{f"codes {code}": f'select = ["{code}"]' for code in ("AWA", "AWA1", "AWA10", "AWA101", "ALL", "AWA404")},
    **{f"strategy {word}": f'strategy = ["{word}"]' for word in ("no-lock", "AWA1:hoist", "ALL:no-single-flight")},
    "a name that is not ASCII": 'single-owner = ["Läufer"]',
}

BAD = {
    "a code too many": 'select = ["AWA1011"]',
    "small letters": 'ignore = ["awa101"]',
    "no list": 'extend-exclude = "a"',
    "no strings": "entry-points = [1]",
    "no name": 'lock-types = ["a-b"]',
    "no name, dotted": 'lock-types = ["a..b"]',
    "no boolean": 'unsafe-fixes = "yes"',
    "no number": "jobs = 1.5",
    "a remedy": 'strategy = ["lok"]',
    "twice forbidden": 'strategy = ["no-no-lock"]',
    "a granularity": 'lock-granularity = "row"',
    "a precondition": "locked-precondition = true",
    "codes for a pattern": 'per-file-ignores = { "a" = "AWA1" }',
    "an unknown key": "no-such-key = 1",
    "a suffix with a dash": 'locked-suffix = "-x"',
}


def test_the_package_holds_the_schema_as_it_is_made() -> None:
    held = resources.files("awaitomic").joinpath("awaitomic.schema.json").read_text(encoding="utf-8")
    assert held == schema_text(), "python -m awaitomic.config . writes it anew"
    assert run("config", "--schema").stdout == held
    jsonschema.Draft7Validator.check_schema(json.loads(held))


def test_the_document_lists_the_keys_as_they_are_declared() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text == with_reference(text), "python -m awaitomic.config . writes it anew"
    for name in KEYS:
        assert f"### `{name}`\n" in text


def test_the_example_in_the_document_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    table = next(text for language, text in blocks if language == "toml")
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "bank.py").touch()
    command, *shown = next(text for language, text in blocks if language == "console").splitlines()
    printed = iter(run(*command.removeprefix("$ awaitomic ").split()).stdout.splitlines())
    assert len([line for line in shown if line != "…"]) > 5
    for line in shown:
        assert line == "…" or line in printed, line  # `in` goes on from the line before


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_the_schema_takes_what_the_reader_takes(tmp_path: Path, text: str) -> None:
    CHECKED.validate(tomllib.loads(text))
    if text.startswith("extend ="):
        write(tmp_path, "[tool.awaitomic]\n")
    load(write(tmp_path / "sub", "[tool.awaitomic]\n" + text.replace("\n[", "\n[tool.awaitomic.")))


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_the_schema_refuses_what_the_reader_refuses(tmp_path: Path, text: str) -> None:
    assert not CHECKED.is_valid(tomllib.loads(text))
    write(tmp_path, f"[tool.awaitomic]\n{text}\n")
    with pytest.raises(ConfigError):
        load(tmp_path)


@pytest.mark.parametrize("name", MISTAKES)
def test_each_mistake_of_a_value_is_one_for_the_schema(name: str) -> None:
    text = MISTAKES[name][0].replace("\r\n", "\n")
    try:
        table = tomllib.loads(text)["tool"]["awaitomic"]
    except tomllib.TOMLDecodeError:
        return
    if name in {"version", "no version"}:
        return  # which version runs, and what is one, only the program knows
    assert not CHECKED.is_valid(table)


def test_every_default_is_valid_and_is_that_of_the_settings() -> None:
    for name, key in KEYS.items():
        assert key.default == getattr(Settings(), name.replace("-", "_"))
        if key.default is not None:
            CHECKED.validate({name: key.kind.plain(key.default)})
        else:
            assert key.absent, name


def test_every_key_with_an_option_can_be_overridden_and_no_other() -> None:
    overridable = set(Overrides.__dataclass_fields__)
    assert {key.name.replace("-", "_") for key in KEYS.values() if key.option} == overridable
    told = run("check", "--help").stdout
    for key in KEYS.values():
        assert key.option is None or key.option in told
