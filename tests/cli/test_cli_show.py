"""`mreg show` and `mreg stages`: what they print, into a pipe and as JSON."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from repositories import BOB, Maker, Repository, Tag

TAGS = [
    Tag("churn@v1.0.0", 0, 0, "First"),
    Tag("churn@v1.1.0", 1, 100, "Second\n\nwith a body", BOB, "+0530"),
    Tag("churn#prod#1", 0, 200),
    Tag("churn#prod#2", 1, 300, "Ship it", BOB),
    Tag("churn#staging#3", 1, 400),
    Tag("churn@v1.2.0-rc.1", 2, 500),
    Tag("churn@v0.9.0", 3, 600),
    Tag("churn@v0.9.0!", 3, 700),
    Tag("models=nlp@v0.0.1", 0, 800),
    Tag("old@v1.0.0", 0, 900),
    Tag("old@deprecated", 0, 1000),
]
ANNOTATIONS = b"churn:\n  type: model\n  path: churn.pkl\nraw-data:\n  type: dataset\n"


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    files = [{"churn.pkl": b"%d" % number} for number in range(3)]
    files[0]["artifacts.yaml"] = ANNOTATIONS
    return make_repository(TAGS, commits=[*files, {"README": b"\n"}])


class TestRegistry:
    def test_a_row_for_each_artifact(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("show", repo=repo) == (
            0,
            (
                "name        type     latest       #prod   #staging\n"
                "churn       model    v1.2.0-rc.1  v1.1.0  v1.1.0\n"
                "models:nlp  -        v0.0.1       -       -\n"
                "raw-data    dataset  -            -       -\n"
            ),
            "",
        )

    def test_what_is_deprecated_is_shown_on_request(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        for option in ("--all", "-a"):
            assert "old (deprecated)  -" in mreg.ok("show", option, repo=repo).out
        names = [it["name"] for it in mreg.ok("show", "--json", repo=repo).json["artifacts"]]
        assert names == ["churn", "models:nlp", "raw-data"]

    def test_as_it_stood(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg.ok("show", "--at", "2023-11-14T22:17:00Z", repo=repo).out == (
            "name   type   latest  #prod\nchurn  model  v1.1.0  v1.0.0\n"
        )

    @pytest.mark.parametrize("at", ["2023-11-14", "2023-11-14 23:00", "1d", "1d ago"])
    def test_as_it_stood_later_is_as_it_stands(
        self, at: str, repo: Repository, mreg: CommandLine
    ) -> None:
        then = mreg.ok("show", "--at", at, "--json", repo=repo).json["artifacts"]
        now = mreg.ok("show", "--json", repo=repo).json["artifacts"]
        assert then == [it for it in now if it["registered"]]

    @pytest.mark.parametrize("at", ["2023-11-13", "2023-11-14T22:13:19Z", "2000-01-01"])
    def test_before_the_first_event_there_is_nothing(
        self, at: str, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg("show", "--at", at, repo=repo)
        assert (done.code, done.out) == (0, "")
        assert done.err == "There were no artifacts at that time.\n"
        assert mreg("show", "--all", "--at", at, repo=repo).err == done.err

    def test_what_was_deprecated_by_then_is_told(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository()
        mreg.ok("register", "churn", repo=repo)
        mreg.ok("deprecate", "churn", repo=repo)
        said = "All artifacts were deprecated at that time: add --all to list them.\n"
        assert mreg.ok("show", "--at", "0d", repo=repo).err == said
        assert "churn" in mreg.ok("show", "--all", "--at", "0d", repo=repo).out

    def test_an_empty_registry_says_how_to_begin(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        empty = make_repository()
        assert mreg("show", repo=empty) == (
            0,
            "",
            "No artifacts yet. Register the first one: mreg register NAME\n",
        )
        assert mreg.ok("show", "--json", repo=empty).json == {"artifacts": [], "problems": []}

    def test_problems_are_mentioned_on_standard_error(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@1.0"), Tag("churn@2.0")])
        done = mreg.ok("show", repo=repo)
        assert done.out == "name   type  latest\nchurn  -     v1.0.0\n"
        assert done.err == (
            "warning: churn@1.0 and 1 more: they look almost like registry tags"
            " (see `mreg doctor`)\n"
        )
        problems = mreg.ok("show", "--json", repo=repo).json["problems"]
        assert [it["subject"] for it in problems] == ["churn@1.0", "churn@2.0"]


class TestArtifact:
    def test_its_versions_newest_first(self, repo: Repository, mreg: CommandLine) -> None:
        short = [it[:7] for it in repo.commits]
        assert mreg("show", "churn", repo=repo) == (
            0,
            (
                "version      stages         date               author       commit   message\n"
                f"v1.2.0-rc.1  -              2023-11-14 22:21Z  Ann Example  {short[2]}  A tag.\n"
                f"v1.1.0       prod, staging  2023-11-14 22:15Z  Bob Sample   {short[1]}  Second\n"
                f"v1.0.0       (prod)         2023-11-14 22:13Z  Ann Example  {short[0]}  First\n"
            ),
            "",
        )

    def test_of_a_deregistered_one_who_ended_it_and_why(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        told = mreg.ok("show", "churn@v0.9.0", repo=repo).out
        assert "version          v0.9.0 (deregistered)\n" in told
        assert (
            "deregistered     2023-11-14 22:25:00Z\n"
            "deregistered by  Ann Example <ann@example.com>\n"
            "with message     A tag.\n"
        ) in told
        assert "deregistered" not in mreg.ok("show", "churn@v1.0.0", repo=repo).out

    def test_deregistered_ones_on_request(self, repo: Repository, mreg: CommandLine) -> None:
        assert "v0.9.0 (deregistered)  -" in mreg.ok("show", "churn", "--all", repo=repo).out
        found = mreg.ok("show", "churn", "--all", "--json", repo=repo).json["versions"]
        assert [(it["version"], it["active"]) for it in found] == [
            ("v1.2.0-rc.1", True),
            ("v1.1.0", True),
            ("v1.0.0", True),
            ("v0.9.0", False),
        ]

    def test_as_it_stood(self, repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("show", "churn", "--at", "2023-11-14T22:13:30Z", "--json", repo=repo).json
        assert [it["version"] for it in found["versions"]] == ["v1.0.0"]
        assert found["stages"] == {}

    def test_that_it_is_deprecated_is_said(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("show", "old", repo=repo)
        assert done.err == "old is deprecated.\n"
        assert "v1.0.0" in done.out

    def test_without_versions_that_is_said(self, make_repository: Maker, mreg: CommandLine) -> None:
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v1.0.0!", 0, 1)])
        assert mreg("show", "churn", repo=repo) == (0, "", "churn has no versions.\n")


class TestVersion:
    @pytest.mark.parametrize(
        ("selector", "version"),
        [
            ("churn@v1.0.0", "v1.0.0"),
            ("churn@1.0.0", "v1.0.0"),
            ("churn@latest", "v1.2.0-rc.1"),
            ("churn#prod", "v1.1.0"),
            ("models:nlp@latest", "v0.0.1"),
            ("churn@v0.9.0", "v0.9.0"),
        ],
    )
    def test_a_selector_names_it(
        self, selector: str, version: str, repo: Repository, mreg: CommandLine
    ) -> None:
        assert mreg.ok("show", selector, "--json", repo=repo).json["version"] == version

    def test_in_full(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("show", "churn@v1.1.0", repo=repo) == (
            0,
            (
                "artifact  churn\n"
                "version   v1.1.0\n"
                "stages    prod, staging\n"
                "tag       churn@v1.1.0\n"
                f"commit    {repo.commits[1]}\n"
                "date      2023-11-14 22:15:00Z\n"
                "author    Bob Sample <bob@sample.org>\n"
                "message   Second\n"
                "          \n"
                "          with a body\n"
                "type      model  (artifacts.yaml)\n"
                "path      churn.pkl  (artifacts.yaml)\n"
            ),
            "",
        )

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("artifact", "churn"),
            ("version", "v1.1.0"),
            ("tag", "churn@v1.1.0"),
            ("created_at", "2023-11-15T03:45:00+05:30"),
            ("author", "Bob Sample"),
            ("author_email", "bob@sample.org"),
            ("message", r"Second\n\nwith a body"),
            ("active", "true"),
            ("stages", "prod\nstaging"),
        ],
    )
    def test_a_field_is_printed_bare(
        self, field: str, value: str, repo: Repository, mreg: CommandLine
    ) -> None:
        assert mreg("show", "churn#prod", "--field", field, repo=repo) == (0, f"{value}\n", "")

    def test_the_commit_is_whole(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("show", "churn#prod", "-f", "commit", repo=repo)
        assert done.out == f"{repo.commits[1]}\n"

    def test_a_field_of_a_name_is_that_of_its_latest_version(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        assert mreg.ok("show", "churn", "--field", "version", repo=repo).out == "v1.2.0-rc.1\n"

    def test_as_it_stood(self, repo: Repository, mreg: CommandLine) -> None:
        asked = ["show", "churn#prod", "--field", "version", "--at"]
        assert mreg.ok(*asked, "2023-11-14T22:17Z", repo=repo).out == "v1.0.0\n"
        assert mreg.ok(*asked, "2023-11-14T22:19Z", repo=repo).out == "v1.1.0\n"
        early = mreg(*asked, "2023-11-14T22:15Z", repo=repo)
        assert (early.code, early.out) == (1, "")

    @pytest.mark.parametrize(
        ("selector", "message", "hint"),
        [
            ("chrun", "there is no artifact 'chrun'", "did you mean churn?"),
            ("churn@v9.9.9", "churn has no version v9.9.9", ""),
            ("churn#prd", "churn has no version in prd", "did you mean prod?"),
            ("models:nlp#prod", "models:nlp has no version in prod", ""),
            ("churn@x", "'x' is not a version", "three numbers"),
            (
                "churn@prod",
                "'prod' is not a version",
                "for the version in a stage prod, write churn#prod",
            ),
            ("ch urn", "'ch urn' is not an artifact name", "letters"),
        ],
    )
    @pytest.mark.parametrize("options", [[], ["--json"], ["--field", "version"]])
    def test_what_is_absent_prints_nothing(
        self,
        selector: str,
        message: str,
        hint: str,
        options: list[str],
        repo: Repository,
        mreg: CommandLine,
    ) -> None:
        done = mreg("show", selector, *options, repo=repo)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(f"error: {message}")
        assert hint in done.err

    def test_an_unknown_field_is_a_wrong_usage(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg("show", "churn@latest", "--field", "colour", repo=repo)
        assert (done.code, done.out) == (2, "")
        assert "there is no field 'colour'" in done.err
        assert "author_email" in done.err


class TestStages:
    def test_each_with_who_holds_it(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("stages", repo=repo) == (
            0,
            (
                "stage    artifacts     last promotion\n"
                "prod     churn v1.1.0  2023-11-14 22:18Z\n"
                "staging  churn v1.1.0  2023-11-14 22:20Z\n"
            ),
            "",
        )

    def test_none_is_said(self, make_repository: Maker, mreg: CommandLine) -> None:
        done = mreg("stages", repo=make_repository())
        assert (done.code, done.out) == (0, "")
        assert done.err.startswith("No stages")


class TestWhatIsNotAnnotatedHere:
    """The branch with a version's annotation may not be the one that is checked out."""

    @pytest.fixture
    def elsewhere(self, make_repository: Maker) -> Repository:
        files = [
            {"artifacts.yaml": b"churn: {type: model, path: old.pkl}\n"},
            {"artifacts.yaml": b""},
        ]
        return make_repository([Tag("churn@v1.0.0", 0)], commits=files)

    def test_its_latest_versions_commit_says_what_it_is(
        self, elsewhere: Repository, mreg: CommandLine
    ) -> None:
        [row] = mreg.ok("show", "--json", repo=elsewhere).json["artifacts"]
        assert (row["type"], row["path"], row["annotated"]) == ("model", "old.pkl", False)
        assert "churn  model  v1.0.0" in mreg.ok("show", repo=elsewhere).out
        assert mreg.ok("show", "churn", "--json", repo=elsewhere).json["path"] == "old.pkl"

    def test_of_one_artifact_its_own_commit_counts_more_than_head(
        self, elsewhere: Repository, mreg: CommandLine
    ) -> None:
        (elsewhere.path / "artifacts.yaml").write_text("churn: {type: model, path: new.pkl}\n")
        elsewhere.git("add", "artifacts.yaml")
        elsewhere.git("commit", "-qm", "Move it")
        assert mreg.ok("show", "churn", "--json", repo=elsewhere).json["path"] == "old.pkl"
