"""Recording by URL: planned on the mirror, published to where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

import origin
import remotes
from commandline import CommandLine
from repositories import Maker, Repository, SetClock, run, tag_bytes


@pytest.fixture(params=remotes.TRANSPORTS[:2])
def transport(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def remote(make_repository: Maker, tmp_path: Path) -> Repository:
    """A bare remote with the commits and tags of `origin.make`."""
    here = origin.make(make_repository)
    made = remotes.bare(tmp_path)
    made.git("config", "uploadpack.allowFilter", "true")
    run(here.path, "push", "-q", str(made.path), "main", "--tags")
    return Repository(made.path, here.commits)


def test_a_life_by_url(
    transport: str, remote: Repository, mreg: CommandLine, tmp_path: Path, set_clock: SetClock
) -> None:
    commands = (
        ("register", "churn", "main~1", "--force"),
        ("promote", "churn@v0.2.1", "prod"),
        ("rollback", "churn", "prod"),
        ("promote", "new", "dev", "--register"),
        ("demote", "new", "dev"),
        ("deregister", "churn@v0.2.1"),
        ("deprecate", "models:fraud"),
    )
    with remotes.served(tmp_path, transport) as base:
        repo = f"--repo={base}/remote.git"
        for number, command in enumerate(commands):
            set_clock(100 + number)
            mreg.ok(*command, repo)
        seen = mreg.ok("history", "--json", repo).json["events"]
    assert mreg.ok("history", "--json", f"--repo={remote.path}").json["events"] == seen
    assert mreg.ok("doctor", "--json", f"--repo={remote.path}").json == {"problems": []}
    assert [(it["action"], it["artifact"]) for it in seen][:8] == [
        ("deprecate", "models:fraud"),
        ("deregister", "churn"),
        ("demote", "new"),
        ("promote", "new"),
        ("register", "new"),
        ("promote", "churn"),
        ("promote", "churn"),
        ("register", "churn"),
    ]
    assert seen[7]["commit"] == remote.commits[1]


FIRST = [
    "promote churn dev",
    "demote churn@v0.1.0 prod",
    "deregister churn@v0.1.0 --force",
    "deprecate churn",
    "fetch",
    "push",
]


@pytest.mark.parametrize("command", FIRST)
def test_first_of_all(command: str, remote: Repository, mreg: CommandLine) -> None:
    """Nothing was read from the URL before."""
    mreg.ok(*command.split(), f"--repo={remote.path.as_uri()}")


@pytest.mark.parametrize("command", FIRST)
def test_first_of_all_at_a_remote_that_is_out_of_reach(
    command: str, mreg: CommandLine, tmp_path: Path
) -> None:
    done = mreg(*command.split(), "--repo=git://127.0.0.1:1/x", repo=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: cannot connect to git://127.0.0.1:1/x: ")


def test_only_tags_commits_and_where_the_policy_stands_are_needed(
    remote: Repository, mreg: CommandLine
) -> None:
    url = remote.path.as_uri()
    mreg.ok("register", "new", f"--repo={url}")
    mreg.ok("promote", "new", "prod", f"--repo={url}")
    held = origin.objects(origin.mirror_of(url))
    # Git fetches a tree with those in it; of the files that it lists, none.
    below = remote.git("ls-tree", "-r", "-d", "--object-only", "main").split()
    trees = {remote.git("rev-parse", "main^{tree}").strip(), *below}
    assert {oid for oid, kind in held.items() if kind not in ("tag", "commit")} == trees


@pytest.mark.parametrize("rev", ["main", "main~1", "HEAD", "HEAD~2", "v1.0", "id", "short id"])
def test_a_rev_is_the_remotes(rev: str, remote: Repository, mreg: CommandLine) -> None:
    known = {"id": remote.commits[0], "short id": remote.commits[0][:12]}
    wanted = known.get(rev, rev)
    made = mreg.ok("register", "new", wanted, "--json", f"--repo={remote.path.as_uri()}").json
    assert made["commit"] == remote.git("rev-parse", f"{wanted}^{{commit}}").strip()


def test_a_rev_that_the_remote_does_not_have(remote: Repository, mreg: CommandLine) -> None:
    refused = mreg("register", "new", "nowhere", f"--repo={remote.path.as_uri()}")
    assert refused.code == 1
    assert "'nowhere' is not a commit" in refused.err


def test_what_others_did_meanwhile_counts(remote: Repository, mreg: CommandLine) -> None:
    repo = f"--repo={remote.path.as_uri()}"
    mreg.ok("show", repo)
    oid = remote.put_object(tag_bytes("churn@v0.9.0", remote.commits[0]))
    remote.git("update-ref", "refs/tags/churn@v0.9.0", oid)
    assert mreg.ok("register", "churn", "--json", repo).json["version"] == "v0.9.1"


def test_a_dry_run_writes_nothing(remote: Repository, mreg: CommandLine) -> None:
    before = remote.contents()
    url = remote.path.as_uri()
    assert "Would register" in mreg.ok("register", "churn", "--dry-run", f"--repo={url}").out
    assert remote.contents() == before
    assert "churn@v0.2.1" not in origin.mirror_of(url).refs()


@pytest.mark.parametrize("option", ["--no-push", "--remote=origin"])
def test_it_cannot_be_kept_here(option: str, remote: Repository, mreg: CommandLine) -> None:
    before = remote.contents()
    refused = mreg("register", "churn", option, f"--repo={remote.path.as_uri()}")
    assert refused.code == 2
    assert "published to that URL" in refused.err
    assert remote.contents() == before


def test_a_refusal_of_the_remote_leaves_no_tag_in_the_mirror(
    remote: Repository, mreg: CommandLine
) -> None:
    remotes.install_hook(remote, "pre-receive", "echo 'releases are frozen' >&2; exit 1")
    before = remote.refs()
    url = remote.path.as_uri()
    refused = mreg("register", "churn", f"--repo={url}")
    assert refused.code == 1
    assert refused.err.startswith(f"error: {url} refused churn@v0.2.1: ")
    assert "releases are frozen" in refused.err
    assert remote.refs() == before
    assert mreg.ok("show", "churn", "--field=version", f"--repo={url}").out == "v0.2.0\n"


def test_fetch_and_push_by_url(remote: Repository, mreg: CommandLine) -> None:
    repo = f"--repo={remote.path.as_uri()}"
    for number in range(60):
        tag = f"many@v0.0.{number}"
        oid = remote.put_object(tag_bytes(tag, remote.commits[0]))
        remote.git("update-ref", f"refs/tags/{tag}", oid)
    mreg.ok("show", "churn", repo)
    mreg.ok("fetch", repo)
    assert "refs/tags/many@v0.0.59" in origin.mirror_of(remote.path.as_uri()).refs()
    mreg.ok("push", repo)
    mreg.ok("register", "churn", repo)
    refused = mreg("undo", "churn", repo)
    assert refused.code == 1
    assert "cannot be undone" in refused.err
