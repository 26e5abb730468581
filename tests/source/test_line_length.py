"""What the settings of formatters and linters say of how wide lines may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.source.line_length import line_length

CASES = {
    "nothing": ({}, None),
    "ruff": ({"pyproject.toml": "[tool.ruff]\nline-length = 99\n[tool.black]\nline-length = 77\n"}, 99),
    "a file of ruff": ({"ruff.toml": "line-length = 110\n", "pyproject.toml": "[tool.ruff]\nline-length = 99\n"}, 110),
    "ruff without a word": ({"pyproject.toml": "[tool.ruff.lint]\nselect = ['E']\n"}, None),
    "ruff without a word beside black": (
        {"pyproject.toml": "[tool.black]\nline-length = 120\n[tool.ruff.lint]\nselect = ['E']\n"},
        120,
    ),
    "a file of ruff without a word beside flake8": (
        {"ruff.toml": "lint.select = ['E']\n", ".flake8": "[flake8]\nmax-line-length = 100\n"},
        100,
    ),
    "where ruff complains": (
        {
            "pyproject.toml": "[tool.ruff.lint.pycodestyle]\nmax-line-length = 101\n",
            ".flake8": "[flake8]\nmax-line-length=1",
        },
        101,
    ),
    "where ruff breaks lines": (
        {"pyproject.toml": "[tool.ruff]\nline-length = 90\nlint.pycodestyle.max-line-length = 101\n"},
        90,
    ),
    "ruff extended": ({"pyproject.toml": "[tool.ruff]\nextend = 'base.toml'\n", "base.toml": "line-length = 95\n"}, 95),
    "ruff extended by a file of its own": (
        {"ruff.toml": "extend = 'pyproject.toml'\n", "pyproject.toml": "[tool.ruff]\nline-length = 95\n"},
        95,
    ),
    "ruff extended, and told otherwise": (
        {"ruff.toml": "extend = 'base.toml'\nline-length = 70\n", "base.toml": "line-length = 95\n"},
        70,
    ),
    "ruff extended in a circle": ({"ruff.toml": "extend = 'ruff.toml'\n"}, None),
    "ruff extended by what is not there": ({"ruff.toml": "extend = 'x.toml'\n"}, None),
    "black without a word": ({"pyproject.toml": "[tool.black]\n"}, 88),
    "what breaks lines before what complains": (
        {"pyproject.toml": "[tool.ruff.lint.pycodestyle]\nmax-line-length = 101\n[tool.black]\n"},
        88,
    ),
    "black": ({"pyproject.toml": "[tool.black]\nline-length = 77\n", "setup.cfg": "[flake8]\nmax-line-length=1\n"}, 77),
    "black in its own words": ({"pyproject.toml": "[tool.black]\nline_length = 77\n"}, 77),
    "flake8": (
        {".flake8": "[other]\nmax-line-length = 3\n[flake8]\nignore = E\nmax-line-length = 100  # x\n"},
        100,
    ),
    "flake8 in pyproject.toml": ({"pyproject.toml": "[tool.flake8]\nmax-line-length = 90\n"}, 90),
    "pycodestyle": ({"tox.ini": "[pycodestyle]\nmax_line_length = 79\n"}, 79),
    "another section": ({"setup.cfg": "[pylint]\nmax-line-length = 79\n[flake8]\n\n[x]\nmax-line-length = 79\n"}, None),
    "no number": ({"pyproject.toml": "[tool.ruff]\nline-length = 'wide'\n"}, None),
    "nothing that can be read": ({"pyproject.toml": "[tool", "setup.cfg": "[flake8\n"}, None),
}


@pytest.mark.parametrize("name", CASES)
def test_how_wide_lines_may_be(tmp_path: Path, name: str) -> None:
    files, width = CASES[name]
    for file, text in files.items():
        (tmp_path / file).write_text(text)
    assert line_length(str(tmp_path)) == width
