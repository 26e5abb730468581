"""`awaitomic rules`: what there is to select."""

from __future__ import annotations

import json

import click

from awaitomic.cli.words import Choice


@click.command()
@click.option("--output-format", type=Choice(["text", "json"]), default="text", show_default=True)
def rules(output_format: str) -> None:
    """List all rules, one a line."""
    from awaitomic.rules import RULES

    if output_format == "json":
        listed = [{"code": rule.code, "name": rule.name, "summary": rule.summary} for rule in RULES]
        click.echo(json.dumps(listed, indent=2))
        return
    width = max(len(rule.name) for rule in RULES)
    for rule in RULES:
        click.echo(f"{rule.code}  {rule.name:<{width}}  {rule.summary}")
