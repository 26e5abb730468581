"""Split a self-locking coroutine function: the public one takes the lock and delegates, the variant does the work."""

from __future__ import annotations

import libcst as cst

from awaitomic.model.plan import SplitBody, SplitMethod
from awaitomic.patching.emit import newline_of
from awaitomic.patching.fragment import parse_decorators, parse_fragment, parse_header
from awaitomic.patching.nodes import expect
from awaitomic.patching.refusal import PatchRefused, position_mismatch
from awaitomic.patching.statements import is_directive, is_docstring, place_function_behind
from awaitomic.patching.tree import Block, Statement, blank_run


def check_function(method: Statement) -> None:
    """Refuse what is no coroutine function.

    Raises PatchRefused: ``position-mismatch``.
    """
    if not isinstance(method.node, cst.FunctionDef) or method.node.asynchronous is None:
        raise position_mismatch("the method to split is no coroutine function")


def check_split(method: Statement, region: Statement, edit: SplitMethod) -> None:
    """Refuse a lock region that is not what the plan takes it for: the whole body but for a docstring, or a part.

    Raises PatchRefused: ``position-mismatch`` if the statements are not of the right kind, ``split-partial-region`` if
    there is more in the body than the region though the variant is said to be the whole, or in the region's header
    than one lock.
    """
    check_function(method)
    if not isinstance(region.node, cst.With) or not _is_inside(region, method):
        raise position_mismatch("the region to split is no with statement of the method")
    others = [item for item in region.home.items if item is not region]
    whole = region.home is method.blocks["body"] and region.home.items[-1] is region and len(others) <= 1
    if not edit.signature and not (whole and all(is_docstring(item) for item in others)):
        raise PatchRefused("split-partial-region", "the method does more than what it does under the lock")
    if edit.with_tail and region.home is not method.blocks["body"]:
        raise position_mismatch("what stands behind the region to split is not the end of the method")
    if len(region.node.items) != 1 or region.node.items[0].asname is not None:
        raise PatchRefused("split-partial-region", "the region has other context managers, or binds a name")


def _is_inside(region: Statement, method: Statement) -> bool:
    owner = region.home.owner
    while owner is not None and owner is not method:
        owner = owner.home.owner
    return owner is method


def split(method: Statement, region: Statement, edit: SplitMethod) -> None:
    """Move the body of `region` into a new function behind `method`, and let the region call it."""
    newline = newline_of(method)
    own = region.blocks["body"]
    variant = _variant(method, edit, newline)
    body = variant.blocks["body"]
    body.items = _opening(edit, body, newline, _quotes(method))
    _take(own, own.items, body)
    body.footer, own.footer = own.footer, []
    if edit.with_tail:
        behind = region.home.items.index(region) + 1
        tail = region.home.items[behind:]
        del region.home.items[behind:]
        _take(region.home, tail, body)
    results = ", ".join(edit.results)
    if results:
        body.items += parse_fragment(f"return {results}", body, newline)
    own.items = parse_fragment(edit.handing, own, newline)
    place_function_behind(variant, method, newline)


def split_body(method: Statement, edit: SplitBody) -> None:
    """Move the body of `method` into a new function behind it, and let the method take the lock and call that."""
    newline = newline_of(method)
    own = method.blocks["body"]
    variant = _variant(method, edit, newline)
    body = variant.blocks["body"]
    body.items = _opening(edit, body, newline, _quotes(method))
    documented = own.items[:1] if len(own.items) > 1 and is_docstring(own.items[0]) else []
    moved = own.items[len(documented) :]
    region = parse_header(edit.header, own, newline)
    gap = blank_run(moved[0].leading)
    region.leading, moved[0].leading = moved[0].leading[:gap], moved[0].leading[gap:]
    _take(own, moved, body)
    body.footer, own.footer = own.footer, []
    own.items = [*documented, region]
    inner = region.blocks["body"]
    inner.items = parse_fragment(edit.handing, inner, newline)
    place_function_behind(variant, method, newline)


def _take(source: Block, items: list[Statement], target: Block) -> None:
    """Move statements to the end of another block."""
    shift = (source.margin, target.margin)
    for item in items:
        item.shifts.append(shift)
        item.home = target
    target.items += items


def _variant(method: Statement, edit: SplitMethod | SplitBody, newline: str | None) -> Statement:
    """Return the new function with an empty body: the signature, and name and decorators of the plan."""
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
    if isinstance(edit, SplitMethod) and edit.signature:
        given = parse_fragment(f"async def {edit.variant}{edit.signature}:\n    pass", method.home, newline)[0]
        written = expect(given.node, cst.FunctionDef)
        changed = written.with_changes(decorators=changed.decorators, body=suite)
    return Statement(changed, method.home, [])


def _opening(edit: SplitMethod | SplitBody, body: Block, newline: str | None, quotes: str) -> list[Statement]:
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
