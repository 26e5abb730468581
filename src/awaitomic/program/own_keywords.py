"""The dictionary of a ``**kwargs``: Python makes a new one for each call, so no other task stores or deletes there.

What its entries refer to belongs to the caller all the same: others see ``kwargs["session"].count += 1``.
"""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.location import Location, Root


def in_own_keywords(function: FunctionGraph, location: Location) -> bool:
    """Tell whether a location is this dictionary of the function itself, or an entry of it."""
    if location.root is not Root.PARAMETER or location.owner != function.id or len(location.steps) > 1:
        return False
    node = function.node
    keywords = node.args.kwarg if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else None
    return keywords is not None and keywords.arg == location.name
