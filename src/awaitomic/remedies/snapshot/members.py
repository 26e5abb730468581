"""Whether it can matter that a member has left: only if the loop does more with it than look at it and note it down.

What is called with a member, or waits for it, may rely on its being there. So may whatever is decided by looking at it,
and code behind the loop that goes on with what was noted down.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.snapshot.round import Round

_LOGGERS = frozenset("log logger logging".split())
_NOTES = frozenset({"append", "add", "extend", "update"})


def only_looks(case: Case, one: Round) -> bool:
    """Tell whether a round does nothing with a member that could fail, or do harm, because the member has left."""
    return _Looks(case, one).holds()


class _Looks:
    def __init__(self, case: Case, one: Round) -> None:
        self._case = case
        self._purity = Purity(case)
        self._code = one.code
        self._tainted = set(one.names)

    def holds(self) -> bool:
        before = -1
        while before < len(self._tainted):  # what is built from a member counts as the member, also further up
            before = len(self._tainted)
            for node in self._code:
                self._spread(node)
        return all(self._is_harmless(node) for node in self._code) and not self._is_used_later()

    def _spread(self, root: ast.AST) -> None:
        for node in ast.walk(root):
            if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.NamedExpr) and self._uses(node.value):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = (name for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
                self._tainted |= {name.id for name in names if isinstance(name.ctx, ast.Store)}

    def _is_used_later(self) -> bool:
        """Tell whether what the loop found out about members is used by other code than a plain ``return``."""
        function = self._case.function.node
        allowed = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value is not None]
        allowed = [value for value in allowed if self._is_plain(value)]
        inside = {id(node) for each in (*self._code, *allowed) for node in ast.walk(each)}
        return any(
            isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self._tainted
            for node in ast.walk(function)
            if id(node) not in inside
        )

    def _uses(self, node: ast.AST | None) -> bool:
        return node is not None and any(
            isinstance(inner, ast.Name) and inner.id in self._tainted for inner in ast.walk(node)
        )

    def _is_harmless(self, node: ast.AST) -> bool:
        if not self._uses(node):
            return True
        if isinstance(node, ast.expr):
            return self._is_plain(node)
        if isinstance(node, ast.Expr):
            return self._is_plain(node.value) or self._is_note(node.value)
        if isinstance(node, ast.Assign):
            return self._is_plain(node.value) and all(isinstance(target, ast.Name) for target in node.targets)
        if isinstance(node, ast.AugAssign):
            return self._is_plain(node.value) and isinstance(node.target, ast.Name)
        if isinstance(node, ast.Try):
            return all(map(self._is_harmless, [*node.body, *node.orelse, *node.finalbody, *_handled(node)]))
        if isinstance(node, ast.If | ast.While):
            return not self._uses(node.test) and all(map(self._is_harmless, [*node.body, *node.orelse]))
        return False

    def _is_plain(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return True
        return self._purity.judge(node)[0] is Quality.PLAIN

    def _is_note(self, node: ast.expr) -> bool:
        """Tell whether a call writes a member down: in a log, or in a list of this function's own."""
        if not isinstance(node, ast.Call) or node.keywords or not all(map(self._is_plain, node.args)):
            return False
        if isinstance(node.func, ast.Name):
            return node.func.id == "print"
        if not isinstance(node.func, ast.Attribute):
            return False
        if last_name(node.func.value).strip("_").lower() in _LOGGERS:
            return True
        base = node.func.value
        if not isinstance(base, ast.Name) or node.func.attr not in _NOTES or not self._is_made_here(base.id):
            return False
        self._tainted.add(base.id)
        return True

    def _is_made_here(self, name: str) -> bool:
        """Tell whether a local is bound to an empty list or set and to nothing else."""
        resolver = self._case.resolver
        value = resolver.binding(name)
        made = self._case.node(value) if value is not None else None
        empty = isinstance(made, ast.List) and not made.elts
        return empty or (isinstance(made, ast.Call) and not made.args and last_name(made.func) in {"list", "set"})


def _handled(node: ast.Try) -> Iterator[ast.stmt]:
    for handler in node.handlers:
        yield from handler.body
