"""libcst costs a third of a second: only the modules that need it may load it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["awaitomic.patching", "awaitomic.patching.diff", "awaitomic.patching.write"])
def test_libcst_is_not_loaded_by(module: str) -> None:
    code = f"import sys, {module}; sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_carrying_out_a_plan_loads_neither_matchers_nor_codemods_nor_metadata() -> None:
    code = "import sys, awaitomic.patching.execute; print([m for m in sys.modules if m.startswith('libcst')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "'libcst'" in done.stdout
    assert not any(name in done.stdout for name in ("libcst.matchers", "libcst.codemod"))
