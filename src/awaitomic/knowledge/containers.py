"""What methods of containers do to their contents, and which expressions make which container."""

from __future__ import annotations

import enum


class Mutation(enum.Enum):
    """What happens to the contents."""

    ADD = "add"
    """An element or entry comes in; nothing else is lost."""
    STORE = "store"
    """The entry of the key in the first argument is set (for a set: the element becomes a member)."""
    FILL = "fill"
    """The entry of the key is set only if it is absent: atomic, loses nothing."""
    REMOVE = "remove"
    """The element or entry named by the first argument goes."""
    TAKE = "take"
    """Some element goes, chosen by position."""
    CLEAR = "clear"
    """Everything goes."""
    REORDER = "reorder"


_LIST = {
    "append": Mutation.ADD,
    "extend": Mutation.ADD,
    "insert": Mutation.ADD,
    "remove": Mutation.REMOVE,
    "pop": Mutation.TAKE,
    "clear": Mutation.CLEAR,
    "sort": Mutation.REORDER,
    "reverse": Mutation.REORDER,
}
_DEQUE = {
    **_LIST,
    "appendleft": Mutation.ADD,
    "extendleft": Mutation.ADD,
    "popleft": Mutation.TAKE,
    "rotate": Mutation.REORDER,
}
_DICT = {
    "update": Mutation.ADD,
    "setdefault": Mutation.FILL,
    "pop": Mutation.REMOVE,
    "popitem": Mutation.TAKE,
    "clear": Mutation.CLEAR,
    "move_to_end": Mutation.REORDER,
}
_SET = {
    "add": Mutation.STORE,
    "update": Mutation.ADD,
    "remove": Mutation.REMOVE,
    "discard": Mutation.REMOVE,
    "pop": Mutation.TAKE,
    "clear": Mutation.CLEAR,
    "difference_update": Mutation.REMOVE,
    "intersection_update": Mutation.REMOVE,
    "symmetric_difference_update": Mutation.REMOVE,
}
_EVENT = {"set": Mutation.ADD, "clear": Mutation.CLEAR}

MUTATORS: dict[str, dict[str, Mutation]] = {
    "list": _LIST,
    "bytearray": _LIST,
    "collections.deque": _DEQUE,
    "dict": _DICT,
    "collections.defaultdict": _DICT,
    "collections.OrderedDict": _DICT,
    "collections.Counter": {**_DICT, "subtract": Mutation.ADD},
    "weakref.WeakValueDictionary": _DICT,
    "weakref.WeakKeyDictionary": _DICT,
    "set": _SET,
    "weakref.WeakSet": _SET,
    "asyncio.Event": _EVENT,
    "anyio.Event": _EVENT,
}
"""Type → method → what it does."""

BY_NAME: dict[str, Mutation] = {
    "append": Mutation.ADD,
    "appendleft": Mutation.ADD,
    "extend": Mutation.ADD,
    "extendleft": Mutation.ADD,
    "popleft": Mutation.TAKE,
    "popitem": Mutation.TAKE,
    "setdefault": Mutation.FILL,
}
"""What a method does to an object of unknown type: hardly anything but a container has one of that name."""

BY_NAME_OF_CONTAINER: dict[str, Mutation] = {
    "add": Mutation.STORE,
    "update": Mutation.ADD,
    "remove": Mutation.REMOVE,
    "discard": Mutation.REMOVE,
    "pop": Mutation.REMOVE,
    "clear": Mutation.CLEAR,
    "insert": Mutation.ADD,
}
"""The same for names that much else has, too: only for what is used like a container elsewhere."""

ANY_MUTATOR = frozenset(method for methods in (_LIST, _DEQUE, _DICT, _SET) for method in methods)
"""Methods that only containers have: evidence of a kind where nothing else tells the type."""

READ_BY_CHANGE = frozenset({"pop", "popitem", "popleft", "setdefault"})
"""Mutating methods that also give what was there."""

WRITE_ONLY = ANY_MUTATOR - READ_BY_CHANGE
"""Mutating methods that tell nothing of what was there."""

ASKS_HOW_MANY = frozenset({"len", "bool", "isinstance", "id", "type", "repr", "str"})
"""Functions that tell of a container only which one it is, how much is in it, or how it looks."""

READY_STATES: dict[str, str] = {
    "done": "done",
    "set_result": "done",
    "set_exception": "done",
    "cancel": "done",
    "full": "full",
    "put_nowait": "full",
    "put": "full",
    "empty": "empty",
    "get_nowait": "empty",
    "get": "empty",
}
"""Method → the question about a future or a queue whose answer it gives or changes."""

QUESTIONS = frozenset(READY_STATES.values())
"""Methods that tell without an argument whether a future is settled, or a queue has room or an item."""

RAISE_IF_LATE = frozenset({"set_result", "set_exception", "put_nowait", "get_nowait"})
"""Methods that raise if the answer is not what it was: somebody else was first."""

LATE_ERRORS = frozenset({"InvalidStateError", "QueueFull", "QueueEmpty", "Exception", "BaseException"})
"""What they raise, and what catches it."""

MAPPINGS = frozenset(name for name, methods in MUTATORS.items() if methods is _DICT or "setdefault" in methods)

EVENTS = frozenset({"asyncio.Event", "anyio.Event"})

CONTAINERS = frozenset(MUTATORS) - EVENTS

SEQUENCES = frozenset({"list", "bytearray", "collections.deque"})
"""Containers in which the same element can be twice."""

CONSTRUCTORS: dict[str, str] = {
    "list": "list",
    "dict": "dict",
    "set": "set",
    "bytearray": "bytearray",
    "tuple": "tuple",
    "frozenset": "frozenset",
    "str": "str",
    "bytes": "bytes",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "sorted": "list",
    "dict.fromkeys": "dict",
    **{name: name for name in MUTATORS if "." in name},
}
"""Callable → type of what it makes, for those that make containers and plain values."""

DEFAULTING = frozenset({"collections.defaultdict"})
"""Containers that make an entry where one is asked for that is not there."""

ANNOTATIONS: dict[str, str] = {
    **{name: name for name in CONSTRUCTORS},
    "typing.List": "list",
    "typing.Dict": "dict",
    "typing.Set": "set",
    "typing.Deque": "collections.deque",
    "typing.DefaultDict": "collections.defaultdict",
    "typing.OrderedDict": "collections.OrderedDict",
    "typing.MutableMapping": "dict",
    "typing.MutableSequence": "list",
    "typing.MutableSet": "set",
    "collections.abc.MutableMapping": "dict",
    "collections.abc.MutableSequence": "list",
    "collections.abc.MutableSet": "set",
}

ABSTRACT_CONTAINERS = frozenset(
    {"Any", "Object", "Mapping", "Sequence", "Collection", "Container", "Iterable", "Iterator", "Sized", "Reversible"}
)
"""Names in annotations that any container may stand behind."""

ELEMENT_ADDERS = frozenset({"append", "appendleft", "add", "insert"})
"""Methods that put their last argument itself into a container: whoever goes through it has that object."""

IN_PLACE = frozenset({"list", "set", "dict", "collections.deque", "bytearray", "collections.Counter"})
"""Types whose ``+=`` (``|=`` …) changes the same object, so that nothing is lost when nobody rebinds it."""

IN_PLACE_METHODS = {
    "+=": "__iadd__",
    "-=": "__isub__",
    "*=": "__imul__",
    "|=": "__ior__",
    "&=": "__iand__",
    "^=": "__ixor__",
}
"""Methods by which a class says that these operators change its objects themselves (PEP 203)."""

VIEWS = frozenset({"values", "items", "keys", "copy"})
"""Methods of containers that give (parts of) the contents."""

LIVE_VIEWS = frozenset({"values", "items", "keys"})
"""Methods of mappings whose result reads the mapping itself, step by step, as it is iterated over."""

LAZY: dict[str | None, int] = {
    "enumerate": 0,
    "reversed": 0,
    "iter": 0,
    "zip": 0,
    "map": 1,
    "filter": 1,
    "itertools.chain": 0,
    "itertools.islice": 0,
    "itertools.filterfalse": 1,
}
"""Functions that take from what they are given only as they are iterated over → the first argument that counts."""
