"""The pages on rules and remedies: put together once, and shown as text, as Markdown and as data.

`awaitomic explain` prints them, ``docs/rules`` and ``docs/remedies`` hold them as files, which
``python -m awaitomic.report.pages docs`` writes anew.
"""

from __future__ import annotations

from awaitomic.report.pages.compose import as_data, remedies, remedy_data, remedy_page, rule_page
from awaitomic.report.pages.page import Page
from awaitomic.report.pages.render import as_markdown, as_text

__all__ = ["Page", "as_data", "as_markdown", "as_text", "remedies", "remedy_data", "remedy_page", "rule_page"]
