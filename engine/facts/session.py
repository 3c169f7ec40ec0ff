"""One facts server process: lines in, replies out, and its last words when it dies."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from ..toolchain import Toolchain, stop
from .wire import Reply

_KEPT_WORDS = 8192  # bytes of stderr; a crash of Go tells its cause first


class Session:
    """A running server. `on_reply` and `on_end` are called from the session's own thread, `on_end` exactly once."""

    def __init__(
        self,
        toolchain: Toolchain,
        program: Path,
        environment: Mapping[str, str],
        on_reply: Callable[[Session, Reply], None],
        on_end: Callable[[Session], None],
    ) -> None:
        self._program = toolchain.start(program, cwd=program.parent, env=environment)
        self._words = bytearray()
        self._on_reply, self._on_end = on_reply, on_end
        self._decoder = msgspec.json.Decoder(Reply)
        self._listener = threading.Thread(target=self._listen, name="facts-replies", daemon=True)
        self._drain = threading.Thread(target=self._hear, name="facts-stderr", daemon=True)
        self._drain.start()
        self._listener.start()

    @property
    def pid(self) -> int:
        return self._program.pid

    def send(self, line: bytes) -> None:
        """A server that is gone takes nothing; `on_end` tells of that."""
        assert self._program.stdin
        with contextlib.suppress(OSError, ValueError):
            self._program.stdin.write(line + b"\n")
            self._program.stdin.flush()

    def finish(self) -> None:
        """Let it end by itself, a moment at most."""
        assert self._program.stdin
        with contextlib.suppress(OSError, ValueError):
            self._program.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._program.wait(timeout=0.5)
        self.kill()

    def kill(self) -> None:
        self._program.kill()

    def last_words(self) -> str:
        """What the server wrote on stderr, from the start."""
        return self._words.decode("utf-8", "replace").strip()

    def _hear(self) -> None:
        assert self._program.stderr
        for line in self._program.stderr:
            self._words += line[: max(0, _KEPT_WORDS - len(self._words))]

    def _listen(self) -> None:
        assert self._program.stdout
        try:
            for line in self._program.stdout:
                self._on_reply(self, self._decoder.decode(line))
        except (msgspec.MsgspecError, OSError, ValueError) as problem:
            self._words += f"\nunreadable reply: {problem}".encode()
        finally:
            stop(self._program, 0)
            self._drain.join(timeout=5)
            self._on_end(self)
