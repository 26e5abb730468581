"""The modules of one project: read, lowered and linked when something asks for them.

A run over ten files of a large tree must not read the other thousands as programs. Which files could concern a class, a
function or a variable is told by their bytes (who imports its module, and mentions its name); only these are lowered.
What is asked is answered by the same files whatever was asked before, so neither the order of the files of a run nor
the number of its processes changes a finding.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.lower import UnsupportedSyntax, lower_module
from awaitomic.model.conventions import STANDARD, Conventions
from awaitomic.model.identity import module_of
from awaitomic.model.location import Location
from awaitomic.program.annotations import Annotations
from awaitomic.program.escape import publish
from awaitomic.program.finder import Found, ModuleFinder
from awaitomic.program.getters import returned_location, standing_for
from awaitomic.program.link import Linker
from awaitomic.program.module import ModuleFacts, module_facts
from awaitomic.program.names import is_special
from awaitomic.program.outline import Outline, outline_of
from awaitomic.program.unit import Unit
from awaitomic.source.project import SourceTree, is_test
from awaitomic.source.syntax import Nodes
from awaitomic.source.text import SourceText, Unreadable, decode, display_path, parse

_MANY = 60
"""So many modules that mention a name are too many to look into: then the name is known to everybody."""


class Known:
    """What one text tells by itself: parsed, in outline, and in full once somebody has asked for that."""

    def __init__(self, name: str, source: SourceText, tree: ast.Module) -> None:
        self._name = name
        self._source = source
        self._tree = tree
        self._refused: UnsupportedSyntax | None = None

    @cached_property
    def nodes(self) -> Nodes:
        """All of its syntax, by class."""
        return Nodes(self._tree)

    @cached_property
    def outline(self) -> Outline:
        """What the module has, by name."""
        return outline_of(self._name, self._tree, self._source.text)

    @cached_property
    def facts(self) -> ModuleFacts:
        """All that is known of it. Raises `UnsupportedSyntax` if it cannot be lowered."""
        if self._refused is not None:
            raise self._refused
        try:
            return module_facts(self.outline, self._tree, lower_module(self._tree, self._name))
        except UnsupportedSyntax as error:
            self._refused = error
            raise


class _Module:
    """A module that has been read, with what its names mean to others; not yet with what its functions do."""

    def __init__(self, source: SourceText, facts: ModuleFacts) -> None:
        self.source = source
        self.facts = facts

    @cached_property
    def annotations(self) -> Annotations:
        """What the author says in comments about owners and locks."""
        return Annotations(self.source.text, self.facts)


class Project:
    """The modules below one root, by name. Facts depend on the text alone and are shared between versions of it.

    `conventions` are what the configuration adds to the tables.
    """

    def __init__(
        self,
        tree: SourceTree,
        known: dict[tuple[str, bytes], Known] | None = None,
        conventions: Conventions = STANDARD,
    ) -> None:
        self.tree = tree
        self.conventions = conventions
        self.link = Linker(self, conventions)
        self._known = known if known is not None else {}
        self._texts: dict[str, tuple[SourceText, Known] | None] = {}
        self._outlines: dict[str, Outline | None] = {}
        self._modules: dict[str, _Module | None] = {}
        self._units: dict[str, Unit | None] = {}
        self._names: dict[tuple[str, str], list[str] | None] = {}
        self._mentioning: dict[tuple[str, str], tuple[Unit, ...]] = {}
        self._related: dict[tuple[str, str], tuple[Unit, ...]] = {}
        self._naming: dict[tuple[str, str], tuple[Unit, ...]] = {}
        self._near: dict[str, tuple[list[str], list[str]]] = {}
        self._imported: dict[str, tuple[str, ...]] = {}

    def with_texts(self, texts: Mapping[str, bytes]) -> Project:
        """Give the same project with the texts of some modules replaced."""
        return Project(self.tree.with_texts(texts), self._known, self.conventions)

    # -- what the linker asks ------------------------------------------------------------------------------------

    def facts(self, name: str) -> ModuleFacts | None:
        """Give the facts of a module, or None if it cannot be read."""
        if name not in self._modules:
            self._modules[name] = self._load(name)
        found = self._modules[name]
        return found.facts if found is not None else None

    def outline(self, name: str) -> Outline | None:
        """Give what a module has, by name, or None if it has no facts; to ask for it does not lower the module."""
        if name not in self._outlines:
            text = self._text(name)
            readable = text is not None and (not text[1].outline.is_deep or self.facts(name) is not None)
            self._outlines[name] = text[1].outline if text is not None and readable else None
        return self._outlines[name]

    def find(self, dotted: str, importer: str) -> Found | None:
        """Find the module that a dotted name begins with."""
        return self._finder.find(dotted, importer)

    def deriving(self, name: str) -> frozenset[str]:
        """Give the modules in which some class names a base of that last name, or of one that stands for it."""
        direct = self._by_base.get(name, frozenset())
        found = direct.union(*(self._by_base.get(alias, ()) for alias in self.also_called(name)))
        return found if len(found) <= _MANY else direct

    def also_called(self, name: str) -> frozenset[str]:
        """Give the names that imports and assignments give to something of that name, and to these in turn."""
        found: set[str] = set()
        queue = [name]
        while queue:
            more = self._aliases.get(queue.pop(), frozenset()) - found - {name}
            found |= more
            queue.extend(more)
        return frozenset(found)

    def is_renamed(self, name: str) -> bool:
        """Tell whether some import or assignment gives something else that name."""
        return name in self._renames

    def returned(self, function: FunctionGraph) -> Location | None:
        """Give the one location that a plain function of a module returns, in its own terms."""
        unit = self.unit(function.module)
        return returned_location(unit.resolver(function)) if unit is not None else None

    @cached_property
    def _finder(self) -> ModuleFinder:
        return ModuleFinder(self.tree)

    @cached_property
    def _renames(self) -> frozenset[str]:
        names = self.tree.files.union(self.tree.overlay)
        return frozenset().union(*(self.tree.header(name).renames for name in names))

    @cached_property
    def _aliases(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name in self.tree.files.union(self.tree.overlay):
            for alias, meant in self.tree.header(name).aliases:
                found.setdefault(meant, set()).add(alias)
        return {meant: frozenset(aliases) for meant, aliases in found.items()}

    @cached_property
    def _by_base(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name in self.tree.files.union(self.tree.overlay):
            for base in self.tree.header(name).bases:
                found.setdefault(base, set()).add(name)
        return {base: frozenset(names) for base, names in found.items()}

    # -- modules -------------------------------------------------------------------------------------------------

    def unit(self, name: str) -> Unit | None:
        """Give a module with what its functions do; None if it is not there, does not parse, or cannot be lowered.

        What its names mean to others is told by its facts alone, which cost less, and lead to no other module.
        """
        if name not in self._units:
            known = self.facts(name) is not None
            module = self._modules[name] if known else None
            self._units[name] = self._unit(module) if module is not None else None
        return self._units[name]

    def _text(self, name: str) -> tuple[SourceText, Known] | None:
        """Give the text of a module, parsed; None if it cannot be: that is reported where the file is asked for."""
        if name not in self._texts:
            try:
                source = decode(name, self.tree.raw(name))
                self._texts[name] = source, self._parsed(name, source)
            except Unreadable:
                self._texts[name] = None
        return self._texts[name]

    def _parsed(self, name: str, source: SourceText, tree: ast.Module | None = None) -> Known:
        key = (name, source.raw)
        if key not in self._known:
            self._known[key] = Known(name, source, parse(source) if tree is None else tree)
        return self._known[key]

    def _load(self, name: str) -> _Module | None:
        text = self._text(name)
        try:
            return self._read(*text) if text is not None else None
        except UnsupportedSyntax:
            return None  # reported where the file is asked for; what it defines is not known

    def _read(self, source: SourceText, known: Known) -> _Module:
        module = _Module(source, known.facts.linked(self.link))
        self._modules[module.facts.name] = module
        assert module.annotations is not None  # read before any lock is looked up: a comment can say what is one
        return module

    def add(self, name: str, source: SourceText, tree: ast.Module | None = None) -> Unit:
        """Take in a module whose text (and its parsed form, perhaps) is at hand.

        Raises:
            Unreadable: if it does not parse.
            awaitomic.flow.lower.UnsupportedSyntax: for syntax that this release does not know.
        """
        known = self._parsed(name, source, tree)
        self._texts[name] = source, known
        unit = self._units[name] = self._unit(self._read(source, known))
        return unit

    def _unit(self, module: _Module) -> Unit:
        unit = Unit(module.source, module.facts, module.annotations)
        self._units[unit.name] = unit
        publish(unit.resolvers)  # asks for the facts of other modules, and not for what their functions do
        for resolver in unit.resolvers:
            resolver.look_through(standing_for)  # only now is it known what a getter has stored
        return unit

    def shown(self, name: str) -> str:
        """Give the path of a module as people are shown it."""
        return display_path(self.tree.path_of(name))

    def importers(self, name: str) -> frozenset[str]:
        """Give the modules that import a module, directly or out of a package that passes it on."""
        return self._finder.importers(name)

    def nodes_of(self, name: str) -> Nodes | None:
        """Give the syntax of a file, by class; None if it cannot be read. It need be no module of the program."""
        text = self._text(name)
        return text[1].nodes if text is not None else None

    def raw(self, name: str) -> bytes:
        """Give the bytes of a module, read as a program or not."""
        known = self._modules.get(name)
        return known.source.raw if known is not None else self.tree.raw(name)

    def says_elsewhere(self, method: str, known: Iterable[str]) -> bool:
        """Tell whether a file other than `known` (and the tests) reads an attribute of that name."""
        return self.tree.reads_attribute(method, frozenset(known))

    def imported_by(self, name: str) -> tuple[str, ...]:
        """Give the modules of the project that a module imports, in order."""
        if name not in self._imported:
            outline = self.outline(name)
            dotted = () if outline is None else (*outline.imports.values(), *outline.stars)
            found = (self.find(each, name) for each in dotted)
            self._imported[name] = tuple(sorted({each.module for each in found if each is not None} - {name}))
        return self._imported[name]

    def family(self, name: str, class_id: str | None) -> tuple[Unit, ...]:
        """Give a module, and those in which the relatives of a class stand."""
        return self._units_of(self._family(name, class_id))

    def _family(self, name: str, class_id: str | None) -> dict[str, None]:
        return {name: None, **(self.link.relatives(class_id) if class_id is not None else {})}

    def neighbours(self, name: str, class_id: str | None, word: str) -> Iterator[Unit]:
        """Give the modules whose writes of a state a module can notice, as far as they mention its word.

        See `Program.changes`. None is read before it is asked for: mostly the first has a write.
        """
        names = list(self._family(name, class_id) | dict.fromkeys(self.imported_by(name)))
        mentioning = self.tree.mentioning(names, word) if len(names) > 1 else names
        for each in mentioning:
            unit = self.unit(each)
            if unit is not None:
                yield unit

    def concerned(self, module: str, word: str) -> tuple[Unit, ...] | None:
        """Give the modules in which something of a module can be meant by a word, itself first.

        These are those that import it, and those that import these, as far as they mention the word; test suites
        are left out, unless the module itself is part of one. None if there are too many to look into.
        """
        key = (module, word)
        if key not in self._mentioning:
            names = self._concerned(module, word)
            self._mentioning[key] = self._units_of([module, *names]) if names is not None else ()
        return self._mentioning[key] or None

    def _concerned(self, module: str, word: str) -> list[str] | None:
        key = (module, word)
        if key not in self._names:
            self._names[key] = self._find_concerned(module, word)
        return self._names[key]

    def _find_concerned(self, module: str, word: str) -> list[str] | None:
        if module not in self._near:
            self._near[module] = self._users_of(module)
        users, users_of_users = self._near[module]
        direct = self.tree.mentioning(users, word)
        if len(direct) > _MANY:
            return None
        found = [*direct, *self.tree.mentioning(users_of_users, word)]
        return sorted(found if len(found) <= _MANY else direct)

    def _users_of(self, module: str) -> tuple[list[str], list[str]]:
        """Give the modules that import a module, and those others that import these."""
        counts = _everything if is_test(module) else _is_no_test
        direct = self._finder.importers(module)
        further = {name for near in direct for name in self._finder.importers(near)} - direct - {module}
        return sorted(filter(counts, direct)), sorted(filter(counts, further))

    def _units_of(self, names: Iterable[str]) -> tuple[Unit, ...]:
        return tuple(unit for name in names if (unit := self.unit(name)) is not None)

    def related(self, class_id: str, word: str) -> tuple[Unit, ...]:
        """Give the modules that can touch an attribute of a class's instances: of its family, and of those who know it.

        Parameters: `word` is the attribute. Where too many know the class, only its family counts.
        """
        key = (class_id, word)
        if key not in self._related:
            self._related[key] = self._units_of(self.names_related(class_id, word))
        return self._related[key]

    def naming(self, class_id: str, method: str) -> tuple[Unit, ...]:
        """Give those of the modules that can touch a method in which its name stands: no other can refer to it.

        A relative of the class that does not say the name need not be read as a program for that. Special methods are
        called by syntax, which says no name: of them it is asked of all.
        """
        key = (class_id, method)
        if key not in self._naming:
            names = self.names_related(class_id, method)
            if not is_special(method):
                named = {module_of(class_id), *self.tree.mentioning(names, method)}
                names = [name for name in names if name in named]
            self._naming[key] = self._units_of(names)
        return self._naming[key]

    def names_related(self, class_id: str, word: str) -> list[str]:
        """Give the names of the modules that `related` reads."""
        names = {module_of(class_id): None, **self.link.relatives(class_id)}
        for module in list(names):
            names.update(dict.fromkeys(self._concerned(module, word) or ()))
        return [*names]


def _everything(_: str) -> bool:
    return True


def _is_no_test(name: str) -> bool:
    return not is_test(name)
