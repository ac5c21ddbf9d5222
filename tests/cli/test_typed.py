"""Words as people type them: "churn prod", "churn v1.0.0 prod", the end of a name, a pattern."""

from __future__ import annotations

import re

import pytest

from commandline import CommandLine
from repositories import Maker, Repository, Tag
from terminals import in_terminal

ANNOTATED = {"artifacts.yaml": b"churn:\n  type: model\n  metrics: {auc: 0.9}\n"}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(
        [
            Tag("churn@v1.0.0"),
            Tag("churn@v1.1.0", 1, 1),
            Tag("churn#prod#1", 0, 2),
            Tag("churn#staging#2", 1, 3),
            Tag("teams/team1=model-01@v1.0.0", 0, 4),
            Tag("teams/team2=other@v1.0.0", 0, 5),
            Tag("teams/team3=other@v1.0.0", 0, 6),
        ],
        commits=[ANNOTATED, ANNOTATED],
    )


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("show churn prod", "show churn#prod"),
        ("show churn v1.0.0", "show churn@v1.0.0"),
        ("show churn 1.0.0", "show churn@v1.0.0"),
        ("show churn latest --field tag", "show churn@latest --field tag"),
        ("describe churn prod", "describe churn#prod"),
        ("lineage churn prod", "lineage churn#prod"),
        ("env churn prod", "env churn#prod"),
        ("package churn prod --digest", "package churn#prod --digest"),
        ("get churn prod", "get churn#prod"),
        ("export churn prod --format model-card", "export churn#prod --format model-card"),
        ("history churn#prod", "history churn --stage prod"),
        ("history churn prod", "history churn --stage prod"),
        ("history churn prod", "history churn#prod --stage prod"),
        ("audit churn", "audit --artifact churn"),
        ("audit churn#prod", "audit --artifact churn --stage prod"),
        ("verify teams/team1:model-01", "verify teams/team1=model-01@v1.0.0"),
        ("compare churn", "compare churn v1.1.0 v1.0.0"),
        ("compare churn@v1.0.0 churn#staging", "compare churn v1.0.0 staging"),
        ("diff churn v1.0.0 v1.1.0", "diff churn@v1.0.0 churn@v1.1.0"),
        ("diff churn@v1.0.0 v1.1.0", "diff churn@v1.0.0 churn@v1.1.0"),
        ("diff churn", "diff churn@v1.0.0 churn@v1.1.0"),
        ("compare churn --min auc", "compare churn --lower-better auc"),
        ("compare churn --max auc", "compare churn --higher-better auc"),
        ("best churn auc --min", "best churn auc --lower-better auc"),
        ("best churn auc --max", "best churn auc --higher-better auc"),
        ("best churn auc", "best churn --metric auc"),
        ("best churn auc", "best churn auc --metric auc"),
        ("log churn -n 1", "history churn -n 1"),
        ("diff churn prod staging", "diff churn#prod churn#staging"),
        ("changelog churn@v1.0.0 churn@v1.1.0", "changelog churn v1.0.0 v1.1.0"),
        ("changelog churn@v1.0.0 v1.1.0", "changelog churn v1.0.0 v1.1.0"),
        ("changelog churn#prod v1.1.0", "changelog churn churn#prod v1.1.0"),
        ("stages model-01", "stages teams/team1:model-01"),
        ("policy check churn v1.0.0 prod", "policy check churn@v1.0.0 prod"),
        ("promote churn v1.1.0 prod --dry-run", "promote churn@v1.1.0 prod --dry-run"),
        ("promote churn latest prod --dry-run", "promote churn@latest prod --dry-run"),
        ("demote churn v1.0.0 prod --dry-run", "demote churn@v1.0.0 prod --dry-run"),
        ("demote churn#prod --dry-run", "demote churn#prod prod --dry-run"),
        ("demote churn#prod --all --dry-run", "demote churn prod --all --dry-run"),
        ("rollback churn#prod", "rollback churn prod"),
        ("deregister churn v1.1.0 --dry-run", "deregister churn@v1.1.0 --dry-run"),
        ("approve churn v1.1.0 prod --dry-run", "approve churn@v1.1.0 prod --dry-run"),
        (
            "register churn@v2.0.0 --force --dry-run",
            "register churn --version v2.0.0 --force --dry-run",
        ),
        ("show model-01", "show teams/team1:model-01"),
        ("show team1:model-01 v1.0.0", "show teams/team1:model-01@v1.0.0"),
        ("history model-01@v1.0.0", "history teams/team1:model-01"),
        ("audit --artifact model-01", "audit --artifact teams/team1:model-01"),
        ("verify model-01", "verify teams/team1=model-01@v1.0.0"),
        ("show teams/*", "show teams/"),
    ],
)
def test_it_is_the_same(typed: str, means: str, repo: Repository, mreg: CommandLine) -> None:
    found, same = mreg(*typed.split(), repo=repo), mreg(*means.split(), repo=repo)
    said = [it for it in found.err.splitlines() if not it.startswith("note: ")]
    notes = [it for it in same.err.splitlines() if not it.startswith("note: ")]
    assert (found.code, found.out, said) == (same.code, same.out, notes)
    assert found.out or found.err


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("promote churn prod staging", "mreg promote churn#prod staging"),
        ("promote churn prod v1.1.0", "mreg promote churn@v1.1.0 prod"),
        ("promote churn v1.1.0", "mreg promote churn@v1.1.0 STAGE"),
        ("promote churn@v1.1.0", "mreg promote churn@v1.1.0 STAGE"),
        ("promote churn@v1.1.0 v1.1.0 prod", "mreg promote churn@v1.1.0 prod"),
        ("promote churn#prod", "mreg promote churn@VERSION prod"),
        ("approve churn#prod", "mreg approve churn@VERSION prod"),
        ("demote churn", "mreg demote churn STAGE"),
        ("demote churn prod staging", "mreg demote churn#prod staging"),
        ("rollback churn", "mreg rollback churn STAGE"),
        ("rollback churn#prod staging", "mreg rollback churn staging"),
        ("deregister churn prod", "mreg deregister churn#prod"),
        ("register churn#prod", "mreg register churn"),
        ("register churn@v1.2.0 --version v2.0.0", "mreg register churn"),
        ("show churn@v1.0.0 prod", "NAME STAGE"),
        ("history churn#prod --stage staging", "omit --stage"),
        ("audit churn v1.0.0", "mreg audit --help"),
        ("audit churn@v1.0.0", "mreg audit NAME"),
        ("audit churn --artifact churn", "mreg audit NAME"),
        ("compare churn@v1.0.0 teams/team1:model-01@v1.0.0", "mreg diff churn@v1.0.0 teams/"),
        ("diff churn v1.0.0", "mreg diff NAME@v1.0.0"),
        ("diff churn@v1.0.0", "mreg diff NAME for the latest two"),
        ("diff v1.0.0 v1.1.0", "mreg diff NAME v1.0.0 v1.1.0, where NAME is one of churn, teams/"),
        ("compare v1.0.0 v1.1.0", "mreg compare NAME v1.0.0 v1.1.0, where NAME is one of churn"),
        ("best churn", "mreg best churn auc; the metrics are auc"),
        ("show churn --metrics", "mreg compare NAME shows the metrics"),
        ("show churn --columns version,auc", "; `mreg compare churn` shows metrics and params"),
        ("help inputs", "mreg help annotations: inputs is a field of artifacts.yaml"),
        ("best churn auc --metric loss", "leave --metric out"),
        ("status churn#prod", "mreg status churn --stage prod"),
        ("verify", "mreg verify --all"),
        ("policy check churn v1.0.0", "mreg policy check churn@v1.0.0 STAGE"),
        ("show teams/* --field version", "mreg show NAME --field version"),
        ("changelog churn@v1.0.0", "mreg changelog churn v1.0.0 for what came after it, mreg cha"),
        ("changelog churn#prod", "mreg changelog churn FROM churn#prod for what led to it"),
        ("changelog churn@v0.1.0 v1.0.0 v1.1.0", "mreg changelog churn v1.0.0 v1.1.0"),
        ("assign churn v1.1.0 prod", "mreg promote churn@v1.1.0 prod"),
        ("assign ml/fraud@v1.1.0 prod", "mreg promote ml/fraud@v1.1.0 prod"),
        ("assign fraud --stage prod", "mreg promote churn@v1.0.0 prod"),
        ("assign fraud;x prod", "mreg promote churn@v1.0.0 prod"),
        ("unassign fraud v1.1.0 prod more", "mreg demote churn@v1.0.0 prod"),
        ("alias fraud v1.1.0 prod", "in mreg: mreg promote fraud@v1.1.0 prod"),
        ("which fraud prod", "mreg show fraud#prod --field version"),
        ("latest fraud", "mreg show fraud@latest --field version"),
        ("revert fraud prod", "mreg rollback fraud prod"),
        ("unregister fraud", "mreg deregister churn@v1.0.0"),
        ("unregister fraud v1.1.0", "mreg deregister fraud@v1.1.0"),
        ("create fraud", "mreg register fraud"),
        ("plots fraud", "mreg compare churn@v1.0.0 churn --plots plots.svg"),
    ],
)
def test_what_could_mean_something_else_shows_the_line_to_type(
    typed: str, line: str, repo: Repository, mreg: CommandLine
) -> None:
    before = repo.git("for-each-ref")
    done = mreg(*typed.split(), repo=repo)
    assert (done.code, done.out) == (2, "")
    hint = done.err.splitlines()[1]
    assert hint.startswith("hint: ")
    assert line in hint
    assert repo.git("for-each-ref") == before


def test_the_one_artifact_is_named_before_versions(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([Tag("churn@v1.0.0")])
    for verb in ("compare", "diff"):
        done = mreg(verb, "v1.0.0", "v1.1.0", repo=repo)
        assert (done.code, done.out) == (2, "")
        assert done.err.endswith(f"hint: mreg {verb} churn v1.0.0 v1.1.0\n")


def test_one_version_cannot_be_compared_with_the_one_before(
    make_repository: Maker, mreg: CommandLine
) -> None:
    repo = make_repository([Tag("churn@v1.0.0")])
    done = mreg("diff", "churn", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert "churn has only one version, v1.0.0: diff compares two" in done.err


@pytest.mark.parametrize("typed", ["get churn@best", "show churn@best", "show churn#best"])
def test_the_best_is_asked_for_by_its_metric(
    typed: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg(*typed.split(), repo=repo)
    assert done.code == 1
    assert "hint: mreg best churn METRIC --field version" in done.err


@pytest.mark.parametrize(
    "typed", ["register churn v9.0.0", "register churn v9.0.0 --bump minor", "register churn 9.0.0"]
)
def test_a_version_in_place_of_a_commit(typed: str, repo: Repository, mreg: CommandLine) -> None:
    done = mreg(*typed.split(), repo=repo)
    version = typed.split()[2]
    assert done.code == 1
    assert f"mreg register churn@{version}" in done.err


def test_a_tag_that_looks_like_a_version_is_a_commit(repo: Repository, mreg: CommandLine) -> None:
    repo.git("tag", "v9.0.0", "HEAD")
    done = mreg.ok("register", "churn", "v9.0.0", "--force", "--dry-run", repo=repo)
    assert "Would register churn v1.1.1" in done.out


def test_the_end_of_a_name_is_told_and_not_written_to(repo: Repository, mreg: CommandLine) -> None:
    assert (
        mreg.ok("show", "model-01", repo=repo).err
        == "note: model-01 is teams/team1:model-01 here\n"
    )
    for words in (["promote", "model-01", "prod"], ["deprecate", "model-01"], ["undo", "model-01"]):
        refused = mreg(*words, repo=repo)
        assert refused.code == 1
        assert "hint: did you mean teams/team1:model-01?" in refused.err


def test_the_end_of_several_names_is_asked_about(repo: Repository, mreg: CommandLine) -> None:
    done = mreg("show", "other", repo=repo)
    assert done.code == 1
    assert "hint: did you mean teams/team2:other or teams/team3:other?" in done.err


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (
            "promote",
            "mreg promote churn@v1.0.0 prod (see mreg promote --help)",
        ),
        ("show churn --stage prod", "write NAME@v1.2.0 or NAME#STAGE: mreg help selectors"),
        ("stages --stage prod", "mreg stages lists all stages; mreg history --stage prod lists"),
        ("pending --stage prod", "mreg pending lists all stages, mreg pending NAME those of an"),
        ("policy check churn prod --policy x", "mreg verify --all --policy REV checks the"),
        ("demote churn --version v1.0.0", "write NAME@v1.2.0"),
        ("show --jsno", "did you mean --json?"),
        ("show --nosuch", "mreg show --help"),
    ],
)
def test_a_mistake_shows_an_example(
    typed: str, line: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg(*typed.split(), repo=repo)
    assert (done.code, done.out) == (2, "")
    assert line in done.err.splitlines()[1]


@pytest.mark.parametrize(
    ("typed", "message", "hint"),
    [
        ("sho", "there is no command 'sho'", "did you mean show?"),
        ("catalog refrsh", "there is no command 'refrsh'", "did you mean refresh?"),
        ("catalog xyz", "there is no command 'xyz'", "mreg catalog --help"),
        ("show --columns", "the option --columns needs a value", "mreg show --help"),
        ("export churn", "the option --format is missing", "mreg export churn#prod --format"),
        ("hook", "install or run is missing", "mreg hook install pre-push"),
        ("hook instal", "'instal' is not one of install, run", "did you mean install?"),
        (
            "show --color sometimes",
            "--color: 'sometimes' is not one of auto, always, never",
            "mreg show --help",
        ),
        ("history -n x", "-n: 'x' is not a whole number", "mreg history --help"),
        ("history -n -1", "-n: -1 is out of range: 0 or more", "mreg history --help"),
        ("serve churn --port 70000", "--port: 70000 is out of range: 0 to 65535", "mreg serve"),
        ("show -r a -r b", "-r takes one value, but is given 2 times", "for each repository"),
    ],
)
def test_a_mistake_is_told_in_words_of_ours(
    typed: str, message: str, hint: str, mreg: CommandLine
) -> None:
    done = mreg(*typed.split())
    assert (done.code, done.out) == (2, "")
    said, told = done.err.splitlines()
    assert said.replace("--repo takes", "-r takes") == f"error: {message}"
    assert told.startswith("hint: ")
    assert hint in told


def test_a_version_where_an_artifact_is_meant(repo: Repository, mreg: CommandLine) -> None:
    for words in (["annotate", "churn@v1.0.0"], ["undo", "churn#prod"], ["best", "churn@v1.0.0"]):
        given = ["--metric", "auc"] if words[0] == "best" else []
        done = mreg(*words, *given, repo=repo)
        assert (done.code, done.out) == (1, "")
        assert done.err.endswith("hint: write only the name, churn\n")
    for typed in (["churn@v1.0.0"], ["churn", "v1.0.0"], ["churn#prod"]):
        done = mreg("deprecate", *typed, repo=repo)  # the name alone would mark all versions
        assert (done.code, done.out) == (2, "")
        assert re.search(r"^hint: .*mreg deregister churn[@#]", done.err, re.MULTILINE)


@pytest.mark.parametrize("stage", ["release", "latest", "v2"])
def test_a_stage_may_be_called_as_versions_are(
    stage: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg.ok("promote", "churn", stage, "--dry-run", repo=repo)
    assert f"Would promote churn v1.1.0 to {stage} (new stage)\n" in done.out
    done = mreg.ok("promote", "churn", "release", stage, "--dry-run", repo=repo)
    assert f"Would promote churn v1.1.0 to {stage} (new stage)\n" in done.out


def test_patterns_and_folders_list(repo: Repository, mreg: CommandLine) -> None:
    def listed(*words: str) -> list[str]:
        found = mreg.ok("show", *words, "--json", repo=repo).json["artifacts"]
        return [it["name"] for it in found]

    assert listed("*other") == ["teams/team2:other", "teams/team3:other"]
    assert listed("teams/team1/") == listed("teams/team1:") == ["teams/team1:model-01"]
    assert listed("ch*", "--at", "2038-01-01") == ["churn"]
    assert mreg("show", "x*", repo=repo).err.startswith("error: no artifact matches 'x*'\n")
    assert mreg("show", "x*", "--json", repo=repo).code == 1


@pytest.mark.parametrize(
    ("words", "events"),
    [
        (["churn@v1.0.0"], ["churn#prod#1", "churn@v1.0.0"]),
        (["churn", "v1.1.0"], ["churn#staging#2", "churn@v1.1.0"]),
        (["churn@latest", "-n", "1"], ["churn#staging#2"]),
        (["churn", "v1.1.0", "--action", "register"], ["churn@v1.1.0"]),
    ],
)
def test_the_history_of_a_version(
    words: list[str], events: list[str], repo: Repository, mreg: CommandLine
) -> None:
    found = mreg.ok("history", *words, "--json", repo=repo).json["events"]
    assert [it["tag"] for it in found] == events


def test_the_history_of_a_version_that_is_none(repo: Repository, mreg: CommandLine) -> None:
    assert "churn has no version v7.0.0" in mreg("history", "churn@v7.0.0", repo=repo).err


def test_a_field_of_the_annotation(repo: Repository, mreg: CommandLine) -> None:
    assert mreg.ok("show", "churn", "prod", "-f", "metrics.auc", repo=repo).out == "0.9\n"
    assert mreg.ok("show", "churn", "-f", "type", repo=repo).out == "model\n"
    absent = mreg("show", "churn", "-f", "metrics.f1", repo=repo)
    assert (absent.code, absent.out) == (1, "")
    wrong = mreg("show", "churn", "-f", "nope", repo=repo)
    assert (wrong.code, wrong.out) == (2, "")
    assert "use one of artifact, version, " in wrong.err


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("auc", "did you mean metrics.auc?"),
        ("descripton", "did you mean description?"),
        ("output", "did you mean schema.output?"),
    ],
)
def test_a_field_that_is_nearly_one(
    field: str, hint: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg("show", "churn", "--field", field, repo=repo)
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[1] == f"hint: {hint}"


def test_input_may_be_what_the_model_takes_or_was_made_from(
    repo: Repository, mreg: CommandLine
) -> None:
    hint = mreg("show", "churn", "--field", "input", repo=repo).err.splitlines()[1]
    assert hint.startswith("hint: did you mean schema.input (what the model takes) or inputs (")


def test_a_terminal_tells_once_where_all_fields_are_written(repo: Repository) -> None:
    shown = in_terminal("show", "churn@v1.0.0", repo=repo)
    assert shown.count("artifacts.yaml") == 1
    assert "\nannotated in  artifacts.yaml\n" in shown


def test_describe_is_show_of_a_version(repo: Repository, mreg: CommandLine) -> None:
    for words in (["churn@v1.0.0"], ["churn", "prod"]):
        assert mreg.ok("describe", *words, repo=repo) == mreg.ok("show", *words, repo=repo)
    assert (
        "metrics   auc: 0.9  (artifacts.yaml)\n" in mreg.ok("show", "churn@v1.0.0", repo=repo).out
    )


def test_one_repository_is_meant(repo: Repository, mreg: CommandLine) -> None:
    for words in (["show"], ["register", "churn"], ["ls"]):
        done = mreg(*words, "--repo", "a", "-r", "b", repo=repo)
        assert (done.code, done.out) == (2, "")
        assert "--repo takes one value, but is given 2 times" in done.err


@pytest.mark.parametrize(
    ("typed", "error", "hint"),
    [
        ("status churn prod", "unexpected argument: ", "mreg status churn --stage prod"),
        ("watch churn --exec true", "unexpected argument: ", "mreg watch --repo ../models"),
        ("init --ci github --ci gitlab", "--ci takes one value", "run the command once for each"),
        ("search x --sort auc", "there is no option --sort\n", "mreg compare NAME --sort METRIC"),
        ("compare churn --where auc>1", "no option --where\n", "mreg best NAME METRIC --where"),
        ("site --to pages", "there is no option --to\n", "mreg site public"),
        ("site -o pages", "there is no option -o\n", "mreg site public"),
        ("status --endpoint x", "there is no option --endpoint\n", "mreg status --help"),
        ("status --stge x", "there is no option --stge\n", "did you mean --stage?"),
    ],
)
def test_words_and_options_of_other_commands_are_answered_with_what_to_type(
    typed: str, error: str, hint: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg(*typed.split(), repo=repo)
    assert (done.code, done.out) == (2, "")
    assert error in done.err
    assert hint in done.err.splitlines()[1]


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("history --stage stagin", "did you mean staging?"),
        ("log --stage stagin", "did you mean staging?"),
        ("history churn#stagin --json", "did you mean staging?"),
        ("history --stage nowhere", "the stages are prod, staging"),
    ],
)
def test_a_stage_that_was_never_used_is_no_empty_list(
    typed: str, hint: str, repo: Repository, mreg: CommandLine
) -> None:
    done = mreg(*typed.split(), repo=repo)
    assert (done.code, done.out) == (1, "")
    assert "in this registry" in done.err
    assert done.err.splitlines()[1] == f"hint: {hint}"


def test_a_stage_of_another_artifact_has_no_events_here(
    repo: Repository, mreg: CommandLine
) -> None:
    done = mreg("history", "team1:model-01", "--stage", "prod", repo=repo)
    assert (done.code, done.out) == (0, "")
    assert "No events." in done.err


def test_the_stages_of_one_artifact(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository(
        [Tag("churn@v1.0.0"), Tag("churn#prod#1"), Tag("fraud@v1.0.0"), Tag("fraud#dev#1")]
    )
    every = mreg.ok("stages", "--json", repo=repo).json["stages"]
    own = mreg.ok("stages", "churn", "--json", repo=repo).json["stages"]
    assert [it["stage"] for it in every] == ["dev", "prod"]
    assert own == every[1:]
    assert "there is no artifact 'nope'" in mreg("stages", "nope", repo=repo).err
