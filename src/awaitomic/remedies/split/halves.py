"""What a self-locking coroutine is split into, as far as it does something outside of the lock.

If it does nothing there, or what may as well be done with the lock held, the variant is the whole body: one function,
called as the public one is. If it relies on being outside (it waits there, or leaves early), the public method keeps
what it does around the lock, and the part becomes a function of its own. A holder needs the whole all the same: it
calls the part if what stands before is only an early look at what the part looks at again, else a variant that does
what the public one does around the part, too; only a few lines are written twice for that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.plan import DeleteStatement, Edit, InsertStatements, SplitBody, SplitMethod
from awaitomic.program import Program
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import parameter_conditions
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import has_docstring
from awaitomic.remedies.shared.siblings import bound_names, names_in
from awaitomic.remedies.split import outside, variant, written
from awaitomic.remedies.split.forms import check_form, decorators_of_part, kept_decorators, node_of, yields_of
from awaitomic.remedies.split.handing import hand_on
from awaitomic.remedies.split.named_lock import named_lock
from awaitomic.remedies.split.overrides import Passing
from awaitomic.remedies.split.part import Part, cut
from awaitomic.remedies.split.regions import Region, Taker, dropped, is_whole_body, lock_name, regions_of
from awaitomic.remedies.split.tail import region_with_tail
from awaitomic.remedies.split.torn import handed_in

_MOST_TWICE = 6
"""How many lines around a lock may be written twice, once for callers that hold it."""


@dataclass(frozen=True, slots=True)
class Halves:
    """The edits that split a coroutine, the functions that its body goes to, and what speaks against trusting them."""

    edits: tuple[Edit, ...]
    variants: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    cleanup: int = 0
    """The line of what a variant cleans up around a ``yield``, if it does."""


def halve(program: Program, taker: Taker, name: str, *, alone: bool) -> Halves:
    """Split a coroutine that takes a lock, so that `name` does what it does for callers that hold it.

    Parameters:
        program: the facts of the program.
        taker: the coroutine.
        name: the name of the variant.
        alone: whether no override is split along with it.

    Raises:
        Declined: ``split-partial-region``, or what forbids a variant at all.
    """
    function = taker.function
    program = program.seen_from(function)
    check_form(function)
    regions = regions_of(program, taker)
    if len(regions) == 1 and is_whole_body(function, regions[0]):
        return _whole_region(program, taker, regions[0], name)
    for parameter, wanted in parameter_conditions(function, taker.event):
        reason = f"`{parameter}` says if the lock is taken, so that who holds it can pass {not wanted}"
        raise _partial(function, regions[0], reason)
    named = named_lock(function, regions)
    paths = [*(region.path for region in regions), *((named.path,) if named is not None else ())]
    found = outside.judge(program, program.resolver(function), paths, taker.lock.location)
    relies = [*found.relies, *(_enters_first(region) for region in regions if region.index > 0)]
    if named is None or relies:
        _check_lookup(function, regions[0])
    if not relies:
        said = named.said if named is not None else regions[0].node.items[0].context_expr
        header = f"async with {written.text_of(program, said)}"
        drops: tuple[Edit, ...] = tuple(dropped(program, region) for region in regions)
        drops += (DeleteStatement(named.path),) if named is not None else ()
        nodes = [region.node for region in regions if region.is_alone]
        half = split_body(program, function, header, lock_name(taker.lock), name, nodes)
        return replace(half, edits=(*drops, *half.edits), doubts=(*found.doubts, *half.doubts))
    if len(regions) > 1 or not regions[0].is_alone or not alone:
        raise _partial(function, regions[0], relies[0])
    if _looks_again(function, regions[0]):
        return _direct(program, taker, regions[0], name)
    return _around_part(program, taker, regions[0], name, relies[0])


def halve_passing(program: Program, one: Passing, lock: Lock, name: str) -> Halves:
    """Split an override that leaves the lock to the method that it overrides: it takes the lock itself then."""
    function = one.function
    program = program.seen_from(function)
    check_form(function)
    found = outside.judge(program, program.resolver(function), one.waits, lock.location)
    header = f"async with {variant.callee_of(function, lock_name(lock))}"
    half = split_body(program, function, header, lock_name(lock), name)
    return replace(half, doubts=(*found.relies, *found.doubts, *half.doubts))


def _enters_first(region: Region) -> str:
    first = ast.unparse(region.node.items[0].context_expr)
    return f"line {region.node.lineno} enters `{first}` before it takes the lock"


def _check_lookup(function: FunctionGraph, region: Region) -> None:
    """Refuse a lock that is looked up by a name which is bound in the function: the variant could not name it."""
    header = names_in(region.node.items[region.index].context_expr)
    for statement in _body(function):
        for name in sorted(bound_names(statement) & header):
            line = getattr(statement, "lineno", region.node.lineno)
            raise _partial(function, region, f"line {line} binds `{name}`, by which the lock is looked up")


def _partial(function: FunctionGraph, region: Region, reason: str) -> Declined:
    message = f"`{function.qualname}` holds the lock for a part of its body only (line {region.node.lineno}): {reason}"
    return Declined("split-partial-region", message)


def split_body(
    program: Program,
    function: FunctionGraph,
    header: str,
    lock: str,
    name: str,
    dropped_regions: Iterable[ast.AsyncWith] = (),
) -> Halves:
    """Let a function take the lock around all that it does, and make its body a variant.

    Parameters:
        program: the facts of the file of the function.
        function: the function.
        header: the ``async with`` that takes the lock.
        lock: the lock as its class speaks of it.
        name: the name of the variant.
        dropped_regions: with-statements that are unwrapped at the same time.
    """
    call = variant.delegating_call(function, name)
    returns = variant.returns_value(node_of(function).body)
    handing = hand_on(program, function, call, _body(function), "return " if returns else "", dropped_regions)
    edit = SplitBody(
        method=function.path,
        header=header,
        variant=name,
        handing=handing.text,
        docstring=variant.variant_docstring(function, lock),
        precondition=variant.precondition(program, header.removeprefix("async with "), name),
        decorators=kept_decorators(function),
    )
    return Halves((edit, *handing.imports), (name,), handing.doubts, handing.cleanup)


def _whole_region(program: Program, taker: Taker, region: Region, name: str, signature: str = "") -> Halves:
    function = taker.function
    call = variant.delegating_call(function, name)
    receiver = "return " if variant.returns_value(region.node.body) else ""
    handing = hand_on(program, function, call, region.node.body, receiver)
    edit = SplitMethod(
        method=function.path,
        region=region.path,
        variant=name,
        handing=handing.text,
        docstring=variant.variant_docstring(function, lock_name(taker.lock)),
        precondition=_precondition(program, region, name),
        decorators=kept_decorators(function),
        signature=signature,
    )
    return Halves((edit, *handing.imports), (name,), handing.doubts, handing.cleanup)


def _precondition(program: Program, region: Region, name: str) -> str:
    """Give the statement by which the variant of a region sees that the lock of the region is held."""
    lock = region.node.items[region.index].context_expr
    return variant.precondition(program, written.text_of(program, lock), name)


# -- a part, behind an early look ------------------------------------------------------------------------------------


def _looks_again(function: FunctionGraph, region: Region) -> bool:
    """Tell whether a method only returns early if a test holds, and the part begins with the same test (or ends so).

    The test may also stand around the region, and again around all of the part.

    Who holds the lock may call the part at once: it comes to the same. The test must be one that only looks.
    """
    body = [statement for statement in _body(function) if statement is not region.node]
    first = body[0] if len(body) == 1 else None
    if isinstance(first, ast.If) and first.body == [region.node]:
        return _is_same_look(first, region.node.body)
    if not isinstance(first, ast.If) or first.orelse or _body(function)[-1] is not region.node:
        return False
    if any(isinstance(node, ast.Call | ast.Await | ast.NamedExpr) for node in ast.walk(first.test)):
        return False
    if not all(isinstance(statement, ast.Return) for statement in first.body):
        return False
    part = region.node.body
    if ast.dump(part[0]) == ast.dump(first):
        return True
    second = part[0]
    if len(part) != 2 or not isinstance(second, ast.If) or second.orelse:
        return False
    return ast.dump(part[1]) == ast.dump(first.body[0]) and _are_opposite(first.test, second.test)


def _is_same_look(around: ast.If, part: list[ast.stmt]) -> bool:
    """Tell whether a part does nothing unless the test around its region holds: ``if new: with lock: if new:``."""
    inside = part[0] if len(part) == 1 else None
    if not isinstance(inside, ast.If) or inside.orelse or around.orelse:
        return False
    only_looks = not any(isinstance(node, ast.Call | ast.Await | ast.NamedExpr) for node in ast.walk(around.test))
    return only_looks and ast.dump(around.test) == ast.dump(inside.test)


_OPPOSITES = ({ast.Is, ast.IsNot}, {ast.In, ast.NotIn}, {ast.Eq, ast.NotEq})


def _are_opposite(one: ast.expr, other: ast.expr) -> bool:
    for left, right in ((one, other), (other, one)):
        if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.Not):
            return ast.dump(left.operand) == ast.dump(right)
    if not isinstance(one, ast.Compare) or not isinstance(other, ast.Compare):
        return False
    same = ast.dump(one.left) == ast.dump(other.left)
    same = same and list(map(ast.dump, one.comparators)) == list(map(ast.dump, other.comparators))
    return same and len(one.ops) == 1 and {type(one.ops[0]), type(other.ops[0])} in _OPPOSITES


def _body(function: FunctionGraph) -> list[ast.stmt]:
    body = node_of(function).body
    return body[1:] if has_docstring(body) and len(body) > 1 else body


def _direct(program: Program, taker: Taker, region: Region, name: str) -> Halves:
    """Let the part be the variant, with the signature of the whole: its holders call nothing else."""
    return _whole_region(program, taker, region, name, written.signature_of(program, taker.function, name))


# -- a part, and what is done around it ------------------------------------------------------------------------------


def _around_part(program: Program, taker: Taker, region: Region, name: str, reason: str) -> Halves:
    """Let the public method and a variant for holders do the same around a part that both of them call."""
    function = taker.function
    again = outside.takes_again(program, program.resolver(function), [region.path], taker.lock.location)
    if again is not None:
        raise _partial(function, region, f"{again}, and holders would have to call something else there")
    region, part, with_tail = _cut_out(program, taker, region)
    inner = variant.variant_name(program, function, what="_part")
    call = f"{variant.callee_of(function, inner)}({', '.join(part.parameters)})"
    lock = lock_name(taker.lock)
    receiver = "return " if part.returns else f"{', '.join(part.results)} = " if part.results else ""
    handing = hand_on(program, function, call, region.node.body, receiver)
    edit = SplitMethod(
        method=function.path,
        region=region.path,
        variant=inner,
        handing=handing.text,
        docstring=f"Do what `{node_of(function).name}` does under the lock. Caller must hold `{lock}`.",
        precondition=_precondition(program, region, inner),
        decorators=decorators_of_part(function, region.node.body),
        signature=written.part_signature(program, function, part, yields=bool(yields_of(region.node.body))),
        results=part.results,
        with_tail=with_tail,
    )
    body = written.body_with(program, function, region.node, handing.text)
    lines = [line for line in body or () if line.strip()]
    if body is None or len(lines) - len(handing.text.splitlines()) > _MOST_TWICE:
        raise _partial(function, region, f"{reason}, and what it does around the lock would have to be written twice")
    docstring = variant.variant_docstring(function, lock)
    body = [*_precondition(program, region, name).splitlines(), *body]
    whole = written.definition(function, name, written.signature_of(program, function, name), docstring, body)
    edits = (edit, *handing.imports, InsertStatements(function.path, "after", whole))
    stale = handed_in(program, program.resolver(function), region.path, part.parameters)
    return Halves(edits, (inner, name), (*handing.doubts, *stale), handing.cleanup)


def _cut_out(program: Program, taker: Taker, region: Region) -> tuple[Region, Part, bool]:
    """Make a function of a region, or else (True) of the region and all that stands behind it."""
    function = taker.function
    try:
        return region, cut(program, function, region.path, region.node), False
    except Declined:
        whole = region_with_tail(program, taker, region)
        if whole is None:
            raise
        return whole, cut(program, function, region.path, whole.node, whole_tail=True), True
