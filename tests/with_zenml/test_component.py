"""The twelve methods of ZenML's model registries, over a registry in Git."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from zenml.enums import StackComponentType
from zenml.exceptions import EntityExistsError
from zenml.model_registries.base_model_registry import (
    BaseModelRegistry,
    ModelRegistryModelMetadata,
    ModelVersionStage,
)

from mreg import Registry
from mreg.integrations import entries
from mreg.integrations.zenml.component import MregModelRegistry
from mreg.integrations.zenml.flavor import MregModelRegistryFlavor
from mreg.integrations.zenml.runs import FIELDS, run_metadata
from mreg.integrations.zenml.settings import MregModelRegistryConfig
from mreg.lineage import graph
from repositories import START, Maker, Repository, Tag, run

FILES: list[dict[str, bytes]] = [
    {
        "artifacts.yaml": b"""\
churn:
  type: model
  path: model.json
  description: Predicts who leaves
  framework: {name: scikit-learn, version: "1.9"}
  metrics: {accuracy: 0.91}
nlp/bert: {type: model, path: bert}
""",
        "model.json": b'{"w": 1}',
        "bert/config.json": b"{}",
        "bert/weights/a.bin": b"a",
    },
    {"model.json": b'{"w": 2}'},
    {"model.json": b'{"w": 3}'},
]
TAGS = [
    Tag("churn@v1.0.0", 0, 10, "First.\n\nZenml-Pipeline: my training\nZenml-Run: r-1"),
    Tag("churn@v2.0.0", 1, 20, "Register churn v2.0.0\n\nPrevious: none"),
    Tag("churn@v1.0.1", 2, 20, "Register churn v1.0.1\n\nPrevious: none"),
    Tag("churn@v0.9.0", 0, 1),
    Tag("churn@v0.9.0!", 0, 2),
    Tag("churn#prod#1", 1, 30, "Promote.\n\nVersion: v2.0.0"),
    Tag("churn#prod#2", 0, 40, "Promote.\n\nVersion: v1.0.0"),
    Tag("churn#staging#3", 0, 50, "Promote.\n\nVersion: v1.0.0"),
    Tag("nlp/bert@v0.1.0", 0, 10),
]
NONE, STAGING, PRODUCTION, ARCHIVED = ModelVersionStage


def component(uri: str, **settings: Any) -> MregModelRegistry:
    """Return a component as ZenML makes one."""
    now = datetime(2026, 11, 29, tzinfo=UTC)
    return MregModelRegistry(
        name="git",
        id=uuid4(),
        config=MregModelRegistryConfig(uri=uri, **settings),
        flavor="mreg",
        type=StackComponentType.MODEL_REGISTRY,
        user=None,
        created=now,
        updated=now,
    )


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(TAGS, commits=FILES)


@pytest.fixture
def reading(repo: Repository) -> MregModelRegistry:
    return component(f"mreg://{repo.path}", production="prod")


@pytest.fixture
def writing(repo: Repository) -> MregModelRegistry:
    return component(f"mreg://{repo.path}", production="prod", write=True)


def names(found: Any) -> list[str]:
    return [f"{it.registered_model.name}@{it.version}" for it in found]


def test_each_method_takes_what_zenml_says() -> None:
    for name in BaseModelRegistry.__abstractmethods__:
        wanted = inspect.signature(getattr(BaseModelRegistry, name)).parameters
        ours = inspect.signature(getattr(MregModelRegistry, name)).parameters
        assert [it for it in ours if it in wanted] == [*wanted], name
    assert len(BaseModelRegistry.__abstractmethods__) == 12


def test_every_field_of_a_run_has_a_name_in_the_message() -> None:
    assert {*entries.ZENML} == {*FIELDS}


def test_the_flavor() -> None:
    flavor = MregModelRegistryFlavor()
    assert (flavor.name, flavor.type) == ("mreg", StackComponentType.MODEL_REGISTRY)
    assert flavor.implementation_class is MregModelRegistry
    assert {*flavor.config_schema["properties"]} == {
        *("uri", "write", "staging", "production", "archived"),
    }


class TestReading:
    def test_a_model(self, reading: MregModelRegistry) -> None:
        found = reading.get_model("churn")
        assert (found.name, found.description) == ("churn", "Predicts who leaves")
        assert found.metadata == {"mreg.latest": "v2.0.0", "mreg.type": "model"}

    @pytest.mark.parametrize("name", ["nothing", "", "a b", "churn@v1.0.0"])
    def test_a_model_that_is_not_there(self, reading: MregModelRegistry, name: str) -> None:
        with pytest.raises(KeyError, match="no model"):
            reading.get_model(name)
        assert reading.list_models(name) == reading.list_model_versions(name) == []

    def test_models(self, reading: MregModelRegistry) -> None:
        assert [it.name for it in reading.list_models()] == ["churn", "nlp/bert"]
        assert [it.name for it in reading.list_models("nlp/bert")] == ["nlp/bert"]
        latest = {"mreg.latest": "v2.0.0"}
        assert [it.name for it in reading.list_models(metadata=latest)] == ["churn"]
        assert reading.list_models("nlp/bert", latest) == []

    @pytest.mark.parametrize("version", ["v1.0.0", "1.0.0"])
    def test_a_version(self, reading: MregModelRegistry, repo: Repository, version: str) -> None:
        found = reading.get_model_version("churn", version)
        assert found.version == "v1.0.0"
        assert found.registered_model.name == "churn"
        assert found.model_source_uri == f"mreg://{repo.path}/churn@v1.0.0"
        assert found.model_library == "scikit-learn 1.9"
        assert found.description == "First."
        assert found.created_at == datetime.fromtimestamp(START + 10, UTC)
        assert found.last_updated_at == datetime.fromtimestamp(START + 50, UTC)
        assert found.stage is PRODUCTION
        assert found.metadata.zenml_pipeline_name == "my training"
        assert found.metadata.zenml_pipeline_run_uuid == "r-1"
        said = found.metadata.custom_attributes
        assert (said["mreg.commit"], said["mreg.stages"]) == (repo.commits[0], "prod, staging")
        assert said["mreg.metric.accuracy"] == "0.91"

    @pytest.mark.parametrize("version", ["v9.0.0", "", "latest", "prod"])
    def test_a_version_that_is_not_there(self, reading: MregModelRegistry, version: str) -> None:
        with pytest.raises(KeyError, match="no version"):
            reading.get_model_version("churn", version)

    def test_a_version_that_was_deregistered(self, reading: MregModelRegistry) -> None:
        with pytest.raises(KeyError, match="was deregistered"):
            reading.get_model_version("churn", "v0.9.0")

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, ["churn@v2.0.0", "churn@v1.0.1", "churn@v1.0.0", "nlp/bert@v0.1.0"]),
            ({"name": "churn"}, ["churn@v2.0.0", "churn@v1.0.1", "churn@v1.0.0"]),
            ({"name": "churn", "count": 1}, ["churn@v2.0.0"]),
            ({"name": "churn", "count": 0}, []),
            (
                {"name": "churn", "order_by_date": "asc"},
                ["churn@v1.0.0", "churn@v1.0.1", "churn@v2.0.0"],
            ),
            (
                {"order_by_date": "desc"},
                ["churn@v2.0.0", "churn@v1.0.1", "churn@v1.0.0", "nlp/bert@v0.1.0"],
            ),
            ({"stage": PRODUCTION}, ["churn@v1.0.0"]),
            ({"stage": STAGING}, ["churn@v1.0.0"]),
            ({"stage": ARCHIVED}, []),
            ({"stage": NONE}, ["churn@v2.0.0", "churn@v1.0.1", "nlp/bert@v0.1.0"]),
            (
                {"metadata": ModelRegistryModelMetadata(zenml_pipeline_name="my training")},
                ["churn@v1.0.0"],
            ),
            ({"metadata": ModelRegistryModelMetadata()}, None),
            ({"metadata": ModelRegistryModelMetadata(other="x")}, []),
            ({"model_source_uri": "mreg:///elsewhere/churn@v1.0.0"}, []),
        ],
    )
    def test_versions(
        self, reading: MregModelRegistry, asked: dict[str, Any], found: list[str] | None
    ) -> None:
        whole = names(reading.list_model_versions())
        assert names(reading.list_model_versions(**asked)) == (whole if found is None else found)

    def test_versions_by_their_source(self, reading: MregModelRegistry) -> None:
        own = reading.get_model_version("churn", "v1.0.1").model_source_uri
        assert names(reading.list_model_versions(model_source_uri=own)) == ["churn@v1.0.1"]

    def test_versions_by_when_they_were_registered(self, reading: MregModelRegistry) -> None:
        first = datetime.fromtimestamp(START + 10, UTC)
        later = first + timedelta(seconds=1)
        asked = reading.list_model_versions
        assert names(asked("churn", created_before=first)) == ["churn@v1.0.0"]
        assert names(asked("churn", created_after=later)) == ["churn@v2.0.0", "churn@v1.0.1"]
        assert len(asked("churn", created_after=first)) == 3
        naive = first.replace(tzinfo=None)  # TZ is UTC here
        assert names(asked("churn", created_before=naive)) == ["churn@v1.0.0"]

    @pytest.mark.parametrize(
        "asked", [{"count": -1}, {"order_by_date": "up"}, {"mlflow_run_id": "x"}]
    )
    def test_what_makes_no_sense_is_refused(
        self, reading: MregModelRegistry, asked: dict[str, Any]
    ) -> None:
        with pytest.raises(RuntimeError, match=next(iter(asked))):
            reading.list_model_versions("churn", **asked)

    def test_the_latest_is_the_highest_and_not_the_last_patch(self, make_repository: Maker) -> None:
        repo = make_repository(
            [Tag("churn@v2.0.0", 0, 10), Tag("churn@v1.0.1", 1, 20)], commits=[{}, {}]
        )
        reading = component(f"mreg://{repo.path}")
        latest = reading.get_latest_model_version("churn")
        assert latest
        assert latest.version == "v2.0.0"
        assert reading.get_latest_model_version("churn", PRODUCTION) is None
        assert reading.get_latest_model_version("nothing") is None

    def test_the_one_in_a_stage_is_its_holder(self, reading: MregModelRegistry) -> None:
        """v2.0.0 was in prod before, and is behind v1.0.0 now."""
        held = reading.get_latest_model_version("churn", PRODUCTION)
        assert held
        assert held.version == "v1.0.0"

    def test_what_others_do_is_seen_by_the_next_question(
        self, reading: MregModelRegistry, repo: Repository
    ) -> None:
        assert reading.get_model_version("churn", "v1.0.1").stage is NONE
        Registry.open(repo.path).promote("churn@v1.0.1", "prod")
        assert reading.get_model_version("churn", "v1.0.1").stage is PRODUCTION
        assert reading.get_model_version("churn", "v1.0.0").stage is STAGING

    def test_a_registry_by_url(self, repo: Repository) -> None:
        reading = component(f"mreg+file://{repo.path}", production="prod")
        assert names(reading.list_model_versions("churn", stage=PRODUCTION)) == ["churn@v1.0.0"]
        assert reading.load_model_version("churn", "1.0.1").read_bytes() == b'{"w": 3}'

    @pytest.mark.parametrize(
        ("uri", "words"),
        [
            ("/srv/models", "not the address of a registry"),
            ("mreg:///there/is/none", "there is no folder"),
            ("mreg:///srv/models?write=true", "settings of the component"),
        ],
    )
    def test_a_wrong_address_is_told_at_the_first_question(self, uri: str, words: str) -> None:
        with pytest.raises(RuntimeError, match=words):
            component(uri).list_models()


class TestWriting:
    @pytest.mark.parametrize(
        "write",
        [
            lambda it: it.register_model("new"),
            lambda it: it.register_model_version("churn"),
            lambda it: it.delete_model_version("churn", "v1.0.1"),
            lambda it: it.update_model_version("churn", "v1.0.1", stage=PRODUCTION),
        ],
    )
    def test_nothing_is_written_unless_it_is_asked_for(
        self, reading: MregModelRegistry, repo: Repository, write: Callable[[Any], Any]
    ) -> None:
        before = run(repo.path, "for-each-ref")
        with pytest.raises(RuntimeError, match="update git --write=true"):
            write(reading)
        assert run(repo.path, "for-each-ref") == before

    def test_a_version_says_where_it_was_made(
        self, writing: MregModelRegistry, repo: Repository
    ) -> None:
        repo.git("reset", "-q", "--hard", repo.commits[2])
        (repo.path / "model.json").write_text('{"w": 4}')
        repo.git("commit", "-qam", "More data")
        said = ModelRegistryModelMetadata(
            zenml_pipeline_name="training", zenml_pipeline_run_uuid="r-7", zenml_step_name="train"
        )
        made = writing.register_model_version(
            "churn", "1.1.0", description="More data.", metadata=said
        )
        assert (made.version, made.description) == ("v1.1.0", "More data.")
        assert made.metadata.zenml_step_name == "train"
        version = Registry.open(repo.path).resolve("churn@v1.1.0")
        assert version.commit == repo.git("rev-parse", "HEAD").strip()
        assert version.message.strip().endswith(
            "More data.\n\nZenml-Pipeline: training\nZenml-Run: r-7\nZenml-Step: train"
        )
        lineage = graph.as_dict(Registry.open(repo.path).lineage("churn@v1.1.0"))
        asked = next(it for it in lineage["nodes"] if it.get("version") == "v1.1.0")
        assert "Zenml-Run: r-7" in asked["message"]

    def test_the_source_names_the_commit(
        self, writing: MregModelRegistry, repo: Repository
    ) -> None:
        source = f"mreg://{repo.path}?rev={repo.commits[1]}"
        made = writing.register_model_version("nlp/bert", model_source_uri=source, bump="minor")
        assert (made.version, made.metadata.custom_attributes["mreg.commit"]) == (
            "v0.2.0",
            repo.commits[1],
        )
        other = writing.get_model_version("churn", "v1.0.1").model_source_uri
        made = writing.register_model_version("nlp/bert", model_source_uri=other)
        assert made.metadata.custom_attributes["mreg.commit"] == repo.commits[2]

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"model_source_uri": "s3://bucket/model"}, "not the address of a registry"),
            ({"model_source_uri": "mreg:///elsewhere?rev=HEAD"}, "in another registry"),
            ({"model_source_uri": "mreg://HERE"}, "does not name a commit"),
            ({"model_source_uri": "mreg://HERE?rev=nothing"}, "nothing"),
            ({"version": "one"}, "one"),
            ({"bump": "huge"}, "bump is 'huge'"),
            ({"flavor": "x"}, "flavor"),
            ({"metadata": ModelRegistryModelMetadata(colour="red")}, "cannot store the tag colour"),
        ],
    )
    def test_what_cannot_be_registered_says_why(
        self,
        writing: MregModelRegistry,
        repo: Repository,
        given: dict[str, Any],
        words: str,
    ) -> None:
        source = given.get("model_source_uri", f"mreg://HERE?rev={repo.commits[2]}")
        given["model_source_uri"] = source.replace("HERE", str(repo.path))
        before = run(repo.path, "for-each-ref")
        with pytest.raises(RuntimeError, match=words):
            writing.register_model_version("nlp/bert", **given)
        assert run(repo.path, "for-each-ref") == before

    def test_a_model_comes_with_its_first_version(self, writing: MregModelRegistry) -> None:
        assert writing.register_model("new").name == "new"
        with pytest.raises(KeyError):
            writing.get_model("new")
        with pytest.raises(EntityExistsError):
            writing.register_model("churn")
        with pytest.raises(RuntimeError, match=r"artifacts\.yaml"):
            writing.register_model("new", description="Words")
        with pytest.raises(RuntimeError, match="a b"):
            writing.register_model("a b")

    def test_promoting_demoting_deregistering(
        self, writing: MregModelRegistry, repo: Repository
    ) -> None:
        made = writing.update_model_version("churn", "1.0.1", stage=PRODUCTION)
        assert made.stage is PRODUCTION
        tags = run(repo.path, "tag")
        assert writing.update_model_version("churn", "1.0.1", stage=PRODUCTION).stage is PRODUCTION
        assert run(repo.path, "tag") == tags  # it was there already
        with pytest.raises(RuntimeError, match="prod"):
            writing.delete_model_version("churn", "v1.0.1")
        assert writing.update_model_version("churn", "1.0.1", stage=NONE).stage is NONE
        held = writing.get_latest_model_version("churn", PRODUCTION)
        assert held
        assert held.version == "v1.0.0"  # which was in it before
        writing.delete_model_version("churn", "v1.0.1")
        with pytest.raises(KeyError, match="was deregistered"):
            writing.delete_model_version("churn", "v1.0.1")

    def test_a_stage_that_nothing_stands_for(
        self, writing: MregModelRegistry, repo: Repository
    ) -> None:
        with pytest.raises(RuntimeError) as caught:
            writing.update_model_version("churn", "1.0.1", stage=ARCHIVED)
        assert str(caught.value) == (
            "no stage is set for Archived: the stages are prod, staging\n"
            "set one with `zenml model-registry update git --archived=STAGE`"
        )
        mapped = component(f"mreg://{repo.path}", archived="old", write=True)
        assert mapped.update_model_version("churn", "1.0.1", stage=ARCHIVED).stage is ARCHIVED
        assert Registry.open(repo.path).resolve("churn#old").version == "v1.0.1"
        with pytest.raises(RuntimeError, match="no stage is set for Production"):
            mapped.update_model_version("churn", "1.0.1", stage=PRODUCTION)

    def test_the_policy_refuses_with_its_reasons(self, make_repository: Maker) -> None:
        policy = b"stages:\n  dev:\n  prod:\n    from: dev\n"
        repo = make_repository(TAGS[:1], commits=[FILES[0] | {".mreg.yaml": policy}])
        writing = component(f"mreg://{repo.path}", write=True, production="prod")
        with pytest.raises(RuntimeError, match="dev"):
            writing.update_model_version("churn", "v1.0.0", stage=PRODUCTION)

    def test_it_is_published_where_push_says_so(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        """By a clone: what is recorded is on its remote when the call returns."""
        settings = FILES[0] | {".mreg.yaml": b"push: true\n"}
        origin = make_repository(TAGS[:1], commits=[settings, {}])
        run(tmp_path, "clone", "-q", str(origin.path), "clone")
        writing = component(f"mreg://{tmp_path / 'clone'}", write=True, production="prod")
        writing.update_model_version("churn", "v1.0.0", stage=PRODUCTION)
        assert Registry.open(origin.path).resolve("churn#prod").version == "v1.0.0"

    @pytest.mark.parametrize(
        "write",
        [
            lambda it: it.delete_model("churn"),
            lambda it: it.update_model("churn", description="x"),
            lambda it: it.update_model("churn", remove_metadata=["x"]),
            lambda it: it.update_model_version("churn", "v1.0.0", description="x"),
            lambda it: it.update_model_version("churn", "v1.0.0", remove_metadata=["x"]),
            lambda it: it.update_model_version(
                "churn", "v1.0.0", metadata=ModelRegistryModelMetadata(x="1")
            ),
        ],
    )
    def test_what_git_cannot_do_says_what_to_do_instead(
        self, writing: MregModelRegistry, write: Callable[[Any], Any]
    ) -> None:
        with pytest.raises(RuntimeError, match=r"artifacts\.yaml|delete its versions"):
            write(writing)

    def test_nothing_to_change_is_no_fault(self, writing: MregModelRegistry) -> None:
        """As ZenML's own commands call it."""
        assert writing.update_model("churn").name == "churn"
        none = ModelRegistryModelMetadata()
        made = writing.update_model_version("churn", "1.0.1", metadata=none, remove_metadata=[])
        assert made.version == "v1.0.1"


class TestLoading:
    def test_a_function_loads_it(self, reading: MregModelRegistry) -> None:
        def loader(path: Path, key: str) -> Any:
            return json.loads(path.read_text())[key]

        assert reading.load_model_version("churn", "1.0.1", loader=loader, key="w") == 3

    def test_its_path_without_one(self, reading: MregModelRegistry) -> None:
        assert reading.load_model_version("churn", "1.0.1").read_bytes() == b'{"w": 3}'
        with pytest.raises(RuntimeError, match=r"loader=joblib\.load"):
            reading.load_model_version("churn", "1.0.1", key="w")
        with pytest.raises(KeyError):
            reading.load_model_version("churn", "v9.0.0")


def test_outside_of_a_step_there_is_no_run() -> None:
    assert run_metadata() == {}
