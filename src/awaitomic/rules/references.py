"""What there is to read about the bugs that the rules find: each source stands here once, for all that name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A source: what it is and where it can be read."""

    title: str
    url: str


def _docs(title: str, page: str) -> Reference:
    return Reference(f"Python documentation: {title}", f"https://docs.python.org/3/{page}")


def _cwe(number: int, title: str) -> Reference:
    return Reference(f"CWE-{number}: {title}", f"https://cwe.mitre.org/data/definitions/{number}.html")


def _cpython(title: str, path: str) -> Reference:
    return Reference(f"CPython: {title}", f"https://github.com/python/cpython/{path}")


OVERVIEW = _docs("A conceptual overview of asyncio", "howto/a-conceptual-overview-of-asyncio.html")
LOCKS = _docs("asyncio, synchronization primitives", "library/asyncio-sync.html")
CONDITION = _docs("asyncio.Condition", "library/asyncio-sync.html#asyncio.Condition")
SEMAPHORE = _docs("asyncio.Semaphore", "library/asyncio-sync.html#asyncio.Semaphore")
MULTITHREADING = _docs(
    "developing with asyncio, concurrency and multithreading",
    "library/asyncio-dev.html#concurrency-and-multithreading",
)
CANCELLATION = _docs("asyncio, task cancellation", "library/asyncio-task.html#task-cancellation")
AUGMENTED = _docs("augmented assignment statements", "reference/simple_stmts.html#augmented-assignment-statements")
VIEWS = _docs("dictionary view objects", "library/stdtypes.html#dictionary-view-objects")
FOR = _docs("for statements", "tutorial/controlflow.html#for-statements")
WEAK_TABLE = _docs("weakref.WeakValueDictionary", "library/weakref.html#weakref.WeakValueDictionary")
CONTEXT_VARIABLES = Reference("PEP 567: Context Variables", "https://peps.python.org/pep-0567/")
SOURCE_ENCODING = Reference("PEP 263: Defining Python Source Code Encodings", "https://peps.python.org/pep-0263/")
UNUSED_NOQA = Reference("ruff: unused-noqa (RUF100)", "https://docs.astral.sh/ruff/rules/unused-noqa/")
UNUSED_TYPE_IGNORE = Reference(
    "mypy: check that type: ignore comment is used",
    "https://mypy.readthedocs.io/en/stable/error_code_list2.html#check-that-type-ignore-comment-is-used-unused-ignore",
)

LOOP_OF_A_LOCK = _cpython("locks and queues are bound to the loop that first waits (bpo-42392)", "pull/23420")
CANCELLED_WAITER = _cpython("a cancelled waiter of a lock wakes up the next one (bpo-27585)", "pull/1031")

REENTRANT = Reference(
    "asyncio: Reentrant locks in asyncio, and why there are none", "https://github.com/python/asyncio/issues/439"
)

RACE = _cwe(362, "Concurrent Execution using Shared Resource with Improper Synchronization (Race Condition)")
TOCTOU = _cwe(367, "Time-of-check Time-of-use (TOCTOU) Race Condition")
DOUBLE_CHECKED = _cwe(609, "Double-Checked Locking")
IMPROPER_LOCKING = _cwe(667, "Improper Locking")
MULTIPLE_LOCKS = _cwe(764, "Multiple Locks of a Critical Resource")
DEADLOCK = _cwe(833, "Deadlock")

MISTAKES = Reference(
    "Lu, Park, Seo, Zhou: Learning from Mistakes, A Comprehensive Study on Real World Concurrency Bug Characteristics. "
    "ASPLOS 2008",
    "https://doi.org/10.1145/1346281.1346323",
)
NODE = Reference(
    "Wang, Dou, Gao, Gao, Qin, Yin, Wei: A Comprehensive Study on Real World Concurrency Bugs in Node.js. ASE 2017",
    "https://doi.org/10.1109/ASE.2017.8115663",
)
NODE_FZ = Reference(
    "Davis, Thekumparampil, Lee: Node.fz, Fuzzing the Server-Side Event-Driven Architecture. EuroSys 2017",
    "https://doi.org/10.1145/3064176.3064188",
)
ERASER = Reference(
    "Savage, Burrows, Nelson, Sobalvarro, Anderson: Eraser, A Dynamic Data Race Detector for Multithreaded Programs. "
    "ACM TOCS 15(4), 1997",
    "https://doi.org/10.1145/265924.265927",
)
ESLINT = Reference(
    "ESLint: require-atomic-updates, the same question in JavaScript",
    "https://eslint.org/docs/latest/rules/require-atomic-updates",
)
CLIPPY = Reference(
    "Clippy: await_holding_lock, the same question in Rust",
    "https://rust-lang.github.io/rust-clippy/master/index.html#await_holding_lock",
)
