"""What the statements of a module tell by name is what lowering it would tell; and most modules are not lowered."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from awaitomic.flow.lower import lower_module
from awaitomic.program.module import module_facts
from awaitomic.program.outline import outline_of
from program.across import lay_out, program_at

_ODD = """\
import a.b, c as d
from . import e
try:
    from f import *
except ImportError:
    from g import h as i
if a:
    class Twice:
        def one(self): ...
        x = 1
else:
    class Twice(d.Base[int]):
        y: int = 2
        z: int
        (v, *w) = t = 1, 2
        if a:
            def two(self): ...
        class Inner(Twice):
            async def three(self):
                from late import later
                class Local(Twice.Inner):
                    def four(self):
                        def five(): ...
match a:
    case 1:
        def in_case(): ...
        class NoClass:
            def six(self): ...
for _ in ():
    def in_loop(): ...
else:
    with a:
        async def in_with(): ...
value: int
other = value = lambda: 1
"""

SOURCES = [_ODD, *(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parents[2].glob("src/**/*.py")))]


@pytest.mark.parametrize("text", SOURCES[:1] + SOURCES[1::12])
def test_the_outline_is_that_of_the_lowered_module(text: str) -> None:
    tree = ast.parse(text)
    outline = outline_of("m.py", tree, text)
    facts = module_facts(outline, tree, lower_module(tree, "m.py"))
    assert {each: sorted(known.methods) for each, known in facts.classes.items()} == {
        each: sorted(known.methods) for each, known in outline.classes.items()
    }
    assert {name for name in facts.by_name if name.isidentifier()} == outline.functions
    assert facts.globals.keys() == outline.variables
    assert not outline.is_deep


def test_what_an_odd_module_has() -> None:
    outline = outline_of("m.py", ast.parse(_ODD), _ODD)
    assert outline.imports == {"a": "a", "d": "c", "e": ".e", "i": "g.h", "later": "late.later"}
    assert outline.stars == ("f",)
    assert {each.qualname: (each.bases, sorted(each.class_level)) for each in outline.classes.values()} == {
        "Twice": (("c.Base",), ["t", "v", "w", "y"]),
        "Twice.Inner": (("m.py:Twice",), []),
        "Twice.Inner.three.Local": (("m.py:Twice.Inner",), []),
    }
    assert sorted(outline.classes["m.py:Twice"].methods) == ["one", "two"]
    assert outline.functions == {"in_case", "in_loop", "in_with"}


@pytest.mark.parametrize(
    "text", ["x = " + " + ".join(["1"] * 300), "x = [\n" + "[\n" * 80 + "]" * 80 + "]" + " " * 400]
)
def test_what_may_be_too_deep_is_left_to_lowering(text: str) -> None:
    assert outline_of("m.py", ast.parse(text), text).is_deep


def test_a_class_in_a_module_that_cannot_be_lowered_is_not_known(tmp_path: Path) -> None:
    # deep enough for every Python: how deep that is has changed with 3.12 and 3.13
    deep = "class Base:\n    async def go(self): ...\n\nx = " + " + ".join(["1"] * 20_000) + "\n"
    lay_out(tmp_path, {"base.py": deep, "main.py": "from base import Base\n\nclass Main(Base): ...\n"})
    link = program_at(tmp_path, "main.py").project.link
    assert [each.id for each in link.above("main.py:Main")] == ["main.py:Main"]


_FAMILY = {
    "base.py": """
        class Base:
            async def _step(self): ...
            async def go(self):
                await self._step()
        """,
    "replaces.py": """
        from base import Base

        class Replaces(Base):
            async def _step(self): ...
        """,
    "silent.py": """
        from base import Base

        class Silent(Base):
            async def other(self): ...
        """,
}


def test_a_relative_is_not_lowered_to_see_that_it_replaces_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path, _FAMILY)
    program = program_at(tmp_path, "base.py")
    assert [each.id for each in program.project.link.below("base.py:Base")] == [
        "replaces.py:Replaces",
        "silent.py:Silent",
    ]
    assert not program.project.link.overrides("base.py:Base", "go")
    assert program.project.link.overrides("base.py:Base", "_step")
    assert set(program.project._modules) == {"base.py"}


def test_who_calls_a_method_is_asked_of_the_relatives_that_say_its_name(tmp_path: Path) -> None:
    lay_out(tmp_path, _FAMILY)
    program = program_at(tmp_path, "base.py")
    step = program.named("Base._step").function
    assert [unit.name for unit in program.callers.concerned(step)] == ["base.py", "replaces.py"]
    assert [site.resolver.function.qualname for site in program.callers.sites(step)] == ["Base.go"]
    assert "silent.py" not in program.project._units


def test_a_special_method_is_called_without_its_name(tmp_path: Path) -> None:
    manager = "class Base:\n    async def __aenter__(self): ...\n"
    user = """
        from base import Base

        class User(Base):
            async def go(self):
                async with self: ...
        """
    lay_out(tmp_path, {"base.py": manager, "user.py": user})
    program = program_at(tmp_path, "base.py")
    enter = program.named("Base.__aenter__").function
    assert [site.resolver.function.qualname for site in program.callers.sites(enter)] == ["User.go"]
