"""Splitting a self-locking method: what the public method keeps, what the variant gets, what is refused."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from awaitomic.model.plan import Edit, Plan, SplitBody, SplitMethod, UnwrapStatement, WrapStatements
from awaitomic.model.position import BlockStep
from awaitomic.patching.execute import execute
from awaitomic.patching.refusal import PatchRefused
from patching.plans import Case, Places, difference, plan_of

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


@dataclass(frozen=True)
class Splitting:
    """A `SplitMethod` with what the cases have in common."""

    name: str = "put"
    args: str = "key, value=value"
    returns: bool = True
    docstring: str = "Put an entry. Caller must hold ``_lock``."
    precondition: str = ""
    decorators: tuple[str, ...] = ()
    statement: int = 1
    """The index of the region in the method."""

    def edit(self, p: Places) -> SplitMethod:
        method = p.at(f"async def {self.name}")
        return SplitMethod(
            method=method,
            region=(*method, BlockStep("body", self.statement)),
            variant=f"_{self.name}_locked",
            handing=f"{'return ' if self.returns else ''}await self._{self.name}_locked({self.args})",
            docstring=self.docstring,
            precondition=self.precondition,
            decorators=self.decorators,
        )


STORE = '''\
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    # Storing is easy.
    @logged
    async def put(self, key: str, /, *, value: int = 1) -> int:  # noqa: D417
        """Put an entry.

        Overwrites.
        """
        # one at a time
        async with self._lock:  # ours
            # go
            old = self._d.get(key)

            self._d[key] = value  # type: ignore[x]
            return old
            # done
        # end of put

    def get(self, key): ...
'''

CASES: list[Case] = [
    (
        "decorators, signature and docstring stay with the public method, the work goes to the variant",
        STORE,
        lambda p: [Splitting().edit(p)],
    ),
    (
        "a precondition, decorators for the variant, and a docstring over several lines",
        STORE,
        lambda p: [
            Splitting(
                docstring='Put an entry.\n\nCaller must hold ``_lock``, "really".\n',
                precondition='assert self._lock.locked(), "caller must hold _lock"',
                decorators=("staticmethod",),
            ).edit(p)
        ],
    ),
    (
        "the last method of a class, without docstring, blank lines and result",
        """\
        class A:
            async def put(self, key,
                          value):
                async with self._lock:
                    self._d[key] = '''
                    x'''
        x = 1
        """,
        lambda p: [Splitting(returns=False, statement=0).edit(p)],
    ),
    (
        "a function of a module with CRLF and tabs and a region on one line",
        "L = 1\r\n\r\n\r\nasync def put(key, value):\r\n\tasync with lock: return d[key]\t# c\r\n\r\n\r\nx = 1\r\n",
        lambda p: [Splitting(statement=0).edit(p)],
    ),
    (
        "several methods of a class, with call sites in regions that move, in one plan",
        '''\
        class Store:
            async def put(self, key, value):
                """Put."""
                async with self._lock:
                    await self.db.put(key, value)

            async def drop(self, key):
                """Drop."""
                async with self._lock:
                    await self.put(key, value=None)
                    # and again
                    await self.put(key,
                                   value=None)

            async def clear(self):
                async with self._lock:
                    await self.drop(1)
                    self.n = await self.put(2, 3)
        ''',
        lambda p: [
            Splitting().edit(p),
            Splitting("drop", "key", returns=False).edit(p),
            p.replacing("await self.put(key, value=None)", "self.put", "self._put_locked"),
            p.replacing("await self.put(key,\n", "self.put", "self._put_locked"),
            p.replacing("await self.drop(1)", "self.drop", "self._drop_locked"),
            p.replacing("self.n", "self.put", "self._put_locked"),
            WrapStatements(p.at("self.n"), 1, "async with self._other"),
        ],
    ),
    (
        "a function in a function, with a docstring in single quotes",
        """\
        def make():
            async def put(key, value):
                '''Put.'''
                async with lock:
                    def inner():
                        return f'''{
                            key}'''
                    return inner
            return put
        """,
        lambda p: [Splitting(docstring="It's '''quoted''' and \\n'").edit(p)],
    ),
]


PART: list[Case] = [
    (
        "a part in a loop, which is given two locals and gives one back",
        """\
        class A:
            async def put(self, keys: list[str]) -> int:
                n = 0
                for key in keys:  # each
                    # one at a time
                    async with self._lock:
                        # count
                        n += await self.db.put(key)
                return n
        x = 1
        """,
        lambda p: [
            SplitMethod(
                p.at("async def put"),
                p.at("async with"),
                "_put_part",
                "n = await self._put_part(n, key)",
                "Put one.",
                signature="(self, n, key: str) -> int",
                results=("n",),
            )
        ],
    ),
    (
        "a part that takes along all that stands behind it, with comments and blank lines",
        """\
        class A:
            async def put(self, key):
                await self.db.spell(key)
                async with self._lock:
                    if key:
                        return 1
                # behind
                n = 2

                # last
                return n  # two
            # end
        """,
        lambda p: [
            SplitMethod(
                p.at("async def put"),
                p.at("async with"),
                "_put_part",
                "return await self._put_part(key)",
                "Put one.",
                signature="(self, key)",
                with_tail=True,
            )
        ],
    ),
    (
        "a body of which the lock took a part, with what stands around it",
        STORE,
        lambda p: [
            UnwrapStatement(p.at("async with")),
            SplitBody(
                p.at("async def put"),
                "async with self._lock",
                "_put",
                "return await self._put(key, value=value)",
                "Put.",
            ),
        ],
    ),
    (
        "a body on one line in a module with CRLF and tabs",
        "L = 1\r\n\r\n\r\nasync def put(key): return await d[key]\t# c\r\n\r\n\r\nx = 1\r\n",
        lambda p: [SplitBody(p.at("async def put"), "async with lock", "_put", "return await _put(key)", "Put.")],
    ),
    (
        "a body with a call that is changed, comments, and a docstring above a blank line",
        """\
        class A:
            @classmethod
            async def put(cls, key):
                '''Put.'''

                # go
                await cls.drop(key)
                # done
            # end
        """,
        lambda p: [
            p.replacing("await cls", "cls.drop", "cls._drop"),
            SplitBody(
                p.at("async def put"), "async with cls._lock", "_put", "await cls._put(key)", "P.", ("classmethod",)
            ),
        ],
    ),
]


@pytest.mark.parametrize("case", PART, ids=[case[0] for case in PART])
def test_what_is_more_than_the_region_is_split(case: Case, snapshot: SnapshotAssertion) -> None:
    text = dedent(case[1])
    assert difference(text, execute(text, plan_of(text, case[2]))) == snapshot


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_split(case: Case, snapshot: SnapshotAssertion) -> None:
    text = dedent(case[1])
    assert difference(text, execute(text, plan_of(text, case[2]))) == snapshot


REFUSED = {
    "a statement before the region": ("a()\nasync with lock:\n    b()", 1, "split-partial-region"),
    "a statement behind the region": ("async with lock:\n    b()\na()", 0, "split-partial-region"),
    "a second context manager": ("async with lock, other:\n    b()", 0, "split-partial-region"),
    "a name that is bound": ("async with lock as held:\n    b()", 0, "split-partial-region"),
    "no with statement": ("if lock:\n    b()", 0, "position-mismatch"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_a_method_is_not_split_because_of(reason: str) -> None:
    body, index, code = REFUSED[reason]
    text = "async def put(key, value):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    edit: Edit = Splitting(statement=index).edit(Places(text))
    with pytest.raises(PatchRefused) as refused:
        execute(text, Plan((edit,)))
    assert refused.value.code == code


def test_a_region_inside_of_another_statement_takes_nothing_along() -> None:
    text = "async def put():\n    if key:\n        async with lock:\n            pass\n    go()\n"
    places = Places(text)
    edit = SplitMethod(places.at("async def"), places.at("async with"), "v", "pass", "", signature="()", with_tail=True)
    with pytest.raises(PatchRefused, match="end of the method"):
        execute(text, Plan((edit,)))


def test_a_plain_function_is_not_split() -> None:
    text = "def put():\n    with lock:\n        pass\n"
    method = Places(text).at("def put")
    edit = SplitMethod(method, (*method, BlockStep("body", 0)), "v", "await v()", "")
    with pytest.raises(PatchRefused, match="coroutine function"):
        execute(text, Plan((edit,)))
