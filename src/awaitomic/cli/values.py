"""The values of options that are more than words: read once, so that a mistake names the option."""

from __future__ import annotations

import click


def spelled(value: object) -> str:
    """Give a value of an option as it can be given again."""
    if not isinstance(value, tuple):
        return str(value)
    return ",".join(f"{each[0]}:{spelled(each[1])}" if isinstance(each, tuple) else str(each) for each in value)


def codes_by_file(value: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read ``tests/**:AWA1,scripts/*.py:AWA101,AWA102`` as patterns, each with its codes.

    A code without a pattern belongs to the pattern before it. Raises `click.BadParameter`.
    """
    found: dict[str, list[str]] = {}
    last: list[str] | None = None
    for word in (each.strip() for each in value.split(",")):
        pattern, colon, code = word.rpartition(":")
        if colon and pattern.strip():
            last = found.setdefault(pattern.strip(), [])
        if last is None or not code.strip():
            message = f"{value!r} is not PATTERN:CODES, as in 'tests/**:AWA1'."
            raise click.BadParameter(message)
        last.append(code.strip())
    return tuple((pattern, tuple(codes)) for pattern, codes in found.items())


class WithReason(click.Command):
    """A command with ``--add-ignore``, whose value is optional and stands behind ``=`` only, as in ruff.

    click would take the next word for the value: ``--add-ignore src`` would suppress everything in the current
    directory because of "src".
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give the option an empty value where it has none."""
        end = args.index("--") if "--" in args else len(args)
        options = [f"{arg}=" if arg == "--add-ignore" else arg for arg in args[:end]]
        return super().parse_args(ctx, [*options, *args[end:]])
