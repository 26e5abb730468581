"""Lock, for tables of locks out of which entries are taken while somebody may wait: the table forgets them by itself.

In a ``WeakValueDictionary`` an entry stays as long as some task holds the lock or waits for it, and goes with the last
of them. So nobody has to remove it, which could only be done at the wrong time. But what a task is given has to be kept
by it from then on: a lock that is stored first and looked up again afterwards could be gone in between.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.statements import statement_at
from awaitomic.model.event import Call, Write
from awaitomic.model.finding import Applicability
from awaitomic.model.location import Location, Root
from awaitomic.model.plan import DeleteStatement, DropFinally, Edit, Plan, ReplaceExpression
from awaitomic.model.position import BlockStep
from awaitomic.program import Program, word_of
from awaitomic.program.accesses import Change, access_of
from awaitomic.program.locks.removals import is_careless
from awaitomic.program.module import ClassFacts
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.kept import Kept, has_name
from awaitomic.remedies.lock.keyed import weak_mapping
from awaitomic.remedies.lock.table_mentions import Mentions
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.copied import copies
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.in_tests import looked_at_in_tests

_KEPT = "an entry goes with the last task that holds the lock or waits for it, and nothing else changes for one task"
_HARMLESS = frozenset({"locked", "get"})


@or_refusal
def propose(case: Case) -> Proposal:
    """Make a table of locks weak, and take the removals out.

    Refusal codes: ``other-file``, ``table-made``, ``table-used``, ``lookup-form``, ``removal-form``, ``name-taken``.
    """
    writer, event = _removal(case)
    removing = writer.function.events[event]
    access = access_of(writer, removing) if isinstance(removing, Call | Write) else None
    assert access is not None, "a removal writes its table"
    key = writer.key_of(access.location)
    table = key.parent
    assert table is not None, "what is removed is an entry"
    owner = _owner(case.program, table)
    _check_alone(case.program, key)
    _check_careless(case.program, key)
    mentions = Mentions(case.program, word_of(table), owner)
    repair = _Repair(case, mentions, _removed_at(case.program, key))
    callee, imports = weak_mapping(case.program)
    edits = [*imports, *repair.edits(callee)]
    doubts = list(copies(case.program, owner, "a weak table") if owner is not None else ())
    if not mentions.name.startswith("_"):
        doubts.append(f"`{mentions.name}` is public: what is not in this project may use it as the dict that it was")
    doubts.extend(looked_at_in_tests(case.program, mentions.name))
    given = [name for name in repair.kept.getters if not name.startswith("_")]
    if given:
        doubts.append(f"`{given[0]}` is public: who calls it from outside of this project has to keep what it gives")
    title = f"keep the locks of `{table}` in a `WeakValueDictionary`, and remove none by hand"
    verdict = Applicability.UNSAFE if doubts else Applicability.SAFE
    return Proposal(Plan(tuple(edits)), verdict, title, tuple(doubts) or (_KEPT,))


def _removal(case: Case) -> tuple[Resolver, int]:
    """Give where the lock is thrown away."""
    span = case.finding.span
    if not (span.reads or span.guards):
        return case.resolver, span.write
    lock = case.fact.useless_lock
    assert lock is not None, "the finding is about a lock"
    assert lock.flaw is not None, "of which it says what is wrong"
    resolver = case.program.named(lock.flaw.function)
    if not case.program.is_here(resolver.function):
        message = f"`{resolver.function.qualname}` stands in another file, and removes the locks"
        raise Declined("other-file", message)
    return resolver, lock.flaw.event


def _owner(program: Program, table: Location) -> ClassFacts | None:
    """Give the class that has the table, or None if it is a variable of the module.

    Raises:
        Declined: ``table-made`` if it is neither, ``other-file`` if the class stands elsewhere.
    """
    if table.root is Root.GLOBAL and not table.steps and table.owner == program.module.name:
        return None
    if table.root in {Root.SELF, Root.CLASS} and len(table.steps) == 1:
        facts = program.module.link.class_facts(table.owner)
        if facts is not None and facts.module == program.module.name:
            return facts
        raise Declined("other-file", f"`{table}` is made in another file")
    raise Declined("table-made", f"`{table}` is no attribute of a class, or variable, of this file")


def _check_alone(program: Program, key: Location) -> None:
    word = word_of(key)
    for unit in program.units_knowing(key):
        if unit.name != program.unit.name and any(word in each.words for each in unit.resolvers):
            where = program.project.shown(unit.name)
            raise Declined("other-file", f"`{word}` is used in {where}, too, which would have to change with it")


def _check_careless(program: Program, key: Location) -> None:
    """See that nobody removes a lock who looks if it is needed: he would do so for a reason, which a reader has to see.

    Raises:
        Declined: ``removal-form``.
    """
    for writer, access in program.writers_at(key):
        if access.change is Change.DELETE and not is_careless(writer, access):
            place = program.place(writer.function, access.event)
            message = (
                f"`{writer.function.qualname}` ({place}) removes a lock as well, and may know that nobody needs it"
            )
            raise Declined("removal-form", message)


def _removed_at(program: Program, key: Location) -> list[ast.stmt]:
    """Give the statements that take a lock out of the table, each once."""
    found = []
    for writer, access in program.writers_at(key):
        event = writer.function.events[access.event]
        if access.change is Change.DELETE and isinstance(event, Call | Write):
            found.append(statement_at(program.module.tree, writer.function.statements[access.event]))
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class _Filled:
    """``if key not in table: table[key] = Lock()``: what is looked up behind it can be made by the way."""

    statement: ast.If
    key: str
    made: str


class _Repair:
    """What becomes of each mention of the table."""

    def __init__(self, case: Case, mentions: Mentions, removals: list[ast.stmt]) -> None:
        self._case = case
        self._mentions = mentions
        self._tree = mentions.tree
        self.kept = Kept(case.program, mentions.tree)
        self._gone: list[ast.stmt] = []
        self._edits: list[Edit] = []
        for statement in removals:
            self._remove(statement)
        self._filled = list(self._fillings())
        self._gone += [each.statement for each in self._filled]
        self._replaced = [self._look_up(use) for use in mentions.uses if not self._is_gone(use)]

    def edits(self, weak: str) -> Iterator[Edit]:
        """Give the edits, `weak` being what the new table is made by."""
        making = self._mentions.making
        yield self._replace(making.value, f"{weak}()")
        if isinstance(making.statement, ast.AnnAssign):
            said = making.statement.annotation
            if not isinstance(said, ast.Subscript):
                raise Declined("table-made", f"line {said.lineno} says a type that is not understood")
            yield self._replace(said.value, weak)
        yield from self._edits
        yield from (DeleteStatement(self._tree.paths[each.statement]) for each in self._filled)
        yield from (edit for edit in self._replaced if edit is not None)
        yield from self._import_left_over()

    def _replace(self, node: ast.expr, new: str) -> Edit:
        path = self._tree.paths[self._tree.statement(node)]
        return ReplaceExpression(path, self._case.extent(node), self._case.text(node), new)

    def _is_gone(self, node: ast.AST) -> bool:
        return any(each in self._gone for each in (node, *self._tree.around(node)))

    # -- removals ----------------------------------------------------------------------------------------------------

    def _remove(self, statement: ast.stmt) -> None:
        """Take a removal out, with the test that is only there for it."""
        if isinstance(statement, ast.Delete) and len(statement.targets) > 1:
            raise self._declined("removal-form", statement, "removes more than one thing")
        whole = self._whole(statement)
        if whole in self._gone:
            return
        self._gone.append(whole)
        parent, block = self._tree.above[whole], self._tree.block(whole)
        path = self._tree.paths[whole]
        if any(each is not whole and not _is_text(each) for each in block):
            self._edits.append(DeleteStatement(path))
        elif isinstance(parent, ast.Try | ast.TryStar) and path[-1].block == "finalbody":
            self._edits.append(DropFinally(path[:-1]))
        else:
            raise self._declined("removal-form", statement, "is all that its block does")

    def _whole(self, statement: ast.stmt) -> ast.stmt:
        """Give the largest statement around a removal that does nothing else."""
        whole, parent = statement, self._tree.above[statement]
        while isinstance(parent, ast.stmt) and self._is_only_for(parent, whole):
            whole, parent = parent, self._tree.above[parent]
        return whole

    def _is_only_for(self, parent: ast.stmt, statement: ast.stmt) -> bool:
        if isinstance(parent, ast.If):
            return parent.body == [statement] and not parent.orelse and _only_asks(parent.test)
        if isinstance(parent, ast.With):
            names = [
                last_name(item.context_expr.func) for item in parent.items if isinstance(item.context_expr, ast.Call)
            ]
            return parent.body == [statement] and names == ["suppress"]
        if isinstance(parent, ast.Try):
            passed = all(isinstance(each, ast.Pass) for handler in parent.handlers for each in handler.body)
            return parent.body == [statement] and passed and not parent.orelse and not parent.finalbody
        return False

    # -- lookups -----------------------------------------------------------------------------------------------------

    def _fillings(self) -> Iterator[_Filled]:
        """Give the statements that only put a new lock where there is none."""
        for use in self._mentions.uses:
            statement = self._tree.statement(use)
            around = self._tree.above[statement]
            if not isinstance(statement, ast.Assign) or not isinstance(around, ast.If) or self._is_gone(use):
                continue
            target = statement.targets[0]
            alone = around.body == [statement] and not around.orelse and len(statement.targets) == 1
            if not alone or not isinstance(target, ast.Subscript) or target.value is not use:
                continue
            key, table = ast.unparse(target.slice), ast.unparse(use)
            absent = {f"{key} not in {table}", f"not {key} in {table}", f"{table}.get({key}) is None"}
            if ast.unparse(around.test) in absent and self._mentions.is_new_lock(statement.value):
                self._check_key(target.slice, around)
                yield _Filled(around, key, self._case.text(statement.value))

    def _check_key(self, key: ast.expr, behind: ast.stmt) -> None:
        """See that a key can be said again further on, and is the same one then."""
        names = {node.id for node in ast.walk(key) if isinstance(node, ast.Name)}
        if not all(isinstance(node, ast.Name | ast.Constant | ast.Tuple | ast.Load) for node in ast.walk(key)):
            raise self._declined("lookup-form", key, f"works the key `{ast.unparse(key)}` out anew")
        for node in ast.walk(self._tree.function(behind)):
            bound = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names
            if isinstance(node, ast.Name) and bound and node.lineno >= behind.lineno:
                raise self._declined("lookup-form", node, f"gives `{node.id}` another value")

    def _look_up(self, use: ast.Name | ast.Attribute) -> Edit | None:
        """Give the edit by which a lookup makes a lock if there is none; None if it does so already.

        Raises:
            Declined: ``table-used`` or ``lookup-form``.
        """
        above = self._tree.above[use]
        around = self._tree.above[above]
        if isinstance(above, ast.Attribute) and isinstance(around, ast.Call) and around.func is above:
            if above.attr == "setdefault" and len(around.args) == 2 and self._mentions.is_new_lock(around.args[1]):
                self.kept.check(around)
                return None
            if above.attr == "get" and len(around.args) == 1 and self._is_made_behind(around):
                return None
        if isinstance(above, ast.Subscript) and above.value is use and isinstance(above.ctx, ast.Load):
            made = self._mentions.making.factory or self._filled_before(above)
            if not made:
                raise self._declined("lookup-form", above, "looks up a lock that need not be there any more")
            self.kept.check(above)
            return self._replace(above, f"{ast.unparse(use)}.setdefault({self._case.text(above.slice)}, {made})")
        if isinstance(above, ast.Subscript) and isinstance(around, ast.Assign) and self._is_kept_by_name(around, above):
            return None
        raise self._mentions.used(use, "is used for more than to look up a lock of a key")

    def _filled_before(self, lookup: ast.Subscript) -> str:
        """Give what makes the lock that a lookup gives, if it was made there right before it were absent."""
        statement, key = self._tree.statement(lookup), ast.unparse(lookup.slice)
        path = self._tree.paths[statement]
        for each in self._filled:
            own = self._tree.paths[each.statement]
            behind = own[:-1] == path[: len(own) - 1] and own[-1].block == path[len(own) - 1].block
            if each.key == key and behind and own[-1].index < path[len(own) - 1].index:
                return each.made
        return ""

    def _is_made_behind(self, call: ast.Call) -> bool:
        """Tell whether ``lock = table.get(key)`` is followed by ``if lock is None: lock = table[key] = Lock()``."""
        statement = self._tree.statement(call)
        if not isinstance(statement, ast.Assign) or statement.value is not call or not has_name(statement):
            return False
        name = ast.unparse(statement.targets[0])
        block = self._tree.block(statement)
        then = block[block.index(statement) + 1 :][:1]
        asks = then and isinstance(then[0], ast.If) and ast.unparse(then[0].test) in {f"{name} is None", f"not {name}"}
        if not asks or not any(self._stores(node, call) for node in ast.walk(then[0])):
            return False
        self.kept.check_names(statement)
        return True

    def _stores(self, node: ast.AST, call: ast.Call) -> bool:
        stored = node.targets if isinstance(node, ast.Assign) else []
        table = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        wanted = f"{ast.unparse(table)}[{ast.unparse(call.args[0])}]"
        return any(ast.unparse(each) == wanted for each in stored)

    def _is_kept_by_name(self, store: ast.Assign, target: ast.Subscript) -> bool:
        """Tell whether a lock that is stored has a name as well, which keeps it: ``lock = table[key] = Lock()``."""
        if target not in store.targets:
            return False
        if isinstance(store.value, ast.Name):
            block = self._tree.block(store)
            before = block[: block.index(store)][-1:]
            made = before[0] if before and has_name(before[0], store.value.id) and self._makes(before[0]) else None
        else:
            made = store if any(isinstance(each, ast.Name) for each in store.targets) and self._makes(store) else None
        if isinstance(made, ast.Assign):
            self.kept.check_names(made)
        return made is not None

    def _makes(self, statement: ast.stmt) -> bool:
        return isinstance(statement, ast.Assign) and self._mentions.is_new_lock(statement.value)

    # -- what is left over -------------------------------------------------------------------------------------------

    def _import_left_over(self) -> Iterator[Edit]:
        """Take the import of ``defaultdict`` away if nothing but the old table has needed it."""
        tree = self._case.program.module.tree
        for index, node in enumerate(tree.body):
            if not isinstance(node, ast.ImportFrom) or node.module != "collections" or len(node.names) > 1:
                continue
            name = node.names[0].asname or node.names[0].name
            gone = {id(each) for each in ast.walk(self._mentions.making.statement)}
            used = [each for each in ast.walk(tree) if isinstance(each, ast.Name) and each.id == name]
            strings = any(isinstance(each, ast.Constant) and each.value == name for each in ast.walk(tree))
            if used and all(id(each) in gone for each in used) and not strings:
                yield DeleteStatement((BlockStep("body", index),))

    def _declined(self, code: str, node: ast.AST, why: str) -> Declined:
        return Declined(code, f"line {getattr(node, 'lineno', 1)} {why}")


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _only_asks(test: ast.expr) -> bool:
    """Tell whether a test does nothing but to ask: it can be left out together with what it decides."""
    return all(last_name(node.func) in _HARMLESS for node in ast.walk(test) if isinstance(node, ast.Call)) and not any(
        isinstance(node, ast.Await | ast.NamedExpr) for node in ast.walk(test)
    )


REMEDY = Remedy(
    name="lock",
    summary="a table of locks becomes one that forgets a lock when nobody holds it or waits for it",
    conditions=(
        "The table is an attribute of a class, or a variable of the module, and is made at one place as an empty dict, "
        "or a `defaultdict`, of `asyncio.Lock`. All that uses it stands in one file, and looks up the lock of a key, "
        "makes it if there is none, and enters it, returns it or gives it a name. Whoever removes an entry looks at "
        "most if the lock is held, and not if it is needed."
    ),
    safety=(
        "Safe: who holds a lock or waits for it keeps it in the table, and one task cannot tell. Unsafe if the table "
        "has a public name or is looked at by a test, or objects that have it may be copied or sent to other processes."
    ),
    propose=propose,
)
