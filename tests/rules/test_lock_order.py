"""AWA302: reported where tasks can wait for each other in a circle, silent where an order or a gate forbids it."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.model.finding import Confidence, Finding
from awaitomic.rules import find
from program.across import findings_at, lay_out
from program.reading import program_of

DESK = """
import contextlib

class Desk:
    def __init__(self, twin):
        self.a = asyncio.Lock()
        self.b = asyncio.Lock()
        self.gate = asyncio.Lock()
        self.several = asyncio.Semaphore(2)
        self.changed = asyncio.Condition(self.b)
        self.busy = False

    async def forth(self):
        async with self.gate:
            async with self.a:
                await asyncio.sleep(1)
                async with self.b: await asyncio.sleep(1)

    @contextlib.asynccontextmanager
    async def with_a(self):
        async with self.a: yield

    @contextlib.asynccontextmanager
    async def with_b(self):
        async with self.b: yield

    async def _hold_b(self):
        await self.b.acquire()

    def _give_b(self):
        self.b.release()

    async def _one(self, first):
        if first: await self.a.acquire()
        else: await self.b.acquire()

    async def _take_a(self):
        async with self.a: await asyncio.sleep(1)

    async def back(self, other: asyncio.Lock):
{body}
"""


def lock_orders(source: str) -> list[Finding]:
    return [finding for finding in find(program_of(source)) if finding.rule == "AWA302"]


def of_back(body: str) -> list[Finding]:
    indented = "\n".join(f"        {line}" for line in body.split("\n"))
    return lock_orders(DESK.format(body=indented))


REPORTED = [
    ("nested", "async with self.b:\n    async with self.a: ..."),
    ("in one statement", "async with self.b, self.a: ..."),
    ("with something in between", "async with self.b:\n    await asyncio.sleep(1)\n    async with self.a: ..."),
    ("through a call", "async with self.b: await self._take_a()"),
    ("through a task that is awaited", "async with self.b: await asyncio.create_task(self._take_a())"),
    ("the first held by a context manager", "async with self.with_b():\n    async with self.a: ..."),
    ("the second held by a context manager", "async with self.b:\n    async with self.with_a(): ..."),
    (
        "the first held by a manager in a stack",
        "async with contextlib.AsyncExitStack() as stack:\n"
        "    await stack.enter_async_context(self.with_b())\n    async with self.a: ...",
    ),
    ("acquired by a helper", "await self._hold_b()\nasync with self.a: ...\nself.b.release()"),
    ("acquired by hand", "await self.b.acquire()\ntry:\n    async with self.a: ...\nfinally:\n    self.b.release()"),
    ("the second by hand", "async with self.b:\n    await self.a.acquire()\n    self.a.release()"),
    ("a condition made from the lock is that lock", "async with self.changed:\n    async with self.a: ..."),
    ("under an alias", "lock = self.b\nasync with lock:\n    async with self.a: ..."),
    ("a gate that only one side holds", "async with self.b:\n    async with self.gate, self.a: ..."),
    ("on some way", "if self.busy:\n    async with self.b:\n        async with self.a: ..."),
    (
        "tried at first, and then waited for",
        "if self.a.locked():\n    await asyncio.sleep(1)\nasync with self.b, self.a: ...",
    ),
]


@pytest.mark.parametrize("body", [case[1] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_two_orders_of_two_locks(body: str) -> None:
    found = of_back(body)
    assert [finding.state for finding in found if "gate" not in finding.state] == ["self.b, self.a"]
    assert {finding.confidence for finding in found} == {Confidence.LIKELY}


SILENT = [
    ("one order", "async with self.a:\n    async with self.b: ..."),
    ("the first has been given back", "async with self.b: ...\nasync with self.a: ..."),
    ("given back by hand", "await self.b.acquire()\nself.b.release()\nasync with self.a: ..."),
    ("given back by a helper", "await self.b.acquire()\nself._give_b()\nasync with self.a: ..."),
    (
        "a stack that has ended",
        "async with contextlib.AsyncExitStack() as stack:\n"
        "    await stack.enter_async_context(self.with_b())\nasync with self.a: ...",
    ),
    ("a gate around both", "async with self.gate:\n    async with self.b, self.a: ..."),
    ("the second is only tried", "async with self.b:\n    if self.a.locked(): return\n    async with self.a: ..."),
    ("a lock that nobody knows", "async with other:\n    async with self.a: ..."),
    ("a helper that takes one or the other", "await self._one(other)\nself.b.release()"),
    ("a call in a task that nobody awaits here", "async with self.b: asyncio.create_task(self._take_a())"),
]


@pytest.mark.parametrize("body", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_no_two_orders(body: str) -> None:
    assert of_back(body) == []


OTHER_LIBRARIES = [(library, *case) for library in ("anyio", "trio") for case in REPORTED]


def of_library(library: str, body: str) -> list[str]:
    indented = "\n".join(f"        {line}" for line in body.split("\n"))
    text = DESK.format(body=indented)
    for made in ("Lock(", "Condition("):
        text = text.replace(f"= asyncio.{made}", f"= {library}.{made}")
    return [finding.state for finding in lock_orders(f"\nimport {library}\n{text}") if "gate" not in finding.state]


@pytest.mark.parametrize(
    ("library", "body"),
    [(case[0], case[2]) for case in OTHER_LIBRARIES],
    ids=[" ".join(c[:2]) for c in OTHER_LIBRARIES],
)
def test_locks_of_other_libraries_hang_in_the_same_ways(library: str, body: str) -> None:
    assert of_library(library, body) == ["self.b, self.a"]


@pytest.mark.parametrize("body", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_no_two_orders_of_locks_of_other_libraries(body: str) -> None:
    assert of_library("anyio", body) == []


POSSIBLE = [
    ("the wait gives up", "async with self.b:\n    async with asyncio.timeout(1):\n        async with self.a: ..."),
    ("the call gives up", "async with self.b: await asyncio.wait_for(self._take_a(), 1)"),
    ("an entry of a private method", "async with self.b, self.a: ...", "back", "_back"),
]


@pytest.mark.parametrize("case", POSSIBLE, ids=[case[0] for case in POSSIBLE])
def test_what_is_only_possible(case: tuple[str, ...]) -> None:
    body = "\n".join(f"        {line}" for line in case[1].split("\n"))
    source = DESK.format(body=body)
    if len(case) > 2:
        source = source.replace(f"def {case[2]}(", f"def {case[3]}(")
    assert {finding.confidence for finding in lock_orders(source)} == {Confidence.POSSIBLE}


def test_a_semaphore_of_several_takes_more_tasks() -> None:
    source = DESK.format(body="        async with self.b, self.several: ...").replace(
        "async with self.gate:\n", "async with self.several:\n"
    )
    found = lock_orders(source)
    assert [(finding.state, finding.confidence) for finding in found] == [("self.b, self.several", Confidence.POSSIBLE)]


def test_locks_that_nobody_holds_over_a_suspension_are_never_waited_for() -> None:
    source = """
    class Desk:
        def __init__(self):
            self.a = asyncio.Lock()
            self.b = asyncio.Lock()

        async def forth(self):
            async with self.a, self.b: {does}

        async def back(self):
            async with self.b, self.a: ...
    """
    assert lock_orders(source.format(does="...")) == []
    assert [finding.function for finding in lock_orders(source.format(does="await asyncio.sleep(1)"))] == ["Desk.back"]


def test_tasks_that_are_seen_to_run_beside_each_other_are_certain() -> None:
    source = """
    a = asyncio.Lock()
    b = asyncio.Lock()

    async def forth():
        async with a:
            await asyncio.sleep(1)
            async with b: ...

    async def back():
        async with b:
            await asyncio.sleep(1)
            async with a: ...

    async def main():
        await asyncio.gather(forth(), back())
    """
    assert [(finding.state, finding.confidence) for finding in lock_orders(source)] == [("b, a", Confidence.CERTAIN)]


def test_one_after_the_other_never_meets() -> None:
    source = """
    a = asyncio.Lock()
    b = asyncio.Lock()

    async def _forth():
        async with a:
            await asyncio.sleep(1)
            async with b: ...

    async def _back():
        async with b:
            await asyncio.sleep(1)
            async with a: ...

    async def main():
        await _forth()
        await _back()

    asyncio.run(main())
    """
    assert lock_orders(source) == []


def test_the_odd_one_out_is_reported() -> None:
    source = DESK.format(body="        async with self.b, self.a: ...") + (
        "\n    async def again(self):\n        async with self.a, self.b: ...\n"
    )
    (found,) = lock_orders(source)
    assert found.function == "Desk.back"


def test_a_circle_of_three_is_one_finding() -> None:
    source = """
    class Ring:
        def __init__(self):
            self.a = asyncio.Lock()
            self.b = asyncio.Lock()
            self.c = asyncio.Lock()

        async def one(self):
            async with self.a, self.b: await asyncio.sleep(1)

        async def two(self):
            async with self.b, self.c: await asyncio.sleep(1)

        async def three(self):
            async with self.c, self.a: await asyncio.sleep(1)
    """
    (found,) = lock_orders(source)
    assert set(found.state.split(", ")) == {"self.a", "self.b", "self.c"}
    assert found.function == "Ring.three"


def test_a_circle_over_two_files_is_reported_once(tmp_path: Path) -> None:
    lay_out(
        tmp_path,
        {
            "locks.py": "import asyncio\na = asyncio.Lock()\nb = asyncio.Lock()\n",
            "one.py": """
                import asyncio
                from locks import a, b

                async def forth():
                    async with a:
                        await asyncio.sleep(1)
                        async with b: ...
            """,
            "other.py": """
                import asyncio
                from locks import a, b

                async def back():
                    async with b:
                        await asyncio.sleep(1)
                        async with a: ...
            """,
        },
    )
    found = {
        name: [finding for finding in findings_at(tmp_path, name) if finding.rule == "AWA302"]
        for name in ("one.py", "other.py")
    }
    assert [len(found["one.py"]), len(found["other.py"])] == [0, 1]
    (finding,) = found["other.py"]
    assert {step.path.rpartition("/")[2] for step in finding.trace} == {"one.py", "other.py"}
