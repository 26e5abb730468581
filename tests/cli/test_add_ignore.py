"""`check --add-ignore`: comments that suppress what is found, where they count, and nothing else is changed."""

from __future__ import annotations

import ast
import os
import random
from pathlib import Path

import pytest

from cli.running import CLEAN, LOST, program, run

FIXTURES = Path(__file__).parents[2] / "fixtures"
WRITE = "        self.balance = current + amount\n"
DONE = "# awaitomic: ignore[AWA101] not reviewed yet"


def suppressed(text: str | bytes, *options: str, left: int = 0) -> str:
    """Give a text as `--add-ignore` makes it."""
    path = Path("bank.py")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    result = run("check", options[0] if options else "--add-ignore", *options[1:], ".")
    assert result.exit_code == (1 if left else 0), result.output
    return path.read_bytes().decode()


@pytest.mark.usefixtures("tree")
def test_it_says_what_it_did_and_a_check_is_clean_then() -> None:
    Path("bank.py").write_text(LOST, encoding="utf-8")
    result = run("check", "--add-ignore", ".")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "1 finding suppressed in 1 file; nothing is left\n"
    assert Path("bank.py").read_text(encoding="utf-8") == LOST.replace(WRITE, WRITE.replace("\n", f"  {DONE}\n"))
    assert run("check", ".").exit_code == 0
    assert run("check", "--add-ignore", ".").stderr == "0 findings suppressed in 0 files; nothing is left\n"


LINES = {
    "plain": ("{w}", f"{{w}}  {DONE}"),
    "a blank behind": ("{w} ", f"{{w}}  {DONE}"),
    "another comment": ("{w} # type: ignore[x]", f"{{w}} # type: ignore[x]  {DONE}"),
    "a comment that says nothing": ("{w}  # awaitomic: ignroe", f"{{w}}  # awaitomic: ignroe  {DONE}"),
    "codes": ("{w}  # awaitomic: ignore[AWA102] odd", "{w}  # awaitomic: ignore[AWA102, AWA101] odd"),
    "codes and more": ("{w} # awaitomic: ignore[ AWA102 ] # noqa", "{w} # awaitomic: ignore[ AWA102, AWA101] # noqa"),
    "a list that ends with a comma": ("{w}  # awaitomic: ignore[AWA102,]", "{w}  # awaitomic: ignore[AWA102, AWA101]"),
    "codes above": ("# awaitomic: ignore[AWA102]\n        {w}", "# awaitomic: ignore[AWA102, AWA101]\n        {w}"),
    "a code that there is not": ("{w}  # awaitomic: ignore[AWA9]", f"{{w}}  # awaitomic: ignore[AWA9]  {DONE}"),
    "a statement behind": ("{w}; x = 1", f"{{w}}; x = 1  {DONE}"),
    "a backslash": ("{w} + \\\n            1", f"{{w}} + \\\n            1  {DONE}"),
    "brackets": ("{w} + (\n            1\n        )", f"{{w}} + (  {DONE}\n            1\n        )"),
    "a string": ("{w} + len('''\n    ''')", f"{{w}} + len('''\n    ''')  {DONE}"),
    "strings at both ends": (
        "{w} + len('''\n    '''); x = '''\n'''",
        f"{DONE}\n        {{w}} + len('''\n    '''); x = '''\n'''",
    ),
    "below a comment": (
        "# why\n        {w} + len('''\n    '''); x = '''\n'''",
        f"# why\n        {DONE}\n        {{w}} + len('''\n    '''); x = '''\n'''",
    ),
}


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(("before", "after"), LINES.values(), ids=LINES)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_where_the_comment_goes(before: str, after: str, end: str) -> None:
    written = "self.balance = current + amount"
    text = LOST.replace(WRITE, f"        {before.format(w=written)}\n").replace("\n", end)
    expected = LOST.replace(WRITE, f"        {after.format(w=written)}\n").replace("\n", end)
    assert suppressed(text, "--add-ignore", "--ignore", "AWA001,AWA002") == expected


@pytest.mark.usefixtures("tree")
def test_no_place_is_told() -> None:
    """The statement stands between two strings that go on over lines, and begins no line."""
    text = LOST.replace(WRITE, "        x = '''\n'''; self.balance = current + len('''\n'''); y = '''\n'''\n")
    assert suppressed(text, left=1) == text


@pytest.mark.usefixtures("tree")
def test_several_rules_share_a_comment_and_a_file_may_lack_its_last_line_end() -> None:
    text = LOST + "\n\n# the end\nx = 1"
    assert suppressed(text) == text.replace(WRITE, WRITE.replace("\n", f"  {DONE}\n"))


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    ("option", "comment"),
    [
        ("--add-ignore=only one task, see #12", "# awaitomic: ignore[AWA101] only one task, see #12"),
        ("--add-ignore= é ", "# awaitomic: ignore[AWA101] é"),
        ("--add-ignore=", DONE),
    ],
)
def test_the_reason(option: str, comment: str) -> None:
    assert f"{comment}\n" in suppressed(LOST, option)


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize(
    "reason", ["a\nb", "a # noqa", "# type: ignore", "awaitomic: x # awaitomic: ignore", "\x1b[1m", "a # b"]
)
def test_what_would_be_read_as_something_else_is_no_reason(reason: str) -> None:
    Path("bank.py").write_text(LOST, encoding="utf-8")
    result = run("check", f"--add-ignore={reason}", ".")
    assert result.exit_code == 2
    assert "cannot be the reason in a comment" in result.stderr
    assert Path("bank.py").read_text(encoding="utf-8") == LOST


@pytest.mark.usefixtures("tree")
def test_a_word_behind_it_is_a_path_and_no_reason() -> None:
    Path("bank.py").write_text(LOST, encoding="utf-8")
    Path("src").mkdir()
    assert run("check", "--add-ignore", "src").exit_code == 0
    assert run("check", "--add-ignore", "only one task").exit_code == 2
    assert Path("bank.py").read_text(encoding="utf-8") == LOST
    assert run("check", "--", "--add-ignore").exit_code == 2


@pytest.mark.usefixtures("tree")
def test_only_what_is_reported_is_suppressed() -> None:
    Path("known.py").write_text(LOST, encoding="utf-8")
    run("check", "--write-baseline", "known.json", ".")
    for options in (
        ("--baseline", "known.json"),
        ("--ignore", "AWA101"),
        ("--confidence", "certain", "--select", "AWA2"),
    ):
        Path("bank.py").write_text(CLEAN, encoding="utf-8")
        assert run("check", "--add-ignore", *options, ".").exit_code == 0
        assert Path("known.py").read_text(encoding="utf-8") == LOST


@pytest.mark.usefixtures("tree")
def test_findings_about_comments_stay() -> None:
    text = CLEAN + "x = 1  # awaitomic: ignore[AWA101]\ny = 1  # awaitomic: ignroe\n"
    assert suppressed(text, left=2) == text


@pytest.mark.usefixtures("tree")
def test_a_reason_that_the_file_cannot_hold() -> None:
    raw = b"# coding: latin-1\n" + LOST.encode()
    Path("bank.py").write_bytes(raw)
    result = run("check", "--add-ignore=\u2713", ".")
    assert result.exit_code == 1
    assert "bank.py:1:1: error: no comment was added: '\u2713' (U+2713) cannot be written" in result.stderr
    assert Path("bank.py").read_bytes() == raw


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST, encoding="utf-8")
    (tree / "bank.py").chmod(0o444)
    result = run("check", "--add-ignore", ".")
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("arguments", [("-",), ("--write-baseline", "x.json", ".")])
def test_what_it_excludes(arguments: tuple[str, ...]) -> None:
    assert run("check", "--add-ignore", *arguments, stdin=b"").exit_code == 2


def test_fixtures_are_clean_afterwards(tree: Path) -> None:
    """On forty programs of all kinds: nothing but comments is new, and nothing is found any more."""
    chosen = random.Random(6).sample(sorted(FIXTURES.rglob("*.py")), 40)
    originals = {}
    for number, fixture in enumerate(chosen):
        folder = tree / f"p{number}"
        folder.mkdir()
        (folder / "pyproject.toml").touch()
        originals[folder / fixture.name] = fixture.read_text(encoding="utf-8")
        (folder / fixture.name).write_text(originals[folder / fixture.name], encoding="utf-8")
    options = ("--isolated", "--jobs", "1", "--confidence", "possible", "--ignore", "AWA001,AWA002")
    assert program("check", "--add-ignore", *options, ".", cwd=tree).returncode == 0
    assert program("check", *options, ".", cwd=tree).returncode == 0
    texts = {path: path.read_text(encoding="utf-8") for path in originals}
    assert sum(texts[path] != old for path, old in originals.items()) > 10
    for path, old in originals.items():
        assert ast.dump(ast.parse(texts[path])) == ast.dump(ast.parse(old))
        kept = [line.partition("  # awaitomic: ignore[")[0] for line in texts[path].split("\n")]
        assert [line for line in kept if "# awaitomic: ignore[" not in line] == [
            line for line in old.split("\n") if "# awaitomic: ignore[" not in line
        ]
