"""The lineage of models that a real DVC pipeline made."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import pipelines
from commandline import CommandLine
from mreg.lineage.graph import Edge, Lineage, Node
from mreg.registry import Registry
from pipelines import Project
from repositories import run

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return pipelines.make(tmp_path_factory.mktemp("pipeline"))


@pytest.fixture(scope="module")
def registry(project: Project) -> Registry:
    return Registry.open(project.path)


def by_label(lineage: Lineage, kind: str) -> dict[str, Node]:
    return {it.label: it for it in lineage.nodes if it.kind == kind}


def sources(lineage: Lineage, target: Node) -> set[tuple[str, str]]:
    """Return what went into a node: pairs of an edge's kind and a label."""
    label = {it.id: it.label for it in lineage.nodes}
    return {(it.kind, label[it.source]) for it in lineage.edges if it.target == target.id}


class TestUp:
    @pytest.mark.parametrize("index", [0, 1, 2])
    def test_all_data_back_to_the_raw_has_the_digests_of_the_files(
        self, index: int, registry: Registry, project: Project
    ) -> None:
        trained = project.trained[index]
        found = registry.lineage(f"churn@v{index + 1}.0.0")
        data = by_label(found, "data")
        assert {path: it.facts["digest"] for path, it in data.items()} == {
            path: f"md5:{trained.digests[path]}"
            for path in ("data/features.csv", "data/prepared/train.csv", "data/raw.csv")
        }
        model = by_label(found, "version")[f"churn@v{index + 1}.0.0"]
        assert model.facts["digest"] == f"md5:{trained.digests['model.pkl']}"
        assert not any(it.missing or it.note for it in found.nodes)
        assert not any(it.note or it.cycle for it in found.edges)
        assert found.problems == ()

    def test_each_step_has_its_command_code_params_and_data(self, registry: Registry) -> None:
        found = registry.lineage("churn@v1.0.0")
        steps = by_label(found, "step")
        assert {name: it.facts["command"] for name, it in steps.items()} == {
            "prepare": "python prepare.py",
            "featurize": "python featurize.py",
            "train": "python src/train.py",
        }
        assert sources(found, steps["train"]) == {
            ("data", "data/features.csv"),
            ("code", "src/train.py"),
            ("params", "params.yaml"),
        }
        assert sources(found, steps["featurize"]) == {
            ("data", "data/prepared/train.csv"),
            ("code", "featurize.py"),
        }
        assert sources(found, steps["prepare"]) == {
            ("data", "data/raw.csv"),
            ("code", "prepare.py"),
        }
        params = by_label(found, "params")["params.yaml"].facts["values"]
        assert params == {"train.lr": 0.1, "train.depth": 5}

    def test_code_has_the_blob_of_its_commit(self, registry: Registry, project: Project) -> None:
        found = registry.lineage("churn@v2.0.0")
        for path in ("prepare.py", "featurize.py", "src/train.py"):
            oid = project.repository.git("rev-parse", f"{project.trained[1].commit}:{path}").strip()
            code = by_label(found, "file")[path]
            assert code.facts["oid"] == oid
            [edge] = [it for it in found.edges if it.source == code.id]
            assert edge.digest == f"md5:{project.trained[1].digests[path]}"

    def test_data_added_by_hand_names_its_pointer_and_the_version_it_is(
        self, registry: Registry
    ) -> None:
        for model, dataset in (("v1.0.0", "v1.0.0"), ("v2.0.0", "v1.0.0"), ("v3.0.0", "v2.0.0")):
            found = registry.lineage(f"churn@{model}")
            raw = by_label(found, "data")["data/raw.csv"]
            assert raw.facts["pointer"] == "data/raw.csv.dvc"
            assert sources(found, raw) == {("content", f"raw@{dataset}")}

    def test_the_version_before_and_the_commits_since(
        self, registry: Registry, project: Project
    ) -> None:
        found = registry.lineage("churn@v3.0.0")
        model = by_label(found, "version")["churn@v3.0.0"]
        assert ("previous", "churn@v2.0.0") in sources(found, model)
        changes = [it.source for it in found.edges if it.kind == "change"]
        assert changes == [f"commit:{project.trained[2].commit}"]


class TestDown:
    def test_which_models_used_a_dataset(self, registry: Registry) -> None:
        def made(dataset: str) -> set[str]:
            found = registry.lineage(dataset, down=True)
            return set(by_label(found, "version")) - {dataset}

        assert made("raw@v1.0.0") == {"churn@v1.0.0", "churn@v2.0.0"}
        assert made("raw@v2.0.0") == {"churn@v3.0.0"}
        assert made("churn@v1.0.0") == set()

    def test_of_a_path_whatever_its_content(self, registry: Registry) -> None:
        every = {"churn@v1.0.0", "churn@v2.0.0", "churn@v3.0.0"}
        for path in ("data/raw.csv", "prepare.py", "data/features.csv"):
            found = registry.lineage(path=path, down=True)
            assert set(by_label(found, "version")) == every, path


class TestElsewhere:
    def test_in_a_bare_repository_and_by_url_it_is_the_same(
        self, project: Project, registry: Registry, tmp_path: Path
    ) -> None:
        bare = tmp_path / "bare.git"
        run(tmp_path, "clone", "-q", "--bare", str(project.path), str(bare))
        for repo in (bare, f"file://{bare}"):
            there = Registry.open(repo)
            for selector, down in (("churn@v3.0.0", False), ("raw@v1.0.0", True)):
                assert there.lineage(selector, down=down) == registry.lineage(selector, down=down)

    def test_in_a_shallow_clone_it_is_the_same(
        self, project: Project, registry: Registry, tmp_path: Path
    ) -> None:
        clone = tmp_path / "clone"
        run(tmp_path, "clone", "-q", "--depth", "1", f"file://{project.path}", str(clone))
        found = Registry.open(clone).lineage("churn@v1.0.0")
        assert found == registry.lineage("churn@v1.0.0")


class TestOutOfDate:
    def test_data_that_changed_since_the_step_ran_is_said_to_have(
        self, project: Project, tmp_path: Path
    ) -> None:
        clone = tmp_path / "clone"
        run(tmp_path, "clone", "-q", str(project.path), str(clone))
        pointer = clone / "data" / "raw.csv.dvc"
        old = project.trained[2].digests["data/raw.csv"]
        pointer.write_text(pointer.read_text().replace(old, "0" * 32))
        run(clone, "commit", "-q", "-am", "Change")
        registry = Registry.open(clone)
        registry.register("churn", version="v4.0.0")
        found = registry.lineage("churn@v4.0.0")
        model = by_label(found, "version")["churn@v4.0.0"]
        assert model.note == "prepare read another data/raw.csv than that of data/raw.csv.dvc"
        assert by_label(found, "data")["data/raw.csv"].facts["digest"] == f"md5:{old}"

    def test_code_that_changed_since_the_step_ran_is_said_to_have(
        self, project: Project, tmp_path: Path
    ) -> None:
        clone = tmp_path / "clone"
        run(tmp_path, "clone", "-q", str(project.path), str(clone))
        (clone / "prepare.py").write_text("pass\n")
        run(clone, "commit", "-q", "-am", "Change")
        registry = Registry.open(clone)
        registry.register("churn", version="v4.0.0")
        found = registry.lineage("churn@v4.0.0")
        [doubtful] = [it for it in found.edges if it.note]
        assert doubtful.source == by_label(found, "file")["prepare.py"].id
        ran = project.trained[2].digests["prepare.py"]
        assert doubtful.note == f"the step used other content, md5:{ran}"


def test_each_key_of_a_node_is_in_the_documents(registry: Registry) -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "lineage.md").read_text()
    for it in registry.lineage("churn@v3.0.0").nodes:
        row = next(line for line in text.splitlines() if line.startswith(f"| `{it.kind}` |"))
        assert it.facts.keys() <= set(re.findall(r"`(\w+)`", row)), it.kind


def test_metrics_are_those_that_dvc_shows(project: Project, mreg: CommandLine) -> None:
    """For each version, the figures of `dvc metrics show` at its revision."""
    # `dvc metrics show` takes no revision, but it can show all of them at once.
    every = json.loads(project.dvc("metrics", "show", "--all-commits", "--json"))
    for number, trained in enumerate(project.trained, start=1):
        theirs = every[trained.commit]["data"]["metrics.json"]["data"]
        ours = mreg.ok("describe", f"churn@v{number}.0.0", "--json", repo=project.repository).json[
            "metrics"
        ]
        assert ours == {
            "auc": theirs["auc"],
            "test.rows": theirs["test"]["rows"],
            "test.loss": theirs["test"]["loss"],
        }
        compared = mreg.ok("compare", "churn", "--json", repo=project.repository).json["versions"]
        [row] = [it for it in compared if it["version"] == f"v{number}.0.0"]
        assert row["metrics"] == ours


def test_edges_name_their_ends(registry: Registry) -> None:
    found = registry.lineage("churn@v3.0.0")
    known = {it.id for it in found.nodes}
    assert all({it.source, it.target} <= known for it in found.edges)
    assert len(set(found.edges)) == len(found.edges)
    assert isinstance(found.edges[0], Edge)
