"""Commands as the user can type them: with the program that is there, the options that were given, and quoted paths.

A command that is printed to be copied has to work where it is pasted. A hook of pre-commit runs a program that is not
on the user's PATH, at the top of the repository, wherever the user is; and what a run was told by options, a run that
is to show the same has to be told again.
"""

# As in discovery, plain strings: these are words of a command line.
# ruff: noqa: PTH100, PTH109, PTH112, PTH117, PTH118, PTH119, PTH120, PTH122 - plain strings, for the reason above

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from awaitomic.cli.values import spelled
from awaitomic.report.shell import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = "awaitomic"
_OF_ONE_RUN = frozenset(
    "output_format output_file show_fixes diff patch_dir interactive max_fixes unsafe_fixes statistics exit_zero "
    "exit_non_zero_on_fix quiet verbose color jobs add_ignore write_baseline extend_baseline stdin_filename".split()
)
"""Options that say how a run looks, ends, or repairs, not what it finds: a printed command has its own."""
_HOOK_ENVIRONMENT = "py_env-"
"""What pre-commit calls the environment of a hook."""


class Typed:
    """Makes command lines that belong to the run of a context."""

    def __init__(self, ctx: click.Context) -> None:
        self._ctx = ctx
        self._folder = users_folder()

    def line(self, words: Sequence[str], paths: Sequence[str] = ()) -> str:
        """Give a whole line for the user's shell.

        Parameters: `words` are a command and its options, `paths` are relative to the current directory, or absolute.
        What the command of the context was told by options, and the command in `words` understands, is repeated.
        """
        asked = [*program_words(), words[0], *(self._given(words[0]) if paths else ()), *words[1:]]
        return " ".join(map(quoted, [*asked, *map(self._named, paths)]))

    def _named(self, path: str) -> str:
        """Give a path from where the user is, and such that it is not taken for an option."""
        here = path if os.path.isabs(path) or not self._folder else os.path.relpath(path, self._folder)
        return os.path.join(".", here) if here.startswith("-") else here

    def _given(self, command: str) -> Iterator[str]:
        group = self._ctx.find_root().command
        other = group.get_command(self._ctx, command) if isinstance(group, click.Group) else None
        known = {parameter.name for parameter in other.params} if other is not None else set()
        for parameter in self._ctx.command.params:
            name = parameter.name or ""
            source = self._ctx.get_parameter_source(name)
            if not isinstance(parameter, click.Option) or source is not click.core.ParameterSource.COMMANDLINE:
                continue
            if name in known and name not in _OF_ONE_RUN:
                yield from self._words(parameter, self._ctx.params[name])

    def _words(self, option: click.Option, value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever the option holds
        if option.is_flag:
            yield option.opts[-1] if value else (option.secondary_opts or option.opts)[-1]
            return
        for each in value if option.multiple else [value]:
            text = spelled(each)
            yield option.opts[-1]
            yield self._named(text) if isinstance(option.type, click.Path) else text


def program_words() -> list[str]:
    """Give the words that call this program: its name where the user's PATH has it, else the way to it."""
    script = os.path.abspath(sys.argv[0])
    called = os.path.basename(script)
    if called == "__main__.py" and os.path.basename(os.path.dirname(script)) == _NAME:
        return [sys.executable, "-m", _NAME]
    if os.path.splitext(called)[0].lower() != _NAME:
        return [_NAME]  # called from another program, which knows how
    import shutil

    return [_NAME] if shutil.which(_NAME, path=_users_path()) else [script]


def _users_path() -> str | None:
    """Give the PATH as the user has it: pre-commit puts the environment of a hook in front."""
    if not os.path.basename(sys.prefix).startswith(_HOOK_ENVIRONMENT):
        return None
    own = os.path.realpath(sys.prefix)
    folders = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(each for each in folders if os.path.dirname(os.path.realpath(each)) != own)


def users_folder() -> str:
    """Give the folder in which the user is, if a hook runs elsewhere; else "".

    git tells its hooks in ``GIT_PREFIX`` where below the top of the repository it was called; ``pre-commit run``
    changes the directory itself, but not ``PWD``.
    """
    if "PRE_COMMIT" not in os.environ:
        return ""
    here = os.getcwd()
    prefix = os.environ.get("GIT_PREFIX", "")
    folder = os.path.join(here, prefix) if prefix else os.environ.get("PWD", "")
    below = folder.startswith(here.rstrip(os.sep) + os.sep) and os.path.isdir(folder)
    return os.path.normpath(folder) if below and os.path.normpath(folder) != here else ""
