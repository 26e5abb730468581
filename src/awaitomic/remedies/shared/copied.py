"""What else may happen to an object with a new lock: it is copied, pickled, looked through, or made in another way.

A lock pickles until it has once been contended, then no more; a copy shares it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.program.names import dotted, last_name

_COPIES = frozenset({"asdict", "astuple", "deepcopy", "vars"})
_COPIES_DOTTED = frozenset({"copy.copy", "copy.replace", "pickle.dumps", "pickle.dump", "attr.evolve", "attrs.evolve"})
_FIELDS_DOTTED = frozenset(
    {"dataclasses.fields", "attr.fields", "attrs.fields", "attr.fields_dict", "attrs.fields_dict"}
)
_LISTS = frozenset({"__dict__", "__slots__", "__dataclass_fields__", "__attrs_attrs__"})
"""Attributes that name all attributes of an object, the new one, too."""
_CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "__attrs_post_init__"})
_PROCESSES = frozenset({"concurrent.futures.ProcessPoolExecutor", "concurrent.futures.process.ProcessPoolExecutor"})


def copies(program: Program, facts: ClassFacts, what: str) -> Iterator[str]:
    """Give a reason if instances of a class may be copied, or sent to where a lock cannot go; `what` they have got."""
    called = next(_copied_in(program, what), None)
    if called is not None:
        yield called
        return
    for method in ("__getstate__", "__reduce__", "__copy__", "__deepcopy__", "__setattr__", "__getattribute__"):
        if method in facts.methods:
            yield f"`{facts.qualname}` defines `{method}`, which will meet the new attribute"
            return
    yield from _looked_at_in(program)


def copies_elsewhere(file: Program, what: str) -> Iterator[str]:
    """Give the reasons of that kind in another file that has to do with the objects."""
    place = f" of {file.project.shown(file.unit.name)}"
    yield from (*_copied_in(file, what, place), *_looked_at_in(file, place), *_made_by_new(file, frozenset(), place))


def _copied_in(program: Program, what: str, place: str = "") -> Iterator[str]:
    """Give the first line of a file, if any, in which objects are copied or leave the process."""
    for node in program.module.kinds.of(ast.Call):
        name = dotted(node.func, program.module.imports) or ""
        if name in _COPIES_DOTTED or last_name(node.func) in _COPIES:
            yield f"line {node.lineno}{place} copies or serialises objects: {what} does not survive that"
            return
        handed = next((each for each in _handed(node) if last_name(each) in _COPIES), None)
        if handed is not None:
            copying = f"hands on `{ast.unparse(handed)}` to copy objects"
            yield f"line {node.lineno}{place} {copying}: {what} does not survive that"
            return
        if name in _FIELDS_DOTTED:
            yield f"line {node.lineno}{place} goes through the fields of objects, and will meet the new one"
            return
        if name in _PROCESSES or (name.startswith("multiprocessing.") and name.endswith(("Pool", "Process"))):
            yield f"line {node.lineno}{place} starts processes: {what} cannot go there"
            return


def _handed(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _looked_at_in(program: Program, place: str = "") -> Iterator[str]:
    declared = {id(node) for facts in program.module.classes.values() for node in _slots_of(facts)}
    for node in program.module.kinds.of(ast.Attribute):
        if node.attr in _LISTS and id(node) not in declared:
            yield f"line {node.lineno}{place} looks at `{node.attr}`, which will have the new attribute"
            return


def _slots_of(facts: ClassFacts) -> Iterator[ast.AST]:
    """Give all that stands in the declaration of a class's slots: those of its base may be mentioned there."""
    for node in facts.node.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__slots__" for target in targets):
            yield from ast.walk(node)


def odd_construction(program: Program, facts: ClassFacts) -> Iterator[str]:
    """Give the reasons for which an instance may come into being without its constructor."""
    if any(keyword.arg == "metaclass" and last_name(keyword.value) != "ABCMeta" for keyword in facts.node.keywords):
        yield f"`{facts.qualname}` has a metaclass, which may make instances in another way"
    strangers = (
        each for each in program.module.classes.values() if not program.module.link.descends(facts.id, each.id)
    )
    makers = [each.methods["__new__"] for each in (facts, *strangers) if "__new__" in each.methods]
    yield from _made_by_new(program, frozenset(id(node) for maker in makers for node in ast.walk(maker.node)))
    yield from _begun_again(program)
    for node in program.module.kinds.of(ast.Attribute):
        if node.attr in _CONSTRUCTORS and not isinstance(node.ctx, ast.Load):
            yield f"line {node.lineno} puts another `{node.attr}` in place of one: it may not make the new attribute"
            return


def _begun_again(program: Program) -> Iterator[str]:
    """Say where a constructor runs for an object that is there: it would replace a lock under who holds it."""
    built = [
        each.methods[name] for each in program.module.classes.values() for name in CONSTRUCTION & set(each.methods)
    ]
    inside = {id(node) for method in built for node in ast.walk(method.node)}
    for node in program.module.kinds.of(ast.Call):
        callee = node.func
        if isinstance(callee, ast.Attribute) and callee.attr == "__init__" and id(node) not in inside:
            yield f"line {node.lineno} runs `__init__` again, which would replace the new attribute while it is in use"


def _made_by_new(program: Program, inside: frozenset[int], place: str = "") -> Iterator[str]:
    for node in program.module.kinds.of(ast.Call):
        if id(node) not in inside and isinstance(node.func, ast.Attribute) and node.func.attr == "__new__":
            yield f"line {node.lineno}{place} makes an instance by `__new__`: it may lack the new attribute"
