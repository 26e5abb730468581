"""Which types are locks, how they exclude, and from which library: decides what protects and what can deadlock."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from awaitomic.knowledge.words import words_of


class Exclusion(enum.Enum):
    """How a lock keeps others out."""

    EXCLUSIVE = "exclusive"
    """One holder; the holder itself hangs (asyncio) or fails (anyio, trio) when it takes the lock again."""
    REENTRANT = "reentrant"
    """One owner, which may take it again."""
    COUNTING = "counting"
    """As many holders as the constructor's first argument says (one, if it is absent)."""
    UNKNOWN = "unknown"
    """Looks like a lock: taken to protect, and never to deadlock."""


@dataclass(frozen=True, slots=True)
class LockType:
    """A lock type: how it excludes, the library whose loop it belongs to, and whether its own holder hangs on it."""

    exclusion: Exclusion
    library: str
    hangs: bool

    @property
    def is_for_tasks(self) -> bool:
        """Whether a task waits for it while the others go on."""
        return self.library in LOOP_LIBRARIES

    @property
    def keeps_tasks_out(self) -> bool:
        """Whether it is known to let in one task at a time, which waits for it without stopping the others."""
        return self.exclusion is Exclusion.EXCLUSIVE and self.is_for_tasks


LETS_IN_MORE = frozenset({"asyncio.Semaphore", "anyio.Semaphore", "trio.Semaphore"})
"""Locks that anybody can give back, taken or not, and that then let in one more (but for a highest value, if given)."""

KNOWS_ITS_HOLDER = frozenset(
    {
        *("anyio.Lock", "anyio.Condition", "anyio.CapacityLimiter"),
        *("trio.Lock", "trio.StrictFIFOLock", "trio.Condition", "trio.CapacityLimiter"),
    }
)
"""Locks that can only be given back by the task that has taken them: of any other, `release` raises."""

LOOP_LIBRARIES = frozenset({"asyncio", "anyio", "trio"})
"""Libraries whose locks a task waits for while the others go on: two of them, held crosswise, hang, whether a holder
hangs on its own lock or is told so."""

_ASYNCIO = LockType(Exclusion.EXCLUSIVE, "asyncio", hangs=True)
_ASYNCIO_COUNTING = LockType(Exclusion.COUNTING, "asyncio", hangs=True)

LOCK_TYPES: dict[str, LockType] = {
    "asyncio.Lock": _ASYNCIO,
    "asyncio.locks.Lock": _ASYNCIO,
    "asyncio.Condition": _ASYNCIO,
    "asyncio.Semaphore": _ASYNCIO_COUNTING,
    "asyncio.BoundedSemaphore": _ASYNCIO_COUNTING,
    # anyio and trio raise instead of hanging: a bug too, but of another kind.
    "anyio.Lock": LockType(Exclusion.EXCLUSIVE, "anyio", hangs=False),
    "anyio.Condition": LockType(Exclusion.EXCLUSIVE, "anyio", hangs=False),
    "anyio.Semaphore": LockType(Exclusion.COUNTING, "anyio", hangs=False),
    "trio.Lock": LockType(Exclusion.EXCLUSIVE, "trio", hangs=False),
    "trio.StrictFIFOLock": LockType(Exclusion.EXCLUSIVE, "trio", hangs=False),
    "trio.Condition": LockType(Exclusion.EXCLUSIVE, "trio", hangs=False),
    "trio.Semaphore": LockType(Exclusion.COUNTING, "trio", hangs=False),
    "anyio.CapacityLimiter": LockType(Exclusion.COUNTING, "anyio", hangs=False),
    "trio.CapacityLimiter": LockType(Exclusion.COUNTING, "trio", hangs=False),
    "threading.Lock": LockType(Exclusion.EXCLUSIVE, "threading", hangs=False),
    "threading.RLock": LockType(Exclusion.REENTRANT, "threading", hangs=False),
    "threading.Condition": LockType(Exclusion.REENTRANT, "threading", hangs=False),
    "threading.Semaphore": LockType(Exclusion.COUNTING, "threading", hangs=False),
    "threading.BoundedSemaphore": LockType(Exclusion.COUNTING, "threading", hangs=False),
    "multiprocessing.Lock": LockType(Exclusion.EXCLUSIVE, "multiprocessing", hangs=False),
    "multiprocessing.RLock": LockType(Exclusion.REENTRANT, "multiprocessing", hangs=False),
    "multiprocessing.Semaphore": LockType(Exclusion.COUNTING, "multiprocessing", hangs=False),
    "multiprocessing.BoundedSemaphore": LockType(Exclusion.COUNTING, "multiprocessing", hangs=False),
    # One such object may be taken again by its thread; another one for the same file is turned away.
    "filelock.FileLock": LockType(Exclusion.REENTRANT, "filelock", hangs=False),
    "filelock.SoftFileLock": LockType(Exclusion.REENTRANT, "filelock", hangs=False),
    "aiorwlock.RWLock": LockType(Exclusion.UNKNOWN, "aiorwlock", hangs=False),
    "aiofile.lock.AsyncLock": LockType(Exclusion.UNKNOWN, "aiofile", hangs=False),
}

CONFIGURED_LOCK = "a configured lock"
"""The type of what classes and factories make that the configuration calls locks (``lock-types``)."""

IN_PROCESS = frozenset({"asyncio", "anyio", "trio", "threading"})
"""Libraries whose locks only those meet at who have the same object; a lock file is one for all who name it."""
UNKNOWN_LOCK = LockType(Exclusion.UNKNOWN, "unknown", hangs=False)
LOCK_TYPES[CONFIGURED_LOCK] = UNKNOWN_LOCK

THREAD_LIBRARIES = frozenset({"threading", "multiprocessing", "filelock"})
"""Libraries whose locks stop the whole thread of whoever waits for them, and with it the event loop in it."""

CATCHES_ALL = frozenset({"BaseException", ""})
"""Names in a handler that catch whatever is raised (no name is a handler without a type)."""

CATCHES_FAILURES = frozenset({"Exception"})

CANCELLATIONS = frozenset({"CancelledError", "Cancelled", "get_cancelled_exc_class"})
"""Names by which handlers catch a cancellation, which is no `Exception` in any of the libraries."""

WRAPPING_CONSTRUCTORS = frozenset({"asyncio.Condition", "anyio.Condition", "trio.Condition", "threading.Condition"})
"""Constructors whose first argument, if given, is the lock that they *are*."""


_LOCK_WORDS = frozenset(
    "lock locks rlock rwlock wlock mutex mutexes semaphore semaphores sem condition cond locked locking synchronized "
    "synchronize serialized serialize exclusive linearizer critical".split()
)


RANKS = frozenset(
    "parent parents child children root leaf owner owners next prev previous head tail inner outer base sub upstream "
    "downstream super primary secondary main backup".split()
)
"""Words for one of two objects of a kind that say where it stands: nobody hands the two over the other way round."""


def sounds_ranked(name: str) -> bool:
    """Tell whether an identifier says where an object stands among its kind: ``parent``, ``next_node``."""
    return any(word in RANKS for word in words_of(name))


def sounds_like_a_lock(name: str) -> bool:
    """Tell whether an identifier reads like a lock (``conn_lock`` and ``RWLock`` do, ``block`` and ``clock`` do not).

    Used only for what cannot be resolved, and only in the direction that makes the tool quieter.
    """
    return any(word in _LOCK_WORDS for word in words_of(name))


PERMISSIVE = LockType(Exclusion.COUNTING, "unknown", hangs=False)
"""A guard that is held, and lets several in: a semaphore of more than one, the reading side of a read-write lock."""

READ_WRITE_LOCKS = frozenset({"aiorwlock.RWLock"})

SHARED_SIDES = frozenset({"reader", "reader_lock", "read_lock", "read", "rlock"})
"""Attributes of a read-write lock that let many in at once: they keep writers out, and nobody who only reads."""

EXCLUSIVE_SIDES = frozenset({"writer", "writer_lock", "write_lock", "write", "wlock"})

LOCK_METHODS = frozenset({"acquire", "release", "locked"})
"""Methods of a lock that say plainly whether it is held afterwards, or do nothing to it."""

RELEASING_WAITS = frozenset({"wait", "wait_for"})
"""Methods of conditions that give the lock back while they wait."""

EXIT_STACKS = frozenset({"AsyncExitStack", "ExitStack"})

STACKING = frozenset({"enter_async_context", "enter_context"})
"""Methods of such stacks that enter a manager, which is left when the stack is."""

CURRENT_TASK = frozenset({"current_task", "get_current_task", "get_ident", "get_native_id", "current_thread"})
"""Functions that tell who runs: a test of it before a lock is taken lets the holder in again."""

CONTEXT_VARIABLE = "contextvars.ContextVar"
"""What each task has its own value of; tests of it ask the same."""


def names_read_write(name: str) -> bool:
    """Tell whether an identifier reads like a lock with two sides (``rw``, ``rwlock``, ``_rw_lock``)."""
    return any(word in {"rw", "rwlock"} for word in words_of(name))


SERIALISING_DECORATORS = frozenset({"synchronized", "serialized", "cache_concurrent", "single_flight", "singleflight"})
"""Decorators known to let only one call run at a time, by their last name."""

CONCURRENCY_LIMITS = frozenset({"concurrency", "max_concurrency", "max_instances"})
"""Arguments by which a decorator is told how many calls may run at once: ``@Job(concurrency=Concurrency.REJECT)``."""

_TAKES = frozenset({"acquire", "acquires", "take", "obtain", "advisory"})
_GIVES_BACK = frozenset({"release", "releases", "unlock", "free"})
_TAKEN_BY_SQL = re.compile(
    r"\bpg_(?:try_)?advisory_(?:xact_)?lock(?:_shared)?\s*\(|\bget_lock\s*\(|^\s*lock\s+tables?\b", re.I
)
_GIVEN_BACK_BY_SQL = re.compile(
    r"\bpg_advisory_unlock(?:_all)?\b|\brelease_(?:all_)?locks?\s*\(|^\s*unlock\s+tables\b", re.I
)


def takes_advisory_lock(name: str, sql: str) -> bool:
    """Tell whether a call takes a lock, by its name (``acquire_lock``) or by the SQL that it is given."""
    words = set(words_of(name))
    return bool(words & _TAKES and words & _LOCK_WORDS) or bool(_TAKEN_BY_SQL.search(sql))


def gives_advisory_lock_back(name: str, sql: str) -> bool:
    """Tell whether a call gives such a lock back: ``release_lock``, ``pg_advisory_unlock``."""
    words = set(words_of(name))
    named = "unlock" in words or bool(words & _GIVES_BACK and words & _LOCK_WORDS)
    return named or bool(_GIVEN_BACK_BY_SQL.search(sql))


_HELD_BY_CALLER = re.compile(r"(?:^|_)(?:locked|unlocked|nolock|no_lock|inner|impl)$")
_ASKS = re.compile(r"^_*(?:is|has|was|are|can|should|get|check)_")


def sounds_held_by_caller(name: str) -> bool:
    """Tell whether a function's name says that it takes no lock itself (``_save_locked``); ``is_locked`` only asks."""
    return _HELD_BY_CALLER.search(name) is not None and name.strip("_").count("_") > 0 and not _ASKS.match(name)


_THE_LOCK = r"(?<![a-z])lock\w*`*"
_CALLER_HOLDS = re.compile(
    r"callers?\s+(?:must|should|has\s+to|have\s+to|needs?\s+to|is\s+expected\s+to)\s+(?:already\s+)?"
    r"(?:hold|own|have|be\s+holding|acquire)\b"
    rf"|(?:must|should)\s+(?:only\s+)?be\s+called\s+(?:while\s+holding|with|under|inside)\b.{{0,40}}?{_THE_LOCK}"
    rf"|{_THE_LOCK}\s+(?:must|should|has\s+to)\s+(?:already\s+)?be\s+(?:held|acquired|taken)"
    rf"|assumes?\b.{{0,40}}?{_THE_LOCK}\s+(?:is\s+|was\s+)?(?:already\s+)?(?:held|acquired|taken)",
    re.I,
)


def says_caller_holds(text: str) -> bool:
    """Tell whether a docstring demands that callers hold a lock."""
    return _CALLER_HOLDS.search(" ".join(text.split())) is not None
