"""A fix is judged by the whole project: a coroutine that never suspended and now may can break its callers anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.config import Settings
from awaitomic.engine.fix import fix_text, with_diffs
from awaitomic.engine.projects import Projects
from awaitomic.model.finding import Confidence, Refusal
from awaitomic.source.text import read
from program.across import lay_out

UNSAFE = Settings(confidence=Confidence.LIKELY, unsafe_fixes=True)

BANK = """
    import asyncio

    class Session:
        def __init__(self):
            self.token = ""

        async def revoke(self):
            self.token = ""

        async def renew(self, refresh):
            self.token = await refresh(self.token)

    async def main(refresh):
        session = Session()
        await asyncio.gather(session.renew(refresh), session.renew(refresh))
"""
"""The fix takes a lock in `revoke`, too, which has never suspended so far."""

LOOP = """
    import asyncio
    from {module} import {base}

    class User:
        def __init__(self):
            self.sessions: list[{base}] = []

        async def add(self):
            self.sessions.append({base}())

        async def drop(self, session):
            self.sessions.remove(session)

        async def work(self):
            for session in {over}:
                await session.{method}()

    async def main():
        user = User()
        await asyncio.gather(user.work(), user.work(), user.add(), user.drop(1))
"""

BETWEEN = """
    from bank import Session

    class Account:
        def __init__(self):
            self.session = Session()

        async def close(self):
            await self.session.revoke()
"""


def refusal_in(root: Path, name: str) -> Refusal | None:
    path = root / name
    result = fix_text(read(path), UNSAFE, Projects().scope(path))
    if result.applied:
        assert result.remaining == ()
        return None
    (finding,) = result.remaining
    (shown,) = with_diffs(read(path), UNSAFE, Projects().scope(path)).findings
    assert shown.refusal == finding.refusal
    return finding.refusal


def loop(over: str = "self.sessions", module: str = "bank", base: str = "Session", method: str = "revoke") -> str:
    return LOOP.format(over=over, module=module, base=base, method=method)


def test_a_loop_in_another_file_that_relied_on_no_suspension(tmp_path: Path) -> None:
    lay_out(tmp_path, {"bank.py": BANK, "user.py": loop()})
    refusal = refusal_in(tmp_path, "bank.py")
    assert refusal is not None
    assert refusal.code == "gate-new-finding"
    assert "AWA104 on line 16 of " in refusal.message
    assert "user.py" in refusal.message


def test_a_loop_that_is_two_calls_away(tmp_path: Path) -> None:
    user = loop(module="account", base="Account", method="close")
    lay_out(tmp_path, {"bank.py": BANK, "account.py": BETWEEN, "user.py": user})
    refusal = refusal_in(tmp_path, "bank.py")
    assert refusal is not None
    assert (refusal.code, "user.py" in refusal.message) == ("gate-new-finding", True)


@pytest.mark.parametrize("over", ["list(self.sessions)", "self.sessions.copy()"])
def test_a_loop_over_a_copy_does_not_mind(tmp_path: Path, over: str) -> None:
    lay_out(tmp_path, {"bank.py": BANK, "user.py": loop(over)})
    assert refusal_in(tmp_path, "bank.py") is None


def test_what_was_found_there_before_is_nothing_new(tmp_path: Path) -> None:
    user = loop().replace("await session.revoke()", "await session.revoke()\n                await asyncio.sleep(1)")
    lay_out(tmp_path, {"bank.py": BANK, "user.py": user})
    assert refusal_in(tmp_path, "bank.py") is None


def test_a_call_on_another_object_is_not_touched(tmp_path: Path) -> None:
    other = loop(module="other", base="Other")
    lay_out(
        tmp_path,
        {"bank.py": BANK, "other.py": "class Other:\n    async def revoke(self):\n        pass\n", "user.py": other},
    )
    assert refusal_in(tmp_path, "bank.py") is None


def test_a_suppressed_finding_elsewhere_counts_too(tmp_path: Path) -> None:
    user = loop().replace("in self.sessions:", "in self.sessions:  # awaitomic: ignore")
    lay_out(tmp_path, {"bank.py": BANK, "user.py": user})
    refusal = refusal_in(tmp_path, "bank.py")
    assert refusal is not None
    assert refusal.code == "gate-new-finding"


def test_only_the_fix_that_causes_it_is_refused(tmp_path: Path) -> None:
    more = """
    class Count:
        def __init__(self):
            self.count = 0

        async def add(self):
            count = self.count
            await asyncio.sleep(0)
            self.count = count + 1

    async def run():
        count = Count()
        await asyncio.gather(count.add(), count.add())
"""
    lay_out(tmp_path, {"bank.py": BANK + more, "user.py": loop()})
    path = tmp_path / "bank.py"
    result = fix_text(read(path), UNSAFE, Projects().scope(path))
    assert [fix.finding.state for fix in result.applied] == ["self.count"]
    assert [finding.refusal.code for finding in result.remaining if finding.refusal] == ["gate-new-finding"]
