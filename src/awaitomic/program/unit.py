"""One module of a program, with the resolvers of its functions, and what it writes."""

from __future__ import annotations

from functools import cached_property

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.location import Location
from awaitomic.program.accesses import Access, accesses
from awaitomic.program.annotations import Annotations
from awaitomic.program.module import ModuleFacts
from awaitomic.program.resolve import Resolver
from awaitomic.program.usage import Usage
from awaitomic.source.positions import Positions
from awaitomic.source.text import SourceText


class Unit:
    """A module that is linked into a program; `resolvers` stand in source order, one for each function."""

    def __init__(self, source: SourceText, module: ModuleFacts, annotations: Annotations) -> None:
        self.source = source
        self.module = module
        self.annotations = annotations
        """What the author says in comments about owners and locks."""
        self.resolvers: list[Resolver] = []
        self._by_graph: dict[int, Resolver] = {}
        usage = Usage(self.resolvers)
        for function in module.functions:
            outer = self.resolvers[function.enclosing] if function.enclosing is not None else None
            resolver = Resolver(module, function, outer)
            resolver.usage = usage
            self.resolvers.append(resolver)
            self._by_graph[id(function)] = resolver
        self._find_captured()

    @property
    def name(self) -> str:
        """What the program calls the module."""
        return self.module.name

    @cached_property
    def positions(self) -> Positions:
        """Lines and columns of the text."""
        return Positions(self.source.text)

    def resolver(self, function: FunctionGraph) -> Resolver:
        """Give the resolver of a function of this module."""
        return self._by_graph[id(function)]

    def _find_captured(self) -> None:
        """Mark the locals that nested functions rebind: they are the closure's state."""
        for resolver in self.resolvers:
            enclosing = resolver.function.enclosing
            for name in resolver.function.nonlocal_names:
                index = enclosing
                while index is not None:
                    outer = self.resolvers[index]
                    if name in outer.function.local_names:
                        outer.captured |= {name}
                        break
                    index = outer.function.enclosing

    @cached_property
    def writers(self) -> dict[Location, list[tuple[Resolver, Access]]]:
        """Every write of state that others can reach, by the name under which the program knows the state."""
        found: dict[Location, list[tuple[Resolver, Access]]] = {}
        for resolver in self.resolvers:
            for access in accesses(resolver):
                found.setdefault(resolver.key_of(access.location), []).append((resolver, access))
        return found
