"""Reads the comments that speak to awaitomic, such as ``# awaitomic: ignore[AWA101] guarded by the caller``.

Only comments count: the same characters inside a string say nothing. Several tools may share one comment line
(``# noqa: X  # awaitomic: ignore[AWA101]``). What cannot be read is kept as a mistake, never guessed at, since a
guess could hide a bug.
"""

from __future__ import annotations

import difflib
import re
import token
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.config import suggest_code
from awaitomic.knowledge.codes import RULE_NAMES
from awaitomic.model.position import Extent
from awaitomic.source.tokens import Token, tokens

MARK = "awaitomic:"
"""What every such comment contains; a file without it has none."""

_OTHER_TOOLS = r"(?:noqa|nosec|pragma|type:|(?:black|flake8|fmt|isort|mypy|pylint|pyright|pytype|ruff|ty|yapf):)"
_DIRECTIVE = re.compile(
    r"#\s*awaitomic:\s*(?P<verb>[A-Za-z-]*)"
    rf"(?P<rest>(?:(?!\s#\s|#\s*awaitomic:|#\s*{_OTHER_TOOLS}).)*)"
)
"""A comment ends where that of another tool begins; any other ``#`` belongs to the reason, as in ``see #12``."""
_ARGUMENTS = re.compile(r"\s*\[(?P<arguments>[^\]]*)\](?P<reason>.*)")
_CODE_LIKE = re.compile(r"\s+(?P<code>AWA\d+)\b", re.IGNORECASE)
_VERBS = ("ignore", "owner", "guarded-by")
_GUARD = re.compile(r"(?:[^\W\d]\w*\.)?[^\W\d]\w*")
ONE_TASK = "one-task"


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """A comment that suppresses. `codes` is None if it names none and so means all rules.

    `line` is the line it stands on, and `target` the line that it speaks of: its own, or, if it stands alone
    (`alone`), that of the code below it.
    """

    extent: Extent
    codes: tuple[str, ...] | None
    reason: str
    alone: bool
    target: int

    @property
    def line(self) -> int:
        """The line that the comment stands on."""
        return self.extent.line

    def names(self, code: str) -> bool:
        """Say whether the comment is about a rule."""
        return self.codes is None or code in self.codes


@dataclass(frozen=True, slots=True)
class CommentMistake:
    """A comment that cannot be read, or a code in it that no rule has; `message` says why."""

    extent: Extent
    message: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """What the author says of a class or of an attribute: ``owner[one-task]``, ``guarded-by[self._lock]``."""

    extent: Extent
    verb: str
    argument: str
    target: int
    """The line of the code that it speaks of; 0 if none follows."""


@dataclass(frozen=True, slots=True)
class Comments:
    """All comments for awaitomic in one text, in its order."""

    ignores: tuple[IgnoreComment, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    mistakes: tuple[CommentMistake, ...] = ()


def read_comments(text: str) -> Comments:
    """Read all comments for awaitomic in a text that parses, in the order of the text."""
    if MARK not in text:
        return Comments()
    found: list[IgnoreComment] = []
    annotations: list[Annotation] = []
    mistakes: list[CommentMistake] = []
    every = list(tokens(text))
    code_lines = _code_lines(every)
    comment_lines = {each.line for each in every if each.kind == token.COMMENT}
    for each in every:
        if each.kind != token.COMMENT or MARK not in each.text:
            continue
        alone = each.line not in code_lines
        target = _line_below(each.line, comment_lines, code_lines) if alone else each.line
        for match in _DIRECTIVE.finditer(each.text):
            start = each.column + match.start()
            extent = Extent(each.line, start, each.line, start + len(match[0].rstrip()))
            if match["verb"] in {"owner", "guarded-by"}:
                annotations.extend(_read_annotation(match["verb"], match["rest"], extent, target, mistakes))
                continue
            ignore = _read_one(match["verb"], match["rest"], extent, mistakes)
            if ignore is not None:
                codes, reason = ignore
                found.append(IgnoreComment(extent, codes, reason, alone, target))
    return Comments(tuple(found), tuple(annotations), tuple(mistakes))


def listed_codes(directive: str) -> tuple[int, int]:
    """Give where the list between the brackets of an ``ignore`` that can be read begins and ends."""
    return directive.index("[") + 1, directive.index("]")


def _read_annotation(
    verb: str, rest: str, extent: Extent, target: int, mistakes: list[CommentMistake]
) -> Iterator[Annotation]:
    """Read one annotation; yields nothing if it cannot be read."""
    listed = _ARGUMENTS.match(rest)
    argument = listed["arguments"].strip() if listed is not None else ""
    example = f"{verb}[{ONE_TASK}]" if verb == "owner" else f"{verb}[self._lock]"
    if listed is None:
        text = f"`awaitomic: {verb}` is followed by its argument in brackets: `awaitomic: {example}`"
    elif verb == "owner" and argument != ONE_TASK:
        text = f"unknown owner `{argument}`; awaitomic knows `{ONE_TASK}`: `awaitomic: {example}`"
    elif verb == "guarded-by" and not _GUARD.fullmatch(argument):
        text = f"`{argument}` is not the name of a lock, as in `awaitomic: {example}`"
    elif not target:
        text = f"`awaitomic: {example}` stands above no code"
    else:
        yield Annotation(extent, verb, argument, target)
        return
    mistakes.append(CommentMistake(extent, text))


def _read_one(
    verb: str, rest: str, extent: Extent, mistakes: list[CommentMistake]
) -> tuple[tuple[str, ...] | None, str] | None:
    """Read one directive; gives codes and reason of an ``ignore`` that can be used."""
    if verb not in _VERBS:
        close = difflib.get_close_matches(verb, _VERBS, n=1)
        hint = f"; did you mean `{close[0]}`?" if close else f"; awaitomic knows {', '.join(_VERBS)}"
        mistakes.append(CommentMistake(extent, f"unknown comment `awaitomic: {verb}`{hint}"))
        return None
    listed = _ARGUMENTS.match(rest)
    if listed is None:
        bare_code = _CODE_LIKE.match(rest)
        if bare_code is not None:
            text = f"the code has to stand in brackets: `awaitomic: ignore[{bare_code['code'].upper()}]`"
        elif rest.lstrip().startswith("["):
            text = "the list of codes has no closing bracket"
        elif rest and not rest[0].isspace():
            text = "`awaitomic: ignore` is followed by codes in brackets, or by a blank and a reason"
        else:
            return None, rest.strip()
        mistakes.append(CommentMistake(extent, text))
        return None
    codes = [code.strip() for code in listed["arguments"].split(",")]
    wrong = [code for code in codes if code not in RULE_NAMES]
    for code in wrong:
        text = (
            f"unknown rule code `{code}`{suggest_code(code)}" if code else "a rule code is missing between the brackets"
        )
        mistakes.append(CommentMistake(extent, text))
    known = tuple(code for code in codes if code in RULE_NAMES)
    return (known, listed["reason"].strip()) if known else None


def _code_lines(every: list[Token]) -> set[int]:
    """Give the lines that hold more than a comment (the lines inside a multi-line string hold code)."""
    lines: set[int] = set()
    for each in every:
        if not each.is_layout:
            lines.update(range(each.line, each.end_line + 1))
    return lines


def _line_below(line: int, comment_lines: set[int], code_lines: set[int]) -> int:
    """Give the first line below a run of comment lines; 0 if no code follows directly."""
    below = line + 1
    while below in comment_lines and below not in code_lines:
        below += 1
    return below if below in code_lines else 0
