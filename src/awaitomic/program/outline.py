"""What a module has, by name: imports, classes with their bases and methods, functions, variables.

Most modules are only asked what a name in them stands for, or whether one of their classes derives from another one
and replaces a method. That is told by the statements alone; lowering functions and reading types takes three times as
long as parsing, and is done for the modules of which more is asked (`awaitomic.program.module`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.model.identity import identity
from awaitomic.program.names import assigned_names, dotted, import_table, star_imports, target_names
from awaitomic.source.syntax import walk_statements

_LONG = 400
"""A statement with fewer characters than this is nested less deeply than lowering goes on any stack."""
_DEEP = 60
"""So deep it does in any case."""
_BLOCKS = (ast.stmt, ast.excepthandler, ast.match_case)


@dataclass(frozen=True, slots=True)
class ClassOutline:
    """One class: its bases, and the names of what its body defines."""

    module: str
    qualname: str
    node: ast.ClassDef
    bases: tuple[str, ...]
    """As the module names them; a class of the same module by its identity."""
    methods: frozenset[str]
    class_level: frozenset[str]
    """Names assigned in the class body and not annotated as instance fields of a dataclass: shared by instances."""

    @property
    def id(self) -> str:
        """The name that no other class of the program has."""
        return identity(self.module, self.qualname)


@dataclass(frozen=True, slots=True)
class Outline:
    """One module."""

    name: str
    imports: dict[str, str]
    stars: tuple[str, ...]
    """Modules from which everything is imported."""
    classes: dict[str, ClassOutline]
    """By identity."""
    functions: frozenset[str]
    """Those at the top level."""
    variables: frozenset[str]
    """What is assigned at the top level."""
    aliases: dict[str, str]
    """Of these, what only ever is another name for something: ``Store = _Store``; with the dotted name of that, which
    begins with a colon if this module does not import it."""
    is_deep: bool
    """Whether something may be nested too deeply to be lowered: then lowering has to tell what the module is."""


def outline_of(name: str, tree: ast.Module, text: str) -> Outline:
    """Give the outline of a parsed module, with its text; `name` is what the program calls it."""
    statements = walk_statements(tree)
    imports = import_table(statements)
    nodes = dict(_classes(tree.body, ""))
    methods: dict[str, set[str]] = {}
    functions: set[str] = set()
    for owner, function in _functions(tree):
        (functions if owner is None else methods.setdefault(owner, set())).add(function)
    classes = {
        identity(name, qualname): ClassOutline(
            name,
            qualname,
            node,
            _bases(name, qualname, node, imports, nodes),
            frozenset(methods.get(qualname, ())),
            frozenset(_class_level(node)),
        )
        for qualname, node in nodes.items()
    }
    deep = _are_deep(statements, text.split("\n"))
    variables = frozenset(_variables(tree))
    aliases = _aliases(tree, statements, imports) if variables else {}
    return Outline(name, imports, star_imports(statements), classes, frozenset(functions), variables, aliases, deep)


def _classes(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            name = prefix + node.name
            yield name, node
            yield from _classes(node.body, name + ".")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _classes(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for name in ("body", "orelse", "finalbody"):
                yield from _classes(getattr(node, name, []), prefix)
            for handler in getattr(node, "handlers", []):
                yield from _classes(handler.body, prefix)


def _functions(tree: ast.Module) -> Iterator[tuple[str | None, str]]:
    """Give the functions of a module and of its classes, with the class; not those that stand in functions."""
    pending: list[tuple[list[ast.stmt], str, str | None]] = [(tree.body, "", None)]
    while pending:
        body, prefix, owner = pending.pop()
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if owner is not None or not prefix:
                    yield owner, node.name
                pending.append((node.body, f"{prefix}{node.name}.", None))
            elif isinstance(node, ast.ClassDef):
                pending.append((node.body, f"{prefix}{node.name}.", prefix + node.name))
            else:
                pending.extend((block, prefix, owner) for block in _blocks_of(node))


def _blocks_of(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Give the blocks of a statement that is no definition."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(node, name, [])
    for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield part.body


def _bases(
    module: str, name: str, node: ast.ClassDef, imports: dict[str, str], classes: dict[str, ast.ClassDef]
) -> tuple[str, ...]:
    prefix = name.rpartition(".")[0]
    bases: list[str] = []
    for base in node.bases:
        found = dotted(base.value if isinstance(base, ast.Subscript) else base, imports)
        if found is None:
            continue
        nested = f"{prefix}.{found}" if prefix else found
        own = nested if nested in classes else found
        bases.append(identity(module, own) if own in classes and own != name else found)
    return tuple(bases)


def _class_level(node: ast.ClassDef) -> Iterator[str]:
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            if each.value is not None and not node.decorator_list:
                yield each.target.id
        elif isinstance(each, ast.Assign):
            yield from target_names(each.targets)


def _variables(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            yield from target_names(node.targets)


def _aliases(tree: ast.Module, statements: list[ast.AST], imports: dict[str, str]) -> dict[str, str]:
    """Give what a module's names stand for that are bound once in all of it, to what another name stands for."""
    found: dict[str, str] = {}
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Name | ast.Attribute):
            own, meant = dotted(value, {}), dotted(value, imports)
            if own is not None and meant is not None:
                told = meant if own.partition(".")[0] in imports else f":{own}"
                found.update((name, told) for name in assigned_names(node) if name not in imports)
    if not found:
        return {}
    bound = Counter(name for each in statements for name in _bound_by(each))
    return {name: meant for name, meant in found.items() if bound[name] == 1}


def _bound_by(statement: ast.AST) -> list[str]:
    """Give the names that a statement may bind, in whatever scope: what is bound twice may stand for two things."""
    if isinstance(statement, ast.AugAssign | ast.For | ast.AsyncFor):
        return target_names([statement.target])
    if isinstance(statement, ast.Global | ast.Delete):
        return statement.names if isinstance(statement, ast.Global) else target_names(statement.targets)
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return [statement.name]
    return assigned_names(statement)


def _are_deep(statements: list[ast.AST], lines: list[str]) -> bool:
    """Tell whether a statement, or an expression in it, may be nested too deeply."""
    for each in statements:
        if not isinstance(each, ast.stmt):
            continue
        if each.col_offset > _LONG:
            return True
        body = getattr(each, "body", None)
        end = body[0].lineno if body else each.end_lineno or each.lineno
        if sum(map(len, lines[each.lineno - 1 : end])) < _LONG:
            continue
        if any(_depth_of(part) > _DEEP for part in ast.iter_child_nodes(each) if not isinstance(part, _BLOCKS)):
            return True
    return False


def _depth_of(node: ast.AST) -> int:
    found, level = 0, [node]
    while level:
        found += 1
        level = [below for each in level for below in ast.iter_child_nodes(each)]
    return found
