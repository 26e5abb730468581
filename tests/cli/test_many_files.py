from __future__ import annotations

import json
from pathlib import Path

from cli.running import FIXED, LOST, REFRESH, program


def populate(root: Path) -> None:
    for number in range(30):
        text = REFRESH if number % 3 else LOST
        (root / f"m{number:02}.py").write_text(f"# file {number}\n{text}")
    (root / "broken.py").write_text("async def f(:\n")
    (root / "plain.py").write_text("x = 1\n")


def without_seconds(report: bytes) -> str:
    document = json.loads(report)
    document["summary"]["seconds"] = 0
    return json.dumps(document)


def test_the_report_is_the_same_for_any_number_of_jobs(tmp_path: Path) -> None:
    populate(tmp_path)
    reports = [program("check", "--output-format", "json", "--jobs", jobs, cwd=tmp_path) for jobs in ("1", "2", "4")]
    assert [done.returncode for done in reports] == [1, 1, 1]
    assert len({without_seconds(done.stdout) for done in reports}) == 1
    summary = json.loads(reports[0].stdout)["summary"]
    assert (summary["files"], summary["findings"], summary["fixable"]) == (32, 30, 10)


def test_the_text_and_the_patch_are_the_same_for_any_number_of_jobs(tmp_path: Path) -> None:
    populate(tmp_path)
    for command in (("check",), ("fix", "--diff", "--unsafe-fixes")):
        one = program(*command, "--jobs", "1", cwd=tmp_path)
        four = program(*command, "--jobs", "4", cwd=tmp_path)
        assert one.stdout
        assert (one.stdout, one.stderr) == (four.stdout, four.stderr)


def test_many_files_are_fixed(tmp_path: Path) -> None:
    populate(tmp_path)
    done = program("fix", "--jobs", "2", cwd=tmp_path)
    assert done.returncode == 1
    assert (tmp_path / "m03.py").read_text() == f"# file 3\n{FIXED}"
    assert (tmp_path / "m04.py").read_text() == f"# file 4\n{REFRESH}"
    assert b"10 fixes applied in 10 files; 20 findings in 20 files left" in done.stderr


BASE = """\
class Session:
    def __init__(self):
        self.token = ""

    async def renew(self, refresh):
        self.token = await refresh(self.token)
"""

DERIVED = """\
import asyncio
from base import Session


class Logged(Session):
    async def revoke(self, log):
        self.token = await log(self.token)


async def main(log):
    session = Logged()
    await asyncio.gather(session.renew(log), session.renew(log), session.revoke(log), session.revoke(log))
"""


def test_a_fix_over_several_files_is_the_same_for_any_number_of_jobs(tmp_path: Path) -> None:
    populate(tmp_path)
    (tmp_path / "base.py").write_text(BASE)
    (tmp_path / "derived.py").write_text(DERIVED)
    one = program("fix", "--diff", "--unsafe-fixes", "--jobs", "1", cwd=tmp_path)
    four = program("fix", "--diff", "--unsafe-fixes", "--jobs", "4", cwd=tmp_path)
    assert b"+        async with self._lock:\n+            self.token = await log(self.token)\n" in one.stdout
    assert (one.stdout, one.stderr) == (four.stdout, four.stderr)
    done = program("fix", "--unsafe-fixes", "--jobs", "2", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")  # 1: there is a file that does not parse
    assert "async with self._lock:" in (tmp_path / "base.py").read_text()
    assert "async with self._lock:" in (tmp_path / "derived.py").read_text()
