"""Cases of the programs in ``fixtures/thread_lock/``: locks of threads that are held while a task waits.

The explorer has one thread, and puts in the place of `threading.Lock` what that is to it: who finds it taken stops the
event loop, which ends the run with everybody waiting.
"""

from __future__ import annotations

from .case import FixtureCase

LOCK = ("AWA205", "self._lock")

CASES: dict[str, FixtureCase] = {
    "thread_lock/blocks_the_loop.py": FixtureCase(
        subject=lambda module: module.Prices(),
        tasks={"tea": lambda prices: prices.refresh("tea"), "coffee": lambda prices: prices.refresh("coffee")},
        state=lambda prices: prices._prices,
        findings=(LOCK,),
        repair="unsafe",
        hangs=True,
    ),
    "thread_lock/by_hand.py": FixtureCase(
        tasks={"one": lambda module: module.step("one"), "two": lambda module: module.step("two")},
        calls=lambda module: module.done,
        findings=(("AWA205", "turn"),),
        repair="unsafe",
        hangs=True,
    ),
    "thread_lock/reentrant.py": FixtureCase(
        subject=lambda module: module.Account(),
        tasks={"pay in": lambda account: account.pay_in(1)},
        state=lambda account: account.balance,
        findings=(LOCK,),
        repair="unsafe",
    ),
    "thread_lock/plain_user.py": FixtureCase(
        subject=lambda module: module.Prices(),
        tasks={"tea": lambda prices: prices.refresh("tea"), "coffee": lambda prices: prices.refresh("coffee")},
        state=lambda prices: prices._prices,
        findings=(LOCK,),
        repair="refused",
        refusal="sync-user",
        hangs=True,
    ),
    "thread_lock/keep_wait_in_handler.py": FixtureCase(
        subject=lambda module: module.Prices(),
        tasks={"tea": lambda prices: prices.price("tea"), "coffee": lambda prices: prices.price("coffee")},
        state=lambda prices: prices.prices,
    ),
    "thread_lock/keep_no_wait_inside.py": FixtureCase(
        subject=lambda module: module.Prices(),
        tasks={"tea": lambda prices: prices.refresh("tea"), "coffee": lambda prices: prices.refresh("coffee")},
        state=lambda prices: prices.prices,
    ),
}
