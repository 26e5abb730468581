"""The fast walk gives what `ast.walk` gives, in its order, but for contexts and operators."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import awaitomic
from awaitomic.source.syntax import walk

_LEFT_OUT = ast.expr_context | ast.operator | ast.unaryop | ast.cmpop | ast.boolop
_OWN = sorted(Path(awaitomic.__file__).parent.rglob("*.py"))

EVERYTHING = """\
import a, b.c as d
from . import e as f
from .g import *
global h, i
async def j(k, /, l: int = 1, *m, n=(2), o, **p) -> "q":
    nonlocal r
    async with s as t, u: pass
    async for v in w: await x
    else: yield y
    return {**z, 1: f"{aa!r:>{bb}}"}
@cc
class dd(ee, ff=gg):
    hh: ii = [jj async for kk in ll if mm]
try: ...
except (nn, oo) as pp: raise qq from rr
else: assert ss, tt
finally: del uu[1:2:3], vv.ww
while not xx or (yy := lambda *zz: -aa) < bb < cc: break
match dd:
    case {"k": 1, **rest} | [ee, *ff] | gg(hh, ii=None) | -1 as jj if kk: pass
ll += {mm for nn in oo} if pp else qq @ rr
"""


@pytest.mark.parametrize("text", ["", "x = 1", EVERYTHING], ids=["empty", "short", "everything"])
def test_a_text(text: str) -> None:
    _compare(ast.parse(text))


def test_a_part_of_a_tree() -> None:
    _compare(ast.parse(EVERYTHING).body[4])


def test_our_own_sources() -> None:
    for path in _OWN:
        _compare(ast.parse(path.read_bytes()))


def _compare(tree: ast.AST) -> None:
    assert walk(tree) == [node for node in ast.walk(tree) if not isinstance(node, _LEFT_OUT)]
