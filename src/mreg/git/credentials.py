"""Credentials for a web server, from where Git has them: its helpers, or somebody at the terminal.

Source: `git help credential`.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from mreg.git import process
from mreg.net.network import Network


class Credential(NamedTuple):
    """A name and password, as Git knows them.

    Attributes:
        lines: all that Git said: it wants to hear the same when it is told what became of them.
        username: the name.
        password: the password, or a token.
    """

    lines: bytes
    username: str
    password: str

    @property
    def header(self) -> dict[str, str]:
        """The header that says them (RFC 7617)."""
        raw = f"{self.username}:{self.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(raw).decode()}"}


def fill(repo: Path, url: str, network: Network) -> Credential | None:
    """Return the credentials for a URL; None if Git has none, and nobody is there to say them.

    Args:
        repo: a folder in the repository, whose settings count.
        url: what is asked for, over http or https.
        network: whether somebody is there to be asked, and for how long.
    """
    done = _run(repo, "fill", _described(url), network)
    said = dict(
        line.split("=", 1) for line in done.decode("utf-8", "replace").splitlines() if "=" in line
    )
    if "username" not in said or "password" not in said:
        return None
    return Credential(done, said["username"], said["password"])


def approve(repo: Path, credential: Credential, network: Network) -> None:
    """Tell Git that a server took credentials, so that its helpers may keep them."""
    _run(repo, "approve", credential.lines, network)


def reject(repo: Path, credential: Credential, network: Network) -> None:
    """Tell Git that a server did not take credentials, so that its helpers forget them."""
    _run(repo, "reject", credential.lines, network)


def _described(url: str) -> bytes:
    """Return a URL in Git's form: a line for each part. A line feed in it would forge another."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    named = [f"username={parts.username}"] if parts.username else []
    lines = [f"protocol={parts.scheme}", f"host={host}", f"path={parts.path.lstrip('/')}", *named]
    return "".join(f"{it}\n" for it in lines if it.isprintable()).encode() + b"\n"


def _run(repo: Path, action: str, source: bytes, network: Network) -> bytes:
    done = process.run_bounded(
        repo,
        *("credential", action),
        seconds=network.seconds,
        environment={} if network.prompts else {"GIT_TERMINAL_PROMPT": "0"},
        source=source,
        detached=not network.prompts,
    )
    return done.output if done.returncode == 0 else b""
