"""Statements that go under a new header, and what happens to the lines above them."""

from __future__ import annotations

import libcst as cst

from awaitomic.patching.emit import newline_of
from awaitomic.patching.fragment import parse_header
from awaitomic.patching.nodes import expect
from awaitomic.patching.refusal import PatchRefused
from awaitomic.patching.tree import Statement, blank_run, comments_directly_above


def wrap(members: list[Statement], header: str) -> None:
    """Put `members`, siblings in order, under `header`, with everything that stands between them by now.

    Blank lines above the first one stay above the header; comments directly above it go inside with it. What other
    edits have put before the first or after the last member stays outside, unless it is a member that was moved there.

    Raises PatchRefused: ``overlapping-edits`` if the members no longer are siblings.
    """
    staying = [member for member in members if not member.moved]
    if not staying or any(member.home is not staying[0].home for member in staying):
        raise PatchRefused("overlapping-edits", "the statements to wrap no longer stand together")
    home = staying[0].home
    start = home.items.index(staying[0])
    end = home.items.index(staying[-1].end) + 1
    while end < len(home.items) and home.items[end] in members:
        end += 1
    inside = home.items[start:end]
    first = next((item for item in inside if not item.gone), None)
    if first is None:
        raise PatchRefused("overlapping-edits", "no statement is left to wrap")
    wrapper = parse_header(header, home, newline_of(first))
    body = wrapper.blocks["body"]
    comments = comments_directly_above(first.leading)
    wrapper.leading[:0] = first.leading[: len(first.leading) - len(comments)]
    first.leading = comments
    body.items = inside
    for item in inside:
        item.shifts.append((home.inner, body.margin))
        item.home = body
    home.items[start:end] = [wrapper]


def open_block(statement: Statement, members: list[Statement], header: str) -> None:
    """Put `header` in the place of `statement`, and `members`, the siblings behind it, into its body.

    Raises PatchRefused: ``overlapping-edits`` if the members no longer follow the statement, or none is left.
    """
    home = statement.home
    start = home.items.index(statement)
    end = start + 1 + len(members)
    if home.items[start + 1 : end] != members or all(member.gone for member in members):
        raise PatchRefused("overlapping-edits", "the statements to put into a block no longer stand behind its header")
    wrapper = parse_header(header, home, newline_of(statement))
    wrapper.leading = statement.leading
    body = wrapper.blocks["body"]
    line = statement.line
    if line is not None and line.members[-1] is statement and line.trailing.comment is not None:
        body.node = expect(body.node, cst.IndentedBlock).with_changes(header=line.trailing)
    first = next(member for member in members if not member.gone)
    del first.leading[: blank_run(first.leading)]
    body.items = members
    for member in members:
        member.shifts.append((home.inner, body.margin))
        member.home = body
    statement.gone = True
    home.items[start:end] = [wrapper]
