"""Findings made by hand, so that the tests of the reports do not depend on what the rules find."""

from __future__ import annotations

from awaitomic.model.finding import Applicability, Confidence, Finding, Fix, Refusal, Role, Span, TraceStep
from awaitomic.model.position import Extent
from awaitomic.report.sources import Sources

PATH = "pkg/bank.py"
TEXT = """import asyncio


class Bank:
    def __init__(self):
        self.balance = 0
        self._lock = asyncio.Lock()

    async def credit(self, amount):
        current = self.balance  # before
        print("残高", amount)
        await self.audit(amount)
        a = 1
        b = 2
        c = 3
        d = 4
        self.balance = current + amount  # after

    async def add(self, item):
        self.total += await price(item)

    async def rebuild(self):
        async with self._lock:
            await self.set_hash("k")

    async def set_hash(self, key):
        async with self._lock:
            self.hash = key
"""

SOURCES = Sources({PATH: TEXT})


def step(role: Role, line: int, text: str, note: str, *, source: str = TEXT, path: str = PATH) -> TraceStep:
    """Make the step for the first `text` in a line."""
    column = source.split("\n")[line - 1].index(text) + 1
    return TraceStep(role, path, Extent(line, column, line, column + len(text)), note)


READ = step(Role.READ, 10, "self.balance", "read here")
AWAIT = step(Role.SUSPEND, 12, "await self.audit(amount)", "other tasks run here")
WRITE = step(Role.WRITE, 17, "self.balance", "written back")
FIX = Fix("hoist", Applicability.SAFE, "read `self.balance` after the await", (), (PATH,))
REFUSAL = Refusal("sync-writer", "line 30 writes in a plain function")


def finding(
    trace: tuple[TraceStep, ...] = (READ, AWAIT, WRITE),
    *,
    rule: str = "AWA101",
    rival: TraceStep | None = WRITE,
    fix: Fix | None = FIX,
    refusal: Refusal | None = None,
    evidence: tuple[str, ...] = ("it is spawned in a loop",),
    path: str = PATH,
) -> Finding:
    """Make a finding that the last step of `trace` completes."""
    return Finding(
        rule=rule,
        name="stale-write" if rule == "AWA101" else "self-deadlock",
        confidence=Confidence.CERTAIN,
        path=path,
        extent=trace[-1].extent,
        function="Bank.credit",
        state="self.balance",
        message="`self.balance` is stale",
        trace=trace,
        evidence=evidence,
        span=Span("Bank.credit", (0,), (), (1,), 2),
        fingerprint="AWA101:Bank.credit:self.balance:0123456789ab:0",
        rival=rival,
        fix=fix,
        refusal=refusal,
    )


def deadlock() -> Finding:
    """Make a finding of a task that waits for itself."""
    take = step(Role.ACQUIRE, 23, "self._lock", "taken")
    call = step(Role.CALL, 24, 'await self.set_hash("k")', "calls with the lock held")
    again = step(Role.ACQUIRE, 27, "self._lock", "taken again")
    return finding((take, call, again), rule="AWA301", rival=None, fix=None, refusal=REFUSAL, evidence=())
