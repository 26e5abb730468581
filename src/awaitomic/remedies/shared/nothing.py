"""Whether what an expression gives may be None: to use it raises then, and does so before or behind an await.

``self.peer.total += await price()`` fails at once where there is no peer; with the await in front it would first have
asked for a price.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Name, Read
from awaitomic.model.location import Location, Root
from awaitomic.program import Program
from awaitomic.program.conditions import tells_presence
from awaitomic.program.module import is_construction
from awaitomic.program.names import is_none, last_name
from awaitomic.program.resolve import Resolver


def is_optional_parameter(resolver: Resolver, name: str) -> bool:
    """Tell whether a parameter may be None, by its default or its type."""
    arguments = getattr(resolver.function.node, "args", None)
    if not isinstance(arguments, ast.arguments):
        return False
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip([each.arg for each in reversed(positional)], reversed(arguments.defaults), strict=False))
    defaults |= {
        each.arg: value for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value
    }
    typed = next((each.annotation for each in [*positional, *arguments.kwonlyargs] if each.arg == name), None)
    said = ast.unparse(typed) if typed is not None else ""
    default = defaults.get(name)
    return (default is not None and is_none(default)) or "None" in said or "Optional" in said


def may_be_none(program: Program, resolver: Resolver, read: int, at: int | None = None) -> bool:
    """Tell whether what an event reads may be None, as far as the program says, and no test has just told otherwise.

    Parameters:
        program: the facts of the program.
        resolver: of the function that reads.
        read: the event.
        at: an event before which it would be read instead; the tests in front of that count.
    """
    event = resolver.function.events[read]
    own = event.place.name if isinstance(event, Read) and isinstance(event.place, Name) else None
    optional = own is not None and is_optional_parameter(resolver, own) and resolver.binding(own) is None
    location = resolver.value(read)
    if not optional and (location is None or not _is_set_to_none(program, resolver, location)):
        return False
    return not _is_found(program, resolver, read if at is None else at, location, own)


def _is_set_to_none(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether somebody stores None there, or what may be None."""
    if not location.steps and location.root in {Root.SELF, Root.CLASS}:
        return False
    for writer, access in program.writers_at(resolver.key_of(location)):
        value = writer.function.nodes[access.value] if access.value is not None else None
        if isinstance(value, ast.expr) and is_none(value):
            return True
        given = isinstance(value, ast.Name) and is_construction(writer.function)
        if given and isinstance(value, ast.Name) and is_optional_parameter(writer, value.id):
            return True
    return False


def _is_found(program: Program, resolver: Resolver, at: int, location: Location | None, own: str | None) -> bool:
    """Tell whether a test has said that something is there: of state, with no suspension since; of a local, at all."""
    block = resolver.function.owners[at]
    solution = program.facts(resolver).solution
    state = next((state for found, state in solution.states(block) if found.id == at), None)
    if state is None:
        return False
    if location is not None and location in state.own and _stores_objects(program, resolver, location):
        return True
    for guard in state.guards:
        test = resolver.function.nodes[guard.guard]
        if not tells_presence(test, holds=guard.holds):
            continue
        fresh = any(token.location == location and not token.is_stale for token in guard.tokens)
        if fresh or (own is not None and own in _asked(test)):
            return True
    return False


def _stores_objects(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether a function stores nothing there but what it makes."""
    key = resolver.key_of(location)
    own = [access for writer, access in program.writers_at(key) if writer.function is resolver.function]
    return all(access.value is not None and _is_made(resolver.function.nodes[access.value]) for access in own)


def _is_made(node: ast.AST) -> bool:
    """Tell whether an expression makes something: a display, or a call of what is named as classes are."""
    if isinstance(node, ast.Call):
        return last_name(node.func)[:1].isupper()
    return isinstance(node, ast.List | ast.Dict | ast.Set | ast.Tuple) or (
        isinstance(node, ast.Constant) and node.value is not None
    )


def _asked(test: ast.AST) -> Iterator[str]:
    """Give the local that a test asks for, if it asks for one."""
    node = test.operand if isinstance(test, ast.UnaryOp) else test
    node = node.left if isinstance(node, ast.Compare) else node
    node = node.args[0] if isinstance(node, ast.Call) and node.args else node  # ``isinstance(peer, Peer)``
    node = node.target if isinstance(node, ast.NamedExpr) else node
    if isinstance(node, ast.Name):
        yield node.id
