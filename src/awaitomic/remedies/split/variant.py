"""The variant of a self-locking coroutine that a holder of the lock may call: its name, its docstring, its call."""

from __future__ import annotations

import ast
from collections import Counter

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.conventions import Precondition
from awaitomic.model.event import Call
from awaitomic.model.plan import Edit, ReplaceExpression
from awaitomic.model.position import Extent
from awaitomic.program import Program
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import has_docstring

_SUFFIXES = ("_locked", "_unlocked", "_nolock", "_no_lock", "_without_lock", "_inner", "_impl")
_LINE = 100
"""How long a docstring may make its line before a shorter one is derived."""

KNOWN_DECORATORS = frozenset({"staticmethod", "classmethod", "override", "abstractmethod", "final", "overload"})
_KEPT = frozenset({"staticmethod", "classmethod"})
_UNFIT = frozenset("property cached_property contextmanager asynccontextmanager abstractmethod overload".split())

_MAKES = (
    ast.Call | ast.List | ast.Dict | ast.Set | ast.ListComp | ast.SetComp | ast.DictComp | ast.Lambda | ast.NamedExpr
)


def node_of(function: FunctionGraph) -> ast.AsyncFunctionDef:
    """Give the statement of a coroutine function."""
    assert isinstance(function.node, ast.AsyncFunctionDef)
    return function.node


def check_form(function: FunctionGraph) -> None:
    """Refuse what cannot be split: generators, context managers, properties, nested functions.

    Raises:
        Declined: ``generator`` or ``decorated``.
    """
    line = getattr(function.node, "lineno", 1)
    if not isinstance(function.node, ast.AsyncFunctionDef) or function.is_generator:
        raise Declined("generator", f"`{function.qualname}` (line {line}) is a generator: it cannot be delegated to")
    for node in function.node.decorator_list:
        if last_name(node) in _UNFIT:
            message = f"`{function.qualname}` (line {line}) is a `{last_name(node)}`: its calls are no plain awaits"
            raise Declined("decorated", message)
    dunder = function.node.name.startswith("__") and function.node.name.endswith("__")
    if dunder or (function.class_name is None and function.enclosing != 0):
        message = f"`{function.qualname}` (line {line}) is called by the language or lives in another function"
        raise Declined("implicit-call", message)


def unknown_decorators(function: FunctionGraph) -> list[str]:
    """Give the decorators that a call of the variant goes around."""
    names = [last_name(node) for node in getattr(function.node, "decorator_list", [])]
    return [name for name in names if name not in KNOWN_DECORATORS]


def twice_made_defaults(function: FunctionGraph) -> list[str]:
    """Give the default values that a split would make twice, such as ``[]``: each half would keep its own."""
    arguments = node_of(function).args
    defaults = [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]
    return [
        ast.unparse(default) for default in defaults if any(isinstance(inner, _MAKES) for inner in ast.walk(default))
    ]


def kept_decorators(function: FunctionGraph) -> tuple[str, ...]:
    """Give the decorators that the variant needs to be called in the same way."""
    names = [last_name(node) for node in getattr(function.node, "decorator_list", [])]
    return tuple(name for name in names if name in _KEPT)


def variant_name(
    program: Program, function: FunctionGraph, groups: tuple[FunctionGraph, ...] = (), what: str = ""
) -> str:
    """Give a free name for the variant, in the way in which the file names such functions.

    Parameters:
        program: the facts of the file.
        function: the function to split.
        groups: overrides that are split together with it, and get the same name.
        what: what the variant is of the function, if not the whole.

    Raises:
        Declined: ``name-taken`` if the class or module already has it.
    """
    public = node_of(function).name
    stem = public if public.startswith("_") else f"_{public}"
    name = stem + what + _suffix(program)
    for one in (function, *groups):
        if _is_taken(program, one, name):
            line = getattr(one.node, "lineno", 1)
            raise Declined("name-taken", f"`{one.qualname}` (line {line}) would get the variant `{name}`, which exists")
    return name


def renamed(function: FunctionGraph, name: str) -> str:
    """Give the qualified name of a variant beside a function."""
    prefix, dot, _ = function.qualname.rpartition(".")
    return f"{prefix}{dot}{name}"


def _is_taken(program: Program, function: FunctionGraph, name: str) -> bool:
    module = program.module
    if function.class_name is None:  # a local of that name would hide the variant from a caller
        bound = any(name in one.local_names for one in module.functions)
        return bound or name in module.graph.module.local_names or name in module.imports
    for relative in module.family(function.class_id or ""):
        if name in relative.methods or name in relative.attributes:
            return True
    return False


def _suffix(program: Program) -> str:
    """Give the suffix that is configured, or that the file uses for its own variants, if that says the same there."""
    if program.conventions.naming.locked_suffix:
        return program.conventions.naming.locked_suffix
    names = {getattr(function.node, "name", ""): function for function in program.module.functions}
    seen: Counter[str] = Counter()
    for name in names:
        for suffix in _SUFFIXES:
            stem = name.removesuffix(suffix)
            if stem != name and (stem in names or stem.removeprefix("_") in names):
                seen[suffix] += 1
    takes = {
        suffix for name, function in names.items() for suffix in _SUFFIXES if _takes(program, name, suffix, function)
    }
    usual = [suffix for suffix, _ in seen.most_common() if suffix not in takes]
    return usual[0] if usual else next(suffix for suffix in _SUFFIXES if suffix not in takes)


def _takes(program: Program, name: str, suffix: str, function: FunctionGraph) -> bool:
    if not name.endswith(suffix) or not function.is_async:
        return False
    own = (taken for taken in program.acquisitions.of(function) if not taken.chain)
    return any(True for _ in own)


def is_bound(function: FunctionGraph) -> bool:
    """Tell whether the first parameter of a function is what it is called on."""
    return function.class_name is not None and "staticmethod" not in kept_decorators(function)


def callee_of(function: FunctionGraph, variant: str) -> str:
    """Give the variant as the function itself names it.

    Raises:
        Declined: ``decorated`` if it has no name for it.
    """
    if function.class_name is None:
        return variant
    if is_bound(function):
        signature = node_of(function).args
        if not (signature.posonlyargs or signature.args):
            raise Declined("decorated", f"`{function.qualname}` has no named receiver to delegate through")
        return f"{function.parameters[0]}.{variant}"
    if "." in function.class_name:
        raise Declined("decorated", f"`{function.qualname}` is static, and its class stands in another one")
    return f"{function.class_name}.{variant}"


def delegating_call(function: FunctionGraph, variant: str) -> str:
    """Give the call of the variant with the function's own parameters, each passed the way the signature has it."""
    signature = node_of(function).args
    callee = callee_of(function, variant)
    arguments = [argument.arg for argument in [*signature.posonlyargs, *signature.args]]
    if is_bound(function):
        arguments = arguments[1:]
    if signature.vararg is not None:
        arguments.append(f"*{signature.vararg.arg}")
    arguments.extend(f"{argument.arg}={argument.arg}" for argument in signature.kwonlyargs)
    if signature.kwarg is not None:
        arguments.append(f"**{signature.kwarg.arg}")
    return f"{callee}({', '.join(arguments)})"


def is_declaration(function: FunctionGraph) -> bool:
    """Tell whether a method does nothing: it is there to be overridden."""
    body = function.node.body if isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return bool(body) and all(_does_nothing(statement) for statement in body)


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        error = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return last_name(error) == "NotImplementedError"
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass)


def hands_on(program: Program, function: FunctionGraph, call: ast.Call, name: str) -> bool:
    """Tell whether a call hands all parameters of a function on to a coroutine beside it that takes the same ones.

    By position or by name is the same; other names or other defaults are not, since callers rely on them.
    """
    other = program.module.by_name.get(renamed(function, name))
    callee = call.func
    if other is None or not isinstance(other.node, ast.AsyncFunctionDef):
        return False
    if isinstance(callee, ast.Attribute) and (not is_bound(function) or ast.unparse(callee.value) != _first(function)):
        return False
    if _shape(other) != _shape(function) or kept_decorators(other) != kept_decorators(function):
        return False
    wanted = ast.parse(delegating_call(function, name), mode="eval").body
    assert isinstance(wanted, ast.Call)
    positional = [argument.arg for argument in [*node_of(function).args.posonlyargs, *node_of(function).args.args]]
    names = positional[1:] if is_bound(function) else positional
    return _passed(call, names) == _passed(wanted, names)


def _first(function: FunctionGraph) -> str:
    return function.parameters[0] if function.parameters else ""


def _shape(function: FunctionGraph) -> tuple[object, ...]:
    """Give the parameters of a function with their kinds and defaults, without annotations."""
    arguments = node_of(function).args
    kinds = (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
    rest = tuple(argument.arg if argument else "" for argument in (arguments.vararg, arguments.kwarg))
    defaults = (*arguments.defaults, *arguments.kw_defaults)
    return (
        tuple(tuple(argument.arg for argument in kind) for kind in kinds),
        rest,
        tuple(ast.dump(default) if default is not None else "" for default in defaults),
    )


def _passed(call: ast.Call, names: list[str]) -> dict[str, str]:
    """Give what a call passes, by parameter."""
    found: dict[str, str] = {}
    for index, argument in enumerate(call.args):
        starred = isinstance(argument, ast.Starred)
        key = "*" if starred or index >= len(names) else names[index]
        found[key] = ast.unparse(argument)
    found.update((keyword.arg or "**", ast.unparse(keyword.value)) for keyword in call.keywords)
    return found


def variant_docstring(function: FunctionGraph, lock: str) -> str:
    """Give one line that says what the variant does and that the lock must be held."""
    node = node_of(function)
    duty = f"Caller must hold `{lock}`."
    text = ast.get_docstring(node) if has_docstring(node.body) else None
    first = text.strip().partition("\n")[0].strip() if text and text.strip() else ""
    if first and first[-1] not in ".!?":
        first += "."
    if not first or node.col_offset + len(first) + len(duty) + 11 > _LINE or "\\" in first:
        first = f"Do the work of `{node.name}`."
    return f"{first} {duty}"


def precondition(program: Program, lock: str, variant: str) -> str:
    """Give the statement by which a variant sees that the lock is held, if the project wants one.

    Parameters:
        program: the facts of the file.
        lock: the lock as the variant names it. What is looked up by a call is not asked for: to ask could make it.
        variant: the name of the variant.
    """
    wanted = program.conventions.naming.locked_precondition
    if wanted is Precondition.NONE or not all(part.isidentifier() for part in lock.split(".")):
        return ""
    if wanted is Precondition.ASSERT:
        return f"assert {lock}.locked()"
    return f'if not {lock}.locked():\n    raise RuntimeError("{variant} is for callers that hold {lock}")'


def returns_value(nodes: list[ast.stmt]) -> bool:
    """Tell whether statements return something, nested functions aside."""
    pending: list[ast.AST] = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(ast.iter_child_nodes(node))
    return False


def redirect(program: Program, resolver: Resolver, call: int, function: FunctionGraph, variant: str) -> Edit:
    """Let one call of a function go to the variant: only the last name of what is called changes.

    Raises:
        Declined: ``implicit-call`` if there is no call to change (``async with self``).
    """
    node = resolver.function.nodes[call]
    event = resolver.function.events[call]
    line = getattr(node, "lineno", 1)
    if not isinstance(node, ast.Call) or not isinstance(event, Call):
        raise Declined("implicit-call", f"line {line} calls the method without naming it")
    callee = node.func
    if not isinstance(callee, ast.Attribute | ast.Name):
        raise Declined("implicit-call", f"line {line} calls `{function.qualname}` by another name")
    old = callee.attr if isinstance(callee, ast.Attribute) else callee.id
    extent = program.positions.extent(callee)
    name = Extent(extent.end_line, extent.end_column - len(old), extent.end_line, extent.end_column)
    aliased = isinstance(callee, ast.Name) and function.class_name is not None
    if aliased or old != node_of(function).name or program.positions.snippet(name) != old:
        raise Declined("implicit-call", f"line {line} calls `{function.qualname}` by another name")
    return ReplaceExpression(resolver.function.statements[call], name, old, variant)
