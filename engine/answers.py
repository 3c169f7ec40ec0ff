"""Answers of earlier runs, kept on disk by everything that they depend on.

1. A package's key is a digest of its build ID's first half (go's own digest of its files, flags and dependencies), of
   the files that may be edited, the codemods' and the engine's source, the options, tier and names of the run, and the
   toolchain.
   Where a rule looks further than its package's own files, a digest of what it sees there is part of the key.
2. An answer holds the package's plan: outcomes, changes, fixes. A package without a build ID is never kept.
3. Files are written beside each other and renamed: two runs at once cannot spoil one. Each begins with a digest of the
   rest: broken files count as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import platformdirs

from . import registry
from .edit.pieces import Change, Pieces
from .facts.facts import TypeProblem
from .model import Outcome
from .plan.converge import PackagePlan, Subject
from .plan.elsewhere import Elsewhere
from .plan.plan import PlannedFix
from .plan.unused import UnusedSuppression
from .toolchain import Toolchain

if TYPE_CHECKING:
    from .configuration import Configuration
    from .plan.judge import Terms
    from .run import Request


def directory() -> Path:
    """Where gorefit keeps what it can make again: $GOREFIT_CACHE_DIR, else the user's cache folder."""
    chosen = os.environ.get("GOREFIT_CACHE_DIR")
    return Path(chosen) if chosen else platformdirs.user_cache_path("gorefit", appauthor=False)


_DIGEST = hashlib.sha256().digest_size


class _Stored(msgspec.Struct):
    """A package's plan as it stands on disk; fix ids count from 0."""

    import_path: str
    outcomes: tuple[Outcome, ...]
    unused: tuple[UnusedSuppression, ...]
    files: dict[str, tuple[str, tuple[Change, ...]]]  # path: digest of the original, changes
    added: dict[str, bytes]
    fixes: tuple[PlannedFix, ...]
    problems: tuple[TypeProblem, ...]


def _encode(value: Any) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError


def _decode(kind: type, value: Any) -> Any:
    return Path(value) if issubclass(kind, Path) else value


_encoder = msgspec.msgpack.Encoder(enc_hook=_encode)
_decoder = msgspec.msgpack.Decoder(_Stored, dec_hook=_decode)


@lru_cache(maxsize=1)
def _engine_digest() -> bytes:
    """A digest of the engine's own source: an answer of another gorefit is none."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")) + sorted(here.rglob("*.go")):
        digest.update(path.read_bytes())
    return digest.digest()


def keys(
    request: Request,
    toolchain: Toolchain,
    terms: Terms,
    configuration: Configuration,
    ids: Mapping[str, str],
    subjects: Sequence[Subject],
    elsewhere: Elsewhere,
) -> dict[str, str]:
    """The key of each package that has a build ID, given by import path."""
    common = hashlib.sha256(_engine_digest())
    for codemod in terms.codemods:
        common.update(_folder_digest(Path(codemod.source).parent) if codemod.source else b"")
        common.update(f"{codemod.id}\0{terms.options[codemod.id]!r}\0".encode())
    words = (
        toolchain.version, str(toolchain.goroot), terms.tier, sorted(terms.named), sorted(registry.load()),
        configuration, request.include_tests,
    )  # fmt: skip
    common.update(repr(words).encode())
    rules = [rule for codemod in terms.codemods for rule in codemod.rules]
    fields = frozenset(field.encode() for rule in rules for field in rule.beyond)
    common.update(elsewhere.digest(fields) if fields else b"")
    made: dict[str, str] = {}
    for subject in subjects:
        build = ids.get(subject.import_path, "")
        if build:
            digest = common.copy()
            # the same bytes may lie elsewhere, be shut out by the configuration, or be another configuration's matter
            files = "\0".join(map(str, subject.editable))
            digest.update(f"{subject.import_path}\0{build.partition('/')[0]}\0{files}".encode(errors="surrogateescape"))
            digest.update(_beside(subject) if any(rule.about for rule in rules) else b"")
            for path, text in sorted(subject.request.overlay.items()):
                digest.update(f"{path}\0".encode(errors="surrogateescape") + hashlib.sha256(text).digest())
            made[subject.import_path] = digest.hexdigest()
    return made


@lru_cache(maxsize=16)
def _folder_digest(folder: Path) -> bytes:
    """A digest of a codemod's source and of what lies beside it."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))).digest()


def _beside(subject: Subject) -> bytes:
    """A digest of the files in the package's directory that its build ID does not cover."""
    digest = hashlib.sha256()
    for path in subject.beside:
        with contextlib.suppress(OSError):
            digest.update(
                f"{path.name}\0".encode(errors="surrogateescape") + hashlib.sha256(path.read_bytes()).digest()
            )
    return digest.digest()


def _path(key: str) -> Path:
    return directory() / "answers" / key[:2] / key[2:]


def recall(keys: Mapping[str, str], numbers: Mapping[str, int]) -> dict[str, PackagePlan]:
    """The plans that are kept for these keys; fix ids count from each package's number, as the planner's do."""
    found: dict[str, PackagePlan] = {}
    for name, key in keys.items():
        if name in numbers:
            plan = _read(key, numbers[name])
            if plan is not None and plan.import_path == name:
                found[name] = plan
    return found


def _read(key: str, first: int) -> PackagePlan | None:
    try:
        content = _path(key).read_bytes()
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        stored = _decoder.decode(content[_DIGEST:])
    except (OSError, msgspec.MsgspecError):
        return None
    files: dict[Path, Pieces] = {}
    for name, (digest, changes) in stored.files.items():
        try:
            original = Path(name).read_bytes()
        except OSError:
            return None
        if hashlib.sha256(original).hexdigest() != digest:
            return None
        owned = [(change.edit, frozenset(first + owner for owner in change.owners)) for change in changes]
        files[Path(name)] = Pieces.of(original).apply(owned)
    fixes = {
        first + fix.id: PlannedFix(first + fix.id, fix.fix, fix.path, fix.package, fix.outcome) for fix in stored.fixes
    }
    added = {Path(name): text for name, text in stored.added.items()}
    return PackagePlan(stored.import_path, files, added, fixes, stored.outcomes, stored.unused, stored.problems)


def remember(
    keys: Mapping[str, str],
    plans: Mapping[str, PackagePlan],
    subjects: Sequence[Subject],
    known: Collection[str],
) -> None:
    """Keep the plans of these packages but for those `known` already.

    A full disk or a read-only cache costs the next run time, nothing else.
    """
    for subject in subjects:
        key, plan = keys.get(subject.import_path), plans.get(subject.import_path)
        if key is not None and plan is not None and subject.import_path not in known:
            with contextlib.suppress(OSError):
                _write(_path(key), _stored(plan, subject.first_id))


def _stored(plan: PackagePlan, first: int) -> bytes:
    files: dict[str, tuple[str, tuple[Change, ...]]] = {}
    for path, pieces in plan.files.items():
        changes = tuple(
            Change(c.start, c.end, c.new, frozenset(owner - first for owner in c.owners)) for c in pieces.changes()
        )
        files[str(path)] = (hashlib.sha256(pieces.original).hexdigest(), changes)
    fixes = tuple(PlannedFix(n - first, f.fix, f.path, f.package, f.outcome) for n, f in plan.fixes.items())
    added = {str(path): text for path, text in plan.added.items()}
    stored = _Stored(plan.import_path, plan.outcomes, plan.unused, files, added, fixes, plan.problems)
    content = _encoder.encode(stored)
    return hashlib.sha256(content).digest() + content


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
