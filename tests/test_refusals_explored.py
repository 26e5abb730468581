"""Each refusal shown to be right: the code is given, the program goes wrong, and so would what is refused.

The programs stand in `refused`. What is explored in the place of the repair is written by hand, since there is none.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import tempfile
from pathlib import Path

import pytest

from docs.test_refusals import codes_in_page, codes_in_source
from explorer import check_alone, check_before, load
from refused import REFUSED, Given, Refused
from scenarios import SCENARIOS, product

ROOT = Path(__file__).parents[1]
PROGRAMS = {code: case for code, case in REFUSED.items() if isinstance(case, Refused)}
GIVEN = {code: case for code, case in REFUSED.items() if isinstance(case, Given)}
HARMFUL = [code for code, case in PROGRAMS.items() if case.harm is not None]


@functools.cache
def told(options: tuple[str, ...]) -> dict[str, set[str]]:
    """Give, for the programs that are asked with these options, the codes that the public command gives for each."""
    asked = {code: case for code, case in PROGRAMS.items() if case.options == options}
    with tempfile.TemporaryDirectory() as folder:
        for code, case in asked.items():
            project = Path(folder) / code
            project.mkdir()
            (project / "pyproject.toml").write_text(case.project, encoding="utf-8")
            (project / "program.py").write_text(case.before, encoding="utf-8")
        arguments = ("--confidence", "possible", "--no-cache", "--output-format", "json", *options)
        done = product.awaitomic(Path(folder), "check", *arguments)
    codes: dict[str, set[str]] = {code: set() for code in asked}
    for finding in json.loads(done.stdout)["findings"]:
        code = finding["path"].replace("\\", "/").partition("/")[0]
        codes[code].add((finding["refusal"] or {}).get("code", finding["fix"] and finding["fix"]["strategy"]))
    return codes


def test_every_code_has_a_program_or_a_test_and_no_other_has() -> None:
    assert set(REFUSED) == codes_in_page() | codes_in_source()


@pytest.mark.parametrize("code", PROGRAMS)
def test_the_command_refuses_with_the_code(code: str) -> None:
    assert code in told(PROGRAMS[code].options)[code]


@pytest.mark.parametrize("code", PROGRAMS)
def test_a_program_that_is_refused_goes_wrong(code: str) -> None:
    case = PROGRAMS[code]
    if case.fixture:  # its own tests show it
        assert SCENARIOS[case.fixture].is_wrong
    else:
        check_before(case.before, case.scenario(code), faults=case.faults)


@pytest.mark.parametrize("code", HARMFUL)
def test_what_the_repair_would_have_made_goes_wrong(code: str) -> None:
    case = PROGRAMS[code]
    assert case.repaired != case.before
    if case.harm == "import":
        load(case.before)
        with pytest.raises(AttributeError):
            load(case.repaired)
    elif case.harm == "alone":
        assert check_alone(case.before, case.repaired, case.scenario(code, repaired=True)) != []
    else:
        check_before(case.repaired, case.scenario(code, repaired=True), faults=case.faults)


@pytest.mark.parametrize("code", GIVEN)
def test_a_code_without_a_program_is_given_in_the_test_that_is_named(code: str) -> None:
    path, _, name = GIVEN[code].test.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    tests = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert name in tests
    assert re.search(rf"(?<![\w-]){code}(?![\w-])", text)
