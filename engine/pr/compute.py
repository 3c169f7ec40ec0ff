"""From a base commit to drafts of requests: the plane that computes, needs no token, and writes nothing anywhere.

1. The base is checked out in a tree of our own; gorefit runs there as `gorefit diff` does, with the settings of the
   user's checkout.
2. The verified plan is split (`shard`); each shard is proved alone, as it will be merged alone.
3. A shard becomes one commit for each codemod. Where codemods share a file, the text between them is the plan without
   the later ones; if that cannot be told apart, their part lands with the last of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .. import registry
from ..api import Codemod
from ..plan.plan import Plan
from ..report.style import printable
from ..run import Opened, Progress, Request, Result, opened
from ..verify.findings import CheckResult
from . import shard as sharding
from .errors import PrError
from .gitmirror import Mirror
from .shard import Atom, Shard, Split

Texts = Mapping[Path, bytes]


@dataclass(frozen=True, slots=True)
class Cut:
    """How a plan is split. `owners` tells who owns a path below the repository's root."""

    split: Split
    max_files: int
    owners: Callable[[str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Draft:
    """One request to be: its part of the verified plan, what proved it alone, and its texts codemod by codemod."""

    shard: Shard
    plan: Plan
    checks: tuple[CheckResult, ...]
    commits: tuple[tuple[Codemod, Texts], ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """All drafts, and the run that they come from; its paths lie below `root`, which is gone by now."""

    root: Path
    result: Result
    drafts: tuple[Draft, ...]
    warnings: tuple[str, ...]


def compute(mirror: Mirror, sha: str, request: Request, top: Path, cut: Cut, progress: Progress) -> Computed:
    """Run gorefit on the commit `sha`, as `request` asks it of the checkout `top`, and split what it finds.

    Raises PrError where the directory asked for is not there; whatever a run raises.
    """
    with mirror.checked_out(sha) as tree:
        root = tree.resolve()
        with opened(_moved(request, top, root), progress) as work:
            plan, warnings = _deliverable(work.result.plan, root)
            shards = sharding.split(sharding.atoms(plan), _key(work.result, root, cut), cut.max_files)
            shards, proofs = _proved(work, plan, shards, progress)
            stages = _stages(work, plan)
            drafts = tuple(
                Draft(one, part(plan, one), proofs[one.files], tuple(_commits(plan, stages, one))) for one in shards
            )
            return Computed(root, work.result, drafts, warnings)


def part(plan: Plan, shard: Shard) -> Plan:
    """A shard's part of a plan. Shards share no file, so it is made of whole files."""
    files = {path: plan.files[path] for path in shard.files}
    outcomes = tuple(outcome for outcome in plan.outcomes if outcome.place.path in files)
    return Plan(files, {number: plan.fixes[number] for number in sorted(shard.fixes)}, outcomes)


def _moved(request: Request, top: Path, root: Path) -> Request:
    """The request as it is to be asked of the tree at `root`, with the settings of the checkout."""
    below = request.directory.relative_to(top)
    if not (root / below).is_dir():
        raise PrError(
            f"the base branch has no directory {below}", hint="name another one with -C, or another base with --base"
        )
    config = request.config
    if config.path is not None:
        config = replace(config, path=root / config.path.relative_to(top))
    return replace(request, directory=root / below, config=config)


def _deliverable(plan: Plan, root: Path) -> tuple[Plan, tuple[str, ...]]:
    """The plan without what git could not take as a change of a regular file below `root`, and words about the rest."""
    foreign = {path for path in plan.files if path.resolve() != path or not path.is_relative_to(root)}
    left = [atom for atom in sharding.atoms(plan) if foreign.isdisjoint(atom.files)]
    kept = Shard("", frozenset[int]().union(*(a.fixes for a in left)), tuple(path for a in left for path in a.files))
    told = tuple(f"{printable(path.name)}: a symlink, or behind one; left alone" for path in sorted(foreign))
    return part(plan, kept) if foreign else plan, told


def _key(result: Result, root: Path, cut: Cut) -> Callable[[Atom], str]:
    """The key of an atom; what it is made of stays the same while the code around it changes."""
    modules = sorted((module.dir.resolve() for module in result.workspace.modules), key=lambda path: -len(path.parts))

    def folder(path: Path) -> str:
        return path.relative_to(root).as_posix()

    def module(path: Path) -> str:
        return folder(next((one for one in modules if path.is_relative_to(one)), root))

    def key(atom: Atom) -> str:
        match cut.split:
            case Split.NONE:
                return ""
            case Split.CODEMOD:
                names = {result.plan.fixes[number].fix.codemod for number in atom.fixes}
            case Split.MODULE:
                names = {module(path) for path in atom.files}
            case Split.PACKAGE:
                names = {folder(path.parent) for path in atom.files}
            case Split.OWNER:
                names = {owner for path in atom.files for owner in cut.owners(folder(path)) or ("nobody",)}
        return " ".join(sorted(names))

    return key


def _proved(
    work: Opened, plan: Plan, shards: Sequence[Shard], progress: Progress
) -> tuple[tuple[Shard, ...], Mapping[tuple[Path, ...], tuple[CheckResult, ...]]]:
    """The shards, each of which holds alone, and the checks that say so."""
    proofs: dict[tuple[Path, ...], tuple[CheckResult, ...]] = {}
    if work.result.verdict and plan is work.result.plan:
        proofs[tuple(sorted(plan.files))] = work.result.verdict.checks
    refused: set[tuple[Path, ...]] = set()

    def holds(shard: Shard) -> bool:
        if shard.files not in proofs and shard.files not in refused:
            progress("splitting", len(proofs), len(shards))
            checks = work.prove(part(plan, shard))
            if checks is None:
                refused.add(shard.files)
                return False
            proofs[shard.files] = checks
        return shard.files in proofs

    done = sharding.settled(shards, holds)
    if not all(holds(shard) for shard in done):
        raise PrError("the changes hold only together with files that cannot be committed", hint="see the warnings")
    return done, proofs


def _stages(work: Opened, plan: Plan) -> list[tuple[Codemod, Texts]]:
    """The text of each file after each of its codemods, in the order of the codemods' ids."""
    codemods: dict[Path, set[str]] = {path: set() for path in plan.files}
    for number, files in sharding.files_of(plan).items():
        for path in files:
            codemods[path].add(plan.fixes[number].fix.codemod)
    shared = {path for path, names in codemods.items() if len(names) > 1}
    stages: list[tuple[Codemod, Texts]] = []
    for name in sorted(set[str]().union(*codemods.values())):
        texts = {path: plan.files[path].new for path, names in codemods.items() if name == max(names, default="")}
        earlier = {path for path in shared if name in codemods[path] and path not in texts}
        texts |= _without_later(work, plan, name, earlier)
        stages.append((registry.get(name), texts))
    return stages


def _without_later(work: Opened, plan: Plan, name: str, files: set[Path]) -> Texts:
    """The texts of those files as they are when the codemods after `name` have not run yet."""
    if not files:
        return {}
    later = [n for n, fix in plan.fixes.items() if fix.fix.codemod > name and fix.path in files]
    without = work.without(later)
    known = {number: paths for number, paths in sharding.files_of(without).items() if not paths.isdisjoint(files)}
    strange = {path for number, paths in known.items() if number not in plan.fixes for path in paths}
    return {path: without.files[path].new for path in files - strange if path in without.files}


def _commits(plan: Plan, stages: Sequence[tuple[Codemod, Texts]], shard: Shard) -> Iterator[tuple[Codemod, Texts]]:
    """The stages as far as they change files of a shard."""
    reached = {path: plan.files[path].old for path in shard.files}
    for codemod, texts in stages:
        mine = {path: texts[path] for path in shard.files if path in texts and reached[path] != texts[path]}
        if mine:
            reached |= mine
            yield codemod, mine
