"""Run codemods on a module of goldens: the only place in the golden suite that knows how gorefit is called.

`check` and `diff` are called in this process, for what they plan; `apply` through the command line, as a user would.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden_case import Case
from gorefit.engine.model import Outcome
from gorefit.engine.toolchain import Toolchain

Terms = tuple[str, str, tuple[str, ...]]  # Case.terms: codemod, arguments, options
_COMMAND = "from gorefit.engine.cli.main import main; main()"


@dataclass(frozen=True, slots=True)
class Run:
    """What a command came to: its outcomes, the new bytes of the files it would write, suppressions without effect."""

    outcomes: tuple[Outcome, ...]
    files: Mapping[Path, bytes]
    unused: frozenset[Path]  # files with a suppression that suppressed nothing
    warnings: tuple[str, ...] = ()


def run_codemod(
    command: Literal["check", "diff"], module: Path, terms: Terms, folders: Sequence[str], toolchain: Toolchain
) -> Run:
    """Plan (`check`) or plan and verify (`diff`) the packages in these folders of the module; nothing is written."""
    from gorefit.engine import config, registry, run
    from gorefit.engine.model import Tier
    from gorefit.engine.verify.verify import Tests

    write_settings(module, terms)
    found = config.load(module, {name: codemod.options for name, codemod in registry.load().items()})
    settings = found.settings
    request = run.Request(
        directory=module,
        patterns=patterns(folders),
        codemods=(terms[0],),
        tier=Tier(settings.tier),
        skip=(),
        tags=settings.tags,
        tests=Tests.OFF,
        variants=(),
        include_tests=settings.include_tests,
        platforms=settings.platforms,
        jobs=0,
        go=toolchain.go,
        use_cache=False,
        config=found,
    )
    result = (run.check if command == "check" else run.diff)(request, lambda *_: None)
    plan = result.verdict.plan if result.verdict else result.plan
    broken = [f"does not type-check: {package.import_path} {package.errors}" for package in result.broken]
    return Run(
        outcomes=result.outcomes,
        files={path: file.new for path, file in plan.files.items()},
        unused=frozenset(one.path for one in result.unused_suppressions),
        warnings=(*result.warnings, *broken),
    )


def apply(module: Path, terms: Terms, folders: Sequence[str], toolchain: Toolchain) -> str:
    """`gorefit apply` on these folders; what it said, if it failed, else nothing."""
    write_settings(module, terms)
    options = ["-C", str(module), "apply", "--go", str(toolchain.go), "--no-cache", "--allow-dirty", "-c", terms[0]]
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, *options, *patterns(folders)],
        capture_output=True,
        text=True,
        timeout=900,
        env={**os.environ, "GOREFIT_STATE_DIR": str(module.parent / "state"), "NO_COLOR": "1"},
        check=False,
    )
    if done.returncode in (0, 3):  # 3: some fixes were dropped; their cases tell of it
        return ""
    return f"apply: exit {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


def patterns(folders: Sequence[str]) -> tuple[str, ...]:
    """Go patterns for the folders and what is below them."""
    return tuple(f"./{folder}/..." for folder in folders)


def write_settings(module: Path, terms: Terms) -> None:
    """The gorefit.toml that makes a run of `terms`; both ways of calling gorefit read it."""
    codemod, args, options = terms
    lines: list[str] = []
    words = iter(shlex.split(args))
    for word in words:
        if word == "--include-tests":
            lines.append("include-tests = true")
        elif word == "--tier":
            lines.append(f'tier = "{next(words)}"')
        elif word in ("--tags", "--platforms"):
            lines.append(f'{word.removeprefix("--")} = ["{next(words)}"]')
        else:
            raise ValueError(f"golden: args: {word} is not understood")
    lines.append(f"[{codemod}]")
    for option in options:
        name, _, value = option.partition("=")
        lines.append(f"{name.strip()} = {_toml(value.strip())}")
    (module / "gorefit.toml").write_text("\n".join(lines) + "\n")


def _toml(value: str) -> str:
    """A bare word is a string; everything else is TOML already."""
    plain = value[:1] in "\"'[" or value in ("true", "false") or value.lstrip("-").isdigit()
    return value if plain else f'"{value}"'


def by_terms(cases: Sequence[Case]) -> Iterator[Sequence[Case]]:
    """The cases, put together by what a run of them is asked for."""
    for terms in sorted({case.terms for case in cases}):
        yield [case for case in cases if case.terms == terms]
