"""Classes whose attributes are declared in their body: dataclasses, attrs, ``__slots__``.

A lock is no part of the value of such an object: it stays out of ``__init__``, ``repr`` and comparison.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitomic.model.plan import AddImport, Edit, InsertStatements, ReplaceExpression
from awaitomic.model.position import BlockStep, Extent, StatementPath
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.program.names import dotted
from awaitomic.remedies.shared.declined import Declined

_DATACLASS = frozenset({"dataclasses.dataclass"})
_ATTRS_OPEN = frozenset({"attr.s", "attr.attrs", "attr.attributes", "attr.dataclass"})
_ATTRS_SLOTTED = frozenset(
    {"attr.define", "attr.mutable", "attr.frozen", "attrs.define", "attrs.mutable", "attrs.frozen"}
)


@dataclass(frozen=True, slots=True)
class Style:
    """How a class declares its attributes."""

    library: str
    hook: str
    """The method that runs after the generated ``__init__``."""
    closed: bool
    """Whether a new attribute must be declared (slots) or cannot be assigned (frozen)."""
    annotated: bool = True
    """Whether fields are the annotated names of the body."""


def style_of(program: Program, facts: ClassFacts) -> Style | None:
    """Give how a class declares its attributes, or None if it has no generated ``__init__``.

    Raises:
        Declined: ``unfit-class`` for a generator of classes that is not known.
    """
    for decorator in facts.node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = dotted(call.func if call is not None else decorator, program.module.imports) or ""
        options = {keyword.arg: keyword.value for keyword in call.keywords} if call is not None else {}
        if _is_false(options.get("init")):
            raise Declined("unfit-class", f"`{facts.qualname}` is generated with `init=False`")
        closed = _is_true(options.get("slots")) or _is_true(options.get("frozen"))
        if name in _DATACLASS:
            return Style("dataclasses", "__post_init__", closed)
        if name in _ATTRS_OPEN:
            annotated = name == "attr.dataclass" or _is_true(options.get("auto_attribs"))
            return Style("attr", "__attrs_post_init__", closed, annotated)
        if name in _ATTRS_SLOTTED:
            slotted = not _is_false(options.get("slots")) or name.endswith("frozen")
            return Style(name.partition(".")[0], "__attrs_post_init__", closed or slotted)
        if name.rpartition(".")[2] in {"dataclass", "define", "attrs"}:
            raise Declined("unfit-class", f"`{name}` generates `{facts.qualname}` in a way that is not known here")
    return None


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def add_field(
    program: Program, facts: ClassFacts, path: StatementPath, style: Style, name: str, callee: str
) -> tuple[Edit, ...]:
    """Declare the lock as a field after the last one of the class.

    Raises:
        Declined: ``unfit-class`` if the library's function that describes fields cannot be named.
    """
    if style.library == "dataclasses":
        function, edits = _dataclass_field(program)
        options = f"default_factory={callee}, init=False, repr=False, compare=False"
    else:
        function, edits = _attrs_field(program, style), ()
        options = f"factory={callee}, init=False, repr=False, eq=False"
    annotation = f": {callee}" if style.annotated else ""
    text = f"{name}{annotation} = {function}({options})"
    return (*edits, _after_fields(facts, path, text))


def _after_fields(facts: ClassFacts, path: StatementPath, text: str) -> Edit:
    body = facts.node.body
    fields = [index for index, node in enumerate(body) if isinstance(node, ast.AnnAssign | ast.Assign)]
    if not fields:
        return InsertStatements(path, "first", text)
    index = fields[-1]
    following = body[index + 1] if index + 1 < len(body) else None
    describes = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    return InsertStatements((*path, BlockStep("body", index + int(describes))), "after", text)


def _dataclass_field(program: Program) -> tuple[str, tuple[Edit, ...]]:
    """Give how ``dataclasses.field`` is called here, and what has to be imported for it."""
    tree = program.module.tree
    for index, node in enumerate(tree.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "dataclasses":
                    return f"{alias.asname or alias.name}.field", ()
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses" and not node.level:
            known = next((alias for alias in node.names if alias.name == "field"), None)
            if known is not None:
                return known.asname or "field", ()
            plain = next((alias for alias in node.names if alias.name == "dataclass" and not alias.asname), None)
            if plain is not None and not _binds(program, "field"):
                extent = program.positions.extent(plain)
                path = (BlockStep("body", index),)
                return "field", (ReplaceExpression(path, extent, "dataclass", "dataclass, field"),)
    return "dataclasses.field", (AddImport("dataclasses"),)


def _binds(program: Program, name: str) -> bool:
    return name in program.module.imports or name in program.module.graph.module.local_names


def _attrs_field(program: Program, style: Style) -> str:
    imports = program.module.imports
    wanted = ("field", "ib", "attrib") if style.annotated else ("ib", "attrib")
    for local, name in imports.items():
        library, _, function = name.rpartition(".")
        if library in {"attr", "attrs"} and function in wanted:
            return local
    for local, name in imports.items():
        if name == "attrs" and style.annotated:
            return f"{local}.field"
        if name == "attr":
            return f"{local}.ib"
    raise Declined("unfit-class", "attrs' `field` is not imported here by a name that is known")


def extend_slots(program: Program, facts: ClassFacts, path: StatementPath, name: str) -> tuple[Edit, ...]:
    """Add a name to ``__slots__``, if the class has it.

    Raises:
        Declined: ``unfit-class`` if the slots are not a literal.
    """
    for index, node in enumerate(facts.node.body):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__slots__" for t in node.targets):
            value: ast.expr | None = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "__slots__":
            value = node.value
        else:
            continue
        return _extended(program, facts, (*path, BlockStep("body", index)), value, name)
    return ()


def _extended(
    program: Program, facts: ClassFacts, path: StatementPath, value: ast.expr | None, name: str
) -> tuple[Edit, ...]:
    positions = program.positions
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        old = positions.snippet(positions.extent(value))
        return (ReplaceExpression(path, positions.extent(value), old, f"({old}, {_like(old, name)})"),)
    if not isinstance(value, ast.Tuple | ast.List | ast.Set) or not all(_is_text(item) for item in value.elts):
        raise Declined("unfit-class", f"the `__slots__` of `{facts.qualname}` are not plain names")
    whole = positions.extent(value)
    if not value.elts:
        brackets = ("(", ",)") if isinstance(value, ast.Tuple) else ("[", "]")
        old = positions.snippet(whole)
        return (ReplaceExpression(path, whole, old, f'{brackets[0]}"{name}"{brackets[1]}'),)
    texts = [str(item.value) for item in value.elts if isinstance(item, ast.Constant)]
    later = [item for item, text in zip(value.elts, texts, strict=True) if text > name]
    if texts == sorted(texts) and later and len(texts) > 2:
        return (_before(program, path, value, later[0], name),)
    last = positions.extent(value.elts[-1])
    new = _like(positions.snippet(last), name)
    after = Extent(last.end_line, last.end_column, whole.end_line, whole.end_column)
    tail = positions.snippet(after)
    if last.line != whole.line:
        margin = " " * (last.column - 1) if len(value.elts) > 1 else ""
        at_end = Extent(last.end_line, last.end_column, last.end_line, last.end_column)
        return (ReplaceExpression(path, at_end, "", f",\n{margin}{new}"),)
    closing = tail.replace(",", "", 1) if tail.lstrip().startswith(",") else tail
    return (ReplaceExpression(path, after, tail, f", {new}{closing.lstrip()}"),)


def _before(program: Program, path: StatementPath, value: ast.expr, item: ast.expr, name: str) -> Edit:
    """Put a name before another one in slots that are in order: on a line of its own if that one has one."""
    positions = program.positions
    extent = positions.extent(item)
    new = _like(positions.snippet(extent), name)
    own_line = not positions.line(extent.line)[: extent.column - 1].strip()
    gap = f",\n{' ' * (extent.column - 1)}" if own_line and extent.line != positions.extent(value).line else ", "
    at = Extent(extent.line, extent.column, extent.line, extent.column)
    return ReplaceExpression(path, at, "", f"{new}{gap}")


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _like(quoted: str, name: str) -> str:
    quote = "'" if quoted.startswith("'") else '"'
    return f"{quote}{name}{quote}"
