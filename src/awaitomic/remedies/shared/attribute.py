"""How a new lock comes into being in a class, the way that class makes its attributes (or why it cannot).

A lock that is missing in one instance, that changes equality, or that a base class already uses under the same name
does more harm than the race. What does not plainly fit is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.identity import qualname_of
from awaitomic.model.plan import AddImport, Edit, InsertStatements, ReplaceStatement
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts, self_assignments
from awaitomic.program.names import dotted, last_name
from awaitomic.remedies.shared import declarative
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import has_docstring

_PLAIN_BASES = frozenset({"object", "Generic", "ABC", "typing.Generic", "abc.ABC", "typing.Protocol", "Protocol"})
_UNFIT_BASES = frozenset(
    "NamedTuple Enum IntEnum StrEnum Flag IntFlag Protocol TypedDict BaseModel BaseSettings RootModel GenericModel "
    "SQLModel Struct Document EmbeddedDocument DeclarativeBase MappedAsDataclass tuple int str float".split()
)
_DECLARING_SUFFIXES = ("Model", "Schema", "Settings", "Struct", "Entity")
_DECLARING_FUNCTIONS = frozenset({"pydantic.PrivateAttr", "pydantic.Field", "sqlmodel.Field", "msgspec.field"})
"""Where these are imported, an unknown base class is likely to be of their kind."""
_COPIES = frozenset({"asdict", "astuple", "deepcopy", "vars"})
_COPIES_DOTTED = frozenset({"copy.copy", "copy.replace", "pickle.dumps", "pickle.dump", "attr.evolve", "attrs.evolve"})


@dataclass(frozen=True, slots=True)
class Creation:
    """How a new lock comes into being: the edits, and what speaks against trusting them."""

    edits: tuple[Edit, ...]
    because: tuple[str, ...]
    module: str = ""
    """The module of the file that the edits are for; empty for that of the bug."""


@dataclass(frozen=True, slots=True)
class Maker:
    """The expression that is called to make a lock, and the import that it needs."""

    callee: str
    imports: tuple[AddImport, ...]


def class_path(program: Program, facts: ClassFacts) -> StatementPath:
    """Give the path of a class statement.

    Raises:
        Declined: ``unfit-class`` if the file defines the class twice, so that its name does not say which is meant.
    """
    for function in program.module.functions:
        if function.node is facts.node:
            return function.path
    raise Declined("unfit-class", f"the class `{facts.qualname}` is defined more than once in this file")


def owner_class(program: Program, class_id: str, attribute: str, users: list[str]) -> ClassFacts:
    """Give the class that a lock for an attribute belongs to: where the state is made, above all that use the lock.

    Parameters:
        program: the facts of the file.
        class_id: the class of the function with the bug.
        attribute: the attribute of ``self`` that holds the state.
        users: the classes of all functions that will take the lock.

    Raises:
        Declined: ``no-common-class`` if some user does not inherit from that class.
    """
    module = program.module
    lineage = list(module.lineage(class_id))
    makers = [facts for facts in lineage if attribute in facts.class_level or _made_in(facts, attribute)]
    above = [facts for facts in lineage if all(_inherits(program, user, facts.id) for user in users)]
    if not above:
        names = sorted({qualname_of(user) for user in users})
        raise Declined("no-common-class", f"`{'`, `'.join(names)}` share no class that could own the lock")
    return next((facts for facts in makers if facts in above), above[0] if not makers else above[-1])


def _inherits(program: Program, name: str, ancestor: str) -> bool:
    return program.module.link.descends(name, ancestor)


def _made_in(facts: ClassFacts, attribute: str) -> bool:
    built = [method for name, method in facts.methods.items() if name in CONSTRUCTION]
    if any(_assignment(method, attribute) is not None for method in built):
        return True
    return any(
        isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == attribute
        for node in facts.node.body
    )


def _assignment(method: FunctionGraph, attribute: str) -> int | None:
    """Give the index of the last statement of a method's body in which ``self.<attribute>`` is assigned."""
    first = method.parameters[0] if method.parameters else ""
    found = None
    body = method.node.body
    for index, statement in enumerate(body if isinstance(body, list) else []):
        if any(_is_own(node, first, attribute) and isinstance(node.ctx, ast.Store) for node in _attributes(statement)):
            found = index
    return found


def _attributes(root: ast.AST) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(root) if isinstance(node, ast.Attribute))


def _is_own(node: ast.Attribute, receiver: str, attribute: str | None) -> bool:
    own = isinstance(node.value, ast.Name) and node.value.id == receiver
    return own and (attribute is None or node.attr == attribute)


def attribute_name(program: Program, facts: ClassFacts, state: str) -> str:
    """Give a free name for the lock: ``_lock``, or ``_<state>_lock`` where that is taken or may be.

    Raises:
        Declined: ``name-taken`` if both are in use.
    """
    module = program.module
    taken: set[str] = set()
    strangers = _is_mixed_in(program, facts, state)
    has_lock = False
    for relative in module.family(facts.id):
        taken |= {node.attr for node in _attributes(relative.node)} | relative.class_level | set(relative.methods)
        taken |= set(relative.attributes)
        strangers = strangers or any(_is_strange(program, base) for base in module.link.bases(relative))
        has_lock = has_lock or any("lock" in name.lower() for name in relative.attributes)
    stem = state.strip("_") or "state"
    names = [f"_{stem}_lock", f"_{stem}_update_lock"]
    if not strangers and not has_lock:
        names.insert(0, "_lock")
    for name in names:
        if name not in taken:
            return name
    raise Declined("name-taken", f"`{facts.qualname}` already uses `{'` and `'.join(names)}`")


def create(program: Program, facts: ClassFacts, state: str, name: str, maker: Maker) -> Creation:
    """Plan a lock for every instance of a class.

    Parameters:
        program: the facts of the file.
        facts: the class.
        state: the attribute that the lock is for; the lock is made next to it.
        name: the lock's attribute.
        maker: what makes the lock.

    Raises:
        Declined: ``unfit-class`` or ``init-not-called`` where it cannot be made for every instance.
    """
    _check_fit(program, facts)
    because = [*_copies(program, facts), *_odd_construction(program, facts)]
    style = declarative.style_of(program, facts)
    slots = declarative.extend_slots(program, facts, class_path(program, facts), name)
    if style is None:
        made = _in_init(program, facts, state, name, maker)
    else:
        hook = facts.methods.get(style.hook)
        if hook is not None and not style.closed:
            made = Creation((_insert(hook, state, f"self.{name} = {maker.callee}()"),), ())
        else:
            edits = declarative.add_field(program, facts, class_path(program, facts), style, name, maker.callee)
            made = Creation(edits, ())
    return Creation((*maker.imports, *slots, *made.edits), (*because, *made.because))


def _is_mixed_in(program: Program, facts: ClassFacts, state: str) -> bool:
    """Tell whether a class uses an attribute that it gets from nowhere: the classes that it is mixed into make it."""
    if any(base not in _PLAIN_BASES for base in facts.bases) or program.module.find_method(facts.id, "__init__"):
        return False
    return state not in facts.class_level and not _made_in(facts, state)


def _makes_plainly(program: Program, facts: ClassFacts) -> bool:
    """Tell whether a class's own ``__init__`` makes an attribute that nobody declares: then it can make a lock, too.

    A base that builds objects from declarations (models, documents, tables) would not take such an assignment.
    """
    init = facts.methods.get("__init__")
    if init is None or not init.parameters:
        return False
    body = facts.node.body
    declared = {
        node.target.id for node in body if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    made = {name for name, _ in self_assignments(init, program.module.types)}
    return bool(made - declared - facts.class_level)


def _check_fit(program: Program, facts: ClassFacts) -> None:
    for relative in program.module.lineage(facts.id):
        for base in program.module.link.bases(relative):
            if base.rpartition(".")[2] in _UNFIT_BASES and ":" not in base:
                message = f"`{facts.qualname}` is a `{base.rpartition('.')[2]}`: it makes its attributes in its own way"
                raise Declined("unfit-class", message)
    if declarative.style_of(program, facts) is not None:
        return
    strangers = _strangers(program, facts)
    odd = next((base for base in strangers if base.endswith(_DECLARING_SUFFIXES)), None)
    if odd is None and strangers and set(program.module.imports.values()) & _DECLARING_FUNCTIONS:
        odd = strangers[0]
    if odd is not None and not _makes_plainly(program, facts):
        message = f"`{facts.qualname}` inherits from `{odd}`, which may make attributes from declarations"
        raise Declined("unfit-class", message)
    for other in program.module.family(facts.id):
        init = other.methods.get("__init__")
        below = other is not facts and _inherits(program, other.id, facts.id)
        if below and init is not None and not _calls_base_init(init):
            line = getattr(init.node, "lineno", 1)
            message = f"`{init.qualname}` (line {line}) does not call the `__init__` that would make the lock"
            raise Declined("init-not-called", message)


def _calls_base_init(init: FunctionGraph) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"
        for node in ast.walk(init.node)
    )


def _copies(program: Program, facts: ClassFacts) -> Iterator[str]:
    """Give a reason if instances are copied: a lock pickles and copies until it has once been contended."""
    imports = program.module.imports
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func, imports) or ""
            if name in _COPIES_DOTTED or last_name(node.func) in _COPIES:
                yield f"line {node.lineno} copies or serialises objects: a lock once contended does not survive that"
                return
    for method in ("__getstate__", "__reduce__", "__copy__", "__deepcopy__", "__setattr__"):
        if method in facts.methods:
            yield f"`{facts.qualname}` defines `{method}`, which will meet the new attribute"
            return
    for node in _attributes(facts.node):
        if node.attr == "__dict__":
            yield f"line {node.lineno} looks at `__dict__`, which will have the new attribute"
            return


def _odd_construction(program: Program, facts: ClassFacts) -> Iterator[str]:
    if any(keyword.arg == "metaclass" and last_name(keyword.value) != "ABCMeta" for keyword in facts.node.keywords):
        yield f"`{facts.qualname}` has a metaclass, which may make instances in another way"
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__new__":
            yield f"line {node.lineno} makes an instance by `__new__`: it may lack the lock"
            return


def _in_init(program: Program, facts: ClassFacts, state: str, name: str, maker: Maker) -> Creation:
    statement = f"self.{name} = {maker.callee}()"
    init = facts.methods.get("__init__")
    if init is not None:
        receiver = init.parameters[0] if init.parameters else "self"
        return Creation((_insert(init, state, f"{receiver}.{name} = {maker.callee}()"),), ())
    strangers = _strangers(program, facts)
    inherited = program.module.find_method(facts.id, "__init__")
    returns = " -> None" if _is_annotated(program) else ""
    bases = [base for base in facts.bases if base not in _PLAIN_BASES]
    mixed_in = _is_mixed_in(program, facts, state)
    if not bases and inherited is None and not mixed_in:
        return Creation((_new_init(program, facts, f"def __init__(self){returns}:\n    {statement}"),), ())
    variadic = "*args: Any, **kwargs: Any" if program.module.imports.get("Any") == "typing.Any" else "*args, **kwargs"
    text = f"def __init__(self, {variadic}){returns}:\n    super().__init__(*args, **kwargs)\n    {statement}"
    base = inherited.qualname if inherited is not None else f"{[*strangers, *bases, 'super()'][0]}.__init__"
    because = f"`{facts.qualname}` gets an `__init__` of its own, which hands everything on to `{base}`"
    if mixed_in:
        because = f"`{facts.qualname}` seems to be mixed into other classes, which have to run its new `__init__`"
    return Creation((_new_init(program, facts, text),), (because,))


def _is_annotated(program: Program) -> bool:
    """Tell whether the file writes down what its functions return."""
    return any(
        isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None
        for node in ast.walk(program.module.tree)
    )


def _strangers(program: Program, facts: ClassFacts) -> list[str]:
    """Give the bases of a class and its ancestors that the program does not define."""
    link = program.module.link
    bases = [base for relative in link.lineage(facts.id) for base in link.bases(relative)]
    return [base for base in bases if _is_strange(program, base)]


def _is_strange(program: Program, base: str) -> bool:
    """Tell whether nothing is known of a base, so that it may do anything."""
    return base not in _PLAIN_BASES and program.module.link.class_facts(base) is None


def _new_init(program: Program, facts: ClassFacts, text: str) -> Edit:
    """Put a new ``__init__`` above the first method of a class."""
    path = class_path(program, facts)
    for index, node in enumerate(facts.node.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            spread = 1 if index else 0
            return InsertStatements((*path, BlockStep("body", index)), "before", text, blank_lines_before=spread)
    return InsertStatements(path, "last", text, blank_lines_before=1)


def _insert(method: FunctionGraph, state: str, statement: str) -> Edit:
    """Put the making of the lock after that of the state in a constructor, or after its last attribute."""
    body = method.node.body
    assert isinstance(body, list)
    index = _assignment(method, state)
    receiver = method.parameters[0] if method.parameters else "self"
    if index is None:
        plain = [at for at, node in enumerate(body) if isinstance(node, ast.Assign | ast.AnnAssign)]
        own = [at for at in plain if any(_is_own(node, receiver, None) for node in _attributes(body[at]))]
        supers = [at for at, node in enumerate(body) if isinstance(node, ast.Expr) and _is_super_init(node.value)]
        index = next((at for at in (*reversed(own), *reversed(supers))), None)
    early = index if index is not None else len(body)
    if any(_returns(node) for node in body[:early]):
        index = None
    if index is not None and not isinstance(body[index], ast.Return | ast.Raise):
        return InsertStatements((*method.path, BlockStep("body", index)), "after", statement)
    if isinstance(body[-1], ast.Pass) and len(body) == 1 + int(has_docstring(body)):
        return ReplaceStatement((*method.path, BlockStep("body", len(body) - 1)), statement)
    if has_docstring(body) and len(body) == 1:
        return InsertStatements((*method.path, BlockStep("body", 0)), "after", statement)
    return InsertStatements(method.path, "first", statement)


def _is_super_init(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"


def _returns(node: ast.stmt) -> bool:
    return any(isinstance(inner, ast.Return) for inner in ast.walk(node))
