"""New locks that are variables: of a module, of a class, of the function around a closure."""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.plan import Edit, InsertStatements
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.program.names import target_names
from awaitomic.remedies.shared.attribute import Creation, class_path
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.maker import Maker, second_loop


def module_lock_name(program: Program, state: str, noun: str = "lock") -> str:
    """Give a free name for a module's lock.

    Raises:
        Declined: ``name-taken``.
    """
    stem = state.strip("_").lower()
    template = program.conventions.naming.lock_name if noun == "lock" else ""
    if template:
        return _free(program, [template.format(state=stem)])
    return _free(program, [f"_{stem}_{noun}", f"_{stem}_update_{noun}"])


def closure_lock_name(program: Program, state: str, noun: str = "lock") -> str:
    """Give a free name for a lock among the locals of a function.

    Raises:
        Declined: ``name-taken``.
    """
    template = program.conventions.naming.lock_name if noun == "lock" else ""
    if template:  # a local has no underscore in front
        return _free(program, [template.format(state=state.strip("_")).lstrip("_")])
    return _free(program, [f"{state.strip('_')}_{noun}", f"{state.strip('_')}_update_{noun}"])


def _free(program: Program, names: list[str]) -> str:
    taken = {node.id for node in ast.walk(program.module.tree) if isinstance(node, ast.Name)}
    taken |= {node.arg for node in ast.walk(program.module.tree) if isinstance(node, ast.arg)}
    taken |= set(program.module.imports) | program.module.graph.module.local_names
    for name in names:
        if name not in taken:
            return name
    raise Declined("name-taken", f"the file already uses `{'` and `'.join(names)}`")


def create_for_module(program: Program, variable: str, name: str, maker: Maker) -> Creation:
    """Plan a lock beside a module's variable.

    Raises:
        Declined: ``foreign-state`` if the module does not make the variable itself.
    """
    index = _binding(program.module.tree.body, variable)
    if index is None:
        raise Declined("foreign-state", f"`{variable}` is not made at the top level of this module")
    edit = InsertStatements((BlockStep("body", index),), "after", maker.makes(name))
    return Creation((*maker.imports, edit), (second_loop(name, maker),))


def create_for_class(program: Program, facts: ClassFacts, attribute: str, name: str, maker: Maker) -> Creation:
    """Plan a lock that all instances of a class share, as they share the state.

    Raises:
        Declined: ``foreign-state`` if the class does not make the state in its body.
    """
    index = _binding(facts.node.body, attribute)
    if index is None:
        raise Declined("foreign-state", f"`{attribute}` is not made in the body of `{facts.qualname}`")
    path = (*class_path(program, facts), BlockStep("body", index))
    edit = InsertStatements(path, "after", maker.makes(name))
    return Creation((*maker.imports, edit), (second_loop(name, maker),))


def create_for_closure(function: FunctionGraph, variable: str, name: str, maker: Maker) -> Creation:
    """Plan a lock among the locals of the function whose variable the closure changes."""
    body = function.node.body
    assert isinstance(body, list)
    index = _binding(body, variable)
    text = maker.makes(name)
    if index is None:
        return Creation((*maker.imports, InsertStatements(function.path, "first", text)), ())
    path: StatementPath = (*function.path, BlockStep("body", index))
    edit: Edit = InsertStatements(path, "after", text)
    return Creation((*maker.imports, edit), ())


def _binding(body: list[ast.stmt], variable: str) -> int | None:
    """Give the index of the first statement of a block that binds a name, at any depth."""
    for index, statement in enumerate(body):
        for node in ast.walk(statement):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            if variable in target_names(targets) and not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                return index
    return None
