"""What can only be known across files: base classes, callers, locks, writers, and names that are passed on."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from awaitomic.engine.projects import Projects
from awaitomic.model.event import Attribute, Place, Write
from awaitomic.program import Program
from awaitomic.rules import find
from program.across import findings_at, lay_out, program_at, told

BASE = """
    import asyncio

    class Base:
        def __init__(self):
            self.ready = False

        async def initialize(self):
            await asyncio.sleep(1)
            self.ready = True
"""
USER = """
    from {base} import {name}

    class Client({name}):
        async def initialize(self):
            if not self.ready:
                await super().initialize()
"""


@pytest.mark.parametrize(
    ("files", "base", "name"),
    [
        ({"pkg/base.py": BASE}, "pkg.base", "Base"),
        ({"pkg/base.py": BASE}, ".base", "Base"),
        ({"pkg/core/base.py": BASE, "pkg/core/__init__.py": "from .base import Base"}, "pkg.core", "Base"),
        ({"pkg/core/base.py": BASE, "pkg/core/__init__.py": "from .base import *"}, "pkg.core", "Base"),
        ({"pkg/core/base.py": BASE, "pkg/core/__init__.py": "from .base import Base as Root"}, ".core", "Root"),
    ],
    ids=["absolute", "relative", "re-exported", "through a star", "under another name"],
)
def test_a_flag_that_the_base_class_raises(tmp_path: Path, files: dict[str, str], base: str, name: str) -> None:
    lay_out(tmp_path, {"pkg/__init__.py": "", **files, "pkg/client.py": USER.format(base=base, name=name)})
    assert told(findings_at(tmp_path, "pkg/client.py")) == [("AWA102", "Client.initialize", "self.ready")]


def test_a_flag_that_the_base_class_tests_again_under_a_lock(tmp_path: Path) -> None:
    locked = BASE.replace("self.ready = False", "self.ready = False\n            self.lock = asyncio.Lock()").replace(
        "            await asyncio.sleep(1)\n            self.ready = True",
        "            async with self.lock:\n                if not self.ready:\n                    self.ready = True",
    )
    lay_out(tmp_path, {"base.py": locked, "client.py": USER.format(base="base", name="Base")})
    assert told(findings_at(tmp_path, "client.py")) == []


BANK = """
    import asyncio

    class Bank:
        def __init__(self):
            self.total = 0

        async def add(self, amount):
            await asyncio.sleep(1)
            self.total += amount
"""


@pytest.mark.parametrize(
    "imports",
    ["from bank import Bank", "from typing import TYPE_CHECKING\n    if TYPE_CHECKING:\n        from bank import Bank"],
    ids=["imported", "for types only"],
)
def test_state_of_an_object_whose_class_stands_elsewhere(tmp_path: Path, imports: str) -> None:
    hub = f"""
    from __future__ import annotations
    {imports}

    class HubManager:
        def __init__(self, bank: Bank):
            self.bank = bank

        async def put(self, price):
            self.bank.total += await price()
    """
    lay_out(tmp_path, {"bank.py": BANK, "hub.py": hub})
    (finding,) = findings_at(tmp_path, "hub.py")
    assert (finding.rule, finding.state) == ("AWA101", "self.bank.total")
    assert finding.rival is not None
    assert finding.rival.path.endswith("hub.py"), "a `Bank` that adds to itself may be another one"


def test_a_variable_of_another_module(tmp_path: Path) -> None:
    use = """
    import asyncio
    from state import counts
    import state

    async def count(key, size):
        old = counts.get(key, 0)
        await asyncio.sleep(size)
        state.counts[key] = old + 1
    """
    lay_out(tmp_path, {"state.py": "counts = {}", "use.py": use})
    assert told(findings_at(tmp_path, "use.py")) == [("AWA101", "count", "counts[key]")]


STORE = """
    import asyncio

    class Store:
        def __init__(self):
            self.lock = asyncio.Lock()
            self.rows = 0

        async def put(self):
            async with self.lock:
                await self._put()

        async def _put(self):
            rows = self.rows
            await asyncio.sleep(1)
            self.rows = rows + 1
"""


def test_a_private_method_that_only_holders_call(tmp_path: Path) -> None:
    lay_out(tmp_path, {"store.py": STORE})
    assert told(findings_at(tmp_path, "store.py")) == []


def test_a_private_method_that_a_subclass_elsewhere_calls_without_the_lock(tmp_path: Path) -> None:
    other = """
    from store import Store

    class Quick(Store):
        async def quick(self):
            await self._put()
    """
    lay_out(tmp_path, {"store.py": STORE, "quick.py": other})
    assert ("AWA101", "Store._put", "self.rows") in told(findings_at(tmp_path, "store.py"))


def test_a_lock_that_is_taken_again_in_another_file(tmp_path: Path) -> None:
    other = """
    from store import Store

    class Bulk(Store):
        async def put_all(self, count):
            async with self.lock:
                for _ in range(count):
                    await self.put()
    """
    lay_out(tmp_path, {"store.py": STORE, "bulk.py": other})
    (finding,) = [each for each in findings_at(tmp_path, "bulk.py") if each.rule == "AWA301"]
    assert finding.function == "Bulk.put_all"
    assert finding.path.endswith("bulk.py")
    assert [step.path.rpartition("/")[2] for step in finding.trace] == ["bulk.py", "bulk.py", "store.py"]


def test_a_coroutine_that_never_suspends_does_not_in_another_file_either(tmp_path: Path) -> None:
    helper = "async def note(text): print(text)"
    user = """
    from helper import note

    class CounterService:
        def __init__(self):
            self.n = 0

        async def count(self):
            n = self.n
            await note("counting")
            self.n = n + 1
    """
    lay_out(tmp_path, {"helper.py": helper, "user.py": user})
    assert told(findings_at(tmp_path, "user.py")) == []
    slow = "import asyncio\n\nasync def note(text): await asyncio.sleep(1)"
    lay_out(tmp_path, {"helper.py": slow, "user.py": user})
    assert told(findings_at(tmp_path, "user.py")) == [("AWA101", "CounterService.count", "self.n")]


HOSTILE = {
    "a circle of imports": {"a.py": "from b import B\nclass A(B): ...", "b.py": "from a import A\nclass B(A): ..."},
    "missing modules": {"a.py": "from nowhere import X\nfrom .gone import Y\nimport missing.part\nclass A(X, Y): ..."},
    "two modules of one name": {"one/util.py": "class U: ...", "two/util.py": "class U: ...", "a.py": "import util"},
    "a star from a circle": {"a.py": "from b import *\nclass A(B): ...", "b.py": "from a import *\nclass B(A): ..."},
    "a name defined by condition": {"a.py": "try:\n    from x import A\nexcept ImportError:\n    class A: ..."},
    "a class that is its own base": {"a.py": "class A: ...\nclass A(A): ..."},
    "a metaclass and a patched method": {
        "a.py": "class M(type): ...\nclass A(metaclass=M):\n    async def f(self): ...\nA.f = lambda self: 1"
    },
    "a module that does not parse": {"a.py": "from b import B\nclass A(B): ...", "b.py": "class B(:"},
    "an import of itself": {"a.py": "import a\nfrom a import A\nclass A(a.A): ..."},
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_odd_projects_are_less_certain_and_never_a_crash(tmp_path: Path, files: dict[str, str]) -> None:
    tail = """
class Own(A if 0 else object):
    def __init__(self):
        self.n = 0

    async def add(self, wait):
        n = self.n
        await wait()
        self.n = n + 1
"""
    lay_out(tmp_path, {name: text.replace("\n    ", "\n    ") for name, text in files.items()})
    path = tmp_path / "a.py"
    path.write_text(path.read_text() + tail)
    assert ("AWA101", "Own.add", "self.n") in told(findings_at(tmp_path, "a.py"))


def test_objects_inside_objects_come_to_an_end(tmp_path: Path) -> None:
    """Each node has another one inside, and each call writes in it: the paths must not grow for ever."""
    fields = "\n".join(f"        self.f{number} = number" for number in range(6))
    calls = "\n".join(f"        await self.next{number}.work(number)" for number in range(4))
    inner = "\n".join(f"        self.next{number} = Node()" for number in range(4))
    text = f"class Node:\n    def __init__(self):\n{inner}\n    async def work(self, number):\n{fields}\n{calls}\n"
    lay_out(tmp_path, {})
    (tmp_path / "a.py").write_text(text)
    program = program_at(tmp_path, "a.py")
    summary = program.summary(program.named("Node.work").function)
    assert 6 <= len(summary.writes) <= 150


def test_the_order_of_the_files_does_not_matter(tmp_path: Path) -> None:
    files = {"store.py": STORE, "bank.py": BANK}
    files["bulk.py"] = (
        "from store import Store\nclass Bulk(Store):\n    async def x(self):\n        await self._put()\n"
    )
    lay_out(tmp_path, files)
    outcomes = []
    for order in (sorted(files), sorted(files, reverse=True)):
        projects = Projects()
        found = {name: find(program_at(tmp_path, name, projects)) for name in order}
        outcomes.append({name: [(f.rule, f.function, f.state, f.confidence) for f in found[name]] for name in found})
    assert outcomes[0] == outcomes[1]


def test_the_way_along_the_imports_can_be_as_long_as_it_likes(tmp_path: Path) -> None:
    """Each module hands what it has made to a method of the next one."""
    count = 300
    step = """
        from m{next} import Keeper{next}

        class Keeper{number}:
            def __init__(self):
                self.kept = []

            def keep(self, row):
                self.kept.append(row)

        class User{number}:
            def __init__(self):
                self.keeper = Keeper{next}()

            def make(self):
                row = Row()
                self.keeper.keep(row)

        class Row:
            pass
    """
    numbers = {number: (number + 1) % count for number in range(count)}
    files = {f"m{at}.py": textwrap.dedent(step.format(number=at, next=after)) for at, after in numbers.items()}
    lay_out(tmp_path, files)
    made = program_at(tmp_path, "m0.py").named("User0.make").published
    assert [str(each.location) for each in made.values()] == ["self.keeper.kept[row]"]


def test_a_base_that_was_renamed_on_the_way_is_still_a_base(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {
            "base.py": "class A: ...\nclass Z: ...",
            "between.py": "from base import A as \\\n    B",
            "below.py": """\
                from base import A
                from between import B
                class Q(B): ...
                class P(A): ...
                class O(B, A): ...
            """,
        },
    )
    link = program_at(tmp_path, "base.py").project.link
    assert [facts.qualname for facts in link.descendants("base.py:A")] == ["Q", "P", "O"]
    assert link.descendants("base.py:Z") == ()


def test_a_module_of_which_only_a_name_is_said_is_not_asked_what_it_does(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {
            "main.py": "from near import Near\n\ndef f(near: Near):\n    near.x = []\n    return near\n",
            "near.py": "from far import far\nclass Near:\n    x: list\n    def go(self):\n        far(self.x)\n",
            "far.py": "def far(x):\n    x.append(1)\n",
        },
    )
    program = program_at(tmp_path, "main.py")
    location = program.named("f").place(_written(program))
    assert location is not None
    assert program.named("f").type_of(location).name == "list"
    assert list(program.project._units) == ["main.py"]  # what is loaded is not told otherwise
    assert "far.py" not in program.project._modules


def _written(program: Program) -> Place:
    writes = (event for event in program.named("f").function.events if isinstance(event, Write))
    return next(write.place for write in writes if isinstance(write.place, Attribute))
