"""How GitHub speaks: the calls that gorefit makes, answered as GitHub's published description wants them."""

from __future__ import annotations

import re
from typing import Any

from .wire import Call, Reply, Routes, page
from .world import WHEN, Denied, Person, Pull, Repo, Review, Said, World

PREFIX = "/api/v3"
on = Routes()
_DOCS = "https://docs.example/rest"
_USER_URLS = """
avatar_url events_url followers_url following_url gists_url organizations_url received_events_url
repos_url starred_url subscriptions_url
""".split()  # noqa: SIM905  # three lines are read better than fifty
_REPO_URLS = """
archive_url assignees_url blobs_url branches_url collaborators_url comments_url commits_url
compare_url contents_url contributors_url deployments_url downloads_url events_url forks_url
git_commits_url git_refs_url git_tags_url hooks_url issue_comment_url issue_events_url issues_url
keys_url labels_url languages_url merges_url milestones_url notifications_url pulls_url releases_url
stargazers_url statuses_url subscribers_url subscription_url tags_url teams_url trees_url svn_url
git_url
""".split()  # noqa: SIM905  # three lines are read better than fifty
_PULL_URLS = """
comments_url commits_url diff_url patch_url review_comment_url review_comments_url statuses_url
issue_url
""".split()  # noqa: SIM905  # three lines are read better than fifty


def refusal(error: Denied) -> Reply:
    """GitHub says that something exists by 422."""
    status = 422 if error.status == 409 else error.status
    value: dict[str, Any] = {"message": error.message, "documentation_url": _DOCS, "status": str(status)}
    if status == 422:
        value |= {"message": "Validation Failed"}
        value |= {"errors": [{"resource": "PullRequest", "code": "custom", "message": error.message}]}
    return Reply(status, value)


@on("GET /user")
def me(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    counts = [
        "followers",
        "following",
        "public_gists",
        "public_repos",
        "collaborators",
        "disk_usage",
        "owned_private_repos",
    ]
    counts += ["private_gists", "total_private_repos"]
    blanks = dict.fromkeys(["bio", "blog", "company", "email", "hireable", "location", "name"])
    private = {**dict.fromkeys(counts, 0), **blanks, "created_at": WHEN, "updated_at": WHEN}
    return Reply(200, {**user(world, person), **private, "two_factor_authentication": True})


@on("GET /repos/{owner}/{name}")
def repository(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    slug = f"{at['owner']}/{at['name']}"
    if slug in world.moved:
        place = f"{world.base}{PREFIX}/repositories/{world.find(world.moved[slug]).id}"
        return Reply(301, {"message": "Moved Permanently", "url": place}, {"Location": place})
    return Reply(200, full(world, visible(world, slug), person))


@on("GET /repositories/{id}")
def by_id(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(200, full(world, world.by_id(int(at["id"])), person))


@on("GET /repos/{owner}/{name}/branches/{branch*}")
def branch(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, sha = of(world, at), of(world, at).ref(at["branch"])
    if not sha:
        raise Denied(404, "Branch not found")
    url = f"{world.base}{PREFIX}/repos/{repo.slug}/branches/{at['branch']}"
    value = {"name": at["branch"], "commit": commit(world, repo, sha), "_links": {"html": url, "self": url}}
    value |= {"protected": repo.protected(at["branch"]), "protection": {}, "protection_url": f"{url}/protection"}
    return Reply(200, value)


@on("GET /repos/{owner}/{name}/collaborators/{login}/permission")
def permission(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = of(world, at)
    if at["login"] not in world.people:
        raise Denied(404, "Not Found")
    level = repo.access.get(at["login"], "none")
    member = {**user(world, world.people[at["login"]]), "role_name": level}
    return Reply(200, {"permission": level, "role_name": level, "user": member})


@on("GET /repos/{owner}/{name}/pulls")
def pulls(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, rows = of(world, at), list(of(world, at).pulls)
    if "head" in call.query:
        owner, _, head = call.query["head"].partition(":")
        rows = [one for one in rows if (one.source.owner, one.head) == (owner, head)]
    if "base" in call.query:
        rows = [one for one in rows if one.base == call.query["base"]]
    state = call.query.get("state", "open")
    rows = [one for one in rows if state == "all" or (one.state == "open") == (state == "open")]
    rows.sort(key=lambda one: one.number, reverse=call.query.get("direction", "desc") == "desc")
    return page(world, call, PREFIX, [simple(world, repo, one) for one in rows])


@on("POST /repos/{owner}/{name}/pulls")
def create(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, asked = of(world, at), call.json
    owner, _, head = asked["head"].rpartition(":")
    source = world.find(f"{owner}/{asked.get('head_repo', repo.name)}") if owner else repo
    if not source.may_push(person):
        raise Denied(403, "Resource not accessible by personal access token")
    made = world.open(repo, source, head, asked["base"], asked["title"], asked["body"], asked["draft"], person)
    return Reply(201, complete(world, repo, made))


@on("GET /repos/{owner}/{name}/pulls/{number}")
def pull(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(200, complete(world, of(world, at), one(world, at)))


@on("PATCH /repos/{owner}/{name}/pulls/{number}")
def edit(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, found = writable(world, at, person), one(world, at)
    found.title, found.body = call.json.get("title", found.title), call.json.get("body", found.body)
    if call.json.get("state") == "closed" and found.state == "open":
        found.last_sha, found.state = found.sha, "closed"
    return Reply(200, complete(world, repo, found))


@on("GET /repos/{owner}/{name}/pulls/{number}/reviews")
def reviews(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at)
    return page(world, call, PREFIX, [review(world, found, number, it) for number, it in enumerate(found.reviews)])


@on("POST /repos/{owner}/{name}/pulls/{number}/requested_reviewers")
def request(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, found = writable(world, at, person), one(world, at)
    asked, teams = call.json.get("reviewers", []), call.json.get("team_reviewers", [])
    if found.author.login in asked:
        raise Denied(422, "Review cannot be requested from pull request author.")
    known = all(login in repo.access for login in asked) and all(f"{repo.owner}/{t}" in world.teams for t in teams)
    if not known:
        raise Denied(422, "Reviews may only be requested from collaborators.")
    found.reviewers += [world.people[login] for login in asked if world.people[login] not in found.reviewers]
    found.teams += [team for team in teams if team not in found.teams]
    return Reply(201, simple(world, repo, found))


@on("PATCH /repos/{owner}/{name}/issues/{number}")
def edit_issue(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, found = writable(world, at, person), one(world, at)
    if "milestone" in call.json:
        found.milestone = repo.milestones[call.json["milestone"] - 1]
    return Reply(200, issue(world, repo, found))


@on("GET /repos/{owner}/{name}/issues/{number}/comments")
def comments(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return page(world, call, PREFIX, [comment(world, one(world, at), said) for said in one(world, at).said])


@on("POST /repos/{owner}/{name}/issues/{number}/comments")
def say(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    found = one(world, at)
    return Reply(201, comment(world, found, world.say(found, person, call.json["body"])))


@on("POST /repos/{owner}/{name}/issues/{number}/labels")
def add_labels(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, found = writable(world, at, person), one(world, at)
    if any(len(name) > 50 for name in call.json["labels"]):
        raise Denied(422, "Label name is too long (maximum is 50 characters)")
    found.labels += [name for name in call.json["labels"] if name not in found.labels]
    return Reply(200, [label(world, repo, name) for name in found.labels])


@on("POST /repos/{owner}/{name}/issues/{number}/assignees")
def assign(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo, found = writable(world, at, person), one(world, at)
    for login in call.json["assignees"]:  # whoever may not be assigned is dropped without a word
        if login in repo.access and world.people[login] not in found.assignees:
            found.assignees.append(world.people[login])
    return Reply(201, issue(world, repo, found))


@on("GET /repos/{owner}/{name}/milestones")
def milestones(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    repo = of(world, at)
    return page(world, call, PREFIX, [milestone(world, repo, title) for title in repo.milestones])


@on("POST /repos/{owner}/{name}/forks")
def fork(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    return Reply(202, full(world, world.fork(of(world, at), person), person))


@on("POST /graphql")
def graphql(world: World, call: Call, person: Person, at: dict[str, str]) -> Reply:
    asked = call.json["variables"]["input"]
    found = next((p for r in world.repos.values() for p in r.pulls if node(p.id) == asked["pullRequestId"]), None)
    if found is None:
        return _graphql_error("NOT_FOUND", "Could not resolve to a node")
    if not found.repo.may_push(person):
        return _graphql_error("FORBIDDEN", f"{person.login} does not have the correct permissions")
    name = re.findall(r"\{ (\w+)\(input: \$input\)", call.json["query"])[0]
    if name == "markPullRequestReadyForReview":
        found.draft = False
        return Reply(200, {"data": {name: {"clientMutationId": None, "pullRequest": {"isDraft": False}}}})
    if found.draft:
        return _graphql_error("UNPROCESSABLE", "Pull request is in draft state")
    if found.repo.checks != "running":
        return _graphql_error("UNPROCESSABLE", "Pull request is in clean status")
    if asked["expectedHeadOid"] != found.sha:
        return _graphql_error("UNPROCESSABLE", "Head branch was modified")
    found.auto_merge = asked["mergeMethod"].lower()
    return Reply(200, {"data": {name: {"actor": None, "clientMutationId": None}}})


def _graphql_error(kind: str, message: str) -> Reply:
    return Reply(200, {"data": None, "errors": [{"type": kind, "message": message}]})


def of(world: World, at: dict[str, str]) -> Repo:
    return visible(world, f"{at['owner']}/{at['name']}")


def visible(world: World, slug: str) -> Repo:
    """A fork is there some time after it was made."""
    repo = world.find(slug)
    if repo.not_ready:
        repo.not_ready -= 1
        raise Denied(404, "Not Found")
    return repo


def writable(world: World, at: dict[str, str], person: Person) -> Repo:
    repo = of(world, at)
    if repo.archived or not repo.may_push(person):
        raise Denied(403, "Must have write access to the repository")
    return repo


def one(world: World, at: dict[str, str]) -> Pull:
    return of(world, at).pull(int(at["number"]))


def node(number: int) -> str:
    return f"N_{number}"


def user(world: World, person: Person) -> dict[str, Any]:
    url = f"{world.base}{PREFIX}/users/{person.login}"
    facts = {"login": person.login, "id": person.id, "node_id": node(person.id), "gravatar_id": "", "type": "User"}
    urls = {name: f"{url}/{name}" for name in _USER_URLS}
    return {**facts, **urls, "url": url, "html_url": f"{world.base}/{person.login}", "site_admin": False}


def base_repository(world: World, repo: Repo, person: Person | None = None) -> dict[str, Any]:
    url, web = f"{world.base}{PREFIX}/repos/{repo.slug}", f"{world.base}/{repo.slug}"
    owner = world.people.get(repo.owner) or Person(repo.owner, 1)
    level = repo.access.get(person.login, "read") if person else "read"
    allowed = {"pull": True, "triage": level != "read", "push": level != "read"}
    return {
        **{name: f"{url}/{name}" for name in _REPO_URLS},
        **dict.fromkeys(["forks", "forks_count", "open_issues", "open_issues_count"], 0),
        **dict.fromkeys(["size", "stargazers_count", "watchers", "watchers_count"], 0),
        **dict.fromkeys(["has_issues", "has_projects", "has_wiki", "has_downloads"], True),
        **dict.fromkeys(["description", "homepage", "language", "mirror_url", "license"]),
        "id": repo.id,
        "node_id": node(repo.id),
        "name": repo.name,
        "full_name": repo.slug,
        "owner": user(world, owner),
        "private": repo.private,
        "fork": repo.parent is not None,
        "url": url,
        "html_url": web,
        "clone_url": f"{web}.git",
        "ssh_url": f"git@acme.example:{repo.slug}.git",
        "default_branch": repo.default_branch,
        "has_pages": False,
        "archived": repo.archived,
        "disabled": False,
        "pushed_at": WHEN,
        "created_at": WHEN,
        "updated_at": WHEN,
        "permissions": {**allowed, "maintain": level == "admin", "admin": level == "admin"},
    }


def full(world: World, repo: Repo, person: Person) -> dict[str, Any]:
    value = base_repository(world, repo, person)
    value |= {"network_count": 0, "subscribers_count": 0, "has_discussions": False}
    if repo.parent:
        value |= dict.fromkeys(("parent", "source"), base_repository(world, repo.parent))
    return value


def commit(world: World, repo: Repo, sha: str) -> dict[str, Any]:
    url = f"{world.base}{PREFIX}/repos/{repo.slug}/commits/{sha}"
    who = {"name": "Human", "email": "human@acme.example", "date": WHEN}
    inner = {"author": who, "committer": who, "message": "work", "url": url, "comment_count": 0}
    inner |= {"tree": {"sha": sha, "url": url}}
    value = {"sha": sha, "node_id": node(1), "url": url, "html_url": url, "comments_url": url, "commit": inner}
    return value | {"author": None, "committer": None, "parents": []}


def label(world: World, repo: Repo, name: str) -> dict[str, Any]:
    number = world.label(repo, name)
    url = f"{world.base}{PREFIX}/repos/{repo.slug}/labels/{number}"
    facts = {"id": number, "node_id": node(number), "url": url, "name": name, "description": ""}
    return {**facts, "color": "ededed", "default": False}


def milestone(world: World, repo: Repo, title: str) -> dict[str, Any]:
    number = repo.milestones.index(title) + 1
    url = f"{world.base}{PREFIX}/repos/{repo.slug}/milestones/{number}"
    facts = {"url": url, "html_url": url, "labels_url": f"{url}/labels", "id": number, "node_id": node(number)}
    facts |= {"number": number, "state": "open", "title": title, "description": "", "creator": None, "due_on": None}
    return {**facts, "open_issues": 0, "closed_issues": 0, "created_at": WHEN, "updated_at": WHEN, "closed_at": None}


def team(world: World, repo: Repo, slug: str) -> dict[str, Any]:
    url = f"{world.base}{PREFIX}/orgs/{repo.owner}/teams/{slug}"
    facts = {"id": 1, "node_id": node(1), "url": url, "html_url": url, "name": slug, "slug": slug, "parent": None}
    facts |= {"members_url": f"{url}/members{{/member}}", "repositories_url": f"{url}/repos", "permission": "push"}
    return {**facts, "description": None, "type": "organization", "organization_id": 1}


def simple(world: World, repo: Repo, found: Pull) -> dict[str, Any]:
    url, web = f"{world.base}{PREFIX}/repos/{repo.slug}", f"{world.base}/{repo.slug}/pull/{found.number}"
    here = f"{url}/pulls/{found.number}"
    ends = {"self": here, "html": web, "issue": here, "comments": here, "review_comments": here, "commits": here}
    ends |= {"review_comment": here, "statuses": here}
    closed = None if found.state == "open" else WHEN
    auto = {"enabled_by": user(world, found.author), "merge_method": found.auto_merge, "commit_title": ""}
    return {
        **{name: f"{here}/{name}" for name in _PULL_URLS},
        "url": here,
        "html_url": web,
        "id": found.id,
        "node_id": node(found.id),
        "number": found.number,
        "state": "open" if found.state == "open" else "closed",
        "locked": False,
        "title": found.title,
        "body": found.body,
        "user": user(world, found.author),
        "draft": found.draft,
        "labels": [label(world, repo, name) for name in found.labels],
        "milestone": milestone(world, repo, found.milestone) if found.milestone else None,
        "assignee": None,
        "assignees": [user(world, person) for person in found.assignees],
        "requested_reviewers": [user(world, person) for person in found.reviewers],
        "requested_teams": [team(world, repo, slug) for slug in found.teams],
        "head": end(world, found.source, found.head, found.sha),
        "base": end(world, repo, found.base, repo.ref(found.base)),
        "_links": {name: {"href": href} for name, href in ends.items()},
        "author_association": "MEMBER",
        "auto_merge": {**auto, "commit_message": ""} if found.auto_merge else None,
        "created_at": WHEN,
        "updated_at": WHEN,
        "closed_at": closed,
        "merged_at": WHEN if found.state == "merged" else None,
        "merge_commit_sha": None,
    }


def complete(world: World, repo: Repo, found: Pull) -> dict[str, Any]:
    counts = dict.fromkeys(["additions", "changed_files", "comments", "commits", "deletions", "review_comments"], 0)
    facts = {"mergeable": True, "mergeable_state": "clean", "merged": found.state == "merged", "merged_by": None}
    return {**simple(world, repo, found), **counts, **facts, "maintainer_can_modify": found.source is not repo}


def end(world: World, repo: Repo, branch: str, sha: str) -> dict[str, Any]:
    owner = world.people.get(repo.owner) or Person(repo.owner, 1)
    facts = {"label": f"{repo.owner}:{branch}", "ref": branch, "sha": sha, "user": user(world, owner)}
    return {**facts, "repo": base_repository(world, repo)}


def issue(world: World, repo: Repo, found: Pull) -> dict[str, Any]:
    url = f"{world.base}{PREFIX}/repos/{repo.slug}/issues/{found.number}"
    value = simple(world, repo, found)
    kept = ["html_url", "node_id", "number", "state", "locked", "title", "body", "user", "labels", "milestone"]
    kept += ["assignee", "assignees", "created_at"]
    facts = {name: value[name] for name in (*kept, "updated_at", "closed_at", "author_association")}
    urls = {"url": url, "repository_url": f"{world.base}{PREFIX}/repos/{repo.slug}", "labels_url": f"{url}/labels"}
    urls |= {"comments_url": f"{url}/comments", "events_url": f"{url}/events"}
    return {**facts, **urls, "id": found.id, "comments": len(found.said)}


def comment(world: World, found: Pull, said: Said) -> dict[str, Any]:
    url = f"{world.base}{PREFIX}/repos/{found.repo.slug}/issues/comments/{said.id}"
    facts = {"id": said.id, "node_id": node(said.id), "url": url, "html_url": f"{url}#issuecomment-{said.id}"}
    facts |= {"issue_url": url, "user": user(world, said.author), "body": said.body, "author_association": "MEMBER"}
    return {**facts, "created_at": WHEN, "updated_at": WHEN}


def review(world: World, found: Pull, number: int, it: Review) -> dict[str, Any]:
    url = f"{world.base}{PREFIX}/repos/{found.repo.slug}/pulls/{found.number}/reviews/{number}"
    state = {"approved": "APPROVED", "changes": "CHANGES_REQUESTED"}[it.state]
    facts = {"id": number, "node_id": node(number), "user": user(world, it.author), "body": "", "state": state}
    links = {"html": {"href": url}, "pull_request": {"href": url}}
    facts |= {"commit_id": found.sha, "html_url": url, "pull_request_url": url, "_links": links}
    return {**facts, "author_association": "MEMBER", "submitted_at": WHEN}
