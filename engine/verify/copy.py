"""A temporary copy of the module tree, for what an overlay cannot serve and for tests, which may write where they run.

1. The tree is copied to the same absolute path below a temporary directory, so that relative paths between modules
   keep their meaning. Inside the Go tree the whole GOROOT is copied, and go is told so.
2. Left out: version control, and folders that no Go build reads, unless a package embeds files from them.
3. Symlinks stay symlinks. One that leads out of the tree is made absolute; one that leads into it leads into the copy.
4. Modules beside the tree that a relative `replace` names are linked, not copied.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..packages import Workspace
from ..plan.plan import Plan
from ..toolchain import Toolchain
from .scene import Scene, resolved, swapped
from .scratch import scratch

_HISTORY = frozenset((".git", ".hg", ".svn", ".jj", ".bzr", ".idea", ".terraform"))
_OTHER_LANGUAGES = frozenset(("node_modules", ".venv", "venv", "__pycache__", ".tox", ".mypy_cache", ".pytest_cache"))
LEFT_OUT = _HISTORY | _OTHER_LANGUAGES


class _Target(msgspec.Struct, rename="pascal"):
    path: str = ""
    version: str = ""


class _Replace(msgspec.Struct, rename="pascal"):
    new: _Target


class _ModFile(msgspec.Struct, rename="pascal"):
    replace: list[_Replace] | None = None


@dataclass
class Copy:
    """The copied tree; `show` makes it hold one plan's files and takes back those of the plan before."""

    base: Path
    root: Path
    env: Mapping[str, str]
    trees: tuple[Path, ...]
    _shown: dict[Path, bytes | None]

    def mirror(self, path: Path) -> Path:
        """Where a file or directory of the user lies in the copy (its directory's symlinks resolved)."""
        return mirrored(self.base, Path(os.path.realpath(path.parent)) / path.name)

    def show(self, plan: Plan | None) -> Scene:
        """The copy with the planned files in it; None = as the tree is."""
        wanted = {path: file.new for path, file in plan.files.items()} if plan else {}
        for path, old in list(self._shown.items()):
            if path not in wanted:
                _put(self.mirror(path), old)
                del self._shown[path]
        for path, new in wanted.items():
            copy = self.mirror(path)
            self._shown.setdefault(path, copy.read_bytes() if copy.exists() else None)
            _put(copy, new)
        pairs = [(mirrored(self.base, tree), tree) for tree in self.trees]
        translate = swapped(pairs, lambda copy: {str(copy)})
        here = mirrored(self.base, Path(os.path.realpath(self.root)))
        return Scene(self.root, here, env=self.env, translate=translate, places=resolved(wanted))


def mirrored(base: Path, path: Path) -> Path:
    """The place of an absolute path below `base`."""
    drive = path.drive.replace(":", "").strip("\\/").replace("\\", "_")
    return base / drive / path.relative_to(path.anchor) if drive else base / path.relative_to(path.anchor)


def _put(path: Path, text: bytes | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError):
        if path.read_bytes() == text:
            return  # keeps the time stamp, which the test cache looks at
        path.chmod(path.stat().st_mode | stat.S_IWUSR)
    path.write_bytes(text)


@contextmanager
def copied(toolchain: Toolchain, workspace: Workspace, embedded: Collection[Path] = ()) -> Generator[Copy]:
    """Copy the workspace's modules. `embedded` are files that must be there wherever they lie. Raises OSError."""
    with scratch() as base:
        trees = _trees(toolchain, workspace)
        keep = {parent for file in embedded for parent in Path(os.path.realpath(file)).parents}
        for tree in trees:
            _copy_tree(tree, mirrored(base, tree), base, trees, keep)
        env = dict[str, str]()
        if workspace.in_goroot:
            goroot = mirrored(base, Path(os.path.realpath(toolchain.goroot)))
            env["GOROOT"] = str(goroot)
        else:
            env |= _workspace_file(toolchain, workspace.root, base)
            _link_replaced(toolchain, workspace, base, trees)
        yield Copy(base, workspace.root, env, trees, {})


def _trees(toolchain: Toolchain, workspace: Workspace) -> tuple[Path, ...]:
    """The directories to copy, none inside another."""
    wanted = [workspace.root, *(module.dir for module in workspace.modules)]
    if workspace.in_goroot:
        wanted = [toolchain.goroot]
    real = sorted({Path(os.path.realpath(path)) for path in wanted})
    return tuple(path for path in real if not any(other in path.parents for other in real))


def _copy_tree(source: Path, target: Path, base: Path, trees: Collection[Path], keep: Collection[Path]) -> None:
    target.mkdir(parents=True, exist_ok=True)
    queue = [(source, target)]
    while queue:
        here, there = queue.pop()
        with suppress(PermissionError), os.scandir(here) as entries:
            for entry in entries:
                path, copy = here / entry.name, there / entry.name
                if entry.is_symlink():
                    copy.symlink_to(_retargeted(path, base, trees))
                elif entry.is_dir():
                    if entry.name not in LEFT_OUT or path in keep:
                        copy.mkdir()
                        queue.append((path, copy))
                elif entry.is_file():
                    with suppress(PermissionError):
                        shutil.copy2(path, copy)


def _retargeted(link: Path, base: Path, trees: Iterable[Path]) -> str:
    target = str(link.readlink())
    absolute = Path(os.path.normpath(link.parent / target))
    inside = any(absolute == tree or tree in absolute.parents for tree in trees)
    if Path(target).is_absolute():
        return str(mirrored(base, absolute)) if inside else target
    return target if inside else str(absolute)


def _workspace_file(toolchain: Toolchain, root: Path, base: Path) -> dict[str, str]:
    """Copy the go.work in force, which may lie above the modules or be named by GOWORK."""
    named = toolchain.run("env", "GOWORK", cwd=root).stdout.decode("utf-8", "replace").strip()
    if named in ("", "off"):
        return {"GOWORK": "off"} if named else {}
    file = _own_work_file(root) or Path(named)
    copy = mirrored(base, Path(os.path.realpath(file)))
    copy.parent.mkdir(parents=True, exist_ok=True)
    for name in (file.name, file.name + ".sum"):
        if file.with_name(name).is_file():
            shutil.copy2(file.with_name(name), copy.with_name(name))
    return {"GOWORK": str(copy)}


def _own_work_file(root: Path) -> Path | None:
    """The go.work above `root`. GOWORK may name a stand-in for it, whose relative paths are settled already."""
    if os.environ.get("GOWORK"):
        return None
    real = Path(os.path.realpath(root))
    return next((p / "go.work" for p in (real, *real.parents) if (p / "go.work").is_file()), None)


def _link_replaced(toolchain: Toolchain, workspace: Workspace, base: Path, trees: Iterable[Path]) -> None:
    files = [("mod", module.dir / "go.mod") for module in workspace.modules]
    work = _own_work_file(workspace.root)
    if work is not None:
        files.append(("work", work))
    for kind, file in files:
        if not file.is_file():
            continue
        done = toolchain.run(kind, "edit", "-json", str(file), cwd=workspace.root)
        for entry in msgspec.json.decode(done.stdout, type=_ModFile).replace or ():
            if entry.new.version or Path(entry.new.path).is_absolute():
                continue
            target = Path(os.path.normpath(Path(os.path.realpath(file.parent)) / entry.new.path))
            link = mirrored(base, target)
            if target.is_dir() and not link.exists() and not any(tree in target.parents for tree in trees):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(target, target_is_directory=True)
