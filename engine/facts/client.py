"""Ask the facts server: requests go out, futures come back, whatever happens to the process behind them."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from ..model import GorefitError
from ..toolchain import Toolchain
from .build import server_program
from .errors import FactsError
from .facts import PackageFacts
from .queue import Job, Queue
from .request import CheckRequest, check_line
from .session import Session
from .wire import ExportRef, FactsReply, Format, FormatReply, Init, Reply

__all__ = ["CheckRequest", "FactsServer", "FormatError"]

_TEXTS_PER_REQUEST = 32


@dataclass(frozen=True, slots=True)
class FormatError:
    """Why go/format refused a text."""

    message: str
    line: int
    column: int


class FactsServer:
    """The server for one run; a context manager. All methods may be called from any thread."""

    def __init__(self, launch: Callable[[FactsServer], Session], init: Init, time_limit: float) -> None:
        self._launch, self._init = launch, msgspec.json.encode(init)
        self._queue = Queue(time_limit)
        self._state = threading.Condition(threading.RLock())
        self._session: Session | None = None
        self._closed = False
        self._ids = itertools.count(1)
        self._watcher = threading.Thread(target=self._watch, name="facts-watch", daemon=True)
        self._watcher.start()

    @classmethod
    def start(
        cls,
        toolchain: Toolchain,
        *,
        cache: Path,
        exports: Mapping[str, Path],
        jobs: int = 0,
        time_limit: float = 300,
        environment: Mapping[str, str] = {},
    ) -> FactsServer:
        """Build the server if the cache has none for this toolchain. `jobs` = 0: as many workers as Go would use
        threads, at most 8. `time_limit` is in seconds, for each request from when it begins. Raises FactsError."""
        program = server_program(toolchain, cache)
        refs = [ExportRef(path, os.fsencode(file)) for path, file in exports.items()]

        def launch(server: FactsServer) -> Session:
            try:
                return Session(toolchain, program, environment, server.replied, server.ended)
            except OSError as error:
                raise FactsError(
                    f"cannot start the facts server {program}: {error.strerror or error}",
                    hint="programs must be allowed to run there; GOREFIT_CACHE_DIR names another directory",
                ) from error

        return cls(launch, Init(0, refs, jobs), time_limit)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the process that serves now, if one does."""
        with self._state:
            return self._session.pid if self._session else None

    def check(self, request: CheckRequest) -> Future[PackageFacts]:
        """The facts of a package, when they are there; a FactsError if go/types crashes or hangs on it. Broken code is
        no failure: its errors are in the facts."""
        outer: Future[PackageFacts] = Future()

        def settle(inner: Future[Reply]) -> None:
            error = inner.exception()
            if error is None:
                try:
                    outer.set_result(PackageFacts(_facts(inner.result(), request), request.files))
                except GorefitError as problem:
                    outer.set_exception(problem)
            else:
                outer.set_exception(error)

        outer.set_running_or_notify_cancel()
        self._submit(request.import_path, lambda id: check_line(id, request)).add_done_callback(settle)
        return outer

    def format(self, texts: Mapping[Path, bytes]) -> Mapping[Path, bytes | FormatError]:
        """Each text as gofmt prints it (its lines end in "\\n" then), or why it cannot. Raises FactsError."""
        paths = list(texts)
        chunks = [paths[at : at + _TEXTS_PER_REQUEST] for at in range(0, len(paths), _TEXTS_PER_REQUEST)]
        futures = [self._submit(str(chunk[0]), _format_line([texts[path] for path in chunk])) for chunk in chunks]
        formatted: dict[Path, bytes | FormatError] = {}
        for chunk, future in zip(chunks, futures, strict=True):
            reply = future.result()
            if reply.formats is None:
                raise _panicked("go/format", str(chunk[0]), reply.panic)
            formatted.update({path: _text(each) for path, each in zip(chunk, reply.formats, strict=True)})
        return formatted

    def close(self) -> None:
        """End the server; what was not answered fails."""
        with self._state:
            self._closed = True
            session, self._session = self._session, None
            left = self._queue.take_all()
            self._state.notify_all()
        for job in left:
            job.future.set_exception(FactsError(f"the run ended before {job.subject} was answered"))
        if session:
            session.finish()

    def replied(self, session: Session, reply: Reply) -> None:
        """Called by the session for each line."""
        with self._state:
            if session is not self._session:
                return
            if reply.jobs:
                self._queue.window = 2 * reply.jobs
            if reply.begun:
                self._queue.begun(reply.id)
                self._state.notify_all()
                return
            job = self._queue.answered(reply.id)
            failed = self._pump()
        if job:
            job.future.set_result(reply)
        _settle(failed)

    def ended(self, session: Session) -> None:
        """Called by the session when its process is gone."""
        with self._state:
            if session is not self._session:
                return
            self._session = None
            failed = self._queue.died(session.last_words()) + self._pump()
        _settle(failed)

    def _submit(self, subject: str, line: Callable[[int], bytes]) -> Future[Reply]:
        future: Future[Reply] = Future()
        id = next(self._ids)
        with self._state:
            if self._closed:
                raise FactsError("the facts server is closed")
            self._queue.waiting.append(Job(id, subject, lambda: line(id), future))
            failed = self._pump()
        _settle(failed)
        return future

    def _pump(self) -> list[tuple[Job, FactsError]]:
        """Send what may be sent, on a new process if there is none. Returns jobs that failed, for _settle."""
        if self._closed or self._queue.empty:
            return []
        if self._session is None:
            try:
                self._session = self._launch(self)
            except FactsError as error:
                return [(job, error) for job in self._queue.take_all()]
            self._session.send(self._init)
        while job := self._queue.next():
            self._session.send(job.line())
        self._state.notify_all()
        return []

    def _watch(self) -> None:
        """Kill a server that is past a request's time limit."""
        pause = min(1.0, self._queue.time_limit / 4)
        while True:
            with self._state:
                while not self._closed and not self._queue.sent:
                    self._state.wait()
                if self._closed:
                    return
                failed = self._queue.overdue(time.monotonic())
                session = self._session
                if failed:
                    self._session = None
                    if session:
                        session.kill()
                    failed += self._pump()
                else:
                    self._state.wait(pause)
            _settle(failed)


def _settle(failed: list[tuple[Job, FactsError]]) -> None:
    for job, error in failed:
        job.future.set_exception(error)


def _facts(reply: Reply, request: CheckRequest) -> FactsReply:
    if reply.facts is None:
        raise _panicked("go/types", request.import_path, reply.panic)
    return reply.facts


def _panicked(what: str, subject: str, panic: str) -> FactsError:
    cause = panic.partition("\n")[0] or "no message"
    return FactsError(
        f"{what} panicked on {subject}: {cause}",
        hint="try a newer Go (--go); the other packages are not affected",
        detail=panic,
    )


def _format_line(texts: list[bytes]) -> Callable[[int], bytes]:
    return lambda id: msgspec.json.encode(Format(id, texts))


def _text(reply: FormatReply) -> bytes | FormatError:
    if reply.error:
        return FormatError(reply.error, reply.line, reply.column)
    return reply.text or b""
