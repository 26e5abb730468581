"""Writes the pages of rules and remedies into a folder: ``python -m awaitomic.report.pages docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from awaitomic.report.pages.files import documentation


def write(folder: Path) -> None:
    """Write all pages, and remove those of rules and remedies that are no more."""
    files = documentation()
    for name in {path.partition("/")[0] for path in files}:
        for old in (folder / name).glob("*.md"):
            if f"{name}/{old.name}" not in files:
                old.unlink()
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python -m awaitomic.report.pages FOLDER")
    write(Path(sys.argv[1]))
