from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awaitomic.model.finding import Replacement
from awaitomic.model.position import Extent
from awaitomic.patching.replacements import replacements
from awaitomic.source.text import split_lines

LINES = st.lists(
    st.sampled_from(["a\n", "b\n", "a\r\n", "b\r\n", "a\r", "b\r", "ab\n", "\n", "\r\n", "\r"]), max_size=8
)
TEXTS = st.builds(lambda lines, last: "".join(lines) + last, LINES, st.sampled_from(["", "a", "b", "残"]))


def offset(text: str, line: int, column: int) -> int:
    """Give the offset of a place, by the line ends that the log declares."""
    lines = split_lines(text, keepends=True)
    assert line <= max(len(lines), 1), "no place is behind the last line"
    last = line == max(len(lines), 1)
    content = lines[line - 1] if lines else ""
    assert column <= len(content if last else content.rstrip("\r\n")) + 1
    return sum(map(len, lines[: line - 1])) + column - 1


def applied(text: str, changes: tuple[Replacement, ...]) -> str:
    ends = [offset(text, each.extent.end_line, each.extent.end_column) for each in changes]
    starts = [offset(text, each.extent.line, each.extent.column) for each in changes]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False)), "nothing overlaps"
    for start, end, change in reversed(list(zip(starts, ends, changes, strict=True))):
        text = text[:start] + change.text + text[end:]
    return text


@settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS, TEXTS)
def test_they_make_the_new_text_of_the_old_one(old: str, new: str) -> None:
    assert applied(old, replacements(old, new)) == new


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("same\n", "same\n", ()),
        ("a\nb\nc\n", "a\nbx\nc\n", (Replacement(Extent(2, 2, 2, 2), "x"),)),
        ("a\nb\nc\n", "a\nc\n", (Replacement(Extent(2, 1, 3, 1), ""),)),
        ("a\n", "a\nb\n", (Replacement(Extent(1, 2, 1, 2), "\nb"),)),
        ("a\nb\n", "a\n", (Replacement(Extent(1, 2, 2, 2), ""),)),
        ("a\r\n", "a", (Replacement(Extent(1, 2, 1, 4), ""),)),
        ("残高 = 1\n", "残高 = 2\n", (Replacement(Extent(1, 6, 1, 7), "2"),)),
        ("", "a\n", (Replacement(Extent(1, 1, 1, 1), "a\n"),)),
    ],
)
def test_only_what_differs_is_replaced(old: str, new: str, expected: tuple[Replacement, ...]) -> None:
    assert replacements(old, new) == expected


def test_texts_that_differ_everywhere_are_compared_too() -> None:
    old, new = "".join(f"old {n}\n" for n in range(800)), "".join(f"new {n}\n" for n in range(800))
    assert applied(old, replacements(old, new)) == new
