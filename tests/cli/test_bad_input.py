"""What people and machines feed a command line that is not a Python file; each by the program itself."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awaitomic.engine import run as engine
from cli.running import FIXED, LOST, REFRESH, SOURCE, program, run

posix = pytest.mark.skipif(sys.platform == "win32", reason="files and streams of POSIX")
linux = pytest.mark.skipif(sys.platform != "linux", reason="devices and file names of Linux")
FINDING = b"bank.py:11:9: AWA101 [certain]"


def shell(line: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a line of a shell, in which `awaitomic` is the program of this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHON": sys.executable, **variables}
    command = ["bash", "-c", f'awaitomic() {{ "$PYTHON" -m awaitomic "$@"; }}; {line}']
    return subprocess.run(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)


@pytest.fixture
def bank(tree: Path) -> Path:
    (tree / "bank.py").write_text(LOST)
    return tree


# Streams.


@posix
@pytest.mark.parametrize("command", ["check", "fix --diff", "rules", "--help", "check 2>&1 >/dev/null"])
def test_a_reader_that_goes_away_is_no_error(bank: Path, command: str) -> None:
    """Whoever is gone before the first line is no longer told how many there are."""
    done = shell(f"awaitomic {command} | true; echo ${{PIPESTATUS[0]}}", bank)
    assert done.stderr == b""
    assert done.stdout in {b"0\n", b"1\n"}


@linux
@pytest.mark.parametrize("command", ["check bank.py", "fix --diff bank.py", "rules", "explain AWA101", "--help"])
def test_output_that_cannot_be_written_is_said_and_ends_with_2(bank: Path, command: str) -> None:
    done = shell(f"awaitomic {command} >/dev/full", bank)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"awaitomic: the output could not be written: No space left on device.\n"


@linux
@pytest.mark.parametrize("buffered", ["export PYTHONUNBUFFERED=1", "unset PYTHONUNBUFFERED"])
def test_messages_that_cannot_be_written_do_not_cost_the_report(bank: Path, buffered: str) -> None:
    done = shell(f"{buffered}; awaitomic check bank.py 2>/dev/full", bank)
    assert done.returncode == 1
    assert done.stdout.startswith(FINDING)


@posix
def test_closed_streams_go_nowhere(bank: Path) -> None:
    done = shell("awaitomic check bank.py >&-", bank)
    assert done.returncode == 1
    assert done.stderr.startswith(b"1 finding in 1 file")
    assert shell("awaitomic check bank.py <&- 2>&-", bank).stdout.startswith(FINDING)
    assert shell("awaitomic fix bank.py <&- >&- 2>&-", bank).returncode == 0
    assert (bank / "bank.py").read_text() == FIXED


@posix
def test_standard_input_that_is_closed_is_wrong_usage(tree: Path) -> None:
    done = shell("awaitomic check - <&-", tree)
    assert done.returncode == 2
    assert b"there is no standard input to read: it is closed." in done.stderr


@posix
@pytest.mark.parametrize(
    ("coding", "shown"),
    [
        ({"PYTHONIOENCODING": "ascii"}, b"my b\\xe4nk.py"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, b"my b\\ufffd\\ufffdnk.py"),
    ],
    ids=["stream", "system"],
)
def test_a_stream_of_ascii_gets_escapes(tree: Path, coding: dict[str, str], shown: bytes) -> None:
    (tree / "my bänk.py").write_text(LOST)
    done = shell("awaitomic check 'my bänk.py'", tree, **coding)
    assert done.returncode == 1
    assert done.stdout.partition(b":")[0] == shown
    assert b"Traceback" not in done.stderr


@linux
def test_a_name_that_is_no_utf8_goes_through(tree: Path) -> None:
    path = tree / os.fsdecode(b"b\xff.py")
    path.write_text(LOST)
    text = shell("awaitomic check b*.py", tree)
    assert text.stdout.decode().startswith("b\N{REPLACEMENT CHARACTER}.py:11:9: ")
    (finding,) = json.loads(shell("awaitomic check --output-format json", tree).stdout)["findings"]
    assert os.fsencode(finding["path"]) == b"b\xff.py"
    assert b"$'b\\xff.py'" in shell("awaitomic check --output-format hook b*.py", tree).stderr
    assert shell("awaitomic fix b*.py", tree).returncode == 0
    assert path.read_text() == FIXED


@posix
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_at_once_without_a_traceback(tree: Path, jobs: str) -> None:
    slow = "\n".join(LOST.replace("Bank", f"Bank{number}") for number in range(60))
    for number in range(40):
        (tree / f"m{number}.py").write_text(slow)
    command = [sys.executable, "-m", "awaitomic", "check", "--no-cache", "--jobs", jobs]
    with subprocess.Popen(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        time.sleep(2)
        assert process.poll() is None, "it has to be at work"
        os.killpg(process.pid, signal.SIGINT)
        begun = time.monotonic()
        out, err = process.communicate(timeout=60)
    assert time.monotonic() - begun < 10
    assert process.returncode in {130, -signal.SIGINT}
    assert (out, err) == (b"", b"\nawaitomic: interrupted.\n")


# Paths.


@posix
def test_what_is_no_file_is_an_error_of_its_own_and_is_not_opened(bank: Path) -> None:
    os.mkfifo(bank / "pipe.py")
    named = program("check", "pipe.py", "/dev/zero", "bank.py", cwd=bank)
    assert named.returncode == 1
    assert named.stdout.startswith(FINDING)
    for path in (b"pipe.py", b"/dev/zero"):
        assert path + b":1:1: AWA003 neither a file nor a directory" in named.stderr
    assert program("check", cwd=bank).stdout == program("check", "bank.py", cwd=bank).stdout


@posix
def test_links_that_lead_nowhere_or_in_a_circle_cost_nothing_else(bank: Path) -> None:
    (bank / "a.py").symlink_to("z.py")
    (bank / "z.py").symlink_to("a.py")
    (bank / "gone.py").symlink_to("nowhere.py")
    (bank / "again").symlink_to(".")
    done = program("check", cwd=bank)
    assert (done.returncode, done.stdout[: len(FINDING)]) == (1, FINDING)
    assert done.stderr.startswith(b"1 finding in 1 file")
    circle = program("check", "a.py", cwd=bank)
    assert circle.returncode == 2
    assert b"a.py cannot be reached: Too many levels of symbolic links." in circle.stderr


@posix
def test_a_circle_of_links_hides_no_other_file_of_the_project(tree: Path) -> None:
    """A walk that stopped there would miss who starts the tasks."""
    (tree / "pyproject.toml").touch()
    head, tail = LOST.split("\n\n\nasync def main")
    (tree / "bank.py").write_text(head + "\n")
    for name in ("a", "m", "z"):
        (tree / f"{name}.py").symlink_to(f"{name}.py")
        (tree / f"{name}{name}.py").write_text(f"import asyncio\nfrom bank import Bank\n\n\nasync def main{tail}")
    assert program("check", "bank.py", cwd=tree).stdout.startswith(FINDING)


def without_rights(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """Run the program as somebody whom file modes hold up: not so the superuser, who may run the tests."""
    drop: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("the superuser cannot give up his rights here: there is no setpriv")
        drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    command = [*drop, sys.executable, "-m", "awaitomic", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False)


@linux
def test_what_may_not_be_read_is_told_and_the_others_go_on(bank: Path) -> None:
    (bank / "secret.py").write_text(LOST)
    (bank / "closed").mkdir()
    (bank / "closed/c.py").write_text(LOST)
    (bank / "secret.py").chmod(0)
    (bank / "closed").chmod(0)
    for arguments in ((".",), ("bank.py", "secret.py", "closed")):
        done = without_rights("check", *arguments, cwd=bank)
        assert done.returncode == 1
        assert done.stdout.startswith(FINDING)
        assert b"secret.py:1:1: AWA003 cannot be read: Permission denied\n" in done.stderr
        assert b"closed:1:1: AWA003 cannot be read: Permission denied\n" in done.stderr
    inside = without_rights("check", "closed/c.py", cwd=bank)
    assert inside.returncode == 2
    assert b"closed/c.py cannot be reached: Permission denied." in inside.stderr
    (bank / "closed").chmod(0o755)


@linux
def test_what_may_not_be_written_keeps_its_findings_and_its_text(bank: Path) -> None:
    (bank / "fixed").mkdir()
    (bank / "fixed/bank.py").write_text(LOST)
    (bank / "fixed").chmod(0o555)
    (bank / "bank.py").chmod(0o444)
    done = without_rights("fix", cwd=bank)
    (bank / "fixed").chmod(0o755)
    assert done.returncode == 1
    for path in ("bank.py", "fixed/bank.py"):
        assert f"{path}:1:1: error: cannot be written: Permission denied\n".encode() in done.stderr
        assert (bank / path).read_text() == LOST
    assert sorted(path.name for path in bank.rglob("*")) == ["bank.py", "bank.py", "fixed"]


@pytest.mark.parametrize("when", ["before it is looked at", "before it is analysed"])
def test_a_file_that_disappears_meanwhile_is_an_error_of_that_file(
    bank: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    (bank / "gone.py").write_text(LOST)
    step = "discover" if when == "before it is looked at" else "_nominate"
    real = getattr(engine, step)

    def then_it_goes(*arguments: object) -> object:
        result = real(*arguments)
        (bank / "gone.py").unlink()
        return result

    monkeypatch.setattr(engine, step, then_it_goes)
    result = run("check", ".")
    assert result.exit_code == 1
    assert result.stdout.encode().startswith(FINDING)
    assert "gone.py:1:1: AWA003 cannot be read: No such file or directory" in result.stderr


@posix
def test_a_current_directory_that_is_gone_is_wrong_usage(tree: Path) -> None:
    (tree / "here").mkdir()
    done = shell("cd here; rmdir ../here; awaitomic check; awaitomic check ..", tree)
    assert done.returncode == 2
    assert done.stderr.count(b"Error: the current directory cannot be found: No such file or directory.") == 2
    assert shell("mkdir here; cd here; rmdir ../here; awaitomic --version", tree).returncode == 0


def test_a_file_that_is_named_twice_is_one(bank: Path) -> None:
    done = program("check", "bank.py", "./bank.py", ".", str(bank), "bank.py", cwd=bank)
    assert done.stdout == program("check", "bank.py", cwd=bank).stdout
    assert done.stderr.startswith(b"1 finding in 1 file")


def test_a_path_that_looks_like_an_option_comes_behind_two_dashes(tree: Path) -> None:
    (tree / "-x.py").write_text(LOST)
    assert program("check", "-x.py", cwd=tree).returncode == 2
    assert program("check", "--", "-x.py", cwd=tree).stdout.startswith(b"-x.py:11:9: AWA101")
    hint = program("check", "--output-format", "hook", "./-x.py", cwd=tree).stderr
    assert b" fix ./-x.py\n" in hint


@posix
def test_ten_thousand_paths_are_no_more_work_than_their_folder(bank: Path) -> None:
    names = [f"a_module_with_a_rather_long_name_{number}.py" for number in range(10_000)]
    for name in names:
        (bank / name).write_text("x = 1\n")
    named = program("check", "--jobs", "1", "bank.py", *names, cwd=bank)
    folder = program("check", "--jobs", "1", cwd=bank)
    assert (named.returncode, named.stdout) == (1, folder.stdout)
    assert named.stdout.startswith(FINDING)


# Contents.


def test_files_of_nothing_and_of_bytes(tree: Path) -> None:
    (tree / "empty.py").write_bytes(b"")
    (tree / "nul.py").write_bytes(b"async def f():\0\n")
    (tree / "mark.py").write_bytes(b"\xef\xbb\xbf")
    done = program("check", cwd=tree)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"nul.py:1:15: AWA003 source code cannot contain NUL bytes" in done.stderr
    assert b"no findings in 3 files, 1 file could not be analysed" in done.stderr


@pytest.mark.parametrize(
    "body",
    [
        f"    return {'-' * 50_000}1\n",
        f"    self.x = {'+'.join(['a'] * 20_000)}\n    await g()\n",
        f"    self.x = await a{'.b()' * 5_000}\n",
        f"    return {'(' * 5_000}1{')' * 5_000}\n",
        "".join(f"{' ' * depth}if x:\n" for depth in range(4, 120)) + f"{' ' * 120}await g()\n",
    ],
    ids=["minus", "plus", "calls", "parentheses", "blocks"],
)
@pytest.mark.parametrize("command", ["check", "fix"])
def test_what_is_nested_too_deeply_is_an_error_of_that_file(bank: Path, body: str, command: str) -> None:
    (bank / "deep.py").write_text(f"async def f(self, a, x, g):\n{body}")
    done = program(command, "--jobs", "1", cwd=bank)
    assert done.returncode == 1
    assert b"deep.py:" in done.stderr
    assert b"Traceback" not in done.stderr
    assert (done.stdout[: len(FINDING)] == FINDING) == (command == "check")


def test_a_deep_chain_that_python_parses_is_analysed_or_told(tree: Path) -> None:
    for depth in (50, 90, 300, 600, 900):
        chain = "".join(f".b({'a' if number % 2 else ''})" for number in range(depth))
        (tree / f"chain{depth}.py").write_text(f"async def f(self, a):\n    self.x = await a{chain} + self.x\n")
        (tree / f"sum{depth}.py").write_text(
            f"async def f(self, a):\n    self.x = await a({'+'.join('ab' * depth)[:-2]})\n"
        )
    done = program("check", "--jobs", "1", cwd=tree)
    assert done.returncode in {0, 1}, done.stderr.decode()[-2000:]
    assert b"internal fault" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
def test_a_narrow_terminal_shows_the_screen_of_a_hook(bank: Path) -> None:
    import fcntl  # noqa: PLC0415 - not on Windows
    import pty  # noqa: PLC0415 - not on Windows
    import struct  # noqa: PLC0415 - not on Windows
    import termios  # noqa: PLC0415 - not on Windows

    (bank / "session.py").write_text(REFRESH)
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    command = [sys.executable, "-m", "awaitomic", "check", "--color", "never", "--output-format", "hook", "-q"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TERM": "xterm"}
    with subprocess.Popen(command, cwd=bank, env=environment, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
        except OSError:
            pass  # Linux says so when the other end is closed
    os.close(ours)
    assert process.returncode == 1
    rows = shown.decode().replace("\r\n", "\n").splitlines()
    assert [row for row in rows if len(row) > 40 and "AWA101 [" not in row] == []
    assert len(rows) > 15
