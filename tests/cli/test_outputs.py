"""Where reports go, in which formats, and what is wrong usage."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from awaitomic.report.formats import FOR_PEOPLE, FORMATS
from cli.running import CLEAN, FIXED, LOST, REFRESH, program, run


def test_one_run_gives_several_reports(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "broken.py").write_text("async def f(:\n")
    others = [f"--output-file={name}=out.{name}" for name in FORMATS if name not in FOR_PEOPLE]
    result = run("check", "--output-format", "concise", *others, "--output-file", "text=out.text")
    assert result.exit_code == 1
    assert result.stdout.startswith("bank.py:11:9: AWA101 [certain] [*] ")
    assert result.stdout.count("\n") == 1
    assert "1 finding in 1 file" in result.stderr
    (found,) = json.loads((tree / "out.json").read_text())["findings"]
    assert [json.loads(line)["type"] for line in (tree / "out.jsonl").read_text().splitlines()] == ["finding", "error"]
    (sarif,) = json.loads((tree / "out.sarif").read_text())["runs"]
    assert sarif["results"][0]["partialFingerprints"]["awaitomic/v1"] == found["fingerprint"]
    assert sarif["results"][0]["fixes"]
    assert "diff --git" in (tree / "out.html").read_text()
    assert found["fix"]["diff"] is None, "only reports that have to have the diff"
    assert "diff --git" not in (tree / "out.text").read_text()
    assert "how an update is lost" in (tree / "out.text").read_text()
    assert (tree / "out.github").read_text().count("::error ") == 2
    assert len(json.loads((tree / "out.gitlab").read_text())) == 2
    assert ET.parse(tree / "out.junit").getroot().attrib["errors"] == "1"


def test_a_file_without_a_format_takes_the_main_report(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    arguments = ("check", "--output-format", "jsonl", "--output-file", "main.txt", "--output-file", "concise=c.txt")
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((tree / "main.txt").read_text())["rule"] == "AWA101"
    assert (tree / "c.txt").read_text().startswith("bank.py:11:9: AWA101")


def test_every_format_goes_to_standard_output(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    for name in set(FORMATS) - {"text", "hook"}:
        result = run("check", "--output-format", name)
        assert result.exit_code == 1
        assert "AWA101" in result.stdout


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (("a.txt", "b.txt"), "only one file without a format can be given, not 'a.txt' and 'b.txt'"),
        (("sarif=a.txt", "junit=a.txt"), "two reports cannot be written to the same file"),
        (("a.txt", "sarif=./a.txt"), "two reports cannot be written to the same file"),
        (("sarf=a.txt",), "'sarf' is no format. Did you mean 'sarif'?"),
        (("no/a.txt",), "the directory 'no' does not exist"),
        (("sarif=no/a.txt",), "the directory 'no' does not exist"),
        (("sarif=.",), "'sarif=.' names no file"),
        (("sarif=",), "'sarif=' names no file"),
        (("-",), "'-' names no file"),
        (("sub",), "'sub' is a directory"),
        (("bank.py",), "a report would replace the source file 'bank.py'"),
        (("json=sub/other.py",), "a report would replace the source file"),
    ],
    ids=str,
)
def test_wrong_usage_is_told_before_anything_is_done(tree: Path, values: tuple[str, ...], message: str) -> None:
    (tree / "sub").mkdir()
    (tree / "sub/other.py").write_text(CLEAN)
    (tree / "bank.py").write_text(LOST)
    result = run("fix", "bank.py", *(f"--output-file={value}" for value in values))
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert (tree / "bank.py").read_text() == LOST
    assert not (tree / "a.txt").exists()


def test_a_name_with_an_equals_sign_can_be_written_with_its_folder(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert run("check", "--output-file", "./day=monday.txt").exit_code == 1
    assert (tree / "day=monday.txt").read_text().startswith("bank.py")


def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode_and_its_link(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    real = tree / "real.txt"
    real.write_text("old")
    real.chmod(0o664)  # more than new files get
    (tree / "link.txt").symlink_to(real)
    with real.open() as reader:
        assert run("check", "--output-file", "link.txt").exit_code == 1
        assert reader.read() == "old", "who reads the old report goes on reading it"
    assert (tree / "link.txt").is_symlink()
    assert real.read_text().startswith("bank.py")
    assert stat.S_IMODE(real.stat().st_mode) == 0o664
    assert sorted(path.name for path in tree.iterdir()) == ["bank.py", "link.txt", "real.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no umask")
def test_a_new_file_has_the_mode_that_new_files_get(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    before = os.umask(0o027)
    try:
        run("check", "--output-file", "new.txt")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tree / "new.txt").stat().st_mode) == 0o640


@pytest.mark.parametrize("number", [errno.EACCES, errno.EBUSY])
def test_a_file_that_cannot_be_replaced_where_it_is_is_written_into(
    tree: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "mounted.txt").write_text("old, and longer than what comes" * 100)

    def refused(_: str, target: str) -> None:
        raise OSError(number, os.strerror(number), target)

    monkeypatch.setattr(os, "replace", refused)
    assert run("check", "--output-file", "mounted.txt").exit_code == 1
    assert (tree / "mounted.txt").read_text().startswith("bank.py:11:9: AWA101")
    assert "old" not in (tree / "mounted.txt").read_text()
    assert sorted(path.name for path in tree.iterdir()) == ["bank.py", "mounted.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_report_that_cannot_be_written_is_no_finding(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("check", "--output-file", "sarif=/dev/full")
    assert result.exit_code == 2
    assert "/dev/full" in result.stderr
    assert Path("/dev/full").is_char_device(), "it was written into, not replaced"


def test_fix_reports_what_is_left_in_every_format(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    result = run("fix", "--output-format", "jsonl", "--output-file", "sarif=out.sarif")
    assert result.exit_code == 1
    assert [json.loads(line)["path"] for line in result.stdout.splitlines()] == ["session.py"]
    assert [each["ruleId"] for each in results(tree / "out.sarif")] == ["AWA101"]
    assert (tree / "bank.py").read_text() == FIXED


def test_a_patch_is_pure_and_the_report_beside_it_speaks_of_the_files_as_they_are(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("fix", "--diff", "--output-file", "sarif=out.sarif")
    assert result.exit_code == 1
    assert result.stdout.startswith("diff --git a/bank.py b/bank.py\n")
    (found,) = results(tree / "out.sarif")
    assert found["locations"][0]["physicalLocation"]["region"]["startLine"] == 11
    assert found["properties"]["fix"]["diff"] == result.stdout


def test_a_patch_has_no_place_in_formats_without_diffs(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run("fix", "--diff", "--output-format", "junit")
    assert result.exit_code == 2
    assert "--output-file junit=FILE" in " ".join(result.stderr.split())
    for name in ("json", "jsonl", "sarif", "html"):
        assert "diff --git a/bank.py" in run("fix", "--diff", "--output-format", name).stdout
    concise = run("fix", "--diff", "--output-format", "concise")
    assert concise.stdout.startswith("diff --git ")


def test_the_fixed_source_and_a_report_beside_it(tree: Path) -> None:
    result = run("fix", "-", "--output-file", "concise=left.txt", stdin=REFRESH.encode())
    assert result.stdout == REFRESH
    assert (tree / "left.txt").read_text().startswith("-:14:9: AWA101")
    assert run("fix", "-", "--output-format", "gitlab", stdin=b"").exit_code == 2


def test_quiet_and_exit_zero_change_no_report(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    loud = run("check", "--output-format", "github")
    quiet = run("check", "-q", "--exit-zero", "--output-format", "github")
    assert (quiet.exit_code, quiet.stderr, quiet.stdout) == (0, "", loud.stdout)


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("fix", "."), None),
        (("fix", "--interactive", "."), b"n\n"),
        (("fix", "-"), REFRESH.encode()),
        (("fix", "--max-fixes", "1", "."), None),
    ],
)
def test_sarif_has_the_fixes_of_what_is_left(tree: Path, arguments: tuple[str, ...], stdin: bytes | None) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    assert run(*arguments, "--output-file", "sarif=log", stdin=stdin).exit_code == 1
    results = json.loads(Path("log").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert results
    assert all("fixes" in each for each in results)


def test_no_report_replaces_a_baseline(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    run("check", "--write-baseline", "known.json")
    before = (tree / "known.json").read_bytes()
    for option in ("--baseline", "--write-baseline"):
        for value in ("known.json", "json=./known.json"):
            result = run("check", option, "known.json", "--output-file", value)
            assert result.exit_code == 2
            assert f"a report would replace the file of {option}, 'known.json'." in result.output
            assert (tree / "known.json").read_bytes() == before


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="no name for standard output here")
def test_a_report_can_go_to_a_pipe_that_has_a_name(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    done = program("check", "-q", "--output-file", "/dev/null", "--output-file", "json=/dev/stdout", cwd=tree)
    assert (done.returncode, done.stderr) == (1, b"")
    assert [each["line"] for each in json.loads(done.stdout)["findings"]] == [11]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "--add-ignore", "--show-fixes"), "--show-fixes does not go with it"),
        (("check", "--write-baseline", "a", "--baseline", "b"), "--write-baseline and --baseline exclude each other"),
        (("fix", "--exit-zero", "--exit-non-zero-on-fix"), "--exit-zero and --exit-non-zero-on-fix exclude each other"),
    ],
)
def test_no_option_is_ignored(tree: Path, arguments: tuple[str, ...], message: str) -> None:
    (tree / "bank.py").write_text(LOST)
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert [path.name for path in tree.iterdir()] == ["bank.py"]
    assert (tree / "bank.py").read_text() == LOST


def test_what_is_excluded_is_left_alone_on_standard_input_too(tree: Path) -> None:
    arguments = ("fix", "--exclude", "vendor", "--stdin-filename", "vendor/bank.py", "-")
    result = run(*arguments, stdin=LOST.encode())
    assert (result.exit_code, result.stdout) == (0, LOST)
    assert "vendor/bank.py is excluded by the configuration" in result.stderr
    assert run(*arguments[:-1], "--no-force-exclude", "-", stdin=LOST.encode()).stdout == FIXED


def test_statistics_stand_in_the_json_and_in_jsonl(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    document = json.loads(run("check", "--statistics", "--output-format", "json").stdout)
    assert document["statistics"][0]["fixes"] == [{"strategy": "hoist", "applicability": "safe", "count": 1}]
    assert "statistics" not in json.loads(run("check", "--output-format", "json").stdout)
    last = run("check", "--statistics", "--output-format", "jsonl").stdout.splitlines()[-1]
    assert json.loads(last) == {"type": "statistics", **document["statistics"][0]}


def test_statistics_of_a_fix_say_what_was_fixed_and_what_is_left(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    result = run("fix", "--statistics")
    assert result.stdout == "2  AWA101  stale-write\n    1  hoist  fixed\n    1  lock   unsafe fix\n"
    (tree / "bank.py").write_text(LOST)
    assert "1  hoist  would be fixed\n" in run("fix", "--diff", "--statistics").stderr
    assert "1  hoist  would be fixed\n" in run("fix", "--patch-dir", "out", "--statistics").stdout
    (tree / "bank.py").write_text(FIXED)
    (counted,) = json.loads(run("fix", "--statistics", "--output-format", "json").stdout)["statistics"]
    assert (counted["found"], counted["fixed"]) == (1, 0)


def test_a_pipe_of_any_encoding_gets_the_formats_for_programs_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "bänk.py").write_text(LOST)
    for name in ("sarif", "junit", "gitlab"):
        done = program("check", "--output-format", name, cwd=tmp_path)
        assert done.stdout.isascii()
        assert b"\r" not in done.stdout


def results(file: Path) -> list[dict[str, Any]]:
    (sarif,) = json.loads(file.read_text())["runs"]
    found = sarif["results"]
    assert isinstance(found, list)
    return found
