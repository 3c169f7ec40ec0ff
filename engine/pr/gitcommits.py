"""Commits that are the same whenever they are made from the same, and that can be told from a person's.

1. A commit is made of blobs and trees directly, without a work tree: no hook, filter or line end has a say.
2. Author, committer and both dates come from outside (the dates from the base commit), so the same input gives the same
   SHA, and pushing it twice is pushing it once. A signature may differ from run to run; the digest does not.
3. The trailer Gorefit-Digest is a digest of all the rest of the commit: its tree, its parent, its people, dates and
   words. Whoever amends, rebases or adds to a branch of ours leaves a commit without a digest, or with a wrong one.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .. import tempdirs
from .errors import PrError
from .git import Git

_TRAILER = re.compile(r"^(Gorefit-[A-Z][a-z]+): (.*)$", re.MULTILINE)
_DIGEST = re.compile(r"^Gorefit-Digest: .*\n?", re.MULTILINE)
_MOST = 64  # commits on one branch of ours


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who makes a commit, and the one date that it bears, as git writes it raw: `1700000000 +0100`."""

    name: str
    email: str
    date: str

    @property
    def line(self) -> str:
        return f"{self.name} <{self.email}> {self.date}"

    def environment(self) -> dict[str, str]:
        people = {
            f"GIT_{who}_{what}": value for who in _WHO for what, value in (("NAME", self.name), ("EMAIL", self.email))
        }
        return people | {f"GIT_{who}_DATE": f"@{self.date}" for who in _WHO}


_WHO = ("AUTHOR", "COMMITTER")


@dataclass(frozen=True, slots=True)
class Found:
    """A commit as it stands."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: str
    committer: str
    message: str

    def trailer(self, name: str) -> str:
        """The last trailer of that name, "" for none."""
        return next((value for key, value in reversed(_TRAILER.findall(self.message)) if key == f"Gorefit-{name}"), "")


@dataclass(frozen=True, slots=True)
class Own:
    """A branch that only gorefit wrote to: the digest of its last commit, and where it starts."""

    digest: str
    base: str
    series: str


_IDENT = re.compile(r"(?P<name>.*) <(?P<email>[^>]*)> (?P<date>\d+ [+-]\d{4})")


def stamp_of(git: Git, base: str, name: str, email: str) -> Stamp:
    """The stamp of all commits on top of `base`, in git's own spelling. Raises PrError where nobody is named."""
    date = git("show", "-s", "--format=%cd", "--date=raw", base).text
    if name and email:
        answer = git("var", "GIT_AUTHOR_IDENT", env=Stamp(name, email, date).environment(), check=False)
        if found := _IDENT.fullmatch(answer.text):  # git drops some characters at the ends of names
            return Stamp(found["name"], found["email"], found["date"])
    raise PrError(
        "nobody is named as the author of the commits",
        hint='git config --global user.name and user.email name you; or give --author "Name <address>"',
    )


def digest(tree: str, parent: str, stamp: str, message: str, committer: str = "") -> str:
    """The digest of a commit. `parent` is the base's SHA, or the digest of the commit of ours below."""
    words = ("gorefit 1", tree, parent, stamp, committer or stamp, _DIGEST.sub("", message).strip("\n"))
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()


def sealed(message: str, tree: str, parent: str, stamp: Stamp) -> str:
    """A message with its digest as the last trailer."""
    return f"{message.rstrip(chr(10))}\nGorefit-Digest: {digest(tree, parent, stamp.line, message)}\n"


def tree_with(git: Git, below: str, files: Mapping[str, bytes]) -> str:
    """The tree of the commit `below` with these files (paths from the root) in place of theirs, or added."""
    modes = _modes(git, below, files)
    with _index(git, below) as env:
        lines = b"".join(
            b"%s %s\t%s\0" % (modes.get(path, "100644").encode(), _blob(git, text).encode(), os.fsencode(path))
            for path, text in files.items()
        )
        git("update-index", "-z", "--index-info", stdin=lines, env=env)
        return git("write-tree", env=env).text


def tree_patched(git: Git, below: str, patch: str) -> str:
    """The tree of the commit `below` with a patch applied. Raises PrError where it does not apply."""
    with _index(git, below) as env:
        git("apply", "--cached", "--whitespace=nowarn", stdin=patch.encode("utf-8", "surrogateescape"), env=env)
        return git("write-tree", env=env).text


def commit(git: Git, tree: str, parent: str, message: str, stamp: Stamp, *, sign: bool = False) -> str:
    """Make a commit; its SHA. Raises PrError, also where signing fails."""
    arguments = ["commit-tree", tree, "-p", parent, "-S" if sign else "--no-gpg-sign"]
    answer = git(*arguments, stdin=message.encode("utf-8", "surrogateescape"), env=stamp.environment(), check=False)
    if answer.code:
        raise PrError(
            "the commit cannot be signed" if sign else "git commit-tree failed",
            hint="commit.gpgSign is set: unlock your key, or give --no-sign" if sign else "settle what git says",
            detail=answer.err,
        )
    return answer.text


def patch(git: Git, old: str, new: str) -> str:
    """What turns one commit or tree into another, as git itself reads it back, binary files included."""
    flags = ("-r", "-p", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")
    return os.fsdecode(git("diff-tree", *flags, old, new).out)


def changes(git: Git, old: str, new: str) -> bytes:
    """Which blobs gave way to which, under which names: two branches with the same say the same change."""
    return git("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new).out


def read(git: Git, sha: str) -> Found:
    """A commit that was fetched."""
    text = git("cat-file", "commit", sha).out.decode("utf-8", "surrogateescape")
    head, _, message = text.partition("\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.split("\n"):
        if not line.startswith(" "):  # the further lines of a signature
            key, _, value = line.partition(" ")
            fields.setdefault(key, []).append(value)
    return Found(
        sha, fields["tree"][0], tuple(fields.get("parent", ())), fields["author"][0], fields["committer"][0], message
    )


def file(git: Git, commit: str, *paths: str, most: int = 200_000) -> tuple[str, str] | None:
    """The first of these paths that is a regular file of at most `most` bytes in a commit, and its text.

    Read from the commit and never from a tree: there a link could lead to any file of this machine.
    """
    for path in paths:
        about = git("ls-tree", "-z", "-l", commit, "--", path).text.partition("\t")[0].split()
        if len(about) == 4 and about[0] in ("100644", "100755") and about[3].isdigit() and int(about[3]) <= most:
            return path, git("cat-file", "blob", about[2]).out.decode("utf-8", "replace").replace("\r\n", "\n")
    return None


def own(git: Git, head: str) -> Own | None:
    """Whether every commit from `head` down to its base is one that gorefit made and nobody touched."""
    first = found = read(git, head)
    base = first.trailer("Base")
    for _ in range(_MOST):
        if not base or found.trailer("Base") != base or len(found.parents) != 1:
            return None
        (parent,) = found.parents
        below = None if parent == base else read(git, parent)
        known = parent if below is None else below.trailer("Digest")
        made = digest(found.tree, known, found.author, found.message, found.committer)
        if not known or made != found.trailer("Digest"):
            return None
        if below is None:
            return Own(first.trailer("Digest"), base, first.trailer("Series"))
        found = below
    return None


def _blob(git: Git, text: bytes) -> str:
    return git("hash-object", "-w", "--no-filters", "--stdin", stdin=text).text


def _modes(git: Git, below: str, paths: Iterable[str]) -> dict[str, str]:
    """The modes of those paths that are regular files. Raises PrError for a link, a submodule or a directory."""
    listed = git("ls-tree", "-z", below, "--", *paths).out
    found: dict[str, str] = {}
    for line in filter(None, os.fsdecode(listed).split("\0")):
        about, _, path = line.partition("\t")
        mode = about.partition(" ")[0]
        if mode not in ("100644", "100755"):
            raise PrError(f"{path} is not a regular file in the repository", hint="exclude it in gorefit.toml")
        found[path] = mode
    return found


@contextmanager
def _index(git: Git, below: str) -> Generator[dict[str, str]]:
    """An index of its own that holds the tree of a commit, as the environment that names it."""
    with tempfile.TemporaryDirectory(prefix=tempdirs.prefix()) as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git("read-tree", below, env=env)
        yield env
