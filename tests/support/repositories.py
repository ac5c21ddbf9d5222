"""Repositories for tests: made by one `git fast-import` stream, with explicit times.

Nothing here waits for the clock to move on, and nothing reads the configuration of whoever runs
the tests.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from mreg.git.repository import Repository as Opened

START = 1_700_000_000
"""When the first tag of a test is made: 2023-11-14T22:13:20Z."""

NAME, EMAIL = "Ann Example", "ann@example.com"
ANN = f"{NAME} <{EMAIL}>"
BOB = "Bob Sample <bob@sample.org>"

opened = Opened.at
"""Open a repository as mreg does."""

_COMMIT_TIME = START - 1_000_000
"""The commits are older than any tag: GTO takes them for events of their own."""


class Tag(NamedTuple):
    """An annotated tag to be made.

    Attributes:
        name: its name.
        commit: which of the repository's commits it points to, counted from 0.
        time: the tagger's time, in seconds since `START`.
        message: the whole message.
        tagger: "Name <email>".
        zone: the tagger's offset from UTC.
    """

    name: str
    commit: int = 0
    time: int = 0
    message: str = "A tag."
    tagger: str = ANN
    zone: str = "+0000"


class Lightweight(NamedTuple):
    """A lightweight tag to be made: a ref that holds a commit.

    Attributes:
        name: its name.
        commit: which of the repository's commits it points to, counted from 0.
    """

    name: str
    commit: int = 0


def isolated(home: Path) -> dict[str, str]:
    """Return the environment in which Git sees nothing of the user's, and an identity of ours."""
    settings = home / "gitconfig"
    settings.write_text(
        f"[user]\n\tname = {NAME}\n\temail = {EMAIL}\n[init]\n\tdefaultBranch = main\n"
        "[core]\n\tfsync = none\n"  # what a power failure takes with it, no test misses
    )
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(settings),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_DATE": f"{START} +0000",
        "GIT_COMMITTER_DATE": f"{START} +0000",
    }


@dataclass(frozen=True)
class Repository:
    """A repository for a test.

    Attributes:
        path: its folder.
        commits: the ids of its commits, the oldest first.
    """

    path: Path
    commits: tuple[str, ...] = ()

    @property
    def opened(self) -> Opened:
        """The repository as mreg opens it."""
        return opened(self.path)

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run a Git command in the repository and return what it printed."""
        return run(self.path, *arguments, stdin=stdin).decode("utf-8", "surrogateescape")

    def refs(self) -> dict[str, str]:
        """Return the object id that each ref holds."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ", 1) for line in lines)

    def contents(self) -> tuple[dict[str, str], frozenset[str]]:
        """Return all refs and the ids of all objects: what a command that refuses leaves alone."""
        every = ("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
        return self.refs(), frozenset(self.git(*every).split())

    def put_object(self, raw: bytes, kind: str = "tag") -> str:
        """Write an object, however malformed, as `git hash-object` does, and return its id."""
        inside = self.path / ".git"
        folder = inside if inside.exists() else self.path
        is_sha256 = "objectformat = sha256" in (folder / "config").read_text()
        whole = b"%s %d\0" % (kind.encode(), len(raw)) + raw
        oid = hashlib.new("sha256" if is_sha256 else "sha1", whole).hexdigest()
        file = folder / "objects" / oid[:2] / oid[2:]
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(zlib.compress(whole))
            file.chmod(0o444)
        return oid

    def put_ref(self, name: str, oid: str) -> None:
        """Make a tag's ref hold an object, whatever Git would say of it."""
        file = self.path / ".git" / "refs" / "tags" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{oid}\n")

    def put_tag(self, name: str, raw: bytes) -> str:
        """Make a tag out of the bytes of its object, and return the object's id."""
        oid = self.put_object(raw)
        self.put_ref(name, oid)
        return oid

    def object_file(self, oid: str) -> Path:
        """Return the file of a loose object."""
        return self.path / ".git" / "objects" / oid[:2] / oid[2:]


def tag_bytes(
    name: str,
    target: str,
    *,
    kind: str = "commit",
    tagger: str | None = f"{ANN} {START} +0000",
    message: bytes = b"A tag.\n",
) -> bytes:
    """Return the bytes of a tag object, however malformed; surrogates become the bytes they are."""
    lines = [f"object {target}", f"type {kind}", f"tag {name}"]
    if tagger is not None:
        lines.append(f"tagger {tagger}")
    return "\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + message


def run(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run a Git command in a folder and return what it printed."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"git {' '.join(arguments)}: {done.stderr.decode()}")
    return done.stdout


class Maker:
    """Makes repositories in a folder: an empty one is copied, and one stream fills it.

    Attributes:
        templates: a folder for what is copied.
    """

    def __init__(self, folder: Path, templates: Path) -> None:
        self._folder = folder
        self.templates = templates

    def empty(self, *, name: str = "repository", object_format: str = "sha1") -> Repository:
        """Make a repository without a commit."""
        template = self.templates / object_format
        if not template.exists():
            template.mkdir()
            run(template, "init", "-q", "--template=", "--object-format", object_format)
        shutil.copytree(template, self._folder / name)
        return Repository(self._folder / name)

    def __call__(
        self,
        tags: Iterable[Tag | Lightweight] = (),
        *,
        name: str = "repository",
        commits: int | Sequence[dict[str, bytes]] = 3,
        object_format: str = "sha1",
    ) -> Repository:
        """Make a repository with some commits on its branch `main`, and tags on them.

        Args:
            tags: its tags.
            name: that of its folder.
            commits: how many; or the files of each, by path.
            object_format: sha1 or sha256.
        """
        path = self.empty(name=name, object_format=object_format).path
        files = [{}] * commits if isinstance(commits, int) else commits
        stream = b"".join(_stream(tags, files))
        marks = path / ".git" / "marks"
        run(path, "fast-import", "--quiet", f"--export-marks={marks}", stdin=stream)
        ids = dict(line.split(" ") for line in marks.read_text().splitlines())
        marks.unlink()
        return Repository(path, tuple(ids[f":{number}"] for number in range(1, len(files) + 1)))


class SetClock(Protocol):
    """Sets what Git takes for the present, in seconds since `START`."""

    def __call__(self, seconds: int, zone: str = "+0000") -> None: ...


def _stream(
    tags: Iterable[Tag | Lightweight], commits: Sequence[dict[str, bytes]]
) -> Iterator[bytes]:
    for number, files in enumerate(commits, start=1):
        yield b"commit refs/heads/main\nmark :%d\n" % number
        yield f"committer {ANN} {_COMMIT_TIME + number} +0000\n".encode()
        yield _data(b"Commit %d.\n" % number)
        for path, content in files.items():
            yield f"M 644 inline {path}\n".encode() + _data(content)
    for tag in tags:
        if isinstance(tag, Lightweight):
            yield f"reset refs/tags/{tag.name}\nfrom :{tag.commit + 1}\n\n".encode()
        else:
            yield f"tag {tag.name}\nfrom :{tag.commit + 1}\n".encode()
            yield f"tagger {tag.tagger} {START + tag.time} {tag.zone}\n".encode()
            yield _data(tag.message.encode() + b"\n")


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def add_tag(repository: Path, name: str, seconds: int = 100) -> None:
    """Add a tag at HEAD to a bare repository, so many seconds after the first of all times."""
    environment = f"Ann Example <ann@example.com> {1_700_000_000 + seconds} +0000"
    commit = run(repository, "rev-parse", "HEAD").decode().strip()
    raw = f"object {commit}\ntype commit\ntag {name}\ntagger {environment}\n\nMade later.\n"
    oid = run(repository, "hash-object", "-t", "tag", "-w", "--stdin", stdin=raw.encode())
    run(repository, "update-ref", f"refs/tags/{name}", oid.decode().strip())
