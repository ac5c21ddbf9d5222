"""The writing commands: what they make and say, and what they refuse without a trace."""

from __future__ import annotations

import re

import pytest

from commandline import CommandLine
from repositories import Lightweight, Maker, Repository, SetClock, Tag

TAGS = [
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 10),
    Tag("churn#prod#1", 0, 20),
    Tag("churn#prod#2", 1, 30),
    Tag("churn@v0.9.0", 2, 40),
    Tag("churn@v0.9.0!", 2, 50),
]


@pytest.fixture
def repo(make_repository: Maker, set_clock: SetClock) -> Repository:
    set_clock(1000)
    annotated = {"artifacts.yaml": b"{churn: {}, 'new:model': {}}\n"}
    return make_repository(TAGS, commits=[annotated] * 4)


def made(repo: Repository, before: dict[str, str]) -> dict[str, str]:
    """Return the tags that came, by name, with their text; none may have gone or moved."""
    after = repo.refs()
    assert before.items() <= after.items()
    return {
        ref.removeprefix("refs/tags/"): repo.git("cat-file", "tag", after[ref])
        for ref in after.keys() - before.keys()
    }


GTO = "warning: commit X has had {} of churn: GTO fails in all of this repository {}\n"
DONE = [
    (["register", "churn"], "churn@v1.1.1", "Registered churn v1.1.1 (tag churn@v1.1.1)\n", ""),
    (
        ["register", "churn", "HEAD~1", "--bump", "major"],
        "churn@v2.0.0",
        "Registered churn v2.0.0 (tag churn@v2.0.0)\n",
        GTO.format("v0.9.0 and v2.0.0", "as soon as one of them is promoted"),
    ),
    (
        ["register", "churn", "--version", "v0.9.0"],
        "churn@v0.9.0#3",
        "Registered churn v0.9.0 (tag churn@v0.9.0#3)\n",
        "",
    ),
    (
        ["register", "new:model"],
        "new=model@v0.0.1",
        "Registered new:model v0.0.1 (tag new=model@v0.0.1) (new artifact)\n",
        "",
    ),
    (
        ["register", "churn", "HEAD~3", "--force"],
        "churn@v1.0.1",
        "Registered churn v1.0.1 (tag churn@v1.0.1)\n",
        "warning: v1.0.1 follows v1.0.0, the newest version among the ancestors of commit X; the"
        " latest version is still v1.1.0\n" + GTO.format("v1.0.0 and v1.0.1", "from now on"),
    ),
    (
        ["promote", "churn@v1.0.0", "prod"],
        "churn#prod#3",
        "Promoted churn v1.0.0 to prod (tag churn#prod#3)\n",
        "",
    ),
    (
        ["promote", "churn", "eu/dev"],
        "churn#eu/dev#3",
        "Promoted churn v1.1.0 to eu/dev (tag churn#eu/dev#3) (new stage)\n",
        "",
    ),
    (
        ["promote", "churn#prod", "dev"],
        "churn#dev#3",
        "Promoted churn v1.1.0 to dev (tag churn#dev#3) (new stage)\n",
        "",
    ),
    (
        ["promote", "churn", "dev", "--rev", "HEAD~3"],
        "churn#dev#3",
        "Promoted churn v1.0.0 to dev (tag churn#dev#3) (new stage)\n",
        "",
    ),
    (
        ["promote", "churn", "prod", "--force"],
        "churn#prod#3",
        "Promoted churn v1.1.0 to prod (tag churn#prod#3)\n",
        "",
    ),
    (
        ["demote", "churn", "prod"],
        "churn#prod!#3",
        "Demoted churn v1.1.0 from prod (tag churn#prod!#3)\n",
        "prod now holds v1.0.0.\n",
    ),
    (
        ["demote", "churn@v1.0.0", "prod"],
        "churn#prod!#3",
        "Demoted churn v1.0.0 from prod (tag churn#prod!#3)\n",
        "prod now holds v1.1.0.\n",
    ),
    (
        ["rollback", "churn", "prod"],
        "churn#prod#3",
        "Promoted churn v1.0.0 to prod (tag churn#prod#3)\n",
        "v1.0.0 replaces v1.1.0 in prod.\n",
    ),
    (
        ["deregister", "churn#prod", "--force"],
        "churn@v1.1.0!",
        "Deregistered churn v1.1.0 (tag churn@v1.1.0!)\n",
        "prod now holds v1.0.0.\n",
    ),
    (["deprecate", "churn"], "churn@deprecated", "Deprecated churn (tag churn@deprecated)\n", ""),
]


@pytest.mark.parametrize(("arguments", "tag", "out", "err"), DONE)
class TestDone:
    def test_one_annotated_tag_is_made_and_told_of(
        self,
        arguments: list[str],
        tag: str,
        out: str,
        err: str,
        repo: Repository,
        mreg: CommandLine,
    ) -> None:
        before = repo.refs()
        done = mreg(*arguments, "-m", "Because", repo=repo)
        said = re.sub("commit [0-9a-f]{12}", "commit X", done.err)
        assert (done.code, done.out, said) == (0, out, err)
        [(name, text)] = made(repo, before).items()
        assert name == tag
        assert f"\ntag {tag}\ntagger Ann Example <ann@example.com> 1700001000 +0000\n" in text
        assert "\n\nBecause\n\n" in text
        assert "\nPrevious: " in text

    def test_a_dry_run_writes_nothing(
        self,
        arguments: list[str],
        tag: str,
        out: str,
        err: str,
        repo: Repository,
        mreg: CommandLine,
    ) -> None:
        before = repo.contents()
        done = mreg.ok(*arguments, "--dry-run", repo=repo)
        assert repo.contents() == before
        assert done.out.startswith("Would ")
        assert re.search(rf"\n  tag +{re.escape(tag)}\n", done.out)

    def test_a_dry_run_tells_what_would_be_made(
        self,
        arguments: list[str],
        tag: str,
        out: str,
        err: str,
        repo: Repository,
        mreg: CommandLine,
    ) -> None:
        planned = mreg.ok(*arguments, "--dry-run", "--json", repo=repo).json
        assert planned.pop("dry_run") is True
        assert mreg.ok(*arguments, "--json", repo=repo).json == planned


REFUSED = [
    (["register", "churn", "HEAD~3", "--version", "3.0.0"], "is already churn v1.0.0", "--force"),
    (["register", "churn", "--version", "v1.0.0"], "v1.0.0 is already registered", "--version"),
    (["register", "churn", "--version", "1.0"], "'1.0' is not a version", "three numbers"),
    (["register", "churn", "nope"], "'nope' is not a commit here", "git log"),
    (["register", "churn", "HEAD:file"], "is not a commit here", "git log"),
    (["register", "churn", "--", "--output=x"], "'--output=x' is not a commit here", "git log"),
    (["register", "churn", "--bump", "release"], "is already a release", "--bump patch"),
    (["register", "ch urn"], "is not an artifact name", "letters"),
    (["register", "a..b:churn"], "Git cannot hold", ""),
    (["register", "-m", "x", "--", "-churn"], "is not an artifact name", "letters"),
    (["register", "CHURN"], "differs from the artifact churn only in case", "churn"),
    (["register", "nlp/churn"], "a folder of the other", "another name"),
    (["register", "fraud"], "a folder of the other", "another name"),
    (["register", "churn", "-m", "-----BEGIN PGP SIGNATURE-----"], "a signature", "indent"),
    (["register", "churn", "-m", "\udcff"], "not UTF-8", "UTF-8"),
    (["promote", "churn@v9.9.9", "prod"], "churn has no version v9.9.9", "mreg show churn"),
    (["promote", "churn@v0.9.0", "prod"], "churn v0.9.0 was deregistered", "--version v0.9.0"),
    (["promote", "chrun", "prod"], "there is no artifact 'chrun'", "did you mean churn?"),
    (["promote", "churn", "pr od"], "'pr od' is not a stage name", "letters"),
    (["promote", "churn", "PROD"], "differs from the stage prod", "promote to prod"),
    (["promote", "churn#dev", "prod"], "churn has no version in dev", "prod"),
    (["promote", "churn", "dev", "--rev", "HEAD"], "is not a version of churn", "--register"),
    (["promote", "churn", "dev", "--rev", "nope"], "'nope' is not a commit", "git log"),
    (
        ["demote", "churn@v1.1.0", "dev"],
        "churn v1.1.0 is not in dev",
        "churn has no version in dev",
    ),
    (["demote", "churn#dev", "dev"], "churn has no version in dev", "prod"),
    (["rollback", "churn", "dev"], "churn has no version in dev", "mreg history churn"),
    (["rollback", "chrun", "prod"], "there is no artifact 'chrun'", "did you mean churn?"),
    (["deregister", "churn@v1.1.0"], "churn v1.1.0 holds prod; without it", "--force"),
    (["deregister", "churn@v9.9.9"], "churn has no version v9.9.9", ""),
    (["deprecate", "chrun"], "there is no artifact 'chrun'", "did you mean churn?"),
]
WRONG_USAGE = [
    (["register"], "is missing"),
    (["register", "churn", "--version", "v2.0.0", "--bump", "major"], "cannot be used together"),
    (["register", "churn", "--bump", "sideways"], "sideways"),
    (["promote", "churn"], "no stage is given"),
    (["promote", "churn@v1.0.0", "dev", "--rev", "HEAD"], "both name a version"),
    (["promote", "churn@v1.0.0", "dev", "--register"], "already names a version"),
    (["promote", "churn", "dev", "--bump", "major"], "require --register"),
    (
        ["promote", "churn", "dev", "--rev", "HEAD~3", "--register", "--bump", "minor"],
        "is already churn v1.0.0",
    ),
    (["deregister", "churn"], "does not name a version"),
    (["register", "churn", "HEAD", "more"], "unexpected argument: more"),
    (["register", "churn", "--unknown"], "there is no option --unknown"),
]


class TestRefused:
    @pytest.fixture
    def repo(self, make_repository: Maker) -> Repository:
        others: list[Tag | Lightweight] = [Tag("old@deprecated"), Lightweight("nlp")]
        return make_repository([*TAGS, *others, Lightweight("fraud@v0.0.1/x")], commits=4)

    @pytest.mark.parametrize(("arguments", "message", "hint"), REFUSED)
    @pytest.mark.parametrize("options", [[], ["--json"], ["--dry-run"]])
    def test_with_a_reason_and_a_hint_and_without_a_trace(
        self,
        arguments: list[str],
        message: str,
        hint: str,
        options: list[str],
        repo: Repository,
        mreg: CommandLine,
    ) -> None:
        before = repo.contents()
        done = mreg(arguments[0], *options, *arguments[1:], repo=repo)
        assert (done.code, done.out) == (1, "")
        error, _, rest = done.err.partition("\n")
        assert error.startswith("error: ")
        assert message in error
        assert hint in rest
        assert repo.contents() == before

    @pytest.mark.parametrize(("arguments", "message"), WRONG_USAGE)
    def test_wrong_usage_ends_with_exit_code_2(
        self, arguments: list[str], message: str, repo: Repository, mreg: CommandLine
    ) -> None:
        before = repo.contents()
        done = mreg(*arguments, repo=repo)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith("error: ")
        assert message in done.err.splitlines()[0]
        assert repo.contents() == before

    def test_a_rollback_without_a_predecessor(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)])
        done = mreg("rollback", "churn", "prod", repo=repo)
        assert done.code == 1
        assert "no other version of churn held prod before" in done.err
        assert "mreg demote churn#prod`" in done.err


class TestTogether:
    def test_a_commit_is_registered_and_promoted_at_once(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        before = repo.refs()
        done = mreg.ok("promote", "churn", "prod", "--rev", "HEAD", "--register", repo=repo)
        assert done.out == (
            "Registered churn v1.1.1 (tag churn@v1.1.1)\n"
            "Promoted churn v1.1.1 to prod (tag churn#prod#3)\n"
        )
        assert made(repo, before).keys() == {"churn@v1.1.1", "churn#prod#3"}

    def test_what_has_a_version_is_promoted_alone(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        before = repo.refs()
        mreg.ok("promote", "churn", "dev", "--rev", "HEAD~3", "--register", repo=repo)
        assert made(repo, before).keys() == {"churn#dev#3"}

    def test_both_are_made_or_neither(self, make_repository: Maker, mreg: CommandLine) -> None:
        """The promotion's tag would need another tag for a folder."""
        repo = make_repository([*TAGS, Lightweight("churn#dev")], commits=4)
        before = repo.contents()
        done = mreg("promote", "churn", "dev/x", "--rev", "HEAD", "--register", repo=repo)
        assert done.code == 1
        assert "churn#dev" in done.err
        after = repo.contents()
        assert after[0] == before[0]

    def test_each_event_names_the_one_before(self, repo: Repository, mreg: CommandLine) -> None:
        for arguments in (["register"], ["promote", "dev"], ["rollback", "prod"], ["deprecate"]):
            mreg.ok(arguments[0], "churn", *arguments[1:], repo=repo)
        found = mreg.ok("history", "churn", "--reverse", "--json", repo=repo).json["events"]
        mine = [it for it in found if "Previous" in it["trailers"]]
        assert len(mine) == 4
        oids = [it["oid"] for it in found]
        assert [it["trailers"]["Previous"] for it in mine] == oids[-5:-1]
        assert mreg.ok("doctor", repo=repo).err == "No problems found.\n"

    def test_rolling_back_twice_goes_two_versions_back(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = make_repository(commits=3)
        for rev in repo.commits:
            mreg.ok("promote", "churn", "prod", "--rev", rev, "--register", repo=repo)
        said = [mreg("rollback", "churn", "prod", repo=repo).err for _ in range(3)]
        assert said[:2] == [
            "v0.0.2 replaces v0.0.3 in prod.\n",
            "v0.0.1 replaces v0.0.2 in prod.\n",
        ]
        assert said[2].startswith(
            "error: no earlier version of churn is left in prod: v0.0.3 was rolled back, v0.0.2 "
            "was rolled back"
        )

    def test_what_was_rolled_back_from_is_not_deployed_again_by_a_demotion(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        """A demotion of what was put back made the broken version current again."""
        repo = make_repository(commits=2)
        for rev in repo.commits:
            mreg.ok("promote", "churn", "prod", "--rev", rev, "--register", repo=repo)
        mreg.ok("rollback", "churn", "prod", repo=repo)
        said = mreg.ok("demote", "churn#prod", "prod", repo=repo)
        assert said.err == "prod now holds nothing.\n"
        told = mreg.ok("ci", "churn#prod!#4", "--format", "json", repo=repo).json
        assert told["current_version"] is None
        assert mreg("show", "churn#prod", repo=repo).code == 1
        mreg.ok("promote", "churn@v0.0.2", "prod", repo=repo)  # on purpose
        assert mreg.ok("show", "churn#prod", "--field", "version", repo=repo).out == "v0.0.2\n"
        assert mreg.ok("doctor", repo=repo).err == "No problems found.\n"

    def test_a_deprecation_ends_with_the_next_registration_of_the_same_second(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        mreg.ok("deprecate", "churn", repo=repo)
        mreg.ok("register", "churn", repo=repo)
        assert mreg.ok("show", "churn", "--json", repo=repo).json["deprecated"] is False


def test_the_taggers_name_and_time_are_those_of_git(
    repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, set_clock: SetClock
) -> None:
    set_clock(5000, "-0730")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Zoë Ünal")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "zoe@example.com")
    found = mreg.ok("register", "churn", "--json", repo=repo).json
    assert (found["author"], found["author_email"]) == ("Zoë Ünal", "zoe@example.com")
    assert found["created_at"] == "2023-11-14T16:06:40-07:30"


def test_a_clock_that_went_back_does_not_turn_the_order_round(
    repo: Repository, mreg: CommandLine, set_clock: SetClock
) -> None:
    set_clock(-1_000_000)
    mreg.ok("register", "churn", repo=repo)
    mreg.ok("promote", "churn", "prod", repo=repo)
    mreg.ok("deregister", "churn@v1.1.1", "--force", repo=repo)
    assert mreg.ok("show", "churn#prod", "-f", "version", repo=repo).out == "v1.1.0\n"
    assert mreg.ok("doctor", repo=repo).err == "No problems found.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("register", "churn", ""),
        ("register", "churn", "--version", ""),
        ("promote", "churn", "prod", "--rev", ""),
        ("show", ""),
        ("show", "--at", ""),
        ("show", "churn", "--field", ""),
        ("history", ""),
        ("history", "--since", ""),
        ("history", "--stage", ""),
    ],
)
def test_an_empty_value_is_never_taken_for_none(
    words: tuple[str, ...], make_repository: Maker, mreg: CommandLine
) -> None:
    """A script whose variable is not set must not promote whatever happens to be the latest."""
    repo = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)])
    before = repo.refs()
    done = mreg(*words, repo=repo)
    assert done.code in (1, 2)
    assert done.err.startswith("error: ")
    assert repo.refs() == before
