"""What the tests of a project do with a class that no fix may take from them.

They put a mock in the place of a method, and make objects without their constructor. So a call that goes to another
method now goes past the mock, and an object that was made so has no lock. What tests call says little of how a class is
used, and so they are left out everywhere else; but a fix after which they fail is merged by nobody.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.program import Program
from awaitomic.program.names import last_name
from awaitomic.source.project import is_test
from awaitomic.source.syntax import Nodes

_BY_NAME = frozenset({"setattr", "delattr", "patch", "object", "multiple"})
"""Last names of what replaces an attribute that is said by its name: ``patch.object(store, "put")``."""


def replacements(tree: ast.AST | Nodes, name: str) -> Iterator[int]:
    """Give the lines of a file that put something in the place of an attribute of that name."""
    nodes = tree if isinstance(tree, Nodes) else Nodes(tree)
    for node in nodes.of(ast.Attribute):
        if node.attr == name and not isinstance(node.ctx, ast.Load):
            yield node.lineno
    for call in nodes.of(ast.Call):
        if last_name(call.func) in _BY_NAME and name in _said_by(call):
            yield call.lineno


def _said_by(call: ast.Call) -> Iterator[str]:
    for argument in call.args:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value.rpartition(".")[2]
    yield from (keyword.arg for keyword in call.keywords if keyword.arg is not None)


def replaced_in_tests(program: Program, function: FunctionGraph) -> Iterator[str]:
    """Say where tests replace a function by its name, the first time: who holds the lock would call that no more."""
    name = getattr(function.node, "name", "")
    word = re.escape(name.encode())
    said = rb"\.%b\s*[:=,)]|[\"'.]%b[\"']|\b%b\s*=" % (word, word, word)
    for path, tree in _tests(program, name, re.compile(said)):
        for line in replacements(tree, name):
            yield f"a test replaces `{name}` (line {line} of {path}), and who calls its variant goes past that"
            return


def made_in_tests(program: Program, functions: list[FunctionGraph]) -> Iterator[str]:
    """Say where tests run methods on objects that may not have what the constructors make; the first such place.

    Parameters:
        program: the facts of the file.
        functions: what would need the new attribute.
    """
    by_class: dict[str, set[str]] = {}
    for function in functions:
        if function.class_name is not None:
            by_class.setdefault(function.class_name.rpartition(".")[2], set()).add(getattr(function.node, "name", ""))
    for owner, methods in by_class.items():
        for path, tree in _tests(program, owner, re.compile(rb"__new__|\b%b\s*\." % re.escape(owner.encode()))):
            for node in tree.of(ast.Call):
                if _goes_around(node, owner, methods):
                    yield f"a test has a `{owner}` without its constructor (line {node.lineno} of {path})"
                    return


def looked_at_in_tests(program: Program, name: str) -> Iterator[str]:
    """Say where tests look at an attribute or variable of that name, the first time."""
    for path, tree in _tests(program, name, re.compile(rb"\b%b\b" % re.escape(name.encode()))):
        looks = [node for node in tree.of(ast.Attribute) if node.attr == name]
        for node in (*looks, *(variable for variable in tree.of(ast.Name) if variable.id == name)):
            yield f"a test looks at `{name}` (line {node.lineno} of {path})"
            return


def _goes_around(call: ast.Call, owner: str, methods: set[str]) -> bool:
    """Tell whether a call makes an object by ``__new__``, or runs a method on an object that is handed to it."""
    callee = call.func
    if not isinstance(callee, ast.Attribute):
        return False
    if callee.attr == "__new__":
        return any(last_name(argument) == owner for argument in call.args[:1])
    return callee.attr in methods and last_name(callee.value) == owner and isinstance(callee.value, ast.Name)


def _tests(program: Program, word: str, said: re.Pattern[bytes]) -> Iterator[tuple[str, Nodes]]:
    """Give the path and the syntax of each test of the project that says something; not of what cannot be read.

    Parameters:
        program: the facts of a file.
        word: a word of it, by which most tests are left unread.
        said: what it looks like, by which most of the others are not parsed: there may be thousands.
    """
    tree = program.project.tree
    for name in tree.mentioning(sorted(filter(is_test, tree.files)), word):
        nodes = program.project.nodes_of(name) if said.search(tree.raw(name)) is not None else None
        if nodes is not None:  # else it says nothing, or is reported by itself
            yield name, nodes
