"""What stands behind a lock region and may as well be done under the lock: with it, the part goes to the very end.

A part that returns now and then cannot say to its caller whether to go on behind it. If all that comes behind is in the
part, there is nothing to say.
"""

from __future__ import annotations

import ast
from dataclasses import replace

from awaitomic.model.position import BlockStep
from awaitomic.program import Program
from awaitomic.remedies.split import outside
from awaitomic.remedies.split.forms import node_of
from awaitomic.remedies.split.regions import Region, Taker


def region_with_tail(program: Program, taker: Taker, region: Region) -> Region | None:
    """Give a region as if it went to the end of its function.

    Parameters:
        program: the facts of the file of the function.
        taker: the function.
        region: where it takes the lock.

    Returns:
        None if the region stands inside of another statement, or what is behind it relies on being outside of the lock.
    """
    function = taker.function
    body = node_of(function).body
    step = region.path[-1]
    behind = body[step.index + 1 :]
    if len(region.path) != len(function.path) + 1 or not behind:
        return None
    paths = [(*function.path, BlockStep(step.block, step.index + 1 + number)) for number in range(len(behind))]
    if not outside.may_come_in(program, program.resolver(function), paths, taker.lock.location):
        return None
    last = behind[-1]
    node = ast.AsyncWith(items=region.node.items, body=[*region.node.body, *behind])
    ast.copy_location(node, region.node)
    node.end_lineno, node.end_col_offset = last.end_lineno, last.end_col_offset
    return replace(region, node=node)
