"""Lays small projects of several files out in a folder, so that a test can ask what is found across them."""

from __future__ import annotations

import textwrap
from pathlib import Path

from awaitomic.engine.projects import Projects
from awaitomic.model.finding import Finding
from awaitomic.program import Program
from awaitomic.rules import find
from awaitomic.source.text import parse, read


def lay_out(root: Path, files: dict[str, str]) -> None:
    """Write the files of a project, given by their paths."""
    root.mkdir(exist_ok=True)
    (root / "pyproject.toml").touch()
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")


def program_at(root: Path, name: str, projects: Projects | None = None) -> Program:
    """Give the facts of one file of a project."""
    source = read(root / name)
    return (projects or Projects()).scope(root / name)(source, parse(source))


def findings_at(root: Path, name: str) -> list[Finding]:
    """Give everything that is found in one file of a project, at every confidence."""
    return find(program_at(root, name))


def told(findings: list[Finding]) -> list[tuple[str, str, str]]:
    """Give rule, function and state of each finding."""
    return [(finding.rule, finding.function, finding.state) for finding in findings]
