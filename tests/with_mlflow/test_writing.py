"""Writing: as MLflow's own store does it, where Git can; refused with the reason where not."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest
import twins
from mlflow.entities.model_registry import ModelVersionTag
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow.exceptions import MlflowException
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from mreg import Registry
from mreg.errors import AccessDenied, NoRemoteRepository, OutcomeUnknown, RemoteError
from mreg.integrations.mlflow.failures import translated
from mreg.integrations.mlflow.store import MregStore
from repositories import Maker, Repository, Tag, run

ODD: list[Any] = [
    *(
        None,
        "",
        " ",
        "\u00e9",
        "\u00b2",
        "\udcff",
        "a\nb",
        "\0",
        7,
        -1,
        1.5,
        True,
        b"x",
        [],
        "../..",
    ),
    *("models:/", "models:/@", "models:/a/b/c", "models://", "models:/[", "mreg:", "mreg://["),
    *("http://[::1", "@latest", "churn@", "../..", "x" * 300),
]
FILES = [{"artifacts.yaml": b"churn: {type: model, path: model.pkl}\n", "model.pkl": b"1"}]
POLICY = b"""\
stages:
  dev:
  prod:
    from: dev
"""


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    commits: list[dict[str, bytes]] = [*FILES, *({"model.pkl": b"%d" % it} for it in (2, 3, 4))]
    return make_repository(commits=commits)


def store_of(repo: Repository, *options: str) -> MregStore:
    return MregStore(f"mreg://{repo.path}?{'&'.join(('write=true', *options))}")


class Both:
    """The two stores, to which the same is done."""

    def __init__(self, repo: Repository, theirs: SqlAlchemyStore, ours: MregStore) -> None:
        self.repo, self.stores = repo, (theirs, ours)

    def __call__(self, asked: Callable[[AbstractStore], Any]) -> Any:
        """Do it to both, which have to answer alike, and return what."""
        theirs, ours = map(partial(twins.answer, asked=asked), self.stores)
        assert ours == theirs
        return ours

    def create(self, number: int, name: str = "churn", **more: Any) -> Any:
        """Create a version of the commit of that number."""
        source = f"mreg://{self.repo.path}?rev={self.repo.commits[number - 1]}"

        def asked(store: AbstractStore) -> Any:
            found = store.create_model_version(name, source, **more)
            return found.name, str(found.version), found.description, found.run_id

        return self(asked)

    def alias(self, name: str, version: int | str) -> Any:
        return self(lambda it: it.set_registered_model_alias("churn", name, version))

    def holder(self, alias: str) -> Any:
        return self(lambda it: str(it.get_model_version_by_alias("churn", alias).version))

    def aliases(self) -> Any:
        return self(
            lambda it: {at: str(by) for at, by in it.get_registered_model("churn").aliases.items()}
        )

    def versions(self) -> Any:
        def asked(store: AbstractStore) -> list[str]:
            found = store.search_model_versions("name = 'churn'", order_by=["version_number ASC"])
            return [str(it.version) for it in found]

        return self(asked)


@pytest.fixture
def both(repo: Repository, tmp_path: Path, new_database: Path) -> Both:
    """Both stores, with the model `churn` and its versions 1 and 2."""
    made = Both(
        repo, SqlAlchemyStore(f"sqlite:///{shutil.copy(new_database, tmp_path)}"), store_of(repo)
    )
    made(lambda it: it.create_registered_model("churn").name)
    made.create(1)
    made.create(2, description="Better.", run_id="r2")
    return made


class TestAsInSqlite:
    def test_versions_count_up(self, both: Both) -> None:
        assert both.versions() == ["1", "2"]
        assert both.create(3) == ["churn", "3", None, None]

    def test_what_was_said_is_kept(self, both: Both) -> None:
        found = both(
            lambda it: [
                (one.description, one.run_id) for one in it.search_model_versions("run_id = 'r2'")
            ]
        )
        assert found == [["Better.", "r2"]]

    def test_a_model_is_not_made_twice(self, both: Both) -> None:
        made = both(lambda it: it.create_registered_model("churn").name)
        assert made == "error: RESOURCE_ALREADY_EXISTS"

    @pytest.mark.parametrize("name", [None, "", " ", "a/b", "a:b"])
    def test_a_model_has_a_name(self, both: Both, name: Any) -> None:
        made = both(lambda it: it.create_registered_model(name).name)
        assert made == "error: INVALID_PARAMETER_VALUE"

    def test_an_alias_moves(self, both: Both) -> None:
        both.alias("prod", 1)
        assert both.holder("prod") == "1"
        both.alias("prod", "2")
        assert both.holder("prod") == "2"
        both.alias("prod", 1)
        assert both.aliases() == {"prod": "1"}

    def test_an_alias_is_set_twice(self, both: Both) -> None:
        both.alias("prod", 1)
        assert both.alias("prod", 1) is None

    def test_an_alias_that_is_a_number(self, both: Both) -> None:
        both.alias("7", 1)
        assert both.holder("7") == "1"

    def test_a_version_has_two_aliases(self, both: Both) -> None:
        both.alias("prod", 1)
        both.alias("canary", 1)
        assert both.aliases() == {"prod": "1", "canary": "1"}
        both(lambda it: sorted(it.get_model_version("churn", 1).aliases))

    @pytest.mark.parametrize("alias", ["latest", "Latest", "v1", "V2"])
    def test_a_reserved_alias(self, both: Both, alias: str) -> None:
        assert both.alias(alias, 1) == "error: INVALID_PARAMETER_VALUE"

    @pytest.mark.parametrize("alias", ["", "a b", "a.b", "a^b", "é!"])
    def test_an_alias_that_is_no_name(self, both: Both, alias: str) -> None:
        assert both.alias(alias, 1) == "error: INVALID_PARAMETER_VALUE"

    @pytest.mark.parametrize("version", [9, "9", "x", ""])
    def test_an_alias_of_no_version(self, both: Both, version: Any) -> None:
        assert str(both.alias("prod", version)).startswith("error")
        assert both.aliases() == {}

    def test_an_alias_of_no_model(self, both: Both) -> None:
        found = both(lambda it: it.set_registered_model_alias("none", "prod", 1))
        assert found == "error: RESOURCE_DOES_NOT_EXIST"

    def test_a_deleted_alias_leads_nowhere(self, both: Both) -> None:
        both.alias("prod", 1)
        both.alias("prod", 2)
        for _ in range(2):
            both(lambda it: it.delete_registered_model_alias("churn", "prod"))
        assert both.holder("prod") == "error: INVALID_PARAMETER_VALUE"
        assert both.aliases() == {}
        both.alias("prod", 2)
        assert both.holder("prod") == "2"

    def test_an_alias_is_deleted_of_no_model(self, both: Both) -> None:
        found = both(lambda it: it.delete_registered_model_alias("none", "prod"))
        assert found == "error: RESOURCE_DOES_NOT_EXIST"

    def test_a_deleted_version_is_gone(self, both: Both) -> None:
        both(lambda it: it.delete_model_version("churn", 1))
        assert both.versions() == ["2"]
        for version in (1, "1"):
            found = both(methodcaller("get_model_version", "churn", version))
            assert found == "error: RESOURCE_DOES_NOT_EXIST"
        again = both(lambda it: it.delete_model_version("churn", 1))
        assert again == "error: RESOURCE_DOES_NOT_EXIST"

    def test_a_version_after_one_that_was_deleted_is_another(self, both: Both) -> None:
        both(lambda it: it.delete_model_version("churn", 2))
        both.create(3)
        assert both.versions() == ["1", "3"]

    @pytest.mark.parametrize("version", ["x", "", 9])
    def test_no_version_is_deleted(self, both: Both, version: Any) -> None:
        assert str(both(lambda it: it.delete_model_version("churn", version))).startswith("error")

    def test_a_stage_of_mlflow(self, both: Both) -> None:
        def moved(version: int, stage: str) -> Callable[[AbstractStore], Any]:
            return lambda it: (
                it.transition_model_version_stage("churn", version, stage, False).current_stage
            )

        def staged(store: AbstractStore) -> list[str]:
            return [str(it.version) for it in store.get_latest_versions("churn", ["Staging"])]

        assert both(moved(1, "Staging")) == "Staging"
        assert both(moved(2, "production")) == "Production"
        assert both(
            lambda it: [str(at.version) for at in it.get_latest_versions("churn", ["Staging"])]
        ) == ["1"]
        assert both(moved(1, "None")) == "None"
        assert both(staged) == []
        assert both(lambda it: it.transition_model_version_stage("churn", 9, "Staging", False)) == (
            "error: RESOURCE_DOES_NOT_EXIST"
        )


class TestWhatGitDoes:
    def test_the_events_are_those_of_mreg(self, both: Both) -> None:
        both.alias("prod", 1)
        both(lambda it: it.delete_registered_model_alias("churn", "prod"))
        events = Registry.open(both.repo.path).history("churn", reverse=True)
        assert [(it.action, it.version) for it in events] == [
            *(("register", "v0.0.1"), ("register", "v0.0.2")),
            *(("promote", "v0.0.1"), ("demote", "v0.0.1")),
        ]
        assert events[1].message == "Better.\n\nMlflow-Run: r2"

    @pytest.mark.parametrize(
        ("tags", "version"),
        [
            ({"mreg.rev": "HEAD", "mreg.version": "2.1.0"}, "2001000"),
            ({"mreg.rev": "HEAD", "mreg.bump": "minor"}, "1000"),
            ({"mreg.rev": "HEAD", "mreg.version": "v1.0.0-rc.1"}, "v1.0.0-rc.1"),
        ],
    )
    def test_which_version_a_tag_says(
        self, repo: Repository, tags: dict[str, str], version: str
    ) -> None:
        repo.git("reset", "-q", "--hard")
        said = [ModelVersionTag(key, value) for key, value in tags.items()]
        made = store_of(repo).create_model_version(
            "churn", "models:/m-1", tags=said, model_id="m-1"
        )
        assert (made.version, made.model_id) == (version, "m-1")
        assert made.tags["mreg.commit"] == repo.commits[-1]

    @pytest.mark.parametrize(
        "source", ["models:/churn/1", "models:/churn@latest", "{uri}/churn@v0.0.1"]
    )
    def test_a_version_is_copied_to_another_model(self, both: Both, source: str) -> None:
        ours = both.stores[1]
        made = ours.create_model_version(
            "churn-eu",
            source.format(uri=f"mreg://{both.repo.path}"),
            tags=[ModelVersionTag("mreg.version", "v0.0.1"), ModelVersionTag("mreg.type", "model")],
        )
        assert made.name == "churn-eu"
        assert made.tags["mreg.commit"] in both.repo.commits[:2]

    def test_a_version_that_is_made_again_is_there(self, both: Both) -> None:
        """An answer that was lost on its way makes MLflow's client ask a second time."""
        ours, commit = both.stores[1], both.repo.commits[1]
        again = ours.create_model_version("churn", f"mreg://{both.repo.path}?rev={commit}")
        assert again.version == "2"
        assert len(Registry.open(both.repo.path).history("churn")) == 2

    @pytest.mark.parametrize(
        ("asked", "code", "words"),
        [
            (lambda it: it.rename_registered_model("churn", "x"), 400, "deprecate"),
            (lambda it: it.update_registered_model("churn", "x"), 400, "artifacts.yaml"),
            (lambda it: it.delete_registered_model("churn"), 400, "delete its versions"),
            (lambda it: it.set_registered_model_tag("churn", None), 400, "artifacts.yaml"),
            (lambda it: it.delete_registered_model_tag("churn", "x"), 400, "artifacts.yaml"),
            (lambda it: it.update_model_version("churn", 1, "x"), 400, "artifacts.yaml"),
            (lambda it: it.set_model_version_tag("churn", 1, None), 400, "artifacts.yaml"),
            (lambda it: it.delete_model_version_tag("churn", 1, "x"), 400, "artifacts.yaml"),
            (lambda it: it.create_registered_model("x", description="y"), 400, "omit"),
            (lambda it: it.create_model_version("churn", "runs:/1/model"), 400, "mreg.rev"),
            (lambda it: it.create_model_version("churn", "models:/m-1"), 400, "mreg.rev"),
            (lambda it: it.create_model_version("churn", f"{_uri(it)}?rev=none"), 404, "none"),
            (lambda it: it.create_model_version("churn", "mreg:///x?rev=HEAD"), 400, "another"),
            (lambda it: it.create_model_version("churn", "mreg:///x/a@v1.0.0"), 400, "another"),
            (lambda it: it.create_model_version("churn", _uri(it)), 400, "mreg.rev"),
            (lambda it: _created(it, "mreg.bump", "huge"), 400, "major"),
            (lambda it: _created(it, "team", "x"), 400, "store the tag team"),
            (lambda it: _created(it, "mreg.version", "one"), 400, "SemVer"),
            (
                lambda it: it.transition_model_version_stage("churn", 1, "Archived", False),
                400,
                "history",
            ),
            (lambda it: it.transition_model_version_stage("churn", 1, "prod", True), 400, "omit"),
            (lambda it: it.set_registered_model_alias("churn", "v0.0.1", 2), 400, "automatically"),
            (lambda it: _held(it).delete_model_version("churn", 1), 400, "holds live"),
            (lambda it: _held(it).set_registered_model_alias("churn", "lives", 1), 400, "live"),
        ],
    )
    def test_what_it_cannot_do_is_refused_and_never_tried_again(
        self, both: Both, asked: Callable[[MregStore], Any], code: int, words: str
    ) -> None:
        with pytest.raises(MlflowException, match=words) as caught:
            asked(both.stores[1])
        assert caught.value.get_http_status_code() == code
        assert "\n" in caught.value.message  # what to do about it

    def test_the_policy_refuses_with_its_reasons(self, make_repository: Maker) -> None:
        tags = [Tag("churn@v1.0.0")]
        repo = make_repository(tags, commits=[{**FILES[0], ".mreg.yaml": POLICY}])
        with pytest.raises(MlflowException, match=r"from: .*\n.*dev") as caught:
            store_of(repo).set_registered_model_alias("churn", "prod", "1000000")
        assert caught.value.error_code == "PERMISSION_DENIED"
        store_of(repo).set_registered_model_alias("churn", "dev", "1000000")
        store_of(repo).set_registered_model_alias("churn", "prod", "1000000")

    def test_stages_go_by_the_names_of_the_team(self, make_repository: Maker) -> None:
        tags = [Tag("churn@v1.0.0")]
        repo = make_repository(tags, commits=[{**FILES[0], ".mreg.yaml": POLICY}])
        store = store_of(repo, "staging=dev", "production=prod")
        for stage in ("Staging", "PROD"):
            store.transition_model_version_stage("churn", "1000000", stage, False)
        found = store.get_latest_versions("churn", ["Production"])
        assert [(it.current_stage, it.aliases) for it in found] == [("Production", ["dev", "prod"])]
        assert Registry.open(repo.path).resolve("churn#prod").version == "v1.0.0"

    def test_nothing_is_written_unless_the_address_says_so(self, both: Both) -> None:
        store = MregStore(f"mreg://{both.repo.path}")
        before = both.repo.contents()
        for asked in (
            lambda: store.create_registered_model("x"),
            lambda: store.create_model_version("churn", "x"),
            lambda: store.set_registered_model_alias("churn", "prod", 1),
            lambda: store.delete_registered_model_alias("churn", "prod"),
            lambda: store.transition_model_version_stage("churn", 1, "prod", False),
            lambda: store.delete_model_version("churn", 1),
        ):
            with pytest.raises(MlflowException, match=r"write=true") as caught:
                asked()
            assert caught.value.error_code == "PERMISSION_DENIED"
        assert both.repo.contents() == before

    def test_it_is_published_first_where_the_settings_say_so(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0")], commits=[{".mreg.yaml": b"push: true\n"}])
        run(tmp_path, "clone", "-q", "--bare", str(repo.path), "hub.git")
        run(tmp_path, "clone", "-q", "hub.git", "clone")
        clone, hub = Repository(tmp_path / "clone"), Repository(tmp_path / "hub.git")
        store_of(clone).set_registered_model_alias("churn", "prod", "1000000")
        assert "refs/tags/churn#prod#1" in hub.refs()
        (tmp_path / "hub.git").rename(tmp_path / "away.git")
        with pytest.raises(MlflowException) as caught:
            store_of(clone).set_registered_model_alias("churn", "dev", "1000000")
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
        assert "no repository" in caught.value.message
        assert not any("dev" in it for it in clone.refs())

    def test_a_registry_is_read_and_written_by_url(
        self, make_repository: Maker, tmp_path: Path
    ) -> None:
        repo = make_repository([Tag("churn@v1.0.0")], commits=FILES)
        run(tmp_path, "clone", "-q", "--bare", str(repo.path), "hub.git")
        run(tmp_path / "hub.git", "config", "uploadpack.allowFilter", "true")
        run(tmp_path / "hub.git", "config", "uploadpack.allowAnySHA1InWant", "true")
        store = MregStore(f"mreg+file://{tmp_path}/hub.git?write=true")
        assert [it.name for it in store.search_registered_models()] == ["churn"]
        store.set_registered_model_alias("churn", "prod", "1000000")
        assert store.get_model_version_by_alias("churn", "prod").version == "1000000"
        assert "refs/tags/churn#prod#1" in Repository(tmp_path / "hub.git").refs()
        uri = store.get_model_version_download_uri("churn", "1000000")
        assert uri == f"mreg+file://{tmp_path}/hub.git/churn@v1.0.0"


class TestTheStoreItself:
    def test_it_can_be_pickled(self, both: Both) -> None:
        again = pickle.loads(pickle.dumps(both.stores[1]))
        assert again.get_registered_model("churn").name == "churn"

    def test_it_has_no_webhooks(self, both: Both) -> None:
        event = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
        ours = both.stores[1]
        assert [*ours.list_webhooks_by_event(event), *ours.list_webhooks()] == []
        refused: dict[str, list[Callable[[], Any]]] = {
            "INVALID_PARAMETER_VALUE": [lambda: ours.create_webhook("w", "https://host", [event])],
            "RESOURCE_DOES_NOT_EXIST": [
                lambda: ours.get_webhook("1"),
                lambda: ours.update_webhook("1", name="w"),
                lambda: ours.delete_webhook("1"),
                lambda: ours.test_webhook("1", event),
            ],
        }
        for code, calls in refused.items():
            for call in calls:
                with pytest.raises(MlflowException, match="mreg notify") as caught:
                    call()
                assert caught.value.error_code == code

    def test_a_version_is_copied_under_another_name(self, repo: Repository) -> None:
        store = store_of(repo)
        rev = f"{_uri(store)}?rev={repo.commits[1]}"
        tags = [ModelVersionTag("mreg.version", "1.2.0")]
        first = store.create_model_version("churn", rev, tags=tags)
        made = store.copy_model_version(first, "prod-churn")
        assert (made.name, made.version) == ("prod-churn", "1002000")
        assert made.tags["mreg.commit"] == repo.commits[1]

    def test_a_prompt_is_told_where_it_belongs(self, repo: Repository) -> None:
        with pytest.raises(MlflowException, match="one of MLflow's own registries"):
            store_of(repo).create_prompt("greeting")

    @pytest.mark.parametrize(
        ("uri", "code"),
        [
            ("mreg:///nowhere/at/all", "INVALID_PARAMETER_VALUE"),
            ("mreg://models", "INVALID_PARAMETER_VALUE"),
            ("mreg:///tmp?wirte=true", "INVALID_PARAMETER_VALUE"),
            ("mreg+file:///nowhere.git", "INVALID_PARAMETER_VALUE"),
            ("mreg+https://ann:s3cret@127.0.0.1:9/nobody-listens.git", "ABORTED"),
        ],
    )
    def test_an_address_that_leads_nowhere_is_a_clear_error(self, uri: str, code: str) -> None:
        with pytest.raises(MlflowException) as caught:
            MregStore(uri).search_registered_models()
        assert caught.value.error_code == code
        assert "s3cret" not in caught.value.message

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (AccessDenied("x"), "PERMISSION_DENIED"),
            (NoRemoteRepository("x"), "INVALID_PARAMETER_VALUE"),
            (RemoteError("x"), "ABORTED"),
            (OutcomeUnknown("x"), "TEMPORARILY_UNAVAILABLE"),
        ],
    )
    def test_only_what_a_second_try_could_mend_is_tried_again(
        self, error: RemoteError, code: str
    ) -> None:
        with pytest.raises(MlflowException) as caught, translated():
            raise error
        assert caught.value.error_code == code
        assert (caught.value.get_http_status_code() == 503) == isinstance(error, OutcomeUnknown)

    @pytest.mark.parametrize("odd", ODD, ids=ascii)
    def test_no_argument_ends_in_another_error_than_mlflows(
        self, make_repository: Maker, odd: Any
    ) -> None:
        store = store_of(make_repository([Tag("churn@v1.0.0")], commits=FILES))
        rev = f"{_uri(store)}?rev=HEAD"
        calls: list[Callable[[], Any]] = [
            lambda: store.get_registered_model(odd),
            lambda: store.get_latest_versions("churn", [odd]),
            lambda: store.get_model_version("churn", odd),
            lambda: store.get_model_version_by_alias("churn", odd),
            lambda: store.set_registered_model_alias("churn", odd, 1),
            lambda: store.delete_registered_model_alias("churn", odd),
            lambda: store.transition_model_version_stage("churn", 1, odd, False),
            lambda: store.create_registered_model(odd),
            lambda: store.create_model_version("churn", odd),
            lambda: store.create_model_version(odd, rev),
            lambda: store.create_model_version("other", rev, description=odd),
            lambda: store.create_model_version("other", rev, run_id=odd),
            lambda: store.search_registered_models(page_token=odd),
            lambda: store.search_model_versions(max_results=odd),
        ]
        for call in calls:
            try:
                call()
            except MlflowException as error:
                assert error.get_http_status_code() < 500  # noqa: PT017 # not each is an error

    def test_a_model_whose_version_no_tag_could_name_is_not_made(self, repo: Repository) -> None:
        store = store_of(repo)
        assert store.create_registered_model("x" * 243).name
        with pytest.raises(MlflowException, match="251 characters"):
            store.create_registered_model("x" * 244)

    def test_pages_fit_together_though_models_come_and_go(self, make_repository: Maker) -> None:
        names = ["a", "b", "c", "d", "e"]
        repo = make_repository([Tag(f"{it}@v1.0.0") for it in names], commits=[{}])
        store, registry = store_of(repo), Registry.open(repo.path)
        first = store.search_registered_models(max_results=2)
        registry.promote("d@v1.0.0", "prod")
        registry.register("aa", repo.commits[0])
        registry.deregister("a@v1.0.0")
        registry.register("ab", repo.commits[0])
        second = store.search_registered_models(max_results=2, page_token=first.token)
        assert [it.name for it in (*first, *second)] == ["a", "b", "c", "d"]
        registry.deregister("d@v1.0.0", force=True)
        with pytest.raises(MlflowException, match="search again from the first page") as caught:
            store.search_registered_models(max_results=2, page_token=second.token)
        assert caught.value.error_code == "ABORTED"

    def test_pages_in_an_order_that_events_change_say_when_one_did(
        self, make_repository: Maker
    ) -> None:
        tags = [Tag(f"churn@v{it}.0.0", time=it) for it in range(1, 6)]
        repo = make_repository(tags, commits=[{}])
        store, registry = store_of(repo), Registry.open(repo.path)
        first = store.search_model_versions("name = 'churn'", max_results=2)
        second = store.search_model_versions("name = 'churn'", 2, None, first.token)
        assert [it.version for it in (*first, *second)] == [
            *("5000000", "4000000", "3000000", "2000000"),
        ]
        registry.promote("churn@v1.0.0", "prod")
        with pytest.raises(MlflowException, match="changed since the last page"):
            store.search_model_versions("name = 'churn'", 2, None, first.token)
        registry.demote("churn@v1.0.0", "prod")
        named: dict[str, Any] = {"order_by": ["version_number DESC"], "max_results": 2}
        first = store.search_model_versions("name = 'churn'", **named)
        registry.promote("churn@v1.0.0", "prod")
        second = store.search_model_versions("name = 'churn'", page_token=first.token, **named)
        assert [it.version for it in second] == ["3000000", "2000000"]

    def test_mlflow_has_no_method_that_is_not_answered(self) -> None:
        """AbstractStore's methods are abstract in name only: one that is missing returns None."""
        abstract = {
            name
            for name, it in vars(AbstractStore).items()
            if getattr(it, "__isabstractmethod__", False)
        }
        assert len(abstract) == 21
        assert abstract <= set(vars(MregStore))


def _uri(store: MregStore) -> str:
    return store._address.uri


def _created(store: MregStore, key: str, value: str) -> Any:
    tags = [ModelVersionTag("mreg.rev", "HEAD"), ModelVersionTag(key, value)]
    return store.create_model_version("churn", "x", tags=tags)


def _staged(store: AbstractStore, version: int, stage: str) -> Any:
    return store.transition_model_version_stage("churn", version, stage, False).current_stage


def _moved(store: MregStore, stage: str, *, archive: bool) -> Any:
    return store.transition_model_version_stage("churn", 1, stage, archive)


def _held(store: MregStore) -> MregStore:
    store.set_registered_model_alias("churn", "live", 1)
    return store
