"""Measure gorefit beside the go command on the same work; see README.md.

python benchmarks/bench.py [check] [diff] [size] [memory] [--rounds 3] [--work DIR] [--goroot DIR]
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sizes
from ground import Ground, Package, linked, removed
from meter import Cost, measure

GOREFIT = (sys.executable, "-c", "from gorefit.engine.cli.main import main; main()")
LINES = (50_000, 200_000, 1_000_000)


@dataclass(frozen=True)
class Contender:
    """A command line of one of the two sides."""

    name: str
    command: tuple[str, ...]


@contextmanager
def surroundings(ground: Ground, gocache: Path) -> Iterator[dict[str, str]]:
    """A copy of a Go build cache and an empty cache of gorefit's own, for one pass."""
    folder = Path(tempfile.mkdtemp(prefix="pass-", dir=ground.work))
    try:
        linked(gocache, folder / "gocache")
        yield ground.environment(folder / "gocache", folder / "own")
    finally:
        removed([folder])


def table(title: str, rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{title}")
    for name, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        print("  ".join(["", name.ljust(widths[0]), *padded]).rstrip(), flush=True)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs))


def compared(costs: dict[str, list[Cost]], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Medians, and for each pair the ratio of the first to the second."""
    rows = [["", "wall", "cpu", "wall ratio", "cpu ratio"]]
    middle = {name: median(found) for name, found in costs.items()}
    rows += [[name, f"{m.wall:.2f} s", f"{m.cpu:.2f} s", "", ""] for name, m in middle.items()]
    for one, other in pairs:
        a, b = middle[one], middle[other]
        rows.append([f"{one} / {other}", "", "", f"{a.wall / b.wall:.2f}", f"{a.cpu / b.cpu:.2f}"])
    return rows


def check(ground: Ground, rounds: int) -> None:
    """First and repeated runs of `check` beside `go fix -diff`, from the export data of std alone."""
    go = str(ground.go)
    contenders = [
        Contender("gorefit check", (*GOREFIT, "check")),
        Contender("go fix -diff", (go, "fix", "-diff", "./...")),
        Contender("gorefit check -c strings-builder", (*GOREFIT, "check", "-c", "strings-builder")),
        Contender("go fix -diff -stringsbuilder", (go, "fix", "-diff", "-stringsbuilder", "./...")),
    ]
    pairs = [(contenders[0].name, contenders[1].name), (contenders[2].name, contenders[3].name)]
    for tree in ("std", "cmd"):
        first: dict[str, list[Cost]] = {each.name: [] for each in contenders}
        again: dict[str, list[Cost]] = {each.name: [] for each in contenders}
        for number in range(rounds):
            for each in rotated(contenders, number):
                with surroundings(ground, ground.seed) as env:
                    where = ground.directory(tree)
                    first[each.name].append(measure(each.command, where, env))
                    again[each.name] += [measure(each.command, where, env) for _ in range(3)]
        table(f"check, first run on {tree}, median of {rounds}", compared(first, pairs))
        table(f"check, repeated on {tree}, median of {3 * rounds}", compared(again, pairs))


def diff(ground: Ground, rounds: int) -> None:
    """`diff` beside build and vet of the same packages on the same overlay, from two states of the Go cache."""
    for tree in ("std", "cmd"):
        caches = {"the export data of std": ground.seed}
        if tree == "cmd":
            caches["a build of the tree"] = ground.built(tree)
        with surroundings(ground, ground.built(tree)) as env, tempfile.TemporaryDirectory(dir=ground.work) as folder:
            plain = ground.work / f"plain-{tree}.sh"
            plain.write_text(plain_checks(ground, tree, env, Path(folder)))
            for name, cache in caches.items():
                contenders = [
                    Contender("gorefit diff", (*GOREFIT, "diff")),
                    Contender("go build, go vet", ("/bin/sh", str(plain))),
                ]
                costs: dict[str, list[Cost]] = {each.name: [] for each in contenders}
                for number in range(rounds):
                    for each in rotated(contenders, number):
                        with surroundings(ground, cache) as fresh:
                            costs[each.name].append(measure(each.command, ground.directory(tree), fresh))
                pairs = [(contenders[0].name, contenders[1].name)]
                table(f"diff on {tree}, from {name}, median of {rounds}", compared(costs, pairs))


def plain_checks(ground: Ground, tree: str, env: dict[str, str], folder: Path) -> str:
    """A script that builds and vets what `diff` must: edited packages and their importers, vet the tests' too."""
    where, patch = ground.directory(tree), folder / "patch"
    command = [*GOREFIT, "diff", "--no-cache", "--patch", str(patch)]
    done = subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=False)
    if done.returncode or not patch.exists():
        raise SystemExit(f"gorefit diff on {tree}: {done.stderr}")
    headings = [line for line in patch.read_text().splitlines() if line.startswith("+++ b/")]
    edited = [line.removeprefix("+++ b/").strip() for line in headings]
    for name in edited:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(where / name, folder / name)
    subprocess.run(["patch", "-p1", "-s", "-i", str(patch)], cwd=folder, check=True)
    overlay, kept = ground.work / f"overlay-{tree}.json", ground.work / f"edited-{tree}"
    removed([kept])
    shutil.copytree(folder, kept)
    overlay.write_text(json.dumps({"Replace": {str(where / name): str(kept / name) for name in edited}}))
    built, vetted = affected(ground.packages(env, where), {str(where / name) for name in edited})
    print(f"\n{tree}: {len(edited)} files are edited; {len(built)} packages to build, {len(vetted)} to vet")
    build = [str(ground.go), "build", "-overlay", str(overlay), "-o", "/dev/null", *built]
    vet = [str(ground.go), "vet", "-overlay", str(overlay), *vetted]
    return f"{' '.join(build)}\n{' '.join(vet)}\n"


def affected(packages: Sequence[Package], edited: set[str]) -> tuple[list[str], list[str]]:
    """The packages to build and those to vet when these files change."""
    touched = {p.path for p in packages if edited & p.files}
    built = {p.path for p in packages if p.path in touched or touched & p.deps}
    return sorted(built), sorted(built | {p.path for p in packages if built & p.tests})


def size(ground: Ground, rounds: int) -> None:
    """Cost per line of `check` on modules of different size, from a finished build, the facts server compiled."""
    rows = [["lines", "wall", "cpu", "wall per 1000 lines", "per 1000 lines more", "cpu per 1000 lines"]]
    with surroundings(ground, ground.seed) as env:
        known = sizes.fitting(ground, env, sizes.parts(ground, env))
        modules: dict[Path, int] = {}
        for lines in LINES:
            root = ground.work / f"size-{lines}"
            removed([root])
            modules[root] = sizes.module(root, ground, env, known, lines)
            ground.run(env, "build", "./...", cwd=root)
            measure((*GOREFIT, "check"), root, env)  # fills gorefit's own cache with the facts server
        costs: dict[Path, list[Cost]] = {root: [] for root in modules}
        for _ in range(rounds):
            for root, found in costs.items():
                found.append(measure((*GOREFIT, "check", "--no-cache"), root, env))
        before, last = 0, 0.0
        for root, lines in modules.items():
            cost = median(costs[root])
            more = (cost.wall - last) / (lines - before)  # without what every run costs
            cells = [f"{lines}", f"{cost.wall:.2f} s", f"{cost.cpu:.2f} s", f"{cost.wall / lines * 1e6:.1f} ms"]
            rows.append([*cells, f"{more * 1e6:.1f} ms" if before else "", f"{cost.cpu / lines * 1e6:.1f} ms"])
            before, last = lines, cost.wall
        removed(modules)
    table(f"size, median of {rounds}", rows)


def memory(ground: Ground, rounds: int) -> None:
    """The peak memory of our processes: the sum of the peaks of Python and of the facts server."""
    rows = [["", f"highest of {rounds}"]]
    for tree in ("std", "cmd"):
        peaks: list[int] = []
        for _ in range(rounds):
            with surroundings(ground, ground.built(tree)) as env:
                peaks.append(measure((*GOREFIT, "check"), ground.directory(tree), env, memory=True).memory)
        rows.append([f"check on {tree}", f"{max(peaks) / 2**20:.0f} MiB"])
    table("memory", rows)


def rotated(contenders: Sequence[Contender], by: int) -> list[Contender]:
    """Each round begins with another contender."""
    at = by % len(contenders)
    return [*contenders[at:], *contenders[:at]]


PARTS: dict[str, Callable[[Ground, int], None]] = {"check": check, "diff": diff, "size": size, "memory": memory}


def main() -> None:
    parser = argparse.ArgumentParser(description="gorefit beside the go command on the same work")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="what to measure; default: everything")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, help="where copies and caches are kept for the next time (3 GB)")
    parser.add_argument("--goroot", type=Path, help="the Go tree to copy; default: that of the go on PATH")
    given = parser.parse_args()
    found = given.goroot or Path(
        subprocess.run(["go", "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    )
    work = given.work or Path(tempfile.gettempdir()) / "gorefit-benchmarks"
    work.mkdir(parents=True, exist_ok=True)
    ground = Ground(work.resolve(), found)
    print(ground.run(ground.environment(work / "none", work / "own"), "version").decode().strip())
    for name in given.parts or PARTS:
        PARTS[name](ground, given.rounds)


if __name__ == "__main__":
    main()
