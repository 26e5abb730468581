from __future__ import annotations

import os
from pathlib import Path

import pytest

from awaitomic.engine.fault import Fault
from awaitomic.engine.pool import WORTH_IT, run_each

PATHS = [f"file{number}" for number in range(WORTH_IT + 15)]


def shout(path: str) -> str:
    return path.upper()


def stumble(path: str) -> str:
    if path in {"file3", "file30"}:
        raise KeyError(f"{path}\nmore")
    return path.upper()


def die(path: str) -> str:
    if path in {"file3", "file30"}:
        os._exit(7)
    return path.upper()


def who(path: str) -> int:
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_results_come_in_the_order_of_the_paths(jobs: int) -> None:
    assert list(run_each(PATHS, shout, jobs)) == [path.upper() for path in PATHS]


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_exception_is_a_fault_of_its_path_alone(jobs: int) -> None:
    results = list(run_each(PATHS, stumble, jobs))
    faults = {result.path: result for result in results if isinstance(result, Fault)}
    assert set(faults) == {"file3", "file30"}
    assert faults["file3"].error == "KeyError: 'file3\\nmore'"
    assert "Traceback" in faults["file3"].details
    assert [result for result in results if isinstance(result, str)] == [
        path.upper() for path in PATHS if path not in faults
    ]


def test_a_process_that_dies_is_a_fault_of_its_path_and_the_others_go_on() -> None:
    results = list(run_each(PATHS, die, 2))
    assert [index for index, result in enumerate(results) if isinstance(result, Fault)] == [3, 30]
    assert results[3] == Fault("file3", "the process that worked on it ended without an answer")
    assert results[4] == "FILE4"
    assert len(results) == len(PATHS)


def test_few_files_stay_in_this_process() -> None:
    assert set(run_each(PATHS[:WORTH_IT], who, 4)) == {os.getpid()}
    assert os.getpid() not in set(run_each(PATHS, who, 2))


def test_a_fault_says_how_to_report_it(tmp_path: Path) -> None:
    fault = Fault("pkg/a.py", "KeyError: 1")
    assert "internal fault" in fault.message
    assert "the file is untouched" in fault.message
    assert "awaitomic check --jobs 1 --verbose pkg/a.py" in fault.advice
