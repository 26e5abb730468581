"""Applies every fix to packages, and looks with other eyes at what it did to the text.

    python benchmarks/every_fix.py FOLDER [...]

Each folder is copied, and ``awaitomic fix --unsafe-fixes --confidence possible`` runs on the copy. Nothing of awaitomic
judges the result: old and new text are compared as lines, as tokens and as bytes. No comment and no string may be
lost; a comment that is meant for tools stays behind the code that it stood behind; a line that has gone has to come
again, moved or indented, or its statement has to be one that the patch rewrote; line ends, the byte order mark and the
end of the file stay; and no line that can be broken gets longer than the longest one of the file was, or than 120
characters.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_FIX = ("fix", "--isolated", "--no-cache", "--unsafe-fixes", "--confidence", "possible", "--output-format", "json")
_FOR_TOOLS = re.compile(r"#\s*(noqa|type:|pragma|pylint:|mypy:|fmt:|nosec|pyright:)", re.IGNORECASE)
_WIDTH = 120
_BREAKS = re.compile(r"[\s(\[{]")
"""Where a line can be broken: one without is only moved to the right."""


def main() -> int:
    """Try every folder, print what was lost, and give 1 if anything was."""
    wrong = fixes = files = 0
    for folder in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as directory:
            copy = Path(directory) / folder.name
            shutil.copytree(folder, copy)
            report = _fix(copy)
            changed = [path for path in sorted(copy.rglob("*.py")) if _changed(path, folder / path.relative_to(copy))]
            lost = [
                f"{folder.name}/{path.relative_to(copy)}: {what}"
                for path in changed
                for what in _compare((folder / path.relative_to(copy)).read_bytes(), path.read_bytes())
            ]
        print(f"{folder.name}: {report} fixes in {len(changed)} files, {len(lost)} complaints", flush=True)
        print("".join(f"    {line}\n" for line in lost), end="")
        wrong, fixes, files = wrong + len(lost), fixes + report, files + len(changed)
    print(f"all: {fixes} fixes in {files} files, {wrong} complaints")
    return int(wrong > 0)


def _fix(copy: Path) -> int:
    """Apply all fixes in a folder; give how many there were."""
    before = _findings(copy, "check", *_FIX[1:])
    left = _findings(copy, *_FIX)
    return before - left


def _findings(folder: Path, *arguments: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "awaitomic", *arguments, "."], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    return len(json.loads(done.stdout)["findings"])


def _changed(new: Path, old: Path) -> bool:
    return old.is_file() and new.read_bytes() != old.read_bytes()


def _compare(old: bytes, new: bytes) -> Iterator[str]:
    """Give what is wrong with a new text."""
    if old[:3] == b"\xef\xbb\xbf" and new[:3] != old[:3]:
        yield "the byte order mark is lost"
    ends = [len(re.findall(pattern, old)) for pattern in (rb"\r\n", rb"(?<!\r)\n", rb"\r(?!\n)")]
    for count, pattern in zip(ends, (rb"\r\n", rb"(?<!\r)\n", rb"\r(?!\n)"), strict=True):
        if not count and re.search(pattern, new):
            yield f"there is another kind of line end: {pattern!r}"
    if old.endswith(b"\n") != new.endswith(b"\n"):
        yield "the end of the file has changed"
    was, now = _tokens(old), _tokens(new)
    for kind, name in ((tokenize.COMMENT, "comment"), (tokenize.STRING, "string")):
        gone = Counter(t.string for t in was if t.type == kind) - Counter(t.string for t in now if t.type == kind)
        yield from (f"a {name} is lost: {text[:60]!r}" for text in gone)
    yield from (f"a comment for tools stands elsewhere: {line!r}" for line in _for_tools(was) - _for_tools(now))
    yield from _lines(was, now)


def _tokens(raw: bytes) -> list[tokenize.TokenInfo]:
    return list(tokenize.tokenize(io.BytesIO(raw).readline))


def _for_tools(tokens: list[tokenize.TokenInfo]) -> Counter[str]:
    """Give the lines with a comment for tools, without their indentation."""
    return Counter(t.line.strip() for t in tokens if t.type == tokenize.COMMENT and _FOR_TOOLS.match(t.string))


def _lines(was: list[tokenize.TokenInfo], now: list[tokenize.TokenInfo]) -> Iterator[str]:
    """Give names and numbers that have gone for good, and lines that have become too long."""
    for kind in (tokenize.NAME, tokenize.NUMBER):
        gone = Counter(t.string for t in was if t.type == kind) - Counter(t.string for t in now if t.type == kind)
        lost = {text for text in gone if text not in {t.string for t in now}}
        yield from (f"{text!r} has gone for good" for text in sorted(lost))
    longest = max((len(t.line.rstrip("\r\n").split("\n")[0]) for t in was), default=0)
    known = {t.line for t in was}
    words = {line.strip() for line in known if not _BREAKS.search(line.strip())}
    for line in sorted({t.line for t in now} - known):
        length = max(map(len, line.rstrip("\r\n").split("\n")), default=0)
        if length > max(longest, _WIDTH) and line.strip() not in words:
            yield f"a line of {length} characters: {line.strip()[:60]!r}"


if __name__ == "__main__":
    raise SystemExit(main())
