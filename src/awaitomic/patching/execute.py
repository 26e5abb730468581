"""Carry out a plan on one text: find everything it names, change it, and let nothing through that fails a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.plan import (
    AddImport,
    DeleteStatement,
    DropFinally,
    Edit,
    ExtractStatements,
    InsertStatements,
    MoveStatement,
    OpenBlock,
    Plan,
    ReplaceExpression,
    ReplaceStatement,
    SplitBody,
    SplitMethod,
    UnwrapStatement,
    WrapStatements,
)
from awaitomic.patching import statements
from awaitomic.patching.emit import emit_module
from awaitomic.patching.extract import extract
from awaitomic.patching.fidelity import parse
from awaitomic.patching.gates import check_outside, check_text
from awaitomic.patching.imports import add_import
from awaitomic.patching.paths import check_agreement, edit_paths, find_ast, find_statement
from awaitomic.patching.refusal import PatchRefused, position_mismatch
from awaitomic.patching.rewrap import rewrap
from awaitomic.patching.splice import splice
from awaitomic.patching.split import check_function, check_split, split, split_body
from awaitomic.patching.syntax import parse_ast
from awaitomic.patching.tree import Block, Statement, open_module
from awaitomic.patching.wrap import open_block, wrap

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from awaitomic.model.position import StatementPath

_Step = tuple[int, int, "Callable[[], None]"]
"""Stage, order within the stage, and what to do: paths are all resolved before the first step is taken."""

_PLACE, _REPLACE, _WRAP, _UNWRAP, _SPLIT, _IMPORT = range(6)


def execute(text: str, plan: Plan, filename: str = "<text>") -> str:
    """Return `text` with all edits of `plan` carried out, and lines wrapped that come to be wider than it allows.

    `text` is decoded, without a byte order mark and with its own line ends; so is the result, and outside the edited
    statements it is the same character for character. All edits refer to `text` as it is given. Statements that are
    inserted before the first or after the last statement of a wrapped run stay outside the new block.

    Raises PatchRefused: ``position-mismatch`` if a path or an extent does not lead to what the plan says,
    ``overlapping-edits`` if two edits contradict each other, ``split-partial-region`` from `SplitMethod`, and
    ``gate-parse``, ``gate-compile``, ``gate-roundtrip`` or ``gate-outside`` if the result fails that gate.
    """
    try:
        return _execute(text, plan, filename)
    except RecursionError as error:
        raise PatchRefused("gate-roundtrip", "an expression is nested too deeply for libcst") from error


def _execute(text: str, plan: Plan, filename: str) -> str:
    _check_conflicts(plan)
    tree = parse_ast(text, filename)
    expressions = [edit for edit in plan.edits if isinstance(edit, ReplaceExpression)]
    others = [edit for edit in plan.edits if not isinstance(edit, ReplaceExpression)]
    changed, tree = splice(text, tree, expressions)
    if others:
        parsed = parse(changed)
        module = open_module(parsed.module)
        steps = [_resolve(module, tree, edit, number) for number, edit in enumerate(others)]
        for _, _, act in sorted(steps, key=lambda step: step[:2]):
            act()
        changed = parsed.text_of(emit_module(module))
    check_text(text, changed, filename)
    wrapped = changed if plan.width is None else rewrap(text, changed, plan.width)
    if wrapped != changed:
        check_text(text, wrapped, filename)
        changed = wrapped
    check_outside(text, changed, plan)
    return changed


def _resolve(module: Block, tree: ast.Module, edit: Edit, number: int) -> _Step:
    """Return the step that carries out `edit`, with its paths resolved."""
    found = [_find(module, tree, path) for path in edit_paths(edit)]
    match edit:
        case MoveStatement():
            return _PLACE, number, lambda: statements.move(found[0], found[1])
        case InsertStatements():
            return _PLACE, number, _insertion(module, found, edit)
        case ReplaceStatement():
            return _REPLACE, number, lambda: statements.replace(found[0], edit.text)
        case DeleteStatement():
            return _REPLACE, number, lambda: statements.delete(found[0])
        case WrapStatements():
            members = _members(found[0], edit.count)
            # The outer of two nested runs first, so that the inner one finds its members together inside of it.
            return _WRAP, number - 1000 * edit.count, lambda: wrap(members, edit.header)
        case UnwrapStatement():
            return _UNWRAP, number, lambda: statements.unwrap(found[0])
        case OpenBlock():
            following = _members(found[0], edit.count + 1)[1:]
            return _WRAP, number - 1000 * edit.count, lambda: open_block(found[0], following, edit.header)
        case DropFinally():
            return _UNWRAP, number, lambda: statements.drop_finally(found[0])
        case SplitMethod() | SplitBody() | ExtractStatements():
            return _SPLIT, number, _division(found, edit)
        case AddImport():
            return _IMPORT, number, lambda: add_import(module, edit.module)
        case ReplaceExpression():
            raise AssertionError("expressions are spliced before any path is resolved")


def _division(found: list[Statement], edit: SplitMethod | SplitBody | ExtractStatements) -> Callable[[], None]:
    match edit:
        case SplitMethod():
            check_split(found[0], found[1], edit)
            return lambda: split(found[0], found[1], edit)
        case SplitBody():
            check_function(found[0])
            return lambda: split_body(found[0], edit)
        case ExtractStatements():
            moved = _members(found[1], edit.count)
            return lambda: extract(found[0], moved, edit)


def _find(module: Block, tree: ast.Module, path: StatementPath) -> Statement:
    found = find_statement(module, path)
    check_agreement(found, find_ast(tree, path), path)
    return found


def _insertion(module: Block, found: list[Statement], edit: InsertStatements) -> Callable[[], None]:
    if edit.where in {"before", "above", "after"} and found:
        return lambda: statements.insert_beside(found[0], edit)
    if edit.where not in {"first", "last"}:
        raise position_mismatch(f"cannot insert {edit.where!r} at this path")
    block = found[0].blocks.get("body") if found else module
    if block is None:
        raise position_mismatch("there is no body to insert statements into")
    return lambda: statements.insert_into(block, edit)


def _members(first: Statement, count: int) -> list[Statement]:
    items = first.home.items
    start = items.index(first)
    if count < 1 or start + count > len(items):
        raise position_mismatch(f"there are no {count} statements here")
    return items[start : start + count]


def _check_conflicts(plan: Plan) -> None:
    """Refuse two edits that take the same statement away, and edits inside of one that is taken away."""
    taking = ReplaceStatement | DeleteStatement | MoveStatement | UnwrapStatement | OpenBlock | DropFinally
    taken = [edit.path for edit in plan.edits if isinstance(edit, taking)]
    if len(set(taken)) < len(taken):
        raise PatchRefused("overlapping-edits", "two edits take the same statement away")
    if any(isinstance(edit, MoveStatement) and edit.after[: len(edit.path)] == edit.path for edit in plan.edits):
        raise PatchRefused("overlapping-edits", "a statement cannot be moved behind itself or a part of it")
    lost = {edit.path for edit in plan.edits if isinstance(edit, ReplaceStatement | DeleteStatement | OpenBlock)}
    for edit in plan.edits:
        for path in edit_paths(edit):
            inside = isinstance(edit, ReplaceExpression) or (
                isinstance(edit, InsertStatements) and edit.where in {"first", "last"}
            )
            if any(path[: len(one)] == one and (inside or len(path) > len(one)) for one in lost):
                raise PatchRefused("overlapping-edits", "an edit lies inside a statement that is taken away")
