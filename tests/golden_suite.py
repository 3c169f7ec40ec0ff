"""Judge all golden cases of one go line together.

1. `before/` gets every case as a package, and every variant; `after/` the cases alone.
2. check plans all of `before/`; its outcomes and planned bytes must be what each case and variant wants.
3. diff plans and verifies the cases in `before/`: the same sites, the same bytes, nothing dropped.
4. apply rewrites `after/`: the same bytes on disk.
5. build, vet and test of both trees.
6. `after/` also gets the cases with a suppression above each fixed site; check there must plan nothing.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import golden_go
import golden_run
import golden_variants
from golden_case import MODULE, Case, updated
from golden_run import Run
from golden_variants import Variant
from gorefit.engine.model import Outcome, Status
from gorefit.engine.toolchain import Toolchain


@dataclass(frozen=True, slots=True)
class Report:
    """By case id: what is wrong, and what the case would be with its expectations updated."""

    problems: dict[str, list[str]]
    updates: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)  # why an update is not possible


def skipped(case: Case, toolchain: Toolchain) -> str:
    """Why this toolchain cannot judge the case, or nothing."""
    if toolchain.minor < case.toolchain:
        return f"needs Go {case.one('toolchain')}, found {toolchain.version}"
    if case.one("requires") == "cgo" and not _has_c(toolchain):
        return "needs a C compiler"
    return ""


def _has_c(toolchain: Toolchain) -> bool:
    """Whether cgo, and with it the race detector, is to be had."""
    return toolchain.cgo and bool(shutil.which("gcc") or shutil.which("clang"))


def judge(cases: Sequence[Case], root: Path, toolchain: Toolchain) -> Report:
    """Run and judge these cases, all of one go line, in `root`, which is emptied first."""
    shutil.rmtree(root, ignore_errors=True)
    before, after = root / "before", root / "after"
    report = Report({case.id: [] for case in cases})
    for module in (before, after):
        module.mkdir(parents=True)
        (module / "go.mod").write_text(f"module {MODULE}\n\ngo {cases[0].go}\n")
        for case in cases:
            _write(module / case.folder, {name: text.encode() for name, text in case.files.items()})
    suppressed: dict[str, Variant] = {}
    judged: set[str] = set()

    def first(group: Sequence[Case]) -> None:
        made = _judge_group(group, before, after, toolchain, report)
        suppressed.update({variant.case.id: variant for variant in made})
        judged.update(case.id for case in group)

    def again(group: Sequence[Case]) -> None:
        mine = [suppressed[case.id] for case in group if case.id in suppressed]
        _judge_again(group, mine, after, toolchain, report)

    for group in golden_run.by_terms(cases):
        _isolated(first, group, report)
    _judge_go(cases, before, after, toolchain, report)
    for group in golden_run.by_terms([case for case in cases if case.id in judged]):
        _isolated(again, group, report)
    return report


def _isolated(work: Callable[[Sequence[Case]], None], cases: Sequence[Case], report: Report) -> None:
    """Do `work` for all the cases at once; where that fails, for halves of them, until the guilty case stands alone."""
    try:
        work(cases)
    except Exception as error:
        if len(cases) > 1:
            middle = len(cases) // 2
            _isolated(work, cases[:middle], report)
            _isolated(work, cases[middle:], report)
            return
        detail = getattr(error, "detail", "")
        report.problems[cases[0].id].append(f"the run failed: {type(error).__name__}: {error} {detail}".strip())


def _judge_group(
    cases: Sequence[Case], before: Path, after: Path, toolchain: Toolchain, report: Report
) -> list[Variant]:
    """Run all three commands, then judge; a run that raises has judged nothing yet."""
    variants = [variant for case in cases for variant in golden_variants.derive(case)]
    for variant in variants:
        _write(before / variant.folder, variant.files)
    folders = [case.folder for case in cases]
    terms, everything = cases[0].terms, [*folders, *(variant.folder for variant in variants)]
    planned = golden_run.run_codemod("check", before, terms, everything, toolchain)
    verified = golden_run.run_codemod("diff", before, terms, folders, toolchain)
    said = golden_run.apply(after, terms, folders, toolchain)
    for case in cases:
        report.problems[case.id] += _judge_case(case, before / case.folder, planned)
        _update(case, before / case.folder, planned, report)
    for variant in variants:
        folder = before / variant.folder
        outcomes = _of(planned, folder)
        declined = any(outcome.status is Status.DECLINED for outcome in outcomes)
        if problem := variant.problem(_texts(folder, variant.files, planned), declined):
            report.problems[variant.case.id].append(problem)
    for case in cases:
        report.problems[case.id] += _judge_agreement(case, before, after, planned, verified)
        report.problems[case.id] += [said] if said else []
    fixed = [(case, _fixed_lines(case, before, planned)) for case in cases if case.has_variants]
    return [golden_variants.suppress(case, lines) for case, lines in fixed if lines]


def _judge_case(case: Case, folder: Path, planned: Run) -> list[str]:
    """The result and the declines must be what the case says."""
    found: list[str] = []
    got = _texts(folder, {name: text.encode() for name, text in case.files.items()}, planned)
    want = {name: text.encode() for name, text in case.result.items()}
    want |= {name: got[name] for name in case.adds if name not in want and name in got}
    if missing := [name for name in case.adds if name not in got]:
        found.append(f"it must add {', '.join(missing)}")
    elif got != want:
        found.append("the result is another one:\n" + golden_variants.difference(want, got))
    outcomes = _of(planned, folder)
    declines = _declines(outcomes)
    if declines != case.declines:
        told = "".join(f"\n  {o.place.path.name}:{o.place.line}: {o.status} {o.code}: {o.message}" for o in outcomes)
        found.append(f"declines: want {case.declines or 'none'}, got {declines or 'none'}{told}")
    found += [f"dropped by {o.code}: {o.message}" for o in outcomes if o.status is Status.DROPPED]
    if (applied := any(o.status is Status.APPLIED for o in outcomes)) != bool(case.want):
        found.append("a fix is reported, but nothing must change" if applied else "no fix is reported")
    if any(path.is_relative_to(folder) for path in planned.unused):
        found.append("its suppression is reported as unused")
    found += [warning for warning in planned.warnings if case.folder in warning]
    return found


def _judge_agreement(case: Case, before: Path, after: Path, planned: Run, verified: Run) -> list[str]:
    """check, diff and apply must see the same sites and make the same bytes."""
    folder = before / case.folder
    found = [
        f"dropped by verification ({outcome.code}): {outcome.message}"
        for outcome in _of(verified, folder)
        if outcome.status is Status.DROPPED
    ]
    if not found and _sites(planned, folder) != _sites(verified, folder):
        found.append(f"check and diff disagree: {_sites(planned, folder)} and {_sites(verified, folder)}")
    files = {name: text.encode() for name, text in case.files.items()}
    texts = _texts(folder, files, verified)
    if not found and texts != _texts(folder, files, planned):
        found.append("check and diff plan different bytes")
    written = {name: (after / case.folder / name).read_bytes() for name in texts}
    if written != texts:
        found.append("apply writes other bytes:\n" + golden_variants.difference(texts, written))
    return found


def _judge_go(cases: Sequence[Case], before: Path, after: Path, toolchain: Toolchain, report: Report) -> None:
    folders = [case.folder for case in cases]
    for module, when in ((before, "before"), (after, "after")):
        racing = [case.folder for case in cases if case.race and not skipped(case, toolchain)]
        found = golden_go.problems(toolchain, module, folders, when, racing if _has_c(toolchain) else [])
        for case in cases:
            if case.folder in found:
                report.problems[case.id] += found[case.folder]
                report.refused[case.id] = "\n".join(found[case.folder])


def _judge_again(
    cases: Sequence[Case], suppressed: Sequence[Variant], after: Path, toolchain: Toolchain, report: Report
) -> None:
    for variant in suppressed:
        _write(after / variant.folder, variant.files)
    folders = [*(case.folder for case in cases), *(variant.folder for variant in suppressed)]
    again = golden_run.run_codemod("check", after, cases[0].terms, folders, toolchain)
    for case in cases:
        if changed := [path.name for path in again.files if path.is_relative_to(after / case.folder)]:
            report.problems[case.id].append(f"a second run changes {', '.join(sorted(changed))} again")
    for variant in suppressed:
        folder = after / variant.folder
        problem = variant.problem(_texts(folder, variant.files, again), declined=True)
        if not problem and any(path.is_relative_to(folder) for path in again.unused):
            problem = "the suppression above a fixed site counts as unused"
        if problem:
            report.problems[variant.case.id].append(problem)


def _update(case: Case, folder: Path, planned: Run, report: Report) -> None:
    got = _texts(folder, {name: text.encode() for name, text in case.files.items()}, planned)
    try:
        report.updates[case.id] = updated(
            case, {name: text.decode() for name, text in got.items()}, _declines(_of(planned, folder))
        )
    except UnicodeDecodeError as problem:
        report.refused[case.id] = str(problem)


def _of(run: Run, folder: Path) -> list[Outcome]:
    mine = [outcome for outcome in run.outcomes if outcome.place.path.is_relative_to(folder)]
    return sorted(mine, key=lambda outcome: (outcome.place.path, outcome.place.start))


def _declines(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(outcome.code for outcome in outcomes if outcome.status is Status.DECLINED)


def _sites(run: Run, folder: Path) -> list[tuple[str, int, str, str]]:
    return [(o.place.path.name, o.place.start, str(o.status), o.code) for o in _of(run, folder)]


def _fixed_lines(case: Case, before: Path, planned: Run) -> Mapping[str, set[int]]:
    lines: dict[str, set[int]] = defaultdict(set)
    for outcome in _of(planned, before / case.folder):
        if outcome.status is Status.APPLIED:
            lines[outcome.place.path.relative_to(before / case.folder).as_posix()].add(outcome.place.line)
    return lines


def _texts(folder: Path, files: Mapping[str, bytes], run: Run) -> dict[str, bytes]:
    """The files as they would be after the run; a file that the run adds is among them."""
    texts = {name: run.files.get(folder / name, text) for name, text in files.items()}
    added = {path: text for path, text in run.files.items() if path.is_relative_to(folder)}
    return {**texts, **{path.relative_to(folder).as_posix(): text for path, text in added.items()}}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
