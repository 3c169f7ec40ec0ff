"""One HTTP session for a forge's API, which no server can lead astray, and which every client library sends through.

1. The token is put on a copy of a request, at the last moment, and only for the origin of the API; client libraries
   never hold it. A redirect to any other origin is an error before anything is sent.
2. Each request waits for its turn (see `pacing`), and each reply is bounded in size and time. What is not a success
   becomes an error of ours here (see `answers`), the same for all libraries.
3. Reads are followed through redirects on the same origin, and repeated after `Unavailable`. A write is sent once.
4. One question costs a bounded number of requests, so that no chain of pages, of redirects or of "not yet" is endless.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import stamina
import urllib3
from requests.adapters import HTTPAdapter

from . import answers, redaction
from .detect import origin_of
from .errors import BadAnswer, ForgeError, Unavailable
from .pacing import Pacer, Turn
from .secrets import Secret
from .text import clean_line

T = TypeVar("T")

LARGEST = 64 << 20  # bytes of one reply: a page of 100 requests with full bodies has about 10 MiB
_REQUESTS = 200  # that one question may cost
_ITEMS = 10_000  # that one list may have
_CONNECT, _READ, _WHOLE = 10.0, 60.0, 120.0  # seconds
_ATTEMPTS, _LONGEST_WAIT = 3, 30.0  # of a read; seconds

logging.getLogger("stamina").addHandler(logging.NullHandler())  # Python would print its warnings on stderr


class Http:
    """A session bound to one origin, one token and one pace; for one thread at a time."""

    def __init__(self, api_url: str, secret: Secret | None, pacer: Pacer, *, scheme: str = "Bearer") -> None:
        self.origin = origin_of(api_url)
        self.pacer = pacer
        self.turn = Turn.WRITE  # of the writes of the question at hand
        self.requests = 0  # sent for the question at hand
        self._authorization = (scheme, secret)
        self.session = requests.Session()
        self.session.max_redirects = 3
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.headers.update({"User-Agent": "gorefit", "Accept": "application/json"})
        for prefix in ("https://", "http://"):
            self.session.mount(prefix, _Transport(self))

    def authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """A copy of the request with the token; the original, which replies and errors refer to, never has it.

        What requests put there (from ~/.netrc, say) goes.
        """
        signed = request.copy()
        scheme, secret = self._authorization
        signed.headers.pop("Authorization", None)
        if secret:
            signed.headers["Authorization"] = f"{scheme} {secret.reveal()}"
        return signed

    def read(self, question: Callable[[], T]) -> T:
        """Ask, and again after `Unavailable`, up to three times."""
        for attempt in stamina.retry_context(
            on=_worth_repeating, attempts=_ATTEMPTS, timeout=_WHOLE, wait_initial=0.5, wait_max=5.0
        ):
            with attempt:
                return self.write(question)
        raise AssertionError("the last attempt raises")

    def write(self, effect: Callable[[], T], turn: Turn = Turn.WRITE) -> T:
        """Do something once. What a library makes of an answer that it cannot read becomes `BadAnswer`."""
        self.requests, self.turn = 0, turn
        try:
            return effect()
        except ForgeError:
            raise
        except requests.RequestException as error:
            raise BadAnswer(f"no usable answer: {_told(error)}") from None
        except Exception as error:  # whatever client libraries raise over JSON of a shape that they did not expect
            raise BadAnswer(f"the forge's answer makes no sense: {type(error).__name__}: {_told(error)}") from error


def bounded(items: Iterable[T]) -> Iterator[T]:
    """The items of a list, which may come page by page, but not without end. Raises BadAnswer."""
    iterator = iter(items)
    yield from islice(iterator, _ITEMS)
    if next(iterator, None) is not None:
        raise BadAnswer(f"a list of more than {_ITEMS} items")


def _worth_repeating(error: Exception) -> bool | float:
    if not isinstance(error, Unavailable) or isinstance(error, BadAnswer):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= _LONGEST_WAIT else False


def _told(error: Exception) -> str:
    return redaction.redact(clean_line(str(error)[:500]))


class _Transport(HTTPAdapter):
    def __init__(self, http: Http) -> None:
        self._http = http
        super().__init__(max_retries=0)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> requests.Response:
        method, url = request.method or "GET", request.url or ""
        call = f"{method} {clean_line(urlsplit(url).path)}"
        if origin_of(url) != self._http.origin:
            raise BadAnswer(f"{call}: the forge points to another host, {origin_of(url)}: nothing was sent there")
        self._http.requests += 1
        if self._http.requests > _REQUESTS:
            raise BadAnswer(f"{call}: the forge keeps pointing on, {_REQUESTS} requests for one question are enough")
        plain = url.startswith("http:")  # loopback: no proxy has a business there
        with self._http.pacer.turn(Turn.READ if method in ("GET", "HEAD") else self._http.turn):
            response = self._exchange(call, request, verify, cert, {} if plain else proxies)
            error = answers.error_of(call, method, response.status_code, response.headers, response.content)
            if error is None and urlsplit(url).path.endswith("/graphql"):
                error = answers.graphql_error(call, response.json())
            if error is not None:
                raise error
        return response

    def _exchange(
        self,
        call: str,
        request: requests.PreparedRequest,
        verify: bool | str,
        cert: Any,
        proxies: dict[str, str] | None,
    ) -> requests.Response:
        signed = self._http.authorize(request)
        try:
            reply = super().send(signed, True, (_CONNECT, _READ), verify, cert, proxies)
            try:
                body = _read(call, reply)
            finally:
                reply.close()
        except requests.exceptions.SSLError as error:
            hint = "for a forge with a certificate of its own, name its CA by REQUESTS_CA_BUNDLE"
            raise BadAnswer(
                f"{call}: the server cannot be trusted", hint=hint, detail=_told(error), call=call
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise Unavailable(f"{call}: no answer from {self._http.origin}", detail=_told(error), call=call) from None
        headers = {key: value for key, value in reply.headers.items() if key.lower() not in _CODING}
        plain = urllib3.HTTPResponse(BytesIO(body), headers, reply.status_code, preload_content=False)
        response = self.build_response(request, plain)
        response.content  # noqa: B018  # reads it, from memory
        return response


_CODING = {"content-encoding", "transfer-encoding", "content-length"}


def _read(call: str, reply: requests.Response) -> bytes:
    began, body = time.monotonic(), bytearray()
    for chunk in reply.iter_content(65_536):
        body += chunk
        if len(body) > LARGEST:
            raise BadAnswer(f"{call}: an answer of more than {LARGEST >> 20} MiB", call=call)
        if time.monotonic() - began > _WHOLE:
            raise Unavailable(f"{call}: the answer took more than {_WHOLE:.0f} s", call=call)
    return bytes(body)
