"""Which state an expression means: the same path under every name, and nothing where the path is not plain."""

from __future__ import annotations

import pytest

from awaitomic.program.accesses import accesses

from .reading import function_of, written

BANK = """
class Account:
    def __init__(self):
        self.balance = 0

class Bank:
    def __init__(self, fees: Account):
        self.accounts = {{}}
        self.fees = fees
        self.reserve = Account()
        self.events = []
        self.changed = asyncio.Event()
        self.total = 0

    async def f(self, key, other):
        {body}

vault = Bank(Account())
count = 0
names = set()
"""

PATHS = [
    ("an attribute of self", "self.total = 1", "self.total"),
    ("an alias of self's table", "table = self.accounts; table[key] = 1", "self.accounts[key]"),
    ("an alias of an entry", "acct = self.accounts[key]; acct.balance = 1", "self.accounts[key].balance"),
    ("an entry fetched with get", "acct = self.accounts.get(key); acct.balance = 1", "self.accounts[key].balance"),
    (
        "an entry made on demand",
        "acct = self.accounts.setdefault(key, Account()); acct.balance = 1",
        "self.accounts[key].balance",
    ),
    ("a literal key as it is written", "self.accounts['ada'] = 1", "self.accounts['ada']"),
    ("the values of a table", "for acct in self.accounts.values(): acct.balance = 1", "self.accounts[acct].balance"),
    ("an object of an object", "self.reserve.balance = 1", "self.reserve.balance"),
    ("an attribute named by getattr", "getattr(self, 'reserve').balance = 1", "self.reserve.balance"),
    (
        "a name that is None elsewhere",
        "acct = None\n        acct = self.fees\n        acct.balance = 1",
        "self.fees.balance",
    ),
    ("an attribute of a parameter", "other.balance = 1", "other.balance"),
    ("an object of the module", "vault.total = 1", "vault.total"),
    ("a variable of the module", "global count; count = 1", "count"),
    ("the class itself", "Bank.total = 1", "Bank.total"),
    ("the class of self", "type(self).total = 1", "Bank.total"),
]


@pytest.mark.parametrize(("body", "path"), [case[1:] for case in PATHS], ids=[case[0] for case in PATHS])
def test_one_path_whatever_it_is_called(body: str, path: str) -> None:
    found = [location for location, _ in written(BANK.format(body=body), "Bank.f")]
    assert found[-1] == path


UNTRACKED = [
    ("a local that stands for two things", "acct = self.fees\n        acct = self.reserve\n        acct.balance = 1"),
    ("an object that this call has made", "acct = Account(); acct.balance = 1"),
    ("a container that this call has made", "rows = []; rows.append(1)"),
    ("what an unknown call gives", "acct = key.account(); acct.balance = 1"),
    ("a parameter that is bound again", "other = key.account(); other.balance = 1"),
    ("a plain local", "total = 1"),
]


@pytest.mark.parametrize("body", [case[1] for case in UNTRACKED], ids=[case[0] for case in UNTRACKED])
def test_what_is_not_plainly_one_path_of_shared_state_is_not_tracked(body: str) -> None:
    assert written(BANK.format(body=body), "Bank.f") == []


CHANGES = [
    ("an assignment", "self.total = key", "assign"),
    ("an assignment of None", "self.total = None", "reset"),
    ("an assignment of an empty list", "self.events = []", "reset"),
    ("an augmented number", "self.total += 1", "augmented"),
    ("a list made longer in place", "self.events += [1]", "add"),
    ("an append", "self.events.append(1)", "add"),
    ("a pop from the end", "self.events.pop()", "take"),
    ("a clear", "self.events.clear()", "clear"),
    ("a slice emptied", "self.events[:] = []", "clear"),
    ("a sort", "self.events.sort()", "reorder"),
    ("an entry stored", "self.accounts[key] = 1", "assign"),
    ("an entry filled if absent", "self.accounts.setdefault(key, 1)", "fill"),
    ("an entry popped", "self.accounts.pop(key, None)", "delete"),
    ("an entry deleted", "del self.accounts[key]", "delete"),
    ("a member added to a set", "names.add(key)", "assign"),
    ("an event set", "self.changed.set()", "add"),
    ("an event cleared", "self.changed.clear()", "clear"),
]


@pytest.mark.parametrize(("body", "change"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES])
def test_how_a_write_changes_what_is_stored(body: str, change: str) -> None:
    assert [found for _, found in written(BANK.format(body=body), "Bank.f")] == [change]


def test_a_method_that_only_sounds_like_a_mutation_is_none() -> None:
    assert written(BANK.format(body="self.fees.append(1); self.total.clear(); key.pop()"), "Bank.f") == []


SAME_STATE = [
    ("two aliases of one entry", "a = self.accounts[key]; a.balance = 1", "b = self.accounts[other]; b.balance = 1"),
    ("an attribute by its declared type", "self.fees.balance = 1", "vault.fees.balance = 1"),
    ("an attribute by its constructor", "self.reserve.balance = 1", "x = self.reserve; x.balance = 1"),
    ("self in a class and an object of the module", "self.total = 1", "vault.total = 1"),
]


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME_STATE], ids=[case[0] for case in SAME_STATE])
def test_functions_know_a_state_under_one_key(one: str, other: str) -> None:
    keys = []
    for body in (one, other):
        _, resolver = function_of(BANK.format(body=body), "Bank.f")
        keys.append([resolver.key_of(access.location) for access in accesses(resolver)][-1])
    assert keys[0] == keys[1]


def test_a_subclass_shares_the_state_of_its_base() -> None:
    source = """
    class Base:
        async def f(self):
            self.n = 1

    class Derived(Base):
        async def g(self):
            self.n = 2
    """
    program, f = function_of(source, "Base.f")
    g = program.named("Derived.g")
    keys = {resolver.key_of(access.location) for resolver in (f, g) for access in accesses(resolver)}
    assert len(keys) == 1


def test_a_variable_that_a_nested_function_rebinds_is_state_of_the_closure() -> None:
    source = """
    async def outer():
        count = 0
        private = 0

        async def inner():
            nonlocal count
            private = 1
            count += private

        await inner()
        return count
    """
    assert written(source, "outer.inner") == [("count", "augmented")]
    assert written(source, "outer") == [("count", "reset")]
