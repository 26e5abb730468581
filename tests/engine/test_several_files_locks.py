"""Every form of lock over several files: one for each key, made on first use, for state that belongs together."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from cli.running import run
from explorer import Scenario, World, check_after, check_alone, check_before
from program.across import lay_out

HEAD = """\
import asyncio
from explorer import outside


async def step(token, by):
    await outside("step")
    return token + by

"""
IMPORTS = "from asyncio import gather\nfrom base import {name}, step\n"


def texts(tree: Path) -> tuple[str, str]:
    return (tree / "base.py").read_text(), (tree / "derived.py").read_text()


def as_one(files: tuple[str, str]) -> str:
    """Put both modules into one, so that the explorer can run them."""
    base, derived = files
    lines = [line for line in derived.splitlines() if not line.startswith("from base import")]
    return "\n".join([base, *lines]) + "\n"


@dataclass(frozen=True)
class Sample:
    """Two files, how they are run, and what has to stand in them afterwards."""

    base: str
    derived: str
    setup: Callable[[ModuleType, int], World]
    said: tuple[str, str]
    options: tuple[str, ...] = ()
    project: str = ""


SESSION = """
class Session:
    def __init__(self):
        self.token = 0

    async def renew(self):
        self.token = await step(self.token, 1)
"""

LOGGED = """

class Logged(Session):
    async def revoke(self):
        self.token = await step(self.token, 10)


async def main():
    session = Logged()
    await gather(session.renew(), session.renew(), session.revoke(), session.revoke())
"""

HUB = """

class Hub:
    def __init__(self):
        self.session = Session()

    async def skip(self):
        token = self.session.token
        self.session.token = await step(token, 10)


async def main():
    hub = Hub()
    await gather(hub.session.renew(), hub.session.renew(), hub.skip(), hub.skip())
"""

STORE = """
class Store:
    def __init__(self):
        self.rows: dict[str, int] = {}

    async def add(self, name):
        row = self.rows.get(name, 0)
        self.rows[name] = await step(row, 1)
"""

MORE = """

class Logged(Store):
    async def more(self, key):
        old = self.rows.get(key, 0)
        self.rows[key] = await step(old, 10)


async def main():
    store = Logged()
    await gather(store.add("a"), store.add("a"), store.more("a"), store.more("a"))
"""

TWO = """
class Session:
    def __init__(self):
        self.token = 0
        self.count = 0

    async def renew(self):
        self.token = await step(self.token, 1)

    async def tick(self):
        self.count = await step(self.count, 1)
"""

OVERLAPPING = """

class Logged(Session):
    async def revoke(self):
        token = self.token
        count = self.count
        self.token = await step(token, 10)
        self.count = await step(count, 10)


async def main():
    session = Logged()
    await gather(session.renew(), session.renew(), session.tick(), session.tick(), session.revoke(), session.revoke())
"""

CLIENT = """
class Client:
    def __init__(self):
        self.started = False
        self.conn = None

    async def start(self):
        if self.started:
            return
        self.started = True
        self.conn = await step(1, 1)

    async def ask(self):
        await self.start()
        return self.conn.real
"""

AGAIN = """

class Logged(Client):
    async def again(self):
        if self.started:
            return self.conn.real
        self.started = True
        self.conn = await step(1, 1)
        return self.conn.real


async def main():
    client = Logged()
    await gather(client.start(), client.again(), client.ask(), client.ask())
"""


def _session(module: ModuleType, count: int) -> World:
    session = module.Logged()
    return World([session.revoke if index % 2 else session.renew for index in range(count)], lambda: session.token)


def _hub(module: ModuleType, count: int) -> World:
    hub = module.Hub()
    return World([hub.session.renew if index % 2 else hub.skip for index in range(count)], lambda: hub.session.token)


def _store(module: ModuleType, count: int) -> World:
    store = module.Logged()
    tasks = [lambda: store.add("a"), lambda: store.more("a"), lambda: store.add("b")]
    return World(tasks[:count], lambda: dict(store.rows))


def _two(module: ModuleType, count: int) -> World:
    session = module.Logged()
    tasks = [session.revoke, session.tick, session.renew]
    return World(tasks[:count], lambda: (session.token, session.count))


def _client(module: ModuleType, count: int) -> World:
    client = module.Logged()
    return World([client.ask if index % 2 else client.again for index in range(count)], lambda: client.conn)


OLD = '[project]\nname = "x"\nrequires-python = ">=3.9"\n'
BY_KEY = ("--lock-granularity", "key")

SAMPLES = {
    "made on first use": Sample(
        SESSION,
        LOGGED,
        _session,
        (
            "        if self._lock is None:\n            self._lock = asyncio.Lock()\n        async with self._lock:\n",
            "        if self._lock is None:\n            self._lock = Lock()\n        async with self._lock:\n",
        ),
        project=OLD,
    ),
    "made on first use by another object": Sample(
        SESSION,
        HUB,
        _hub,
        (
            "        self._lock = None\n",
            "        if self.session._lock is None:\n            self.session._lock = Lock()\n",
        ),
        project=OLD,
    ),
    "for each key": Sample(
        STORE,
        MORE,
        _store,
        (
            "async with self._locks.setdefault(name, asyncio.Lock()):\n",
            "async with self._locks.setdefault(key, Lock()):\n",
        ),
        BY_KEY,
    ),
    "for state that belongs together elsewhere": Sample(
        TWO,
        OVERLAPPING,
        _two,
        (
            "        async with self._lock:\n            self.count = await",
            "        async with self._lock:\n            token = self.token\n            count = self.count\n",
        ),
    ),
    "for a claim that is made elsewhere, too": Sample(
        CLIENT,
        AGAIN,
        _client,
        (
            "        async with self._lock:\n            if self.started:\n",
            "        async with self._lock:\n            if self.started:\n",
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_lock_is_taken_in_both_files_and_holds_in_every_schedule(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    sample = SAMPLES[name]
    owner = sample.base.split("class ")[1].split(":")[0]
    files = {"base.py": HEAD + sample.base, "derived.py": IMPORTS.format(name=owner) + sample.derived}
    lay_out(tmp_path, {**files, "pyproject.toml": sample.project})
    before, scenario = as_one(texts(tmp_path)), Scenario(name, sample.setup)
    check_before(before, scenario)
    fix = ("fix", "--unsafe-fixes", "--confidence", "possible", *sample.options, ".")
    result = run(*fix)
    assert result.exit_code == 0, result.output
    for said, text in zip(sample.said, texts(tmp_path), strict=True):
        assert said in text, text
    after = as_one(texts(tmp_path))
    assert check_after(after, scenario) == []
    assert check_alone(before, after, scenario) == []
    assert "nothing to fix; nothing is left" in run(*fix).stderr


def _refusal(tree: Path, *options: str) -> tuple[str, str]:
    result = run("check", "--confidence", "possible", "--output-format", "json", *options, ".")
    found = next(each for each in json.loads(result.stdout)["findings"] if each["path"] == "base.py")
    assert found["refusal"] is not None, found["fix"]
    return found["refusal"]["code"], found["refusal"]["message"]


def test_who_writes_entries_of_another_object_has_no_lock_of_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    hub = (
        HUB.replace("Session", "Store")
        .replace("self.session.token", 'self.session.rows["a"]')
        .replace("renew()", 'add("a")')
    )
    lay_out(tmp_path, {"base.py": HEAD + STORE, "derived.py": IMPORTS.format(name="Store") + hub})
    code, message = _refusal(tmp_path, *BY_KEY)
    assert code == "foreign-state"
    assert "`Hub.skip` writes entries of `self.session`" in message


def test_a_generated_constructor_elsewhere_would_not_make_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    logged = LOGGED.replace("class Logged(Session):\n", "@dataclass\nclass Logged(Session):\n    token: int = 0\n\n")
    imports = "from dataclasses import dataclass\n" + IMPORTS.format(name="Session")
    lay_out(tmp_path, {"base.py": HEAD + SESSION, "derived.py": imports + logged})
    assert _refusal(tmp_path)[0] == "init-not-called"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("copy.copy(Logged())", "of derived.py copies or serialises objects"),
        ("print(Logged().__dict__)", "of derived.py looks at `__dict__`"),
        ("Logged.__new__(Logged)", "of derived.py makes an instance by `__new__`"),
        ("Logged()", None),
    ],
)
def test_what_happens_to_the_objects_in_the_other_file_is_a_reason(
    line: str, reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    derived = (
        "import copy\n"
        + IMPORTS.format(name="Session")
        + LOGGED.replace("\n\nasync def main", f"\n{line}\n\n\nasync def main")
    )
    lay_out(tmp_path, {"base.py": HEAD + SESSION, "derived.py": derived})
    result = run("check", "--confidence", "possible", "--output-format", "json", ".")
    because = [each["fix"]["because"] for each in json.loads(result.stdout)["findings"] if each["path"] == "base.py"]
    said = [each for each in because[0] if "derived.py" in each]
    assert len(said) == (reason is not None)
    assert all((reason or "") in each for each in said)


def test_a_claim_that_others_make_before_their_work_cannot_be_moved_behind_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asks = "\n    def is_ready(self):\n        return self.started\n"
    lay_out(tmp_path, {"base.py": HEAD + CLIENT + asks, "derived.py": IMPORTS.format(name="Client") + AGAIN})
    code, message = _refusal(tmp_path)
    assert code == "asked-without-lock"
    assert "`Logged.again` makes the same claim before its work" in message
