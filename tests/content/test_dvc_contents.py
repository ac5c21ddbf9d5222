"""`--fetch`: metrics and params that DVC keeps, read from its remote where its cache lacks them."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from commandline import CommandLine
from dvc_storage import CONFIG, listing, lock, md5, store, store_folder
from mreg.content import dvc_contents
from mreg.content.sources import dvc as source
from mreg.content.store import store as mregs_store
from mreg.errors import RemoteError
from mreg.net import http
from mreg.registry import Registry
from mreg.store import dvc_project, entries
from remotes import listening
from repositories import Maker, Repository, Tag

DVC_YAML = b"""\
artifacts: {m: {path: model.pkl}}
metrics: [eval/metrics.json]
stages:
  test: {cmd: x, outs: [eval]}
"""


def scores(number: int) -> bytes:
    return json.dumps({"acc": number / 100, "loss": 1 - number / 100}).encode()


def evaluated(number: int) -> dict[str, bytes]:
    """Return the folder `eval/` of a version."""
    return {"metrics.json": scores(number), "plots/roc.json": b'{"roc": [%d]}' % number}


def made(
    make: Maker, storage: Path, *, count: int = 2, remote: str = "../../storage"
) -> Repository:
    """Make a registry of m@v0.1.0 and so on, whose metrics DVC has pushed, and has no more here."""
    commits = [
        {
            "dvc.yaml": DVC_YAML,
            "dvc.lock": lock("eval", store_folder(storage, evaluated(number))),
            ".dvc/config": CONFIG.format(remote).encode(),
        }
        for number in range(1, count + 1)
    ]
    tags = [Tag(f"m@v0.{number + 1}.0", number, number) for number in range(count)]
    return make(tags, commits=commits)


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    return tmp_path / "storage"


def accuracies(registry: Registry, *, fetch: bool) -> list[Any]:
    found = registry.compare("m", fetch=fetch)
    return [row.metrics.get("acc") for row in found.rows]


def test_what_is_fetched_is_shown_and_what_is_answered_without_stays(
    make_repository: Maker, storage: Path
) -> None:
    repository = made(make_repository, storage)
    registry = Registry.open(repository.path)
    assert accuracies(registry, fetch=False) == [None, None]
    heard: list[int] = []
    found = registry.compare("m", fetch=lambda it: heard.append(it.done))
    assert [row.metrics for row in found.rows] == [
        {"acc": 0.02, "loss": 0.98},
        {"acc": 0.01, "loss": 0.99},
    ]
    fetched = [it for number in (1, 2) for it in (listing(evaluated(number)), scores(number))]
    assert heard[-1] == sum(map(len, fetched))  # lists and metrics, none of the plots
    assert all(mregs_store().path_of(f"md5:{md5(it)}").is_file() for it in fetched)
    assert not (repository.path / ".dvc").exists()
    assert accuracies(registry, fetch=False) == [None, None]
    shutil.rmtree(storage)  # what was fetched needs no remote any more
    assert accuracies(registry, fetch=True) == [0.02, 0.01]


def test_each_question_fetches(make_repository: Maker, storage: Path) -> None:
    registry = Registry.open(made(make_repository, storage).path)
    assert registry.diff("m@v0.1.0", "m@v0.2.0").metrics == ()
    [acc, _] = registry.diff("m@v0.1.0", "m@v0.2.0", fetch=True).metrics
    assert (acc.before, acc.after) == (0.01, 0.02)
    assert registry.annotation("m").metrics == {}
    assert registry.annotation("m", fetch=True).metrics == {"acc": 0.02, "loss": 0.98}
    assert registry.search("metrics.acc > 0.01") == ()
    [found] = registry.search("metrics.acc > 0.01", fetch=True)
    assert found.version.version == "v0.2.0"
    assert registry.best("m", "acc", fetch=True).version.version == "v0.2.0"


def test_many_versions_are_fetched_in_two_waves_and_none_is_kept_as_an_answer(
    make_repository: Maker, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = entries.FEWEST + 5
    repository = made(make_repository, storage, count=count)
    waves: list[int] = []
    fetch = dvc_contents.DvcContents.fetch

    def counted(self: Any, wanted: Any, largest: int) -> Any:
        waves.append(len(wanted))
        return fetch(self, wanted, largest)

    projects: list[str] = []
    project = dvc_project.project

    def asked(repo: Any, commit: str, inside: str) -> Any:
        projects.append(commit)
        return project(repo, commit, inside)

    monkeypatch.setattr(dvc_contents.DvcContents, "fetch", counted)
    monkeypatch.setattr(source, "project", asked)
    registry = Registry.open(repository.path)
    expected = [number / 100 for number in range(count, 0, -1)]
    assert accuracies(registry, fetch=True) == expected
    assert waves == [count, count]
    assert len(projects) == len(waves)  # all commits have the same settings of DVC's
    assert accuracies(registry, fetch=False) == [None] * count
    assert accuracies(registry, fetch=True) == expected


def test_the_remote_is_that_of_the_commit(make_repository: Maker, tmp_path: Path) -> None:
    """A project that has moved: the older version's bytes are where they were."""
    commits = []
    for number, place in enumerate(("old", "new"), 1):
        commits.append(
            {
                "dvc.yaml": DVC_YAML,
                "dvc.lock": lock("eval", store_folder(tmp_path / place, evaluated(number))),
                ".dvc/config": CONFIG.format(f"../../{place}").encode(),
            }
        )
    repository = make_repository([Tag("m@v0.1.0", 0), Tag("m@v0.2.0", 1, 1)], commits=commits)
    assert accuracies(Registry.open(repository.path), fetch=True) == [0.02, 0.01]


class TestWhatCannotBeHad:
    """The rest of the answer stands, and somebody is told why."""

    def test_what_nobody_pushed(
        self, make_repository: Maker, storage: Path, mreg: CommandLine
    ) -> None:
        repository = made(make_repository, storage)
        name = md5(scores(1))
        (storage / "files/md5" / name[:2] / name[2:]).unlink()
        registry = Registry.open(repository.path)
        assert accuracies(registry, fetch=True) == [0.02, None]
        done = mreg.ok("compare", "m", "--fetch", repo=repository)
        assert (
            f"it is tracked by DVC, but cannot be fetched: the DVC object {name} is not in"
            in done.err
        )
        assert "ask someone who has it to push it: check out the version's commit" in done.err
        assert "`--fetch`" not in done.err

    def test_no_remote(self, make_repository: Maker) -> None:
        files = {"dvc.yaml": DVC_YAML, "dvc.lock": lock("eval", f"{md5(b'')}.dir")}
        lone = make_repository([Tag("m@v0.1.0")], commits=[files])
        [problem] = Registry.open(lone.path).annotation("m", fetch=True).problems
        assert "it is tracked by DVC, but cannot be fetched: the DVC object" in problem.message
        assert problem.hint.startswith("no remote is set up: run `dvc remote add --default")

    def test_another_content(self, make_repository: Maker, storage: Path) -> None:
        repository = made(make_repository, storage)
        store(storage, b'{"acc": 1}', name=md5(scores(2)))
        registry = Registry.open(repository.path)
        assert accuracies(registry, fetch=True) == [None, 0.01]
        [problem] = registry.annotation("m", fetch=True).problems
        assert "what its remote has does not match its recorded digest: found" in problem.message
        assert not mregs_store().path_of(f"md5:{md5(scores(2))}").exists()

    def test_a_file_that_is_too_large(self, make_repository: Maker, storage: Path) -> None:
        """A metric file of more than 1 MiB is none, and is not even begun."""
        large = b'{"acc": 1%s}' % (b" " * (1 << 20))
        digest = store_folder(storage, {"metrics.json": large})
        files = {"dvc.yaml": DVC_YAML, "dvc.lock": lock("eval", digest)}
        files[".dvc/config"] = CONFIG.format("../../storage").encode()
        repository = make_repository([Tag("m@v0.1.0")], commits=[files])
        registry = Registry.open(repository.path)
        for _ in range(2):
            [problem] = registry.annotation("m", fetch=True).problems
            assert problem.message.endswith(
                "it is tracked by DVC, but cannot be fetched: it is larger than 1.0 MiB"
            )
            assert not mregs_store().path_of(f"md5:{md5(large)}").exists()
            store(mregs_store().folder, large)  # nor is one read that is in the cache

    def test_more_than_all_together_may_be(
        self, make_repository: Maker, storage: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        repository = made(make_repository, storage, count=4)
        room = sum(len(listing(evaluated(it))) for it in range(1, 5)) + 2 * len(scores(1))
        monkeypatch.setattr(dvc_contents.DvcContents.__init__, "__defaults__", (None, room))
        found = Registry.open(repository.path).compare("m", fetch=True)
        assert sum(row.metrics.get("acc") is not None for row in found.rows) == 2
        messages = {it.message for row in found.rows for it in row.problems}
        [message] = messages
        assert message.endswith(f"this would download more than {room} B in total")
        [hint] = {it.hint for row in found.rows for it in row.problems}
        assert "choose fewer versions" in hint

    def test_a_remote_that_is_away_is_not_asked_for_each_file(
        self, make_repository: Maker, storage: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tried: list[str] = []

        def away(_: Any, url: str, *__: Any, **___: Any) -> None:
            tried.append(url)
            raise RemoteError(
                "http://example.com cannot be reached", hint="your network connection"
            )

        monkeypatch.setattr(http.Client, "download", away)
        repository = made(make_repository, storage, count=40, remote="http://example.com/dvc")
        found = Registry.open(repository.path).compare("m", fetch=True)
        assert {it.hint for row in found.rows for it in row.problems} == {"your network connection"}
        assert len(found.rows) == 40
        assert len(tried) <= source.MOST_FAULTS - 1 + source.source.at_once

    @pytest.fixture
    def served(self, storage: Path) -> Iterator[str]:
        """The URL of the storage on a server that wants a password."""
        wanted = "Basic " + base64.b64encode(b"ann:secret").decode()

        class Guarded(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                file = storage / self.path.lstrip("/")
                known = self.headers.get("Authorization") == wanted
                self.send_response(401 if not known else 200 if file.is_file() else 404)
                raw = file.read_bytes() if known and file.is_file() else b""
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing of each request."""

        with listening(Guarded) as url:
            yield url

    def test_wrong_credentials(
        self, make_repository: Maker, storage: Path, served: str, mreg: CommandLine
    ) -> None:
        repository = made(make_repository, storage, remote=served)
        done = mreg.ok("compare", "m", "--fetch", "--json", repo=repository)
        assert "the DVC remote storage denies access" in done.err
        assert "dvc remote modify --local storage password" in done.err
        assert [it["version"] for it in done.json["versions"]] == ["v0.2.0", "v0.1.0"]
        settings = repository.path / ".dvc" / "config"
        settings.parent.mkdir()
        settings.write_text(CONFIG.format(served) + "    auth = basic\n    user = ann\n")
        settings.with_name("config.local").write_text(
            "['remote \"storage\"']\n    password = secret\n"
        )
        done = mreg.ok("compare", "m", "--fetch", "--json", repo=repository)
        assert done.err == ""
        assert [it["metrics"]["acc"] for it in done.json["versions"]] == [0.02, 0.01]


def test_without_it_both_ways_are_named(
    make_repository: Maker, storage: Path, mreg: CommandLine
) -> None:
    repository = made(make_repository, storage)
    for words, count in (
        (["compare", "m"], "2 files are"),
        (["diff", "m@v0.1.0", "m@v0.2.0"], "2 files are"),
        (["describe", "m"], "1 file is"),
        (["search", "metrics.acc>0"], "2 files are"),
    ):
        done = mreg(*words, repo=repository)
        said = (
            f"{count} not in DVC's local cache: run with `--fetch` to download missing files from"
            " DVC's remote, or `dvc fetch --all-tags` to fill the cache."
        )
        assert said in " ".join(done.err.split()), words
        done = mreg(*words, "--fetch", repo=repository)
        assert done.err == "", words
    done = mreg("best", "m", "--metric", "acc", repo=repository)
    assert done.code == 1
    assert "pass `--fetch` to fetch files that DVC tracks" in " ".join(done.err.split())
    [problem] = mreg.ok("describe", "m", "--json", repo=repository).json["problems"]
    assert "to `mreg compare`, `diff`, `describe`, `search` or `best`" in problem["remedy"]
