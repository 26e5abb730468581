"""`fix --interactive`: one group of fixes at a time, and only what is taken is written."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from awaitomic.patching import write
from cli.running import CLEAN, FIXED, LOST, REFRESH, SOURCE, program, run
from cli.series import APART, BASE, DERIVED, SHARING

SECOND = LOST.replace("Bank", "Till")
SECOND_FIXED = FIXED.replace("Bank", "Till")


def answer(*answers: str, args: tuple[str, ...] = ()) -> Result:
    """Run the command with answers, one a line."""
    return run("fix", "--interactive", *args, stdin="".join(f"{each}\n" for each in answers).encode())


@pytest.fixture
def three(tree: Path) -> Path:
    (tree / "a.py").write_text(LOST)
    (tree / "b.py").write_text(SECOND)
    (tree / "c.py").write_text(LOST)
    return tree


def fixed(tree: Path) -> list[str]:
    """Give the names of the files that were repaired."""
    return [path.name for path in sorted(tree.glob("*.py")) if path.read_text() in {FIXED, SECOND_FIXED}]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("y", "n", "y"), ["a.py", "c.py"]),
        (("n", "n", "n"), []),
        (("Y", " y ", "y"), ["a.py", "b.py", "c.py"]),
        (("a",), ["a.py", "b.py", "c.py"]),
        (("n", "a"), ["b.py", "c.py"]),
        (("y", "q"), ["a.py"]),
        (("y",), ["a.py"]),
        ((), []),
        (("", "?", "what", "y", "q"), ["a.py"]),
        (("d", "y", "q"), ["b.py"]),
    ],
)
def test_what_is_taken_is_written_and_nothing_else(three: Path, answers: tuple[str, ...], expected: list[str]) -> None:
    result = answer(*answers)
    assert fixed(three) == expected
    assert result.exit_code == (0 if len(expected) == 3 else 1)
    assert "Traceback" not in result.output


def test_what_is_shown(three: Path) -> None:
    result = answer("y", "q")
    shown, asked, rest = result.stdout.partition("(1/3) Take this fix [y,n,a,d,e,q,?]? y\n")
    assert asked
    assert "a.py:11:9: AWA101 [certain]" in shown
    assert "how an update is lost:" in shown
    assert "fix: `self.balance` is read after the await (safe: because" in shown
    assert "        +        current = self.balance\n" in shown
    assert "b.py:11:9: AWA101 [certain]" in rest
    assert result.stderr.splitlines()[-2:] == [
        "2 groups of fixes not looked at",
        "1 fix applied in 1 file; 2 findings in 2 files left",
    ]


def test_help_and_explanation_ask_again(three: Path) -> None:
    result = answer("?", "e", "n", "q")
    assert "a - take it, and all safe fixes of AWA101 that follow\n" in result.stdout
    assert "d - skip it, and all that would change a.py\n" in result.stdout
    assert "stale-write" in result.stdout
    assert result.stdout.count("(1/3) Take this fix") == 3
    assert fixed(three) == []


def test_the_documentation_has_all_keys(three: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reviewing-fixes.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(.)` \| ", page, re.MULTILINE)
    shown = answer("?").stdout
    assert f"[{','.join(told)}]?" in shown
    assert re.findall(r"^(.) - ", shown, re.MULTILINE) == told


def test_lines_are_those_of_the_file_as_it_is_by_then(tree: Path) -> None:
    file = tree / "bank.py"
    file.write_text(SHARING + "\n\n" + LOST.replace("Bank", "Till").replace("main", "other"))
    before = file.read_text()
    shown = answer("y", "q", args=("--unsafe-fixes",)).stdout.partition("(1/2)")[2]
    taken = file.read_text()
    assert before.count("\n") < taken.count("\n")
    headline = next(line for line in shown.splitlines() if line.startswith("bank.py:"))
    number = int(headline.split(":")[1])
    assert taken.split("\n")[number - 1] == "        self.balance = current + amount"
    assert before.split("\n")[number - 1] != "        self.balance = current + amount"


def test_fixes_that_belong_together_are_asked_about_once(tree: Path) -> None:
    (tree / "bank.py").write_text(SHARING)
    result = answer("y", args=("--unsafe-fixes",))
    assert "(1/1) Take these 2 fixes [" in result.stdout
    assert "2 fixes applied in 1 file; nothing is left" in result.stderr


def test_a_fix_of_several_files_is_written_as_one(tree: Path) -> None:
    (tree / "base.py").write_text(BASE)
    (tree / "derived.py").write_text(DERIVED)
    assert answer("n", args=("--unsafe-fixes",)).exit_code == 1
    assert (tree / "base.py").read_text() == BASE
    result = answer("y", args=("--unsafe-fixes",))
    assert result.exit_code == 0, result.output
    assert "async with self._lock" in (tree / "base.py").read_text()
    assert "async with self._lock" in (tree / "derived.py").read_text()


def test_all_fixes_of_one_file_are_skipped(tree: Path) -> None:
    (tree / "a.py").write_text(APART)
    (tree / "b.py").write_text(LOST)
    result = answer("d", "y")
    assert (tree / "a.py").read_text() == APART
    assert (tree / "b.py").read_text() == FIXED
    assert "(2/3)" not in result.stdout


def test_unsafe_fixes_are_marked_and_not_taken_along_with_safe_ones(tree: Path) -> None:
    (tree / "a.py").write_text(LOST)
    (tree / "b.py").write_text(REFRESH)
    assert "UNSAFE" not in answer("a").stdout
    (tree / "a.py").write_text(LOST)
    result = answer("a", "n", args=("--unsafe-fixes",))
    first, _, second = result.stdout.partition("(1/2)")
    assert "UNSAFE" not in first
    assert "UNSAFE: it changes something that only you can judge" in second
    assert "(2/2) Take this fix" in second
    assert (tree / "b.py").read_text() == REFRESH
    assert (tree / "a.py").read_text() == FIXED


def test_so_many_and_no_more(three: Path) -> None:
    result = answer("n", "y", "y", args=("--max-fixes", "1"))
    assert fixed(three) == ["b.py"]
    assert "1 group of fixes not looked at" in result.stderr


def test_nothing_to_fix_asks_nothing(tree: Path) -> None:
    (tree / "a.py").write_text(CLEAN)
    result = answer()
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_file_that_was_changed_meanwhile_ends_it_and_is_left_alone(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_file = write.replace_file

    def meddled(path: Path, expected: bytes, new: bytes) -> None:
        if path.name == "b.py":
            path.write_text("# mine\n")
        replace_file(path, expected, new)

    monkeypatch.setattr(write, "replace_file", meddled)
    result = answer("y", "y", "y")
    assert result.exit_code == 1
    assert fixed(three) == ["a.py"]
    assert (three / "b.py").read_text() == "# mine\n"
    assert "b.py:1:1: error: the file has changed since it was read" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--diff",), "--interactive"),
        (("--patch-dir", "patches"), "--interactive"),
        (("-",), "--interactive"),
        (("--output-format", "json"), "--interactive"),
        (("--output-format", "concise"), "--interactive"),
        (("--output-file", "out.txt"), "--interactive"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(three: Path, arguments: tuple[str, ...], said: str) -> None:
    result = answer("y", args=arguments)
    assert (result.exit_code, said in result.stderr) == (2, True)
    assert fixed(three) == []


def test_reports_of_their_own_are_about_what_is_left(three: Path) -> None:
    assert answer("y", "n", "n", args=("--output-file", "concise=left.txt")).exit_code == 1
    assert [line.partition(":")[0] for line in (three / "left.txt").read_text().splitlines()] == ["b.py", "c.py"]


def test_nobody_to_ask_is_wrong_usage(three: Path) -> None:
    command = [sys.executable, "-m", "awaitomic", "fix", "--interactive"]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"needs a terminal, or answers on standard input" in done.stderr
    assert fixed(three) == []


def test_answers_from_a_pipe(three: Path) -> None:
    done = program("fix", "--interactive", cwd=three, stdin=b"n\ny\n")
    assert done.returncode == 1
    assert fixed(three) == ["b.py"]


def test_what_was_taken_is_there_although_the_run_is_killed_at_the_next_question(three: Path) -> None:
    command = [sys.executable, "-m", "awaitomic", "fix", "--interactive"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"y\n")
        process.stdin.flush()
        screen = b""
        while b"(2/3) Take this fix" not in screen:
            piece = os.read(process.stdout.fileno(), 65536)
            assert piece, screen
            screen += piece
        process.kill()
    assert fixed(three) == ["a.py"]
    assert sorted(path.name for path in three.iterdir()) == ["a.py", "b.py", "c.py"]


INTERRUPT = b"\x03"
SILENCE = 10
"""Seconds after which a program that was interrupted is taken to wait for a key."""


def talk(*keys: bytes) -> tuple[int, str]:
    """Run the command on a terminal, press keys whenever it asks, and give the exit code and what was on the screen."""
    pty = pytest.importorskip("pty", reason="needs the terminals of POSIX")
    master, slave = pty.openpty()
    # The first terminal that the leader of a session opens becomes the one that sends it Ctrl-C.
    code = "import os; os.open(os.ttyname(0), os.O_RDWR); from awaitomic.cli import main; main(prog_name='awaitomic')"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TERM": "xterm", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", code, "fix", "--interactive"]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    ) as process:
        os.close(slave)
        screen, pressed = b"", b""
        waiting = list(keys)
        while read := _read(master, again=pressed if pressed == INTERRUPT else b""):
            screen += read
            if waiting and screen.count(b"[y,n,a,d,e,q,?]?") > len(keys) - len(waiting):
                pressed = waiting.pop(0)
                os.write(master, pressed)
    os.close(master)
    return process.returncode, screen.decode("utf-8", "replace")


def _read(master: int, again: bytes) -> bytes:
    """Read what comes next; where nothing comes for long, press a key again.

    An interrupt between CPython's last look for signals and its call of `read` is only noticed with the next one.
    """
    while again and not select.select([master], [], [], SILENCE)[0]:
        os.write(master, again)
    try:
        return os.read(master, 65536)
    except OSError:  # how Linux says that nobody holds the other side any more
        return b""


def test_on_a_terminal_it_has_colour_and_an_interrupt_keeps_what_was_taken(three: Path) -> None:
    code, screen = talk(b"y\n", INTERRUPT)
    assert fixed(three) == ["a.py"]
    assert code == 1
    assert "\x1b[32m+        current = self.balance" in screen
    assert "2 groups of fixes not looked at" in screen
    assert "Traceback" not in screen


def test_the_end_of_input_on_a_terminal(three: Path) -> None:
    code, screen = talk(b"n\n", b"\x04")
    assert (code, fixed(three)) == (1, [])
    assert "Traceback" not in screen
