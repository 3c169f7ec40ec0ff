"""The compiler's own escape verdicts: what of a package goes to the heap.

1. `go build -gcflags=-json=0,DIR` compiles one package and writes a JSON file for each source file. The compiler
   writes only what escapes; where it is silent, the value stays on the stack.
2. A compiler that writes no such files is asked with -m=2, and its words are read.
3. go does not replay these files from its cache, so DIR has a new name each time and the answer is kept by the
   package's build ID: verdicts differ between toolchains and after any change of a dependency.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import msgspec

from .. import tempdirs
from ..configuration import Configuration
from ..model import GorefitError, Place
from ..toolchain import Toolchain
from ..workspace import Package


class _Point(msgspec.Struct):
    line: int
    character: int


class _Range(msgspec.Struct):
    start: _Point


class _Location(msgspec.Struct):
    uri: str
    range: _Range


class _Related(msgspec.Struct):
    location: _Location
    message: str = ""


class _Record(msgspec.Struct):
    file: str = ""
    code: str = ""
    range: _Range | None = None
    relatedInformation: tuple[_Related, ...] = ()  # the compiler's spelling


@dataclass(frozen=True, slots=True)
class Escapes:
    """The places of a package that go to the heap: file, 1-based line and byte column."""

    places: frozenset[tuple[str, int, int]]

    def within(self, place: Place) -> bool:
        """Whether something inside this span goes to the heap."""
        first, last = (place.line, place.column), (place.end_line, place.end_column)
        return any(file == str(place.path) and first <= (line, column) <= last for file, line, column in self.places)


def verdicts(
    toolchain: Toolchain, package: Package, configuration: Configuration, cache: Path
) -> Callable[[Place], bool | None]:
    """Answers for spans of a package whether something in them goes to the heap; the compiler runs at the first one.

    Of a cgo file it compiles another text, and says nothing of the places in this one.
    """
    asked = lru_cache(maxsize=1)(lambda: of_package(toolchain, package, configuration, cache))

    def answer(place: Place) -> bool | None:
        found = asked()
        return None if found is None or place.path in package.cgo_files else found.within(place)

    return answer


def of_package(toolchain: Toolchain, package: Package, configuration: Configuration, cache: Path) -> Escapes | None:
    """The verdicts for a package as it is on disk; None where the compiler cannot be asked (it does not build, or it
    is a test variant, which has no name that go build knows)."""
    if package.for_test or not package.build_id:
        return None
    key = hashlib.sha256(f"2\0{toolchain.version}\0{package.import_path}\0{package.build_id}".encode()).hexdigest()
    kept = cache / "escapes" / key
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        return Escapes(msgspec.json.decode(kept.read_bytes(), type=frozenset[tuple[str, int, int]]))
    found = _ask(toolchain, package, configuration)
    if found is not None:
        with contextlib.suppress(OSError):
            _keep(kept, found)
    return found


def _ask(toolchain: Toolchain, package: Package, configuration: Configuration) -> Escapes | None:
    folder = Path(tempfile.mkdtemp(prefix=tempdirs.prefix()))
    try:
        _build(toolchain, package, configuration, f"-json=0,{folder}")
        written = list(folder.rglob("*.json"))
        if not written:
            return Escapes(frozenset(spoken(_build(toolchain, package, configuration, "-m=2"), package.dir)))
        return Escapes(frozenset(place for path in written for place in _places(path.read_bytes())))
    except (GorefitError, msgspec.MsgspecError):
        return None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _build(toolchain: Toolchain, package: Package, configuration: Configuration, flag: str) -> bytes:
    """Compile the package with a flag for the compiler; what that says."""
    flags = (f"-gcflags={flag}", "-o", os.devnull, *configuration.flags())
    return toolchain.run("build", *flags, ".", cwd=package.dir, env=configuration.environment()).stderr


_SPOKEN = re.compile(rb"^(.+\.go):(\d+):(\d+): (?:moved to heap: .*|.* escapes to heap(?: in .*)?:?)$", re.MULTILINE)


def spoken(said: bytes, folder: Path) -> Iterator[tuple[str, int, int]]:
    """The places in the words of `-m` or `-m=2`, whose file names are relative to the package's folder."""
    for name, line, column in _SPOKEN.findall(said):
        yield os.path.normpath(folder / os.fsdecode(name)), int(line), int(column)


def _places(text: bytes) -> Iterator[tuple[str, int, int]]:
    """What one file of the compiler says: a head that names the source file, then a record a line.

    Of what was inlined, `range` is the call; where it stands in the callee is told first of the related places. A
    function literal may be compiled in no other way.
    """
    records = [msgspec.json.decode(line, type=_Record) for line in text.splitlines() if line.strip()]
    file = records[0].file if records else ""
    for record in records[1:]:
        # "escape" is said of expressions, mostly twice, with and without a message; "escapes" of variables
        if record.code in {"escape", "escapes"} and record.range is not None:
            yield file, record.range.start.line, record.range.start.character
            for one in itertools.takewhile(lambda each: each.message == "inlineLoc", record.relatedInformation):
                there, start = unquote(one.location.uri.removeprefix("file://")), one.location.range.start
                if Path(there).parent == Path(file).parent:
                    yield there, start.line, start.character


def _keep(path: Path, found: Escapes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(sorted(found.places)))
    Path(name).replace(path)
