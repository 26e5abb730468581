"""The file of a baseline: how it is written, what is told where it cannot be read, and where it is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.baselines import BASE, entries, put, read, reported
from cli.running import FIXED, LOST, run

pytestmark = pytest.mark.usefixtures("lost_update")


@pytest.mark.usefixtures("base")
class TestWriting:
    def test_one_that_is_there_only_shrinks(self) -> None:
        put("new.py", LOST)
        result = run("check", "--write-baseline", BASE, ".")
        assert result.exit_code == 1
        assert "new.py:11" in result.stdout
        assert [path for path, _ in entries()] == ["bank.py"]
        put("bank.py", FIXED)
        result = run("check", "--write-baseline", BASE, ".")
        assert (result.exit_code, entries()) == (1, [])
        assert f"{BASE}: 0 known, 0 of them new, 1 gone." in result.stderr

    def test_unless_it_is_asked_to_grow(self) -> None:
        put("new.py", LOST)
        assert run("check", "--write-baseline", BASE, "--extend-baseline", ".").exit_code == 0
        assert [path for path, _ in entries()] == ["bank.py", "new.py"]

    def test_what_stays_keeps_what_people_have_written_beside_it(self) -> None:
        document = read()
        document["findings"][0]["why"] = "only one task calls this"
        Path(BASE).write_text(json.dumps(document, indent=4).replace("\n", "\r\n"), encoding="utf-8", newline="")
        before = Path(BASE).read_bytes()
        assert reported() == []
        run("fix", "--baseline", BASE, ".")
        assert Path(BASE).read_bytes() == before
        put("new.py", LOST)
        run("check", "--write-baseline", BASE, "--extend-baseline", ".")
        assert read()["findings"][0]["why"] == "only one task calls this"
        assert b"\r\n" in Path(BASE).read_bytes()

    def test_the_other_files_stay_in_it(self) -> None:
        put("new.py", LOST)
        run("check", "--write-baseline", BASE, "--extend-baseline", "new.py")
        assert [path for path, _ in entries()] == ["bank.py", "new.py"]

    def test_errors_are_still_told(self) -> None:
        put("broken.py", "async def (\n")
        assert run("check", "--write-baseline", "other.json", ".").exit_code == 1
        assert len(entries("other.json")) == 1

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--extend-baseline", "."),
            ("--write-baseline", BASE, "-"),
            ("--write-baseline", BASE, "--since", "HEAD", "."),
            ("--write-baseline", "no/such/folder.json", "."),
            ("--write-baseline", ".", "."),
        ],
    )
    def test_wrong_usage(self, arguments: tuple[str, ...]) -> None:
        assert run("check", *arguments, stdin=b"").exit_code == 2


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("{\n  x\n}", ":2", "the baseline is not valid JSON: Expecting property name"),
        ("", ":1", "the baseline is not valid JSON"),
        ("[]", ":1", "this is no baseline: it has no list of `findings`"),
        ('{"schema_version": 2, "findings": []}', ":1", "a baseline of version 2 is not known here"),
        (
            '{"schema_version": 1, "findings": [\n{"path": "a.py",\n "fingerprint": "AWA101"}]}',
            ":3",
            "'AWA101' is no fingerprint",
        ),
        ('{"schema_version": 1, "findings": [\n\n{"fingerprint": "x"}]}', ":3", "an entry has no `path`"),
        ('{"schema_version": 1, "findings": [1]}', "", "an entry has to be an object"),
        ("{\n<<<<<<< HEAD\n=======\n>>>>>>> x\n}", ":2", "the baseline has the marks of a merge conflict"),
        ("\udcff", "", "the baseline is not valid UTF-8"),
        ("[" * 100_000, "", "the baseline is nested too deeply"),
        (None, "", "the baseline cannot be read: No such file or directory"),
    ],
)
@pytest.mark.parametrize("command", [("check", "--baseline"), ("fix", "--baseline")])
def test_one_that_cannot_be_read(text: str | None, line: str, says: str, command: tuple[str, str]) -> None:
    if text is not None:
        Path(BASE).write_bytes(text.encode("utf-8", "surrogateescape"))
    result = run(*command, BASE, ".")
    assert result.exit_code == 2
    assert f"{BASE}{line}: {says}" in result.stderr


def test_from_the_configuration_relative_to_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    put("pyproject.toml", f'[tool.awaitomic]\nbaseline = "etc/{BASE}"\n')
    Path("etc").mkdir()
    put("src/bank.py", LOST)
    assert run("check", ".").exit_code == 2  # a setting that is not followed would look like one that is
    run("check", "--write-baseline", f"etc/{BASE}", ".")
    assert [path for path, _ in entries(f"etc/{BASE}")] == ["../bank.py", "../src/bank.py"]
    assert run("check", ".").exit_code == 0
    monkeypatch.chdir("src")
    assert run("check").exit_code == 0
    assert run("check", "--no-baseline").exit_code == 1
    assert run("check", "--isolated").exit_code == 1


def test_each_file_has_the_baseline_of_the_nearest_table() -> None:
    for name in ("one", "two"):
        put(f"{name}/bank.py", LOST)
        put(f"{name}/pyproject.toml", f'[tool.awaitomic]\nbaseline = "{BASE}"\n')
        run("check", "--write-baseline", f"{name}/{BASE}", name)
    put("two/bank.py", FIXED)
    result = run("check", ".", "--output-format", "json")
    found = [(each["path"], each["rule"]) for each in json.loads(result.stdout)["findings"]]
    assert found == [("bank.py", "AWA101"), (f"two/{BASE}", "AWA001")]
