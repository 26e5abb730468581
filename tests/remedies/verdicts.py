"""What a plain `fix` says of a lock that it could take: that it is safe, or what speaks against it."""

from __future__ import annotations

from awaitomic import fix_source
from awaitomic.model.finding import Applicability


def verdict(text: str) -> str:
    """Give what a plain `fix` says of the first finding: safe, or why it leaves it alone."""
    fixed = fix_source(text, confidence="possible")
    if fixed.applied:
        assert [finding.fix.strategy for finding in fixed.applied if finding.fix] == ["lock"]
        return "safe"
    fix = fixed.remaining[0].fix
    assert fix is not None
    assert fix.applicability is Applicability.UNSAFE
    return "; ".join(fix.because)
