"""`fix --patch-dir`: patches that can be taken one by one, tried with git itself."""

from __future__ import annotations

import email
import email.policy
import json
import re
import sys
from pathlib import Path

import pytest

from cli.running import CLEAN, FIXED, LOST, REFRESH, run
from cli.series import APART, BASE, DERIVED, EARLY, EDGES, PLAIN, SHARING, TOUCHING, contents, git, repository


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def mixed(text: str) -> bytes:
    """Give a text of which every third line ends at CRLF, and the last one nowhere."""
    lines = text.rstrip("\n").split("\n")
    ends = ["\r\n" if number % 3 == 1 else "\n" for number in range(len(lines) - 1)]
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True)).encode()


CASES: dict[str, tuple[dict[str, bytes], list[str]]] = {
    "one fix": ({"bank.py": PLAIN.encode()}, ["0001-AWA101-Bank.credit.patch"]),
    "far apart": (
        {"bank.py": APART.encode()},
        ["0001-AWA101-Bank.credit.patch", "0002-AWA101-Till.credit.patch"],
    ),
    "touching": ({"bank.py": TOUCHING.encode()}, ["0001-AWA101-Bank.credit.patch"]),
    "a lock shared": ({"bank.py": SHARING.encode()}, ["0001-AWA101-Bank.credit.patch"]),
    "several files": (
        {"base.py": BASE.encode(), "derived.py": DERIVED.encode(), "x.py": PLAIN.encode()},
        ["0001-AWA101-Session.renew.patch", "0002-AWA101-Bank.credit.patch"],
    ),
    "crlf": (
        {"bank.py": crlf(APART), "lf.py": PLAIN.encode()},
        [
            "0001-AWA101-Bank.credit.patch",
            "0002-AWA101-Till.credit.patch",
            "0003-AWA101-Bank.credit.patch",
        ],
    ),
    "mixed line ends, none at the end": (
        {"bank.py": mixed(APART)},
        ["0001-AWA101-Bank.credit.patch", "0002-AWA101-Till.credit.patch"],
    ),
    "no end at the last line": ({"bank.py": PLAIN.rstrip("\n").encode()}, ["0001-AWA101-Bank.credit.patch"]),
    "first and last lines": ({"edges.py": EDGES.encode()}, ["0001-AWA101-add.patch", "0002-AWA101-late.patch"]),
    "encodings": (
        {
            "latin.py": b"# coding: latin-1\nX = '\xe9'  # " + b"\xe4" * 9 + b"\n" + PLAIN.encode(),
            "mark.py": b"\xef\xbb\xbf" + EARLY.encode(),
            "utf.py": b"# \xd0\xb1\xd0\xb0\xd0\xbd\xd0\xba\n" + PLAIN.replace("Bank", "Bänk").encode(),
        },
        ["0001-AWA101-Bank.credit.patch", "0002-AWA101-add.patch", "0003-AWA101-B_nk.credit.patch"],
    ),
    "comments that suppress nothing": (
        {"bank.py": APART.replace("self.balance = 0", "self.balance = 0  # awaitomic: ignore[AWA102] x").encode()},
        ["0001-AWA001-Bank.__init__.patch", "0002-AWA101-Till.credit.patch"],
    ),
    "names": (
        {
            "src/bänk 1/räte.py": PLAIN.encode(),
            "src/tab\tname.py": PLAIN.encode(),
            **({"src/caf\udce9.py": PLAIN.encode()} if sys.platform == "linux" else {}),
        },
        [f"000{number}-AWA101-Bank.credit.patch" for number in range(1, 4 if sys.platform == "linux" else 3)],
    ),
}


@pytest.fixture(params=CASES, ids=str)
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[str]]:
    files, names = CASES[request.param]
    if sys.platform == "win32" and request.param == "names":
        pytest.skip("Windows has no such names")
    root = repository(tmp_path / "repository", files)
    monkeypatch.chdir(root)
    return root, names


def series(root: Path, *args: str | Path) -> list[Path]:
    """Write the patches beside the repository, and give them in order."""
    folder = root.parent / "patches"
    result = run("fix", "--isolated", "--unsafe-fixes", "--patch-dir", folder, *args)
    assert result.exit_code == 1, result.output
    return sorted(folder.iterdir())


def test_each_applies_alone_and_all_of_them_in_order(case: tuple[Path, list[str]]) -> None:
    root, names = case
    before = contents(root)
    patches = series(root)
    assert [patch.name for patch in patches] == names
    assert contents(root) == before
    for patch in patches:
        git(root, "apply", "--check", "--whitespace=nowarn", patch)
    for patch in reversed(patches):  # any order will do
        git(root, "apply", "--whitespace=nowarn", patch)
    backwards = contents(root)
    git(root, "checkout", "-q", ".")
    git(root, "am", "-q", "--keep-cr", *patches)
    assert git(root, "status", "--porcelain") == b""
    taken = contents(root)
    git(root, "reset", "-q", "--hard", f"HEAD~{len(patches)}")
    assert run("fix", "--isolated", "--unsafe-fixes").exit_code == 0
    assert taken == backwards == contents(root) != before


def test_what_each_gains_and_loses_is_counted_as_git_counts_it(case: tuple[Path, list[str]]) -> None:
    root, _ = case
    for patch in series(root):
        told = re.findall(rb"^ .* \| \+(\d+) -(\d+)$", patch.read_bytes(), re.MULTILINE)
        counted = [tuple(row.split(b"\t")[:2]) for row in git(root, "apply", "--numstat", patch).splitlines()]
        assert sorted(told) == sorted(counted)


def test_each_is_what_repairing_its_findings_alone_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "repository", {"a.py": APART.encode(), "b.py": PLAIN.encode()})
    monkeypatch.chdir(root)
    patches = series(root)
    assert len(patches) == 3
    for number, left in ((0, 2), (1, 2), (2, 2)):
        git(root, "apply", patches[number])
        assert run("check", "--isolated").stdout.count(" AWA101 ") == left
        git(root, "checkout", "-q", ".")


def test_from_a_folder_below_the_paths_are_still_those_of_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "repository", {"src/pkg/bank.py": PLAIN.encode(), "other.py": PLAIN.encode()})
    monkeypatch.chdir(root / "src")
    (patch,) = series(root)
    text = patch.read_text()
    assert "--- a/src/pkg/bank.py\n" in text
    assert "\nIn src/pkg/bank.py:11: " in text
    git(root, "am", "-q", patch)
    assert (root / "src/pkg/bank.py").read_text() == FIXED


def test_a_mail_says_which_rule_where_why_and_how_safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "repository", {"sitzung.py": REFRESH.replace("Session", "Zählung").encode()})
    monkeypatch.chdir(root)
    (patch,) = series(root)
    mail = email.message_from_bytes(patch.read_bytes(), policy=email.policy.default)
    assert mail["Subject"].startswith("[PATCH 1/1] AWA101 Zählung.renew: ")
    assert mail["Date"] == "Mon, 17 Sep 2001 00:00:00 -0000"
    assert not [line for line in patch.read_bytes().partition(b"\n\n")[0].split(b"\n") if len(line) > 78]
    body = patch.read_text(encoding="utf-8").partition("\n\n")[2].partition("\n---\n")[0]
    message, _, facts = body.rpartition("\n\n")
    assert "In sitzung.py:14: `self.token` is read before a suspension and written after" in message
    assert "how an update is lost:" in message
    assert "Why: several tasks run `Zählung.renew`" in message
    assert "Safety: unsafe, because " in message
    assert "This fix changes something that only you can judge: read it before you take" in message
    rule, function, fingerprint = facts.splitlines()
    assert rule == "Rule: AWA101 stale-write (certain)"
    assert function == "Function: Zählung.renew"
    assert fingerprint.startswith("Fingerprint: AWA101:Zählung.renew:self.token:")
    git(root, "am", "-q", patch)
    author, subject, *rest = git(root, "log", "-1", "--format=%an%n%s%n%b").decode().splitlines()
    assert author == "awaitomic"
    assert subject.startswith("AWA101 Zählung.renew: ")
    assert fingerprint in rest


def test_the_same_findings_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = repository(tmp_path / "repository", {"a.py": APART.encode()})
    monkeypatch.chdir(root)
    first = [patch.read_bytes() for patch in series(root)]
    assert [patch.read_bytes() for patch in series(root, "--jobs", "2")] == first
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert [
        mail.count(b"\nDate: Fri, 02 Jan 1970 00:00:00 -0000\n") for mail in map(Path.read_bytes, series(root))
    ] == [1, 1]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    wrong = run("fix", "--patch-dir", root.parent / "patches")
    assert (wrong.exit_code, "SOURCE_DATE_EPOCH has to be a number" in wrong.stderr) == (2, True)


def test_what_is_written_and_what_is_left_is_told(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "session.py").write_text(REFRESH)
    result = run("fix", "--patch-dir", "out/patches")
    assert result.exit_code == 1
    assert result.stdout.startswith("session.py:14:9: AWA101")
    assert result.stderr.splitlines()[0] == "wrote out/patches/0001-AWA101-Bank.credit.patch"
    assert "would fix bank.py:11: AWA101" in result.stderr
    assert "1 fix would be applied in 1 file; 1 finding in 1 file left" in result.stderr
    assert (tree / "bank.py").read_text() == LOST


def test_a_report_that_is_kept_speaks_of_the_files_as_they_are(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    assert run("fix", "--patch-dir", "patches", "--output-file", "json=out.json").exit_code == 1
    (finding,) = json.loads((tree / "out.json").read_text())["findings"]
    assert (finding["line"], finding["fix"]["applicability"]) == (11, "safe")


def test_nothing_to_write_makes_no_folder_and_takes_an_old_series_away(tree: Path) -> None:
    (tree / "bank.py").write_text(CLEAN)
    result = run("fix", "--patch-dir", "patches")
    assert (result.exit_code, result.stdout) == (0, "")
    assert not (tree / "patches").exists()
    (tree / "bank.py").write_text(LOST)
    assert run("fix", "--patch-dir", "patches").exit_code == 1
    run("fix")
    assert run("fix", "--patch-dir", "patches").exit_code == 0
    assert list((tree / "patches").iterdir()) == []


def test_only_our_own_patches_are_replaced(tree: Path) -> None:
    (tree / "bank.py").write_text(APART)
    assert run("fix", "--patch-dir", "patches").exit_code == 1
    assert len(list((tree / "patches").iterdir())) == 2
    assert run("fix", "--patch-dir", "patches", "--max-fixes", "1").exit_code == 1
    assert [file.name for file in (tree / "patches").iterdir()] == ["0001-AWA101-Bank.credit.patch"]
    foreign = tree / "patches" / "0002-AWA101-mine.patch"
    foreign.write_text("From: me\n\nmy own\n")
    before = {file: file.read_bytes() for file in (tree / "patches").iterdir()}
    refused = run("fix", "--patch-dir", "patches")
    assert refused.exit_code == 2
    assert "'0002-AWA101-mine.patch' is not a patch of awaitomic" in refused.stderr
    assert {file: file.read_bytes() for file in (tree / "patches").iterdir()} == before
    foreign.unlink()
    (tree / "patches" / "folder").mkdir()
    assert run("fix", "--patch-dir", "patches").exit_code == 2


def test_a_folder_that_cannot_be_written_is_said(tree: Path) -> None:
    (tree / "bank.py").write_text(LOST)
    (tree / "file").write_text("")
    assert "is no directory" in run("fix", "--patch-dir", "file").stderr
    result = run("fix", "--patch-dir", "file/below")
    assert result.exit_code != 0
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_part_of_a_series_is_not_left_behind(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "bank.py").write_text(APART)
    write_bytes = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name.startswith("0002"):
            raise OSError(28, "No space left on device")
        return write_bytes(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    result = run("fix", "--patch-dir", "patches")
    assert "No space left on device" in result.stderr
    assert result.exit_code == 1
    assert list((tree / "patches").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--diff",), "--diff and --patch-dir exclude each other"),
        (("-",), "--patch-dir is for files"),
        (("--output-format", "json"), "--patch-dir writes patches, for which json has no place"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(tree: Path, arguments: tuple[str, ...], said: str) -> None:
    result = run("fix", "--patch-dir", "patches", *arguments, stdin=b"")
    assert (result.exit_code, said in result.stderr) == (2, True)
