"""What is done to an entry right after it is stored, by whoever has loaded it.

Where each task stored an object of its own, each changed its own. Now both have the one that was stored first, and
would change that twice: ``row.append(header)`` behind the store has to come before it, or under a lock.
"""

from __future__ import annotations

import ast

from awaitomic.knowledge.containers import ANY_MUTATOR, VIEWS
from awaitomic.knowledge.logs import LOGS
from awaitomic.model.event import Attribute, Call, Event, Item, Name, Operand, Read, Write, WriteHow
from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.setdefault.stores import Store
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.purity import Purity, Quality

_READING = frozenset(name for kind in (str, bytes, int, float, tuple) for name in dir(kind)) | VIEWS | {"get"}
"""Methods that only look: those of plain values, and the views of containers."""


def judge_changes(case: Case, store: Store, governed: frozenset[int]) -> list[str]:
    """Give what may change an entry after the store, only where it was missing.

    Raises:
        Declined: ``changed-afterwards`` if something surely does.
    """
    judge = _Judge(case, store)
    after = [event for event in case.function.events if event.id in governed and event.id > store.fact.event]
    return [sentence for event in after if (sentence := judge.event(event)) is not None]


class _Judge:
    def __init__(self, case: Case, store: Store) -> None:
        self._case = case
        self._local = store.local
        self._entry = ast.unparse(store.target)
        self._purity = Purity(case)

    def event(self, event: Event) -> str | None:
        """Give what an event may do to the entry."""
        if isinstance(event, Write):
            self._write(event)
        elif isinstance(event, Call):
            return self._call(event)
        return None

    def _is_entry(self, operand: Operand) -> bool:
        node = self._case.node(operand)
        if isinstance(node, ast.Name):
            return node.id == self._local
        return isinstance(node, ast.Subscript) and ast.unparse(node) == self._entry

    def _write(self, event: Write) -> None:
        place = event.place
        if isinstance(place, Name):
            changes = event.how is WriteHow.AUGMENTED and place.name == self._local
        else:
            changes = isinstance(place, Attribute | Item) and self._is_entry(place.base)
        if changes:
            raise self._declined(event)

    def _declined(self, event: Event) -> Declined:
        line = getattr(self._case.node(event.id), "lineno", 0)
        return Declined("changed-afterwards", f"line {line} changes what was stored: it would be changed twice")

    def _call(self, event: Call) -> str | None:
        node = self._case.node(event.id)
        callee = self._case.function.events[event.function]
        place = callee.place if isinstance(callee, Read) else None
        if isinstance(place, Attribute) and self._is_entry(place.base):
            if place.attr in ANY_MUTATOR:
                raise self._declined(event)
            return None if place.attr in _READING else f"`{place.attr}()` may change what was stored, for both tasks"
        name = last_name(self._case.node(event.function))
        given = any(map(self._is_entry, [*event.arguments, *(value for _, value in event.keywords)]))
        if not given or name in LOGS or not isinstance(node, ast.Call):
            return None
        harmless = self._purity.judge(node)[0] < Quality.EFFECT
        return None if harmless else f"`{name}` gets what was stored, and may change it for both tasks"
