"""Which files mention a word: the same answer however often it is asked, where a file is searched by its words then."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.source.project import SourceTree

TEXTS = {
    "plain.py": "account = load()\n",
    "part.py": "my_accounts.clear()\n",
    "string.py": "x = 'account of it'\n",
    "comment.py": "# x#3 and größer\n",
    "nothing.py": "",
    "apart.py": "acc = ount\n",
}
WORDS = {
    "account": ["part.py", "plain.py", "string.py"],
    "accounts": ["part.py"],
    "größer": ["comment.py"],
    "größe": ["comment.py"],
    "x#3": ["comment.py"],
    "x": ["comment.py", "string.py"],
    "account of": ["string.py"],
    "missing": [],
}


@pytest.fixture
def tree(tmp_path: Path) -> SourceTree:
    """Give a project of a few files."""
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return SourceTree(str(tmp_path))


@pytest.mark.parametrize("word", WORDS)
def test_the_answer_stays_the_same(tree: SourceTree, word: str) -> None:
    names = sorted(TEXTS)
    for _ in range(50):
        assert tree.mentioning(names, word) == WORDS[word]
    assert tree._words or not word.isidentifier()  # else it was not asked often enough to test anything


def test_a_changed_text_is_searched_itself(tree: SourceTree) -> None:
    for _ in range(50):
        assert tree.mentioning(["plain.py"], "account") == ["plain.py"]
    changed = tree.with_texts({"plain.py": b"other = 1\n"})
    for _ in range(50):
        assert changed.mentioning(["plain.py", "part.py"], "account") == ["part.py"]
    assert tree.mentioning(["plain.py"], "account") == ["plain.py"]
