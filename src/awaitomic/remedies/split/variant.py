"""The variant of a self-locking coroutine that a holder of the lock may call: its name, its docstring, its call."""

from __future__ import annotations

import ast
from collections import Counter

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.conventions import Precondition
from awaitomic.model.event import Call, Read
from awaitomic.model.plan import Edit, ReplaceExpression
from awaitomic.model.position import Extent
from awaitomic.program import Program
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.from_import import joined
from awaitomic.remedies.shared.region import has_docstring
from awaitomic.remedies.split.forms import Kind, beside_one_name, is_bound, kind_of, node_of

_SUFFIXES = ("_locked", "_unlocked", "_nolock", "_no_lock", "_without_lock", "_inner", "_impl")
_LINE = 100
"""How long a docstring may make its line before a shorter one is derived."""


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
        Declined: ``name-taken`` if the class or module already has it, ``overridden`` if there are two of the function.
    """
    public = node_of(function).name
    stem = public if public.startswith("_") else f"_{public}"
    name = stem + what + _suffix(program.seen_from(function))
    for one in (function, *groups):
        _check_single(program.seen_from(one), one)
        if _is_taken(program.seen_from(one), one, name):
            line = getattr(one.node, "lineno", 1)
            raise Declined("name-taken", f"`{one.qualname}` (line {line}) would get the variant `{name}`, which exists")
    return name


def _check_single(program: Program, function: FunctionGraph) -> None:
    """Refuse a function of which the file has two, as in an ``if`` and its ``else``: callers mean either of them."""
    for other in program.module.functions:
        if other is function or other.qualname != function.qualname or other.class_id != function.class_id:
            continue
        if not beside_one_name(other) and not beside_one_name(function):
            line = getattr(other.node, "lineno", 1)
            raise Declined("overridden", f"`{function.qualname}` is defined a second time, on line {line}")


def renamed(function: FunctionGraph, name: str) -> str:
    """Give the qualified name of a variant beside a function."""
    prefix, dot, _ = function.qualname.rpartition(".")
    return f"{prefix}{dot}{name}"


def _is_taken(program: Program, function: FunctionGraph, name: str) -> bool:
    module = program.module
    if function.class_name is None:  # a local of that name would hide the variant from a caller
        return _means_something(program, name)
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


def redirect(
    program: Program, resolver: Resolver, call: int, function: FunctionGraph, variant: str
) -> tuple[Edit, ...]:
    """Let one use of a function go to the variant: only the last name of what is called changes.

    A property is only read, and its variant is called. A file that imports a function by its name imports the variant
    in the same way.

    Parameters:
        program: the facts of the file of the use.
        resolver: the function with the use.
        call: the call, or the read of the property.
        function: what is called there.
        variant: the name of its variant.

    Raises:
        Declined: ``implicit-call`` if there is no name to change (``async with self``), ``other-file`` if the variant
            cannot be named in the file, ``name-taken`` if it has something else of that name.
    """
    node = resolver.function.nodes[call]
    event = resolver.function.events[call]
    is_read = kind_of(function) is Kind.PROPERTY
    line = getattr(node, "lineno", 1)
    if not (isinstance(event, Read) if is_read else isinstance(node, ast.Call) and isinstance(event, Call)):
        raise Declined("implicit-call", f"line {line} calls the method without naming it")
    callee = node.func if isinstance(node, ast.Call) else node
    if not isinstance(callee, ast.Attribute | ast.Name):
        raise Declined("implicit-call", f"line {line} calls `{function.qualname}` by another name")
    old = callee.attr if isinstance(callee, ast.Attribute) else callee.id
    extent = program.positions.extent(callee)
    name = Extent(extent.end_line, extent.end_column - len(old), extent.end_line, extent.end_column)
    aliased = isinstance(callee, ast.Name) and function.class_name is not None
    if aliased or old != node_of(function).name or program.positions.snippet(name) != old:
        raise Declined("implicit-call", f"line {line} calls `{function.qualname}` by another name")
    new = f"{variant}()" if is_read else variant
    renaming = ReplaceExpression(resolver.function.statements[call], name, old, new)
    if function.class_name is not None or program.is_here(function):
        return (renaming,)
    _check_module(program, callee, function)
    return (renaming,) if isinstance(callee, ast.Attribute) else (renaming, _import_beside(program, old, variant))


def _check_module(program: Program, callee: ast.Attribute | ast.Name, function: FunctionGraph) -> None:
    """Refuse if a file has a function by way of a module that hands it on: that one has not got the variant."""
    name = dotted(callee, program.module.imports) or ""
    origin = program.project.link.find(name.rpartition(".")[0], program.module.name)
    if origin is None or (origin.kind, origin.module) != ("module", function.module):
        message = f"`{ast.unparse(callee)}` in {program.source.path} comes by way of another module"
        raise Declined("other-file", f"{message}, which would have to hand on the variant, too")


def _import_beside(program: Program, name: str, variant: str) -> Edit:
    """Give the edit that imports a variant where a function is imported by its name."""
    if _means_something(program, variant):
        raise Declined("name-taken", f"`{variant}` means something else in {program.source.path}")
    for index, node in enumerate(program.module.tree.body):
        if isinstance(node, ast.ImportFrom) and any(each.name == name and not each.asname for each in node.names):
            return joined(program, index, node, variant)
    where = program.source.path
    raise Declined("other-file", f"`{name}` is not imported at the top of {where}, where the variant is needed, too")


def _means_something(program: Program, name: str) -> bool:
    """Tell whether a name is that of a variable or import anywhere in a file."""
    module = program.module
    bound = any(name in one.local_names for one in module.functions)
    return bound or name in module.graph.module.local_names or name in module.imports
