"""Commits on any branch of any repository, with explicit times: one `git fast-import` each."""

from __future__ import annotations

from mreg.policy.conveniences import FILE
from repositories import ANN, START, Repository


def commit(
    repo: Repository,
    text: bytes | None,
    *,
    branch: str = "main",
    at: int = 0,
    file: str = FILE,
    merge: str = "",
    start: str = "",
) -> str:
    """Commit a file, or its removal, and return the commit's id.

    Args:
        repo: the repository; its work tree stays as it is.
        text: what the file is to hold; None removes it, and b"" leaves all as it is.
        branch: the branch.
        at: the committer's time, in seconds since `START`.
        file: its path.
        merge: a second parent.
        start: what a new branch begins at; a root commit otherwise.
    """
    ref = f"refs/heads/{branch}"
    before = repo.refs().get(ref) or start
    change = b""
    if text is None:
        change = f"D {file}\n".encode()
    elif text:
        change = f"M 644 inline {file}\ndata {len(text)}\n".encode() + text + b"\n"
    head = f"commit {ref}\ncommitter {ANN} {START + at} +0000\ndata 0\n"
    head += f"from {before}\n" if before else ""
    head += f"merge {merge}\n" if merge else ""
    repo.git("fast-import", "--quiet", stdin=head.encode() + change)
    return repo.refs()[ref]
