"""Statements that leave a function for a new one behind it, where something else can run them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.patching.emit import newline_of
from awaitomic.patching.fragment import parse_fragment
from awaitomic.patching.refusal import PatchRefused
from awaitomic.patching.statements import place_function_behind
from awaitomic.patching.tree import Statement, blank_run

if TYPE_CHECKING:
    from awaitomic.model.plan import ExtractStatements


def extract(function: Statement, members: list[Statement], edit: ExtractStatements) -> None:
    """Move `members`, siblings in order, into a new function behind `function`, and put the edit's text in their place.

    Raises PatchRefused: ``overlapping-edits`` if another edit has taken one of them away, or put something among them.
    """
    source = members[0].home
    start = source.items.index(members[0])
    if source.items[start : start + len(members)] != members or any(member.gone for member in members):
        raise PatchRefused("overlapping-edits", "the statements to move no longer stand together")
    newline = newline_of(members[0])
    left = parse_fragment(edit.text, source, newline)
    gap = blank_run(members[0].leading)
    left[0].leading[:0] = members[0].leading[:gap]
    members[0].leading = members[0].leading[gap:]
    new = _function(function, edit)
    body = new.blocks["body"]
    if edit.cleanup:
        body = body.items[1].blocks["body"]
    body.items = body.items[: 0 if edit.cleanup else 1]
    for member in members:
        member.shifts.append((source.inner, body.margin))
        member.home = body
    body.items += [*members, *(parse_fragment(edit.ending, body, newline) if edit.ending else [])]
    source.items[start : start + len(members)] = left
    place_function_behind(new, function, newline_of(function))


def _function(function: Statement, edit: ExtractStatements) -> Statement:
    """Return the new function, with ``pass`` where the statements go to."""
    lines = [f"{edit.header}:", f'    """{edit.docstring}"""', "    pass"]
    if edit.cleanup:
        lines[2:] = ["    try:", "        pass", "    finally:", f"        {edit.cleanup}"]
    return parse_fragment("\n".join(lines), function.home, newline_of(function))[0]
