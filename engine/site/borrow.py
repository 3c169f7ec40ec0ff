"""Functions that only borrow what they are given: no argument outlives the call, and no result shares its memory.

The lists hold functions of the standard library of which their documentation, or their source from Go 1.21 to 1.27,
says so; whatever is not listed may keep its arguments. `CONTRACTS` names those that in turn hand the memory to what
implements an interface, whose contract forbids to keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def _names(table: Mapping[str, str]) -> frozenset[str]:
    """{"bytes": "Count Index", "(*os.File)": "Read"} as full names, the way `Site.callee` gives them."""
    return frozenset(f"{where}.{name}" for where, names in table.items() for name in names.split())


_LOGS = "Fatal Fatalf Fatalln Panic Panicf Panicln Print Printf Println"
_UINTS = "Uint16 Uint32 Uint64"
_PUTS = "PutUint16 PutUint32 PutUint64"
_APPENDS = "AppendUint16 AppendUint32 AppendUint64"

#: Read a []byte argument, do not change it, do not keep it.
READS = _names(
    {
        "bytes": (
            "Clone Compare Contains ContainsAny ContainsFunc ContainsRune Count Equal EqualFold HasPrefix HasSuffix"
            " Index IndexAny IndexByte IndexFunc IndexRune Join LastIndex LastIndexAny LastIndexByte LastIndexFunc Map"
            " Repeat Replace ReplaceAll Runes Title ToLower ToTitle ToUpper ToValidUTF8"
        ),
        "slices": "Clone Compare",
        "encoding/json": "Compact HTMLEscape Indent Unmarshal Valid",
        "encoding/xml": "EscapeText Unmarshal",
        "fmt": "Errorf Fprint Fprintf Fprintln Print Printf Println Sprint Sprintf Sprintln",
        "log": _LOGS,
        "(*log.Logger)": _LOGS,
        "encoding/hex": "Dump EncodeToString",
        "(*encoding/base64.Encoding)": "EncodeToString",
        "(*encoding/base32.Encoding)": "EncodeToString",
        "encoding/binary": "Decode Uvarint Varint",
        "(encoding/binary.littleEndian)": _UINTS,
        "(encoding/binary.bigEndian)": _UINTS,
        "(encoding/binary.ByteOrder)": _UINTS,
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
        "(*math/big.Int)": "SetBytes",
        "net/http": "DetectContentType",
        "os": "WriteFile",
        "io/ioutil": "WriteFile",
        "regexp": "Match",
        "(*regexp.Regexp)": (
            "FindAllIndex FindAllSubmatchIndex FindIndex FindSubmatchIndex Match ReplaceAll ReplaceAllLiteral"
        ),
        "syscall": "Pwrite Write",
        "unicode/utf8": "DecodeLastRune DecodeRune FullRune RuneCount Valid",
    }
)

#: Write into a []byte argument, do not keep it.
FILLS = _names(
    {
        "io": "CopyBuffer ReadAtLeast ReadFull",
        "crypto/rand": "Read",
        "math/rand": "Read",
        "encoding/binary": "Encode PutUvarint PutVarint",
        "(encoding/binary.littleEndian)": _PUTS,
        "(encoding/binary.bigEndian)": _PUTS,
        "(encoding/binary.ByteOrder)": _PUTS,
        "encoding/hex": "Decode Encode",
        "runtime": "Stack",
        "(*encoding/base64.Encoding)": "Decode Encode",
        "(*encoding/base32.Encoding)": "Decode Encode",
        "syscall": "Getcwd Pread Read ReadDirent Readlink",
        "unicode/utf8": "EncodeRune",
    }
)

#: Append to their first argument and return it; keep none of the others.
APPENDS = _names(
    {
        "fmt": "Append Appendf Appendln",
        "strconv": (
            "AppendBool AppendFloat AppendInt AppendQuote AppendQuoteRune AppendQuoteRuneToASCII"
            " AppendQuoteRuneToGraphic AppendQuoteToASCII AppendQuoteToGraphic AppendUint"
        ),
        "encoding/binary": "Append AppendUvarint AppendVarint",
        "(encoding/binary.littleEndian)": _APPENDS,
        "(encoding/binary.bigEndian)": _APPENDS,
        "(encoding/binary.AppendByteOrder)": _APPENDS,
        "encoding/hex": "AppendDecode AppendEncode",
        "(*encoding/base64.Encoding)": "AppendDecode AppendEncode",
        "(*encoding/base32.Encoding)": "AppendDecode AppendEncode",
        "(hash.Hash)": "Sum",
        "(*math/big.Float)": "Append",
        "(*math/big.Int)": "Append",
        "(net/netip.Addr)": "AppendTo",
        "(time.Time)": "AppendFormat",
        "unicode/utf8": "AppendRune",
    }
)

#: Return a part of their first argument.
SUBSLICES = _names(
    {
        "bytes": ("Trim TrimFunc TrimLeft TrimLeftFunc TrimPrefix TrimRight TrimRightFunc TrimSpace TrimSuffix"),
    }
)

#: Copies that are nil where the original is.
NIL_KEEPING = frozenset({"bytes.Clone", "slices.Clone"})

#: Write to an io.Writer or read from an io.Reader that they are given, and are done with it when they return.
STREAMS = _names(
    {
        "fmt": ("Errorf Fprint Fprintf Fprintln Fscan Fscanf Fscanln Print Printf Println Sprint Sprintf Sprintln"),
        "log": _LOGS,
        "(*log.Logger)": _LOGS,
        "io": "Copy CopyBuffer CopyN ReadAll ReadAtLeast ReadFull WriteString",
        "encoding/binary": "Read ReadUvarint ReadVarint Write",
        "encoding/json": "Compact HTMLEscape Indent",
        "encoding/pem": "Encode",
        "encoding/xml": "Escape EscapeText",
        "go/ast": "Fprint",
        "go/format": "Node",
        "go/printer": "Fprint",
        "(*go/printer.Config)": "Fprint",
        "html/template": "HTMLEscape JSEscape",
        "text/template": "HTMLEscape JSEscape",
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
#: Borrow their first argument, the writer; the data of a template goes to whatever functions it calls.
TEMPLATES = _names(
    {
        "(*html/template.Template)": "Execute ExecuteTemplate",
        "(*text/template.Template)": "Execute ExecuteTemplate",
    }
)

#: Wrap an io.Writer or io.Reader: the result holds on to it, nothing else does.
WRAPS = _names(
    {
        "archive/tar": "NewWriter",
        "archive/zip": "NewWriter",
        "bufio": "NewReader NewReaderSize NewScanner NewWriter NewWriterSize",
        "compress/flate": "NewReader NewWriter",
        "compress/gzip": "NewReader NewWriter NewWriterLevel",
        "compress/zlib": "NewReader NewWriter NewWriterLevel",
        "encoding/base32": "NewDecoder NewEncoder",
        "encoding/base64": "NewDecoder NewEncoder",
        "encoding/csv": "NewReader NewWriter",
        "encoding/gob": "NewDecoder NewEncoder",
        "encoding/hex": "Dumper NewDecoder NewEncoder",
        "encoding/json": "NewDecoder NewEncoder",
        "encoding/xml": "NewDecoder NewEncoder",
        "io": "LimitReader MultiReader MultiWriter TeeReader",
        "log": "New",
        "mime/multipart": "NewWriter",
        "mime/quotedprintable": "NewReader NewWriter",
        "text/tabwriter": "NewWriter",
    }
)

#: Look at the elements of the slices that they are given, or put them in order; keep neither slices nor elements.
SORTS = _names(
    {
        "slices": "BinarySearch Contains Equal Index IsSorted Max Min Reverse Sort",
        "sort": "Float64s Ints IntsAreSorted SearchInts SearchStrings Strings StringsAreSorted",
        "strings": "Join",
    }
)

#: The same for their first argument, with a function that they call.
KEYED = _names(
    {
        "slices": "BinarySearchFunc ContainsFunc IndexFunc IsSortedFunc MaxFunc MinFunc SortFunc SortStableFunc",
        "sort": "Slice SliceIsSorted SliceStable",
    }
)

#: Call a function argument, if at all, before they return, and on the same goroutine.
CALLS = _names(
    {
        "bytes": "ContainsFunc FieldsFunc IndexFunc LastIndexFunc Map TrimFunc TrimLeftFunc TrimRightFunc",
        "go/ast": "Inspect",
        "io/fs": "WalkDir",
        "path/filepath": "Walk WalkDir",
        "(*regexp.Regexp)": "ReplaceAllFunc ReplaceAllStringFunc",
        "slices": (
            "BinarySearchFunc ContainsFunc DeleteFunc IndexFunc IsSortedFunc MaxFunc MinFunc SortFunc SortStableFunc"
        ),
        "sort": "Search Slice SliceIsSorted SliceStable",
        "strings": "ContainsFunc FieldsFunc IndexFunc LastIndexFunc Map TrimFunc TrimLeftFunc TrimRightFunc",
        "(*sync.Map)": "Range",
        "(*sync.Once)": "Do",
    }
)

#: The interface that stands between a listed function and code that nobody has seen.
CONTRACTS: Mapping[str, str] = {
    "crypto/rand.Read": "io.Reader",
    "encoding/json.Unmarshal": "json.Unmarshaler",
    "encoding/xml.EscapeText": "io.Writer",
    "io.Copy": "io.Reader and io.Writer",
    "io.CopyBuffer": "io.Reader and io.Writer",
    "io.CopyN": "io.Reader and io.Writer",
    "io.ReadAtLeast": "io.Reader",
    "io.ReadFull": "io.Reader",
}


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


def is_piping(name: str, params: Iterable[str], results: Iterable[str]) -> str:
    """The interface of a method like `x.WriteTo(w)` and `x.ReadFrom(r)`, which are done with the stream when they
    return; "" for one of another name or signature."""
    takes, interface = _PIPES.get(name, ("", ""))
    return interface if (tuple(params), tuple(results)) == ((takes,), ("int64", "error")) else ""


_PIPES = {"WriteTo": ("io.Writer", "io.WriterTo"), "ReadFrom": ("io.Reader", "io.ReaderFrom")}
