"""The versions that ``required-version`` asks for, after PEP 440, as far as awaitomic's own versions need it.

`packaging` reads all of PEP 440; one key is not worth a dependency that everybody would have to install. What is not
read here (epochs, local versions, pre-releases in the specifier) is an error that says so. The tests compare the
answers with those of `packaging`.
"""

from __future__ import annotations

import re

_CLAUSE = re.compile(r"\s*(?P<operator>==|!=|>=|<=|~=|>|<)\s*(?P<release>\d+(?:\.\d+)*)(?P<star>\.\*)?\s*")
_VERSION = re.compile(r"v?(?P<release>\d+(?:\.\d+)*)(?P<rest>.*)")
_PRE = re.compile(r"[._-]?(?:a|b|c|rc|alpha|beta|pre|preview|dev)[._-]?\d*", re.IGNORECASE)
_Clause = tuple[str, tuple[int, ...], bool]


def parse(specifier: str) -> tuple[_Clause, ...]:
    """Read ``>=0.2,<1``; raises `ValueError` with a message for the user."""
    clauses = []
    for text in specifier.split(","):
        found = _CLAUSE.fullmatch(text)
        operator = found["operator"] if found else ""
        release = _numbers(found["release"]) if found else ()
        starred = bool(found and found["star"])
        if not found or (starred and operator not in {"==", "!="}) or (operator == "~=" and len(release) < 2):
            message = (
                f"`{text.strip()}` is no version specifier that is understood here; write `>=0.2`, `==1.4.*`, "
                "`~=1.2`, or several with commas"
            )
            raise ValueError(message)
        clauses.append((operator, release, starred))
    return tuple(clauses)


def satisfies(own: str, specifier: str) -> bool:
    """Tell whether a version of awaitomic is one of those that are asked for; raises `ValueError` as `parse`."""
    found = _VERSION.fullmatch(own)
    assert found is not None, "awaitomic's own version begins with a number"
    mine = (_numbers(found["release"]), not _PRE.match(found["rest"]))
    return all(_holds(mine, *clause) for clause in parse(specifier))


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def _holds(own: tuple[tuple[int, ...], bool], operator: str, wanted: tuple[int, ...], starred: bool) -> bool:
    """Answer for one clause; `own` is the release and whether it is out: what leads up to it comes before it."""
    release, is_out = own
    if operator == "~=":
        return _holds(own, ">=", wanted, starred) and _padded(release, len(wanted))[: len(wanted) - 1] == wanted[:-1]
    if starred:
        return (_padded(release, len(wanted))[: len(wanted)] == wanted) is (operator == "==")
    width = max(len(release), len(wanted))
    mine, theirs = (_padded(release, width), is_out), (_padded(wanted, width), True)
    answers = {
        "==": mine == theirs,
        "!=": mine != theirs,
        ">=": mine >= theirs,
        "<=": mine <= theirs,
        ">": mine > theirs,
        "<": mine < theirs and mine[0] != theirs[0],  # what leads up to an excluded release is excluded, too
    }
    return answers[operator]


def _padded(release: tuple[int, ...], width: int) -> tuple[int, ...]:
    return (*release, *[0] * (width - len(release)))
