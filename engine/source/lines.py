"""Line ends and byte order marks: what a text editor adds around the text that gofmt sees."""

from __future__ import annotations

from dataclasses import dataclass

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Dress:
    """How a file is dressed: with a byte order mark, with CRLF at the end of every line."""

    bom: bool
    crlf: bool

    @classmethod
    def of(cls, text: bytes) -> Dress:
        newlines = text.count(b"\n")
        return cls(text.startswith(BOM), newlines > 0 and text.count(b"\r\n") == newlines)

    def off(self, text: bytes) -> bytes:
        """The text as gofmt would write it: no mark, LF."""
        plain = text.removeprefix(BOM) if self.bom else text
        return plain.replace(b"\r\n", b"\n") if self.crlf else plain

    def on(self, text: bytes) -> bytes:
        """Plain text dressed like the file."""
        return (BOM if self.bom else b"") + self.lines(text)

    def lines(self, text: bytes) -> bytes:
        """Plain lines with the file's line ends."""
        return text.replace(b"\n", b"\r\n") if self.crlf else text
