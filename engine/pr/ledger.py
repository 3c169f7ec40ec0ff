"""What gorefit did and was about to do at one host: the truth that a kill -9 leaves behind.

1. SQLite in WAL mode, every commit flushed to the disk. A step is written down before its effect (`intend`) and again
   after it (`finish`); what was intended and not finished is looked up at the remote before it is done again.
2. One file for each host: its requests share one budget of writes (`pace`), whichever repository they belong to. Rows
   are keyed by remote and branch.
3. The remote is the second truth. A ledger that is lost or put aside costs a few questions, never a person's commit: a
   branch of ours is known by the digests in its commits, a request by its branch and the marks in its text.
4. No token is ever given to it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from ..forge.pacing import Pace
from .errors import PrError
from .gitcommits import Own

VERSION = 1
_MOST_OPENED = 1000  # times of requests opened that are kept; older ones no budget counts
_SCHEMA = """
CREATE TABLE pace (identity TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;
CREATE TABLE head (
    remote TEXT NOT NULL, branch TEXT NOT NULL, sha TEXT NOT NULL, digest TEXT NOT NULL, series TEXT NOT NULL,
    base TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (remote, branch, sha)
) STRICT;
CREATE TABLE request (
    remote TEXT NOT NULL, branch TEXT NOT NULL, series TEXT NOT NULL, key TEXT NOT NULL, number INTEGER NOT NULL,
    url TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (remote, branch)
) STRICT;
CREATE TABLE step (
    remote TEXT NOT NULL, branch TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intended', 'done', 'failed')), result TEXT NOT NULL,
    attempts INTEGER NOT NULL, began REAL NOT NULL, ended REAL, PRIMARY KEY (remote, branch, name, input)
) STRICT;
CREATE TABLE fork (
    remote TEXT NOT NULL, identity TEXT NOT NULL, slug TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY (remote, identity)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A request of ours as it was last seen."""

    branch: str
    series: str
    key: str
    number: int
    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """An open ledger, seen from one remote. Every method is one transaction."""

    path: Path
    remote: str
    _db: sqlite3.Connection

    def pace(self, identity: str) -> Pace:
        """What is remembered of an identity's requests."""
        row = self._db.execute("SELECT state FROM pace WHERE identity = ?", (identity,)).fetchone()
        try:
            return msgspec.json.decode(row[0], type=Pace) if row else Pace()
        except msgspec.MsgspecError:
            return Pace()

    def save_pace(self, pace: Pace, *identities: str) -> None:
        """Remember a pace; of two runs at once, the later waits and the requests of both count."""
        for identity in identities:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                before = self.pace(identity)
                both = replace(
                    pace,
                    written=max(pace.written, before.written),
                    opened=tuple(sorted({*before.opened, *pace.opened}))[-_MOST_OPENED:],
                    not_before=max(pace.not_before, before.not_before),
                )
                state = msgspec.json.encode(both).decode()
                self._db.execute("INSERT OR REPLACE INTO pace VALUES (?, ?)", (identity, state))

    def heads(self, branch: str) -> dict[str, Own]:
        """Every commit that was pushed to a branch, or was about to be."""
        rows = self._rows("SELECT sha, digest, base, series FROM head WHERE remote = ? AND branch = ?", branch)
        return {sha: Own(digest, base, series) for sha, digest, base, series in rows}

    def add_head(self, branch: str, sha: str, own: Own) -> None:
        self._write(
            "INSERT OR REPLACE INTO head VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(self.remote, branch, sha, own.digest, own.series, own.base, time.time()),
        )

    def requests(self, series: str = "") -> tuple[Request, ...]:
        """The requests of a series, or of all of them, by branch."""
        rows = self._rows(
            "SELECT branch, series, key, number, url, state FROM request"
            " WHERE remote = ? AND (series = ? OR ?2 = '') ORDER BY branch",
            series,
        )
        return tuple(Request(*row) for row in rows)

    def save_request(self, one: Request) -> None:
        self._write(
            "INSERT OR REPLACE INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(self.remote, one.branch, one.series, one.key, one.number, one.url, one.state, time.time()),
        )

    def done(self, branch: str, name: str, given: str) -> str | None:
        """The result of a step that was finished, else None."""
        sql = "SELECT result FROM step WHERE remote = ? AND branch = ? AND name = ? AND input = ? AND state = 'done'"
        row = self._db.execute(sql, (self.remote, branch, name, given)).fetchone()
        return row[0] if row else None

    def intend(self, branch: str, name: str, given: str) -> None:
        """Write down that a step is about to be done."""
        self._write(
            "INSERT INTO step VALUES (?, ?, ?, ?, 'intended', '', 1, ?, NULL)"
            " ON CONFLICT DO UPDATE SET state = 'intended', attempts = attempts + 1, ended = NULL",
            *(self.remote, branch, name, given, time.time()),
        )

    def finish(self, branch: str, name: str, given: str, result: str, *, failed: bool = False) -> None:
        """Write down what came of a step."""
        self._write(
            "UPDATE step SET state = ?, result = ?, ended = ?"
            " WHERE remote = ? AND branch = ? AND name = ? AND input = ?",
            *("failed" if failed else "done", result, time.time(), self.remote, branch, name, given),
        )

    def fork(self, identity: str) -> tuple[str, str] | None:
        """Slug and URL of the fork that this identity pushes to, if one was needed before."""
        rows = self._rows("SELECT slug, url FROM fork WHERE remote = ? AND identity = ?", identity)
        return (rows[0][0], rows[0][1]) if rows else None

    def save_fork(self, identity: str, slug: str, url: str) -> None:
        self._write("INSERT OR REPLACE INTO fork VALUES (?, ?, ?, ?)", self.remote, identity, slug, url)

    def _rows(self, sql: str, *values: str) -> list[Any]:
        return self._db.execute(sql, (self.remote, *values)).fetchall()

    def _write(self, sql: str, *values: str | float | None) -> None:
        with self._db:
            self._db.execute(sql, values)


@contextlib.contextmanager
def opened(path: Path, remote: str) -> Generator[Ledger]:
    """The ledger of a host, made if missing. Raises PrError where it is damaged or of a newer gorefit."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    db = None
    try:
        db = sqlite3.connect(path, timeout=30, isolation_level="IMMEDIATE")
        path.chmod(0o600)
        for setting in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            db.execute(f"PRAGMA {setting}").fetchone()
        if db.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("the quick check of its pages fails")
        _migrate(db, path)
        yield Ledger(path, remote, db)
    except sqlite3.DatabaseError as error:
        raise PrError(
            f"the ledger {path} cannot be used: {error}",
            hint="move it away: gorefit finds its branches and requests again by asking the remote",
        ) from error
    finally:
        if db is not None:
            db.close()


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise PrError(f"the ledger {path} was written by a newer gorefit", hint="update gorefit, or move it away")
    if version == 0:
        db.execute("BEGIN IMMEDIATE")  # two first runs at once: the second finds the tables made
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.commit()
