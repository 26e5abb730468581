"""Whether those who look up a lock in a table keep it as long as they need it: a weak table keeps it for nobody.

What is entered by ``async with`` is kept until the block ends, and a name as long as its function runs. A lock that is
acquired in one function and looked up again in another, to be given back, would be gone in between.
"""

from __future__ import annotations

import ast

from awaitomic.program import Program
from awaitomic.remedies.lock.table_mentions import Tree
from awaitomic.remedies.shared.declined import Declined

_KEEPS = ast.withitem | ast.Attribute | ast.Compare | ast.BoolOp | ast.UnaryOp | ast.If | ast.Return
"""What may be done with the name of a lock: it is entered, asked, or returned."""


class Kept:
    """What the functions of a file do with the locks that they look up."""

    def __init__(self, program: Program, tree: Tree) -> None:
        self._program = program
        self._tree = tree
        self.getters: list[str] = []
        """The functions that hand a lock to their callers."""

    def check(self, lookup: ast.expr) -> None:
        """See that a lock is kept by who has looked it up, or has called for it.

        Raises:
            Declined: ``lookup-form``, ``other-file`` if a function of another file is handed a lock.
        """
        above = self._tree.above[lookup]
        if isinstance(above, ast.Await):
            lookup, above = above, self._tree.above[above]
        statement = self._tree.statement(lookup)
        if isinstance(above, ast.Attribute) and above.attr == "locked":
            return
        if isinstance(above, ast.withitem) and isinstance(statement, ast.AsyncWith):
            return
        if isinstance(statement, ast.Return) and statement.value is lookup:
            self._check_getter(self._tree.function(lookup))
        elif isinstance(statement, ast.Assign) and statement.value is lookup and has_name(statement):
            self.check_names(statement)
        else:
            raise _declined(lookup, "does not keep the lock, which would be gone at once")

    def check_names(self, statement: ast.Assign) -> None:
        """See that the names that a lock is given keep it for as long as it is held.

        Raises:
            Declined: ``lookup-form``, ``other-file``.
        """
        function = self._tree.function(statement)
        for name in [each.id for each in statement.targets if isinstance(each, ast.Name)]:
            said = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == name]
            uses = [self._tree.above[node] for node in said if isinstance(node.ctx, ast.Load)]
            handed = next((use for use in uses if not _keeps(use)), None)
            if handed is not None:
                raise _declined(handed, f"hands `{name}` on, and who keeps the lock then is not told")
            methods = {use.attr for use in uses if isinstance(use, ast.Attribute)}
            if ("acquire" in methods) != ("release" in methods):
                raise _declined(statement, f"names a lock `{name}` that is not taken and given back in one function")
            if any(isinstance(use, ast.Return) for use in uses):
                self._check_getter(function)

    def _check_getter(self, function: ast.AST) -> None:
        """See that all who call a function that gives them a lock keep it."""
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            raise _declined(function, "hands out a lock, and by which name is not known")
        name = function.name
        if name in self.getters:
            return
        self.getters.append(name)
        graph = next(each.function for each in self._program.resolvers if each.function.node is function)
        for unit in self._program.callers.concerned(graph):
            if unit.name != self._program.unit.name and any(name in resolver.words for resolver in unit.resolvers):
                where = self._program.project.shown(unit.name)
                raise Declined("other-file", f"`{name}` hands out locks, and {where} uses it")
        for node in ast.walk(self._tree.module):
            is_named = isinstance(node, ast.Attribute) and node.attr == name
            if is_named or (isinstance(node, ast.Name) and node.id == name):
                call = self._tree.above[node]
                if not isinstance(call, ast.Call) or call.func is not node:
                    raise _declined(node, f"hands `{name}` on, which gives a lock to whoever calls it")
                self.check(call)


def has_name(statement: ast.stmt, name: str = "") -> bool:
    """Tell whether a statement assigns to one local name, and to nothing else."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return len(targets) == 1 and isinstance(targets[0], ast.Name) and name in {"", targets[0].id}


def _keeps(use: ast.AST) -> bool:
    """Tell whether a use of a lock's name is understood; one that stores the lock keeps it there."""
    if isinstance(use, ast.Assign):
        return not any(isinstance(each, ast.Name | ast.Tuple | ast.List) for each in use.targets)
    return isinstance(use, _KEEPS)


def _declined(node: ast.AST, why: str) -> Declined:
    return Declined("lookup-form", f"line {getattr(node, 'lineno', 1)} {why}")
