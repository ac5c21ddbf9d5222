"""Reading files out of commits."""

from __future__ import annotations

from pathlib import Path

from mreg.git import process


def read(repo: Path, rev: str, path: str) -> bytes | None:
    """Return the bytes of a file in a commit; None if there is no such commit or file."""
    output = process.run_with_input(repo, f"{rev}:{path}\n".encode(), "cat-file", "--batch")
    header, _, rest = output.partition(b"\n")
    fields = header.split(b" ")
    if len(fields) != 3 or fields[1] != b"blob":  # noqa: PLR2004 - OID TYPE SIZE
        return None
    return rest[: int(fields[2])]
