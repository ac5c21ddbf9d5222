"""Hooks: installing them, what they let pass at what cost, and what the update hook knows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.governance import hooks
from repositories import Maker, Repository
from team import PERMISSIVE, Team

_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUVUWUWHcGUGCwXvP5TYDLFOLHDGCaZxgv2SG7aV"


_UNPROTECTED = (
    "note: the hook does not protect main: anyone who can push to it can change the policy\n"
)


@pytest.fixture
def team(founded: Team, tmp_path: Path) -> Team:
    return founded.joined(tmp_path)


class TestInstalling:
    @pytest.mark.parametrize("name", ["pre-push", "pre-receive", "update"])
    def test_it_names_the_python_that_has_mreg(
        self, name: str, mreg: CommandLine, make_repository: Maker
    ) -> None:
        repo = make_repository()
        said = mreg.ok("hook", "install", name, repo=repo).err
        first, _, warning = said.partition("\n")
        assert first == f"Installed {name} in .: it now calls mreg."
        assert bool(warning) == (name != "pre-push")
        if warning:
            assert warning.startswith("warning: this is not a bare repository")
            assert "mreg hook install pre-push" in warning
        file = repo.path / ".git" / "hooks" / name
        assert os.access(file, os.X_OK)
        assert f"exec {sys.executable} -P -m mreg hook run {name}" in file.read_text()
        before = file.read_text()
        mreg.ok("hook", "install", name, repo=repo)
        assert file.read_text() == before
        assert [it.name for it in file.parent.iterdir()] == [name]

    @pytest.mark.parametrize(
        ("policy", "said"),
        [
            (
                None,
                "note: there is no policy yet: anyone who can push can promote\n" + _UNPROTECTED,
            ),
            (
                "signatures: optional\n",
                "note: signatures are not required: the server trusts the e-mail address in a tag\n"
                + _UNPROTECTED,
            ),
            (
                f"{{signatures: required, registry: a, principals: {{ann: {{keys: [{_KEY}]}}}}}}",
                _UNPROTECTED,
            ),
            ("stages: 3\n", "warning: the hook refuses every push of registry tags: "),
        ],
    )
    def test_it_says_what_a_server_does_not_enforce(
        self,
        policy: str | None,
        said: str,
        mreg: CommandLine,
        make_repository: Maker,
        tmp_path: Path,
    ) -> None:
        repo = make_repository()
        if policy is not None:
            (repo.path / ".mreg.yaml").write_text(policy)
            repo.git("add", ".mreg.yaml")
            repo.git("commit", "-q", "-m", "A policy")
        server = tmp_path / "server.git"
        repo.git("clone", "-q", "--bare", ".", str(server))
        done = mreg.ok("hook", "install", "pre-receive", "--repo", str(server))
        found = done.err.partition("\n")[2]
        assert found.startswith(said) if said.endswith(": ") else found == said

    def test_it_honours_where_git_looks_for_hooks(
        self, mreg: CommandLine, make_repository: Maker
    ) -> None:
        repo = make_repository()
        repo.git("config", "core.hooksPath", "own/hooks")
        (repo.path / "deep").mkdir()
        mreg.ok("hook", "install", "pre-push", repo=repo)
        assert (repo.path / "own" / "hooks" / "pre-push").exists()

    def test_another_hook_stays(self, mreg: CommandLine, make_repository: Maker) -> None:
        repo = make_repository()
        file = repo.path / ".git" / "hooks" / "pre-push"
        file.parent.mkdir()
        file.write_text("#!/bin/sh\nexit 0\n")
        refused = mreg("hook", "install", "pre-push", repo=repo)
        assert refused.code == 1
        assert '-m mreg hook run pre-push "$@" || exit 1' in refused.err
        assert file.read_text() == "#!/bin/sh\nexit 0\n"
        mreg.ok("hook", "install", "pre-push", "--force", repo=repo)
        assert "mreg hook run" in file.read_text()

    def test_what_makes_no_sense(self, mreg: CommandLine, make_repository: Maker) -> None:
        repo = make_repository()
        for words in (("install", "post-receive"), ("run", "update", "x"), ("install",)):
            assert mreg("hook", *words, repo=repo).code == 2
        assert mreg("hook", "install", "update", "x", repo=repo).code == 2

    def test_a_hook_whose_python_is_gone_refuses(self, team: Team) -> None:
        team.install("pre-receive")
        file = team.server.path / "hooks" / "pre-receive"
        file.write_text(file.read_text().replace(sys.executable, "/nowhere/python"))
        done = team.push(team.promotion("open"))
        assert not done.taken
        assert "mreg is not at /nowhere/python any more" in done.said

    def test_a_hook_that_breaks_refuses(self, team: Team, tmp_path: Path) -> None:
        """What is not a registry's ref would pass, if the hook could be asked."""
        team.install("pre-receive")
        file = team.server.path / "hooks" / "pre-receive"
        broken = tmp_path / "broken" / "mreg"
        broken.mkdir(parents=True)
        (broken / "__init__.py").write_text("raise SystemError('broken')\n")
        file.write_text(f"#!/bin/sh\nPYTHONPATH={broken.parent} {hooks._call('pre-receive')}\n")
        assert not team.push({"refs/heads/new": team.commits["v1.0.0"]}).taken

    def test_what_lies_in_the_folder_of_the_hook_is_not_imported(self, team: Team) -> None:
        team.install("pre-receive")
        (team.server.path / "typer.py").write_text("raise SystemError('imported')\n")
        team.takes(team.promotion("open"))


def test_a_push_of_nothing_of_the_registrys_starts_no_process_and_reads_no_policy(
    team: Team, tmp_path: Path
) -> None:
    """It must not cost anything, and a policy that is broken must not keep it from passing."""
    log = tmp_path / "log"
    oid = team.commits["v1.0.0"]
    line = f"{'0' * 40} {oid} refs/heads/new\n"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "mreg", "hook", "run", "pre-receive"],
        cwd=team.server.path,
        env={**os.environ, "GIT_DIR": ".", "GIT_TRACE": str(log)},
        input=line,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not log.exists()
    loaded = {it.rpartition("|")[2].strip() for it in done.stderr.splitlines()}
    assert not loaded & {"pydantic", "git", "ruamel.yaml", "mreg.governance.trust"}


class TestUpdate:
    """A hook that sees one ref at a time, those before it moved already."""

    @pytest.fixture
    def team(self, founded: Team, tmp_path: Path) -> Team:
        made = founded.joined(tmp_path)
        made.install("update")
        return made

    def test_it_takes_and_refuses(self, team: Team) -> None:
        team.refuses(team.promotion("managed", by="ann"), "by")
        team.refuses({"churn@v1.0.0": ""}, "delete")
        team.refuses({"churn#open#1": team.commits["v1.0.0"]}, "kind")
        team.takes(team.promotion("managed", by="dan"))
        team.takes({"refs/heads/new": team.commits["v1.0.0"]})

    def test_a_policy_change_and_a_promotion_in_one_push(self, team: Team) -> None:
        """The branch comes first, and has moved by the time the tag is judged."""
        changed = team.change_policy(PERMISSIVE)
        made = team.promotion("managed", by="ann")
        done = team.push({"refs/heads/main": changed, **made})
        assert done.rules == {"by"}
        held = team.server.refs()
        assert held["refs/heads/main"] == changed
        assert not any("managed" in ref for ref in held)
        team.takes(made)

    def test_so_does_a_branch_that_the_default_branch_names_from_now_on(self, team: Team) -> None:
        changed = team.change_policy("branch: wild\n")
        other = team.change_policy("branch: wild\nregistry: acme\n", branch="wild")
        made = team.promotion("managed", by="ann")
        done = team.push({"refs/heads/main": changed, "refs/heads/wild": other, **made})
        assert done.rules == {"by"}

    def test_a_policy_that_was_broken_is_mended_by_a_push_of_its_own(self, team: Team) -> None:
        good = team.server.git("show", "main:.mreg.yaml")
        team.takes({"refs/heads/main": team.change_policy("stges: []\n")})
        mended = team.change_policy(good)
        made = team.promotion("open")
        done = team.push({"refs/heads/main": mended, **made})
        assert "fix the policy in a separate push" in done.said
        assert team.server.refs()["refs/heads/main"] == mended
        team.takes(made)

    def test_an_event_and_the_note_of_the_last_one(self, team: Team) -> None:
        (oid,) = (made := team.promotion("open")).values()
        last = "refs/mreg/last/churn#"
        team.takes({**made, last: oid}, "--atomic")
        team.refuses({last: team.registrations["v1.0.0"]}, "previous", force=True)

    def test_called_by_anything_but_git_it_refuses(self, team: Team) -> None:
        """Nobody could tell which calls are of one push."""
        words = ("update", "refs/heads/new", "0" * 40, team.commits["v1.0.0"])
        done = subprocess.run(
            [sys.executable, "-m", "mreg", "hook", "run", *words],
            cwd=team.server.path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "cannot determine which push this hook was called for" in done.stderr

    def test_what_it_notes_is_forgotten_in_time(self, team: Team) -> None:
        notes = team.server.path / "mreg" / "pushes"
        team.takes(team.promotion("open"))
        (old,) = notes.iterdir()
        os.utime(old, (0, 0))
        team.takes(team.promotion("open"))
        assert old not in notes.iterdir()
        assert len(list(notes.iterdir())) == 1


class TestPrePush:
    @pytest.fixture
    def clone(self, team: Team, mreg: CommandLine) -> Repository:
        mreg.ok("fetch", repo=team.clone)
        mreg.ok("hook", "install", "pre-push", repo=team.clone)
        return team.clone

    def test_what_the_policy_does_not_allow_stays_here(self, team: Team, clone: Repository) -> None:
        (name, oid), *_ = team.promotion("managed", by="ann").items()
        clone.git("update-ref", f"refs/tags/{name}", oid)
        done = team.push({name: oid})
        assert not done.taken
        assert re.search(rf"^mreg: {name}: by: ann may not promote", done.said, re.M)

    def test_what_it_allows_passes_whether_it_is_here_already_or_not(
        self, team: Team, clone: Repository
    ) -> None:
        (name, oid), *_ = (made := team.promotion("managed", by="dan")).items()
        clone.git("update-ref", f"refs/tags/{name}", oid)
        team.takes(made)
        team.takes(team.promotion("open"))
        team.takes({"refs/heads/new": team.commits["v1.0.0"]})

    def test_moves_and_deletions(self, team: Team, clone: Repository) -> None:
        assert "must not be deleted" in team.push({"churn@v1.0.0": ""}).said
        again = team.tag("churn@v1.0.0")
        assert "must not be moved" in team.push({"churn@v1.0.0": again}, force=True).said
