"""The only way anything leaves for a remote: one ref at a time, under a lease on the very commit that was seen there.

1. A branch is written to only if it bears our prefix and the shape of our names, and is neither the base nor the
   default branch: checked here, in code, whatever a plan or a setting says.
2. `--force-with-lease=<ref>:<sha>` names the commit that must still be there ("" for none). A bare lease would be
   renewed by any fetch in between, and a person's commit lost.
3. What became of a push is read from git's own report, by ref. No answer means that nobody knows: look before trying
   again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import PrError, PushDenied, StalePush
from .git import Answer
from .gitmirror import Mirror, Refs, unanswered
from .naming import ours

BACKUP = "refs/gorefit/backup/"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPORT = re.compile(r"^(?P<flag>[ +\-*=!])\t(?P<refs>[^\t]*)\t(?P<summary>.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Gate:
    """Where branches of ours live, and which names are never written to."""

    mirror: Mirror
    url: str
    prefix: str
    forbidden: frozenset[str]  # the base branch, the default branch

    def refs(self) -> Refs:
        """Our branches as they are now."""
        return self.mirror.refs(prefix=self.prefix, url=self.url)

    def head(self, branch: str) -> str:
        """The commit that a branch is at now, "" where there is none."""
        return self.mirror.refs(branch, url=self.url).heads.get(branch, "")

    def push(self, branch: str, sha: str, lease: str) -> None:
        """Bring a branch to a commit, if it still is at `lease` ("": if there is none).

        Raises StalePush, PushDenied, Unreachable.
        """
        self._send(self.checked(branch), sha, lease)

    def delete(self, branch: str, lease: str) -> None:
        """Remove a branch, if it still is at `lease`. Raises as `push`."""
        self._send(self.checked(branch), "", lease)

    def backed_up(self, sha: str) -> bool:
        """Whether a commit was put aside."""
        answer = self.mirror.git("ls-remote", self.url, f"{BACKUP}{sha}", check=False)
        if answer.code:
            raise unanswered("ls-remote", self.mirror.target, answer)
        return sha in answer.text

    def back_up(self, sha: str) -> None:
        """Put a commit aside under a ref of its own, which nothing here ever changes again. Raises as `push`."""
        if not _SHA.fullmatch(sha):
            raise PrError(f"{sha!r} is no commit")
        self._send(f"{BACKUP}{sha}", sha, "")

    def checked(self, branch: str) -> str:
        """The ref of a branch of ours. Raises PrError for any other."""
        if branch in self.forbidden or not ours(branch, self.prefix):
            raise PrError(
                f"refused to touch the branch {branch!r}: it is not one of gorefit's",
                hint=f"gorefit writes to branches {self.prefix}<name>-<10 hex digits> only, and never to the base",
            )
        return f"refs/heads/{branch}"

    def _send(self, ref: str, sha: str, lease: str) -> None:
        if (sha and not _SHA.fullmatch(sha)) or (lease and not _SHA.fullmatch(lease)):
            raise PrError(f"{sha or lease!r} is no commit")
        flags = ("--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no")
        answer = self.mirror.git(
            "push", *flags, f"--force-with-lease={ref}:{lease}", self.url, f"{sha}:{ref}", check=False
        )
        if answer.code:
            raise self._refused(ref, answer)

    def _refused(self, ref: str, answer: Answer) -> PrError:
        reports = {match["refs"].rpartition(":")[2]: match["summary"] for match in _REPORT.finditer(answer.text)}
        summary = reports.get(ref, "")
        detail = "\n".join(filter(None, (summary, answer.err)))
        name = ref.removeprefix("refs/heads/")
        if "stale info" in summary or "fetch first" in summary or "non-fast-forward" in summary:
            return StalePush(f"somebody pushed to {name} meanwhile; nothing was changed", hint=_AGAIN, detail=detail)
        if summary.startswith(("[remote rejected]", "[rejected]")):
            if "failed to update ref" in summary or "cannot lock ref" in summary or "reference already" in summary:
                return StalePush(f"somebody else is pushing to {name}; nothing was changed", hint=_AGAIN, detail=detail)
            return PushDenied(f"the remote refuses a push to {name}", hint=_DENIED, detail=detail)
        if _NO_RIGHT.search(answer.err):
            return PushDenied("these credentials may not push to the remote", hint=_DENIED, detail=detail)
        return unanswered("push", self.mirror.target, answer)


_AGAIN = "run the command again"
_DENIED = "see docs/pull-requests.md, Tokens and permissions; --fork always pushes to a fork"
_NO_RIGHT = re.compile(r"returned error: 403|permission to .* denied|not allowed to push|read[- ]only", re.IGNORECASE)
