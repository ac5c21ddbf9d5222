"""Mirrors: bare repositories in the cache that hold a remote's tags and commits, and little else.

A mirror follows its remote: it is updated when a question is asked, with the refs that the question
needs. Trees and blobs are left out (`--filter=tree:0`, see `git help rev-list`) and fetched when
somebody asks for them, a batch at a time. Reading a mirror never reaches for the network by itself:
that its remote promises the missing objects is said to Git only while it fetches.

Nothing in a mirror is lost with it. One that Git cannot use is thrown away and made anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mreg.errors import GitError, RemoteError
from mreg.git import bundle, commits, faults, mirror_files, process
from mreg.git.process import Finished
from mreg.git.repository import Repository
from mreg.git.session import Session
from mreg.net import urls
from mreg.net.network import QUIET, Network
from mreg.net.urls import Url

HEAD = "refs/mirror/HEAD"
"""What the remote's HEAD is in a mirror. A pattern fetches it: a remote may have none."""

EVERYTHING = "refs/tags/*"
"""All tags: who wants these gets a clone, if there is no mirror yet."""

_FILTERS = ("tree:0", "blob:none", "")
"""What to leave out, the best first: servers know all of these, some or none."""

_BANNED = re.compile(r"filter '.*' not supported")

_DAMAGED = re.compile(r"^error: files '.*' and '.*' differ in contents$", re.MULTILINE)

_MOST_PACKS = 50
_MOST_LOOSE = 500

_SILENT = (
    *("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--no-recurse-submodules", "--no-show-forced-updates", "--no-prune-tags"),
)


class _Unusable(Exception):
    """The mirror, not its remote, is at fault."""


class Mirror:
    """A remote's tags and commits, in a bare repository of the cache.

    Its folder may not exist before the first update.
    """

    def __init__(
        self, url: Url, network: Network = QUIET, settings: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Nothing is fetched yet; `settings` are those of Git by which the remote is reached."""
        self.url = url
        self.path = mirror_files.mirror_of(url)
        self._network = network
        self._settings = settings
        self.repository = self._at(self.path)

    def _at(self, folder: Path) -> Repository:
        """Return what Git runs in as it does in the mirror: the mirror, or one that is made."""
        environment = _as_environment(self._of_remote())
        return Repository(folder, Session(), self._network, environment, self)

    def update(self, patterns: Sequence[str] = (EVERYTHING,)) -> None:
        """Make HEAD and some refs the same as the remote's.

        In a pattern `*` stands for anything, a "/" too.

        Raises:
            RemoteError: the remote cannot be asked.
            GitError: the cache cannot be used.
        """
        try:
            self._update(patterns)
        except mirror_files.Unwritable:
            if not self.path.exists() or not self._is_current(patterns):
                raise

    def _update(self, patterns: Sequence[str]) -> None:
        with self._locked():
            try:
                if not self.path.exists():
                    self._make(patterns)
                else:
                    self._follow()
                    self._fetch_refs(patterns)
                    self._tidy()
            except _Unusable:
                self._make(patterns)
            (self.path / mirror_files.MARK).touch()

    def _is_current(self, patterns: Sequence[str]) -> bool:
        """Ask whether HEAD and some refs are those of the remote: nothing is written."""
        asked = ["ls-remote", "--quiet", "--end-of-options", "origin", "HEAD", *patterns]
        done = self._call(self.repository, asked, ())
        if done.returncode:
            raise self._fault(done)
        refs = process.run(self.repository, "for-each-ref", "--format=%(objectname)%09%(refname)")
        return _listed(refs, HEAD, patterns) == _listed(done.output, "HEAD", patterns)

    def begin(self) -> None:
        """Make the mirror, without any tag yet, if there is none; otherwise as `update`."""
        if not self.path.exists():
            self.update(())

    def make_anew(self, patterns: Sequence[str] = (EVERYTHING,)) -> None:
        """Throw the mirror away and make it once more; otherwise as `update`."""
        with self._locked():
            self._make(patterns)

    def fetch_trees(self, of: Iterable[str]) -> None:
        """Fetch commits' trees, with all the folders in them, in one batch.

        A commit to which no ref of the mirror leads is fetched first; if the remote has it no
        more, it is left out.

        Raises:
            RemoteError: the remote cannot be asked.
        """
        wanted = list(of)
        if not self.path.exists():
            self.update()
        for oid in commits.missing(self.repository, wanted):
            self._fetch_commit(oid)
        absent = set(commits.missing(self.repository, wanted))
        output = process.run_with_input(
            self.repository,
            process.lines(oid for oid in wanted if oid not in absent),
            *("rev-list", "--stdin", "--no-walk", "--no-commit-header", "--format=%T"),
        )
        self.fetch_objects(output.decode().split())

    def _fetch_commit(self, oid: str) -> None:
        with self._locked():
            done = self._fetch(self.repository, self._filter(), oids=[oid])
        if done.returncode != 0 and "not our ref" not in done.errors:
            raise self._fault(done)

    def fetch_objects(self, oids: Iterable[str], *, seconds: float | None = None) -> None:
        """Fetch objects that are not here, in one batch, which may take longer than other calls.

        Raises:
            RemoteError: the remote cannot be asked, or does not have them.
        """
        if not (wanted := commits.missing(self.repository, sorted(set(oids)))):
            return
        done = self._fetch_objects(wanted, seconds)
        # Git does not put a pack in the place of one that is there and damaged: 2.39 says nothing
        # of that, 2.47 fails.
        if _DAMAGED.search(done.errors) or (
            done.returncode == 0 and commits.missing(self.repository, wanted)
        ):
            self.make_anew(())
            done = self._fetch_objects(wanted, seconds)
        if done.returncode != 0:
            raise self._fault(done)

    def _fetch_objects(self, oids: Sequence[str], seconds: float | None) -> Finished:
        with self._locked(seconds):
            # Folders come with the tree that they are in; what is named is never left out.
            filtered = self._filter() and "blob:none"
            return self._fetch(self.repository, filtered, oids=oids, seconds=seconds)

    # How the above is done

    def _locked(self, seconds: float | None = None) -> AbstractContextManager[None]:
        # One call over the network may have to be waited for before it is our turn.
        patience = seconds or self._network.seconds
        return mirror_files.locked(self.path, self.url.shown, seconds=patience)

    def _make(self, patterns: Sequence[str]) -> None:
        """Make the mirror where no other process looks, and put it in place when it is whole."""
        make = self._clone if EVERYTHING in patterns else self._begin
        for leave_out in _FILTERS:
            with mirror_files.scratch(self.path) as folder:
                made = folder / "mirror"
                done = make(made, leave_out, patterns)
                if done.returncode == 0:
                    self._furnish(self._at(made), leave_out)
                    if self.path.exists():
                        self.path.rename(folder / "old")
                    made.rename(self.path)
                    self.repository.session.here.end()  # it is open in what was there before
                    return
            if not _BANNED.search(done.errors):
                break
        raise self._fault(done)

    def _clone(self, made: Path, leave_out: str, _: Sequence[str]) -> Finished:
        """Clone everything: that writes all refs into one file, and a fetch does not."""
        arguments = [
            *("clone", "--quiet", "--bare", "--template="),
            *([f"--filter={leave_out}"] if leave_out else []),
            *("--end-of-options", self.url.shown, str(made)),
        ]
        # Before 2.38.2 Git takes no --origin for a bare clone (its RelNotes/2.38.2.txt).
        around, new = self._at(made.parent), self._at(made)
        done = self._call(around, arguments, [("clone.defaultRemoteName", "origin")])
        if done.returncode == 0 and process.succeeds(new, "rev-parse", "--verify", "-q", "HEAD"):
            process.run(new, "update-ref", HEAD, "HEAD")
        return done

    def _begin(self, made: Path, leave_out: str, patterns: Sequence[str]) -> Finished:
        """Make an empty repository and fetch a part into it."""
        new = self._at(made)
        for kind in ("sha1", "sha256"):
            form = ("--bare", "--quiet", "--template=", f"--object-format={kind}")
            process.run(self._at(made.parent), "init", *form, str(made))
            process.run(new, "config", "remote.origin.url", self.url.shown)
            done = self._fetch(new, leave_out, _refspecs(patterns))
            if "mismatched algorithms" not in done.errors:
                break
            shutil.rmtree(made)
        return done

    def _furnish(self, made: Repository, leave_out: str) -> None:
        """Make a repository a mirror: it says what it is, and promises nothing (see above)."""
        process.run(made, "symbolic-ref", "HEAD", HEAD)
        for key in ("promisor", "partialclonefilter"):
            process.run(made, "config", "--unset-all", f"remote.origin.{key}", ok=(0, 5))
        about = {"url": self.url.shown, "filter": leave_out}
        (made.path / mirror_files.MARK).write_text(json.dumps(about), "utf-8")

    def _follow(self) -> None:
        """Let the mirror follow the URL as it is spelled now: no server has to take both."""
        mark = self.path / mirror_files.MARK
        about = _mark(mark)
        if about.get("url") not in (None, self.url.shown):
            process.run(self.repository, "config", "remote.origin.url", self.url.shown)
            mark.write_text(json.dumps({**about, "url": self.url.shown}), "utf-8")

    def _fetch_refs(self, patterns: Sequence[str]) -> None:
        """Fetch refs, and forget those that the remote has no longer.

        Raises:
            RemoteError: the remote cannot be asked.
            _Unusable: that is not the reason for the failure.
        """
        done = self._fetch(self.repository, self._filter(), _refspecs(patterns))
        if done.returncode is None or faults.no_contact("", done.errors):
            raise self._fault(done)
        if done.returncode:
            raise _Unusable

    def _fetch(
        self,
        repo: Repository,
        leave_out: str,
        refspecs: Sequence[str] = (),
        oids: Sequence[str] = (),
        seconds: float | None = None,
    ) -> Finished:
        arguments = [
            *("fetch", *_SILENT),
            *(["--prune"] if refspecs else []),
            *([f"--filter={leave_out}"] if leave_out else []),
            *("--stdin", "--end-of-options", "origin"),
        ]
        settings = [*_promising(leave_out)]
        if oids:  # single objects have no history to find in common
            settings.append(("fetch.negotiationAlgorithm", "noop"))
        source = process.lines((*refspecs, *oids))
        return self._call(repo, arguments, settings, source, seconds)

    def _call(
        self,
        repo: Repository,
        arguments: Sequence[str],
        settings: Iterable[tuple[str, str]],
        source: bytes = b"",
        seconds: float | None = None,
    ) -> Finished:
        """Run a Git command that may talk to the remote."""
        variables = _as_environment([*self._common_settings(), *settings])
        transports = {*urls.TRANSPORTS, self.url.transport}
        configured = any(key.lower() == "core.sshcommand" for key, _ in self._settings)
        manners = process.manners(self._network, transports, ssh=not configured)
        return process.run_bounded(
            repo,
            *arguments,
            seconds=seconds,
            environment={**manners, **variables},
            source=source,
        )

    def _common_settings(self) -> Iterator[tuple[str, str]]:
        """Iterate over the settings for every command that changes the mirror."""
        yield from self._of_remote()
        yield "core.fsync", "none"  # a mirror that a power failure harmed is made anew
        yield "gc.auto", "0"
        for part in ("transfer", "fetch"):  # a malformed tag is to be read and reported
            yield f"{part}.fsckObjects", "false"

    def _of_remote(self) -> Iterator[tuple[str, str]]:
        """Iterate over the settings by which the remote is reached; they are not written down."""
        yield from self._settings
        yield "safe.bareRepository", "all"
        if self.url.secret != self.url.shown:
            yield f"url.{self.url.secret}.insteadOf", self.url.shown

    def _filter(self) -> str:
        """Return what is left out of this mirror."""
        return str(_mark(self.path / mirror_files.MARK).get("filter", _FILTERS[0]))

    def _tidy(self) -> None:
        """Put together the many small files that updates leave behind."""
        if _count(self.path / "refs" / "tags", "*") > _MOST_LOOSE:
            self._must(self._call(self.repository, ["pack-refs", "--all"], ()))
        if _count(self.path / "objects" / "pack", "*.pack") > _MOST_PACKS:
            repack = ["repack", "-a", "-d", "--quiet"]
            self._must(self._call(self.repository, repack, _promising(self._filter())))

    @staticmethod
    def _must(done: Finished) -> None:
        if done.returncode:
            raise _Unusable

    def _fault(self, done: Finished) -> GitError:
        """Return the error of a failed call, without passwords."""
        if self.url.transport == bundle.TRANSPORT and bundle.lacks_objects(done.errors):
            return bundle.incomplete(self.url.shown)
        error = faults.explain(self.url.shown, done, self._network.seconds)
        return RemoteError(urls.mask(str(error)), hint=error.hint)


def _listed(lines: bytes, head: str, patterns: Sequence[str]) -> dict[str, str]:
    """Return what HEAD and some refs hold, out of lines of an id and a name."""
    rows = (line.split("\t") for line in lines.decode("utf-8", "surrogateescape").splitlines())
    return {
        "HEAD" if name == head else name: oid
        for oid, name in rows
        if name == head
        or (not name.endswith("^{}") and any(fnmatchcase(name, it) for it in patterns))
    }


def _refspecs(patterns: Iterable[str]) -> list[str]:
    return [f"+HEAD*:{HEAD}*", *(f"+{it}:{it}" for it in patterns)]


def _promising(leave_out: str) -> Iterator[tuple[str, str]]:
    """Iterate over the settings that say to Git that the remote has what a filter leaves out."""
    if leave_out:
        yield "remote.origin.promisor", "true"
        yield "remote.origin.partialclonefilter", leave_out


def _mark(file: Path) -> dict[str, Any]:
    """Return what a mirror says of itself; nothing where that cannot be read."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _as_environment(settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the variables that stand for settings (`git help config`, GIT_CONFIG_COUNT).

    Other users of the machine can read a command's arguments, but not its environment.
    """
    inherited = os.environ.get("GIT_CONFIG_COUNT", "0")
    start = int(inherited) if inherited.isdigit() else 0
    variables = {}
    number = start
    for number, (key, value) in enumerate(settings, start=start + 1):
        variables[f"GIT_CONFIG_KEY_{number - 1}"] = key
        variables[f"GIT_CONFIG_VALUE_{number - 1}"] = value
    return {**variables, "GIT_CONFIG_COUNT": str(number)}


def _count(folder: Path, pattern: str) -> int:
    return sum(1 for _ in folder.glob(pattern))
