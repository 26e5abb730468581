"""Which comment suppresses which finding, and which one does not although it stands near."""

from __future__ import annotations

import pytest

from awaitomic.findings.suppression import Suppressions
from awaitomic.source.comments import read_comments
from findings.maker import finding_at, source_of


def covered(text: str, piece: str = "WRITE", rule: str = "AWA101") -> bool:
    return Suppressions.parse(*source_of(text)).covers(finding_at(text, piece, rule=rule))


COVERED = {
    "beside": "WRITE = 1  # awaitomic: ignore[AWA101]\n",
    "with a reason": "WRITE = 1  # awaitomic: ignore[AWA101] only one task, see #12\n",
    "several codes": "WRITE = 1  # awaitomic: ignore[AWA202, AWA101]\n",
    "all rules": "WRITE = 1  # awaitomic: ignore\n",
    "all rules, with a reason": "WRITE = 1  # awaitomic: ignore because it is late\n",
    "no blanks": "WRITE = 1 #awaitomic:ignore[AWA101]\n",
    "after another comment": "WRITE = 1  # noqa: E501  # awaitomic: ignore[AWA101]\n",
    "before another comment": "WRITE = 1  # awaitomic: ignore[AWA101]  # noqa: E501\n",
    "after type: ignore": "WRITE = 1  # type: ignore[x]  # awaitomic: ignore[AWA101]\n",
    "two in one": "WRITE = 1  # awaitomic: ignore[AWA202] # awaitomic: ignore[AWA101]\n",
    "above": "# awaitomic: ignore[AWA101]\nWRITE = 1\n",
    "above, in a run": "# why\n# awaitomic: ignore[AWA101]\n# more\nWRITE = 1\n",
    "above, indented": "if x:\n    # awaitomic: ignore[AWA101]\n    WRITE = 1\n",
    "above, at another indentation": "if x:\n    y\n# awaitomic: ignore[AWA101]\n    WRITE = 1\n",
    "above the whole statement": "# awaitomic: ignore[AWA101]\nx = (\n    1 +\n    WRITE\n)\n",
    "above the line inside a statement": "x = (\n    1 +\n    # awaitomic: ignore[AWA101]\n    WRITE\n)\n",
    "first line": "x = (  # awaitomic: ignore[AWA101]\n    1 +\n    WRITE\n)\n",
    "the finding's line": "x = (\n    1 +\n    WRITE  # awaitomic: ignore[AWA101]\n)\n",
    "last line": "WRITE = (\n    1 +\n    2\n)  # awaitomic: ignore[AWA101]\n",
    "last line of a string": "WRITE = '''\n\n'''  # awaitomic: ignore[AWA101]\n",
    "last line of a continuation": "WRITE = \\\n  1  # awaitomic: ignore[AWA101]\n",
    "header": "with WRITE:  # awaitomic: ignore[AWA101]\n    x\n",
    "last line of a header": "with (\n    WRITE,\n    y,\n):  # awaitomic: ignore[AWA101]\n    x\n",
    "above a header": "# awaitomic: ignore[AWA101]\nwith (\n    WRITE,\n):\n    x\n",
    "one-line body": "if x: WRITE = 1  # awaitomic: ignore[AWA101]\n",
    "above a one-line body": "# awaitomic: ignore[AWA101]\nif x: WRITE = 1\n",
    "joined statements": "x = 1; WRITE = 1  # awaitomic: ignore[AWA101]\n",
    "in a case": "match x:\n    case 1:\n        WRITE = 1  # awaitomic: ignore[AWA101]\n",
    "in a handler": "try:\n    x\nexcept E:\n    # awaitomic: ignore[AWA101]\n    WRITE = 1\n",
    "crlf": "x\r\n# awaitomic: ignore[AWA101]\r\nWRITE = 1\r\n",
    "lone cr": "x\r# awaitomic: ignore[AWA101]\rWRITE = 1\r",
    "form feed above": "x\n\f\n# awaitomic: ignore[AWA101]\nWRITE = 1\n",
    "non-ascii": "é = '\u2028'; WRITE = 1  # é awaitomic: x  # awaitomic: ignore[AWA101]\n",
    "no final newline": "WRITE = 1  # awaitomic: ignore[AWA101]",
    "last code wrong": "WRITE = 1  # awaitomic: ignore[AWA101, AWA999]\n",
}


@pytest.mark.parametrize("text", COVERED.values(), ids=COVERED)
def test_covered(text: str) -> None:
    assert covered(text)


NOT_COVERED = {
    "other code": "WRITE = 1  # awaitomic: ignore[AWA102]\n",
    "half a code": "WRITE = 1  # awaitomic: ignore[AWA1]\n",
    "small letters": "WRITE = 1  # awaitomic: ignore[awa101]\n",
    "no brackets": "WRITE = 1  # awaitomic: ignore AWA101\n",
    "other brackets": "WRITE = 1  # awaitomic: ignore(AWA101)\n",
    "no closing bracket": "WRITE = 1  # awaitomic: ignore[AWA101\n",
    "no code": "WRITE = 1  # awaitomic: ignore[]\n",
    "other verb": "WRITE = 1  # awaitomic: ignored\n",
    "other tool": "WRITE = 1  # noqa: AWA101\n",
    "not addressed": "WRITE = 1  # see awaitomic: ignore[AWA101]\n",
    "in a string": "WRITE = '# awaitomic: ignore[AWA101]'\n",
    "in a string of several lines": "WRITE = '''\n# awaitomic: ignore[AWA101]\n'''\n",
    "in an f-string": "WRITE = f'{x}# awaitomic: ignore[AWA101]'\n",
    "line before": "x = 1  # awaitomic: ignore[AWA101]\nWRITE = 1\n",
    "line after": "WRITE = 1\n# awaitomic: ignore[AWA101]\n",
    "line after, beside": "WRITE = 1\nx = 1  # awaitomic: ignore[AWA101]\n",
    "blank line between": "# awaitomic: ignore[AWA101]\n\nWRITE = 1\n",
    "statement between": "# awaitomic: ignore[AWA101]\nx = 1\nWRITE = 1\n",
    "above the block": "# awaitomic: ignore[AWA101]\nif x:\n    WRITE = 1\n",
    "beside the header": "if x:  # awaitomic: ignore[AWA101]\n    WRITE = 1\n",
    "end of the block": "with WRITE:\n    x\n    y  # awaitomic: ignore[AWA101]\n",
    "first in the block": "with WRITE:\n    # awaitomic: ignore[AWA101]\n    x\n",
    "above the last line": "WRITE = (\n    1 +\n    2\n# awaitomic: ignore[AWA101]\n)\n",
    "inner line of the statement": "WRITE = (\n    1 +\n    2  # awaitomic: ignore[AWA101]\n)\n",
    "other branch": "if x:\n    y = 1  # awaitomic: ignore[AWA101]\nelse:\n    WRITE = 1\n",
}


@pytest.mark.parametrize("text", NOT_COVERED.values(), ids=NOT_COVERED)
def test_not_covered(text: str) -> None:
    assert not covered(text)


def test_findings_of_other_files_are_not_covered() -> None:
    text = "WRITE = 1  # awaitomic: ignore\n"
    suppressions = Suppressions.parse(*source_of(text))
    assert suppressions.covers(finding_at(text, "WRITE"))
    assert not suppressions.covers(finding_at(text, "WRITE", path="b.py"))


def test_a_bare_ignore_is_about_every_rule() -> None:
    assert covered("WRITE = 1  # awaitomic: ignore\n", rule="AWA404")
    assert not covered("WRITE = 1  # awaitomic: ignore[AWA101]\n", rule="AWA404")


def test_the_parts_of_a_comment() -> None:
    text = (
        "x = 1\n"
        "if x:\n"
        "    # awaitomic: ignore[AWA101,AWA102] é: only one task  # noqa\n"
        "    y = 2 # awaitomic: ignore why\n"
    )
    first, second = Suppressions.parse(*source_of(text)).comments
    assert (first.codes, first.reason, first.alone, first.line, first.target) == (
        ("AWA101", "AWA102"),
        "é: only one task",
        True,
        3,
        4,
    )
    assert (first.extent.column, first.extent.end_column) == (
        5,
        5 + len("# awaitomic: ignore[AWA101,AWA102] é: only one task"),
    )
    assert (second.codes, second.reason, second.alone, second.line, second.target) == (None, "why", False, 4, 4)
    assert second.extent.column == 11


def test_what_is_not_needed() -> None:
    text = (
        "A = 1  # awaitomic: ignore[AWA101]\n"
        "B = 1  # awaitomic: ignore[AWA101, AWA102]\n"
        "C = 1  # awaitomic: ignore\n"
        "D = 1  # awaitomic: ignore\n"
        "# awaitomic: ignore[AWA103]\n"
        "\n"
        "E = 1\n"
    )
    suppressions = Suppressions.parse(*source_of(text))
    findings = [
        finding_at(text, "A = "),
        finding_at(text, "B = ", rule="AWA102"),
        finding_at(text, "C = "),
        finding_at(text, "E = ", rule="AWA103"),
    ]
    assert [(unused.comment.line, unused.codes) for unused in suppressions.unused(findings)] == [
        (2, ("AWA101",)),
        (4, ()),
        (5, ("AWA103",)),
    ]
    everything = suppressions.unused([])
    assert [unused.codes for unused in everything] == [("AWA101",), ("AWA101", "AWA102"), (), (), ("AWA103",)]


INVALID = {
    "ignore[AWA11] x": "unknown rule code `AWA11`; did you mean `AWA101`?",
    "ignore[AWA101, stale-writes]": "unknown rule code `stale-writes`; did you mean `AWA101`?",
    "ignore[AWA101,]": "a rule code is missing between the brackets",
    "ignore[]": "a rule code is missing between the brackets",
    "ignore[AWA101": "the list of codes has no closing bracket",
    "ignore AWA101": "the code has to stand in brackets: `awaitomic: ignore[AWA101]`",
    "ignore awa101 because": "the code has to stand in brackets: `awaitomic: ignore[AWA101]`",
    "ignore(AWA101)": "`awaitomic: ignore` is followed by codes in brackets, or by a blank and a reason",
    "ignore: AWA101": "`awaitomic: ignore` is followed by codes in brackets, or by a blank and a reason",
    "ingore[AWA101]": "unknown comment `awaitomic: ingore`; did you mean `ignore`?",
    "disable": "unknown comment `awaitomic: disable`; awaitomic knows ignore, owner, guarded-by",
    "": "unknown comment `awaitomic: `; awaitomic knows ignore, owner, guarded-by",
}


@pytest.mark.parametrize(("said", "message"), INVALID.items())
def test_what_cannot_be_read_is_kept_with_its_place(said: str, message: str) -> None:
    text = f"x = 1\nWRITE = 1  # awaitomic: {said}\n"
    (mistake,) = read_comments(text).mistakes
    assert mistake.message == message
    assert (mistake.extent.line, mistake.extent.column) == (2, 12)


@pytest.mark.parametrize("said", ["ignore[AWA101]", "ignore", "ignore x", "owner[one-task]", "guarded-by[self._lock]"])
def test_what_can_be_read_is_no_mistake(said: str) -> None:
    assert read_comments(f"x = 1  # awaitomic: {said}\n").mistakes == ()
