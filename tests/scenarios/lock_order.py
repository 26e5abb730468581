"""Cases of the programs in ``fixtures/lock_order/``: tasks that wait for each other in a circle of locks."""

from __future__ import annotations

from types import ModuleType

from .case import FixtureCase, Repair


class _Two:
    """Two accounts, made by the program itself, as what the tasks share."""

    def __init__(self, module: ModuleType, *numbers: int) -> None:
        self.module = module
        self.one = module.Account(*numbers[:1], 10)
        self.other = module.Account(*numbers[1:], 10)


def _transfers(
    repair: Repair | None,
    *numbers: int,
    findings: tuple[tuple[str, str], ...] = (),
    refusal: str | None = None,
) -> FixtureCase:
    def subject(module: ModuleType) -> _Two:
        return _Two(module, *numbers)

    return FixtureCase(
        subject=subject,
        tasks={
            "there": lambda two: two.module.transfer(two.one, two.other, 1),
            "back": lambda two: two.module.transfer(two.other, two.one, 2),
        },
        state=lambda two: (two.one.balance, two.other.balance),
        findings=findings,
        repair=repair,
        refusal=refusal,
    )


def _shop(repair: Repair | None, findings: tuple[tuple[str, str], ...] = (), refusal: str | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Stock(),
        tasks={"sell": lambda stock: stock.shop.sell(), "refill": lambda stock: stock.refill()},
        state=lambda stock: (stock.items, stock.shop.sold),
        findings=findings,
        repair=repair,
        refusal=refusal,
    )


def _desk(repair: Repair | None, findings: tuple[tuple[str, str], ...] = (), refusal: str | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Desk(),
        tasks={"sort": lambda desk: desk.sort(), "search": lambda desk: desk.search()},
        state=lambda desk: sorted(desk.moved),
        findings=findings,
        repair=repair,
        refusal=refusal,
    )


def _store(repair: Repair | None = None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Store(),
        tasks={
            "left": lambda store: store.fill(["left", "right"]),
            "right": lambda store: store.fill(["right", "left"]),
        },
        state=lambda store: store.counts,
        findings=(("AWA302", "self._locks[shelf]"),) if repair else (),
        repair=repair,
        refusal="pair-order" if repair else None,
    )


CASES: dict[str, FixtureCase] = {
    "lock_order/loop_over_keys.py": _store("refused"),
    "lock_order/keep_loop_over_sorted_keys.py": _store(),
    "lock_order/transfer.py": _transfers(
        "refused", findings=(("AWA302", "source.lock, target.lock"),), refusal="pair-order"
    ),
    "lock_order/keep_transfer_sorted.py": _transfers(None, 1, 2),
    "lock_order/through_calls.py": _shop("refused", (("AWA302", "self.lock, self.stock.lock"),), "taken-by-call"),
    "lock_order/keep_through_calls.py": _shop(None),
    "lock_order/three_locks.py": FixtureCase(
        tasks={
            "yellow": lambda module: module.yellow(),
            "cyan": lambda module: module.cyan(),
            "purple": lambda module: module.purple(),
        },
        state=lambda module: sorted(module.mixed),
        findings=(("AWA302", "blue, red, green"),),
        repair="refused",
        refusal="between-locks",
        before_counts=(3,),
    ),
    "lock_order/keep_gate.py": FixtureCase(
        tasks={"forth": lambda module: module.forth(), "back": lambda module: module.back()},
        state=lambda module: sorted(module.moved),
    ),
    "lock_order/condition_waits.py": FixtureCase(
        tasks={"follow": lambda module: module.follow(), "change": lambda module: module.change()},
        state=lambda module: module.lines,
        findings=(("AWA302", "state, log"),),
        repair="refused",
        refusal="between-locks",
    ),
    "lock_order/one_side_at_once.py": FixtureCase(
        subject=lambda module: module.Shop(),
        tasks={"pay": lambda shop: shop.pay(), "restock": lambda shop: shop.restock()},
        state=lambda shop: (shop.orders, shop.stock),
        findings=(("AWA302", "self._orders_lock, self._stock_lock"),),
        repair="safe",
    ),
    "lock_order/handed_over.py": _desk("refused", (("AWA302", "self.right, self.left"),), "taken-by-call"),
    "lock_order/keep_handed_over.py": _desk(None),
}
