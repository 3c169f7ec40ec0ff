"""What every fake forge keeps: people, repositories with real git behind them, pull requests, and what was said.

The rules that forges share are here (who may push, one open request for one head and base); how each of them speaks
is in `github_face`, `gitlab_face` and `gitea_face`.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

WHEN = "2026-01-02T03:04:05Z"
Access = Literal["read", "write", "admin"]


class Denied(Exception):
    """The forge refuses; each face puts it into its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


@dataclass
class Person:
    login: str
    id: int
    token: str = ""


@dataclass
class Said:
    id: int
    author: Person
    body: str
    system: bool = False


@dataclass
class Review:
    author: Person
    state: Literal["approved", "changes"]


@dataclass
class Pull:
    number: int
    id: int
    repo: Repo
    source: Repo
    head: str
    base: str
    title: str
    body: str
    draft: bool
    author: Person
    state: Literal["open", "closed", "merged"] = "open"
    last_sha: str = ""  # of the head, kept when the branch goes
    labels: list[str] = field(default_factory=list)
    assignees: list[Person] = field(default_factory=list)
    reviewers: list[Person] = field(default_factory=list)
    teams: list[str] = field(default_factory=list)
    milestone: str = ""
    auto_merge: str = ""
    said: list[Said] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)

    @property
    def sha(self) -> str:
        if self.state == "open":
            self.last_sha = self.source.ref(self.head) or self.last_sha
        return self.last_sha


@dataclass
class Repo:
    slug: str
    id: int
    path: Path  # a bare git repository
    default_branch: str = "main"
    archived: bool = False
    private: bool = False
    access: dict[str, Access] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    milestones: list[str] = field(default_factory=list)
    parent: Repo | None = None
    pulls: list[Pull] = field(default_factory=list)
    not_ready: int = 0  # how often the API still has to be asked until a fork is there
    checks: Literal["none", "running", "passed"] = "none"  # on every commit
    one_assignee: bool = False  # as on a free GitLab

    @property
    def owner(self) -> str:
        return self.slug.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.slug.rpartition("/")[2]

    def ref(self, branch: str) -> str:
        """The commit of a branch, "" if there is none; read as git keeps it, for that is asked often."""
        loose = self.path / "refs" / "heads" / branch
        if loose.is_file():
            return loose.read_text().strip()
        packed = self.path / "packed-refs"
        lines = packed.read_text().splitlines() if packed.exists() else []
        return next((line[:40] for line in lines if line.endswith(f" refs/heads/{branch}")), "")

    def refs(self) -> dict[str, str]:
        """Every branch and its commit."""
        lines = git(self.path, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads").split("\n")
        return {branch: sha for branch, _, sha in (line.partition(" ") for line in lines) if branch}

    def commit(
        self,
        branch: str,
        files: Mapping[str, str],
        *,
        message: str = "work",
        author: str = "Human <human@acme.example>",
    ) -> str:
        """Commit files on top of a branch, which starts at the default branch if it is new; gives the commit."""
        start = self.ref(branch) or self.ref(self.default_branch)
        lines = [f"commit refs/heads/{branch}", f"author {author} 1767323045 +0000"]
        lines += [f"committer {author} 1767323045 +0000", f"data {len(message.encode())}", message]
        lines += [f"from {start}"] if start else []
        for name, text in files.items():
            lines += [f"M 100644 inline {name}", f"data {len(text.encode())}", text]
        git(self.path, "fast-import", "--quiet", "--force", stdin="\n".join(lines) + "\n")
        return self.ref(branch)

    def protect(self, *branches: str) -> None:
        """The branches that the pre-receive hook turns pushes away from."""
        (self.path / "protected").write_text("".join(f"refs/heads/{branch}\n" for branch in branches))

    def protected(self, branch: str) -> bool:
        listed = self.path / "protected"
        return listed.exists() and f"refs/heads/{branch}" in listed.read_text().split()

    def refuse_non_fast_forward(self) -> None:
        git(self.path, "config", "receive.denyNonFastForwards", "true")

    def pull(self, number: int) -> Pull:
        if not 0 < number <= len(self.pulls):
            raise Denied(404, "Not Found")
        return self.pulls[number - 1]

    def may_push(self, person: Person | None) -> bool:
        return person is not None and self.access.get(person.login) in ("write", "admin")


_HOOK = """#!/bin/sh
while read -r old new ref; do
  if [ -f protected ] && grep -qxF "$ref" protected; then
    echo "GH006: Protected branch update failed for $ref." >&2
    exit 1
  fi
done
"""


class World:
    """One forge: its people, its repositories, and the address that it is reached by."""

    def __init__(self, folder: Path, base: str) -> None:
        self.folder, self.base = folder, base
        self.people: dict[str, Person] = {}
        self.teams: dict[str, list[str]] = {}  # "acme/platform": logins
        self.repos: dict[str, Repo] = {}
        self.moved: dict[str, str] = {}
        self.lock = threading.RLock()
        self._ids = itertools.count(1)

    def person(self, login: str, token: str = "") -> Person:
        self.people[login] = Person(login, next(self._ids), token)
        return self.people[login]

    def by_token(self, token: str) -> Person | None:
        return next((one for one in self.people.values() if token and one.token == token), None)

    def known(self, login: str) -> Person:
        if login not in self.people:
            raise Denied(422, f"no user {login}")
        return self.people[login]

    def repo(self, slug: str, files: Mapping[str, str] | None = None, **access: Access) -> Repo:
        """A repository with one commit on main, and who may do what in it."""
        path = self.folder / f"{slug}.git"
        for part in ("objects", "refs/heads", "hooks"):  # as `git init --bare` does, and much faster
            (path / part).mkdir(parents=True)
        (path / "HEAD").write_text("ref: refs/heads/main\n")
        (path / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
        hook = path / "hooks" / "pre-receive"
        hook.write_text(_HOOK)
        hook.chmod(0o755)
        _serve_all(path)
        self.repos[slug] = made = Repo(slug, next(self._ids), path, access=dict(access))
        made.commit("main", files or {"go.mod": "module acme.example/shop\n\ngo 1.22\n"}, message="first")
        return made

    def find(self, slug: str) -> Repo:
        if slug not in self.repos:
            raise Denied(404, "Not Found")
        return self.repos[slug]

    def by_id(self, number: int) -> Repo:
        found = next((repo for repo in self.repos.values() if repo.id == number), None)
        if found is None:
            raise Denied(404, "Not Found")
        return found

    def rename(self, old: str, new: str) -> None:
        repo = self.repos.pop(old)
        repo.slug, self.repos[new], self.moved[old] = new, repo, new

    def fork(self, parent: Repo, person: Person) -> Repo:
        slug = f"{person.login}/{parent.name}"
        if slug in self.repos:
            return self.repos[slug]
        path = self.folder / f"{slug}.git"
        git(None, "clone", "-q", "--bare", str(parent.path), str(path))
        _serve_all(path)
        made = Repo(slug, next(self._ids), path, access={person.login: "admin"}, parent=parent, not_ready=2)
        self.repos[slug] = made
        return made

    def open(
        self, repo: Repo, source: Repo, head: str, base: str, title: str, body: str, draft: bool, author: Person
    ) -> Pull:
        if repo.archived:
            raise Denied(403, "Repository was archived so is read-only.")
        if not source.ref(head) or not repo.ref(base):
            raise Denied(422, "Validation Failed: head or base does not exist")
        if source.ref(head) == repo.ref(base):
            raise Denied(422, f"No commits between {base} and {head}")
        same = [
            one for one in repo.pulls if (one.source, one.head, one.base, one.state) == (source, head, base, "open")
        ]
        if same:
            raise Denied(409, f"A pull request already exists for {source.owner}:{head}.")
        number = len(repo.pulls) + 1
        made = Pull(number, next(self._ids), repo, source, head, base, title, body, draft, author)
        repo.pulls.append(made)
        return made

    def say(self, pull: Pull, author: Person, body: str, system: bool = False) -> Said:
        pull.said.append(Said(next(self._ids), author, body, system))
        return pull.said[-1]

    def label(self, repo: Repo, name: str) -> int:
        return repo.labels.setdefault(name, next(self._ids))


def _serve_all(path: Path) -> None:
    """Pushes over HTTP, and partial clones."""
    with (path / "config").open("a") as config:
        config.write("[http]\n\treceivepack = true\n")
        config.write("[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n")


def git(path: Path | None, *arguments: str, stdin: str = "", check: bool = True) -> str:
    """Run git on a bare repository, out of reach of any config but its own."""
    place = [f"--git-dir={path}"] if path else []
    done = subprocess.run(["git", *place, *arguments], input=stdin, capture_output=True, text=True, env=git_env())
    if check and done.returncode:
        raise AssertionError(f"git {arguments[0]}: {done.stderr}")
    return done.stdout if done.returncode == 0 else ""


def git_env() -> dict[str, str]:
    """The environment of a git that nobody configured."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**kept, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "TZ": "UTC"}
