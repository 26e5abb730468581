"""Which files are looked at: named ones, those of a tree, and what is left out and why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from awaitomic.config import Settings
from awaitomic.source.discovery import Discovery, ProblemKind, discover

ALL = Settings()


def make(root: Path, *names: str) -> None:
    """Make files; a name followed by ``=`` and text gives its content."""
    for name in names:
        path, _, content = name.partition("=")
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)


def names(found: Discovery, root: Path) -> list[str]:
    return [(Path.cwd() / file).relative_to(root).as_posix() for file in found.files]


def kinds(found: Discovery) -> list[ProblemKind]:
    return [problem.kind for problem in found.problems]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


def test_a_tree_is_walked_for_python_files_in_sorted_order(tree: Path) -> None:
    make(tree, "b.py", "a/z.py", "a/b/c.py", "a.py", "a-b.py", "notes.txt", "stub.pyi", "nb.ipynb", "script")
    found = discover(["."], ALL)
    assert names(found, tree) == ["a-b.py", "a.py", "a/b/c.py", "a/z.py", "b.py"]
    assert found.problems == ()
    assert found.files[2] == Path("a/b/c.py"), "named as the user named the directory"
    assert discover([tree], ALL).files[2] == tree / "a/b/c.py"


def test_what_is_never_source_is_left_out_and_its_near_twins_are_not(tree: Path) -> None:
    make(tree, ".venv/a.py", "x/node_modules/a.py", "build/a.py", "x.egg-info/a.py", "a/__pycache__/a.py")
    make(tree, "builder/a.py", "venv.py", "x/dist_/a.py", "egg-info/a.py", ".hidden/a.py")
    assert names(discover(["."], ALL), tree) == [
        ".hidden/a.py",
        "builder/a.py",
        "egg-info/a.py",
        "venv.py",
        "x/dist_/a.py",
    ]


def test_exclude_replaces_the_defaults_and_extend_exclude_adds(tree: Path) -> None:
    make(tree, "build/a.py", "gen/a.py", "src/gen/a.py", "src/a_pb2.py", "src/pb2.py")
    assert names(discover(["."], Settings(exclude=("gen",))), tree) == ["build/a.py", "src/a_pb2.py", "src/pb2.py"]
    extended = Settings(extend_exclude=("src/gen", "*_pb2.py"))
    assert names(discover(["."], extended), tree) == ["gen/a.py", "src/pb2.py"]


def test_patterns_are_relative_to_the_root_of_the_configuration(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree, "sub/gen/a.py", "sub/b.py", "gen/a.py")
    monkeypatch.chdir(tree / "sub")
    assert names(discover(["."], Settings(root=tree, exclude=("gen/*.py",))), tree) == ["sub/b.py", "sub/gen/a.py"]
    assert names(discover(["."], Settings(root=tree, exclude=("sub/gen/*.py",))), tree) == ["sub/b.py"]
    assert names(discover(["."], Settings(exclude=("gen/*.py",))), tree) == ["sub/b.py"]


def test_named_files_are_taken_whatever_their_suffix(tree: Path) -> None:
    make(tree, "script", "stub.pyi", "a.txt")
    assert names(discover(["script", "stub.pyi", "a.txt"], ALL), tree) == ["a.txt", "script", "stub.pyi"]


def test_named_files_that_are_excluded_are_only_taken_if_asked_for(tree: Path) -> None:
    make(tree, "build/lib/a.py", "src/a.py")
    found = discover(["build/lib/a.py", "src/a.py"], ALL)
    assert names(found, tree) == ["src/a.py"]
    assert kinds(found) == [ProblemKind.EXCLUDED]
    assert "build/lib/a.py is excluded" in found.problems[0].message
    forced = discover(["build/lib/a.py", "src/a.py"], Settings(force_exclude=False))
    assert names(forced, tree) == ["build/lib/a.py", "src/a.py"]
    assert forced.problems == ()


def test_a_named_directory_that_is_excluded_is_only_walked_if_asked_for(tree: Path) -> None:
    make(tree, "build/lib/a.py", "build/lib/dist/b.py")
    assert kinds(discover(["build"], ALL)) == [ProblemKind.EXCLUDED]
    assert names(discover(["build"], Settings(force_exclude=False)), tree) == ["build/lib/a.py"]


def test_a_directory_above_the_project_may_have_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "build" / "project"
    make(root, "a.py")
    monkeypatch.chdir(root)
    assert names(discover(["."], ALL), root) == ["a.py"]
    monkeypatch.chdir(tmp_path)
    assert names(discover([root], Settings(root=root)), root) == ["a.py"]


def test_what_is_wrong_with_a_path_is_told_and_the_others_go_on(tree: Path) -> None:
    make(tree, "a.py", "nb.ipynb", "empty/notes.txt", "only/build/a.py")
    found = discover(["missing", "nb.ipynb", "empty", "only", "a.py"], ALL)
    assert names(found, tree) == ["a.py"]
    assert [(problem.kind, problem.path, problem.message) for problem in found.problems] == [
        (ProblemKind.MISSING, "missing", "missing does not exist."),
        (
            ProblemKind.NOTEBOOK,
            "nb.ipynb",
            "nb.ipynb is a notebook; notebooks are not supported, only Python files are.",
        ),
        (ProblemKind.NO_PYTHON, "empty", "No Python files found under empty."),
        (ProblemKind.NO_PYTHON, "only", "No Python files found under only."),
    ]


def test_a_directory_that_may_not_be_listed_is_told(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tree, "a.py", "closed/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # file modes do not stop the superuser, who may run the tests
    found = discover(["."], ALL)
    assert names(found, tree) == ["a.py"]
    assert [problem.message for problem in found.problems] == ["cannot be read: Permission denied"]


def test_a_file_is_found_once(tree: Path) -> None:
    make(tree, "pkg/a.py", "pkg/b.py")
    found = discover(["pkg", "pkg/a.py", "./pkg/../pkg/a.py", tree / "pkg", "."], ALL)
    assert names(found, tree) == ["pkg/a.py", "pkg/b.py"]
    assert found.problems == ()


def test_links_to_files_count_once_under_the_real_name(tree: Path) -> None:
    make(tree, "real.py", "outside/o.txt")
    (tree / "alias.py").symlink_to("real.py")
    (tree / "other.py").symlink_to("outside/o.txt")
    (tree / "broken.py").symlink_to("nowhere.py")
    assert names(discover(["."], ALL), tree) == ["other.py", "real.py"]
    assert names(discover(["alias.py"], ALL), tree) == ["alias.py"]
    assert kinds(discover(["broken.py"], ALL)) == [ProblemKind.MISSING]


def test_a_link_out_of_the_project_is_followed_only_if_named(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    make(tree, "pkg/a.py", "shared/b.py", "pyproject.toml")
    outside = tmp_path_factory.mktemp("elsewhere") / "c.py"
    outside.write_text("")
    (tree / "pkg" / "b.py").symlink_to("../shared/b.py")
    (tree / "pkg" / "c.py").symlink_to(outside)
    assert names(discover(["pkg"], ALL), tree) == ["pkg/a.py", "pkg/b.py"]
    assert [path.name for path in discover(["pkg/c.py"], ALL).files] == ["c.py"]


def test_links_to_directories_are_followed_only_if_named(tree: Path) -> None:
    make(tree, "pkg/a.py", "elsewhere/b.py")
    (tree / "pkg" / "loop").symlink_to("..")
    (tree / "pkg" / "out").symlink_to("../elsewhere")
    assert names(discover(["pkg"], ALL), tree) == ["pkg/a.py"]
    assert names(discover(["pkg/out"], ALL), tree) == ["pkg/out/b.py"]
    assert names(discover(["pkg/out", "elsewhere"], ALL), tree) == ["elsewhere/b.py"]


def test_a_directory_called_like_a_file_is_walked(tree: Path) -> None:
    make(tree, "odd.py/a.py")
    assert names(discover(["."], ALL), tree) == ["odd.py/a.py"]
