"""How GitLab speaks: the calls that gorefit makes."""

from __future__ import annotations

from typing import Any

from gitlab.types import RequiredOptional
from gitlab.v4.objects import ProjectForkManager, ProjectMergeRequestManager, ProjectMergeRequestNoteManager

from . import contract
from .contract import FLAG, NUMBER, NUMBERS, TEXT, TEXTS, TIME, Schema, many, maybe, record, rule
from .contract import reply as has
from .wire import Call, Reply, Routes, page
from .world import WHEN, Denied, Person, Pull, Repo, Said, World

PREFIX = "/api/v4"
on = Routes()
_LEVELS = {"read": 20, "write": 30, "admin": 40}


def refusal(error: Denied) -> Reply:
    return Reply(error.status if error.status != 422 else 400, {"message": error.message})


@on("GET /user")
def me(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(200, user(world, person))


@on("GET /users")
def users(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = [one for one in world.people.values() if one.login == call.query["username"]]
    return page(world, call, PREFIX, [user(world, one) for one in found])


@on("GET /projects/{id}")
def show(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    if at["id"] in world.moved:
        place = f"{world.base}{PREFIX}/projects/{world.find(world.moved[at['id']]).id}"
        return Reply(301, {"message": "Moved"}, {"Location": place})
    repo = project(world, at)
    state = "finished"
    if repo.not_ready:
        repo.not_ready -= 1
        state = "started"
    return Reply(200, {**shown(world, repo, person), "import_status": state if repo.parent else "none"})


@on("GET /projects/{id}/repository/branches/{branch}")
def branch(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = project(world, at)
    if not repo.ref(at["branch"]):
        raise Denied(404, "404 Branch Not Found")
    facts = {"name": at["branch"], "merged": False, "default": at["branch"] == repo.default_branch}
    return Reply(200, {**facts, "protected": repo.protected(at["branch"]), "commit": {"id": repo.ref(at["branch"])}})


@on("GET /projects/{id}/members/all/{user}")
def member(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = project(world, at)
    found = next((one for one in world.people.values() if str(one.id) == at["user"] and one.login in repo.access), None)
    if found is None:
        raise Denied(404, "404 Not found")
    return Reply(200, {**user(world, found), "access_level": _LEVELS[repo.access[found.login]]})


@on("GET /projects/{id}/merge_requests")
def requests(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    rows = list(reversed(project(world, at).pulls))
    for name, field in (("source_branch", "head"), ("target_branch", "base")):
        rows = [one for one in rows if name not in call.query or getattr(one, field) == call.query[name]]
    return page(world, call, PREFIX, [merge_request(world, one) for one in rows])


@on("POST /projects/{id}/merge_requests")
def create(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    source, asked = project(world, at), call.json
    target = world.by_id(asked.get("target_project_id", source.id))
    if not source.may_push(person):
        raise Denied(403, "403 Forbidden")
    draft = asked["title"].startswith("Draft: ")
    head, base, title, body = (asked[name] for name in ("source_branch", "target_branch", "title", "description"))
    try:
        made = world.open(target, source, head, base, title, body, draft, person)
    except Denied as error:
        if error.status != 409:
            raise
        open_ = next(one for one in target.pulls if (one.source, one.head, one.state) == (source, head, "open"))
        said = f"Another open merge request already exists for this source branch: !{open_.number}"
        return Reply(409, {"message": [said]})
    return Reply(201, merge_request(world, made))


@on("GET /projects/{id}/merge_requests/{number}")
def get(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(200, merge_request(world, one(world, at)))


@on("PUT /projects/{id}/merge_requests/{number}")
def edit(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found, asked = one(world, at, person), call.json
    found.title, found.body = asked.get("title", found.title), asked.get("description", found.body)
    found.draft = found.title.startswith("Draft: ")
    if asked.get("state_event") == "close" and found.state == "open":
        found.last_sha, found.state = found.sha, "closed"
    added = asked.get("add_labels", "").split(",") if asked.get("add_labels") else []
    found.labels += [name for name in added if name not in found.labels]
    if "milestone_id" in asked:
        found.milestone = found.repo.milestones[asked["milestone_id"] - 100]
    for key in ("assignee_ids", "reviewer_ids"):
        if key in asked:
            ids = asked[key][:1] if found.repo.one_assignee else asked[key]
            people = [next(one for one in world.people.values() if one.id == number) for number in ids]
            setattr(found, key.replace("_ids", "s"), [one for one in people if one.login in found.repo.access])
    return Reply(200, merge_request(world, found))


@on("PUT /projects/{id}/merge_requests/{number}/merge")
def merge(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at, person)
    if found.draft:
        return Reply(405, {"message": "405 Method Not Allowed"})
    if call.json["sha"] != found.sha:
        return Reply(409, {"message": "SHA does not match HEAD of source branch"})
    if found.repo.checks == "running":
        found.auto_merge = "merge"
    else:
        found.last_sha, found.state = found.sha, "merged"
    return Reply(200, merge_request(world, found))


@on("GET /projects/{id}/merge_requests/{number}/approvals")
def approvals(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    by = [{"user": user(world, it.author)} for it in one(world, at).reviews if it.state == "approved"]
    return Reply(200, {"approved": True, "approvals_required": 0, "approved_by": by})


@on("GET /projects/{id}/merge_requests/{number}/notes")
def notes(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return page(world, call, PREFIX, [note(world, said) for said in one(world, at).said])


@on("POST /projects/{id}/merge_requests/{number}/notes")
def say(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(201, note(world, world.say(one(world, at), person, call.json["body"])))


@on("GET /projects/{id}/milestones")
def milestones(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = project(world, at)
    rows = [title for title in repo.milestones if title == call.query.get("title", title)]
    return page(world, call, PREFIX, [milestone(world, repo, title) for title in rows])


@on("GET /projects/{id}/forks")
def forks(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    parent = project(world, at)
    mine = [one for one in world.repos.values() if one.parent is parent and one.owner == person.login]
    return page(world, call, PREFIX, [{**shown(world, one, person), "import_status": "finished"} for one in mine])


@on("POST /projects/{id}/fork")
def fork(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    made = world.fork(project(world, at), person)
    return Reply(201, {**shown(world, made, person), "import_status": "scheduled"})


def project(world: World, at: dict[str, str]) -> Repo:
    return world.by_id(int(at["id"])) if at["id"].isdecimal() else world.find(at["id"])


def one(world: World, at: dict[str, str], editor: Person | None = None) -> Pull:
    repo = project(world, at)
    if editor and (repo.archived or not repo.may_push(editor)):
        raise Denied(403, "403 Forbidden")
    return repo.pull(int(at["number"]))


def user(world: World, person: Person) -> dict[str, Any]:
    facts = {"id": person.id, "username": person.login, "name": person.login, "state": "active"}
    return {**facts, "web_url": f"{world.base}/{person.login}", "avatar_url": None}


def shown(world: World, repo: Repo, person: Person) -> dict[str, Any]:
    level = repo.access.get(person.login)
    access = {"access_level": _LEVELS[level], "notification_level": 3} if level else None
    parent = {"id": repo.parent.id, "path_with_namespace": repo.parent.slug} if repo.parent else None
    return {
        "id": repo.id,
        "path": repo.name,
        "path_with_namespace": repo.slug,
        "namespace": {"id": 1, "full_path": repo.owner, "kind": "user"},
        "default_branch": repo.default_branch,
        "archived": repo.archived,
        "visibility": "private" if repo.private else "public",
        "web_url": f"{world.base}/{repo.slug}",
        "http_url_to_repo": f"{world.base}/{repo.slug}.git",
        "ssh_url_to_repo": f"git@acme.example:{repo.slug}.git",
        "permissions": {"project_access": access, "group_access": None},
        **({"forked_from_project": parent} if parent else {}),
    }


def merge_request(world: World, found: Pull) -> dict[str, Any]:
    state = {"open": "opened", "closed": "closed", "merged": "merged"}[found.state]
    changes = any(it.state == "changes" for it in found.reviews)
    running = {"id": 1, "sha": found.sha, "status": {"running": "running", "passed": "success"}.get(found.repo.checks)}
    return {
        "id": found.id,
        "iid": found.number,
        "project_id": found.repo.id,
        "source_project_id": found.source.id,
        "target_project_id": found.repo.id,
        "source_branch": found.head,
        "target_branch": found.base,
        "title": found.title,
        "description": found.body,
        "state": state,
        "draft": found.draft,
        "sha": found.sha,
        "author": user(world, found.author),
        "labels": found.labels,
        "assignees": [user(world, person) for person in found.assignees],
        "reviewers": [user(world, person) for person in found.reviewers],
        "milestone": milestone(world, found.repo, found.milestone) if found.milestone else None,
        "merge_when_pipeline_succeeds": bool(found.auto_merge),
        "detailed_merge_status": "requested_changes" if changes else "mergeable",
        "head_pipeline": None if found.repo.checks == "none" else running,
        "web_url": f"{world.base}/{found.repo.slug}/-/merge_requests/{found.number}",
        "created_at": WHEN,
        "updated_at": WHEN,
        "merged_at": WHEN if found.state == "merged" else None,
        "closed_at": WHEN if found.state == "closed" else None,
    }


def milestone(world: World, repo: Repo, title: str) -> dict[str, Any]:
    number = repo.milestones.index(title)
    return {"id": 100 + number, "iid": number + 1, "title": title, "state": "active", "project_id": repo.id}


def note(world: World, said: Said) -> dict[str, Any]:
    facts = {"id": said.id, "body": said.body, "author": user(world, said.author), "system": said.system}
    return {**facts, "created_at": WHEN, "updated_at": WHEN, "noteable_type": "MergeRequest"}


def _sent(attributes: RequiredOptional, **more: Schema) -> Schema:
    """What may be sent, as python-gitlab has it, and what GitLab learnt since."""
    anything: Schema = {}
    return record(
        dict.fromkeys(attributes.required, anything), {**dict.fromkeys(attributes.optional, anything), **more}
    )


_USER = has(id=NUMBER, username=TEXT, name=TEXT, state=TEXT, web_url=TEXT)
_MILESTONE = has(id=NUMBER, iid=NUMBER, title=TEXT, state=TEXT)
_NOTE = has(id=NUMBER, body=TEXT, author=_USER, system=FLAG, created_at=TIME)
_ACCESS = maybe(has(access_level=NUMBER))
_PROJECT = has(
    id=NUMBER,
    path_with_namespace=TEXT,
    default_branch=TEXT,
    archived=FLAG,
    web_url=TEXT,
    permissions=has(project_access=_ACCESS, group_access=_ACCESS),
    import_status={"enum": ["none", "scheduled", "started", "finished", "failed"]},
    namespace=has(full_path=TEXT),
)
_REQUEST = has(
    id=NUMBER,
    iid=NUMBER,
    source_project_id=NUMBER,
    target_project_id=NUMBER,
    source_branch=TEXT,
    target_branch=TEXT,
    title=TEXT,
    description=maybe(TEXT),
    state={"enum": ["opened", "closed", "merged", "locked"]},
    draft=FLAG,
    sha=maybe(TEXT),
    author=_USER,
    labels=TEXTS,
    assignees=many(_USER),
    reviewers=many(_USER),
    milestone=maybe(_MILESTONE),
    merge_when_pipeline_succeeds=FLAG,
    web_url=TEXT,
    created_at=TIME,
    merged_at=TIME,
)
_UPDATED = _sent(ProjectMergeRequestManager._update_attrs, add_labels=TEXT, assignee_ids=NUMBERS, reviewer_ids=NUMBERS)
_PAGES = ("page", "per_page")
_MERGED = record({"merge_when_pipeline_succeeds": FLAG, "sha": TEXT}, {"squash": FLAG})
_RULES = (
    rule("GET /user", _USER),
    rule("GET /users", many(_USER), query=("username", *_PAGES)),
    rule("GET /projects/{}", _PROJECT),
    rule("GET /projects/{}/repository/branches/{}", has(name=TEXT, protected=FLAG, commit=has(id=TEXT))),
    rule("GET /projects/{}/members/all/{}", has(id=NUMBER, username=TEXT, access_level=NUMBER)),
    rule(
        "GET /projects/{}/merge_requests",
        many(_REQUEST),
        query=(*ProjectMergeRequestManager._list_filters, *_PAGES),
    ),
    rule("POST /projects/{}/merge_requests", _REQUEST, _sent(ProjectMergeRequestManager._create_attrs)),
    rule("GET /projects/{}/merge_requests/{}", _REQUEST),
    rule("PUT /projects/{}/merge_requests/{}", _REQUEST, _UPDATED),
    rule("PUT /projects/{}/merge_requests/{}/merge", _REQUEST, _MERGED),
    rule("GET /projects/{}/merge_requests/{}/approvals", has(approved=FLAG, approved_by=many(has(user=_USER)))),
    rule("GET /projects/{}/merge_requests/{}/notes", many(_NOTE), query=("sort", "order_by", *_PAGES)),
    rule("POST /projects/{}/merge_requests/{}/notes", _NOTE, _sent(ProjectMergeRequestNoteManager._create_attrs)),
    rule("GET /projects/{}/milestones", many(_MILESTONE), query=("title", "state", "include_ancestors", *_PAGES)),
    rule("GET /projects/{}/forks", many(_PROJECT), query=(*ProjectForkManager._list_filters, *_PAGES)),
    rule("POST /projects/{}/fork", _PROJECT, _sent(ProjectForkManager._create_attrs)),
)


def check(call: Call, answer: Reply) -> str:
    """How a call or its reply breaks GitLab's contract; "" if it does not."""
    return contract.violation(_RULES, call, answer)
