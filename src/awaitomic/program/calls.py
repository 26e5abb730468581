"""Which function of the program a call reaches, on which object, and which calls an await waits for."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from itertools import takewhile

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.spawners import AWAITED_ALONE, SPAWN_ALL, gives_task
from awaitomic.model.event import Attribute, Call, Compute, Name, Operand, Read, Scope, Suspend, SuspendWhy
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import ANY_ITEM, AttributeStep, ItemStep, Location, Root
from awaitomic.program.link import Definition
from awaitomic.program.module import is_of_class, is_property
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, How, Target


def targets_of(resolver: Resolver, event: Call) -> tuple[Target, ...]:
    """Give the functions of the program that a call may reach: none if it cannot be told."""
    found = resolver.targets.get(event.id)
    if found is None:
        found = resolver.targets[event.id] = _find_targets(resolver, event)
    return found


def _find_targets(resolver: Resolver, event: Call) -> tuple[Target, ...]:
    return tuple(
        Target(function, receiver, bind_arguments(function, event, skip_first=receiver is not None))
        for function, receiver in functions_at(resolver, event.function)
    )


Reached = tuple[FunctionGraph, Location | None]
"""A function, and what its ``self`` is."""


def functions_at(resolver: Resolver, operand: Operand) -> tuple[Reached, ...]:
    """Give the functions of the program that a value may be: none if it cannot be told."""
    origin = resolver.origin(operand)
    callee = resolver.function.events[origin]
    if isinstance(callee, Compute) and callee.operator == "function":
        node = resolver.function.nodes[origin]
        return tuple((function, None) for function in resolver.module.functions if function.node is node)
    if not isinstance(callee, Read):
        return ()
    if isinstance(callee.place, Name):
        return _by_name(resolver, callee.place)
    return tuple(_by_attribute(resolver, callee.place)) if isinstance(callee.place, Attribute) else ()


_MOST_OVERRIDES = 24
"""A call of what more classes than these define in their own way could do anything: it leads to nothing that is known.
Each object is of one class, so what all of them do together says little, and takes time that grows with its square."""


def _by_name(resolver: Resolver, place: Name) -> tuple[Reached, ...]:
    if resolver.is_of_module(place):
        return _of_definition(resolver, resolver.definition_of(place))
    function = nested_function(resolver, place.name)
    return () if function is None else ((function, None),)


def nested_function(resolver: Resolver, name: str) -> FunctionGraph | None:
    """Give the function that a name stands for where a function around defines it."""
    prefix = resolver.function.qualname
    while prefix:
        function = resolver.module.by_name.get(f"{prefix}.{name}")
        if function is not None and function.class_name != prefix:
            return function
        prefix = prefix.rpartition(".")[0]
    return None


def _of_definition(resolver: Resolver, found: Definition | None) -> tuple[Reached, ...]:
    """Give what a call of a function or class of the program runs; calling a class runs its ``__init__``."""
    if found is None:
        return ()
    link = resolver.module.link
    if found.kind == "class":
        init = link.find_method(found.id, "__init__")
        return ((init, Location(Root.FRESH, resolver.function.id, found.name)),) if init is not None else ()
    function = link.function(found.id) if found.kind == "function" else None
    if function is None:
        return ()
    receiver = Location(Root.CLASS, function.class_id, function.class_name or "") if function.class_id else None
    return ((function, receiver if is_of_class(function) else None),)


def _by_attribute(resolver: Resolver, place: Attribute, most: int = _MOST_OVERRIDES) -> Iterator[Reached]:
    link = resolver.module.link
    base_event = resolver.function.events[place.base]
    if isinstance(base_event, Call) and last_name(resolver.function.nodes[place.base]) == "super":
        found = above_by_super(resolver, base_event, place.attr)
        if found:
            yield found[0], resolver.value(place.base)
        return
    location = resolver.value(place.base)
    typed = resolver.operand_type(place.base)
    if not (typed.name or "").startswith("class:"):
        yield from _of_definition(resolver, resolver.definition_of(place))
        return
    if location is None:
        return
    owner = (typed.name or "").removeprefix("class:")
    method = link.find_method(owner, place.attr)
    mine = method.class_id if method is not None else None
    below = (each.id for each in link.below(owner) if place.attr in each.methods and each.id != mine)
    overriding = [each for each in below if not _never_runs_on_one(resolver, location, each)]
    if len(overriding) > most:
        return
    if method is not None and not is_property(method):
        yield method, location
    for override in (link.own_method(each, place.attr) for each in overriding):
        if override is not None:
            yield override, location


def above_by_super(resolver: Resolver, call: Call, name: str) -> tuple[FunctionGraph, ...]:
    """Give the methods of a name that a call of ``super`` may look up on the object itself, the nearest one first.

    ``super(Base, self)`` begins behind ``Base``, wherever it is written. What else it is given is not understood: then
    nothing is known to be meant.
    """
    start: str | None = resolver.function.class_id
    above = resolver.module.link.lineage(start or "")
    if call.keywords or len(call.arguments) not in {0, 2}:
        return ()
    if call.arguments:
        start = _class_named(resolver, call.arguments[0])
        own = resolver.receiver()
        if own is None or resolver.value(call.arguments[1]) != own:
            return ()
    at = next((index for index, facts in enumerate(above) if facts.id == start), len(above))
    return tuple(facts.methods[name] for facts in above[at + 1 :] if name in facts.methods)


def _class_named(resolver: Resolver, operand: Operand) -> str | None:
    """Give the class that a name stands for, which may also be that of the method in a function around it."""
    named = resolver.function.events[resolver.origin(operand)]
    place = named.place if isinstance(named, Read) else None
    own = resolver.function.class_id
    if own is not None and isinstance(place, Name) and place.scope is Scope.CLOSURE:
        return own if place.name in {"__class__", qualname_of(own).rpartition(".")[2]} else None
    found = resolver.definition_of(place) if place is not None else None
    return found.id if found is not None else None


def all_meant(resolver: Resolver, place: Attribute) -> list[FunctionGraph]:
    """Give the methods that reading an attribute may mean, however many classes have one of their own."""
    return [function for function, _ in _by_attribute(resolver, place, sys.maxsize)]


def _never_runs_on_one(resolver: Resolver, receiver: Location, overriding: str) -> bool:
    """Tell whether every class that has an override also replaces the method that makes the call on ``self``.

    Then the two never run on one object, unless the replacement goes on to what it replaces, by ``super()``.

    Parameters: `overriding` is the class that defines the override.
    """
    caller, link = resolver.function, resolver.module.link
    name = getattr(caller.node, "name", "")
    its_own = caller.class_id is not None and caller.qualname == f"{qualname_of(caller.class_id)}.{name}"
    if receiver.root is not Root.SELF or receiver.steps or not its_own:
        return False
    having = [overriding, *(each.id for each in link.below(overriding))]
    return all(_replaces(resolver, each, name) for each in having)


def _replaces(resolver: Resolver, class_id: str, name: str) -> bool:
    """Tell whether a class runs another method of that name, and none of its own that goes on to the first."""
    link, replaced = resolver.module.link, resolver.function
    meant = link.find_method(class_id, name)
    if meant is None or meant is replaced:
        return False
    above = link.lineage(class_id)
    between = list(takewhile(lambda facts: facts.methods.get(name) is not replaced, above))
    last = max(index for index, facts in enumerate(between) if name in facts.methods)
    nearest = between[last:]  # what calls `super()` further down comes to the replacement
    return not any(_goes_on_above(method, name) for facts in nearest for method in facts.methods.values())


def _goes_on_above(method: FunctionGraph, name: str) -> bool:
    """Tell whether a method calls ``super().name(...)``, or names it on a class: ``Base.name(self)``."""
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and (last_name(node.value) == "super" or last_name(node.value)[:1].isupper())
        for node in method.nodes
    )


def bind_arguments(
    function: FunctionGraph, event: Call, *, skip_first: bool, start: int = 0
) -> tuple[tuple[str, Operand], ...]:
    """Match the arguments of a call, from the one at `start` on, to the parameters of the callee."""
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return ()
    positional = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    static = any(last_name(decorator) == "staticmethod" for decorator in node.decorator_list)
    if skip_first and not static:
        positional = positional[1:]
    bound = list(zip(positional, event.arguments[start:], strict=False))
    bound.extend((name, value) for name, value in event.keywords if name is not None)
    return tuple(bound)


def parameter_default(function: FunctionGraph, name: str) -> ast.expr | None:
    """Give the default of a parameter as an expression, or None if it has none."""
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    positional = [*node.args.posonlyargs, *node.args.args]
    for argument, default in zip(reversed(positional), reversed(node.args.defaults), strict=False):
        if argument.arg == name:
            return default
    for argument, keyword_default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if argument.arg == name:
            return keyword_default
    return None


def awaited_calls(resolver: Resolver, event: Suspend) -> tuple[AwaitedCall, ...]:
    """Give the calls of functions of the program whose effects happen while the function waits at `event`."""
    if event.awaited is None:
        return ()
    if event.why is SuspendWhy.AWAIT:
        return tuple(unwrapped(resolver, event.awaited, How.DIRECT))
    method = {
        SuspendWhy.ASYNC_ENTER: "__aenter__",
        SuspendWhy.ASYNC_EXIT: "__aexit__",
        SuspendWhy.ASYNC_FOR: "__anext__",
    }.get(event.why)
    if method is None:
        return ()
    location = resolver.value(event.awaited)
    typed = resolver.operand_type(event.awaited)
    if location is None or not (typed.name or "").startswith("class:"):
        return ()
    function = resolver.module.find_method((typed.name or "").removeprefix("class:"), method)
    return (AwaitedCall(event.awaited, How.DIRECT, (Target(function, location),)),) if function is not None else ()


def unwrapped(resolver: Resolver, operand: Operand, how: How) -> Iterator[AwaitedCall]:
    """Give the calls of functions of the program that run while an operand is waited for in this way."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if isinstance(event, Compute) and event.operator in {"starred", "generator", "comprehension", "list", "tuple"}:
        for inner in event.operands:
            yield from unwrapped(resolver, inner, how)
        return
    if not isinstance(event, Call):
        return
    targets = targets_of(resolver, event)
    if targets:
        yield AwaitedCall(origin, how, targets)
        return
    wrapper = last_name(resolver.function.nodes[event.function])
    first = _awaitable(event)
    if wrapper in AWAITED_ALONE and first is not None:
        inner_how = alone_in(wrapper)
        # A timeout around a shield ends the wait and not the call.
        yield from unwrapped(resolver, first, inner_how if how in {How.DIRECT, How.WAIT_FOR} else how)
    elif wrapper in SPAWN_ALL:
        for argument in event.arguments:
            yield from unwrapped(resolver, argument, How.GATHER)
    elif gives_task(wrapper) and first is not None:
        yield from unwrapped(resolver, first, How.TASK)


def alone_in(wrapper: str) -> How:
    """Tell how a wrapper of one awaitable, such as ``wait_for``, waits for what it is given."""
    return {"wait_for": How.WAIT_FOR, "timeout": How.WAIT_FOR, "shield": How.SHIELD}.get(wrapper, How.TASK)


_AWAITABLE_NAMES = frozenset({"fut", "coro", "arg", "aw"})
"""What the parameter for the one awaitable is called in asyncio's wrappers."""


def _awaitable(event: Call) -> Operand | None:
    """Give the one awaitable that a wrapper such as ``wait_for`` is called with, by position or by name."""
    if event.arguments:
        return event.arguments[0]
    return next((value for name, value in event.keywords if name in _AWAITABLE_NAMES), None)


def is_awaited(resolver: Resolver, call: Operand) -> bool:
    """Tell whether the function itself waits for what a call gives, directly or through ``wait_for`` and its kin."""
    for event in resolver.function.events:
        if not isinstance(event, Suspend) or event.awaited is None:
            continue
        origin = resolver.origin(event.awaited)
        if origin == call:
            return True
        wrapper = resolver.function.events[origin]
        if not isinstance(wrapper, Call) or last_name(resolver.function.nodes[wrapper.function]) not in AWAITED_ALONE:
            continue
        if any(resolver.origin(argument) == call for argument in wrapper.arguments):
            return True
    return False


def translate(resolver: Resolver, target: Target, location: Location) -> Location | None:
    """Say in the caller's terms which location of the callee is meant, or None if the caller has no name for it."""
    if location.root is Root.GLOBAL or location.root is Root.CLOSURE:
        return location
    if location.root is Root.CLASS:
        return location
    if location.root is Root.SELF and target.receiver is None and _is_inside(target.function, resolver):
        return location  # a function in a method speaks of the method's own object
    if location.root is Root.SELF:
        base = target.receiver
    elif location.root is Root.PARAMETER:
        operand = next((operand for name, operand in target.arguments if name == location.name), None)
        base = resolver.value(operand) if operand is not None else None
    else:
        return None
    if base is None or base.root is Root.FRESH:
        return None
    return base.along(
        tuple(step if isinstance(step, AttributeStep) else _key(resolver, target, step) for step in location.steps)
    )


def _is_inside(function: FunctionGraph, resolver: Resolver) -> bool:
    """Tell whether a function stands in another one, or beside it in the same method; and not in a class there."""
    own = resolver.function
    if function.class_name is not None or function.module != own.module:
        return False
    around = function.qualname.rpartition(".")[0]
    return f"{own.qualname}.".startswith(f"{around}.") or function.qualname.startswith(f"{own.qualname}.")


def _key(resolver: Resolver, target: Target, step: ItemStep) -> ItemStep:
    """Say in the caller's terms which entry is meant: the argument's, a literal, or some unknown one."""
    operand = next((operand for name, operand in target.arguments if name == step.text), None)
    if operand is not None:
        return resolver.key(operand)
    return step if step.is_literal else ANY_ITEM
