"""The text of a single flight: who comes first starts the task, all wait for it behind a shield, the task stores.

The store stands in the task: were it made by those who wait, someone who comes between the end of the task and their
turn would start another one. The task is asked whether it is done, and not only whether it is there: one that has
failed does not answer for those who come later, nor does one that was cancelled before it could begin.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitomic.model.plan import AddImport, ExtractStatements
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.remedies.lock.library import agreed
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared import declarative
from awaitomic.remedies.shared.attribute import is_annotated
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.from_import import plainly
from awaitomic.remedies.shared.maker import Maker
from awaitomic.remedies.shared.names import taken_names
from awaitomic.remedies.shared.width import widest
from awaitomic.remedies.single_flight.names import key_type, parameters, purpose_of, result_type
from awaitomic.remedies.single_flight.work import Work


@dataclass(frozen=True, slots=True)
class Asyncio:
    """How the file says ``asyncio``, the import if it does not yet, and what is not sure about it."""

    name: str
    imports: tuple[AddImport, ...]
    because: tuple[str, ...]


def asyncio_of(program: Program) -> Asyncio:
    """Give how tasks are made here.

    Raises:
        Declined: ``foreign-loop`` if the event loop is not asyncio's, ``name-taken`` if the name means something else.
    """
    library, because = agreed(program, ())
    if library != "asyncio":
        raise Declined("foreign-loop", f"the module runs on {library}, where a task belongs to the one that starts it")
    plain = plainly(program, library)
    if plain is not None:
        return Asyncio(plain, (), because)
    if library in program.module.graph.module.local_names or library in program.module.imports:
        raise Declined("name-taken", f"`{library}` is something else in this module")
    return Asyncio(library, (AddImport(library),), because)


@dataclass(frozen=True, slots=True)
class Flight:
    """All names of one single flight."""

    state: str
    """The attribute that holds the state."""
    task: str
    """The attribute that keeps the task, or the table of tasks."""
    maker: str
    """The function that the task runs."""
    needed: tuple[str, ...]
    """What that function is given, the receiver first."""


def maker_of(case: Case, owner: ClassFacts, flight: Flight, work: Work, library: Asyncio) -> Maker:
    """Give how the attribute is made that keeps the task."""
    annotated = is_annotated(case.program)
    result = result_type(case, flight.state, work)
    task = f"{library.name}.Task[{result}]" if result else f"{library.name}.Task"
    keyed = isinstance(work.state, ast.Subscript)
    said = f"dict[{key_type(case, flight.state, work)}, {task}]" if keyed else f"{task} | None"
    declared = any(declarative.style_of(case.program, each) for each in case.program.module.lineage(owner.id))
    if declared and "annotations" not in case.program.module.imports:  # it is evaluated in the body of a class
        plain = said.replace('"', "").replace("'", "")
        said = f'"{plain}"'
    if keyed:
        return Maker("dict", library.imports, said, spelled=annotated, noun="task", is_literal=True)
    return Maker("", library.imports, said, spelled=annotated, noun="task", is_empty=True)


def edit_of(case: Case, flight: Flight, work: Work, library: Asyncio) -> ExtractStatements:
    """Give the edit that moves the work into the task, and lets the callers wait for it."""
    receiver, *given = flight.needed
    kept = f"{receiver}.{flight.task}"
    made = f"{library.name}.create_task({receiver}.{flight.maker}({', '.join(given)}))"
    cleanup = ""
    if isinstance(work.state, ast.Subscript):
        key = _key(case, work.state)
        task = _local(case)
        lines = [
            f"{task} = {kept}.get({key})",
            f"if {task} is None or {task}.done():",
            *_stored(case, work, f"{kept}[{case.text(work.state.slice)}]", task, made),
            f"{work.receiver}await {library.name}.shield({task})",
        ]
        cleanup = f"{kept}.pop({key}, None)"
    else:
        lines = [
            f"if {kept} is None or {kept}.done():",
            f"    {kept} = {made}",
            f"{work.receiver}await {library.name}.shield({kept})",
        ]
    result = result_type(case, flight.state, work) if is_annotated(case.program) else ""
    returns = f" -> {result}" if result else ""
    return ExtractStatements(
        case.function.path,
        work.run.first,
        work.run.count,
        "\n".join(lines),
        f"async def {flight.maker}({parameters(case, list(flight.needed))}){returns}",
        purpose_of(case, work),
        work.ending,
        cleanup,
    )


def _stored(case: Case, work: Work, entry: str, task: str, made: str) -> list[str]:
    """Give the lines that keep a new task in a local and in its table: one, if there is room for it."""
    line = f"    {task} = {entry} = {made}"
    margin = case.extent(case.statement(work.run.first)).column - 1
    fits = margin + len(line) <= widest(case.program)
    return [line] if fits else [f"    {task} = {made}", f"    {entry} = {task}"]


def _key(case: Case, state: ast.Subscript) -> str:
    text = case.text(state.slice)
    return f"({text})" if isinstance(state.slice, ast.Tuple) and not text.startswith("(") else text


def _local(case: Case) -> str:
    taken = taken_names(case)
    return next(name for name in ("task", "shared_task", "pending_task", "task_of_all") if name not in taken)
