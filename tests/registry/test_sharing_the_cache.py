"""The cache: shared by processes, safe when one is killed, made anew when it is damaged."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import origin
from commandline import CommandLine
from mreg.git.files import Files
from mreg.registry import Registry
from mreg.system import locks
from repositories import Maker, Repository, Tag, tag_bytes

PATIENCE = 30


def start(*arguments: str, folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "mreg", *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_what_another_process_fetches_meanwhile_is_not_taken_for_absent(
    make_repository: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit's trees come between the look into it and the question whether they are there."""
    here = origin.make(make_repository)
    mirror = Registry.open(origin.url(here)).repository
    assert mirror.mirror
    mirror.mirror.update()
    wanted = (here.commits[1], "artifacts.yaml")
    look_up = Files._look_up

    def then_another_fetches(files: Files, pairs: Sequence[tuple[str, str]]) -> None:
        look_up(files, pairs)
        assert mirror.mirror
        mirror.mirror.fetch_trees([here.commits[1]])

    monkeypatch.setattr(Files, "_look_up", then_another_fetches)
    with Files(mirror) as files:
        assert files.find([wanted]) == {
            wanted: here.git("rev-parse", f"{wanted[0]}:{wanted[1]}").strip()
        }


def test_processes_that_begin_together_all_get_the_answer(
    make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    here = origin.make(make_repository)
    url = origin.url(here)
    questions = [("show", "--json"), ("show", "churn", "--json"), ("history", "--json")] * 2
    want = [mreg.ok(*question, repo=here).json for question in questions]
    running = [start(*question, "--repo", url, folder=tmp_path) for question in questions]
    said = [process.communicate(timeout=PATIENCE) for process in running]
    assert [process.returncode for process in running] == [0] * len(running), said
    assert [json.loads(out) for out, _ in said] == want
    assert len(mreg.ok("cache", "--json").json["mirrors"]) == 1


@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
def test_a_killed_update_leaves_it_usable(
    warm: bool, make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    """Killed while the server packs, and what Git had begun lives on without its parent."""
    here = origin.make(make_repository)
    url = origin.url(here)
    if warm:
        mreg.ok("show", "--repo", url)
        here.put_tag("churn@v0.3.0", tag_bytes("churn@v0.3.0", here.commits[2]))
    reached, hook = tmp_path / "reached", tmp_path / "slow-pack-objects"
    hook.write_text(f'#!/bin/sh\ntouch "{reached}"\nsleep 5\nexec "$@"\n')
    hook.chmod(0o755)
    here.git("config", "--global", "uploadpack.packObjectsHook", str(hook))
    process = start("show", "--repo", url, folder=tmp_path)
    wait_for(reached.exists)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    here.git("config", "--global", "--unset", "uploadpack.packObjectsHook")
    want = mreg.ok("show", "--json", repo=here).json
    assert mreg.ok("show", "--json", "--repo", url).json == want
    assert mreg.ok("show", "churn", "--json", "--repo", url).json["latest"]


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _truncate_packs(mirror: Repository) -> None:
    for pack in mirror.path.glob("objects/pack/*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:100])


def _remove_packs(mirror: Repository) -> None:
    for file in mirror.path.glob("objects/pack/*"):
        file.unlink()


def _spoil_refs(mirror: Repository) -> None:
    (mirror.path / "packed-refs").write_bytes(b"\0\1\2 nonsense\n")


def _spoil_head(mirror: Repository) -> None:
    (mirror.path / "HEAD").unlink()


def _spoil_config(mirror: Repository) -> None:
    (mirror.path / "config").write_text("[core\n")


def _leave_locks(mirror: Repository) -> None:
    mirror.git("pack-refs", "--all")
    for name in ("packed-refs.lock", "refs/tags/churn@v0.3.0.lock", "refs/tags/churn@v0.2.0.lock"):
        (mirror.path / name).write_bytes(b"")


def _empty_mark(mirror: Repository) -> None:
    (mirror.path / "mreg.json").write_text("")


@pytest.mark.parametrize(
    "damage",
    [
        _truncate_packs,
        _remove_packs,
        _spoil_refs,
        _spoil_head,
        _spoil_config,
        _leave_locks,
        _empty_mark,
    ],
)
@pytest.mark.parametrize("news", [False, True], ids=["nothing new", "news"])
@pytest.mark.parametrize("question", [("show",), ("show", "churn")], ids=["all", "one"])
def test_a_damaged_mirror_is_made_anew(
    damage: Callable[[Repository], None],
    news: bool,
    question: tuple[str, ...],
    make_repository: Maker,
    mreg: CommandLine,
) -> None:
    here = origin.make(make_repository)
    url = origin.url(here)
    mreg.ok("show", "--repo", url)
    mreg.ok("show", "churn", "--repo", url)
    damage(origin.mirror_of(url))
    if news:
        here.git("tag", "-d", "churn@v0.2.0")
        here.put_tag("churn@v0.3.0", tag_bytes("churn@v0.3.0", here.commits[2]))
    want = mreg.ok(*question, "--json", repo=here).json
    assert mreg.ok(*question, "--json", "--repo", url).json == want


def test_a_remote_that_is_gone_is_no_reason_to_throw_its_mirror_away(
    make_repository: Maker, mreg: CommandLine
) -> None:
    here = origin.make(make_repository)
    url = origin.url(here)
    mreg.ok("show", "--repo", url)
    before = origin.mirror_of(url).contents()
    origin.vanish(here)
    refused = mreg("show", "--repo", url)
    assert refused.code == 1
    assert f"there is no repository at {url}" in refused.err
    assert origin.mirror_of(url).contents() == before


def test_many_updates_do_not_leave_ever_more_files(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mreg.git.mirror._MOST_PACKS", 3)
    monkeypatch.setattr("mreg.git.mirror._MOST_LOOSE", 3)
    here = origin.make(make_repository)
    for number in range(6):
        tag = f"churn@v1.0.{number}"
        here.put_tag(tag, tag_bytes(tag, here.commits[0]))
        mreg.ok("show", "--repo", origin.url(here))
    mirror = origin.mirror_of(origin.url(here))
    assert len([*mirror.path.glob("objects/pack/*.pack")]) <= 4
    assert len([*mirror.path.glob("refs/tags/*")]) <= 4
    want = mreg.ok("show", "--json", repo=here).json
    assert mreg.ok("show", "--json", "--repo", origin.url(here)).json == want


def test_waiting_for_another_command_has_an_end(
    make_repository: Maker, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = origin.url(origin.make(make_repository))
    mreg.ok("show", "--repo", url)
    path = origin.mirror_of(url).path
    monkeypatch.setenv("MREG_TIMEOUT", "0.1")
    with locks.held(path.with_name(f"{path.name}.lock"), seconds=1):
        refused = mreg("show", "--repo", url)
    assert refused.code == 1
    assert "another command is using the mirror" in refused.err
    monkeypatch.delenv("MREG_TIMEOUT")
    mreg.ok("show", "--repo", url)


def test_a_server_that_says_nothing_is_not_waited_for_forever(
    mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MREG_TIMEOUT", "0.3")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"git://127.0.0.1:{server.getsockname()[1]}/models"
        refused = mreg("show", "--repo", url, repo=tmp_path)
    assert refused.code == 1
    assert "did not answer within 0.3 seconds" in refused.err


def test_the_cache_is_listed_and_cleared(make_repository: Maker, mreg: CommandLine) -> None:
    urls = [origin.url(origin.make(make_repository, name=name)) for name in ("first", "second")]
    assert mreg.ok("cache", "--json").json["mirrors"] == []
    assert "No mirrors" in mreg.ok("cache").err
    for url in urls:
        mreg.ok("show", "--repo", url)
    listed = mreg.ok("cache", "--json").json["mirrors"]
    assert {it["url"] for it in listed} == set(urls)
    assert all(it["size"] > 1000 and it["last_used"] for it in listed)
    assert urls[0] in mreg.ok("cache", "list").out
    mreg.ok("cache", "clear", urls[0])
    assert [it["url"] for it in mreg.ok("cache", "--json").json["mirrors"]] == [urls[1]]
    absent = mreg("cache", "clear", urls[0])
    assert absent.code == 1
    assert "there is no mirror" in absent.err
    assert mreg("cache", "list", urls[0]).code == 2
    folder = origin.mirror_of(urls[1]).path.parent
    (folder / f"{origin.mirror_of(urls[0]).path.name}.partial-killed").mkdir()
    mreg.ok("cache", "clear")
    assert [*folder.iterdir()] == []
    mreg.ok("show", "--repo", urls[0])


def test_a_remote_under_two_spellings_is_listed_once_and_answers_as_it_is_asked(
    make_repository: Maker, mreg: CommandLine
) -> None:
    """A folder may hold both `r` and `r.git`; then the one that is asked answers."""
    here = origin.make(make_repository, name="r.git")
    spelled = f"{origin.url(here)}/"
    assert mreg.ok("show", "churn", "--field", "version", "--repo", spelled).out == "v0.2.0\n"
    assert mreg.ok("show", "churn", "--field", "version", "--repo", origin.url(here)).out
    clone = origin.clone(here, here.path.with_name("clone"), "--no-tags")
    clone.git("remote", "set-url", "origin", "../r.git")
    mreg.ok("show", repo=clone)
    [listed] = mreg.ok("cache", "--json").json["mirrors"]
    assert listed["url"].startswith("file://")
    other = origin.make(make_repository, (Tag("churn@v9.0.0"),), name="r")
    for url, version in ((origin.url(other), "v9.0.0"), (spelled, "v0.2.0")):
        assert mreg.ok("show", "churn", "--field", "version", "--repo", url).out == f"{version}\n"
    mreg.ok("cache", "clear", origin.url(other))
    assert mreg.ok("cache", "--json").json["mirrors"] == []


def test_the_cache_is_where_the_environment_says(
    make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = origin.url(origin.make(make_repository))
    process = start("show", "--repo", url, folder=tmp_path, MREG_CACHE_DIR="own")
    assert process.communicate(timeout=PATIENCE)[0]
    assert len([*(tmp_path / "own" / "mirrors").glob("*/mreg.json")]) == 1


def test_a_cache_that_cannot_be_written_is_a_clear_error(
    make_repository: Maker, tmp_path: Path
) -> None:
    url = origin.url(origin.make(make_repository))
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file")
    process = start("show", "--repo", url, folder=tmp_path, MREG_CACHE_DIR=folder)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "cannot use the cache" in said
    assert "MREG_CACHE_DIR" in said
