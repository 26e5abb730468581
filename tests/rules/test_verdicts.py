"""Small variants of the traps, each in the few lines that decide it: what is reported, and what is not.

The traps themselves are programs in ``fixtures/traps/``, where they run in every schedule.
"""

from __future__ import annotations

import pytest

from rules.things import verdicts

REPORTED = [
    ("an operand read before the await", "AWA101", ["self.n = self.n + await self.io(1)"]),
    ("an augmented assignment", "AWA101", ["self.n += await self.io(1)"]),
    ("a tuple of which one half is stale", "AWA101", ["self.n, other = self.n + 1, await self.io(1)"]),
    ("the stale value goes through a local", "AWA101", ["n = self.n + 1", "await self.io(1)", "self.n = n"]),
    ("the stale value on one of two ways", "AWA101", ["n = self.n", "if key: await self.io(1)", "self.n = n + 1"]),
    (
        "stale from the round before",
        "AWA101",
        ["n = self.n", "while key:", "    n = n + 1", "    self.n = n", "    await self.io(1)"],
    ),
    ("an entry built from the stale entry", "AWA101", ["self.table[key] = self.table.get(key, 0) + await self.io(1)"]),
    ("the table fetched before the await", "AWA101", ["self.stats['n'] += await self.io(1)"]),
    ("a truth value kept", "AWA101", ["self.busy = self.busy | await self.io(key)"]),
    ("a lock of the key for state of all", "AWA101", ["async with self.locks[key]:", "    self.n += await self.io(1)"]),
    (
        "the cache filled after the test",
        "AWA102",
        ["if key not in self.table:", "    self.table[key] = await self.io(key)"],
    ),
    (
        "the cache filled behind an early return",
        "AWA102",
        ["if key in self.table:", "    return", "self.table[key] = await self.io(key)"],
    ),
    (
        "the cache filled in the handler",
        "AWA102",
        ["try:", "    return self.table[key]", "except KeyError:", "    self.table[key] = await self.io(key)"],
    ),
    (
        "the test is in a walrus",
        "AWA102",
        ["if (value := self.table.get(key)) is None:", "    self.table[key] = await self.io(key)"],
    ),
    (
        "the test is in a match",
        "AWA102",
        ["match self.table.get(key):", "    case None:", "        self.table[key] = await self.io(key)"],
    ),
    ("the test is in a helper", "AWA102", ["if not self.is_open():", "    self.one = await self.io(key)"]),
    (
        "the limit is tested before the await",
        "AWA102",
        ["if len(self.rows) < 5:", "    self.rows.append(await self.io(1))"],
    ),
    ("reset after it was used", "AWA103", ["await self.io(self.one)", "self.one = None"]),
    ("cleared after it was sent", "AWA103", ["await self.io(self.rows)", "self.rows.clear()"]),
    ("advanced after it was used", "AWA103", ["await self.io(self.version)", "self.version += 1"]),
    (
        "an event cleared after the work",
        "AWA103",
        ["await self.changed.wait()", "await self.io(1)", "self.changed.clear()"],
    ),
    (
        "an event awaited for a while and cleared after the work",
        "AWA103",
        [
            "try:",
            "    await asyncio.wait_for(self.changed.wait(), 1)",
            "    await self.io(1)",
            "finally:",
            "    self.changed.clear()",
        ],
    ),
    (
        "taken out twice, and only the first time before the await",
        "AWA103",
        ["one = self.one", "self.one = None", "await self.io(one)", "self.one = None"],
    ),
    ("the stale value comes from a helper", "AWA101", ["n = await self.slow()", "self.n = n + 1"]),
    ("a helper writes the stale value", "AWA101", ["n = self.n", "await self.io(1)", "self.put(n + 1)"]),
    ("a slow helper writes what it was given", "AWA101", ["await self.slow_put(self.n + 1)"]),
    ("a piece of a tuple", "AWA101", ["a, b = self.pair()", "await self.io(1)", "self.n = a + 1"]),
    ("a conditional expression", "AWA101", ["self.one = self.one if self.one else await self.io(1)"]),
    ("a changed copy", "AWA101", ["t = dict(self.table)", "t[key] = await self.io(1)", "self.table = t"]),
    (
        "the test goes through a generator",
        "AWA102",
        ["if any(row == key for row in self.rows): return", "await self.io(1)", "self.rows.append(key)"],
    ),
    ("a stale done()", "AWA102", ["if not self.fut.done():", "    self.fut.set_result(await self.io(1))"]),
    ("a stale full()", "AWA102", ["if not self.queue.full():", "    self.queue.put_nowait(await self.io(1))"]),
    (
        "a stale empty()",
        "AWA102",
        ["if self.queue.empty(): return", "await self.io(1)", "return self.queue.get_nowait()"],
    ),
    (
        "used after it may have gone",
        "AWA102",
        ["if self.one is not None:", "    await self.io(1)", "    self.one.kill()"],
    ),
    ("used after an early return", "AWA102", ["if not self.one: return", "await self.io(1)", "self.one.kill()"]),
    (
        "saved and restored",
        "AWA106",
        ["n = self.n", "self.n = 0", "try:", "    await self.io(1)", "finally:", "    self.n = n"],
    ),
    (
        "a generation that is tested too early",
        "AWA101",
        ["v, n = self.version, self.n", "if v == self.version:", "    await self.io(1)", "    self.n = n + 1"],
    ),
]


@pytest.mark.parametrize(("rule", "lines"), [case[1:] for case in REPORTED], ids=[case[0] for case in REPORTED])
def test_reported(rule: str, lines: list[str]) -> None:
    assert rule in verdicts(*lines)


SILENT = [
    ("swapped in a loop", ["while True:", "    rows = self.rows", "    self.rows = []", "    await self.io(rows)"]),
    (
        "copied and emptied in a loop",
        ["while True:", "    rows = list(self.rows)", "    self.rows.clear()", "    await self.io(rows)"],
    ),
    ("the operand read after the await", ["self.n = await self.io(1) + self.n"]),
    ("the await moved to a local", ["value = await self.io(1)", "self.n += value"]),
    ("the key awaited before the entry is read", ["self.table[await self.io(key)] = 1"]),
    ("a copy of a copy put back", ["t = dict(self.table).copy()", "await self.io(self)", "self.table = t"]),
    ("a copy made and written elsewhere", ["n = self.n", "await self.io(n)", "self.one = n"]),
    ("the whole span under a lock", ["async with self.lock:", "    self.n += await self.io(1)"]),
    (
        "the lock of the key for the state of the key",
        ["async with self.locks[key]:", "    self.table[key] = self.table.get(key, 0) + await self.io(1)"],
    ),
    ("a lock under a fixed key for state of all", ["async with self.locks['n']:", "    self.n += await self.io(1)"]),
    (
        "tested again",
        ["if self.one is None:", "    one = await self.io(1)", "    if self.one is None:", "        self.one = one"],
    ),
    (
        "tested again with an early return",
        ["value = await self.io(key)", "if key in self.table:", "    return", "self.table[key] = value"],
    ),
    (
        "tested under the lock, after a test without it",
        [
            "if self.one is None:",
            "    async with self.lock:",
            "        if self.one is None:",
            "            self.one = await self.io(1)",
        ],
    ),
    (
        "the generation holds for everything that is written with it",
        [
            "v, n = self.version, self.n",
            "await self.io(1)",
            "if v == self.version:",
            "    self.version += 1",
            "    self.n = n + 1",
        ],
    ),
    (
        "filled if absent",
        ["if key not in self.table:", "    value = await self.io(key)", "    self.table.setdefault(key, value)"],
    ),
    (
        "claimed with the test",
        ["if self.busy:", "    return", "self.busy = True", "await self.io(1)", "self.busy = False"],
    ),
    (
        "claimed and released in any case",
        [
            "if key in self.members:",
            "    return",
            "self.members.add(key)",
            "try:",
            "    await self.io(1)",
            "finally:",
            "    self.members.discard(key)",
        ],
    ),
    (
        "taken out as far as it is still there",
        ["if not self.members:", "    return", "done = await self.io(key)", "self.members.difference_update(done)"],
    ),
    ("swapped out before the await", ["rows, self.rows = self.rows, []", "await self.io(rows)"]),
    ("copied and cleared before the await", ["rows = list(self.rows)", "self.rows.clear()", "await self.io(rows)"]),
    ("popped before the await", ["one = self.table.pop(key, None)", "await self.io(one)"]),
    ("only the constant in a loop's condition", ["while self.busy:", "    await self.io(1)", "self.busy = False"]),
    ("an event cleared at once", ["await self.changed.wait()", "self.changed.clear()", "await self.io(1)"]),
    (
        "an event awaited for a while and cleared at once",
        [
            "while key:",
            "    await self.io(1)",
            "    try:",
            "        await asyncio.wait_for(self.changed.wait(), 1)",
            "    except TimeoutError:",
            "        pass",
            "    finally:",
            "        self.changed.clear()",
        ],
    ),
    ("a helper tells what is so now", ["n = await self.slow()", "n = self.n", "self.n = n + 1"]),
    ("a helper puts back what was there", ["n = self.n", "self.n = 0", "await self.io(1)", "self.put(n)"]),
    (
        "the test through a generator is made again",
        [
            "await self.io(1)",
            "if any(row == key for row in self.rows): return",
            "self.rows.append(key)",
        ],
    ),
    (
        "done() asked again",
        [
            "if not self.fut.done():",
            "    value = await self.io(1)",
            "    if not self.fut.done():",
            "        self.fut.set_result(value)",
        ],
    ),
    (
        "full() asked again",
        [
            "if not self.queue.full():",
            "    value = await self.io(1)",
            "    if not self.queue.full():",
            "        self.queue.put_nowait(value)",
        ],
    ),
    (
        "the error of an empty queue is caught",
        [
            "if not self.queue.empty():",
            "    await self.io(1)",
            "    try:",
            "        return self.queue.get_nowait()",
            "    except asyncio.QueueEmpty:",
            "        return None",
        ],
    ),
    (
        "the queue is asked each time round",
        ["while not self.queue.empty():", "    await self.io(self.queue.get_nowait())"],
    ),
    ("used through a local", ["one = self.one", "if one is not None:", "    await self.io(1)", "    one.kill()"]),
    ("used after a new test", ["if self.one:", "    await self.io(1)", "    if self.one: self.one.kill()"]),
    (
        "the error of a reference that has gone is caught",
        [
            "if self.one is not None:",
            "    await self.io(1)",
            "    try:",
            "        self.one.kill()",
            "    except AttributeError:",
            "        pass",
        ],
    ),
    ("a local of the same name", ["n = 0", "n += await self.io(1)"]),
]


@pytest.mark.parametrize("lines", [case[1] for case in SILENT], ids=[case[0] for case in SILENT])
def test_silent(lines: list[str]) -> None:
    assert verdicts(*lines) == set()
