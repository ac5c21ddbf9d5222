"""examples/deploy: a pushed tag becomes a deployment, and a refused one does not."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError

import play
import pytest
from model_server import Server, Stage
from play import Stand

from commandline import CommandLine
from mreg import Registry
from repositories import Maker, Repository, Tag

pytestmark = pytest.mark.integration


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    with play.stand(tmp_path) as made:
        yield made


def log_of_ci(stand: Stand) -> str:
    return (stand.folder / "remote.git" / "ci.log").read_text()


def test_what_is_served_follows_the_registry(stand: Stand) -> None:
    assert (stand.version("staging"), stand.version("prod")) == (None, None)
    with pytest.raises(HTTPError, match="503"):
        stand.predict("prod")

    play.first_model(stand)
    assert (stand.version("staging"), stand.version("prod")) == ("v0.1.0", "v0.1.0")
    first = stand.predict("prod")
    assert first == {"churn": 0.378, "version": "v0.1.0"}

    play.worse_model(stand)
    assert stand.predict("prod") == first

    play.better_model(stand)
    assert (stand.version("staging"), stand.version("prod")) == ("v0.1.0", "v0.3.0")
    assert stand.predict("prod") == {"churn": 0.599, "version": "v0.3.0"}

    play.rollback(stand)
    assert stand.predict("prod") == first
    assert log_of_ci(stand).splitlines() == [
        "churn v0.1.0 can be served",
        "staging serves v0.1.0",
        "prod serves v0.1.0",
        "churn v0.2.0 can be served",
        "churn v0.3.0 can be served",
        "prod serves v0.3.0",
        "prod serves v0.1.0",
    ]


def test_where_no_hook_guards_the_remote_the_pipeline_refuses(stand: Stand) -> None:
    (stand.folder / "remote.git" / "hooks" / "pre-receive").unlink()
    stand.train("ann", 0.8, bias=0.0)
    stand.do("ann", "mreg register churn --push")
    stand.do("ann", "git tag -a -m 'Promote it all the same' churn#prod#1")
    stand.do("ann", "git push -q origin churn#prod#1", "git push -q origin :churn#prod#1")
    assert stand.version("prod") is None
    log = log_of_ci(stand)
    assert "the policy does not allow churn#prod#1; do not deploy it" in log
    assert log.endswith("The pipeline of churn#prod#1 failed\n")


@pytest.fixture
def served(make_repository: Maker) -> Iterator[tuple[Repository, Stand]]:
    """The server of prod alone, in this process; a version that is no model is there, too."""
    model = b'{"bias": 0.5, "weights": {"months": -0.1, "complaints": 0.4}}'
    annotation = b"churn: {path: model.json}"
    repo = make_repository(
        (Tag("churn@v1.0.0", 0, 0), Tag("churn@v2.0.0", 1, 10), Tag("churn#prod#1", 0, 20)),
        commits=[
            {"artifacts.yaml": annotation, "model.json": model},
            {"artifacts.yaml": annotation, "model.json": b"[]"},
        ],
    )
    stage = Stage(Registry.open(repo.path), "churn#prod")
    stage.reload()
    with Server(0, stage) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        stand = Stand(repo.path.parent)
        stand.servers["prod"] = f"http://127.0.0.1:{server.server_port}"
        try:
            yield repo, stand
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    "question", [{}, {"months": "many", "complaints": 2}, {"months": 1e9, "complaints": 0}]
)
def test_a_question_that_makes_no_sense(
    question: dict[str, float], served: tuple[Repository, Stand]
) -> None:
    _, stand = served
    with pytest.raises(HTTPError, match="400"):
        stand.predict("prod", question)
    assert stand.predict("prod")["version"] == "v1.0.0"


def test_what_is_no_model_is_not_served(
    served: tuple[Repository, Stand], mreg: CommandLine
) -> None:
    repo, stand = served
    before = stand.predict("prod")
    mreg.ok("promote", "churn@v2.0.0", "prod", repo=repo)
    with pytest.raises(HTTPError, match="502"):
        play.ask(f"{stand.servers['prod']}/reload", b"")
    assert stand.predict("prod") == before


def test_all_of_it_is_gone_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[Stand] = []

    def fails(stand: Stand) -> None:
        seen.append(stand)
        assert stand.version("prod") is None
        stand.do("ann", "mreg promote churn prod")

    monkeypatch.setattr(play, "CHAPTERS", (fails,))
    with pytest.raises(SystemExit, match="should not have failed"):
        play.main()
    [stand] = seen
    for stage in play.STAGES:
        with pytest.raises(URLError):
            stand.version(stage)
    assert list(tmp_path.iterdir()) == []
    assert "churn" in capsys.readouterr().out


def test_who_ends_it_leaves_nothing_either(tmp_path: Path) -> None:
    command = [sys.executable, play.__file__]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        process.terminate()
        process.communicate(timeout=play.PATIENCE)
    assert process.returncode == 1
    stand = Stand(tmp_path)
    stand.servers["prod"] = url
    with pytest.raises(URLError):
        stand.version("prod")
    assert list(tmp_path.iterdir()) == []
