"""Imports are judged by gofmt and the compiler: a clean file stays clean, and what is imported compiles."""

from __future__ import annotations

import random
import re
import subprocess
import textwrap
from pathlib import Path

import pytest
from gorefit.engine.edit.edits import EditError, apply
from gorefit.engine.edit.imports import ImportName, add, assumed_name, imported, imported_at, local_name, remove
from gorefit.engine.model import ImportRequest
from gorefit.engine.source.gofile import GoFile
from gorefit.engine.toolchain import Toolchain

TAIL = "\nfunc f() {}\n"


def go_file(text: str | bytes) -> GoFile:
    return GoFile(Path("x.go"), text.encode() if isinstance(text, str) else text)


def added(text: str | bytes, *requests: str | tuple[str, str]) -> str:
    file = go_file(text)
    wanted = [ImportRequest(r) if isinstance(r, str) else ImportRequest(r[1], r[0]) for r in requests]
    result = apply(file.text, add(file, wanted))
    assert add(go_file(result), wanted) == ()
    return result.decode()


def removed(text: str, *paths: str | tuple[str, str]) -> str:
    file = go_file(text)
    pairs = [("", path) if isinstance(path, str) else path for path in paths]
    return apply(file.text, remove(file, pairs)).decode()


def source(text: str) -> str:
    return re.sub(r"(?m)^    ", "\t", textwrap.dedent(text).lstrip("\n"))


def gofmt(toolchain: Toolchain, *args: str, text: bytes | None = None) -> bytes:
    command = [str(toolchain.goroot / "bin" / "gofmt"), *args]
    return subprocess.run(command, input=text, capture_output=True, check=True).stdout


ADDED = {
    "into the middle of a block": (
        """
        package p

        import (
            "bytes"
            "os"
        )
        """,
        ["fmt"],
        """
        package p

        import (
            "bytes"
            "fmt"
            "os"
        )
        """,
    ),
    "at either end, several at once": (
        """
        package p

        import (
            "fmt"
        )
        """,
        ["bytes", "sync", "strings"],
        """
        package p

        import (
            "bytes"
            "fmt"
            "strings"
            "sync"
        )
        """,
    ),
    "std with std, third party with its kin": (
        """
        package p

        import (
            "fmt"

            "github.com/a/b"

            "example.com/mine/x"
        )
        """,
        ["strings", "example.com/mine/y", "golang.org/x/sync"],
        """
        package p

        import (
            "fmt"
            "strings"

            "github.com/a/b"
            "golang.org/x/sync"

            "example.com/mine/x"
            "example.com/mine/y"
        )
        """,
    ),
    "std above a block of others": (
        """
        package p

        import (
            // ours
            "github.com/a/b"
        )
        """,
        ["strings"],
        """
        package p

        import (
            "strings"

            // ours
            "github.com/a/b"
        )
        """,
    ),
    "others below a block of std": (
        """
        package p

        import (
            "fmt"
        )
        """,
        ["github.com/a/b"],
        """
        package p

        import (
            "fmt"

            "github.com/a/b"
        )
        """,
    ),
    "std beside a module without a dot in its name": (
        """
        package p

        import (
            "orders/db"
            "orders/web"

            "fmt"
        )
        """,
        ["errors", "orders/mail"],
        """
        package p

        import (
            "orders/db"
            "orders/mail"
            "orders/web"

            "errors"
            "fmt"
        )
        """,
    ),
    "a single import becomes a block": (
        """
        // Package p is documented.
        package p

        // doc
        import "os" // why
        """,
        ["fmt"],
        """
        // Package p is documented.
        package p

        // doc
        import (
            "fmt"
            "os" // why
        )
        """,
    ),
    "a single import of another kind gets a group of its own": (
        """
        package p

        import x "github.com/a/b"
        """,
        ["fmt", "os"],
        """
        package p

        import (
            "fmt"
            "os"

            x "github.com/a/b"
        )
        """,
    ),
    "rows of single imports grow by a row": (
        """
        package p

        import "bytes"
        import "os"
        """,
        ["fmt", "strings", "bufio"],
        """
        package p

        import "bufio"
        import "bytes"
        import "fmt"
        import "os"
        import "strings"
        """,
    ),
    "no import yet": (
        """
        //go:build linux

        // Copyright nobody.

        package p // stays

        var x = 1
        """,
        ["fmt"],
        """
        //go:build linux

        // Copyright nobody.

        package p // stays

        import "fmt"

        var x = 1
        """,
    ),
    "no import yet, two wanted, a comment below the clause": (
        """
        package p

        // about x

        var x = 1
        """,
        ["os", "fmt"],
        """
        package p

        import (
            "fmt"
            "os"
        )

        // about x

        var x = 1
        """,
    ),
    "cgo stays alone": (
        """
        package p

        // #include <stdio.h>
        import "C"
        import "os"
        """,
        ["fmt"],
        """
        package p

        // #include <stdio.h>
        import "C"
        import (
            "fmt"
            "os"
        )
        """,
    ),
    "only cgo": (
        """
        package p

        /*
        #cgo LDFLAGS: -lm
        */
        import "C"

        var x = 1
        """,
        ["fmt"],
        """
        package p

        /*
        #cgo LDFLAGS: -lm
        */
        import "C"

        import "fmt"

        var x = 1
        """,
    ),
    "an empty block": (
        """
        package p

        import ()
        """,
        ["fmt"],
        """
        package p

        import (
            "fmt"
        )
        """,
    ),
    "aliases, dots and blanks are other imports": (
        """
        package p

        import (
            _ "embed"
            . "fmt"
            str "strings"
        )
        """,
        ["embed", "fmt", "strings", ("io2", "io")],
        """
        package p

        import (
            "embed"
            _ "embed"
            "fmt"
            . "fmt"
            io2 "io"
            "strings"
            str "strings"
        )
        """,
    ),
    "not among imports for side effects": (
        """
        package p

        import (
            "net/http"
            "os"

            // profiles
            _ "net/http/pprof"
        )
        """,
        ["net/http/httptrace"],
        """
        package p

        import (
            "net/http"
            "net/http/httptrace"
            "os"

            // profiles
            _ "net/http/pprof"
        )
        """,
    ),
    "a heading stays the heading": (
        """
        package p

        import (
            // standard library
            "fmt"
            "os"
        )
        """,
        ["bytes"],
        """
        package p

        import (
            // standard library
            "bytes"
            "fmt"
            "os"
        )
        """,
    ),
    "a directive stays with its import": (
        """
        package p

        import (
            //nolint:depguard // needed
            "fmt"
            "os"
        )
        """,
        ["bytes"],
        """
        package p

        import (
            "bytes"
            //nolint:depguard // needed
            "fmt"
            "os"
        )
        """,
    ),
    "a comment inside a group stays with its import": (
        """
        package p

        import (
            "bytes"
            // for the exit code
            "os"
            "strings"
        )
        """,
        ["fmt", "sort"],
        """
        package p

        import (
            "bytes"
            "fmt"
            // for the exit code
            "os"
            "sort"
            "strings"
        )
        """,
    ),
    "columns of comments are split": (
        """
        package p

        import (
            "bytes"         // b
            "encoding/json" // j
            "os"            // o
        )
        """,
        ["fmt"],
        """
        package p

        import (
            "bytes"         // b
            "encoding/json" // j
            "fmt"
            "os" // o
        )
        """,
    ),
}


@pytest.mark.parametrize("before, requests, after", ADDED.values(), ids=ADDED.keys())
def test_an_import_goes_where_a_reader_expects_it(
    toolchain: Toolchain, before: str, requests: list[str], after: str
) -> None:
    before, after = source(before), source(after)
    if "\nvar" not in before:
        before, after = before + TAIL, after + TAIL
    assert gofmt(toolchain, text=before.encode()).decode() == before
    result = added(before, *requests)
    assert result == after
    assert gofmt(toolchain, text=result.encode()).decode() == result


REMOVED = {
    "a line of a block": ('import (\n\t"fmt"\n\t"os"\n)\n', ["os"], 'import (\n\t"fmt"\n)\n'),
    "a block": ('import (\n\t"os"\n)\n', ["os"], ""),
    "all of a block": ('import (\n\t"fmt" // x\n\n\t"os"\n)\n', ["os", "fmt"], ""),
    "a single import": ('import "os" // why\n', ["os"], ""),
    "one of several declarations": ('import "os"\nimport "fmt"\n', ["os"], 'import "fmt"\n'),
    "the first group": ('import (\n\t"fmt"\n\n\t"a.b/c"\n)\n', ["fmt"], 'import (\n\t"a.b/c"\n)\n'),
    "the last group": ('import (\n\t"fmt"\n\n\t"a.b/c"\n)\n', ["a.b/c"], 'import (\n\t"fmt"\n)\n'),
    "a group between": (
        'import (\n\t"fmt"\n\n\t// its own\n\t"a.b/c"\n\n\t"d.e/f"\n)\n',
        ["a.b/c"],
        'import (\n\t"fmt"\n\n\t"d.e/f"\n)\n',
    ),
    "under a heading": (
        'import (\n\t// std\n\t"fmt"\n\t"os"\n)\n',
        ["fmt"],
        'import (\n\t// std\n\t"os"\n)\n',
    ),
    "its comments": (
        'import (\n\t"fmt"\n\t// for x\n\t"os" // y\n\t"time"\n)\n',
        ["os"],
        'import (\n\t"fmt"\n\t"time"\n)\n',
    ),
    "only under that name": (
        'import (\n\t"fmt"\n\t_ "fmt"\n\tf "fmt"\n)\n',
        [("f", "fmt")],
        'import (\n\t"fmt"\n\t_ "fmt"\n)\n',
    ),
    "a column of comments closes up": (
        'import (\n\t"a" // 1\n\t"fmt"\n\t"longer" // 2\n)\n',
        ["fmt"],
        'import (\n\t"a"      // 1\n\t"longer" // 2\n)\n',
    ),
    "never cgo": ('// int x;\nimport "C"\n', ["C"], '// int x;\nimport "C"\n'),
    "above a preamble": (
        '// doc\nimport "os"\n\n// int x;\nimport "C"\n',
        ["os"],
        '// doc\n\n// int x;\nimport "C"\n',
    ),
    "what is not there": ('import "os"\n', ["fmt"], 'import "os"\n'),
}


@pytest.mark.parametrize("before, paths, after", REMOVED.values(), ids=REMOVED.keys())
def test_an_import_leaves_no_hole(toolchain: Toolchain, before: str, paths: list[str], after: str) -> None:
    before = "package p\n\n" + before + TAIL
    assert gofmt(toolchain, text=before.encode()).decode() == before
    result = removed(before, *paths)
    assert result == "package p\n\n" + (after + TAIL if after else TAIL[1:])
    assert gofmt(toolchain, text=result.encode()).decode() == result


@pytest.mark.parametrize(
    "before, after",
    [
        ('package p; import "os"; func f() {}', 'package p; import ("os"; "fmt"); func f() {}'),
        ("package p; func f() {}", 'package p; import "fmt"; func f() {}'),
        ("package p;\nfunc f() {}", 'package p;\n\nimport "fmt"\n\nfunc f() {}'),
        ("package p\nfunc f() {}", 'package p\n\nimport "fmt"\n\nfunc f() {}'),
        ("package p", 'package p\n\nimport "fmt"'),
        ("package p // c", 'package p // c\n\nimport "fmt"'),
        ("package p /* a\nb */ // c\n", 'package p /* a\nb */ // c\n\nimport "fmt"\n'),
        ('package p\nimport ("bytes"; "os")\n', 'package p\nimport ("bytes"; "fmt"; "os")\n'),
        ('package p\nimport ("bytes"; "z.b/c")\n', 'package p\nimport ("bytes"; "fmt"; "z.b/c")\n'),
        ('package p\nimport ("a.b/c")\n', 'package p\nimport ("fmt"; "a.b/c")\n'),
        ('package p\nimport ("bytes"\n"os")\n', 'package p\nimport ("bytes"\n"fmt"\n"os")\n'),
        ('package p\nimport ("bytes"\n"cmp")\n', 'package p\nimport ("bytes"\n"cmp"; "fmt")\n'),
        ('package p\r\n\r\nimport "os"\r\n', 'package p\r\n\r\nimport (\r\n\t"fmt"\r\n\t"os"\r\n)\r\n'),
        ("package p // c\r\n\r\nvar x int\r\n", 'package p // c\r\n\r\nimport "fmt"\r\n\r\nvar x int\r\n'),
        ('package p\r\n\r\nimport (\r\n\t"bytes" // b\r\n)\r\n',
         'package p\r\n\r\nimport (\r\n\t"bytes" // b\r\n\t"fmt"\r\n)\r\n'),
        ("\ufeffpackage p\n", '\ufeffpackage p\n\nimport "fmt"\n'),
        ('package p\nimport /* c */ "os"\n', 'package p\nimport /* c */ (\n\t"fmt"\n\t"os"\n)\n'),
        ("package p\nimport `os`\n", 'package p\nimport (\n\t"fmt"\n\t`os`\n)\n'),
        ('package p\nimport "C"; import "os"\n', 'package p\nimport "C"; import ("os"; "fmt")\n'),
        ('package p\nimport ("C"; "os")\n', 'package p\nimport ("C"; "os")\n\nimport "fmt"\n'),
    ],
)  # fmt: skip
def test_unusual_layouts_stay_as_they_are(toolchain: Toolchain, before: str, after: str) -> None:
    result = added(before, "fmt")
    assert result == after
    gofmt(toolchain, "-e", text=result.encode())  # parses


@pytest.mark.parametrize(
    "before, after",
    [
        ('package p; import "fmt"; func f() {}', "package p; func f() {}"),
        ('package p; import "fmt"\nfunc f() {}', "package p\nfunc f() {}"),
        ('package p\nimport ("bytes"; "fmt"; "os")\n', 'package p\nimport ("bytes"; "os")\n'),
        ('package p\nimport ("fmt"; "os")\n', 'package p\nimport ("os")\n'),
        ('package p\nimport ("bytes"; "fmt")\n', 'package p\nimport ("bytes")\n'),
        ('package p\nimport ("fmt")\n', "package p\n"),
        ('package p\r\n\r\nimport (\r\n\t"fmt"\r\n\r\n\t"a.b/c"\r\n)\r\n',
         'package p\r\n\r\nimport (\r\n\t"a.b/c"\r\n)\r\n'),
        ('package p\n\nimport "fmt"', "package p\n"),
        ('package p\n\nimport "fmt"\n', "package p\n"),
        ('package p\n// doc\nimport "fmt"\n// int x;\nimport "C"\n', 'package p\n// doc\n\n// int x;\nimport "C"\n'),
        ('package p\nimport "fmt" // c\nimport "fmt"\n', "package p\n"),
    ],
)  # fmt: skip
def test_removal_from_unusual_layouts(toolchain: Toolchain, before: str, after: str) -> None:
    result = removed(before, "fmt")
    assert result == after
    gofmt(toolchain, "-e", text=result.encode())


def nobody(_: str) -> bool:
    return False


@pytest.mark.parametrize(
    "block, after",
    [
        ('import (\n\t"fmt"\n\t"os"\n)', 'import "os"'),
        ('import (\n\t"fmt"\n\tsys "os" // why\n)', 'import sys "os" // why'),
        ('import (\n\t"fmt" // gone\n\n\t"os"\n)', 'import "os"'),
        ('import (\n\t"fmt"\n\t// why\n\t"os"\n)', 'import (\n\t// why\n\t"os"\n)'),
        ('import (\n\t"fmt"\n\t"os"\n\t// more to come\n)', 'import (\n\t"os"\n\t// more to come\n)'),
        ('import (\n\t"fmt"\n\t"io"\n\t"os"\n)', 'import (\n\t"io"\n\t"os"\n)'),
        ('import (\n\t"fmt"\n)\n\nimport "os"', 'import "os"'),
    ],
)
def test_a_block_left_with_one_import_may_lose_its_parentheses(toolchain: Toolchain, block: str, after: str) -> None:
    file = go_file(f"package p\n\n{block}\n{TAIL}")
    result = apply(file.text, remove(file, [("", "fmt")], unwrap=True)).decode()
    assert result == f"package p\n\n{after}\n{TAIL}"
    assert gofmt(toolchain, text=result.encode()).decode() == result


def test_which_import_stands_at_an_offset() -> None:
    text = 'package p\n\nimport . "os"\n\nimport (\n\tio "io"\n\t_ "fmt"\n)\n'
    file, found = go_file(text), ((".", "os"), ("io", "io"), ("_", "fmt"))
    assert [imported_at(file, text.index(spelled)) for spelled in ('. "os"', 'io "io"', '_ "fmt"')] == list(found)
    assert imported_at(file, text.index('"io"') + 3) == ("io", "io")
    assert imported_at(file, 0) is None and imported_at(file, text.index("(")) is None


def test_the_name_of_a_package_in_a_file() -> None:
    file = go_file('package p\nimport (\n"fmt"\nstr "strings"\n. "math"\n_ "embed"\nrand "crypto/rand"\n)\n')
    assert local_name(file, "fmt", taken=nobody) == ImportName("fmt", None)
    assert local_name(file, "strings", taken=nobody) == ImportName("str", None)
    assert local_name(file, "math", taken=nobody) == ImportName("", None)
    assert local_name(file, "embed", taken=nobody) == ImportName("embed", ImportRequest("embed"))
    assert local_name(file, "math", taken=nobody).qualified("Pi") == "Pi"


def test_a_taken_name_gets_a_telling_alias() -> None:
    file = go_file('package p\nimport "crypto/rand"\n')
    found = local_name(file, "math/rand/v2", taken=nobody)
    assert found == ImportName("mathrand", ImportRequest("math/rand/v2", "mathrand"))
    found = local_name(file, "strings", taken={"strings"}.__contains__)
    assert found == ImportName("stdstrings", ImportRequest("strings", "stdstrings"))
    found = local_name(file, "strings", taken={"strings", "stdstrings", "strings2"}.__contains__)
    assert found.name == "strings3"
    assert local_name(file, "crypto/rand", taken={"rand"}.__contains__).name == "cryptorand"


@pytest.mark.parametrize(
    "path, name",
    [("net/http", "http"), ("math/rand/v2", "rand"), ("gopkg.in/yaml.v3", "yaml"), ("a.b/go-c", "c"), ("v2", "v2")],
)
def test_assumed_names(path: str, name: str) -> None:
    assert assumed_name(path) == name


def test_a_file_without_package_clause_is_refused() -> None:
    with pytest.raises(EditError):
        add(go_file("var x = 1\n"), [ImportRequest("fmt")])


STD = [
    "bytes",
    "cmp",
    "context",
    "encoding/json",
    "fmt",
    "io",
    "math/rand",
    "net/http",
    "os",
    "sort",
    "strings",
    "sync",
]
OTHER = ["a.b/c", "a.b/d", "example.com/x", "example.com/x/y", "github.com/q/r", "golang.org/x/z"]


def random_head(rng: random.Random) -> str:
    """The head of a Go file with imports of every shape; gofmt still has to make it clean."""
    parts = [rng.choice(["", "// Licence.\n\n", "//go:build !x\n\n"]), "package p", rng.choice(["", " // c"]), "\n\n"]
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        parts.append(rng.choice(["", "", "// about imports\n"]))
        if rng.random() < 0.35:
            spec = random_spec(rng)
            # Lines of comments right below one that ends in a comment are one comment to gofmt, and move oddly.
            parts.append("import " + spec + ("\n" * rng.choice([1, 1, 2]) if spec.endswith('"') else "\n\n"))
            continue
        rows = ["import (\n"]
        for left in reversed(range(rng.randint(0, 7))):
            rows.append(rng.choice(["", "", "", "\n", "// head\n", "// alone\n\n" if left else ""]))
            rows.append(random_spec(rng) + "\n")
        parts += [*rows, ")\n\n"]
    return "".join(parts) + rng.choice(["\nfunc f() {}\n", "\n// doc\nvar x = 1\n", ""])


def random_spec(rng: random.Random) -> str:
    name = rng.choice(["", "", "", "", "_ ", ". ", "alias "])
    return name + f'"{rng.choice(STD + OTHER)}"' + rng.choice(["", "", " // why", " /* é */", " //nolint:x"])


def test_clean_files_stay_clean_whatever_is_added_and_removed(toolchain: Toolchain, tmp_path: Path) -> None:
    rng = random.Random(20)
    files = [tmp_path / f"{number}.go" for number in range(1500)]
    for file in files:
        file.write_text(random_head(rng))
    for _ in range(3):  # gofmt may need more than one run where it sorts imports with comments
        gofmt(toolchain, "-w", str(tmp_path))
    work: dict[Path, tuple[bytes, str]] = {}
    for path in files:
        text = path.read_bytes()
        file = GoFile(path, text)
        if rng.random() < 0.5:
            wanted = [ImportRequest(p) for p in rng.sample(STD + OTHER, rng.randint(1, 3))]
            edits, what = add(file, wanted), f"add {wanted}"
            after = set(imported(file)) | {("", r.path) for r in wanted}
        else:
            there = imported(file)
            gone = rng.sample(there, rng.randint(0, min(3, len(there))))
            edits, what = remove(file, gone), f"remove {gone}"
            after = set(there) - set(gone)
        result = apply(text, edits)
        path.write_bytes(result)
        work[path] = text, what
        assert set(imported(GoFile(path, result))) == after, f"{what}\n{text.decode()}\n{result.decode()}"
        if what.startswith("add"):
            rows = [row for row in text.split(b"\n") if row.strip() not in (b"", b"import ()")]
            assert all(kept(row, result) for row in rows)
    unclean = gofmt(toolchain, "-l", str(tmp_path)).decode().split()
    shown = [f"{work[Path(p)][1]}\n{work[Path(p)][0].decode()}\n----\n{Path(p).read_text()}" for p in unclean]
    assert not shown, f"{len(shown)} of {len(files)}\n" + "=====\n".join(sorted(shown, key=len)[:6])


def kept(row: bytes, text: bytes) -> bool:
    """Whether the words of a line are still in the text, in one line."""
    words = row.removeprefix(b"import ").split()
    return any(words == line.removeprefix(b"import ").split() for line in text.split(b"\n"))


def test_what_was_added_compiles(toolchain: Toolchain, tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module m\n\ngo 1.18\n")
    heads = [
        "package p\n",
        'package p\n\nimport "os"\n\nvar _ = os.Args\n',
        'package p\n\nimport (\n\t"os"\n\t"io"\n)\n\nvar _ = os.Args\nvar _ io.Reader\n',
        'package p; import "os"; var _ = os.Args\n',
        'package p\r\n\r\nimport str "strings"\r\n\r\nvar _ = str.ToUpper\r\n',
        "package p\n\nvar strings = 1\n",
        'package p\n\nimport strings "bytes"\n\nvar _ = strings.ToUpper\n',
        '\ufeffpackage p\n\nimport . "fmt"\n\nvar _ = Sprint\n',
    ]
    for number, head in enumerate(heads):
        file = go_file(head)
        taken = {"strings"} if "var strings" in head else set[str]()
        names = [local_name(file, path, taken=taken.__contains__) for path in ("strings", "fmt")]
        text = apply(file.text, add(file, [name.request for name in names if name.request]))
        uses = f"\nvar _ = {names[0].qualified('ToLower')}\nvar _ = {names[1].qualified('Sprint')}\n"
        (tmp_path / f"p{number}").mkdir()
        (tmp_path / f"p{number}" / "x.go").write_bytes(text + uses.encode())
    toolchain.run("build", "./...", cwd=tmp_path)
