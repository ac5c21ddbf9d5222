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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from mreg.errors import GitError, RemoteError
from mreg.git import bundle, commits, faults, mirror_files, mirror_refs, process
from mreg.git.process import Finished
from mreg.git.refs import PREFIX
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

_MOST_IDS = 20_000
"""So many objects are fetched at once: Git goes through all that are asked for, for each of them
(apply_negative_refspecs in its remote.c)."""

_TRIES = 3
"""How often refs are listed whose objects the remote has no longer when they are fetched."""

_OTHER_IDS = re.compile(
    r"mismatched algorithms|couldn't find remote ref [0-9a-f]{64}$", re.MULTILINE
)
"""What Git says where a repository of SHA-1 fetches from one of SHA-256."""

_GONE = re.compile(r"not our ref|unadvertised object")

_ADVERTISED = "what the remote's tags hold"
_PEELED = re.compile(rb"^[^\n]*\^\{\}(?:\n|\Z)", re.MULTILINE)
"""What `ls-remote` says besides of an annotated tag: what it leads to."""

_OF_REFS = re.compile(r"^(?: |From ).*\n?", re.MULTILINE)
"""What a fetch says of each ref, beside what went wrong."""

_SILENT = (
    *("--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--no-recurse-submodules", "--no-show-forced-updates", "--no-prune-tags"),
)


_NOTHING_IN_COMMON = ("fetch.negotiationAlgorithm", "noop")
"""The setting by which Git does not look for history that the remote need not send."""


_OVER_HTTP = ("http", "https")


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
        self._asked: set[str] | None = set() if network.asking == "once" else None
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
        if self._network.asking == "never" and self.path.exists():
            return
        asked = self.repository.session.here.asked
        asked = self._asked if asked is None else asked
        if asked is not None and all(_is_among(it, asked) for it in (HEAD, *patterns)):
            return
        try:
            self._update(patterns)
        except mirror_files.Unwritable:
            if not self.path.exists() or not self._is_current(patterns):
                raise
        if asked is not None:
            asked.update((HEAD, *patterns))

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
            if not _has_refs(self.path):
                self._must_speak_git(self.repository)
            (self.path / mirror_files.MARK).touch()

    def _is_current(self, patterns: Sequence[str]) -> bool:
        """Ask whether HEAD and some refs are those of the remote: nothing is written."""
        asked = ["ls-remote", "--quiet", "--end-of-options", "origin", "HEAD", *patterns]
        done = self._call(self.repository, asked, ())
        if done.returncode:
            raise self._fault(done)
        refs = process.run(self.repository, "for-each-ref", "--format=%(objectname)%09%(refname)")
        return _listed(refs, HEAD, patterns) == _listed(done.output, "HEAD", patterns)

    def advertised(self, patterns: Sequence[str] = (EVERYTHING,)) -> bytes:
        """Return what the remote says HEAD and some refs hold; no mirror has to be there.

        In a block in which the remote is asked once, a mirror that is made is made of the same.

        Raises:
            RemoteError: the remote cannot be asked.
        """
        folder = self.path if self.path.exists() else self.path.parent
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        asked = ["ls-remote", "--quiet", "--end-of-options", self.url.shown, "HEAD", *patterns]
        done = self._call(self._at(folder), asked, ())
        if done.returncode:
            raise self._fault(done)
        if not done.output:
            self._must_speak_git(self._at(folder))
        here = self.repository.session.here
        if here.asked is not None:
            here.kept[_ADVERTISED] = (frozenset(patterns), _PEELED.sub(b"", done.output))
        return done.output

    def standing(self) -> str:
        """Return what stands for HEAD and the tags of a remote on this machine; no Git is asked.

        It is empty where Git has to be asked: see `advertised`.
        """
        if self.url.transport != "file":
            return ""
        from mreg.git import nearby

        try:
            return nearby.standing(self.url)
        except (OSError, ValueError):
            return ""

    def is_direct(self) -> bool:
        """Tell whether Git asks the URL itself, and none that settings have instead of it."""
        asked = ["ls-remote", "--get-url", "--end-of-options", self.url.shown]
        return self._call(self._at(self.path.parent), asked, ()).output.decode().strip() == (
            self.url.secret
        )

    def _must_speak_git(self, repo: Repository) -> None:
        """Ask once more where nothing was answered, since a page of a log-in may be the reason.

        Git takes what it gets over HTTP for a list of refs if it is not its own protocol, and a
        page without the end of a line for an empty one. Of its own protocol it traces each packet.

        Raises:
            RemoteError: the remote cannot be asked, or answers otherwise than Git does.
        """
        if self.url.transport not in _OVER_HTTP:
            return
        asked = ["ls-remote", "--quiet", "--end-of-options", self.url.shown, "HEAD"]
        environment = {**self._environment(()), "GIT_TRACE_PACKET": "1"}
        done = process.run_bounded(repo, *asked, environment=environment)
        if done.returncode:
            raise self._fault(done)
        if not done.output and " packet: " not in done.errors:
            raise RemoteError(
                f"there is no repository at {self.url.shown}: the server does not answer in "
                "Git's protocol",
                hint="open the URL in a browser: it may be a login page",
            )

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
        wanted = list(dict.fromkeys(of))
        if not self.path.exists():
            self.update()
        roots = commits.trees(self.repository, wanted)
        if absent := [it for it in wanted if it not in roots]:
            for oid in absent:
                self._fetch_commit(oid)
            roots |= commits.trees(self.repository, absent)
        self.fetch_objects(roots.values())

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
            return self._fetch(self._without_refs(), filtered, oids=oids, seconds=seconds)

    def _without_refs(self) -> Repository:
        """Return the mirror as a repository that has its objects and none of its refs.

        Where there are refs, Git looks at the object of each before it fetches any.
        """
        folder = self.path / "without-refs"
        if not (folder / "HEAD").exists():
            shutil.rmtree(folder, ignore_errors=True)
            (folder / "refs").mkdir(parents=True)
            for name in ("objects", "config"):
                (folder / name).symlink_to(f"../{name}")
            (folder / "HEAD").write_text(f"ref: {HEAD}\n", "utf-8")
        return self._at(folder)

    # How the above is done

    def _locked(self, seconds: float | None = None) -> AbstractContextManager[None]:
        # One call over the network may have to be waited for before it is our turn.
        patience = seconds or self._network.seconds
        return mirror_files.locked(self.path, self.url.shown, seconds=patience)

    def _make(self, patterns: Sequence[str]) -> None:
        """Make the mirror where no other process looks, and put it in place when it is whole."""
        for leave_out in _FILTERS:
            with mirror_files.scratch(self.path) as folder:
                made = folder / "mirror"
                done = self._begin(made, leave_out, patterns)
                if done.returncode == 0:
                    about = {"url": self.url.shown, "filter": leave_out}
                    (made / mirror_files.MARK).write_text(json.dumps(about), "utf-8")
                    if self.path.exists():
                        self.path.rename(folder / "old")
                    made.rename(self.path)
                    self.repository.session.here.end()  # it is open in what was there before
                    return
            if not _BANNED.search(done.errors):
                break
        raise self._fault(done)

    def _begin(self, made: Path, leave_out: str, patterns: Sequence[str]) -> Finished:
        """Make an empty repository and fetch into it."""
        new = self._at(made)
        for kind in ("sha1", "sha256"):
            mirror_files.begin(made, self.url.shown, HEAD, kind)
            # Who wants all tags needs to know all names anyway.
            few = None if EVERYTHING in patterns else self._fetch_if_few(new, leave_out, patterns)
            if few is None:  # Git may have been done before it was ended
                shutil.rmtree(made / PREFIX)
                (made / PREFIX).mkdir()
            done = few or self._fetch_at_once(new, leave_out, patterns)
            if not _OTHER_IDS.search(done.errors):
                break
            shutil.rmtree(made)
        return done

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
        there, leave_out = self.repository, self._filter()
        done = self._fetch_if_few(there, leave_out, patterns)
        if done is None:
            done = self._fetch_at_once(there, leave_out, patterns)
        if done.returncode is None or faults.no_contact("", done.errors):
            raise self._fault(done)
        if done.returncode:
            raise _Unusable

    def _fetch_if_few(
        self, repo: Repository, leave_out: str, patterns: Sequence[str]
    ) -> Finished | None:
        """Fetch refs as Git does, a file for each that is new; None if these are too many.

        It is ended then: their objects are here, and some of them.
        """
        # With --atomic no file is written before all refs were told; but a ref could not take the
        # place of one that is pruned, of which its name is a folder.
        is_new = not (repo.path / mirror_files.MARK).exists()
        arguments, settings = _fetching(leave_out, "--atomic" if is_new else "--prune")
        if is_new:
            settings.append(_NOTHING_IN_COMMON)
        done = process.run_if_short(
            repo,
            *arguments,
            environment=self._environment(settings),
            source=process.lines(_refspecs(patterns)),
            most_indented=_MOST_LOOSE,
        )
        if done:
            return done._replace(errors=_OF_REFS.sub("", done.errors))
        # Git removes its locks when it is ended, except one that it is just about to make: of a
        # ref, or of HEAD, which leads to a ref and is locked with it. No other command is at work
        # here.
        for lock in (*repo.path.glob("*.lock"), *(repo.path / "refs").rglob("*.lock")):
            lock.unlink(missing_ok=True)
        return None

    def _fetch_at_once(self, repo: Repository, leave_out: str, patterns: Sequence[str]) -> Finished:
        """Fetch what the remote's refs hold, by ids, and make all tags known in one step."""
        of_tags = [it for it in patterns if it.startswith(PREFIX)]
        rest = _refspecs(it for it in patterns if it not in of_tags)
        for _ in range(_TRIES):
            done = self._listed(repo, of_tags)
            if done.returncode != 0:
                return done
            held = mirror_refs.listed(done.output, of_tags)
            done = self._fetch_many(repo, leave_out, rest, _lacking(repo, held.values()))
            if done.returncode == 0:
                return self._put(repo, of_tags, held)
            if not _GONE.search(done.errors):
                break
        return done

    def _listed(self, repo: Repository, patterns: Iterable[str]) -> Finished:
        """List the remote's tags, unless it has just told them."""
        told, rows = self.repository.session.here.kept.pop(_ADVERTISED, ((), b""))
        if told and told.issuperset(patterns):
            return Finished(0, rows, "")
        asked = ["ls-remote", "--refs", "--tags", "--quiet", "--end-of-options", "origin"]
        return self._call(repo, asked, ())

    def _fetch_many(
        self, repo: Repository, leave_out: str, refspecs: Sequence[str], oids: Sequence[str]
    ) -> Finished:
        """Fetch HEAD, and any number of objects; no history is sent twice."""
        done = self._fetch(repo, leave_out, refspecs, oids[:_MOST_IDS])
        for start in range(_MOST_IDS, len(oids), _MOST_IDS):
            if done.returncode != 0:
                break
            portion = oids[start : start + _MOST_IDS]
            done = self._fetch(repo, leave_out, oids=portion, has_head=True)
        return done

    def _put(
        self, repo: Repository, patterns: Sequence[str], held: Mapping[bytes, bytes]
    ) -> Finished:
        """Make a repository's tags that match any of the patterns just those in `held`."""
        done = Finished(0, b"", "")
        if any((repo.path / PREFIX).iterdir()):
            done = self._call(repo, ["pack-refs", "--all"], ())
        if done.returncode == 0:
            try:
                mirror_refs.put(repo.path, patterns, held)
            except FileExistsError as error:  # of a command that was killed in it
                return Finished(1, b"", str(error))
        return done

    def _fetch(
        self,
        repo: Repository,
        leave_out: str,
        refspecs: Sequence[str] = (),
        oids: Sequence[str] = (),
        seconds: float | None = None,
        *,
        has_head: bool = False,
    ) -> Finished:
        options = ["--prune"] if refspecs else []
        options += [f"--negotiation-tip={HEAD}*"] if has_head else []
        arguments, settings = _fetching(leave_out, "--quiet", *options)
        if not (refspecs or has_head):  # single objects have no history to find in common
            settings.append(_NOTHING_IN_COMMON)
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
        environment = self._environment(settings)
        return process.run_bounded(
            repo, *arguments, seconds=seconds, environment=environment, source=source
        )

    def _environment(self, settings: Iterable[tuple[str, str]]) -> dict[str, str]:
        variables = _as_environment([*self._common_settings(), *settings])
        transports = {*urls.TRANSPORTS, self.url.transport}
        configured = any(key.lower() == "core.sshcommand" for key, _ in self._settings)
        return {**process.manners(self._network, transports, ssh=not configured), **variables}

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
        return type(error)(urls.mask(str(error)), hint=error.hint)


def _has_refs(mirror: Path) -> bool:
    """Tell whether a mirror has any ref; Git is not asked, as most have."""
    with suppress(FileNotFoundError), (mirror / "packed-refs").open("rb") as packed:
        if b" refs/" in packed.read(1024):  # it begins with a short line about itself
            return True
    return any(it.is_file() for it in (mirror / "refs").rglob("*"))


def _is_among(pattern: str, patterns: set[str]) -> bool:
    return pattern in patterns or (EVERYTHING in patterns and pattern.startswith(EVERYTHING[:-1]))


def _listed(lines: bytes, head: str, patterns: Sequence[str]) -> dict[str, str]:
    """Return what HEAD and some refs hold, out of lines of an id and a name."""
    rows = (line.split("\t") for line in lines.decode("utf-8", "surrogateescape").splitlines())
    return {
        "HEAD" if name == head else name: oid
        for oid, name in rows
        if name == head
        or (not name.endswith("^{}") and any(fnmatchcase(name, it) for it in patterns))
    }


def _lacking(repo: Repository, oids: Iterable[bytes]) -> list[str]:
    """Return those of some objects that are not in a repository, each once."""
    wanted = [it.decode() for it in dict.fromkeys(oids)]
    is_empty = not any((repo.path / "objects").glob("*/*"))
    return wanted if is_empty else commits.missing(repo, wanted)


def _fetching(leave_out: str, *options: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the arguments and the settings of a fetch that is told on standard input of what."""
    filtered = [f"--filter={leave_out}"] if leave_out else []
    end = ("--stdin", "--end-of-options", "origin")
    return ["fetch", *_SILENT, *options, *filtered, *end], [*_promising(leave_out)]


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
