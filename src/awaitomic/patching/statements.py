"""Cut, paste, insert, replace and delete statements of a changeable tree, and the lines around them as people do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import libcst as cst

from awaitomic.patching.emit import block_newline, newline_of
from awaitomic.patching.fragment import blank_lines, parse_fragment
from awaitomic.patching.nodes import compound
from awaitomic.patching.refusal import position_mismatch
from awaitomic.patching.tree import Block, Statement, blank_run, comments_directly_above, take_comment_below

if TYPE_CHECKING:
    from awaitomic.model.plan import InsertStatements

_DIRECTIVES = ("noqa", "type:", "pragma", "pylint:", "mypy:", "pyright:")

_TOP = 0
"""Key of `Block.placed` for statements put at the top of a block."""


def move(statement: Statement, anchor: Statement) -> None:
    """Cut `statement` with the comments directly above and beside it, and paste it directly after `anchor`."""
    source = statement.home
    take_comment_below(statement)
    comments = comments_directly_above(statement.leading)
    above = statement.leading[: len(statement.leading) - len(comments)]
    index = source.items.index(statement)
    del source.items[index]
    statement.leading = comments
    statement.moved = True
    _leave_behind(source, index, above)
    target = anchor.home
    if target is not source:
        statement.shifts.append((source.inner, target.inner))
        statement.home = target
    target.items.insert(_place_after(anchor), statement)


def insert_beside(anchor: Statement, edit: InsertStatements) -> None:
    """Insert the statements of `edit` directly before or after `anchor`, or above its comments."""
    home = anchor.home
    newline = newline_of(anchor)
    new = parse_fragment(edit.text, home, newline)
    if edit.where == "after":
        _lead(new[0], blank_lines(edit.blank_lines_before, newline))
        _put(home, _place_after(anchor, len(new)), new)
        return
    index = home.items.index(anchor)
    if anchor.is_definition:
        _lead(new[0], anchor.leading[: blank_run(anchor.leading)])
    elif edit.where == "above":
        comments = comments_directly_above(anchor.leading)
        _lead(new[0], anchor.leading[: len(anchor.leading) - len(comments)])
        anchor.leading = comments
    else:
        _lead(new[0], anchor.leading)
        anchor.leading = []
    if index:
        _pad(new[0], edit.blank_lines_before, newline)
    _put(home, index, new)


def insert_into(block: Block, edit: InsertStatements) -> None:
    """Insert the statements of `edit` as the first or the last of `block`; first is behind docstring and imports."""
    newline = block_newline(block)
    new = parse_fragment(edit.text, block, newline)
    if edit.where == "last":
        _lead(new[0], blank_lines(edit.blank_lines_before, newline))
        _put(block, len(block.items), new)
        return
    index = head_length(block) + block.placed.get(_TOP, 0)
    blanks = edit.blank_lines_before
    if index < len(block.items) and not block.placed.get(_TOP):
        following = block.items[index]
        run = blank_run(following.leading)
        _lead(new[0], following.leading[:run])
        if not following.is_definition and (block.owner is not None or run == len(following.leading)):
            following.leading = following.leading[run:]
    if index and block.owner is None and not block.placed.get(_TOP):
        blanks = max(blanks, 1)
    if index:
        _pad(new[0], blanks, newline)
    block.placed[_TOP] = block.placed.get(_TOP, 0) + len(new)
    _put(block, index, new)


def replace(statement: Statement, text: str) -> None:
    """Put the statements of `text` in the place of `statement`; comments above stay, one beside goes to the last."""
    home = statement.home
    new = parse_fragment(text, home, newline_of(statement))
    _lead(new[0], statement.leading)
    beside = _beside(statement)
    if beside is not None and beside.comment is not None:
        last = new[-1]
        if last.line is not None and last.line.trailing.comment is None:
            last.trailing = beside
        else:
            comment = cst.EmptyLine(comment=beside.comment, newline=beside.newline)
            new[0].leading.append(comment)
    statement.gone = True
    statement.last = new[-1]
    index = home.items.index(statement) + 1
    home.items[index:index] = new


def delete(statement: Statement) -> None:
    """Remove `statement` and the comment beside it; comments above stay, as does one beside the rest of its line."""
    statement.gone = True
    line = statement.line
    index = statement.home.items.index(statement)
    if line is not None and line.members[-1] is statement:
        rest = [one for one in line.members if not one.gone and one.home is statement.home]
        if rest:
            rest[-1].trailing = line.trailing
    _leave_behind(statement.home, index + 1, statement.leading)
    statement.leading = []


def unwrap(statement: Statement) -> None:
    """Put the statements of the body in the place of `statement`.

    Raises PatchRefused: ``position-mismatch`` if there are other blocks than the body, or it is a definition.
    """
    if list(statement.blocks) != ["body"] or statement.is_definition:
        raise position_mismatch("only a statement with a body and no other block can be unwrapped")
    body = statement.blocks["body"]
    home = statement.home
    index = home.items.index(statement)
    items = body.live()
    shift = (body.margin, home.inner)
    for item in items:
        item.home = home
        item.shifts.append(shift)
    header = _header_comment(statement)
    if items:
        items[0].leading[:0] = [*statement.leading, *header]
    home.items[index : index + 1] = items
    _leave_behind(home, index + len(items), body.footer)


def drop_finally(statement: Statement) -> None:
    """Take the ``finally`` from a ``try``, and the ``try`` itself if it has no handlers.

    Comments above what stands in it stay, with those behind the body.

    Raises PatchRefused: ``position-mismatch`` if it is no ``try`` with a ``finally``.
    """
    node = statement.node
    if not isinstance(node, cst.Try | cst.TryStar) or node.finalbody is None:
        raise position_mismatch("only a try with a finally can be rid of it")
    gone = statement.blocks.pop("finalbody")
    if node.handlers:
        statement.node = node.with_changes(finalbody=None)
        return
    above = [*node.finalbody.leading_lines, *(line for item in gone.items for line in item.leading), *gone.footer]
    statement.blocks["body"].footer += [line for line in above if line.comment is not None]
    unwrap(statement)


def head_length(block: Block) -> int:
    """Return how many statements at the top of `block` are docstring or, in a module, belong to the imports."""
    count = 1 if block.items and is_docstring(block.items[0]) else 0
    if block.owner is not None:
        return count
    for index, item in enumerate(block.items):
        if index >= count and is_import_head(item.node):
            count = index + 1
        elif index >= count:
            break
    return count


def is_docstring(statement: Statement) -> bool:
    """Whether the statement is a string that stands alone."""
    node = statement.node
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)


def is_import_head(node: cst.CSTNode) -> bool:
    """Whether the statement is an import, or an ``if`` or ``try`` around nothing but imports."""
    if isinstance(node, cst.Import | cst.ImportFrom):
        return True
    if not isinstance(node, cst.If | cst.Try) or not isinstance(node.body, cst.IndentedBlock):
        return False
    inner = [small for line in node.body.body if isinstance(line, cst.SimpleStatementLine) for small in line.body]
    return len(inner) >= len(node.body.body) and all(isinstance(one, cst.Import | cst.ImportFrom) for one in inner)


def separation(block: Block) -> int:
    """Return how many blank lines stand above the definitions of `block`: as there are, at least one."""
    seen = Counter(blank_run(item.leading) for item in block.items[1:] if item.is_definition)
    if seen:
        return max(1, seen.most_common(1)[0][0])
    return 2 if block.owner is None else 1


def place_function_behind(new: Statement, function: Statement, newline: str | None) -> None:
    """Put a new function directly behind another one, with the blank lines that definitions have there."""
    home = function.home
    needed = separation(home)
    new.leading = blank_lines(needed, newline)
    index = home.items.index(function.end) + 1
    home.items.insert(index, new)
    following = next((item for item in home.items[index + 1 :] if not item.gone), None)
    if following is not None:
        following.leading[:0] = blank_lines(needed - blank_run(following.leading), newline)


def _put(block: Block, index: int, new: list[Statement]) -> None:
    """Insert `new` and see to the blank lines that definitions need around them."""
    needed = separation(block)
    block.items[index:index] = new
    for at in (index, index + len(new)):
        if 0 < at < len(block.items):
            before, item = block.items[at - 1], block.items[at]
            if before.is_definition or item.is_definition:
                _pad(item, needed, newline_of(item))


def _place_after(anchor: Statement, count: int = 1) -> int:
    """Return the index directly after `anchor` and what edits have put there before, and reserve `count` places."""
    home = anchor.home
    take_comment_below(anchor)
    placed = home.placed.get(id(anchor), 0)
    home.placed[id(anchor)] = placed + count
    return home.items.index(anchor) + 1 + placed


def _lead(statement: Statement, lines: list[cst.EmptyLine]) -> None:
    statement.leading[:0] = lines


def _pad(statement: Statement, count: int, newline: str | None) -> None:
    """See that at least `count` blank lines stand above the statement and its comments."""
    _lead(statement, blank_lines(count - blank_run(statement.leading), newline))


def _beside(statement: Statement) -> cst.TrailingWhitespace | None:
    """Return what stands beside a simple statement that is the last on its line."""
    if statement.trailing is not None:
        return statement.trailing
    line = statement.line
    return line.trailing if line is not None and line.members[-1] is statement else None


def _leave_behind(block: Block, index: int, above: list[cst.EmptyLine]) -> None:
    """Give the lines that stood above a statement that went away to the next one, without doubling blank lines."""
    following = next((item for item in block.items[index:] if not item.gone), None)
    if following is None:
        if any(line.comment is not None for line in above):
            block.footer[:0] = above
        return
    if not above:
        if block.owner is not None and not any(not item.gone for item in block.items[:index]):
            del following.leading[: blank_run(following.leading)]
        return
    run = blank_run(following.leading)
    tail = blank_run(above[::-1])
    if tail >= run:
        del following.leading[:run]
    else:
        above = above[: len(above) - tail]
    _lead(following, above)


def _header_comment(statement: Statement) -> list[cst.EmptyLine]:
    """Return the comment beside the header as a line of its own, unless it speaks to tools."""
    body = compound(statement.node).body
    if not isinstance(body, cst.IndentedBlock) or body.header.comment is None or is_directive(body.header.comment):
        return []
    return [cst.EmptyLine(comment=body.header.comment, newline=body.header.newline)]


def is_directive(comment: cst.Comment | None) -> bool:
    """Whether a comment is for a tool and about the line on which it stands."""
    return comment is not None and comment.value.lstrip("# ").lower().startswith(_DIRECTIVES)
