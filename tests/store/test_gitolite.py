"""Behind Gitolite: what it refuses as installed, and the two settings that let events through."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from commandline import CommandLine
from repositories import Maker, Repository

SHELL: Final = Path("/usr/share/gitolite3/gitolite-shell")
"""What sshd starts for everybody, where Debian's package puts it."""

PATTERN: Final = r"$REF_OR_FILENAME_PATT = qr(^[0-9a-zA-Z][-0-9a-zA-Z._\@/+ :,#!=]*$);"
"""The line of .gitolite.rc that docs/how-to/policy.md names."""

pytestmark = pytest.mark.skipif(
    not (SHELL.exists() and shutil.which("gitolite")), reason="needs gitolite3, of Debian"
)

ACCESS: Final = """
repo registry
    RW+                         = admin
    RW  refs/heads/             = ann bob
    RW  refs/mreg/              = ann bob
    RW  refs/tags/churn@        = ann bob
    RW  refs/tags/churn\\x23dev  = ann bob
    RW  refs/tags/churn\\x23prod = bob
    RW  refs/tags/nets\\x3dunet  = ann bob
"""


class Gitolite:
    """A home folder of Gitolite, reached through a stand-in for ssh that believes who one is."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = folder / "gitolite"
        self.home.mkdir()
        self._environment = {"HOME": str(self.home), "PATH": "/usr/bin:/bin"}
        self._run("setup", "-a", "admin")
        (self.home / ".gitolite/conf/gitolite.conf").write_text(ACCESS)
        self._run("compile")
        self._run("trigger", "POST_COMPILE")
        self._ssh = folder / "gitolite-ssh"
        monkeypatch.setenv("GIT_SSH", str(self._ssh))
        monkeypatch.setenv("GIT_SSH_VARIANT", "ssh")
        self.let_in("ann")

    def _run(self, *arguments: str) -> None:
        subprocess.run(
            ("gitolite", *arguments), env=self._environment, check=True, capture_output=True
        )

    def let_in(self, name: str) -> None:
        """Take whoever comes next for somebody."""
        self._ssh.write_text(
            "#!/bin/sh\n"
            'while getopts o:p:46 _; do :; done; shift "$OPTIND"  # the options, and the host\n'
            f'export HOME={shlex.quote(str(self.home))} SSH_CONNECTION="127.0.0.1 1 127.0.0.1 22"\n'
            f'SSH_ORIGINAL_COMMAND="$*" exec {SHELL} {name}\n'
        )
        self._ssh.chmod(0o755)

    def widen(self) -> None:
        """Allow the characters of registry tags in names of refs (docs/how-to/policy.md)."""
        settings = self.home / ".gitolite.rc"
        settings.write_text(f"{PATTERN}\n{settings.read_text()}")

    @property
    def remote(self) -> Repository:
        """The bare repository that is served."""
        return Repository(self.home / "repositories/registry.git", ())


@pytest.fixture
def gitolite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gitolite:
    """Gitolite as Debian installs it, with one repository."""
    return Gitolite(tmp_path, monkeypatch)


@pytest.fixture
def clone(gitolite: Gitolite, make_repository: Maker) -> Repository:
    """A clone of that repository, whose branch is there."""
    clone = make_repository(name="clone")
    clone.git("remote", "add", "origin", "ssh://git@host.invalid/registry")
    clone.git("push", "-q", "origin", "main")
    return clone


def tags(repository: Repository) -> set[str]:
    return {ref[10:] for ref in repository.refs() if ref.startswith("refs/tags/")}


def test_events_pass_once_the_pattern_is_wider_and_the_rules_say_who(
    mreg: CommandLine, gitolite: Gitolite, clone: Repository
) -> None:
    """One story, since each push starts Perl several times."""
    mreg.ok("register", "churn", "--push", repo=clone)
    for command, tag in (
        ("promote churn dev", "churn#dev#1"),
        ("register nets:unet", "nets=unet@v0.0.1"),
    ):
        done = mreg(*command.split(), "--push", repo=clone)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith(f"error: origin refused {tag}: hook declined\n")
        assert "FATAL: invalid characters in ref or filename" in done.err
        assert "hint: Gitolite refuses every # ! and = in the name of a ref" in done.err
    assert tags(gitolite.remote) == tags(clone) == {"churn@v0.0.1"}
    gitolite.widen()
    mreg.ok("register", "nets:unet", "--push", repo=clone)
    mreg.ok("promote", "churn", "dev", "--push", repo=clone)
    mreg.ok("demote", "churn", "dev", "--push", repo=clone)
    done = mreg("promote", "churn", "prod", "--push", repo=clone)
    assert done.code == 1
    assert "DENIED by fallthru" in done.err
    gitolite.let_in("bob")
    mreg.ok("promote", "churn", "prod", "--push", repo=clone)
    assert tags(gitolite.remote) == tags(clone)
    assert tags(clone) == {
        *("churn@v0.0.1", "nets=unet@v0.0.1", "churn#dev#1", "churn#dev!#2", "churn#prod#3")
    }


def test_the_document_names_these_settings() -> None:
    document = (Path(__file__).parents[2] / "docs/how-to/policy.md").read_text()
    assert PATTERN in document
    for rule in ACCESS.strip().splitlines():
        assert " ".join(rule.split()) in " ".join(document.split())
