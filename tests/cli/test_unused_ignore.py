"""AWA001: what suppresses nothing is reported, by whoever asked for the rule, and `fix` takes it out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.running import CLEAN, FIXED, LOST, run

WRITE = "        self.balance = current + amount\n"


def beside(comment: str, text: str = LOST) -> str:
    return text.replace(WRITE, WRITE.replace("\n", f"  # {comment}\n"))


def checked(text: str, *options: str) -> list[tuple[str, int, str]]:
    """Give rule, line and state of what is found in a text, in the current directory."""
    Path("bank.py").write_text(text, encoding="utf-8")
    result = run("check", ".", "--output-format", "json", *options)
    return [(each["rule"], each["line"], each["state"]) for each in json.loads(result.stdout)["findings"]]


@pytest.mark.usefixtures("tree")
def test_what_is_needed_is_silent() -> None:
    assert checked(beside("awaitomic: ignore[AWA101] only one task")) == []
    assert checked(beside("awaitomic: ignore")) == []


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("comment", "state"),
    [
        ("awaitomic: ignore[AWA102]", "AWA102"),
        ("awaitomic: ignore[AWA102, AWA103] both", "AWA102, AWA103"),
        ("awaitomic: ignore[AWA101, AWA102]", "AWA102"),
        ("awaitomic: ignore[AWA003]", "AWA003"),
    ],
)
def test_a_code_that_nothing_needs_is_reported_alone(comment: str, state: str) -> None:
    found = checked(beside(comment))
    assert ("AWA001", 11, state) in found
    assert (len(found) == 2) == ("AWA101" not in comment)


def test_a_file_without_coroutines_is_looked_at(tree: Path) -> None:
    (tree / "plain.py").write_text("x = 1  # awaitomic: ignore\n", encoding="utf-8")
    result = run("check", ".")
    assert result.exit_code == 1
    assert "plain.py:1:8: AWA001 [certain] this comment suppresses nothing" in result.stdout


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("comment", "options"),
    [
        ("awaitomic: ignore[AWA102]", ("--select", "AWA001,AWA101")),
        ("awaitomic: ignore[AWA102]", ("--ignore", "AWA102")),
        ("awaitomic: ignore[AWA102]", ("--ignore", "AWA001")),
        ("awaitomic: ignore[AWA401]", ()),
        ("awaitomic: ignore[AWA999]", ()),
        ("awaitomic: ignore[AWA102, AWA001] comes and goes", ()),
        ("awaitomic: ignore[AWA102]  # awaitomic: ignore[AWA001]", ()),
    ],
    ids=["not selected", "ignored", "itself ignored", "not there yet", "unknown", "kept", "kept by another"],
)
def test_what_was_not_looked_for_or_is_to_stay_is_silent(comment: str, options: tuple[str, ...]) -> None:
    assert [rule for rule, _, _ in checked(beside(comment), *options) if rule == "AWA001"] == []


@pytest.mark.usefixtures("tree")
def test_a_comment_for_all_rules_does_not_keep_itself() -> None:
    assert checked("x = 1  # awaitomic: ignore\n") == [("AWA001", 1, "every rule")]


def test_a_rule_that_is_ignored_in_the_file_was_not_looked_for(tree: Path) -> None:
    settings_text = '[tool.awaitomic.per-file-ignores]\n"bank.py" = ["AWA102"]\n'
    (tree / "pyproject.toml").write_text(settings_text, encoding="utf-8")
    assert [rule for rule, _, _ in checked(beside("awaitomic: ignore[AWA102]"))] == ["AWA101"]


@pytest.mark.usefixtures("tree")
def test_a_finding_below_the_wanted_confidence_needs_its_comment() -> None:
    with_key = beside("awaitomic: ignore[AWA101]")
    assert checked(with_key, "--confidence", "certain") == []


def test_a_text_that_stands_alone_says_nothing_of_its_comments() -> None:
    assert run("check", "-", stdin=b"x = 1  # awaitomic: ignore\n").exit_code == 0


@pytest.mark.usefixtures("tree")
def test_fix_takes_the_comment_and_leaves_what_it_suppressed() -> None:
    kept = beside("awaitomic: ignore[AWA101] only one task")
    Path("bank.py").write_text(kept, encoding="utf-8")
    assert run("fix", ".").exit_code == 0
    assert Path("bank.py").read_text(encoding="utf-8") == kept


@pytest.mark.usefixtures("tree")
def test_an_idle_comment_beside_a_finding_goes_in_the_same_run() -> None:
    Path("bank.py").write_text(beside("awaitomic: ignore[AWA106]"), encoding="utf-8")
    result = run("fix", ".")
    assert result.exit_code == 0
    assert Path("bank.py").read_text(encoding="utf-8") == FIXED
    assert "2 fixes applied in 1 file" in result.stderr


@pytest.mark.usefixtures("tree")
def test_a_comment_that_a_fix_makes_idle_goes_in_the_same_run() -> None:
    """The lock over the one span covers the other one, which was suppressed and alone would not have been repaired."""
    text = LOST.replace("        self.balance = 0\n", "        self.balance = 0\n        self.total = 0\n")
    text = text.replace("        await", "        total = self.total\n        await", 1)
    suppressed = "        self.total = total + 1  # awaitomic: ignore[AWA101] only a statistic\n"
    Path("bank.py").write_text(text.replace(WRITE, suppressed), encoding="utf-8")
    assert run("fix", "--strategy", "AWA101:lock", ".").exit_code == 0
    assert Path("bank.py").read_text(encoding="utf-8") == text.replace(WRITE, suppressed)
    Path("bank.py").write_text(text.replace(WRITE, suppressed + WRITE), encoding="utf-8")
    result = run("fix", "--strategy", "AWA101:lock", ".")
    assert result.exit_code == 0
    assert ": AWA001 Remove the comment\n" in result.stderr
    assert "            self.total = total + 1\n" in Path("bank.py").read_text(encoding="utf-8")


@pytest.mark.usefixtures("tree")
def test_unfixable_by_strategy() -> None:
    Path("a.py").write_text("x = 1  # awaitomic: ignore\n", encoding="utf-8")
    result = run("fix", "--strategy", "no-remove-ignore", ".")
    assert (result.exit_code, Path("a.py").read_text(encoding="utf-8")) == (1, "x = 1  # awaitomic: ignore\n")


LINES = st.sampled_from(
    [
        # with the comment, and without
        ("x = 1  # awaitomic: ignore[AWA101] why, see #12", "x = 1"),
        ("x = '''\n# awaitomic: ignore\n'''  # awaitomic: ignore", "x = '''\n# awaitomic: ignore\n'''"),
        ("x = 1\t#awaitomic:ignore   ", "x = 1"),
        ("x = 1  # awaitomic: ignore[AWA102] é  # noqa: E501", "x = 1  # noqa: E501"),
        ("x = 1  # awaitomic: ignore[AWA102] why #noqa", "x = 1  #noqa"),
        ("x = 1  # type: ignore[x]  # awaitomic: ignore[AWA301]  ", "x = 1  # type: ignore[x]"),
        ("x = 1  # a  # awaitomic: ignore # b", "x = 1  # a  # b"),
        ("x = 1  # awaitomic: ignore # awaitomic: ignore[AWA102]", "x = 1"),
        ("    # awaitomic: ignore[AWA101]", None),
        ("# awaitomic: ignore[AWA101, AWA999] r", "# awaitomic: ignore[AWA999] r"),
        ("x = f'{1}# awaitomic: ignore'", "x = f'{1}# awaitomic: ignore'"),
        ("x = [  # awaitomic: ignore\n  1,\n\n]", "x = [\n  1,\n\n]"),
        ("x = 1 ; y = \\\n  2  # awaitomic: ignore", "x = 1 ; y = \\\n  2"),
        ("", ""),
        ("\f", "\f"),
        ("# why  ", "# why  "),
        ("if x:\n\t# awaitomic: ignore\n\ty = 1 # awaitomic: ignore", "if x:\n\ty = 1"),
    ]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans())
def test_all_else_stays_byte_for_byte(
    tree: Path, lines: list[tuple[str, str | None]], end: str, closed: bool, bom: bool
) -> None:
    def joined(texts: list[str]) -> bytes:
        whole = "".join(f"{text}\n" for text in texts).replace("\n", end)
        return (b"\xef\xbb\xbf" if bom else b"") + whole.encode()

    last = "z = 1  # awaitomic: ignore[AWA101]", "z = 1"
    before = joined([text for text, _ in [*lines, last]])
    after = joined([text for _, text in [*lines, last] if text is not None])
    if not closed:
        before, after = before[: -len(end)], after[: -len(end)]
    (tree / "a.py").write_bytes(before)
    run("fix", ".", "--ignore", "AWA002")
    assert (tree / "a.py").read_bytes() == after


def test_a_file_full_of_them_comes_to_an_end(tree: Path) -> None:
    (tree / "a.py").write_text("x = 1  # awaitomic: ignore\n" * 30, encoding="utf-8")
    assert run("fix", ".").exit_code == 0
    assert (tree / "a.py").read_text(encoding="utf-8") == "x = 1\n" * 30


def test_a_last_line_of_its_own_goes_whole(tree: Path) -> None:
    (tree / "a.py").write_text(f"{CLEAN}# awaitomic: ignore", encoding="utf-8")
    run("fix", ".")
    assert (tree / "a.py").read_text(encoding="utf-8") == CLEAN
