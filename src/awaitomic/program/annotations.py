"""What the author says in comments about who owns a state and which lock guards it: settles what code cannot show."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.identity import identity
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.module import ClassFacts, ModuleFacts
from awaitomic.program.names import assigned_names
from awaitomic.source.comments import Annotation, CommentMistake, read_comments

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

Subject = tuple[str, str]
"""Class ("" for the module) and attribute ("" for the class as a whole)."""


class Annotations:
    """The ``owner`` and ``guarded-by`` comments of one file, and what is wrong with comments of any kind."""

    def __init__(self, text: str, module: ModuleFacts) -> None:
        read = read_comments(text)
        self._owned: set[Subject] = set()
        self._mistakes = list(read.mistakes)
        self.applied: list[tuple[Annotation, list[Subject]]] = []
        """The comments that say something, each with what it is about."""
        self._guards: dict[Subject, Location] = {}
        if read.annotations:
            self._apply(read.annotations, module)

    @property
    def mistakes(self) -> tuple[CommentMistake, ...]:
        """The comments that cannot be read, or that the code contradicts, in the order of the text."""
        return tuple(sorted(self._mistakes, key=lambda mistake: mistake.extent))

    def owned(self, subject: Subject) -> bool:
        """Tell whether a comment says that something belongs to one task."""
        return subject in self._owned

    def lock_of(self, subject: Subject) -> Location | None:
        """Give the lock that a comment says guards something."""
        return self._guards.get(subject)

    def _apply(self, annotations: tuple[Annotation, ...], module: ModuleFacts) -> None:
        subjects = dict(_subjects(module))
        locks: set[Location] = set()
        for each in annotations:
            found = subjects.get(each.target)
            if found is None:
                text = f"`awaitomic: {each.verb}` stands at no class and at no first value of an attribute or variable"
                self._mistakes.append(CommentMistake(each.extent, text))
                continue
            if each.verb == "owner":
                self.applied.append((each, found))
                self._owned.update(found)
                continue
            lock = _lock(module, found[0][0], each.argument)
            if lock is None:
                text = f"`awaitomic: guarded-by[{each.argument}]`: there is no `{each.argument}` here"
                self._mistakes.append(CommentMistake(each.extent, text))
                continue
            locks.add(lock)
            self.applied.append((each, found))
            self._guards.update(dict.fromkeys(found, lock))
        module.declared_locks = frozenset(locks)


def _subjects(module: ModuleFacts) -> Iterator[tuple[int, list[Subject]]]:
    """Give, for each line at which a comment can stand, what it is about; of several for one line the last counts."""
    for statement in module.tree.body:
        names = assigned_names(statement)
        for line in _lines(statement) if names else ():
            yield line, [("", name) for name in names]
    for facts in module.classes.values():
        for node, attributes in _initialisers(facts):
            for line in _lines(node):
                yield line, [(facts.qualname, attribute) for attribute in attributes]
    for facts in module.classes.values():
        first = min([facts.node.lineno, *(node.lineno for node in facts.node.decorator_list)])
        for line in range(first, facts.node.lineno + 1):
            yield line, [(facts.qualname, "")]


def _lines(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _initialisers(facts: ClassFacts) -> Iterator[tuple[ast.stmt, list[str]]]:
    for statement in facts.node.body:
        if names := assigned_names(statement):
            yield statement, names
    for method in facts.methods.values():
        first = method.parameters[0] if method.parameters else ""
        for node in ast.walk(method.node):
            targets = node.targets if isinstance(node, ast.Assign) else []
            if isinstance(node, ast.AnnAssign):
                targets = [node.target]
            names = [
                target.attr
                for target in targets
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == first
            ]
            if names and isinstance(node, ast.stmt):
                yield node, names


def _lock(module: ModuleFacts, owner: str, written: str) -> Location | None:
    """Give the lock that a comment names; None if the class or module plainly has none of that name."""
    base, _, attribute = written.rpartition(".")
    if base == "" and (written in module.globals or written in module.imports):
        return Location(Root.GLOBAL, module.name, written)
    if not owner or base not in {"", "self", "cls"}:
        return None
    class_id = identity(module.name, owner)
    lineage = list(module.lineage(class_id))
    known = any(attribute in facts.attributes or attribute in facts.methods for facts in lineage)
    bases = (base for facts in lineage for base in module.link.bases(facts))
    foreign = any(module.link.class_facts(base) is None and base != "object" for base in bases)
    if not known and not foreign:
        return None
    return Location(Root.SELF, module.link.declaring(class_id, attribute), "self", (AttributeStep(attribute),))


def one_task(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether a comment says that a state belongs to one task: at its class, a base of it, or its first value."""
    if location.root is Root.GLOBAL:
        unit = program.project.unit(location.owner)
        return unit is not None and unit.annotations.owned(("", location.name))
    owner = resolver.owner_of(location)
    key = resolver.key_of(location)
    first = key.steps[0] if key.steps else None
    attribute = first.name if isinstance(first, AttributeStep) else ""
    for facts in program.module.lineage(owner) if owner is not None else ():
        unit = program.project.unit(facts.module)
        if unit is not None and any(unit.annotations.owned((facts.qualname, name)) for name in ("", attribute)):
            return True
    return False
