"""Write docs/pull-request-example.md: the request that gorefit opens for examples/orders, as a reviewer reads it.

    .venv/bin/python docs/pull_request_example.py

The example is committed to a repository of its own, and `gorefit pr publish` opens a request there; its remote is a
plain one, so the request is a file.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "pull-request-example.md"
COMMAND = (sys.executable, "-c", "from gorefit.engine.cli.start import main; main()")
PERSON = ("-c", "user.name=Example", "-c", "user.email=example@example.com", "-c", "commit.gpgsign=false")
_HEAD = """\
<!-- Written by `python docs/pull_request_example.py`; edit engine/pr/body.md.j2 instead. -->

> This is the text of the pull request that `gorefit pr publish -c prealloc,strings-builder` opens for
> [examples/orders](../examples/orders). Its title: **{title}**

"""


def example(folder: Path) -> str:
    """The page, made in an empty folder."""
    remote, clone = folder / "remote.git", folder / "orders"
    shutil.copytree(ROOT / "examples" / "orders", clone)
    _git("init", "-q", "--bare", "-b", "main", str(remote))
    for words in (
        ("init", "-q", "-b", "main"),
        ("add", "-A"),
        ("commit", "-qm", "The order service"),
        ("remote", "add", "origin", str(remote)),
        ("push", "-q", "origin", "main"),
    ):
        _git("-C", str(clone), *words)
    requests = folder / "requests"
    env = {**os.environ, "GOREFIT_STATE_DIR": str(folder / "state")}
    words = ("-c", "prealloc,strings-builder", "--pr-dir", str(requests), "--author", "Example <example@example.com>")
    command = [*COMMAND, "-C", str(clone), "pr", "publish", *words]
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
    text = (requests / "0001" / "pull-request.md").read_text()
    head, _, body = text.partition("\n---\n")
    title = re.search(r'^title: "(.*)"$', head, re.MULTILINE)
    assert title
    return _HEAD.format(title=title[1]) + re.sub(r"<!-- gorefit:.*? -->\n?", "", body).strip() + "\n"


def _git(*words: str) -> None:
    subprocess.run(["git", *PERSON, *words], check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        TARGET.write_text(example(Path(folder)))


if __name__ == "__main__":
    main()
