"""A changeable view of a libcst module: blocks of statements, indexed as `ast` indexes them.

libcst nodes are immutable and join ``a; b`` to one node; a plan names statements one by one and wants to cut, paste and
wrap them in any combination. So each statement gets a small mutable handle here, `emit` turns the handles back into
nodes, and whatever no edit has touched comes out as the very node that was parsed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import libcst as cst

from awaitomic.patching.nodes import compound, expect
from awaitomic.patching.refusal import PatchRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

SimpleNode = cst.BaseSmallStatement
CompoundNode = cst.BaseCompoundStatement
BlockNode = cst.Module | cst.IndentedBlock | cst.SimpleStatementSuite | cst.If
"""An ``If`` is the block of an ``elif``: in `ast` it is the only statement of the parent's ``orelse``."""


@dataclass(slots=True, eq=False, repr=False)
class Line:
    """Statements joined by ``;``: kept on their line as long as they stay neighbours."""

    body: tuple[SimpleNode, ...]
    trailing: cst.TrailingWhitespace
    node: cst.SimpleStatementLine | None
    """None if the line was the one-line suite of a compound statement."""
    members: list[Statement] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class Statement:
    """One statement, with the blank lines and comments above it in `leading`."""

    node: SimpleNode | CompoundNode
    home: Block
    leading: list[cst.EmptyLine]
    line: Line | None = None
    trailing: cst.TrailingWhitespace | None = None
    """What stands beside a simple statement, if that is no longer what its line says."""
    gone: bool = False
    """Deleted or replaced: prints nothing, and still marks the place for edits beside it."""
    moved: bool = False
    below: list[cst.EmptyLine] = field(default_factory=list)
    """Comment lines that go on with the comment beside it: they are printed behind it, wherever it goes."""
    last: Statement | None = None
    """The last of the statements that replaced this one."""
    shifts: list[tuple[str, str]] = field(default_factory=list)
    """Changes of the indentation, for text that libcst does not indent by itself."""
    origin: tuple[str, str] | None = None
    """The first such change, for an ``elif`` or a one-line suite, if it does not stay what it is."""
    _blocks: dict[str, Block] | None = None

    @property
    def blocks(self) -> dict[str, Block]:
        """The blocks of a compound statement by their `ast` names; empty for a simple statement."""
        if self._blocks is None:
            self._blocks = {name: _block(node, self) for name, node in _block_nodes(self.node)}
        return self._blocks

    @property
    def opened(self) -> bool:
        """Whether somebody has looked into the blocks, so that they may have changed."""
        return self._blocks is not None

    @property
    def end(self) -> Statement:
        """The statement after which this one, or what replaced it, is over."""
        return self.last or self

    @property
    def margin(self) -> str:
        """The whole indentation of this statement; that of an ``elif`` is its ``if``'s."""
        return self.home.margin if self.node is self.home.node else self.home.inner

    @property
    def is_definition(self) -> bool:
        """Whether it is a function or a class, which stands off its neighbours by blank lines."""
        return isinstance(self.node, cst.FunctionDef | cst.ClassDef)


@dataclass(slots=True, eq=False, repr=False)
class Block:
    """Sibling statements, in order."""

    node: BlockNode
    owner: Statement | None
    items: list[Statement]
    footer: list[cst.EmptyLine]
    indent: str | None
    """The indentation relative to the owner; None is the default of the module, or no indentation in a module."""
    header: list[cst.EmptyLine] = field(default_factory=list)
    """What stands above the first statement and belongs to the file, not to the statement."""
    placed: dict[int, int] = field(default_factory=dict)
    """How many statements edits have put behind an anchor (by id of the anchor, 0 for the top of the block)."""

    def live(self) -> list[Statement]:
        """Return the statements that print something."""
        return [item for item in self.items if not item.gone]

    @property
    def margin(self) -> str:
        """The whole indentation that the statements of this block had in the text."""
        if self.owner is None:
            return ""
        if isinstance(self.node, cst.If):
            return self.owner.margin
        outer = self.owner.margin
        if isinstance(self.owner.node, cst.Match):  # which indents its cases, and these their bodies
            outer += self.default_indent if self.owner.node.indent is None else self.owner.node.indent
        return outer + self.unit

    @property
    def inner(self) -> str:
        """The whole indentation of statements that are put into this block: an ``elif`` becomes an ``else`` then."""
        return self.margin + self.unit if isinstance(self.node, cst.If) else self.margin

    @property
    def unit(self) -> str:
        """The indentation of this block relative to its owner, resolved."""
        return self.default_indent if self.indent is None else self.indent

    @property
    def default_indent(self) -> str:
        """The indentation of blocks in this module that have none of their own."""
        return self._module().default_indent

    @property
    def default_newline(self) -> str:
        """The line end of lines in this module that have none of their own."""
        return self._module().default_newline

    def _module(self) -> cst.Module:
        block = self
        while block.owner is not None:
            block = block.owner.home
        return expect(block.node, cst.Module)


def open_module(module: cst.Module) -> Block:
    """Return the module's body as a block.

    libcst gives all lines above the first statement to the module; here the comments directly above that statement,
    with the blank lines before them, belong to it, unless nothing separates them from the top of the file.
    """
    block = Block(module, None, [], list(module.footer), None)
    header = list(module.header)
    _fill(block, module.body)
    if block.items:
        start = len(header) - len(comments_directly_above(header))
        while start > 0 and header[start - 1].comment is None:
            start -= 1
        if start or (header and header[0].comment is None):
            block.items[0].leading[:0] = header[start:]
            del header[start:]
    block.header = header
    return block


_OF_ALL_BELOW = re.compile(
    r"#+\s*((fmt|yapf|isort|ruff|black):\s*(off|on|disable|enable)\b|(pylint|mypy|pyright|flake8):|(end)?region\b"
    r"|</?editor-fold|type:\s*\()"
)
"""Comments that speak to tools of all that stands below, or, as the type of a function in a comment, of their place."""


def comments_directly_above(leading: list[cst.EmptyLine]) -> list[cst.EmptyLine]:
    """Return the comment lines at the end of `leading` that are about what follows, with no blank line in between."""
    start = len(leading)
    while start:
        comment = leading[start - 1].comment
        if comment is None or _OF_ALL_BELOW.match(comment.value):
            break
        start -= 1
    return leading[start:]


def take_comment_below(statement: Statement) -> None:
    """Give a statement the lines below it that go on with the comment beside it: they are indented more than it is."""
    line = statement.line
    if statement.below or line is None or line.members[-1] is not statement or line.trailing.comment is None:
        return
    items = statement.home.items
    index = items.index(statement) + 1
    lines = items[index].leading if index < len(items) else statement.home.footer
    count = 0
    while count < len(lines) and lines[count].comment is not None and lines[count].whitespace.value:
        count += 1
    statement.below = lines[:count]
    del lines[:count]


def blank_run(leading: list[cst.EmptyLine]) -> int:
    """Return how many blank lines `leading` begins with."""
    return next((i for i, line in enumerate(leading) if line.comment is not None), len(leading))


def _fill(block: Block, body: Sequence[cst.BaseStatement]) -> None:
    for node in body:
        if isinstance(node, cst.SimpleStatementLine):
            line = Line(tuple(node.body), node.trailing_whitespace, node)
            _fill_line(block, line, list(node.leading_lines))
        else:
            statement = compound(node)
            block.items.append(Statement(statement, block, list(statement.leading_lines)))


def _fill_line(block: Block, line: Line, leading: list[cst.EmptyLine], origin: tuple[str, str] | None = None) -> None:
    for node in line.body:
        statement = Statement(node, block, leading, line, origin=origin)
        leading = []
        line.members.append(statement)
        block.items.append(statement)


def _block(node: BlockNode, owner: Statement) -> Block:
    if isinstance(node, cst.IndentedBlock):
        block = Block(node, owner, [], list(node.footer), node.indent)
        if "\f" in block.unit:
            # To Python a form feed sets the column back to zero; lines with one cannot be indented by adding to them.
            raise PatchRefused("gate-roundtrip", "a block is indented with form feeds")
        _fill(block, node.body)
    elif isinstance(node, cst.SimpleStatementSuite):
        block = Block(node, owner, [], [], owner.home.indent)
        line = Line(tuple(node.body), node.trailing_whitespace, None)
        _fill_line(block, line, [], (owner.margin, block.margin))
    else:
        block = Block(node, owner, [], [], owner.home.indent)
        branch = expect(node, cst.If)
        block.items.append(Statement(branch, block, [], origin=(block.margin, block.inner)))
    return block


def _suite(node: cst.BaseSuite) -> BlockNode:
    return node if isinstance(node, cst.IndentedBlock) else expect(node, cst.SimpleStatementSuite)


def _block_nodes(node: SimpleNode | CompoundNode) -> list[tuple[str, BlockNode]]:
    """Return the blocks of a statement under the names that `ast` gives their fields."""
    found: list[tuple[str, BlockNode]] = []
    if isinstance(node, cst.Match):
        return [(f"cases.{i}", _suite(case.body)) for i, case in enumerate(node.cases)]
    if not isinstance(node, cst.BaseCompoundStatement):
        return found
    found.append(("body", _suite(node.body)))
    if isinstance(node, cst.Try | cst.TryStar):
        handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler] = node.handlers
        found += [(f"handlers.{i}", _suite(handler.body)) for i, handler in enumerate(handlers)]
        if node.finalbody is not None:
            found.append(("finalbody", _suite(node.finalbody.body)))
    if isinstance(node, cst.If | cst.For | cst.While | cst.Try | cst.TryStar) and node.orelse is not None:
        found.append(("orelse", node.orelse if isinstance(node.orelse, cst.If) else _suite(node.orelse.body)))
    return found
