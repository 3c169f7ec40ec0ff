"""A codemod's documentation: its docstring under the fixed headings, its options, and every reason it declines for."""

from __future__ import annotations

import enum
import inspect
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Literal, cast, get_args, get_origin

import msgspec

from ..api import Codemod
from . import records
from .style import Style, table

HEADINGS = ("What it does", "Why", "When it declines", "Tier and risks", "Source")


def sections(doc: str) -> dict[str, str]:
    """The text under each fixed heading that `doc` has, the title line left out.

    A heading is one of HEADINGS alone on its line, with or without `#` before it, a colon or a line of dashes after it.
    """
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in inspect.cleandoc(doc).split("\n")[1:]:
        if heading := _heading(line):
            current = found.setdefault(heading, [])
        elif not (found and not current and re.fullmatch(r"[-=~]{3,}", line)):
            current.append(line)
    return {heading: textwrap.dedent("\n".join(lines)).strip("\n") for heading, lines in found.items()}


def _heading(line: str) -> str | None:
    if line[:1].isspace():
        return None
    words = line.strip("#: ").lower()
    return next((heading for heading in HEADINGS if heading.lower() == words), None)


def options(kind: type[msgspec.Struct]) -> tuple[records.OptionRecord, ...]:
    """Name, type and default of each option, as they are written in gorefit.toml."""
    return tuple(
        records.OptionRecord(field.encode_name, type_name(field.type), plain(_default(field)))
        for field in msgspec.structs.fields(kind)
    )


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.default is msgspec.NODEFAULT else field.default


def type_name(kind: object) -> str:
    """A type in the words of a TOML author: `"keep" | "ignore"`, `integer`, `list of string`."""
    origin, arguments = get_origin(kind), cast("tuple[object, ...]", get_args(kind))
    if origin is Literal:
        return " | ".join(show(word) for word in arguments)
    if isinstance(kind, enum.EnumType):
        return " | ".join(show(word) for word in cast("type[enum.Enum]", kind))
    if origin in (list, tuple):
        return f"list of {type_name(arguments[0])}"
    if hasattr(kind, "__metadata__"):  # Annotated: the bounds are told when they are broken
        return type_name(arguments[0])
    names: Mapping[object, str] = {bool: "true | false", int: "integer", float: "number", str: "string"}
    return names.get(kind, str(kind))


def plain(value: object) -> records.Value:
    """A setting's value as JSON has it."""
    if isinstance(value, enum.Enum):
        return plain(cast("object", value.value))
    if isinstance(value, (list, tuple)):
        return tuple(str(item) for item in cast("Sequence[object]", value))
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def show(value: object) -> str:
    """A setting's value as TOML writes it."""
    simple = plain(value)
    if isinstance(simple, tuple):
        return "[" + ", ".join(show(item) for item in simple) + "]"
    return msgspec.json.encode(simple).decode()


def record(codemod: Codemod) -> records.CodemodRecord:
    """The documentation as data."""
    return records.CodemodRecord(
        schema_version=records.SCHEMA_VERSION,
        id=codemod.id,
        title=codemod.title,
        tier=codemod.tier.value,
        since=codemod.since,
        doc=sections(codemod.doc),
        options=options(codemod.options),
        declines=dict(codemod.declines),
    )


def text(codemod: Codemod, style: Style) -> str:
    """The documentation as a page."""
    about = [f"tier {codemod.tier.value}", f"since gorefit {codemod.since}"]
    blocks = [f"{style.bold(codemod.id)}: {codemod.title}\n{style.dim(', '.join(about))}"]
    for heading, body in sections(codemod.doc).items():
        blocks.append(style.bold(heading) + "\n" + textwrap.indent(body, "  "))
        if heading == "When it declines" and codemod.declines:
            blocks.append(_rows([[code, words] for code, words in sorted(codemod.declines.items())], style))
    if rows := [[o.name, o.type, f"default {show(o.default)}"] for o in options(codemod.options)]:
        head = f"Options, in gorefit.toml under [{codemod.id}]"
        blocks.append(style.bold(head) + "\n" + _rows(rows, style))
    return "\n\n".join(blocks) + "\n"


def _rows(rows: Sequence[Sequence[str]], style: Style) -> str:
    padded = table(rows)
    return "\n".join("  " + "  ".join([style.cyan(row[0]), *row[1:]]).rstrip() for row in padded)
