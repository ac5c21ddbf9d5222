"""The real `mlflow server` over a registry in Git with 200 models: its API, clients and page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import servers
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from browsers import launched
from mreg import Registry
from repositories import Maker, Repository, Tag

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MODELS = 200
POLICY = b"stages:\n  dev:\n  canary:\n  prod:\n  locked:\n    from: prod\n"
YAML = b"""\
churn:
  type: model
  path: model.pkl
  description: Predicts who leaves
  framework: {name: scikit-learn, version: "1.9"}
  metrics: {accuracy: 0.91}
  params: {depth: 3}
"""
FIRST = {"name": "churn", "version": "1000000"}
LOCKED = {"name": "churn", "alias": "locked", "version": "1001000"}
CLIENT = """
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
for line in sys.stdin:
    print(client.get_model_version_by_alias("churn", line.strip()).version, flush=True)
"""


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A registry of 200 models with two versions each, of which one holds prod."""
    folder = tmp_path_factory.mktemp("registry")
    templates = tmp_path_factory.mktemp("templates")
    names = ["churn", *(f"team-{it // 10:02}/model-{it % 10}" for it in range(1, MODELS))]
    tags = [Tag(f"{it}@v1.{minor}.0", minor, 10 * minor) for it in names for minor in (0, 1)]
    tags += [Tag(f"{it}#prod#1", 0, 30, "Promote.\n\nVersion: v1.0.0") for it in names]
    files = {"artifacts.yaml": YAML, ".mreg.yaml": POLICY, "model.pkl": b"pickled"}
    return Maker(folder, templates)(tags, commits=[files, {"model.pkl": b"again"}])


@pytest.fixture(scope="module")
def server(repo: Repository, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("server")
    with servers.serving(f"mreg://{repo.path}?write=true", folder) as address:
        yield address
    log = (folder / "server.log").read_text()
    assert "Traceback" not in log, log


class TestRest:
    def test_models_page_by_page(self, server: str) -> None:
        found: list[str] = []
        token = ""
        while True:
            fields: dict[str, Any] = {"max_results": 60, "page_token": token}
            status, page = servers.ask(server, "registered-models/search", **fields)
            assert status == 200
            found += [it["name"] for it in page["registered_models"]]
            if not (token := page.get("next_page_token", "")):
                break
        assert len(found) == MODELS
        assert found == sorted(found)
        assert found[1] == "team-00~model-1"

    def test_a_version_has_all_that_is_known_in_tags(self, server: str, repo: Repository) -> None:
        fields = {"name": "churn", "version": "1000000"}
        status, answer = servers.ask(server, "model-versions/get", **fields)
        found = answer["model_version"]
        tags = {it["key"]: it["value"] for it in found["tags"]}
        assert status == 200
        assert (tags["mreg.metric.accuracy"], tags["mreg.param.depth"]) == ("0.91", "3")
        assert (found["aliases"], found["user_id"]) == (["prod"], "Ann Example")
        assert found["source"] == f"mreg://{repo.path}/churn@v1.0.0"

    def test_a_search(self, server: str) -> None:
        text = "name LIKE 'team-0%' AND tags.`mreg.version` = 'v1.1.0'"
        _, answer = servers.ask(server, "model-versions/search", filter=text, max_results=300)
        assert len(answer["model_versions"]) == 99
        status, answer = servers.ask(server, "model-versions/search", filter="name =")
        assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("POST", "registered-models/rename", {"name": "churn", "new_name": "x"}, 400),
            ("PATCH", "registered-models/update", {"name": "churn", "description": "x"}, 400),
            ("DELETE", "registered-models/delete", {"name": "churn"}, 400),
            ("POST", "registered-models/alias", LOCKED, 403),
            ("DELETE", "model-versions/delete", FIRST, 400),
            ("DELETE", "model-versions/delete", {"name": "churn", "version": "7"}, 404),
            ("POST", "model-versions/create", {"name": "churn", "source": "s3://x/y"}, 400),
            ("POST", "model-versions/set-tag", {**FIRST, "key": "a", "value": "b"}, 400),
        ],
    )
    def test_what_is_refused_is_no_500(
        self, server: str, method: str, path: str, body: dict[str, str], status: int
    ) -> None:
        found, answer = servers.ask(server, path, body, method=method)
        assert found == status, answer

    def test_the_bytes(self, server: str) -> None:
        from urllib.request import urlopen

        path = "model-versions/get-artifact?name=churn&version=1000000&path=model.pkl"
        with urlopen(f"{server}/{path}", timeout=60) as answered:
            assert answered.read() == b"pickled"


class TestClients:
    def test_two_see_what_a_third_promotes_at_once(self, server: str, repo: Repository) -> None:
        words = [sys.executable, "-c", CLIENT, server]
        clients = [
            subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        for version in ("v1.0.0", "v1.1.0", "v1.0.0", "v1.1.0"):
            Registry.open(repo.path).promote(f"churn@{version}", "canary", new=True)
            number = {"v1.0.0": "1000000\n", "v1.1.0": "1001000\n"}[version]
            for it in clients:
                assert it.stdin
                assert it.stdout
                it.stdin.write("canary\n")
                it.stdin.flush()
                assert it.stdout.readline() == number
        for it in clients:
            it.communicate()
            assert it.returncode == 0

    def test_what_a_client_writes_is_an_event(self, server: str, repo: Repository) -> None:
        client = MlflowClient(server)
        client.set_registered_model_alias("churn", "dev", "1001000")
        client.set_registered_model_alias("churn", "dev", "1001000")
        assert Registry.open(repo.path).resolve("churn#dev").version == "v1.1.0"
        client.delete_registered_model_alias("churn", "dev")
        assert not any(it.stage == "dev" for it in Registry.open(repo.path).stages() if it.holders)
        with pytest.raises(MlflowException, match="not found") as caught:
            client.get_model_version_by_alias("churn", "dev")
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"

    def test_the_policy_refuses_with_its_reasons(self, server: str) -> None:
        with pytest.raises(MlflowException, match=r"from: v1\.1\.0 was not in prod") as caught:
            MlflowClient(server).set_registered_model_alias("churn", "locked", "1001000")
        assert caught.value.error_code == "PERMISSION_DENIED"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


class TestPage:
    @pytest.mark.parametrize(
        ("path", "texts"),
        [
            ("models", ["churn", "team-00~model-1", "@ prod"]),
            ("models/churn", ["Predicts who leaves", "1001000", "1000000"]),
            ("models/churn/versions/1000000", ["mreg.metric.accuracy", "0.91", "Ann Example"]),
            ("models/team-00~model-1", ["1001000"]),
        ],
    )
    def test_it_shows_what_git_says(
        self, browser: Browser, server: str, path: str, texts: list[str]
    ) -> None:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{server}/#/{path}")
        for text in texts:
            page.get_by_text(text, exact=False).first.wait_for()
        page.close()
