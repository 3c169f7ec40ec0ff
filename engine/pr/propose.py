"""From drafts to a plan: commits, texts, owners, and what is to be done about each request by what is there now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..forge.forge import Kind
from ..forge.text import clean, clean_line
from ..report.style import plural
from . import body as bodies
from . import gitcommits, owners, words
from .compute import Computed, Draft
from .decide import Action, Decision, Seen, decide
from .describe import Reader
from .errors import PrError
from .git import Git
from .gitcommits import Stamp
from .naming import Series
from .observe import Observer, Wanted
from .owners import Owners
from .plan import VERSION, Call, Commit, Identity, Plan, Shard
from .settings import Settings, attached

#: Where a repository keeps the text that new requests begin with.
TEMPLATES: dict[Kind, tuple[str, ...]] = {
    Kind.GITHUB: tuple(
        f"{folder}{name}.md"
        for folder in (".github/", "", "docs/")
        for name in ("pull_request_template", "PULL_REQUEST_TEMPLATE")
    ),
    Kind.GITLAB: tuple(f".gitlab/merge_request_templates/{name}.md" for name in ("Default", "default")),
    Kind.GITEA: tuple(
        f"{folder}{name}.md"
        for folder in ("", ".gitea/", ".forgejo/", ".github/")
        for name in ("PULL_REQUEST_TEMPLATE", "pull_request_template")
    ),
    Kind.BARE: (),
}
_LONGEST_TEMPLATE = 20_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a plan is made from, beside the drafts. `limit`: characters of a body."""

    git: Git
    kind: Kind
    remote: str
    base_sha: str
    series: Series
    settings: Settings
    stamp: Stamp
    owners: Owners
    template: Path | None
    login: str
    limit: int
    recreate: bool = False
    reopen: bool = False


def owners_at(git: Git, sha: str, kind: Kind) -> tuple[Owners, tuple[str, ...]]:
    """The owners that a commit's CODEOWNERS names, and words about what of it cannot be read."""
    found = gitcommits.file(git, sha, *owners.PLACES[kind], most=3_000_000)
    if found is None:
        return Owners(), ()
    path, text = found
    made = owners.parse(text, owners.form(kind, path))
    return made, tuple(f"{path}: {problem}" for problem in made.problems)


def propose(asked: Proposal, computed: Computed, reader: Reader, observer: Observer, warnings: tuple[str, ...]) -> Plan:
    """The plan for these drafts, and for requests of this series that nothing is left of."""
    settings, git = asked.settings, asked.git
    found = gitcommits.file(git, asked.base_sha, *TEMPLATES[asked.kind], most=_LONGEST_TEMPLATE)
    template = clean(found[1]) if found else ""
    made = [_shard(asked, draft, reader, template) for draft in computed.drafts]
    rebase = settings.rebase == "always"
    unjudged = len(computed.result.broken) + len(computed.result.failures)
    if unjudged:
        warnings += (f"{plural(unjudged, 'package')} could not be judged: no request is closed for want of changes",)
    return Plan(
        version=VERSION,
        gorefit=reader.gorefit,
        remote=asked.remote,
        base=asked.series.base,
        base_sha=asked.base_sha,
        prefix=settings.prefix,
        call=Call(asked.series.directory, asked.series.patterns, asked.series.codemods),
        stamp=Identity(asked.stamp.name, asked.stamp.email, asked.stamp.date),
        shards=tuple(_forecast(asked, made, observer, rebase, closing=not unjudged)),
        draft=settings.draft,
        fork=settings.fork,
        sign=settings.sign,
        rebase=rebase,
        recreate=asked.recreate,
        reopen=asked.reopen,
        warnings=warnings,
    )


def _forecast(
    asked: Proposal, made: Sequence[tuple[Shard, str]], observer: Observer, rebase: bool, *, closing: bool
) -> Iterator[Shard]:
    """The shards with what would be done about them, and if `closing`, the requests that are not wanted any more."""
    changes = (gitcommits.changes(asked.git, asked.base_sha, head) for _, head in made)
    seen = observer.shards(
        Wanted(shard.key, shard.digest, change) for (shard, _), change in zip(made, changes, strict=True)
    )
    for (shard, _), one in zip(made, seen, strict=True):
        retold = one.request is not None and bodies.updated(one.request.body, shard.body, shard.title) is not None
        yield _decided(shard, one, decide(shard.digest, one, rebase=rebase, recreate=asked.recreate, retold=retold))
    keys = {one.branch: one.key for one in observer.ledger.requests(asked.series.id)}
    for one in observer.orphans({one.branch for one in seen}) if closing else ():
        yield _decided(Shard(keys.get(one.branch, ""), one.branch, Action.CLOSE, ""), one, decide("", one))


def _decided(shard: Shard, seen: Seen, decision: Decision) -> Shard:
    number, url = (seen.request.number, seen.request.url) if seen.request else (0, "")
    return msgspec.structs.replace(
        shard, branch=seen.branch, action=decision.action, why=decision.why, number=number, url=url
    )


def _shard(asked: Proposal, draft: Draft, reader: Reader, template: str) -> tuple[Shard, str]:
    """A draft as a shard, and the head of its commits, made without a signature."""
    settings = asked.settings
    commits, head = _commits(asked, draft, reader)
    facts = reader.facts(draft)
    title = settings.title_prefix + settings.title if settings.title else ""
    title = title or words.title(
        [codemod for codemod, _ in draft.commits], settings.split, draft.shard.key, settings.title_prefix
    )
    text = clean(bodies.render(facts, asked.template, asked.limit - len(template)))
    owned = tuple(dict.fromkeys(owner for name in facts.files for owner in asked.owners.of(name)))
    reviewers = owners.asked(owned, but=asked.login)
    shard = Shard(
        key=draft.shard.key,
        branch="",
        action=Action.CREATE,
        why="",
        title=clean_line(title),
        body=text,
        template=template,
        digest=gitcommits.read(asked.git, head).trailer("Digest"),
        files=facts.files,
        places=facts.count,
        owners=owned,
        commits=commits,
        annotations=attached(settings, reviewers.people, reviewers.teams),
    )
    return shard, head


def _commits(asked: Proposal, draft: Draft, reader: Reader) -> tuple[tuple[Commit, ...], str]:
    git, settings, stamp = asked.git, asked.settings, asked.stamp
    parent = known = asked.base_sha
    made: list[Commit] = []
    for codemod, texts in draft.commits:
        files = {path.relative_to(reader.computed.root).as_posix(): text for path, text in texts.items()}
        tree = gitcommits.tree_with(git, parent, files)
        places = sum(fix.fix.codemod == codemod.id for fix in draft.plan.fixes.values())
        trailers = [("Signed-off-by", f"{stamp.name} <{stamp.email}>")] if settings.signoff else []
        trailers += [("Gorefit-Codemod", codemod.id), ("Gorefit-Base", asked.base_sha)]
        trailers += [("Gorefit-Series", asked.series.id)]
        message = words.message(codemod, places, len(files), trailers, settings.title_prefix)
        message = gitcommits.sealed(message, tree, known, stamp)
        head = gitcommits.commit(git, tree, parent, message, stamp)
        patch = _text(gitcommits.patch(git, parent, head))
        made.append(Commit(codemod.id, message, patch, tree))
        parent, known = head, gitcommits.read(git, head).trailer("Digest")
    return tuple(made), parent


def _text(patch: str) -> str:
    try:
        patch.encode()
    except UnicodeEncodeError:
        raise PrError(
            "a changed file is not UTF-8, which a plan file cannot hold", hint="exclude it in gorefit.toml"
        ) from None
    return patch
