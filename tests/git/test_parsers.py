"""What Git prints, read from bytes; and what its complaints amount to."""

from __future__ import annotations

from random import Random

import pytest

from mreg.errors import AccessDenied, NoRemoteRepository, RemoteError, UsageError
from mreg.git import config, faults, pushed, remote
from mreg.git.process import IN_PIECES, CommandFailed, Finished
from mreg.git.pushed import Pushed, Result
from mreg.git.remote import RemoteSettings
from mreg.net import backoff

OID = "1f77352b5f40631d34d4e3e64d959b7c8e0984c5"

# As Git 2.39 prints it.
LANDED = f"""\
To file:///srv/r.git
 \t{OID}:refs/mreg/last/churn#\t1f77352..cd54f6d
*\t{OID}:refs/tags/churn#prod#1\t[new tag]
=\t{OID}:refs/tags/churn@v1.0.0\t[up to date]
Done
""".encode()
STALE = f"""\
To file:///srv/r.git
!\t{OID}:refs/mreg/last/churn#\t[rejected] (stale info)
!\t{OID}:refs/tags/churn#prod#1\t[rejected] (atomic push failed)
Done
""".encode()
CUT_SHORT = f"""\
To file:///srv/r.git
!\t{OID}:refs/tags/churn#prod#1\t[remote failure] (remote failed to report status)
Done
""".encode()


def test_push_that_landed() -> None:
    results = pushed.parse(LANDED)
    assert results == {
        "refs/mreg/last/churn#": Result(" ", "1f77352..cd54f6d"),
        "refs/tags/churn#prod#1": Result("*", "[new tag]"),
        "refs/tags/churn@v1.0.0": Result("=", "[up to date]"),
    }
    done = Pushed(0, results, "")
    assert done.landed(results)
    assert not done.landed([*results, "refs/tags/other"])
    assert not done.refused


def test_push_that_was_refused() -> None:
    done = Pushed(1, pushed.parse(STALE), "")
    assert done.refused
    assert not done.landed(["refs/tags/churn#prod#1"])
    assert done.results["refs/mreg/last/churn#"].reason == "stale info"
    error = faults.refusal("origin", ["churn#prod#1"], done, 60)
    assert str(error) == "origin refused churn#prod#1: stale info"


BROKEN_OVER_HTTP = """\
error: RPC failed; HTTP 500 curl 22 The requested URL returned error: 500
send-pack: unexpected disconnect while reading sideband packet
fatal: the remote end hung up unexpectedly
"""


def test_push_that_was_cut_short_was_not_refused() -> None:
    assert not Pushed(1, pushed.parse(CUT_SHORT), "").refused
    for line in BROKEN_OVER_HTTP.splitlines():
        assert not Pushed(1, {}, line).refused
    assert Pushed(1, {}, "fatality averted\nerror: failed to push some refs to 'x'\n").refused


@pytest.mark.parametrize("output", [b"", b"Done\n", b"\xff\xfe\t\t\n", b"!\n", b"a\tb\tc\td\n"])
def test_what_says_nothing_of_a_ref(output: bytes) -> None:
    assert {ref for ref in pushed.parse(output) if ref} == set()


@pytest.mark.parametrize(
    "said",
    [
        "remote: error: cannot lock ref 'a': Unable to create '/r/refs/tags/a.lock': File exists.",
        "remote: error: cannot lock ref 'refs/tags/a': reference already exists        ",
        f"remote: error: cannot lock ref 'refs/mreg/last/a#': is at {OID} but expected {OID}",
    ],
)
def test_lock(said: str) -> None:
    assert Pushed(1, {}, said).locked


def test_refs_of_a_remote() -> None:
    output = f"{OID}\trefs/tags/churn@v1\n{OID}\trefs/tags/b\udcff\n".encode(
        "utf-8", "surrogateescape"
    )
    assert dict(remote.parse_refs(output)) == {
        "refs/tags/churn@v1": OID,
        "refs/tags/b\udcff": OID,
    }


def test_settings() -> None:
    output = b"remote.origin.url\n/srv/r.git\0remote.origin.url\nb\0core.bare\0a.b\nx\ny\0"
    found = [
        ("", "remote.origin.url", "/srv/r.git"),
        ("", "remote.origin.url", "b"),
        ("", "core.bare", "true"),
        ("", "a.b", "x\ny"),
    ]
    assert config.parse(output) == found
    assert config.remotes(it.key for it in config.parse(output)) == ["origin"]
    scoped = b"".join(b"local\0" + it + b"\0" for it in output.split(b"\0")[:-1])
    assert config.parse(scoped, scopes=True) == [("local", *it[1:]) for it in found]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "origin"),
        ({"branch.main.remote": ["a"]}, "a"),
        ({"branch.main.remote": ["a"], "remote.pushdefault": ["b"]}, "b"),
        ({"remote.pushdefault": ["b"], "branch.main.pushremote": ["c", "d"]}, "d"),
        ({"branch.other.pushremote": ["c"]}, "origin"),
    ],
)
def test_default_remote(values: dict[str, list[str]], expected: str) -> None:
    assert RemoteSettings(values, "main").default == expected


KNOWN = RemoteSettings({"remote.origin.url": ["/srv/r.git"], "remote.a.b.url": ["https://host/x"]})


@pytest.mark.parametrize(
    ("wanted", "name", "url"),
    [
        (None, "origin", "/srv/r.git"),
        ("a.b", "a.b", "https://host/x"),
        ("ssh://host/x", "ssh://host/x", "ssh://host/x"),
        ("git@host:x.git", "git@host:x.git", "git@host:x.git"),
        ("../r.git", "../r.git", "../r.git"),
    ],
)
def test_remote_that_is_named(wanted: str | None, name: str, url: str) -> None:
    found = remote.choose(KNOWN, wanted)
    assert (found.name, found.url) == (name, url)


@pytest.mark.parametrize("wanted", ["other", "-o", "", "a\x1bb", "ext::sh", "ftp://host/x"])
def test_remote_that_is_refused(wanted: str) -> None:
    with pytest.raises((RemoteError, UsageError)):
        remote.choose(KNOWN, wanted)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("fatal: unable to access 'https://h/': Could not resolve host: h", "cannot connect to"),
        ("ssh: Could not resolve hostname h: Name or service not known", "cannot connect to"),
        ("ssh: connect to host h port 22: Connection timed out", "cannot connect to"),
        ("fatal: unable to connect to 127.0.0.1:", "cannot connect to"),
        ("fatal: Authentication failed for 'https://h/'", "the credentials"),
        ("fatal: could not read Username for 'https://h': terminal prompts disabled", "credent"),
        ("git@h: Permission denied (publickey).", "the credentials"),
        ("Host key verification failed.", "does not know the host key"),
        ("ERROR: Repository not found.", "no repository"),
        ("remote: Repository not found.\nfatal: repository 'https://h/' not found", "no repos"),
        ("remote: Permission to a/b.git denied to ann.", "allow you to push"),
        ("error: The requested URL returned error: 403", "allow you to push"),
        ("ERROR: This repository was archived so it is read-only.", "allow you to push"),
        ("fatal: detected dubious ownership in repository at '/srv/r.git'", "another user"),
        ("error: cannot lock ref 'a': Unable to create '/w/a.lock': File exists.", "is locked"),
        ("fatal: something new", "origin: fatal: something new"),
        ("", "exit code 128"),
    ],
)
def test_what_a_complaint_amounts_to(said: str, expected: str) -> None:
    assert expected in str(faults.explain("origin", Finished(128, b"", said), 60))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("fatal: Authentication failed for 'https://h/'", AccessDenied),
        ("remote: Permission to a/b.git denied to ann.", AccessDenied),
        ("ERROR: Repository not found.", NoRemoteRepository),
        ("fatal: unable to access 'https://h/': Could not resolve host: h", RemoteError),
    ],
)
def test_programs_can_tell_complaints_apart(said: str, error: type[RemoteError]) -> None:
    assert type(faults.explain("origin", Finished(128, b"", said), 60)) is error


def test_broken_connection_is_not_taken_for_none() -> None:
    """Something was sent before, so it says nothing of the outcome."""
    said = "error: RPC failed; curl 56 Recv failure: Connection reset by peer\nfatal: hung up"
    assert faults.no_contact("origin", said) is None


def test_complaint_without_noise_and_passwords() -> None:
    said = (
        "remote: \nremote: no    \nhint: do this\nfatal: 'https://ann:sesame@h/x' is bad\n"
        "error: failed to push some refs to 'x'\n"
    )
    assert faults.cleaned(said) == "no\nfatal: 'https://***@h/x' is bad"


def test_waiting_is_bounded_and_grows() -> None:
    class Longest(Random):
        def uniform(self, a: float, b: float) -> float:
            return b

    waits = list(backoff.delays(Longest()))
    assert waits[:4] == [0.1, 0.2, 0.4, 0.8]
    assert len(waits) == backoff.TRIES - 1
    assert sum(waits) < 30
    assert all(0 <= it <= most for it, most in zip(backoff.delays(Random(1)), waits, strict=True))


def test_what_git_always_says_of_a_remote_that_it_cannot_read_is_left_out() -> None:
    always = (
        "fatal: Could not read from remote repository.\n\n"
        "Please make sure you have the correct access rights\nand the repository exists.\n"
    )
    assert faults.cleaned(f"fatal: 'x' is not there\n{always}") == "fatal: 'x' is not there"
    assert faults.cleaned(always) == "fatal: Could not read from remote repository."


@pytest.mark.parametrize(
    "arguments",
    [
        ("cat-file", "-p", "HEAD"),
        (*IN_PIECES, "cat-file", "--batch"),
        ("--literal-pathspecs", *IN_PIECES, "cat-file"),
    ],
)
def test_a_failure_names_the_command_and_not_the_options_before_it(
    arguments: tuple[str, ...],
) -> None:
    assert str(CommandFailed(arguments, 128, "fatal: bad\n")) == "git cat-file: fatal: bad"
