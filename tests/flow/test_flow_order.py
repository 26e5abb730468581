"""The order of events, proved by running: CPython and the event graph must do the same to recording values."""

from __future__ import annotations

import ast
import warnings
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awaitomic.flow.lower import lower_module
from flow.expressions import NAMES, Kind
from flow.interpreter import Interpreter
from flow.programs import KINDS, Writer, functions
from flow.recording import LIMIT, ExhaustedError, FirstError, SecondError, Suppressor, Value, World, describe

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Generator

Outcome = tuple[list[tuple[object, ...]], str, object]


def _module(world: World) -> dict[str, object]:
    def suppress(argument: object) -> Suppressor:
        del argument
        made = world.value()
        return Suppressor(world, made.number)

    return {
        "FirstError": FirstError,
        "SecondError": SecondError,
        "Value": Value,
        "suppress": suppress,
        "tuple": tuple,
        "BaseException": BaseException,
        "int": int,
        "g": world.value(),
        "m": world.value(),
    }


def _outcome(world: World, kind: str, value: object) -> Outcome:
    return world.journal, kind, value


def _drive(world: World, running: Generator[None, None, object] | Coroutine[None, None, object]) -> Outcome:
    """Run to the end whatever asks to be resumed."""
    try:
        while True:
            running.send(None)
    except StopIteration as stop:
        return _outcome(world, "returned", describe(stop.value))
    except BaseException as error:  # noqa: BLE001 - any exception is an outcome
        return _outcome(world, "raised", _shape(error))


def _shape(error: BaseException) -> object:
    """Name an exception; of a group the leaves, because how groups are nested says nothing about the order."""
    return sorted(_leaves(error)) if isinstance(error, BaseExceptionGroup) else _leaves(error)


def _leaves(error: BaseException) -> list[str]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    # Which kind of NameError an unbound name of a comprehension gives differs between versions.
    return ["NameError" if isinstance(error, NameError) else type(error).__name__]


def _consume(world: World, running: Generator[object, object, object]) -> Generator[None, None, object]:
    """Consume a generator: each value that it yields is recorded and answered."""
    answer: Any = None
    error: BaseException | None = None
    while True:
        try:
            value = running.throw(error) if error is not None else running.send(answer)
        except StopIteration as stop:
            return stop.value
        error = None
        try:
            world.note("yield", value)
            answer = world.value()
        except (FirstError, ExhaustedError) as raised:
            error = raised
        yield


def _consume_async(world: World, running: AsyncGenerator[object, object]) -> Generator[None, None, object]:
    answer: Any = None
    error: BaseException | None = None
    while True:
        try:
            step = running.athrow(error) if error is not None else running.asend(answer)
            value = yield from step.__await__()
        except StopAsyncIteration:
            return None
        error = None
        try:
            world.note("yield", value)
            answer = world.value()
        except (FirstError, ExhaustedError) as raised:
            error = raised


def _observe(source: str, kind: Kind, tape: bytes) -> Outcome:
    """Run the source in CPython."""
    world = World(tape)
    module = _module(world)
    arguments = [world.value() for _ in NAMES]
    exec(compile(source, "<generated>", "exec", dont_inherit=True), module)
    function: Any = module["f"]
    if kind.generator:
        consume: Any = _consume_async if kind.asynchronous else _consume
        return _drive(world, consume(world, function(*arguments)))
    if kind.asynchronous:
        return _drive(world, function(*arguments))

    def call() -> Generator[None, None, object]:
        return function(*arguments)
        yield

    return _drive(world, call())


def _interpret(source: str, tape: bytes) -> Outcome:
    """Run the event graph."""
    world = World(tape)
    module = _module(world)
    variables = {name: world.value() for name in NAMES}
    graph = lower_module(ast.parse(source)).functions[1]
    return _drive(world, Interpreter(graph, world, dict(variables), module).run())


def _check(source: str, kind: Kind, tape: bytes) -> int:
    """Compare both runs; give the number of operations."""
    with warnings.catch_warnings():
        # Generated code calls literals, compares them with ``is``, and returns from ``finally``.
        warnings.simplefilter("ignore")
        observed = _observe(source, kind, tape)
        assert _interpret(source, tape) == observed, source
    return len(observed[0])


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(functions(), st.binary(max_size=150))
def test_events_stand_in_the_order_in_which_cpython_evaluates(program: tuple[str, Kind], tape: bytes) -> None:
    source, kind = program
    _check(source, kind, tape)


@pytest.mark.parametrize("part", range(4))
def test_the_same_holds_for_large_programs(part: int) -> None:
    operations = 0
    for seed in range(part * 100, part * 100 + 100):
        random = Random(seed)
        kind = random.choice(KINDS)
        source = Writer(random.randrange, kind).function()
        # An operation raises in one of thirty cases.
        tape = bytes(random.randrange(256) if random.random() < 0.5 else random.randrange(240) for _ in range(LIMIT))
        operations += _check(source, kind, tape)
    assert operations > 1000


@pytest.mark.parametrize(
    ("statement", "tape"),
    [
        ("return [x.p async for x in a if x.go]", b"\3" * 40),
        ("async with a as (b, c), d.m() as a.p: b.q += await c", b"\2" * 40),
        ("try: await a\n    except FirstError as b: raise\n    finally: c.p = await d", b"\0\0\0\377"),
        ("try: await a\n    except* SecondError as b: c(b)\n    finally: return await d", b"\377"),
        ("a[b()]: int = await c\n    a.p[await b] += await d", b""),
        ("for a.p in b:\n        if a: continue\n        if c: break\n    else: d()", b"\3\0\0\0\0\1\0\0\0\0\0\1"),
        ("match (a, b):\n        case [Value(p=c), d] if await d: return c\n        case _: return a", b"\1" * 20),
        ("return a < await b < c.p or (d and not a) or (await c if d else b)", b"\1" * 20),
    ],
)
def test_the_same_holds_for_chosen_statements(statement: str, tape: bytes) -> None:
    source = f"async def f(a, b, c, d):\n    {statement}\n"
    assert _check(source, Kind(asynchronous=True, generator=False), tape) > 0
