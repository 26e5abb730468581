"""Words as a user's shell has to be given them, in commands that are printed to be copied."""

from __future__ import annotations

import os


def quoted(word: str) -> str:
    """Quote one word for the user's shell; what no terminal shows as it is becomes escapes (``$'…'``)."""
    if os.name == "nt":
        import subprocess  # noqa: PLC0415 - only where it is needed

        return subprocess.list2cmdline([word])
    if word.isprintable():
        import shlex  # noqa: PLC0415 - only where a command is printed

        return shlex.quote(word)
    escaped = (
        char if char.isprintable() and char not in "'\\" else "".join(f"\\x{byte:02x}" for byte in os.fsencode(char))
        for char in word
    )
    return f"$'{''.join(escaped)}'"
