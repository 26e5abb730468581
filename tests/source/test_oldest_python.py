from __future__ import annotations

from pathlib import Path

import pytest

from awaitomic.source.oldest_python import oldest_python
from awaitomic.source.project import SourceTree

SAID = {
    "the standard key": ("pyproject.toml", '[project]\nrequires-python = ">=3.9,<4"\n', (3, 9)),
    "the last number alone does not count": ("pyproject.toml", '[project]\nrequires-python = "<4, >= 3.11"\n', (3, 11)),
    "poetry": ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.8"\n', (3, 8)),
    "setup.cfg": ("setup.cfg", "[options]\npython_requires = >=3.7\n", (3, 7)),
    "setup.py": ("setup.py", 'setup(name="x", python_requires=">=3.10")\n', (3, 10)),
    "nothing is said": ("pyproject.toml", '[project]\nname = "x"\n', None),
    "no lowest version": ("pyproject.toml", '[project]\nrequires-python = "<4"\n', None),
    "what cannot be read": ("pyproject.toml", "[project\n", None),
}


@pytest.mark.parametrize("name", SAID)
def test_the_oldest_python_is_what_the_project_says(name: str, tmp_path: Path) -> None:
    file, text, expected = SAID[name]
    (tmp_path / file).write_text(text)
    assert oldest_python(str(tmp_path)) == expected
    assert SourceTree(str(tmp_path)).with_text("m.py", b"").oldest_python == expected


def test_a_text_that_stands_alone_belongs_to_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.8"\n')
    monkeypatch.chdir(tmp_path)
    assert SourceTree.nowhere().with_text("m.py", b"").oldest_python is None
