"""Which classes have ``acquire`` and ``release`` and are no locks: they count their users, or lend what they have.

``acquire`` of a lock waits for its own turn. One that counts its caller in, and waits for nothing but what the first of
them opens, lets everybody pass: a session or a connection that several use, open as long as somebody does.
"""

from __future__ import annotations

import ast

from awaitomic.knowledge.locks import sounds_like_a_lock
from awaitomic.knowledge.opening import SHARED_WORK, WAITS, sounds_like_opening
from awaitomic.program.names import last_name

_MAY_KEEP_OUT = (ast.While, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.Raise, ast.Yield, ast.YieldFrom)
"""What ``acquire`` of a lock is made of: it tries again, takes another lock, refuses, or holds what it yields in."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def counts_users(name: str, acquire: ast.AST, release: ast.AST) -> bool:
    """Tell whether a class by its two methods only counts who uses what it has.

    Parameters:
        name: what the class is called; what is called a lock is taken for one.
        acquire, release: the two methods.
    """
    if sounds_like_a_lock(name) or not _counted(acquire, ast.Add) & _counted(release, ast.Sub):
        return False
    nodes = list(ast.walk(acquire))
    if any(isinstance(node, _MAY_KEEP_OUT) or _waits_for_others(node) for node in nodes):
        return False
    kept = {id(node.value) for node in nodes if isinstance(node, ast.Assign) and _is_own(node.targets[0])}
    return all(id(node) in kept or _opens(node) for node in nodes if isinstance(node, ast.Await))


def lends(name: str, acquire: ast.AST, release: ast.AST) -> bool:
    """Tell whether a class by its two methods lends things, as a pool does: ``release`` gets what ``acquire`` gave.

    Parameters as for `counts_users`.
    """
    if sounds_like_a_lock(name) or not isinstance(acquire, _FUNCTIONS) or not isinstance(release, _FUNCTIONS):
        return False
    wanted = {each.arg for each in acquire.args.args}
    handed = release.args.args[1 : len(release.args.args) - len(release.args.defaults)]
    given = [node.value for node in ast.walk(acquire) if isinstance(node, ast.Return) and node.value is not None]
    things = [value for value in given if not isinstance(value, ast.Constant) and ast.unparse(value) != "self"]
    return bool(things) and bool(handed) and not any(each.arg in wanted for each in handed)


def _counted(method: ast.AST, operator: type[ast.operator]) -> set[str]:
    """Give the attributes of the object that a method counts up, or down, by one: ``self.users += 1``."""
    changes = (node for node in ast.walk(method) if isinstance(node, ast.AugAssign) and isinstance(node.op, operator))
    by_one = (each for each in changes if isinstance(each.value, ast.Constant) and each.value.value == 1)
    return {last_name(each.target) for each in by_one if _is_own(each.target)}


def _is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _waits_for_others(node: ast.AST) -> bool:
    """Tell whether a call makes, or waits for, what only somebody else ends."""
    return isinstance(node, ast.Call) and last_name(node.func) in WAITS | SHARED_WORK


def _opens(node: ast.Await) -> bool:
    return isinstance(node.value, ast.Call) and sounds_like_opening(last_name(node.value.func))
