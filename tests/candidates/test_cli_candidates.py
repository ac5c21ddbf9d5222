"""`mreg candidates`: its table, its sentences, and its JSON."""

from __future__ import annotations

import json

import pytest

from branching import Step, experiment, grow, trained
from commandline import CommandLine
from repositories import Maker, Repository, Tag
from terminals import in_terminal, plain

NAMES = {"newest", "against", "stage", "sorted_by", "direction", "metrics", "candidates"}
CANDIDATE = {
    *("commit", "places", "created_at", "author", "author_email", "subject", "differs"),
    *("metrics", "params", "content", "allowed", "problems", "command"),
}


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """A version in prod, a branch that is better and an experiment that is worse."""
    tags = [Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1, "Go.\n\nVersion: v1.0.0")]
    made = make_repository(tags, commits=[trained("first", auc=0.8)])
    base = made.commits[0]
    grow(
        made,
        [
            Step("trying", trained("second", "depth: 2", auc=0.9), (base,)),
            Step(experiment("brown-moth", base), trained("third", auc=0.75), (base,)),
        ],
    )
    return made


TABLE = """\
where                  commit   date               author       not as in v1.0.0  auc
experiment brown-moth  {1}  2023-11-04 12:13Z  Ann Example  model, metrics    0.75 (-0.05)
trying                 {0}  2023-11-04 12:13Z  Ann Example  everything        0.9 (+0.1)
v1.0.0 in prod         {2}  2023-11-14 22:13Z  Ann Example  -                 0.8
"""


def ids(repo: Repository) -> tuple[str, str, str]:
    refs = repo.refs()
    tried = refs[experiment("brown-moth", repo.commits[0])]
    return refs["refs/heads/trying"][:7], tried[:7], repo.commits[0][:7]


def test_the_table(repo: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("candidates", "churn", repo=repo)
    assert done.out == TABLE.format(*ids(repo))
    oid = repo.refs()[experiment("brown-moth", repo.commits[0])][:12]
    assert done.err == (
        f"To register the first: mreg register churn {oid}\n"
        "An experiment's commit is not on a branch. To create a branch of it: dvc exp branch "
        "brown-moth BRANCH\n"
    )
    done = mreg.ok("candidates", "churn", "--repo", str(repo.path))
    assert f"mreg register --repo {repo.path} churn {oid}\n" in done.err


def test_the_command_that_it_names_registers_the_candidate(
    repo: Repository, mreg: CommandLine
) -> None:
    for wanted in ("trying", "brown-moth"):
        found = mreg.ok("candidates", "churn", "--json", repo=repo).json["candidates"]
        [it] = [one for one in found if one["places"][0]["name"] == wanted]
        command = it["command"].split()
        assert command[0] == "mreg"
        mreg.ok(*command[1:], repo=repo)
        assert mreg.ok("show", "churn@latest", "--json", repo=repo).json["commit"] == it["commit"]
    done = mreg.ok("candidates", "churn", repo=repo)
    assert done.out == ""
    assert done.err.startswith("churn has no candidates: nothing on any branch, and no experiment")


def test_where_none_are_asked_for_it_is_not_said_that_there_are_none(
    repo: Repository, mreg: CommandLine
) -> None:
    done = mreg.ok("candidates", "churn", "--limit", "0", repo=repo)
    assert done.err.startswith("No candidates of churn are shown\n")
    assert "more: --all" in done.err
    done = mreg.ok("candidates", "churn", "--branch", "nosuch*", repo=repo)
    assert done.err.startswith("churn has no candidates: no requested branch")


def test_on_a_terminal_of_eighty_columns(repo: Repository) -> None:
    lines = plain(in_terminal("candidates", "churn", "--sort", "auc", repo=repo))
    assert all(len(it) <= 80 for it in lines)
    words = " ".join(" ".join(lines).split())
    assert words.index("trying") < words.index("brown-moth") < words.index("v1.0.0 in prod")
    assert "2023-11-04 Ann Example everything 0.9 (+0.1)" in words


def test_the_json(repo: Repository, mreg: CommandLine) -> None:
    found = mreg.ok("candidates", "churn", "--sort", "auc", "--json", repo=repo).json
    assert found.keys() >= NAMES
    assert all(it.keys() == CANDIDATE for it in found["candidates"])
    first, second = found["candidates"]
    assert first["metrics"] == [
        {
            "name": "auc", "before": 0.8, "after": 0.9, "delta": 0.1,
            "direction": "higher", "verdict": "better", "full_name": "metrics.json:auc",
        }
    ]  # fmt: skip
    assert [it["kind"] for it in second["places"]] == ["experiment"]
    assert first["params"] == [
        {"name": "depth", "kind": "changed", "before": 1, "after": 2,
         "full_name": "params.yaml:depth"}
    ]  # fmt: skip


def test_how_many(repo: Repository, mreg: CommandLine) -> None:
    done = mreg.ok("candidates", "churn", "-n", "1", repo=repo)
    assert "1 more: --all" in done.err
    assert "more: --all" not in mreg.ok("candidates", "churn", "-n", "1", "-a", repo=repo).err
    assert mreg("candidates", "churn", "-n", "-1", repo=repo).code == 2


def test_the_policy_wants_a_branch(repo: Repository, mreg: CommandLine) -> None:
    grow(
        repo,
        [Step("main", {".mreg.yaml": b"register: {branches: [main]}\n"}, (repo.commits[0],))],
    )
    done = mreg.ok("candidates", "churn", repo=repo)
    assert done.err == (
        "The policy accepts registrations only from main: dvc exp branch brown-moth BRANCH,"
        " merge that into main and push it\n"
    )
    found = mreg.ok("candidates", "churn", "--json", repo=repo).json
    command = found["candidates"][0]["command"].split()[1:]
    done = mreg(*command, repo=repo)
    assert (done.code, "is not in main" in done.err) == (1, True)
    done = mreg.ok("candidates", "churn", "--branch", "trying", repo=repo)
    assert "only from main: merge trying into main and push it" in done.err


def test_names_that_mean_something_elsewhere(make_repository: Maker, mreg: CommandLine) -> None:
    """A branch's name reaches a terminal escaped, and a command quoted."""
    repo = make_repository([Tag("churn@v1.0.0")], commits=[trained("first")])
    base = repo.commits[0]
    odd = ("-x;$(id)", "<b>&amp;", "caf\u00e9", "a\u202eb", "b'c")
    steps = [Step(f"refs/heads/{it}", trained(it), (base,)) for it in odd]
    grow(repo, [*steps, Step(experiment("$(id)", base), trained("exp"), (base,))])
    done = mreg.ok("candidates", "churn", repo=repo)
    assert "\u202e" not in done.out
    assert "-x;$(id)" in done.out
    assert "dvc exp branch '$(id)' BRANCH" in done.err
    listed = mreg.ok("candidates", "churn", "--json", repo=repo).json
    assert {it["places"][0]["name"] for it in listed["candidates"]} == {*odd, "$(id)"}


def test_nothing_says_what_it_is(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository([Tag("churn@v1.0.0")])
    done = mreg.ok("candidates", "churn", repo=repo)
    assert "differs from v1.0.0 in model, metrics or params" in done.err
    assert json.loads(mreg.ok("candidates", "churn", "--json", repo=repo).out)["candidates"] == []


def test_what_completes_a_branch(repo: Repository) -> None:
    from mreg.cli import candidates

    assert candidates._branches(str(repo.path), "tr") == ["trying"]
    assert candidates._branches(str(repo.path.parent), "") == []
