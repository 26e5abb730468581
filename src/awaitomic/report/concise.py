"""One line a finding, for editors, for `grep`, and for who knows the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.report.summary import fixable
from awaitomic.report.text import headline

if TYPE_CHECKING:
    from awaitomic.report.formats import Material
    from awaitomic.report.paint import Paint


def render_concise(material: Material, paint: Paint) -> str:
    """Render each finding as ``path:line:column: RULE [confidence] message``; ``[*]`` marks what `fix` would repair."""
    return "".join(
        headline(finding, paint, fixable=bool(fixable([finding], unsafe=material.unsafe))) + "\n"
        for finding in material.report.findings
    )
