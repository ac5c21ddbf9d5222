"""A job that runs again: what is so already is done; another thing under its name is refused."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from people import Shared
from repositories import Maker, Repository, Tag

TAGS = [
    Tag("churn@v1.0.0", 0, 0),
    Tag("churn@v1.1.0", 1, 10),
    Tag("churn#prod#1", 0, 20),
    Tag("churn#prod#2", 1, 30),
    Tag("churn@v0.9.0", 2, 40),
    Tag("churn@v0.9.0!", 2, 50),
    Tag("old@v1.0.0", 0, 0),
    Tag("old@deprecated", 0, 10),
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=4)


AGAIN = [
    ("register churn HEAD~2", "churn v1.1.0 is already registered (tag churn@v1.1.0)"),
    ("register churn HEAD~2 --version 1.1.0", "churn v1.1.0 is already registered"),
    ("register churn HEAD~2 --bump minor", "churn v1.1.0 is already registered"),
    ("promote churn prod", "churn v1.1.0 is already in prod (tag churn#prod#2)"),
    ("promote churn prod --rev HEAD~2 --register", "churn v1.1.0 is already in prod"),
    ("promote churn prod --rev HEAD~2 --register --bump minor", "is already in prod"),
    ("deregister churn@v0.9.0", "churn v0.9.0 is already deregistered (tag churn@v0.9.0!)"),
    ("deprecate old", "old is already deprecated (tag old@deprecated)"),
]


@pytest.mark.parametrize(("command", "said"), AGAIN)
@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_what_is_so_already_is_done(
    command: str, said: str, more: list[str], repo: Repository, mreg: CommandLine
) -> None:
    before = repo.contents()
    assert said in mreg.ok(*command.split(), *more, repo=repo).out
    assert mreg.ok(*command.split(), *more, "--json", repo=repo).json["changed"] is False
    assert repo.contents() == before


REFUSED = [
    ("register churn HEAD~3 --version v1.1.0", "churn v1.1.0 is already registered, by"),
    ("register churn HEAD~2 --version v1.2.0", "is already churn v1.1.0"),
    ("register churn HEAD~2 --bump major", "is already churn v1.1.0"),
    ("register churn HEAD~2 --bump release", "is already a release"),
    ("promote churn prod --rev HEAD~2 --register --bump major", "is already churn v1.1.0"),
]


@pytest.mark.parametrize(("command", "said"), REFUSED)
def test_another_thing_under_the_same_name_is_refused(
    command: str, said: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg(*command.split(), repo=repo)
    assert done.code != 0
    assert said in done.err


def test_another_digest_is_another_thing(mreg: CommandLine, make_repository: Maker) -> None:
    said = b"churn: {type: model, path: m}\nother: {type: model, path: m}\n"
    repo = make_repository(commits=[{"artifacts.yaml": said, "m": b"1"}])
    mreg.ok("register", "churn", "--digest", repo=repo)
    assert mreg.ok("register", "churn", "--digest", "--json", repo=repo).json["changed"] is False
    mreg.ok("register", "other", repo=repo)
    done = mreg("register", "other", "--digest", repo=repo)
    assert (done.code, "is already registered, with no digest" in done.err) == (1, True)


def test_a_demotion_is_done_when_the_version_has_left(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = make_repository(TAGS, commits=4)
    mreg.ok("demote", "churn@v1.1.0", "prod", repo=repo)
    done = mreg.ok("demote", "churn@v1.1.0", "prod", repo=repo)
    assert done.out == "churn v1.1.0 was already demoted from prod (tag churn#prod!#3)\n"
    assert done.err == "prod holds v1.0.0.\n"
    assert mreg("demote", "churn@v1.1.0", "dev", repo=repo).code == 1  # it never was there


def test_all_leaves_a_stage_empty_and_the_holder_last(
    mreg: CommandLine, make_repository: Maker
) -> None:
    repo = make_repository(TAGS, commits=4)
    rehearsed = mreg.ok("demote", "churn", "prod", "--all", "--dry-run", repo=repo)
    assert rehearsed.err == "prod would then hold nothing.\n"
    done = mreg.ok("demote", "churn", "prod", "--all", "--json", repo=repo)
    assert [it["version"] for it in done.json["events"]] == ["v1.0.0", "v1.1.0"]
    assert [it["holders"] for it in done.json["events"]] == [{"prod": "v1.1.0"}, {"prod": None}]
    again = mreg.ok("demote", "churn", "prod", "--all", "--json", repo=repo)
    assert (again.json["changed"], again.json["tag"]) == (False, "churn#prod!#4")
    nowhere = mreg("demote", "churn", "dev", "--all", repo=repo)
    assert (nowhere.code, "churn has no version in dev" in nowhere.err) == (1, True)


def test_a_demotion_says_beforehand_who_takes_over(repo: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("demote", "churn", "prod", "--dry-run", repo=repo)
    assert done.err == "prod would then hold v1.0.0.\n"
    told = mreg.ok("demote", "churn", "prod", "--dry-run", "--json", repo=repo).json
    assert told["holders"] == {"prod": "v1.0.0"}


@pytest.fixture
def rolled_back(make_repository: Maker) -> Repository:
    tags = [
        *TAGS[:4],
        Tag("churn#dev#3", 1, 40),
        Tag("churn#prod#4", 0, 50, message="Back\n\nVersion: v1.0.0\nRollback: v1.1.0"),
    ]
    return make_repository(tags, commits=4)


def test_an_artifact_alone_means_what_holds_the_stage(
    rolled_back: Repository, mreg: CommandLine
) -> None:
    """Its latest version, v1.1.0, was in the stage, too: nobody means that one."""
    done = mreg.ok("demote", "churn", "prod", repo=rolled_back)
    assert done.out == "Demoted churn v1.0.0 from prod (tag churn#prod!#5)\n"
    assert done.err == "prod now holds nothing.\n"


def test_a_demotion_of_what_was_rolled_back_from_says_who_holds_the_stage(
    rolled_back: Repository, mreg: CommandLine
) -> None:
    done = mreg("demote", "churn@latest", "prod", repo=rolled_back)
    assert (done.code, "churn v1.1.0 is not in prod" in done.err) == (1, True)
    assert "prod holds v1.0.0: run `mreg demote churn#prod prod`" in done.err
    done = mreg.ok("demote", "churn@v1.1.0", "prod", repo=rolled_back)
    assert done.out == "churn v1.1.0 was already rolled back from prod (tag churn#prod#4)\n"
    assert done.err == "prod holds v1.0.0.\n"
    told = mreg.ok("demote", "churn@v1.1.0", "prod", "--json", repo=rolled_back).json
    assert (told["version"], told["holders"]) == ("v1.1.0", {"prod": "v1.0.0"})


@pytest.mark.parametrize(
    "what",
    ["churn", "churn@latest", "churn#dev", "churn --rev HEAD~2", "churn --rev HEAD~2 --register"],
)
def test_what_was_rolled_back_from_comes_back_by_name_or_force_alone(
    what: str, rolled_back: Repository, mreg: CommandLine
) -> None:
    """A job that promotes the latest version must not put a bad one back by itself."""
    name, *more = what.split()
    done = mreg("promote", name, "prod", *more, repo=rolled_back)
    assert done.code == 1
    assert " rolled prod back from churn v1.1.0 at " in done.err
    [hint] = (it for it in done.err.splitlines() if it.startswith("hint: "))
    advised = hint.removeprefix("hint: run `mreg ").partition("`")[0].split()
    for typed in (["promote", name, "prod", *more, "--force"], advised):
        told = mreg.ok(*typed, "--dry-run", "--json", repo=rolled_back)
        assert (told.json["version"], told.json["holders"]) == ("v1.1.0", {"prod": "v1.1.0"})
        [said] = told.json["warnings"]
        assert said in told.err
        assert said.endswith("; this restores it")


def test_a_new_version_is_promoted_after_a_rollback(
    rolled_back: Repository, mreg: CommandLine
) -> None:
    done = mreg.ok("promote", "churn", "prod", "--register", "--json", repo=rolled_back)
    assert [it["warnings"] for it in done.json["events"]] == [[], []]


def test_the_end_of_what_holds_a_stage_is_forced(mreg: CommandLine, make_repository: Maker) -> None:
    repo = make_repository(TAGS, commits=4)
    done = mreg("deregister", "churn@v1.1.0", repo=repo)
    assert done.code == 1
    assert "churn v1.1.0 holds prod; without it, prod would hold v1.0.0" in done.err
    mreg.ok("deregister", "churn@v1.0.0", repo=repo)  # it only stands behind
    done = mreg("deregister", "churn@v1.1.0", repo=repo)
    assert "without it, prod would hold nothing" in done.err
    assert mreg.ok("deregister", "churn@v1.1.0", "--force", repo=repo).err == (
        "prod now holds nothing.\n"
    )


def test_a_deprecation_that_ends_is_said(mreg: CommandLine, make_repository: Maker) -> None:
    repo = make_repository([*TAGS, Tag("churn@deprecated", 0, 60)], commits=4)
    told = mreg.ok("register", "churn", "--dry-run", repo=repo).err
    assert told.endswith("churn would no longer be deprecated; prod would hold v1.1.0 again.\n")
    done = mreg.ok("register", "churn", "--json", repo=repo)
    assert done.err.endswith("churn is no longer deprecated; prod holds v1.1.0 again.\n")
    assert (done.json["ends_deprecation"], done.json["holders"]) == (True, {"prod": "v1.1.0"})


@pytest.mark.parametrize("command", ["register churn", "promote churn prod"])
def test_with_push_the_remote_has_it_then(
    command: str, mreg: CommandLine, shared_by_all: Shared
) -> None:
    """The first run made it here alone, or was cut short before it published."""
    shared = shared_by_all
    mreg.ok("register", "churn", repo=shared.ann)
    mreg.ok("promote", "churn", "prod", repo=shared.ann)
    for _ in range(2):
        done = mreg.ok(*command.split(), "--push", "--json", repo=shared.ann).json
        assert done["changed"] is False
        assert set(shared.tags()) == {"churn@v0.0.1", "churn#prod#1"}
        assert shared.in_step(shared.ann)


def test_what_is_so_here_and_not_at_the_remote_any_more_is_done_anew(
    mreg: CommandLine, shared: Shared
) -> None:
    shared.ann.git("commit", "-q", "--allow-empty", "-m", "new")
    shared.ann.git("push", "-q", "origin", "main")
    mreg.ok("register", "churn", "HEAD~1", "--push", repo=shared.ann)
    mreg.ok("promote", "churn@v0.0.1", "prod", "--push", repo=shared.ann)
    shared.bob.git("pull", "-q")
    mreg.ok("promote", "churn", "prod", "--register", "--push", repo=shared.bob)
    done = mreg.ok("promote", "churn@v0.0.1", "prod", "--push", "--json", repo=shared.ann).json
    assert (done["changed"], done["tag"]) == (True, "churn#prod#3")


def test_what_is_new_is_marked(mreg: CommandLine, make_repository: Maker) -> None:
    repo = make_repository(commits=1)
    done = mreg.ok("promote", "churn", "prod", "--register", repo=repo)
    assert done.out == (
        "Registered churn v0.0.1 (tag churn@v0.0.1) (new artifact)\n"
        "Promoted churn v0.0.1 to prod (tag churn#prod#1) (new stage)\n"
    )
    told = mreg.ok("promote", "churn", "dev", "--json", repo=repo).json
    assert told["new"] == ["stage"]


class TestTypos:
    """A name that is close to another's is asked about before anything of it is made."""

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ("register chrun", "there is no artifact 'chrun' yet: did you mean churn?"),
            ("promote chrun prod --register", "there is no artifact 'chrun' yet: did you mean"),
            ("promote churn prdo", "there is no stage 'prdo' yet: did you mean prod?"),
            ("promote old prdo", "there is no stage 'prdo' yet: did you mean prod?"),
            ("promote churn prdo --rev HEAD --register", "there is no stage 'prdo' yet"),
        ],
    )
    def test_it_is_refused_and_new_makes_it(
        self, command: str, said: str, repo: Repository, mreg: CommandLine
    ) -> None:
        before = repo.refs()
        done = mreg(*command.split(), repo=repo)
        assert (done.code, said in done.err, "add --new" in done.err) == (1, True, True)
        assert repo.refs() == before
        assert "(new " in mreg.ok(*command.split(), "--new", repo=repo).out

    @pytest.mark.parametrize(
        "command", ["promote chrun prod", "promote chrun prdo", "rollback chrun prod"]
    )
    def test_a_mistyped_artifact_is_told_first(
        self, command: str, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg(*command.split(), repo=repo)
        assert (done.code, "did you mean churn?" in done.err) == (1, True)

    @pytest.mark.parametrize(
        "command", ["register churn2", "promote churn prod-2", "promote old prod", "register nlp"]
    )
    def test_what_may_well_be_new_is_made(
        self, command: str, repo: Repository, mreg: CommandLine
    ) -> None:
        mreg.ok(*command.split(), repo=repo)

    def test_what_is_annotated_at_that_commit_is_no_typo(
        self, mreg: CommandLine, make_repository: Maker
    ) -> None:
        said = b"churns: {type: model, path: m}\n"
        repo = make_repository(
            [Tag("churn@v1.0.0")], commits=[{}, {"artifacts.yaml": said, "m": b""}]
        )
        assert mreg("register", "churns", "HEAD~1", repo=repo).code == 1
        mreg.ok("register", "churns", repo=repo)

    def test_a_stage_that_the_policy_names_is_no_typo(
        self, mreg: CommandLine, make_repository: Maker
    ) -> None:
        policy = b"stages: {prod: {}, prods: {}}\n"
        tags = [Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)]
        repo = make_repository(tags, commits=[{".mreg.yaml": policy}])
        mreg.ok("promote", "churn", "prods", repo=repo)


def test_nothing_else_is_published_with_what_the_remote_has(
    shared: Shared, mreg: CommandLine
) -> None:
    """A job that registered again brought a promotion to production that was made here alone."""
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    mreg.ok("promote", "churn", "prod", repo=shared.ann)
    done = mreg.ok("register", "churn", "--push", repo=shared.ann)
    assert "already" in done.out
    assert "prod" not in shared.remote.git("tag")
    assert (
        "Pushed churn#prod#1" in mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann).err
    )
    assert "churn#prod#1" in shared.remote.git("tag")
