"""The page for a browser: it says what the text says, and nothing in a source file can become markup."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awaitomic.model.finding import FileError, Finding, Report
from awaitomic.report.formats import Material, render
from awaitomic.report.html_paint import HtmlPaint, painted
from awaitomic.report.paint import Paint
from awaitomic.report.sources import Sources
from report.examples import FIX, PATH, SOURCES, TEXT, deadlock, finding

_VOID = frozenset({"meta"})
_DIFF = "--- a/pkg/bank.py\n+++ b/pkg/bank.py\n@@ -1 +1 @@\n-\told <b>\n+new & x\r\n"


class _Page(HTMLParser):
    """Reads a page as strictly as the standard's parser never is: each element has to be closed where it belongs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append((self._open[-1] if self._open else "", data))

    def text_of(self, *tags: str) -> str:
        return "".join(data for tag, data in self.words if tag in tags)

    def names(self) -> list[str | None]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]


def _page(*findings: Finding, errors: tuple[FileError, ...] = (), sources: Sources = SOURCES) -> _Page:
    return _Page(render("html", Material(Report(findings, errors, 5, 0.1), sources), Paint()))


def test_all_that_the_text_says_is_on_the_page() -> None:
    one = replace(finding(), evidence=("`Bank` is shared",), fix=replace(FIX, diff=_DIFF))
    said = "".join(data for _, data in _page(one, deadlock()).words)
    shown = render("text", Material(Report((one, deadlock()), (), 1, 0.1), SOURCES), Paint())
    for row in shown.splitlines():
        for word in row.replace("`", "").replace("│", "").replace("[certain]", "certain").split():
            if not set(word) <= set("─┼") and not word.startswith(PATH):
                assert word.rstrip(":") in said, word


def test_frames_keep_their_columns_and_diffs_their_lines() -> None:
    page = _page(replace(finding(), fix=replace(FIX, diff=_DIFF)))
    code = page.text_of("pre", "span")
    assert (
        "   10 │         current = self.balance  # before\n      │                   ------------ 1. read here\n"
        in code
    )
    assert "@@ -1 +1 @@\n-\told <b>\n+new & x" in code


def test_nothing_that_is_found_can_become_markup() -> None:
    evil = "</pre><script>alert(1)</script>`<i>`\x01rule\x02x\x03"
    text = TEXT.replace("# before", f"# {evil}")
    odd = replace(
        finding(), message=evil, function=evil, state=evil, evidence=(evil,), fingerprint='"><script>', path=PATH
    )
    errors = (FileError("<b>.py", 1, 1, "<i>", "AWA003"),)
    page = _page(odd, errors=errors, sources=Sources({PATH: text}))
    assert {"script", "i", "b"}.isdisjoint(tag for tag, _ in page.tags)
    assert evil[:30] in "".join(data for _, data in page.words)


def test_each_finding_has_a_name_of_its_own_to_link_to() -> None:
    names = _page(finding(), finding(), deadlock()).names()
    assert len(names) == len(set(names)) == 4
    links = {attributes.get("href") for tag, attributes in _page(finding(), finding()).tags if tag == "a"}
    assert links <= {f"#{name}" for name in names}


def test_the_page_asks_for_nothing_from_elsewhere() -> None:
    page = _page(finding(), deadlock())
    assert {"script", "link", "img", "iframe", "base"}.isdisjoint(tag for tag, _ in page.tags)
    assert all((attributes.get("href") or "#").startswith("#") for _, attributes in page.tags)
    assert "url(" not in page.text_of("style")
    assert "@import" not in page.text_of("style")


def test_a_page_of_nothing_says_so() -> None:
    page = _page()
    assert page.text_of("h1") == "awaitomic: no findings in 5 files"
    assert not any(tag == "table" for tag, _ in page.tags)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.text(), st.text())
def test_any_message_makes_a_page_that_is_whole(message: str, path: str) -> None:
    page = render(
        "html", Material(Report((replace(finding(path=path), message=message),), (), 1, 0.1), SOURCES), Paint()
    )
    assert page.isascii()
    _Page(page)


@given(st.lists(st.tuples(st.sampled_from(["", "read", "rule"]), st.text(st.characters(min_codepoint=32), min_size=1))))
def test_paint_comes_back_as_it_was_put_on(parts: list[tuple[str, str]]) -> None:
    paint = HtmlPaint()
    text = "".join(paint.style(words, kind) if kind else words for kind, words in parts)
    joined: list[tuple[str, str]] = []
    for kind, words in parts:
        if not kind and joined and not joined[-1][0]:
            joined[-1] = "", joined[-1][1] + words
        else:
            joined.append((kind, words))
    assert list(painted(text)) == joined
