"""What decides the future of a run, as one short digest: equal digests, equal futures.

The state is the graph of all objects that the program can still reach: the frames of its suspended coroutines with
their instruction pointers and *value stacks* (where `self.x += await f()` keeps the stale operand), its module, the
stubs of the scenario, futures, locks, the ready queue and the open external waits. It is written down in one canonical
walk from ordered roots, where an object met before becomes its number; so two digests are equal only if the graphs are
isomorphic, plain values included. The walk uses `gc.get_referents`, which sees what CPython's collector sees.

Sound under the assumptions that the explorer makes anyway (behaviour depends on no `id()`, clock, chance or file, and
modules other than the program keep no state between steps). An object of a type whose hidden state is not known here
makes the whole state unknown: the result is None, and the search goes on without a shortcut.
"""

# ruff: noqa: ANN401 -- the walk meets objects of every type and asks them for private parts

from __future__ import annotations

import asyncio
import datetime as dt
import decimal
import functools
import gc
import hashlib
import itertools
import marshal
import re
import types
from asyncio import events
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context, ContextVar
from typing import Any

from . import locks
from .loop import ExplorerLoop, External
from .machine import Machine
from .scenario import PROGRAM, Journal

_ATOMS = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis), type(NotImplemented))
_CONSTANT = (
    types.CodeType,
    types.FrameType,
    types.TracebackType,
    types.GetSetDescriptorType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.MemberDescriptorType,
    property,
    object,
)
_BY_TEXT = (
    range,
    slice,
    types.GenericAlias,
    types.UnionType,
    re.Pattern,
    decimal.Decimal,
    dt.datetime,
    dt.date,
    dt.time,
    dt.timedelta,
    dt.timezone,
    itertools.count,
)
_CONSTANT_MODULES = frozenset({"logging", "typing"})  # loggers and type forms
_SUSPENDED = (types.CoroutineType, types.GeneratorType, types.AsyncGeneratorType)
_TRANSPARENT = frozenset(
    {
        "FutureIter",
        "coroutine_wrapper",
        "async_generator_asend",
        "async_generator_athrow",
        "async_generator_wrapped_value",
        "anext_awaitable",
        "TaskStepMethWrapper",
    }
)
_ITERATORS = frozenset(
    {
        "list_iterator",
        "tuple_iterator",
        "list_reverseiterator",
        "str_ascii_iterator",
        "str_iterator",
        "dict_keyiterator",
        "dict_valueiterator",
        "dict_itemiterator",
        "set_iterator",
        "range_iterator",
        "enumerate",
    }
)


class _UnknownStateError(Exception):
    """An object whose state cannot be seen."""


class _Walk:
    """One canonical walk: `out` is the text of the state, `stack` what is still to be visited."""

    def __init__(self, loop: ExplorerLoop, module: types.ModuleType) -> None:
        self.loop, self.module = loop, module
        self.out: list[Any] = []
        self.stack: list[Any] = []
        self.numbers: dict[int, int] = {}
        self.keep: list[object] = []

    def run(self, roots: Iterable[object]) -> bytes:
        self.push(roots)
        while self.stack:
            self.visit(self.stack.pop())
        return hashlib.blake2b(marshal.dumps(self.out, 2), digest_size=16).digest()

    def push(self, items: Iterable[object]) -> None:
        """Visit these next, first to last; their number is written down, so that structures cannot run together."""
        children = list(items)
        self.out.append(len(children))
        children.reverse()
        self.stack += children

    def visit(self, obj: Any) -> None:
        kind = type(obj)
        if kind in _ATOMS:
            self.out.append(obj if kind is not type(NotImplemented) else "NotImplemented")
            return
        numbers = self.numbers
        number = numbers.setdefault(id(obj), len(numbers))
        if number != len(self.keep):
            self.out.append((number,))
            return
        self.keep.append(obj)  # no address may be used twice during the walk
        self.out.append((kind.__qualname__,))
        (_EXACT.get(kind) or _handler(kind))(self, obj)


Handler = Callable[[_Walk, Any], None]


def _constant(walk: _Walk, obj: Any) -> None:
    """Nothing in it can change (tracebacks can, but programs that read them are out of reach)."""
    walk.out.append(str(getattr(obj, "__qualname__", "")))


def _by_text(walk: _Walk, obj: Any) -> None:
    """Immutable, or a counter, and its `repr` says it all."""
    walk.out.append(repr(obj))


def _plain(walk: _Walk, obj: Any) -> None:
    """An instance of a subclass of int, str, float or bytes, such as a member of an IntEnum."""
    walk.out.append(next(base.__repr__(obj) for base in (int, float, str, bytes) if isinstance(obj, base)))


def _builtin(walk: _Walk, obj: Any) -> None:
    walk.out.append(obj.__qualname__)
    owner = obj.__self__
    walk.push([] if isinstance(owner, types.ModuleType) else [owner])


def _variable(walk: _Walk, obj: ContextVar[Any]) -> None:
    walk.out.append(obj.name)


def _sequence(walk: _Walk, obj: Iterable[Any]) -> None:
    walk.push(obj)


def _mapping(walk: _Walk, obj: dict[Any, Any]) -> None:
    walk.push([part for item in dict.items(obj) for part in item])


def _cell(walk: _Walk, obj: types.CellType) -> None:
    try:
        walk.push([obj.cell_contents])
    except ValueError:  # an empty cell
        walk.push([])


def _function(walk: _Walk, obj: types.FunctionType) -> None:
    walk.out.append((obj.__module__ or "") + "." + obj.__qualname__)
    state = (obj.__closure__, obj.__defaults__, obj.__kwdefaults__, obj.__dict__ or None)
    if state != (None, None, None, None):
        walk.push(state)


def _method(walk: _Walk, obj: types.MethodType) -> None:
    walk.push([obj.__self__, obj.__func__])


def _wrapped_function(walk: _Walk, obj: Any) -> None:
    walk.push([obj.__func__])


def _module(walk: _Walk, obj: types.ModuleType) -> None:
    walk.out.append(obj.__name__)
    if obj is walk.module:
        _attributes(walk, vars(obj))


def _class(walk: _Walk, obj: type) -> None:
    walk.out.append(obj.__module__ + "." + obj.__qualname__)
    if obj.__module__ == PROGRAM:
        _attributes(walk, vars(obj))


def _attributes(walk: _Walk, namespace: Any) -> None:
    """Module and class attributes; of the dunder names only functions, whose closures can hold state."""
    for name, value in namespace.items():
        dunder = name.startswith("__") and name.endswith("__") and not isinstance(value, types.FunctionType)
        if dunder or name == "_abc_impl":
            continue
        walk.stack += [value, name]
    walk.out.append(len(namespace))


def _suspended(walk: _Walk, obj: Any) -> None:
    """A coroutine or generator: where it stands, and every local and operand (frame objects are the same again)."""
    frame = getattr(obj, "cr_frame", None) or getattr(obj, "gi_frame", None) or getattr(obj, "ag_frame", None)
    if frame is None:
        walk.out.append(obj.__qualname__)
        return
    bound = frame.f_locals
    walk.out.append((obj.__qualname__, frame.f_lasti, *bound))  # the referents do not tell which locals are unbound
    if isinstance(bound, dict):  # before 3.13 the frame keeps this copy, which must not keep its values alive
        bound.clear()
    walk.push(part for part in gc.get_referents(obj) if part is not bound and type(part) is not types.FrameType)


def _transparent(walk: _Walk, obj: Any) -> None:
    walk.push(gc.get_referents(obj))


def _iterator(walk: _Walk, obj: Any) -> None:
    """Iterators show their position when asked to be pickled; a changed dict or set refuses, which is state as well."""
    try:
        position = obj.__reduce__()[1:]
    except RuntimeError:
        position = ("changed",)
    walk.push([*position, *gc.get_referents(obj)])


def _future(walk: _Walk, obj: Any) -> None:
    waiters = [part for callback in getattr(obj, "_callbacks", None) or [] for part in callback]
    done = obj.done()
    walk.out.append(str(getattr(obj, "_state", "")))
    walk.push([obj._result if done else None, obj._exception, waiters, getattr(obj, "__dict__", None) or None])


def _task(walk: _Walk, obj: asyncio.Task[Any]) -> None:
    internal: Any = obj
    walk.out.append((walk.loop.paths.get(obj), internal._must_cancel, obj.cancelling()))
    context = [part for part in gc.get_referents(obj) if type(part) is Context]
    walk.push([obj.get_coro(), internal._fut_waiter, context])
    _future(walk, obj)


def _context(walk: _Walk, obj: Context) -> None:
    walk.push(part for item in sorted(obj.items(), key=lambda item: item[0].name) for part in item)


def _handle(walk: _Walk, obj: Any) -> None:
    walk.push([obj.cancelled(), obj._callback, obj._args])


def _external(walk: _Walk, obj: External) -> None:
    walk.out.append((obj.kind, obj.name, obj.owner))
    walk.push([obj.handle, obj.future])


def _explorer(walk: _Walk, obj: object) -> None:
    """The loop and the machine: what counts of them is among the roots of the walk already."""


def _journal(walk: _Walk, obj: Journal) -> None:
    walk.push(sorted(map(repr, obj.entries)))


def _partial(walk: _Walk, obj: functools.partial[Any]) -> None:
    walk.push([obj.func, obj.args, obj.keywords])


def _exception(walk: _Walk, obj: BaseException) -> None:
    walk.push([obj.args, obj.__cause__, obj.__context__, obj.__dict__ or None])


def _instance(walk: _Walk, obj: Any) -> None:
    """An instance of a class written in Python: its class, attributes and slots."""
    kind = type(obj)
    parts: list[object] = [kind, getattr(obj, "__dict__", None)]
    for cls in kind.__mro__:
        for name, member in vars(cls).items():
            if type(member) is types.MemberDescriptorType and cls.__module__ != "builtins":
                parts.append(getattr(obj, name, "<unset>"))
    walk.push(parts)


def _unknown(walk: _Walk, obj: Any) -> None:
    raise _UnknownStateError(type(obj).__qualname__)


_EXACT: dict[type, Handler] = {
    **dict.fromkeys(_CONSTANT, _constant),
    **dict.fromkeys(_BY_TEXT, _by_text),
    types.BuiltinFunctionType: _builtin,
    ContextVar: _variable,
    types.CellType: _cell,
    types.FunctionType: _function,
    types.MethodType: _method,
    staticmethod: _wrapped_function,
    classmethod: _wrapped_function,
    types.MappingProxyType: _mapping,
    Context: _context,
    External: _external,
    ExplorerLoop: _explorer,
    Machine: _explorer,
    Journal: _journal,
    events.Handle: _handle,
    events.TimerHandle: _handle,
    functools.partial: _partial,
    **dict.fromkeys(_SUSPENDED, _suspended),
}

_EXACT.update({dict: _mapping, **dict.fromkeys((list, tuple, set, frozenset, deque), _sequence)})

_BASES: list[tuple[type, Handler]] = [
    (asyncio.Task, _task),
    (asyncio.Future, _future),
    (type, _class),
    (types.ModuleType, _module),
    (BaseException, _exception),
    (dict, _mapping),
    (list, _sequence),
    (tuple, _sequence),
    (set, _sequence),
    (frozenset, _sequence),
    (deque, _sequence),
    (bytearray, _sequence),
    (int, _plain),
    (float, _plain),
    (str, _plain),
    (bytes, _plain),
]


def _handler(kind: type) -> Handler:
    """How to describe instances of a type; subclasses written in Python add their attributes to their base's part."""
    if kind.__module__ in _CONSTANT_MODULES:
        return _constant
    if kind.__module__ in ("builtins", "_asyncio") and kind.__name__ in _TRANSPARENT:
        return _transparent
    if kind.__module__ == "builtins" and kind.__name__ in _ITERATORS:
        return _iterator
    for base, handler in _BASES:
        if kind is base:
            return handler
        if issubclass(kind, base):
            return handler if base in (type, types.ModuleType) else _both(handler)
    return _instance if _solid_base(kind) is object else _unknown


@functools.cache
def _both(handler: Handler) -> Handler:
    def describe(walk: _Walk, obj: Any) -> None:
        handler(walk, obj)
        _instance(walk, obj)

    return describe


def _solid_base(kind: type) -> type:
    """The nearest base whose instances are laid out by C code (the test that `copyreg._reduce_ex` makes)."""
    for base in kind.__mro__:
        new = base.__new__
        if isinstance(new, types.BuiltinFunctionType) and new.__self__ is base:
            return base
    return object


def fingerprint(machine: Machine) -> bytes | None:
    """Digest of the state that a machine is in, or None if it cannot be described in full."""
    loop = machine.loop
    walk = _Walk(loop, machine.module)
    walk.out.append((machine.hit, machine.fault_used, sorted(machine.skipped), sorted(machine.arriving), locks.held()))
    living = sorted(((path, task) for task, path in loop.paths.items() if not task.done()), key=lambda item: item[0])
    ready = list(loop.ready)
    if not machine.fifo:  # any task may go first, so only the order among plain callbacks counts
        ready.sort(key=lambda handle: loop.paths[task] if (task := loop.step_of(handle)) else (-2,))
    pending = sorted(loop.pending, key=lambda external: (external.owner, external.kind, external.name))
    try:
        return walk.run([machine.tasks, [task for _, task in living], machine.module, machine.world, ready, pending])
    except _UnknownStateError:
        return None
