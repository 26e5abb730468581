"""`required-version` means what PEP 440 says, as far as it is read."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from awaitomic.config.version import parse, satisfies

_RELEASES = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
_OWN = st.tuples(_RELEASES, st.sampled_from(["", "a1", "rc2", ".dev0"])).map("".join)


@st.composite
def _clauses(draw: st.DrawFn) -> str:
    release = draw(_RELEASES)
    operators = ["==", "!=", ">=", "<=", ">", "<"] + ["~="] * ("." in release)
    operator = draw(st.sampled_from(operators))
    star = draw(st.sampled_from(["", ".*"])) if operator in {"==", "!="} else ""
    return f"{operator}{release}{star}"


@given(_OWN, st.lists(_clauses(), min_size=1, max_size=3).map(", ".join))
@example("0.1.0", "~=0.1")
@example("1.0.dev0", "<1.0")
@example("1.0.dev0", "==1.*")
@example("1.2.3", "~=1.2.0")
def test_the_answers_are_those_of_packaging(own: str, specifier: str) -> None:
    assert satisfies(own, specifier) == SpecifierSet(specifier).contains(own, prereleases=True)


@pytest.mark.parametrize("wrong", ["", "0.1", "=0.1", ">=", "~=1", ">=1.*", ">=0.1,,<1", ">=1!0.1", "==0.1a1", "===1"])
def test_what_is_not_read_is_an_error(wrong: str) -> None:
    with pytest.raises(ValueError, match="is no version specifier"):
        parse(wrong)
