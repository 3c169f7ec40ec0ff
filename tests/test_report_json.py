"""JSON reports: they are what docs/schema.json says, and hold the same facts as the text."""

from __future__ import annotations

import base64
import json as stdjson
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from gorefit.engine.model import Edit, RelatedPlace, Status, Tier
from gorefit.engine.packages import Package, PackageError
from gorefit.engine.report import json, records
from gorefit.engine.report.schema import schema
from gorefit.engine.source.gofile import GoFile
from gorefit.engine.verify.findings import CheckResult
from report_samples import SOURCE, outcome

ROOT = Path("/home/m")
FILE = GoFile(ROOT / "a.go", SOURCE)
SCHEMA = Path(__file__).parents[1] / "docs" / "schema.json"


def valid(data: bytes) -> Any:
    document = stdjson.loads(data)
    jsonschema.Draft202012Validator(stdjson.loads(SCHEMA.read_bytes())).validate(document)
    return document


def facts(**more: Any) -> json.RunFacts:
    return json.RunFacts(command="diff", gorefit="0.1.0", go="1.27.3", base=ROOT, exit_code=0, **more)


def test_the_schema_in_docs_is_current():
    assert SCHEMA.read_bytes() == schema(), "run: python -m gorefit.engine.report.schema"


def test_the_schema_refuses_what_is_no_document_of_ours():
    with pytest.raises(jsonschema.ValidationError):
        valid(b'{"kind": "outcome", "codemod": 1}')


def test_a_report_is_valid_and_has_byte_and_line_ranges():
    notes = (RelatedPlace("declared here", FILE.place(SOURCE.index(b"out"))), RelatedPlace("no place"))
    applied = outcome(FILE, b"append(out, x)", edits=(Edit(50, 55, b"x"),), related=notes, risks=("r",))
    declined = outcome(FILE, b"fmt.Println()", Status.DECLINED, code="c", tier=Tier.REVIEW)
    report = valid(
        json.report(
            [declined, applied],
            facts(
                checks=[CheckResult("build", "linux/amd64", 3, (), 1.23456)],
                files=[(FILE.path, False, b"--- a/a.go\n")],
                broken=[Package("m/b", "b", ROOT / "b", (), errors=(PackageError("undefined: x", "b/x.go:1:2"),))],
                warnings=["w"],
                timings={"loading": 0.12345},
            ),
        )
    )
    start = SOURCE.index(b"append(out, x)")
    assert report["schema_version"] == records.SCHEMA_VERSION
    assert [o["status"] for o in report["outcomes"]] == ["applied", "declined"]
    first = report["outcomes"][0]
    assert first["range"] == {
        "path": "a.go",
        "start": {"offset": start, "line": 9, "column": 9},
        "end": {"offset": start + 14, "line": 9, "column": 23},
    }
    assert first["edits"] == [{"start": 50, "end": 55, "new": "x"}]
    assert first["related"][0]["range"]["start"]["line"] == 6 and first["related"][1]["range"] is None
    summary = report["summary"]
    assert summary["codemods"][0]["declined"] == {"c": 1}
    assert summary["checks"] == [
        {"check": "build", "configuration": "linux/amd64", "packages": 3, "findings": 0, "seconds": 1.235}
    ]
    assert summary["broken"] == [{"package": "m/b", "errors": ["b/x.go:1:2: undefined: x"]}]


def test_every_line_of_jsonl_is_valid_and_the_summary_comes_last():
    lines = json.lines([outcome(FILE, b"append"), outcome(FILE, b"var out")], facts()).splitlines()
    assert [valid(line)["kind"] for line in lines] == ["outcome", "outcome", "summary"]


def test_an_edit_that_is_not_utf8_keeps_its_bytes():
    found = outcome(FILE, b"append", edits=(Edit(0, 1, b"\xff\x00"),))
    edit = valid(json.report([found], facts()))["outcomes"][0]["edits"][0]
    assert base64.b64decode(edit["new_base64"]) == b"\xff\x00"


def test_damaged_text_is_still_json():
    found = outcome(FILE, b"append", message="bad \udcff name")
    assert valid(json.report([found], facts()))["outcomes"][0]["message"] == "bad ? name"


def test_same_outcomes_in_any_order_give_the_same_bytes():
    outcomes = [outcome(FILE, needle) for needle in (b"append", b"var out", b"return")]
    assert json.report(outcomes, facts()) == json.report(outcomes[::-1], facts())


@pytest.mark.parametrize(
    "document",
    [
        records.UndoneRecord(1, ("a.go",)),
        records.ConfigRecord(1, None, (records.SettingRecord("tags", ("a",), "default"),)),
        records.DoctorRecord(1, True, (records.FactRecord("go", "1.27", True, ""),)),
    ],
)
def test_small_documents_are_valid_in_both_forms(document: records.Document):
    assert valid(json.encode(document)) == valid(json.line(document))
    assert json.line(document).count(b"\n") == 1
