"""Setdefault: an entry that is loaded over an await is stored only if there is none yet, and all use what is stored.

Two tasks may still both load; the first one's result becomes the entry, and the other's is dropped. That is no harm
only where the entry is plain data. What has to be closed, such as a connection, would leak: there the lock is right.
"""

from __future__ import annotations

from awaitomic.model.finding import Applicability
from awaitomic.model.identity import qualname_of
from awaitomic.model.plan import Edit, Plan
from awaitomic.program.accesses import FORGETS, Change, access_of
from awaitomic.program.facts import WriteFact
from awaitomic.program.module import is_construction
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.setdefault.afterwards import judge_changes
from awaitomic.remedies.setdefault.asked import governed_by_absence
from awaitomic.remedies.setdefault.data import judge_value
from awaitomic.remedies.setdefault.places import judge_container, judge_key
from awaitomic.remedies.setdefault.stores import Store, edits_of, judge_own_value, store_at
from awaitomic.remedies.shared.consumers import hands_out
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.effects import touches

_TWICE = "two tasks may still both load: what comes second is dropped, and both use what was stored first"


@or_refusal
def propose(case: Case) -> Proposal:
    """Store by ``setdefault``, after the await, and use what it gives.

    Refusal codes: ``write-in-callee``, ``no-keyed-fill``, ``setdefault-shape``, ``container-unknown``, ``weak-values``,
    ``key-changes``, ``none-is-missing``, ``refilled``, ``several-states``, ``not-plain-data``, ``own-value-used``,
    ``changed-afterwards``, ``locked-already``.
    """
    fact = case.fact
    if fact.via is not None:
        raise Declined("write-in-callee", f"the write is made by `{fact.via.write.function}`, which has other callers")
    if any(lock.is_to_exclude for lock in fact.state.held):
        raise Declined("locked-already", "a lock is held here, so that the work is done once: it would be done twice")
    doubts = judge_container(case)
    first = store_at(case, fact)
    doubts.extend(judge_key(case, first.target))
    governed = governed_by_absence(case, fact, first.target)
    stores = [first, *_other_stores(case, governed)]
    for store in stores:
        doubts.extend(judge_value(case, store.fact))
        doubts.extend(judge_own_value(case, store))
        doubts.extend(judge_changes(case, store, governed))
    _refuse_more_state(case, governed)
    doubts.extend(_stored_meanwhile(case, stores))
    doubts.extend(_done_by_callees(case, governed))
    edits: list[Edit] = []
    taken: list[str] = []
    for store in stores:
        edits.extend(edits_of(case, store, taken))
    title = f"`{case.finding.state}` is only stored if no other task has stored one meanwhile, and all use that one"
    if doubts:
        return Proposal(Plan(tuple(edits)), Applicability.UNSAFE, title, tuple(dict.fromkeys(doubts)))
    return Proposal(Plan(tuple(edits)), Applicability.SAFE, title, (_TWICE, *_removed_meanwhile(case)))


def _other_stores(case: Case, governed: frozenset[int]) -> list[Store]:
    """Give the stores of the entry that the same test decides, beside that of the finding: in its other branches.

    Raises:
        Declined: ``no-keyed-fill`` if one of them stores nothing new, or comes after another one.
    """
    own = case.fact
    found: list[Store] = []
    seen = {id(case.node(own.event))}  # the copies of a ``finally`` share their syntax
    for fact in case.program.facts(case.resolver).writes:
        is_other = fact.via is None and fact.event in governed and id(case.node(fact.event)) not in seen
        if not is_other or fact.access.location != own.access.location or fact.access.change is Change.FILL:
            continue
        if fact.access.change is not Change.ASSIGN or not _decided(case, fact):
            raise Declined("no-keyed-fill", "the entry is written twice, or taken away, after the same test")
        seen.add(id(case.node(fact.event)))
        found.append(store_at(case, fact))
    return found


def _decided(case: Case, fact: WriteFact) -> bool:
    """Tell whether the test of the finding still decides a write: nothing has been stored since."""
    return not {guard.guard for guard in fact.state.guards}.isdisjoint(case.finding.span.guards)


_KEEPING = frozenset({Change.DELETE, Change.TAKE, Change.REORDER})
"""What an evicting cache does with other entries as it takes one in."""


def _refuse_more_state(case: Case, governed: frozenset[int]) -> None:
    """Refuse if something else is written by the same test: it would not go with what the other task has stored."""
    own = case.fact.access.location
    for other in case.program.facts(case.resolver).writes:
        location, change = other.access.location, other.access.change
        if other.via is not None or other.event not in governed or location == own or change is Change.FILL:
            continue
        evicts = change in _KEEPING and own.parent in {location, location.parent}
        if not evicts:
            raise Declined("several-states", f"`{location}` is written by the same test, and belongs to it")


def _stored_meanwhile(case: Case, stores: list[Store]) -> list[str]:
    """Say what the awaited code stores in the place of the entry itself: it was overwritten, and would now stay."""
    first, last = case.finding.span.guards[0], max(store.fact.event for store in stores)
    between = [event for event in case.function.events[first:last] if access_of(case.resolver, event) is None]
    found = touches(case, [event.id for event in between], [case.fact.access.location])
    news = [f"{sentence} while it is awaited, and that now stays" for sentence in found.news]
    return [*news, *found.unknown, *hands_out(case, (event.id for event in between))]


def _done_by_callees(case: Case, governed: frozenset[int]) -> list[str]:
    """Say what else of the same object the awaited code writes: it is done once for each task that loads."""
    own, store = case.fact.access.location, case.fact.event
    return [
        f"`{qualname_of(other.via.write.function)}` writes `{other.access.location}`, too, each time it is called"
        for other in case.program.facts(case.resolver).writes
        if other.via is not None
        and other.event in governed
        and (other.access.location.root, other.access.location.owner) == (own.root, own.owner)
        and (other.event > store or other.access.location not in {own, own.parent})
    ]


def _removed_meanwhile(case: Case) -> list[str]:
    """Say where the repair leaves things as they are: what is removed during the load is stored again."""
    own = case.resolver.key_of(case.fact.access.location)
    writers = [*case.program.writers_at(own), *(case.program.writers_at(own.parent) if own.parent is not None else ())]
    removers = {
        resolver.function.qualname
        for resolver, access in writers
        if access.change in FORGETS and resolver is not case.resolver and not is_construction(resolver.function)
    }
    return [f"what `{name}` removes during the load is stored again, as before" for name in sorted(removers)]


REMEDY = Remedy(
    name="setdefault",
    summary="store an entry only if there is none yet, and use the one that is stored",
    conditions=(
        "An entry of a dict is missing by a test of its key (`not in`, an early return, `except KeyError`), is loaded "
        "over an await, and is plain data by the words of what loads it and of what it is kept in. Not where a stored "
        "`None` counts as missing, where an entry has to be closed, where more is stored by the same test, where "
        "the function goes on to use what it has made of its own result, or where a lock is held already, which says "
        "that the work should be done once."
    ),
    safety=(
        "Safe if the container is surely a dict, the key stays the same, and nothing that is awaited stores an entry "
        "itself: one task stores and returns what it did before. Two tasks may both load, as before; what is removed "
        "during a load is stored again, as before."
    ),
    propose=propose,
)
