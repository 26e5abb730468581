"""Cases of the programs in ``fixtures/self_deadlock/``: tasks that wait for themselves, and some that only look so."""

from __future__ import annotations

from dataclasses import replace

from . import self_deadlock_forms as form_cases
from . import self_deadlock_splits as split_cases
from .case import FixtureCase, Repair
from .self_deadlock_splits import LOCK, ONE_LOAD
from .self_deadlock_splits import ledger as _ledger
from .self_deadlock_splits import only_hanging_counts as _only_hanging_counts


def _shop(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Shop(),
        tasks={"sell": lambda shop: shop.sell("tea"), "close": lambda shop: shop.close()},
        state=lambda shop: shop.is_open,
        calls=lambda module: module.written,
        findings=(LOCK,) if repair else (),
        repair=repair,
        refusal="through-callback" if repair else None,
    )


_FEED = FixtureCase(
    subject=lambda module: module.StubbornFeed(),
    tasks={"news": lambda feed: feed.reconnect("news"), "sport": lambda feed: feed.reconnect("sport")},
    state=lambda feed: sorted(feed.open),
    calls=lambda module: sorted(module.dialled),
)


CASES: dict[str, FixtureCase] = {
    "self_deadlock/store_rebuild.py": FixtureCase(
        subject=lambda module: module.Store(module.Database()),
        tasks={
            "rebuild": lambda store: store.rebuild({"a": "long"}),
            "set_hash": lambda store: store.set_hash("b", "2"),
        },
        state=lambda store: (store.hashes, store.entities),
        calls=lambda module: module.statements,
        findings=(LOCK, LOCK, LOCK),
        repair="safe",
    ),
    "self_deadlock/one_hop.py": _ledger("safe"),
    "self_deadlock/two_hops.py": _ledger("safe"),
    "self_deadlock/three_hops.py": _ledger("safe"),
    "self_deadlock/unlocked_helper.py": _ledger("safe"),
    "self_deadlock/wait_for.py": replace(_ledger("safe", ONE_LOAD), stalls=True),
    "self_deadlock/timeout.py": replace(_ledger("safe", ONE_LOAD), stalls=True),
    "self_deadlock/shielded.py": _ledger("refused", refusal="outlives-lock"),
    "self_deadlock/gathered.py": _ledger("refused", refusal="runs-beside"),
    "self_deadlock/spawned_and_awaited.py": _ledger("refused", refusal="outlives-lock"),
    "self_deadlock/lock_of_key_by_getter.py": FixtureCase(
        subject=lambda module: module.Pages(),
        tasks={"put": lambda pages: pages.put("a", "text"), "move": lambda pages: pages.move("a", "b")},
        state=lambda pages: pages.pages,
        calls=lambda module: module.saved,
        findings=(("AWA301", "self._locks[name]"),),
        repair="safe",
        invariant=_only_hanging_counts,
    ),
    "self_deadlock/keep_lock_of_other_key.py": FixtureCase(
        subject=lambda module: module.Pages(),
        tasks={"put": lambda pages: pages.put("a", "text"), "back up": lambda pages: pages.back_up("a")},
        state=lambda pages: pages.pages,
        calls=lambda module: module.saved,
    ),
    "self_deadlock/given_lock.py": _shop("refused"),
    "self_deadlock/keep_given_other_lock.py": _shop(None),
    "self_deadlock/keep_after_release.py": replace(_ledger(None), invariant=_only_hanging_counts),
    "self_deadlock/keep_other_instance.py": _ledger(None),
    "self_deadlock/keep_spawned.py": replace(_ledger(None), invariant=_only_hanging_counts),
    "self_deadlock/keep_reentrant.py": _ledger(None),
    "self_deadlock/recursion.py": FixtureCase(
        subject=lambda module: module.Tree(),
        tasks={"root": lambda tree: tree.remove("root"), "leaf": lambda tree: tree.remove("leaf")},
        state=lambda tree: tree.children,
        calls=lambda module: module.removed,
        findings=(LOCK,),
        repair="safe",
    ),
    "self_deadlock/super_call.py": FixtureCase(
        subject=lambda module: module.CountingLedger(),
        tasks={"put": lambda ledger: ledger.put("one"), "put two": lambda ledger: ledger.put("two")},
        state=lambda ledger: (ledger.rows, ledger.count),
        calls=lambda module: module.saved,
        findings=(LOCK,),
        repair="safe",
    ),
    "self_deadlock/override.py": FixtureCase(
        subject=lambda module: module.UpperLedger(),
        tasks={"load": lambda ledger: ledger.load(["one"]), "put": lambda ledger: ledger.put("two")},
        state=lambda ledger: ledger.rows,
        calls=lambda module: module.saved,
        findings=(LOCK,),
        repair="safe",
    ),
    "self_deadlock/override_alone.py": replace(_FEED, findings=(LOCK,), repair="safe"),
    "self_deadlock/keep_override_alone.py": _FEED,
    **split_cases.CASES,
    **form_cases.CASES,
}
