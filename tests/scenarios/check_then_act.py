"""Cases of the programs in ``fixtures/check_then_act/``: tests that no longer hold when they are acted upon."""

from __future__ import annotations

from dataclasses import replace

from explorer import Ending

from .case import FixtureCase, Repair


def _pool(repair: Repair | None = "safe") -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Client(),
        tasks={"query": lambda client: client.query("a")},
        state=lambda client: client._pool,
        calls=lambda module: module.opened,
        findings=(("AWA102", "self._pool"),) if repair else (),
        repair=repair,
    )


def _budget(repair: Repair | None) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.a_manager(),
        tasks={
            "spend 80": lambda manager: manager.spend("ann", 80),
            "spend 70": lambda manager: manager.spend("ann", 70),
        },
        state=lambda manager: manager._clients["ann"]["spent"],
        calls=lambda module: module.paid,
        findings=(("AWA102", "self._clients[client]['spent']"),) if repair else (),
        repair=repair,
        refusal="sync-writer" if repair else None,
    )


def _session(*arguments: str) -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Client(*arguments),
        tasks={"get": lambda client: client.get_session()},
        state=lambda client: client.session,
        calls=lambda module: module.logins,
        findings=(("AWA102", "self.session"),),
        repair="safe",
    )


def _cache(repair: Repair | None = "unsafe") -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Rows(),
        tasks={"get": lambda rows: rows.get("a")},
        state=lambda rows: rows._rows,
        calls=lambda module: module.requests,
        findings=(("AWA102", "self._rows[key]"),) if repair else (),
        repair=repair,
    )


def _has_one_row(ending: Ending) -> bool:
    """Everybody has got the row that is kept, whoever has loaded it."""
    kept = dict(ending.state[1:])
    return all(result[1] == kept.get("a") for result in ending.results if result[0] == "returns")


def _rows(*arguments: int) -> FixtureCase:
    """A cache of plain data: loading twice harms nobody, as long as all use the same."""
    return replace(_cache("safe"), subject=lambda module: module.Rows(*arguments), invariant=_has_one_row)


def _closure(repair: Repair | None = "unsafe") -> FixtureCase:
    return FixtureCase(
        tasks={"page": lambda module: module.page("a")},
        calls=lambda module: module.loads,
        findings=(("AWA102", "links[key]"),) if repair else (),
        repair=repair,
    )


def _tills(repair: Repair | None) -> FixtureCase:
    """Each change is decided on one amount and made to both."""
    return FixtureCase(
        subject=lambda module: module.Shop(50, 50),
        tasks={
            "lock away 40": lambda shop: shop.lock_away(40),
            "fetch 80": lambda shop: shop.fetch(80),
            "lock away 30": lambda shop: shop.lock_away(30),
        },
        state=lambda shop: (shop.till, shop.safe),
        findings=(("AWA102", "self.till"), ("AWA102", "self.safe")) if repair else (),
        repair=repair,
    )


CASES: dict[str, FixtureCase] = {
    "check_then_act/withdrawal.py": FixtureCase(
        subject=lambda module: module.Account(100, module.pay),
        tasks={
            "withdraw 80": lambda account: account.withdraw(80),
            "withdraw 70": lambda account: account.withdraw(70),
        },
        state=lambda account: account.balance,
        calls=lambda module: module.paid,
        findings=(("AWA102", "self.balance"),),
        repair="unsafe",
    ),
    "check_then_act/keep_withdrawal_reserved.py": FixtureCase(
        subject=lambda module: module.Account(100),
        tasks={
            "withdraw 80": lambda account: account.withdraw(80),
            "withdraw 70": lambda account: account.withdraw(70),
        },
        state=lambda account: account.balance,
        calls=lambda module: module.paid,
        # While a payment that fails is on its way, a second one is turned down; no serial order does that.
        invariant=lambda ending: 0 <= ending.state == 100 - sum(ending.calls),
    ),
    "check_then_act/budget_predicate.py": _budget("refused"),
    "check_then_act/keep_budget_predicate.py": replace(
        # What was charged stays charged if the payment fails or is never finished: nobody can spend it twice.
        _budget(None),
        invariant=lambda ending: sum(ending.calls) <= sum(ending.state) <= 100,
    ),
    "check_then_act/lazy_pool.py": _pool(),
    "check_then_act/lazy_pool_early_return.py": _pool(),
    "check_then_act/lazy_pool_dropped.py": _pool("unsafe"),
    "check_then_act/lazy_pool_by_helper.py": _pool(),
    "check_then_act/keep_lazy_pool_by_helper.py": _pool(repair=None),
    "check_then_act/lazy_pool_shared.py": FixtureCase(
        subject=lambda module: module.Client(),
        tasks={"query": lambda client: client.query("a"), "join": lambda client: client.join("shared")},
        state=lambda client: client._pool,
        calls=lambda module: module.opened,
        findings=(("AWA102", "self._pool"),),
        repair="unsafe",
        # A second test after the await keeps the pool that came first, and has opened another one for nothing.
        invariant=lambda ending: ending.state == "shared" or ending.results[1] != ("returns", None),
    ),
    "check_then_act/lazy_dataclass.py": _session("ann"),
    "check_then_act/lazy_without_init.py": _session(),
    "check_then_act/lazy_module.py": FixtureCase(
        tasks={"get": lambda module: module.get("colour")},
        state=lambda module: module.config,
        calls=lambda module: module.loaded,
        findings=(("AWA102", "config"),),
        repair="unsafe",
    ),
    "check_then_act/keep_lazy_pool_locked.py": _pool(repair=None),
    "check_then_act/cache_fill.py": _rows(),
    "check_then_act/cache_try.py": _rows(),
    "check_then_act/cache_early_return.py": _rows(10),
    "check_then_act/cache_in_nested_function.py": FixtureCase(
        subject=lambda module: module.reader()[0],
        tasks={"page": lambda page: page("a")},
        findings=(("AWA102", "pages[('page', name)]"),),
        repair="safe",
        invariant=lambda ending: len({result for result in ending.results if result[0] == "returns"}) <= 1,
    ),
    "check_then_act/cache_replaced.py": FixtureCase(
        subject=lambda module: module.Prices(),
        tasks={"get": lambda prices: prices.get("tea"), "change": lambda prices: prices.change("tea", 12)},
        state=lambda prices: prices._prices,
        findings=(("AWA102", "self._prices[item]"),),
        repair="safe",
    ),
    "check_then_act/cache_walrus.py": _cache(),
    "check_then_act/cache_get.py": _cache(),
    "check_then_act/keep_cache_setdefault.py": replace(_cache(repair=None), invariant=_has_one_row),
    "check_then_act/cache_in_closure.py": _closure(),
    "check_then_act/keep_cache_in_closure_locked.py": _closure(repair=None),
    "check_then_act/lock_and_split.py": FixtureCase(
        subject=lambda module: module.Stock(10),
        tasks={"order 6": lambda stock: stock.order(6), "order 7": lambda stock: stock.order(7)},
        state=lambda stock: (stock._units, stock._line),
        calls=lambda module: module.journal,
        findings=(("AWA102", "self._units"),),
        repair="safe",
    ),
    "check_then_act/wait_for_writer.py": FixtureCase(
        subject=lambda module: module.Tank(),
        tasks={
            "fill": lambda tank: tank.fill(),
            "pump": lambda tank: tank.pump(),
            "fill too": lambda tank: tank.fill(),
        },
        state=lambda tank: tank.level,
        findings=(("AWA102", "self.level"),),
        repair="refused",
        refusal="waits-for-holder",
    ),
    "check_then_act/inverted_lock.py": FixtureCase(
        subject=lambda module: module.Budget(100),
        tasks={
            "book 70": lambda budget: budget.book(70),
            "book 60": lambda budget: budget.book(60),
            "refund": lambda budget: budget.refund(10),
        },
        state=lambda budget: budget.total,
        calls=lambda module: module.written,
        findings=(("AWA102", "self.total"),),
        repair="refused",
        refusal="lock-order",
    ),
    "check_then_act/two_tills.py": _tills("safe"),
    "check_then_act/keep_two_tills_locked.py": _tills(None),
    "check_then_act/unknown_callee.py": FixtureCase(
        subject=lambda module: module.Hall(1, module.confirm),
        tasks={"ann": lambda hall: hall.sell("ann"), "bob": lambda hall: hall.sell("bob")},
        state=lambda hall: hall.places,
        calls=lambda module: module.asked,
        findings=(("AWA102", "self.places"),),
        repair="unsafe",
    ),
    "check_then_act/over_a_yield.py": FixtureCase(
        tasks={"visit": lambda module: module.visit()},
        state=lambda module: module.hall.free,
        findings=(("AWA102", "self.free"),),
        repair="refused",
        refusal="yield-inside",
    ),
}
