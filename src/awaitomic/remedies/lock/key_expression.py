"""Which key a lock may be taken for: one that can be named before the span, and stays the same all through it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.names import target_names
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import block_of, statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run

_PARTS = (
    ast.Name,
    ast.Constant,
    ast.Tuple,
    ast.Attribute,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Load,
)
_BRANCHES = ast.BoolOp | ast.IfExp | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def check_key(program: Program, resolver: Resolver, run: Run, text: str) -> None:
    """See that a key can be evaluated once more, before a run of statements, and means the same entry all through it.

    Raises:
        Declined: ``key-changes``.
    """
    function = resolver.function
    statements = [statement_at(program.module.tree, path) for path in run.paths]
    line = statements[0].lineno
    node = ast.parse(text, mode="eval").body
    if not all(isinstance(part, _PARTS) for part in ast.walk(node)):
        raise Declined("key-changes", f"the key `{text}` (line {line}) would be worked out twice: give it a name first")
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    attributes = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
    bound = {name for statement in statements for name in _bound_in(statement)}
    if names & bound:
        message = (
            f"`{min(names & bound)}` is bound anew under the lock on line {line}: the key may be another one by then"
        )
        raise Declined("key-changes", message)
    known = {*function.parameters, *_bound_before(program.module.tree, run.first, len(function.path))}
    if not names <= known:
        message = (
            f"`{min(names - known)}` need not be bound yet where the lock of `{text}` would be taken (line {line})"
        )
        raise Declined("key-changes", message)
    if attributes and (attributes & _assigned(program) or not _begins_with(statements[0], text)):
        message = f"what `{text}` says can be another key after the wait, or fail before it (line {line})"
        raise Declined("key-changes", message)


def _bound_in(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.FunctionDef) and node.name:
            yield node.name


def _bound_before(tree: ast.Module, path: StatementPath, inside: int) -> Iterator[str]:
    """Give the names that are surely bound when a statement begins, apart from parameters."""
    for length in range(inside, len(path)):
        step = path[length]
        parent: ast.AST = statement_at(tree, path[:length])
        if isinstance(parent, ast.For | ast.AsyncFor) and step.block == "body":
            yield from target_names([parent.target])
        if isinstance(parent, ast.With | ast.AsyncWith):
            yield from target_names([item.optional_vars for item in parent.items if item.optional_vars is not None])
        for before in block_of(parent, step.block)[: step.index]:
            if isinstance(before, ast.Assign):
                yield from target_names(before.targets)
            elif isinstance(before, ast.AnnAssign) and before.value is not None:
                yield from target_names([before.target])


def _assigned(program: Program) -> set[str]:
    """Give the attributes that are assigned outside of constructors, anywhere in the file."""
    found: set[str] = set()
    for function in program.module.functions:
        if isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) and function.node.name != "__init__":
            found |= {
                node.attr
                for node in ast.walk(function.node)
                if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
            }
    return found


def _begins_with(statement: ast.stmt, text: str) -> bool:
    """Tell whether a statement evaluates the key in any case: then it can be evaluated right before it as well."""
    head = statement.test if isinstance(statement, ast.If | ast.While) else getattr(statement, "value", None)
    if isinstance(statement, ast.With | ast.AsyncWith):
        head = statement.items[0].context_expr
    if head is None or any(isinstance(node, _BRANCHES) for node in ast.walk(head)):
        return False
    return any(isinstance(node, ast.expr) and ast.unparse(node) == text for node in ast.walk(head))
