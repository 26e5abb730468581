"""What is mistyped: the nearest known word, exit code 2, on one screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.knowledge.codes import LATER, RULE_NAMES
from awaitomic.rules import RULES
from cli.running import CLEAN, run


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("chek", "."), "No such command 'chek'. Did you mean 'check'?"),
        (("Rules",), "Did you mean 'rules'?"),
        (("m.py",), "No such command 'm.py'. To check a path: awaitomic check m.py"),
        (("a folder",), "To check a path: awaitomic check 'a folder'"),
        (("check", "--selct", "AWA1", "."), "--select"),
        (("fix", "--unsafe-fix", "."), "--unsafe-fixes"),
        (("check", "--confidence", "likley", "."), "Did you mean 'likely'?"),
        (("check", "--output-format", "jsn", "."), "Did you mean 'json'?"),
        (("check", "--color", "allways", "."), "Did you mean 'always'?"),
        (("check", "--lock-granularity", "keys", "."), "Did you mean 'key'?"),
        (("check", "--select", "AWA1O1", "."), "unknown rule code `AWA1O1`; did you mean `AWA101`?"),
        (("check", "--ignore", "stale-writes", "."), "did you mean `AWA101`?"),
        (("check", "--strategy", "no-lokc", "."), "did you mean `lock`?"),
        (("explain", "AWA1O1"), "did you mean AWA101 (stale-write)?"),
        (("explain", "hoits"), "did you mean hoist?"),
        (("rules", "--output-format", "jsonn"), "Did you mean 'json'?"),
        (("completion", "bsh"), "Did you mean 'bash'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_nearest_known_word_is_suggested(tree: Path, arguments: tuple[str, ...], hint: str) -> None:
    (tree / "m.py").write_text(CLEAN)
    (tree / "a folder").mkdir()
    done = run(*arguments)
    assert done.exit_code == 2
    assert hint in " ".join(done.stderr.split())
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) <= 20


def test_a_rule_of_a_later_version_is_told_to_select_nothing(tree: Path) -> None:
    assert {rule.code for rule in RULES} == RULE_NAMES.keys() - LATER
    (tree / "m.py").write_text(CLEAN)
    for code in ("AWA4", "AWA404"):
        for done in (run("check", "--select", code), run("check", "--select", code, "-", stdin=CLEAN.encode())):
            assert done.exit_code == 0
            assert f"{code} is not looked for in this version" in done.stderr
    assert "this version" not in run("check", "--select", "ALL,AWA1").stderr


def test_what_is_like_nothing_gets_no_suggestion(tree: Path) -> None:
    for arguments in (("zzz",), ("check", "--confidence", "0", ".")):
        done = run(*arguments)
        assert done.exit_code == 2
        assert "id you mean" not in done.stderr


def test_help_needs_no_command(tree: Path) -> None:
    assert run("--help").exit_code == 0
    assert "completion" in run("-h").stdout
    assert run("--no-such-option").exit_code == 2
