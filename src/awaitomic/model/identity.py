"""Names of classes and functions that are unique in a whole program: the module's, a colon, and the qualified name.

A module is named by the path of its file, relative to the root of the project, so that two modules of one name (two
scripts, two packages of a monorepo) are told apart.
"""

from __future__ import annotations


def identity(module: str, qualname: str) -> str:
    """Give the name under which the whole program knows a class or function of a module."""
    return f"{module}:{qualname}"


def module_of(identified: str) -> str:
    """Give the module of what `identity` has named."""
    return identified.rpartition(":")[0]


def qualname_of(identified: str) -> str:
    """Give the qualified name inside the module of what `identity` has named: how people know it."""
    return identified.rpartition(":")[2]
