"""How long a publication of many requests takes on loopback, with pacing off: git over http and a fake forge.

    .venv/bin/python benchmarks/publish.py [--shards 50] [--forge bare github gitlab gitea]

The forges are those of the tests (tests/forges); GitHub's stands behind prism if `.ci/run` has installed it. Three
publications each: all new, all unchanged, all updated.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from forges import canary, prism
from forges.fixtures import Yard
from gorefit.engine.forge.forge import Kind
from gorefit.engine.pr.plan import Annotations
from pr.world import World, bare_world, carry, forge_world, plan_of

ATTACHED = Annotations(labels=("perf",), reviewers=("alice",), milestone="v1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shards", type=int, default=50)
    parser.add_argument("--forge", nargs="+", choices=[kind.value for kind in Kind], default=["bare", "github"])
    asked = parser.parse_args()
    for name in asked.forge:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            world = _world(Kind(name), Path(folder), stack)
            seconds = [_published(world, asked.shards, words) for words in ("new", "new", "newer")]
            behind = " behind prism" if world.host and world.host.prism else ""
            new, again, updated = (f"{one:.1f} s" for one in seconds)
            print(f"{name}{behind}: {asked.shards} requests new {new}, unchanged {again}, updated {updated}")


def _world(kind: Kind, folder: Path, stack: contextlib.ExitStack) -> World:
    os.environ.setdefault("GOREFIT_TEST_PRISM", str(prism.home()))  # before the home is another one
    os.environ |= {
        "HOME": str(folder),
        "GOREFIT_STATE_DIR": str(folder / "state"),
        "GOREFIT_CACHE_DIR": str(folder / "cache"),
        "GOREFIT_TOKEN": canary.TOKEN,
    }
    if kind is Kind.BARE:
        return bare_world(folder, _files())
    (folder / "yard").mkdir()
    yard = Yard(folder / "yard")
    stack.callback(yard.close)
    return forge_world(kind, folder, yard.new(kind, folder / "forge"), _files())


def _files() -> dict[str, str]:
    return {f"p{number}/a.txt": "old\n" for number in range(500)}


def _published(world: World, shards: int, words: str) -> float:
    """Seconds of one publication, from opening the desk on; the plan is made before, without a clock."""
    changes = {f"p{number}": {f"p{number}/a.txt": f"{words}\n"} for number in range(shards)}
    with world.desk(token=True) as desk:
        plan = plan_of(desk, changes, annotations=ATTACHED)
    began = time.monotonic()
    with world.desk(token=True) as desk:
        done = carry(desk, plan)
    seconds = time.monotonic() - began
    counts = Counter(one.outcome for one in done)
    assert len(counts) == 1 and not counts["failed"], counts
    return seconds


if __name__ == "__main__":
    main()
