"""Show a plan to the go command through `-overlay`, so that not one file of the user's tree is touched."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from ..plan.plan import Plan
from .scene import Scene, resolved, swapped
from .scratch import scratch


@contextmanager
def overlay(root: Path, plan: Plan) -> Generator[tuple[Scene, dict[Path, Path]]]:
    """The scene of `plan` laid over the tree at `root`, and the backing file of each planned file.

    1. Each planned file is written to a directory of its own under its own base name: vet names files by base name
       inside messages ("also at a.go:18").
    2. The overlay maps the path as go list prints it and the resolved path: go looks files up by either.
    3. The compiler prints backing files relative to where go runs, vet prints them absolute: both are translated.
    """
    with scratch() as temporary:
        backing: dict[Path, Path] = {}
        replace: dict[str, str] = {}
        for number, (path, planned) in enumerate(sorted(plan.files.items())):
            copy = temporary / str(number) / path.name
            copy.parent.mkdir()
            copy.write_bytes(planned.new)
            backing[path] = copy
            for name in {str(path), str(_resolve_parent(path)), os.path.realpath(path)}:
                replace[name] = str(copy)
        listing = temporary / "overlay.json"
        listing.write_text(json.dumps({"Replace": replace}), encoding="utf-8")
        here = {str(root), os.path.realpath(root)}

        def forms(name: Path) -> set[str]:
            return {str(name)} | {os.path.relpath(name, directory) for directory in here}

        pairs = [(copy, path) for path, copy in backing.items()]
        yield (
            Scene(
                root,
                root,
                flags=(f"-overlay={listing}",),
                translate=swapped(pairs, forms),
                places=resolved(plan.files),
            ),
            backing,
        )


def _resolve_parent(path: Path) -> Path:
    """The path with its directory resolved: what go sees in a symlinked checkout; the file itself may be a link."""
    return Path(os.path.realpath(path.parent)) / path.name
