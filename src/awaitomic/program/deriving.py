"""Which classes of a module could derive from one of some name, asked of the names of their bases alone."""

from __future__ import annotations

from typing import NamedTuple

from awaitomic.model.identity import qualname_of
from awaitomic.program.modules import Modules
from awaitomic.program.outline import ClassOutline

_ANY = "*"
"""Stands for the last names of bases that an import or assignment gives to what is called otherwise elsewhere."""


class Derived(NamedTuple):
    """A class with one of its bases, as its module names it; `at` is its place among those of the module."""

    at: int
    outline: ClassOutline
    base: str


class Deriving:
    """Answers it for the modules of a program, each of which is walked once."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._known: dict[str, dict[str, list[Derived]]] = {}

    def of(self, module: str, name: str) -> list[Derived]:
        """Give the classes of a module with a base that may be a class of that last name, in order.

        A long module is not walked for each of its classes, and of a base with another last name it is not asked what
        it is: that would lead to the module that it comes from, and on from there.
        """
        if module not in self._known:
            self._known[module] = self._walked(module)
        by_name, renamed = self._known[module].get(name, []), self._known[module].get(_ANY, [])
        return sorted([*by_name, *renamed], key=lambda each: each.at) if renamed else by_name

    def _walked(self, module: str) -> dict[str, list[Derived]]:
        found: dict[str, list[Derived]] = {}
        outline = self._modules.outline(module)
        classes = outline.classes.values() if outline is not None else ()
        for at, (outlined, base) in enumerate((each, base) for each in classes for base in each.bases):
            last = last_of(base)
            for key in (last, _ANY) if self._modules.is_renamed(last) else (last,):
                found.setdefault(key, []).append(Derived(at, outlined, base))
        return found


def last_of(dotted: str) -> str:
    """Give the last part of an identity or a dotted name."""
    return qualname_of(dotted).rpartition(".")[2]
