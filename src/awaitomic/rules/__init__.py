"""All rules, in the order of their codes: one file a rule, each with its prose and its query."""

from __future__ import annotations

from awaitomic.model.finding import Finding
from awaitomic.program import Program
from awaitomic.rules import (
    check_then_act,
    early_publish,
    foreign_loop_lock,
    inconsistent_lock,
    invalid_ignore,
    join_under_lock,
    late_update,
    leaked_lock,
    lock_order,
    permissive_lock,
    private_lock,
    save_restore,
    self_deadlock,
    stale_write,
    thread_lock,
    uncovered_access,
    unreadable_file,
    unstable_iteration,
    unused_ignore,
)
from awaitomic.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    unused_ignore.RULE,
    invalid_ignore.RULE,
    unreadable_file.RULE,
    stale_write.RULE,
    check_then_act.RULE,
    late_update.RULE,
    unstable_iteration.RULE,
    early_publish.RULE,
    save_restore.RULE,
    uncovered_access.RULE,
    inconsistent_lock.RULE,
    private_lock.RULE,
    permissive_lock.RULE,
    thread_lock.RULE,
    leaked_lock.RULE,
    foreign_loop_lock.RULE,
    self_deadlock.RULE,
    lock_order.RULE,
    join_under_lock.RULE,
)


def find(program: Program) -> list[Finding]:
    """Run every rule over a program, but for those that are not asked of one.

    Returns:
        All findings at every confidence, in the order of the rules; one write may be reported by several rules (see
        `awaitomic.findings.precedence`).
    """
    return [finding for rule in RULES if rule.find is not None for finding in rule.find(program)]


__all__ = ["RULES", "Rule", "find"]
