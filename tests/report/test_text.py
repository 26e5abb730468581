from __future__ import annotations

import re
from dataclasses import replace

import pytest

from awaitomic.model.finding import Applicability, Fix, Role
from awaitomic.report.cells import text_width
from awaitomic.report.paint import ASCII, Paint
from awaitomic.report.sources import Sources
from awaitomic.report.text import render_finding
from report.examples import AWAIT, FIX, PATH, READ, TEXT, WRITE, deadlock, finding, step

SOURCES = Sources({PATH: TEXT})


def test_a_lost_update_in_full() -> None:
    assert render_finding(finding(), SOURCES, Paint(80)) == (
        """\
pkg/bank.py:17:9: AWA101 [certain] `self.balance` is stale
    in Bank.credit
      │
   10 │         current = self.balance  # before
      │                   ------------ 1. read here
   11 │         print("残高", amount)
   12 │         await self.audit(amount)
      │         ------------------------ 2. other tasks run here
    ⋮
   17 │         self.balance = current + amount  # after
      │         ^^^^^^^^^^^^ 3. written back
      │
    how an update is lost:
        task A                             │ task B
        ───────────────────────────────────┼────────────────────────────────────
        10 reads  current = self.balance   │
        12 waits  await self.audit(amount) │
                                           │ 10 reads  current = self.balance
                                           │ 12 waits  await self.audit(amount)
                                           │ 17 writes self.balance = current +…
        17 writes self.balance = current … │
        what task B wrote (line 17) is lost
    why: it is spawned in a loop
    fix: read `self.balance` after the await (safe)
"""
    )


def test_a_self_deadlock_is_one_column() -> None:
    text = render_finding(deadlock(), SOURCES, Paint(80))
    assert (
        """\
    how the task waits for itself:
        23 takes async with self._lock:
        24 calls await self.set_hash("k")
        27 takes   async with self._lock:
        the task that holds the lock waits here until the lock is free: for ever
    no fix: line 30 writes in a plain function [sync-writer]
"""
        in text
    )
    assert "task B" not in text


def test_steps_on_one_line_are_told_apart() -> None:
    line = "self.total += await price(item)"
    read = step(Role.READ, 20, "self.total", "read first")
    wait = step(Role.SUSPEND, 20, "await price(item)", "then other tasks")
    write = step(Role.WRITE, 20, "self.total", "then written")
    text = render_finding(finding((read, wait, write), rival=write), SOURCES, Paint(100))
    assert (
        """\
   20 │         self.total += await price(item)
      │         ---------- 1. read first
      │                       ----------------- 2. then other tasks
      │         ^^^^^^^^^^ 3. then written
"""
        in text
    )
    assert re.findall(r"20 (\w+) +(.*?) +│", text) == [
        ("reads", "self.total"),
        ("waits", "await price(item)"),
        ("writes", line),
    ]


def test_another_writer_is_task_b_and_stands_in_the_frame() -> None:
    rival = step(Role.WRITE, 28, "self.hash", "another task")
    text = render_finding(finding(rival=rival), SOURCES, Paint(100))
    assert "   28 │             self.hash = key\n      │             --------- task B: another task" in text
    assert re.search(r"│ 28 writes self.hash = key\n", text)
    assert "what task B wrote (line 28) is lost" in text


def test_a_test_that_no_longer_holds_is_called_that() -> None:
    guard = step(Role.GUARD, 10, "self.balance", "tested")
    text = render_finding(finding((guard, AWAIT, WRITE)), SOURCES, Paint(100))
    assert "task A acts on a test that no longer holds since task B's write (line 17)" in text


def test_steps_in_another_file_get_a_frame_of_their_own() -> None:
    other = "def f():\n    self.balance = 1\n"
    rival = step(Role.WRITE, 2, "self.balance", "there", source=other, path="pkg/other.py")
    text = render_finding(finding(rival=rival), Sources({PATH: TEXT, "pkg/other.py": other}), Paint(100))
    assert "    in pkg/other.py\n     │\n   2 │     self.balance = 1\n     │     ------------ task B: there" in text
    assert "other.py:2 writes self.balance = 1" in text


def test_reasons_of_an_unsafe_fix_and_its_diff_are_shown() -> None:
    fix = Fix("lock", Applicability.UNSAFE, "hold a lock", ("it is held long", "x"), (PATH,), "--- a\n+++ b\n-x\n+y\n")
    text = render_finding(finding(fix=fix), SOURCES, Paint(100))
    assert "    fix: hold a lock (unsafe: because it is held long; x)\n\n        --- a\n        +++ b\n" in text
    assert "        -x\n        +y\n" in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_row_but_the_headline_is_wider_than_the_terminal(width: int) -> None:
    long = TEXT.replace("# after", "# " + "残高 " * 60).replace("# before", "y" * 300)
    sources = Sources({PATH: long})
    fix = replace(FIX, because=("the reason is long " * 20,))
    for each in (finding(fix=fix), deadlock()):
        rows = render_finding(each, sources, Paint(width)).split("\n")[1:]
        assert max(map(text_width, rows)) <= width
    assert "…" in render_finding(finding(), sources, Paint(width))


def test_two_tasks_stand_below_each_other_where_columns_would_say_nothing() -> None:
    assert """\
    how an update is lost:
    A 10 reads  current = self.balance
    A 12 waits  await self.audit(amount)
    B 10 reads  current = self.balance
    B 12 waits  await self.audit(amount)
    B 17 writes self.balance = current …
    A 17 writes self.balance = current …
    what task B wrote (line 17) is lost
""" in render_finding(finding(), SOURCES, Paint(40))


def test_short_code_stands_in_columns_on_any_terminal() -> None:
    source = "n = s.n\nawait f()\ns.n = n\n"
    read = step(Role.READ, 1, "s.n", "read", source=source)
    wait = step(Role.SUSPEND, 2, "await f()", "waits", source=source)
    write = step(Role.WRITE, 3, "s.n", "written", source=source)
    text = render_finding(finding((read, wait, write), rival=write), Sources({PATH: source}), Paint(44))
    assert "task A             │ task B" in text


def test_a_mark_far_to_the_right_is_brought_into_view() -> None:
    source = "x = " + "a + " * 100 + "self.balance\n"
    read = step(Role.READ, 1, "self.balance", "here", source=source)
    text = render_finding(finding((read,), rival=None), Sources({PATH: source}), Paint(60))
    row, marks = text.split("\n")[3:5]
    assert row.startswith("   1 │ …")
    assert row[marks.index("^") : marks.rindex("^") + 1] == "self.balance"


def test_a_step_over_several_lines_is_marked_on_its_first() -> None:
    source = "async def f():\n    await g(\n        1,\n    )\n    s.x = 1\n"
    wait = replace(AWAIT, extent=replace(AWAIT.extent, line=2, column=5, end_line=4, end_column=6))
    write = step(Role.WRITE, 5, "s.x", "w", source=source)
    text = render_finding(finding((wait, write), rival=write), Sources({PATH: source}), Paint(80))
    assert "   2 │     await g(\n     │     -------- 1. other tasks run here\n" in text


def test_without_colour_there_are_no_escapes_and_with_it_the_text_is_the_same() -> None:
    plain = render_finding(finding(), SOURCES, Paint(80))
    coloured = render_finding(finding(), SOURCES, Paint(80, colour=True))
    assert "\x1b" not in plain
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_a_stream_without_box_drawing_gets_ascii() -> None:
    text = render_finding(finding(), SOURCES, Paint(80, glyphs=ASCII))
    assert re.sub("残高", "", text).isascii()
    assert "17 writes self.balance = curren..." in text


def test_a_finding_without_a_trace_still_points_at_its_place() -> None:
    bare = replace(finding(), trace=(), rival=None)
    text = render_finding(bare, SOURCES, Paint(80))
    assert "   17 │         self.balance = current + amount  # after\n      │         ^^^^^^^^^^^^\n" in text


def test_text_that_is_not_there_any_more_does_not_matter() -> None:
    assert "3. written back" in render_finding(finding((READ, AWAIT, WRITE)), Sources({}), Paint(80))
