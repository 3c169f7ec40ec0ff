"""Servers that mean harm, or stand where a forge should: each gets an error of ours, and no token goes astray."""

from __future__ import annotations

import gzip
import json
import pickle
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gorefit.engine.forge import transport
from gorefit.engine.forge.connect import connect
from gorefit.engine.forge.detect import detect
from gorefit.engine.forge.errors import BadAnswer, Invalid, Unauthorized, Unavailable
from gorefit.engine.forge.forge import Forge, Kind
from gorefit.engine.forge.secrets import Secret

from . import canary
from .faults import Fault, mutating
from .fixtures import FACES, NewHost, forge_of, quick_pacer
from .liars import ANSWERS, FLOW, HTML, JSON, fails, outcome
from .server import Server
from .stage import BRANCH, set_stage
from .wire import Call, Reply

REAL = [Kind.GITHUB, Kind.GITLAB, Kind.GITEA]
every = pytest.mark.parametrize("kind", REAL)


class Liar:
    """A server that gives one answer to everything, and remembers what it was asked."""

    def __init__(self) -> None:
        self.reply: Reply | Callable[[Call], Reply] = Reply(404, {})
        self.asked: list[Call] = []
        self.server = Server(self._answer)

    def _answer(self, call: Call) -> Reply:
        self.asked.append(call)
        return self.reply(call) if callable(self.reply) else self.reply

    def forge(self, kind: Kind) -> Forge:
        base = self.server.url
        remote = detect(f"{base}/acme/shop.git", kind, base + FACES[kind].PREFIX)
        return connect(remote, Secret(canary.TOKEN, source="the test"), quick_pacer())


@pytest.fixture
def liar() -> Iterator[Liar]:
    made = Liar()
    yield made
    made.server.close()


@pytest.fixture
def other() -> Iterator[Liar]:
    made = Liar()
    yield made
    made.server.close()


@every
@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_a_senseless_answer_is_an_error(kind: Kind, answer: str, liar: Liar) -> None:
    liar.reply = ANSWERS[answer]
    error = fails(FLOW["repository"], liar.forge(kind))
    assert "\x1b" not in error.message and "\n" not in error.message and len(error.message) < 700


@every
def test_html_instead_of_json_says_so(kind: Kind, liar: Liar) -> None:
    liar.reply = HTML
    error = fails(FLOW["repository"], liar.forge(kind))
    assert isinstance(error, BadAnswer) and "text/html came instead of JSON" in error.message
    assert len(liar.asked) == 1, "repeating will not help"


@every
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_carries_the_token_away(kind: Kind, status: int, liar: Liar, other: Liar) -> None:
    liar.reply = lambda call: Reply(status, {}, {"Location": f"{other.server.url}{call.path}"})
    for act in FLOW.values():
        assert not canary.pattern().search(outcome(act, liar.forge(kind)).encode())
    assert len(liar.asked) >= len(FLOW) and other.asked == []


@every
def test_a_redirect_to_this_host_by_another_scheme_or_port_is_another_origin(kind: Kind, liar: Liar) -> None:
    port = liar.server.server_address[1]
    for place in (f"https://127.0.0.1:{port}/x", "http://127.0.0.1:1/x", "http://localhost:1/x", "file:///etc/passwd"):
        liar.reply = Reply(302, {}, {"Location": place})
        assert isinstance(fails(FLOW["repository"], liar.forge(kind)), BadAnswer)


@every
@pytest.mark.parametrize("act", ["create", "update", "close", "comment"])
def test_a_redirected_write_is_not_repeated(
    kind: Kind, act: str, tmp_path: Path, new_forge_host: NewHost, other: Liar
) -> None:
    stage = set_stage(kind, tmp_path, new_forge_host)
    assert stage.host
    if act != "create":
        stage.opened()
    for place in (f"{other.server.url}/x", f"{stage.host.world.base}/api/v4/elsewhere"):
        stage.host.faults.add(Fault("moved", Reply(307, {}, {"Location": place})), mutating)
        before = len(stage.host.writes())
        assert isinstance(fails(FLOW[act], stage.forge), Invalid)
        assert len(stage.host.writes()) == before + 1 and other.asked == []


@every
def test_redirects_in_a_circle_end(kind: Kind, liar: Liar) -> None:
    liar.reply = lambda call: Reply(302, {}, {"Location": f"{liar.server.url}{call.path}x"})
    fails(FLOW["repository"], liar.forge(kind))
    assert len(liar.asked) < 10


@every
@pytest.mark.parametrize("rows", [0, 1, 100])
def test_pages_without_end_do(
    kind: Kind, rows: int, tmp_path: Path, new_forge_host: NewHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page leads to the same one again."""
    monkeypatch.setattr(transport, "_REQUESTS", 25)
    stage = set_stage(kind, tmp_path, new_forge_host, contract=False)
    assert stage.host
    stage.opened()
    path = next(call.path for call, _ in stage.host.calls if call.method == "POST")
    looping = {"Link": f'<{stage.host.world.base}{path}?page=2>; rel="next"'}
    answer = stage.host.answer

    def forever(call: Call) -> Reply:
        reply = answer(Call(call.method, call.path, {**call.query, "page": "1"}, call.headers, call.body))
        is_list = call.method == "GET" and isinstance(reply.value, list)
        return Reply(200, (reply.value * 100)[:rows], looping) if is_list else reply

    monkeypatch.setattr(stage.host, "answer", forever)
    if rows == 0 and kind is not Kind.GITLAB:
        assert stage.forge.pull_requests(BRANCH, "main") == ()  # an empty page is the end
        return
    before = len(stage.host.calls)
    assert isinstance(fails(FLOW["pull_requests"], stage.forge), BadAnswer)
    assert len(stage.host.calls) - before <= 26


@every
@pytest.mark.parametrize("packed", [False, True])
def test_a_huge_answer_is_cut_off(kind: Kind, packed: bool, liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed, it is a bomb: what counts is what comes out."""
    monkeypatch.setattr(transport, "LARGEST", 1 << 20)
    body = json.dumps({"login": "x" * (8 << 20)}).encode()
    packing = {"Content-Encoding": "gzip"} if packed else {}
    liar.reply = Reply(200, content=gzip.compress(body) if packed else body, headers={**JSON, **packing})
    error = fails(FLOW["who"], liar.forge(kind))
    assert isinstance(error, BadAnswer) and "more than 1 MiB" in error.message


@every
def test_an_answer_that_trickles_is_cut_off(kind: Kind, liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_READ", 0.2)
    monkeypatch.setattr(transport, "_ATTEMPTS", 1)
    liar.reply = Reply(200, content=b"{", headers={**JSON, "Content-Length": "1000"})
    assert isinstance(fails(FLOW["who"], liar.forge(kind)), Unavailable)


@every
def test_nobody_is_there(kind: Kind, liar: Liar) -> None:
    forge = liar.forge(kind)
    liar.server.close()
    error = fails(FLOW["repository"], forge)
    assert isinstance(error, Unavailable) and not isinstance(error, BadAnswer)
    assert liar.server.url in error.message


@every
def test_an_echo_of_the_token_is_not_shown(kind: Kind, liar: Liar) -> None:
    """By a server that puts what it got into its error."""
    liar.reply = lambda call: Reply(422, {"message": f"bad header: {call.headers['authorization']}"})
    for act in FLOW.values():
        shown = outcome(act, liar.forge(kind))
        assert "bad header" in shown and not canary.pattern().search(shown.encode())


@every
def test_a_refused_token_is_told(kind: Kind, tmp_path: Path, new_forge_host: NewHost) -> None:
    host = new_forge_host(kind)
    error = fails(FLOW["repository"], forge_of(host, kind, token="an-expired-token"))
    assert isinstance(error, Unauthorized) and "does not accept the token" in error.message


@every
def test_hostile_words_of_people_are_cleaned(kind: Kind, tmp_path: Path, new_forge_host: NewHost) -> None:
    stage = set_stage(kind, tmp_path, new_forge_host, contract=False)
    stage.opened()
    pull = stage.repo.pull(1)
    pull.title, pull.body = "\x1b]0;owned\x07 title\u202e\n", "a\x00b\r\nc\x1b[31m\ud800"
    stage.say(1, "alice", "\x1b[2J hidden\u2066")
    found = stage.forge.pull_request(1)
    assert found.title == "]0;owned title"
    assert found.body == "ab\nc[31m"
    assert [one.body for one in stage.forge.comments(1)] == ["[2J hidden"]


@every
@pytest.mark.parametrize(
    "name", ["acme/..", "acme/x\n", "../../etc", "acme/shop?x=", "acme/shop#", "https://evil.example/x", "acme", ""]
)
def test_a_repository_may_not_be_called_anything(kind: Kind, name: str, liar: Liar) -> None:
    facts: dict[str, Any] = {"id": 1, "full_name": name, "path_with_namespace": name, "default_branch": "main"}
    liar.reply = Reply(200, facts)
    if name == "acme/x\n":  # white space at the ends is cleaned away
        assert liar.forge(kind).repository().slug == "acme/x"
    else:
        assert isinstance(fails(FLOW["repository"], liar.forge(kind)), BadAnswer)


@every
@pytest.mark.parametrize("branch", ["a/../../../user", "a?b", "a#b", "a b", "a%2fb", "../x", "ä", "a\\b"])
def test_a_branch_stays_where_it_belongs(kind: Kind, branch: str, tmp_path: Path, new_forge_host: NewHost) -> None:
    """Whatever the name, the path that is asked for is one below the repository's branches."""
    host = new_forge_host(kind, contract=False)
    assert not forge_of(host, kind).protected(branch)
    paths = [call.path for call, _ in host.calls]
    assert not [path for path in paths if ".." in path.split("/")]
    assert "/branches/" in paths[-1] if paths else kind is Kind.GITEA  # which is not even asked for such a name


@every
def test_a_login_stays_where_it_belongs(kind: Kind, tmp_path: Path, new_forge_host: NewHost) -> None:
    host = new_forge_host(kind)
    for login in ("../../../user", "a?b=c", "a/b", "a&username=alice", "a%2f"):
        assert not forge_of(host, kind).may_push(login)


def test_gitlab_takes_no_command_from_a_body(tmp_path: Path, new_forge_host: NewHost) -> None:
    stage = set_stage(Kind.GITLAB, tmp_path, new_forge_host)
    body = "Text.\n/merge\n  /approve now\n\\/close\n/usr/lib/go stays\n"
    assert stage.opened(body=body).body == body
    sent = stage.repo.pull(1).body
    assert sent == "Text.\n\\/merge\n  \\/approve now\n\\\\/close\n/usr/lib/go stays\n"
    assert stage.forge.update(1, body=body).body == body
    assert stage.forge.comment(1, "/merge", "x").body.startswith("/merge")
    assert stage.repo.pull(1).said[0].body.startswith("\\/merge")


@every
def test_an_adapter_is_not_pickled_with_its_token(kind: Kind, liar: Liar) -> None:
    with pytest.raises(Exception, match=r"pickle|copied"):
        pickle.dumps(liar.forge(kind))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_server_that_nobody_vouches_for_gets_nothing(
    liar: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until its certificate is among those that the user trusts."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*make, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    liar.server.socket = context.wrap_socket(liar.server.socket, server_side=True)
    liar.reply = Reply(200, {"login": "bot"})
    url = liar.server.url.replace("http:", "https:")
    remote = detect(f"{url}/acme/shop.git", Kind.GITHUB, f"{url}/api/v3")
    forge = connect(remote, Secret(canary.TOKEN, source="the test"), quick_pacer())
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    error = fails(FLOW["who"], forge)
    assert "cannot be trusted" in error.message and "REQUESTS_CA_BUNDLE" in error.hint and liar.asked == []
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    assert forge.who().login == "bot"


def test_what_a_reply_refers_to_never_had_the_token(liar: Liar) -> None:
    """Client libraries keep requests with their replies, and put them into their errors."""
    http = transport.Http(liar.server.url, Secret(canary.TOKEN, source="the test"), quick_pacer())
    liar.reply = Reply(200, {})
    reply = http.session.get(f"{liar.server.url}/x")
    assert liar.asked[0].headers["authorization"] == f"Bearer {canary.TOKEN}"
    assert canary.TOKEN not in str(dict(reply.request.headers)) and canary.TOKEN not in str(vars(http.session))


@every
def test_netrc_cookies_and_proxies_have_no_say(
    kind: Kind, liar: Liar, other: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else-password\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", other.server.url)
    monkeypatch.setenv("http_proxy", other.server.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    liar.reply = Reply(200, {"login": "bot", "username": "bot"}, {"Set-Cookie": "session=1"})
    forge = liar.forge(kind)
    forge.who()
    liar.reply = Reply(404, {})
    fails(FLOW["repository"], forge)
    assert other.asked == []
    assert {call.headers["authorization"].partition(" ")[2] for call in liar.asked} == {canary.TOKEN}
    assert not [call for call in liar.asked if "cookie" in call.headers]
