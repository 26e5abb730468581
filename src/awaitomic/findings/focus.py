"""Decides what counts of what was found: nothing that is known already, and only what touches changed lines."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awaitomic.model.finding import Finding
    from awaitomic.model.focus import Focus
    from awaitomic.model.position import Extent


def counts(finding: Finding, focus: Focus) -> bool:
    """Tell whether a finding counts. It touches a line if any step of its trace, or the rival's write, stands there."""
    if focus.is_all:
        return True
    if finding.fingerprint in focus.known.get(key_of(finding.path), ()):
        return False
    if focus.changed is None:
        return True
    rival = () if finding.rival is None else (finding.rival,)
    places = [(finding.path, finding.extent), *((step.path, step.extent) for step in (*finding.trace, *rival))]
    return any(_is_changed(path, extent, focus) for path, extent in places)


def file_counts(path: str, focus: Focus) -> bool:
    """Tell whether anything in a file counts, however little of it is known."""
    return focus.changed is None or key_of(path) in focus.changed


def key_of(path: str) -> str:
    """Give the name of a file that is the same whatever way led to it."""
    return _real(os.path.abspath(path))  # noqa: PTH100 - a string is wanted


@cache
def _real(absolute: str) -> str:
    return os.path.realpath(absolute)


def _is_changed(path: str, extent: Extent, focus: Focus) -> bool:
    assert focus.changed is not None, "only asked where lines matter"
    lines = focus.changed.get(key_of(path), ())
    return lines is None or any(first <= extent.end_line and extent.line <= last for first, last in lines)
