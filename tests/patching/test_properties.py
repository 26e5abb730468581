"""For any program and any edit: the right statements in the right places, and every other character as it was."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter

import hypothesmith
from hypothesis import HealthCheck, Phase, assume, given, note, settings
from hypothesis import strategies as st

from awaitomic.model.plan import (
    DeleteStatement,
    Edit,
    InsertStatements,
    MoveStatement,
    Plan,
    ReplaceStatement,
    UnwrapStatement,
    WrapStatements,
)
from awaitomic.model.position import BlockStep
from awaitomic.patching.execute import execute
from awaitomic.patching.fidelity import parse
from awaitomic.patching.refusal import PatchRefused
from awaitomic.source.text import split_lines
from patching.plans import statements
from patching.programs import programs
from patching.reference import expected

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
# Programs of the grammar are slow to make, some of them very slow: few, and the same ones in each run.
GRAMMAR = settings(
    max_examples=4,
    derandomize=True,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@st.composite
def edits(draw: st.DrawFn, text: str) -> Edit:
    """Any edit of any statement of `text`."""
    found = [(path, node) for path, node in statements(ast.parse(text))]
    assume(found)
    path, node = draw(st.sampled_from(found))
    sizes = Counter((other[:-1], other[-1].block) for other, _ in found)
    size = sizes[path[:-1], path[-1].block]
    kind = draw(st.sampled_from(["move", "wrap", "before", "after", "replace", "delete", "unwrap", "move anywhere"]))
    if kind == "wrap":
        return WrapStatements(path, draw(st.integers(1, size - path[-1].index)), draw(HEADER))
    if kind in {"before", "after"}:
        return InsertStatements(path, kind, draw(INSERTED))
    if kind == "replace":
        return ReplaceStatement(path, draw(INSERTED))
    if kind == "delete":
        return DeleteStatement(path)
    if kind == "unwrap":
        blocks = [name for name in ("body", "orelse", "handlers", "finalbody", "cases") if getattr(node, name, [])]
        assume(blocks == ["body"] and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
        return UnwrapStatement(path)
    if kind == "move":
        target = (*path[:-1], BlockStep(path[-1].block, draw(st.integers(0, size - 1))))
    else:
        target = draw(st.sampled_from([other for other, _ in found]))
    assume(target[: len(path)] != path)
    return MoveStatement(path, target)


HEADER = st.sampled_from(["if Q", "async with Q as q"])
INSERTED = st.sampled_from(["Q", "Q = 1\nif Q:\n    R", "def q():\n    return 1"])


def parsed(text: str) -> ast.Module | None:
    """The tree of `text`, or None if it does not compile and so would not be analysed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "text", "exec", dont_inherit=True)
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def check(text: str, edit: Edit) -> None:
    note(f"{text!r}\n{edit}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = expected(text, edit)
    new = outcome(text, edit)
    if new is None:
        return
    note(f"{new!r}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ast.dump(ast.parse(new)) == wanted
    check_lines(text, new, edit)


def outcome(text: str, edit: Edit) -> str | None:
    """The new text, or None if the compiler does not allow the statement in its new place: nobody else may refuse."""
    try:
        return execute(text, Plan((edit,)))
    except PatchRefused as refusal:
        if refusal.code != "gate-compile":
            raise
        return None


def reproducible(text: str) -> bool:
    """Whether libcst can handle the text at all; the grammar yields much that nobody writes."""
    try:
        parse(text)
    except PatchRefused:
        return False
    return not re.search(r"(^|[\r\n])[ \t]*\f", text)


def check_lines(text: str, new: str, edit: Edit) -> None:
    """Comments are all there, and line ends are those that the file has."""
    if not isinstance(edit, DeleteStatement | ReplaceStatement | UnwrapStatement):
        assert comments(text) == comments(new)
    ends = set(re.findall(r"\r\n|\r|\n", text))
    assert set(re.findall(r"\r\n|\r|\n", new)) <= (ends or {"\n"})
    if text:
        assert new.endswith(("\n", "\r")) == text.endswith(("\n", "\r"))


def comments(text: str) -> Counter[str]:
    return Counter(line[line.index("#") :].rstrip("\r\n") for line in split_lines(text) if "#" in line)


@QUICK
@given(st.data())
def test_any_edit_of_any_program(data: st.DataObject) -> None:
    text = data.draw(programs())
    assume(parsed(text) is not None)
    check(text, data.draw(edits(text)))


@QUICK
@given(st.data())
def test_several_edits_of_one_run_in_one_plan(data: st.DataObject) -> None:
    text = data.draw(programs())
    tree = parsed(text)
    assume(tree is not None)
    assert tree is not None
    runs = [path for path, _ in statements(tree) if path[-1].index == 2]
    assume(runs)
    third = data.draw(st.sampled_from(runs))
    first, second = ((*third[:-1], BlockStep(third[-1].block, index)) for index in (0, 1))
    together = (WrapStatements(first, 3, "if Q"), MoveStatement(first, second), InsertStatements(third, "before", "R"))
    one_by_one = (
        MoveStatement(first, second),
        InsertStatements(third, "before", "R"),
        WrapStatements(first, 4, "if Q"),
    )
    note(f"{text!r}\n{together}")
    step = text
    for edit in one_by_one:
        step = execute(step, Plan((edit,)))
    new = execute(text, Plan(together))
    assert ast.dump(ast.parse(new)) == ast.dump(ast.parse(step))
    assert comments(new) == comments(text)


@QUICK
@given(programs())
def test_every_program_is_printed_as_it_was(text: str) -> None:
    assume(parsed(text) is not None)
    tree = parse(text)
    assert tree.text_of(tree.module) == text


@QUICK
@given(st.data())
def test_moving_there_and_back_again_changes_nothing_but_blank_lines(data: st.DataObject) -> None:
    text = data.draw(programs())
    tree = parsed(text)
    assume(tree is not None and ";" not in text)
    assert tree is not None
    blocks = [path for path, _ in statements(tree) if path[-1].index]
    assume(blocks)
    path = data.draw(st.sampled_from(blocks))
    before = (*path[:-1], BlockStep(path[-1].block, path[-1].index - 1))
    once = execute(text, Plan((MoveStatement(before, path),)))
    twice = execute(once, Plan((MoveStatement(before, path),)))
    visible = Counter(line for line in split_lines(text) if line.strip())
    assert ast.dump(ast.parse(twice)) == ast.dump(tree)
    assert Counter(line for line in split_lines(twice) if line.strip()) == visible


@GRAMMAR
@given(data=st.data(), newline=st.sampled_from(["\n", "\r\n"]))
def test_any_edit_of_any_python_that_the_grammar_allows(data: st.DataObject, newline: str) -> None:
    text = (
        data.draw(hypothesmith.from_node(auto_target=False))
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\n", newline)
    )
    tree = parsed(text)
    assume(tree is not None and tree.body)
    assume(reproducible(text))
    check(text, data.draw(edits(text)))
