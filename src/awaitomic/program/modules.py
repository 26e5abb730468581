"""What the linker asks of the modules of a program, however these are found and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.model.location import Location
    from awaitomic.program.finder import Found
    from awaitomic.program.module import ModuleFacts
    from awaitomic.program.outline import Outline


class Modules(Protocol):
    """Where the linker gets its modules from."""

    def facts(self, name: str) -> ModuleFacts | None:
        """Give the facts of a module, or None if it cannot be read."""
        ...

    def outline(self, name: str) -> Outline | None:
        """Give what a module has, by name, or None if it has no facts."""
        ...

    def find(self, dotted: str, importer: str) -> Found | None:
        """Find the module that a dotted name begins with."""
        ...

    def deriving(self, name: str) -> frozenset[str]:
        """Give the modules in which some class names a base of that last name, or of one that stands for it."""
        ...

    def names_related(self, class_id: str, word: str) -> list[str]:
        """Give the modules that can touch an attribute of a class's instances."""
        ...

    def is_renamed(self, name: str) -> bool:
        """Tell whether some import or assignment gives something else that name."""
        ...

    def returned(self, function: FunctionGraph) -> Location | None:
        """Give the one location that a plain function of a module returns, in its own terms."""
        ...
