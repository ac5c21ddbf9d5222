"""What MLflow is told of a registry: numbers, names, addresses, tags; none of it needs MLflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg import Registry
from mreg.core import names as registry_names
from mreg.core import versions
from mreg.errors import MregError, UsageError
from mreg.integrations import address, cache, entries, names
from mreg.integrations.mlflow import models, numbers
from mreg.integrations.mlflow.models import MlflowModel
from repositories import START, Maker, Repository, Tag, run
from source import imports, modules

Cache = cache.EntryCache[MlflowModel]

YAML = b"""\
churn:
  type: model
  path: model.pkl
  description: Predicts who leaves
  labels: [tabular, weekly]
  framework: {name: scikit-learn, version: "1.9"}
  owner: team@example.com
  metrics: {accuracy: 0.91, loss: .inf}
  params: {depth: 3, solver: lbfgs}
  schema: {output: {type: array, items: {type: number}}}
"""


def mlflow_cache(registry: Registry) -> Cache:
    return cache.EntryCache(registry, models.model)


class TestNumbers:
    @pytest.mark.parametrize(
        ("version", "number"),
        [
            ("v0.0.0", 0),
            ("v0.0.3", 3),
            ("v1.2.0", 1_002_000),
            ("v2026.11.28", 2_026_011_028),
            ("v9007199253.999.999", 9_007_199_253_999_999),
            ("v9007199254.740.991", 2**53 - 1),
            ("v9007199254.740.992", None),
            ("v1.1000.0", None),
            ("v1.0.1000", None),
            ("v1.0.0-rc.1", None),
            ("v1.0.0+cuda12", None),
        ],
    )
    def test_a_version_has_one_or_none(self, version: str, number: int | None) -> None:
        assert numbers.number(version) == number

    @given(st.integers(0, numbers.LARGEST))
    def test_each_number_is_that_of_its_version(self, number: int) -> None:
        version = numbers.version(str(number))
        assert version
        assert versions.is_version(version)
        assert numbers.number(version) == number

    @given(st.tuples(*[st.integers(0, 1100)] * 3), st.tuples(*[st.integers(0, 1100)] * 3))
    def test_numbers_have_the_order_of_semver(self, one: Any, other: Any) -> None:
        first, second = (f"v{major}.{minor}.{patch}" for major, minor, patch in (one, other))
        pair = numbers.number(first), numbers.number(second)
        if None not in pair:
            order = versions.precedence(first) < versions.precedence(second)
            assert (pair[0] < pair[1]) == order  # type: ignore[operator]

    @pytest.mark.parametrize("text", ["", "abc", "1.2", "-1", "²", "9" * 17, "9" * 5000, "latest"])
    def test_other_texts_are_of_none(self, text: str) -> None:
        assert numbers.version(text) is None

    def test_versions_are_taken_as_people_type_them(self) -> None:
        assert numbers.version("1.2.0-rc.1") == numbers.version("v1.2.0-rc.1") == "v1.2.0-rc.1"


class TestNames:
    @given(st.from_regex(r"([a-z_.][a-z_./-]*:)?[A-Za-z0-9]([A-Za-z0-9_/-]*[A-Za-z0-9])?"))
    def test_every_name_comes_back(self, text: str) -> None:
        try:
            name = registry_names.artifact(text)
        except MregError:
            return
        shown = names.shown(name)
        assert not set(shown) & set("/:")
        assert names.meant(shown) == name

    def test_a_name_that_mlflow_cannot_hold_is_of_nothing(self) -> None:
        assert names.meant("nlp/bert") is names.meant("models:churn") is None
        assert (names.shown("models:churn"), names.shown("nlp/bert")) == (
            "models=churn",
            "nlp~bert",
        )


class TestAddresses:
    def test_a_folder(self) -> None:
        found = address.parse("mreg:///srv/our%20models?write=true&production=prod")
        assert found.place == "/srv/our models"
        assert found.uri == "mreg:///srv/our%20models"
        assert found.write
        assert found.stages == {"Production": "prod"}
        assert found.version("nlp/bert", "v1.0.0") == "mreg:///srv/our%20models/nlp~bert@v1.0.0"

    @pytest.mark.parametrize("write", ["", "?write=false", "?"])
    def test_nothing_is_written_unless_it_is_asked_for(self, write: str) -> None:
        assert not address.parse(f"mreg:///srv/models{write}").write

    def test_a_url_without_its_token(self) -> None:
        found = address.parse("mreg+https://ann:s3cret@host/models.git")
        assert found.place == "https://ann:s3cret@host/models.git"
        assert "s3cret" not in found.uri
        assert found.uri == "mreg+https://host/models.git"

    def test_what_is_handed_out_can_be_another_address(self) -> None:
        found = address.parse("mreg:///srv/models?address=mreg%2Bssh://git@host/models.git")
        assert found.place == "/srv/models"
        assert found.version("churn", "v1.0.0") == "mreg+ssh://git@host/models.git/churn@v1.0.0"

    @pytest.mark.parametrize(
        ("uri", "words"),
        [
            ("mreg://models", "does not name a folder"),
            ("sqlite:///t.db", "not the address of a registry"),
            ("mreg", "not the address of a registry"),
            ("mreg:///srv?writ=true", "no option 'writ'"),
            ("mreg:///srv?write=yes", "neither true nor false"),
            ("mreg:///srv?address=https://host/models.git", "not the address of a registry"),
            ("mreg+https://a:s3cret@host /x", "not the URL of a repository"),
        ],
    )
    def test_what_is_none_is_refused_with_a_hint(self, uri: str, words: str) -> None:
        with pytest.raises(UsageError, match=words) as caught:
            address.parse(uri)
        assert caught.value.hint
        assert "s3cret" not in str(caught.value)

    @pytest.mark.parametrize(
        ("uri", "path", "inside"),
        [
            ("mreg:///srv/models/churn@v1.0.0", "", ""),
            ("mreg:/srv/models/churn@v1.0.0", "MLmodel", "MLmodel"),
            ("mreg:///srv/models/churn@v1.0.0/data", "a/b", "data/a/b"),
            ("mreg:///srv/models", "churn@v1.0.0/MLmodel", "MLmodel"),
        ],
    )
    def test_a_version_and_what_is_in_it(self, uri: str, path: str, inside: str) -> None:
        found = address.parse_version(uri, path)
        assert found
        assert found.selector == "churn@v1.0.0"
        assert found.path == inside
        assert address.parse(found.registry).place == "/srv/models"

    def test_a_registry_names_no_version(self) -> None:
        assert address.parse_version("mreg:///srv/ann@work/models", "MLmodel") is None


class TestModels:
    @pytest.fixture
    def repo(self, make_repository: Maker) -> Repository:
        files = [{"artifacts.yaml": YAML}, {}, {}]
        made = [
            Tag("churn@v1.0.0", 0, 10, "Register churn v1.0.0\n\nfirst\n\nPrevious: none"),
            Tag("churn@v1.1.0", 1, 20, "Better.\n\nMlflow-Run: r1\nMlflow-Model: m-1"),
            Tag("churn@v2.0.0-rc.1", 2, 30, "Register churn v2.0.0-rc.1\n\nPrevious: none"),
            Tag("churn@v0.9.0", 1, 40),
            Tag("churn@v0.9.0!", 1, 50),
            Tag("churn#prod#1", 0, 60, "Promote.\n\nVersion: v1.0.0"),
            Tag("churn#eu/prod#2", 2, 70, "Promote.\n\nVersion: v2.0.0-rc.1"),
            Tag("gone@v1.0.0", 0, 10),
            Tag("gone@v1.0.0!", 0, 20),
            Tag("data=sets/churn@v1.0.0", 0, 30),
        ]
        return make_repository(made, commits=files)

    def model(self, repo: Repository, name: str = "churn") -> MlflowModel:
        found = mlflow_cache(Registry.open(repo.path)).one(name)
        assert found
        return found

    def test_versions_come_newest_first(self, repo: Repository) -> None:
        model = self.model(repo)
        assert [*model.versions] == ["v2.0.0-rc.1", "v1.1.0", "v1.0.0"]
        assert [it.version for it in model.versions.values()] == [
            "v2.0.0-rc.1",
            "1001000",
            "1000000",
        ]
        assert [it.semver for it in model.numbered] == ["v1.1.0", "v1.0.0"]
        assert model.ended == {"v0.9.0"}

    def test_times_are_milliseconds_of_when_events_took_effect(self, repo: Repository) -> None:
        model = self.model(repo)
        first = model.versions["v1.0.0"]
        assert (first.created, first.updated) == ((START + 10) * 1000, (START + 60) * 1000)
        assert (model.created, model.updated) == ((START + 10) * 1000, (START + 70) * 1000)

    @pytest.mark.parametrize(
        ("alias", "version"),
        [
            ("prod", "v1.0.0"),
            ("eu~prod", "v2.0.0-rc.1"),
            ("latest", "v2.0.0-rc.1"),
            ("v1.1.0", "v1.1.0"),
            ("1.1.0", "v1.1.0"),
            ("v2.0.0-rc.1", "v2.0.0-rc.1"),
            ("1001000", None),
            ("v0.9.0", None),
            ("nothing", None),
        ],
    )
    def test_aliases(self, repo: Repository, alias: str, version: str | None) -> None:
        found = self.model(repo).under(alias)
        assert (found.semver if found else None) == version

    def test_only_stages_are_listed_as_aliases(self, repo: Repository) -> None:
        model = self.model(repo)
        assert {at: it.semver for at, it in model.aliases.items()} == {
            "eu~prod": "v2.0.0-rc.1",
            "prod": "v1.0.0",
        }
        assert model.versions["v1.0.0"].aliases == ["prod"]

    def test_what_is_known_of_a_version_stands_in_tags(self, repo: Repository) -> None:
        found = self.model(repo).versions["v1.0.0"]
        assert found.tags == {
            "mreg.version": "v1.0.0",
            "mreg.tag": "churn@v1.0.0",
            "mreg.commit": repo.commits[0],
            "mreg.author": "Ann Example",
            "mreg.stages": "prod",
            "mreg.type": "model",
            "mreg.labels": "tabular, weekly",
            "mreg.owner": "team@example.com",
            "mreg.framework": "scikit-learn 1.9",
            "mreg.path": "model.pkl",
            "mreg.metric.accuracy": "0.91",
            "mreg.metric.loss": "inf",
            "mreg.signature": '{"outputs": "[{\\"type\\": \\"tensor\\", \\"tensor-spec\\":'
            ' {\\"dtype\\": \\"float64\\", \\"shape\\": [-1]}}]"}',
            "mreg.param.depth": "3",
            "mreg.param.solver": "lbfgs",
        }

    def test_a_description_is_what_somebody_said(self, repo: Repository) -> None:
        said = {it.semver: it.description for it in self.model(repo).versions.values()}
        assert said == {
            "v1.0.0": "first",
            "v1.1.0": "Better.",
            "v2.0.0-rc.1": "Predicts who leaves",  # mreg's own words say nothing
        }

    def test_where_mlflow_made_it_is_read_back(self, repo: Repository) -> None:
        found = self.model(repo).versions["v1.1.0"]
        assert (found.run_id, found.run_link, found.model_id) == ("r1", None, "m-1")

    @given(st.text(max_size=40), st.sampled_from(["", "abc"]), st.sampled_from(["", "m-1"]))
    def test_any_message_comes_back(self, said: str, run: str, model: str) -> None:
        origin = {entries.MLFLOW_RUN: run, entries.MLFLOW_MODEL: model}
        before, found = entries._origin(entries.message(said, origin))
        assert before == said.strip()
        assert found == {key: it for key, it in origin.items() if it}

    def test_a_model_without_an_active_version_is_none(self, repo: Repository) -> None:
        known = mlflow_cache(Registry.open(repo.path))
        assert known.one("gone") is known.one("nothing") is None
        assert [it.name for it in known.all()] == ["churn", "data=sets~churn"]
        assert known.all()[1].tags["mreg.artifact"] == "data:sets/churn"

    def test_both_ways_of_reading_say_the_same(self, repo: Repository) -> None:
        known = mlflow_cache(Registry.open(repo.path))
        assert known.all()[0] == self.model(repo)


class TestCache:
    """It is asked once, and again only about what changed; the answer is never an old one."""

    @pytest.fixture
    def repo(self, make_repository: Maker) -> Repository:
        tags = [Tag(f"{it}@v1.0.0") for it in ("one", "two", "three")]
        return make_repository(tags, commits=[{"artifacts.yaml": b"one: {type: model}\n"}, {}])

    @pytest.fixture
    def known(self, repo: Repository, monkeypatch: pytest.MonkeyPatch) -> Cache:
        registry = Registry.open(repo.path)
        self.read: list[list[str] | None] = []
        contents_of = Registry.contents_of

        def counted(own: Registry, names: list[str] | None = None) -> Any:
            self.read.append(names and sorted(names))
            return contents_of(own, names)

        monkeypatch.setattr(Registry, "contents_of", counted)
        return mlflow_cache(registry)

    def test_nothing_is_read_twice(self, known: Cache) -> None:
        first = known.one("one")
        assert known.one("one") is first
        whole = known.all()
        assert known.all() is whole
        assert self.read == [["one"], ["three", "two"]]

    def test_what_changed_is_read_anew(self, known: Cache, repo: Repository) -> None:
        known.all()
        Registry.open(repo.path).promote("two", "prod")
        assert [*known.one("two").aliases] == ["prod"]  # type: ignore[union-attr]
        assert known.one("one")
        Registry.open(repo.path).promote("one", "prod")
        assert [[*it.aliases] for it in known.all()] == [["prod"], [], ["prod"]]
        assert self.read == [["one", "three", "two"], ["two"], ["one"]]

    def test_what_is_gone_is_gone(self, known: Cache, repo: Repository) -> None:
        known.all()
        repo.git("tag", "-d", "two@v1.0.0")
        assert known.one("two") is None
        assert [it.name for it in known.all()] == ["one", "three"]

    def test_what_cannot_be_read_is_looked_at_each_time(
        self, known: Cache, repo: Repository
    ) -> None:
        repo.git("update-ref", "refs/heads/main", repo.commits[1])
        broken = Repository(repo.path)
        (broken.path / "artifacts.yaml").write_text("four: {type: [\n")
        broken.git("add", "-f", "artifacts.yaml")
        broken.git("commit", "-qm", "broken")
        broken.git("tag", "-am", "x", "four@v1.0.0")
        for _ in range(2):
            assert known.one("four")
            known.all()
        assert self.read.count(["four"]) >= 3

    def test_a_clone_that_may_lack_tags_is_read_each_time(
        self, known: Cache, repo: Repository
    ) -> None:
        """What its remote has is asked for with each question, and nothing is kept."""
        run(repo.path.parent, "clone", "-q", "--depth=1", repo.path.as_uri(), "shallow")
        shallow = mlflow_cache(Registry.open(repo.path.parent / "shallow"))
        assert shallow.one("two")
        assert len(shallow.all()) == 3
        Registry.open(repo.path).promote("two", "prod")
        assert [*shallow.one("two").aliases] == ["prod"]  # type: ignore[union-attr]
        assert [[*it.aliases] for it in shallow.all()] == [[], [], ["prod"]]


def test_the_rest_of_mreg_never_imports_it() -> None:
    """MLflow imports it, by its entry points; and these modules alone import MLflow."""
    ours = "mreg.integrations.mlflow"
    users = {it for it in modules() if any(used.startswith(ours) for used in imports(it))}
    assert {it for it in users if not it.startswith(ours)} == set()
    # Addresses and names of registries belong to no stack: KServe's storage has the same.
    shared = {
        f"mreg.integrations.{it}"
        for it in ("address", "cache", "entries", "names", "refusals", "stages")
    }
    assert not [it for name in shared for it in imports(name) if it.startswith(("mlflow", "zenml"))]
    with_mlflow = {it for it in modules() if any(at.startswith("mlflow") for at in imports(it))}
    assert {it.removeprefix("mreg.integrations.mlflow.") for it in with_mlflow} == {
        *("artifacts", "entities", "failures", "search", "store", "mreg.importers.mlflow"),
    }


def test_importing_mreg_loads_nothing_of_it() -> None:
    code = "import sys, mreg; mreg.Registry; print([it for it in sys.modules if 'mlflow' in it])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_entry_points_are_the_schemes() -> None:
    import tomllib

    text = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    points = tomllib.loads(text)["project"]["entry-points"]
    for group in ("mlflow.model_registry_store", "mlflow.artifact_repository"):
        assert set(points[group]) == set(address.SCHEMES)
