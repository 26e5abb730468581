"""What tests of baselines write and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cli.running import run

BASE = "known.json"


def put(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def entries(path: str = BASE) -> list[tuple[str, str]]:
    return [(each["path"], each["fingerprint"].rsplit(":", 2)[0]) for each in read(path)["findings"]]


def read(path: str = BASE) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return document


def reported(*arguments: str) -> list[tuple[str, int, str]]:
    result = run("check", "--baseline", BASE, "--output-format", "json", *(arguments or (".",)))
    assert result.exit_code in {0, 1}, result.output
    return [(each["path"], each["line"], each["rule"]) for each in json.loads(result.stdout)["findings"]]
