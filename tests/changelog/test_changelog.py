"""`mreg changelog`: which versions, what became of them, and which commits count."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cmarkgfm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import CommandLine
from handmade import history
from mreg import Registry
from mreg.changelog import changelog
from mreg.changelog import notes as words
from mreg.changelog.changelog import Changelog
from mreg.core import queries
from mreg.errors import InvalidName, NotFound, UsageError
from mreg.git import changes
from repositories import BOB, Maker, Repository, Tag, tag_bytes
from strategies import version
from terminals import in_terminal


def entry(metrics: str, *, more: str = "") -> bytes:
    return f"churn:\n  path: model.pkl\n  metrics: {{{metrics}}}\n{more}".encode()


INPUTS = "  inputs: [{path: data}, {url: 's3://x/y'}, {artifact: raw@v1.0.0}]\n"
COMMITS: list[dict[str, bytes]] = [
    {"artifacts.yaml": entry("auc: 0.8, loss: 1"), "model.pkl": b"1", "data/a.csv": b"1"},
    {"README.md": b"nothing to do with it"},
    {"model.pkl": b"2", "train.py": b"2"},
    {"artifacts.yaml": entry("auc: 0.9, loss: 2", more=INPUTS), "data/a.csv": b"2"},
    {"data.md": b"another path that begins like data"},
    {"artifacts.yaml": b"churn: ["},
]
TAGS = [
    Tag("churn@v1.0.0", 0, 1, "The first."),
    Tag("churn#prod#1", 0, 2, "Promote churn v1.0.0 to prod"),
    Tag("churn@v1.1.0", 3, 3, "Better.\n\n# Data\nfrom @bob, see #12", tagger=BOB),
    Tag("churn#prod#2", 3, 4, "Release"),
    Tag("churn#prod#3", 0, 5, "Bad\n\nVersion: v1.0.0\nRollback: v1.1.0"),
    Tag("churn@v1.2.0", 4, 6),
    Tag("churn@v1.2.0!", 4, 7, "A mistake"),
    Tag("churn@v1.3.0", 5, 8),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=COMMITS)


def notes(repo: Repository, *ends: str | None, **options: Any) -> Changelog:
    return Registry.open(repo.path).changelog("churn", *ends, **options)


def names(found: Changelog) -> list[str | None]:
    return [it.version.version for it in found.releases]


class TestWhichVersions:
    @pytest.mark.parametrize(
        ("ends", "expected"),
        [
            ((), ["v1.3.0", "v1.2.0", "v1.1.0", "v1.0.0"]),
            (("v1.0.0",), ["v1.3.0", "v1.2.0", "v1.1.0"]),
            (("v1.0.0", "1.1.0"), ["v1.1.0"]),
            ((None, "churn@v1.1.0"), ["v1.1.0", "v1.0.0"]),
            (("churn#prod", "latest"), ["v1.3.0", "v1.2.0", "v1.1.0"]),
            (("v1.2.0", "churn"), ["v1.3.0"]),
            (("latest",), []),
            (("v1.1.0", "v1.1.0"), []),
        ],
    )
    def test_after_one_and_up_to_another(
        self, ends: tuple[str | None, ...], expected: list[str], repo: Repository
    ) -> None:
        assert names(notes(repo, *ends)) == expected

    @pytest.mark.parametrize(
        ("ends", "error"),
        [
            (("v1.1.0", "v1.0.0"), UsageError),
            (("other@v1.0.0",), UsageError),
            (("v9.0.0",), NotFound),
            (("churn#dev",), NotFound),
            (("#prod",), InvalidName),
            (("main..x",), InvalidName),
        ],
    )
    def test_what_makes_no_sense(
        self, ends: tuple[str, ...], error: type[Exception], repo: Repository
    ) -> None:
        with pytest.raises(error):
            notes(repo, *ends)

    def test_a_bare_commit_is_no_end(self, make_repository: Maker) -> None:
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 1, 1)])
        with pytest.raises(NotFound, match="is not a registered version"):
            notes(repo, "churn#prod")


class TestVersions:
    def test_one_is_held_against_the_active_one_before(self, repo: Repository) -> None:
        before = {it.version.version: it.before for it in notes(repo).releases}
        assert {key: it and it.version for key, it in before.items()} == {
            "v1.3.0": "v1.1.0",
            "v1.2.0": "v1.1.0",
            "v1.1.0": "v1.0.0",
            "v1.0.0": None,
        }

    @given(
        st.lists(st.tuples(version(), st.sampled_from(["", "!", "#2", "#3", "!#4"])), unique=True)
    )
    def test_the_one_before_is_what_queries_say(self, made: list[tuple[str, str]]) -> None:
        known = history(*(f"churn@{it}{rest}" for it, rest in made))
        registered = {it.event.version for it in known.timeline if it.event.action == "register"}
        found = changelog.predecessors(known)
        assert found == {it: queries.before(known, it) for it in registered if it}

    def test_the_way_through_the_stages(self, repo: Repository) -> None:
        found = {it.version.version: it.events for it in notes(repo).releases}
        assert {key: [it.tag for it in value] for key, value in found.items()} == {
            "v1.3.0": [],
            "v1.2.0": ["churn@v1.2.0!"],
            "v1.1.0": ["churn#prod#2", "churn#prod#3"],
            "v1.0.0": ["churn#prod#1", "churn#prod#3"],
        }

    def test_what_a_rollback_says_by_itself_is_not_said_again(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        tags = [Tag(f"churn@v{it}.0.0", it, it) for it in (1, 2)]
        repo = make_repository([*tags, Tag("churn#prod#1", 1, 3), Tag("churn#prod#2", 2, 4)])
        mreg.ok("rollback", "churn", "prod", repo=repo)
        found = mreg.ok("changelog", "churn", repo=repo).out
        assert re.findall(r"^- .*(?:back).*$", found, re.M) == [
            "- 2023-11-14 rolled back in prod to v1.0.0, by Ann Example",
            "- 2023-11-14 put back in prod after v2.0.0, by Ann Example",
        ]

    def test_metrics_against_the_version_before(self, repo: Repository) -> None:
        found = {it.version.version: it.metrics for it in notes(repo).releases}
        assert [(it.name, it.delta, it.verdict) for it in found["v1.1.0"]] == [
            ("auc", 0.1, "better"),
            ("loss", 1, "worse"),
        ]
        assert [(it.name, it.before, it.after) for it in found["v1.0.0"]] == [
            ("auc", None, 0.8),
            ("loss", None, 1),
        ]
        assert found["v1.2.0"] == ()

    def test_somebody_says_what_is_better(self, repo: Repository) -> None:
        [found] = notes(repo, "v1.0.0", "v1.1.0", higher_better=["loss"]).releases
        assert [it.verdict for it in found.metrics] == ["better", "better"]

    def test_one_that_cannot_be_read(self, repo: Repository) -> None:
        found = notes(repo, "v1.2.0")
        assert found.releases[0].metrics == ()
        assert [it.code for it in found.problems] == ["MR020"]


class TestAsADataFrame:
    def test_it_has_a_row_for_each_version(self, repo: Repository) -> None:
        frame = notes(repo, None, "v1.1.0").to_pandas()
        assert list(frame["version"]) == ["v1.1.0", "v1.0.0"]
        [newer, older] = frame.to_dict("records")
        assert (newer["before"], newer["events"], newer["commits"]) == ("v1.0.0", 2, 2)
        assert (newer["metrics.auc"], newer["before.auc"], newer["delta.auc"]) == (0.9, 0.8, 0.1)
        assert (older["events"], older["commits"], older["metrics.auc"]) == (2, 0, 0.8)
        assert list(frame["before"].isna()) == [False, True]
        assert frame["created_at"].is_monotonic_decreasing

    def test_it_counts_the_commits_that_are_not_listed(self, repo: Repository) -> None:
        assert list(notes(repo, "v1.0.0", "v1.1.0", commits=1).to_pandas()["commits"]) == [2]

    def test_of_nothing_it_has_its_columns(self, repo: Repository) -> None:
        frame = notes(repo, "latest").to_pandas()
        assert len(frame) == 0
        assert "before" in frame.columns


class TestCommits:
    def test_those_that_changed_the_path_or_an_input(self, repo: Repository) -> None:
        found = {it.version.version: it.commits for it in notes(repo).releases}
        listed = {key: [it.commit for it in value] for key, value in found.items()}
        assert listed == {
            "v1.3.0": [],
            "v1.2.0": [],
            "v1.1.0": [repo.commits[3], repo.commits[2]],
            "v1.0.0": [],
        }
        assert found["v1.1.0"][0].author == "Ann Example"

    def test_at_most_so_many(self, repo: Repository) -> None:
        [found] = notes(repo, "v1.0.0", "v1.1.0", commits=1).releases
        assert ([it.commit for it in found.commits], found.more) == ([repo.commits[3]], 1)
        [found] = notes(repo, "v1.0.0", "v1.1.0", commits=0).releases
        assert (found.commits, found.more) == ((), 0)
        with pytest.raises(UsageError):
            notes(repo, commits=-1)

    @pytest.mark.parametrize(
        ("path", "files", "count"),
        [
            (".", [{"a": b"1"}, {"b": b"1"}], 1),
            ("m/x.pkl", [{"m/x.pkl.dvc": b"1"}, {"m/x.pkl.dvc": b"2"}], 1),
            ("m/x.pkl", [{"m.dvc": b"1"}, {"m.dvc": b"2"}], 1),
            ("m/x.pkl", [{"m/dvc.lock": b"1"}, {"m/dvc.lock": b"2"}], 1),
            ("x.pkl", [{"x.pkl": b"1", "dvc.lock": b"1"}, {"dvc.lock": b"2"}], 0),
            ("s3://bucket/x", [{"s3:/bucket/x": b"1"}, {"s3:/bucket/x": b"2"}], 0),
            ("../x", [{"x": b"1"}, {"x": b"2"}], 0),
            ('"x*"', [{"xy": b"1"}, {"xy": b"2"}], 0),
            ('"caf\\u00e9"', [{"café": b"1"}, {"café": b"2"}], 1),
            ('"a\\nb"', [{"a": b"1"}, {"a": b"2"}], 0),
            ("gone", [{"gone": b"1", "x": b"1"}, {"x": b"2"}], 0),
        ],
    )
    def test_paths(
        self, path: str, files: list[dict[str, bytes]], count: int, make_repository: Maker
    ) -> None:
        files[0]["artifacts.yaml"] = f"churn: {{path: {path}}}\n".encode()
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=files)
        found = notes(repo)
        assert len(found.releases[0].commits) == count
        assert found.problems == ()

    def test_each_version_has_its_own_paths(self, make_repository: Maker) -> None:
        files = [
            {"artifacts.yaml": f"churn: {{path: {path}}}\n".encode(), "a": it, "b": it}
            for path, it in (("a", b"1"), ("a", b"2"), ("b", b"2"), ("b", b"3"))
        ]
        files[2]["a"] = b"3"
        tags = [Tag(f"churn@v1.{number}.0", number, number) for number in range(4)]
        found = notes(make_repository(tags, commits=files)).releases
        assert [len(it.commits) for it in found] == [1, 0, 1, 0]

    def test_a_file_that_was_moved_away_was_changed(self, make_repository: Maker) -> None:
        repo = make_repository(commits=[COMMITS[0]])
        content = b"enough to be known again\n" * 9
        self.commit(repo, {"model.pkl": content}, "v2.0.0")
        self.commit(repo, {"model.pkl": None, "elsewhere": content}, "v3.0.0")
        [found] = notes(repo, "v2.0.0").releases
        assert [it.subject for it in found.commits] == ["v3.0.0"]

    def commit(self, repo: Repository, files: dict[str, bytes | None], version: str) -> None:
        """Commit files, and register the commit."""
        repo.git("checkout", "-q", "main")
        for path, content in files.items():
            if content is None:
                repo.git("rm", "-q", path)
            else:
                (repo.path / path).write_bytes(content)
        repo.git("add", "-A")
        repo.git("commit", "-q", "-m", version)
        repo.git("tag", "-a", "-m", "A tag.", f"churn@{version}")

    def test_branches_and_merges(self, make_repository: Maker) -> None:
        """A patch of an old version has the commits of its branch alone, and a merge is none."""
        repo = make_repository([Tag("churn@v1.0.0")], commits=[COMMITS[0]])
        self.commit(repo, {"model.pkl": b"2"}, "v2.0.0")
        repo.git("checkout", "-q", "-B", "fix", "churn@v1.0.0")
        (repo.path / "data" / "a.csv").write_bytes(b"fixed")
        (repo.path / "artifacts.yaml").write_bytes(entry("auc: 1", more=INPUTS))
        repo.git("commit", "-q", "-a", "-m", "Fix the data")
        repo.git("tag", "-a", "-m", "A tag.", "churn@v1.0.1")
        repo.git("checkout", "-q", "main")
        repo.git("merge", "-q", "--no-edit", "fix")
        repo.git("tag", "-a", "-m", "A tag.", "churn@v2.1.0")
        found = {it.version.version: it for it in notes(repo).releases}
        subjects = {key: [commit.subject for commit in it.commits] for key, it in found.items()}
        assert subjects == {
            "v2.1.0": ["Fix the data"],
            "v2.0.0": ["v2.0.0"],
            "v1.0.1": ["Fix the data"],
            "v1.0.0": [],
        }

    def test_branches_that_never_met(self, make_repository: Maker) -> None:
        repo = make_repository([Tag("churn@v1.0.0", 1)], commits=[{}, COMMITS[0]])
        repo.git("checkout", "-q", "--orphan", "new", "churn@v1.0.0")
        repo.git("commit", "-q", "-m", "From the beginning")
        for number in (1, 2):
            (repo.path / "model.pkl").write_text(f"new {number}")
            repo.git("commit", "-q", "-a", "-m", f"New {number}")
            repo.git("tag", "-a", "-m", "A tag.", f"churn@v2.{number}.0")
        found = notes(repo).releases
        assert [[it.subject for it in each.commits] for each in found] == [
            ["New 2"],
            ["New 1", "From the beginning"],
            [],
        ]

    def test_a_commit_that_is_not_here(self, repo: Repository) -> None:
        repo.git("tag", "-d", "churn@v1.3.0")
        raw = tag_bytes("churn@v2.0.0", "1" * 40, tagger=f"{BOB} 1800000000 +0000")
        repo.put_tag("churn@v2.0.0", raw)
        found = notes(repo)
        assert [len(it.commits) for it in found.releases] == [0, 0, 2, 0]
        assert [(it.code, it.subject) for it in found.problems] == [("MR017", "churn@v2.0.0")]

    def test_a_shallow_clone_and_a_url_know_them_too(
        self, repo: Repository, tmp_path: Path
    ) -> None:
        url = f"file://{repo.path}"
        repo.git("config", "uploadpack.allowFilter", "true")
        repo.git("clone", "-q", "--depth", "1", url, str(tmp_path / "shallow"))
        expected = [it.commits for it in notes(repo).releases]
        for place in (url, tmp_path / "shallow"):
            found = Registry.open(place).changelog("churn")
            assert [it.commits for it in found.releases] == expected

    def test_the_number_of_processes_does_not_grow(
        self, make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counts = []
        for count in (3, 30):
            files = [
                {"artifacts.yaml": entry(f"auc: {it}"), "model.pkl": str(it).encode()}
                for it in range(count)
            ]
            tags = [Tag(f"churn@v1.{it}.0", it, it) for it in range(count)]
            repo = make_repository(tags, commits=files, name=f"of-{count}")
            folder = tmp_path / f"trace-{count}"
            folder.mkdir()
            monkeypatch.setenv("GIT_TRACE2_EVENT", str(folder))
            assert [len(it.commits) for it in notes(repo).releases] == [1] * (count - 1) + [0]
            monkeypatch.delenv("GIT_TRACE2_EVENT")
            counts.append(len(list(folder.iterdir())))
        assert counts[0] == counts[1] <= 8

    def test_what_git_prints_is_read(self) -> None:
        fields = b"\0".join([b"1" * 40, b"", b"a@b", b"0 +0000", b""])
        output = (
            b"\0" + fields + b"\0\nfirst\0s\xffcond\0\0" + fields + b"\0\0" + fields + b"\0\nx\0"
        )
        found = [it.paths for it in changes.parse(output)]
        assert found == [("first", "s\udcffcond"), (), ("x",)]
        assert list(changes.parse(b"")) == []


MARKDOWN = """\
# churn: since v1.0.0

## v1.3.0

2023-11-14 22:13Z by Ann Example, commit {0}

A tag.

## v1.2.0 (deregistered)

2023-11-14 22:13Z by Ann Example, commit {1}

A tag.

- 2023-11-14 deregistered, by Ann Example: A mistake

## v1.1.0

2023-11-14 22:13Z by Bob Sample, commit {2}

Better.

\\# Data\\
from @<!-- -->bob, see #<!-- -->12

- 2023-11-14 promoted to prod, by Ann Example: Release
- 2023-11-14 rolled back in prod to v1.0.0, by Ann Example: Bad

**Metrics, against v1.0.0**

| metric | v1.0.0 | v1.1.0 | change |  |
| --- | --- | --- | --- | --- |
| auc | 0.8 | 0.9 | +0.1 (+12.5 %) | better |
| loss | 1 | 2 | +1 (+100 %) | worse |

**Commits since v1.0.0 that changed it**

- `{2}` Commit 4. (Ann Example, 2023-11-03)
- and 1 more
"""


class TestCommand:
    def test_markdown_into_a_pipe(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("changelog", "churn", "v1.0.0", "--commits", "1", repo=repo)
        short = [repo.commits[it][:7] for it in (5, 4, 3)]
        assert done.out == MARKDOWN.format(*short)
        assert done.err.startswith("warning: churn@v1.3.0: ")
        assert (
            mreg.ok("changelog", "churn", "v1.0.0", "--commits=1", "--md", repo=repo).out
            == done.out
        )

    def test_so_many_versions_as_in_other_commands(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        whole = mreg.ok("changelog", "churn", "--json", repo=repo).json["releases"]
        for option in ("-n", "--limit"):
            found = mreg.ok("changelog", "churn", option, "2", "--json", repo=repo).json
            assert found["releases"] == whole[:2]
        assert mreg.ok("changelog", "churn", "-n0", "--json", repo=repo).json["releases"] == []

    def test_json(self, repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("changelog", "churn", "v1.0.0", "v1.1.0", "--json", repo=repo).json
        assert found.keys() == {"artifact", "since", "until", "releases", "problems"}
        [release] = found["releases"]
        assert release.keys() == {"version", "before", "events", "metrics", "commits", "more"}
        assert release["version"]["version"] == "v1.1.0"
        assert release["events"][1]["trailers"]["Rollback"] == "v1.1.0"
        assert release["metrics"][0]["direction"] == "higher"
        assert release["commits"][0]["author_email"] == "ann@example.com"

    def test_on_a_terminal(self, repo: Repository) -> None:
        shown = in_terminal("changelog", "churn", "v1.0.0", "v1.1.0", repo=repo, NO_COLOR="1")
        assert "&" not in shown
        assert "<!--" not in shown
        assert "from @bob, see #12" in shown
        assert "rolled back in prod" in shown
        assert max(map(len, shown.splitlines())) <= 80 + len("\x1b[1m\x1b[0m") * 8

    def test_with_colours_in_a_pipe_it_is_as_on_a_terminal(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        given = ("changelog", "churn", "v1.0.0", "v1.1.0")
        assert "# churn" in mreg.ok(*given, repo=repo).out
        coloured = mreg.ok(*given, "--color", "always", repo=repo).out
        assert "# churn" not in coloured
        assert "\x1b[" in coloured

    def test_nothing_there(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("changelog", "churn", "latest", repo=repo)
        assert done.out == "# churn: since v1.3.0\n\nchurn has no version after v1.3.0.\n"

    def test_what_makes_no_sense(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("changelog", "churn", "--json", "--md", repo=repo).code == 2
        assert mreg("changelog", "nothing", repo=repo).code == 1


HOSTILE = [
    "<script>alert(1)</script>",
    "# A heading",
    "a\n===",
    "a\n---",
    "a\n:-:",
    "| a |\n| --- |",
    "- a\n- b",
    "1. a\n2) b",
    "> quoted",
    "    code\n\tcode",
    "```\ncode\n```",
    "~~~\ncode",
    "[a](javascript:alert(1)) ![x](http://evil.example/x.png)",
    "http://evil.example www.evil.example a@evil.example",
    "[a]: http://evil.example\n\n[a]",
    "@ann #1 GH-1 :smile: $x$ &lt;b&gt;",
    "back\\\nslash\\",
    "\x1b[31mred\x1b[0m \u202e",
    "<!--\n\nall that follows",
    "- [ ] a task",
]


@pytest.mark.parametrize("message", HOSTILE)
def test_what_people_wrote_is_text_alone(message: str, make_repository: Maker) -> None:
    harmless = "A word."
    shapes = []
    for number, text in enumerate((message, harmless)):
        repo = make_repository(
            [Tag("churn@v1.0.0", 0, 1, text), Tag("churn#prod#1", 0, 2, text)], name=f"of-{number}"
        )
        found = words.text(Registry.open(repo.path).changelog("churn"))
        html = cmarkgfm.github_flavored_markdown_to_html(found)
        shapes.append(_elements(html))
        assert "\x1b" not in found
    assert shapes[0] == shapes[1]


def _elements(html: str) -> list[str]:
    """Return the elements of a document but paragraphs, line breaks and what hides characters."""
    found = re.findall(r"<(/?[a-z0-9]+|!--)", html)
    return [it for it in found if it.strip("/") not in ("p", "br", "span", "!--")]
