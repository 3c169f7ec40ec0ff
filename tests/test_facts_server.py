"""The facts server dies, hangs, panics, is built twice at once: the other packages are answered."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from facts_module import Loaded
from gorefit.engine.facts.build import server_program
from gorefit.engine.facts.client import FactsServer
from gorefit.engine.facts.errors import FactsError
from gorefit.engine.facts.facts import PackageFacts
from gorefit.engine.toolchain import Toolchain, find

PACKAGES = [f"m/p{n}" for n in range(12)]


@pytest.fixture(scope="module")
def go(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    root = tmp_path_factory.mktemp("server")
    files: dict[str, str | bytes] = {"go.mod": "module m\n\ngo 1.18\n"}
    for name in PACKAGES:
        files[f"{name[2:]}/a.go"] = f'package {name[2:]}\n\nimport "errors"\n\nvar E = errors.New("e")\n'
    loaded = Loaded(toolchain, root / "module", root / "cache", files)
    with loaded.server:
        yield loaded


def ask_all(go: Loaded, server: FactsServer) -> dict[str, Future[PackageFacts]]:
    return {name: server.check(go.request(name)) for name in PACKAGES}


def failures(futures: dict[str, Future[PackageFacts]]) -> dict[str, FactsError]:
    failed: dict[str, FactsError] = {}
    for name, future in futures.items():
        error = future.exception(timeout=60)
        if error is not None:
            assert isinstance(error, FactsError)
            failed[name] = error
        else:
            assert future.result().names == {"E"}
    return failed


@pytest.mark.parametrize("kind", ["exit", "panic"])
def test_a_crash_is_the_error_of_its_package_alone(go: Loaded, kind: str) -> None:
    with go.start(environment={"GOREFIT_FACTS_FAULT": f"{kind}:m/p3"}) as server:
        failed = failures(ask_all(go, server))
    assert list(failed) == ["m/p3"]
    assert "fault asked for" in failed["m/p3"].message and failed["m/p3"].hint


def test_a_hang_is_the_error_of_its_package_alone(go: Loaded) -> None:
    with go.start(environment={"GOREFIT_FACTS_FAULT": "hang:m/p3"}, time_limit=1.5) as server:
        failed = failures(ask_all(go, server))
    assert list(failed) == ["m/p3"]
    assert "within 1.5 s" in failed["m/p3"].message


def test_killing_the_server_costs_nothing_but_time(go: Loaded) -> None:
    with go.start(jobs=1) as server:
        for _ in range(5):
            futures = ask_all(go, server)
            pid = server.pid
            assert pid
            os.kill(pid, signal.SIGKILL)
            assert failures(futures) == {}
            assert server.pid != pid


def test_a_server_that_never_works_is_an_error_not_a_loop(go: Loaded, tmp_path: Path) -> None:
    program = server_program(go.toolchain, tmp_path)
    program.write_text("#!/bin/sh\necho no luck >&2\nexit 1\n")
    with FactsServer.start(go.toolchain, cache=tmp_path, exports=go.workspace.exports) as server:
        failed = failures(ask_all(go, server))
        assert set(failed) == set(PACKAGES)
        assert "no luck" in failed["m/p0"].detail


def test_a_program_that_cannot_be_executed_is_an_error(go: Loaded, tmp_path: Path) -> None:
    program = server_program(go.toolchain, tmp_path)
    program.write_bytes(b"\0\0\0\0")
    with FactsServer.start(go.toolchain, cache=tmp_path, exports={}) as server:
        future = server.check(go.request("m/p0"))
        with pytest.raises(FactsError, match="cannot start the facts server"):
            future.result(timeout=60)


def test_closing_fails_what_is_left(go: Loaded) -> None:
    server = go.start(environment={"GOREFIT_FACTS_FAULT": "hang:m/p0"})
    future = server.check(go.request("m/p0"))
    server.close()
    assert isinstance(future.exception(timeout=10), FactsError)
    with pytest.raises(FactsError, match="closed"):
        server.check(go.request("m/p1"))


def test_requests_from_many_threads(go: Loaded) -> None:
    barrier = threading.Barrier(4)

    def work(_: int) -> dict[str, FactsError]:
        barrier.wait()
        return failures(ask_all(go, go.server))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [{}] * 4


def test_two_builds_at_once_leave_one_whole_program(go: Loaded, tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        programs = list(pool.map(lambda _: server_program(go.toolchain, tmp_path), range(2)))
    assert programs[0] == programs[1]
    assert [each.name for each in (tmp_path / "facts").iterdir()] == [programs[0].name]


def test_the_build_ignores_the_users_settings(go: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"GOFLAGS": "-mod=mod -race", "GOOS": "plan9", "GOWORK": "/nowhere/go.work", "CGO_ENABLED": "1"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    program = server_program(go.toolchain, tmp_path)
    for name in settings:
        monkeypatch.delenv(name)
    with FactsServer.start(go.toolchain, cache=tmp_path, exports=go.workspace.exports) as server:
        assert server.check(go.request("m/p0")).result(timeout=60).errors == ()
    assert program.exists()


def test_an_unwritable_cache_is_an_error(go: Loaded, tmp_path: Path) -> None:
    (tmp_path / "facts").write_text("in the way")
    with pytest.raises(FactsError, match="cannot write the facts server"):
        server_program(go.toolchain, tmp_path)


def test_the_server_is_clean_go(toolchain: Toolchain) -> None:
    source = Path(__file__).parent.parent / "engine" / "facts" / "server"
    vetted = toolchain.run("vet", ".", cwd=source, env={"GOWORK": "off", "CGO_ENABLED": "0"}, check=False)
    assert vetted.code == 0, vetted.stderr.decode()
    for file in source.glob("*.go"):
        imports = re.findall(r'^\t"([^"]+)"$', file.read_text(), re.MULTILINE)
        assert all("." not in path.split("/")[0] for path in imports), f"{file.name} leaves the standard library"


def test_another_go_tells_the_same(other_go: Path, go: Loaded, tmp_path: Path) -> None:
    loaded = Loaded(
        find(other_go), tmp_path / "old", tmp_path / "cache", {"go.mod": "module m\n\ngo 1.18\n", "a.go": ONE_FILE}
    )
    with loaded.server:
        asked = loaded.ask("m")
        assert asked.facts.errors == ()
        assert asked.expr("append(s, 1)", "append").is_builtin
        assert asked.object("s = append", "s").offset == asked.at("s []int")


ONE_FILE = "package m\n\nfunc f(s []int) []int {\n\ts = append(s, 1)\n\treturn s\n}\n"
