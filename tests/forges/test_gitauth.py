"""git's credentials, with a real git and a real server: they reach the origin, and nothing and nobody else."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from gorefit.engine.forge.forge import Kind
from gorefit.engine.forge.gitauth import git_environment
from gorefit.engine.forge.secrets import Secret, SecretError

from . import canary
from .faults import DROP_AFTER, DROP_BEFORE, Fault, slow
from .fixtures import NewHost
from .server import Host, Server
from .wire import Call, Reply
from .world import git_env

Git = Callable[..., subprocess.CompletedProcess[str]]
#: What the server sees of the canary.
HEADER = "Basic " + base64.b64encode(f"oauth2:{canary.TOKEN}".encode()).decode()


@pytest.fixture
def host(new_forge_host: NewHost) -> Host:
    """A forge whose repository only its members may see."""
    made = new_forge_host(Kind.GITEA)
    made.world.find("acme/shop").private = True
    return made


@pytest.fixture
def git(host: Host, tmp_path: Path) -> Git:
    """`git(*arguments, cwd=…, env=…)` with the bot's token for the fake forge."""

    def run(
        *arguments: str, cwd: Path = tmp_path, token: str = canary.TOKEN, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        given = {**git_env(), "GIT_CONFIG_NOSYSTEM": "1", **(env or {})}
        secret = Secret(token, source="the test") if token else None
        ours = git_environment(secret, host.world.base, Kind.GITEA, given)
        return subprocess.run(
            ["git", "-c", "user.name=b", "-c", "user.email=b@acme.example", *arguments],
            cwd=cwd,
            env={**given, **ours},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


@pytest.fixture
def stranger() -> Iterator[tuple[Server, list[Call]]]:
    """Another server, and what it was asked."""
    asked: list[Call] = []

    def answer(call: Call) -> Reply:
        asked.append(call)
        return Reply(404, {})

    server = Server(answer)
    yield server, asked
    server.close()


def url(host: Host, slug: str = "acme/shop") -> str:
    return f"{host.world.base}/{slug}.git"


def test_clone_commit_and_push(host: Host, git: Git, tmp_path: Path) -> None:
    assert git("clone", "-q", url(host), "work").returncode == 0
    work = tmp_path / "work"
    (work / "big.bin").write_bytes(os.urandom(3 << 20))  # above http.postBuffer: sent in chunks
    for step in (["add", "."], ["commit", "-qm", "x"], ["push", "-q", "origin", "HEAD:refs/heads/gorefit/x"]):
        done = git(*step, cwd=work)
        assert done.returncode == 0, done.stderr
    assert host.world.find("acme/shop").ref("gorefit/x")
    assert not list(canary.leaks(work))


def test_a_partial_clone(host: Host, git: Git, tmp_path: Path) -> None:
    assert git("clone", "-q", "--bare", "--filter=blob:none", url(host), "mirror").returncode == 0
    assert "blob:none" in (tmp_path / "mirror" / "config").read_text()
    assert git("show", "main:go.mod", cwd=tmp_path / "mirror").stdout.startswith("module")


@pytest.mark.parametrize("token", ["", "another-token", canary.READER])
def test_without_the_right_token_nothing_is_pushed(host: Host, git: Git, tmp_path: Path, token: str) -> None:
    """And git asks nobody."""
    assert git("clone", "-q", url(host), "work").returncode == 0
    done = git("push", "-q", "origin", "HEAD:refs/heads/gorefit/x", cwd=tmp_path / "work", token=token)
    assert done.returncode != 0
    assert ("403" if token == canary.READER else "terminal prompts disabled") in done.stderr
    assert not host.world.find("acme/shop").ref("gorefit/x")


def test_a_protected_branch_is_not_pushed(host: Host, git: Git, tmp_path: Path) -> None:
    host.world.find("acme/shop").protect("main")
    assert git("clone", "-q", url(host), "work").returncode == 0
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "work")
    done = git("push", "-q", "origin", "main", cwd=tmp_path / "work")
    assert done.returncode != 0 and "GH006: Protected branch" in done.stderr


def test_a_non_fast_forward_is_refused_where_the_server_says_so(host: Host, git: Git, tmp_path: Path) -> None:
    repo = host.world.find("acme/shop")
    repo.refuse_non_fast_forward()
    assert git("clone", "-q", url(host), "work").returncode == 0
    work = tmp_path / "work"
    git("push", "-q", "origin", "HEAD:refs/heads/gorefit/x", cwd=work)
    git("commit", "-q", "--amend", "--allow-empty", "-m", "y", cwd=work)
    done = git("push", "-q", "--force", "origin", "HEAD:refs/heads/gorefit/x", cwd=work)
    assert done.returncode != 0 and "non-fast-forward" in done.stderr


def test_no_redirect_is_followed_with_the_token(
    host: Host, git: Git, stranger: tuple[Server, list[Call]], tmp_path: Path
) -> None:
    """With `http.followRedirects=initial` git asks the new host without the token, and then posts there with it."""
    server, asked = stranger

    place = {"Location": f"{server.url}/acme/shop.git/info/refs?service=git-upload-pack"}
    host.faults.add(Fault("redirect", Reply(302, {}, place)), times=9)
    done = git("clone", "-q", url(host), "work")
    assert done.returncode != 0
    assert asked == []
    assert canary.TOKEN not in done.stderr


def test_another_host_does_not_get_it(git: Git, stranger: tuple[Server, list[Call]]) -> None:
    """A submodule elsewhere, or a rewritten address."""
    server, asked = stranger
    assert git("ls-remote", f"{server.url}/acme/shop.git").returncode != 0
    assert asked and not [call for call in asked if "authorization" in call.headers]


def test_instead_of_does_not_carry_it_along(
    host: Host, git: Git, stranger: tuple[Server, list[Call]], tmp_path: Path
) -> None:
    server, asked = stranger
    config = tmp_path / "gitconfig"
    config.write_text(f'[url "{server.url}/"]\n\tinsteadOf = {host.world.base}/\n')
    assert git("ls-remote", url(host), env={"GIT_CONFIG_GLOBAL": str(config)}).returncode != 0
    assert asked and not [call for call in asked if "authorization" in call.headers]


def test_it_replaces_the_header_of_other_config(host: Host, git: Git, tmp_path: Path) -> None:
    """GitHub's own checkout action leaves one in .git/config; two are an error to most servers."""
    config = tmp_path / "gitconfig"
    config.write_text(f'[http "{host.world.base}/"]\n\textraHeader = "Authorization: Basic b2xkOm9sZA=="\n')
    assert git("ls-remote", url(host), env={"GIT_CONFIG_GLOBAL": str(config)}).returncode == 0
    sent = [call.headers.get("authorization") for call, _ in host.calls]
    assert set(sent) == {HEADER}


def test_settings_by_the_users_environment_stay(host: Host, git: Git) -> None:
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "gorefit.test", "GIT_CONFIG_VALUE_0": "kept"}
    assert git("config", "gorefit.test", env=given).stdout == "kept\n"
    assert git("ls-remote", url(host), env=given).returncode == 0


@pytest.mark.parametrize("count", ["", "nonsense", "-3", "٣"])
def test_a_senseless_count_is_none(host: Host, git: Git, count: str) -> None:
    assert git("ls-remote", url(host), env={"GIT_CONFIG_COUNT": count}).returncode == 0


def test_no_trace_shows_it(host: Host, git: Git, tmp_path: Path) -> None:
    """Whoever traces git in earnest gets its calls, but not what our config holds."""
    traces = {name: str(tmp_path / name.lower()) for name in ("GIT_TRACE", "GIT_TRACE_CURL", "GIT_TRACE_SETUP")}
    traces |= {name: str(tmp_path / name.lower()) for name in ("GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF")}
    traces |= {
        "GIT_TRACE_REDACT": "0",
        "GIT_TRACE2_CONFIG_PARAMS": "http.*",
        "GIT_TRACE2_ENV_VARS": "GIT_CONFIG_VALUE_1",
    }
    config = tmp_path / "gitconfig"
    config.write_text(f"[trace2]\n\teventTarget = {tmp_path}/event\n\tconfigParams = http.*\n")
    assert git("ls-remote", url(host), env={**traces, "GIT_CONFIG_GLOBAL": str(config)}).returncode == 0
    assert (tmp_path / "git_trace_curl").stat().st_size > 100
    assert not list(canary.leaks(tmp_path))


def test_no_credential_helper_is_asked(host: Host, git: Git, tmp_path: Path) -> None:
    """Neither to read one, nor to store ours."""
    ran, ask = tmp_path / "ran", tmp_path / "ask"
    ask.write_text(f"#!/bin/sh\ntouch {ran}\n")
    ask.chmod(0o755)
    config = tmp_path / "gitconfig"
    config.write_text(
        f'[credential]\n\thelper = "!touch {ran}; cat"\n'
        f'[credential "{host.world.base}"]\n\thelper = "!touch {ran}; cat"\n'
        f"[core]\n\taskPass = {ask}\n"
    )
    environ = {"GIT_CONFIG_GLOBAL": str(config), "GIT_ASKPASS": str(ask), "SSH_ASKPASS": str(ask)}
    assert git("ls-remote", url(host), env=environ).returncode == 0
    assert git("ls-remote", url(host), token="wrong-token", env=environ).returncode != 0
    assert not ran.exists()


@pytest.mark.parametrize("bad", ["https://github.com/acme", "https://x@github.com", "github.com", "https://a b"])
def test_an_origin_is_no_more_than_that(bad: str) -> None:
    with pytest.raises(SecretError):
        git_environment(Secret("some-token", source="x"), bad, Kind.GITHUB, {})


def test_ssh_asks_nobody_either() -> None:
    ours = git_environment(None, "", Kind.GITHUB, {"GIT_SSH_COMMAND": "ssh -i key"})
    assert ours["GIT_SSH_COMMAND"] == "ssh -i key -oBatchMode=yes"
    assert git_environment(None, "", Kind.GITHUB, {})["GIT_SSH_COMMAND"] == "ssh -oBatchMode=yes"


@pytest.mark.parametrize(("seconds", "status"), [(0.3, 0), (0.0, 503), (0.0, 401)])
def test_a_slow_or_failing_server(host: Host, git: Git, seconds: float, status: int) -> None:

    host.faults.add(slow(seconds) if seconds else Fault("x", Reply(status, {})), times=1)
    done = git("ls-remote", url(host))
    assert (done.returncode == 0) == bool(seconds)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_dropped_connection_while_pushing(host: Host, git: Git, tmp_path: Path, drop: str) -> None:
    """After the effect the branch is there, although git says that the push failed: whoever pushes looks first."""

    assert git("clone", "-q", url(host), "work").returncode == 0
    fault = DROP_BEFORE if drop == "before" else DROP_AFTER
    pushes = lambda call: call.method == "POST" and call.path.endswith("git-receive-pack")  # noqa: E731  # said once
    host.faults.add(fault, pushes, times=3)  # curl tries again on a fresh connection
    done = git("push", "-q", "origin", "HEAD:refs/heads/gorefit/x", cwd=tmp_path / "work")
    assert done.returncode != 0
    assert bool(host.world.find("acme/shop").ref("gorefit/x")) == (drop == "after")
