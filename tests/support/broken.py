"""Repositories that are broken, each in another way: what is done to a bare one that was sound."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from remotes import Certificate, listening

Breaking = Callable[[Path], object]


def _git(path: Path, *words: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", "-c", "safe.bareRepository=all", "-c", "user.name=Ann Example", *words],
        cwd=path,
        input=stdin,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode().strip()


def _pack(path: Path, ending: str = "pack") -> Path:
    _git(path, "repack", "-adq")
    (found,) = (path / "objects" / "pack").glob(f"*.{ending}")
    found.chmod(0o644)
    return found


def _cut(file: Path, keep: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * keep)])


def _flip(path: Path) -> None:
    """Turn bits in the middle of all that a pack holds."""
    file = _pack(path)
    content = bytearray(file.read_bytes())
    for at in range(len(content) // 4, len(content) * 3 // 4, 3):
        content[at] ^= 0xFF
    file.write_bytes(content)


def _lose_a_tag(path: Path) -> None:
    """Remove the object of one tag."""
    _pack(path)
    (pack,) = (path / "objects" / "pack").glob("*.pack")
    kept = pack.rename(path / "all.pack")
    for it in (path / "objects" / "pack").iterdir():
        it.unlink()
    _git(path, "unpack-objects", "-q", stdin=kept.read_bytes())
    kept.unlink()
    oid = _git(path, "for-each-ref", "--count=1", "--format=%(objectname)", "refs/tags")
    (path / "objects" / oid[:2] / oid[2:]).unlink()


def _lend(path: Path) -> None:
    """Take objects from a place that is gone."""
    lent = path / "lent"
    (path / "objects").rename(lent)
    for it in ("info", "pack"):
        (path / "objects" / it).mkdir(parents=True)
    (path / "objects" / "info" / "alternates").write_text(f"{path}/gone\n")
    shutil.rmtree(lent)


def _pipe(path: Path) -> None:
    (path / "refs" / "tags").mkdir(parents=True, exist_ok=True)
    os.mkfifo(path / "refs" / "tags" / "scorer@v9.0.0")


def _loop(path: Path) -> None:
    (path / "HEAD").unlink()
    (path / "HEAD").symlink_to("HEAD")


def _file_in_its_place(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()
    (path / "README").write_text("Nothing to see.\n")


def _folder_in_place_of(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.mkdir()


def _emptied(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


FAULTS: dict[str, Breaking] = {
    "cut pack": lambda it: _cut(_pack(it), 0.5),
    "empty pack": lambda it: _cut(_pack(it), 0),
    "cut index of a pack": lambda it: _cut(_pack(it, "idx"), 0.3),
    "pack of nonsense": _flip,
    "lost packs": lambda it: shutil.rmtree(_pack(it).parent),
    "lost objects": lambda it: shutil.rmtree(it / "objects"),
    "lost alternates": _lend,
    "nonsense in HEAD": lambda it: (it / "HEAD").write_text("nonsense\n"),
    "lost HEAD": lambda it: (it / "HEAD").unlink(),
    "HEAD that leads to itself": _loop,
    "nonsense in packed-refs": lambda it: (it / "packed-refs").write_text("nonsense\n" * 9),
    "folder packed-refs": lambda it: _folder_in_place_of(it / "packed-refs"),
    "nonsense in config": lambda it: (it / "config").write_text("[core\n"),
    "form of tomorrow": lambda it: _git(it, "config", "core.repositoryFormatVersion", "99"),
    "empty folder": _emptied,
    "no repository": _file_in_its_place,
}
"""What nobody can read."""

SLOW: dict[str, Breaking] = {"pipe among refs": _pipe}
"""What Git waits for without an end."""


def commit(path: Path, content: bytes) -> None:
    """Put a commit at HEAD whose artifacts.yaml is something else."""
    blob = _git(path, "hash-object", "-w", "--stdin", stdin=content)
    entry = f"100644 blob {blob}\tartifacts.yaml\n".encode()
    tree = _git(path, "mktree", stdin=entry)
    who = ("-c", "user.email=ann@example.com")
    made = _git(path, *who, "commit-tree", "-m", "Merge", "-p", "HEAD", tree)
    _git(path, "update-ref", "HEAD", made)


def _hostile_tags(path: Path) -> None:
    """Make tags that no tool wrote."""
    commit = _git(path, "rev-parse", "HEAD")
    tags = {
        "scorer@v7.0.0": "tagger \xff <> 99999999999999 +9\n\n",
        "scorer@v7.1.0": "\n\x1b[2J<script>\n",
        "a#b#c@d": "\n",
    }
    for name, raw in tags.items():
        words = ("hash-object", "-t", "tag", "-w", "--literally", "--stdin")
        head = f"object {commit}\ntype commit\ntag x\n"
        oid = _git(path, *words, stdin=f"{head}{raw}".encode("latin-1"))
        _git(path, "update-ref", f"refs/tags/{name}", oid)
    _git(path, "update-ref", "refs/tags/scorer@v7.2.0", commit)


def _marks_of_a_conflict(path: Path) -> None:
    commit(path, b"scorer:\n<<<<<<< HEAD\n  path: a\n=======\n  path: b\n>>>>>>> theirs\n")


ODDITIES: dict[str, Breaking] = {
    "hostile tags": _hostile_tags,
    "marks of a conflict": _marks_of_a_conflict,
    "artifacts.yaml of nonsense": lambda it: commit(it, b"\x00\xff" * 50),
    "lost tag": _lose_a_tag,
    "HEAD to nowhere": lambda it: (it / "HEAD").write_text("ref: refs/heads/nowhere\n"),
}
"""What is read all the same, where it stands on this machine; most of it with a problem."""


_PAGES = {
    "page": b"<html>\n<body>Sign in</body>\n</html>\n",
    "line": b"<html><body>Sign in</body></html>",  # to Git, a list of no refs
    "nothing": b"",
}


class BrokenServer(BaseHTTPRequestHandler):
    """Answers each path in another way, and none as a repository."""

    ended: threading.Event

    def do_GET(self) -> None:
        kind = self.path.split("/")[1].removesuffix(".git")
        if kind == "hanging":
            self.ended.wait()
        elif kind == "locked":
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="models"')
            self._end(b"")
        elif kind in _PAGES:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self._end(_PAGES[kind])
        elif kind == "cut":
            self.send_response(200)
            self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"001e# service=git-upload-pack\n0000")
        else:
            self.send_response(500 if kind == "failing" else 404)
            self._end(b"")

    def _end(self, content: bytes) -> None:
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


REMOTE = ("absent", "locked", "page", "cut", "failing")
"""The paths of such a server that are answered, and where Git sees that it is no repository."""

WITHOUT_REFS = ("line", "nothing")
"""The paths whose answers are empty lists of refs to Git."""


@contextmanager
def served_broken(certificate: Certificate) -> Iterator[str]:
    """Run such a server; the path `hanging.git` is never answered."""
    ended = threading.Event()
    with listening(type("Handler", (BrokenServer,), {"ended": ended}), certificate) as url:
        try:
            yield url
        finally:
            ended.set()
