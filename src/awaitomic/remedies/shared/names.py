"""Names for the locals that a repair adds: after what they hold, and used by nobody else.

A diff is read by people: ``item_price = await price(item)`` explains itself, ``tmp1`` does not.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.program.module import ModuleFacts
from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import Case, statement_at

_WRAPPERS = frozenset({"wait_for", "shield", "ensure_future", "create_task", "to_thread"})
"""Calls whose first argument says what is awaited."""

_VERBS = frozenset(
    "get fetch load read compute calculate calc query request find retrieve lookup obtain receive recv resolve make "
    "create build generate do acquire poll async await ask call determine estimate measure next count_of".split()
)
_DEEDS = frozenset(
    "apply authenticate check claim collect combine confirm consume convert decode decrypt decrement deduct deposit "
    "dispatch download encode encrypt evaluate exchange execute exec filter finish flush handle hash increase insert "
    "invoke join merge notify open parse perform pop post process publish pull push put refresh register render renew "
    "reserve run save search select send sign start store submit subscribe sync take transform translate update upload "
    "validate verify wait withdraw write".split()
)
"""What is done and is no name of what comes of it: ``convert(x)`` gives a result, ``run_query(x)`` a query's."""
_SMALL_WORDS = frozenset("for of by from in to with at on".split())
_BARE = {
    "get": "value",
    "fetch": "value",
    "lookup": "value",
    "load": "value",
    "read": "data",
    "recv": "data",
    "receive": "data",
    "gather": "results",
    "fetchval": "value",
    "fetchrow": "row",
    "fetchone": "row",
    "fetchall": "rows",
    "len": "length",
    "next": "item",
    "anext": "item",
    "measure": "measurement",
    "weigh": "weight",
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
        node: what is awaited, without ``await``; or an expression that awaits something on the way.
        more: further names that are taken.

    Returns:
        A name that nothing in the function, around it, in the module or in Python has.
    """
    taken = taken_names(case) | set(more)
    if isinstance(node, _SEVERAL):
        awaited = _first_awaited(node)
        return _first_free((plural(name) for name in _awaited_candidates(_unwrapped(awaited))), taken)
    several = {last_name(inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Await)}
    if len(several) > 1 and isinstance(node, ast.IfExp | ast.BoolOp):  # one or the other
        return _first_free(["value", "result"], taken)
    return _first_free(_awaited_candidates(_unwrapped(_first_awaited(node))), taken)


_SEVERAL = ast.ListComp | ast.SetComp | ast.DictComp


def _first_awaited(node: ast.expr) -> ast.expr:
    """Give what an expression awaits first as it is written; the expression itself if it is no larger one."""
    if (shaped := _shaped(node)) is not None:
        return shaped
    if isinstance(node, ast.Call | ast.Name | ast.Attribute | ast.Subscript):
        return node
    found = [inner for inner in ast.walk(node) if isinstance(inner, ast.Await)]
    return min(found, key=lambda inner: (inner.lineno, inner.col_offset)).value if found else node


_SHAPING = frozenset(name for kind in (str, bytes, dict, list) for name in dir(kind) if not name.startswith("_"))


def _shaped(node: ast.expr) -> ast.expr | None:
    """Give what is awaited in ``(await fetch_text(key)).strip()``; None for other expressions."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SHAPING:
        node = node.func.value
        if isinstance(node, ast.Await):
            return node.value
    return None


def plural(name: str) -> str:
    """Give the name of several of what a name stands for: ``price`` → ``prices``, ``entry`` → ``entries``."""
    if name == "data":
        return name
    if name.endswith("y") and name[-2:-1] not in {"a", "e", "o", "u", ""}:
        return f"{name[:-1]}ies"
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es" if singular(name).endswith("_item") else name
    return f"{name}s"


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
    outermost = case.function
    for length in range(1, len(case.function.path)):
        around = statement_at(module.tree, case.function.path[:length])
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
            outermost = next((each for each in module.functions if each.node is around), case.function)
            break
    return taken | _names_in(outermost)


def _names_in(function: FunctionGraph) -> set[str]:
    """Give the names in a function, without its own: a method's is not visible inside, another is the module's."""
    kinds = function.kinds
    taken = {node.id for node in kinds.of(ast.Name)} | {node.arg for node in kinds.of(ast.arg)}
    taken |= {node.name for node in kinds.of(ast.FunctionDef) if node is not function.node}
    taken |= {node.name for node in kinds.of(ast.AsyncFunctionDef) if node is not function.node}
    taken |= {node.name for node in kinds.of(ast.ClassDef)}
    taken.update(*(node.names for node in kinds.of(ast.Global)), *(node.names for node in kinds.of(ast.Nonlocal)))
    taken |= {node.name for node in kinds.of(ast.ExceptHandler) if node.name}
    taken |= {node.name for node in kinds.of(ast.MatchAs) if node.name}
    taken |= {node.name for node in kinds.of(ast.MatchStar) if node.name}
    return taken | {(node.asname or node.name).partition(".")[0] for node in kinds.of(ast.alias)}


def is_shadowed(case: Case, name: str) -> bool:
    """Tell whether a builtin's name may mean something else in the file: anything there binds it, methods aside.

    A star brings in what the module that it names binds; of one that is not in the project that is not known.
    """
    pending: list[ModuleFacts | None] = [case.program.module]
    seen: set[str] = set()
    while pending:
        module = pending.pop()
        if module is None or _binds(module.tree, name):
            return True
        if module.name not in seen:
            seen.add(module.name)
            pending.extend(case.program.module.link.starred(star, module.name) for star in module.stars)
    return False


def _binds(tree: ast.Module, name: str) -> bool:
    methods = {id(node) for each in ast.walk(tree) if isinstance(each, ast.ClassDef) for node in each.body}
    for node in ast.walk(tree):
        bound: list[str | None]
        if isinstance(node, ast.Name):
            bound = [] if isinstance(node.ctx, ast.Load) else [node.id]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound = [] if id(node) in methods else [node.name]
        elif isinstance(node, ast.alias):
            bound = [(node.asname or node.name).partition(".")[0]]
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
    if words[0] in _DEEDS:
        yield from _come_of_deed(words[1:])
        return
    rest = list(words)
    while len(rest) > 1 and rest[0] in _VERBS:
        rest.pop(0)
    thing = _before_small_word(rest)
    noun = "_".join(thing)
    if isinstance(node, ast.Call) and noun in _BARE:
        yield _BARE[noun]
        yield f"{noun}_result"
        return
    is_thing = thing != words or noun in _NOUNS or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    if is_thing and (thing[0] not in _VERBS or len(thing) > 1):
        yield noun
        if len(thing) == 1 and noun in _NOUNS and isinstance(node, ast.Call):
            yield from (f"{word}_{noun}" for word in _speaking_words(node, noun))
        yield f"{noun}_value"
    yield f"{noun}_value" if thing[-1] in _NOUNS else f"{noun}_result"


def _come_of_deed(words: list[str]) -> Iterator[str]:
    """Name what comes of something that is done: ``convert(x)``, ``run_query(x)``, ``update_balance(x)``."""
    noun = "_".join(_before_small_word(words))
    if not noun or words[0] in _SMALL_WORDS:
        yield "result"
        return
    if noun in _NOUNS:
        yield noun
    yield f"{noun}_result"


def _before_small_word(words: list[str]) -> list[str]:
    """Leave out what only says of what or for whom: ``price_for_item`` is a price."""
    for index, word in enumerate(words):
        if index and word in _SMALL_WORDS:
            return words[:index]
    return words


def _speaking_words(node: ast.Call, noun: str) -> Iterator[str]:
    """Give the first argument if it is a name that says something: ``item``, not ``k``; else whose method is called."""
    first = node.args[0] if node.args else None
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(first, ast.Name) and first.id.strip("_") == noun:
        first = receiver
    name = last_name(first) if isinstance(first, ast.Name | ast.Attribute) else ""
    if len(name) > 2 and (first is receiver or isinstance(first, ast.Name)) and name not in {"self", "cls"}:
        yield _snake(name).strip("_")


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
