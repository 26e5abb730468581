"""What may stand in the place of a method that is split: an object's own function, another class's, a test's mock.

Whoever holds the lock calls the variant afterwards, and so goes past what he called before.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.program import Program
from awaitomic.remedies.shared.in_tests import replaced_in_tests, replacements


def stand_ins(program: Program, function: FunctionGraph) -> Iterator[str]:
    """Say what calls of a function may reach that is no function of its family.

    Parameters:
        program: the facts of the file with the bug.
        function: what is to be split.
    """
    name = getattr(function.node, "name", "")
    units = program.callers.concerned(function)
    if any(True for unit in units for _ in replacements(unit.module.tree, name)):
        yield f"an attribute `{name}` is stored on objects, in place of the method"
    if function.class_id is not None:
        yield from _in_classes(program, function.class_id, name)
    yield from replaced_in_tests(program, function)


def _in_classes(program: Program, owner: str, name: str) -> Iterator[str]:
    """Say which classes below have something else under the name of a method: bound in a body, or mixed in before."""
    link = program.module.link
    for below in link.descendants(owner):
        if name in below.class_level:
            yield f"`{below.qualname}` binds `{name}` in its body, in place of the method"
        for each in link.lineage(below.id):
            if each.id == owner:
                break
            mixed_in = not link.descends(each.id, owner)
            if mixed_in and (name in each.methods or name in each.class_level):
                yield f"`{below.qualname}` has the `{name}` of `{each.qualname}`, in place of the method"
