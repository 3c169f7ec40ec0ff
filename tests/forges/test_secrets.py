"""Tokens: found in order, shown to nobody, and taken out of every text."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import logging
import os
import pickle
import re
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import click
import pytest
from gorefit.engine.cli import errors
from gorefit.engine.forge import redaction, secrets
from gorefit.engine.forge.forge import Kind
from gorefit.engine.forge.secrets import Secret, SecretError, find, variables
from gorefit.engine.model import GorefitError
from gorefit.engine.report.style import Style
from hypothesis import given
from hypothesis import strategies as st

from . import canary

#: Told to nobody in earnest, and to pytest's reports where a test fails.
PLAIN = "not-a-canary/but+secret%=1"
tokens = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=60)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """An environment in which neither keyring nor gh nor git knows anything."""
    empty = tmp_path / "bin"
    empty.mkdir()
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    return {"PATH": str(empty), "HOME": str(tmp_path)}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What these tests register is no secret to the tests that follow."""
    before = set(redaction._known)
    yield
    redaction._known.clear()
    redaction._known.update(before)
    redaction._patterns.cache_clear()


def program(environ: dict[str, str], name: str, text: str) -> None:
    path = Path(environ["PATH"]) / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(PLAIN, source="the test")

    @dataclasses.dataclass
    class Settings:
        token: Secret

    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>80}", f"{secret!r}", repr(Settings(secret))]
    shown += ["%s" % secret, "{}".format(secret), repr([secret]), repr({"token": secret})]  # noqa: UP031, UP032
    assert not [text for text in shown if PLAIN in text]
    assert secret.reveal() == PLAIN and secret == Secret(PLAIN, source="x") and secret != Secret("x" * 8, source="x")


def test_a_secret_is_neither_pickled_nor_copied() -> None:
    secret = Secret(PLAIN, source="the test")
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copied(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    with pytest.raises(TypeError):
        hash(secret)


@pytest.mark.parametrize("text", ["", "short", "two words here", "line\nbreak-here", "täköken-here", "x" * 5000])
def test_what_is_no_token_is_refused_unseen(text: str) -> None:
    with pytest.raises(SecretError) as told:
        Secret(text, source="GH_TOKEN")
    assert "GH_TOKEN" in told.value.message
    assert not text or text not in told.value.message


@given(tokens, st.text(max_size=20), st.binary(max_size=5), st.binary(max_size=5))
def test_no_form_of_a_secret_survives(token: str, around: str, before: bytes, after: bytes) -> None:
    redaction.register(token)
    joined = before + token.encode() + after
    texts = [token, quote(token), quote(token, safe=""), quote_plus(token), json.dumps({"t": token}), repr(token)]
    texts += [quote(token, safe="").replace("%2F", "%2f")]
    coded = [base64.b64encode(joined).decode(), base64.urlsafe_b64encode(joined).decode()]
    for text in texts:
        left = redaction.redact(around + text + around)
        assert redaction.MASK in left and token not in left and quote(token, safe="") not in left
    for text in coded:
        assert redaction.MASK in redaction.redact(text)
        assert redaction.redact(text.encode()) == redaction.redact(text).encode()


def test_what_is_no_secret_stays() -> None:
    Secret(PLAIN, source="the test")
    text = "git push origin main: ok, 12 objects, base64 aGVsbG8="
    assert redaction.redact(text) == text
    assert redaction.redact(text.encode()) == text.encode()


def test_a_traceback_and_its_causes_are_redacted() -> None:
    Secret(PLAIN, source="the test")
    try:
        try:
            raise ValueError(f"https://x:{PLAIN}@host/")
        except ValueError as error:
            raise RuntimeError(f"header {base64.b64encode(b'u:' + PLAIN.encode()).decode()}") from error
    except RuntimeError as error:
        assert PLAIN in "".join(traceback.format_exception(error))
        told = redaction.redacted_traceback(error)
    assert "ValueError" in told and "RuntimeError" in told
    assert PLAIN not in told and "LWNhbmFyeS" not in told


def test_the_order_of_places(alone: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text("from-the-file\n")
    file.chmod(0o600)
    program(alone, "gh", 'test "$*" = "auth token --hostname github.com" && echo from-gh-itself')
    program(alone, "git", "echo password=from-git-helper")
    monkeypatch.setattr(secrets, "_from_keyring", lambda host: iter([("from-keyring-x", "the keyring")]))
    environ = {**alone, "GOREFIT_TOKEN": "from-gorefit", "GH_TOKEN": "from-gh-token", "GITHUB_TOKEN": "from-github"}

    def found(file: Path | None = None) -> str:
        token = find(Kind.GITHUB, "github.com", file, environ)
        return token[0].reveal() if token else ""

    seen = [found(file)]
    for name in ("GOREFIT_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"):
        seen.append(found())
        del environ[name]
    seen.append(found())
    monkeypatch.setattr(secrets, "_from_keyring", lambda host: iter(()))
    seen.append(found())
    (Path(alone["PATH"]) / "gh").unlink()
    seen.append(found())
    (Path(alone["PATH"]) / "git").unlink()
    expected = "from-the-file from-gorefit from-gh-token from-github from-keyring-x from-gh-itself from-git-helper"
    assert seen == expected.split()
    assert find(Kind.GITHUB, "github.com", None, environ) is None


@pytest.mark.parametrize(
    ("kind", "host", "expected"),
    [
        (Kind.GITHUB, "github.com", ["GH_TOKEN", "GITHUB_TOKEN"]),
        (Kind.GITHUB, "acme.ghe.com", ["GH_TOKEN", "GITHUB_TOKEN"]),
        (Kind.GITHUB, "git.acme.example", ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]),
        (Kind.GITHUB, "github.com.evil.example", ["GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"]),
        (Kind.GITLAB, "gitlab.com", ["GITLAB_TOKEN"]),
        (Kind.GITEA, "codeberg.org", ["GITEA_TOKEN", "FORGEJO_TOKEN"]),
        (Kind.BARE, "acme.example", []),
    ],
)
def test_a_variable_belongs_to_its_hosts(kind: Kind, host: str, expected: list[str]) -> None:
    assert list(variables(kind, host)) == ["GOREFIT_TOKEN", *expected]


def test_nothing_found_names_the_places() -> None:
    told = secrets.missing(Kind.GITHUB, "github.com")
    assert "GH_TOKEN" in told.hint and "--token-file" in told.hint and "gh auth login" in told.hint


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_token_file_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("some-token-text")
    file.chmod(mode)
    with pytest.raises(SecretError, match="can be read by others"):
        find(Kind.GITHUB, "github.com", file, {})


def test_a_token_file_that_is_missing_or_binary(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="No such file"):
        find(Kind.GITHUB, "github.com", tmp_path / "none", {})
    file = tmp_path / "token"
    file.write_bytes(b"\xff\xfe\x00secret-bytes")
    file.chmod(0o600)
    with pytest.raises(SecretError, match="not ASCII"):
        find(Kind.GITHUB, "github.com", file, {})


def test_a_pipe_may_be_the_token_file() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"through-a-pipe\n")
    os.close(writing)
    token = find(Kind.GITHUB, "github.com", Path(f"/dev/fd/{reading}"), {})
    os.close(reading)
    assert token and token[0].reveal() == "through-a-pipe"


def test_the_config_of_a_hostile_repository_runs_nothing(
    alone: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A credential helper in .git/config of the place where gorefit was started is not asked."""
    ran = tmp_path / "ran"
    repo = tmp_path / "hostile"
    (repo / ".git" / "refs").mkdir(parents=True)
    (repo / ".git" / "objects").mkdir()
    (repo / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (repo / ".git" / "config").write_text(f'[credential]\n\thelper = "!touch {ran}; echo password=evil-password"\n')
    monkeypatch.chdir(repo)
    environ = {**alone, "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    assert find(Kind.GITEA, "git.acme.example", None, environ) is None
    assert not ran.exists()


def test_programs_that_hang_or_fail_are_passed_over(alone: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_SECONDS", 0.2)
    program(alone, "gh", "exec sleep 60")
    program(alone, "git", "echo password=looks-like-one; exit 1")
    assert find(Kind.GITHUB, "github.com", None, {**alone, "PATH": f"{alone['PATH']}:{os.environ['PATH']}"}) is None


def test_without_the_keyring_package_the_next_place_is_asked(
    alone: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    program(alone, "git", "echo password=from-git-helper")
    token = find(Kind.GITEA, "codeberg.org", None, alone)
    assert token and token[1] == "git credential fill"


def test_logging_a_secret_logs_stars(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("x").warning("token %s %r", Secret(PLAIN, source="x"), Secret(PLAIN, source="x"))
    assert "token *** Secret(***)" in caplog.text


def test_neither_a_printed_error_nor_a_report_file_holds_a_token(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In any form, and on any way: message, hint, detail, cause, command line."""
    monkeypatch.setenv("GOREFIT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(sys, "argv", ["gorefit", "pr", f"--token={canary.TOKEN}"])
    Secret(canary.TOKEN, source="the test")
    basic = base64.b64encode(f"oauth2:{canary.TOKEN}".encode()).decode()
    known = GorefitError(canary.TOKEN, hint=quote(canary.TOKEN, safe=""), detail=f"Authorization: Basic {basic}\n")
    unknown = RuntimeError(f"header {basic}")
    unknown.__cause__ = ValueError(canary.TOKEN)
    for error in (known, unknown, click.UsageError(canary.TOKEN)):
        errors.tell(error, Style())
    shown = capsys.readouterr().err
    assert len(re.findall("^error:", shown, re.MULTILINE)) == 3 and redaction.MASK in shown
    assert not canary.pattern().search(shown.encode())
    (report,) = (tmp_path / "state" / "reports").iterdir()
    assert "RuntimeError" in report.read_text() and "ValueError" in report.read_text()
    assert not list(canary.leaks(tmp_path))
