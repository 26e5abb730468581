"""Cases of the traps about claims: the state is taken before the await, so that nobody else begins the same thing."""

from __future__ import annotations

from explorer import Ending

from .case import FixtureCase
from .traps_pairs import SHARED_WORK, pair


def everybody_fetches_under_his_own_name(ending: Ending) -> bool:
    """A claim that is refused makes its task leave, which no serial order does; so the oracle is what it is for."""
    return all(who == at_work for who, at_work in ending.state)


def no_number_is_sent_twice(ending: Ending) -> bool:
    """Who is refused fails, which he would not do alone; so the oracle is what the claim is for."""
    numbers = [number for number, _ in ending.calls]
    return sorted(set(numbers)) == sorted(numbers)


CASES: dict[str, FixtureCase] = {
    "traps/keep_claimant_releases.py": FixtureCase(
        subject=lambda module: module.mailbox,
        tasks={"ada": lambda mailbox: mailbox.sync("ada"), "bob": lambda mailbox: mailbox.sync("bob")},
        state=lambda mailbox: mailbox.fetched_by,
        invariant=everybody_fetches_under_his_own_name,
    ),
    **pair(
        "claim_of_a_key",
        FixtureCase(
            subject=lambda module: module.workshop,
            tasks={"build": lambda workshop: workshop.build("app")},
            state=lambda workshop: (workshop.running, workshop.built),
            findings=(("AWA102", "self.running[target]"),),
            repair="unsafe",
            faults=SHARED_WORK,
        ),
    ),
    **pair(
        "claim_beside",
        FixtureCase(
            subject=lambda module: module.link,
            tasks={"connect": lambda link: link.connect()},
            state=lambda link: link.connected,
            calls=lambda module: module.handshakes,
            findings=(("AWA102", "self.connected"),),
            repair="safe",
        ),
        FixtureCase(
            subject=lambda module: module.link,
            tasks={"connect": lambda link: link.connect()},
            state=lambda link: (link.connected, link.connecting),
            calls=lambda module: module.handshakes,
            faults=SHARED_WORK,
        ),
    ),
    **pair(
        "claim_advances",
        FixtureCase(
            subject=lambda module: module.channel,
            tasks={
                "close": lambda channel: channel.close(),
                "reopen": lambda channel: channel.reopen(),
                "close again": lambda channel: channel.close(),
            },
            state=lambda channel: channel.state,
            calls=lambda module: module.closed,
            findings=(("AWA102", "self.state"),),
            possible=1,
            wrong_if_shared=True,
        ),
    ),
    **pair(
        "placeholder_future",
        FixtureCase(
            subject=lambda module: module.avatars,
            tasks={"image": lambda avatars: avatars.image("ada")},
            calls=lambda module: module.loads,
            findings=(("AWA102", "self._images[user]"),),
            repair="unsafe",
        ),
        FixtureCase(
            subject=lambda module: module.avatars,
            tasks={"image": lambda avatars: avatars.image("ada")},
            calls=lambda module: module.loads,
            faults=SHARED_WORK,
        ),
    ),
    **pair(
        "flag_taken_first",
        FixtureCase(
            subject=lambda module: module.topic,
            tasks={"follow": lambda topic: topic.follow()},
            calls=lambda module: module.sent,
            findings=(("AWA102", "self.subscribed"),),
            repair="safe",
        ),
    ),
    **pair(
        "seen_before_the_await",
        FixtureCase(
            subject=lambda module: module.relay,
            tasks={"receive": lambda relay: relay.receive("hello")},
            calls=lambda module: module.delivered,
            findings=(("AWA102", "self.seen[message]"),),
            repair="unsafe",
        ),
    ),
    **pair(
        "number_taken_first",
        FixtureCase(
            subject=lambda module: module.link,
            tasks={"request": lambda link: link.request()},
            calls=lambda module: module.wire,
            findings=(("AWA103", "self.next_number"),),
            repair="safe",
        ),
    ),
    **pair(
        "swapped_out",
        FixtureCase(
            subject=lambda module: module.telemetry,
            tasks={"flush": lambda telemetry: telemetry.flush(), "record": lambda telemetry: telemetry.record("more")},
            state=lambda telemetry: telemetry._points,
            calls=lambda module: module.wire,
            findings=(("AWA103", "self._points"),),
            repair="unsafe",
            differences={
                "flush": (
                    "exception at sleep #1: state was ('start',), is ()",
                    "cancel at sleep #1: state was ('start',), is ()",
                )
            },
        ),
    ),
    **pair(
        "claim_by_call",
        FixtureCase(
            subject=lambda module: module.speaker,
            tasks={"play": lambda speaker: speaker.play(["a"])},
            state=lambda speaker: speaker.number,
            calls=lambda module: module.wire,
            findings=(("AWA101", "self.number"),),
            repair="safe",
            invariant=no_number_is_sent_twice,
        ),
    ),
    **pair(
        "popped_before",
        FixtureCase(
            subject=lambda module: module.sessions,
            tasks={
                "log out": lambda sessions: sessions.log_out("ada"),
                "log in": lambda sessions: sessions.log_in("ada"),
            },
            state=lambda sessions: sessions.by_user,
            calls=lambda module: module.closed,
            findings=(("AWA103", "self.by_user[user]"),),
            repair="unsafe",
        ),
    ),
}
