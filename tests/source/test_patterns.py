"""What a pattern of ``exclude`` matches, and what it leaves alone."""

from __future__ import annotations

import pytest

from awaitomic.source.patterns import Patterns


def matches(pattern: str, path: str) -> bool:
    """Compare a pattern of a configuration in /r with one path below it."""
    return Patterns([pattern], "/r").match(path.rpartition("/")[2], f"/r/{path}")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("build", "build"),
        ("build", "a/b/build"),
        ("build/", "a/build"),
        ("*.egg-info", "a/x.egg-info"),
        ("gen_*.py", "a/gen_x.py"),
        ("gen_?.py", "gen_1.py"),
        ("[ab].py", "d/a.py"),
        ("[!ab].py", "d/c.py"),
        ("[]a].py", "].py"),
        ("x[y.py", "x[y.py"),
        ("{a,b*}.py", "bc.py"),
        ("{a.py", "{a.py"),
        ("a,b.py", "a,b.py"),
        ("./src/a.py", "src/a.py"),
        ("src/*.py", "src/a.py"),
        ("src/**/a.py", "src/a.py"),
        ("src/**/a.py", "src/x/y/a.py"),
        ("src/**", "src/x/y/a.py"),
        ("**/gen/*.py", "x/y/gen/a.py"),
        ("**/gen/*.py", "gen/a.py"),
        ("/r/src", "src"),
        ("/*/src", "src"),
    ],
)
def test_matches(pattern: str, path: str) -> None:
    assert matches(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("build", "builds"),
        ("build", "rebuild"),
        ("build", "a/build.py"),
        ("*.egg-info", "a/x.egg-info2"),
        ("gen_?.py", "gen_.py"),
        ("[ab].py", "c.py"),
        ("[!ab].py", "a.py"),
        ("{a,b}.py", "c.py"),
        ("a.py", "axpy"),
        ("src/a.py", "x/src/a.py"),
        ("src/*.py", "src/x/a.py"),
        ("src/**", "src2/a.py"),
        ("**/gen/*.py", "gen/x/a.py"),
        ("/src", "src"),
        ("", "a"),
    ],
)
def test_does_not_match(pattern: str, path: str) -> None:
    assert not matches(pattern, path)


def test_the_way_up_ends_at_the_root() -> None:
    excluded = Patterns(["venv", "src/gen"], "/home/venv/project")
    assert excluded.match_upwards("/home/venv/project/venv/lib/a.py")
    assert excluded.match_upwards("/home/venv/project/src/gen/deep/a.py")
    assert not excluded.match_upwards("/home/venv/project/src/general/a.py")
    assert not excluded.match_upwards("/home/venv/project")
    assert not excluded.match_upwards("/home/venv/other/a.py"), "above the root nothing was chosen"
    assert excluded.match_upwards("/elsewhere/venv")


def test_a_root_directory_can_be_the_root() -> None:
    assert Patterns(["src/a.py"], "/").match("a.py", "/src/a.py")
    assert Patterns(["venv"], "/").match_upwards("/venv/a.py")
