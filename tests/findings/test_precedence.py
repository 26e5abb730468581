"""One span is reported once, by the rule that explains it best; what is not the same span stays."""

from __future__ import annotations

import itertools
from dataclasses import replace

from awaitomic.findings.precedence import resolve
from awaitomic.model.finding import Confidence, Finding, Span
from findings.maker import finding_at

TEXT = "w = 1\nv = 2\n"


def finding(
    rule: str,
    events: tuple[int, int, int] = (1, 2, 3),
    piece: str = "w",
    *,
    path: str = "a.py",
    function: str = "Bank.credit",
    state: str = "self.balance",
) -> Finding:
    return finding_at(TEXT, piece, rule=rule, events=events, path=path, function=function, state=state)


def rules(*findings: Finding) -> list[str]:
    """Resolve in every order, which must not matter."""
    results = {resolve(order) for order in itertools.permutations(findings)}
    assert len(results) == 1
    return [each.rule for each in results.pop()]


def test_the_order_of_the_contract_among_findings_of_one_write() -> None:
    assert rules(finding("AWA103"), finding("AWA102"), finding("AWA101")) == ["AWA101"]
    assert rules(finding("AWA103"), finding("AWA102")) == ["AWA102"]


def test_saving_and_restoring_is_the_better_name_for_a_stale_write() -> None:
    assert rules(finding("AWA101"), finding("AWA106")) == ["AWA106"]
    assert rules(finding("AWA103"), finding("AWA106", (1, 2, 9), piece="v")) == ["AWA103", "AWA106"]


def test_one_test_is_explained_once() -> None:
    early, late = finding("AWA105", (1, 2, 3)), finding("AWA102", (1, 4, 9), piece="v")
    assert rules(replace(early, span=guarded(early, 7)), replace(late, span=guarded(late, 7))) == ["AWA102"]
    assert rules(replace(early, span=guarded(early, 7)), replace(late, span=guarded(late, 8))) == ["AWA105", "AWA102"]


def test_a_test_decides_of_some_state_and_of_its_entry_at_once() -> None:
    whole = finding("AWA102", (1, 2, 3), state="self.token")
    entry = finding("AWA102", (1, 2, 9), piece="v", state="self.token['expires']")
    whole, entry = (replace(each, span=guarded(each, 7)) for each in (whole, entry))
    assert {each.state for each in resolve([entry, whole])} == {"self.token"}
    others = [
        replace(entry, span=guarded(entry, 8)),
        replace(entry, span=replace(entry.span, suspends=(5,))),
        replace(entry, state="self.tokens['expires']"),
        replace(entry, rule="AWA103"),
        replace(entry, span=replace(entry.span, guards=())),
    ]
    for other in others:
        assert len(rules(whole, other)) == 2


def guarded(of: Finding, guard: int) -> Span:
    return replace(of.span, guards=(guard,))


def test_another_write_is_another_span() -> None:
    assert rules(finding("AWA101"), finding("AWA102", (1, 2, 9))) == ["AWA101", "AWA102"]
    assert rules(finding("AWA101"), finding("AWA101", (1, 2, 9), piece="v")) == ["AWA101", "AWA101"]


def test_one_wait_that_never_ends_is_explained_once() -> None:
    itself = finding("AWA301", state="self.lock")
    assert rules(itself, finding("AWA303", state="self.task, self.lock")) == ["AWA301"]
    assert rules(itself, finding("AWA303", state="self.task, self.other")) == ["AWA301", "AWA303"]
    assert rules(itself, finding("AWA303", (1, 2, 9), piece="v", state="self.task, self.lock")) == ["AWA301", "AWA303"]
    waits = [finding("AWA303", state=f"self.{name}, self.lock") for name in ("task", "other")]
    assert rules(*waits) == ["AWA303", "AWA303"]


def test_another_function_state_or_file_is_another_span() -> None:
    others = (
        finding("AWA102", function="Bank.debit"),
        finding("AWA102", state="self.total"),
        finding("AWA102", path="b.py"),
    )
    assert [rules(finding("AWA101"), other) for other in others] == [["AWA101", "AWA102"]] * 3


def test_a_lock_that_does_not_help_explains_what_is_lost() -> None:
    assert rules(finding("AWA201"), finding("AWA101")) == ["AWA201"]
    assert rules(finding("AWA204", (2, 4, 9)), finding("AWA102", (1, 3, 5))) == ["AWA204"], "overlapping spans"


def test_a_lock_elsewhere_in_the_function_explains_nothing() -> None:
    assert rules(finding("AWA201", (1, 2, 3)), finding("AWA101", (4, 5, 6))) == ["AWA101", "AWA201"]
    assert rules(finding("AWA201", (1, 2, 3)), finding("AWA101", (3, 5, 6))) == ["AWA101", "AWA201"], "side by side"


def test_a_whole_span_goes_before_a_lock_that_is_missing_at_its_write() -> None:
    for rule in ("AWA101", "AWA102", "AWA103", "AWA106", "AWA201", "AWA203", "AWA204"):
        assert rules(finding("AWA202"), finding(rule)) == [rule]


def test_other_families_stay() -> None:
    assert rules(finding("AWA301"), finding("AWA101"), finding("AWA401")) == ["AWA101", "AWA301", "AWA401"]
    assert rules(finding("AWA202"), finding("AWA206"), finding("AWA301")) == ["AWA202", "AWA206", "AWA301"]


def test_a_lock_that_a_wait_gives_back_covers_the_whole_span() -> None:
    assert rules(finding("AWA201"), finding("AWA204"), finding("AWA301")) == ["AWA204", "AWA301"]


def test_the_same_twice_is_reported_once_at_its_surest() -> None:
    sure = finding_at(TEXT, "w", confidence=Confidence.CERTAIN, events=(0, 2, 3))
    unsure = finding_at(TEXT, "w", confidence=Confidence.POSSIBLE)
    assert resolve([unsure, sure]) == resolve([sure, unsure]) == (sure,)
    assert rules(finding("AWA301"), finding("AWA301")) == ["AWA301"]


def test_the_result_is_sorted_by_place_and_rule() -> None:
    given = [
        finding("AWA101", path="b.py"),
        finding("AWA101", (7, 8, 9), piece="v"),
        finding("AWA301", (7, 8, 9), piece="w"),
        finding("AWA102", piece="w"),
    ]
    order = [(each.path, each.extent.line, each.rule) for each in resolve(given)]
    assert order == [("a.py", 1, "AWA102"), ("a.py", 1, "AWA301"), ("a.py", 2, "AWA101"), ("b.py", 1, "AWA101")]
