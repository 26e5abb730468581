"""Whether code that an edit moves past can change, or look at, the state that the edit is about.

Calls into the file are followed as far as they go. What is not known counts as harmful only if it gets hold of the
object that has the state: the object itself, one of its methods, or a method of its that is defined elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import MUTATORS
from awaitomic.model.event import Attribute, Call, Compute, Const, Event, Item, Operand, Read, Suspend, Write
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.model.position import StatementPath
from awaitomic.program.accesses import FORGETS, access_of
from awaitomic.program.calls import awaited_calls, targets_of, translate
from awaitomic.program.coroutines import referenced
from awaitomic.program.names import dotted, last_name
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.implicit import implicit_methods
from awaitomic.remedies.shared.strangers import (
    loose_functions,
    methods_called,
    names_builtin,
    other_name_of,
    runs_unknown,
    shared_containers,
    wrappers_around,
)

_HARMLESS = frozenset("print len isinstance id repr str type super hasattr getattr bool hash callable format".split())
_LOGGERS = frozenset("log logger logging".split())


@dataclass(slots=True)
class Touch:
    """What was found: sentences on accesses that happen, and on those that cannot be excluded."""

    writes: list[str] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    """Those of the writes that bring something in, rather than reset or remove."""
    reads: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def may_write(self) -> bool:
        """Whether the state may be written."""
        return bool(self.writes or self.unknown)


class _Search:
    def __init__(self, case: Case, keys: frozenset[Location], *, strangers: bool = True) -> None:
        self._case = case
        self._program = case.program
        self._keys = keys
        self._strangers = strangers
        self._strange: set[int] = set()
        """Functions that were looked at because they may run though no call names them: once is enough."""
        self._loose_seen = False
        self._seen: dict[int, FunctionGraph] = {}
        self.found = Touch()

    def event(self, resolver: Resolver, event: Event, *, direct: bool) -> None:
        access = access_of(resolver, event)
        where = resolver.function.qualname
        if access is not None and self._concerns(resolver.key_of(access.location)):
            sentence = f"`{where}` writes `{access.location}`"
            self.found.writes.append(sentence)
            if access.change not in FORGETS:
                self.found.news.append(sentence)
        elif isinstance(event, Read) and not direct:
            location = resolver.place(event.place)
            if location is not None and resolver.key_of(location) in self._keys:
                self.found.reads.append(f"`{where}` reads `{location}`")
        elif (other := other_name_of(resolver, event, self._keys)) is not None:
            self.found.unknown.append(f"`{where}` writes `{other}`, which may be the same object")
        self._stranger(resolver, event)
        if isinstance(event, Call):
            self._call(resolver, event)
        elif isinstance(event, Suspend):
            for call in awaited_calls(resolver, event):
                for target in call.targets:
                    self.function(target.function)

    def _stranger(self, resolver: Resolver, event: Event) -> None:
        """Note what an event may run that no call names."""
        where = resolver.function.qualname
        if not self._strangers:
            self._named(resolver, event)
            return
        if not self._loose_seen and runs_unknown(resolver, event):
            self._loose_seen = True
            self._run_by(loose_functions(self._program), where)
        self._by_name(resolver, event)
        if not isinstance(event, Call) or targets_of(resolver, event):
            return
        self._run_by(methods_called(self._program, resolver, event, self._keys), where)

    def _named(self, resolver: Resolver, event: Event) -> None:
        """Follow a call on an object of unknown class by its name alone."""
        if isinstance(event, Call) and not targets_of(resolver, event):
            for function in methods_called(self._program, resolver, event, self._keys):
                self.function(function)

    def _by_name(self, resolver: Resolver, event: Event) -> None:
        """Note where names are looked up that only the running program knows."""
        where = resolver.function.qualname
        node = resolver.function.nodes[event.id]
        of_module = any(key.root is Root.GLOBAL for key in self._keys)
        if isinstance(event, Read) and of_module and dotted(node, resolver.module.imports) == "sys.modules":
            self.found.unknown.append(f"`{where}` reaches modules by name")
        if not isinstance(event, Call):
            return
        called = last_name(resolver.function.nodes[event.function])
        if called == "globals" and of_module:
            self.found.unknown.append(f"`{where}` looks module variables up by name")
        name = event.arguments[1] if called == "getattr" and len(event.arguments) > 1 else None
        if name is not None and not isinstance(resolver.function.events[name], Const):
            self.found.unknown.append(f"`{where}` looks an attribute up by a name that is computed")

    def _run_by(self, functions: Iterable[FunctionGraph], where: str) -> None:
        """Note which of the functions, that may run now though no call says so, write the state."""
        names: list[str] = []
        for function in functions:
            if id(function) in self._strange:
                continue
            self._strange.add(id(function))
            search = _Search(self._case, self._keys, strangers=False)
            search.function(function)
            if search.found.may_write:
                names.append(f"`{function.qualname}`")
        if len(names) == 1:
            self.found.unknown.append(f"`{where}` may run {names[0]}, which writes the state")
        elif names:
            others = "another one" if len(names) == 2 else f"{len(names) - 1} others"
            self.found.unknown.append(f"`{where}` may run {names[0]} and {others}, which write the state")

    def implicit(self, paths: Iterable[StatementPath]) -> None:
        """Note the special methods and properties that write the state and may run in the code that was searched."""
        code: list[ast.AST] = [self._case.statement(path) for path in paths if path]
        code += [function.node for function in self._seen.values()]
        self._run_by(implicit_methods(self._program, code), self._case.function.qualname)

    def function(self, function: FunctionGraph) -> None:
        if id(function) in self._seen:
            return
        self._seen[id(function)] = function
        resolver = self._program.resolver(function)
        for event in function.events:
            self.event(resolver, event, direct=False)
        self._run_by(wrappers_around(self._program, resolver), function.qualname)

    def _concerns(self, written: Location) -> bool:
        """Tell whether a write is of one of the states, of something that holds it, or of something in it."""
        for key in self._keys:
            if (key.root, key.owner, key.name) != (written.root, written.owner, written.name):
                continue
            shorter = min(len(key.steps), len(written.steps))
            if key.steps[:shorter] == written.steps[:shorter]:
                return True
        return False

    def _call(self, resolver: Resolver, event: Call) -> None:
        targets = targets_of(resolver, event)
        for target in targets:
            self.function(target.function)
            self._hand_in(resolver, event, target.function)
        operands = [*event.arguments, *(value for _, value in event.keywords)]
        for operand in operands:
            self._handed_out(resolver, operand)
        node = resolver.function.nodes[event.function]
        callee = resolver.function.events[event.function]
        if targets or _is_harmless(resolver, node, callee):
            return
        if isinstance(callee, Read) and isinstance(callee.place, Attribute):
            base = callee.place.base
            if resolver.operand_type(base).name not in MUTATORS:  # what a known container's methods do is known
                operands.append(base)
        for operand in operands:
            if self._is_holder(resolver, operand):
                text = ast.unparse(node)
                self.found.unknown.append(f"`{text}` gets the object, and what it does to it is not known")
                return

    def _hand_in(self, resolver: Resolver, event: Call, function: FunctionGraph) -> None:
        """Note a container of the state that is handed to a function which changes what it is given."""
        for operand in [*event.arguments, *(value for _, value in event.keywords)]:
            location = resolver.value(operand)
            if location is None or not (location.steps or location.root is Root.GLOBAL):
                continue
            if self._is_holder(resolver, operand) and any(
                isinstance(inner, Call) or (isinstance(inner, Write) and isinstance(inner.place, Item))
                for inner in function.events
            ):
                self.found.unknown.append(f"`{function.qualname}` gets `{location}`, and may change it")

    def _is_holder(self, resolver: Resolver, operand: Operand) -> bool:
        event = resolver.function.events[operand]
        if isinstance(event, Compute):
            return event.operator in {"tuple", "list", "dict", "set", "starred"} and any(
                self._is_holder(resolver, inner) for inner in event.operands
            )
        location = resolver.value(operand)
        if location is None:
            return False
        mine = resolver.key_of(location)
        return any(
            (key.root, key.owner, key.name) == (mine.root, mine.owner, mine.name)
            and len(mine.steps) < len(key.steps)
            and key.steps[: len(mine.steps)] == mine.steps
            for key in self._keys
        )

    def _handed_out(self, resolver: Resolver, operand: Operand) -> None:
        """Look into functions that are passed on: they may be called back at once."""
        event = resolver.function.events[operand]
        if isinstance(event, Read):
            function = referenced(resolver, event)
            if function is not None:
                self.function(function)
        elif isinstance(event, Compute) and event.operator in {"lambda", "function"}:
            node = resolver.function.nodes[operand]
            for other in self._program.unit_of(resolver.function).resolvers:
                if other.function.node is node:
                    self.function(other.function)


def _is_harmless(resolver: Resolver, node: ast.AST, callee: Event) -> bool:
    if isinstance(node, ast.Name):
        return node.id in _HARMLESS and names_builtin(resolver, callee)
    return isinstance(node, ast.Attribute) and last_name(node.value).strip("_").lower() in _LOGGERS


def touches(case: Case, events: Sequence[int], states: Iterable[Location], more: Iterable[Location] = ()) -> Touch:
    """Find what some events of a case's function do to states, directly or through calls.

    Parameters:
        case: the case.
        events: ids of events of its function. Their own reads are not reported, only those of what they call.
        states: locations in the function's terms.
        more: locations in the terms of the whole file, as `read_by_calls` gives them.
    """
    resolver = case.resolver
    keys = frozenset([*(resolver.key_of(state) for state in states), *more])
    search = _Search(case, keys.union(shared_containers(case.program, keys)))
    for event in events:
        search.event(resolver, resolver.function.events[event], direct=True)
    search.implicit({case.path(event) for event in events})
    return search.found


def read_by_calls(case: Case, events: Iterable[int]) -> set[Location]:
    """Give the changing state, in the terms of the whole file, that calls among some events read by themselves."""
    found: set[Location] = set()
    pending = [
        target
        for event in events
        if isinstance(call := case.function.events[event], Call)
        for target in targets_of(case.resolver, call)
    ]
    for target in pending:
        callee = case.program.resolver(target.function)
        for read in target.function.events:
            location = callee.place(read.place) if isinstance(read, Read) else None
            if location is None:
                continue
            mine = translate(case.resolver, target, location)
            for resolver, one in ((callee, location), (case.resolver, mine)):
                if one is not None and case.program.changes(resolver, one):
                    found.add(resolver.key_of(one))
    return found


def may_change(case: Case, location: Location) -> bool:
    """Tell whether state is written after construction: by its own name, or as an attribute of some other object."""
    if case.program.changes(case.resolver, location):
        return True
    step = location.steps[-1] if location.steps else None
    return isinstance(step, AttributeStep) and any(
        isinstance(node, ast.Attribute)
        and node.attr == step.name
        and not isinstance(node.ctx, ast.Load)
        and not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
        for node in ast.walk(case.program.module.tree)
    )


def written_here(case: Case, states: Iterable[Location]) -> list[str]:
    """Say which states, other than that of the case, its function writes itself and would now read later.

    Another task may write them in between: the value would no longer go with what this function has stored.
    """
    own = case.resolver.key_of(case.fact.access.location)
    keys = {case.resolver.key_of(state) for state in states} - {own}
    accesses = [access_of(case.resolver, event) for event in case.function.events]
    written = {case.resolver.key_of(access.location): access.location for access in accesses if access is not None}
    return [f"`{written[key]}` is written by this function, too, and read later" for key in keys & written.keys()]
