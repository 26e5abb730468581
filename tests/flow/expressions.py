"""Generates expressions: source text in which nearly every kind of expression can stand in every other."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


NAMES = ("a", "b", "c", "d")
"""The parameters. `g` is a global that the function declares."""


@dataclass(frozen=True)
class Kind:
    """Which kind of function is generated."""

    asynchronous: bool
    generator: bool


@dataclass(frozen=True)
class Here:
    """What is allowed at the current place."""

    awaits: bool
    yields: bool
    names: tuple[str, ...] = (*NAMES, "g")
    walrus: bool = True
    loop: bool = False
    finals: int = 0
    """How many ``finally`` bodies are around."""
    returns: bool = True
    handler: bool = False


class Expressions:
    """Draws expressions of a function of some kind, and writes them down."""

    def __init__(self, number: Callable[[int], int], kind: Kind) -> None:
        self._number = number
        self._kind = kind
        self.here = Here(awaits=kind.asynchronous, yields=kind.generator)

    def _choice(self, *options: str) -> str:
        return options[self._number(len(options))]

    def _maybe(self) -> bool:
        return self._number(2) == 1

    @contextmanager
    def _with(self, **changes: object) -> Iterator[None]:
        before = self.here
        self.here = replace(before, **changes)  # type: ignore[arg-type] # the fields' types differ
        yield
        self.here = before

    def _name(self) -> str:
        return self._choice(*self.here.names)

    def _key(self) -> str:
        """Write an expression whose value can be hashed."""
        return f"m({self._atom()})"

    def _atom(self) -> str:
        """Write a short expression that needs no parentheses."""
        return self._choice(self._name(), f"{self._name()}.p", f"{self._name()}()", f"{self._name()}[{self._name()}]")

    def expression(self, depth: int = 2) -> str:
        """Write an expression, in parentheses where it needs them."""
        if depth == 0:
            literal = self._choice("1", "None", "True") if self._number(6) == 0 else self._name()
            return self._choice(self._name(), self._name(), f"{self._name()}.p", literal)
        writers = [
            self._name,
            self._attribute,
            self._item,
            self._call,
            self._binary,
            self._unary,
            self._compare,
            self._chain,
            self._bool_op,
            self._conditional,
            self._display,
            self._dictionary,
            self._comprehension,
            self._formatted,
            self._lambda,
        ]
        if self.here.awaits:
            writers += [self._await] * 4
        if self.here.yields:
            writers += [self._yield]
        if self.here.walrus:
            writers += [self._walrus]
        self._deeper = depth - 1
        written = writers[self._number(len(writers))]()
        # Few operations work on tuples or truth values: mostly they are arguments, and the result records again.
        return f"m({written})" if written[0] in "([{f" and self._number(4) else written

    _deeper = 0

    def _parts(self, count: int) -> list[str]:
        depth = self._deeper
        return [self.expression(depth) for _ in range(count)]

    def _attribute(self) -> str:
        (base,) = self._parts(1)
        return f"({base}).q"

    def _item(self) -> str:
        base, key, end = self._parts(3)
        return f"({base})[{self._choice(key, f'{key}:{end}', f':{key}', f'::{key}', f'{key}, {end}')}]"

    def _call(self) -> str:
        function, first, second, third = self._parts(4)
        arguments = self._choice(
            "",
            first,
            f"{first}, {second}",
            f"{first}, k={second}",
            f"{first}, *{second}, {third}",
            f"{first}, *{second}, k={third}",
            f"**m, k={second}",
        )
        return f"({function})({arguments})"

    def _binary(self) -> str:
        left, right, third = self._parts(3)
        operator = self._choice("+", "-", "*", "@", "/", "//", "%", "<<", ">>", "|", "^", "&")
        return self._choice(f"({left} {operator} {right})", f"({left} {operator} {right} - {third})")

    def _unary(self) -> str:
        return f"({self._choice('not', '-', '+', '~')} {self._parts(1)[0]})"

    def _comparison(self) -> str:
        return self._choice("==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in")

    def _compare(self) -> str:
        left, right = self._parts(2)
        return f"({left} {self._comparison()} {right})"

    def _chain(self) -> str:
        first, second, third = self._parts(3)
        return f"({first} {self._comparison()} {second} {self._comparison()} {third})"

    def _bool_op(self) -> str:
        first, second, third = self._parts(3)
        operator = self._choice("and", "or")
        return self._choice(f"({first} {operator} {second})", f"({first} {operator} {second} {operator} {third})")

    def _conditional(self) -> str:
        test, chosen, other = self._parts(3)
        return f"({chosen} if {test} else {other})"

    def _display(self) -> str:
        first, second = self._parts(2)
        keys = f"{{{self._key()}, {self._key()}}}"
        return self._choice(f"({first}, {second})", f"[{first}, *{second}]", keys, f"[{first}]")

    def _dictionary(self) -> str:
        first, second = self._parts(2)
        return f"{{{self._key()}: {first}, {self._choice('', '**m,')} {self._key()}: {second}}}"

    def _formatted(self) -> str:
        first, second = self._atom(), self._atom()
        return f"f'{{({first})}}{{({second})}}'"

    def _lambda(self) -> str:
        return f"(lambda x={self._parts(1)[0]}: None)"

    def _await(self) -> str:
        return f"(await {self._parts(1)[0]})"

    def _yield(self) -> str:
        return f"(yield {self._parts(1)[0]})"

    def _walrus(self) -> str:
        return f"({self._choice(*NAMES)} := {self._parts(1)[0]})"

    def _comprehension(self) -> str:
        depth = self._deeper
        shape = self._choice("[{}]", "{{{}}}", "{{{}: {}}}", "tuple({} for_)")
        lazy = shape.startswith("tuple")
        with self._with(walrus=False, yields=False):
            clauses = f" in {self.expression(depth)}"
        with self._with(walrus=False, yields=False, awaits=self.here.awaits and not lazy):
            loop = "async for" if self.here.awaits and self._maybe() else "for"
            clauses = f" {loop} {self._choice('x', 'x, y', 'x, *y', 'a')}{clauses}"
            with self._with(names=(*self.here.names, "x"), walrus=False):
                if self._maybe():
                    clauses += f" for x in {self.expression(depth)}"
            with self._with(names=(*self.here.names, "x"), walrus="a" not in clauses.split(" in ")[0][-2:]):
                if self._maybe():
                    clauses += f" if {self.expression(depth)}"
                if shape.startswith("["):
                    return f"[{self.expression(depth)}{clauses}]"
                if lazy:
                    return f"tuple({self.expression(depth)}{clauses})"
                key = self._key()
                value = f": {self.expression(depth)}" if ": " in shape else ""
                return f"{{{key}{value}{clauses}}}"
