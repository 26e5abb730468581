"""What the README shows of the command line is what the command line says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.running import run

ROOT = Path(__file__).parents[2]
SHOWN = re.findall(
    r"^```console\n\$ awaitomic ([^\n]+)\n(.*?)^```$",
    (ROOT / "README.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_output_is_real(command: str, output: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert run(*command.split()).stdout.rstrip("\n") == output.rstrip("\n")
