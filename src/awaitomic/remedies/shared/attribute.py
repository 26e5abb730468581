"""How a new lock comes into being in a class, the way that class makes its attributes (or why it cannot).

A lock that is missing in one instance, that changes equality, or that a base class already uses under the same name
does more harm than the race. What does not plainly fit is refused.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitomic.knowledge.other_libraries import MODEL_BASES
from awaitomic.model.identity import qualname_of
from awaitomic.model.plan import Edit
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts, self_assignments
from awaitomic.remedies.shared import constructors, declarative
from awaitomic.remedies.shared.constructors import check_one_constructor, made_in
from awaitomic.remedies.shared.copied import copies, odd_construction
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.inits_run import check_inits_below, check_inits_beside
from awaitomic.remedies.shared.maker import BEFORE_3_10, Maker, second_loop

_PLAIN_BASES = frozenset({"object", "Generic", "ABC", "typing.Generic", "abc.ABC", "typing.Protocol", "Protocol"})
_UNFIT_BASES = MODEL_BASES | frozenset(
    "NamedTuple Enum IntEnum StrEnum Flag IntFlag Protocol TypedDict tuple int str float".split()
)
_DECLARING_SUFFIXES = ("Model", "Schema", "Settings", "Struct", "Entity")
_DECLARING_FUNCTIONS = frozenset({"pydantic.PrivateAttr", "pydantic.Field", "sqlmodel.Field", "msgspec.field"})
"""Where these are imported, an unknown base class is likely to be of their kind."""


@dataclass(frozen=True, slots=True)
class Creation:
    """How a new lock comes into being: the edits, and what speaks against trusting them."""

    edits: tuple[Edit, ...]
    because: tuple[str, ...]
    module: str = ""
    """The module of the file that the edits are for; empty for that of the bug."""


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
    makers = [facts for facts in lineage if attribute in facts.class_level or made_in(facts, attribute)]
    above = [facts for facts in lineage if all(_inherits(program, user, facts.id) for user in users)]
    if not above:
        names = sorted({qualname_of(user) for user in users})
        raise Declined("no-common-class", f"`{'`, `'.join(names)}` share no class that could own the new attribute")
    return next((facts for facts in makers if facts in above), above[0] if not makers else above[-1])


def _inherits(program: Program, name: str, ancestor: str) -> bool:
    return program.module.link.descends(name, ancestor)


def attribute_name(
    program: Program, facts: ClassFacts, state: str, named: tuple[str, str] = ("", "lock"), *, general: bool = True
) -> str:
    """Give a free name for the lock, as it is configured, or else ``_lock``, or ``_<state>_lock`` where that is taken.

    Parameters:
        program: the facts of the file.
        facts: the class that gets it.
        state: the attribute that it is for.
        named: what it is named after, if not after that; and what it is: a lock, or locks.
        general: whether the name may leave out what it is for.

    Raises:
        Declined: ``name-taken`` if they are in use.
    """
    taken, strangers = _names_taken(program, facts, state)
    has_lock = any("lock" in name.lower() for each in _relatives(program, facts, state) for name in each.attributes)
    noun = named[1]
    stem = (named[0] or state).strip("_") or "state"
    names = [f"_{stem}_{noun}", f"_{stem}_update_{noun}"]
    template = program.conventions.naming.lock_name if noun == "lock" else ""
    if template:
        names = [template.format(state=stem)]
    elif general and not strangers and not has_lock:
        names.insert(0, f"_{noun}")
    return _first_free(facts, names, taken)


def free_name(program: Program, facts: ClassFacts, state: str, names: list[str]) -> str:
    """Give the first of some names that neither the class nor its family uses, for an attribute or a method.

    Raises:
        Declined: ``name-taken`` if all are in use.
    """
    return _first_free(facts, names, _names_taken(program, facts, state)[0])


def _first_free(facts: ClassFacts, names: list[str], taken: set[str]) -> str:
    for name in names:
        if name not in taken:
            return name
    raise Declined("name-taken", f"`{facts.qualname}` already uses `{'` and `'.join(names)}`")


def _names_taken(program: Program, facts: ClassFacts, state: str) -> tuple[set[str], bool]:
    """Give the names that a class and its family use, and whether a class that is not known may use more."""
    taken: set[str] = set()
    strangers = _is_mixed_in(program, facts, state)
    for relative in _relatives(program, facts, state):
        taken |= {node.attr for node in relative.kinds.of(ast.Attribute)} | relative.class_level | set(relative.methods)
        taken |= set(relative.attributes)
        strangers = strangers or any(_is_strange(program, base) for base in program.module.link.bases(relative))
    return taken, strangers


def _relatives(program: Program, facts: ClassFacts, state: str) -> list[ClassFacts]:
    owners = (facts, *_makers_below(program, facts, state))
    return list({each.id: each for own in owners for each in program.module.family(own.id)}.values())


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
    below = _makers_below(program, facts, state)
    if not below:
        made = _create_in(program, facts, state, name, maker)
        return Creation((*maker.imports, *made.edits), made.because)
    parts = [_create_in(program, each, state, name, maker) for each in below]
    names = "`, `".join(each.qualname for each in below)
    because = f"`{facts.qualname}` is mixed into others: the new attribute is made where its state is, in `{names}`"
    edits = [edit for part in parts for edit in part.edits]
    return Creation((*maker.imports, *edits), (because, *(reason for part in parts for reason in part.because)))


def _create_in(program: Program, facts: ClassFacts, state: str, name: str, maker: Maker) -> Creation:
    _check_fit(program, facts)
    check_one_constructor(program, facts)
    because = [*copies(program, facts, maker.fragile), *odd_construction(program, facts)]
    style = declarative.style_of(program, facts)
    path = class_path(program, facts)
    slots = declarative.extend_slots(program, facts, path, name)
    check_inits_below(program, facts, generated=style is not None and style.generated)
    check_inits_beside(program, facts)
    hook = facts.methods.get(style.hook) if style is not None else None
    if style is None or not style.generated:
        made = _in_constructor(program, facts, state, name, maker)
    elif hook is not None and not style.closed and not _is_overridden(program, facts, style.hook):
        receiver = hook.parameters[0] if hook.parameters else "self"
        made = Creation((constructors.insert(hook, state, maker.makes(f"{receiver}.{name}")),), ())
    else:
        if maker.on_first_use:
            raise Declined("old-python", f"`{facts.qualname}` declares its attributes: {BEFORE_3_10}")
        field = declarative.new_field(program, style, name, (maker.declared, "" if maker.is_empty else maker.callee))
        edits = (*field.edits, declarative.after_fields(facts, path, maker.noted(field.name)))
        made = Creation(edits, style.because)
    return Creation((*slots, *made.edits), (*because, *made.because))


def _is_mixed_in(program: Program, facts: ClassFacts, state: str) -> bool:
    """Tell whether a class stands beside others among the bases of a class, or uses what it gets from nowhere.

    Its constructor has to run that of the next class, and is run only if that of every class before it does the same.
    """
    if any(base not in _PLAIN_BASES for base in facts.bases) or program.module.find_method(facts.id, "__init__"):
        return False
    below = [each for each in program.module.link.descendants(facts.id) if each is not facts]
    if any(len([base for base in each.bases if base not in _PLAIN_BASES]) > 1 for each in below):
        return True
    named = facts.qualname.lower().endswith(("mixin", "mix_in"))
    return named or (state not in facts.class_level and not made_in(facts, state))


def _makers_below(program: Program, facts: ClassFacts, state: str) -> list[ClassFacts]:
    """Give the classes that make the state of a mix-in, if all that it is mixed into are seen to have one in this file.

    Who makes the state can make the lock, in a constructor that is there and is run.
    """
    own = state in facts.class_level or made_in(facts, state)
    if own or declarative.style_of(program, facts) is not None or not _is_mixed_in(program, facts, state):
        return []
    module = program.module
    below = [each for each in module.link.descendants(facts.id) if each is not facts]
    found: dict[str, ClassFacts] = {}
    for each in below:
        if any(other is not each and _inherits(program, other.id, each.id) for other in below):
            continue
        maker = next((up for up in module.lineage(each.id) if made_in(up, state)), None)
        if maker is None or maker.module != module.name:
            return []
        found[maker.id] = maker
    return list(found.values())


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
            if base.rpartition(".")[2] in _UNFIT_BASES and ":" not in base and base not in declarative.MODELS:
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


def _is_overridden(program: Program, facts: ClassFacts, hook: str) -> bool:
    """Tell whether a subclass has a method of the same name that does not call this one."""
    below = (each.methods.get(hook) for each in program.module.link.descendants(facts.id) if each is not facts)
    return any(method is not None and not constructors.calls_up(method, hook) for method in below)


def _in_constructor(program: Program, facts: ClassFacts, state: str, name: str, maker: Maker) -> Creation:
    in_new = constructors.in_new(program, facts, state, name, maker.value)
    if in_new is not None:
        edits, kept = in_new
        return Creation(tuple(edits), (second_loop(name, maker),) if kept else ())
    init = facts.methods.get("__init__")
    if init is not None:
        receiver = init.parameters[0] if init.parameters else "self"
        return Creation((constructors.insert(init, state, maker.makes(f"{receiver}.{name}")),), ())
    statement = maker.makes(f"self.{name}").replace("\n", "\n    ")
    path = class_path(program, facts)
    strangers = _strangers(program, facts)
    inherited = program.module.find_method(facts.id, "__init__")
    returns = " -> None" if is_annotated(program) else ""
    bases = [base for base in facts.bases if base not in _PLAIN_BASES]
    mixed_in = _is_mixed_in(program, facts, state)
    if not bases and inherited is None and not mixed_in:
        text = f"def __init__(self){returns}:\n    {statement}"
        return Creation((constructors.new_init(facts, path, text),), ())
    variadic = "*args: Any, **kwargs: Any" if program.module.imports.get("Any") == "typing.Any" else "*args, **kwargs"
    text = f"def __init__(self, {variadic}){returns}:\n    super().__init__(*args, **kwargs)\n    {statement}"
    base = (
        inherited.qualname if inherited is not None else f"{qualname_of([*strangers, *bases, 'super()'][0])}.__init__"
    )
    because = f"`{facts.qualname}` gets an `__init__` of its own, which hands everything on to `{base}`"
    if mixed_in:
        because = f"`{facts.qualname}` seems to be mixed into other classes, which have to run its new `__init__`"
    return Creation((constructors.new_init(facts, path, text),), (because,))


def is_annotated(program: Program) -> bool:
    """Tell whether the file writes down what its functions return."""
    kinds = program.module.kinds
    plain, coroutines = kinds.of(ast.FunctionDef), kinds.of(ast.AsyncFunctionDef)
    return any(each.returns is not None for each in plain) or any(each.returns is not None for each in coroutines)


def _strangers(program: Program, facts: ClassFacts) -> list[str]:
    """Give the bases of a class and its ancestors that the program does not define."""
    link = program.module.link
    bases = [base for relative in link.lineage(facts.id) for base in link.bases(relative)]
    return [base for base in bases if _is_strange(program, base)]


def _is_strange(program: Program, base: str) -> bool:
    """Tell whether nothing is known of a base, so that it may do anything."""
    return base not in _PLAIN_BASES and program.module.link.class_facts(base) is None
