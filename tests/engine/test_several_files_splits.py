"""A method and those who hold its lock in different files: all of them are split, called and imported as one fix."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from cli.running import run
from explorer import Scenario, World, check_after, check_before
from program.across import lay_out

BASE = """\
import asyncio
from explorer import outside


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = []

    async def put(self, row):
        async with self._lock:
            number = len(self.rows)
            await outside("save", row)
            self.rows[number:] = [row]
"""

DERIVED = """\
from base import Store


class Ledger(Store):
    async def load(self):
        async with self._lock:
            self.rows.clear()
            await self.put("one")
            await self.put("two")
"""

USER = """\
from derived import Ledger


async def note(ledger: Ledger):
    await ledger.put("three")


async def reload(ledger: Ledger):
    async with ledger._lock:
        await ledger.put("four")
"""

FILES = {"base.py": BASE, "derived.py": DERIVED, "user.py": USER}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay_out(tmp_path, {"pyproject.toml": "", **FILES})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_one(tree: Path) -> str:
    """Put the modules into one, so that the explorer can run them."""
    texts = [(tree / name).read_text() for name in FILES]
    lines = [line for text in texts for line in text.splitlines()]
    return "\n".join(line for line in lines if not line.startswith(("from base", "from derived"))) + "\n"


def setup(module: ModuleType, count: int) -> World:
    ledger = module.Ledger()
    tasks = [ledger.load, lambda: module.note(ledger), lambda: module.reload(ledger)]
    return World(tasks[:count], lambda: ledger.rows)


SCENARIO = Scenario("ledger", setup)


def test_holders_in_other_files_call_the_variant_and_no_schedule_hangs(tree: Path) -> None:
    assert check_before(as_one(tree), SCENARIO, (1,)).reason.startswith("deadlock")
    result = run("fix", ".")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tree / "derived.py").read_text() == DERIVED.replace("self.put(", "self._put_locked(")
    assert (tree / "user.py").read_text() == USER.replace('put("four")', '_put_locked("four")')
    assert "            await self._put_locked(row)\n\n    async def _put_locked(self, row):\n" in as_one(tree)
    assert check_after(as_one(tree), SCENARIO) == []


def _answer(path: str) -> tuple[str, str, list[str]]:
    report = json.loads(run("check", "--output-format", "json", path).stdout)
    found = report["findings"][0]
    answer = found["fix"] or found["refusal"]
    return (
        answer.get("applicability", "refused"),
        answer.get("code", ""),
        answer.get("because", [answer.get("message")]),
    )


def test_a_split_that_needs_a_file_which_was_not_named_is_only_shown(tree: Path) -> None:
    applicability, _, because = _answer("derived.py")
    assert applicability == "display"
    assert [reason.partition(" ")[0] for reason in because] == ["base.py", "user.py"]
    assert run("fix", "--unsafe-fixes", "derived.py").exit_code == 1
    assert as_one(tree) == as_one(lay_out_again(tree))


def lay_out_again(tree: Path) -> Path:
    again = tree / "again"
    again.mkdir()
    lay_out(again, FILES)
    return again


def test_an_override_elsewhere_is_split_together(tree: Path) -> None:
    (tree / "base.py").write_text(
        BASE + "\n    async def fill(self):\n        async with self._lock:\n            await self.put(1)\n"
    )
    loud = "    async def put(self, row):\n        async with self._lock:\n            await super().put(row)\n\n"
    (tree / "derived.py").write_text(DERIVED.replace("    async def load", f"{loud}    async def load"))
    assert run("fix", ".").exit_code == 0
    derived = (tree / "derived.py").read_text()
    assert "    async def _put_locked(self, row):\n" in derived
    assert "        await super()._put_locked(row)\n" in derived
    assert "            await self._put_locked(1)\n" in (tree / "base.py").read_text()


LOCKS = """\
import asyncio

lock = asyncio.Lock()
rows = []


async def put(row):
    async with lock:
        await asyncio.sleep(0)
        rows.append(row)
"""

BY_NAME = """\
from {module} import lock, put


async def load():
    async with lock:
        await put(1)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lay_out(tmp_path, {"pyproject.toml": "", "pkg/__init__.py": "", "pkg/locks.py": LOCKS})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("module", [".locks", "pkg.locks"])
def test_a_file_that_imports_by_name_imports_the_variant(package: Path, module: str) -> None:
    text = BY_NAME.format(module=module)
    (package / "pkg/user.py").write_text(text)
    assert run("fix", ".").exit_code == 0
    assert (package / "pkg/user.py").read_text() == text.replace("lock, put", "_put_locked, lock, put").replace(
        "await put", "await _put_locked"
    )


def test_a_file_that_imports_the_module_names_the_variant_by_it(package: Path) -> None:
    text = "from pkg import locks\n\n\nasync def load():\n    async with locks.lock:\n        await locks.put(1)\n"
    (package / "user.py").write_text(text)
    assert run("fix", ".").exit_code == 0
    assert (package / "user.py").read_text() == text.replace("locks.put", "locks._put_locked")


@pytest.mark.parametrize(
    ("user", "code"),
    [
        pytest.param(BY_NAME.format(module="pkg"), "other-file", id="handed on by another module"),
        pytest.param(
            "import pkg\n\n\nasync def load():\n    async with pkg.lock:\n        await pkg.put(1)\n",
            "other-file",
            id="an attribute of another module",
        ),
        pytest.param(
            BY_NAME.format(module="pkg.locks") + "\n\ndef _put_locked():\n    pass\n", "name-taken", id="a taken name"
        ),
        pytest.param(
            BY_NAME.format(module="pkg.locks").replace(
                "from pkg.locks import lock, put\n",
                "try:\n    from pkg.locks import lock, put\nexcept ImportError:\n    raise\n",
            ),
            "other-file",
            id="imported in a try",
        ),
        pytest.param(
            BY_NAME.format(module="pkg.locks")
            .replace("put\n", "put as store\n", 1)
            .replace("await put", "await store"),
            "implicit-call",
            id="another name",
        ),
    ],
)
def test_a_variant_that_has_no_name_in_the_other_file_is_refused(package: Path, user: str, code: str) -> None:
    (package / "pkg/__init__.py").write_text("from .locks import lock, put\n")
    (package / "user.py").write_text(user)
    assert _answer("user.py")[:2] == ("refused", code)
