"""Lock, for locks of threads: the lock becomes one of the event loop, where it is made and where it is taken.

That is right only if nobody but coroutines of one loop takes it. So every mention of its name has to be understood: the
one place where it is made, and the places where it is taken. One that is not makes it a refusal, and a line to look at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.statements import statement_at
from awaitomic.knowledge.threads import THREADS
from awaitomic.model.event import Call
from awaitomic.model.finding import Applicability
from awaitomic.model.location import Location, Root
from awaitomic.model.plan import DeleteStatement, Edit, Plan, ReplaceExpression
from awaitomic.model.position import BlockStep, Extent, StatementPath
from awaitomic.program.calls import targets_of
from awaitomic.program.locks.threads import ThreadHold, thread_holds
from awaitomic.program.names import dotted
from awaitomic.remedies.async_lock.mentions import How, Making, Mentions, Use
from awaitomic.remedies.lock import library
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.region import Run, events_in

_TURNED = frozenset({"threading.Lock", "threading.RLock"})
_OTHER_THREADS = THREADS | {
    "ThreadPoolExecutor",
    "new_event_loop",
    "run_coroutine_threadsafe",
    "start_blocking_portal",
}
_FACTORIES = frozenset({"default_factory", "factory"})
_Placed = tuple[StatementPath, ast.expr]
"""An expression, and the statement that it stands in."""

_WAITS = "who takes the lock waits for it as a task, can be cancelled there, and lets other tasks run meanwhile"
_LOOP = "the lock belongs to one event loop, and that all who take it run in the same one is taken for granted"


@or_refusal
def propose(case: Case) -> Proposal:
    """Make a lock of the event loop of a lock of threads.

    Refusal codes: ``lock-passed-on``, ``sync-user``, ``used-in-threads``, ``other-kind``, ``taken-again``,
    ``with-several``, ``other-file``, ``old-python``, ``foreign-loop``, ``name-taken``.
    """
    hold = next(each for each in thread_holds(case.program, case.resolver) if each.taken == case.finding.span.write)
    key = _key_of(case, hold)
    mentions = Mentions(case.program, key)
    making = _making(mentions)
    _check_threads(case, mentions)
    if hold.kind == "threading.RLock":
        _check_not_taken_again(case, mentions)
    chosen = library.library_of(case.program)
    if library.is_bound_when_made(case.program, chosen):
        raise Declined(
            "old-python", f"`{mentions.word}` would belong to the event loop of where it is made, before 3.10"
        )
    maker = library.maker_in(case.program, chosen)
    replaced = [_made_of(case, making), *_said_of(case, mentions)]
    edits: list[Edit] = [*maker.imports, *(_replaced(case, *placed, maker.callee) for placed in replaced)]
    edits.extend(_import_left_over(case, replaced))
    edits.extend(edit for use in mentions.uses for edit in _takes(case, use))
    title = f"`{case.finding.state}` becomes a lock of the event loop: `{maker.callee}`"
    return Proposal(Plan(tuple(edits)), Applicability.UNSAFE, title, (_WAITS, _LOOP))


def _key_of(case: Case, hold: ThreadHold) -> Location:
    """Give the name under which the program knows the lock.

    Raises:
        Declined: ``lock-passed-on`` if it is no attribute or variable of this file, ``other-kind`` if it has no
            counterpart in the event loop.
    """
    if hold.kind not in _TURNED:
        raise Declined(
            "other-kind", f"a `{hold.kind}` is for more than the tasks of one loop, or can do what theirs cannot"
        )
    key = case.resolver.key_of(hold.lock.location)
    if len(key.steps) != (0 if key.root is Root.GLOBAL else 1) or key.root not in {Root.SELF, Root.CLASS, Root.GLOBAL}:
        raise Declined(
            "lock-passed-on", f"`{hold.lock}` is handed in, or stands in a table: who else has it is not known"
        )
    return key


def _making(mentions: Mentions) -> Making:
    if len(mentions.makings) != 1:
        raise Declined("lock-passed-on", f"`{mentions.word}` is not made at one place of this file")
    return mentions.makings[0]


def _check_threads(case: Case, mentions: Mentions) -> None:
    for use in mentions.uses:
        function = use.resolver.function
        if not function.is_async:
            place = case.program.place(function, use.event)
            raise Declined("sync-user", f"`{function.qualname}` is a plain function, and takes the lock at {place}")
    for resolver in case.program.resolvers:
        found = sorted(resolver.words & _OTHER_THREADS)
        if found:
            message = f"`{resolver.function.qualname}` uses `{found[0]}`: the lock may be for other threads"
            raise Declined("used-in-threads", message)


def _check_not_taken_again(case: Case, mentions: Mentions) -> None:
    """See that no holder takes a reentrant lock again: a lock of the event loop is not reentrant."""
    takes = {use.resolver.function.id for use in mentions.uses if use.how is not How.OTHER}
    for use in mentions.uses:
        if use.how is How.ACQUIRE:
            raise Declined(
                "taken-again", f"`{mentions.word}` is reentrant and acquired by hand: where it ends is not told"
            )
        if use.how is How.WITH:
            inside = set(events_in(use.resolver.function, Run(use.path, 1)))
            again = any(
                other.resolver is use.resolver and other.how is How.WITH and other.event in inside and other != use
                for other in mentions.uses
            )
            reached = _reached(case, use, inside)
            if again or not takes.isdisjoint(reached):
                place = case.program.place(use.resolver.function, use.event)
                raise Declined("taken-again", f"what is done under `{mentions.word}` at {place} takes it again")


def _reached(case: Case, use: Use, inside: set[int]) -> set[str]:
    """Give the functions of the program that are called, directly or not, under the lock."""
    stack = [(use.resolver, event) for event in use.resolver.function.events if event.id in inside]
    seen: set[str] = set()
    while stack:
        resolver, event = stack.pop()
        for target in targets_of(resolver, event) if isinstance(event, Call) else ():
            if target.function.id not in seen:
                seen.add(target.function.id)
                callee = case.program.resolver(target.function)
                stack.extend((callee, each) for each in target.function.events)
    return seen


# -- the edits ---------------------------------------------------------------------------------------------------------


def _made_of(case: Case, making: Making) -> _Placed:
    """Give what makes the lock: what is called, or the factory of a field.

    Raises:
        Declined: ``lock-passed-on`` if something else makes it.
    """
    value = making.value
    if isinstance(value, ast.Call):
        plain = [value.func] if not value.args and not value.keywords else []
        factories = [keyword.value for keyword in value.keywords if keyword.arg in _FACTORIES]
        for node in (*plain, *factories):
            if _is_turned(case, node):
                return making.path, node
    raise Declined("lock-passed-on", f"line {value.lineno} does not plainly make the lock")


def _said_of(case: Case, mentions: Mentions) -> Iterator[_Placed]:
    """Give the type in the annotation of the lock, wherever that stands."""
    for path in _paths(case.program.module.tree, ()):
        node = statement_at(case.program.module.tree, path)
        if isinstance(node, ast.AnnAssign):
            name = node.target.attr if isinstance(node.target, ast.Attribute) else getattr(node.target, "id", "")
            if name == mentions.word and _is_turned(case, node.annotation):
                yield path, node.annotation


def _paths(node: ast.AST, above: StatementPath) -> Iterator[StatementPath]:
    for name, value in ast.iter_fields(node):
        for index, child in enumerate(value if isinstance(value, list) else ()):
            if isinstance(child, ast.stmt):
                path = (*above, BlockStep(name, index))
                yield path
                yield from _paths(child, path)


def _import_left_over(case: Case, replaced: list[_Placed]) -> Iterator[Edit]:
    """Take the import away that nothing but the old lock has needed."""
    tree = case.program.module.tree
    gone = {id(inner) for _, node in replaced for inner in ast.walk(node)}
    for index, statement in enumerate(tree.body):
        alias = statement.names[0] if isinstance(statement, ast.Import | ast.ImportFrom) else None
        if alias is None or not isinstance(statement, ast.Import | ast.ImportFrom) or len(statement.names) > 1:
            continue
        module = statement.module if isinstance(statement, ast.ImportFrom) else alias.name
        name = alias.asname or alias.name
        used = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
        strings = any(isinstance(node, ast.Constant) and node.value == name for node in ast.walk(tree))
        if module == "threading" and used and all(id(node) in gone for node in used) and not strings:
            yield DeleteStatement((BlockStep("body", index),))


def _takes(case: Case, use: Use) -> Iterator[Edit]:
    statement = statement_at(case.program.module.tree, use.path)
    if use.how is How.WITH:
        if (
            not isinstance(statement, ast.With)
            or len(statement.items) > 1
            or statement.items[0].optional_vars is not None
        ):
            raise Declined("with-several", f"line {statement.lineno} enters the lock together with something else")
        yield _inserted(case, use.path, statement, "async ")
    elif use.how is How.ACQUIRE:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or call.args or call.keywords:
            raise Declined("lock-passed-on", f"line {statement.lineno} uses what `acquire` gives, or does not wait")
        yield _inserted(case, use.path, call, "await ")


def _is_turned(case: Case, node: ast.expr) -> bool:
    return dotted(node, case.program.module.imports) in _TURNED


def _replaced(case: Case, path: StatementPath, node: ast.expr, new: str) -> Edit:
    return ReplaceExpression(path, case.extent(node), case.text(node), new)


def _inserted(case: Case, path: StatementPath, node: ast.AST, new: str) -> Edit:
    start = case.extent(node)
    return ReplaceExpression(path, Extent(start.line, start.column, start.line, start.column), "", new)


REMEDY = Remedy(
    name="lock",
    summary="the lock of threads becomes one of the event loop",
    conditions=(
        "A `threading.Lock` or `RLock` that is an attribute or a variable of this file, is made at one place, and is "
        "only taken, given back and asked by coroutines: by `with` alone or by a plain `acquire()`. It is not handed "
        "to anybody, no other file uses it, and the file starts no threads and no other event loop. An `RLock` is not "
        "taken again by who holds it."
    ),
    safety=(
        "Never safe: to wait for the lock becomes a suspension, where a task can be cancelled and others run. That all "
        "who take it run in one event loop is taken for granted."
    ),
    propose=propose,
)
