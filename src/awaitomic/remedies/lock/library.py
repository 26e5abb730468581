"""Which library a new lock has to come from: that of the event loop to which the module's awaits belong."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable

from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.model.plan import AddImport
from awaitomic.program import Program
from awaitomic.program.names import dotted
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.from_import import plainly, taken_out
from awaitomic.remedies.shared.maker import Maker
from awaitomic.source.project import is_test

_LOOPS = ("asyncio", "anyio", "trio", "curio", "twisted", "tornado.platform.twisted")
_MAKES_LOCKS = ("asyncio", "anyio", "trio")


def library_of(program: Program) -> str:
    """Give the library of the module's event loop: what the file says, or else what its project uses.

    Raises:
        Declined: ``foreign-loop`` if the module mixes libraries, or its loop has no lock that is known here.
    """
    said = _said(program)
    if said is not None:
        return said
    around = _around(program)
    if len(around) > 1:
        names = " and ".join(sorted(around))
        raise Declined("foreign-loop", f"the project uses {names}, and this module does not say which of them runs it")
    return _with_locks(around.pop()) if around else "asyncio"


def _said(program: Program) -> str | None:
    """Give the library of the event loop that a file speaks of, if any."""
    used = _among(program.module.imports.values())
    if len(used) > 1:
        made = {
            LOCK_TYPES[name].library
            for node in ast.walk(program.module.tree)
            if isinstance(node, ast.Call) and (name := dotted(node.func, program.module.imports)) in LOCK_TYPES
        }
        said = [known for found in (made, _awaited(program)) if len(known := found & used) == 1]
        if not said:
            names = " and ".join(sorted(used))
            raise Declined("foreign-loop", f"the module uses {names}: it is not clear whose lock fits")
        return _with_locks(said[0].pop())
    return _with_locks(used.pop()) if used else None


def _among(imported: Iterable[str]) -> set[str]:
    """Give the libraries of event loops among some imported names."""
    return {loop for name in imported for loop in _LOOPS if name == loop or name.startswith(f"{loop}.")}


def _with_locks(library: str) -> str:
    if library not in _MAKES_LOCKS:
        raise Declined("foreign-loop", f"the module runs on {library}, whose locks are not known here")
    return library


_RARE = 20
"""One or two of thousands of modules speak of every library: of what less than one in so many uses nothing is told."""


def _around(program: Program) -> set[str]:
    """Give the libraries of those who may run a module: of what imports it, or else of all its project."""
    project = program.project
    return _used_in(program, project.importers(program.unit.name)) or _used_in(program, project.tree.files)


def _used_in(program: Program, files: Iterable[str]) -> set[str]:
    """Give the libraries that some files import: all, but for those that hardly any imports."""
    tree = program.project.tree
    used = Counter(loop for file in files if not is_test(file) for loop in _among(tree.header(file).imports))
    most = max(used.values(), default=0)
    return {loop for loop, modules in used.items() if modules * _RARE > most}


def _awaited(program: Program) -> set[str]:
    """Give the libraries whose own functions and context managers the module waits for."""
    found = set()
    for node in ast.walk(program.module.tree):
        waited = [node.value] if isinstance(node, ast.Await) else []
        if isinstance(node, ast.AsyncWith):
            waited = [item.context_expr for item in node.items]
        for each in waited:
            name = dotted(each.func if isinstance(each, ast.Call) else each, program.module.imports) or ""
            found.add(name.partition(".")[0])
    return found


def agreed(there: Program, others: Iterable[Program]) -> tuple[str, tuple[str, ...]]:
    """Give the library of a lock that is made in one file and taken in others, and what is not sure about it.

    Raises:
        Declined: ``foreign-loop`` if the files belong to different libraries, or as for `library_of`.
    """
    library = library_of(there)
    said = _said(there) is not None
    for other in others:
        theirs = library_of(other)
        if theirs != library:
            where = there.project.shown(other.unit.name)
            raise Declined("foreign-loop", f"{where} runs on {theirs}, and the lock would be one of {library}")
        said = said or _said(other) is not None
    because = f"the file does not say which event loop runs it: {library} is taken to be meant"
    if said and (line := _imported_if_needed(there, library)) is not None:
        needed = f"`{library}` is not imported with the module (line {line}), and would be: it may not be installed"
        return library, (needed,)
    return library, () if said else (because,)


def _imported_if_needed(program: Program, library: str) -> int | None:
    """Give the line of an import in a function or behind a condition, if there is no other one of a library.

    asyncio is there always.
    """
    if library == "asyncio":
        return None
    top = [node for node in program.module.tree.body if _imports(node, library)]
    found = [node for node in ast.walk(program.module.tree) if _imports(node, library)]
    return getattr(found[0], "lineno", 1) if found and not top else None


def _imports(node: ast.AST, library: str) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name == library or alias.name.startswith(f"{library}.") for alias in node.names)
    module = node.module if isinstance(node, ast.ImportFrom) and not node.level else None
    return module is not None and (module == library or module.startswith(f"{library}."))


def is_bound_when_made(program: Program, library: str) -> bool:
    """Tell whether a lock belongs, on some Python that the project runs on, to the event loop of where it is made."""
    oldest = program.project.tree.oldest_python
    return oldest is not None and oldest < _FIRST_UNBOUND and library == "asyncio"


_FIRST_UNBOUND = (3, 10)


def maker_in(program: Program, library: str) -> Maker:
    """Give what makes a new lock of a library in a file, with the import that it needs.

    Raises:
        Declined: ``name-taken`` if the library's name means something else here.
    """
    plain = plainly(program, library)
    if plain is not None:
        return Maker(f"{plain}.Lock", ())
    taken = taken_out(program, library, "Lock")
    if taken is not None:
        return Maker(taken.name, taken.edits)
    if library == "asyncio" and _imported_in_any_case(program, library):
        return Maker(f"{library}.Lock", ())
    if library in program.module.graph.module.local_names and library not in program.module.imports:
        raise Declined("name-taken", f"`{library}` is something else in this module")
    return Maker(f"{library}.Lock", (AddImport(library),))


def _imported_in_any_case(program: Program, library: str) -> bool:
    """Tell whether the module imports a library in a branch or a ``try`` of its top level, which all come to."""
    for node in program.module.tree.body:
        branches = [node.body, node.orelse] if isinstance(node, ast.If) else []
        if isinstance(node, ast.Try):
            branches = [node.body]
        if branches and all(any(_has_name(each, library) for each in branch) for branch in branches):
            return True
    return False


def _has_name(node: ast.stmt, library: str) -> bool:
    """Tell whether a statement imports a library under its own name."""
    aliases = node.names if isinstance(node, ast.Import) else []
    return any((alias.name, alias.asname or library) == (library, library) for alias in aliases)
