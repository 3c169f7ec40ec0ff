"""Which forge a git remote belongs to, and where its API is.

The URL comes from a repository, and may be a stranger's: it is read by a strict grammar, the hosts known by heart are
few, and for any other the user says what it is (`--forge`). Credentials in the URL are dropped.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import BadAnswer, ForgeError
from .forge import Kind

_KNOWN = {
    "github.com": (Kind.GITHUB, "https://api.github.com"),
    "gitlab.com": (Kind.GITLAB, "https://gitlab.com/api/v4"),
    "codeberg.org": (Kind.GITEA, "https://codeberg.org/api/v1"),
    "gitea.com": (Kind.GITEA, "https://gitea.com/api/v1"),
}
_SSH_NAMES = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com"}  # ssh over port 443
_TENANT = re.compile(r"[a-z0-9-]+\.ghe\.com")
_API_PATH = {Kind.GITHUB: "/api/v3", Kind.GITLAB: "/api/v4", Kind.GITEA: "/api/v1"}

_HOST = r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"
_PORT = r"[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]"
_URL = re.compile(rf"(?P<scheme>https?|ssh)://(?:(?P<login>[^@/\s\\?#]*)@)?{_HOST}(?::(?P<port>{_PORT}))?/(?P<path>.*)")
_SCP = re.compile(rf"(?:(?P<login>[A-Za-z0-9._-]+)@)?{_HOST}:(?!:|//)(?P<path>.+)")
_SEGMENT = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.-]*|-[A-Za-z0-9_]+")


class RemoteError(ForgeError):
    """A remote's URL is not one that gorefit can or should talk to."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a forge, and the two ways to it: git and the API."""

    kind: Kind
    host: str  # lower case, with the port where it is not the usual one: whose token is looked up
    slug: str  # "acme/shop"; on GitLab there may be more segments
    git_url: str  # as given, without credentials
    api_url: str  # "" for a bare remote

    @property
    def origin(self) -> str:
        """Where git's token may go: "https://github.com"; "" where git uses ssh or a file."""
        return origin_of(self.git_url) if self.git_url.startswith("http") else ""

    def git_url_of(self, slug: str) -> str:
        """The address of another repository on this host, by the same way as this one's: a fork, or the new name."""
        before, _, after = self.git_url.rpartition(self.slug)
        return f"{before}{slug}{after}"


def detect(url: str, forge: Kind | None = None, api_url: str = "") -> Remote:
    """What a remote is. `forge` and `api_url` are the user's word, for hosts that are not known by heart.

    Raises RemoteError for a URL that is malformed, unsafe (plain http to anything but loopback), or of an unknown host.
    """
    shown = _without_login(url)
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise RemoteError(f"the remote's URL {shown!r} holds a character that no URL has")
    match = _URL.fullmatch(url) or ("://" not in url and _SCP.fullmatch(url)) or None
    if match is None or forge is Kind.BARE:
        return _bare(url, shown, forge)
    parts = match.groupdict()
    scheme, host = parts.get("scheme") or "ssh", str(parts["host"]).lower()
    if scheme == "http" and not is_loopback(host):
        raise RemoteError(f"{shown}: plain http would show the token to everyone on the way", hint="use https or ssh")
    host = _SSH_NAMES.get(host, host)
    kind, api = _forge_of(host, scheme, parts.get("port") or "", forge, shown)
    if api_url:
        api = _api(api_url)
    slug = _slug(kind, str(parts["path"]), api, shown)
    named = host if scheme == "ssh" else _with_port(host, scheme, parts.get("port") or "")
    return Remote(kind, named, slug, shown, api)


def origin_of(url: str) -> str:
    """Scheme, host and port, the port only where it is not the usual one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{_with_port(host, parts.scheme, str(parts.port or ''))}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, and stays so: a name other than localhost may resolve to anything."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _with_port(host: str, scheme: str, port: str) -> str:
    return f"{host}:{port}" if port and port != {"https": "443", "http": "80"}.get(scheme) else host


def _without_login(url: str) -> str:
    """ssh keeps its user name, which is no secret: without it git would use the wrong one."""
    ssh = re.match(r"(?P<user>(?:ssh://)?[^/@:]+)(?::[^/@]*)?(?P<rest>@.*)", url, re.DOTALL)
    if ssh and (url.startswith("ssh://") or "://" not in url):
        return ssh["user"] + ssh["rest"]
    return re.sub(r"^([\w+.-]+://)?[^/]*@", r"\1", url)


def _forge_of(host: str, scheme: str, port: str, forge: Kind | None, shown: str) -> tuple[Kind, str]:
    usual = not port or scheme == "ssh" or port == "443"
    if host in _KNOWN and usual:
        kind, api = _KNOWN[host]
    elif _TENANT.fullmatch(host) and usual:
        kind, api = Kind.GITHUB, f"https://api.{host}"
    elif forge:
        web = "https://" + host if scheme == "ssh" else f"{scheme}://{_with_port(host, scheme, port)}"
        return forge, web + _API_PATH[forge]
    else:
        raise RemoteError(
            f"{shown}: gorefit does not know what kind of forge {host} is",
            hint="say it: --forge github, gitlab, gitea (Forgejo too) or bare",
        )
    if forge not in (None, kind):
        raise RemoteError(f"{shown}: {host} is {kind}, not {forge}")
    return kind, api


def _api(api_url: str) -> str:
    """The user's own word for the API; the same rules as for a remote."""
    match = _URL.fullmatch(api_url.rstrip("/") + "/")
    if match is None or match["scheme"] == "ssh" or match["login"] or re.search(r"[\s?#\\]", api_url):
        raise RemoteError("--api-url is not an https URL without credentials")
    if match["scheme"] == "http" and not is_loopback(match["host"].lower()):
        raise RemoteError(f"--api-url {api_url}: plain http would show the token to everyone", hint="use https")
    return api_url.rstrip("/")


def _slug(kind: Kind, path: str, api: str, shown: str) -> str:
    """The path without .git, and without the folder that the forge is served from."""
    below = urlsplit(api).path.removesuffix(_API_PATH[kind]).strip("/")
    slug = path.strip("/").removesuffix(".git").strip("/")
    if below and slug.startswith(f"{below}/"):
        slug = slug.removeprefix(f"{below}/")
    if not _is_slug(kind, slug):
        raise RemoteError(f"{shown}: the path is not that of a repository, as owner/name")
    return slug


def checked_slug(kind: Kind, slug: str) -> str:
    """The slug that a forge gave, if it can be one: addresses are made of it. Raises BadAnswer."""
    if not _is_slug(kind, slug):
        raise BadAnswer(f"the forge names a repository {slug!r}, which no repository is called")
    return slug


def _is_slug(kind: Kind, slug: str) -> bool:
    segments = slug.split("/")
    enough = len(segments) >= 2 if kind is Kind.GITLAB else len(segments) == 2
    return enough and all(_SEGMENT.fullmatch(one) and one.strip(".") for one in segments)


def _bare(url: str, shown: str, forge: Kind | None) -> Remote:
    """A path or a file: URL; or any URL, if the user says that no forge is behind it."""
    if forge not in (None, Kind.BARE):
        raise RemoteError(f"{shown}: a {forge} remote has an https or ssh URL")
    local = url.startswith(("/", "./", "../", "file:///"))
    if not local and not (forge is Kind.BARE and (_URL.fullmatch(url) or _SCP.fullmatch(url))):
        raise RemoteError(
            f"{shown}: not a URL that gorefit can use",
            hint="https, ssh and paths are understood; say --forge bare for a plain git remote",
        )
    match = _URL.fullmatch(url)
    if match and match["scheme"] == "http" and not is_loopback(match["host"].lower()):
        raise RemoteError(f"{shown}: plain http would show the token to everyone on the way", hint="use https or ssh")
    name = re.sub(r"^\w+://[^/]*/", "", shown).strip("/").removesuffix(".git")
    return Remote(Kind.BARE, (match["host"].lower() if match else ""), name, shown, "")
