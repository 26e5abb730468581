"""Cases of the programs in ``fixtures/stale_write/``: lost updates, and the programs that look like them."""

from __future__ import annotations

from .case import FixtureCase, Repair


def _balance(repair: Repair | None = "safe") -> FixtureCase:
    """A program with a balance at module level, and two different payments into it."""
    return FixtureCase(
        tasks={"credit 10": lambda module: module.credit(10), "credit 20": lambda module: module.credit(20)},
        state=lambda module: module.balance,
        findings=(("AWA101", "balance"),) if repair else (),
        repair=repair,
    )


def _desk(repair: Repair | None = None) -> FixtureCase:
    """A desk that asks a bank for an account, and pays into it twice."""
    return FixtureCase(
        tasks={
            "credit 10": lambda module: module.desk.credit("name", 10),
            "credit 20": lambda module: module.desk.credit("name", 20),
        },
        state=lambda module: module.bank.balances(),
        findings=(("AWA101", "self._bank.account(name).balance"),) if repair else (),
        repair=repair,
    )


def _till(repair: Repair | None = "safe") -> FixtureCase:
    return FixtureCase(
        subject=lambda module: module.Till(),
        tasks={"add tea": lambda till: till.add("tea"), "add bread": lambda till: till.add("bread")},
        state=lambda till: till.total,
        findings=(("AWA101", "self.total"),) if repair else (),
        repair=repair,
    )


def _asked_before_the_error(name: str) -> tuple[str, ...]:
    """Where there is no entry, the awaited call is now made before that is seen."""
    return (
        f"success: calls was (), is ({name!r},)",
        "exception at sleep #1: only after",
        "cancel at sleep #1: only after",
    )


def _tanks(repair: Repair | None = None) -> FixtureCase:
    """A tank that is filled, and emptied by another one through its helper."""
    return FixtureCase(
        subject=lambda module: (module.Tank(), module.Tank()),
        tasks={"fill": lambda tanks: tanks[0].fill(), "drain": lambda tanks: tanks[1].drain(tanks[0])},
        state=lambda tanks: [tank.level for tank in tanks],
        findings=(("AWA101", "self.level"),) if repair else (),
        repair=repair,
    )


def _session(other: str, repair: Repair, refusal: str | None = None) -> FixtureCase:
    """A token that is renewed while another method does something else with it."""
    return FixtureCase(
        subject=lambda module: module.Session(),
        tasks={"renew": lambda session: session.renew(), other: lambda session: getattr(session, other)()},
        state=lambda session: session.token,
        calls=lambda module: module.exchanged,
        findings=(("AWA101", "self.token"),),
        repair=repair,
        refusal=refusal,
    )


CASES: dict[str, FixtureCase] = {
    "stale_write/balance.py": _balance(),
    "stale_write/balance_announced.py": _balance(),
    "stale_write/balance_computed.py": _balance(),
    "stale_write/balance_shown.py": _balance(),
    "stale_write/keep_fresh_read.py": _balance(repair=None),
    "stale_write/account_getter.py": _desk(repair="safe"),
    "stale_write/keep_account_made_anew.py": FixtureCase(
        tasks=_desk().tasks, state=lambda module: None, calls=lambda module: module.paid
    ),
    "stale_write/account_method.py": FixtureCase(
        subject=lambda module: module.Account(100),
        tasks={"credit 10": lambda account: account.credit(10), "credit 5": lambda account: account.credit(5)},
        state=lambda account: account.balance,
        calls=lambda module: module.audits,
        findings=(("AWA101", "self.balance"),),
        repair="safe",
    ),
    "stale_write/account_table.py": FixtureCase(
        subject=lambda module: module.Bank(),
        tasks={
            "credit 10": lambda bank: bank.credit("giro", 10),
            "credit 5": lambda bank: bank.credit("giro", 5),
            "unknown": lambda bank: bank.credit("nobody", 1),
        },
        state=lambda bank: bank.balance("giro"),
        calls=lambda module: module.audits,
        findings=(("AWA101", "self._balances[account]"),),
        repair="unsafe",
        differences={"unknown": _asked_before_the_error("nobody")},
    ),
    "stale_write/account_alias.py": FixtureCase(
        subject=lambda module: module.Bank(),
        tasks={
            "credit 10": lambda bank: bank.credit("giro", 10),
            "credit 5": lambda bank: bank.credit("giro", 5),
            "unknown": lambda bank: bank.credit("nobody", 1),
        },
        state=lambda bank: bank.balance("giro"),
        calls=lambda module: module.audits,
        findings=(("AWA101", "self._accounts[account_id].balance"),),
        repair="safe",
    ),
    "stale_write/till.py": _till(),
    "stale_write/till_spelled_out.py": _till(),
    "stale_write/keep_operand_first.py": _till(repair=None),
    "stale_write/fee_first.py": FixtureCase(
        subject=lambda module: module.Till(),
        tasks={"add tea": lambda till: till.add("tea"), "add bread": lambda till: till.add("bread")},
        state=lambda till: till.total,
        calls=lambda module: module.booked,
        findings=(("AWA101", "self.total"),),
        repair="safe",
    ),
    "stale_write/tally.py": FixtureCase(
        tasks={
            "readme": lambda module: module.count("txt", "readme"),
            "license": lambda module: module.count("txt", "license"),
        },
        state=lambda module: module.counts,
        findings=(("AWA101", "counts[kind]"),),
        repair="safe",
    ),
    "stale_write/tally_subscript.py": FixtureCase(
        tasks={
            "readme": lambda module: module.count("txt", "readme"),
            "license": lambda module: module.count("txt", "license"),
            "unknown": lambda module: module.count("exe", "setup"),
        },
        state=lambda module: module.counts,
        calls=lambda module: module.asked,
        findings=(("AWA101", "counts[kind]"),),
        repair="unsafe",
        differences={"unknown": _asked_before_the_error("setup")},
    ),
    "stale_write/page_numbers.py": FixtureCase(
        tasks={"read": lambda module: module.read()},
        state=lambda module: module.pages.next,
        findings=(("AWA101", "self.next"),),
        repair="refused",
        refusal="yield-inside",
    ),
    "stale_write/session_token.py": FixtureCase(
        subject=lambda module: module.Session(),
        tasks={"renew": lambda session: session.renew()},
        state=lambda session: session.token,
        calls=lambda module: module.exchanged,
        findings=(("AWA101", "self.token"),),
        repair="safe",
    ),
    "stale_write/session_logout.py": _session("logout", "safe"),
    "stale_write/session_closed.py": _session("close", "unsafe"),
    "stale_write/session_forgotten.py": _session("close", "refused", "sync-writer"),
    "stale_write/other_object_helper.py": _tanks("unsafe"),
    "stale_write/keep_other_object_helper.py": _tanks(),
    "stale_write/keep_locked_count.py": FixtureCase(
        tasks={"count": lambda module: module.count()},
        state=lambda module: module.counter,
    ),
    "stale_write/keep_encapsulated.py": FixtureCase(
        subject=lambda module: module.Counter(),
        tasks={
            "add 1": lambda counter: counter.add(1),
            "reset": lambda counter: counter.reset(),
            "add 2": lambda counter: counter.add(2),
        },
        state=lambda counter: counter._value,
        calls=lambda module: module.written,
    ),
}
