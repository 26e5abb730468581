"""Whether something can be reached in a graph that is too large to be walked as a whole: asked node by node.

`Reach` answers "does this node, or any that it leads to, have the property?" and remembers the answers. The nodes of a
circle share one answer, which is the least fixpoint of *own or any successor's*; they are found by Tarjan's algorithm
(*Depth-first search and linear graph algorithms*, SIAM J. Comput. 1972), here without recursion, since chains of calls
can be longer than the interpreter's stack.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Generic, TypeVar

N = TypeVar("N", bound=Hashable)


def components(root: N, successors: Callable[[N], Iterable[N]], done: Callable[[N], bool]) -> Iterator[list[N]]:
    """Give the strongly connected components that can be reached from a node, each after those that it leads to.

    Parameters:
        root: where to start.
        successors: what a node leads to, in a fixed order.
        done: nodes that need not be entered.

    Yields:
        Components; those that a component leads to come before it, so that the consumer may settle it (and make
        `done` true of its nodes) before the next one is asked for.
    """
    if done(root):
        return
    order: dict[N, int] = {}
    low: dict[N, int] = {}
    stack: list[N] = []
    waiting: set[N] = set()
    work: list[tuple[N, Iterator[N]]] = []

    def enter(node: N) -> None:
        order[node] = low[node] = len(order)
        stack.append(node)
        waiting.add(node)
        work.append((node, iter(successors(node))))

    enter(root)
    while work:
        node, following = work[-1]
        for child in following:
            if child in waiting:
                low[node] = min(low[node], order[child])
            elif child not in order and not done(child):
                enter(child)
                break
        else:
            work.pop()
            if work:
                parent = work[-1][0]
                low[parent] = min(low[parent], low[node])
            if low[node] == order[node]:
                component: list[N] = []
                while not component or component[-1] != node:
                    component.append(stack.pop())
                waiting.difference_update(component)
                yield component


class Reach(Generic[N]):
    """Answers whether a node has a property itself or leads to one that has it."""

    def __init__(self, expand: Callable[[N], tuple[bool, tuple[N, ...]]]) -> None:
        """Ask `expand` for a node's own property and its successors (which do not matter if it has the property)."""
        self._expand = expand
        self._expanded: dict[N, tuple[bool, tuple[N, ...]]] = {}
        self._answers: dict[N, bool] = {}

    def __call__(self, node: N) -> bool:
        """Give the answer for a node."""
        for component in components(node, self._following, self._answers.__contains__):
            answer = any(
                self._own(each) or any(self._answers.get(child, False) for child in self._following(each))
                for each in component
            )
            self._answers.update(dict.fromkeys(component, answer))
        return self._answers[node]

    def _look(self, node: N) -> tuple[bool, tuple[N, ...]]:
        if node not in self._expanded:
            self._expanded[node] = self._expand(node)
        return self._expanded[node]

    def _own(self, node: N) -> bool:
        return self._look(node)[0]

    def _following(self, node: N) -> tuple[N, ...]:
        has, successors = self._look(node)
        return () if has else successors
