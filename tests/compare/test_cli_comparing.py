"""`mreg diff`, `mreg compare` and `mreg best`, and what the library says of the same."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from typing import Any

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.errors import NotFound, UsageError
from repositories import Maker, Repository, Tag
from terminals import in_terminal

SHA = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393"


def lfs(size: int, digest: str = SHA) -> bytes:
    return (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {size}\n".encode()
    )


def annotated(metrics: str, *, params: str = "{}", more: str = "") -> bytes:
    return (
        f"churn:\n  type: model\n  path: model.pkl\n  metrics: {{{metrics}}}\n"
        f"  params: {params}\n  requirements: requirements.txt\n{more}"
    ).encode()


COMMITS = [
    {
        "artifacts.yaml": annotated(
            "auc: 0.8, loss: 0.5, rows: 9007199254740993",
            params="{model: {depth: 3}, seed: 1}",
            more="  inputs:\n    - {path: data, role: training}\n    - {artifact: raw@v1.0.0}\n",
        ),
        "model.pkl": lfs(1000),
        "data/a.csv": b"1\n",
        "requirements.txt": b"numpy==1.0  # for now\n",
    },
    {
        "artifacts.yaml": annotated(
            "auc: 0.9, loss: 0.25, rows: 9007199254740994",
            params="{model: {depth: 4}, seed: 1}",
            more="  inputs:\n    - {path: data, role: training}\n    - {artifact: raw@v1.1.0}\n",
        ),
        "model.pkl": lfs(2000, SHA[::-1]),
        "data/a.csv": b"2\n",
        "requirements.txt": b"numpy==2.0\ntorch\n",
    },
    {"artifacts.yaml": b"churn: [\n"},
    {"artifacts.yaml": b"{}\n"},
]


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    tags = [Tag(f"churn@v1.{number}.0", number, number) for number in range(4)]
    return make_repository([*tags, Tag("churn#prod#1", 0, 10)], commits=COMMITS)


DIFF = """\
churn: v1.0.0 to v1.1.0

Metrics
metric  v1.0.0            v1.1.0            change
auc     0.8               0.9               +0.1 (+12.5 %)    better
loss    0.5               0.25              -0.25 (-50 %)     better
rows    9007199254740993  9007199254740994  +1 (+1.11e-14 %)

Params
param        v1.0.0  v1.1.0
model.depth  3       4

Artifact
artifact  v1.0.0               v1.1.0
digest    sha256:4d7a214614ab  sha256:3932e71d42ac
size      1000 B               2.0 KiB (2000 B)

Inputs
input  v1.0.0                         v1.1.0
data   git:3daa3b352930, as training  git:f0313649c560, as training
raw    raw@v1.0.0                     raw@v1.1.0

Requirements
requirement  v1.0.0      v1.1.0
numpy        numpy==1.0  numpy==2.0
torch        -           torch

Commits in v1.1.0 that are not in v1.0.0
commit   date               author       subject
"""


class TestDiff:
    def test_into_a_pipe(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("diff", "churn@v1.0.0", "churn@v1.1.0", repo=repo)
        commit = f"{repo.commits[1][:7]}  2023-11-03 08:26Z  Ann Example  Commit 2.\n"
        assert (done.out, done.err) == (DIFF + commit, "")

    def test_turned_round_the_commits_are_lost(self, repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("diff", "churn@1.1.0", "churn#prod", "--json", repo=repo).json
        assert found["commits"] == []
        assert [it["commit"] for it in found["lost"]] == [repo.commits[1]]
        assert {it["name"]: it["verdict"] for it in found["metrics"]} == {
            "auc": "worse",
            "loss": "worse",
            "rows": None,
        }

    def test_json(self, repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("diff", "churn@v1.0.0", "churn@v1.1.0", "--json", repo=repo).json
        assert found["changed"] is True
        assert found["before"]["version"] == "v1.0.0"
        assert found["metrics"][2]["delta"] == 1
        assert found["artifact"]["before"] == {
            "path": "model.pkl",
            "place": "lfs",
            "digest": f"sha256:{SHA}",
            "size": 1000,
            "files": None,
        }
        data, raw = found["inputs"]
        assert data["before"]["content"]["place"] == "git"
        assert raw["after"] == {"artifact": "raw@v1.1.0"}

    def test_markdown(self, make_repository: Maker, mreg: CommandLine) -> None:
        hostile = b"churn:\n  description: '<b>|@ann #1\n\n    **x**'\n"
        files: list[dict[str, bytes]] = [{}, {"artifacts.yaml": hostile}]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=files)
        done = mreg.ok("diff", "churn@v1.0.0", "churn", "--md", repo=repo)
        assert done.out.startswith(
            "### churn: v1.0.0 to v2.0.0\n\n**Fields**\n\n"
            "| field | v1.0.0 | v2.0.0 |\n| --- | --- | --- |\n"
            "| description | \\- | &lt;b&gt;&#124;@<!-- -->ann #<!-- -->1\\\\n\\*\\*x\\*\\* |\n"
        )

    def test_nothing_differs_from_itself(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("diff", "churn@v1.0.0", "churn#prod", "--exit-code", repo=repo)
        assert (done.out, done.err) == ("churn: v1.0.0 to v1.0.0\n", "No differences.\n")

    @pytest.mark.parametrize("other", ["v1.1.0", "v1.2.0", "v1.3.0"])
    def test_the_exit_code(self, other: str, repo: Repository, mreg: CommandLine) -> None:
        arguments = ("diff", "churn@v1.0.0", f"churn@{other}")
        assert mreg(*arguments, repo=repo).code == 0
        assert mreg(*arguments, "--exit-code", repo=repo).code == 1

    def test_a_version_that_cannot_be_read(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("diff", "churn@v1.0.0", "churn@v1.2.0", repo=repo)
        assert "Metrics" not in done.out
        assert "No differences in what mreg can read." in done.err
        assert "warning: churn@v1.2.0: artifacts.yaml in its commit: cannot read it" in done.err

    def test_two_artifacts(self, make_repository: Maker, mreg: CommandLine) -> None:
        files = [{"artifacts.yaml": b"a:\n  metrics: {auc: 1}\nb:\n  metrics: {auc: 2}\n"}]
        repo = make_repository([Tag("a@v1.0.0"), Tag("b@v1.0.0")], commits=files)
        done = mreg.ok("diff", "a", "b", repo=repo)
        assert done.out.startswith("a v1.0.0 to b v1.0.0\n")

    def test_somebody_says_what_is_better(self, repo: Repository, mreg: CommandLine) -> None:
        arguments = ("diff", "churn@v1.0.0", "churn@v1.1.0", "--json")
        found = mreg.ok(*arguments, "--lower-better", "rows", "--higher-better", "loss", repo=repo)
        verdicts = {it["name"]: it["verdict"] for it in found.json["metrics"]}
        assert verdicts == {"auc": "better", "loss": "worse", "rows": "worse"}

    def test_what_makes_no_sense(self, repo: Repository, mreg: CommandLine) -> None:
        assert mreg("diff", "churn", "churn@v9.0.0", repo=repo).code == 1
        assert mreg("diff", "churn", "churn", "--json", "--md", repo=repo).code == 2


DVC_LOCK = """\
schema: '2.0'
stages:
  train:
    cmd: python train.py
    outs:
    - path: models
      hash: md5
      md5: {digest}.dir
      size: 30
      nfiles: 2
"""


class TestPointers:
    def contents(self, make_repository: Maker, path: str, *files: dict[str, bytes]) -> list[Any]:
        """Return what two versions' artifact is said to be, whose path is the same."""
        entry = f"churn:\n  path: {path}\n".encode()
        commits = [{"artifacts.yaml": entry, **it} for it in files]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=commits)
        found = Registry.open(repo.path).diff("churn@v1.0.0", "churn@v2.0.0")
        assert found.problems == ()
        assert found.artifact is not None
        return [found.artifact.before, found.artifact.after]

    def test_a_dvc_file(self, make_repository: Maker) -> None:
        files = [
            {"m/churn.pkl.dvc": f"outs:\n- md5: {it * 32}\n  size: 5\n  path: churn.pkl\n".encode()}
            for it in "ab"
        ]
        before, after = self.contents(make_repository, "m/churn.pkl", *files)
        assert before == ("m/churn.pkl", "dvc", f"md5:{'a' * 32}", 5, None)
        assert after.digest == f"md5:{'b' * 32}"

    def test_a_folder_in_dvc_lock(self, make_repository: Maker) -> None:
        files = [{"dvc.lock": DVC_LOCK.format(digest=it * 32).encode()} for it in "ab"]
        before, _ = self.contents(make_repository, "models/churn.pkl", *files)
        assert before == ("models/churn.pkl", "dvc", f"md5:{'a' * 32}.dir", 30, 2)

    def test_out_of_git_into_dvc(self, make_repository: Maker) -> None:
        pointer = b"outs:\n- md5: 0123\n  path: churn.pkl\n"
        files: list[dict[str, bytes]] = [{"churn.pkl": b"x"}, {"churn.pkl.dvc": pointer}]
        # fast-import keeps what a commit does not name: both are in the second, as after `dvc add`.
        before, after = self.contents(make_repository, "churn.pkl.dvc", *files)
        assert (before.place, after.place) == ("absent", "dvc")

    def test_a_url(self, make_repository: Maker) -> None:
        commits = [
            {"artifacts.yaml": f"churn:\n  path: s3://bucket/{it}.pkl\n".encode()} for it in "ab"
        ]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=commits)
        found = Registry.open(repo.path).diff("churn@v1.0.0", "churn@v2.0.0").artifact
        assert found is not None
        assert found.before == ("s3://bucket/a.pkl", "outside", None, None, None)

    @pytest.mark.parametrize("path", ["/etc/passwd", "../x", "..", "'a\\nb'", "'  '"])
    def test_a_path_that_is_not_in_the_repository(self, path: str, make_repository: Maker) -> None:
        files = [{"artifacts.yaml": f"churn:\n  path: {path}\n".encode()}, {"x": b""}]
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=files)
        assert not Registry.open(repo.path).diff("churn@v1.0.0", "churn@v2.0.0").changed


COMPARED = """\
version                 stages  auc    loss    rows              model.depth  seed
v1.3.0 (not annotated)  -       -      -       -                 -            -
v1.2.0 (unreadable)     -       -      -       -                 -            -
v1.1.0                  -       0.9 *  0.25 *  9007199254740994  4            1
v1.0.0                  prod    0.8    0.5     9007199254740993  3            1
"""


class TestCompare:
    def test_into_a_pipe(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("compare", "churn", repo=repo)
        assert done.out == COMPARED
        assert done.err.startswith("warning: churn@v1.2.0: ")

    @pytest.mark.parametrize("sort", [["--sort", "-auc"], ["--sort=-auc"], ["--sort", "loss"]])
    def test_sorted(self, sort: list[str], repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("compare", "churn", *sort, "--json", repo=repo).json
        versions = [it["version"] for it in found["versions"]]
        assert versions == ["v1.1.0", "v1.0.0", "v1.3.0", "v1.2.0"]

    def test_json(self, repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("compare", "churn", "--json", repo=repo).json
        assert found.keys() >= {"artifact", "metrics", "params", "versions"}
        assert found["metrics"][0] == {"name": "auc", "direction": "higher", "best": ["v1.1.0"]}
        assert found["params"] == ["model.depth", "seed"]
        first = found["versions"][-1]
        assert first["metrics"]["rows"] == 9007199254740993
        assert first["params"] == {"model.depth": 3, "seed": 1}
        assert [it["annotated"] for it in found["versions"]] == [False, False, True, True]
        assert found["versions"][1]["problems"][0]["code"] == "MR020"

    def test_csv(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("compare", "churn", "--metric", "auc", "--csv", "-n", "3", repo=repo)
        rows = list(csv.DictReader(io.StringIO(done.out)))
        assert [(it["version"], it["metrics.auc"]) for it in rows] == [
            ("v1.3.0", ""),
            ("v1.2.0", ""),
            ("v1.1.0", "0.9"),
        ]

    def test_markdown(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("compare", "churn", "--metric", "l*", "--stage", "prod", "--md", repo=repo)
        assert done.out == (
            "| version | stages | loss |\n| --- | --- | --- |\n| v1.0.0 | prod | 0.5 |\n"
        )

    def test_a_stage_without_a_version(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("compare", "churn", "--stage", "dev", repo=repo)
        assert (done.out, done.err) == ("", "churn has no such versions.\n")

    def test_deregistered_versions(self, make_repository: Maker, mreg: CommandLine) -> None:
        repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v1.0.0!", 0, 1)])
        assert mreg.ok("compare", "churn", "--csv", repo=repo).out.count("\n") == 1
        assert "v1.0.0 (deregistered)" in mreg.ok("compare", "churn", "--all", repo=repo).out

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["--metric", "acu"], 1),
            (["--sort", "acu"], 1),
            (["--json", "--csv"], 2),
            (["--stage", "@"], 1),
            (["-n", "-1"], 2),
            (["--lower-better", "auc", "--higher-better", "auc"], 2),
        ],
    )
    def test_what_makes_no_sense(
        self, arguments: list[str], code: int, repo: Repository, mreg: CommandLine
    ) -> None:
        assert mreg("compare", "churn", *arguments, repo=repo).code == code

    def test_on_a_terminal(self, repo: Repository) -> None:
        shown = in_terminal("compare", "churn", repo=repo, NO_COLOR="1")
        assert "seed" not in shown
        assert "model.depth" in shown
        [trend] = [it for it in shown.splitlines() if it.startswith("trend")]
        assert trend.split() == ["trend", "▁█", "█▁", "▁█"]

    def test_a_former_stage_is_dim_as_in_show(self, make_repository: Maker) -> None:
        tags = [Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 1, 1)]
        tags += [Tag("churn#prod#1", 0, 2), Tag("churn#prod#2", 1, 3)]
        former = make_repository(tags)
        for command in ("compare", "show"):
            shown = in_terminal(command, "churn", repo=former)
            assert re.search(r"\x1b\[2m\(prod\)", shown), command

    def test_a_terminal_without_bars(self, repo: Repository) -> None:
        shown = in_terminal("compare", "churn", repo=repo, NO_COLOR="1", PYTHONIOENCODING="ascii")
        [trend] = [it for it in shown.splitlines() if it.startswith("trend")]
        assert trend.replace("|", " ").split() == ["trend", "_#", "#_", "_#"]

    def test_many_columns_are_parted(self, make_repository: Maker) -> None:
        metrics = ", ".join(f"metric_number_{it}: {it}" for it in range(12))
        files = [{"artifacts.yaml": f"churn:\n  metrics: {{{metrics}}}\n".encode()}]
        repo = make_repository([Tag("churn@v1.0.0")], commits=files)
        shown = in_terminal("compare", "churn", repo=repo, NO_COLOR="1")
        lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
        assert max(map(len, lines)) <= 80
        assert sum(it.startswith("version ") for it in lines) == 4
        assert all(f"metric_number_{it}" in shown for it in range(12))


class TestBest:
    def test_the_best(self, repo: Repository, mreg: CommandLine) -> None:
        done = mreg.ok("best", "churn", "--metric", "auc", repo=repo)
        assert done.out.splitlines()[:3] == [
            "artifact  churn",
            "version   v1.1.0",
            "auc       0.9  (highest of 2)",
        ]
        assert done.err.startswith("warning: churn@v1.2.0: ")

    @pytest.mark.parametrize(
        ("arguments", "version"),
        [
            (["--metric", "loss"], "v1.1.0"),
            (["--metric", "loss", "--max"], "v1.0.0"),
            (["--metric", "rows", "--min"], "v1.0.0"),
            (["--metric", "auc", "--where", "stage=prod"], "v1.0.0"),
            (["--metric", "auc", "--where", "params.model.depth<4 or latest=true"], "v1.0.0"),
            (["--metric", "auc", "--stage", "prod"], "v1.0.0"),
        ],
    )
    def test_for_scripts(
        self, arguments: list[str], version: str, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg.ok("best", "churn", *arguments, "--field", "version", repo=repo)
        assert done.out == f"{version}\n"

    def test_json(self, repo: Repository, mreg: CommandLine) -> None:
        found = mreg.ok("best", "churn", "--metric", "auc", "--json", repo=repo).json
        assert (found["version"], found["metric"], found["value"]) == ("v1.1.0", "auc", 0.9)
        assert (found["direction"], found["tied"], found["compared"]) == ("higher", [], 2)
        assert found["problems"][0]["code"] == "MR020"

    @pytest.mark.parametrize(
        ("arguments", "code", "said"),
        [
            (
                ["--metric", "rows"],
                2,
                "cannot determine whether higher or lower values of rows are better",
            ),
            (["--metric", "acu"], 1, "no version has the metric 'acu'"),
            (["--metric", "auc", "--max", "--min"], 2, "cannot be used together"),
            (["--metric", "auc", "--where", "stage=dev"], 1, "churn has no such version"),
            (["--metric", "auc", "--where", "stage="], 2, "error: "),
            (["--metric", "auc", "--field", "x"], 2, "there is no field 'x'"),
        ],
    )
    def test_what_makes_no_sense(
        self, arguments: list[str], code: int, said: str, repo: Repository, mreg: CommandLine
    ) -> None:
        done = mreg("best", "churn", *arguments, repo=repo)
        assert (done.code, done.out) == (code, "")
        assert said in done.err


class TestLibrary:
    def test_the_same_by_a_mirror(self, repo: Repository) -> None:
        """By URL nothing of Git LFS is read, and everything else is the same."""
        here = Registry.open(repo.path)
        there = Registry.open(f"file://{repo.path}")
        repo.git("config", "uploadpack.allowFilter", "true")
        repo.git("config", "uploadpack.allowAnySHA1InWant", "true")
        found, read = (it.diff("churn@v1.0.0", "churn@v1.1.0") for it in (here, there))
        assert read._replace(artifact=found.artifact) == found
        assert read.artifact is not None
        assert read.artifact.before.place == "git"
        assert there.best("churn", "auc").version.version == "v1.1.0"

    def test_a_shallow_clone_asks_for_the_commits_between(
        self, repo: Repository, make_repository: Maker
    ) -> None:
        clone = repo.path.parent / "clone"
        subprocess.run(
            ["git", "clone", "-q", "--depth", "1", f"file://{repo.path}", str(clone)], check=True
        )
        found = Registry.open(clone).diff("churn@v1.0.0", "churn@v1.3.0")
        assert [it.commit for it in found.commits] == list(repo.commits[:0:-1])

    def test_errors(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        with pytest.raises(NotFound):
            registry.compare("nothing")
        with pytest.raises(UsageError, match="a limit of -1"):
            registry.compare("churn", limit=-1)
