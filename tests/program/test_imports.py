"""The ways in which a file comes to know what stands in another one, each with what it must not be taken for."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence
from program.across import findings_at, lay_out
from program.reading import reported

CERTAIN = Confidence.CERTAIN

BANK = """
import asyncio

class Bank:
    def __init__(self):
        self.n = 0

    async def credit(self):
        n = self.n
        await asyncio.sleep(0)
        self.n = n + 1
"""
MAIN = """
import asyncio
{imports}

async def main():
    {inside}
    bank = {made}
    await asyncio.gather(*(bank.credit() for _ in range(3)))
"""
WAYS = [
    ("a module", "import shop.bank", "shop.bank.Bank()", ""),
    ("a renamed module", "import shop.bank as b", "b.Bank()", ""),
    ("a package that passes it on", "import shop", "shop.Bank()", ""),
    ("under another name", "from shop import Till", "Till()", ""),
    ("everything", "from shop.bank import *", "Bank()", ""),
    ("in a function", "", "Bank()", "from shop.bank import Bank"),
    ("a module in a function", "", "shop.bank.Bank()", "import shop.bank"),
]


@pytest.mark.parametrize(("imports", "made", "inside"), [way[1:] for way in WAYS], ids=[way[0] for way in WAYS])
def test_tasks_are_seen_that_another_file_makes(tmp_path: Path, imports: str, made: str, inside: str) -> None:
    passed_on = "from .bank import Bank\nfrom .bank import Bank as Till\n"
    main = MAIN.format(imports=imports, made=made, inside=inside or "pass")
    lay_out(tmp_path, {"shop/__init__.py": passed_on, "shop/bank.py": BANK, "main.py": main})
    (finding,) = findings_at(tmp_path, "shop/bank.py")
    assert finding.confidence is CERTAIN
    assert finding.evidence[0].startswith("several tasks run `Bank.credit`")


STATE = """
import asyncio

class Box:
    n = 0

box = Box()
_hidden = Box()
turn = asyncio.Lock()

async def look():
    return 1

async def wait():
    await asyncio.sleep(0)
"""
USER = """
import asyncio
{imports}

async def credit():
    {inside}
    {lines}

async def main():
    await asyncio.gather(credit(), credit())
"""
COUNT = ["n = box.n", "await asyncio.sleep(0)", "box.n = n + 1"]


def told(root: Path, imports: str, lines: list[str], inside: str = "pass") -> set[str]:
    text = USER.format(imports=imports, inside=inside, lines="\n    ".join(lines))
    lay_out(root, {"state.py": STATE, "between.py": "from state import *\n", "user.py": text})
    return {finding.state for finding in findings_at(root, "user.py")}


@pytest.mark.parametrize("imports", ["from state import box", "from state import *", "from between import *"])
def test_a_variable_of_another_module_is_one_for_all(tmp_path: Path, imports: str) -> None:
    assert told(tmp_path, imports, COUNT) == {"box.n"}


def test_so_it_is_where_a_function_imports_it(tmp_path: Path) -> None:
    assert told(tmp_path, "", COUNT, "from state import box") == {"box.n"}


@pytest.mark.parametrize(
    ("imports", "lines", "inside"),
    [
        ("from state import *", ["async with turn:", *(f"    {line}" for line in COUNT)], "pass"),
        ("", ["async with turn:", *(f"    {line}" for line in COUNT)], "from state import box, turn"),
        ("from state import *", ["box = Box()", *COUNT], "pass"),
        ("from state import *", [line.replace("box", "_hidden") for line in COUNT], "pass"),
        ("import state", ["box = state.Box()", *COUNT], "pass"),
        ("from state import box", ["n = box.n", "await look()", "box.n = n + 1"], "from state import look"),
    ],
    ids=["a lock", "a lock in a function", "a local", "a private name", "an own object", "what never waits"],
)
def test_what_is_known_in_the_same_way_keeps_silent(
    tmp_path: Path, imports: str, lines: list[str], inside: str
) -> None:
    assert told(tmp_path, imports, lines, inside) == set()


def test_what_a_function_imports_and_binds_to_something_else_too_is_not_known(tmp_path: Path) -> None:
    inside = "from state import look"
    assert told(tmp_path, "from state import box", ["n = box.n", "await look()", "box.n = n + 1"], inside) == set()
    (tmp_path / "other").mkdir()
    either = f"{inside}\n    if box:\n        look = asyncio.sleep"
    lines = ["n = box.n", "await look(0)", "box.n = n + 1"]
    assert told(tmp_path / "other", "from state import box", lines, either) == {"box.n"}


ACCOUNTS = """
class Account:
    def __init__(self):
        self.n = 0

class Bank:
    def __init__(self):
        self.accounts: dict[str, Account] = {{}}

    async def audit(self):
        for {names} in {over}:
            n = account.n
            await asyncio.sleep(0)
            account.n = n + 1

bank = Bank()

async def main():
    await asyncio.gather(bank.audit(), bank.audit())
"""


@pytest.mark.parametrize(
    ("names", "over"),
    [
        ("account", "self.accounts.values()"),
        ("account", "list(self.accounts.values())"),
        ("account", "sorted(tuple(self.accounts.values()))"),
        ("key, account", "self.accounts.items()"),
        ("key, account", "list(self.accounts.items())"),
    ],
)
def test_what_a_loop_goes_over_are_the_entries(names: str, over: str) -> None:
    assert reported(ACCOUNTS.format(names=names, over=over), CERTAIN) == {"Bank.audit"}


@pytest.mark.parametrize(
    ("names", "over"),
    [
        ("account", "[Account() for _ in self.accounts]"),
        ("account", "map(load, self.accounts.values())"),
        ("key, account", "load(self.accounts.items())"),
        ("account", "self.accounts.items()"),
    ],
)
def test_what_it_makes_of_them_is_not(names: str, over: str) -> None:
    assert reported(ACCOUNTS.format(names=names, over=over)) == set()


GETTER = """
def total({parameter}):
    return bank.n

class Bank:
    def __init__(self):
        self.n = 0

    async def credit(self):
        {lines}

bank = Bank()

async def main():
    await asyncio.gather(bank.credit(), bank.credit())
"""


@pytest.mark.parametrize("parameter", ["bank", "bank: Bank"])
@pytest.mark.parametrize("read", ["total(self)", "getattr(self, 'n')"])
def test_what_a_getter_gives_is_read_where_it_is_called(parameter: str, read: str) -> None:
    late = f"n = {read}\n        await asyncio.sleep(0)\n        self.n = n + 1"
    anew = f"await asyncio.sleep(0)\n        n = {read}\n        self.n = n + 1"
    assert reported(GETTER.format(parameter=parameter, lines=late)) == {"Bank.credit"}
    assert reported(GETTER.format(parameter=parameter, lines=anew)) == set()
