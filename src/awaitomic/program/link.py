"""What names mean across the modules of a program: imports, re-exports, base classes, overrides, types.

Facts of a module are a pure function of its text and name things as the text does. Here the names get their meaning,
by asking the other modules; each answer is found when it is asked for, and remembered.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import ABSTRACT_CONTAINERS
from awaitomic.knowledge.locks import CONFIGURED_LOCK
from awaitomic.model.conventions import STANDARD, Conventions
from awaitomic.model.identity import identity, module_of, qualname_of
from awaitomic.model.location import Location, Root
from awaitomic.program.class_locks import ClassLocks
from awaitomic.program.condition_locks import may_be_parted
from awaitomic.program.deriving import Deriving, last_of
from awaitomic.program.lock_aliases import is_only_name
from awaitomic.program.module import ClassFacts, ModuleFacts
from awaitomic.program.modules import Modules
from awaitomic.program.names import dotted
from awaitomic.program.outline import ClassOutline
from awaitomic.program.types import FOREIGN, UNKNOWN, Typed

_MOST_HOPS = 12
"""How often a name may be passed on from module to module."""
_MOST_DESCENDANTS = 60
"""Of a class with subclasses in more files than this, only those in its own are known: it is everybody's base."""
_DECLARED = frozenset({Root.SELF, Root.CLASS, Root.GLOBAL})


class Definition(NamedTuple):
    """What a name stands for: a ``class``, ``function``, ``variable`` or ``module`` of the program."""

    kind: str
    module: str
    name: str
    """The qualified name inside the module; empty for the module itself."""

    @property
    def id(self) -> str:
        """The identity of a class or function."""
        return identity(self.module, self.name)


class Linker:
    """Answers what names mean; one for a program."""

    def __init__(self, modules: Modules, conventions: Conventions = STANDARD) -> None:
        self._modules = modules
        self._conventions = conventions
        self._definitions: dict[tuple[str, str], Definition | None] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._above: dict[str, tuple[ClassOutline, ...]] = {}
        self._lineages: dict[str, tuple[ClassFacts, ...]] = {}
        self._children: dict[str, tuple[str, ...]] = {}
        self._deriving = Deriving(modules)
        self.class_locks = ClassLocks(self, modules)
        self._types: dict[tuple[str, str], Typed] = {}
        self._below: dict[str, tuple[ClassOutline, ...]] = {}
        self._descendants: dict[str, tuple[ClassFacts, ...]] = {}
        self._returned: dict[int, Location | None] = {}

    # -- definitions -------------------------------------------------------------------------------------------------

    def find(self, dotted: str, importer: str) -> Definition | None:
        """Give what a dotted name, as it would be written in an import of a module, stands for."""
        key = (dotted, importer)
        if key not in self._definitions:
            self._definitions[key] = None  # an import in a circle leads nowhere
            self._definitions[key] = self._find(dotted, importer)
        return self._definitions[key]

    def _find(self, dotted: str, importer: str) -> Definition | None:
        found = self._modules.find(dotted, importer)
        if found is None:
            return None
        here = Definition("module", found.module, "")
        for position, part in enumerate(found.rest):
            if here.kind == "module":
                inside = self.member(here.module, part)
            elif here.kind == "class":
                inside = self._in_class(here, part) if position == len(found.rest) - 1 else None
            else:
                return None
            if inside is None:
                return None
            here = inside
        return here

    def _in_class(self, owner: Definition, name: str) -> Definition | None:
        outline = self._modules.outline(owner.module)
        qualname = f"{owner.name}.{name}"
        if outline is not None and identity(owner.module, qualname) in outline.classes:
            return Definition("class", owner.module, qualname)
        having = self._having(owner.id, name)
        return Definition("function", having.module, f"{having.qualname}.{name}") if having is not None else None

    def member(self, module: str, name: str, hops: int = 0) -> Definition | None:
        """Give what a name at the top level of a module stands for, passed on from other modules or not."""
        outline = self._modules.outline(module)
        if outline is None or hops > _MOST_HOPS:
            return None
        if identity(module, name) in outline.classes:
            return Definition("class", module, name)
        if name in outline.functions and name not in outline.variables:
            return Definition("function", module, name)
        if name in outline.variables:
            meant = self._named(outline.aliases[name], module, hops + 1) if name in outline.aliases else None
            return meant if meant is not None and meant.kind == "class" else Definition("variable", module, name)
        if name in outline.imports:
            return self.find(outline.imports[name], module)
        for star in outline.stars:
            source = self._modules.find(star, module)
            passed = self.member(source.module, name, hops + 1) if source is not None and not source.rest else None
            if passed is not None and not name.startswith("_"):
                return passed
        if module.endswith("__init__.py"):
            inside = self._modules.find(f".{name}", module)
            if inside is not None and not inside.rest and inside.module != module:
                return Definition("module", inside.module, "")
        return None

    def starred(self, star: str, importer: str) -> ModuleFacts | None:
        """Give the module of the program from which a star brings everything in, or None if it is none of that."""
        found = self._modules.find(star, importer)
        return self._modules.facts(found.module) if found is not None and not found.rest else None

    def function(self, identified: str) -> FunctionGraph | None:
        """Give the function with an identity (the last, if several have it)."""
        facts = self._modules.facts(module_of(identified))
        return facts.by_name.get(qualname_of(identified)) if facts is not None else None

    def find_decorator(self, node: ast.expr, facts: ModuleFacts) -> FunctionGraph | None:
        """Give the function of the program that a decorator is, or is made by."""
        while isinstance(node, ast.Call):
            node = node.func
        name = dotted(node, facts.imports)
        if name is None:
            return None
        found = self.find(name, facts.name) if "." in name else self.member(facts.name, name)
        return self.function(found.id) if found is not None and found.kind == "function" else None

    def class_facts(self, identified: str) -> ClassFacts | None:
        """Give the class with an identity."""
        facts = self._modules.facts(module_of(identified))
        return facts.classes.get(identified) if facts is not None else None

    def declares_lock(self, key: Location) -> bool:
        """Tell whether a comment calls something a lock; `key` is how the program knows it."""
        facts = self._modules.facts(module_of(key.owner) or key.owner) if key.root in _DECLARED else None
        return facts is not None and key in facts.declared_locks

    # -- classes -----------------------------------------------------------------------------------------------------

    def class_outline(self, identified: str) -> ClassOutline | None:
        """Give what the class with an identity has, by name: it costs less than its facts."""
        outline = self._modules.outline(module_of(identified))
        return outline.classes.get(identified) if outline is not None else None

    def bases(self, known: ClassFacts | ClassOutline) -> tuple[str, ...]:
        """Give the bases of a class: identities of classes of the program, dotted names of others."""
        if known.id not in self._bases:
            self._bases[known.id] = tuple(self._base(known.module, base) for base in known.bases)
        return self._bases[known.id]

    def _base(self, module: str, base: str) -> str:
        if ":" in base:
            return base
        found = self.find(base, module) if "." in base else self.member(module, base)
        return found.id if found is not None and found.kind == "class" else base

    def above(self, class_id: str) -> tuple[ClassOutline, ...]:
        """Give a class and its ancestors in the program, nearest first (each once; an approximation of the MRO)."""
        if class_id not in self._above:
            found: dict[str, ClassOutline] = {}
            queue = [class_id]
            while queue:
                name = queue.pop(0)
                outline = self.class_outline(name) if name not in found and ":" in name else None
                if outline is not None:
                    found[name] = outline
                    queue.extend(self.bases(outline))
            self._above[class_id] = tuple(found.values())
        return self._above[class_id]

    def lineage(self, class_id: str) -> tuple[ClassFacts, ...]:
        """Give the facts of a class and its ancestors, in the order of `above`."""
        if class_id not in self._lineages:
            self._lineages[class_id] = self._facts_of(self.above(class_id))
        return self._lineages[class_id]

    def _facts_of(self, outlines: Iterable[ClassOutline]) -> tuple[ClassFacts, ...]:
        return tuple(facts for each in outlines if (facts := self.class_facts(each.id)) is not None)

    def descends(self, class_id: str, ancestor: str) -> bool:
        """Tell whether a class is another one or inherits from it."""
        return any(outline.id == ancestor for outline in self.above(class_id))

    def below(self, class_id: str) -> tuple[ClassOutline, ...]:
        """Give all subclasses of a class, in order of their modules, without itself."""
        if class_id not in self._below:
            found: dict[str, ClassOutline] = {}
            queue = [class_id]
            while queue:
                for child in self._children_of(queue.pop(0)):
                    outline = self.class_outline(child) if child not in found and child != class_id else None
                    if outline is not None:
                        found[child] = outline
                        queue.append(child)
            self._below[class_id] = tuple(found.values())
        return self._below[class_id]

    def has_strangers_below(self, class_id: str) -> bool:
        """Tell whether there may be more subclasses than `below` gives: too many files have bases of such a name."""
        family = (class_id, *(outline.id for outline in self.below(class_id)))
        return any(len(self._modules.deriving(last_of(each))) > _MOST_DESCENDANTS for each in family)

    def descendants(self, class_id: str) -> tuple[ClassFacts, ...]:
        """Give the facts of all subclasses of a class, in the order of `below`."""
        if class_id not in self._descendants:
            self._descendants[class_id] = self._facts_of(self.below(class_id))
        return self._descendants[class_id]

    def relatives(self, class_id: str) -> dict[str, None]:
        """Give the modules in which the ancestors and subclasses of a class stand, in this order."""
        return dict.fromkeys(each.module for each in (*self.above(class_id), *self.below(class_id)))

    def _children_of(self, class_id: str) -> tuple[str, ...]:
        if class_id not in self._children:
            name = last_of(class_id)
            modules = self._modules.deriving(name)
            own = module_of(class_id)
            if len(modules) > _MOST_DESCENDANTS:
                modules = frozenset({own})
            found = (each for module in sorted({*modules, own}) for each in self._deriving.of(module, name))
            children = (each.outline.id for each in found if self._base(each.outline.module, each.base) == class_id)
            self._children[class_id] = tuple(dict.fromkeys(children))
        return self._children[class_id]

    def can_be_one(self, left: str, right: str) -> bool:
        """Tell whether one object can be an instance of both classes: not if they are mere siblings."""
        if self.descends(left, right) or self.descends(right, left):
            return True
        below = {outline.id for outline in self.below(left)}
        return any(outline.id in below for outline in self.below(right))

    def _having(self, class_id: str, method: str) -> ClassOutline | None:
        """Give the class whose method of that name is meant where one of a class is called."""
        return next((outline for outline in self.above(class_id) if method in outline.methods), None)

    def own_method(self, class_id: str, method: str) -> FunctionGraph | None:
        """Give the method that a class itself defines under a name."""
        facts = self.class_facts(class_id)
        return facts.methods.get(method) if facts is not None else None

    def find_method(self, class_id: str, method: str) -> FunctionGraph | None:
        """Look a method up along the bases."""
        having = self._having(class_id, method)
        return self.own_method(having.id, method) if having is not None else None

    def find_property(self, class_id: str, name: str) -> FunctionGraph | None:
        """Give what is run when an attribute of a class's instances is read, if it is a property."""
        nearest = next(
            (each for each in self.above(class_id) if name in each.methods or name in each.class_level), None
        )
        facts = self.class_facts(nearest.id) if nearest is not None and name not in nearest.class_level else None
        return facts.properties.get(name) if facts is not None else None

    def overrides(self, class_id: str, name: str) -> bool:
        """Tell whether some subclass gives a method or property another meaning, as far as subclasses are known."""
        meant = self._having(class_id, name)
        return any(
            self._having(each.id, name) is not meant or name in each.class_level for each in self.below(class_id)
        )

    def returned(self, function: FunctionGraph) -> Location | None:
        """Give the one location that a plain function returns on all ways, in its own terms."""
        if id(function) not in self._returned:
            self._returned[id(function)] = None  # a function that returns what it returns returns nothing known
            self._returned[id(function)] = self._modules.returned(function)
        return self._returned[id(function)]

    def declaring(self, class_id: str, attribute: str) -> str:
        """Give the topmost ancestor that speaks of an attribute of itself: the name under which a family matches it."""
        speaking = [facts.id for facts in self.lineage(class_id) if attribute in facts.mentions]
        return speaking[-1] if speaking else class_id

    # -- types -------------------------------------------------------------------------------------------------------

    def attribute_type(self, class_id: str, attribute: str) -> Typed:
        """Give the type of an attribute of a class, looked up along its bases."""
        key = (class_id, attribute)
        if key not in self._types:
            above = map(self.class_facts, (each.id for each in self.above(class_id)))
            found = next((facts for facts in above if facts is not None and attribute in facts.attributes), None)
            self._types[key] = UNKNOWN if found is None else self._of_attribute(found, attribute)
        return self._types[key]

    def _of_attribute(self, facts: ClassFacts, attribute: str) -> Typed:
        typed = facts.attributes[attribute]
        if typed.is_second_name and not is_only_name(self, self._modules, facts, attribute):
            typed = replace(typed, wraps=None, is_second_name=False)
        elif typed.wraps is not None and may_be_parted(self, self._modules, facts, attribute, typed.wraps):
            typed = replace(typed, wraps=None)
        return self.resolve(typed, facts.module)

    def variable_type(self, module: str, name: str) -> Typed:
        """Give the type of a variable at the top level of a module."""
        facts = self._modules.facts(module)
        return self.resolve(facts.globals.get(name, UNKNOWN), module) if facts is not None else UNKNOWN

    def parameter_type(self, function: str, name: str) -> Typed:
        """Give the annotated type of a parameter of the function with an identity."""
        graph = self.function(function)
        if graph is None or not isinstance(graph.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return UNKNOWN
        arguments = graph.node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        return self.annotation_type(graph.module, next((each.annotation for each in named if each.arg == name), None))

    def annotation_type(self, module: str, annotation: ast.expr | None) -> Typed:
        """Give the type that an annotation in a module promises."""
        return self._annotated(annotation, module, 0)

    def resolve(self, typed: Typed, module: str, hops: int = 0) -> Typed:
        """Give a type its meaning: what is only a name so far becomes a class of the program, or unknown."""
        if typed.item is not None:
            typed = replace(typed, item=self.resolve(typed.item, module, hops))
        name = typed.name
        if name is not None and self._is_configured_lock(name):
            return Typed(CONFIGURED_LOCK)
        if name is None or not name.startswith(("name:", "call:")):
            return typed
        found = self._named(name[5:], module) if hops <= _MOST_HOPS else None
        if found is None:
            return FOREIGN if _is_named_like_a_class(name[5:]) else UNKNOWN
        if found.kind == "class":
            made = f"class:{found.id}"
            return Typed(CONFIGURED_LOCK) if self._is_configured_lock(made) else replace(typed, name=made)
        if found.kind == "function" and name.startswith("call:"):
            function = self.function(found.id)
            returned = getattr(function.node, "returns", None) if function is not None else None
            return self._annotated(returned, found.module, hops)
        if found.kind == "variable" and name.startswith("name:"):
            return self._alias(found, hops)
        return UNKNOWN

    def _is_configured_lock(self, name: str) -> bool:
        """Tell whether the name of a type is that of a lock by the configuration, or derives from one."""
        if not self._conventions.lock_types or ":" not in name:
            return False
        kind, _, rest = name.partition(":")
        names = [rest.lstrip(":")]
        facts = self.class_facts(rest) if kind == "class" else None
        for ancestor in self.lineage(facts.id) if facts is not None else ():
            module = module_of(ancestor.id).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            names += [f"{module}.{ancestor.qualname}", *(base for base in self.bases(ancestor) if ":" not in base)]
        return any(self._conventions.makes_lock(each) for each in names)

    def _annotated(self, annotation: ast.expr | None, module: str, hops: int) -> Typed:
        facts = self._modules.facts(module)
        if facts is None or annotation is None:
            return UNKNOWN
        return self.resolve(facts.types.of_annotation(annotation), module, hops + 1)

    def _alias(self, found: Definition, hops: int) -> Typed:
        """Look through ``Store = dict[str, int]`` where it is used as an annotation."""
        facts = self._modules.facts(found.module)
        return UNKNOWN if facts is None else self._annotated(facts.type_aliases.get(found.name), found.module, hops)

    def _named(self, name: str, module: str, hops: int = 0) -> Definition | None:
        if not name.startswith(":"):
            return self.find(name, module)
        first, *rest = name[1:].split(".")
        found = self.member(module, first, hops)
        if found is None or not rest:
            return found
        return self._in_class(found, rest[0]) if found.kind == "class" and len(rest) == 1 else None


def _is_named_like_a_class(name: str) -> bool:
    """Tell whether a dotted name ends like that of a class of some library, and is none that any container matches."""
    last = name.rpartition(".")[2].lstrip(":_")
    return last[:1].isupper() and not last.isupper() and last not in ABSTRACT_CONTAINERS
