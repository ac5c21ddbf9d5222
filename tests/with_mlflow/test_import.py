"""A registry of MLflow's, in SQLite, imported: the same answers by one script, through the plugin.

300 versions with odd names, aliases, stages, deleted versions and runs. `MlflowSource` asks the
real client; the answers before and after come from the two stores.
"""

from __future__ import annotations

import http.server
import json
import math
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import mlflow.store.model_registry.sqlalchemy_store as sql
import pytest
import twins
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

from commandline import CommandLine
from mreg import Registry
from mreg.core.times import moment
from mreg.errors import MregError, NotFound, RemoteError, UsageError
from mreg.importers.carry import Carried, Carrying, carry, planned
from mreg.importers.mlflow import MlflowSource, plain
from mreg.importers.plan import Naming
from mreg.importers.source import SourceModel, SourceVersion
from mreg.integrations.mlflow import numbers
from mreg.integrations.mlflow.store import MregStore
from mreg.schemas import model
from repositories import START, Maker, Repository

NAMES = {
    "Churn model": "Churn-model",
    "café (v2)": "cafe-v2",
    "it's": "it-s",
    'say "no"': "say-no",
    "a.b.c": "a-b-c",
    "%41": "41",
    "x" * 200: "x" * 200,
    "流失": "lost",
    "-dash-": "dash",
    "tab\tbed": "tab-bed",
    **{f"plain-{it:02}": f"plain-{it:02}" for it in range(20)},
}
"""The models, and what they become."""

EACH = 10
DELETED = (4, 10)
ALIASES = {"champion": 3, "Old-One": 1, "café": 7}
STAGES = {2: "Production", 5: "Production", 6: "Staging", 7: "Archived"}


@pytest.fixture(scope="module")
def made(new_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 300 versions, of which 60 were deleted since."""
    folder = tmp_path_factory.mktemp("mlflow")
    database = folder / "mlflow.db"
    shutil.copy(new_database, database)
    client = MlflowClient(f"sqlite:///{database}", f"sqlite:///{database}")
    experiment = client.create_experiment("risk", f"{folder.as_uri()}/artifacts")
    run = client.create_run(experiment, run_name="try 1")
    for key, value in {"depth": "5", "rate": "0.10", "solver": "lbfgs", "nan": "nan"}.items():
        client.log_param(run.info.run_id, key, value)
    client.log_metric(run.info.run_id, "val/auc", 0.5)
    client.log_metric(run.info.run_id, "loss", float("nan"))
    source = f"{run.info.artifact_uri}/model"
    packed = Path(source.removeprefix("file://"))
    packed.mkdir(parents=True)
    (packed / "MLmodel").write_text(MLMODEL)
    (packed / "model.pkl").write_bytes(b"\x80\r\n")
    _fill(SqlAlchemyStore(f"sqlite:///{database}"), source, run.info.run_id)
    return database


MLMODEL = """\
flavors:
  python_function: {loader_module: mlflow.sklearn}
  sklearn: {sklearn_version: 1.9.1}
signature: {inputs: '[{"type": "long", "name": "age", "required": true}]', outputs: null}
"""


def _fill(store: SqlAlchemyStore, source: str, run: str) -> None:
    for place, name in enumerate(NAMES):
        said = [RegisteredModelTag("owner", f"team {place}")] if place % 2 else []
        about = f"What {name} does\nand more" if place % 3 else None
        for number in range(1, EACH + 1):
            with patch.object(sql, "get_current_time_millis", lambda n=number, p=place: _at(p, n)):
                if number == 1:
                    store.create_registered_model(name, said, about)
                tags = [ModelVersionTag("stage of", "é: 'x'"), ModelVersionTag("n", str(number))]
                words = f"Number {number}\n\nof {name}" if number % 2 else None
                store.create_model_version(name, source, run, tags[: number % 3], description=words)
        for number, stage in STAGES.items():
            store.transition_model_version_stage(name, number, stage, False)
        for alias, number in ALIASES.items():
            if alias.isascii():
                store.set_registered_model_alias(name, alias, number)
        for number in DELETED:
            store.delete_model_version(name, number)
    store.create_registered_model("without any version")
    store._dispose_engine()


def _at(place: int, number: int) -> int:
    return (START - 1_000_000 + place * 1_000 + number) * 1000 + 7


@pytest.fixture(scope="module")
def repo(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository into which all of it was imported, with its files."""
    folder = tmp_path_factory.mktemp("imported")
    repo = Maker(folder, folder)()
    found = imported(repo, made, models={"流失": "lost"})
    assert [it.failure or it.plan.refusals for it in found if not it.done] == []
    assert sum(len(it.plan.versions) for it in found) == len(NAMES) * (EACH - len(DELETED))
    return repo


def imported(repo: Repository, database: Path, keep: Any = "git", **said: Any) -> list[Carried]:
    source, registry = MlflowSource(f"sqlite:///{database}"), Registry.open(repo.path)
    plans = planned(source, registry, (), Naming(**said))
    return [*carry(source, registry, plans, Carrying(keep))]


def questions(store: AbstractStore, called: dict[str, str], number: Any) -> dict[str, Any]:
    """Ask a store for all that it has: the one script, with names and numbers as it has them."""
    found: dict[str, Any] = {}

    def ask(question: str, method: str, *given: Any, **more: Any) -> None:
        found[question] = twins.answer(store, lambda it: getattr(it, method)(*given, **more))

    for name, here in called.items():
        ask(name, "get_registered_model", here)
        for it in range(1, EACH + 2):
            ask(f"{name}/{it}", "get_model_version", here, number(it))
        for alias in (*ALIASES, "latest", "none"):
            ask(f"{name}@{alias}", "get_model_version_by_alias", here, alias)
        for stage in ("Production", "Staging", "None"):
            ask(f"{name} in {stage}", "get_latest_versions", here, [stage])
    for query in ("tags.n = '1'", "tags.`stage of` LIKE 'é%'", "name = 'a'"):
        ask(query, "search_model_versions", query, max_results=1000)
        # The SQLite store leaves the aliases out of what a search finds.
        found[query] = [{**it, "aliases": []} for it in found[query][0]]
    return found


def same(value: Any, *, renamed: dict[str, str], here: bool) -> Any:
    """Return an answer without what docs/how-to/import.md says is another one."""
    if isinstance(value, list):
        found = [same(it, renamed=renamed, here=here) for it in value]
        return sorted(found, key=lambda it: (it["name"], int(it["version"])))
    if not isinstance(value, dict):
        return value
    kept = {key: it for key, it in value.items() if key not in ("source", "latest")}
    kept["name"] = value["name"] if here else renamed[value["name"]]
    kept["created"] //= 1000
    kept["tags"] = {key: it for key, it in value["tags"].items() if not key.startswith("mreg.")}
    if "version" in value:
        kept["version"] = number_of(value["version"]) if here else value["version"]
        gone = value["stage"] == "Archived" or (value["stage"], value["version"]) == FORMER
        kept["stage"] = "None" if gone else value["stage"]
        kept["aliases"] = sorted(set(value["aliases"]) - {"Production", "Staging"})
    else:
        kept["aliases"] = {
            alias: number_of(at) if here else at
            for alias, at in value["aliases"].items()
            if alias not in ("Production", "Staging")
        }
    return kept


FORMER = ("Production", "2")
"""Of several versions in a stage, the highest holds it here."""


def number_of(number: str) -> str:
    return str(int(number) // 1_000_000)


@pytest.fixture
def mreg(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Runs mreg's command line inside the test's own process."""
    return CommandLine(capsys, monkeypatch)


class TestRoundTrip:
    def test_the_same_answers(self, made: Path, repo: Repository) -> None:
        there = SqlAlchemyStore(f"sqlite:///{made}")
        before = questions(there, {it: it for it in NAMES}, lambda it: it)
        there._dispose_engine()
        store = MregStore(f"mreg://{repo.path}")
        after = questions(store, NAMES, lambda it: numbers.number(f"v{it}.0.0"))
        assert len(before) == len(after) > 500
        differing = {}
        for question, said in before.items():
            one = same(said, renamed=NAMES, here=False)
            other = same(after[question], renamed=NAMES, here=True)
            if one != other:
                differing[question] = (one, other)
        undescribed = {name for place, name in enumerate(NAMES) if not place % 3}
        assert differing.keys() == undescribed, differing

    def test_times_runs_and_signatures_came_over(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        version = registry.resolve("lost@v3.0.0")
        assert version.created_at == moment(_at([*NAMES].index("流失"), 3) // 1000)
        said = registry.annotation("lost@v3.0.0")
        assert said.params == {"depth": 5, "rate": "0.10", "solver": "lbfgs", "nan": "nan"}
        assert said.metrics["val/auc"] == 0.5
        assert math.isnan(said.metrics["loss"])
        assert said.framework == ("scikit-learn", "1.9.1")
        assert said.signature == {"input": [{"type": "long", "name": "age", "required": True}]}
        assert said.schema
        [column] = model.columns(said.schema.input) or ()
        assert column == ("age", "integer", "int64", True, False, None)
        assert said.custom["mlflow"]["experiment"] == "risk"
        assert said.custom["mlflow"]["run_name"] == "try 1"
        got = registry.get("lost@v3.0.0")
        assert (got / "model.pkl").read_bytes() == b"\x80\r\n"
        assert {it.code for it in registry.doctor()} == {"MR028"}, "the metric that is no number"

    def test_again_there_is_nothing_new_until_there_is(
        self, made: Path, repo: Repository, tmp_path: Path
    ) -> None:
        before = repo.refs()
        assert not any(it.plan.is_new for it in imported(repo, made))
        assert repo.refs() == before


def test_an_alias_counts_for_more_than_the_stage_of_its_name(
    new_database: Path, tmp_path: Path
) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(new_database, database)
    store = SqlAlchemyStore(f"sqlite:///{database}")
    store.create_registered_model("churn")
    for _ in range(2):
        store.create_model_version("churn", f"{tmp_path.as_uri()}/model")
    for number, stage in (("1", "Production"), ("2", "Staging")):
        store.transition_model_version_stage("churn", number, stage, False)
        store.set_registered_model_alias("churn", stage, "2")
    store._dispose_engine()
    (found,) = MlflowSource(f"sqlite:///{database}").models(["churn"])
    assert found.held == {"Production": "2", "Staging": "2"}
    assert found.notes == (
        (
            "its stage Production has version 1 and its alias Production has version 2;"
            " the alias takes precedence"
        ),
    )


class TestBadInput:
    def test_what_is_half_written_or_has_no_source(
        self, new_database: Path, tmp_path: Path, make_repository: Maker, mreg: CommandLine
    ) -> None:
        database = tmp_path / "mlflow.db"
        shutil.copy(new_database, database)
        store = SqlAlchemyStore(f"sqlite:///{database}")
        for name in ("half", "bare", "lost", "fine"):
            store.create_registered_model(name)
        store.create_model_version("half", "s3://bucket/a", "no-such-run")
        store.create_model_version("half", "s3://bucket/b")
        store.create_model_version("bare", "")
        store.create_model_version("lost", f"{tmp_path.as_uri()}/gone")
        store.create_model_version("fine", f"{tmp_path.as_uri()}/model")
        with store.ManagedSessionMaker(read_only=False) as session:
            made = session.query(sql.SqlModelVersion).filter_by(name="half", version=2).one()
            made.status = "PENDING_REGISTRATION"
        store._dispose_engine()
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "model.pkl").write_bytes(b"x")
        repo = make_repository()
        words = ("import", "mlflow", f"sqlite:///{database}")
        done = mreg(*words, "--bytes", "git", repo=repo)
        assert done.code == 1
        assert done.out == "Imported fine as fine: 1 version\n"
        assert (
            "note: half: version 2 is skipped: its status in MLflow is PENDING_REGISTRATION"
            in done.err
        )
        assert "failed: bare: version 1: it has no source; nothing was recorded" in done.err
        assert "failed: lost: version 1: " in done.err
        assert "No such artifact: 'gone'" in done.err
        assert "Traceback" not in done.err
        assert {it for it in repo.refs() if "fine" not in it} == {"refs/heads/main"}
        again = mreg(*words, "--bytes", "none", "--json", repo=repo)
        assert (again.code, [it["failure"] for it in again.json["models"]]) == (0, [None] * 4)
        models = {it["name"]: it for it in again.json["models"]}
        assert all(it["imported"] for it in models.values())
        assert any("its run is omitted" in it for it in models["half"]["notes"])
        assert models["fine"]["present"] == 1

    @pytest.mark.parametrize(
        ("uri", "error"),
        [
            ("sqlite:////no/such/mlflow.db", NotFound),
            ("mreg:///registry", UsageError),
            ("nowhere", UsageError),
            ("ftp://example.invalid", MregError),
        ],
    )
    def test_what_is_no_address(self, uri: str, error: type[MregError]) -> None:
        with pytest.raises(error):
            MlflowSource(uri).names()

    def test_a_server_that_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # and nobody listens
            port = taken.getsockname()[1]
            with pytest.raises(RemoteError) as caught:
                MlflowSource(f"http://ann:secret@127.0.0.1:{port}").names()
        assert "secret" not in f"{caught.value}{caught.value.hint}"

    def test_wrong_credentials(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        with (
            answering(401, "You are not authenticated.") as address,
            pytest.raises(RemoteError) as caught,
        ):
            MlflowSource(address).names()
        assert "MLFLOW_TRACKING_TOKEN" in caught.value.hint

    def test_a_server_means_no_folder_of_ours(self, tmp_path: Path) -> None:
        source = MlflowSource("http://127.0.0.1:1")
        for url in (str(tmp_path), tmp_path.as_uri()):
            with pytest.raises(RemoteError, match="a folder on the server"):
                source._fetch(url, tmp_path / "into")
            assert source._public(url) == ""
        assert source._public("mlflow-artifacts:/1/a") == "mlflow-artifacts://127.0.0.1:1/1/a"

    @pytest.mark.parametrize("url", ["runs:/r/model", "models:/m-1", "mreg:///registry"])
    def test_nor_does_it_lead_there(self, tmp_path: Path, url: str) -> None:
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "secret").write_text("secret")
        place = tmp_path.as_uri()
        run = {"info": {"run_id": "r", "artifact_uri": place, "experiment_id": "0"}, "data": {}}
        logged = {"info": {"model_id": "m-1", "artifact_uri": f"{place}/model"}, "data": {}}
        with answering(200, {"artifact_uri": url, "run": run, "model": logged}) as address:
            source = MlflowSource(address)
            version = SourceVersion("1", 0, "o", key="m/1")
            with pytest.raises(RemoteError, match=r"on this machine|a folder on the server"):
                source.download(SourceModel("m", "o"), version, tmp_path / "into")
        assert [*(tmp_path / "into").rglob("secret")] == []

    @pytest.mark.parametrize(
        "text", ["[", "a", "flavors: [x]", "signature: x", "signature: {inputs: '['}"]
    )
    def test_a_file_mlmodel_that_is_none_is_noted(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "MLmodel").write_text(text)
        source = MlflowSource("http://127.0.0.1:1")
        notes: list[str] = []
        source._optional(notes, "its file MLmodel", source._mlmodel(tmp_path), "x")
        assert len(notes) == 1


@contextmanager
def answering(code: int, said: Any) -> Iterator[str]:
    """A server that has one answer."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_POST = do_GET  # noqa: N815 - as http.server calls it

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("0.1", 0.1), ("1e-05", 1e-05), ("true", True), ("-3", -3)]
    + [(it, it) for it in ("0.10", "True", "05", "NaN", "1_000", "null", "[1]", '"a"', "", " 5")]
    + [("[" * 6000, "[" * 6000), ("1" * 6000, "1" * 6000)],
)
def test_a_param_is_a_number_where_nothing_is_lost(text: str, value: Any) -> None:
    assert plain(text) == value
    assert type(plain(text)) is type(value)
