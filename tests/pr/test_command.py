"""`gorefit pr` as it is typed: on real Go modules, with real remotes; what it prints, refuses, and answers programs."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from end_to_end import Gorefit, grows, interrupt_when, shared_cache, valid
from forges import canary
from forges.fixtures import NewHost
from gorefit.engine.forge.forge import Kind
from gorefit.engine.toolchain import Toolchain

from .world import git, make_remote

AUTHOR = ("--author", "Robot <robot@example.com>")
MODULE = {
    "go.mod": "module example.com/m\n\ngo 1.21\n",
    "a/a.go": grows("a", "First"),
    "b/b.go": grows("b", "Second"),
    "CODEOWNERS": "* @acme/all\n/a/ @alice\n",
}


@dataclasses.dataclass(frozen=True)
class Site:
    """A checkout of a module, its remote, and the command."""

    clone: Path
    remote: Path
    run: Gorefit
    requests: Path

    def __call__(self, *words: str | Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
        done = self.run("-C", self.clone, "pr", *words, env=env)
        return done.code, done.out, done.err

    def plan(self, *words: str | Path) -> tuple[int, str, str]:
        return self("plan", *AUTHOR, *words)

    def publish(self, *words: str | Path) -> tuple[int, str, str]:
        return self("publish", "--pr-dir", self.requests, *AUTHOR, *words)

    def heads(self) -> list[str]:
        return git(self.remote, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()


def site_of(folder: Path, toolchain: Toolchain, cache: Path, files: dict[str, str]) -> Site:
    remote, clone = make_remote(folder, files)
    run = Gorefit(folder / "run", cache, toolchain)
    run.environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(folder)}
    return Site(clone, remote, run, folder / "requests")


@pytest.fixture
def site(tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Site:
    return site_of(tmp_path, toolchain, shared_cache(tmp_path_factory), MODULE)


def test_plan_shows_and_publish_does(site: Site, tmp_path: Path) -> None:
    before = (site.clone / ".git" / "config").read_bytes(), git(site.clone, "status", "--porcelain")
    file = tmp_path / "plan.json"
    code, out, err = site.plan("--split", "owner", "-o", file)
    assert code == 0
    rows = [line.split()[:4] for line in out.splitlines()[1:3]]
    assert [row[0] for row in rows] == ["create", "create"] and [row[2:] for row in rows] == [["1", "1"]] * 2
    assert "@alice" in out and "acme/all" in out and "2 requests onto main" in out
    assert str(file) in err and site.heads() == ["main"] and file.stat().st_mode & 0o77 == 0
    code, out, _ = site("publish", "--pr-dir", site.requests, "--plan", file)
    assert code == 0 and out.count("created  gorefit/") == 2
    assert len(site.heads()) == 3
    text = (site.requests / "0002" / "pull-request.md").read_text()
    assert 'reviewers: ["alice"]' in text and "gorefit diff -c strings-builder ./a" in text
    code, out, _ = site.publish("--split", "owner")
    assert code == 0 and out.count("kept") == 2
    assert ((site.clone / ".git" / "config").read_bytes(), git(site.clone, "status", "--porcelain")) == before


def test_what_is_published_is_what_apply_writes(site: Site) -> None:
    code, _, _ = site.publish()
    assert code == 0
    (branch,) = (name for name in site.heads() if name != "main")
    assert site.run("-C", site.clone, "apply").code == 0
    for path in ("a/a.go", "b/b.go"):
        made = git(site.remote, "show", f"{branch}:{path}")
        assert made == (site.clone / path).read_text().strip() and "strings.Builder" in made
    message = git(site.remote, "log", "-1", "--format=%B", branch)
    assert re.search(r"^Gorefit-Codemod: strings-builder$", message, re.MULTILINE)
    assert re.search(r"^Gorefit-Digest: [0-9a-f]{64}$", message, re.MULTILINE)


def test_programs_get_json(site: Site) -> None:
    code, out, _ = site.plan("--format", "json")
    made = valid(out)
    assert (code, made["kind"], made["exit_code"], made["base"]) == (0, "pr-plan", 0, "main")
    (request,) = made["requests"]
    assert request["action"] == "create" and request["files"] == ["a/a.go", "b/b.go"] and request["places"] == 2
    assert json.loads(Path(made["file"]).read_text())["base-sha"] == made["base_sha"]
    done = valid(site.publish("--format", "json")[1])
    assert done["kind"] == "pr-publish" and [one["outcome"] for one in done["requests"]] == ["created"]
    found = valid(site("status", "--pr-dir", site.requests, *AUTHOR, "--format", "json")[1])
    assert found["kind"] == "pr-status"
    assert [(one["state"], one["places"], one["action"]) for one in found["requests"]] == [("draft", 2, "keep")]
    found = valid(site("status", "--pr-dir", site.requests, "--no-run", "--format", "json")[1])
    assert [(one["state"], one["places"]) for one in found["requests"]] == [("draft", None)]


def test_check_tells_whether_there_is_something_to_do(site: Site) -> None:
    assert site("plan", "--pr-dir", site.requests, *AUTHOR, "--check")[0] == 1
    assert site.publish()[0] == 0
    assert site("plan", "--pr-dir", site.requests, *AUTHOR, "--check")[0] == 0


def test_a_plan_whose_base_moved(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert site.plan("-o", file)[0] == 0
    (site.clone / "a" / "more.go").write_text("package a\n")
    git(site.clone, "add", "-A")
    git(site.clone, "commit", "-qm", "moved")
    git(site.clone, "push", "-q", "origin", "HEAD:main")
    code, out, err = site("publish", "--pr-dir", site.requests, "--plan", file)
    assert code == 2 and out == "" and "--replan" in err and site.heads() == ["main"]
    code, out, _ = site("publish", "--pr-dir", site.requests, *AUTHOR, "--plan", file, "--replan")
    assert code == 2, "what is asked for beside a plan is refused"
    code, out, _ = site("publish", "--pr-dir", site.requests, "--plan", file, "--replan", env=_author())
    assert code == 0 and "created" in out


def _author() -> dict[str, str]:
    return {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "Robot",
            "GIT_CONFIG_KEY_1": "user.email", "GIT_CONFIG_VALUE_1": "robot@example.com"}  # fmt: skip


def test_people_and_declined_requests_decide_the_exit_code(site: Site) -> None:
    site.publish("--split", "package")
    first, second = (name for name in site.heads() if name != "main")
    git(site.clone, "fetch", "-q", "origin", first)
    git(site.clone, "checkout", "-q", "FETCH_HEAD")
    git(site.clone, "commit", "-q", "--allow-empty", "-m", "mine")
    git(site.clone, "push", "-q", "origin", f"HEAD:{first}")
    path = site.requests / "0002" / "pull-request.md"
    path.write_text(path.read_text().replace('state: "open"', "state: closed"))
    code, out, _ = site.publish("--split", "package")
    assert code == 3 and f"left  {first}" in out and f"declined  {second}" in out
    code, out, _ = site("status", "--pr-dir", site.requests, "--split", "package", *AUTHOR)
    assert code == 0 and "leave, somebody else's commits" in out and "declined, closed by a person" in out
    assert "2 places left to change, 1 of them in open requests" in out


def test_the_settings_of_the_file(site: Site) -> None:
    (site.clone / "docs").mkdir()
    (site.clone / "docs" / "text.md.j2").write_text("{{ count | plural('thing') }} by {{ changes[0].id }}\n")
    (site.clone / "gorefit.toml").write_text(
        '[pr]\nprefix = "bots/go-"\nsplit = "package"\nlabels = ["perf"]\nreviewers = ["owners", "acme/extra"]\n'
        'draft = false\ntitle-prefix = "perf: "\nbody-template = "docs/text.md.j2"\nsignoff = true\n'
        'author = "Robot <robot@example.com>"\n'
    )
    code, _, err = site("publish", "--pr-dir", site.requests)
    assert code == 0, err
    names = [name for name in site.heads() if name != "main"]
    assert len(names) == 2 and all(name.startswith("bots/go-") for name in names)
    text = (site.requests / "0001" / "pull-request.md").read_text()
    for words in (
        'title: "perf: Build a string',
        "draft: false",
        'labels: ["perf"]',
        'teams: ["acme/extra"]',
        "1 thing by strings-builder",
    ):
        assert words in text, words
    message = git(site.remote, "log", "-1", "--format=%B", names[0])
    assert message.startswith("perf: Build") and "Signed-off-by: Robot <robot@example.com>" in message
    code, out, _ = site("plan", "--split", "none", "--format", "json")
    assert valid(out)["requests"][0]["key"] == "", "the command line outweighs the file"


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ('token-file = "/x"', "unknown key `token-file`"),
        ('forge = "gitlab"', "unknown key `forge`"),
        ('api-url = "https://evil.example"', "unknown key `api-url`"),
        ('pr-dir = "/tmp"', "unknown key `pr-dir`"),
        ('remote = "https://evil.example/x.git"', "no remote called"),
        ('body-template = "/etc/passwd"', "outside"),
        ('prefix = "main"', "prefix"),
        ('prefix = ""', "prefix"),
        ('base = "--upload-pack=touch PWNED"', "no branch"),
        ('author = "A\\nB <x@y>"', "no author"),
        ('split = "owners"', "split"),
        ("max-files = -1", "max-files"),
        ('spilt = "none"', "did you mean `split`"),
    ],
)  # fmt: skip
def test_what_a_repositorys_file_may_not_say(site: Site, toml: str, told: str) -> None:
    (site.clone / "gorefit.toml").write_text(f"[pr]\n{toml}\n")
    words = () if "author" in toml else AUTHOR
    code, _, err = site("publish", "--pr-dir", site.requests, *words)
    assert code == 2 and told in err, err
    assert site.heads() == ["main"] and not list(site.run.temporary.parent.rglob("PWNED"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("plan", "--remote", "nope", *AUTHOR), "known: origin"),
        (("plan", "--base", "nope", *AUTHOR), "no branch 'nope'"),
        (("plan",), "nobody is named"),
        (("publish", "--plan", "nowhere.json"), "cannot be read"),
        (("publish", "--plan", "go.mod"), "not a plan"),
        (("publish", "--plan", "go.mod", "--split", "none"), "not a plan"),
        (("plan", "--split", "nonsense"), "not one of"),
        (("plan", "./none/...", *AUTHOR), ""),
        (("nonsense",), "No such command"),
    ],
)
def test_bad_usage(site: Site, words: tuple[str, ...], told: str) -> None:
    code, out, err = site(*words)
    assert code in (2, 4) and out == "" and err.count("error: ") == 1 and told in err, err


def test_alone_it_tells_what_there_is(site: Site) -> None:
    code, out, _ = site()
    assert code == 0 and all(name in out for name in ("plan", "publish", "status", "Exit codes"))


def test_nothing_that_type_checks(site: Site) -> None:
    for path in ("a/a.go", "b/b.go"):
        (site.clone / path).write_text('package x\n\nvar y int = ""\n')
    git(site.clone, "commit", "-qam", "broken")
    git(site.clone, "push", "-q", "origin", "main")
    code, _, err = site.publish()
    assert code == 4 and "type-checks" in err and site.heads() == ["main"]


def test_the_checkout_may_be_anything(site: Site, tmp_path: Path) -> None:
    """Dirty, on another branch, detached, with files that do not compile: the base is what counts."""
    git(site.clone, "checkout", "-q", "-b", "feature/mine")
    (site.clone / "a" / "a.go").write_text("not Go")
    (site.clone / "untracked.go").write_text("not Go either")
    git(site.clone, "checkout", "-q", "--detach")
    code, out, _ = site.plan()
    assert code == 0 and "2 " in out
    (site.clone / "new dir").mkdir()
    done = site.run("-C", site.clone / "new dir", "pr", "plan", *AUTHOR)
    assert done.code == 2 and "no directory new dir" in done.err


def test_two_modules_of_one_repository_have_requests_of_their_own(
    tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = {f"{name}/{path}": text for name in ("one", "two") for path, text in MODULE.items()}
    site = site_of(tmp_path, toolchain, shared_cache(tmp_path_factory), files)
    for name in ("one", "two"):
        done = site.run("-C", site.clone / name, "pr", "publish", "--pr-dir", site.requests, *AUTHOR)
        assert done.code == 0 and done.out.startswith("created"), done
    assert len(site.heads()) == 3
    text = (site.requests / "0002" / "pull-request.md").read_text()
    assert "gorefit -C two diff -c strings-builder" in text and "`two/a/a.go` line" in text


LEAK = """package a

import (
	"os"
	"strings"
	"testing"
)

func TestFirst(t *testing.T) {
	file, err := os.OpenFile(os.Getenv("LEAK_FILE"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(strings.Join(os.Environ(), "\\n")); err != nil {
		t.Fatal(err)
	}
}
"""


def test_tests_of_the_target_get_no_token(
    tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory
) -> None:
    site = site_of(tmp_path, toolchain, shared_cache(tmp_path_factory), {**MODULE, "a/a_test.go": LEAK})
    secret = "hunter2hunter2"
    names = ("GH_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "GITEA_TOKEN", "GOREFIT_TOKEN", "CI_JOB_TOKEN", "DB_PASSWORD",
             "AWS_SECRET_ACCESS_KEY", "SSH_AUTH_SOCK", "GIT_ASKPASS", "MY_API_KEY")  # fmt: skip
    header = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": secret}
    leak = tmp_path / "leak"
    done = site.run("-C", site.clone, "pr", "plan", *AUTHOR, "--test", "all",
                    env={**dict.fromkeys(names, secret), **header, "LEAK_FILE": str(leak)})  # fmt: skip
    assert done.code == 0, done.err
    seen = leak.read_text()
    assert "PATH=" in seen and secret not in seen
    assert not [name for name in names if f"\n{name}=" in seen]


def test_on_a_forge(
    tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory, new_forge_host: NewHost
) -> None:
    """The whole command over http, with a token that must be seen nowhere."""
    host = new_forge_host(Kind.GITHUB)
    site = site_of(tmp_path, toolchain, shared_cache(tmp_path_factory), MODULE)
    repo = host.world.find("acme/shop")
    git(site.clone, "push", "-qf", str(repo.path), "main")
    git(site.clone, "remote", "set-url", "origin", f"{host.world.base.replace('://', '://me:hunter2@')}/acme/shop.git")
    where = ("--forge", "github", "--api-url", host.world.base + host.face.PREFIX, "--no-pacing", *AUTHOR)
    code, out, err = site("plan", *where)
    assert code == 0 and "create" in out and "no token" in err and "holds credentials" in err
    env = {"GOREFIT_TOKEN": canary.TOKEN}
    code, out, err = site("publish", *where, "--split", "owner", "--label", "perf", env=env)
    assert code == 0 and out.count("created") == 2, err
    assert [pull.state for pull in repo.pulls] == ["open", "open"] and repo.pulls[0].labels == ["perf"]
    code, out, _ = site("status", *where, "--split", "owner", env=env)
    assert code == 0 and "#1" in out and "2 places left to change, 2 of them in open requests" in out
    code, _, err = site("publish", *where, "--split", "owner", env={"GOREFIT_TOKEN": "wrong-token-0000"})
    assert code == 2 and "wrong-token" not in err
    code, _, err = site("publish", *where)
    assert code == 2 and "no token" in err and "hunter2" not in out + err


def test_ctrl_c_while_waiting_for_a_turn(
    tmp_path: Path, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory, new_forge_host: NewHost
) -> None:
    """The second request has to wait for an hour; nobody else has to."""
    host = new_forge_host(Kind.GITEA)
    site = site_of(tmp_path, toolchain, shared_cache(tmp_path_factory), MODULE)
    repo = host.world.find("acme/shop")
    git(site.clone, "push", "-qf", str(repo.path), "main")
    git(site.clone, "remote", "set-url", "origin", f"{host.world.base}/acme/shop.git")
    program = site.run.start(
        "-C", site.clone, "pr", "publish", "--forge", "gitea", "--api-url", host.world.base + host.face.PREFIX,
        *AUTHOR, "--split", "package", "--per-hour", "1", env={"GOREFIT_TOKEN": canary.TOKEN},
    )  # fmt: skip
    done, seconds = interrupt_when(program, lambda: waits(site.run.state / "pr"), limit=120)
    assert done.code == 128 + signal.SIGINT and seconds < 10
    assert done.out.count("created") == 1 and "Traceback" not in done.err and "waiting" in done.err, done
    assert len(repo.pulls) == 1 and len(git(repo.path, "for-each-ref", "refs/heads").splitlines()) == 3


def waits(folder: Path) -> bool:
    """Whether the run is about to open its second request; a moment later it waits for its turn."""
    found = list(folder.rglob("ledger.db"))
    if not found:
        return False
    with contextlib.closing(sqlite3.connect(found[0], timeout=30)) as db:
        try:
            (count,) = db.execute("SELECT count(*) FROM step WHERE name = 'open'").fetchone()
        except sqlite3.OperationalError:  # no tables yet
            return False
    if count == 2:
        time.sleep(2)
    return count == 2
