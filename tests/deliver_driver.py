"""Runs write, undo and recover in children that are shot at a chosen system call.

A process of its own (started by `Driver`, at the end), so that forking is safe whatever threads the test runner has.
Each request names an action and `at`: the child sends itself `signal` just before its `at`-th call of a function that
changes or flushes files; a write counts twice, before it and when half of its bytes are out.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gorefit.engine.deliver.journal import recover
from gorefit.engine.deliver.undo import undo
from gorefit.engine.deliver.write import FileChange, write

WATCHED = ("open", "write", "close", "fsync", "fchmod", "fchown", "link", "unlink", "replace", "rename", "mkdir")


def old_text(number: int) -> bytes:
    return f"package p // {number}\r\n".encode() + b"// old\n" * (40 * (number + 1))


def new_text(number: int) -> bytes:
    return f"package p // {number}\r\n".encode() + b"// the new text\n" * (70 * (number + 1))


def tree(root: Path) -> None:
    """Twelve files to be: ten to replace, one of them under a link, and two to create."""
    for number in range(10):
        path = file(root, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        if number == 7:
            path.symlink_to("real.go")
            path = path.parent / "real.go"
        path.write_bytes(old_text(number))
        path.chmod(0o640)


def file(root: Path, number: int) -> Path:
    return root / ("", "a", "a/b", "ç d")[number % 4] / f"f{number}.go"


def changes(root: Path) -> list[FileChange]:
    return [
        FileChange(file(root, number), old_text(number) if number < 10 else None, new_text(number))
        for number in range(12)
    ]


def _act(action: str, root: Path) -> None:
    if action == "write":
        write(root, changes(root))
    elif action == "undo":
        undo(root)
    else:
        recover(root)


def _arm(at: int, number: int) -> list[str]:
    trace: list[str] = []

    def step(name: str, argument: object) -> None:
        trace.append(f"{name} {argument}")
        if len(trace) == at:
            os.kill(os.getpid(), number)

    def wrap(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            step(name, args[1] if name in ("replace", "link") else args[0])
            if name == "write" and len(args[1]) > 1:
                half = len(args[1]) // 2
                done = real(args[0], args[1][:half])
                step(name, "half")
                return done + real(args[0], args[1][done:])
            return real(*args, **kwargs)

        return call

    for name in WATCHED:
        setattr(os, name, wrap(name, getattr(os, name)))
    return trace


def _serve() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            code = 0
            real_write = os.write
            trace = _arm(request["at"], request["signal"])
            try:
                _act(request["action"], Path(request["root"]))
            except BaseException as error:
                code = 130 if isinstance(error, KeyboardInterrupt) else 1
                trace.append(f"raised {error!r}")
            real_write(writer, json.dumps(trace).encode())
            os._exit(code)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            trace = pipe.read()
        _, status = os.waitpid(child, 0)
        reply = {"code": os.waitstatus_to_exitcode(status), "trace": json.loads(trace or b"[]")}
        print(json.dumps(reply), flush=True)


class Driver:
    """The other end of `_serve`; a context manager."""

    def __enter__(self) -> Driver:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def run(self, action: str, root: Path, at: int = 0, number: int = signal.SIGKILL) -> tuple[int, list[str]]:
        """The child's exit code (minus the signal that ended it) and, if it lived, the calls it made."""
        assert self._process.stdin and self._process.stdout
        request = {"action": action, "root": str(root), "at": at, "signal": int(number)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        return reply["code"], reply["trace"]


if __name__ == "__main__":
    _serve()
