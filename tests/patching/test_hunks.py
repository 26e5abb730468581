"""Changes of one file taken apart: they make the whole again, and git puts them where they belong."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awaitomic.patching.diff import unified_patch
from awaitomic.patching.hunks import composed, hunks, misplaced, touching

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "d\r\n"]), max_size=40)
ENDS = st.sampled_from(["", "e"])


def numbered(count: int) -> list[str]:
    return [f"{number}\n" for number in range(count)]


def changed(lines: list[str], *places: int) -> str:
    return "".join(f"new {line}" if number in places else line for number, line in enumerate(lines))


@given(LINES, ENDS, LINES, ENDS)
def test_all_hunks_together_make_the_new_text(old: list[str], old_end: str, new: list[str], new_end: str) -> None:
    before, after = "".join(old) + old_end, "".join(new) + new_end
    assert composed(before, [hunks(before, after)]) == after


@given(LINES, LINES, st.data())
def test_parts_make_the_whole_and_each_is_a_patch_of_its_own(
    old: list[str], new: list[str], data: st.DataObject
) -> None:
    before = "".join([*old, *numbered(20), *old])
    after = "".join([*new, *numbered(20), *new])
    all_hunks = hunks(before, after)
    some = tuple(hunk for hunk in all_hunks if data.draw(st.booleans()))
    others = tuple(hunk for hunk in all_hunks if hunk not in some)
    assert composed(before, [others, some]) == after
    assert not touching(some, others)


@pytest.mark.parametrize(("distance", "touch"), [(1, True), (6, True), (7, True), (8, False)])
def test_what_a_patch_shows_in_one_hunk_touches(distance: int, touch: bool) -> None:
    lines = numbered(40)
    old = "".join(lines)
    one, other = changed(lines, 10), changed(lines, 10 + distance)
    assert touching(hunks(old, one), hunks(old, other)) is touch
    both = unified_patch("x", old, changed(lines, 10, 10 + distance))
    assert both.count("@@ -") == (1 if touch else 2)


def applied(folder: Path, old: str, new_texts: list[str]) -> str | None:
    """Apply patches, each made for the unchanged text, one after the other with git; None if one does not apply."""
    (folder / "x").write_text(old)
    for new in new_texts:
        patch = unified_patch("x", old, new).encode()
        done = subprocess.run(["git", "apply"], cwd=folder, input=patch, capture_output=True, check=False)
        if done.returncode:
            return None
    return (folder / "x").read_text()


BLOCK = ["begin\n", "a\n", "b\n", "work\n", "c\n", "d\n", "end\n"]
ADDED = ["import one\n", "import two\n"]


@pytest.mark.parametrize(("added", "wrong"), [(1, None), (3, None), (7, 1), (8, 1), (14, 1)], ids=str)
def test_a_text_that_repeats_itself_can_lead_git_astray(tmp_path: Path, added: int, wrong: int | None) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    top = numbered(10)
    old = "".join(top + BLOCK * 4)
    first = "".join(["0\n", *["more\n"] * added, *top[1:]] + BLOCK * 4)
    target = len(top) + 2 * len(BLOCK) + 3
    second = changed(top + BLOCK * 4, target)
    both = composed(old, [hunks(old, first), hunks(old, second)])
    assert misplaced(old, [hunks(old, first), hunks(old, second)]) == wrong
    assert misplaced(old, [hunks(old, second), hunks(old, first)]) is None
    assert applied(tmp_path, old, [second, first]) == both
    if wrong is None:
        assert applied(tmp_path, old, [first, second]) == both
    else:
        assert applied(tmp_path, old, [first, second]) != both
