"""What would do where no edit can: the design that people change to, named in the refusal.

A refusal that only says what stands in the way leaves its reader where he was. Only those are here that say that the
code as it is built can have no safe repair; a shape that is merely not understood wants no other design.
"""

from __future__ import annotations

from dataclasses import replace

from awaitomic.model.finding import Refusal

_OWNER = "one task that owns the state and takes what others want from a queue, which plain functions can fill, too"
_ONE_OWNER = "one task that owns the state and takes what others want from a queue"
_STAMP = (
    "a version stamp: do the work without a lock, store only if nobody has stored meanwhile, "
    "and try again if somebody has"
)
_METHOD = "a coroutine method of the class that owns the state, which does the whole update under a lock of its own"
_COPY = "to hand out copies, and to write in one go what has come of them"
_ORDER = "one order for the two locks, the same everywhere, or one lock for both"
_STORE = "an update in one step by the store itself, where the value is kept in one"

_NO_WAIT = (
    "to wait before the lock is taken, and only to change the state under it (a call that need not wait is made "
    "directly); or to do all that the lock is for in one thread"
)
_ALONE = "`async with`, or a `try` directly behind `acquire()` whose `finally` has the one `release()`"

DESIGNS: dict[str, str] = {
    "sync-writer": _OWNER,
    "asked-without-lock": "one shared task that all callers await, and that is dropped if it fails",
    "too-many-writers": _ONE_OWNER,
    "no-common-class": _ONE_OWNER,
    "foreign-state": _METHOD,
    "unfit-class": f"a class of its own for the state, with a lock; or {_STORE}",
    "span-too-long": _STAMP,
    "long-loop": _STAMP,
    "endless-loop": _ONE_OWNER,
    "yield-inside": _COPY,
    "waits-for-holder": _ONE_OWNER,
    "rest-of-work": _STAMP,
    "other-work": "a function for the branch that writes, which tests the state itself, under a lock of its own",
    "mode-flag": "a count of those who are at work, raised before the wait and lowered in `finally`",
    "new-suspension": _STAMP,
    "locked-by-key": "the lock of the key, made before the first await and held over the whole span",
    "lock-order": _ORDER,
    "between-locks": _ORDER,
    "taken-by-call": _ORDER,
    "names-change": _ORDER,
    "sync-user": _NO_WAIT,
    "lock-passed-on": _NO_WAIT,
    "used-in-threads": _NO_WAIT,
    "other-kind": _NO_WAIT,
    "taken-again": _NO_WAIT,
    "several-releases": _ALONE,
    "never-released": "`async with`, around what must not run twice at once; or an `Event`, if somebody is to be woken",
    "released-elsewhere": _ALONE,
    "handlers-around-wait": _ALONE,
    "work-after-release": _ALONE,
    "foreign-loop": "one owner of the state in one event loop, which the others ask through `call_soon_threadsafe`",
}


OF_RULES: dict[str, str] = {
    "AWA106": (
        "to give the value to what needs it as a parameter, or to keep it in a `ContextVar`, which every task has for "
        "itself"
    ),
}
"""What would do for every finding of a rule, whatever stands in the way of a repair."""


def with_design(refusal: Refusal, rule: str) -> Refusal:
    """Give a refusal that also names the design which would do, if there is one for its rule or its reason."""
    design = OF_RULES.get(rule) or DESIGNS.get(refusal.code)
    return refusal if design is None else replace(refusal, message=f"{refusal.message}. What would do: {design}")
