"""Classes whose attributes are declared in their body: dataclasses, attrs, models of pydantic, ``__slots__``.

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
from awaitomic.remedies.shared.from_import import Imported, plainly, taken_out
from awaitomic.remedies.shared.width import widest

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
    generated: bool = True
    """Whether there is a generated ``__init__``: dataclasses leave alone what the class writes itself."""
    because: tuple[str, ...] = ()
    """What speaks against trusting a new field."""


_UNEQUAL = "pydantic compares private attributes, too: two models that are equal otherwise no longer are"
MODELS = {
    "pydantic.BaseModel": Style("pydantic", "model_post_init", closed=True, because=(_UNEQUAL,)),
    "pydantic.main.BaseModel": Style("pydantic", "model_post_init", closed=True, because=(_UNEQUAL,)),
}
"""Base classes that make models of their subclasses."""


def style_of(program: Program, facts: ClassFacts) -> Style | None:
    """Give how a class declares its attributes, or None if it has no generated ``__init__``.

    Raises:
        Declined: ``unfit-class`` for a generator of classes that is not known.
    """
    for decorator in facts.node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        name = dotted(call.func if call is not None else decorator, program.module.imports) or ""
        options = {keyword.arg: keyword.value for keyword in call.keywords} if call is not None else {}
        written = "__init__" in facts.methods
        if _is_false(options.get("init")) and not written:
            raise Declined("unfit-class", f"`{facts.qualname}` is generated with `init=False`")
        closed = _is_true(options.get("slots")) or _is_true(options.get("frozen"))
        if name in _DATACLASS:
            return _written(facts, Style("dataclasses", "__post_init__", closed, generated=not written))
        if name in _ATTRS_OPEN:
            annotated = name == "attr.dataclass" or _is_true(options.get("auto_attribs"))
            kept = written and (_is_false(options.get("init")) or _is_true(options.get("auto_detect")))
            return _written(facts, Style("attr", "__attrs_post_init__", closed, annotated, generated=not kept))
        if name in _ATTRS_SLOTTED:
            closed = closed or not _is_false(options.get("slots")) or name.endswith("frozen")
            kept = written and not _is_false(options.get("auto_detect"))
            library = name.partition(".")[0]
            return _written(facts, Style(library, "__attrs_post_init__", closed, generated=not kept))
        if name.rpartition(".")[2] in {"dataclass", "define", "attrs"}:
            raise Declined("unfit-class", f"`{name}` generates `{facts.qualname}` in a way that is not known here")
    link = program.module.link
    bases = [base for relative in link.lineage(facts.id) for base in link.bases(relative)]
    return next((MODELS[base] for base in bases if base in MODELS), None)


_FIELDS = frozenset({"attr.ib", "attr.attrib", "attr.field", "attrs.field", "pydantic.PrivateAttr", "pydantic.Field"})


def declares_field(program: Program, facts: ClassFacts, name: str) -> bool:
    """Tell whether what the body of a class binds is what each instance gets for itself, and is not shared by them."""
    link = program.module.link
    model = any(base in MODELS for relative in link.lineage(facts.id) for base in link.bases(relative))
    for node in facts.node.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not any(isinstance(target, ast.Name) and target.id == name for target in targets):
            continue
        value = getattr(node, "value", None)
        made = isinstance(value, ast.Call) and dotted(value.func, program.module.imports) in _FIELDS
        if made or (model and isinstance(node, ast.AnnAssign) and "ClassVar" not in ast.unparse(node.annotation)):
            return True
    return False


def _written(facts: ClassFacts, style: Style) -> Style:
    """Refuse a class that writes its own ``__init__`` and yet has to declare what that assigns."""
    if style.closed and not style.generated:
        raise Declined("unfit-class", f"`{facts.qualname}` has slots or is frozen, and an `__init__` of its own")
    return style


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


_MARGIN = 4
"""How far the body of a class is indented, mostly."""


def new_field(program: Program, style: Style, name: str, made: tuple[str, str]) -> Imported:
    """Give the declaration of the lock as a field, and the imports that it needs.

    Parameters: `made` is its type, and what is called to make it (nothing: it is None at first).

    Raises:
        Declined: ``unfit-class`` if the library's function that describes fields cannot be named.
    """
    declared, callee = made
    if style.library == "dataclasses":
        function = _dataclass_field(program)
        options = f"{_default('default_factory', callee)}, init=False, repr=False, compare=False"
    elif style.library == "pydantic":
        function = _private_attribute(program)
        options = _default("default_factory", callee)
    else:
        function = _attrs_field(program, style)
        options = f"{_default('factory', callee)}, init=False, repr=False, eq=False"
    annotation = f": {declared}" if style.annotated else ""
    text = f"{name}{annotation} = {function.name}({options})"
    if _MARGIN + len(text) > widest(program):
        text = f"{name}{annotation} = {function.name}(\n    {options}\n)"
    return Imported(text, function.edits)


def _default(factory: str, callee: str) -> str:
    return f"{factory}={callee}" if callee else "default=None"


def after_fields(facts: ClassFacts, path: StatementPath, text: str) -> Edit:
    """Put the declaration of a field behind the last one of a class."""
    body = facts.node.body
    fields = [index for index, node in enumerate(body) if isinstance(node, ast.AnnAssign | ast.Assign)]
    if not fields:
        return InsertStatements(path, "first", text)
    index = fields[-1]
    following = body[index + 1] if index + 1 < len(body) else None
    describes = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    return InsertStatements((*path, BlockStep("body", index + int(describes))), "after", text)


def _named(program: Program, library: str, function: str) -> Imported | None:
    """Give how a function of a library is called here: as an attribute of the library, or taken out of it by name."""
    plain = plainly(program, library)
    return Imported(f"{plain}.{function}") if plain is not None else taken_out(program, library, function)


def _dataclass_field(program: Program) -> Imported:
    found = _named(program, "dataclasses", "field")
    return found or Imported("dataclasses.field", (AddImport("dataclasses"),))


def _private_attribute(program: Program) -> Imported:
    """Give what describes a private attribute of a model, which some take out of the module where it is defined."""
    name = "PrivateAttr"
    found = _named(program, "pydantic", name) or taken_out(program, "pydantic.fields", name)
    return found or Imported(f"pydantic.{name}", (AddImport("pydantic"),))


def _attrs_field(program: Program, style: Style) -> Imported:
    """Give how the file calls what describes a field; the library has it under an old name and a new one."""
    wanted = ("field", "ib", "attrib") if style.annotated else ("ib", "attrib")
    for local, name in program.module.imports.items():
        library, _, function = name.rpartition(".")
        if library in {"attr", "attrs"} and function in wanted:
            return Imported(local)
    found = _named(program, style.library, wanted[0] if style.library == "attrs" else "ib")
    if found is None:
        raise Declined("unfit-class", "attrs' `field` is not imported here by a name that is known")
    return found


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
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):  # ``Base.__slots__ + ("conn",)``
        own = value.right if isinstance(value.right, ast.Tuple | ast.List) else value.left
        return _extended(program, facts, path, own, name)
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
    own_line = not positions.line(last.line)[: last.column - 1].strip()
    if last.line != whole.line and own_line:
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
