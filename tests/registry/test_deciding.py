"""What pages that let people decide need: what would come of it, and whether it still is so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mreg import Network, Registry
from mreg.errors import GitError, Outdated, Refused
from mreg.governance.evaluate import Check
from mreg.registry.record import NOTHING_YET
from people import Shared
from repositories import EMAIL, NAME, Maker, Repository, Tag

POLICY = """\
principals:
  ann: {emails: [ann@example.com]}
stages:
  dev: {}
  prod: {from: dev, approvals: 1}
"""


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository([Tag("churn@v1.0.0"), Tag("churn@v1.1.0", 1, 60)])


def newest(repo: Repository) -> str:
    return Registry.open(repo.path).history("churn", limit=1)[0].oid


def test_what_was_decided_on_something_else_is_not_done(repo: Repository) -> None:
    registry = Registry.open(repo.path)
    known = newest(repo)
    registry.promote("churn@v1.0.0", "prod", after=known)
    before = repo.refs()
    with pytest.raises(Outdated, match=r"churn has changed since: churn v1.0.0 was already"):
        registry.promote("churn@v1.1.0", "prod", after=known)
    with pytest.raises(Outdated):
        registry.approve("churn@v1.1.0", "prod", after=known)
    with pytest.raises(Outdated):
        registry.register("churn", after=NOTHING_YET, force=True, dry_run=True)
    assert repo.refs() == before
    assert registry.register("other", after=NOTHING_YET, allow_dirty=True).changed


@pytest.mark.parametrize("dry_run", [False, True])
def test_nor_where_the_remote_has_it(shared: Shared, dry_run: bool) -> None:
    ann, bob = Registry.open(shared.ann.path), Registry.open(shared.bob.path)
    ann.register("churn", push=True, allow_dirty=True)
    bob.fetch()
    known = newest(shared.bob)
    ann.promote("churn", "prod", push=True)
    before = shared.tags()
    with pytest.raises(Outdated):
        bob.deprecate("churn", push=True, after=known, dry_run=dry_run)
    assert shared.tags() == before


def test_a_dry_run_tells_what_the_policy_says_rule_by_rule(repo: Repository) -> None:
    registry = Registry.open(repo.path)
    heard: list[Check] = []
    registry.promote("churn@v1.0.0", "dev", dry_run=True, judged=heard.append)
    assert [it.policy for it in heard] == [None]
    (repo.path / ".mreg.yaml").write_text(POLICY)
    repo.git("add", ".mreg.yaml")
    repo.git("commit", "-q", "-m", "Agree on a policy")
    heard.clear()
    with pytest.raises(Refused):
        registry.promote("churn@v1.0.0", "prod", dry_run=True, judged=heard.append)
    assert [it.allowed for it in heard] == [False]
    failed = {it.rule for it in heard[0].rulings if not it.passed}
    assert failed == {"from", "approvals"}


def test_who_one_is_and_where_it_goes(repo: Repository, shared: Shared) -> None:
    found = Registry.open(repo.path).identity()
    assert (found.name, found.email, found.signs, found.key) == (NAME, EMAIL, False, "")
    assert (found.publishes_to, found.remote) == ("", False)
    (shared.ann.path / ".mreg.yaml").write_text("push: true\n")
    found = Registry.open(shared.ann.path).identity()
    assert (found.publishes_to, found.remote) == ("origin", True)


def test_an_annotation_is_rehearsed(repo: Repository) -> None:
    registry = Registry.open(repo.path)
    found = registry.annotate("churn", type="model", commit=True, dry_run=True)
    assert found.changed
    assert found.commit is None
    assert "+  type: model" in found.diff
    assert not (repo.path / "artifacts.yaml").exists()


def test_a_key_that_nobody_unlocks_keeps_nobody_waiting(repo: Repository, tmp_path: Path) -> None:
    key = tmp_path / "key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-C", "", "-f", str(key)]
    subprocess.run(make, check=True)
    for name, value in {"tag.gpgSign": "true", "gpg.format": "ssh"}.items():
        repo.git("config", name, value)
    repo.git("config", "user.signingKey", str(key))
    registry = Registry.open(repo.path, network=Network(signing=60))
    with pytest.raises(GitError, match="passphrase"):
        registry.promote("churn@v1.0.0", "prod")
    waiting = tmp_path / "waiting"
    waiting.write_text("#!/bin/sh\nexec sleep 600\n")
    waiting.chmod(0o755)
    repo.git("config", "gpg.ssh.program", str(waiting))
    registry = Registry.open(repo.path, network=Network(signing=0.2))
    with pytest.raises(GitError, match=r"did not answer within 0\.2 seconds") as caught:
        registry.promote("churn@v1.0.0", "prod")
    assert "ssh-add" in caught.value.hint
    assert not [it for it in repo.refs() if "#" in it]
