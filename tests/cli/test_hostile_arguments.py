"""No name, rev, URL or remote is taken for an option by Git or ssh, and none runs a command."""

from __future__ import annotations

from pathlib import Path

import pytest

import remotes
from commandline import CommandLine
from repositories import Maker, Repository, Tag

HOSTILE = [
    "--upload-pack=touch pwned",
    "--exec=touch pwned",
    "--output=pwned",
    "-opwned",
    "--help",
    "-h",
    "--all",
    "--stdin",
    "-",
    "--",
    "-c core.sshCommand=touch",
    "ext::sh -c 'touch pwned'",
    "$(touch pwned)",
    "`touch pwned`",
    "; touch pwned",
    "a\nb",
    "a\0b",
    "\x1b[31mred",
    "@{-1}",
    "HEAD:..",
    ":/",
    "^HEAD",
    "refs/tags/*",
]


@pytest.fixture
def here(make_repository: Maker, tmp_path: Path) -> Repository:
    made = make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1")], name="here")
    remote = remotes.bare(tmp_path)
    made.git("remote", "add", "origin", str(remote.path))
    made.git("push", "-q", "origin", "main", "--tags")
    return made


def commands(text: str) -> list[tuple[str, ...]]:
    """Return commands that take a text as a name, a rev, a repository or a remote."""
    return [
        ("show", "--", text),
        ("show", f"--repo={text}"),
        ("show", "churn", f"--at={text}"),
        ("history", "--", text),
        ("history", f"--stage={text}", "--", "churn"),
        ("describe", "--", text),
        ("describe", f"--rev={text}", "--", "churn"),
        ("check-ref", "--", text),
        ("register", "--", text),
        ("register", "--", "new", text),
        ("register", f"--version={text}", "--", "new"),
        ("register", f"--remote={text}", "--push", "--", "new"),
        ("register", f"--repo={text}", "--", "new"),
        ("promote", "--", "churn", text),
        ("promote", "--", text, "prod"),
        ("promote", f"--rev={text}", "--", "churn", "prod"),
        ("demote", "--", "churn", text),
        ("push", f"--remote={text}"),
        ("fetch", f"--remote={text}"),
        ("cache", "clear", "--", text),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_refused(text: str, here: Repository, mreg: CommandLine) -> None:
    before = here.refs()
    for arguments in commands(text):
        done = mreg(*arguments, repo=here)
        assert done.code in (1, 2), (arguments, done)
        assert "error: " in done.err
        assert "\x1b" not in done.err
        assert "Traceback" not in done.err
    assert here.refs() == before
    everything = [it.name for it in here.path.parent.rglob("*")]
    assert not [name for name in everything if "pwned" in name]


@pytest.mark.parametrize("name", ["-x", "--upload-pack=touch pwned", "a b", "$(touch pwned)"])
def test_a_folder_may_have_any_name(
    name: str, make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    make_repository([Tag("churn@v1.0.0")], name=name)
    shown = mreg.ok("show", "churn", "--field=version", f"--repo={name}", repo=tmp_path)
    assert shown.out == "v1.0.0\n"
    mreg.ok("register", "new", f"--repo={name}", repo=tmp_path)
    url = (tmp_path / name).as_uri()
    assert mreg.ok("show", "new", "--field=version", f"--repo={url}").out == "v0.0.1\n"
    assert not (tmp_path / "pwned").exists()
