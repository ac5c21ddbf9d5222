"""Dates: none lies ahead of the present, whatever came before; by the command and by the hooks."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest

from commandline import CommandLine
from fixtures_of_policy import People
from mreg.governance import hooks
from people import Shared, share
from repositories import Maker
from team import Team

HOUR = 3600


@pytest.mark.parametrize("team", [None, "update"], ids=["pre-receive", "update"], indirect=True)
class TestByTheHooks:
    def test_each_may_be_dated_as_the_one_before_it_and_no_further(self, team: Team) -> None:
        ahead = int(time.time()) + 280
        team.takes(team.promotion("open", at=ahead))  # type: ignore[arg-type]
        team.refuses(team.promotion("open", at=ahead + 290), "date")  # type: ignore[arg-type]
        team.takes(team.promotion("open", at=ahead))  # type: ignore[arg-type]

    def test_a_rejection_dated_before_a_promotion_that_it_comes_after(self, team: Team) -> None:
        """The promotion was allowed when it was made, and stays so."""
        for who in ("bob", "carl"):
            team.takes(words := team.word(who))
        before = team.now
        team.takes(team.promotion("approved"))
        (last,) = words.values()
        late = team.word("carl", "reject", previous=last, at=before + 30)
        team.refuses(late, "approvals")
        team.takes(team.word("carl", "reject", previous=last))


def test_a_run_of_dates_in_one_push(team: Team) -> None:
    ahead = int(time.time()) + 280
    refs: dict[str, str] = {}
    for step in range(3):
        made = team.promotion("open", at=ahead + 290 * step)  # type: ignore[arg-type]
        refs |= made
        (team.last,) = made.values()
    team.refuses(refs, "date")


POLICY = """\
registry: acme
signatures: required
principals: {{ann: {{emails: [ann@example.com], keys: "{ann}"}}}}
stages: {{dev: {{}}}}
"""


@pytest.fixture
def shared(
    make_repository: Maker, tmp_path: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> Shared:
    """Return a remote with a hook and a policy, and a clone whose last commit is an hour ahead."""
    found = share(make_repository, tmp_path, tmp_path.as_uri())
    for key, value in {
        "tag.gpgSign": "true",
        "gpg.format": "ssh",
        "user.signingKey": f"{people['ann'].file}.pub",
    }.items():
        found.ann.git("config", key, value)
    (found.ann.path / ".mreg.yaml").write_text(POLICY.format(ann=people["ann"].public))
    found.ann.git("add", ".mreg.yaml")
    found.ann.git("commit", "-q", "-m", "Agree on a policy")
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{int(time.time()) + HOUR} +0000")
    found.ann.git("commit", "-q", "--allow-empty", "-m", "By a clock that is fast")
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    found.ann.git("push", "-q", "origin", "main")
    hooks.install(found.remote.opened, "pre-receive")
    return found


def test_a_commit_of_the_future_is_told_before_the_push_with_what_helps(
    shared: Shared, mreg: CommandLine
) -> None:
    asked = mreg("policy", "check", "churn", repo=shared.ann)
    assert re.search(r"dated (59 min|1 h) before its commit", asked.out)
    refused = mreg("register", "churn", "--push", repo=shared.ann)
    assert refused.code == 1
    assert re.search(
        r"\n  date: it is dated (59 min|1 h) before its commit, which has the date", refused.err
    )
    until = re.search(r"or\s+wait\s+until\s+\d{4}-\d\d-\d\d\s+\d\d:\d\d:\d\dZ", refused.err)
    assert until
    assert not shared.tags()
    found = re.search(
        r"-> run `(git commit .*?)`, and register that", " ".join(refused.err.split())
    )
    assert found
    subprocess.run(["sh", "-c", found[1]], cwd=shared.ann.path, check=True)
    shared.ann.git("push", "-q", "origin", "main")
    mreg.ok("register", "churn", "--push", repo=shared.ann)
    assert list(shared.tags()) == ["churn@v0.0.1"]


def test_what_is_made_without_mreg_on_such_a_commit_is_told_the_same(
    shared: Shared, mreg: CommandLine
) -> None:
    shared.ann.git("tag", "-s", "-m", "By hand\n\nPrevious: none\nRegistry: acme", "churn@v0.0.1")
    done = subprocess.run(
        ["git", "push", "-q", "origin", "churn@v0.0.1"],
        cwd=shared.ann.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.search(
        r"mreg: churn@v0\.0\.1: date: it is dated (59 min|1 h) before its commit, .* ->"
        r" run `git commit --allow-empty",
        done.stderr,
    )


def test_a_server_that_took_the_future_before_it_had_a_hook(
    founded: Team, tmp_path: Path, mreg: CommandLine
) -> None:
    """What follows says so before it is pushed, and the hook tells until when."""
    team = founded.joined(tmp_path)
    team.takes(team.promotion("open", at=int(time.time()) + HOUR))  # type: ignore[arg-type]
    mreg.ok("fetch", repo=team.clone)
    warned = mreg("promote", "churn@v1.1.0", "open", "--dry-run", repo=team.clone)
    assert "takes nothing that is dated more than 300 seconds ahead" in " ".join(warned.err.split())
    team.install("pre-receive")
    done = team.refuses(team.promotion("open", at=int(time.time()) + HOUR), "date")  # type: ignore[arg-type]
    assert "no event can follow it before then" in done.said
