"""Which library a new lock has to come from: that of the event loop to which the module's awaits belong."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.model.plan import AddImport
from awaitomic.program import Program
from awaitomic.program.names import dotted
from awaitomic.remedies.shared.attribute import Maker
from awaitomic.remedies.shared.declined import Declined

_LOOPS = ("asyncio", "anyio", "trio", "curio", "twisted", "tornado.platform.twisted")
_MAKES_LOCKS = ("asyncio", "anyio", "trio")


def library_of(program: Program) -> tuple[str, bool]:
    """Give the library of the module's event loop, and whether the file says so (else asyncio is taken to be meant).

    Raises:
        Declined: ``foreign-loop`` if the module mixes libraries, or its loop has no lock that is known here.
    """
    imported = set(program.module.imports.values())
    used = [loop for loop in _LOOPS if any(name == loop or name.startswith(f"{loop}.") for name in imported)]
    made = {
        LOCK_TYPES[name].library
        for node in ast.walk(program.module.tree)
        if isinstance(node, ast.Call) and (name := dotted(node.func, program.module.imports)) in LOCK_TYPES
    } & set(used)
    if len(used) > 1 and len(made) == 1:
        return made.pop(), True
    if len(used) > 1:
        raise Declined("foreign-loop", f"the module uses {' and '.join(used)}: it is not clear whose lock fits")
    if used and used[0] not in _MAKES_LOCKS:
        raise Declined("foreign-loop", f"the module runs on {used[0]}, whose locks are not known here")
    return (used[0], True) if used else ("asyncio", False)


def maker_of(program: Program) -> tuple[Maker, tuple[str, ...]]:
    """Give what makes a new lock here, with the import that it needs, and what is not sure about it.

    Raises:
        Declined: ``foreign-loop`` as for `library_of`; ``name-taken`` if the library's name means something else here.
    """
    library, said = library_of(program)
    because = () if said else ("the file does not say which event loop runs it: asyncio is taken to be meant",)
    plain, named = _imported(program, library)
    if plain is not None:
        return Maker(f"{plain}.Lock", ()), because
    if named is not None:
        return Maker(named, ()), because
    if library in program.module.graph.module.local_names and library not in program.module.imports:
        raise Declined("name-taken", f"`{library}` is something else in this module")
    return Maker(f"{library}.Lock", (AddImport(library),)), because


def agreed_maker(there: Program, others: Iterable[Program]) -> tuple[Maker, tuple[str, ...]]:
    """Give what makes a new lock in one file for functions that stand in others, too.

    Raises:
        Declined: as for `maker_of`, and ``foreign-loop`` if the files belong to different libraries.
    """
    maker, unsure = maker_of(there)
    library, _ = library_of(there)
    for other in others:
        theirs, said = library_of(other)
        if said and theirs != library:
            where = other.source.path
            raise Declined("foreign-loop", f"{where} runs on {theirs}, and the lock would be one of {library}")
        unsure = () if said else unsure
    return maker, unsure


def _imported(program: Program, library: str) -> tuple[str | None, str | None]:
    """Give the names under which the module's top level has the library, and its ``Lock``."""
    plain = named = None
    for node in _top_level(program.module.tree.body):
        for alias in node.names:
            if isinstance(node, ast.Import) and alias.name == library:
                plain = alias.asname or library
            elif isinstance(node, ast.ImportFrom) and (node.level, node.module, alias.name) == (0, library, "Lock"):
                named = alias.asname or "Lock"
    return plain, named


def _top_level(body: list[ast.stmt]) -> list[ast.Import | ast.ImportFrom]:
    """Give the imports that surely run: not those for type checkers only."""
    return [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
