"""What keeps a publication from succeeding: one plain sentence each, and nothing half done."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import remotes
from commandline import CommandLine, Result, process
from mreg import Registry
from mreg.net import backoff
from mreg.store.remote import guard
from people import Shared
from repositories import Maker, Repository

PUSH = ("register", "churn", "--push")
ALONE = "prevents two people from using one number"


def refused(mreg: CommandLine, shared: Shared, *arguments: str) -> Result:
    """Run a command that is refused and leaves no tag anywhere."""
    done = mreg(*(arguments or PUSH), repo=shared.ann)
    assert done.code == 1, done
    assert done.out == ""
    assert shared.tags() == {}
    assert shared.in_step(shared.ann)
    return done


def is_running(process_id: int) -> bool:
    """Tell whether there is such a process that has not ended."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process_id)], capture_output=True, text=True, check=False
    )
    return not done.stdout.strip().startswith("Z") and bool(done.stdout.strip())


class Answering(BaseHTTPRequestHandler):
    """Answers every request with one status."""

    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("WWW-Authenticate", 'Basic realm="a registry"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


class Unauthorized(Answering):
    status = 401


class Forbidden(Answering):
    status = 403


def test_no_remote(mreg: CommandLine, make_repository: Maker) -> None:
    done = mreg(*PUSH, repo=make_repository())
    assert done.code == 1
    assert done.err == (
        "error: this repository has no remote to publish the registry to\n"
        "hint: git remote add origin URL\n"
    )


def test_unknown_remote(mreg: CommandLine, shared: Shared) -> None:
    done = refused(mreg, shared, *PUSH, "--remote", "nowhere")
    assert (
        done.err
        == "error: there is no remote 'nowhere'\nhint: pass --remote with origin, or with a "
        "URL\n"
    )


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x", "git://127.0.0.1:1/x", "ssh://127.0.0.1:1/x"]
)
def test_no_network(mreg: CommandLine, shared: Shared, url: str) -> None:
    done = refused(mreg, shared, *PUSH, "--remote", url)
    assert done.err.startswith(f"error: cannot connect to {url}: ")


def test_no_repository(mreg: CommandLine, shared_by_all: Shared) -> None:
    url = shared_by_all.url.replace("remote.git", "nothing.git")
    done = refused(mreg, shared_by_all, *PUSH, "--remote", url)
    assert "there is no repository at" in done.err or "does not allow you to push" in done.err


def test_refused_credentials(mreg: CommandLine, shared: Shared) -> None:
    with remotes.listening(Unauthorized) as url:
        done = refused(mreg, shared, *PUSH, "--remote", f"{url}/remote.git")
    assert "does not accept the credentials" in done.err


def test_password_in_a_url_is_not_shown(mreg: CommandLine, shared: Shared) -> None:
    with remotes.listening(Unauthorized) as url:
        secret = url.replace("//", "//ann:sesame@")
        done = refused(mreg, shared, *PUSH, "--remote", f"{secret}/remote.git")
    assert "does not accept the credentials" in done.err
    assert "sesame" not in done.err


def test_read_only_over_http(mreg: CommandLine, shared: Shared) -> None:
    with remotes.listening(Forbidden) as url:
        done = refused(mreg, shared, *PUSH, "--remote", f"{url}/remote.git")
    assert "does not allow you to push" in done.err


def test_read_only_over_git(mreg: CommandLine, shared: Shared) -> None:
    with remotes.served(shared.remote.path.parent, "git", writable=False) as url:
        done = refused(mreg, shared, *PUSH, "--remote", f"{url}/remote.git")
    assert "does not allow you to push" in done.err


def test_hook_refusal_shows_what_the_server_said_cleaned(
    mreg: CommandLine, shared_by_all: Shared
) -> None:
    said = r"printf 'tags are \033[31mprotected\033[0m here\n' >&2; exit 1"
    remotes.install_hook(shared_by_all.remote, "pre-receive", said)
    done = refused(mreg, shared_by_all)
    assert done.err == (
        "error: origin refused churn@v0.0.1: pre-receive hook declined\n"
        "tags are \\x1b[31mprotected\\x1b[0m here\n"
        "hint: the server configures hooks and protected tags; ask its administrator\n"
    )


def test_a_refusal_by_mreg_itself_has_its_own_hint(
    mreg: CommandLine, shared_by_all: Shared
) -> None:
    said = "echo 'mreg: churn@v0.0.1: by: ann may not register -> ask carol' >&2; exit 1"
    remotes.install_hook(shared_by_all.remote, "pre-receive", said)
    done = refused(mreg, shared_by_all)
    assert done.err == (
        "error: origin refused churn@v0.0.1: pre-receive hook declined\n"
        "mreg: churn@v0.0.1: by: ann may not register -> ask carol\n"
    )


def test_refusal_of_one_of_two_tags_refuses_both(mreg: CommandLine, shared: Shared) -> None:
    hook = 'case "$1" in *prod*) echo "prod is protected" >&2; exit 1;; esac'
    remotes.install_hook(shared.remote, "update", hook)
    done = refused(mreg, shared, "promote", "churn", "prod", "--register", "--push")
    assert "origin refused churn@v0.0.1 and churn#prod#1: hook declined" in done.err
    assert "prod is protected" in done.err


def test_hook_of_ones_own_refuses(mreg: CommandLine, shared: Shared) -> None:
    hook = shared.ann.path / ".git" / "hooks" / "pre-push"
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    done = refused(mreg, shared)
    assert "origin refused churn@v0.0.1: a hook here refused it\nnot today\n" in done.err


def test_no_identity(mreg: CommandLine, shared: Shared, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    shared.ann.git("config", "user.useConfigOnly", "true")
    done = refused(mreg, shared)
    assert done.err.startswith(
        "error: Git does not know your name and e-mail address, which a tag records\n"
    )


def test_unsafe_ownership(
    mreg: CommandLine, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        done = mreg(*PUSH, repo=shared.ann)
    assert done.code == 1
    assert "Git does not trust the repository" in done.err
    assert shared.tags() == {}


def test_unsafe_ownership_of_the_remote(mreg: CommandLine, shared: Shared) -> None:
    """Git's switch for tests would make the local repository unsafe too: only the server has it."""
    script = shared.remote.path / "receive-pack"
    script.write_text('#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git receive-pack "$@"\n')
    script.chmod(0o755)
    shared.ann.git("config", "remote.origin.receivepack", str(script))
    done = refused(mreg, shared)
    assert "Git does not trust the repository of origin: it belongs to another user" in done.err


def test_time_out_ends_the_command_and_all_that_it_started(
    mreg: CommandLine, shared: Shared, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The hook waits for a writer that never comes, and notes who it is."""
    pipe, note = tmp_path / "pipe", tmp_path / "note"
    os.mkfifo(pipe)
    remotes.install_hook(shared.remote, "pre-receive", f"echo $$ > {note}; cat {pipe}")
    monkeypatch.setenv("MREG_TIMEOUT", "1")
    monkeypatch.setattr("mreg.store.publish._MOST_VANISHED", 1)
    done = refused(mreg, shared)
    assert done.err.startswith("error: origin did not answer within 1 seconds\n")
    assert not is_running(int(note.read_text()))


def test_server_that_never_answers(
    mreg: CommandLine, shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MREG_TIMEOUT", "0.5")
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"git://127.0.0.1:{server.getsockname()[1]}/remote.git"
        done = refused(mreg, shared, *PUSH, "--remote", url)
    assert done.err.startswith(f"error: {url} did not answer within 0.5 seconds\n")


def test_outcome_that_cannot_be_known(mreg: CommandLine, shared: Shared) -> None:
    """The push is cut short, and the remote cannot be asked; running it again later is safe."""
    mreg.ok(*PUSH, repo=shared.ann)
    promote = ("promote", "churn", "prod", "--push")
    for program in ("receivepack", "uploadpack"):
        shared.ann.git("config", f"remote.origin.{program}", "false")
    done = mreg(*promote, repo=shared.ann)
    assert done.code == 1
    assert "cannot determine whether origin accepted churn#prod#1: " in done.err
    assert "run the same command again when the remote answers" in done.err
    assert shared.in_step(shared.ann)
    for program in ("receivepack", "uploadpack"):
        shared.ann.git("config", "--unset", f"remote.origin.{program}")
    mreg.ok(*promote, repo=shared.ann)
    assert set(shared.tags()) == {"churn@v0.0.1", "churn#prod#1"}
    assert shared.in_step(shared.ann)


@pytest.mark.parametrize("text", ["soon", "-1", "0", "nan", "inf"])
def test_time_limit_that_is_none(
    mreg: CommandLine, shared: Shared, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MREG_TIMEOUT", text)
    done = mreg(*PUSH, repo=shared.ann)
    assert (done.code, "MREG_TIMEOUT is" in done.err) == (2, True)


@pytest.fixture
def ssh_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What ssh is told, by a stand-in for it that then refuses."""
    note, ssh = tmp_path / "note", tmp_path / "ssh"
    said = "ann@host.invalid: Permission denied (publickey)."
    ssh.write_text(
        f'#!/bin/sh\necho "$GIT_TERMINAL_PROMPT $* $GPG_TTY" >> {note}\n'
        f'echo "{said}" >&2\nexit 255\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("GIT_TERMINAL_PROMPT")
    return note


OVER_SSH = (*PUSH, "--remote", "ssh://host.invalid/x")


def test_nobody_is_asked_for_a_password_where_nobody_is(shared: Shared, ssh_note: Path) -> None:
    """Git would ask the terminal, and so would ssh; both are told not to."""
    done = process(*OVER_SSH, repo=shared.ann, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert ssh_note.read_text().startswith("0 -oBatchMode=yes ")


def test_somebody_at_a_terminal_may_be_asked(shared: Shared, ssh_note: Path) -> None:
    outer, terminal = os.openpty()
    done = subprocess.run(
        ["env", "GPG_TTY=/dev/tty9", sys.executable, "-m", "mreg", *OVER_SSH],
        cwd=shared.ann.path,
        stdin=terminal,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        check=False,
    )
    os.close(terminal)
    os.close(outer)
    assert done.returncode == 1
    unasked, asked = ssh_note.read_text().splitlines()
    assert unasked.startswith("0 ")
    assert "BatchMode" not in asked
    assert asked.startswith(" ")
    assert (unasked[-1], asked.split()[-1]) == (" ", "/dev/tty9")


def test_ssh_command_of_ones_own_is_left_alone(
    shared: Shared, ssh_note: Path, tmp_path: Path
) -> None:
    shared.ann.git("config", "core.sshCommand", f"{tmp_path}/ssh -oUser=me")
    process(*OVER_SSH, repo=shared.ann, stdin=subprocess.DEVNULL)
    assert ssh_note.read_text().startswith("0 -oUser=me ")


@pytest.mark.usefixtures("no_waiting")
@pytest.mark.parametrize("ref", ["refs/tags/churn@v0.0.1", guard("churn")])
def test_stale_lock_is_told_and_no_number_is_skipped(
    mreg: CommandLine, shared_by_all: Shared, ref: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is found at each try; three of them show as much as ten."""
    monkeypatch.setattr(backoff.delays, "__defaults__", (3,))
    shared = shared_by_all
    lock = shared.remote.path / f"{ref}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.touch()
    done = refused(mreg, shared)
    assert done.err.startswith(
        "error: origin did not take churn@v0.0.1, because a ref there is locked: "
    )
    assert f"{ref}.lock': File exists" in done.err
    assert "ask the administrator of the server to remove it" in done.err
    assert mreg(*PUSH, repo=shared.ann).code == 1
    lock.unlink()
    mreg.ok(*PUSH, repo=shared.ann)
    assert list(shared.tags()) == ["churn@v0.0.1"]


def test_lock_of_somebody_who_is_pushing_is_waited_for(shared: Shared) -> None:
    lock = shared.remote.path / "refs" / "tags" / "churn@v0.0.1.lock"
    lock.touch()
    ann = Registry.open(shared.ann.path)
    steps: list[str] = []

    def reached(step: str) -> None:
        steps.append(step)
        if steps.count("push") == 3:
            lock.unlink(missing_ok=True)

    ann.network = ann.network._replace(reached=reached)
    assert ann.register("churn", push=True).tag == "churn@v0.0.1"
    assert steps.count("push") == 3


def test_remote_that_hides_the_guard_works_without_it(
    mreg: CommandLine, shared_by_all: Shared
) -> None:
    shared = shared_by_all
    shared.remote.git("config", "transfer.hideRefs", "refs/mreg")
    done = mreg.ok(*PUSH, repo=shared.ann)
    assert done.err.count(ALONE) == 1
    assert mreg.ok("promote", "churn", "dev", "--push", repo=shared.ann).err == ""
    for stage in ("prod", "staging"):
        mreg.ok("promote", "churn", stage, "--push", repo=shared.bob)
        mreg.ok("promote", "churn", f"{stage}2", "--push", repo=shared.ann)
    assert [tag[-1] for tag in shared.tags()] == ["1", "2", "3", "4", "5", "1"]
    assert shared.in_step(shared.ann)


@pytest.mark.parametrize("hook", ["update", "pre-receive"])
def test_hook_that_takes_tags_only(mreg: CommandLine, shared: Shared, hook: str) -> None:
    script = {
        "update": 'case "$1" in refs/tags/*) ;; *) exit 1;; esac',
        "pre-receive": "! grep -qv refs/tags/",
    }
    remotes.install_hook(shared.remote, hook, script[hook])
    done = mreg.ok(*PUSH, repo=shared.ann)
    assert done.err.count(ALONE) == 1
    assert mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann).err == ""
    assert shared.in_step(shared.ann)


def test_guard_that_cannot_be_read_is_given_up(mreg: CommandLine, shared: Shared) -> None:
    """It can be pushed and not listed: who was told of it by nobody would lose for ever."""
    shared.remote.git("config", "uploadpack.hideRefs", "refs/mreg")
    mreg.ok(*PUSH, repo=shared.ann)
    done = mreg.ok("promote", "churn", "prod", "--push", repo=shared.bob)
    assert done.err.count(ALONE) == 1
    assert list(shared.tags()) == ["churn#prod#1", "churn@v0.0.1"]


def test_remote_without_atomic_pushes(mreg: CommandLine, shared: Shared) -> None:
    shared.remote.git("config", "receive.advertiseAtomic", "false")
    done = refused(mreg, shared, "promote", "churn", "prod", "--register", "--push")
    assert "origin does not support atomic pushes of several refs" in done.err
    mreg.ok(*PUSH, repo=shared.ann)
    mreg.ok("promote", "churn", "prod", "--push", repo=shared.ann)
    assert shared.in_step(shared.ann)


@pytest.mark.parametrize(
    "remote",
    ["-x", "--upload-pack=touch pwned", "ext::touch pwned", "fd::17", "ftp://host/x", "a\nb", ""],
)
def test_hostile_remote(mreg: CommandLine, shared: Shared, remote: str) -> None:
    done = mreg("register", "churn", "--push", f"--remote={remote}", repo=shared.ann)
    if remote:
        assert done.code in (1, 2)
        assert shared.tags() == {}
    assert not (shared.ann.path / "pwned").exists()


@pytest.mark.parametrize("url", ["ext::touch pwned", "-u", "--upload-pack=touch pwned"])
def test_hostile_url_in_the_settings(mreg: CommandLine, shared: Shared, url: str) -> None:
    with (shared.ann.path / ".git" / "config").open("a") as file:
        file.write(f'[remote "evil"]\n\turl = {url}\n[remote "-evil"]\n\turl = {shared.url}\n')
    for name in ("evil", "-evil"):
        done = mreg("register", "churn", "--push", f"--remote={name}", repo=shared.ann)
        assert done.code in (1, 2)
    assert shared.tags() == {}
    assert not (shared.ann.path / "pwned").exists()


def test_several_urls_to_push_to_are_refused(mreg: CommandLine, shared: Shared) -> None:
    shared.ann.git("remote", "set-url", "--add", "--push", "origin", "/a")
    shared.ann.git("remote", "set-url", "--add", "--push", "origin", "/b")
    done = refused(mreg, shared)
    assert "origin has 2 URLs to push to, but mreg publishes to only one" in done.err


def test_refs_that_a_push_could_move_stay(mreg: CommandLine, shared: Shared) -> None:
    """Settings that make a plain `git push` do more have no say."""
    shared.ann.git("config", "push.followTags", "true")
    shared.ann.git("config", "push.default", "matching")
    shared.ann.git("config", "remote.origin.push", "+refs/heads/*:refs/heads/*")
    shared.ann.git("tag", "-a", "-m", "mine", "mine")
    shared.ann.git("commit", "-q", "--allow-empty", "-m", "unpublished")
    before = shared.remote.refs()
    mreg.ok(*PUSH, repo=shared.ann)
    assert set(shared.remote.refs()) - set(before) == {"refs/tags/churn@v0.0.1", guard("churn")}
    assert shared.remote.refs().items() >= before.items()


def test_bare_repository_publishes(mreg: CommandLine, shared: Shared, tmp_path: Path) -> None:
    shared.ann.git("clone", "-q", "--bare", shared.url, str(tmp_path / "bare.git"))
    bare = Repository(tmp_path / "bare.git")
    mreg.ok(*PUSH, repo=bare)
    assert shared.in_step(bare)
