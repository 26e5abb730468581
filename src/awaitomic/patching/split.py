"""Split a self-locking coroutine function: the public one takes the lock and delegates, the variant does the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from awaitomic.patching.emit import newline_of
from awaitomic.patching.fragment import blank_lines, parse_decorators, parse_fragment
from awaitomic.patching.nodes import expect
from awaitomic.patching.refusal import PatchRefused, position_mismatch
from awaitomic.patching.statements import is_directive, is_docstring, separation
from awaitomic.patching.tree import Block, Statement, blank_run

if TYPE_CHECKING:
    from awaitomic.model.plan import SplitMethod


def check_split(method: Statement, region: Statement) -> None:
    """Refuse a method whose lock region is not its whole body but for a docstring.

    Raises PatchRefused: ``position-mismatch`` if the statements are not of the right kind, ``split-partial-region`` if
    there is more in the body than the region, or in the region's header than one lock.
    """
    if not isinstance(method.node, cst.FunctionDef) or method.node.asynchronous is None:
        raise position_mismatch("the method to split is no coroutine function")
    if not isinstance(region.node, cst.With) or region.home is not method.blocks["body"]:
        raise position_mismatch("the region to split is no with statement of the method")
    others = [item for item in region.home.items if item is not region]
    if region.home.items[-1] is not region or len(others) > 1 or not all(is_docstring(item) for item in others):
        raise PatchRefused("split-partial-region", "the method does more than what it does under the lock")
    if len(region.node.items) != 1 or region.node.items[0].asname is not None:
        raise PatchRefused("split-partial-region", "the region has other context managers, or binds a name")


def split(method: Statement, region: Statement, edit: SplitMethod) -> None:
    """Move the body of `region` into a new function behind `method`, and let the region call it."""
    home = method.home
    newline = newline_of(method)
    needed = separation(home)
    own = region.blocks["body"]
    variant = _variant(method, edit, newline)
    body = variant.blocks["body"]
    body.items = _opening(edit, body, newline, _quotes(method))
    shift = (own.margin, body.margin)
    for item in own.items:
        item.shifts.append(shift)
        item.home = body
    body.items += own.items
    body.footer = own.footer
    own.footer = []
    own.items = []
    own.items = parse_fragment(f"{'return ' if edit.returns else ''}await {edit.call}", own, newline)
    variant.leading = blank_lines(needed, newline)
    index = home.items.index(method.end) + 1
    home.items.insert(index, variant)
    following = next((item for item in home.items[index + 1 :] if not item.gone), None)
    if following is not None:
        following.leading[:0] = blank_lines(needed - blank_run(following.leading), newline)


def _variant(method: Statement, edit: SplitMethod, newline: str | None) -> Statement:
    """Return the new function with an empty body: the old signature, and name and decorators of the plan."""
    node = expect(method.node, cst.FunctionDef)
    old = method.blocks["body"]
    header = cst.TrailingWhitespace(newline=cst.Newline(newline))
    if isinstance(node.body, cst.IndentedBlock) and is_directive(node.body.header.comment):
        header = node.body.header
    suite = cst.IndentedBlock([cst.SimpleStatementLine([cst.Pass()])], header, old.indent)
    changed = node.with_changes(
        name=node.name.with_changes(value=edit.variant),
        params=node.params.visit(_Realign(f"async def {node.name.value}(", len(edit.variant) - len(node.name.value))),
        decorators=parse_decorators(edit.decorators, method.home, newline),
        leading_lines=(),
        lines_after_decorators=(),
        body=suite,
    )
    return Statement(changed, method.home, [])


def _opening(edit: SplitMethod, body: Block, newline: str | None, quotes: str) -> list[Statement]:
    opening = parse_fragment(_literal(edit.docstring, quotes), body, newline) if edit.docstring else []
    if edit.precondition:
        opening += parse_fragment(edit.precondition, body, newline)
    return opening


def _quotes(method: Statement) -> str:
    """Return the triple quotes that the method's own docstring has."""
    first = method.blocks["body"].items[0]
    string = first.node.value if isinstance(first.node, cst.Expr) else None
    single = isinstance(string, cst.SimpleString) and string.value.lstrip("rRuU").startswith("'''")
    return "'''" if single else '"""'


def _literal(content: str, quotes: str) -> str:
    """Return a docstring with `content` in `quotes`."""
    escaped = content.replace("\\", "\\\\").replace(quotes, "\\" + "\\".join(quotes))
    if escaped.endswith(quotes[0]):
        escaped = f"{escaped[:-1]}\\{quotes[0]}"
    return f"{quotes}{escaped}{quotes}"


class _Realign(cst.CSTTransformer):
    """Moves parameters that are aligned with the opening parenthesis when a longer name moves the parenthesis."""

    # ruff: noqa: N802 - the names of methods are libcst's: it finds them by the names of its node classes.

    def __init__(self, opening: str, longer: int) -> None:
        super().__init__()
        self._opening = opening
        self._longer = longer

    def leave_ParenthesizedWhitespace(
        self, _original: cst.ParenthesizedWhitespace, updated: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        space = updated.last_line.value
        if not updated.indent or space != " " * len(self._opening):
            return updated
        aligned = cst.SimpleWhitespace(" " * (len(self._opening) + self._longer))
        return updated.with_changes(last_line=aligned)
