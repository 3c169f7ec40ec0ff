"""How Gitea and Forgejo speak: the calls that gorefit makes."""

from __future__ import annotations

from typing import Any

from . import contract
from .contract import FLAG, NUMBER, NUMBERS, TEXT, TEXTS, TIME, Schema, many, maybe, record, rule
from .contract import reply as has
from .wire import Call, Reply, Routes, page
from .world import WHEN, Denied, Person, Pull, Repo, Said, World

PREFIX = "/api/v1"
on = Routes()


def refusal(error: Denied) -> Reply:
    said = "pull request already exists for these targets [id: 1]" if error.status == 409 else error.message
    return Reply(error.status, {"message": said, "url": "https://docs.example/api/swagger"})


@on("GET /user")
def me(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(200, user(world, person))


@on("GET /repos/{owner}/{name}")
def show(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    slug = f"{at['owner']}/{at['name']}"
    if slug in world.moved:
        return Reply(301, None, {"Location": f"{PREFIX}/repos/{world.moved[slug]}"})
    return Reply(200, repository(world, world.find(slug), person))


@on("GET /repos/{owner}/{name}/branches/{branch*}")
def branch(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = of(world, at)
    if repo.not_ready or not repo.ref(at["branch"]):
        repo.not_ready = max(0, repo.not_ready - 1)
        raise Denied(404, "The target couldn't be found.")
    facts = {"name": at["branch"], "commit": {"id": repo.ref(at["branch"])}}
    return Reply(200, {**facts, "protected": repo.protected(at["branch"]), "user_can_push": repo.may_push(person)})


@on("GET /repos/{owner}/{name}/collaborators/{login}/permission")
def permission(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = of(world, at)
    if at["login"] not in world.people:
        raise Denied(404, "user does not exist")
    level = repo.access.get(at["login"], "none")
    return Reply(200, {"permission": level, "role_name": "", "user": user(world, world.people[at["login"]])})


@on("GET /repos/{owner}/{name}/pulls")
def pulls(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    rows = [one for one in reversed(of(world, at).pulls) if one.base == call.query.get("base_branch", one.base)]
    return page(world, call, PREFIX, [pull(world, one) for one in rows], "limit", 50)


@on("POST /repos/{owner}/{name}/pulls")
def create(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, asked = of(world, at), call.json
    owner, _, head = asked["head"].rpartition(":")
    source = world.find(f"{owner}/{repo.name}") if owner else repo
    draft = asked["title"].startswith("WIP: ")
    made = world.open(repo, source, head, asked["base"], asked["title"], asked["body"], draft, person)
    return Reply(201, pull(world, made))


@on("GET /repos/{owner}/{name}/pulls/{number}")
def get(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(200, pull(world, one(world, at)))


@on("PATCH /repos/{owner}/{name}/pulls/{number}")
def edit(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at, person)
    found.title, found.body = call.json.get("title", found.title), call.json.get("body", found.body)
    found.draft = found.title.startswith("WIP: ")
    if call.json.get("state") == "closed" and found.state == "open":
        found.last_sha, found.state = found.sha, "closed"
    return Reply(201, pull(world, found))


@on("GET /repos/{owner}/{name}/pulls/{number}/reviews")
def reviews(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    words = {"approved": "APPROVED", "changes": "REQUEST_CHANGES"}
    rows = [
        {"id": number, "user": user(world, it.author), "state": words[it.state], "dismissed": False, "stale": False}
        for number, it in enumerate(one(world, at).reviews, start=1)
    ]
    return page(world, call, PREFIX, rows, "limit", 50)


@on("POST /repos/{owner}/{name}/pulls/{number}/requested_reviewers")
def request(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at, person)
    asked, teams = call.json.get("reviewers", []), call.json.get("team_reviewers", [])
    if found.author.login in asked:
        raise Denied(422, "poster of pr can't be reviewer")
    for login in asked:
        if login not in world.people:
            raise Denied(404, f"UserNotExist: user '{login}' does not exist")
        if login not in found.repo.access:
            raise Denied(422, "Reviewer can't read")
    for team in teams:
        if f"{found.repo.owner}/{team}" not in world.teams:
            raise Denied(404, f"TeamNotExist: team '{team}' does not exist")
    found.reviewers += [world.people[login] for login in asked if world.people[login] not in found.reviewers]
    found.teams += [team for team in teams if team not in found.teams]
    return Reply(201, [])


@on("POST /repos/{owner}/{name}/pulls/{number}/merge")
def merge(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at, person)
    if found.draft:
        raise Denied(405, "Work in progress PRs cannot be merged")
    if call.json["head_commit_id"] != found.sha:
        raise Denied(409, "head out of date")
    if found.repo.checks == "running":
        if found.auto_merge:
            return Reply(409, {"message": "the auto merge already exists", "url": ""})
        found.auto_merge = call.json["Do"]
        return Reply(201)
    found.last_sha, found.state = found.sha, "merged"
    return Reply(200)


@on("GET /repos/{owner}/{name}/commits/{sha}/status")
def status(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    state = {"none": "", "running": "pending", "passed": "success"}[of(world, at).checks]
    return Reply(200, {"state": state, "sha": at["sha"], "total_count": 0, "statuses": []})


@on("PATCH /repos/{owner}/{name}/issues/{number}")
def edit_issue(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at, person)
    if "milestone" in call.json:
        found.milestone = found.repo.milestones[call.json["milestone"] - 100]
    if "assignees" in call.json:
        for login in call.json["assignees"]:
            if login not in found.repo.access:
                raise Denied(422, f"Assignee does not exist: [name: {login}]")
        found.assignees = [world.people[login] for login in call.json["assignees"]]
    return Reply(201, {"id": found.id, "number": found.number, "title": found.title, "state": "open"})


@on("GET /repos/{owner}/{name}/issues/{number}/comments")
def comments(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(200, [comment(world, one(world, at), said) for said in one(world, at).said])


@on("POST /repos/{owner}/{name}/issues/{number}/comments")
def say(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at)
    return Reply(201, comment(world, found, world.say(found, person, call.json["body"])))


@on("GET /repos/{owner}/{name}/labels")
def labels(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = of(world, at)
    return page(world, call, PREFIX, [label(repo, name) for name in repo.labels], "limit", 50)


@on("GET /orgs/{owner}/labels")
def org_labels(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    if not any(team.startswith(f"{at['owner']}/") for team in world.teams):
        raise Denied(404, "GetOrgByName")
    return page(world, call, PREFIX, [], "limit", 50)


@on("POST /repos/{owner}/{name}/labels")
def make_label(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = of(world, at)
    if not repo.may_push(person):
        raise Denied(403, "user should have write access")
    if len(call.json["name"]) > 50:
        raise Denied(422, "[Name]: MaxSize")
    world.label(repo, call.json["name"])
    return Reply(201, label(repo, call.json["name"]))


@on("POST /repos/{owner}/{name}/issues/{number}/labels")
def add_labels(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at, person)
    names = {id: name for name, id in found.repo.labels.items()}
    found.labels += [names[id] for id in call.json["labels"] if names[id] not in found.labels]
    return Reply(200, [label(found.repo, name) for name in found.labels])


@on("GET /repos/{owner}/{name}/milestones")
def milestones(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = of(world, at)
    return page(world, call, PREFIX, [milestone(repo, title) for title in repo.milestones], "limit", 50)


@on("POST /repos/{owner}/{name}/forks")
def fork(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(202, repository(world, world.fork(of(world, at), person), person))


def of(world: World, at: dict[str, str]) -> Repo:
    return world.find(f"{at['owner']}/{at['name']}")


def one(world: World, at: dict[str, str], editor: Person | None = None) -> Pull:
    repo = of(world, at)
    if editor and repo.archived:
        raise Denied(423, "This repo is archived.")
    if editor and not repo.may_push(editor):
        raise Denied(403, "user should have permission to write")
    return repo.pull(int(at["number"]))


def user(world: World, person: Person) -> dict[str, Any]:
    facts = {"id": person.id, "login": person.login, "full_name": "", "email": f"{person.login}@acme.example"}
    return {**facts, "html_url": f"{world.base}/{person.login}", "is_admin": False}


def repository(world: World, repo: Repo, person: Person | None = None) -> dict[str, Any]:
    level = repo.access.get(person.login, "read") if person else "read"
    return {
        "id": repo.id,
        "name": repo.name,
        "full_name": repo.slug,
        "owner": user(world, world.people.get(repo.owner) or Person(repo.owner, 1)),
        "private": repo.private,
        "fork": repo.parent is not None,
        "parent": repository(world, repo.parent) if repo.parent else None,
        "html_url": f"{world.base}/{repo.slug}",
        "clone_url": f"{world.base}/{repo.slug}.git",
        "ssh_url": f"git@acme.example:{repo.slug}.git",
        "default_branch": repo.default_branch,
        "archived": repo.archived,
        "permissions": {"admin": level == "admin", "push": level != "read", "pull": True},
    }


def pull(world: World, found: Pull) -> dict[str, Any]:
    web = f"{world.base}/{found.repo.slug}/pulls/{found.number}"
    return {
        "id": found.id,
        "number": found.number,
        "url": web,
        "html_url": web,
        "user": user(world, found.author),
        "title": found.title,
        "body": found.body,
        "labels": [label(found.repo, name) for name in found.labels],
        "milestone": milestone(found.repo, found.milestone) if found.milestone else None,
        "assignees": [user(world, person) for person in found.assignees] or None,
        "requested_reviewers": [user(world, person) for person in found.reviewers],
        "requested_reviewers_teams": [{"id": 1, "name": team} for team in found.teams],
        "state": "open" if found.state == "open" else "closed",
        "draft": found.draft,
        "merged": found.state == "merged",
        "mergeable": True,
        "head": end(world, found.source, found.head, found.sha),
        "base": end(world, found.repo, found.base, found.repo.ref(found.base)),
        "created_at": WHEN,
        "merged_at": WHEN if found.state == "merged" else None,
    }


def end(world: World, repo: Repo, name: str, sha: str) -> dict[str, Any]:
    return {"label": name, "ref": name, "sha": sha, "repo_id": repo.id, "repo": repository(world, repo)}


def label(repo: Repo, name: str) -> dict[str, Any]:
    return {"id": repo.labels[name], "name": name, "color": "00add8", "description": "", "url": ""}


def milestone(repo: Repo, title: str) -> dict[str, Any]:
    return {"id": 100 + repo.milestones.index(title), "title": title, "state": "open", "description": ""}


def comment(world: World, found: Pull, said: Said) -> dict[str, Any]:
    url = f"{world.base}/{found.repo.slug}/pulls/{found.number}#issuecomment-{said.id}"
    facts = {"id": said.id, "html_url": url, "user": user(world, said.author), "body": said.body}
    return {**facts, "created_at": WHEN, "updated_at": WHEN}


_USER = has(id=NUMBER, login=TEXT, email=TEXT)
_LABEL = has(id=NUMBER, name=TEXT, color=TEXT)
_MILESTONE = has(id=NUMBER, title=TEXT, state=TEXT)
_COMMENT = has(id=NUMBER, user=_USER, body=TEXT, html_url=TEXT, created_at=TIME)
_REPOSITORY = has(
    id=NUMBER,
    full_name=TEXT,
    default_branch=TEXT,
    archived=FLAG,
    fork=FLAG,
    html_url=TEXT,
    permissions=record({"admin": FLAG, "push": FLAG, "pull": FLAG}),
)
_END = has(label=TEXT, ref=TEXT, sha=TEXT, repo_id=NUMBER, repo=maybe(_REPOSITORY))
_PULL = has(
    id=NUMBER,
    number=NUMBER,
    html_url=TEXT,
    user=_USER,
    title=TEXT,
    body=TEXT,
    labels=many(_LABEL),
    milestone=maybe(_MILESTONE),
    assignees=maybe(many(_USER)),
    requested_reviewers=maybe(many(_USER)),
    state={"enum": ["open", "closed"]},
    draft=FLAG,
    merged=FLAG,
    head=_END,
    base=_END,
    created_at=TIME,
)
_CREATED = record(
    {"head": TEXT, "base": TEXT, "title": TEXT},
    {"body": TEXT, "assignee": TEXT, "assignees": TEXTS, "milestone": NUMBER, "labels": NUMBERS, "due_date": TIME},
)
_EDITED: Schema = record(
    {},
    {
        **dict.fromkeys(("title", "body", "base", "assignee"), TEXT),
        "assignees": TEXTS,
        "milestone": NUMBER,
        "labels": NUMBERS,
        "due_date": TIME,
        "unset_due_date": FLAG,
        "state": {"enum": ["open", "closed"]},
    },
)
_MERGED = record(
    {"Do": {"enum": ["merge", "rebase", "rebase-merge", "squash", "fast-forward-only", "manually-merged"]}},
    {"merge_when_checks_succeed": FLAG, "head_commit_id": TEXT, "force_merge": FLAG},
)
_REVIEW = has(id=NUMBER, user=_USER, state=TEXT, dismissed=FLAG, stale=FLAG)
_NOTHING: Schema = {"type": "null"}
_PAGES = ("page", "limit")
_RULES = (
    rule("GET /user", _USER),
    rule("GET /repos/{}/{}", _REPOSITORY),
    rule("GET /repos/{}/{}/branches/{*}", has(name=TEXT, protected=FLAG)),
    rule("GET /repos/{}/{}/collaborators/{}/permission", has(permission=TEXT, user=_USER)),
    rule("GET /repos/{}/{}/pulls", many(_PULL), query=("state", "base_branch", *_PAGES)),
    rule("POST /repos/{}/{}/pulls", _PULL, _CREATED),
    rule("GET /repos/{}/{}/pulls/{}", _PULL),
    rule("PATCH /repos/{}/{}/pulls/{}", _PULL, _EDITED),
    rule("GET /repos/{}/{}/pulls/{}/reviews", many(_REVIEW), query=_PAGES),
    rule(
        "POST /repos/{}/{}/pulls/{}/requested_reviewers",
        many(_REVIEW),
        record({}, {"reviewers": TEXTS, "team_reviewers": TEXTS}),
    ),
    rule("POST /repos/{}/{}/pulls/{}/merge", _NOTHING, _MERGED),
    rule("GET /repos/{}/{}/commits/{}/status", has(state=TEXT, sha=TEXT)),
    rule("PATCH /repos/{}/{}/issues/{}", has(id=NUMBER, number=NUMBER), _EDITED),
    rule("GET /repos/{}/{}/issues/{}/comments", many(_COMMENT)),
    rule("POST /repos/{}/{}/issues/{}/comments", _COMMENT, record({"body": TEXT})),
    rule("GET /repos/{}/{}/labels", many(_LABEL), query=_PAGES),
    rule("GET /orgs/{}/labels", many(_LABEL), query=_PAGES),
    rule("POST /repos/{}/{}/labels", _LABEL, record({"name": TEXT, "color": TEXT}, {"description": TEXT})),
    rule("POST /repos/{}/{}/issues/{}/labels", many(_LABEL), record({"labels": NUMBERS})),
    rule("GET /repos/{}/{}/milestones", many(_MILESTONE), query=("state", "name", *_PAGES)),
    rule("POST /repos/{}/{}/forks", _REPOSITORY, record({}, {"organization": TEXT, "name": TEXT})),
)


def check(call: Call, answer: Reply) -> str:
    """How a call or its reply breaks Gitea's contract; "" if it does not."""
    return contract.violation(_RULES, call, answer)
