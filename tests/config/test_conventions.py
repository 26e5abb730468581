"""What the configuration says about the user's own locks and names: each with a twin that lacks the setting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.running import run

HOUSE = """\
import contextlib


class Turnstile:
    async def __aenter__(self):
        await self.enter()

    async def __aexit__(self, *error):
        self.leave()

    async def acquire_it(self):
        await self.enter()


class Revolving(Turnstile):
    pass


@contextlib.asynccontextmanager
async def gate_for(name):
    await enter(name)
    yield
    leave(name)
"""

BANK = """\
import asyncio

{imports}


class Bank:
    def __init__(self):
        self.balance = 0
        {made}

    async def credit(self, amount):
        {entered}
            current = self.balance
            await asyncio.sleep(0)
            self.balance = current + amount


async def main():
    bank = Bank()
    await asyncio.gather(*(bank.credit(1) for _ in range(10)))
"""

LOCKED = {
    "a class of a library": ("from lib import Turnstile", "self.gate = Turnstile()", "async with self.gate:"),
    "awaited": ("import lib", "pass", 'async with await lib.Turnstile("bank"):'),
    "a class of the project": ("from house import Turnstile", "self.gate = Turnstile()", "async with self.gate:"),
    "derived": ("from house import Revolving", "self.gate = Revolving()", "async with self.gate:"),
    "made on the spot": ("from lib import Turnstile", "pass", 'async with Turnstile("bank"):'),
    "annotated": (
        "from lib import Turnstile, make",
        "self.gate: Turnstile = make()",
        "async with self.gate:",
    ),
    "a table of them": (
        "from lib import Turnstile",
        "self.gates: dict[str, Turnstile] = {}",
        'async with self.gates["a"]:',
    ),
}
FACTORIES = {
    "a function of a library": ("from lib import gate_for", "self.gate = gate_for(self)", "async with self.gate:"),
    "a function of the project": ("from house import gate_for", "pass", 'async with gate_for("bank"):'),
}


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "house.py").write_text(HOUSE)
    return tmp_path


def configure(tree: Path, text: str) -> None:
    (tree / "pyproject.toml").write_text(f"[tool.awaitomic]\n{text}\n")


def rules(tree: Path) -> list[str]:
    done = run("check", "--no-cache", "--output-format", "json", "bank.py")
    return [finding["rule"] for finding in json.loads(done.stdout)["findings"]]


def fixed(tree: Path, source: str) -> str:
    (tree / "m.py").write_text(source)
    run("fix", "--no-cache", "--unsafe-fixes", "m.py")
    return (tree / "m.py").read_text()


def write_bank(tree: Path, parts: tuple[str, str, str]) -> None:
    imports, made, entered = parts
    (tree / "bank.py").write_text(BANK.format(imports=imports, made=made, entered=entered))


@pytest.mark.parametrize("parts", LOCKED.values(), ids=LOCKED)
@pytest.mark.parametrize("name", ["Turnstile", "dotted"])
def test_what_a_lock_type_makes_protects(tree: Path, parts: tuple[str, str, str], name: str) -> None:
    write_bank(tree, parts)
    configure(tree, 'lock-types = ["Gate", "lib.gate"]')
    assert rules(tree) == ["AWA101"]
    module = "house" if "house" in parts[0] else "lib"
    configure(tree, f'lock-types = ["{name if name != "dotted" else f"{module}.Turnstile"}"]')
    assert rules(tree) == []


@pytest.mark.parametrize("parts", FACTORIES.values(), ids=FACTORIES)
def test_what_a_factory_of_locks_makes_protects(tree: Path, parts: tuple[str, str, str]) -> None:
    write_bank(tree, parts)
    configure(tree, "")
    assert rules(tree) == ["AWA101"]
    configure(tree, 'lock-types = ["gate_for"]')
    assert rules(tree) == []


def test_a_lock_type_of_another_module_does_not(tree: Path) -> None:
    write_bank(tree, LOCKED["a class of the project"])
    configure(tree, 'lock-types = ["lib.Turnstile"]')
    assert rules(tree) == ["AWA101"]


def test_a_lock_type_that_covers_a_part_protects_a_part(tree: Path) -> None:
    write_bank(tree, LOCKED["a class of a library"])
    text = (tree / "bank.py").read_text()
    part = text.replace("            await asyncio.sleep(0)\n", "        await asyncio.sleep(0)\n        if True:\n")
    assert part != text
    (tree / "bank.py").write_text(part)
    configure(tree, 'lock-types = ["Turnstile"]')
    assert rules(tree) != []


@pytest.mark.parametrize(
    ("decorator", "configured", "locked"),
    [
        ("@one_by_one", "one_by_one", True),
        ("@one_by_one", "lib.one_by_one", True),
        ("@one_by_one", "other.one_by_one", False),
        ("@one_by_one", "one_by", False),
        ("@lib.queued(limit=4)", "queued", True),
        ("@lib.queued(limit=4)", "lib.queued", True),
    ],
)
def test_a_serialising_decorator_lets_one_call_run(
    tree: Path, decorator: str, configured: str, *, locked: bool
) -> None:
    write_bank(tree, ("import lib\nfrom lib import one_by_one", "pass", "if True:"))
    text = (tree / "bank.py").read_text().replace("    async def credit", f"    {decorator}\n    async def credit")
    (tree / "bank.py").write_text(text)
    configure(tree, "")
    assert rules(tree) == ["AWA101"]
    configure(tree, f'serialising-decorators = ["{configured}"]')
    assert rules(tree) == ([] if locked else ["AWA101"])


STORE = """\
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = {}

    async def put(self, key, row):
        async with self._lock:
            await asyncio.sleep(0)
            self.rows[key] = row

    async def move(self, old, new):
        async with self._lock:
            row = self.rows.pop(old)
            await self.put(new, row)


async def main():
    store = Store()
    await asyncio.gather(store.put(1, 2), store.move(1, 2))
"""

PART = STORE.replace(
    """\
        async with self._lock:
            await asyncio.sleep(0)
            self.rows[key] = row
""",
    """\
        await check(key)
        async with self._lock:
            await asyncio.sleep(0)
            self.rows[key] = row
""",
)


def test_the_suffix_of_locked_variants(tree: Path) -> None:
    configure(tree, "")
    assert "await self._put_locked(new, row)" in fixed(tree, STORE)
    configure(tree, 'locked-suffix = "_under_lock"')
    text = fixed(tree, STORE)
    assert "await self._put_under_lock(new, row)" in text
    assert "async def _put_under_lock(self, key, row):" in text
    assert "_put_locked" not in text


@pytest.mark.parametrize("source", [STORE, PART], ids=["whole", "part"])
@pytest.mark.parametrize(
    ("wanted", "statement"),
    [
        ("assert", "        assert self._lock.locked()\n"),
        ("raise", "        if not self._lock.locked():\n            raise RuntimeError("),
    ],
)
def test_the_precondition_of_locked_variants(tree: Path, source: str, wanted: str, statement: str) -> None:
    configure(tree, "")
    plain = fixed(tree, source)
    assert plain != source
    assert "locked()" not in plain
    configure(tree, 'locked-precondition = "none"')
    assert fixed(tree, source) == plain
    configure(tree, f'locked-precondition = "{wanted}"')
    text = fixed(tree, source)
    variants = text.count("Caller must hold `_lock`.")
    assert variants == plain.count("Caller must hold `_lock`.")
    assert text.count(statement) == variants > 0
    assert run("check", "--no-cache", "m.py").exit_code == 0
    assert fixed(tree, text) == text


NEW_LOCK = """\
import asyncio


class Session:
    def __init__(self):
        self.token = ""

    async def renew(self, refresh):
        self.token = await refresh(self.token)

    async def twice(self, refresh):
        token = self.token
        await self.renew(refresh)
        self.token = token + "2"


async def main(refresh):
    session = Session()
    await asyncio.gather(session.renew(refresh), session.twice(refresh))
"""


def test_a_variant_for_holders_of_a_new_lock_has_the_precondition_too(tree: Path) -> None:
    configure(tree, 'locked-precondition = "assert"\nlocked-suffix = "_inside"\nlock-name = "_turn"')
    text = fixed(tree, NEW_LOCK)
    assert "self._turn = asyncio.Lock()" in text
    assert (
        "    async def _renew_inside(self, refresh):\n"
        '        """Do the work of `renew`. Caller must hold `_turn`."""\n'
        "        assert self._turn.locked()\n"
    ) in text


def test_the_precondition_holds_when_the_program_runs(tree: Path) -> None:
    configure(tree, 'locked-precondition = "raise"')
    names: dict[str, object] = {}
    exec(fixed(tree, STORE).replace("store.put(1, 2), store.move(1, 2)", "store.put(1, 2)"), names)
    exec(
        "async def all():\n"
        "    store = Store()\n"
        "    await store.put(1, 2)\n"
        "    await store.move(1, 2)\n"
        "    try:\n"
        "        await store._put_locked(3, 4)\n"
        "    except RuntimeError as error:\n"
        "        return store.rows, str(error)\n"
        "found = asyncio.run(all())\n",
        names,
    )
    assert names["found"] == ({2: 2}, "_put_locked is for callers that hold self._lock")


SESSION = """\
import asyncio


class Session:
    def __init__(self):
        self.token = ""

    async def renew(self, refresh):
        self.token = await refresh(self.token)


async def main(refresh):
    session = Session()
    await asyncio.gather(session.renew(refresh), session.renew(refresh))
"""

OF_MODULE = """\
import asyncio

TOKEN = ""


async def renew(refresh):
    global TOKEN
    TOKEN = await refresh(TOKEN)


async def main(refresh):
    await asyncio.gather(renew(refresh), renew(refresh))
"""

OF_CLOSURE = """\
import asyncio


async def main(refresh):
    token = ""

    async def renew():
        nonlocal token
        token = await refresh(token)

    await asyncio.gather(renew(), renew())
"""


@pytest.mark.parametrize(
    ("source", "usual", "plain", "of_state"),
    [
        (SESSION, "self._lock = ", "self._mutex = ", "self._token_mutex = "),
        (OF_MODULE, "\n_token_lock = ", "\n_mutex = ", "\n_token_mutex = "),
        (OF_CLOSURE, "    token_lock = ", "    mutex = ", "    token_mutex = "),
    ],
    ids=["attribute", "module", "closure"],
)
def test_the_name_of_a_new_lock(tree: Path, source: str, usual: str, plain: str, of_state: str) -> None:
    for setting, expected in (("", usual), ('"_mutex"', plain), ('"_{state}_mutex"', of_state)):
        configure(tree, f"lock-name = {setting}" if setting else "")
        assert expected + "asyncio.Lock()" in fixed(tree, source), setting


def test_a_name_that_is_taken_is_a_refusal(tree: Path) -> None:
    configure(tree, 'lock-name = "_mutex"')
    source = SESSION.replace('self.token = ""', 'self.token = ""\n        self._mutex = 3')
    assert fixed(tree, source) == source
    done = run("check", "--no-cache", "m.py")
    assert "already uses `_mutex`" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('locked-suffix = ""', "`locked-suffix`: `` cannot end the name of a function"),
        ('locked-suffix = "-locked"', "cannot end the name of a function"),
        ('locked-precondition = "asert"', "one of none, assert, raise; did you mean `assert`?"),
        ('lock-name = "a lock"', "is no name for a lock; write something like `_mutex` or `_{state}_lock`"),
        ('lock-name = "_{stat}_lock"', "is no name for a lock"),
        ('lock-name = "class"', "is no name for a lock"),
        ('lock-name = "__lock"', "is no name for a lock"),
        ('lock-types = ["a b"]', "`a b` is not a dotted name"),
        ('serialising-decorator = ["a"]', "did you mean `serialising-decorators`?"),
    ],
)
def test_what_is_no_name_is_an_error_with_its_line(tree: Path, text: str, message: str) -> None:
    configure(tree, text)
    done = run("check", ".")
    assert done.exit_code == 2
    assert message in done.stderr
    assert "pyproject.toml:2: " in done.stderr
