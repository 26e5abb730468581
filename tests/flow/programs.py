"""Generates functions: source text in which nearly every construct of the language can stand in every other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from flow.expressions import NAMES, Expressions, Kind

if TYPE_CHECKING:
    from collections.abc import Callable


KINDS = tuple(
    Kind(asynchronous, generator)
    for asynchronous, generator in ((True, False), (True, False), (False, False), (False, True), (True, True))
)


class Writer(Expressions):
    """Draws a function and writes it down."""

    def __init__(self, number: Callable[[int], int], kind: Kind) -> None:
        super().__init__(number, kind)
        self._lines: list[str] = []
        self._indent = 1
        self._left = 30

    def function(self) -> str:
        """Give the source of a function `f`."""
        self._line("global g")
        self._body(depth=3)
        if self._kind.generator:
            self._line("yield a")
        head = "async def" if self._kind.asynchronous else "def"
        return f"{head} f({', '.join(NAMES)}):\n" + "\n".join(self._lines) + "\n"

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._indent + text)

    def _body(self, depth: int) -> None:
        for _ in range(1 + self._number(3)):
            self._left -= 1
            self._statement(depth if self._left > 0 else 0)

    def _block(self, head: str, depth: int) -> None:
        self._line(f"{head}:")
        self._indent += 1
        self._body(depth)
        self._indent -= 1

    def _statement(self, depth: int) -> None:
        writers = [self._assign, self._augmented, self._plain, self._delete, self._leave, self._check]
        if depth > 0:
            self._depth = depth - 1
            writers += [
                self._if,
                self._while,
                self._for,
                self._with_statement,
                self._try,
                self._try,
                self._match,
                self._define,
            ]
            if self.here.awaits:
                writers += [self._try_star]
        writers[self._number(len(writers))]()

    _depth = 0

    def _plain(self) -> None:
        self._line(self.expression())

    def _target(self, depth: int = 1) -> str:
        base, key = self.expression(1), self.expression(1)
        simple = (self._choice(*NAMES, "g"), f"({base}).p", f"({base})[{key}]")
        if depth == 0:
            return self._choice(*simple)
        first, second = self._target(0), self._target(0)
        return self._choice(*simple, *simple, f"({first}, {second})", f"[{first}, *{second}]", f"({first},)")

    def _assign(self) -> None:
        value = self.expression()
        self._line(
            self._choice(
                f"{self._target()} = {value}",
                f"{self._target()} = {self._target()} = {value}",
                f"{self._atom()}.p: {self._annotation()} = {value}",
                f"{self._atom()}[{self.expression(1)}]: int",
                f"z: {self._annotation()} = {value}",
            )
        )

    def _annotation(self) -> str:
        with self._with(awaits=False, yields=False, walrus=False):
            return self.expression(1)

    def _augmented(self) -> None:
        self._line(f"{self._target(0)} {self._choice('+=', '-=', '*=', '|=')} {self.expression()}")

    def _delete(self) -> None:
        self._line(f"del {self._target(0)}")

    def _check(self) -> None:
        self._line(f"assert {self.expression()}{self._choice('', ', ' + self.expression(1))}")

    def _leave(self) -> None:
        options = ["raise FirstError", "raise SecondError from None", f"raise FirstError({self._name()})", "pass"]
        if self.here.returns:
            value = "" if self._kind.asynchronous and self._kind.generator else f" {self.expression()}"
            options += [f"return{value}", "return"]
        if self.here.loop:
            options += ["break", "continue", "break", "continue"]
        if self.here.handler:
            options += ["raise"]
        self._line(self._choice(*options))

    def _if(self) -> None:
        depth = self._depth
        self._block(f"if {self._choice(self.expression(), self.expression(), 'False', 'True')}", depth)
        if self._maybe():
            self._block(f"elif {self.expression()}", depth)
        if self._maybe():
            self._block("else", depth)

    def _loop_body(self, head: str, depth: int) -> None:
        with self._with(loop=True, handler=False):
            self._block(head, depth)
        if self._maybe():
            self._block("else", depth)

    def _while(self) -> None:
        depth = self._depth
        if self._number(4) == 0:
            self._line("while True:")
            self._indent += 1
            # Ends the loop when the program has done enough.
            self._line("a.tick")
            self._indent -= 1
            with self._with(loop=True, handler=False):
                self._indent += 1
                self._body(depth)
                self._indent -= 1
        else:
            self._loop_body(f"while {self._atom()}.go", depth)

    def _for(self) -> None:
        depth = self._depth
        loop = "async for" if self.here.awaits and self._maybe() else "for"
        self._loop_body(f"{loop} {self._target()} in {self.expression()}", depth)

    def _with_statement(self) -> None:
        depth = self._depth
        asynchronous = self.here.awaits and self._maybe()
        managers = [self._name(), f"{self._name()}.p", f"{self._name()}()"]
        if not asynchronous:
            managers.append(f"suppress({self._name()})")
        items = [
            self._choice(*managers) + self._choice("", f" as {self._target()}") for _ in range(1 + self._number(2))
        ]
        self._block(f"{'async ' if asynchronous else ''}with {', '.join(items)}", depth)

    def _try(self) -> None:
        depth = self._depth
        handlers = self._number(4)
        self._block("try", depth)
        for index in range(handlers):
            kinds = ["FirstError", "SecondError", "FirstError as c", "SecondError as c", "BaseException"]
            last = index == handlers - 1
            head = self._choice(*kinds, *([""] if last else []))
            with self._with(handler=True):
                self._block(f"except {head}".rstrip(), depth)
        if handlers and self._maybe():
            self._block("else", depth)
        if not handlers or self._maybe():
            # A ``break`` out of nested ``finally`` bodies would need more bookkeeping in the interpreter.
            with self._with(loop=self.here.loop and not self.here.finals, finals=self.here.finals + 1, handler=False):
                self._block("finally", depth)

    def _try_star(self) -> None:
        depth = self._depth
        self._block("try", depth)
        for _ in range(1 + self._number(2)):
            head = self._choice("FirstError", "SecondError", "SecondError as c")
            with self._with(loop=False, returns=False, handler=False):
                self._block(f"except* {head}", depth)

    def _match(self) -> None:
        depth = self._depth
        self._line(f"match {self._choice(self.expression(), f'({self._name()}, {self._name()})', '{1: a, 2: b}')}:")
        self._indent += 1
        for _ in range(1 + self._number(3)):
            guard = f" if {self.expression(1)}" if self._maybe() else ""
            self._block(f"case {self._pattern()}{guard}", depth)
        self._block("case _", depth)
        self._indent -= 1

    def _pattern(self) -> str:
        simple = ("a.p", "None", "1", "Value(q=None)", "Value(1)")
        return self._choice(
            *simple,
            "Value(p=b, q=c)",
            "Value(b, second=c)",
            "[b, c]",
            "[b, *c]",
            "(a.p, _)",
            "{1: b, **c}",
            "{2: 1}",
            "1 | None | a.p",
            "[b] | {1: b}",
            "Value() as d",
            "[Value(p=b), *_]",
            "[Value() as b, 1 | Value() as c]",
        )

    def _define(self) -> None:
        first = self.expression(1)
        self._line(f"@{self._atom()}")
        if self._maybe():
            self._line(f"@{self._atom()}")
        self._line(f"def {self._choice('a', 'b')}(x: {self._annotation()} = {first}) -> {self._annotation()}: pass")


@st.composite
def functions(draw: st.DrawFn) -> tuple[str, Kind]:
    """Generate the source of a function `f` of any kind."""
    kind = draw(st.sampled_from(KINDS))
    return Writer(lambda below: draw(st.integers(0, below - 1)), kind).function(), kind
