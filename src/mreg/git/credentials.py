"""Credentials for a web server, from where Git has them: its helpers, or somebody at the terminal.

Source: `git help credential`.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from mreg.git import process
from mreg.git.repository import Repository
from mreg.net import http


class Credential(NamedTuple):
    """A name and password, or a token, as Git knows them, with the lines in which it said so.

    It wants to hear the same when it is told what became of them.
    """

    lines: bytes
    username: str
    password: str

    @property
    def header(self) -> dict[str, str]:
        """The header that says them."""
        return http.basic(self.username, self.password)


def fill(repo: Repository, url: str) -> Credential | None:
    """Return the credentials for a URL; None if Git has none, and nobody is there to say them."""
    done = _run(repo, "fill", _described(url))
    said = dict(
        line.split("=", 1) for line in done.decode("utf-8", "replace").splitlines() if "=" in line
    )
    if "username" not in said or "password" not in said:
        return None
    return Credential(done, said["username"], said["password"])


def approve(repo: Repository, credential: Credential) -> None:
    """Tell Git that a server took credentials, so that its helpers may keep them."""
    _run(repo, "approve", credential.lines)


def reject(repo: Repository, credential: Credential) -> None:
    """Tell Git that a server did not take credentials, so that its helpers forget them."""
    _run(repo, "reject", credential.lines)


def _described(url: str) -> bytes:
    """Return a URL in Git's form: a line for each part. A line feed in it would forge another."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    named = [f"username={parts.username}"] if parts.username else []
    lines = [f"protocol={parts.scheme}", f"host={host}", f"path={parts.path.lstrip('/')}", *named]
    return "".join(f"{it}\n" for it in lines if it.isprintable()).encode() + b"\n"


def _run(repo: Repository, action: str, source: bytes) -> bytes:
    done = process.run_bounded(
        repo,
        *("credential", action),
        environment={} if repo.network.prompts else {"GIT_TERMINAL_PROMPT": "0"},
        source=source,
    )
    return done.output if done.returncode == 0 else b""
