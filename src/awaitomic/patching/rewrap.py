"""Lines that an edit has made wider than the file keeps to are wrapped as it wraps: a lock indents what it covers.

Only lines that are new, or that stand further to the right now, and that were not too wide before. Broken is inside of
brackets, or in new parentheses around a condition, where a line break means nothing. Strings and comments are not
touched: a line that would need that stays as wide as it is.
"""

from __future__ import annotations

import ast
import token
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from awaitomic.patching.syntax import parse_ast
from awaitomic.source.text import split_lines
from awaitomic.source.tokens import Token, tokens

_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_CONDITIONS = ("if ", "elif ", "while ")
_UNIT = "    "
_DEEPEST = 6
"""So many brackets in one another are opened for one line."""


@dataclass(frozen=True, slots=True)
class _Style:
    """How a file wraps its lines."""

    width: int
    hanging: bool
    """Whether nothing stands behind an opening bracket, and not the first of the arguments, with the others below."""
    commas: bool
    """Whether a comma stands behind the last of several lines."""


def rewrap(old: str, new: str, width: int) -> str:
    """Give `new` with the lines wrapped that have come to be wider than `width` by what was made of `old`."""
    lines = split_lines(new, keepends=True)
    wide = _widened(split_lines(old), [line.rstrip("\r\n") for line in lines], width)
    if not wide:
        return new
    free = wide - _not_for_wrapping(new)
    style = _style_of(old, width) if free else None
    if style is None:
        return new
    for number in free:
        line = lines[number]
        code = line.rstrip("\r\n")
        made = _wrapped(code, style, 0)
        if made is not None:
            end = line[len(code) :] or "\n"
            lines[number] = end.join(made) + line[len(code) :]
    wrapped = "".join(lines)
    return wrapped if _means_the_same(new, wrapped) else new


def _widened(old: list[str], new: list[str], width: int) -> set[int]:
    """Give the indices of the lines that are too wide, and were not before, or were not there."""
    same = set(old)
    before: dict[str, int] = {}
    for line in old:
        text = line.strip()
        before[text] = min(len(line), before.get(text, len(line)))
    return {
        number
        for number, line in enumerate(new)
        if len(line) > width and line not in same and before.get(line.strip(), 0) <= width
    }


def _means_the_same(one: str, other: str) -> bool:
    try:
        return ast.dump(parse_ast(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


def _not_for_wrapping(text: str) -> set[int]:
    """Give the indices of lines with a comment, and of those with a part of a string over several lines."""
    found: set[int] = set()
    for each in tokens(text):
        if each.kind == token.COMMENT:
            found.add(each.line - 1)
        elif each.end_line > each.line:
            found.update(range(each.line - 1, each.end_line))
    return found


def _style_of(text: str, width: int) -> _Style:
    """Tell by the brackets over several lines how a file wraps; one that has none is taken to be as formatters do."""
    hanging = aligned = with_comma = without = 0
    opened: list[tuple[Token, bool]] = []
    code = [each for each in tokens(text) if not each.is_layout]
    for at, each in enumerate(code):
        if each.kind != token.OP:
            continue
        if each.text in _OPENING:
            opened.append((each, at + 1 < len(code) and code[at + 1].line > each.line))
        elif each.text in _CLOSING and opened:
            first, hangs = opened.pop()
            if first.line == each.line:
                continue
            hanging, aligned = hanging + hangs, aligned + (not hangs)
            if hangs and code[at - 1].end_line < each.line:
                comma = code[at - 1].text == ","
                with_comma, without = with_comma + comma, without + (not comma)
    return _Style(width, hanging >= aligned, with_comma >= without)


# -- one line ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Group:
    """A pair of brackets in a line, by the columns of both, and the columns of the commas between."""

    start: int
    end: int
    commas: tuple[int, ...]
    is_call: bool
    """Whether it stands behind a name or another bracket: there are arguments in it, or a key."""
    clauses: tuple[int, ...]
    """Where a ``for`` or ``if`` of a comprehension begins: its commas keep no elements apart."""


def _wrapped(line: str, style: _Style, depth: int) -> list[str] | None:
    """Give the lines that a line becomes, or None if it cannot be wrapped."""
    indent, code = _apart(line)
    if "\t" in indent or code.endswith("\\") or depth > _DEEPEST:
        return None
    found = _tokens_of(code)
    if found is None:
        return None
    if style.hanging and (made := _condition(indent, code, found, style)) is not None:
        return made
    broken = _hung if style.hanging else _aligned
    for group in reversed(list(_groups(found))):
        is_key = group.is_call and code[group.start] == "["
        empty = not code[group.start + 1 : group.end].strip()
        made = None if is_key or empty else broken(indent, code, group, style, depth)
        if made is not None:
            return made
    return None


def _apart(line: str) -> tuple[str, str]:
    code = line.lstrip(" \t")
    return line[: len(line) - len(code)], code.rstrip()


def _tokens_of(code: str) -> list[Token] | None:
    """Give the tokens of a line by itself; None if its brackets are not closed in it."""
    try:
        found = list(tokens(f"({code}\n)"))
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return None
    inner = [each for each in found if not each.is_layout and each.line == 1][1:]
    depth = 0
    for each in inner:
        depth += (each.text in _OPENING) - (each.text in _CLOSING) if each.kind == token.OP else 0
        if depth < 0:
            return None
    return inner if depth == 0 else None


def _groups(found: list[Token]) -> Iterator[_Group]:
    """Give the brackets of a line that stand in no others; columns count from 0."""
    depth, start, is_call = 0, 0, False
    commas: list[int] = []
    words: list[tuple[str, int]] = []
    before: Token | None = None
    for each in found:
        column = each.column - 2  # for the bracket in front
        if each.kind == token.OP and each.text in _OPENING:
            if depth == 0:
                start, commas, words = column, [], []
                named = before is not None and (before.kind == token.NAME or before.text in _CLOSING)
                is_call = named and before is not None and before.text not in _WORDS
            depth += 1
        elif each.kind == token.OP and each.text in _CLOSING:
            depth -= 1
            if depth == 0:
                told = not any(word == "lambda" for word, _ in words)  # a comma may be one of its parameters
                yield _Group(start, column, tuple(commas) if told else (), is_call, _clauses(words))
        elif depth == 1:
            if each.text == ",":
                commas.append(column)
            elif each.kind == token.NAME:
                words.append((each.text, column))
        before = each


def _clauses(words: list[tuple[str, int]]) -> tuple[int, ...]:
    """Give where the clauses of a comprehension begin; of an ``if`` that has an ``else`` that is not told."""
    found: list[int] = []
    choice = any(word == "else" for word, _ in words)
    for at, (word, column) in enumerate(words):
        if word == "for":
            ahead, start = words[at - 1] if at else ("", 0)
            found.append(start if ahead == "async" else column)
        elif word == "if" and found and not choice:
            found.append(column)
    return tuple(found)


_WORDS = frozenset(
    "and as assert await elif else except for from if in is lambda not or raise return while with yield".split()
)
"""What stands in front of a bracket without calling anything."""


def _hung(indent: str, code: str, group: _Group, style: _Style, depth: int) -> list[str] | None:
    """Break behind the opening bracket and in front of the closing one; between them, if need be, at each comma."""
    head, body, tail = code[: group.start + 1], code[group.start + 1 : group.end].strip(), code[group.end :]
    if max(len(indent + head), len(indent + tail)) > style.width:
        return None
    inner = indent + _UNIT
    if len(inner + body) <= style.width and not body.endswith(","):
        return [indent + head, inner + body, indent + tail]
    pieces = _pieces(code, group)
    more = len(pieces) > 1 or (code[group.start] == "(" and group.is_call)
    last_comma = style.commas and more and not group.clauses
    made = [indent + head]
    for at, piece in enumerate(pieces):
        separated = at + 1 < len(pieces) and not group.clauses
        comma = "," if separated or last_comma or body.endswith(",") else ""
        text = f"{inner}{piece}{comma}"
        broken = [text] if len(text) <= style.width else _wrapped(text, style, depth + 1)
        if broken is None:
            return None
        made += broken
    return [*made, indent + tail]


def _aligned(indent: str, code: str, group: _Group, style: _Style, _depth: int) -> list[str] | None:
    """Break behind the last comma that has room, and put the rest below the first of what is in the brackets."""
    if group.clauses:
        return None
    pieces = _pieces(code, group)
    ends = code[group.end :]
    made, line = [], indent + code[: group.start + 1]
    margin = " " * len(line)
    for at, piece in enumerate(pieces):
        text = piece + ("," if at + 1 < len(pieces) else ends)
        first = line.strip() == "" or at == 0
        if not first and len(f"{line} {text}") > style.width:
            made.append(line)
            line, first = margin, True
        line += text if first else f" {text}"
    made.append(line)
    return made if len(made) > 1 and all(len(each) <= style.width for each in made) else None


def _pieces(code: str, group: _Group) -> list[str]:
    """Give what stands between the commas of a group, nothing behind a last one; of a comprehension, its clauses."""
    if group.clauses:
        starts = [group.start + 1, *group.clauses, group.end]
        return [code[start:end].strip() for start, end in pairwise(starts)]
    cuts = [group.start, *group.commas, group.end]
    pieces = [code[start + 1 : end].strip() for start, end in pairwise(cuts)]
    return pieces if pieces[-1] else pieces[:-1]


def _condition(indent: str, code: str, found: list[Token], style: _Style) -> list[str] | None:
    """Put a condition of several parts into parentheses of its own, and break it, if need be, at what joins them."""
    word = next((each for each in _CONDITIONS if code.startswith(each)), None)
    if word is None or not code.endswith(":"):
        return None
    joints = _joints(found)
    if not joints:
        return None
    inner = indent + _UNIT
    test = code[len(word) : -1].strip()
    ends = [f"{indent}{word}(", f"{indent}):"]
    if len(inner + test) <= style.width:
        return [ends[0], inner + test, ends[1]]
    cuts = [len(word), *joints, len(code) - 1]
    parts = [inner + code[start:end].strip() for start, end in pairwise(cuts)]
    return [ends[0], *parts, ends[1]] if all(len(part) <= style.width for part in parts) else None


def _joints(found: list[Token]) -> list[int]:
    """Give the columns of the words that join a condition: each ``or``, or, if there is none, each ``and``."""
    depth = 0
    places: dict[str, list[int]] = {"or": [], "and": []}
    for each in found:
        if each.kind == token.OP and each.text in _OPENING | _CLOSING:
            depth += 1 if each.text in _OPENING else -1
        elif depth == 0 and each.text in {"lambda", "else"}:
            return []  # what they take in is not told by the words alone
        elif depth == 0 and each.text in places:
            places[each.text].append(each.column - 2)
    return places["or"] or places["and"]
