from __future__ import annotations

import json
from dataclasses import replace

from awaitomic import __version__
from awaitomic.model.finding import Applicability, FileError, Report
from awaitomic.report.formats import Material
from awaitomic.report.json_report import render_json
from report.examples import FIX, PATH, SOURCES, deadlock, finding


def test_the_document_is_the_contract_to_the_letter() -> None:
    report = Report((finding(), deadlock()), (FileError("bad.py", 3, 7, "broken"),), 5, 0.12345)
    document = json.loads(render_json(Material(report, SOURCES)))
    assert list(document) == ["schema_version", "tool", "findings", "errors", "summary"]
    assert document["schema_version"] == 1
    assert document["tool"] == {"name": "awaitomic", "version": __version__}
    assert document["errors"] == [{"path": "bad.py", "line": 3, "column": 7, "message": "broken"}]
    assert document["summary"] == {"files": 5, "findings": 2, "fixable": 1, "seconds": 0.123}
    first = document["findings"][0]
    trace = first.pop("trace")
    assert first == {
        "fingerprint": "AWA101:Bank.credit:self.balance:0123456789ab:0",
        "rule": "AWA101",
        "name": "stale-write",
        "confidence": "certain",
        "path": PATH,
        "line": 17,
        "column": 9,
        "end_line": 17,
        "end_column": 21,
        "function": "Bank.credit",
        "state": "self.balance",
        "message": "`self.balance` is stale",
        "evidence": ["it is spawned in a loop"],
        "fix": {
            "strategy": "hoist",
            "applicability": "safe",
            "title": "read `self.balance` after the await",
            "because": [],
            "paths": [PATH],
            "diff": None,
        },
        "refusal": None,
    }
    assert trace[0] == {"role": "read", "path": PATH, "line": 10, "column": 19, "note": "read here"}
    assert [each["role"] for each in trace] == ["read", "suspend", "write"]
    assert document["findings"][1]["fix"] is None
    assert document["findings"][1]["refusal"] == {
        "code": "sync-writer",
        "message": "line 30 writes in a plain function",
    }


def test_unsafe_fixes_count_only_when_asked_for() -> None:
    unsafe = replace(finding(), fix=replace(FIX, applicability=Applicability.UNSAFE))
    display = replace(finding(), fix=replace(FIX, applicability=Applicability.DISPLAY))
    report = Report((finding(), unsafe, display), (), 1, 0.0)
    assert json.loads(render_json(Material(report, SOURCES)))["summary"]["fixable"] == 1
    assert json.loads(render_json(Material(report, SOURCES, unsafe=True)))["summary"]["fixable"] == 2


def test_any_stream_can_carry_it() -> None:
    odd = replace(finding(), path="残高\udcff.py")
    text = render_json(Material(Report((odd,), (), 1, 0.0), SOURCES))
    assert text.isascii()
    assert json.loads(text)["findings"][0]["path"] == "残高\udcff.py"
