"""The prefilter may let too much through, and never too little."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from awaitomic.source.prefilter import may_matter

COROUTINES = {
    "plain": b"async def f(): ...\n",
    "method": b"class A:\n    async def f(self): ...\n",
    "after a semicolon-free header": b"if x: pass\nasync  def f(): ...\n",
    "tab": b"async\tdef f(): ...\n",
    "form feed": b"async\x0cdef f(): ...\n",
    "continuation": b"async \\\n def f(): ...\n",
    "continuation crlf": b"async\\\r\n\\\r\n def f(): ...\r\n",
    "continuation cr": b"async\\\rdef f(): ...\r",
    "continuation after def": b"async def\\\n f(): ...\n",
    "bom": b"\xef\xbb\xbfasync def f(): ...\n",
    "latin-1": b"# coding: latin-1\nx = '\xe9'\nasync def f(): ...\n",
    "utf-7 that hides it": b"# coding: utf-7\n+AGE-sync def f(): ...\n",
    "unicode_escape that hides it": b"# coding: unicode_escape\nasync \\x64ef f(): ...\n",
    "hz that hides it, declared in line two": b"#\n# coding: hz\nas~\nync def f(): ...\n",
    "first declaration counts": b"# coding: utf-7\n# coding: utf-8\n+AGE-sync def f(): ...\n",
}


@pytest.mark.parametrize("raw", COROUTINES.values(), ids=COROUTINES)
def test_a_file_with_a_coroutine_is_let_through(raw: bytes) -> None:
    assert any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(ast.parse(raw))), "Python sees it"
    assert may_matter(raw)


OTHERS = {
    "empty": b"",
    "plain function": b"import asyncio\ndef f(): ...\n",
    "name": b"async_def = 1\nmy_async = 2\n",
    "newline between": b"# async\ndef f(): ...\n",
    "comment": b"# not async default\n",
    "known encodings": b"# -*- coding: Latin_1 -*-\nx = '\xe9'\n",
    "utf-8": b"#!/usr/bin/python\n# vim: set fileencoding=utf-8 :\ndef f(): ...\n",
    "declared too late": b"#\n#\n# coding: utf-7\ndef f(): ...\n",
}


@pytest.mark.parametrize("raw", OTHERS.values(), ids=OTHERS)
def test_a_file_without_one_is_skipped(raw: bytes) -> None:
    assert not may_matter(raw)


@pytest.mark.parametrize(
    "raw",
    ["async def f(): ...".encode("utf-16"), "x = 1".encode("utf-16-le"), b"x = 1\0", b"x = 1  # awaitomic: ignore\n"],
)
def test_what_has_to_be_reported_otherwise_is_let_through(raw: bytes) -> None:
    assert may_matter(raw)


@pytest.mark.parametrize(
    "text",
    [
        "\uff41\uff53\uff59\uff4e\uff43 def f(): ...",
        "async \U0001d41d\U0001d41e\U0001d41f f(): ...",
        "async # c\ndef f(): ...",
        "async\ndef f(): ...",
    ],
)
def test_keywords_have_no_other_spelling(text: str) -> None:
    tree: ast.AST | None
    try:
        tree = ast.parse(text)
    except SyntaxError:
        tree = None
    assert tree is None or not any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(tree))


def test_it_agrees_with_the_parser_over_the_standard_library() -> None:
    folder = Path(ast.__file__).parent
    matter = skipped = 0
    for file in sorted([*folder.glob("*.py"), *folder.glob("asyncio/*.py"), *folder.glob("unittest/*.py")]):
        raw = file.read_bytes()
        has_one = any(isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(ast.parse(raw)))
        assert may_matter(raw) >= has_one, file
        matter += has_one
        skipped += not may_matter(raw)
    assert matter > 5
    assert skipped > 100, sys.version
