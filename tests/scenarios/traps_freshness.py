"""Cases of the traps about freshness: what is written is built from what is so now, or nobody else can write it."""

from __future__ import annotations

from .case import FixtureCase
from .traps_pairs import pair

CASES: dict[str, FixtureCase] = {
    **pair(
        "seldom_waits",
        FixtureCase(
            subject=lambda module: module.desk,
            tasks={"ask": lambda desk: desk.ask("who?")},
            state=lambda desk: desk.asked,
            findings=(("AWA101", "self.asked"),),
            possible=1,
            wrong_if_shared=True,
        ),
    ),
    **pair(
        "local_total",
        FixtureCase(
            tasks={"pay": lambda module: module.pay(["pen", "ink"])},
            state=lambda module: module.total,
            findings=(("AWA101", "total"),),
            repair="safe",
        ),
        FixtureCase(tasks={"pay": lambda module: module.pay(["pen", "ink"])}),
    ),
    **pair(
        "object_of_this_call",
        FixtureCase(
            tasks={"count": lambda module: module.count("book", 1)},
            state=lambda module: module.tallies,
            findings=(("AWA101", "tallies[name].lines"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "two_attributes",
        FixtureCase(
            subject=lambda module: module.exhibition,
            tasks={"show": lambda exhibition: exhibition.show(), "plan": lambda exhibition: exhibition.plan()},
            state=lambda exhibition: (exhibition.planned, exhibition.shown),
            findings=(("AWA101", "self.planned"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "only_logged",
        FixtureCase(
            subject=lambda module: module.stock,
            tasks={"receive": lambda stock: stock.receive(1)},
            state=lambda stock: stock.pieces,
            findings=(("AWA101", "self.pieces"),),
            repair="safe",
        ),
    ),
    **pair(
        "read_again",
        FixtureCase(
            subject=lambda module: module.score,
            tasks={"add": lambda score: score.add(1)},
            state=lambda score: score.points,
            findings=(("AWA101", "self.points"),),
            repair="safe",
        ),
    ),
    **pair(
        "tested_again",
        FixtureCase(
            subject=lambda module: module.broker,
            tasks={"connected": lambda broker: broker.connected()},
            state=lambda broker: broker.connection,
            findings=(("AWA102", "self.connection"),),
            repair="safe",
        ),
    ),
    **pair(
        "compare_and_set",
        FixtureCase(
            subject=lambda module: module.revision,
            tasks={"commit": lambda revision: revision.commit()},
            state=lambda revision: revision.number,
            findings=(("AWA101", "self.number"),),
            repair="safe",
        ),
    ),
    **pair(
        "tested_for_identity",
        FixtureCase(
            subject=lambda module: module.client,
            tasks={"disconnect": lambda client: client.disconnect(), "connect": lambda client: client.connect()},
            state=lambda client: client.socket,
            calls=lambda module: module.closed,
            may_repeat=("old", "new"),
            findings=(("AWA103", "self.socket"),),
            repair="safe",
        ),
    ),
    **pair(
        "generation_counter",
        FixtureCase(
            subject=lambda module: module.budget,
            tasks={"spend": lambda budget: budget.spend(5)},
            state=lambda budget: budget.spent,
            findings=(("AWA101", "self.spent"),),
            repair="safe",
        ),
    ),
    **pair(
        "setdefault",
        FixtureCase(
            subject=lambda module: module.templates,
            tasks={"template": lambda templates: templates.template("page")},
            findings=(("AWA102", "self._parsed[name]"),),
            repair="safe",
        ),
    ),
    **pair(
        "await_without_suspension",
        FixtureCase(
            subject=lambda module: module.ledger,
            tasks={
                "book": lambda ledger: ledger.book(1),
                "audit": lambda ledger: ledger.audit(),
                "book more": lambda ledger: ledger.book(2),
            },
            state=lambda ledger: ledger.sum,
            findings=(("AWA101", "self.sum"),),
            repair="safe",
        ),
    ),
    **pair(
        "monotone_update",
        FixtureCase(
            subject=lambda module: module.race,
            tasks={"first": lambda race: race.attempt(1), "second": lambda race: race.attempt(2)},
            state=lambda race: race.best,
            findings=(("AWA101", "self.best"),),
            repair="safe",
        ),
    ),
    **pair(
        "tested_for_maximum",
        FixtureCase(
            subject=lambda module: module.offsets,
            tasks={"low": lambda offsets: offsets.commit(1), "high": lambda offsets: offsets.commit(2)},
            state=lambda offsets: offsets.committed,
            findings=(("AWA102", "self.committed"),),
            repair="safe",
        ),
    ),
    **pair(
        "sticky_flag",
        FixtureCase(
            subject=lambda module: module.alarm,
            tasks={"smoke": lambda alarm: alarm.inspect(True), "none": lambda alarm: alarm.inspect(False)},
            state=lambda alarm: alarm.raised,
            findings=(("AWA101", "self.raised"),),
            repair="safe",
        ),
    ),
    **pair(
        "grown_in_place",
        FixtureCase(
            subject=lambda module: module.crawl,
            tasks={"visit": lambda crawl: crawl.visit("home"), "drain": lambda crawl: crawl.drain()},
            state=lambda crawl: crawl.links,
            findings=(("AWA101", "self.links"),),
            repair="safe",
        ),
    ),
}
