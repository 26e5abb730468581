"""Whether the constructor that makes a new attribute runs for every instance, also of the classes below.

A constructor that does not call the next one, or does so on some ways only, leaves the attribute out: then the first
task fails that takes the lock.
"""

from __future__ import annotations

from awaitomic.model.identity import qualname_of
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.remedies.shared import constructors, declarative
from awaitomic.remedies.shared.declined import Declined


def check_inits_below(program: Program, facts: ClassFacts, *, generated: bool) -> None:
    """See that the constructors of all subclasses run the one that makes the attribute.

    Parameters:
        program: the facts of the file.
        facts: the class that makes it.
        generated: whether its constructor is made from its fields, of which the attribute is one.

    Raises:
        Declined: ``init-not-called``.
    """
    link = program.module.link
    for other in program.module.family(facts.id):
        if other is facts or not link.descends(other.id, facts.id):
            continue
        init = other.methods.get("__init__")
        line = getattr(init.node, "lineno", 1) if init is not None else other.node.lineno
        if init is not None and not constructors.calls_up(init, "__init__", _leading(program, other, facts)):
            message = (
                f"`{init.qualname}` (line {line}) does not always call the `__init__` that makes the new attribute"
            )
            raise Declined("init-not-called", message)
        style = _style(program, other)
        hook = other.methods.get(style.hook) if style is not None else None
        if style is None or not style.generated or generated or style in declarative.MODELS.values():
            continue
        if hook is None or not constructors.calls_up(hook, "__init__"):
            message = f"the `__init__` generated for `{other.qualname}` (line {line}) would not make the new attribute"
            raise Declined("init-not-called", message)


def check_inits_beside(program: Program, facts: ClassFacts) -> None:
    """See that classes which stand before one among the bases of another hand the construction on to it.

    Raises:
        Declined: ``init-not-called``.
    """
    link = program.module.link
    for other in link.descendants(facts.id):
        init = other.methods.get("__init__")
        style = _style(program, other)
        if style is not None and style.generated:
            continue  # it makes what the fields of its bases say
        names = _leading(program, other, facts)
        if init is not None and constructors.calls_up(init, "__init__", names, by_super=False):
            continue  # it says whose it calls
        for base in link.bases(other):
            if link.descends(base, facts.id):
                break
            for before in link.lineage(base):
                first = before.methods.get("__init__")
                if first is not None and not constructors.calls_up(first, "__init__"):
                    where = f"`{first.qualname}`, which comes first in `{other.qualname}`"
                    message = f"{where}, does not call the `__init__` that would make the new attribute"
                    raise Declined("init-not-called", message)


def _leading(program: Program, other: ClassFacts, facts: ClassFacts) -> frozenset[str]:
    """Give the last names of the classes between a class and one above it, that one included."""
    link = program.module.link
    between = (each.id for each in link.lineage(other.id) if each is not other and link.descends(each.id, facts.id))
    return frozenset(qualname_of(each).rpartition(".")[2] for each in between)


def _style(program: Program, facts: ClassFacts) -> declarative.Style | None:
    unit = program.project.unit(facts.module)
    return declarative.style_of(program.at(unit), facts) if unit is not None else None
