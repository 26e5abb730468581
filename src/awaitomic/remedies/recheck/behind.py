"""What a function does behind a future that it settles: whoever came second raised there, and now goes on.

``answer.set_result(conn); self.free.remove(conn)`` would take a connection out of the free ones that nobody got.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from awaitomic.knowledge.logs import LOGS
from awaitomic.model.position import StatementPath
from awaitomic.program.names import is_none, last_name
from awaitomic.remedies.remedy import Case, block_of


def goes_on_behind(case: Case, settles: Sequence[StatementPath]) -> Iterator[str]:
    """Say what is done behind one of the statements that settle a future, on the strength of its having been settled.

    Parameters:
        case: the case.
        settles: the statements, all of which get the test.
    """
    own = {id(case.statement(path)) for path in settles}
    for path in settles:
        for statement in _behind(case, path):
            if not _is_harmless(statement, own):
                line = statement.lineno
                yield f"line {line} is now reached, too, by who comes second: that raised `InvalidStateError` before"
                return


def _behind(case: Case, path: StatementPath) -> Iterator[ast.stmt]:
    """Give the statements that follow one in its block and in those around, up to a loop that never ends."""
    for depth in range(len(path) - 1, -1, -1):
        owner: ast.AST = case.statement(path[:depth]) if depth else case.program.module.tree
        if owner is case.function.node or not depth:
            yield from block_of(owner, path[depth].block)[path[depth].index + 1 :]
            return
        found = block_of(owner, path[depth].block)[path[depth].index + 1 :]
        if path[depth].block == "body" and isinstance(owner, ast.Try):
            found = [*found, *owner.orelse]
        yield from found
        if any(isinstance(each, ast.Return | ast.Continue | ast.Raise) for each in found):
            return
        if isinstance(owner, ast.While) and _never_ends(owner):
            return


def _never_ends(loop: ast.While) -> bool:
    """Tell whether a loop can only be left by a ``return`` or an error."""
    breaks = any(isinstance(inner, ast.Break) for inner in ast.walk(loop))
    return isinstance(loop.test, ast.Constant) and bool(loop.test.value) and not breaks


def _is_harmless(statement: ast.stmt, own: set[int]) -> bool:
    """Tell whether it makes no difference who gets there: it leaves without a word, or only shows something."""
    if id(statement) in own or isinstance(statement, ast.Pass | ast.Continue | ast.Break):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None or is_none(statement.value)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return last_name(statement.value.func) in LOGS
    return isinstance(statement, ast.If) and all(
        _is_harmless(each, own) for each in [*statement.body, *statement.orelse]
    )
