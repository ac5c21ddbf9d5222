"""Small contents that DVC keeps of many commits, for who reads them here: metrics, params, plots.

They come from where `mreg get` has them from, and are kept where it keeps them: in mreg's store,
each checked by its MD5. DVC's own cache is left as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import closing
from functools import partial
from threading import Lock

from mreg.content import prune, sources
from mreg.content.fetch import Report, TransferTally, several
from mreg.content.sources import Origin, Source
from mreg.content.store import Watch, store
from mreg.dvc.records import DvcObject
from mreg.errors import GitError, MregError, Refused
from mreg.git.repository import Repository
from mreg.render.sizes import size
from mreg.store import dvc_project
from mreg.store.versioned_files import AtCommit, Fetcher
from mreg.system import cache

MOST = 256 << 20
"""So many bytes are fetched for one question, and no more."""


_WHAT = "what its remote has"
"""What errors call a content."""


class DvcContents(Fetcher):
    """Fetches contents for one question; of the same settings of DVC's, by one source.

    Whoever wants to know how far it is gets a report. One that cannot be had keeps no other back.
    """

    def __init__(self, repo: Repository, report: Report | None = None, most: int = MOST) -> None:
        self._repo = repo
        self._store = store()
        self._tally = TransferTally(report)
        self._budget = _Budget(most)

    def fetch(
        self, wanted: Collection[AtCommit], largest: int
    ) -> dict[AtCommit, bytes | MregError]:
        """Return contents, checked, by commit; or why one of them cannot be had."""
        places = [(commit, content.folder) for commit, content in wanted]
        alike = dvc_project.alike(self._repo, places)
        meant = {it: (alike[it[0], it[1].folder], it[1]) for it in wanted}
        by_commit: dict[str, list[DvcObject]] = {}
        for commit, content in dict.fromkeys(meant.values()):
            by_commit.setdefault(commit, []).append(content)
        had: dict[AtCommit, bytes | MregError] = {}
        for commit, contents in by_commit.items():
            with closing(sources.source("dvc", Origin(self._repo, commit))) as source:
                got = self._wave(source, contents, largest)
            had |= {(commit, it): raw for it, raw in zip(contents, got, strict=True)}
        self._prune(meant.values())
        return {it: had[meant[it]] for it in wanted}

    def _wave(
        self, source: Source[DvcObject], contents: Sequence[DvcObject], largest: int
    ) -> list[bytes | MregError]:
        """Fetch contents side by side."""
        kept = {it: self._store.find(it.digest) for it in contents}
        lacking = [it for it in contents if not kept[it] and (it.size or 0) <= largest]
        self._tally.expect(lacking)
        unready: MregError | None = None
        try:
            source.prepare(lacking)
        except MregError as error:
            unready = error

        def one(content: DvcObject) -> bytes | MregError:
            held = kept[content]
            if max(content.size or 0, held.size if held else 0) > largest:
                return _too_large(largest)
            if held is None and unready:
                return unready
            watch = _BoundedWatch(self._tally.of(content), self._budget, largest)
            fetch = partial(source.fetch, content)
            try:
                held = held or self._store.ensure(content.digest, fetch, what=_WHAT, watch=watch)
                return held.path.read_bytes()
            except MregError as error:
                return error
            except OSError as error:
                return GitError(f"cannot read {error.filename}: {error.strerror}")

        return several(one, contents, source.at_once, self._tally)

    def _prune(self, used: Collection[AtCommit]) -> None:
        if self._budget.spent:
            spare = {self._store.path_of(it.digest) for _, it in used}
            prune.prune(self._store, cache.limit(), spare=spare)


class _Budget:
    """How many bytes may still come."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.spent = 0
        self._lock = Lock()

    def spend(self, count: int) -> None:
        """Hear that so many bytes are about to come, or have come of a content of unknown size.

        Raises:
            Refused: these are too many.
        """
        with self._lock:
            if self.spent + count > self.most:
                raise Refused(
                    f"this would download more than {size(self.most)} in total",
                    hint="choose fewer versions, or run `dvc fetch --all-tags` to download "
                    "everything",
                )
            self.spent += count


class _BoundedWatch(Watch):
    """Hears how one content comes, and ends it where it is too large."""

    def __init__(self, watch: Watch, budget: _Budget, largest: int) -> None:
        self._watch = watch
        self._budget = budget
        self._largest = largest
        self._paid = self._came = 0

    def sized(self, size: int) -> None:
        self._pay(size)
        self._watch.sized(size)

    def came(self, count: int) -> None:
        self._came += count
        self._pay(self._came)
        self._watch.came(count)

    def _pay(self, size: int) -> None:
        if size > self._largest:
            raise _too_large(self._largest)
        if size > self._paid:
            self._budget.spend(size - self._paid)
            self._paid = size


def _too_large(largest: int) -> Refused:
    return Refused(f"it is larger than {size(largest)}")
