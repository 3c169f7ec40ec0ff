"""The plan file: everything that `publish` needs but a token, in words that a person can read before it happens.

Each request is a row of commits, and each commit a message, a patch and the tree that the patch must lead to. So what
was verified is what is published, byte for byte, or nothing is.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from ..forge.forge import MergeMethod
from .decide import Action
from .errors import PrError
from .naming import Series

VERSION = 1


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """How all of the plan file is spelt."""


class Commit(Words, frozen=True):
    """One codemod's part of a request."""

    codemod: str
    message: str  # with its trailers, Gorefit-Digest the last
    patch: str
    tree: str  # SHA of what the patch must lead to


class Annotations(Words, frozen=True):
    """What is attached to a request once it is there."""

    labels: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()  # logins
    teams: tuple[str, ...] = ()  # "organisation/team"
    milestone: str = ""  # title
    auto_merge: MergeMethod | None = None


class Shard(Words, frozen=True):
    """One request. An `action` is a forecast: publish looks again and never does more than is safe then."""

    key: str  # "" for the whole
    branch: str
    action: Action
    why: str
    title: str = ""
    body: str = ""  # our section, without the marks around it
    template: str = ""  # the repository's own text for new requests
    digest: str = ""  # of the last commit; "" where nothing is left
    files: tuple[str, ...] = ()  # below the repository's root
    places: int = 0  # that it changes
    owners: tuple[str, ...] = ()  # as CODEOWNERS writes them
    commits: tuple[Commit, ...] = ()
    annotations: Annotations = Annotations()
    number: int = 0  # of the request there is; 0 for none
    url: str = ""


class Identity(Words, frozen=True):
    """Author and committer of all commits, and their date, as git writes it raw."""

    name: str
    email: str
    date: str


class Call(Words, frozen=True):
    """How gorefit was called, as far as the names of branches depend on it: see `naming.Series`."""

    directory: str
    patterns: tuple[str, ...]
    codemods: tuple[str, ...]


class Plan(Words, frozen=True):
    """What one run of gorefit would publish."""

    version: int
    gorefit: str
    remote: str  # key: host and path
    base: str  # branch
    base_sha: str
    prefix: str
    call: Call
    stamp: Identity
    shards: tuple[Shard, ...]
    draft: bool = True
    fork: Literal["auto", "always", "never"] = "auto"
    sign: Literal["auto", "always", "never"] = "auto"
    rebase: bool = False
    recreate: bool = False
    reopen: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def series(self) -> Series:
        return Series(self.base, self.call.directory, self.call.patterns, self.call.codemods)


def encode(plan: Plan) -> bytes:
    """The plan as a file."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2) + b"\n"


def decode(text: bytes, where: str) -> Plan:
    """The plan in a file. Raises PrError for anything else, and for one of another version."""
    try:
        version = msgspec.json.decode(text, type=_Version).version
        if version != VERSION:
            raise PrError(f"{where}: a plan of version {version}, this gorefit reads {VERSION}", hint=_AGAIN)
        return msgspec.json.decode(text, type=Plan)
    except msgspec.MsgspecError as error:
        raise PrError(f"{where}: not a plan: {error}", hint=_AGAIN) from None


_AGAIN = "make it again with `gorefit pr plan`"


class _Version(msgspec.Struct):
    version: int


def load(path: Path) -> Plan:
    """The plan in a file. Raises PrError."""
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise PrError(f"{path}: cannot be read: {error.strerror}", hint=_AGAIN) from None


def save(plan: Plan, path: Path) -> None:
    """Write a plan to a file, whole or not at all, for this user's eyes: it holds source code. Raises PrError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(encode(plan))
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise PrError(f"{path}: the plan cannot be written: {error.strerror}") from None


def to_do(shards: Sequence[Shard]) -> list[Shard]:
    """The shards about which something would be done."""
    return [shard for shard in shards if shard.action in (Action.CREATE, Action.UPDATE, Action.CLOSE)]
