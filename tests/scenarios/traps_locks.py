"""Cases of the traps about locks: the lock is there, though it does not look like one; or it looks like one."""

from __future__ import annotations

from .case import FixtureCase
from .traps_pairs import SHARED_WORK, pair

CASES: dict[str, FixtureCase] = {
    **pair(
        "body_moved_to_inner",
        FixtureCase(
            subject=lambda module: module.inventory,
            tasks={"add": lambda inventory: inventory.add(2), "import": lambda inventory: inventory.import_one()},
            state=lambda inventory: inventory.pieces,
            findings=(("AWA101", "self.pieces"),),
            repair="safe",
        ),
    ),
    **pair(
        "callee_tests_again",
        FixtureCase(
            subject=lambda module: module.api,
            tasks={"client": lambda api: api.client()},
            calls=lambda module: module.opened,
            findings=(("AWA102", "self._client"),),
            repair="safe",
        ),
    ),
    **pair(
        "callee_settles",
        FixtureCase(
            subject=lambda module: module.menus,
            tasks={"menu": lambda menus: menus.menu("monday")},
            calls=lambda module: module.loads,
            findings=(("AWA102", "self._menus[day]"),),
            repair="safe",
            may_repeat=("monday",),
        ),
        FixtureCase(
            subject=lambda module: module.menus,
            tasks={"menu": lambda menus: menus.menu("monday")},
            calls=lambda module: module.loads,
        ),
    ),
    **pair(
        "lock_left_to_task",
        FixtureCase(
            subject=lambda module: (module.Jobs(), module),
            tasks={"run": lambda both: both[1].run(both[0])},
            state=lambda both: both[0].done,
            findings=(("AWA101", "self.done"),),
            repair="safe",
            faults=(None, "exception"),  # who is cancelled while he waits for the work ends that, too
        ),
    ),
    **pair(
        "lock_alias",
        FixtureCase(
            subject=lambda module: module.balance,
            tasks={"credit": lambda balance: balance.credit(1)},
            state=lambda balance: balance.cents,
            findings=(("AWA101", "self.cents"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_parameter",
        FixtureCase(
            tasks={"next": lambda module: module.next_number()},
            state=lambda module: module.last,
            findings=(("AWA101", "last"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "lock_getattr",
        FixtureCase(
            subject=lambda module: module.meter,
            tasks={"tick": lambda meter: meter.tick()},
            state=lambda meter: meter.reading,
            findings=(("AWA101", "self.reading"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_decorator",
        FixtureCase(
            subject=lambda module: module.wallet,
            tasks={"receive": lambda wallet: wallet.receive(1)},
            state=lambda wallet: wallet.coins,
            findings=(("AWA101", "self.coins"),),
            repair="safe",
        ),
    ),
    **pair(
        "serialising_decorator",
        FixtureCase(
            tasks={"load": lambda module: module.load("key")},
            state=lambda module: module.pages,
            calls=lambda module: module.loads,
            findings=(("AWA102", "pages[key]"),),
            repair="unsafe",
            may_repeat=("key",),
        ),
        FixtureCase(
            tasks={"load": lambda module: module.load("key")},
            state=lambda module: module.pages,
            calls=lambda module: module.loads,
            faults=SHARED_WORK,
        ),
    ),
    **pair(
        "lock_context_manager",
        FixtureCase(
            subject=lambda module: module.journal,
            tasks={"add": lambda journal: journal.add_page()},
            state=lambda journal: journal.pages,
            findings=(("AWA101", "self.pages"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_given_back_early",
        FixtureCase(
            subject=lambda module: module.journal,
            tasks={"add": lambda journal: journal.add_page()},
            state=lambda journal: journal.pages,
            findings=(("AWA101", "self.pages"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_exit_stack",
        FixtureCase(
            subject=lambda module: module.register,
            tasks={"enter": lambda register: register.enter()},
            state=lambda register: register.entries,
            findings=(("AWA101", "self.entries"),),
            repair="safe",
        ),
    ),
    **pair(
        "advisory_lock",
        FixtureCase(
            subject=lambda module: module.ledger,
            tasks={"book": lambda ledger: ledger.book(1)},
            state=lambda ledger: ledger.total,
            findings=(("AWA101", "self.total"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "lock_acquire_release",
        FixtureCase(
            subject=lambda module: module.turnstile,
            tasks={"enter": lambda turnstile: turnstile.enter()},
            state=lambda turnstile: turnstile.visitors,
            findings=(("AWA201", "self.visitors"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "lock_like_class",
        FixtureCase(
            subject=lambda module: module.printer,
            tasks={"print": lambda printer: printer.print(1)},
            state=lambda printer: printer.sheets,
            findings=(("AWA101", "self.sheets"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_without_the_word",
        FixtureCase(
            subject=lambda module: module.deck,
            tasks={"draw": lambda deck: deck.draw()},
            state=lambda deck: deck.cards,
            findings=(("AWA101", "self.cards"),),
            repair="safe",
        ),
    ),
    **pair(
        "condition_is_its_lock",
        FixtureCase(
            subject=lambda module: module.stock,
            tasks={"deliver": lambda stock: stock.deliver(2), "remove": lambda stock: stock.remove()},
            state=lambda stock: stock.pieces,
            findings=(("AWA101", "self.pieces"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_table",
        FixtureCase(
            subject=lambda module: module.pages,
            tasks={"a": lambda pages: pages.page("a"), "b": lambda pages: pages.page("b")},
            state=lambda pages: pages.loads,
            findings=(("AWA101", "self.loads"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_thrown_away",
        FixtureCase(
            subject=lambda module: module.pages,
            tasks={"load": lambda pages: pages.load("a")},
            state=lambda pages: pages.loads,
            findings=(("AWA203", "self.loads[key]"),),
            repair="safe",
            before_counts=(3,),
        ),
    ),
    **pair(
        "lock_dropped_by_another",
        FixtureCase(
            subject=lambda module: module.pages,
            tasks={
                "page": lambda pages: pages.page("a"),
                "forget": lambda pages: pages.forget_lock("a"),
                "page again": lambda pages: pages.page("a"),
            },
            calls=lambda module: module.loads,
            findings=(("AWA203", "self._pages[key]"),),
            possible=1,
            wrong_if_shared=True,
            before_counts=(3,),
        ),
        FixtureCase(
            subject=lambda module: module.pages,
            tasks={"page": lambda pages: pages.page("a")},
            calls=lambda module: module.loads,
        ),
    ),
    **pair(
        "semaphore_of_one",
        FixtureCase(
            subject=lambda module: module.ranking,
            tasks={"enter": lambda ranking: ranking.enter()},
            state=lambda ranking: ranking.entries,
            findings=(("AWA204", "self.entries"),),
            repair="safe",
        ),
    ),
    **pair(
        "linearizer",
        FixtureCase(
            subject=lambda module: module.rooms,
            tasks={"join": lambda rooms: rooms.join("hall")},
            state=lambda rooms: rooms.members,
            findings=(("AWA101", "self.members[room]"),),
            repair="safe",
        ),
    ),
    **pair(
        "lock_by_argument",
        FixtureCase(
            subject=lambda module: module.store,
            tasks={"rebuild": lambda store: store.rebuild(["a"]), "put": lambda store: store.put("a", "put")},
            state=lambda store: store.rows,
            findings=(("AWA301", "self._lock"),),
            repair="refused",
            refusal="split-partial-region",
        ),
    ),
}
