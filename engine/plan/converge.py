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

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..edit.imports import add, imported_at, in_blocks, remove
from ..edit.pieces import Pieces
from ..facts.client import CheckRequest
from ..facts.facts import PackageFacts, TypeProblem
from ..model import Edit, Fix, GorefitError, ImportRequest, Outcome, Place, Status
from ..site.context import Context
from ..source.gofile import GoFile
from ..source.lines import Dress
from ..source.regions import Suppression, suppressions
from ..source.words import declares, whole_words
from .choose import choose
from .elsewhere import Elsewhere
from .judge import Judged, Terms, judge, outcome
from .plan import Dropped, PlannedFix
from .reach import reach, united
from .reformat import Format, format_changed
from .scan import Nearby, hits, nearby, relevant, spans
from .texts import Texts
from .unused import UnusedSuppression, unused_suppressions

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
    beside: Sequence[Path] = ()  # the directory's other Go files: tests, other platforms
    deps: Collection[str] = frozenset()  # import paths of all packages that it depends on


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


def converge(
    subject: Subject,
    terms: Terms,
    check: Check,
    gofmt: Format,
    excluded: Mapping[Key, Dropped],
    number: Callable[[Key], int],
    elsewhere: Elsewhere | None = None,
) -> PackagePlan:
    """The plan for one package. `excluded` sites are reported as dropped and not applied; `number` gives a site's fix
    its id, the same one whenever it is asked.

    Raises Fight; judge.CodemodRaised; what `check` raises.
    """
    files = {path: GoFile(path, path.read_bytes()) for path in subject.editable}
    near = nearby(terms.codemods, lambda: (path.read_bytes() for path in subject.request.files if path.exists()))
    files = {
        path: file
        for path, file in files.items()
        if relevant(file.text, terms.codemods, near) or b"gorefit:" in file.text
    }
    excluded = dict(excluded)
    while True:
        run = _Run(subject, terms, check, gofmt, files, near, excluded, number, elsewhere)
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
        near: Nearby,
        excluded: Mapping[Key, Dropped],
        number: Callable[[Key], int],
        elsewhere: Elsewhere | None,
    ) -> None:
        self.subject, self.terms, self.check, self.gofmt = subject, terms, check, gofmt
        self.near, self.excluded, self.number, self.elsewhere = near, excluded, number, elsewhere
        self.texts = Texts(subject.request.files, files, subject.request.overlay)
        self.fixes: dict[int, PlannedFix] = {}
        self.outcomes: dict[Key, Outcome] = {}
        self.problems: tuple[TypeProblem, ...] = ()
        self.suppressions: dict[Path, list[Suppression]] = {}
        self.landed: list[tuple[int, Path, str]] = []  # pass, file and codemod of every fix, for naming a fight
        self.used: set[tuple[Path, int]] = set()

    def passes(self) -> Mapping[Key, Dropped]:
        """Run to the fixpoint; a non-empty answer names fixes to do without."""
        current = dict(self.texts.originals)
        seen: dict[Path, dict[bytes, int]] = {path: {file.text: -1} for path, file in current.items()}
        for number in range(PASSES + 1):
            found = [hit for file in current.values() for hit in hits(file, self.terms.codemods, self.near)]
            if not found and number == 0:
                return {}
            further = reach(found, self.texts.files, self.texts.file)
            asked = {file.path: spans(h for h in found if h.file is file) for file in current.values()}
            facts = self._facts(united(asked, further.spans))
            if facts.errors and number == 0:
                self.problems = facts.errors
                return {}
            if self._drop_unused_imports(facts, current):
                current = self.texts.renewed(current)
                continue
            if facts.errors:
                return self._blame(facts.errors)
            self.suppressions.update({path: suppressions(file)[0] for path, file in current.items()})
            context = functools.partial(self._context, further.words)
            judged = judge(found, facts, self.terms, context, self.suppressions)
            chosen, waiting = self._record(judged)
            if not chosen:
                break
            if number == PASSES:
                self._leave(chosen)
                break
            self._apply(chosen)
            self.landed += [(number, one.hit.file.path, one.hit.codemod.id) for one in chosen]
            changed = self.texts.renewed({one.hit.file.path for one in chosen})
            self._look_for_fight(changed, seen, number)
            current = changed | {one.hit.file.path: one.hit.file for one in waiting if one.hit.file.path not in changed}
        format_changed(self.texts, self.gofmt)
        return {}

    def result(self) -> PackagePlan:
        unused = () if self.problems else unused_suppressions(self.texts.originals, self.used, self.terms)
        outcomes = self.outcomes | {
            _key(fix): replace(fix.outcome, edits=self._edits(fix)) for fix in self.fixes.values()
        }
        ordered = tuple(sorted(outcomes.values(), key=lambda o: (o.place, o.codemod)))
        return PackagePlan(
            self.subject.import_path,
            self.texts.pieces,
            self.texts.added,
            self.fixes,
            ordered,
            tuple(unused),
            self.problems,
        )

    def _edits(self, fix: PlannedFix) -> tuple[Edit, ...]:
        """What a fix came to, against the file as it was read: those of later passes and of imports included."""
        return tuple(change.edit for change in self.texts.pieces[fix.path].changes() if fix.id in change.owners)

    # -- facts ------------------------------------------------------------------------------------------------

    def _facts(self, asked: Mapping[Path, tuple[tuple[int, int], ...]]) -> PackageFacts:
        texts, request = self.texts, self.subject.request
        whole = bool(texts.pieces)
        new = request.new | texts.added.keys()
        shown = replace(request, files=texts.files, overlay=texts.overlay, new=new)
        return self.check(replace(shown, spans=asked, whole=whole))

    def _context(self, words: frozenset[bytes], version: tuple[int, int]) -> Context:
        subject, elsewhere, texts = self.subject, self.elsewhere, self.texts
        return Context(
            package=subject.import_path,
            importable=lambda path: subject.importable(path, version),
            escapes=self._escapes,
            file=texts.file,
            words=words,
            beside=self._beside,
            declared_beside=self._declared_beside,
            elsewhere=lambda wanted: () if elsewhere is None else elsewhere.mentions(wanted, subject.import_path),
            looked_at=lambda package: elsewhere is not None and elsewhere.looks_at(package),
            exists=texts.exists,
        )

    def _beside(self, word: bytes, tests: bool) -> bool:
        pattern = whole_words([word])
        paths = [path for path in self.subject.beside if tests or not path.name.endswith("_test.go")]
        files = [self.texts.file(path) for path in paths]
        return any(file is not None and pattern.search(file.text) for file in files)

    def _declared_beside(self, name: bytes) -> bool:
        files = [self.texts.file(path) for path in self.subject.beside]
        return any(file is not None and declares(file, name) for file in files)

    def _escapes(self, place: Place) -> bool | None:
        """Of a file that was edited the compiler knows what still reads as it did."""
        known = self.texts.untouched(place)
        return None if known is None else self.subject.escapes(known)

    def _drop_unused_imports(self, facts: PackageFacts, current: Mapping[Path, GoFile]) -> bool:
        """Take out the imports whose last use went away with a fix; True where the text changed."""
        gone: dict[Path, set[tuple[str, str]]] = {}
        for problem in facts.errors:
            if problem.path in self.texts.pieces and _is_unused_import(problem):
                file = current.get(problem.path) or GoFile(problem.path, self.texts.pieces[problem.path].text)
                spec = imported_at(file, problem.offset)
                gone.setdefault(problem.path, set()).update(() if spec is None else (spec,))
        for path, specs in gone.items():
            file = current.get(path) or GoFile(path, self.texts.pieces[path].text)
            owners = frozenset(n for n, planned in self.fixes.items() if planned.path == path)
            edits = remove(file, specs, unwrap=not in_blocks(self.texts.originals[path]))
            self.texts.pieces[path] = self.texts.pieces[path].apply((edit, owners) for edit in edits)
        return any(gone.values())

    # -- answers ----------------------------------------------------------------------------------------------

    def _record(self, judged: Iterable[Judged]) -> tuple[list[Judged], list[Judged]]:
        """Note what became of each site; the fixes that land in this pass, and those that wait for the next."""
        fixes: list[Judged] = []
        for one in judged:
            key, result = self._outcome(one)
            if one.suppressed is not None:
                self.used.add((key.path, self.texts.original(key.path, one.suppressed.comment.start_byte)))
            elif isinstance(one.answer, Fix) and key in self.excluded:
                dropped = self.excluded[key]
                result = replace(result, status=Status.DROPPED, code=dropped.check, message=dropped.message)
            elif isinstance(one.answer, Fix):
                fixes.append(one)
                continue
            self.outcomes.setdefault(key, result)
        chosen = choose(fixes)
        landing = {id(one) for one in chosen}
        return chosen, [one for one in fixes if id(one) not in landing]

    def _leave(self, chosen: Iterable[Judged]) -> None:
        """Say of fixes that no pass is left for that another run makes them."""
        for one in chosen:
            key, result = self._outcome(one)
            told = f"{PASSES} passes were not enough for all fixes of this function; another run makes this one"
            self.outcomes.setdefault(key, replace(result, status=Status.DECLINED, code="unsettled", message=told))

    def _outcome(self, one: Judged) -> tuple[Key, Outcome]:
        result = outcome(one, self.subject.import_path, self.texts.as_read)
        return Key(one.hit.file.path, result.codemod, result.place.start), result

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
                self.texts.added[path.parent / new.name] = new.text
        for path, edits in owned.items():
            requests = wanted.get(path, {})
            owners = frozenset(number for numbers in requests.values() for number in numbers)
            edits.extend((edit, owners) for edit in add(files[path], requests.keys()))
            self.texts.pieces[path] = self.texts.edited(path).apply(edits)

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
        pieces = None if problem.path is None else self.texts.pieces.get(problem.path)
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


def _key(fix: PlannedFix) -> Key:
    return Key(fix.path, fix.fix.codemod, fix.outcome.place.start)


def _is_unused_import(problem: TypeProblem) -> bool:
    """Whether go/types says `"fmt" imported and not used`, or in older words `"x" imported but not used as y`."""
    text = problem.message
    return problem.soft and text.startswith('"') and "imported" in text and "not used" in text
