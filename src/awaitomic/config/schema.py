"""The JSON schema of ``[tool.awaitomic]``, by which editors complete and check it; made from the declared keys.

It is draft 7, which SchemaStore and the editors' TOML extensions read. The package holds it as
``awaitomic.schema.json``; ``python -m awaitomic.config FOLDER`` writes it anew.
"""

from __future__ import annotations

import json

from awaitomic.config.settings import KEYS

_ID = "https://json.schemastore.org/awaitomic.json"


def schema() -> dict[str, object]:
    """Give the schema as data."""
    properties: dict[str, object] = {}
    for name, key in KEYS.items():
        described = {"description": key.says, **key.kind.schema()}
        if key.default is not None:
            described["default"] = key.kind.plain(key.default)
        properties[name] = described
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": _ID,
        "title": "awaitomic",
        "description": "Settings of awaitomic: the table [tool.awaitomic] of pyproject.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }


def schema_text() -> str:
    """Give the schema as the package holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
