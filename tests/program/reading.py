"""Builds the facts of small programs, so that a test can ask for them by name."""

from __future__ import annotations

import textwrap

from awaitomic.model.event import Suspend
from awaitomic.model.finding import Confidence
from awaitomic.program import Program, build
from awaitomic.program.accesses import accesses
from awaitomic.program.resolve import Resolver
from awaitomic.rules import find
from awaitomic.source.text import decode, parse


def program_of(source: str) -> Program:
    """Analyse a program that is given as indented text; `asyncio` is imported already."""
    text = "import asyncio\n" + textwrap.dedent(source)
    decoded = decode("program.py", text.encode())
    return build(decoded, parse(decoded))


def function_of(source: str, name: str) -> tuple[Program, Resolver]:
    """Analyse a program and give one of its functions."""
    program = program_of(source)
    return program, program.named(name)


def written(source: str, name: str) -> list[tuple[str, str]]:
    """Give the state that a function writes itself, as text, with the kind of change."""
    _, resolver = function_of(source, name)
    return [(str(access.location), access.change.value) for access in accesses(resolver)]


def suspensions(program: Program, name: str) -> list[bool]:
    """Tell of each suspension point of a function, in order, whether other tasks may run there."""
    resolver = program.named(name)
    return [program.may_suspend(resolver, event) for event in resolver.function.events if isinstance(event, Suspend)]


def strongest(source: str, rule: str = "AWA101") -> Confidence | None:
    """Give the highest confidence of all findings of a rule in a program; None if there is none."""
    return max((finding.confidence for finding in find(program_of(source)) if finding.rule == rule), default=None)


def reported(source: str, least: Confidence = Confidence.POSSIBLE) -> set[str]:
    """Give the functions of a program that have a finding, as sure as is asked or surer."""
    return {finding.function for finding in find(program_of(source)) if finding.confidence >= least}
