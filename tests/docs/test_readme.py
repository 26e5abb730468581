"""What the README shows of the command line is what the command line says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from docs.console import Reader, commands
from docs.fences import ROOT, Fence, fences_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="documents show commands of a POSIX shell")
SHOWN = [fence for fence in fences_of("README.md") if fence.info == ("console",)]


@pytest.mark.parametrize("fence", SHOWN, ids=lambda fence: f"line {fence.line}")
def test_the_output_is_real(fence: Fence, tmp_path: Path) -> None:
    (command,) = commands(fence.text.split("\n"))
    printed = Reader(tmp_path, ROOT, errors=False).run(command)
    assert f"$ {command}\n{printed}".rstrip("\n") == fence.text.rstrip("\n")
