"""Turns bytes into text and back without loss, because a patch may only change what it means to change.

Python's own rules decide the encoding (PEP 263: byte order mark, then cookie, then UTF-8). Newlines are kept as they
are; lines end at LF, CRLF and CR and nowhere else, as CPython's tokenizer sees it. `str.splitlines` would also break
at form feeds and U+2028, which Python source may contain.
"""

from __future__ import annotations

import ast
import codecs
import os
import re
import sys
import tokenize
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_FIRST_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")


class Unreadable(Exception):  # noqa: N818 - names the state of the file; it is reported, not a fault of the program
    """A file that cannot be decoded, parsed or opened.

    Attributes: `path` as shown to the user, `line` and `column` (both from 1, columns in characters), `message`.
    """

    def __init__(self, path: str, line: int, column: int, message: str) -> None:
        super().__init__(path, line, column, message)
        self.path = path
        self.line = line
        self.column = column
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class Unwritable(Exception):  # noqa: N818 - as for Unreadable
    """Text that the encoding of its file cannot hold; `message` says which character."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(path, message)
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file's text together with what is needed to write it back.

    `text` has its original newlines and no byte order mark; `encoding` is the name of a Python codec.
    """

    path: str
    raw: bytes = field(repr=False)
    text: str = field(repr=False)
    encoding: str = "utf-8"
    bom: bool = False

    def encode(self, text: str) -> bytes:
        """Give the bytes of a changed text of this file: the exact inverse of `decode`.

        Raises `Unwritable` if the encoding lacks a character, or is one (such as UTF-7) in which one text has
        several spellings, so that bytes outside the change would differ.
        """
        try:
            body = text.encode(self.encoding)
        except UnicodeEncodeError as error:
            bad = text[error.start]
            message = f"{bad!r} (U+{ord(bad):04X}) cannot be written in the encoding {self.encoding} of this file"
            raise Unwritable(self.path, message) from error
        except UnicodeError as error:  # of codecs for host names, which Python accepts in a cookie
            raise Unwritable(self.path, f"cannot be written in {self.encoding}: {error}") from error
        if self.encoding == "utf-8":
            return codecs.BOM_UTF8 + body if self.bom else body
        if self.text.encode(self.encoding) != self.raw or body.decode(self.encoding) != text:
            raise Unwritable(self.path, f"a file in {self.encoding} cannot be rewritten byte for byte")
        return body


def display_path(path: str | os.PathLike[str], cwd: str | None = None) -> str:
    """Give `path` as it is shown to people: with ``/``, and relative to `cwd` (default: the real one) if below it."""
    absolute = os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow symlinks, and Path.absolute keeps ".."
    base = os.getcwd() if cwd is None else cwd  # noqa: PTH109 - a string is wanted
    if absolute.startswith(base.rstrip(os.sep) + os.sep):
        absolute = absolute[len(base.rstrip(os.sep)) + 1 :]
    return absolute.replace(os.sep, "/")


def read(path: Path) -> SourceText:
    """Read and decode a file.

    Raises `Unreadable` if it cannot be opened or decoded.
    """
    return decode(display_path(path), read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """Read a file; raises `Unreadable` if it cannot be opened."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(display_path(path), 1, 1, f"cannot be read: {error.strerror or error}") from error


def decode(path: str, raw: bytes) -> SourceText:
    """Decode the bytes of a Python file as Python would (PEP 263).

    `path` is only used in messages. Raises `Unreadable`, with the place, for NUL bytes, an unknown or contradictory
    encoding declaration, and bytes that the encoding does not allow.
    """
    encoding, bom = _encoding_of(path, raw)
    body = raw[len(codecs.BOM_UTF8) :] if bom else raw
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        line, column = _place(_prefix(body[: error.start], encoding))
        found = " ".join(f"0x{byte:02x}" for byte in body[error.start : error.end][:4])
        declared = "" if _cookie_line(raw) else ", and no other encoding is declared"
        raise Unreadable(path, line, column, f"not valid {encoding}: {found} ({error.reason}){declared}") from error
    except (UnicodeError, LookupError, ValueError) as error:
        raise Unreadable(path, _cookie_line(raw) or 1, 1, f"cannot be decoded as {encoding}: {error}") from error
    if "\0" in text:
        line, column = _place(text[: text.index("\0")])
        raise Unreadable(path, line, column, "source code cannot contain NUL bytes")
    return SourceText(path, raw, text, encoding, bom)


def split_lines(text: str, *, keepends: bool = False) -> list[str]:
    """Split at LF, CRLF and CR only; as with `str.splitlines`, a final newline starts no further line."""
    if keepends:
        return _LINE.findall(text)
    if "\r" in text:
        text = normalise_newlines(text)
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def normalise_newlines(text: str) -> str:
    """Turn CRLF and CR into LF; lines and columns stay what they were."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse(source: SourceText) -> ast.Module:
    """Parse a file with the grammar of the running Python; warnings about its content are not shown.

    Raises `Unreadable` with line, column and reason; if the file plainly is of another Python, with its version.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source.text)
    except SyntaxError as error:
        raise _syntax_error(source, error) from error
    except (RecursionError, MemoryError) as error:
        message = "nested too deeply for Python's parser"
        raise Unreadable(source.path, 1, 1, message) from error
    except ValueError as error:
        raise Unreadable(source.path, 1, 1, f"cannot be parsed: {error}") from error


def _syntax_error(source: SourceText, error: SyntaxError) -> Unreadable:
    lines = split_lines(source.text)
    line = min(max(error.lineno or 1, 1), max(len(lines), 1))
    content = lines[line - 1] if lines else ""
    column = min(max(error.offset or 1, 1), len(content) + 1)
    message = f"{type(error).__name__}: {error.msg}"
    from awaitomic.source.other_python import other_python_hint  # noqa: PLC0415 - only where something is wrong

    hint = other_python_hint(error.msg, content, sys.version_info[:2])
    return Unreadable(source.path, line, column, f"{message} ({hint})" if hint else message)


def _encoding_of(path: str, raw: bytes) -> tuple[str, bool]:
    """Give the codec's name and whether there is a byte order mark (which only UTF-8 may have)."""
    lines = iter(_first_lines(raw))
    try:
        name, _ = tokenize.detect_encoding(lambda: next(lines, b""))
    except SyntaxError as error:
        message = error.msg
        if message.startswith("encoding problem"):
            message = "the declared encoding contradicts the byte order mark, which says UTF-8"
        raise Unreadable(path, _cookie_line(raw) or 1, 1, message) from error
    if name == "utf-8-sig":
        return "utf-8", True
    return name, False


def _first_lines(raw: bytes) -> list[bytes]:
    """Give the two lines that may declare an encoding, cut at CR too, which `detect_encoding` itself does not do.

    It also wants them to be UTF-8, where CPython accepts what the cookie in them says: other bytes become ``?``.
    """
    bom = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    first = _FIRST_LINE.match(raw, len(bom))
    second = _FIRST_LINE.match(raw, first.end()) if first else None
    ascii_lines = [_NOT_ASCII.sub(b"?", match[0]) for match in (first, second) if match]
    return [bom + ascii_lines[0], *ascii_lines[1:]] if ascii_lines else []


def _cookie_line(raw: bytes) -> int | None:
    """Give the number of the line that declares an encoding, or None."""
    for number, line in enumerate(_first_lines(raw), start=1):
        if _COOKIE.match(line.removeprefix(codecs.BOM_UTF8)):
            return number
    return None


def _prefix(before: bytes, encoding: str) -> str:
    """Decode what stands before an undecodable byte (some codecs cannot decode a part: then one byte is a column)."""
    try:
        return before.decode(encoding)
    except UnicodeError:
        return before.decode("latin-1")


def _place(before: str) -> tuple[int, int]:
    """Give line and column of what follows `before`."""
    text = normalise_newlines(before)
    return text.count("\n") + 1, len(text) - text.rfind("\n")
