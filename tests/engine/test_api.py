from __future__ import annotations

from pathlib import Path

import pytest

import awaitomic
from awaitomic import check_paths, fix_source
from awaitomic.api import ConfigError, MissingPath, Unreadable
from awaitomic.model.finding import Confidence
from cli.running import CLEAN, FIXED, LOST, REFRESH


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bank.py").write_text(LOST)
    (tmp_path / "broken.py").write_text("async def f(:\n")
    return tmp_path


def test_check_paths_gives_the_report(tree: Path) -> None:
    report = check_paths([tree])
    (found,) = report.findings
    assert (found.path, found.extent.line, found.rule, found.confidence) == (
        "bank.py",
        11,
        "AWA101",
        Confidence.CERTAIN,
    )
    assert [error.path for error in report.errors] == ["broken.py"]
    assert report.files == 2


def test_check_paths_takes_settings_from_arguments_and_configuration(tree: Path) -> None:
    assert check_paths([tree], ignore=["AWA1"]).findings == ()
    assert check_paths([tree / "bank.py"], select=["AWA3"]).findings == ()
    (tree / "pyproject.toml").write_text("[tool.awaitomic]\nselect = ['AWA3']\n")
    assert check_paths(["bank.py"]).findings == ()
    assert len(check_paths(["bank.py"], isolated=True).findings) == 1
    assert len(check_paths(["bank.py"], select=["AWA101"], confidence="certain").findings) == 1


def test_wrong_usage_is_an_exception(tree: Path) -> None:
    with pytest.raises(MissingPath, match=r"nowhere\.py does not exist"):
        check_paths(["nowhere.py"])
    with pytest.raises(ConfigError, match="AWA999"):
        check_paths(["bank.py"], select=["AWA999"])
    with pytest.raises(ValueError, match="unknown confidence `sure`"):
        check_paths(["bank.py"], confidence="sure")


def test_fix_source_applies_what_is_safe() -> None:
    result = fix_source(LOST, filename="bank.py")
    assert result.text == FIXED
    assert [found.state for found in result.applied] == ["self.balance"]
    assert result.remaining == ()


def test_fix_source_leaves_what_is_unsafe_until_it_is_asked_for() -> None:
    left = fix_source(REFRESH)
    assert left.text == REFRESH
    assert [(found.path, found.rule) for found in left.remaining] == [("<string>", "AWA101")]
    done = fix_source(REFRESH, unsafe_fixes=True)
    assert "async with self._lock:" in done.text
    assert done.remaining == ()


def test_fix_source_makes_locks_for_each_key_if_asked() -> None:
    text = LOST.replace("self.balance = 0", "self.rows = {}").replace("self, amount", "self, key")
    text = text.replace("current = self.balance", "current = await rated(self.rows[key])")
    text = text.replace("self.balance = current + amount", "self.rows[key] = current")
    done = fix_source(text, unsafe_fixes=True, lock_granularity="key", confidence="possible")
    assert "async with self._locks.setdefault(key, asyncio.Lock()):" in done.text
    with pytest.raises(ValueError, match="unknown granularity"):
        fix_source(text, lock_granularity="row")


def test_fix_source_heeds_the_selection() -> None:
    assert fix_source(LOST, ignore=["AWA101"]).text == LOST
    assert fix_source(LOST, select=["AWA3"]).text == LOST


def test_fix_source_of_what_has_no_coroutine_is_the_same_text() -> None:
    for text in ("", "x = 1\r\n", "not python at all ((", CLEAN):
        assert fix_source(text).text == text


def test_fix_source_says_what_does_not_parse() -> None:
    with pytest.raises(Unreadable, match="SyntaxError"):
        fix_source("async def f(:\n")


def test_the_package_knows_its_api_and_nothing_else() -> None:
    assert awaitomic.check_paths is check_paths
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        awaitomic.nonsense  # noqa: B018 - the attribute does not exist: that is the test
