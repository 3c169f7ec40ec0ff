"""Run the codemods over one package until nothing changes.

1. Every file that holds a needle is parsed and queried; one request to the facts server covers all hits.
2. The answers are guarded; of the fixes, those that do not collide are applied to the text in memory, with the
   imports that they ask for.
3. The changed package is type-checked again, in memory. A type error is blamed on the fix that owns its line: that
   fix is dropped with the error as its reason and the package starts over without it. An import whose last use a fix
   took away is removed.
4. The same request brings the facts for the next pass. When a pass finds nothing more, the changed files that were
   gofmt-clean before are formatted, and the package is done.

A text that was seen before means that two codemods undo each other's work: an error that names both.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tree_sitter import Node

from ..edit.imports import add, imported_at, in_blocks, remove
from ..edit.pieces import Pieces
from ..facts.client import CheckRequest
from ..facts.facts import PackageFacts, TypeProblem
from ..model import Edit, Fix, GorefitError, ImportRequest, Outcome, Place, Status
from ..source.gofile import GoFile
from ..source.lines import Dress
from ..source.regions import Suppression, suppressions
from .choose import choose
from .judge import Judged, Terms, judge, outcome
from .plan import Dropped, PlannedFix
from .reformat import reformatted
from .scan import hits, relevant, spans

PASSES = 10


class Fight(GorefitError):
    """Two codemods undo each other's work."""

    exit_code = 5


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A site across passes and runs: its codemod and its offset in the file as it was read."""

    path: Path
    codemod: str
    at: int


@dataclass(frozen=True, slots=True)
class Subject:
    """A package to run over: what the facts server must know of it, and which of its files may be edited."""

    import_path: str
    request: CheckRequest
    editable: tuple[Path, ...]
    importable: Callable[[str, tuple[int, int]], str]
    escapes: Callable[[Place], bool | None] = lambda place: None  # asks the compiler; knows the files as read
    first_id: int = 0  # the ids of its fixes count from here, and those of no other subject do


@dataclass(frozen=True, slots=True)
class UnusedSuppression:
    """A //gorefit: comment that suppressed nothing, or that cannot be read."""

    path: Path
    line: int
    problem: str


@dataclass(frozen=True, slots=True)
class PackagePlan:
    """What a package's run came to. `problems` says why a package that does not type-check was left alone."""

    import_path: str
    files: Mapping[Path, Pieces] = field(default_factory=dict[Path, Pieces])
    added: Mapping[Path, bytes] = field(default_factory=dict[Path, bytes])
    fixes: Mapping[int, PlannedFix] = field(default_factory=dict[int, PlannedFix])
    outcomes: tuple[Outcome, ...] = ()
    unused: tuple[UnusedSuppression, ...] = ()
    problems: tuple[TypeProblem, ...] = ()


Check = Callable[[CheckRequest], PackageFacts]
Format = Callable[[Mapping[Path, bytes]], Mapping[Path, bytes | None]]


def converge(
    subject: Subject,
    terms: Terms,
    check: Check,
    gofmt: Format,
    excluded: Mapping[Key, Dropped],
    number: Callable[[Key], int],
) -> PackagePlan:
    """The plan for one package. `excluded` sites are reported as dropped and not applied; `number` gives a site's fix
    its id, the same one whenever it is asked.

    Raises Fight; judge.CodemodRaised; what `check` raises.
    """
    files = {path: GoFile(path, path.read_bytes()) for path in subject.editable}
    files = {
        path: file for path, file in files.items() if relevant(file.text, terms.codemods) or b"gorefit:" in file.text
    }
    excluded = dict(excluded)
    while True:
        run = _Run(subject, terms, check, gofmt, files, excluded, number)
        blamed = run.passes()
        if not blamed:
            return run.result()
        excluded.update(blamed)


class _Run:
    """One attempt: the texts as they are so far, and what is known of each site."""

    def __init__(
        self,
        subject: Subject,
        terms: Terms,
        check: Check,
        gofmt: Format,
        files: Mapping[Path, GoFile],
        excluded: Mapping[Key, Dropped],
        number: Callable[[Key], int],
    ) -> None:
        self.subject, self.terms, self.check, self.gofmt = subject, terms, check, gofmt
        self.originals, self.excluded, self.number = files, excluded, number
        self.pieces: dict[Path, Pieces] = {}
        self.added: dict[Path, bytes] = {}
        self.fixes: dict[int, PlannedFix] = {}
        self.outcomes: dict[Key, Outcome] = {}
        self.problems: tuple[TypeProblem, ...] = ()
        self.suppressions: dict[Path, list[Suppression]] = {}
        self.landed: list[tuple[int, Path, str]] = []  # pass, file and codemod of every fix, for naming a fight
        self.used: set[tuple[Path, int]] = set()

    def passes(self) -> Mapping[Key, Dropped]:
        """Run to the fixpoint; a non-empty answer names fixes to do without."""
        current = dict(self.originals)
        seen: dict[Path, dict[bytes, int]] = {path: {file.text: -1} for path, file in current.items()}
        for number in range(PASSES + 1):
            found = [hit for file in current.values() for hit in hits(file, self.terms.codemods)]
            if not found and number == 0:
                return {}
            facts = self._facts({file.path: spans(h for h in found if h.file is file) for file in current.values()})
            if facts.errors and number == 0:
                self.problems = facts.errors
                return {}
            if self._drop_unused_imports(facts, current):
                current = {path: GoFile(path, self.pieces[path].text) for path in current}
                continue
            if facts.errors:
                return self._blame(facts.errors)
            self.suppressions.update({path: suppressions(file)[0] for path, file in current.items()})
            importable = self.subject.importable
            judged = judge(
                found, facts, self.terms, self.subject.import_path, importable, self.suppressions, self._escapes
            )
            chosen = self._record(judged)
            if not chosen:
                break
            if number == PASSES:
                self._leave(chosen)
                break
            self._apply(chosen)
            self.landed += [(number, one.hit.file.path, one.hit.codemod.id) for one in chosen]
            changed = {one.hit.file.path for one in chosen}
            current = {path: GoFile(path, self.pieces[path].text) for path in changed}
            self._look_for_fight(current, seen, number)
        self._format()
        return {}

    def result(self) -> PackagePlan:
        unused = [] if self.problems else self._unused()
        outcomes = self.outcomes | {
            _key(fix): replace(fix.outcome, edits=self._edits(fix)) for fix in self.fixes.values()
        }
        ordered = tuple(sorted(outcomes.values(), key=lambda o: (o.place, o.codemod)))
        return PackagePlan(
            self.subject.import_path, self.pieces, self.added, self.fixes, ordered, tuple(unused), self.problems
        )

    def _edits(self, fix: PlannedFix) -> tuple[Edit, ...]:
        """What a fix came to, against the file as it was read: those of later passes and of imports included."""
        return tuple(change.edit for change in self.pieces[fix.path].changes() if fix.id in change.owners)

    # -- facts ------------------------------------------------------------------------------------------------

    def _facts(self, asked: Mapping[Path, tuple[tuple[int, int], ...]]) -> PackageFacts:
        request = self.subject.request
        overlay = {path: pieces.text for path, pieces in self.pieces.items()} | self.added
        files = (*request.files, *(path for path in self.added if path not in request.files))
        return self.check(replace(request, files=files, overlay=overlay, spans=asked, whole=bool(self.pieces)))

    def _drop_unused_imports(self, facts: PackageFacts, current: Mapping[Path, GoFile]) -> bool:
        """Take out the imports whose last use went away with a fix; True where the text changed."""
        gone: dict[Path, set[int]] = {}
        for problem in facts.errors:
            if problem.path in self.pieces and _is_unused_import(problem):
                gone.setdefault(problem.path, set()).add(problem.offset)
        for path, places in gone.items():
            file = current.get(path) or GoFile(path, self.pieces[path].text)
            owners = frozenset(n for n, planned in self.fixes.items() if planned.path == path)
            names = {found for at in places if (found := imported_at(file, at)) is not None}
            edits = remove(file, names, unwrap=not in_blocks(self.originals[path]))
            self.pieces[path] = self.pieces[path].apply((edit, owners) for edit in edits)
        return bool(gone)

    # -- answers ----------------------------------------------------------------------------------------------

    def _record(self, judged: Iterable[Judged]) -> list[Judged]:
        """Note what became of each site; the fixes that land in this pass."""
        fixes: list[Judged] = []
        for one in judged:
            key, result = self._outcome(one)
            if one.suppressed is not None:
                self.used.add((key.path, self._original(key.path, one.suppressed.comment.start_byte)))
            elif isinstance(one.answer, Fix) and key in self.excluded:
                dropped = self.excluded[key]
                result = replace(result, status=Status.DROPPED, code=dropped.check, message=dropped.message)
            elif isinstance(one.answer, Fix):
                fixes.append(one)
                continue
            self.outcomes.setdefault(key, result)
        return choose(fixes)

    def _leave(self, chosen: Iterable[Judged]) -> None:
        """Say of fixes that no pass is left for that another run makes them."""
        for one in chosen:
            key, result = self._outcome(one)
            told = f"{PASSES} passes were not enough for all fixes of this function; another run makes this one"
            self.outcomes.setdefault(key, replace(result, status=Status.DECLINED, code="unsettled", message=told))

    def _outcome(self, one: Judged) -> tuple[Key, Outcome]:
        path = one.hit.file.path
        to_original = functools.partial(self._original, path)
        result = outcome(one, self.subject.import_path, self.originals[path], to_original)
        return Key(path, result.codemod, result.place.start), result

    def _original(self, path: Path, offset: int) -> int:
        """The offset in the file as it was read, for one in the text of this pass."""
        pieces = self.pieces.get(path)
        return offset if pieces is None else pieces.to_original(offset)

    def _escapes(self, place: Place) -> bool | None:
        return None if place.path in self.pieces else self.subject.escapes(place)

    def _apply(self, chosen: Iterable[Judged]) -> None:
        owned: dict[Path, list[tuple[Edit, frozenset[int]]]] = {}
        wanted: dict[Path, dict[ImportRequest, set[int]]] = {}
        files: dict[Path, GoFile] = {}
        for one in chosen:
            fix, path = one.answer, one.hit.file.path
            assert isinstance(fix, Fix)
            key, result = self._outcome(one)
            number = self.number(key)
            if number not in self.fixes:
                self.outcomes[key] = result
                self.fixes[number] = PlannedFix(number, fix, path, self.subject.import_path, result)
            files[path] = one.hit.file
            dress = Dress.of(one.hit.file.text)
            edits = (replace(edit, new=dress.lines(edit.new)) for edit in fix.edits)
            owned.setdefault(path, []).extend((edit, frozenset({number})) for edit in edits)
            for request in fix.imports:
                wanted.setdefault(path, {}).setdefault(request, set()).add(number)
            for new in fix.files:
                self.added[path.parent / new.name] = new.text
        for path, edits in owned.items():
            requests = wanted.get(path, {})
            owners = frozenset(number for numbers in requests.values() for number in numbers)
            edits.extend((edit, owners) for edit in add(files[path], requests.keys()))
            pieces = self.pieces.get(path) or Pieces.of(self.originals[path].text)
            self.pieces[path] = pieces.apply(edits)

    def _blame(self, errors: Iterable[TypeProblem]) -> Mapping[Key, Dropped]:
        """The fix to do without: the last that owns the line of the first error, its declaration, or its file."""
        for problem in errors:
            for number in self._suspects(problem):
                planned = self.fixes[number]
                key = Key(planned.path, planned.fix.codemod, planned.outcome.place.start)
                return {key: Dropped("types", problem.message)}
        first = next(iter(errors))
        raise GorefitError(f"{first.path}:{first.line}: {first.message} (no fix owns this)")

    def _suspects(self, problem: TypeProblem) -> list[int]:
        pieces = None if problem.path is None else self.pieces.get(problem.path)
        groups: list[Iterable[int]] = []
        if pieces is not None and problem.path is not None:
            file = GoFile(problem.path, pieces.text)
            node = file.declaration_at(problem.offset)
            groups.append(pieces.line_owners(problem.line))
            if node is not None:
                groups.append(pieces.owners(node.start_byte, node.end_byte))
            groups.append(n for n, fix in self.fixes.items() if fix.path == problem.path)
        groups.append(self.fixes)
        for group in groups:
            if found := sorted(group, reverse=True):
                return found
        return []

    def _look_for_fight(self, current: Mapping[Path, GoFile], seen: Mapping[Path, dict[bytes, int]], now: int) -> None:
        for path, file in current.items():
            if file.text in seen[path]:
                since = seen[path][file.text]
                names = sorted({codemod for number, where, codemod in self.landed if where == path and number > since})
                raise Fight(
                    f"{path}: the codemods {' and '.join(names)} undo each other's work",
                    hint="run one of them with --skip, and report this",
                )
            seen[path][file.text] = now

    # -- suppressions -----------------------------------------------------------------------------------------

    def _unused(self) -> list[UnusedSuppression]:
        """The comments of ours that cannot be read, name no codemod that exists, or that no site needed."""
        told: list[UnusedSuppression] = []
        for path, file in self.originals.items():
            good, bad = suppressions(file)
            told += [UnusedSuppression(path, _line(file, one.comment), one.problem) for one in bad]
            for one in good:
                if one.ours and (path, one.comment.start_byte) not in self.used:
                    told += self._needless(path, file, one)
        return sorted(told, key=lambda one: (one.path, one.line))

    def _needless(self, path: Path, file: GoFile, one: Suppression) -> list[UnusedSuppression]:
        line, names = _line(file, one.comment), ", ".join(sorted(one.ids))
        unknown = sorted(one.ids - self.terms.known)
        if unknown:
            near = difflib.get_close_matches(unknown[0], sorted(self.terms.known), n=1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            return [UnusedSuppression(path, line, f"no codemod is called {unknown[0]!r}{hint}")]
        if not one.ids <= {codemod.id for codemod in self.terms.codemods}:
            return []  # it may be needed in a run of the others
        return [UnusedSuppression(path, line, f"unused suppression of {names}: no site here needs it")]

    # -- formatting -------------------------------------------------------------------------------------------

    def _format(self) -> None:
        """gofmt the changed files that were gofmt-clean before; the others keep every untouched line."""
        if not self.pieces:
            return
        dresses = {path: Dress.of(self.originals[path].text) for path in self.pieces}
        before = {path: dress.off(self.originals[path].text) for path, dress in dresses.items()}
        after = {path: dress.off(self.pieces[path].text) for path, dress in dresses.items()}
        clean = {path for path, text in self.gofmt(before).items() if text == before[path]}
        for path, formatted in self.gofmt({path: text for path, text in after.items() if path in clean}).items():
            if formatted is not None and formatted != after[path]:
                self.pieces[path] = reformatted(self.pieces[path], dresses[path].on(formatted))


def _key(fix: PlannedFix) -> Key:
    return Key(fix.path, fix.fix.codemod, fix.outcome.place.start)


def _line(file: GoFile, node: Node) -> int:
    return file.lines.position(node.start_byte)[0]


def _is_unused_import(problem: TypeProblem) -> bool:
    """Whether go/types says `"fmt" imported and not used`, or in older words `"x" imported but not used as y`."""
    text = problem.message
    return problem.soft and text.startswith('"') and "imported" in text and "not used" in text
