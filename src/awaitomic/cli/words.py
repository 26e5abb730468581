"""Kinds of words on the command line: those that are none get the nearest one suggested, and shells complete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from click.shell_completion import CompletionItem


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Give `` Did you mean '…'?`` with the known word that is nearest; nothing if none is near."""
    from awaitomic.config.words import closest

    found = closest(word.lower(), known)
    return f" Did you mean {found!r}?" if found else ""


class Choice(click.Choice):  # type: ignore[type-arg, unused-ignore]  # it is generic since click 8.2 only
    """One of a few words; for another one, the nearest is suggested."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - as click has it
        """Give the word; raises `click.BadParameter` for one that is none of them."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = did_you_mean(str(value), self.choices)
            raise click.BadParameter(f"{error.message}{hint}", ctx=ctx, param=param) from None


class _Listed(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # as above
    """Words with commas between them."""

    name = "list"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:  # noqa: ANN401, ARG002 - as click has it
        """Split ``A, B`` into its words."""
        if isinstance(value, tuple):
            return value  # a default, or a value that was converted already
        return tuple(word.strip() for word in value.split(",") if word.strip())

    def words(self) -> Iterator[tuple[str, str]]:
        """Give the words that can be completed, each with what it stands for."""
        yield from ()

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # type: ignore[type-arg, unused-ignore]  # as above  # noqa: ARG002 - as click has it
        """Complete the last word; what stands before it stays."""
        before, comma, last = incomplete.rpartition(",")
        return _items((f"{before}{comma}{word}", said) for word, said in complete(self.words(), last))


class Codes(_Listed):
    """Codes of rules."""

    name = "codes"

    def words(self) -> Iterator[tuple[str, str]]:
        """Give all rules, and a word for all of them."""
        from awaitomic.knowledge.codes import RULE_NAMES

        yield from RULE_NAMES.items()
        yield "ALL", "all rules"


class Remedies(_Listed):
    """Remedies, as ``--strategy`` takes them."""

    name = "remedies"

    def words(self) -> Iterator[tuple[str, str]]:
        """Give what can be preferred and what can be forbidden."""
        from awaitomic.knowledge.codes import REMEDY_NAMES

        for remedy in REMEDY_NAMES:
            yield remedy, "prefer it"
            yield f"no-{remedy}", "forbid it"


class Explained(click.ParamType):  # type: ignore[type-arg, unused-ignore]  # as above
    """What can be explained: rules by code and by name, and remedies."""

    name = "rule"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # type: ignore[type-arg, unused-ignore]  # as above  # noqa: ARG002 - as click has it
        """Complete a code or a name."""
        from awaitomic.knowledge.codes import REMEDY_NAMES, RULE_NAMES

        known = [*RULE_NAMES.items(), *((name, code) for code, name in RULE_NAMES.items())]
        known += [(remedy, "a remedy") for remedy in REMEDY_NAMES]
        return _items(complete(known, incomplete))


def _items(found: Iterable[tuple[str, str]]) -> list[CompletionItem]:  # type: ignore[type-arg, unused-ignore]  # as above
    from click.shell_completion import CompletionItem

    return [CompletionItem(word, help=said) for word, said in found]


def complete(words: Iterable[tuple[str, str]], incomplete: str) -> list[tuple[str, str]]:
    """Give the words that begin as the user has begun, whatever the case."""
    return [(word, said) for word, said in words if word.lower().startswith(incomplete.lower())]
