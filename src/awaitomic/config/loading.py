"""Which tables hold for a file, and how they add up: extended files first, then the nearest, then the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awaitomic.config import kinds, words
from awaitomic.config.errors import ConfigError
from awaitomic.config.files import Layer, read_layer
from awaitomic.config.settings import KEYS, Overrides, Settings

# As in discovery, plain strings: every file of a run asks for its settings.
# ruff: noqa: PTH100, PTH112, PTH113, PTH118, PTH120 - plain strings, for the reason above


def load(
    start: Path, overrides: Overrides | None = None, *, config: Path | None = None, isolated: bool = False
) -> Settings:
    """Give the settings for a run whose first path is `start`.

    Without `config`, the nearest ``pyproject.toml`` upwards that has a ``[tool.awaitomic]`` table counts, for each file
    by itself (see `Settings.at`); with `isolated`, none does. Patterns are relative to the directory of the file that
    they stand in. Raises `ConfigError`.
    """
    return tables_for(overrides or Overrides(), config=config, isolated=isolated).at(start)


def tables_for(overrides: Overrides, *, config: Path | None = None, isolated: bool = False) -> NearestTables:
    """Give what finds the settings of the files of a run; for the parameters see `load`.

    Raises `ConfigError` for a rule that the command line names and that does not exist.
    """
    _check(overrides)
    return NearestTables(overrides, config, isolated=isolated)


def _check(overrides: Overrides) -> None:
    """See that the codes that were given are those of rules."""
    for name, value in overrides.given().items():
        kind = KEYS[name].kind
        by_file = value if isinstance(kind, kinds.CodesByFile) else ()
        codes = value if isinstance(kind, kinds.Codes) else [code for _, listed in by_file for code in listed]
        for code in codes:
            try:
                words.check_code(code)
            except ValueError as error:
                raise ConfigError("", None, str(error)) from error


@dataclass(frozen=True, slots=True)
class Source:
    """Where a value, or a part of it, came from: an option of the command line, or a line of a file."""

    option: str | None = None
    file: str = ""
    line: int = 0
    extended: bool = False
    """Whether the file is one that the nearest table extends."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What holds for a file: values by the names of their keys, and where those that are not defaults came from."""

    root: str | None
    values: dict[str, Any]
    sources: dict[str, tuple[Source, ...]]

    def settings(self, tables: NearestTables) -> Settings:
        """Give the same as settings."""
        values = {name.replace("-", "_"): value for name, value in self.values.items()}
        return Settings(root=Path(self.root) if self.root is not None else None, tables=tables, **values)


class NearestTables:
    """The tables of one run, each read once: for each file the nearest, or one for all."""

    def __init__(self, overrides: Overrides, config: Path | None, *, isolated: bool) -> None:
        here = os.getcwd()  # noqa: PTH109 - pathlib is slow
        self._given = Layer(None, here, overrides.given(), {})
        self._config = config
        self._for_all = isolated or config is not None
        self._by_directory: dict[str, Settings] = {}
        self._by_file: dict[str | None, Settings] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave out what a process can find again without reading a table: it goes to every worker."""
        return {**self.__dict__, "_by_directory": {}}

    def at(self, path: str | Path) -> Settings:
        """Give the settings for a file or folder; raises `ConfigError`."""
        return self._in_directory(_directory(path))

    def _in_directory(self, directory: str) -> Settings:
        found = self._by_directory.get(directory)
        if found is None:
            above = os.path.dirname(directory)
            if self._is_decided_in(directory) or above == directory:
                found = self._from_file(self._file_in(directory))
            else:
                found = self._in_directory(above)
            self._by_directory[directory] = found
        return found

    def file_for(self, path: str | Path) -> Path | None:
        """Give the file whose table holds for a path; raises `ConfigError`."""
        directory = _directory(path)
        while not self._is_decided_in(directory) and os.path.dirname(directory) != directory:
            directory = os.path.dirname(directory)
        return self._file_in(directory)

    def _is_decided_in(self, directory: str) -> bool:
        return self._for_all or self._file_in(directory) is not None

    def _file_in(self, directory: str) -> Path | None:
        """Give the file in a folder that has a table, or the one that was named."""
        if self._for_all:
            return self._config
        file = os.path.join(directory, "pyproject.toml")
        if not os.path.isfile(file):
            return None
        known = file in self._by_file or read_layer(Path(file), required=False) is not None
        return Path(file) if known else None

    def _from_file(self, file: Path | None) -> Settings:
        name = None if file is None else str(file)
        if name not in self._by_file:
            self._by_file[name] = self.resolve(file).settings(self)
        return self._by_file[name]

    def resolve(self, file: Path | None) -> Resolved:
        """Put together what a file, what it extends, and the command line say; raises `ConfigError`."""
        layers = _with_extended(file) if file is not None else []
        return _folded(layers, self._given)


def _directory(path: str | Path) -> str:
    """Give the folder that a path is, or lies in; one that does not exist counts as a file."""
    absolute = os.path.abspath(path)
    return absolute if os.path.isdir(absolute) else os.path.dirname(absolute)


def _with_extended(file: Path) -> list[Layer]:
    """Read a file and what it extends; the file itself comes last."""
    layers: list[Layer] = []
    seen: list[str] = []
    while True:
        layer = _required(file, layers[-1] if layers else None)
        layers.append(layer)
        seen.append(os.path.realpath(file))
        extended = layer.values.get("extend")
        if extended is None:
            return layers[::-1]
        file = Path(os.path.normpath(os.path.join(layer.root, str(extended))))
        real = os.path.realpath(file)
        if real in seen:
            circle = " -> ".join([*(str(each.file) for each in layers[seen.index(real) :]), str(file)])
            raise ConfigError(str(layer.file), layer.lines["extend"], f"`extend` goes round in a circle: {circle}")


def _required(file: Path, by: Layer | None) -> Layer:
    """Read a file that has to have a table; `by` is the layer that extends it."""
    try:
        layer = read_layer(file, required=True)
    except ConfigError as error:
        if by is None or error.line is not None:
            raise
        raise ConfigError(str(by.file), by.lines["extend"], f"`extend`: {error}") from error
    assert layer is not None, "a table is required"
    return layer


def _source(layer: Layer, name: str, value: object, *, extended: bool) -> Source:
    if layer.file is not None:
        return Source(file=layer.file, line=layer.lines[name], extended=extended)
    option = KEYS[name].option or name
    return Source(option.replace("--", "--no-", 1) if value is False else option)


def _folded(tables: list[Layer], given: Layer) -> Resolved:
    """Let each table build on those before it, and the command line on all of them."""
    nearest = tables[-1] if tables else None
    root = nearest.root if nearest is not None else None
    values: dict[str, Any] = {name: key.default for name, key in KEYS.items()}
    sources: dict[str, tuple[Source, ...]] = {}
    for layer in (*tables, given):
        for ended in (each for name in layer.values for each in KEYS[name].ends):
            values[ended] = ()
            sources.pop(ended, None)
        for name, value in layer.values.items():
            key = KEYS[name]
            placed = value if layer.root == root else key.kind.placed(value, layer.root)
            source = _source(layer, name, value, extended=layer is not nearest)
            if key.adds or (key.option_adds and layer.file is None):
                values[name] += placed
                sources[name] = (*sources.get(name, ()), source)
            else:
                values[name] = placed
                sources[name] = (source,)
    return Resolved(root, values, sources)
