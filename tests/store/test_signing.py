"""Signed tags: Git's own settings are honoured, and Git verifies what mreg signed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from commandline import CommandLine
from repositories import EMAIL, Maker, Repository

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs ssh-keygen")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Return the private half of a new SSH key; the public one stands beside it."""
    file = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)], check=True
    )
    return file


@pytest.fixture
def repo(make_repository: Maker, key: Path) -> Repository:
    """Return a repository that is set up to sign tags with the key, and to trust it."""
    found = make_repository()
    signers = key.with_name("signers")
    signers.write_text(f"{EMAIL} {key.with_suffix('.pub').read_text()}")
    for name, value in {
        "tag.gpgSign": "true",
        "gpg.format": "ssh",
        "user.signingKey": str(key.with_suffix(".pub")),
        "gpg.ssh.allowedSignersFile": str(signers),
    }.items():
        found.git("config", name, value)
    return found


def verified(repo: Repository, tag: str) -> bool:
    done = subprocess.run(
        ["git", "tag", "-v", tag], cwd=repo.path, capture_output=True, text=True, check=False
    )
    return done.returncode == 0 and "Good " in done.stderr


def test_every_tag_is_signed_and_git_verifies_it(repo: Repository, mreg: CommandLine) -> None:
    commands = [
        ["register", "churn", "HEAD~1", "-m", "first try\n\nwith a body"],
        ["register", "churn"],
        ["promote", "churn@v0.0.1", "prod"],
        ["promote", "churn@v0.0.2", "prod"],
        ["rollback", "churn", "prod"],
        ["demote", "churn#prod", "prod"],
        ["deregister", "churn@v0.0.1"],
        ["deprecate", "churn"],
    ]
    for command in commands:
        mreg.ok(*command, repo=repo)
    tags = [it["tag"] for it in mreg.ok("history", "--json", repo=repo).json["events"]]
    assert len(tags) == len(commands)
    assert all(verified(repo, tag) for tag in tags)


def test_a_changed_tag_does_not_verify(repo: Repository, mreg: CommandLine) -> None:
    """The test above would be worth nothing if Git verified anything."""
    mreg.ok("register", "churn", repo=repo)
    raw = repo.git("cat-file", "tag", "churn@v0.0.1").encode()
    repo.put_tag("churn@v0.0.1", raw.replace(b"Register", b"Registar"))
    assert not verified(repo, "churn@v0.0.1")


def test_the_signature_is_no_part_of_the_message(repo: Repository, mreg: CommandLine) -> None:
    mreg.ok("register", "churn", "-m", "first try", repo=repo)
    mreg.ok("promote", "churn", "prod", repo=repo)
    promotion, registration = mreg.ok("history", "--json", repo=repo).json["events"]
    assert registration["message"] == "first try"
    assert promotion["trailers"]["Version"] == "v0.0.1"
    assert mreg.ok("doctor", repo=repo).err == "No problems found.\n"


@pytest.mark.parametrize("form", ["key::{}", "{}"])
def test_the_public_key_itself_needs_an_agent(
    form: str, repo: Repository, key: Path, mreg: CommandLine
) -> None:
    public = key.with_suffix(".pub").read_text().strip()
    repo.git("config", "user.signingKey", form.format(public))
    before = repo.refs()
    done = mreg("register", "churn", repo=repo)
    assert done.code == 1
    assert done.err.startswith("error: cannot sign the tag: ssh-keygen: ")
    assert done.err.endswith(
        "\nhint: check user.signingKey and gpg.format, or turn signing off: git config "
        "tag.gpgSign false\n"
    )
    assert repo.refs() == before


def test_an_agent_signs(
    repo: Repository, key: Path, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    public = key.with_suffix(".pub").read_text().strip()
    repo.git("config", "user.signingKey", f"key::{public}")
    socket = str(tmp_path / "agent")
    with subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE) as agent:
        assert agent.stdout
        agent.stdout.readline()  # it listens now
        monkeypatch.setenv("SSH_AUTH_SOCK", socket)
        subprocess.run(["ssh-add", "-q", str(key)], check=True)
        try:
            mreg.ok("register", "churn", repo=repo)
        finally:
            agent.terminate()
    assert verified(repo, "churn@v0.0.1")


def test_git_can_name_the_key_itself(repo: Repository, key: Path, mreg: CommandLine) -> None:
    repo.git("config", "--unset", "user.signingKey")
    public = key.with_suffix(".pub")
    repo.git("config", "gpg.ssh.defaultKeyCommand", f"sed s/^/key::/ '{public}'")
    done = mreg("register", "churn", repo=repo)
    assert done.code == 1
    assert "ssh-keygen" in done.err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"user.signingKey": "/no/such/key"}, "cannot sign the tag: ssh-keygen: "),
        ({"user.signingKey": ""}, "sign tags with an SSH key, but user.signingKey is not set"),
        ({"gpg.ssh.program": "/no/such/program"}, "cannot sign the tag: /no/such/program: "),
        ({"gpg.ssh.program": "false"}, "cannot sign the tag: false: "),
        ({"gpg.format": "pigeon"}, "gpg.format is 'pigeon'"),
        ({"gpg.format": "openpgp", "gpg.program": "true"}, "cannot sign the tag: true: "),
    ],
)
def test_a_tag_that_cannot_be_signed_is_not_made(
    settings: dict[str, str], message: str, repo: Repository, mreg: CommandLine
) -> None:
    for name, value in settings.items():
        repo.git("config", name, value)
    before = repo.contents()
    done = mreg("register", "churn", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert message in done.err
    assert "\nhint: " in done.err
    assert repo.contents() == before


@pytest.mark.parametrize("value", ["false", "0", "no"])
def test_nothing_is_signed_unless_git_is_set_up_to(
    value: str, repo: Repository, mreg: CommandLine
) -> None:
    repo.git("config", "tag.gpgSign", value)
    mreg.ok("register", "churn", repo=repo)
    assert "SIGNATURE" not in repo.git("cat-file", "tag", "churn@v0.0.1")


def test_openpgp_is_asked_as_git_asks_it(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    """A stand-in for gpg: it writes down how it was called, and signs."""
    program, called = tmp_path / "gpg", tmp_path / "called"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {called}\ncat >> {called}\n'
        "echo '[GNUPG:] SIG_CREATED D' >&2\n"
        "printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'\n"
    )
    program.chmod(0o755)
    for name, value in {
        "gpg.format": "openpgp",
        "gpg.program": str(program),
        "user.signingKey": "ABCD",
    }.items():
        repo.git("config", name, value)
    mreg.ok("register", "churn", repo=repo)
    raw = repo.git("cat-file", "tag", "churn@v0.0.1")
    payload, found, _ = raw.partition("-----BEGIN PGP SIGNATURE-----")
    assert found
    assert called.read_text() == f"--status-fd=2 -bsau ABCD\n{payload}"


def test_a_dry_run_signs_nothing(repo: Repository, mreg: CommandLine) -> None:
    repo.git("config", "gpg.ssh.program", "false")
    mreg.ok("register", "churn", "--dry-run", repo=repo)
