"""The JSON Schema of all JSON output: `python -m gorefit.engine.report.schema` writes docs/schema.json."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import msgspec

from .records import SCHEMA_VERSION, Document

TARGET = Path("docs/schema.json")


def schema() -> bytes:
    """The schema as it stands in docs/schema.json."""
    body = cast("dict[str, object]", msgspec.json.schema(Document))
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"gorefit, schema version {SCHEMA_VERSION}",
        "description": "A document of --format json, or one line of --format jsonl.",
        **body,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def main() -> None:
    """Write the schema to docs/schema.json below the current directory, or to the path given."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(schema())


if __name__ == "__main__":
    main()
