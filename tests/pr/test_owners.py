"""CODEOWNERS in the forms of GitHub and GitLab, and files that somebody wrote to do harm."""

from __future__ import annotations

import time

import pytest
from gorefit.engine.forge.forge import Kind
from gorefit.engine.pr.owners import PLACES, Form, asked, form, parse

GITHUB = """\
# the platform team has what nobody else has
*                     @acme/platform
*.go                  @gopher   # inline words, @nobody is meant
/docs/                docs@example.com
docs/*                @writers
apps/                 @acme/apps @octo-cat
/build/logs/          @logs
**/vendored           @vendor
/apps/github
path\\ with\\ space/  @spacer
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("README.md", ("@acme/platform",)),
        ("main.go", ("@gopher",)),
        ("deep/down/main.go", ("@gopher",)),
        ("docs/a.md", ("@writers",)),
        ("docs/deep/a.md", ("docs@example.com",)),
        ("x/docs/a.md", ("@acme/platform",)),
        ("apps/one/main.go", ("@acme/apps", "@octo-cat")),
        ("apps/github/main.go", ()),
        ("build/logs/x", ("@logs",)),
        ("x/build/logs/x", ("@acme/platform",)),
        ("a/vendored/x", ("@vendor",)),
        ("path with space/x.go", ("@spacer",)),
    ],
)
def test_github(path: str, owners: tuple[str, ...]) -> None:
    assert parse(GITHUB, Form.GITHUB).of(path) == owners


GITLAB = """\
* @everyone
[Docs][2] @docs-team
docs/
README.md @acme/group/writers
!docs/generated/

^[Database] @dba @@maintainer
model/db/
[docs]
*.txt @texts
"""


@pytest.mark.parametrize(
    ("path", "owners"),
    [
        ("x.go", ("@everyone",)),
        ("docs/a.md", ("@everyone", "@docs-team")),
        ("docs/generated/a.md", ("@everyone",)),
        ("README.md", ("@everyone", "@acme/group/writers")),
        ("model/db/x.go", ("@everyone", "@dba", "@@maintainer")),
        ("notes.txt", ("@everyone", "@texts")),
        ("docs/a.txt", ("@everyone", "@texts")),
    ],
)
def test_gitlab(path: str, owners: tuple[str, ...]) -> None:
    """Sections are taken together, those of one name as one, and within each the last line wins."""
    assert parse(GITLAB, Form.GITLAB).of(path) == owners


def test_the_form_follows_the_forge_and_else_the_place() -> None:
    assert form(Kind.GITLAB, "CODEOWNERS") is Form.GITLAB
    assert form(Kind.BARE, ".gitlab/CODEOWNERS") is Form.GITLAB
    assert form(Kind.BARE, ".github/CODEOWNERS") is Form.GITHUB
    assert PLACES[Kind.GITHUB][0] == ".github/CODEOWNERS" and PLACES[Kind.GITLAB][0] == "CODEOWNERS"


def test_only_people_and_teams_can_be_asked() -> None:
    found = asked(["@me", "@You", "@acme/team", "a@b.example", "@@maintainer", "@You", "@acme/sub/team"], but="ME")
    assert found.people == ("You",)
    assert found.teams == ("acme/team", "acme/sub/team")


def test_lines_that_nobody_can_read_are_told_and_left_out() -> None:
    text = "[unterminated @x\n* @ok\n\\\n   \n[] @x\n*.go not-an-owner @fine --exec=x\n"
    owners = parse(text, Form.GITHUB)
    assert owners.of("a.go") == ("@fine",)
    assert owners.of("b") == ("@ok",)
    assert [problem.partition(":")[0] for problem in owners.problems] == ["line 1", "line 5"]
    assert parse("[unterminated @x\n* @ok\n", Form.GITLAB).of("a.go") == ("@ok",)


def test_no_pattern_takes_for_ever() -> None:
    """Each star may match in many ways: with thirty of them the ways outnumber the atoms of the universe."""
    evil = "".join(f"/{'*a' * 30}b{n} @x\n" for n in range(50)) + "/*a*ab @y\n**/*a*b/**/*a*b/**/*c*d @z\n"
    began = time.monotonic()
    owners = parse(evil, Form.GITHUB)
    assert owners.of("a" * 250) == ()
    assert owners.of("/".join(["aaaa"] * 60)) == ()
    assert time.monotonic() - began < 5
    assert len(owners.problems) == 50
