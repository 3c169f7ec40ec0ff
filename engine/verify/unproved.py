"""Fixes that no check could look at, because their package did not compile before: nobody can vouch for them."""

from __future__ import annotations

from collections.abc import Collection

from ..packages import Configuration
from ..plan.plan import Dropped, Plan
from .blame import reason
from .findings import Finding, split_variant
from .session import Session


def uncompiled(session: Session, configurations: Collection[Configuration], plan: Plan) -> dict[int, Dropped]:
    """The fixes in files that no configuration compiles: a check that passes would say nothing of them."""
    graphs = [session.graph(configuration) for configuration in configurations]
    names = ", ".join(configuration.name for configuration in configurations)
    told = Dropped("build", f"no package that go can build holds this file on {names}")
    existing = {number: fix for number, fix in plan.fixes.items() if plan.files[fix.path].old is not None}
    return {n: told for n, fix in existing.items() if not any(graph.compiles(fix.path) for graph in graphs)}


def unproved(session: Session, check: str, configuration: Configuration, plan: Plan) -> dict[int, Dropped]:
    """The fixes in packages that fail to compile as they stand, or stand on one that does.

    Load lets such packages through when only the linker or the C compiler refuses them. A fix in a test file is
    compiled by vet alone.
    """
    failing = {f.package: f for f in session.known(check, configuration) if not f.analyzer and f.package}
    if not failing:
        return {}
    depends = {package.import_path: package.deps for package in session.workspace.packages}
    refused: dict[int, Dropped] = {}
    for number, fix in plan.fixes.items():
        in_test = fix.path.name.endswith("_test.go")
        if in_test != (check == "vet"):
            continue
        package, _ = split_variant(fix.package)
        name = next((p for p in (package, *depends.get(fix.package, ())) if p in failing), None)
        if name is not None:
            refused[number] = _reason(check, failing[name], session)
    return refused


def _reason(check: str, finding: Finding, session: Session) -> Dropped:
    told = reason(finding, session.workspace.root)
    return Dropped(check, f"does not compile as it stands, so nothing can be proved: {told.message}")
