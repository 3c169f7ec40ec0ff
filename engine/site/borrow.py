"""Functions that only borrow what they are given: no argument outlives the call, and no result shares its memory.

The lists hold functions of the standard library whose documentation, or the contract of the interface they implement,
says so; whatever is not listed may keep its arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def _names(table: Mapping[str, str]) -> frozenset[str]:
    """{"bytes": "Count Index", "(*os.File)": "Read"} as full names, the way `Site.callee` gives them."""
    return frozenset(f"{where}.{name}" for where, names in table.items() for name in names.split())


#: Read a []byte argument, do not change it, do not keep it.
READS = _names(
    {
        "bytes": (
            "Clone Compare Contains ContainsAny ContainsFunc ContainsRune Count Equal EqualFold HasPrefix HasSuffix"
            " Index IndexAny IndexByte IndexFunc IndexRune Join LastIndex LastIndexAny LastIndexByte LastIndexFunc Map"
            " Repeat Replace ReplaceAll Runes Title ToLower ToTitle ToUpper ToValidUTF8"
        ),
        "slices": "Clone Compare Contains Equal Index",
        "encoding/json": "Compact HTMLEscape Indent Unmarshal Valid",
        "encoding/xml": "EscapeText Unmarshal",
        "fmt": "Errorf Fprint Fprintf Fprintln Print Printf Println Sprint Sprintf Sprintln",
        "log": "Fatal Fatalf Fatalln Panic Panicf Panicln Print Printf Println",
        "(*log.Logger)": "Fatal Fatalf Fatalln Panic Panicf Panicln Print Printf Println",
        "encoding/hex": "Dump EncodeToString",
        "(*encoding/base64.Encoding)": "EncodeToString",
        "(*encoding/base32.Encoding)": "EncodeToString",
        "encoding/binary": "Uvarint Varint",
        "(encoding/binary.littleEndian)": "Uint16 Uint32 Uint64",
        "(encoding/binary.bigEndian)": "Uint16 Uint32 Uint64",
        "(encoding/binary.ByteOrder)": "Uint16 Uint32 Uint64",
        "crypto/md5": "Sum",
        "crypto/sha1": "Sum",
        "crypto/sha256": "Sum224 Sum256",
        "crypto/sha512": "Sum384 Sum512 Sum512_224 Sum512_256",
        "crypto/sha3": "Sum224 Sum256 Sum384 Sum512",
        "crypto/hmac": "Equal",
        "crypto/subtle": "ConstantTimeCompare",
        "hash/adler32": "Checksum",
        "hash/crc32": "Checksum ChecksumIEEE Update",
        "hash/crc64": "Checksum Update",
        "hash/maphash": "Bytes",
        "net/http": "DetectContentType",
        "os": "WriteFile",
        "io/ioutil": "WriteFile",
        "regexp": "Match",
        "(*regexp.Regexp)": (
            "FindAllIndex FindAllSubmatchIndex FindIndex FindSubmatchIndex Match ReplaceAll ReplaceAllLiteral"
        ),
        "unicode/utf8": "DecodeLastRune DecodeRune FullRune RuneCount Valid",
    }
)

#: Write into a []byte argument, do not keep it.
FILLS = _names(
    {
        "io": "CopyBuffer ReadAtLeast ReadFull",
        "crypto/rand": "Read",
        "math/rand": "Read",
        "encoding/binary": "PutUvarint PutVarint",
        "(encoding/binary.littleEndian)": "PutUint16 PutUint32 PutUint64",
        "(encoding/binary.bigEndian)": "PutUint16 PutUint32 PutUint64",
        "(encoding/binary.ByteOrder)": "PutUint16 PutUint32 PutUint64",
        "encoding/hex": "Decode Encode",
        "(*encoding/base64.Encoding)": "Decode Encode",
        "(*encoding/base32.Encoding)": "Decode Encode",
        "unicode/utf8": "EncodeRune",
    }
)

#: Append to their first argument and return it; keep none of the others.
APPENDS = _names(
    {
        "fmt": "Append Appendf Appendln",
        "strconv": (
            "AppendBool AppendFloat AppendInt AppendQuote AppendQuoteRune AppendQuoteRuneToASCII"
            " AppendQuoteToASCII AppendUint"
        ),
        "encoding/binary": "AppendUvarint AppendVarint",
        "(encoding/binary.littleEndian)": "AppendUint16 AppendUint32 AppendUint64",
        "(encoding/binary.bigEndian)": "AppendUint16 AppendUint32 AppendUint64",
        "encoding/hex": "AppendEncode",
        "(*encoding/base64.Encoding)": "AppendEncode",
        "unicode/utf8": "AppendRune",
    }
)

#: Write to an io.Writer or read from an io.Reader that they are given, and are done with it when they return.
STREAMS = _names(
    {
        "fmt": "Errorf Fprint Fprintf Fprintln Print Printf Println Sprint Sprintf Sprintln",
        "log": "Fatal Fatalf Fatalln Panic Panicf Panicln Print Printf Println",
        "(*log.Logger)": "Fatal Fatalf Fatalln Panic Panicf Panicln Print Printf Println",
        "io": "Copy CopyBuffer CopyN ReadAll ReadAtLeast ReadFull WriteString",
        "encoding/binary": "Read Write",
        "encoding/json": "Compact HTMLEscape Indent",
        "encoding/pem": "Encode",
        "encoding/xml": "Escape EscapeText",
        "go/format": "Node",
        "go/printer": "Fprint",
        "(*go/printer.Config)": "Fprint",
        "go/ast": "Fprint",
        "html/template": "HTMLEscape JSEscape",
        "text/template": "HTMLEscape JSEscape",
        "(*html/template.Template)": "Execute ExecuteTemplate",
        "(*text/template.Template)": "Execute ExecuteTemplate",
        "image/gif": "Encode EncodeAll",
        "image/jpeg": "Encode",
        "image/png": "Encode",
        "(*image/png.Encoder)": "Encode",
        "(net/http.Header)": "Write WriteSubset",
        "(*net/http.Request)": "Write WriteProxy",
        "(*net/http.Response)": "Write",
        "runtime/pprof": "WriteHeapProfile",
        "(*runtime/pprof.Profile)": "WriteTo",
    }
)

#: Wrap an io.Writer or io.Reader: the result holds on to it, nothing else does.
WRAPS = _names(
    {
        "archive/tar": "NewWriter",
        "archive/zip": "NewWriter",
        "bufio": "NewWriter NewWriterSize",
        "compress/flate": "NewWriter",
        "compress/gzip": "NewWriter NewWriterLevel",
        "compress/zlib": "NewWriter NewWriterLevel",
        "encoding/base32": "NewEncoder",
        "encoding/base64": "NewEncoder",
        "encoding/csv": "NewWriter",
        "encoding/gob": "NewDecoder NewEncoder",
        "encoding/hex": "Dumper NewEncoder",
        "encoding/json": "NewDecoder NewEncoder",
        "encoding/xml": "NewEncoder",
        "mime/multipart": "NewWriter",
        "mime/quotedprintable": "NewWriter",
        "text/tabwriter": "NewWriter",
    }
)


def is_transfer(name: str, params: Iterable[str], results: Iterable[str]) -> bool:
    """Whether a method has the name and the signature of io.Writer, io.Reader or one of their kin, whose contracts
    forbid it to keep the slice, and a writer to change it."""
    return (tuple(params), tuple(results)) == _TRANSFERS.get(name)


_TRANSFERS = {
    "Write": (("[]byte",), ("int", "error")),
    "WriteAt": (("[]byte", "int64"), ("int", "error")),
    "Read": (("[]byte",), ("int", "error")),
    "ReadAt": (("[]byte", "int64"), ("int", "error")),
}
