"""``import module`` in the place where a person would put it: among the imports at the head, in their order."""

from __future__ import annotations

import sys

import libcst as cst

from awaitomic.patching.emit import newline_of
from awaitomic.patching.fragment import blank_lines, parse_fragment
from awaitomic.patching.nodes import expect
from awaitomic.patching.statements import head_length, is_docstring, separation
from awaitomic.patching.tree import Block, Statement, blank_run

_FUTURE, _STANDARD, _OTHER, _LOCAL = range(4)


def is_imported(module: Block, name: str) -> bool:
    """Whether the module's top level binds `name` by a plain ``import name`` or ``import name.part``."""
    for item in module.items:
        if isinstance(item.node, cst.Import):
            for alias in item.node.names:
                if alias.asname is None and _dotted(alias.name).partition(".")[0] == name:
                    return True
    return False


def add_import(module: Block, name: str) -> None:
    """Add ``import name`` to the imports at the head of the module, if it is not there."""
    if is_imported(module, name):
        return
    head = [item for item in module.items[: head_length(module)] if not item.gone]
    groups = _groups([item for item in head if isinstance(item.node, cst.Import | cst.ImportFrom)])
    category = _category_of_name(name)
    same = [group for group in groups if any(_category(item) == category for item in group)]
    if same:
        _into_group(module, same[0], name)
        return
    later = [group for group in groups if _category(group[0]) > category]
    if later:
        _new_group(module, name, before=later[0][0])
    elif groups:
        _new_group(module, name, after=groups[-1][-1])
    else:
        _first_import(module, name, [item for item in head if is_docstring(item)])


def _groups(imports: list[Statement]) -> list[list[Statement]]:
    """Return the imports at the head in the groups that blank lines and other statements between them make."""
    groups: list[list[Statement]] = []
    previous: Statement | None = None
    for item in imports:
        siblings = item.home.items
        joined = previous is not None and siblings.index(item) == siblings.index(previous) + 1
        if joined and not any(line.comment is None for line in item.leading):
            groups[-1].append(item)
        else:
            groups.append([item])
        previous = item
    return groups


def _into_group(module: Block, group: list[Statement], name: str) -> None:
    """Put the import where the order of the group wants it, or at its end if there is no plain order."""
    new = (0, name.lower())
    keys = [_key(item) for item in group]
    at = len(group)
    if keys == sorted(keys):
        at = next((i for i, key in enumerate(keys) if key > new), at)
    elif (names := [key[1] for key in keys]) == sorted(names):
        at = next((i for i, key in enumerate(names) if key > new[1]), at)
    if _category(group[0]) == _FUTURE:
        at = max(at, 1 + max(i for i, item in enumerate(group) if _category(item) == _FUTURE))
    while 0 < at < len(group) and group[at].line is group[at - 1].line:
        at += 1
    if at == len(group):
        _put(module, module.items.index(group[-1]) + 1, name, [])
    else:
        leading = group[at].leading
        group[at].leading = []
        _put(module, module.items.index(group[at]), name, leading)


def _new_group(module: Block, name: str, before: Statement | None = None, after: Statement | None = None) -> None:
    """Put the import into a group of its own, set off by a blank line."""
    if before is not None:
        index = module.items.index(before)
        newline = newline_of(before)
        run = blank_run(before.leading)
        leading = before.leading[:run]
        if not run:
            before.leading[:0] = blank_lines(1, newline)
        elif run > 1:
            before.leading[: run - 1] = []
        if index and not run:
            leading = blank_lines(1, newline)
        _put(module, index, name, leading)
    elif after is not None:
        _put(module, module.items.index(after) + 1, name, blank_lines(1, newline_of(after)))


def _first_import(module: Block, name: str, docstring: list[Statement]) -> None:
    """Put the import into a module that has none."""
    index = len(docstring)
    newline = newline_of(module.items[0]) if module.items else None
    following = module.items[index] if index < len(module.items) else None
    leading = blank_lines(1, newline) if docstring else []
    if following is not None:
        run = blank_run(following.leading)
        if not docstring and module.header:
            leading = following.leading[:run] or blank_lines(1, newline)
        needed = separation(module) if following.is_definition else 1
        following.leading[:0] = blank_lines(needed - run, newline)
    _put(module, index, name, leading)


def _put(module: Block, index: int, name: str, leading: list[cst.EmptyLine]) -> None:
    neighbour = module.items[min(index, len(module.items) - 1)] if module.items else None
    new = parse_fragment(f"import {name}", module, newline_of(neighbour) if neighbour is not None else None)
    new[0].leading[:0] = leading
    module.items[index:index] = new


def _key(item: Statement) -> tuple[int, str]:
    """Return how an import sorts: plain imports before ``from`` imports, then by module, as isort and ruff do."""
    node = item.node
    if isinstance(node, cst.Import):
        return 0, _dotted(node.names[0].name).lower()
    return 1, _dotted(expect(node, cst.ImportFrom).module).lower()


def _category(item: Statement) -> int:
    node = item.node
    if isinstance(node, cst.Import):
        return _category_of_name(_dotted(node.names[0].name))
    relative = expect(node, cst.ImportFrom)
    return _LOCAL if relative.relative else _category_of_name(_dotted(relative.module))


def _category_of_name(name: str) -> int:
    top = name.partition(".")[0]
    if top == "__future__":
        return _FUTURE
    return _STANDARD if top in sys.stdlib_module_names else _OTHER


def _dotted(node: cst.BaseExpression | None) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return node.value if isinstance(node, cst.Name) else ""
