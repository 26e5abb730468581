"""The formats for programs, on findings that are made to be awkward."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awaitomic.model.finding import Confidence, FileError, Finding, Report
from awaitomic.model.position import Extent
from awaitomic.report.formats import FORMATS, Material, render
from awaitomic.report.paint import Paint
from awaitomic.report.sources import Sources
from report.examples import PATH, SOURCES, deadlock, finding

ODD_PATH = "a dir/100%, or: less\n残.py"
ODD = replace(
    finding(path=ODD_PATH),
    message="`self.d['%0A::x']` says \r\n<b>\x1b[31m&\x00\ufffe</b>",
    confidence=Confidence.LIKELY,
)
UNREADABLE = FileError("bad, too.py", 3, 7, "SyntaxError: `<` \x00", "AWA003")
FAULT = FileError(PATH, 1, 1, "internal fault of awaitomic: KeyError", fault=True)


def rendered(name: str, *findings: Finding, errors: tuple[FileError, ...] = ()) -> str:
    return render(name, Material(Report(findings, errors, 5, 0.1), SOURCES), Paint())


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"text", "concise", "hook"}))
def test_formats_for_programs_are_ascii_whatever_they_hold_but_for_github(name: str) -> None:
    text = rendered(name, ODD, replace(finding(), path="\udcff.py"), deadlock(), errors=(UNREADABLE, FAULT))
    assert text.endswith("\n")
    assert "\r" not in text
    assert "\x1b" not in text
    assert text.isascii() or name == "github"


@pytest.mark.parametrize("name", ["text", "concise", "jsonl", "github"])
def test_nothing_found_is_an_empty_text_where_there_is_a_line_for_each_finding(name: str) -> None:
    assert rendered(name) == ""


def test_concise_is_the_headline_alone_and_marks_what_can_be_fixed() -> None:
    assert rendered("concise", finding(), deadlock()) == (
        "pkg/bank.py:17:9: AWA101 [certain] [*] `self.balance` is stale\n"
        "pkg/bank.py:27:20: AWA301 [certain] `self.balance` is stale\n"
    )
    assert rendered("concise", ODD).count("\n") == 1


def test_jsonl_has_findings_then_errors_as_in_the_json_report() -> None:
    lines = [json.loads(line) for line in rendered("jsonl", finding(), ODD, errors=(UNREADABLE,)).splitlines()]
    document = json.loads(rendered("json", finding(), ODD, errors=(UNREADABLE,)))
    assert lines[:2] == [{"type": "finding", **each} for each in document["findings"]]
    assert lines[2:] == [{"type": "error", **each} for each in document["errors"]]


def github(*findings: Finding, errors: tuple[FileError, ...] = ()) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner does (``ActionCommand.TryParseV2``)."""
    commands = []
    for line in rendered("github", *findings, errors=errors).splitlines():
        found = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line)
        assert found is not None
        properties = dict(each.split("=", 1) for each in found[2].split(","))
        commands.append((found[1], {key: unescaped(value) for key, value in properties.items()}, unescaped(found[3])))
    return commands


def unescaped(text: str) -> str:
    for escape, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, char)
    return text


def test_github_levels_follow_the_confidence() -> None:
    findings = [replace(finding(), confidence=each) for each in sorted(Confidence, reverse=True)]
    assert [command for command, _, _ in github(*findings)] == ["error", "warning", "notice"]


def test_an_unused_comment_weighs_least_though_it_is_certain() -> None:
    untidy = replace(finding(), rule="AWA001", name="unused-ignore", function="")
    assert [command for command, _, _ in github(untidy)] == ["notice"]
    assert json.loads(rendered("gitlab", untidy))[0]["severity"] == "minor"
    assert json.loads(rendered("sarif", untidy))["runs"][0]["results"][0]["level"] == "note"
    assert junit(untidy)[0][0].attrib["name"] == "AWA001 unused-ignore (17:9)"


def test_github_commands_survive_odd_paths_and_messages() -> None:
    ((command, properties, message),) = github(ODD)
    assert command == "warning"
    assert properties == {
        "title": "awaitomic: AWA101 stale-write",
        "file": "a dir/100%, or: less␊残.py",
        "line": "17",
        "endLine": "17",
        "col": "9",
        "endColumn": "21",
    }
    assert "AWA101 [likely] `self.d['%0A::x']` says ␍␊<b>" in message
    assert message.splitlines()[1:] == [
        "in Bank.credit",
        "why: it is spawned in a loop",
        "fix: read `self.balance` after the await (safe)",
    ]


def test_github_gives_no_columns_over_several_lines() -> None:
    ((_, properties, _),) = github(replace(finding(), extent=Extent(10, 3, 12, 5)))
    assert (properties["line"], properties["endLine"]) == ("10", "12")
    assert not {"col", "endColumn"} & properties.keys()


def test_github_errors_are_errors() -> None:
    commands = github(errors=(UNREADABLE, FAULT))
    assert [command for command, _, _ in commands] == ["error", "error"]
    assert commands[0][1] == {
        "title": "awaitomic: AWA003 unreadable-file",
        "file": "bad, too.py",
        "line": "3",
        "col": "7",
    }
    assert commands[1][1]["title"] == "awaitomic: internal-fault"


def test_gitlab_has_what_its_widget_asks_for() -> None:
    issues = json.loads(rendered("gitlab", finding(), errors=(UNREADABLE,)))
    assert [issue.pop("fingerprint").isalnum() for issue in issues] == [True, True]
    assert issues == [
        {
            "description": "AWA101 stale-write: `self.balance` is stale",
            "check_name": "AWA101",
            "severity": "critical",
            "location": {"path": "pkg/bank.py", "lines": {"begin": 17, "end": 17}},
        },
        {
            "description": "AWA003 unreadable-file: SyntaxError: `<` ␀",
            "check_name": "AWA003",
            "severity": "critical",
            "location": {"path": "bad, too.py", "lines": {"begin": 3, "end": 3}},
        },
    ]


def test_gitlab_fingerprints_are_unique_and_do_not_move_with_lines() -> None:
    moved = replace(finding(), extent=Extent(99, 1, 99, 5))
    one = json.loads(rendered("gitlab", finding()))
    again = json.loads(rendered("gitlab", moved))
    assert one[0]["fingerprint"] == again[0]["fingerprint"]
    several = json.loads(rendered("gitlab", finding(), finding(), finding(), replace(finding(), path="b.py")))
    assert len({each["fingerprint"] for each in several}) == 4
    assert several[0]["fingerprint"] == one[0]["fingerprint"]
    assert json.loads(rendered("gitlab")) == []


def junit(*findings: Finding, errors: tuple[FileError, ...] = ()) -> ET.Element:
    return ET.fromstring(rendered("junit", *findings, errors=errors))


def test_junit_has_a_suite_for_each_file() -> None:
    root = junit(finding(), deadlock(), ODD, errors=(UNREADABLE, FAULT))
    assert root.attrib == {"name": "awaitomic", "tests": "5", "failures": "3", "errors": "2"}
    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites) == ["a dir/100%, or: less 残.py", "bad, too.py", PATH]
    assert suites[PATH].attrib == {"name": PATH, "tests": "3", "failures": "2", "errors": "1"}
    case = suites[PATH][0]
    assert case.attrib == {
        "name": "AWA101 stale-write in Bank.credit (17:9)",
        "classname": PATH,
        "file": PATH,
        "line": "17",
    }
    assert case[0].tag == "failure"
    assert case[0].attrib == {"type": "AWA101", "message": "`self.balance` is stale"}
    assert "how an update is lost:" in (case[0].text or "")
    assert [child.tag for child in suites["bad, too.py"][0]] == ["error"]
    assert suites[PATH][2][0].attrib["type"] == "internal-fault"


def test_junit_replaces_what_xml_cannot_hold() -> None:
    text = junit(ODD)[0][0][0].attrib["message"]
    assert text == "`self.d['%0A::x']` says   <b>␛[31m&␀\ufffd</b>"


def test_junit_of_a_clean_run_has_one_test_that_passes() -> None:
    root = junit()
    assert root.attrib == {"name": "awaitomic", "tests": "1", "failures": "0", "errors": "0"}
    assert [list(case) for case in root.iter("testcase")] == [[]]


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.text(), st.text(), st.text())
def test_whatever_stands_in_the_code_every_report_can_be_read(path: str, message: str, function: str) -> None:
    odd = replace(finding(path=path or "x"), message=message, function=function)
    assert len(github(odd)) == 1
    assert junit(odd).attrib["failures"] == "1"
    for name in ("json", "sarif", "gitlab"):
        json.loads(rendered(name, odd))
    assert len(rendered("jsonl", odd).splitlines()) == len(rendered("concise", odd).splitlines()) == 1


def test_files_are_named_from_the_root_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    outside = str(tmp_path / "other.py")
    issues = json.loads(rendered("gitlab", finding(), finding(path=outside)))
    assert [issue["location"]["path"] for issue in issues] == ["sub/pkg/bank.py", "other.py"]
    assert [properties["file"] for _, properties, _ in github(finding())] == ["sub/pkg/bank.py"]


def test_an_unknown_format_is_no_format() -> None:
    with pytest.raises(ValueError, match="yaml"):
        render("yaml", Material(Report((), (), 0, 0.0), Sources({})), Paint())
