"""On which object a task starts, as far as the code shows it: two that surely run at one time may each have another.

What is written in a task's own function says only *an object of this class*, and *the entry of this key*. Going up the
callers, the object stays in sight as long as each calls a method of its own object, or hands on what it was handed
itself; so does a key. Whoever comes to the object through an attribute or an entry of something else may have others of
its kind, but for one that is looked up once for all tasks, or never changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from awaitomic.model.event import Call, Compute, Const, Event, Name, Operand, Read, Scope
from awaitomic.model.identity import identity
from awaitomic.model.location import AttributeStep, ItemStep, Location, Root
from awaitomic.program.callers import in_loop
from awaitomic.program.elements import element_of
from awaitomic.program.module import is_construction

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Site, Spawn
    from awaitomic.program.resolve import Resolver

LOST = ""
"""Which object it is cannot be said."""
_ITS_OWN = "?"
"""The object of the function that the walk has come to, or what it was handed: its callers say which one that is."""
_OF_MAKER = "self"
"""The object on which the method runs that makes the task."""
_EVERYBODYS = "everybody's"
_FOR_ALL = frozenset({Root.GLOBAL, Root.CLASS})
_ONE_OF_MANY = frozenset({"next", "unpack"})
"""How a loop gives what it goes over."""


class Sight(NamedTuple):
    """What is seen of the object that a state belongs to, and of its key, at one function on the way up the callers."""

    on: str = LOST
    by: str = ""
    """The parameter by which the function is given the key of the state, if each run brings one."""
    key: str = ""
    """What is given for that parameter, once that is known; with what is taken of it."""


def at_first(resolver: Resolver, state: Location, own: Location) -> Sight:
    """Give what is seen at the function that has a state.

    Parameters:
        resolver: that function.
        state: the state, as the function with the span knows it.
        own: the same, as this function knows it.
    """
    on = _EVERYBODYS if state.root in _FOR_ALL else LOST
    on = _ITS_OWN if state.root in {Root.SELF, Root.CLOSURE} else on
    parameter, _, rest = key_of_run(resolver, own).partition(".")
    if not parameter:
        return Sight(on)
    plain = parameter in resolver.function.parameters and not resolver.is_bound(parameter)
    if not plain or not all(part.isidentifier() for part in rest.split(".") if rest):
        return Sight()
    return Sight(on, parameter, rest)


def of_caller(state: Location, sight: Sight, called: FunctionGraph, call: Site, held: Location | None) -> Sight:
    """Give what is seen at a caller.

    Parameters:
        state: the state in question.
        sight: what is seen at the function that is called.
        called: that function.
        call: the call.
        held: what the call is made on, or hands over; None for a function that is no method.
    """
    on, key = _object_of_caller(state, sight.on, called, call.resolver, held), _key_of_caller(call, sight)
    return Sight(on, *key) if on and key is not None else Sight()


def of_task(program: Program, state: Location, sight: Sight, call: Spawn, held: Location | None) -> str:
    """Give the object on which a task runs, in words that are equal for two tasks only if they surely have one object.

    The parameters are those of `of_caller`, for who makes the task and the function that the task runs. Where the state
    has a key that each run brings, the words tell that, too.
    """
    on = _object_of_task(state, sight.on, call.target.function, call.resolver, held)
    if on == LOST and sight.on == _ITS_OWN and held is not None and held.steps and state.root is not Root.CLOSURE:
        on = _reached(program, call.resolver, held)
    key = _key_of_task(call, sight)
    return f"{on}{key}" if on and key is not None else LOST


def are_one(left: str, right: str) -> bool:
    """Tell whether two tasks surely run on one object."""
    return left == right != LOST


def is_reached_alike(mine: tuple[Resolver, Location], theirs: tuple[Resolver, Location]) -> bool:
    """Tell whether two functions come to a state in one way, from their own object or from what is everybody's.

    Where one goes through an attribute of its object, and the other does not, the tasks' objects say nothing.
    """
    (_, left), (_, right) = mine, theirs
    if left.root in _FOR_ALL and right.root in _FOR_ALL:
        return True
    return left.root is right.root and _way_to_owner(*mine) == _way_to_owner(*theirs)


def _way_to_owner(resolver: Resolver, state: Location) -> Location:
    """Give the path to the object whose attribute a state is, keys left open; of one's own object that is ``self``."""
    kept = len(state.steps) - len(resolver.key_of(state).steps)
    owner = state.owner if state.root is Root.CLOSURE else ""
    return Location(state.root, owner, "", state.anywhere().steps[:kept])


# -- keys --------------------------------------------------------------------------------------------------------


def key_of_run(resolver: Resolver, state: Location) -> str:
    """Give the key that each run brings itself, under which a state is kept; empty if there is none.

    Two runs meet only if they bring the same: a parameter, what came out of a queue, an item that a loop goes over.
    """
    receiver = resolver.receiver()
    for index, step in enumerate(state.steps):
        if not isinstance(step, ItemStep) or step.is_literal or step.text == "*":
            continue
        root = step.text.partition(".")[0].partition("(")[0].partition("[")[0]
        if (receiver is None or root != receiver.name) and _is_local(resolver, root):
            within = Location(state.root, state.owner, state.name, state.steps[: index + 1])
            if not _is_gone_over(resolver, step.text, within):
                return step.text
    return ""


def _is_gone_over(resolver: Resolver, name: str, entry: Location) -> bool:
    """Tell whether a key only stands for the entries of a loop over their container: each run comes to all of them."""
    bound = {each: resolver.binding(each) for each in resolver.bindings}  # of two names, the other may be the entry's
    step = _step_of_loop(resolver, bound.get(name))
    return step is not None and any(
        value is not None
        and _step_of_loop(resolver, value) == step
        and isinstance(event := resolver.function.events[value], Compute)
        and element_of(resolver, event, each) == entry
        for each, value in bound.items()
    )


def _step_of_loop(resolver: Resolver, value: Operand | None) -> Operand | None:
    """Give the step of a loop that a value is, or is one piece of."""
    event = resolver.function.events[value] if value is not None else None
    if not isinstance(event, Compute) or event.operator not in _ONE_OF_MANY:
        return None
    return event.operands[0] if event.operator == "unpack" and event.operands else value


def _is_local(resolver: Resolver, name: str) -> bool:
    scope: Resolver | None = resolver
    while scope is not None and not scope.is_module:
        if scope.is_bound(name) or name in scope.function.parameters:
            return True
        scope = scope.outer
    return not name.isidentifier()  # a key that is worked out: ``(a, b)``, ``f"{a}"``


def _key_of_caller(call: Site | Spawn, sight: Sight) -> tuple[str, str] | None:
    """Give the parameter by which a caller is given the key, and what is known of it; None if that is lost."""
    if not sight.by:
        return "", sight.key
    given = _given(call, sight.by)
    if isinstance(given, Const):
        return "", f"[{given.value!r}]{sight.key}"
    parameter = _handed_on(call.resolver, given)
    return (parameter, sight.key) if parameter else None


def _key_of_task(call: Spawn, sight: Sight) -> str | None:
    found = _key_of_caller(call, sight)
    if found is not None:
        by, key = found
        return f"[{call.resolver.function.id} {by}]{key}" if by else key
    given = _given(call, sight.by)
    name = given.place.name if isinstance(given, Read) and isinstance(given.place, Name) else ""
    return f"[{call.resolver.function.id} {name}]{sight.key}" if _is_bound_once(call.resolver, name) else None


def _given(call: Site | Spawn, parameter: str) -> Event | None:
    """Give the event that yields what a call hands over for a parameter."""
    operand = next((each for name, each in call.target.arguments if name == parameter), None)
    return call.resolver.function.events[operand] if operand is not None else None


def _handed_on(resolver: Resolver, given: Event | None) -> str:
    """Give the parameter that a value is, if the function never binds that anew."""
    place = given.place if isinstance(given, Read) else None
    if not isinstance(place, Name) or place.scope is not Scope.PARAMETER or resolver.is_bound(place.name):
        return ""
    return place.name


# -- objects -----------------------------------------------------------------------------------------------------


def _object_of_caller(state: Location, on: str, called: FunctionGraph, caller: Resolver, held: Location | None) -> str:
    if on != _ITS_OWN:
        return on
    if state.root is Root.CLOSURE:
        return _ITS_OWN if _is_inside(caller.function.id, state.owner) else LOST
    if held is None:
        return _ITS_OWN if _is_inside(called.id, caller.function.id) else LOST
    if held.root in {Root.SELF, Root.PARAMETER} and not held.steps:
        return _ITS_OWN
    if held.root is Root.CLOSURE and held.owner == caller.function.id:
        return LOST  # each run of the caller makes another
    return _named(caller, held)


def _object_of_task(state: Location, on: str, started: FunctionGraph, maker: Resolver, held: Location | None) -> str:
    if on == _ITS_OWN and held is not None and held.root in {Root.FRESH, Root.CLOSURE, Root.PARAMETER}:
        return _named(maker, held) if state.root is not Root.CLOSURE else LOST
    found = _object_of_caller(state, on, started, maker, held)
    if found != _ITS_OWN:
        return found
    return state.owner if state.root is Root.CLOSURE else _OF_MAKER


def _named(resolver: Resolver, held: Location) -> str:
    """Give a variable by its full name, if it stands for one object: of the module, handed over, or bound just once."""
    if held.steps:
        return LOST
    if held.root is Root.GLOBAL:
        return identity(held.owner, held.name)
    if held.root is Root.PARAMETER:
        return f"{held.owner} {held.name}"
    if held.root not in {Root.CLOSURE, Root.FRESH}:
        return LOST
    scope: Resolver | None = resolver
    while scope is not None and scope.function.id != held.owner:
        scope = scope.outer
    return f"{held.owner} {held.name}" if scope is not None and _is_bound_once(scope, held.name) else LOST


def _reached(program: Program, maker: Resolver, held: Location) -> str:
    """Name what who makes the tasks comes to by attributes, if that is one object for all that one run of it makes.

    It is where the run looks it up just once (``counter = self.counter``), or only constructors ever set it.
    """
    plain = all(isinstance(step, AttributeStep) for step in held.steps)
    if plain and (_is_looked_up_once(maker, held) or _is_only_constructed(program, maker, held)):
        return f"{maker.function.id} {held}"
    return LOST


def _is_looked_up_once(maker: Resolver, held: Location) -> bool:
    looks = [
        event.id
        for event in maker.function.events
        if (isinstance(event, Call) or (isinstance(event, Read) and not isinstance(event.place, Name)))
        and maker.value(event.id) == held
    ]
    return len(looks) == 1 and not in_loop(maker, looks[0])


def _is_only_constructed(program: Program, maker: Resolver, held: Location) -> bool:
    """Tell whether each attribute on a way from the maker's own object is set, and by constructors only."""
    if held.root is not Root.SELF or is_construction(maker.function):
        return False
    for length in range(1, len(held.steps) + 1):
        part = Location(held.root, held.owner, held.name, held.steps[:length])
        writers = list(program.writers_at(maker.key_of(part)))
        if not writers or not all(is_construction(writer.function) for writer, _ in writers):
            return False
        if program.property_at(maker, part) is not None or any(program.changing_writers(maker, part)):
            return False
    return True


def _is_bound_once(resolver: Resolver, name: str) -> bool:
    """Tell whether a local stands for one thing as long as the function runs."""
    value = resolver.binding(name)
    if value is None or in_loop(resolver, value):
        return False
    event = resolver.function.events[value]
    return not (isinstance(event, Compute) and event.operator in _ONE_OF_MANY)


def _is_inside(inner: str, outer: str) -> bool:
    """Tell whether a function is another one, or stands in it."""
    return inner == outer or inner.startswith(f"{outer}.")
