"""A log counts as valid up to the first question that has another answer, and no further."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitomic.cache import log as logs
from awaitomic.cache.files import Files
from awaitomic.cache.place import Place
from awaitomic.source.line_length import line_length
from awaitomic.source.oldest_python import oldest_python
from awaitomic.source.project import SourceTree
from awaitomic.source.trace import Trace

Question = Callable[[SourceTree], object]

NAMES = ("a.py", "b.py", "c.py", "test_d.py", "sub/e.py")
TEXTS: tuple[bytes | None, ...] = (
    b"",
    b"import a\n",
    b"import a  # and more\n",
    b"class A(B): pass\n",
    b"x.credit\n",
    b"x.credits\n",
    b"credit = 1\n",
    None,
)
QUESTIONS: dict[str, Question] = {
    "whole a": lambda tree: tree.raw("a.py"),
    "whole b": lambda tree: tree.raw("b.py"),
    "whole of what is not there": lambda tree: tree.raw("z.py"),
    "header b": lambda tree: tree.header("b.py"),
    "all headers": lambda tree: [(name, tree.header(name)) for name in sorted(tree.files)],
    "mention": lambda tree: tree.mentioning(["a.py", "b.py", "test_d.py"], "credit"),
    "mention of one": lambda tree: tree.mentioning(["c.py"], "credit"),
    "attribute": lambda tree: tree.reads_attribute("credit", frozenset()),
    "attribute but in a": lambda tree: tree.reads_attribute("credit", frozenset({"a.py", "b.py"})),
    "listing": lambda tree: tree.files,
    "exists": lambda tree: tree.exists("c.py"),
    "ending": lambda tree: tree.ending_in("e"),
    "oldest": lambda tree: tree.oldest_python,
    "width": lambda tree: tree.line_length,
    "with an unsaved text": lambda tree: tree.with_texts({"a.py": b"x.credit"}).reads_attribute("credit", frozenset()),
    "all but an unsaved text": lambda tree: tree.with_texts({"a.py": b""}).mentioning(["a.py", "c.py"], "credit"),
}


@dataclass
class Now:
    files: Files
    oldest: tuple[int, int] | None
    line_length: int | None


class Kept:
    """A tree, a log of questions about it, and what was answered."""

    def __init__(self, root: Path, questions: list[str]) -> None:
        self.root = root
        self.place = Place(str(root / "cache"))
        trace = Trace()
        tree = SourceTree(str(root), trace=trace)
        self.questions = questions
        self.answers = [QUESTIONS[each](tree) for each in questions]
        self.path = self.place.path("key", "log.json")
        self.positions: list[int] = []
        again = Trace()
        counted = SourceTree(str(root), trace=again)
        for each in questions:
            QUESTIONS[each](counted)
            self.positions.append(len(again.steps))
        logs.write(self.place, self.path, trace.steps, {})

    def valid(self) -> int:
        log = logs.read(self.path)
        assert log is not None
        root = str(self.root)
        return log.valid(Now(Files(root, self.place), oldest_python(root), line_length(root)))

    def unchanged(self) -> int:
        """Give how many questions, from the first, have the same answer now."""
        tree = SourceTree(str(self.root))
        now = [QUESTIONS[each](tree) for each in self.questions]
        different = [number for number, (was, new) in enumerate(zip(self.answers, now, strict=True)) if was != new]
        return min(different, default=len(now))


def write(root: Path, name: str, text: bytes | None) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    if text is not None:
        path.write_bytes(text)


texts = st.sampled_from(TEXTS)
trees = st.fixed_dictionaries(dict.fromkeys(NAMES, texts))
edits = st.dictionaries(st.sampled_from(NAMES), texts, max_size=2)


@settings(max_examples=300, deadline=None)
@given(trees, st.lists(st.sampled_from(sorted(QUESTIONS)), min_size=1, max_size=6), edits)
def test_no_result_outlives_what_it_rests_on(
    tree: dict[str, bytes | None], questions: list[str], changes: dict[str, bytes | None]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in tree.items():
            write(root, name, text)
        kept = Kept(root, questions)
        assert kept.valid() == sys.maxsize
        for name, text in changes.items():
            write(root, name, text)
        first = kept.unchanged()
        if first < len(questions):
            assert kept.valid() < kept.positions[first]


CHANGES: dict[str, tuple[str, bytes | None, bool]] = {
    # question: the file that changes, what it is then, and whether what rests on the question is still valid
    "whole b": ("b.py", b"y.credit # other\n", False),
    "whole a": ("b.py", b"y.credit # other\n", True),
    "header b": ("b.py", b"y.credit # other\n", True),
    "all headers": ("b.py", b"import a\n", False),
    "mention": ("b.py", b"y.credit # other\n", True),
    "mention of one": ("c.py", b"credit", False),
    "attribute": ("b.py", b"y.credit # other\n", True),
    "attribute but in a": ("c.py", b"x.credit", False),
    "listing": ("new.py", b"", False),
    "exists": ("c.py", None, False),
    "oldest": ("pyproject.toml", b"[project]\nrequires-python = '>=3.9'", False),
    "width": ("ruff.toml", b"line-length = 99", False),
    "whole of what is not there": ("c.py", b"1", True),
    "with an unsaved text": ("b.py", b"", True),
    "all but an unsaved text": ("c.py", b"credit", False),
}


@pytest.mark.parametrize(("question", "change"), CHANGES.items(), ids=CHANGES)
def test_each_question(tmp_path: Path, question: str, change: tuple[str, bytes | None, bool]) -> None:
    for name in NAMES:
        write(tmp_path, name, b"")
    write(tmp_path, "b.py", b"x.credit\n")
    kept = Kept(tmp_path, [question])
    name, text, holds = change
    write(tmp_path, name, text)
    assert (kept.valid() == sys.maxsize) is holds
