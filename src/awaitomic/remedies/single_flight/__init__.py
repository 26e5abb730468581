"""**single-flight**: concurrent callers await one shared task, which makes what is missing and stores it.

Like a lock it does the work once; unlike under a lock nobody repeats the test, all who wait get the same failure, and
the one who came first can go away without ending the work. This last is why it is always unsafe: the work then goes on
without anybody.
"""

from __future__ import annotations

import ast

from awaitomic.model.finding import Applicability
from awaitomic.model.location import Location, Root
from awaitomic.model.plan import Plan
from awaitomic.program.accesses import Change
from awaitomic.remedies.lock.home import Home, Kind, home_of
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.setdefault.places import judge_key
from awaitomic.remedies.shared import attribute
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.single_flight.asked import State, check_asks_absence
from awaitomic.remedies.single_flight.callers import check_same_for_all
from awaitomic.remedies.single_flight.names import maker_name, task_name
from awaitomic.remedies.single_flight.reentry import judge_reentry
from awaitomic.remedies.single_flight.work import Work, names_read, work_of
from awaitomic.remedies.single_flight.writers import check_own_writes, judge_other_writers
from awaitomic.remedies.single_flight.writing import Flight, asyncio_of, edit_of, maker_of

_GOES_ON = (
    "the work goes on if the caller that began it is cancelled or times out, even if nobody waits for it any more"
)
_OWN_TASK = "it runs in a task of its own, with a copy of that caller's context variables, outside of its timeouts"
_FAILURE = (
    "all who wait get the same exception, and the next caller tries again; "
    "where nobody waits any more, asyncio only logs it"
)


@or_refusal
def propose(case: Case) -> Proposal:
    """Plan one shared task for what several callers find missing.

    Refusal codes: ``write-in-callee``, ``single-flight-shape``, ``refilled``, ``no-method``, ``shared-by-loops``,
    ``written-elsewhere``, ``several-states``, ``waits-for-itself``, ``differs-by-caller``, ``key-changes``,
    ``locked-already``, ``foreign-loop``, ``foreign-state``, ``yield-inside``, and those of a new attribute.
    """
    fact, program = case.fact, case.program
    if fact.via is not None:
        raise Declined("write-in-callee", f"the write is made by `{fact.via.write.function}`, which has other callers")
    _check_method(case)
    home = _home(case)
    state = _state(case)
    if any(lock.is_to_exclude for lock in fact.state.held):
        raise Declined("locked-already", "a lock is held over the store, and the task would not hold it")
    check_asks_absence(case, state)
    work = work_of(case, state)
    closed = [*judge_other_writers(case, home, work)]
    check_own_writes(case, work)
    again = [*judge_reentry(case, work)]
    needed = _needed(case, work)
    check_same_for_all(case, needed, _key(work))
    library = asyncio_of(program)
    facts = attribute.owner_class(program, case.function.class_id or "", home.state, [case.function.class_id or ""])
    flight = Flight(
        home.state,
        task_name(case, facts, home.state, work),
        maker_name(case, facts, home.state, work),
        (case.function.parameters[0], *needed),
    )
    creation = attribute.create(program, facts, home.state, flight.task, maker_of(case, facts, flight, work, library))
    edit = edit_of(case, flight, work, library)
    variant = f"{case.function.class_name}.{flight.maker}"
    return Proposal(
        Plan((*creation.edits, edit), ((case.function.qualname, variant),)),
        Applicability.UNSAFE,
        f"concurrent callers of `{case.function.qualname}` await one task, which stores `{fact.access.location}`",
        tuple(dict.fromkeys((_GOES_ON, _OWN_TASK, _FAILURE, *again, *closed, *library.because, *creation.because))),
    )


def _check_method(case: Case) -> None:
    """See that a method can be put beside the function.

    Raises:
        Declined: ``no-method``.
    """
    function = case.function
    plain = isinstance(function.node, ast.AsyncFunctionDef) and not function.is_generator
    decorators = [ast.unparse(each) for each in getattr(function.node, "decorator_list", [])]
    static = any(each in {"staticmethod", "classmethod"} for each in decorators)
    if not plain or function.class_name is None or static or not function.parameters:
        line = getattr(function.node, "lineno", 1)
        raise Declined("no-method", f"`{function.qualname}` (line {line}) is no plain method of an object")


def _home(case: Case) -> Home:
    location = case.fact.access.location
    if location.root in {Root.GLOBAL, Root.CLASS, Root.CLOSURE}:
        raise _shared_by_loops(location)
    home = home_of(case.program, case.resolver, location)
    if home.kind is not Kind.INSTANCE:
        raise _shared_by_loops(location)
    return home


def _shared_by_loops(location: Location) -> Declined:
    message = f"`{location}` can outlive an event loop, and a task belongs to the loop in which it was made"
    return Declined("shared-by-loops", message)


def _state(case: Case) -> State:
    """Give what is filled as it is written at the store: an attribute of the receiver, or an entry of one.

    Raises:
        Declined: ``single-flight-shape``.
    """
    fact = case.fact
    if fact.access.change is not Change.ASSIGN:
        raise Declined("single-flight-shape", "the write does not put something where nothing was")
    statement = case.statement(case.path(fact.event))
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    found = [target for target in targets if isinstance(target, ast.Attribute | ast.Subscript)]
    rest = [target for target in targets if not isinstance(target, ast.Attribute | ast.Subscript | ast.Name)]
    if len(found) != 1 or rest:
        raise Declined("single-flight-shape", "the store is part of a larger statement")
    target = found[0]
    own = target.value if isinstance(target, ast.Subscript) else target
    plain = isinstance(own, ast.Attribute) and isinstance(own.value, ast.Name)
    if not plain or case.extent(target).line != case.extent(target).end_line:
        raise Declined(
            "single-flight-shape", f"`{case.text(target)}` is no attribute of the object, nor an entry of one"
        )
    if isinstance(target, ast.Subscript):
        doubts = judge_key(case, target)
        if doubts:
            raise Declined("key-changes", doubts[0])
    return target


def _key(work: Work) -> ast.expr | None:
    return work.state.slice if isinstance(work.state, ast.Subscript) else None


def _needed(case: Case, work: Work) -> list[str]:
    """Give what the new function is given besides the receiver: the parameters first, in their order."""
    names = names_read(case, work.run)
    key = _key(work)
    own = case.function.local_names | set(case.function.parameters)
    for node in ast.walk(key) if key is not None else ():
        if isinstance(node, ast.Name) and node.id in own and node.id not in names:
            names.append(node.id)
    parameters = case.function.parameters
    names = [name for name in names if name != parameters[0]]
    return sorted(names, key=lambda name: (name not in parameters, parameters.index(name) if name in parameters else 0))


REMEDY = Remedy(
    name="single-flight",
    summary="let concurrent callers await one shared task, which makes what is missing and stores it",
    conditions=(
        "An attribute of an object, or an entry of one, is missing by a test, and is made over an await by a method; "
        "nothing else writes it, the work writes nothing else, and what is made depends on the object and the key "
        "alone. The event loop is asyncio's. Not for state of a module or a class, which can outlive an event loop."
    ),
    safety=(
        "Always unsafe: the work runs in a task of its own, behind a shield, so that a cancelled caller does not end "
        "it for the others. It goes on without anybody, and has a copy of the first caller's context variables. A "
        "failure goes to all who wait, and the next caller tries again."
    ),
    propose=propose,
)
