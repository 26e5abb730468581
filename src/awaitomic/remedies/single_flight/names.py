"""What the task, its table and the function that it runs are called, and of which types they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.program.module import ClassFacts
from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.attribute import free_name
from awaitomic.remedies.shared.names import singular
from awaitomic.remedies.shared.width import widest
from awaitomic.remedies.single_flight.work import Work

_MAKING = frozenset(
    "build compute connect create download fetch init initialize load login make open prepare query read request "
    "resolve setup start".split()
)


def noun_of(work: Work, state: str) -> str:
    """Give what one thing of the state is called: ``_pool`` gives ``pool``, ``_rows[key]`` gives ``row``."""
    stem = state.strip("_") or "state"
    if not isinstance(work.state, ast.Subscript):
        return stem
    one = singular(stem)
    return stem if one.endswith("_item") and not stem.endswith("_item") else one


def is_flag(case: Case) -> bool:
    """Tell whether what is stored only says that the work is done: ``self._closed = True``."""
    statement = case.statement(case.path(case.fact.event))
    return isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)


def task_name(case: Case, facts: ClassFacts, state: str, work: Work) -> str:
    """Give a free name for the attribute that keeps the task, or for the table of them."""
    noun = _function(case) if is_flag(case) else noun_of(work, state)
    suffix = "tasks" if isinstance(work.state, ast.Subscript) else "task"
    return free_name(case.program, facts, state, [f"_{noun}_{suffix}", f"_{noun}_shared_{suffix}"])


def maker_name(case: Case, facts: ClassFacts, state: str, work: Work) -> str:
    """Give a free name for the function that does the work: after what it awaits, and after what comes of it."""
    noun = noun_of(work, state)
    verb = "load" if isinstance(work.state, ast.Subscript) else "make"
    words = _awaited(case, work).strip("_").split("_")
    if words[0] in _MAKING:
        verb = words[0]
    names = [f"_{verb}_{noun}", f"_make_{noun}", f"_do_{verb}_{noun}"]
    own = f"_{_function(case)}_once"
    return free_name(case.program, facts, state, [own, *names] if is_flag(case) else [*dict.fromkeys(names), own])


def purpose_of(case: Case, work: Work) -> str:
    """Give the docstring of that function."""
    name = getattr(case.function.node, "name", "")
    if is_flag(case):
        return f"Do the work of `{name}`, once for all who wait for it."
    text = ast.unparse(work.state).partition(".")[2]
    shown = text if not set(text) & set("\"'\\") else text.partition("[")[0]  # what a docstring can hold
    said = f"Fill `{shown}`, once for all who wait for it in `{name}`."
    margin = case.extent(case.statement(case.function.path)).column + 3
    fits = margin + len(f'"""{said}"""') <= widest(case.program)
    return said if fits else f"Fill `{shown.partition('[')[0]}`, once for all who wait."


def _function(case: Case) -> str:
    return str(getattr(case.function.node, "name", "")).strip("_")


def _awaited(case: Case, work: Work) -> str:
    """Give what is awaited for what is stored: in the store itself, else as the first thing of the work."""
    for statement in (case.statement(case.path(case.fact.event)), *work.statements):
        for node in ast.walk(statement):
            if isinstance(node, ast.Await) and isinstance(node.value, ast.Call):
                return last_name(node.value.func)
    return ""


def key_type(case: Case, state: str, work: Work) -> str:
    """Give the type of the keys of a table as it, or the parameter that is the key, is declared; else any object."""
    parts = _declared_parts(case, state)
    if parts is not None:
        return parts[0]
    key = work.state.slice if isinstance(work.state, ast.Subscript) else None
    annotation = _annotations(case).get(key.id) if isinstance(key, ast.Name) else None
    return "object" if annotation is None else ast.unparse(annotation)


def result_type(case: Case, state: str, work: Work) -> str:
    """Give the type of what the task gives, as far as the file says it; empty if it does not."""
    if not work.gives:
        return "None"
    node = case.function.node
    returned = node.returns if isinstance(node, ast.AsyncFunctionDef) and work.is_returned else None
    if returned is not None:
        return ast.unparse(returned)
    if isinstance(work.state, ast.Subscript):
        parts = _declared_parts(case, state)
        return parts[1] if parts is not None else ""
    return next(filter(None, map(_without_none, _declarations(case, state))), "")


def _without_none(annotation: ast.expr) -> str:
    """Give the type of what is there once there is something: ``Pool`` of ``Pool | None``."""
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        nothing = isinstance(annotation.right, ast.Constant) and annotation.right.value is None
        return ast.unparse(annotation.left) if nothing else ""
    if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "Optional":
        return ast.unparse(annotation.slice)
    return ""


def _declared_parts(case: Case, state: str) -> tuple[str, str] | None:
    """Give the types of key and value of a table as it is declared."""
    for annotation in _declarations(case, state):
        said = annotation.slice if isinstance(annotation, ast.Subscript) else None
        if isinstance(said, ast.Tuple) and len(said.elts) == 2:
            return ast.unparse(said.elts[0]), ast.unparse(said.elts[1])
    return None


def _declarations(case: Case, state: str) -> Iterator[ast.expr]:
    for node in ast.walk(case.program.module.tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name | ast.Attribute):
            name = node.target.id if isinstance(node.target, ast.Name) else node.target.attr
            if name == state:
                yield node.annotation


def parameters(case: Case, names: list[str]) -> str:
    """Give the parameters of the new function, with the annotations that they have in the old one."""
    given = _annotations(case)
    return ", ".join(f"{name}: {case.text(given[name])}" if name in given else name for name in names)


def _annotations(case: Case) -> dict[str, ast.expr]:
    node = case.function.node
    assert isinstance(node, ast.AsyncFunctionDef)
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return {argument.arg: argument.annotation for argument in arguments if argument.annotation is not None}
