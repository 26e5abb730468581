"""What the shape of a span says about its consequence: a total that several add to, a thing that should exist once.

The first kind is evidence that several callers are meant; `awaitomic.program.concurrency` weighs it. The second tells a
fill that costs a connection from one that costs a moment.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.knowledge.clocks import CLOCKS
from awaitomic.knowledge.resources import (
    brings_data,
    holds_data,
    is_a_cache,
    is_a_resource,
    is_a_secret,
    makes_a_resource,
    opens_something,
    says_an_end,
)
from awaitomic.model.event import Attribute, Call, Compute, Const, Merge, Name, Operand, Read
from awaitomic.model.location import AttributeStep, Location
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.calls import targets_of
from awaitomic.program.closings import closings, has_closer
from awaitomic.program.concurrency import Hint
from awaitomic.program.facts import WriteFact
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver

_ARITHMETIC = frozenset({"+", "-", "*", "+=", "-=", "*=", "|", "|=", "&", "&="})
_DEPTH = 8


def name_of(location: Location) -> str:
    """Give the last name in a path: ``_client`` of ``self._client``, ``tokens`` of ``self.tokens[user]``."""
    names = [step.name for step in location.steps if isinstance(step, AttributeStep)]
    return names[-1] if names else location.name


def writer_of(program: Program, resolver: Resolver, fact: WriteFact) -> tuple[Resolver, Operand | None]:
    """Give the function in which a write stands, and the operand that is written."""
    if fact.via is None:
        return resolver, fact.access.value
    return program.named(fact.via.write.function), fact.via.write.value


def total(program: Program, resolver: Resolver, fact: WriteFact) -> Hint | None:
    """Say that a write adds to what is there, if it does: totals and balances are kept for several callers."""
    writer, value = writer_of(program, resolver, fact)
    if value is None:
        return None
    event = writer.function.events[writer.origin(value)]
    if not isinstance(event, Compute) or event.operator not in _ARITHMETIC:
        return None
    parts = [writer.function.events[writer.origin(operand)] for operand in event.operands]
    where = fact.via.write.location if fact.via is not None else fact.access.location
    if not any(isinstance(part, Read) and writer.place(part.place) == where for part in parts):
        return None
    return Hint(f"`{fact.access.location}` adds up what several calls bring")


def secret(location: Location) -> Hint | None:
    """Say that a state is a token or session, if its name does: whoever makes requests needs it."""
    return Hint(f"`{location}` is needed by every request") if is_a_secret(name_of(location)) else None


def calls_in(resolver: Resolver, operand: Operand, depth: int = _DEPTH) -> Iterator[tuple[str, bool]]:
    """Give the names of the calls that a value is made with, and whether each was awaited."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if depth <= 0:
        return
    if isinstance(event, Call):
        yield last_name(resolver.function.nodes[event.function]), False
        for inner in (*event.arguments, *(value for _, value in event.keywords), *_chained(resolver, event.function)):
            yield from calls_in(resolver, inner, depth - 1)
    elif isinstance(event, Compute | Merge):
        awaited = isinstance(event, Compute) and event.operator == "awaited"
        for inner in event.operands:
            for name, before in calls_in(resolver, inner, depth - 1):
                yield name, before or awaited
    elif isinstance(event, Read) and isinstance(event.place, Name):
        for value in resolver.values_of(event.place.name):
            yield from calls_in(resolver, value, depth - 1)
    elif isinstance(event, Read) and not isinstance(event.place, Name):
        yield from calls_in(resolver, event.place.base, depth - 1)


def _chained(resolver: Resolver, callee: Operand) -> Iterator[Operand]:
    """Give what a method is called on, if that was awaited: ``(await get()).json()``, ``answer.get("id")``."""
    event = resolver.function.events[callee]
    base = event.place.base if isinstance(event, Read) and isinstance(event.place, Attribute) else None
    made = resolver.function.events[resolver.origin(base)] if base is not None else None
    if base is not None and isinstance(made, Compute) and made.operator == "awaited":
        yield base


def resource(program: Program, resolver: Resolver, fact: WriteFact) -> Hint | None:
    """Say that a write stores a thing that should exist once, by the words of the state and of what makes it."""
    writer, value = writer_of(program, resolver, fact)
    name = name_of(fact.access.location)
    made = [call for call, awaited in calls_in(writer, value) if awaited] if value is not None else []
    by_maker = any(makes_a_resource(call) for call in made) and not holds_data(name)
    by_name = (is_a_resource(name) or any(map(makes_a_resource, _verbs(name)))) and not any(
        brings_data(call) for call in made
    )
    if not by_maker and not by_name:
        return None
    return Hint(f"`{fact.access.location}` is made for all who ask for it")


def makes_one_too_many(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether doing what fills a state twice does more than to cost time.

    What it stores has to be closed, so that the first of two never is: somebody closes what the state holds, its class
    says how to, or a library is asked to open something. A flag says whether something is open.
    """
    writer, value = writer_of(program, resolver, fact)
    if value is None:
        return False
    if isinstance(writer.function.events[value], Const):
        return any(map(opens_something, _verbs(name_of(fact.access.location))))
    made = [call for call, awaited in calls_in(writer, value) if awaited]
    if not made and (fact.via is None or not _is_handed_in(writer, value)):
        return True  # each task stores what is its own
    if has_closer(writer, writer.operand_type(value).name or "") or any(map(opens_something, made)):
        return True
    return next(closings(program, resolver, fact.access.location), None) is not None


def _is_handed_in(resolver: Resolver, value: Operand) -> bool:
    """Tell whether a value is a parameter: what its callers have made, and may have made twice."""
    event = resolver.function.events[resolver.origin(value)]
    place = event.place if isinstance(event, Read) else None
    return isinstance(place, Name) and place.name in resolver.function.parameters


def _verbs(name: str) -> list[str]:
    """Give the verb of a flag: ``_initialized`` says that something was initialized."""
    words = name.strip("_").split("_")
    return [verb for word in words if word.endswith("ed") for verb in (word[:-2], word[:-1])]


def fills_with_data(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write stores what was awaited, and only that: fetching it twice gives the same."""
    if fact.access.change is not Change.ASSIGN or resource(program, resolver, fact) is not None:
        return False
    if is_a_secret(name_of(fact.access.location)):
        return False
    writer, value = writer_of(program, resolver, fact)
    return value is not None and any(awaited for _, awaited in calls_in(writer, value))


def raises_a_flag(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write raises a flag that says that something is over, or looked at: harmless if done twice."""
    writer, value = writer_of(program, resolver, fact)
    event = writer.function.events[value] if value is not None else None
    if not isinstance(event, Const) or event.value is not True:
        return False
    return says_an_end(name_of(fact.access.location)) or resource(program, resolver, fact) is None


def takes_the_time(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write only notes what time it is: who comes second notes the later one, as in any order."""
    writer, value = writer_of(program, resolver, fact)
    node = writer.function.nodes[value] if value is not None else None
    return isinstance(node, ast.Call) and last_name(node.func) in CLOCKS


def fills_a_cache(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write stores something in what is called a cache, and nothing that would have to be closed."""
    return is_a_cache(name_of(fact.access.location)) and resource(program, resolver, fact) is None


def stores_what_was_tested(resolver: Resolver, value: Operand | None, test: ast.AST) -> bool:
    """Tell whether a test compares with the very value that is then written: ``if x != self.x: …; self.x = x``."""
    node = resolver.function.nodes[value] if value is not None else None
    if not isinstance(node, ast.expr) or isinstance(node, ast.Constant):
        return False
    written = ast.dump(node)
    return any(
        isinstance(compare, ast.Compare)
        and isinstance(compare.ops[0], ast.Eq | ast.NotEq | ast.Is | ast.IsNot)
        and not any(isinstance(side, ast.Constant) for side in (compare.left, compare.comparators[0]))
        and written in {ast.dump(compare.left), ast.dump(compare.comparators[0])}
        for compare in ast.walk(test)
    )


_ORDER = ast.Lt | ast.LtE | ast.Gt | ast.GtE


def compares_amounts(test: ast.AST) -> bool:
    """Tell whether a test asks how much there is: ``len(self.conns) > self.limit``."""
    return any(
        isinstance(node, ast.Compare) and any(isinstance(operator, _ORDER) for operator in node.ops)
        for node in ast.walk(test)
    )


def asks_a_limit(resolver: Resolver, test: ast.AST) -> bool:
    """Tell whether a test calls a function of the program that compares amounts: it asks for a limit, not a thing."""
    calls = {id(node) for node in ast.walk(test) if isinstance(node, ast.Call)}
    return any(
        isinstance(node, ast.Compare) and any(isinstance(operator, _ORDER) for operator in node.ops)
        for event in resolver.function.events
        if isinstance(event, Call) and id(resolver.function.nodes[event.id]) in calls
        for target in targets_of(resolver, event)
        for node in target.function.syntax
    )


def asks_the_age(resolver: Resolver, test: ast.AST) -> bool:
    """Tell whether a test compares with the time that it is: something is out of date, ``now - self.at > self.ttl``."""
    return any(
        _tells_time(resolver, node)
        for compare in ast.walk(test)
        if isinstance(compare, ast.Compare)
        for node in ast.walk(compare)
    )


def _tells_time(resolver: Resolver, node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        value = resolver.binding(node.id)
        node = resolver.function.nodes[value] if value is not None else node
    return isinstance(node, ast.Call) and last_name(node.func) in CLOCKS
