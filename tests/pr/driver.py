"""Publishes in children that are shot at a chosen moment: before or after anything that is written, pushed or sent.

A process of its own (started by `Driver`, at the end), so that forking is safe whatever threads the test runner has.
Each request names what to publish and `at`: the child sends itself `signal` at its `at`-th moment.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gorefit.engine.forge import barefile, transport
from gorefit.engine.forge.forge import Kind
from gorefit.engine.pr.desk import Place
from gorefit.engine.pr.gitpush import Gate
from gorefit.engine.pr.ledger import Ledger
from gorefit.engine.pr.naming import Series
from gorefit.engine.pr.plan import Annotations

from .world import UNHURRIED, World

ATTACHED = Annotations(labels=("perf",), assignees=("bob",), reviewers=("alice",), milestone="v1")
Changes = Mapping[str, Mapping[str, str]]


def series(name: str) -> Series:
    """A series of its own for each name, so that one world serves many tries."""
    return Series("main", "", (f"./{name}",), ("tier:safe",))


def publish(
    world: World, name: str, changes: Changes, gone: tuple[str, ...] = (), *, recreate: bool = False
) -> list[str]:
    """What a child does, and what the parent does afterwards to finish it; the outcomes."""
    done = world.publish(
        changes, series=series(name), gone=gone, recreate=recreate, annotations=ATTACHED, body=json.dumps(changes)
    )
    return [one.outcome for one in done]


def _arm(at: int, number: int) -> list[str]:
    """Have this process shot at its `at`-th moment; the list of moments grows as they come."""
    trace: list[str] = []

    def moment(name: str) -> None:
        trace.append(name)
        if len(trace) == at:
            os.kill(os.getpid(), number)

    def wrap(owner: Any, name: str, when: Callable[..., str | None] = lambda *_: "") -> None:
        real = getattr(owner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            about = when(*args)
            if about is None:
                return real(*args, **kwargs)
            moment(f"before {name} {about}")
            result = real(*args, **kwargs)
            moment(f"after {name} {about}")
            return result

        setattr(owner, name, call)

    for name in ("intend", "finish"):
        wrap(Ledger, name, lambda _ledger, branch, step, *_: f"{step} of {branch}")
    for name in ("add_head", "save_request", "save_fork"):
        wrap(Ledger, name)
    wrap(Gate, "_send", lambda _gate, ref, *_: ref)
    wrap(barefile, "replace", lambda path, _text: path.name)
    wrap(
        transport._Transport,
        "send",
        lambda _self, sent, *_: None if sent.method == "GET" else f"{sent.method} {sent.path_url}",
    )
    return trace


def _act(request: Mapping[str, Any]) -> list[str]:
    os.environ.update(request["env"])
    where = request["place"]
    place = Place(
        Path(where["directory"]),
        Kind(where["forge"]),
        where["api_url"],
        pr_dir=Path(where["pr_dir"]) if where["pr_dir"] else None,
        limits=UNHURRIED,
    )
    world = World(Path(), place.directory, place)
    return publish(world, request["name"], request["changes"], tuple(request["gone"]), recreate=request["recreate"])


def _serve() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
            code = 0
            trace = _arm(request["at"], request["signal"])
            try:
                trace.append(f"outcomes {_act(request)}")
            except BaseException as error:
                code = 130 if isinstance(error, KeyboardInterrupt) else 1
                trace.append(f"raised {error!r}")
            os.write(writer, json.dumps(trace).encode())
            os._exit(code)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            trace = pipe.read()
        _, status = os.waitpid(child, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status), "trace": json.loads(trace or b"[]")}), flush=True)


@dataclasses.dataclass
class Driver:
    """The other end of `_serve`; a context manager."""

    world: World

    def __enter__(self) -> Driver:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pr.driver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def publish(
        self,
        name: str,
        changes: Changes,
        gone: tuple[str, ...] = (),
        *,
        recreate: bool = False,
        at: int = 0,
        number: int = signal.SIGKILL,
    ) -> tuple[int, list[str]]:
        """The child's exit code (minus the signal that ended it) and, if it lived, its moments."""
        assert self._process.stdin and self._process.stdout
        place = self.world.place
        names = ("HOME", "GOREFIT_STATE_DIR", "GOREFIT_CACHE_DIR", "GIT_CONFIG_NOSYSTEM", "GOREFIT_TOKEN")
        request = {
            "env": {variable: os.environ[variable] for variable in names},
            "place": {
                "directory": str(place.directory),
                "forge": place.forge,
                "api_url": place.api_url,
                "pr_dir": str(place.pr_dir) if place.pr_dir else "",
            },
            "name": name,
            "changes": changes,
            "gone": gone,
            "recreate": recreate,
            "at": at,
            "signal": int(number),
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        return reply["code"], reply["trace"]


if __name__ == "__main__":
    _serve()
