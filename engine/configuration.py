"""Build configurations: a platform, tags, and whether cgo is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .model import GorefitError
from .toolchain import Toolchain


@dataclass(frozen=True, slots=True)
class Configuration:
    """One build configuration. `cgo` None leaves the choice to go: on for the own platform if there is a C compiler."""

    goos: str
    goarch: str
    tags: tuple[str, ...] = ()
    cgo: bool | None = None

    @staticmethod
    def native(toolchain: Toolchain, tags: Sequence[str] = ()) -> Configuration:
        """What a plain `go build` would use, GOFLAGS=-tags included, with more tags."""
        own = [flag.partition("=")[2] for flag in toolchain.goflags if flag.lstrip("-").startswith("tags=")]
        every = dict.fromkeys(tag for text in (*own, *tags) for tag in text.replace(",", " ").split())
        return Configuration(toolchain.goos, toolchain.goarch, tuple(every))

    @staticmethod
    def parse(platform: str, toolchain: Toolchain, tags: Sequence[str] = ()) -> Configuration:
        """A configuration for a platform as "linux/amd64". Raises GorefitError."""
        goos, slash, goarch = platform.partition("/")
        if not (slash and goos and goarch):
            raise GorefitError(
                f"{platform!r} is no platform", hint="write GOOS/GOARCH, as linux/amd64; see `go tool dist list`"
            )
        return Configuration(goos, goarch, Configuration.native(toolchain, tags).tags)

    @property
    def name(self) -> str:
        """ "linux/amd64", with tags "linux/amd64 (a,b)"."""
        return f"{self.goos}/{self.goarch}" + (f" ({','.join(self.tags)})" if self.tags else "")

    def environment(self) -> dict[str, str]:
        """What selects this configuration in the environment of a go call."""
        cgo = {} if self.cgo is None else {"CGO_ENABLED": "1" if self.cgo else "0"}
        return {"GOOS": self.goos, "GOARCH": self.goarch, **cgo}

    def flags(self) -> tuple[str, ...]:
        """What selects this configuration among the flags of a go call."""
        return (f"-tags={','.join(self.tags)}",) if self.tags else ()
