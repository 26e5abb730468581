"""Whether what tells of an entry point is a framework's: ``@bus.on_event`` of anybody's bus is no hook of FastAPI.

Names of decorators, registering calls and bases are words that others use, too. So the object that a decorator or a
call is taken from must not be known to be another's (`meanings` tells what it is): made by a class of the project that
derives from classes of the project alone, or by one of another library that is known. What cannot be resolved (a
parameter, what some function gives, a package that is not known) may be the framework's.
"""

from __future__ import annotations

import ast
import builtins
import sys
from typing import TYPE_CHECKING

from awaitomic.knowledge.frameworks import FRAMEWORKS
from awaitomic.knowledge.other_libraries import OTHER_LIBRARIES
from awaitomic.program.concurrency.meanings import Foreign, Made, Meaning, meaning
from awaitomic.program.link import Definition

if TYPE_CHECKING:
    from awaitomic.knowledge.frameworks import Framework
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_KNOWN = OTHER_LIBRARIES.union(sys.stdlib_module_names, *(framework.packages for framework in FRAMEWORKS))
_BUILT_IN = frozenset(dir(builtins))


def may_be_of(program: Program, framework: Framework, scope: Resolver, callee: ast.AST) -> bool:
    """Tell whether a decorator, or what a call calls, may be one of a framework.

    Parameters:
        program: the facts of the project.
        framework: the framework.
        scope: the function in which the name stands; the module's own body at the top level.
        callee: the decorator without its arguments, or what is called.
    """
    if not framework.packages:
        return True
    word = callee
    while isinstance(word, ast.Call | ast.Subscript):
        word = word.func if isinstance(word, ast.Call) else word.value
    if isinstance(word, ast.Attribute) and isinstance(word.value, ast.Attribute) and word.value.attr in framework.hooks:
        word = word.value  # ``app.on_startup.append``
    owner = word.value if isinstance(word, ast.Attribute) else word
    imports = scope.module.imports
    if isinstance(owner, ast.Name) and _is_named(framework, imports.get(owner.id, "")):
        return True
    meant = meaning(program, scope, owner)
    if isinstance(meant, Definition) and meant.kind == "function":
        return word is not owner
    return not _is_anothers(program, framework, meant)


def _is_anothers(program: Program, framework: Framework, meant: Meaning | None) -> bool:
    """Tell whether something is known not to be a framework's."""
    if isinstance(meant, Definition):
        return meant.kind == "class" and not _derives(program, framework, meant.id)
    if isinstance(meant, Foreign):
        return _is_of_another(framework, meant.dotted)
    return isinstance(meant, Made) and not _is_made_by(program, framework, meant)


def _is_made_by(program: Program, framework: Framework, made: Made) -> bool:
    """Tell whether an object of a type, as its module names it, may be the framework's."""
    typed, module = made.typed, made.module
    if typed.name is None or typed.nothing:
        return True
    class_id = made.class_id
    if class_id is not None:
        return _derives(program, framework, class_id)
    kind, _, name = typed.name.partition(":")
    if kind not in {"call", "name"}:
        return False
    if name.startswith((".", ":")) or program.project.link.find(name, module.name) is not None:
        return True
    last = name.rpartition(".")[2].lstrip("_")  # what a function gives may be what it was given
    return not (_is_of_another(framework, name) and last[:1].isupper())


def _derives(program: Program, framework: Framework, class_id: str) -> bool:
    """Tell whether a class of the project may derive from one of a framework, or give what it has as its own."""
    link = program.project.link
    lineage = link.lineage(class_id)
    if any("__getattr__" in facts.methods or len(facts.bases) < len(facts.node.bases) for facts in lineage):
        return True
    if any(base.rpartition(".")[2] == "Protocol" for facts in lineage[:1] for base in link.bases(facts)):
        return True  # a class of anybody can be one
    bases = [base for facts in lineage for base in link.bases(facts) if ":" not in base]
    return any(base not in _BUILT_IN and not _is_of_another(framework, base) for base in bases)


def _is_named(framework: Framework, dotted: str) -> bool:
    """Tell whether a dotted name is of a framework's package, or of an extension: ``fastapi_utils``."""
    top = dotted.partition(".")[0]
    return any(top == package or top.startswith(f"{package}_") for package in framework.packages)


def _is_of_another(framework: Framework, dotted: str) -> bool:
    """Tell whether a dotted name is of a library that is known to be another one than a framework's."""
    return dotted.partition(".")[0] in _KNOWN and not _is_named(framework, dotted)


def is_base_of(program: Program, framework: Framework, base: str, pattern: str) -> bool:
    """Tell whether a base class that is named as one of a framework may be its.

    Parameters:
        program: the facts of the project.
        framework: the framework.
        base: an identity, or the dotted name of a class that the project does not define.
        pattern: the name by which it is told; one that begins with ``*`` or ``?`` is of generated classes, too.
    """
    if not framework.packages:
        return True
    generated = pattern[:1] in {"*", "?"}
    if ":" in base:
        return _is_generated(program, framework, base) if generated else _derives(program, framework, base)
    if _is_named(framework, base) or "." not in base.lstrip("."):
        return True
    if generated and framework.marks:
        return any(word in base for word in ("grpc", "pb", "proto"))
    return not _is_of_another(framework, base)


def _is_generated(program: Program, framework: Framework, class_id: str) -> bool:
    """Tell whether a class of the project may be one that is generated for a framework."""
    facts = program.project.link.class_facts(class_id)
    module = program.project.facts(facts.module) if facts is not None else None
    imports = module is not None and any(_is_named(framework, name) for name in module.imports.values())
    return imports and facts is not None and framework.marks <= facts.methods.keys()
