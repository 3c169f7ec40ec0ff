"""Go string and rune literals, read and written."""

from __future__ import annotations

import re

_ESCAPE = re.compile(r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_SIMPLE = dict(zip("abfnrtv\\'\"", "\a\b\f\n\r\t\v\\'\"", strict=True))
_NAMED = {char: rf"\{name}" for name, char in zip("abfnrtv\\'", "\a\b\f\n\r\t\v\\'", strict=True)}


def unquote(literal: str) -> bytes | None:
    """The bytes of an interpreted string literal (as go/constant prints constants) or a raw one; None if it is none."""
    if len(literal) >= 2 and literal[0] == literal[-1] == "`":
        return literal[1:-1].replace("\r", "").encode()
    if len(literal) < 2 or literal[0] != '"' or literal[-1] != '"':
        return None
    out, at, body = bytearray(), 0, literal[1:-1]
    for match in _ESCAPE.finditer(body):
        out += body[at : match.start()].encode()
        out += _escaped(match)
        at = match.end()
    return bytes(out + body[at:].encode())


def _escaped(match: re.Match[str]) -> bytes:
    simple, hexadecimal, octal, short, long = match.groups()
    if simple:
        return _SIMPLE[simple].encode()
    if hexadecimal or octal:
        return bytes([int(hexadecimal, 16) if hexadecimal else int(octal, 8)])
    return chr(int(short or long, 16)).encode()


def quote_byte(byte: int) -> str:
    """An ASCII byte as a Go rune literal: ',' '\\n' '\\''."""
    char = chr(byte)
    return f"'{_NAMED.get(char, char if char.isprintable() else f'{chr(92)}x{byte:02x}')}'"
