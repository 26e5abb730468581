"""Codes that say nothing about one remedy: a fix that failed a gate, or that nobody wants or has built."""

from __future__ import annotations

from .case import Given, Refused

_FAULT = "a plan of awaitomic that is wrong: the gates are there so that it does no harm"
_TRIES = "a repair whose harm only a new analysis of the whole shows; the test plays such a repair"

CASES: dict[str, Refused | Given] = {
    "other-file": Given(
        "tests/engine/test_several_files.py::test_a_variable_of_another_module_is_left_to_its_author",
        "a program of several files, which the explorer does not run",
    ),
    "position-mismatch": Given("tests/patching/test_expressions.py::test_a_position_mismatch_because", _FAULT),
    "overlapping-edits": Given("tests/patching/test_expressions.py::test_overlapping_replacements_are_refused", _FAULT),
    "gate-parse": Given("tests/engine/test_fix.py::test_text_that_does_not_parse_is_refused", _FAULT),
    "gate-compile": Given("tests/patching/test_gates.py::test_a_text_is_refused_by", _FAULT),
    "gate-roundtrip": Given(
        "tests/patching/test_fidelity.py::test_a_line_that_begins_with_a_backslash_is_refused",
        "a text that libcst does not give back as it was",
    ),
    "gate-outside": Given("tests/patching/test_gates.py::test_damage_outside_is_found", _FAULT),
    "gate-encoding": Given(
        "tests/engine/test_fix.py::test_text_that_the_encoding_cannot_hold_is_refused",
        "a file in an encoding that lacks a letter of the new text",
    ),
    "gate-still-there": Given(
        "tests/engine/test_fix.py::test_a_fix_that_does_not_cure_is_refused_and_the_others_go_on", _TRIES
    ),
    "gate-new-finding": Given(
        "tests/engine/test_gate_elsewhere.py::test_a_loop_in_another_file_that_relied_on_no_suspension",
        "a program of several files, which the explorer does not run",
    ),
    "gate-convergence": Given("tests/engine/test_fix.py::test_without_convergence_nothing_is_written", _TRIES),
    "not-written": Given(
        "tests/cli/test_fix.py::test_a_file_that_changed_meanwhile_is_not_written",
        "a file that somebody edits meanwhile",
    ),
    "strategy-forbidden": Refused(fixture="check_then_act/cache_fill.py", only="hoist"),
    "no-remedy-yet": Refused(fixture="join_under_lock/answer_in_table.py"),
    "author-decides": Refused(fixture="traps/guarded_by_comment.py"),
}
