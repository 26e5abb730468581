"""Fixes that change several files: planned as one, judged as one, shown as one, written as one or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from awaitomic.patching import transaction
from awaitomic.patching.journal import NAME
from awaitomic.patching.write import FileChanged
from cli.running import run
from explorer import Scenario, World, check_after, check_alone, check_before
from program.across import lay_out

BASE = """\
import asyncio
from explorer import outside


async def step(token, by):
    await outside("step")
    return token + by


class Session:
    def __init__(self):
        self.token = 0

    async def renew(self):
        self.token = await step(self.token, 1)
"""

DERIVED = """\
import asyncio
from base import Session, step


class Logged(Session):
    async def revoke(self):
        self.token = await step(self.token, 10)


async def main():
    session = Logged()
    await asyncio.gather(session.renew(), session.renew(), session.revoke(), session.revoke())
"""

GUARDED = BASE.replace("self.token = 0\n", "self.token = 0\n        self._lock = asyncio.Lock()\n").replace(
    "        self.token = await", "        async with self._lock:\n            self.token = await"
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path, {"base.py": BASE, "derived.py": DERIVED})
    return tmp_path


def texts(tree: Path) -> tuple[str, str]:
    return (tree / "base.py").read_text(), (tree / "derived.py").read_text()


def as_one(files: tuple[str, str]) -> str:
    """Put both modules into one, so that the explorer can run them."""
    base, derived = files
    return base + derived.replace("from base import Session, step\n", "")


def setup(module: ModuleType, count: int) -> World:
    session = module.Logged()
    tasks = [session.renew, session.revoke]
    return World([tasks[index % 2] for index in range(count)], lambda: session.token)


SCENARIO = Scenario("renew and revoke", setup)


@pytest.mark.parametrize("base", [BASE, GUARDED], ids=["a new lock", "the lock that is there"])
def test_the_lock_is_taken_in_both_files_and_holds_in_every_schedule(tree: Path, base: str) -> None:
    (tree / "base.py").write_text(base)
    before = as_one(texts(tree))
    check_before(before, SCENARIO)
    result = run("fix", "--unsafe-fixes", ".")
    assert result.exit_code == 0, result.output
    assert "async with self._lock:" in (tree / "derived.py").read_text()
    assert (tree / "base.py").read_text() == GUARDED
    after = as_one(texts(tree))
    assert check_after(after, SCENARIO) == []
    assert check_alone(before, after, SCENARIO) == []
    assert "nothing to fix; nothing is left" in run("fix", "--unsafe-fixes", ".").stderr
    assert not (tree / NAME).exists()


@pytest.mark.parametrize("path", ["base.py", "derived.py"])
def test_one_diff_shows_both_files_and_the_report_names_them(tree: Path, path: str) -> None:
    result = run("fix", "--diff", "--output-format", "json", ".")
    found = {finding["path"]: finding for finding in json.loads(result.stdout)["findings"]}
    fix = found[path]["fix"]
    assert (fix["strategy"], fix["applicability"]) == ("lock", "unsafe")
    assert sorted(fix["paths"]) == ["base.py", "derived.py"]
    assert fix["diff"].count("diff --git") == 2
    assert fix["diff"].index("a/base.py") < fix["diff"].index("a/derived.py")


@pytest.mark.parametrize("command", ["check", "fix"])
@pytest.mark.parametrize(("named", "other"), [("base.py", "derived.py"), ("derived.py", "base.py")])
def test_a_file_that_was_not_named_is_not_changed(tree: Path, command: str, named: str, other: str) -> None:
    before = texts(tree)
    result = run(command, "--unsafe-fixes", "--output-format", "json", named)
    (finding,) = json.loads(result.stdout)["findings"]
    assert finding["fix"]["applicability"] == "display"
    reason = f"{other} would have to change, too, and is not among the files of the project that were named"
    assert finding["fix"]["because"][0] == reason
    assert texts(tree) == before


@pytest.mark.parametrize("named", [["."], [".", "derived.py"]])
def test_a_file_that_really_lies_outside_of_the_project_is_not_changed(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, named: list[str]
) -> None:
    outside = tmp_path_factory.mktemp("elsewhere") / "derived.py"
    (tree / "derived.py").rename(outside)
    (tree / "derived.py").symlink_to(outside)
    before = texts(tree)
    result = run("fix", "--unsafe-fixes", "--output-format", "json", *named)
    fixes = [finding["fix"] for finding in json.loads(result.stdout)["findings"]]
    assert [fix["applicability"] for fix in fixes] == ["display"] * len(named)
    assert all("derived.py would have to change, too" in fix["because"][0] for fix in fixes)
    assert texts(tree) == before


def test_if_the_fixes_do_not_come_to_an_end_nothing_is_written(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("awaitomic.engine.repair._MOST_VISITS", 0)
    before = texts(tree)
    result = run("fix", "--unsafe-fixes", "--output-format", "json", ".")
    refusals = [finding["refusal"]["code"] for finding in json.loads(result.stdout)["findings"]]
    assert refusals == ["gate-convergence", "gate-convergence"]
    assert texts(tree) == before


def test_a_patch_of_the_run_has_both(tree: Path) -> None:
    result = run("fix", "--diff", "--unsafe-fixes", ".")
    assert result.stdout.count("diff --git") == 2
    assert "1 fix would be applied in 2 files; nothing is left" in result.stderr


def test_if_one_file_has_changed_since_none_is_written(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = texts(tree)
    lay_out(tree, {"alone.py": BASE.replace("Session", "Other")})
    real = transaction.replace_files

    def meddled(replacements: list[transaction.Replacement], root: Path) -> None:
        (tree / "derived.py").write_text("# mine\n")
        real(replacements, root)

    monkeypatch.setattr(transaction, "replace_files", meddled)
    result = run("fix", "--confidence", "possible", "--unsafe-fixes", ".")
    assert result.exit_code == 1
    assert texts(tree) == (before[0], "# mine\n")
    assert "derived.py:1:1: error: the file has changed since it was read" in result.stderr
    assert "not written, since derived.py belongs to the same fix" in " ".join(result.stdout.split())
    assert FileChanged.__name__ not in result.stderr
    assert (tree / "alone.py").read_text() != BASE.replace("Session", "Other")


USER = """\
import asyncio
from base import Session


class User:
    def __init__(self):
        self.session = Session()
        self.count = 0

    async def work(self):
        count = self.count
        await {waited}
        self.count = count + 1


async def main():
    user = User()
    await asyncio.gather(user.work(), user.work(), user.session.renew(), user.session.renew())
"""


STRANGER = USER.replace("from base import Session\n", "").replace("        self.session = Session()\n", "")
STRANGER = STRANGER.replace(", user.session.renew(), user.session.renew()", "").format(waited="asyncio.sleep(1)")


@pytest.mark.parametrize(
    ("other", "together"),
    [(USER.format(waited="self.session.renew()"), True), (STRANGER, False)],
    ids=["user", "stranger"],
)
def test_a_fix_that_was_judged_with_the_new_text_of_another_file_is_written_with_that(
    tree: Path, monkeypatch: pytest.MonkeyPatch, other: str, together: bool
) -> None:
    (tree / "derived.py").write_text(other)
    real = transaction.replace_files
    written: list[str] = []

    def noted(replacements: list[transaction.Replacement], root: Path) -> None:
        written.extend(each.path.name for each in replacements)
        real(replacements, root)

    monkeypatch.setattr(transaction, "replace_files", noted)
    result = run("fix", "--unsafe-fixes", "--confidence", "possible", ".")
    assert "2 fixes applied in 2 files; nothing is left" in result.stderr
    assert written == (["base.py", "derived.py"] if together else [])


def test_if_the_disk_is_full_none_is_written(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = texts(tree)
    real = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == "derived.py":
            raise OSError(28, "No space left on device", str(path))
        return real(path, target)

    monkeypatch.setattr(Path, "replace", full)
    result = run("fix", "--unsafe-fixes", "--no-cache", ".")
    assert texts(tree) == before
    assert "cannot be written: No space left on device" in result.stderr
    assert "nothing fixed; 2 findings in 2 files" in result.stderr
    assert sorted(path.name for path in tree.iterdir()) == ["base.py", "derived.py", "pyproject.toml"]


def refusal(tree: Path, path: str = "base.py") -> tuple[str, str]:
    result = run("check", "--output-format", "json", ".")
    found = next(finding for finding in json.loads(result.stdout)["findings"] if finding["path"] == path)
    assert found["refusal"] is not None, found["fix"]
    return found["refusal"]["code"], found["refusal"]["message"]


def test_a_plain_writer_in_another_file_cannot_take_the_lock(tree: Path) -> None:
    plain = "from base import Session\n\nclass Plain(Session):\n    def drop(self):\n        self.token = 0\n"
    lay_out(tree, {"plain.py": plain})
    code, message = refusal(tree)
    assert code == "sync-writer"
    assert "`Plain.drop`" in message


def test_a_subclass_elsewhere_that_does_not_run_the_constructor_of_its_base(tree: Path) -> None:
    own = "class Logged(Session):\n    def __init__(self):\n        self.token = 5\n\n"
    (tree / "derived.py").write_text(DERIVED.replace("class Logged(Session):\n", own))
    assert refusal(tree)[0] == "init-not-called"


def test_files_of_different_libraries_share_no_lock(tree: Path) -> None:
    (tree / "derived.py").write_text(
        DERIVED.replace("import asyncio", "import trio").replace("asyncio.gather", "gather")
    )
    code, message = refusal(tree)
    assert code == "foreign-loop"
    assert "derived.py runs on trio" in message


def test_a_variable_of_another_module_is_left_to_its_author(tree: Path) -> None:
    shared = """\
import asyncio

total = 0

async def add():
    global total
    old = total
    await asyncio.sleep(1)
    total = await use(old)

async def main():
    await asyncio.gather(add(), add())
"""
    other = "import asyncio\nimport shared\n\nasync def reset():\n    await asyncio.sleep(1)\n    shared.total = 0\n"
    lay_out(tree, {"shared.py": shared, "other.py": other})
    assert refusal(tree, "shared.py")[0] == "other-file"


def test_a_name_that_a_subclass_elsewhere_uses_is_taken(tree: Path) -> None:
    (tree / "derived.py").write_text(DERIVED + "\n\nclass More(Logged):\n    _lock = None\n")
    assert run("fix", "--unsafe-fixes", ".").exit_code == 0
    assert "self._token_lock = asyncio.Lock()" in (tree / "base.py").read_text()


HUB = """\
import asyncio
from base import Session, step


class Hub:
    def __init__(self):
        self.session = Session()

    async def skip(self):
        token = self.session.token
        self.session.token = await step(token, 10)


async def main():
    hub = Hub()
    await asyncio.gather(hub.session.renew(), hub.session.renew(), hub.skip(), hub.skip())
"""

PASSED_ON = """\
import asyncio
from base import Session, step


async def skip(session: Session):
    token = session.token
    session.token = await step(token, 10)


async def main():
    session = Session()
    await asyncio.gather(session.renew(), session.renew(), skip(session), skip(session))
"""


def as_hub(module: ModuleType, count: int) -> World:
    hub = module.Hub()
    return World([hub.session.renew if index % 2 else hub.skip for index in range(count)], lambda: hub.session.token)


def as_parameter(module: ModuleType, count: int) -> World:
    session = module.Session()
    tasks = [session.renew if index % 2 else lambda: module.skip(session) for index in range(count)]
    return World(tasks, lambda: session.token)


@pytest.mark.parametrize(
    ("other", "setup", "owner"),
    [(HUB, as_hub, "self.session"), (PASSED_ON, as_parameter, "session")],
    ids=["an attribute", "a parameter"],
)
def test_who_writes_through_another_object_takes_the_lock_of_that_object(
    tree: Path, other: str, setup: Callable[[ModuleType, int], World], owner: str
) -> None:
    (tree / "derived.py").write_text(other)
    before, scenario = as_one(texts(tree)), Scenario("renew and skip", setup)
    check_before(before, scenario)
    result = run("fix", "--unsafe-fixes", ".")
    assert (tree / "base.py").read_text() == GUARDED, result.output
    assert f"async with {owner}._lock:\n" in (tree / "derived.py").read_text()
    after = as_one(texts(tree))
    assert check_after(after, scenario) == []
    assert check_alone(before, after, scenario) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    async def skip", "    async def swap(self):\n        self.session = Session()\n\n    async def skip"),
        (
            "        token = self.session.token\n        self.session.token = await step(token, 10)",
            "        if self.session and self.session.token < 10:\n"
            "            self.session.token = await step(self.session.token, 10)",
        ),
        ("async def skip(self):\n        token = self.session.token\n", "def skip(self):\n"),
        ("self.session = Session()", "self.sessions: dict[str, Session] = {}"),
    ],
    ids=["replaced", "asked for", "no coroutine", "an entry"],
)
def test_an_object_that_may_be_another_one_by_then_is_left_alone(tree: Path, old: str, new: str) -> None:
    hub = HUB.replace(old, new)
    if "sessions" in new:
        hub = hub.replace("self.session.", "self.sessions['x'].").replace("hub.session.", "hub.sessions['x'].")
    if new.startswith("def"):
        hub = hub.replace("await step(token, 10)", "0")
    (tree / "derived.py").write_text(hub)
    before = texts(tree)
    result = run("fix", "--unsafe-fixes", "--output-format", "json", ".")
    found = [finding for finding in json.loads(result.stdout)["findings"] if finding["path"] == "base.py"]
    assert [finding["refusal"]["code"] for finding in found] == ["foreign-state"] * len(found)
    assert texts(tree)[0] == before[0]
