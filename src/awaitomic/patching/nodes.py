"""Narrowing of libcst's broad types, with an error that names what was found where the tree has another shape."""

from __future__ import annotations

from typing import TypeVar

import libcst as cst

_Node = TypeVar("_Node")


def expect(node: object, kind: type[_Node]) -> _Node:
    """Return `node` as what it must be. Raises TypeError if it is not: a fault of this package, not of its input."""
    if not isinstance(node, kind):
        raise TypeError(_message(node, kind.__name__))
    return node


def compound(node: object) -> cst.BaseCompoundStatement:
    """Return `node` as a compound statement. Raises TypeError if it is none."""
    if not isinstance(node, cst.BaseCompoundStatement):
        raise TypeError(_message(node, "compound statement"))
    return node


def small(node: object) -> cst.BaseSmallStatement:
    """Return `node` as a simple statement. Raises TypeError if it is none."""
    if not isinstance(node, cst.BaseSmallStatement):
        raise TypeError(_message(node, "simple statement"))
    return node


def _message(node: object, expected: str) -> str:
    return f"a {expected} was expected, not {type(node).__name__}"
