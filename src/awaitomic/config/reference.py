"""The list of all keys for ``docs/configuration.md``, made from the declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.config.settings import KEYS
from awaitomic.config.toml import toml

if TYPE_CHECKING:
    from awaitomic.config.keys import Key

BEGIN = "<!-- The keys: written by `python -m awaitomic.config .` from the program; change them there. -->"
END = "<!-- The end of the keys. -->"


def reference() -> str:
    """Give a section for each key."""
    return "\n\n".join(_section(key) for key in KEYS.values()) + "\n"


def with_reference(document: str) -> str:
    """Give the document with the list as it is by now; raises `ValueError` if the marks of its place are missing."""
    head, begin, rest = document.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        message = "the document has no place for the keys"
        raise ValueError(message)
    return f"{head}{BEGIN}\n\n{reference()}\n{END}{tail}"


def _section(key: Key) -> str:
    facts = [f"**Type:** {key.kind.said}", f"**Default:** {_default(key)}"]
    if key.option is not None:
        facts.append(f"**Option:** `{key.option}`")
    facts.append(f"**Example:** `{key.name} = {key.example}`")
    said = [key.says, *([_ADDS] if key.adds else [])]
    return f"### `{key.name}`\n\n{' '.join(said)}\n\n" + "\n".join(f"- {fact}" for fact in facts)


_ADDS = "It adds to what an extended table says, and does not replace it."


def _default(key: Key) -> str:
    if key.default is None:
        return key.absent
    plain = key.kind.plain(key.default)
    if isinstance(plain, list) and len(plain) > 4:
        return ", ".join(f"`{each}`" for each in plain)
    return f"`{toml(plain)}`"
