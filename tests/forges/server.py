"""The front door of a fake forge on loopback: git and the API at one address, with faults, and a log of what came.

    client → front door → prism (GitHub only) → face → world
                        → git http-backend

prism stands behind the front door, so that what is injected here need not be in anybody's description.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import cast
from urllib.parse import urlencode, urlsplit

from . import gitserver
from .faults import Fault, Faults
from .wire import Call, Reply
from .world import Denied, World

Answer = Callable[[Call], Reply]
_HOP = {"connection", "transfer-encoding", "content-length", "host", "keep-alive", "accept-encoding"}


@dataclass
class Host:
    """A running fake forge: its world, the faults to come, and every call that it got, with the status it gave."""

    face: ModuleType
    world: World
    prism: str = ""  # address, "" for none
    faults: Faults = field(default_factory=Faults)
    calls: list[tuple[Call, int]] = field(default_factory=list)
    check: Callable[[Call, Reply], str] = lambda _call, _reply: ""
    violations: list[str] = field(default_factory=list)  # of the contract; a test with one fails

    def answer(self, call: Call) -> Reply:
        """The API's answer to a call below its prefix; what prism asks for, or the front door itself."""
        _, _, token = call.headers.get("authorization", "").partition(" ")
        person = self.world.by_token(token)
        if person is None:
            return Reply(401, {"message": "Bad credentials"})
        try:
            reply = self.face.on.answer(self.world, call, person)
        except Denied as error:
            reply = self.face.refusal(error)
        broken = self.check(call, reply)
        if broken:
            self.violations.append(broken)
            return Reply(500, {"message": f"contract: {broken}"})
        return reply

    def front(self, call: Call) -> Reply:
        """Git's or the API's answer to a call as it came in."""
        for prefix in (self.face.PREFIX, "/api"):
            if call.path.startswith(f"{prefix}/"):
                below = Call(call.method, call.path.removeprefix(prefix), call.query, call.headers, call.body)
                return self._checked(below) if self.prism else self.answer(below)
        return gitserver.serve(self.world, call)

    def _checked(self, call: Call) -> Reply:
        """The answer by way of prism, which puts its own in its place where either side breaks the description."""
        reply = _through(self.prism, call)
        if b"stoplight.io/prism/errors" in (reply.content or b""):
            self.violations.append(f"{call}: {(reply.content or b'').decode()}")
        return reply

    def said(self, text: str) -> list[str]:
        """The calls whose `METHOD path` has this text."""
        return [str(call) for call, _ in self.calls if text in str(call)]

    def writes(self) -> list[str]:
        return [str(call) for call, _ in self.calls if call.mutates]


def _through(prism: str, call: Call) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(prism).netloc, timeout=30)
    target = call.path + (f"?{urlencode(call.query)}" if call.query else "")
    headers = {name: value for name, value in call.headers.items() if name not in _HOP}
    connection.request(call.method, target, call.body or None, headers)
    answer = connection.getresponse()
    content = answer.read()
    kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
    connection.close()
    return Reply(answer.status, content=content, headers=kept)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one packet

    def _serve(self) -> None:
        headers = {name: ", ".join(self.headers.get_all(name, [])) for name in self.headers}
        call = Call.of(self.command, self.path, headers, self._body())
        reply = cast("Server", self.server).handle_call(call)
        if reply is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        status, headers, content = reply.encoded()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _serve

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, format: str, *args: object) -> None:
        """Not on stderr."""


class Server(ThreadingHTTPServer):
    """A thread a connection, on a free port of 127.0.0.1; gone with its `close`."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, answer: Callable[[Call], Reply | None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.handle_call = answer
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


def front_door(host: Callable[[], Host]) -> Callable[[Call], Reply | None]:
    """What the server does with a call: log it, let a fault strike, answer. None drops the connection."""

    def handle(call: Call) -> Reply | None:
        here = host()
        fault = here.faults.take(call) or Fault("none")
        place = len(here.calls)
        here.calls.append((call, 0))
        time.sleep(fault.seconds)
        reply = here.front(call) if fault.done else fault.reply
        if reply is not None:
            here.calls[place] = (call, reply.status)
        return None if fault.drop else reply

    return handle
