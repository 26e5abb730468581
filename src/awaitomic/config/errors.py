"""What is wrong with a configuration, with its place."""

from __future__ import annotations


class ConfigError(Exception):
    """A configuration that cannot be used. Attributes: `path`, `line` (None if unknown), `message`."""

    def __init__(self, path: str, line: int | None, message: str) -> None:
        super().__init__(path, line, message)
        self.path = path
        self.line = line
        self.message = message

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}" if place else self.message


class Mistake(ValueError):  # noqa: N818 - it becomes a `ConfigError` where its file is known
    """A value that is wrong; `word` is what to look for in the file, to say in which line it stands."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(word, message)
        self.word = word
        self.message = message
