"""Decoding and encoding are exact inverses, and what cannot be read is reported with its place."""

from __future__ import annotations

import ast
import pickle
import sys
import warnings
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awaitomic.source.text import (
    SourceText,
    Unreadable,
    Unwritable,
    decode,
    display_path,
    parse,
    read,
    split_lines,
)

if TYPE_CHECKING:
    from pathlib import Path

ROUND_TRIPS = {
    "empty": (b"", "utf-8"),
    "plain": (b"x = 1\n", "utf-8"),
    "no final newline": (b"x = 1", "utf-8"),
    "crlf": (b"x = 1\r\ny = 2\r\n", "utf-8"),
    "lone cr": (b"x = 1\ry = 2\r", "utf-8"),
    "mixed newlines": (b"x = 1\r\ny = 2\nz = 3\r", "utf-8"),
    "form feed and U+2028": ("\fx = '\u2028'\n".encode(), "utf-8"),
    "bom": (b"\xef\xbb\xbfx = 1\n", "utf-8"),
    "only a bom": (b"\xef\xbb\xbf", "utf-8"),
    "bom and cookie": (b"\xef\xbb\xbf# coding: utf-8\n", "utf-8"),
    "latin-1": (b"# -*- coding: latin-1 -*-\nx = '\xe9'\n", "iso-8859-1"),
    "cp1252 in line two": (b"#!/usr/bin/env python\n# vim: set fileencoding=cp1252 :\nx = '\x80'\n", "cp1252"),
    "shift_jis": ("# coding: shift_jis\nx = '表'\n".encode("shift_jis"), "shift_jis"),
    "cookie of utf-8-sig without a bom": (b"# coding: utf-8-sig\nx = 1\n", "utf-8"),
    "cookie on a line that is no utf-8": (b"# \xe9 coding: latin-1\nx = '\xe9'\n", "iso-8859-1"),
    "no cookie below code": (b"x = 1\n# coding: latin-1\n", "utf-8"),
    "no cookie in line three": (b"#\n#\n# coding: latin-1\n", "utf-8"),
    "no cookie in a string behind a lone cr": (b"# x\rx = 'coding: latin-1'\r", "utf-8"),
}


@pytest.mark.parametrize(("raw", "encoding"), ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_encode_is_the_inverse_of_decode(raw: bytes, encoding: str) -> None:
    source = decode("a.py", raw)
    assert source.encoding == encoding
    assert source.bom == raw.startswith(b"\xef\xbb\xbf")
    assert not source.text.startswith("\ufeff")
    assert source.encode(source.text) == raw


@pytest.mark.parametrize(("raw", "encoding"), ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_the_text_means_to_python_what_the_bytes_mean(raw: bytes, encoding: str) -> None:
    assert ast.dump(parse(decode("a.py", raw)), include_attributes=True) == ast.dump(
        ast.parse(raw), include_attributes=True
    )


def test_a_cookie_behind_a_lone_cr_counts() -> None:
    assert decode("a.py", b"#!python\r# coding: latin-1\rx = '\xe9'\r").text.endswith("'é'\r")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.sampled_from(["utf-8", "bom"]))
@settings(max_examples=100)
def test_every_text_comes_back(text: str, how: str) -> None:
    raw = (b"\xef\xbb\xbf" if how == "bom" else b"") + b"#\n#\n" + text.encode()
    source = decode("a.py", raw)
    assert source.text == "#\n#\n" + text
    assert source.encode(source.text) == raw


def test_a_changed_text_keeps_bom_and_encoding() -> None:
    assert decode("a.py", b"\xef\xbb\xbfx = 1\r\n").encode("x = 'é'\r\n") == b"\xef\xbb\xbfx = '\xc3\xa9'\r\n"
    latin = decode("a.py", b"# coding: latin-1\nx = 1\n")
    assert latin.encode("# coding: latin-1\nx = 'é'\n") == b"# coding: latin-1\nx = '\xe9'\n"


def test_a_character_that_the_encoding_lacks_is_refused() -> None:
    source = decode("a.py", b"# coding: latin-1\nx = 1\n")
    with pytest.raises(Unwritable, match=r"a\.py: '€' \(U\+20AC\) cannot be written in the encoding iso-8859-1"):
        source.encode("# coding: latin-1\nx = '€'\n")


def test_an_encoding_that_spells_one_text_in_several_ways_is_read_but_not_rewritten() -> None:
    source = decode("a.py", b"# coding: utf-7\nx = '+AGE-'\n")
    assert source.text == "# coding: utf-7\nx = 'a'\n"
    with pytest.raises(Unwritable, match="cannot be rewritten byte for byte"):
        source.encode(source.text)


UNREADABLE = {
    "invalid byte": (b"x = 1\r\ny = '\xc3\xa9' \xff\n", 2, 9, "not valid utf-8: 0xff"),
    "invalid byte in the first line": (b"x = '\xe9'\n", 1, 6, "no other encoding is declared"),
    "invalid byte behind a bom": (b"\xef\xbb\xbfx\xff", 1, 2, "not valid utf-8"),
    "truncated character": (b"x = '\xc3", 1, 6, "unexpected end of data"),
    "unknown cookie": (b"#\n# coding: klingon\n", 2, 1, "unknown encoding: klingon"),
    "cookie against bom": (b"\xef\xbb\xbf# coding: latin-1\n", 1, 1, "contradicts the byte order mark"),
    "cookie that is no text encoding": (b"# coding: rot13\n", 1, 1, "is not a text encoding"),
    "codec without partial decoding": (b"# coding: idna\n\xff.", 2, 1, "not valid idna"),
    "nul": (b"x = 1\ny\0", 2, 2, "NUL bytes"),
    "utf-16": ("x = 1\n".encode("utf-16"), 1, 1, "not valid utf-8"),
    "ascii cookie": (b"# coding: ascii\nx = '\xe9'\n", 2, 6, "not valid ascii: 0xe9 (ordinal not in range(128))"),
}


@pytest.mark.parametrize(("raw", "line", "column", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_bytes_that_cannot_be_decoded_are_reported_with_their_place(
    raw: bytes, line: int, column: int, message: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        decode("dir/a.py", raw)
    assert (caught.value.path, caught.value.line, caught.value.column) == ("dir/a.py", line, column)
    assert message in caught.value.message
    assert str(caught.value) == f"dir/a.py:{line}:{column}: {caught.value.message}"


def test_errors_travel_between_processes() -> None:
    for error in (Unreadable("a.py", 1, 2, "m"), Unwritable("a.py", "m")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), again.path) == (type(error), str(error), "a.py")


def test_read_reports_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    assert read(tmp_path / "a.py").text == "x = 1\r\n"
    with pytest.raises(Unreadable, match="cannot be read: No such file"):
        read(tmp_path / "missing.py")
    with pytest.raises(Unreadable, match="cannot be read: Is a directory"):
        read(tmp_path)


def test_lines_end_at_lf_crlf_and_cr_only() -> None:
    text = "a\nb\r\nc\rd\x0be\x0cf\x1cg\x85h\u2028i\n"
    assert split_lines(text) == ["a", "b", "c", "d\x0be\x0cf\x1cg\x85h\u2028i"]
    assert split_lines(text, keepends=True) == ["a\n", "b\r\n", "c\r", "d\x0be\x0cf\x1cg\x85h\u2028i\n"]
    assert split_lines("") == split_lines("", keepends=True) == []
    assert split_lines("\n\r\r\n") == ["", "", ""]


@given(st.text(st.sampled_from("ab\n\r\f\u2028")))
@settings(max_examples=200)
def test_lines_are_those_of_the_text(text: str) -> None:
    kept = split_lines(text, keepends=True)
    assert "".join(kept) == text
    assert [line.rstrip("\r\n") for line in kept] == split_lines(text)
    ends = text.count("\n") + text.count("\r") - text.count("\r\n")
    assert len(kept) == ends + (not text.endswith(("\n", "\r")) and bool(text))


def test_paths_are_shown_relative_to_the_current_directory_only_below_it(tmp_path: Path) -> None:
    here = str(tmp_path / "here")
    assert display_path(tmp_path / "here" / "pkg" / "a.py", here) == "pkg/a.py"
    assert display_path(tmp_path / "here" / "pkg" / ".." / "a.py", here) == "a.py"
    assert display_path(tmp_path / "hereafter" / "a.py", here) == (tmp_path / "hereafter" / "a.py").as_posix()
    assert display_path(here, here) == here


def text_source(text: str) -> SourceText:
    return decode("a.py", text.encode())


def test_a_file_is_parsed_from_its_text_whatever_its_cookie_says() -> None:
    tree = parse(decode("a.py", b"# coding: latin-1\nx = '\xe9'\n"))
    assert "Constant(value='é')" in ast.dump(tree)


def test_warnings_about_the_content_are_not_shown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        parse(text_source("x = '\\d'\ny = 1 is 1\n"))


MISTAKES = {
    "plain mistake": ("x = 1\ny = = 2\n", 2, 5, "SyntaxError: invalid syntax"),
    "columns are characters": ("x = 'é' y\n", 1, 9, "invalid syntax"),
    "crlf": ("x = 1\r\ny = = 2\r\n", 2, 5, "invalid syntax"),
    "lone cr": ("x = 1\ry = = 2\r", 2, 5, "invalid syntax"),
    "never closed": ("x = (1,\n", 1, 5, "'(' was never closed"),
    "indentation": ("x = 1\n  y = 2\n", 2, 1, "IndentationError: unexpected indent"),
    "tabs": ("if x:\n\tif y:\n        z\n", 3, 1, "TabError: inconsistent use of tabs"),
    "print statement": ("print 'x'\n", 1, 1, "Missing parentheses in call to 'print'"),
    "old except clause": ("try:\n    x\nexcept ValueError, e:\n    y\n", 3, 8, "multiple exception types must be"),
    "deep expression": ("-" * 100_000 + "1\n", 1, 1, "nested too deeply"),
    "long attribute chain": ("x" + ".a" * 100_000 + "\n", 1, 1, "nested too deeply"),
}


@pytest.mark.parametrize(("text", "line", "column", "message"), MISTAKES.values(), ids=MISTAKES)
def test_what_does_not_parse_is_reported_with_its_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text_source(text))
    assert caught.value.line == line
    assert caught.value.message.find(message) >= 0, caught.value.message
    # CPython reports the column of an indentation error differently from version to version.
    assert caught.value.column == column or "indent" in caught.value.message
    assert "needs Python" not in caught.value.message


NEWER = {
    "type parameters of a function": ("async def f[T](x: T) -> T: ...\n", (3, 12), 1),
    "type parameters of a class": ("x = 1\nclass A[T]: ...\n", (3, 12), 2),
    "type statement": ("type X = int\n", (3, 12), 1),
    "generic type statement": ("type X[T] = list[T]\n", (3, 12), 1),
    "nested quotes": ("print(f'{x['a']} b')\n", (3, 12), 1),
    "nested f-string": ("print(f'{f'{x}'}')\n", (3, 12), 1),
    "backslash in an f-string": ("print(f'{\"\\n\".join(x)}')\n", (3, 12), 1),
    "default of a type parameter": ("class A[T = int]: ...\n", (3, 13), 1),
    "t-string": ("x = t'a{b}'\n", (3, 14), 1),
    "line break in the braces of an f-string": ("print(f'{\n  x\n}')\n", (3, 12), 1),
    "except of dotted names": ("try:\n    x\nexcept socket.timeout, socket.error:\n    y\n", (3, 14), 3),
    "except without parentheses": ("try:\n    x\nexcept OSError, asyncio.TimeoutError:\n    y\n", (3, 14), 3),
}


@pytest.mark.parametrize(("text", "version", "line"), NEWER.values(), ids=NEWER)
def test_syntax_of_a_newer_python_is_named(text: str, version: tuple[int, int], line: int) -> None:
    wanted = ".".join(map(str, version))
    if sys.version_info >= version:
        assert parse(text_source(text)).body
        return
    with pytest.raises(Unreadable) as caught:
        parse(text_source(text))
    assert caught.value.line == line
    running = ".".join(map(str, sys.version_info[:2]))
    assert f"needs Python {wanted}; this is Python {running}" in caught.value.message


PYTHON_2 = {
    "print": "print 'x'\n",
    "exec": "exec 'x'\n",
    "raise": "raise E, 'x'\n",
    "octal": "x = 0777\n",
    "raw unicode": "x = ur'a'\n",
    "long": "x = 10L\n",
}


@pytest.mark.parametrize("text", PYTHON_2.values(), ids=PYTHON_2)
def test_python_2_is_named(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text_source(text))
    assert "this looks like Python 2; this is Python" in caught.value.message


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14 takes it for two types")
def test_an_exception_that_is_bound_by_a_comma_is_of_python_2() -> None:
    with pytest.raises(Unreadable, match="this looks like Python 2"):
        parse(text_source("try:\n    x\nexcept OSError, e:\n    y\n"))


@pytest.mark.parametrize(
    "text", ["x[T] = = 1\n", "f'{x'\n", "type x\n", "d = {'a': f'{x', 'b': 1}\n", "def f(T: = int): ...\n"]
)
def test_a_mistake_in_every_python_is_not_blamed_on_the_version(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text_source(text))
    assert "needs Python" not in caught.value.message
    assert "Python 2" not in caught.value.message
