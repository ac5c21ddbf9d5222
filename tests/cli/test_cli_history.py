"""`mreg history`, `mreg check-tag` by its earlier names, and `mreg doctor`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commandline import CommandLine
from repositories import BOB, START, Lightweight, Maker, Repository, Tag, tag_bytes

TAGS = [
    Tag("churn@v1.0.0", 0, 0, "First release"),
    Tag("churn#prod#1", 0, 3600),
    Tag("churn@v1.1.0", 1, 86_400, "Second", BOB, "+0530"),
    Tag("churn#prod#2", 1, 90_000, "Ship it", BOB),
    Tag("churn#prod!#3", 1, 100_000, "It leaks"),
    Tag("churn@v1.1.0!", 1, 200_000),
    Tag("nlp@v0.0.1", 0, 300_000),
    Tag("nlp#dev#1", 0, 300_100),
    Tag("nlp@deprecated", 0, 400_000),
]


_OCTOBER = int(datetime(2023, 10, 29, tzinfo=UTC).timestamp()) - START
_IN_UTC = ["2023-10-29 03:00Z", "2023-10-29 02:30Z", "2023-10-29 02:00Z", "2023-10-29 01:30Z"]
_IN_UTC += ["2023-10-29 01:00Z", "2023-10-29 00:30Z", "2023-10-28 00:00Z"]
_IN_PARIS = ["2023-10-29 04:00+01", "2023-10-29 03:30+01", "2023-10-29 03:00+01"]
_IN_PARIS += ["2023-10-29 02:30+01", "2023-10-29 02:00+01", "2023-10-29 02:30+02"]
_IN_PARIS += ["2023-10-28 02:00+02"]


@pytest.fixture
def in_paris(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put whoever asks into the time zone of Paris; `_isolated` takes it back."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS)


def listed(arguments: list[str], repo: Repository, mreg: CommandLine) -> list[str]:
    """Return the tags of the events that a command lists."""
    return [it["tag"] for it in mreg.ok("history", *arguments, "--json", repo=repo).json["events"]]


class TestHistory:
    def test_a_line_for_each_event_newest_first(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("history", "-n", "3", repo=repo) == (
            0,
            (
                "date               artifact  event      version  stage  author       message\n"
                "2023-11-19 13:20Z  nlp       deprecate  -        -      Ann Example  A tag.\n"
                "2023-11-18 09:35Z  nlp       promote    v0.0.1   dev    Ann Example  A tag.\n"
                "2023-11-18 09:33Z  nlp       register   v0.0.1   -      Ann Example  A tag.\n"
            ),
            "",
        )

    def test_of_one_artifact_it_needs_no_column(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("history", "churn", repo=repo) == (
            0,
            (
                "date               event       version  stage  author       message\n"
                "2023-11-17 05:46Z  deregister  v1.1.0   -      Ann Example  A tag.\n"
                "2023-11-16 02:00Z  demote      v1.1.0   prod   Ann Example  It leaks\n"
                "2023-11-15 23:13Z  promote     v1.1.0   prod   Bob Sample   Ship it\n"
                "2023-11-15 22:13Z  register    v1.1.0   -      Bob Sample   Second\n"
                "2023-11-14 23:13Z  promote     v1.0.0   prod   Ann Example  A tag.\n"
                "2023-11-14 22:13Z  register    v1.0.0   -      Ann Example  First release\n"
            ),
            "",
        )

    @pytest.mark.parametrize("asked", [[], ["--utc"]], ids=["local", "utc"])
    def test_a_time_of_a_table_can_be_typed_and_is_that_event(
        self,
        asked: list[str],
        in_paris: None,
        make_repository: Maker,
        mreg: CommandLine,
    ) -> None:
        """Events of three zones, and of the hour that Paris's clocks show twice on 29 October."""
        zones = ("-0730", "+0000", "+0530", "+0100", "+0200", "-0800")
        repo = make_repository(
            [Tag("churn@v1.0.0", 0, _OCTOBER - 86_400)]
            + [
                Tag(f"churn#s{n}#{n}", 0, _OCTOBER + 1800 * n, zone=zone)
                for n, zone in enumerate(zones, 1)
            ]
        )
        shown = mreg.ok("history", *asked, repo=repo).out.splitlines()[1:]
        moments = [line[:19].strip() for line in shown]
        assert moments == (_IN_UTC if asked else _IN_PARIS)
        for when, line in zip(moments, shown, strict=True):
            span = ["--since", when, "--until", when]
            for options in (asked, []):  # also without --utc, what it showed is that moment
                found = mreg.ok("history", *options, *span, repo=repo).out.splitlines()[1:]
                assert [it.split()[2:] for it in found] == [line.split()[2:]]
        for when, stage in zip(moments, range(6, 0, -1), strict=False):
            held = mreg.ok("show", "churn", "--at", when, "--json", repo=repo).json["stages"]
            assert sorted(held) == [f"s{n}" for n in range(1, stage + 1)]

    def test_with_utc_a_time_without_offset_is_read_in_utc(
        self, in_paris: None, repo: Repository, mreg: CommandLine
    ) -> None:
        of_day = ["history", "--since", "2023-11-16", "--until", "2023-11-16"]
        assert mreg.ok(*of_day, repo=repo).out.count("demote") == 1  # at 3:00 in Paris
        at = ["history", "--until", "2023-11-16 02:30", "-n", "1"]
        assert "It leaks" not in mreg.ok(*at, repo=repo).out
        assert "It leaks" in mreg.ok(*at, "--utc", repo=repo).out

    @pytest.mark.parametrize(
        ("arguments", "tags"),
        [
            (["nlp"], ["nlp@deprecated", "nlp#dev#1", "nlp@v0.0.1"]),
            (["nlp", "--reverse"], ["nlp@v0.0.1", "nlp#dev#1", "nlp@deprecated"]),
            (["--stage", "prod"], ["churn#prod!#3", "churn#prod#2", "churn#prod#1"]),
            (["--action", "promote"], ["nlp#dev#1", "churn#prod#2", "churn#prod#1"]),
            (["--action", "deregister"], ["churn@v1.1.0!"]),
            (["--action", "deprecate"], ["nlp@deprecated"]),
            (["--action", "demote"], ["churn#prod!#3"]),
            (["--author", "bob"], ["churn#prod#2", "churn@v1.1.0"]),
            (["--author", "SAMPLE.ORG"], ["churn#prod#2", "churn@v1.1.0"]),
            (["--author", "nobody"], []),
            (["--since", "2023-11-18"], ["nlp@deprecated", "nlp#dev#1", "nlp@v0.0.1"]),
            (["--until", "2023-11-14"], ["churn#prod#1", "churn@v1.0.0"]),
            (["--until", "2023-11-14T22:13:20Z"], ["churn@v1.0.0"]),
            (["--since", "2023-11-15", "--until", "2023-11-15"], ["churn#prod#2", "churn@v1.1.0"]),
            (["--since", "1d"], []),
            (["-n", "1"], ["nlp@deprecated"]),
            (["--limit", "2"], ["nlp@deprecated", "nlp#dev#1"]),
            (["-n", "2", "--reverse"], ["nlp#dev#1", "nlp@deprecated"]),
            (["-n", "0"], []),
            (["nlp", "-n", "1" + "0" * 30], ["nlp@deprecated", "nlp#dev#1", "nlp@v0.0.1"]),
            (["churn", "--stage", "prod", "--action", "promote", "-n", "1"], ["churn#prod#2"]),
        ],
    )
    def test_filters(
        self, arguments: list[str], tags: list[str], repo: Repository, mreg: CommandLine
    ) -> None:
        assert listed(arguments, repo, mreg) == tags

    def test_that_there_is_nothing_is_said(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("history", "--author", "nobody", repo=repo) == (0, "", "No events.\n")

    @pytest.mark.parametrize(
        ("arguments", "code", "message"),
        [
            (["chrun"], 1, "there is no artifact 'chrun'"),
            (["--since", "yesterday"], 1, "'yesterday' is not a time"),
            (["--until", "2023-02-30"], 1, "'2023-02-30' is not a time"),
            (["--stage", "pr od"], 1, "'pr od' is not a stage name"),
            (["-n", "-1"], 2, "-1"),
            (["-n", "many"], 2, "many"),
            (["--action", "explode"], 2, "explode"),
        ],
    )
    def test_bad_filters_are_refused(
        self, arguments: list[str], code: int, message: str, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg("history", *arguments, repo=repo)
        assert (done.code, done.out) == (code, "")
        assert message in done.err


class TestCheckRef:
    @pytest.mark.parametrize("text", ["churn#prod#2", "refs/tags/churn#prod#2"])
    def test_it_tells_which_event_a_tag_stands_for(
        self, text: str, repo: Repository, mreg: CommandLine
    ) -> None:
        assert mreg("check-ref", text, repo=repo) == (
            0,
            (
                "event     promote\n"
                "artifact  churn\n"
                "version   v1.1.0\n"
                "stage     prod\n"
                "tag       churn#prod#2\n"
                f"commit    {repo.commits[1]}\n"
                "date      2023-11-15 23:13:20Z\n"
                "author    Bob Sample <bob@sample.org>\n"
                "message   Ship it\n"
            ),
            "",
        )

    @pytest.mark.parametrize("tag", [it.name for it in TAGS])
    def test_each_event_of_the_history_is_found(
        self, tag: str, repo: Repository, mreg: CommandLine
    ) -> None:
        [event] = [
            it for it in mreg.ok("history", "--json", repo=repo).json["events"] if it["tag"] == tag
        ]
        assert mreg.ok("check-ref", tag, "--json", repo=repo).json == event

    @pytest.mark.parametrize(
        ("tag", "message"),
        [
            ("churn@v9.0.0", "there is no tag churn@v9.0.0"),
            ("v1.0.0", "'v1.0.0' is not the name of a registry tag"),
            (
                "churn@1.0.0",
                "'churn@1.0.0' is not the name of a registry tag (although it resembles one)",
            ),
            ("light@v1.0.0", "light@v1.0.0 is not an event: it is a lightweight tag"),
            ("tree@v1.0.0", "tree@v1.0.0 is not an event: it points to a tree"),
            (
                "copy@v1.0.0",
                "copy@v1.0.0 is not an event: the tag object belongs to 'churn@v1.0.0'",
            ),
            ("refs/heads/main", "'refs/heads/main' is not the name of a registry tag"),
        ],
    )
    @pytest.mark.parametrize("options", [[], ["--json"]])
    def test_what_is_no_event_is_told_with_the_reason(
        self,
        tag: str,
        message: str,
        options: list[str],
        make_repository: Maker,
        mreg: CommandLine,
    ) -> None:
        repo = make_repository([*TAGS, Lightweight("light@v1.0.0"), Tag("churn@1.0.0")])
        tree = repo.git("rev-parse", "HEAD^{tree}").strip()
        repo.put_tag("tree@v1.0.0", tag_bytes("tree@v1.0.0", tree, kind="tree"))
        repo.put_ref("copy@v1.0.0", repo.refs()["refs/tags/churn@v1.0.0"])
        done = mreg("check-ref", tag, *options, repo=repo)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(f"error: {message}")
        assert "\nhint: " in done.err


class TestParseTag:
    @pytest.mark.parametrize("text", ["models=nlp#eu/prod!#7", "refs/tags/models=nlp#eu/prod!#7"])
    def test_it_needs_no_repository(self, text: str, tmp_path: Path, mreg: CommandLine) -> None:
        assert mreg("parse-tag", text, repo=tmp_path) == (
            0,
            "action    demote\nartifact  models:nlp\nstage     eu/prod\nnumber    7\n",
            "",
        )

    @pytest.mark.parametrize(
        ("text", "values"),
        [
            ("churn@v1.0.0-rc.1", ["register", "churn", "v1.0.0-rc.1", None, None]),
            ("churn@v1.0.0!#3", ["deregister", "churn", "v1.0.0", None, 3]),
            ("churn#prod", ["promote", "churn", None, "prod", None]),
            ("a=b@deprecated", ["deprecate", "a:b", None, None, None]),
        ],
    )
    def test_json(
        self, text: str, values: list[str | int | None], tmp_path: Path, mreg: CommandLine
    ) -> None:
        found = mreg.ok("parse-tag", text, "--json", repo=tmp_path).json
        assert found == dict(
            zip(["action", "artifact", "version", "stage", "number"], values, strict=True)
        )

    @pytest.mark.parametrize(
        "text", ["v1.0.0", "churn@1.0", "churn", "", "churn#prod#0", "é@v1.0.0"]
    )
    def test_other_text_is_refused(self, text: str, tmp_path: Path, mreg: CommandLine) -> None:
        done = mreg("parse-tag", text, repo=tmp_path)
        assert (done.code, done.out) == (1, "")
        assert "is not the name of a registry tag" in done.err


class TestDoctor:
    def test_all_is_well(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("doctor", repo=repo) == (0, "", "No problems found.\n")
        assert mreg.ok("doctor", "--json", repo=repo).json == {"problems": []}

    def test_errors_are_listed_and_end_with_exit_code_1(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@1.0"), Lightweight("churn@v2.0.0")])
        repo.put_tag("churn@v3.0.0", tag_bytes("churn@v3.0.0", "1" * 40))
        done = mreg("doctor", repo=repo)
        assert done.code == 1
        assert [line.split()[:3] for line in done.out.splitlines()[::2]] == [
            ["error", "MR017", "churn@v3.0.0:"],
            ["warning", "MR001", "churn@1.0:"],
            ["warning", "MR002", "churn@v2.0.0:"],
        ]
        assert all(line.startswith("    ") for line in done.out.splitlines()[1::2])
        assert done.err == "Found 1 error, 2 warnings.\n"

    def test_warnings_alone_end_with_exit_code_0(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository([Lightweight("churn@v1.0.0")])
        assert mreg.ok("doctor", repo=repo).err == "Found 1 warning.\n"
