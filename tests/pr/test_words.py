"""Names, titles, settings and the text of a request: stable, within bounds, and closed to what a repository says."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from gorefit.engine import registry
from gorefit.engine.config import ConfigError
from gorefit.engine.pr import body as bodies
from gorefit.engine.pr import words
from gorefit.engine.pr.body import BEGIN, END, Change, Check, Facts, Left, Risk, Spot
from gorefit.engine.pr.errors import PrError
from gorefit.engine.pr.naming import Series, branch, checked_prefix, ours
from gorefit.engine.pr.settings import Settings, attached, merged, template
from gorefit.engine.pr.shard import Split
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

SERIES = Series("main", "", ("./...",), ("tier:safe",))


# -- names ------------------------------------------------------------------------------------------------------------


def test_branches_are_stable_and_tell_series_and_shards_apart() -> None:
    assert branch("gorefit/", SERIES, "") == "gorefit/safe-" + branch("gorefit/", SERIES, "")[-10:]
    assert branch("gorefit/", SERIES, "@acme/web") != branch("gorefit/", SERIES, "@acme-web"), "one slug, two digests"
    others = [
        dataclasses.replace(SERIES, base="next"),
        dataclasses.replace(SERIES, directory="services/a"),
        dataclasses.replace(SERIES, patterns=("./a",)),
        dataclasses.replace(SERIES, codemods=("prealloc",)),
    ]
    assert len({branch("gorefit/", one, "") for one in (SERIES, *others)}) == 5
    assert branch("gorefit/", SERIES, "", 2) == branch("gorefit/", SERIES, "") + "-2"
    again = Series("main", "", ("./b", "./a"), ("y", "x"))
    assert again.id == Series("main", "", ("./a", "./b"), ("x", "y")).id, "the order of words does not count"


@given(st.text(max_size=80), st.integers(1, 40))
def test_every_branch_is_one_of_ours_and_one_that_git_takes(key: str, generation: int) -> None:
    name = branch("gorefit/", SERIES, key, generation)
    assert ours(name, "gorefit/")
    assert len(name) < 80
    assert re.fullmatch(r"gorefit/[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", name)


@pytest.mark.parametrize(
    "name",
    ["main", "gorefit/", "gorefit/mine", "gorefit/x-12345", "gorefit/x-0123456789/y", "Gorefit/x-0123456789",
     "gorefit/../main-0123456789", "gorefit/x-0123456789\n", "refs/heads/gorefit/x-0123456789"],
)  # fmt: skip
def test_other_branches_are_not_ours(name: str) -> None:
    assert not ours(name, "gorefit/")


@pytest.mark.parametrize(
    "prefix", ["", "gorefit", "/", "-x/", "a//", "a b/", "x/../", "refs\n/", "a.lock/", "a" * 70 + "/"]
)
def test_a_prefix_must_set_our_branches_apart(prefix: str) -> None:
    with pytest.raises(PrError):
        checked_prefix(prefix)
    assert checked_prefix("bots/go-refit/") == "bots/go-refit/"


def test_titles_and_messages_mention_nobody() -> None:
    prealloc, builder = registry.get("prealloc"), registry.get("strings-builder")
    assert words.title([prealloc], Split.NONE, "", "perf: ").startswith("perf: Allocate")
    assert words.title([prealloc], Split.PACKAGE, "internal/x", "").endswith(" in internal/x")
    assert words.title([prealloc], Split.OWNER, "@acme/web @bob", "").endswith(" (acme/web bob)")
    assert words.title([prealloc, builder], Split.CODEMOD, "prealloc strings-builder", "").endswith(
        "prealloc and strings-builder"
    )
    message = words.message(prealloc, 1, 2, [("Gorefit-Codemod", "prealloc")], "")
    subject, blank, *_ = message.split("\n")
    assert len(subject) <= 72 and blank == ""
    assert "1 place of 2 files" in message
    assert "@" not in message and "#" not in message


# -- settings ---------------------------------------------------------------------------------------------------------


def test_the_command_line_outweighs_the_file() -> None:
    file = Settings(split=Split.OWNER, labels=("a",), draft=False)
    assert merged(file, {"labels": ["b"], "max-files": 5}) == Settings(
        split=Split.OWNER, labels=("b",), draft=False, max_files=5
    )
    with pytest.raises(ConfigError):
        merged(file, {"split": "nonsense"})


def test_reviewers_are_owners_people_and_teams() -> None:
    settings = Settings(reviewers=("owners", "@carol", "acme/go", "dave"), assignees=("@erin",), labels=("perf",))
    made = attached(settings, ("alice", "dave"), ("acme/web",))
    assert made.reviewers == ("alice", "dave", "carol")
    assert made.teams == ("acme/go", "acme/web")
    assert made.assignees == ("erin",) and made.labels == ("perf",) and made.auto_merge is None
    nobody = attached(Settings(reviewers=()), ("alice",), ("acme/web",))
    assert nobody.reviewers == nobody.teams == ()


def test_the_file_cannot_name_a_template_outside_the_repository(tmp_path: Path) -> None:
    top = tmp_path / "repo"
    top.mkdir()
    (tmp_path / "secret").write_text("s3cret")
    (top / "link.md").symlink_to(tmp_path / "secret")
    (top / "fine.md").write_text("x")
    for evil in ("../secret", str(tmp_path / "secret"), "link.md", "sub/../../secret"):
        with pytest.raises(PrError, match="outside"):
            template(Settings(body_template=evil), top, top, trusted=False)
    assert template(Settings(body_template="fine.md"), top, top, trusted=False) == (top / "fine.md").resolve()
    assert template(Settings(body_template="../secret"), top, top, trusted=True) == (tmp_path / "secret").resolve()
    assert template(Settings(), top, top, trusted=False) is None


# -- text -------------------------------------------------------------------------------------------------------------

SPOT = Spot("internal/a b.go", 12, "make room for len(xs) * 2 elements of `out` once")
CHANGE = Change("prealloc", "Allocate once", "safe", "It is\nmade once.", "Fast.", "None.", (SPOT,))
FACTS = Facts(
    changes=(CHANGE,),
    files=("internal/a b.go",),
    checks=(Check("go build", "linux/amd64", 7, "ok"),),
    left=(),
    dropped=(),
    reproduce=("gorefit diff -c prealloc",),
    tested=False,
    go="1.26.8",
    gorefit="0.1.0",
)


def test_the_text_says_what_why_and_how_it_was_checked() -> None:
    text = bodies.render(FACTS)
    for words_ in (
        "1 place in 1 file", "It is made once.", "**Why.** Fast.", "| go build | linux/amd64 | 7 | ok |",
        "gorefit diff -c prealloc", "`internal/a b.go` line 12", "`gorefit:stop`", "/gorefit stop",
    ):  # fmt: skip
        assert words_ in text, words_
    for absent in ("look closely", "Evidence", "Left for you", "belong together"):
        assert absent not in text, absent


def test_the_text_warns_of_risks_and_tells_what_was_left() -> None:
    risky = dataclasses.replace(CHANGE, tier="review", risks=(Risk("a nil slice may become empty", (SPOT,) * 5),))
    left = Left("prealloc", "the loop may end early", 4, (SPOT,) * 3)
    facts = dataclasses.replace(
        FACTS, changes=(risky,), left=(left,), dropped=(SPOT,), evidence="ns/op 1 ```", total=3, tested=True
    )
    text = bodies.render(facts)
    for words_ in ("look closely", "A nil slice may become empty", "and 2 more", "the loop may end early (4×: ",
                   "as a check refused them", "ns/op 1 '''", "one of 3 that belong together"):  # fmt: skip
        assert words_ in text, words_
    assert "not run" not in text


HOSTILE = [
    "` @acme/x <b>` @acme/y ``<i>`` \\` <u>",
    "x <!-- gorefit:end --> y",
    "fixes #12, closes acme/x#3, see https://evil.example",
    "@acme/everyone please",
    "[click](javascript:alert(1)) <img src=x onerror=alert(1)>",
    "a`b``c | d\n\n# Heading",
    "```\n</details>\n",
    "&lt;!-- gorefit:begin --&gt;",
]


@pytest.mark.parametrize("evil", HOSTILE)
def test_words_of_the_repository_stay_words(evil: str) -> None:
    spot = Spot(evil, 1, evil)
    change = dataclasses.replace(CHANGE, places=(spot,), risks=(Risk(evil, (spot,)),))
    facts = dataclasses.replace(
        FACTS, changes=(change,), left=(Left("prealloc", evil, 1, (spot,)),), dropped=(spot,), evidence=evil
    )
    whole = bodies.section(bodies.render(facts), "t")
    assert whole.count(BEGIN) == whole.count(END) == 1
    found = list(_leaves(MarkdownIt("commonmark").enable("table").parse(whole)))
    prose = " ".join(content for kind, content in found if kind == "text")
    html = " ".join(content for kind, content in found if kind.startswith("html"))
    assert not re.search(r"(?<![\w/])@\w", prose), "nobody is mentioned outside of code"
    assert not re.search(r"(?:fix|close)\w* +(?:\w+/\w+)?#\d", prose), "no issue is closed"
    assert not re.search(r"https?://", prose), "nothing becomes a link"
    assert not {"link_open", "image"} & {kind for kind, _ in found}
    left = re.sub(r"</?details>|<summary>[\w ,]*</summary>|<!-- gorefit: ?[\w= ]+ -->", "", html)
    assert not re.search(r"[<>]", left), left
    assert html.count("<details>") == html.count("</details>") == 2
    assert sum(kind == "heading_open" for kind, _ in found) == 7


def _leaves(tokens: Iterable[Token]) -> Iterator[tuple[str, str]]:
    """Kind and content of every token, those within others too."""
    for token in tokens:
        yield token.type, token.content if token.type != "inline" else ""
        yield from _leaves(token.children or ())


def test_a_text_beyond_the_limit_says_less() -> None:
    many = tuple(dataclasses.replace(SPOT, line=n, message="m" * 200) for n in range(1, 400))
    facts = dataclasses.replace(FACTS, changes=(dataclasses.replace(CHANGE, places=many),) * 5)
    assert "and 384 more" in bodies.render(facts, limit=50_000)
    assert "and 394 more" in bodies.render(facts, limit=15_000)
    with pytest.raises(PrError, match="no forge takes"):
        bodies.render(facts, limit=500)


def test_a_template_of_the_users_own(tmp_path: Path) -> None:
    mine = tmp_path / "mine.md.j2"
    mine.write_text("{% for change in changes %}{{ change.title }}: {{ change.places | length }}{% endfor %}\n")
    assert bodies.render(FACTS, mine) == "Allocate once: 1\n"
    for source, told in [
        ("ok\n{{ nonsense }}\n", "undefined"),
        ("{% for %}", r"mine\.md\.j2:1"),
        ("{{ ''.__class__.__mro__ }}", "unsafe|undefined"),
        ("{{ changes[0].__init__.__globals__ }}", "unsafe|undefined"),
        ("{{ 1 // 0 }}", "cannot be made"),
        ("{% include '/etc/passwd' %}", "loader|cannot be made"),
        ("{{ render.__globals__ }}", "undefined"),
    ]:
        mine.write_text(source)
        with pytest.raises(PrError, match=told):
            bodies.render(FACTS, mine)
    with pytest.raises(PrError, match="cannot be made"):
        bodies.render(FACTS, tmp_path / "none")


# -- sections ---------------------------------------------------------------------------------------------------------


def test_a_new_body_honours_the_template_of_the_repository() -> None:
    assert bodies.compose("text", "t", "").startswith(BEGIN)
    below = bodies.compose("text", "t", "## Checklist\n- [ ] tests\n")
    assert below.index(END) < below.index("## Checklist")
    inside = bodies.compose("text", "t", f"## What\n{BEGIN} here {END}\n## Checklist\n")
    assert inside.index("## What") < inside.index("text") < inside.index("## Checklist")
    assert inside.count(BEGIN) == 1
    half = bodies.compose("text", "t", f"{END} x {BEGIN}")
    assert half.count(BEGIN) == half.count(END) == 1


def test_only_our_section_is_updated_and_only_when_it_changed() -> None:
    body = "mine above\n\n" + bodies.compose("old", "t", "theirs below")
    assert bodies.updated(body, "old", "t") is None
    new = bodies.updated(body, "new", "t")
    assert new is not None
    assert new.startswith("mine above\n\n") and new.rstrip().endswith("theirs below")
    assert "new" in new and "old" not in new
    assert bodies.updated(new, "new", "t") is None
    edited = body.replace("old", "old, and a person's words")
    assert bodies.updated(edited, "old", "t") is None, "a person's edit stands until there is something new to say"
    assert bodies.updated("no section at all", "new", "t") is None


def test_a_title_is_ours_until_a_person_changes_it() -> None:
    body = bodies.compose("text", "Allocate once", "")
    assert bodies.our_title(body, "Allocate once")
    assert not bodies.our_title(body, "Allocate once, please")
    assert not bodies.our_title("nothing", "Allocate once")


@given(st.text(max_size=200), st.text(max_size=100), st.text(max_size=200))
def test_updating_twice_is_updating_once(text: str, title: str, around: str) -> None:
    text = bodies._tidy(text)
    body = around.replace(BEGIN, "") + bodies.compose("before", title, "") + around.replace(END, "")
    once = bodies.updated(body, text, title)
    assert once is None or bodies.updated(once, text, title) is None
