"""The messages between gorefit and its facts server: one JSON object per line each way.

Tables travel as little-endian integers in base64. A row refers to a string, type, object or list by its index, and
to nothing by -1; a list is a count followed by that many integers.
"""

from __future__ import annotations

import sys
from array import array

import msgspec

TYPE_WIDTH, OBJECT_WIDTH, SELECTION_WIDTH, SCOPE_WIDTH, NAME_WIDTH = 11, 11, 5, 6, 3


class ExportRef(msgspec.Struct):
    path: str
    file: bytes  # as os.fsencode gives it: file names need not be UTF-8


class FileRequest(msgspec.Struct):
    path: bytes
    overlay: bool
    text: bytes
    new: bool
    spans: list[int]


class Init(msgspec.Struct, tag_field="op", tag="init"):
    id: int
    exports: list[ExportRef]
    jobs: int


class Check(msgspec.Struct, tag_field="op", tag="check"):
    id: int
    import_path: str
    go_version: str
    os: str
    arch: str
    tags: list[str]
    import_map: dict[str, str]
    files: list[FileRequest]
    cgo: bool
    variant: bool
    whole: bool


class Format(msgspec.Struct, tag_field="op", tag="format"):
    id: int
    texts: list[bytes]


class ProblemReply(msgspec.Struct):
    file: int
    offset: int
    line: int
    column: int
    message: str
    soft: bool


class ImportReply(msgspec.Struct):
    name: str
    path: str


class FileReply(msgspec.Struct):
    """A file's own facts, and the number of its first row in each table that is sorted by file."""

    go_version: str
    imports: list[ImportReply] | None
    idents: int
    exprs: int
    selections: int
    instances: int
    scopes: int


class FactsReply(msgspec.Struct):
    path: str
    problems: list[ProblemReply] | None
    files: list[FileReply] | None
    strings: list[str]
    types: bytes
    objects: bytes
    lists: bytes
    ident_at: bytes
    ident_object: bytes
    uses: bytes
    expr_start: bytes
    expr_end: bytes
    expr_type: bytes
    expr_flags: bytes
    expr_value: bytes
    selections: bytes
    instances: bytes
    scopes: bytes
    names: bytes


class FormatReply(msgspec.Struct):
    text: bytes | None = None
    error: str = ""
    line: int = 0
    column: int = 0


class Reply(msgspec.Struct):
    id: int
    begun: bool = False
    panic: str = ""
    facts: FactsReply | None = None
    formats: list[FormatReply] | None = None
    jobs: int = 0


def integers(data: bytes, typecode: str = "i") -> array[int]:
    """The little-endian integers in `data`, of 4 bytes ("i") or 8 ("q")."""
    values: array[int] = array(typecode)
    values.frombytes(data)
    if sys.byteorder == "big":
        values.byteswap()
    return values
