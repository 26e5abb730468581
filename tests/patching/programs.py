"""Strategies for programs whose layout is as odd as Python allows: the text is the point, not what it would do."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

SIMPLE = [
    "x = 1",
    "await g()",
    "self.n += await price(item)",
    "return await f(\n{0}{1}a,\n\n{0}{1}# inside\n{0}{1}b)",
    "s = '''one\n  two\n\\\n# no comment\nthree'''",
    't = f"""{{\n      self.n = }}"""',
    't = f"""{{\n{0}{1}self.n}}\n   end"""',
    "y = 1 + \\\n{0}{1}2",
    "y = \\\n1",
    "'\u2028 \x0b \x1c'",
    "é = 'ü' ; z = 2",
    "a; await b(); c;",
    "lambda: (\n{0}{1}{1}yield)",
    "d['k'] = {{\n1: 2,\n{0}}}",
    "pass",
    "assert x, 'no'",
    "del x",
    "import os",
    "nonlocal_ = [v async for v in w\n{0}if v]",
]
HEADERS = [
    "if x:",
    "while (n := await g(\n{0}{1}1)):",
    "for i in y:",
    "async for i in y:",
    "with a as b, c:",
    "async with (a as b,\n{0}{1}{1}c):",
    "async def h(a, /, *, b: int = 1) -> None:",
    "@deco\n{0}# between\n{0}@other(\n{0}{1}1)\n{0}def h(self):",
    "class C(B, metaclass=M):",
]
CHAINS = [
    ("try:", "except* E:"),
    ("try:", "except E as e:", "else:", "finally:"),
    ("if x:", "elif y:", "elif z:", "else:"),
    ("for i in y:", "else:"),
    ("while x:", "else:"),
    ("match x:",),
]
COMMENTS = ["# note", "# type: ignore[x]", "#no blank", "# é \u2028 end"]


@dataclass(frozen=True)
class Style:
    unit: str
    newlines: tuple[str, ...]
    final: bool


styles = st.builds(
    Style,
    st.sampled_from(["    ", "  ", "\t"]),
    st.sampled_from([("\n",), ("\r\n",), ("\n", "\r\n"), ("\r",)]),
    st.booleans(),
)


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A module with an async function (so that ``await`` compiles) full of statements, comments and blank lines."""
    style = draw(styles)
    head = draw(st.sampled_from(["", "# file\n", '"""Doc."""\n\nimport os\n\n\n', "\n\n# x\n", "import os\n\x0c\n"]))
    body = draw(_block(style, 1, 2))
    text = f"{head}async def f(self):\n{body}" + draw(st.sampled_from(["", "\n\n# end\n", "y = 2\n", "   \n"]))
    if not style.final:
        text = text.rstrip("\n")
    lines = text.split("\n")
    ends = [draw(st.sampled_from(style.newlines)) for _ in lines[:-1]] if len(style.newlines) > 1 else []
    ends = ends or [style.newlines[0]] * (len(lines) - 1)
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))


@st.composite
def _block(draw: st.DrawFn, style: Style, level: int, depth: int) -> str:
    pieces = [draw(_statement(style, level, depth)) for _ in range(draw(st.integers(1, 4)))]
    end = draw(st.sampled_from(["", "", "", f"{style.unit * level}# at the end\n", "\n"]))
    return "".join(pieces) + end


@st.composite
def _statement(draw: st.DrawFn, style: Style, level: int, depth: int) -> str:
    margin = style.unit * level
    above = draw(
        st.sampled_from(
            ["", "", "", "\n", "\n\n", f"{margin}# above\n", f"\n{margin}# far\n\n{margin}# a\n{margin}# b\n"]
        )
    )
    odd = draw(st.sampled_from(["", "", "", "", "# left\n", " # odd\n", f"{margin}\n", " \n", "\x0c\n"]))
    beside = draw(st.sampled_from(["", "", "", *(f"  {comment}" for comment in COMMENTS)]))
    kind = draw(st.integers(0, 5 if depth else 2))
    if kind < 3:
        return f"{above}{odd}{margin}{_filled(draw(st.sampled_from(SIMPLE)), margin, style)}{beside}\n"
    if kind == 3:
        header = _filled(draw(st.sampled_from(HEADERS[:5])), margin, style)
        suite = _filled(draw(st.sampled_from(["x", "await g()", "a; b", *SIMPLE])), margin, style)
        return f"{above}{odd}{margin}{header} {suite}{beside}\n"
    headers = draw(st.sampled_from(CHAINS)) if kind == 4 else (draw(st.sampled_from(HEADERS)),)
    if headers == ("match x:",):
        inner = style.unit * (level + 1)
        cases = "".join(f"{inner}case {n}:{beside}\n{draw(_block(style, level + 2, depth - 1))}" for n in (1, 2))
        return f"{above}{odd}{margin}match x:\n{cases}"
    parts = [
        f"{margin}{_filled(header, margin, style)}{beside}\n{draw(_block(style, level + 1, depth - 1))}"
        for header in headers
    ]
    return f"{above}{odd}{''.join(parts)}"


def _filled(template: str, margin: str, style: Style) -> str:
    return template.format(margin, style.unit)
