"""What git knows of files, asked without letting the repository run anything.

A repository's own config can name programs that `git status` starts: a file system monitor, hooks, clean filters, the
transport that fetches missing objects. Whoever unpacks a stranger's archive has not agreed to any of them.

1. The work tree of a file is the nearest directory above it that holds a `.git` (a directory, or the file that
   submodules and linked worktrees have); a file in a submodule is asked of the submodule.
2. That `.git` is named to git outright. So nothing is discovered, `core.worktree` and `safe.directory` have no say,
   and a repository that belongs to another user works.
3. Monitor, hooks, optional locks, the system's config and every transport are switched off; each filter driver that
   the config defines is overridden by an empty one. Submodules are not entered.
4. A file is dirty when its work-tree text, its index entry and its HEAD entry are not all the same, or when it is not
   in the index at all: ignored files count too, for git could not bring them back either.

With their filter switched off, files that a clean filter rewrites can look changed; gorefit then asks for
`--allow-dirty` where it need not. Config of the user's own (autocrlf, excludes) stays in force.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .state import DeliverError

_SECONDS = 120
_BATCH = 30_000  # bytes of paths in one command line; Windows allows 32,767 in all

# An empty monitor is none for every git; "false" is the name of a program for those before 2.36.
_SETTINGS = (
    "core.fsmonitor=",
    f"core.hooksPath={os.devnull}",
    "core.untrackedCache=false",
    "submodule.recurse=false",
    "protocol.allow=never",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # a name that no transport has; protocol.<name>.allow of the config is then moot
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
}


def dirty(root: Path, paths: Collection[Path]) -> tuple[Path, ...]:
    """Those of `paths` (relative ones start at `root`) that hold what git could not bring back, in the order given.

    Changed, staged, untracked and ignored files count; a file that neither exists nor is tracked does not, nor does
    one outside any work tree. A symlink stands for the file it leads to. Raises DeliverError where git is missing or
    fails.
    """
    trees: dict[Path, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    for path in paths:
        real = (root / path).resolve()
        top = _work_tree(real)
        if top is not None:
            trees[top][real.relative_to(top).as_posix()].append(path)
    found: set[Path] = set()
    for top, names in trees.items():
        for name in _dirty_names(_Repository.at(top), tuple(names)):
            found.update(names.get(name, ()))
    return tuple(path for path in paths if path in found)


def _work_tree(path: Path) -> Path | None:
    for directory in path.parents:
        marker = directory / ".git"
        if (marker / "HEAD").is_file() or (marker / "HEAD").is_symlink() or marker.is_file():
            return directory
    return None


def _dirty_names(repository: _Repository, names: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for batch in _batches(names):
        tracked = repository.names("ls-files", "-z", "--cached", "--", *batch)
        found |= {name for name in batch if name not in tracked and os.path.lexists(repository.top / name)}
        found |= {
            line[3:]
            for line in repository.names(
                "status",
                "--porcelain=v1",
                "-z",
                "--untracked-files=no",
                "--no-renames",
                "--ignore-submodules=all",
                "--",
                *batch,
            )
        }
    return found


def _batches(names: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for name in names:
        if batch and size + len(os.fsencode(name)) > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += len(os.fsencode(name)) + 1
    if batch:
        yield batch


@dataclass(frozen=True, slots=True)
class _Repository:
    """A work tree, and the settings that keep its config from starting programs."""

    top: Path
    settings: tuple[str, ...]

    @staticmethod
    def at(top: Path) -> _Repository:
        bare = _Repository(top, _SETTINGS)
        keys = bare.names("config", "-z", "--name-only", "--get-regexp", r"^filter\.", silence=1)
        drivers = {key.removeprefix("filter.").rpartition(".")[0] for key in keys}
        if any("=" in driver for driver in drivers):
            raise DeliverError(
                f"the config of the git repository {top} defines a filter with '=' in its name,"
                " which cannot be switched off",
                hint="rename the filter, or use --allow-dirty, which does not ask git",
            )
        off = (
            f"filter.{driver}.{value}"
            for driver in sorted(drivers)
            for value in ("clean=", "smudge=", "process=", "required=false")
        )
        return _Repository(top, (*_SETTINGS, *off))

    def names(self, *arguments: str, silence: int = 0) -> set[str]:
        """The NUL-separated output of a git command; the exit code `silence` stands for none."""
        return {os.fsdecode(name) for name in self._run(arguments, silence).split(b"\0") if name}

    def _run(self, arguments: Sequence[str], silence: int) -> bytes:
        program = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE") or "git"
        if shutil.which(program) is None:  # GitPython would fail to import
            raise DeliverError(
                f"{self.top} is a git work tree, but git is not installed: whether files have uncommitted"
                " changes cannot be told",
                hint="install git, or use --allow-dirty",
            )
        from git.cmd import Git  # slow to import, and needed only here
        from git.exc import GitCommandError

        settings = [part for setting in self.settings for part in ("-c", setting)]
        place = [f"--git-dir={self.top / '.git'}", f"--work-tree={self.top}"]
        try:
            code, output, errors = Git(str(self.top)).execute(
                [program, "--no-pager", *place, *settings, *arguments],
                env=_ENVIRONMENT | _index(self.top / ".git"),
                with_extended_output=True,
                stdout_as_string=False,
                with_exceptions=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=None if os.name == "nt" else _SECONDS,
            )
        except GitCommandError as error:
            raise self._failed(arguments, str(error)) from error
        if code not in (0, silence):
            raise self._failed(arguments, errors)
        return output if code == 0 else b""

    def _failed(self, arguments: Sequence[str], errors: str) -> DeliverError:
        return DeliverError(
            f"git {arguments[0]} failed in {self.top}: whether files have uncommitted changes cannot be told",
            hint="settle what git says, or use --allow-dirty",
            detail=errors.strip(),
        )


def _index(marker: Path) -> dict[str, str]:
    """Under a git hook, $GIT_INDEX_FILE names the index of one repository; each is to be asked by its own."""
    if "GIT_INDEX_FILE" not in os.environ:
        return {}
    if marker.is_file():
        pointer = marker.read_text(errors="surrogateescape").removeprefix("gitdir:").strip()
        marker = marker.parent / pointer
    return {"GIT_INDEX_FILE": str(marker / "index")}
