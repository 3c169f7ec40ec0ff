"""From a draft to everything that a reviewer will read: titles, messages, and the facts of the text."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..api import Codemod
from ..model import Outcome, Status, Tier
from ..plan.plan import PlannedFix
from ..report.explain import sections
from ..report.text import order
from ..run import Request
from ..verify.findings import CheckResult
from ..verify.verify import Tests
from .body import Change, Check, Facts, Left, Risk, Spot
from .compute import Computed, Draft

_MOST_PACKAGES = 6  # that are named one by one in the command


@dataclass(frozen=True, slots=True)
class Reader:
    """What all texts of a run have in common."""

    computed: Computed
    request: Request
    directory: str  # below the root, "" for the root
    gorefit: str
    term: str
    evidence: str = ""

    def facts(self, draft: Draft) -> Facts:
        """Everything that the text of one request can speak of."""
        scope = _scope(draft, self.computed)
        codemods = [codemod for codemod, _ in draft.commits]
        return Facts(
            changes=tuple(self._change(codemod, draft) for codemod in codemods),
            files=tuple(self._name(path) for path in draft.shard.files),
            checks=tuple(_check(check) for check in draft.checks),
            left=tuple(self._left(scope, {codemod.id: codemod for codemod in codemods})),
            dropped=tuple(self._spot(outcome) for outcome in scope if outcome.status is Status.DROPPED),
            reproduce=(self._command(draft, codemods),),
            tested=self.request.tests is not Tests.OFF,
            go=self.computed.result.toolchain.version,
            gorefit=self.gorefit,
            evidence=self.evidence,
            total=len(self.computed.drafts),
            term=self.term,
        )

    def _change(self, codemod: Codemod, draft: Draft) -> Change:
        fixes = sorted(
            (fix for fix in draft.plan.fixes.values() if fix.fix.codemod == codemod.id),
            key=lambda fix: fix.outcome.place,
        )
        doc = sections(codemod.doc)
        tier = Tier.REVIEW if any(fix.fix.tier is not Tier.SAFE for fix in fixes) else Tier.SAFE
        return Change(
            id=codemod.id,
            title=codemod.title.rstrip("."),
            tier=tier.value,
            what=doc.get("What it does", ""),
            why=doc.get("Why", ""),
            risk=_plain(doc.get("Tier and risks", "")),
            places=tuple(self._spot(fix.outcome) for fix in fixes),
            risks=tuple(self._risks(fixes)),
        )

    def _risks(self, fixes: Iterable[PlannedFix]) -> Iterable[Risk]:
        found: dict[str, list[Spot]] = {}
        for fix in fixes:
            for risk in fix.fix.risks:
                found.setdefault(risk, []).append(self._spot(fix.outcome))
        return (Risk(message, tuple(places)) for message, places in found.items())

    def _left(self, scope: Sequence[Outcome], codemods: Mapping[str, Codemod]) -> Iterable[Left]:
        groups: dict[tuple[str, str], list[Outcome]] = {}
        for outcome in scope:
            if outcome.status is Status.DECLINED and outcome.codemod in codemods:
                groups.setdefault((outcome.codemod, outcome.code), []).append(outcome)
        for (name, reason), found in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0][1])):
            why = codemods[name].declines.get(reason) or found[0].message.partition("\n")[0]
            yield Left(name, why, len(found), tuple(self._spot(outcome) for outcome in found[:3]))

    def _command(self, draft: Draft, codemods: Sequence[Codemod]) -> str:
        """The one command that shows the same change."""
        asked = self.request
        folders = sorted({path.parent for path in draft.shard.files})
        below = self.computed.root / self.directory
        few = draft.shard.key and len(folders) <= _MOST_PACKAGES and all(one.is_relative_to(below) for one in folders)
        named = tuple(f"./{one.relative_to(below).as_posix()}".removesuffix("/.") for one in folders)
        words = ["gorefit", *(("-C", self.directory) if self.directory else ()), "diff"]
        words += ["-c", ",".join(codemod.id for codemod in codemods)]
        words += ["--tags", ",".join(asked.tags)] if asked.tags else []
        words += ["--include-tests"] if asked.include_tests else []
        words += ["--platforms", ",".join(asked.platforms)] if asked.platforms else []
        words += ["--test", asked.tests.value] if asked.tests is not Tests.OFF else []
        words += named if few else () if asked.patterns == ("./...",) else asked.patterns
        return shlex.join(words)

    def _spot(self, outcome: Outcome) -> Spot:
        return Spot(self._name(outcome.place.path), outcome.place.line, outcome.message.partition("\n")[0])

    def _name(self, path: Path) -> str:
        return path.relative_to(self.computed.root).as_posix()


def _plain(risks: str) -> str:
    """What a codemod says of its risks, without the tier in front."""
    text = re.sub(r"^(?:safe|review): ", "", risks)
    return text[:1].upper() + text[1:]


def _scope(draft: Draft, computed: Computed) -> list[Outcome]:
    """The outcomes that a reviewer of this request may want to hear of: those of its packages, or all of the whole."""
    packages = {fix.package for fix in draft.plan.fixes.values()}
    every = computed.result.outcomes
    mine = [one for one in every if not draft.shard.key or one.package in packages]
    return order(one for one in mine if one.place.path.is_relative_to(computed.root))


def _check(check: CheckResult) -> Check:
    found = len(check.findings)
    name = check.check if check.check == "gofmt" else f"go {check.check}"
    return Check(name, check.configuration, check.packages, f"{found} findings" if found else "ok")
