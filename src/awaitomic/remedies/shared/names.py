"""Names for the locals that a repair adds: after what they hold, and used by nobody else.

A diff is read by people: ``item_price = await price(item)`` explains itself, ``tmp1`` does not.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Iterator

from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import Case, statement_at

_WRAPPERS = frozenset({"wait_for", "shield", "ensure_future", "create_task", "to_thread"})
"""Calls whose first argument says what is awaited."""

_VERBS = frozenset(
    "get fetch load read compute calculate calc query request find retrieve lookup obtain receive recv resolve make "
    "create build generate do acquire poll async await ask call determine estimate measure next count_of".split()
)
_BARE = {
    "get": "value",
    "fetch": "value",
    "lookup": "value",
    "load": "value",
    "read": "data",
    "recv": "data",
    "receive": "data",
    "gather": "results",
    "len": "length",
    "next": "item",
    "anext": "item",
    "measure": "measurement",
    "calculate": "value",
    "compute": "value",
    "calc": "value",
}
"""What the awaited result of a call is called whose name is nothing but a verb."""

_NOUNS = frozenset(
    "price cost size count total amount length value balance rate weight score quantity number sum delta increment fee "
    "tax id index offset age width height duration time limit usage load_factor points bonus discount".split()
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def name_for_awaited(case: Case, node: ast.expr, more: Iterable[str] = ()) -> str:
    """Name the result of an awaited expression (or of a call) so that the function's reader knows what it is.

    Parameters:
        case: the case; its function is where the name has to be free.
        node: what is awaited, without ``await``.
        more: further names that are taken.

    Returns:
        A name that nothing in the function, around it, in the module or in Python has.
    """
    taken = taken_names(case) | set(more)
    return _first_free(_awaited_candidates(_unwrapped(node)), taken)


def name_for_state(case: Case, node: ast.expr, more: Iterable[str] = (), prefix: str = "old_") -> str:
    """Name a local that holds what an attribute, variable or entry held: ``self._buf`` gives ``buf``.

    Parameters and result as for `name_for_awaited`; `prefix` goes in front where the plain name is taken.
    """
    taken = taken_names(case) | set(more)
    base = _snake(last_name(node)).strip("_")
    if isinstance(node, ast.Subscript):
        base = singular(base)
    base = base or "value"
    return _first_free([base, f"{prefix}{base}"], taken)


def singular(name: str) -> str:
    """Give the name of one element of what a plural names: ``conns`` → ``conn``, ``entries`` → ``entry``."""
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "xes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")) and len(name) > 2:
        return name[:-1]
    return f"{name}_item" if name else "item"


def taken_names(case: Case) -> set[str]:
    """Give every name that is used or bound in the function, in the functions around it, in the module or in Python."""
    module = case.program.module
    taken = {*dir(builtins), *keyword.kwlist, *keyword.softkwlist, *module.globals, *module.imports}
    taken |= {name for name in module.by_name if "." not in name}
    taken |= {facts.qualname for facts in module.classes.values() if "." not in facts.qualname}
    outermost: ast.AST = case.function.node
    for length in range(1, len(case.function.path)):
        around = statement_at(module.tree, case.function.path[:length])
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            outermost = around
            break
    for node in ast.walk(outermost):
        if isinstance(node, ast.Name):
            taken.add(node.id)
        elif isinstance(node, ast.arg):
            taken.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node is not outermost:  # a method's name is not visible inside; a function's is among the module's
                taken.add(node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            taken.update(node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            taken.add(node.name)
        elif isinstance(node, ast.alias):
            taken.add((node.asname or node.name).partition(".")[0])
    return taken


def is_shadowed(case: Case, name: str) -> bool:
    """Tell whether a builtin's name may mean something else in the file: anything there binds it, methods aside."""
    tree = case.program.module.tree
    methods = {id(node) for each in ast.walk(tree) if isinstance(each, ast.ClassDef) for node in each.body}
    for node in ast.walk(tree):
        bound: list[str | None]
        if isinstance(node, ast.Name):
            bound = [] if isinstance(node.ctx, ast.Load) else [node.id]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound = [] if id(node) in methods else [node.name]
        elif isinstance(node, ast.alias):
            bound = [name if node.name == "*" else (node.asname or node.name).partition(".")[0]]
        elif isinstance(node, ast.arg):
            bound = [node.arg]
        elif isinstance(node, ast.Global | ast.Nonlocal):
            bound = [*node.names]
        else:
            bound = [getattr(node, "name", None), getattr(node, "rest", None)]
        if name in bound:
            return True
    return False


def _unwrapped(node: ast.expr) -> ast.expr:
    """Look through ``wait_for(price(item), 5)`` and its kin: the name comes from what they wait for."""
    while isinstance(node, ast.Call):
        name = last_name(node.func)
        if name in _WRAPPERS and node.args:
            node = node.args[0]
        elif name == "run_in_executor" and len(node.args) > 1:
            node = node.args[1]
        else:
            break
    return node


def _awaited_candidates(node: ast.expr) -> Iterator[str]:
    words = [word for word in _snake(last_name(node)).strip("_").split("_") if word]
    if words[-1:] == ["async"]:
        words.pop()
    if not words:
        yield "result"
        return
    rest = list(words)
    while len(rest) > 1 and rest[0] in _VERBS:
        rest.pop(0)
    noun = "_".join(rest)
    if isinstance(node, ast.Call) and noun in _BARE:
        yield _BARE[noun]
        yield f"{noun}_result"
        return
    is_thing = rest != words or noun in _NOUNS or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    if is_thing and (rest[0] not in _VERBS or len(rest) > 1):
        yield noun
        if len(rest) == 1 and noun in _NOUNS and isinstance(node, ast.Call):
            yield from (f"{argument}_{noun}" for argument in _speaking_arguments(node))
        yield f"{noun}_value"
    yield f"{noun}_value" if rest[-1] in _NOUNS else f"{noun}_result"


def _speaking_arguments(node: ast.Call) -> Iterator[str]:
    """Give the first argument if it is a name that says something: ``item``, not ``k``."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Name) and len(first.id) > 2 and first.id not in {"self", "cls"}:
        yield first.id.strip("_")


def _first_free(candidates: Iterable[str], taken: set[str]) -> str:
    last = "value"
    for candidate in candidates:
        last = candidate
        if candidate.isidentifier() and candidate not in taken:
            return candidate
    number = 2
    while f"{last}_{number}" in taken:
        number += 1
    return f"{last}_{number}"


def _snake(name: str) -> str:
    return _CAMEL.sub("_", name).lower()
