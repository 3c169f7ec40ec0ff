"""prism, the proxy that holds every request and every reply against GitHub's published OpenAPI description.

It comes from npm, in the versions that `npm/package-lock.json` pins; `.ci/run` installs it. GOREFIT_TEST_PRISM names
the folder that holds its `node_modules`; where it is set, a prism that is missing or will not start is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import platformdirs

from . import openapi

_SECONDS = 90.0  # to start; it takes 3 on an idle machine
GITHUB, ENTERPRISE = "api.github.com", "ghes-3.17"  # the oldest Enterprise Server that the package describes
_DESCRIPTIONS = Path("node_modules/@octokit/openapi/generated")
_WITH_PARENT = Path(__file__).with_name("npm") / "with_parent.cjs"
_PROGRAM = Path("node_modules/@stoplight/prism-cli/dist/index.js")


def home() -> Path:
    """Where prism is, or should be."""
    given = os.environ.get("GOREFIT_TEST_PRISM")
    return Path(given) if given else platformdirs.user_cache_path("gorefit-tests", appauthor=False) / "prism"


def missing() -> str:
    """Why prism cannot be used here; "" if it can."""
    if shutil.which("node") is None:
        return "node is not installed"
    for part in (*(_DESCRIPTIONS / f"{edition}.json" for edition in (GITHUB, ENTERPRISE)), _PROGRAM):
        if not (home() / part).is_file():
            return f"{home() / part} is missing: `.ci/run` installs it"
    return ""


def required() -> bool:
    return bool(os.environ.get("GOREFIT_TEST_PRISM"))


class Prism:
    """A running prism in front of `upstream`, with the description of one edition of GitHub."""

    def __init__(self, folder: Path, upstream: str, port: int, edition: str) -> None:
        small = folder / f"{edition}.json"
        openapi.cut(home() / _DESCRIPTIONS / f"{edition}.json", small)
        self.url = f"http://127.0.0.1:{port}"
        self._log = (folder / f"prism-{port}.log").open("wb")
        command = [
            "node",
            "--require",
            str(_WITH_PARENT),
            str(home() / _PROGRAM),
            "proxy",
            "--errors",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
        ]
        self._process = subprocess.Popen(
            [*command, str(small), upstream], stdout=self._log, stderr=self._log, stdin=subprocess.PIPE
        )
        self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(URLError, ConnectionError, TimeoutError):
                try:
                    urlopen(f"{self.url}/none", timeout=5).close()
                except HTTPError as error:
                    error.close()
                return
            time.sleep(0.1)
        self.close()
        raise RuntimeError(f"prism did not start: {Path(self._log.name).read_text()[-2000:]}")

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
