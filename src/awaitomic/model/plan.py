"""A repair as data: which statements move, are wrapped, inserted or replaced. `patching` carries it out.

All paths and extents refer to the text that was analysed; edits of one plan do not see each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from awaitomic.model.position import Extent, StatementPath


@dataclass(frozen=True, slots=True)
class MoveStatement:
    """Cut a statement, with the comments above and beside it, and paste it directly after a sibling."""

    path: StatementPath
    after: StatementPath


@dataclass(frozen=True, slots=True)
class WrapStatements:
    """Put `count` sibling statements, from `first` on, under a compound header such as ``async with self._lock``.

    The header has no colon and no indentation.
    """

    first: StatementPath
    count: int
    header: str


@dataclass(frozen=True, slots=True)
class InsertStatements:
    """Insert statements, given as source text without indentation, before or after a sibling.

    With ``where="first"`` they become the first statements of the body of the compound statement at `path` (behind
    its docstring and, in an ``__init__``, in the order the plan gives); with ``where="last"`` the last ones.
    """

    path: StatementPath
    where: str
    """``before``, ``above`` (before, and above the comments that stand directly above the sibling, which stay with it),
    ``after``, ``first`` or ``last``. An empty path with ``first`` means the module, behind its
    docstring, ``__future__`` imports and other imports."""
    text: str
    blank_lines_before: int = 0


@dataclass(frozen=True, slots=True)
class ReplaceStatement:
    """Replace one statement by others, given as source text; the comments above it stay."""

    path: StatementPath
    text: str


@dataclass(frozen=True, slots=True)
class DeleteStatement:
    """Remove one statement (a body that would be empty gets ``pass``)."""

    path: StatementPath


@dataclass(frozen=True, slots=True)
class ReplaceExpression:
    """Replace the expression at `extent`, whose text must be `old`, inside the statement at `path`.

    Empty `old` and an empty extent insert. A mismatch is the refusal ``position-mismatch``.
    """

    path: StatementPath
    extent: Extent
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class UnwrapStatement:
    """Replace a compound statement (a ``with``) by the statements of its body."""

    path: StatementPath


@dataclass(frozen=True, slots=True)
class OpenBlock:
    """Put a compound statement in the place of the one at `path`, with the `count` siblings behind it as its body.

    The header has no colon and no indentation. Comments above the statement stay above, one beside it stays beside.
    """

    path: StatementPath
    count: int
    header: str


@dataclass(frozen=True, slots=True)
class DropFinally:
    """Take the ``finally`` from a ``try``; one without handlers is replaced by the statements of its body."""

    path: StatementPath


@dataclass(frozen=True, slots=True)
class SplitMethod:
    """Split a self-locking coroutine function into itself, which delegates, and a variant that the holder may call.

    `method` is the path of the ``async def``, `region` that of the ``async with`` in it. The body of the region becomes
    the body of ``async def variant``, placed directly after the method with the same parameters and annotations and
    with `docstring`; the region's body becomes `handing`.
    Decorators stay on the public method, as its docstring does. `precondition` is an optional first statement.

    A region that is only a part of the method has a variant with a `signature` of its own, which is given the locals
    that the part reads, and gives back its `results`, the locals that are used behind it.
    """

    method: StatementPath
    region: StatementPath
    variant: str
    handing: str
    """Statements that hand the work on, as in ``return await self._put_locked(key, value=value)``."""
    docstring: str
    precondition: str = ""
    decorators: tuple[str, ...] = ()
    """Decorators that the variant needs to be called the same way, such as ``classmethod``."""
    signature: str = ""
    """What stands between the name and the colon, as in ``(self, key, row) -> None``; empty: as in the method."""
    results: tuple[str, ...] = ()
    with_tail: bool = False
    """Whether all statements behind the region go along with its body."""


@dataclass(frozen=True, slots=True)
class SplitBody:
    """Split a coroutine function so that it takes a lock around all that it does, and its body becomes a variant.

    The body but for the docstring becomes that of ``async def variant``, as in `SplitMethod`; what is left is
    `handing` under the header. An ``async with`` in the body that takes the same lock is unwrapped by an edit
    of its own. `precondition` is an optional first statement of the variant.
    """

    method: StatementPath
    header: str
    """Without a colon, as in ``async with self._lock``."""
    variant: str
    handing: str
    docstring: str
    decorators: tuple[str, ...] = ()
    precondition: str = ""


@dataclass(frozen=True, slots=True)
class ExtractStatements:
    """Move `count` sibling statements, from `first` on, into a new function directly after `function`.

    They take the comments above, between and beside them along; `text` is put in their place. The new function has the
    given `header` (no colon) and `docstring`; `ending` comes after the statements, and with a `cleanup` all of it
    stands in a ``try`` with that as its ``finally``.
    """

    function: StatementPath
    first: StatementPath
    count: int
    text: str
    header: str
    docstring: str
    ending: str = ""
    cleanup: str = ""


@dataclass(frozen=True, slots=True)
class AddImport:
    """Make ``import module`` available at module level, where and how the file imports."""

    module: str


@dataclass(frozen=True, slots=True)
class EditComment:
    """Replace a stretch of comment and layout, whose text must be `old`; no code may lie in it."""

    extent: Extent
    old: str
    new: str


Edit = (
    MoveStatement
    | WrapStatements
    | InsertStatements
    | ReplaceStatement
    | DeleteStatement
    | ReplaceExpression
    | UnwrapStatement
    | OpenBlock
    | DropFinally
    | SplitMethod
    | SplitBody
    | ExtractStatements
    | AddImport
)


@dataclass(frozen=True, slots=True)
class Plan:
    """All edits of one repair of one file; `renames` maps functions whose body moves to a variant."""

    edits: tuple[Edit, ...]
    renames: tuple[tuple[str, str], ...] = ()
    others: tuple[tuple[str, Plan], ...] = ()
    """What the same repair does to other files, by the names of their modules; one cannot be without the others."""
    comments: tuple[EditComment, ...] = ()
    """What happens to comments alone. A plan has either these, in the order of the text, or edits of code."""
    width: int | None = None
    """How wide lines may come to be by the edits before they are wrapped; None if they are left as they come."""
