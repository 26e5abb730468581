"""Which library a lock comes from where the file itself does not say what runs it, and what is said of other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic import fix_source
from awaitomic.model.finding import Refusal
from awaitomic.model.preferences import Granularity, Preferences
from awaitomic.patching.execute import execute
from awaitomic.remedies.lock import REMEDY
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.rules import find
from program.across import lay_out, program_at

SESSION = """
from wire import renew

class Session:
    def __init__(self):
        self.token = None

    async def refresh(self):
        self.token = await renew(self.token)
"""


def _answer(root: Path, files: dict[str, str]) -> Proposal | Refusal:
    lay_out(root, {"session.py": SESSION, **files})
    program = program_at(root, "session.py")
    (finding,) = find(program)
    return REMEDY.propose(Case(program, finding))


@pytest.mark.parametrize("library", ["asyncio", "trio", "anyio"])
def test_the_project_says_which_library_it_is(library: str, tmp_path: Path) -> None:
    answer = _answer(tmp_path, {"main.py": f"import {library}\n", "tests/test_it.py": "import curio\n"})
    assert isinstance(answer, Proposal)
    assert f"self._lock = {library}.Lock()" in execute(SESSION, answer.plan)
    assert f"{library} is taken to be meant" in answer.because[-1]


@pytest.mark.parametrize("others", ["import asyncio\nimport trio\n", "import curio\n"])
def test_refused_is_a_module_that_any_of_several_libraries_may_run(others: str, tmp_path: Path) -> None:
    answer = _answer(tmp_path, {"main.py": others})
    assert isinstance(answer, Refusal)
    assert answer.code == "foreign-loop"


@pytest.mark.parametrize(("modules", "fixed"), [(19, False), (20, True)])
def test_one_module_in_twenty_does_not_speak_for_the_project(modules: int, fixed: bool, tmp_path: Path) -> None:
    files = {f"part{number}.py": "import asyncio\n" for number in range(modules)}
    answer = _answer(tmp_path, {**files, "main.py": "import trio  # so that nothing imports it later\n"})
    assert isinstance(answer, Proposal) == fixed


def test_who_imports_a_module_speaks_for_it_before_the_project_does(tmp_path: Path) -> None:
    files = {f"part{number}.py": "import asyncio\n" for number in range(30)}
    answer = _answer(tmp_path, {**files, "serve.py": "import trio\nfrom session import Session\n"})
    assert isinstance(answer, Proposal)
    assert "self._lock = trio.Lock()" in execute(SESSION, answer.plan)
    both = {"serve.py": "import trio\nimport session\n", "run.py": "import asyncio\nimport session\n"}
    assert isinstance(_answer(tmp_path / "both", both), Refusal)


def test_a_wait_in_another_file_is_named_with_that_file(tmp_path: Path) -> None:
    wire = "import asyncio\nfrom net import ask\n\nasync def renew(token):\n    return await ask(token)\n"
    answer = _answer(tmp_path, {"wire.py": wire})
    assert isinstance(answer, Proposal)
    assert "(line 5 of " in answer.because[0]
    assert "wire.py)" in answer.because[0]


def test_a_writer_of_the_whole_table_in_another_file_is_named_with_that_file(tmp_path: Path) -> None:
    other = "import asyncio\nfrom session import Session\n\nclass Sub(Session):\n    async def wipe(self):\n"
    keyed = SESSION.replace("self.token = None", "self.rows = {}").replace("self.token", "self.rows[key]")
    keyed = keyed.replace("refresh(self)", "refresh(self, key)")
    lay_out(tmp_path, {"session.py": keyed, "sub.py": f"{other}        self.rows.clear()\n"})
    program = program_at(tmp_path, "session.py")
    (finding,) = find(program)
    answer = REMEDY.propose(Case(program, finding, Preferences(Granularity.KEY)))
    assert isinstance(answer, Refusal)
    assert (answer.code, "(line 6 of " in answer.message) == ("whole-container", True)


WORK = """
class Work:
    def __init__(self):
        self.n = 0

    async def run(self):
        n = self.n
        self.n = n + await self.cost(n)

    async def cost(self, n):
        {inside}await {library}.sleep(0)
        return n


async def main(group):
    work = Work()
    group.start_soon(work.run)
    group.start_soon(work.run)
"""


@pytest.mark.parametrize(
    ("above", "inside", "safe"),
    [
        ("import anyio\n", "", True),
        ("import anyio.abc\nimport anyio\n", "", True),
        ("try:\n    import anyio\nexcept ImportError:\n    anyio = None\n", "", False),
        ("", "import anyio\n        ", False),
    ],
    ids=["always", "and a part of it", "if it is there", "where it is needed"],
)
def test_no_module_comes_to_need_a_library_that_may_not_be_there(above: str, inside: str, *, safe: bool) -> None:
    result = fix_source(above + WORK.format(library="anyio", inside=inside), confidence="possible")
    assert ("self._lock = anyio.Lock()" in result.text) == safe
    if not safe:
        (left,) = result.remaining
        assert left.fix is not None
        assert any("may not be installed" in reason for reason in left.fix.because)


def test_asyncio_is_not_imported_a_second_time() -> None:
    above = "import os\n\nif os.name == 'nt':\n    import asyncio\nelse:\n    import uvloop\n    import asyncio\n"
    result = fix_source(above + WORK.format(library="asyncio", inside=""), confidence="possible")
    assert "self._lock = asyncio.Lock()" in result.text
    assert result.text.startswith(above)
