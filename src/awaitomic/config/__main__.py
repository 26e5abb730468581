"""Writes what is made from the declared keys: ``python -m awaitomic.config FOLDER``, with the repository's."""

from __future__ import annotations

import sys
from pathlib import Path

from awaitomic.config.reference import with_reference
from awaitomic.config.schema import schema_text


def write(folder: Path) -> None:
    """Write the schema into the package, and the list of keys into the documentation."""
    package = folder / "src" / "awaitomic"
    (package / "awaitomic.schema.json").write_text(schema_text(), encoding="utf-8", newline="\n")
    document = folder / "docs" / "configuration.md"
    document.write_text(with_reference(document.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
