"""Run `go test` in a copy of the tree, and read which tests fail and which places their output names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..packages import Configuration
from ..toolchain import Toolchain
from .checks import batches, environment
from .findings import Finding, split_variant
from .graph import Node
from .scene import Scene, decoded

_LIMIT = 4 * 3600.0  # seconds for one go test call; go's own limit is ten minutes per package
_PLACE = re.compile(r"([^\s:()]+(?: [^\s:()]+)*\.go):(\d+)")
_SHOWN = 30  # lines of a failing test's output


class _Event(msgspec.Struct, rename="pascal"):
    action: str = ""
    package: str = ""
    import_path: str = ""
    test: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """A way to build and run the tests; `check` is its name in every report."""

    check: str
    flags: tuple[str, ...] = ()


PLAIN = Variant("test")
RACE = Variant("test-race", ("-race",))
#: Conversions of unsafe.Pointer are checked while the tests run; the race detector implies it.
CHECKPTR = Variant("test-checkptr", ("-gcflags=all=-d=checkptr",))


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing test; `test` is "" where the package failed without one (build, TestMain, exit, time limit)."""

    package: str
    test: str
    output: str

    @property
    def key(self) -> tuple[str, str]:
        return self.package, self.test


def run_tests(
    toolchain: Toolchain,
    scene: Scene,
    configuration: Configuration,
    nodes: Sequence[Node],
    only: Collection[str] = (),
    variant: Variant = PLAIN,
) -> list[Failure]:
    """The failing tests of these packages, the deepest subtests only. `only` names top-level tests to run.

    Vet is left out: it is a check of its own. Raises GoTimeout.
    """
    env = {**environment(toolchain, configuration), **scene.env}
    pattern = ("-run", "^(?:" + "|".join(map(re.escape, sorted(only))) + ")$") if only else ()
    failures: list[Failure] = []
    for targets in batches(nodes):
        args = ("test", "-json", "-vet=off", *variant.flags, *pattern, *configuration.flags(), *targets)
        done = toolchain.run(*args, cwd=scene.directory, env=env, check=False, timeout=_LIMIT)
        said = scene.text(done.stderr)
        failures += read_events(decoded(done.stdout), said, scene)
        if done.code and not failures:
            failures.append(Failure("", "", said.strip() or "go test failed and said nothing"))
    return failures


def read_events(stdout: str, stderr: str, scene: Scene) -> list[Failure]:
    """Failures in the event stream of `go test -json`; older releases print build errors as plain text on stderr."""
    outputs, failed = defaultdict[tuple[str, str], list[str]](list), dict[tuple[str, str], None]()
    built, ended = defaultdict[str, list[str]](list), set[tuple[str, str]]()
    for line in stdout.splitlines():
        event = _event(line)
        if event.action == "output":
            outputs[event.package, event.test].append(event.output)
        elif event.action == "build-output":
            _, tested = split_variant(event.import_path)
            built[tested or event.import_path].append(event.output)
        elif event.action == "fail":
            failed[event.package, event.test] = None
        elif event.action in ("pass", "skip"):
            ended.add((event.package, event.test))
        elif line.startswith("FAIL\t"):  # before Go 1.24, for a package that did not build
            failed[line.split("\t")[1].split(" ")[0], ""] = None
    found: list[Failure] = []
    for package, test in failed:
        inner = any(p == package and t.startswith(test + "/" if test else "") and t != test for p, t in failed)
        if not inner:
            cut = [] if test else _cut_short(outputs, package, ended)
            words = scene.text("".join(cut + outputs[package, test] + built[package]))
            found.append(Failure(package, test, words if test or built[package] else words + stderr))
    return found


def _cut_short(
    outputs: Mapping[tuple[str, str], list[str]], package: str, ended: Collection[tuple[str, str]]
) -> list[str]:
    """What the tests said that were running when the process died: the runtime's last words are among it."""
    running = [key for key in outputs if key[0] == package and key[1] and key not in ended]
    return [line for key in running for line in outputs[key]]


def _event(line: str) -> _Event:
    try:
        return msgspec.json.decode(line, type=_Event)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return _Event()


def finding(
    failure: Failure, scene: Scene, directories: Mapping[str, Path], planned: Collection[Path], check: str = PLAIN.check
) -> Finding:
    """The failure as a finding: its first place is a planned file's if its output names one, else a test's."""
    places = list(_places(failure.output, scene, directories.get(failure.package)))
    places.sort(key=lambda place: place[0] not in planned)
    lines = [line for line in failure.output.splitlines() if line.strip() and not line.startswith("=== ")]
    head = f"{failure.test or failure.package} fails"
    if len(lines) > _SHOWN:
        lines = [*lines[: _SHOWN - 5], "…", *lines[-5:]]
    message = scene.brief("\n".join([head, *("\t" + line for line in lines)]))
    path, line = places[0] if places else (None, 0)
    return Finding(check, failure.package, path, line, 0, message, also=tuple(places[1:]), tested=failure.package)


def _places(output: str, scene: Scene, directory: Path | None) -> Iterable[tuple[Path, int]]:
    found = dict[tuple[Path, int], None]()
    for name, line in _PLACE.findall(output):
        # testing prints base names ("a_test.go:33: …"); stacks print absolute paths.
        beside = directory / name if directory and "/" not in name and "\\" not in name else None
        found[scene.locate(str(beside) if beside else name), int(line)] = None
    return found
