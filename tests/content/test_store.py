"""The store: right bytes or none, whatever happens to its files and to who fills them."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mreg.content import prune
from mreg.content.store import CachedContent, FetchedFile, Sink, Store, Watch
from mreg.errors import GitError, Mismatch, RemoteError

RIGHT = bytes(range(256)) * 5000
DIGEST = f"sha256:{hashlib.sha256(RIGHT).hexdigest()}"
OTHER = f"md5:{hashlib.md5(b'other').hexdigest()}"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def giving(raw: bytes, calls: list[int] | None = None) -> Callable[[Sink], None]:
    """Return what fetches bytes from their start, and counts how often."""

    def fetch(sink: Sink) -> None:
        if calls is not None:
            calls.append(sink.offset)
        sink.begin(len(raw))
        sink.write(raw[:10])
        sink.write(raw[10:])

    return fetch


def put(store: Store, raw: bytes = RIGHT, digest: str = DIGEST) -> CachedContent:
    return store.ensure(digest, giving(raw), what="model")


def files(store: Store) -> list[str]:
    """Return what is in the store, without its folders."""
    return sorted(
        str(it.relative_to(store.folder)) for it in store.folder.rglob("*") if it.is_file()
    )


def write_into(path: Path, raw: bytes) -> None:
    """Alter a file in place, as somebody could who has a link to it."""
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.write(raw)
    path.chmod(0o444)


class TestFetching:
    def test_what_was_fetched_is_there_and_read_only(self, store: Store) -> None:
        kept = put(store)
        assert kept.path.read_bytes() == RIGHT
        assert (kept.fetched, kept.size) == (True, len(RIGHT))
        assert kept.path.stat().st_mode & 0o777 == 0o444
        assert files(store) == [str(kept.path.relative_to(store.folder))]

    def test_nobody_may_read_it_whom_the_umask_keeps_out(self, store: Store) -> None:
        before = os.umask(0o077)
        try:
            assert put(store).path.stat().st_mode & 0o777 == 0o400
        finally:
            os.umask(before)

    def test_it_is_not_fetched_again(self, store: Store) -> None:
        put(store)
        assert not store.ensure(DIGEST, giving(b"never asked"), what="model").fetched

    def test_wrong_bytes_are_refused_naming_both_digests_and_nothing_is_kept(
        self, store: Store
    ) -> None:
        wrong = f"sha256:{hashlib.sha256(b'wrong').hexdigest()}"
        with pytest.raises(Mismatch, match=f"model does not match.*{wrong}.*{DIGEST}"):
            put(store, b"wrong")
        assert files(store) == []

    def test_too_few_bytes_are_wrong_bytes(self, store: Store) -> None:
        with pytest.raises(Mismatch):
            put(store, RIGHT[:-1])

    def test_a_fetch_that_fails_leaves_nothing(self, store: Store) -> None:
        def fetch(sink: Sink) -> None:
            sink.begin(10)
            sink.write(b"12345")
            raise RemoteError("it is gone")

        with pytest.raises(RemoteError, match="it is gone"):
            store.ensure(DIGEST, fetch, what="model")
        assert files(store) == []

    def test_a_source_may_start_again(self, store: Store) -> None:
        came: list[int] = []

        class Hearing(Watch):
            def came(self, count: int) -> None:
                came.append(count)

        def fetch(sink: Sink) -> None:
            sink.begin(3)
            sink.write(b"wrong")
            giving(RIGHT)(sink)

        kept = store.ensure(DIGEST, fetch, what="model", watch=Hearing())
        assert kept.path.read_bytes() == RIGHT
        assert sum(came) == len(RIGHT)

    def test_a_cache_that_cannot_be_made_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "store").write_text("a file")
        with pytest.raises(GitError, match="cannot use the cache"):
            put(Store(tmp_path / "store"))


class TestResuming:
    def cut_short(self, store: Store, raw: bytes) -> None:
        def fetch(sink: Sink) -> None:
            sink.begin(len(RIGHT))
            sink.write(raw)
            raise RemoteError("cut short")

        with pytest.raises(RemoteError):
            store.ensure(DIGEST, fetch, what="model", resumes=True)

    @staticmethod
    def going_on(sink: Sink) -> None:
        at = sink.offset
        sink.begin(len(RIGHT), at=at)
        sink.write(RIGHT[at:])

    def test_a_fetch_goes_on_where_it_was_cut_short(self, store: Store) -> None:
        self.cut_short(store, RIGHT[:1000])
        offsets = []

        def fetch(sink: Sink) -> None:
            offsets.append(sink.offset)
            self.going_on(sink)

        kept = store.ensure(DIGEST, fetch, what="model", resumes=True)
        assert (offsets, kept.path.read_bytes()) == ([1000], RIGHT)
        assert len(files(store)) == 1

    def test_what_was_there_and_is_wrong_is_fetched_again_from_its_start(
        self, store: Store
    ) -> None:
        self.cut_short(store, b"x" * 1000)
        kept = store.ensure(DIGEST, self.going_on, what="model", resumes=True)
        assert kept.path.read_bytes() == RIGHT

    def test_who_lies_twice_is_refused_and_nothing_is_kept(self, store: Store) -> None:
        self.cut_short(store, b"x" * 1000)

        def lying(sink: Sink) -> None:
            sink.begin(3, at=sink.offset)
            sink.write(b"lie")

        with pytest.raises(Mismatch):
            store.ensure(DIGEST, lying, what="model", resumes=True)
        assert files(store) == []

    def test_a_source_that_cannot_go_on_finds_nothing_there(self, store: Store) -> None:
        self.cut_short(store, RIGHT[:1000])
        calls: list[int] = []
        store.ensure(DIGEST, giving(RIGHT, calls), what="model")
        assert calls == [0]


class TestChecking:
    def test_an_altered_file_is_dropped_and_fetched_anew(self, store: Store) -> None:
        kept = put(store)
        write_into(kept.path, b"altered")
        assert store.find(DIGEST, kept.stamp) is None
        assert put(store).fetched

    def test_so_is_one_whose_times_were_set_back(self, store: Store) -> None:
        kept = put(store)
        before = kept.path.stat()
        write_into(kept.path, b"altered")
        os.utime(kept.path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert store.find(DIGEST, kept.stamp) is None

    @pytest.mark.parametrize("size", [0, 10])
    def test_so_is_one_that_was_cut_short(self, size: int, store: Store) -> None:
        kept = put(store)
        os.truncate(kept.path, size)
        assert store.find(DIGEST, kept.stamp) is None

    def test_so_is_one_that_was_replaced(self, store: Store) -> None:
        kept = put(store)
        kept.path.unlink()
        kept.path.write_bytes(b"x" * len(RIGHT))
        assert store.find(DIGEST, kept.stamp) is None

    def test_without_a_stamp_all_bytes_are_read(self, store: Store) -> None:
        kept = put(store)
        write_into(kept.path, b"altered")
        assert store.find(DIGEST) is None

    def test_with_its_stamp_none_are(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        kept = put(store)
        stamp = store.restamped(kept)
        monkeypatch.setattr("mreg.content.store.digest_of", None)
        assert stamp is not None
        assert store.find(DIGEST, stamp) is not None

    def test_a_link_and_its_removal_cost_a_check_and_no_fetch(self, store: Store) -> None:
        kept = put(store)
        stamp = store.restamped(kept)
        link = store.folder / "link"
        link.hardlink_to(kept.path)
        link.unlink()
        found = store.find(DIGEST, stamp)
        assert found is not None
        assert found.path.read_bytes() == RIGHT

    def test_what_was_altered_since_its_check_gets_no_stamp(self, store: Store) -> None:
        kept = put(store)
        write_into(kept.path, b"altered")
        assert store.restamped(kept) is None


class TestRecords:
    parts = (FetchedFile("a/\udcff", DIGEST, True, None), FetchedFile("b", OTHER, False, None))

    def test_a_record_is_read_as_it_was_written(self, store: Store) -> None:
        stamped = tuple(it._replace(stamp=put(store).stamp) for it in self.parts)
        store.record("git:abc", stamped)
        assert store.recorded("git:abc") == stamped
        assert store.recorded("git:abd") is None

    @pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'["git:abc", 3]', b'["git:abc", [["a"]]]'])
    def test_a_damaged_one_is_as_good_as_none(self, raw: bytes, store: Store) -> None:
        stamped = tuple(it._replace(stamp=put(store).stamp) for it in self.parts)
        store.record("git:abc", stamped)
        (file,) = (store.folder / "records").iterdir()
        file.write_bytes(raw)
        assert store.recorded("git:abc") is None

    def test_a_record_leads_out_of_no_store(self, store: Store) -> None:
        """Its digests become paths."""
        store.record("git:abc", (FetchedFile("a", "md5:../../x", False, put(store).stamp),))
        assert store.recorded("git:abc") is None


class TestTogether:
    def test_of_several_threads_one_fetches(self, store: Store) -> None:
        calls: list[int] = []
        start = threading.Barrier(4)

        def ask() -> None:
            start.wait()
            Store(store.folder).ensure(DIGEST, giving(RIGHT, calls), what="model")

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for it in threads:
            it.start()
        for it in threads:
            it.join()
        assert calls == [0]

    def test_a_killed_getter_leaves_nothing_that_counts(self, store: Store) -> None:
        script = (
            "import os, signal, sys, pathlib\n"
            "from mreg.content.store import Store\n"
            "def fetch(sink):\n"
            "    sink.begin(9)\n"
            "    sink.write(b'half')\n"
            "    os.kill(os.getpid(), signal.SIGKILL)\n"
            "Store(pathlib.Path(sys.argv[1])).ensure(sys.argv[2], fetch, what='model')\n"
        )
        command = [sys.executable, "-c", script, str(store.folder), DIGEST]
        assert subprocess.run(command, check=False).returncode == -9
        assert store.find(DIGEST) is None
        assert put(store).path.read_bytes() == RIGHT
        assert len(files(store)) == 1

    def test_no_room_is_said_and_nothing_is_kept(self, store: Store) -> None:
        script = (
            "import resource, signal, sys, pathlib\n"
            "from mreg.errors import Refused\n"
            "from mreg.content.store import Store\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "def fetch(sink):\n"
            "    sink.begin(2000)\n"
            "    sink.write(bytes(2000))\n"
            "try:\n"
            "    Store(pathlib.Path(sys.argv[1])).ensure(sys.argv[2], fetch, what='model',\n"
            "                                            resumes=True)\n"
            "except Refused as error:\n"
            "    print(error)\n"
        )
        command = [sys.executable, "-c", script, str(store.folder), DIGEST]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        assert "not enough space for model" in done.stdout
        assert files(store) == []


class TestPruning:
    def fill(self, store: Store) -> list[Path]:
        """Put three contents of 100 bytes each into the store, the first used the longest ago."""
        paths = []
        for number in range(3):
            raw = bytes([number]) * 100
            kept = put(store, raw, f"sha256:{hashlib.sha256(raw).hexdigest()}")
            os.utime(kept.path, (1000, 1000 + number))
            paths.append(kept.path)
        return paths

    def test_the_least_recently_used_goes_first(self, store: Store) -> None:
        paths = self.fill(store)
        found = prune.prune(store, 250)
        assert [it.exists() for it in paths] == [False, True, True]
        assert found == prune.Pruned(1, 100, prune.Usage(2, 200))

    def test_use_counts(self, store: Store) -> None:
        paths = self.fill(store)
        digest = f"sha256:{hashlib.sha256(bytes(100)).hexdigest()}"
        store.record("git:abc", (FetchedFile("a", digest, False, None),))
        prune.prune(store, 200)
        assert [it.exists() for it in paths] == [True, False, True]

    def test_what_was_just_got_is_spared(self, store: Store) -> None:
        paths = self.fill(store)
        prune.prune(store, 0, spare={paths[0]})
        assert [it.exists() for it in paths] == [True, False, False]

    def test_within_the_limit_all_stays(self, store: Store) -> None:
        self.fill(store)
        assert prune.prune(store, 300).files == 0
        assert prune.usage(store) == prune.Usage(3, 300)

    def test_what_is_half_fetched_goes_too_but_not_while_somebody_fetches_it(
        self, store: Store
    ) -> None:
        left: list[prune.Usage] = []

        def fetch(sink: Sink) -> None:
            sink.begin(len(RIGHT))
            sink.write(RIGHT[:10])
            left.append(prune.prune(store, 0).left)
            raise RemoteError("cut short")

        with pytest.raises(RemoteError):
            store.ensure(DIGEST, fetch, what="model", resumes=True)
        assert left == [prune.Usage(1, 10)]
        assert prune.prune(store, 0).files == 1
        assert files(store) == []

    def test_an_empty_store_is_fine(self, store: Store) -> None:
        assert prune.prune(store, 0) == prune.Pruned(0, 0, prune.Usage(0, 0))
