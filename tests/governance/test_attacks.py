"""What somebody tries who may push, with raw Git and real keys, to stop others or to get round."""

from __future__ import annotations

import shutil

import pytest

from committing import commit
from fixtures_of_policy import PUSHED
from repositories import run, tag_bytes
from team import PERMISSIVE, Team


def test_deregistering_what_holds_a_stage(team: Team) -> None:
    """Ann registers; what is in `managed` is Dan's, though another would take over there."""
    team.takes(team.promotion("managed", "v1.1.0", by="dan"))
    team.takes(team.promotion("managed", by="dan"))
    out = "churn@v1.0.0!"
    said = team.refuses({out: team.tag(out, by="ann")}, "by").said
    assert "ann may not deregister what holds managed" in said
    # Dan may not either, who does not register. What holds nothing of Dan's is Ann's.
    team.refuses({out: team.tag(out, by="dan")}, "by")
    team.takes({"churn#managed!#9": team.tag("churn#managed!#9", by="dan")})
    team.takes({out: team.tag(out, by="ann")})


def test_a_number_that_leaps(team: Team) -> None:
    """A number has 18 digits at most: after the last one, nothing could be promoted any more."""
    last = f"churn#open#{10**18 - 1}"
    team.refuses({last: team.tag(last)}, "number")
    team.refuses({"churn#open#1001": team.tag("churn#open#1001")}, "number")
    team.takes({"churn#open#1000": team.tag("churn#open#1000")})


@pytest.mark.parametrize("name", ["churn@v9.0.0/x", "churn#open#1/x/y", "churn@deprecated/x"])
def test_a_tag_beneath_one_that_is_to_come(name: str, team: Team) -> None:
    team.refuses({name: team.commits["v1.0.0"]}, "name")
    # Names that are almost those of registry tags stand in nobody's way.
    assert team.push({"churn@9.0.0/x": team.commits["v1.0.0"]}).taken
    team.takes(team.promotion("open"))


@PUSHED
def test_a_huge_message(team: Team) -> None:
    raw = tag_bytes("churn#open#1", team.commits["v1.0.0"], message=b"a" * (1 << 20))
    team.refuses({"churn#open#1": team.clone.put_object(raw)}, "size")
    team.takes(team.promotion("open"))


@PUSHED
def test_an_object_that_is_replaced(team: Team) -> None:
    """Git would show the server's policy as another one."""
    blob = team.server.git("rev-parse", "main:.mreg.yaml").strip()
    other = team.clone.git("hash-object", "-w", "--stdin", stdin=PERMISSIVE.encode()).strip()
    assert team.push({f"refs/replace/{blob}": other}).taken
    assert team.server.git("cat-file", "-p", blob) == PERMISSIVE
    team.refuses(team.promotion("managed", by="ann"), "by")


def test_a_head_that_is_not_there(team: Team) -> None:
    """Where main is protected and master is anybody's, HEAD must not be master."""
    team.server.git("symbolic-ref", "HEAD", "refs/heads/master")
    said = team.refuses(team.promotion("open")).said
    assert "HEAD of this repository is master, a branch that does not exist" in said
    assert "git symbolic-ref HEAD refs/heads/main" in said
    team.server.git("symbolic-ref", "HEAD", "refs/heads/main")
    team.takes(team.promotion("open"))


def test_an_entry_that_could_be_taken_for_fields_of_another(team: Team) -> None:
    """v1.1.0 again, with a better metric in an entry below it whose name is none of ASCII."""
    measured = team.promotion("measured", "v1.1.0")
    assert "auc is 0.85" in team.refuses(measured, "metrics").said
    raw = (
        b"churn:\n  type: model\n  path: m\n"
        + "模型: {metrics: {auc: 0.99}, owner: eve}\n".encode()
    )
    made = commit(
        team.clone, raw, branch="odd", at=-1000, file="artifacts.yaml", start=team.commits["v1.2.0"]
    )
    team.commits = {**team.commits, "v1.4.0": made}
    registration = team.tag("churn@v1.4.0", "v1.4.0")
    team.registrations = {**team.registrations, "v1.4.0": registration}
    team.takes({"churn@v1.4.0": registration})
    assert "auc is missing" in team.refuses(team.promotion("measured", "v1.4.0"), "metrics").said


@pytest.mark.parametrize("kind", ["folder", "symbolic link", "submodule"])
def test_a_policy_that_is_no_file(kind: str, team: Team) -> None:
    """It is not taken for none."""
    file = team.clone.path / ".mreg.yaml"
    run(team.clone.path, "checkout", "-q", "-B", "work", "origin/main")
    file.unlink()
    if kind == "folder":
        file.mkdir()
        shutil.copy(team.clone.path / "artifacts.yaml", file)
    elif kind == "symbolic link":
        file.symlink_to("artifacts.yaml")
    if kind == "submodule":
        entry = f"160000,{team.commits['v1.0.0']},.mreg.yaml"
        run(team.clone.path, "update-index", "--cacheinfo", entry)
    else:
        run(team.clone.path, "add", ".mreg.yaml")
    run(team.clone.path, "commit", "-q", "-m", "No file")
    before = team.server.refs()["refs/heads/main"]
    team.takes({"refs/heads/main": team.clone.git("rev-parse", "HEAD").strip()})
    said = team.refuses(team.promotion("managed", by="ann")).said
    assert f"it is a {kind}, not a file" in said
    assert team.push({"refs/heads/main": before}, force=True).taken
    team.takes(team.promotion("managed", by="dan"))


def test_a_signed_tag_on_a_signed_tag(team: Team) -> None:
    """What it is about is the commit behind both; who made it, the outer one says."""
    inner = team.tag("inner", by="dan")
    raw = tag_bytes(
        "churn@v3.0.0",
        inner,
        kind="tag",
        tagger=f"Dan <dan@example.com> {team.now + 60} +0000",
        message=f"x\n\nPrevious: {team.last}\nRegistry: acme\n".encode(),
    )
    by_carl = team.clone.put_object(team.keys["carl"].signed(raw))
    team.refuses({"churn@v3.0.0": by_carl}, "by")
    team.takes({"churn@v3.0.0": team.clone.put_object(team.keys["ann"].signed(raw))})


@PUSHED
def test_a_branch_named_like_a_registry_tag_is_none(team: Team) -> None:
    """Nor is a branch of which the policy says nothing a policy."""
    oid = commit(team.clone, PERMISSIVE.encode(), branch="evil", start=team.commits["v1.0.0"])
    assert team.push({"refs/heads/churn@v1.0.0": oid, "refs/heads/HEAD": oid}).taken
    team.refuses(team.promotion("managed", by="ann"), "by")
    team.takes(team.promotion("managed", by="dan"))
