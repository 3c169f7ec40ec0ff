"""Which forge a URL belongs to, and which URLs are not talked to at all."""

from __future__ import annotations

import pytest
from gorefit.engine.forge.detect import Remote, RemoteError, detect
from gorefit.engine.forge.errors import BadAnswer
from gorefit.engine.forge.forge import Kind
from hypothesis import given
from hypothesis import strategies as st

GITHUB, GITLAB, GITEA, BARE = Kind.GITHUB, Kind.GITLAB, Kind.GITEA, Kind.BARE


@pytest.mark.parametrize(
    ("url", "kind", "host", "slug", "api", "origin"),
    [
        ("https://github.com/acme/shop.git", GITHUB, "github.com", "acme/shop", "api.github.com", "https://github.com"),
        ("https://github.com/acme/shop/", GITHUB, "github.com", "acme/shop", "api.github.com", "https://github.com"),
        ("https://GitHub.com/Acme/shop", GITHUB, "github.com", "Acme/shop", "api.github.com", "https://github.com"),
        ("git@github.com:acme/shop.git", GITHUB, "github.com", "acme/shop", "api.github.com", ""),
        ("ssh://git@github.com/acme/shop.git", GITHUB, "github.com", "acme/shop", "api.github.com", ""),
        ("ssh://git@ssh.github.com:443/acme/shop.git", GITHUB, "github.com", "acme/shop", "api.github.com", ""),
        ("https://acme.ghe.com/acme/a.b-c_d", GITHUB, "acme.ghe.com", "acme/a.b-c_d", "api.acme.ghe.com", None),
        ("https://gitlab.com/acme/sub/shop.git", GITLAB, "gitlab.com", "acme/sub/shop", "gitlab.com/api/v4", None),
        ("git@gitlab.com:acme/shop", GITLAB, "gitlab.com", "acme/shop", "gitlab.com/api/v4", ""),
        ("https://codeberg.org/acme/shop", GITEA, "codeberg.org", "acme/shop", "codeberg.org/api/v1", None),
    ],
)
def test_known_hosts(url: str, kind: Kind, host: str, slug: str, api: str, origin: str | None) -> None:
    remote = detect(url)
    assert (remote.kind, remote.host, remote.slug, remote.api_url) == (kind, host, slug, f"https://{api}")
    assert origin is None or remote.origin == origin


@pytest.mark.parametrize(
    ("url", "kind", "api", "host"),
    [
        ("https://git.acme.example/acme/shop", GITHUB, "https://git.acme.example/api/v3", "git.acme.example"),
        ("https://git.acme.example:8443/a/b", GITLAB, "https://git.acme.example:8443/api/v4", "git.acme.example:8443"),
        ("ssh://git@git.acme.example:2222/a/b", GITEA, "https://git.acme.example/api/v1", "git.acme.example"),
        ("http://127.0.0.1:3000/a/b", GITEA, "http://127.0.0.1:3000/api/v1", "127.0.0.1:3000"),
        ("http://[::1]:3000/a/b", GITEA, "http://[::1]:3000/api/v1", "[::1]:3000"),
        ("http://localhost/a/b", GITEA, "http://localhost/api/v1", "localhost"),
    ],
)
def test_other_hosts_by_the_users_word(url: str, kind: Kind, api: str, host: str) -> None:
    remote = detect(url, kind)
    assert (remote.kind, remote.api_url, remote.host) == (kind, api, host)
    with pytest.raises(RemoteError, match="does not know what kind of forge"):
        detect(url)


def test_a_forge_below_a_folder() -> None:
    remote = detect("https://acme.example/code/acme/shop.git", GITEA, "https://acme.example/code/api/v1/")
    assert (remote.slug, remote.api_url) == ("acme/shop", "https://acme.example/code/api/v1")
    assert remote.git_url_of("me/shop") == "https://acme.example/code/me/shop.git"


@pytest.mark.parametrize("url", ["/srv/git/shop.git", "../shop.git", "file:///srv/git/shop.git"])
def test_paths_are_plain_remotes(url: str) -> None:
    remote = detect(url)
    assert (remote.kind, remote.git_url, remote.origin, remote.api_url) == (BARE, url, "", "")


def test_any_url_is_a_plain_remote_by_the_users_word() -> None:
    assert detect("git@git.acme.example:shop.git", BARE).kind is BARE
    assert detect("git@git.acme.example:/srv/git/shop.git", BARE).git_url == "git@git.acme.example:/srv/git/shop.git"
    remote = detect("https://git.acme.example/srv/shop.git", BARE)
    assert (remote.slug, remote.origin, remote.host) == ("srv/shop", "https://git.acme.example", "git.acme.example")


@pytest.mark.parametrize("url", ["https://me:secret@github.com/acme/shop", "https://secret@github.com/acme/shop"])
def test_credentials_are_dropped_and_not_told(url: str) -> None:
    assert detect(url).git_url == "https://github.com/acme/shop"
    for bad in (url.replace("github.com", "nobody.example"), url + "/more", url.replace("https", "http")):
        with pytest.raises(RemoteError) as told:
            detect(bad)
        assert "secret" not in f"{told.value} {told.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://me:secret@acme.example/shop",
        "me:secret@acme.example:acme/shop",
        "ssh://me:secret@acme.example/acme/shop",
        "https://me:se@cret@acme.example/acme/shop",
        "https://me:secret@acme.example",
        "git+https://secret@acme.example/acme/shop",
    ],
)
def test_credentials_in_strange_addresses_are_not_told_either(url: str) -> None:
    for forge in (None, BARE):
        try:
            shown = repr(detect(url, forge))
        except RemoteError as error:
            shown = f"{error} {error.hint}"
        assert "secret" not in shown and "cret@" not in shown


def test_ssh_keeps_its_user() -> None:
    assert detect("ssh://git:secret@github.com/acme/shop").git_url == "ssh://git@github.com/acme/shop"
    assert detect("git@github.com:acme/shop").git_url == "git@github.com:acme/shop"


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com/acme/shop",
        "http://127.0.0.1.evil.example/acme/shop",
        "http://10.0.0.1/acme/shop",
        "https://github.com\\@evil.example/acme/shop",
        "https://github.com#@evil.example/acme/shop",
        "https://github.com?@evil.example/acme/shop",
        "https://github.com/acme/shop\nHost: evil.example",
        "https://github.com/acme/../../evil",
        "https://github.com/acme/%2e%2e",
        "https://github.com/acme",
        "https://github.com/acme/shop/tree/main",
        "https://github.com/acme/..",
        "https://github.com//shop",
        "https://github.com:99999/acme/shop",
        "https://evil.example@/acme/shop",
        "https://-oProxyCommand=x/acme/shop",
        "-oProxyCommand=x:acme/shop",
        "ext::sh -c touch% x",
        "ext::sh",
        "fd::17",
        "git://github.com/acme/shop",
        "ftp://github.com/acme/shop",
        "javascript:alert(1)",
        "",
        "shop",
    ],
)
@pytest.mark.parametrize("forge", [None, GITHUB, GITEA])
def test_urls_that_are_refused(url: str, forge: Kind | None) -> None:
    with pytest.raises(RemoteError):
        detect(url, forge)


@pytest.mark.parametrize("url", ["ext::sh -c x", "-x:y", "http://acme.example/shop.git", "fd::17", "--upload-pack=x"])
def test_urls_that_are_refused_for_a_plain_remote_too(url: str) -> None:
    with pytest.raises(RemoteError):
        detect(url, BARE)


def test_a_known_host_is_what_it_is() -> None:
    with pytest.raises(RemoteError, match="is github, not gitlab"):
        detect("https://github.com/acme/shop", GITLAB)


@pytest.mark.parametrize(
    "api", ["http://api.acme.example", "https://u:p@api.acme.example", "ftp://x/", "https://x/?q", "/api"]
)
def test_api_addresses_that_are_refused(api: str) -> None:
    with pytest.raises(RemoteError):
        detect("https://git.acme.example/acme/shop", GITHUB, api)


@given(st.text(max_size=60))
def test_any_text_gives_a_remote_or_an_error(text: str) -> None:
    for url in (text, f"https://github.com/{text}", f"https://{text}/acme/shop", f"git@{text}"):
        try:
            remote = detect(url)
        except RemoteError:
            continue
        assert isinstance(remote, Remote)
        assert remote.kind is BARE or remote.api_url.startswith("https://")


@pytest.mark.parametrize("slug", ["acme/../x", "acme", "a/b/c", "acme/sh op", "acme/shop?x", "/acme/shop", "a/.."])
def test_names_that_a_forge_cannot_mean(slug: str) -> None:
    from gorefit.engine.forge.detect import checked_slug

    with pytest.raises(BadAnswer):
        checked_slug(GITHUB, slug)
