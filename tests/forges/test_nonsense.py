"""Each request of each question, one at a time, gets senseless answers: what comes of it is an error of ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from gorefit.engine.forge.forge import Kind

from . import canary
from .faults import Fault
from .fixtures import NewHost, forge_of
from .liars import ANSWERS, DEEP, FLOW, outcome
from .stage import set_stage


@pytest.mark.parametrize("kind", [Kind.GITHUB, Kind.GITLAB, Kind.GITEA])
@pytest.mark.parametrize("act", FLOW)
def test_any_answer_at_any_call_is_an_error_or_an_answer(
    kind: Kind, act: str, tmp_path: Path, new_forge_host: NewHost
) -> None:
    stage = set_stage(kind, tmp_path, new_forge_host, contract=False)
    assert stage.host
    stage.repo.checks = "running"
    if act != "create":
        stage.opened(draft=act != "enable_auto_merge")
    forge = forge_of(stage.host, kind)
    before = len(stage.host.calls)
    outcome(FLOW[act], forge)
    for place in range(len(stage.host.calls) - before):
        for name in DEEP:
            stage.host.faults.clear()
            stage.host.faults.add(Fault(name, ANSWERS[name]), skip=place, times=9)
            shown = outcome(FLOW[act], forge_of(stage.host, kind))
            assert not canary.pattern().search(shown.encode())
            assert "\x1b" not in shown and len(shown.partition("Traceback")[0]) < 3000
