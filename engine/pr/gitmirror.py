"""Our own clone of a remote, kept in the cache: what is fetched, what the remote's refs are, and a tree to work on.

1. The clone is bare, blobless where the server can, one commit deep, and has a config that we wrote. The user's
   checkout lends nothing to it: a shallow, partial or damaged one does as well, its config and hooks do not count.
2. The tree is checked out to a path that is the same each time, so that go's caches are warm, and gone afterwards. Its
   files are the blobs of the commit, byte for byte: no filter, no line ends, no $Id$. So LFS pointers stay pointers,
   and what is read there can be committed as it is. Submodules are left out.
3. One run at a time uses a clone; the lock is the caller's.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import PrError, Unreachable
from .git import Answer, Git
from .remote import Target

#: How far back a branch of ours is fetched: more commits than it can have, one for each codemod.
DEPTH = 64
_ATTRIBUTES = "* -text -filter -ident !eol !working-tree-encoding\n"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Refs:
    """What a remote's refs are now. `heads` maps branches to commits; `default` is the branch that HEAD names."""

    heads: Mapping[str, str]
    default: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """The clone of one remote."""

    git: Git
    target: Target

    @property
    def tree(self) -> Path:
        """Where a commit is checked out for as long as `checked_out` lasts."""
        return self.git.directory.with_suffix(".tree")

    def refs(self, *branches: str, prefix: str = "", url: str = "") -> Refs:
        """The default branch, `branches` and all below `prefix`. Raises Unreachable; PrError if it may not be read.

        The default branch is named even where it has no commit yet; then it is not among the heads.
        """
        wanted = [f"refs/heads/{branch}" for branch in branches] + ([f"refs/heads/{prefix}*"] if prefix else [])
        answer = self.git("ls-remote", "--symref", url or self.target.url, "HEAD", *wanted, check=False)
        if answer.code:
            raise unanswered("ls-remote", self.target, answer)
        heads: dict[str, str] = {}
        default = ""  # what HEAD stands for comes first, then its commit
        for line in answer.text.split("\n"):
            first, _, ref = line.partition("\t")
            if ref == "HEAD" and first.startswith("ref: refs/heads/"):
                default = first.removeprefix("ref: refs/heads/")
            elif ref == "HEAD" and default and _SHA.fullmatch(first):
                heads[default] = first
            elif ref.startswith("refs/heads/") and _SHA.fullmatch(first):
                heads[ref.removeprefix("refs/heads/")] = first
        asked = {default, *branches}
        named = {name: sha for name, sha in heads.items() if name in asked or (prefix and name.startswith(prefix))}
        return Refs(named, default)

    def fetch(self, commits: Collection[str], *, depth: int = 1, url: str = "") -> None:
        """Bring these commits, `depth` of each line of them; those that are there already cost nothing."""
        wanted = [sha for sha in commits if not self.has(sha, depth)]
        if not wanted:
            return
        flags = ("--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--filter=blob:none", f"--depth={depth}")
        answer = self.git("fetch", *flags, url or "origin", *wanted, check=False)
        if answer.code:
            raise unanswered("fetch", self.target, answer)

    def deepen(self) -> None:
        """Bring the whole history, without the contents of files: a fork that lags behind needs the way to the base."""
        if (self.git.directory / "shallow").exists():
            flags = ("--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--filter=blob:none", "--unshallow")
            answer = self.git("fetch", *flags, "origin", check=False)
            if answer.code:
                raise unanswered("fetch", self.target, answer)

    def has(self, sha: str, depth: int = 1) -> bool:
        """Whether a commit, and the line of at most `depth` commits that it ends, is here."""
        answer = self.git("rev-list", "--first-parent", f"--max-count={depth}", sha, "--", check=False, env=_LOCAL)
        if answer.code:
            return False
        shallow = self.git.directory / "shallow"
        cut = set(shallow.read_text().split()) if shallow.exists() else set[str]()
        found = answer.text.split()
        return len(found) >= depth or not found or found[-1] not in cut

    @contextmanager
    def checked_out(self, sha: str) -> Generator[Path]:
        """The files of a commit in a directory that is removed afterwards. Raises PrError."""
        index = {"GIT_INDEX_FILE": str(self.git.directory / "tree.index")}
        self._clear()
        try:
            self.tree.mkdir(parents=True)
            answer = self.git("read-tree", "--reset", "-u", sha, env=index, work_tree=self.tree, check=False)
            if answer.code:
                raise unanswered("read-tree", self.target, answer)
            yield self.tree
        finally:
            self._clear()

    def _clear(self) -> None:
        shutil.rmtree(self.tree, ignore_errors=True)
        (self.git.directory / "tree.index").unlink(missing_ok=True)


# Asks what is here, without fetching what is not.
_LOCAL = {"GIT_NO_LAZY_FETCH": "1"}


def opened(folder: Path, target: Target, env: Mapping[str, str]) -> Mirror:
    """The clone of a remote in `folder`, made if missing, and made anew where it is damaged. `env` as in `Git`."""
    git = Git(folder, env)
    for leftover in folder.glob("*.lock"):  # of a run that was killed: nobody else is here
        leftover.unlink()
    if folder.exists() and git("rev-parse", "--git-dir", check=False).code:
        shutil.rmtree(folder)
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        git("init", "-q", "--bare", str(folder))
    (folder / "info").mkdir(exist_ok=True)
    (folder / "info" / "attributes").write_text(_ATTRIBUTES)
    for key, value in (("url", target.url), ("promisor", "true"), ("partialclonefilter", "blob:none")):
        git("config", f"remote.origin.{key}", value)
    return Mirror(git, target)


def unanswered(what: str, target: Target, answer: Answer) -> PrError:
    """The error for a call to the remote that failed, sorted by what the caller may do next."""
    said = answer.err.lower()
    if any(words in said for words in _NO_ANSWER):
        return Unreachable(
            f"the remote `{target.name}` does not answer ({what})", hint="try again later", detail=answer.err
        )
    if any(words in said for words in _NO_ENTRY):
        return PrError(
            f"the remote `{target.name}` may not be read with these credentials",
            hint="see docs/pull-requests.md, Tokens; for ssh, `ssh-add -l` shows your keys",
            detail=answer.err,
        )
    return PrError(f"git {what} failed on the remote `{target.name}`", hint="settle what git says", detail=answer.err)


_NO_ANSWER = (
    "could not resolve host",
    "couldn't connect",
    "connection refused",
    "connection reset",
    "connection timed out",
    "failed to connect",
    "early eof",
    "empty reply",
    "unexpected disconnect",
    "the remote end hung up",
    "returned error: 5",
    "returned error: 429",
    "rpc failed",
    "operation timed out",
    "timeout",
)
_NO_ENTRY = (
    "authentication failed",
    "could not read username",
    "permission denied",
    "returned error: 401",
    "returned error: 403",
    "repository not found",
    "access denied",
)
