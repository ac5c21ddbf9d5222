"""Delivery: whole or not at all, never over something else, and nothing is left beside it."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from mreg.content import delivery
from mreg.content.fetch import Held
from mreg.content.store import Sink, Store
from mreg.errors import NotFound, Refused
from mreg.system import files


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in which nothing is."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def held(store: Store, raw: bytes = b"weights", path: str = "", *, runs: bool = False) -> Held:
    """Put a content into the store."""

    def fetch(sink: Sink) -> None:
        sink.begin(len(raw))
        sink.write(raw)

    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return Held(path, runs, store.ensure(digest, fetch, what="model"))


def names(folder: Path) -> list[str]:
    """Return everything in a folder, hidden or not."""
    return sorted(str(it.relative_to(folder)) for it in folder.rglob("*"))


class TestTarget:
    def test_without_a_path_it_goes_into_the_current_folder(self, here: Path) -> None:
        assert delivery.target(None, "m.bin") == Path("m.bin")
        assert delivery.target("", "m.bin") == Path("m.bin")

    def test_a_path_that_is_free_is_its_own(self, here: Path) -> None:
        assert delivery.target("x.bin", "m.bin") == Path("x.bin")

    def test_into_a_folder_that_is_there(self, here: Path) -> None:
        (here / "models").mkdir()
        (here / "link").symlink_to("models")
        assert delivery.target("models", "m.bin") == Path("models/m.bin")
        assert delivery.target("link", "m.bin") == Path("link/m.bin")
        assert delivery.target("models/", "m.bin") == Path("models/m.bin")

    def test_a_slash_at_the_end_means_a_folder_which_is_made(
        self, store: Store, here: Path
    ) -> None:
        path = delivery.target("models/", "m.bin")
        assert path == Path("models/m.bin")
        assert names(here) == []  # not before there is something to put in
        delivery.deliver([held(store)], path, is_folder=False)
        assert names(here) == ["models", "models/m.bin"]

    @pytest.mark.parametrize("output", ["models/inner/", "models/x.bin"])
    def test_a_folder_around_it_is_not_made(self, output: str, here: Path) -> None:
        with pytest.raises(NotFound, match="no folder models") as raised:
            delivery.target(output, "m.bin")
        assert raised.value.hint == "run `mkdir -p models`"


class TestFile:
    def test_it_is_its_own(self, store: Store, here: Path) -> None:
        model = held(store)
        delivery.deliver([model], here / "m", is_folder=False)
        assert not (here / "m").samefile(model.kept.path)
        (here / "m").write_bytes(b"mine")
        assert model.kept.path.read_bytes() == b"weights"
        assert names(here) == ["m"]

    def test_a_link_shares_its_bytes_and_is_read_only(self, store: Store, here: Path) -> None:
        model = held(store)
        model.kept.path.chmod(0o644)  # as somebody may have done by another link
        delivery.deliver([model], here / "m", is_folder=False, link=True)
        assert (here / "m").samefile(model.kept.path)
        assert (here / "m").stat().st_mode & 0o222 == 0
        assert names(here) == ["m"]

    @pytest.mark.parametrize("link", [False, True])
    def test_what_was_altered_since_it_was_checked_is_not_handed_out(
        self, link: bool, store: Store, here: Path
    ) -> None:
        model = held(store)
        model.kept.path.chmod(0o644)
        model.kept.path.write_bytes(b"altered")
        with pytest.raises(FileNotFoundError):  # whoever hears of it checks and fetches anew
            delivery.deliver([model], here / "m", is_folder=False, link=link)
        assert names(here) == []

    def test_where_blocks_can_be_shared_they_are(
        self, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def ioctl(made: IO[bytes], request: int, source: int) -> None:
            assert request == 0x40049409
            made.write(os.pread(source, 100, 0))

        monkeypatch.setattr("fcntl.ioctl", ioctl)
        monkeypatch.delattr(files, "copy")
        delivery.deliver([held(store)], here / "m", is_folder=False)
        assert (here / "m").read_bytes() == b"weights"

    def test_shared_blocks_are_parted_by_a_write(
        self, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The real thing; run the tests with `--basetemp` on XFS or Btrfs for it."""
        model = held(store, b"w" * 65536)
        trial = here / "trial"
        words = ["cp", "--reflink=always", str(model.kept.path), str(trial)]
        if subprocess.run(words, check=False, capture_output=True).returncode:
            pytest.skip("the file system of the tests shares no blocks between files")
        monkeypatch.delattr(files, "copy")
        delivery.deliver([model], here / "m", is_folder=False)
        with (here / "m").open("r+b") as file:
            file.write(b"mine")
        assert model.kept.path.read_bytes() == b"w" * 65536

    def test_what_may_be_run_may_be_run(self, store: Store, here: Path) -> None:
        delivery.deliver([held(store, runs=True)], here / "m", is_folder=False)
        assert os.access(here / "m", os.X_OK)
        delivery.deliver([held(store)], here / "n", is_folder=False)
        assert (here / "n").stat().st_mode & 0o111 == 0

    @pytest.mark.parametrize("or_copy", [False, True])
    def test_where_no_link_can_be_made(
        self, or_copy: bool, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", refuse)
        options: dict[str, Any] = {"is_folder": False, "link": True, "or_copy": or_copy}
        if or_copy:
            delivery.deliver([held(store)], here / "m", **options)
            assert (here / "m").read_bytes() == b"weights"
        else:
            with pytest.raises(Refused, match=r"cannot link .*m: Invalid") as raised:
                delivery.deliver([held(store)], here / "m", **options)
            assert raised.value.hint.startswith("omit --link")
        assert names(here) == ["m"] * or_copy

    @pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda it: it.symlink_to("nowhere")])
    @pytest.mark.parametrize("is_folder", [False, True])
    def test_what_is_there_stays(
        self, make: Callable[[Path], None], is_folder: bool, store: Store, here: Path
    ) -> None:
        make(here / "m")
        before = (here / "m").lstat()
        with pytest.raises(Refused, match="already exists"):
            delivery.deliver([held(store, path="a")], here / "m", is_folder=is_folder)
        assert (here / "m").lstat() == before
        assert names(here) == ["m"]

    def test_what_came_there_meanwhile_stays(
        self, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(delivery, "check_free", lambda *_, **__: (here / "m").write_text("x"))
        with pytest.raises(Refused, match="already exists"):
            delivery.deliver([held(store)], here / "m", is_folder=False)
        assert (here / "m").read_text() == "x"
        assert names(here) == ["m"]

    def test_force_replaces_a_file(self, store: Store, here: Path) -> None:
        (here / "m").write_text("old")
        delivery.deliver([held(store)], here / "m", is_folder=False, force=True)
        assert (here / "m").read_bytes() == b"weights"
        assert names(here) == ["m"]

    def test_force_replaces_a_symbolic_link_and_not_what_it_leads_to(
        self, store: Store, here: Path
    ) -> None:
        (here / "other").write_text("old")
        (here / "m").symlink_to("other")
        delivery.deliver([held(store)], here / "m", is_folder=False, force=True)
        assert not (here / "m").is_symlink()
        assert (here / "other").read_text() == "old"

    def test_force_replaces_no_folder_by_a_file(self, store: Store, here: Path) -> None:
        (here / "m").mkdir()
        with pytest.raises(Refused, match="a file cannot replace it"):
            delivery.deliver([held(store)], here / "m", is_folder=False, force=True)

    def test_who_reads_meanwhile_sees_the_old_or_the_new(self, store: Store, here: Path) -> None:
        (here / "m").write_text("old")
        with (here / "m").open() as reader:
            delivery.deliver([held(store)], here / "m", is_folder=False, force=True)
            assert reader.read() == "old"


class TestFolder:
    def folder(self, store: Store) -> list[Held]:
        return [
            held(store, b"{}", "config.json"),
            held(store, b"w", "a/b/weights"),
            held(store, b"#!", "run", runs=True),
        ]

    @pytest.mark.parametrize("link", [False, True])
    def test_its_files_are_there(self, link: bool, store: Store, here: Path) -> None:
        delivery.deliver(self.folder(store), here / "m", is_folder=True, link=link)
        assert names(here) == ["m", "m/a", "m/a/b", "m/a/b/weights", "m/config.json", "m/run"]
        assert (here / "m/a/b/weights").read_bytes() == b"w"
        assert os.access(here / "m/run", os.X_OK)
        assert delivery.is_delivered(self.folder(store), here / "m", is_folder=True)

    @pytest.mark.parametrize("exchanges", [True, False])
    def test_force_replaces_it_as_a_whole(
        self, exchanges: bool, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not exchanges:
            monkeypatch.setattr(delivery, "_exchange", lambda *_: False)
        (here / "m").mkdir()
        (here / "m/old").touch()
        delivery.deliver(self.folder(store), here / "m", is_folder=True, force=True)
        assert "m/old" not in names(here)
        assert "m/run" in names(here)
        assert [it for it in names(here) if it.startswith(".")] == []

    def test_force_replaces_no_repository(self, store: Store, here: Path) -> None:
        (here / "m/.git").mkdir(parents=True)
        with pytest.raises(Refused, match="cannot replace"):
            delivery.deliver(self.folder(store), here / "m", is_folder=True, force=True)

    def test_force_replaces_not_the_ground_on_which_we_stand(
        self, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "m/inner").mkdir(parents=True)
        monkeypatch.chdir(here / "m/inner")
        with pytest.raises(Refused, match="it contains the current folder"):
            delivery.deliver(self.folder(store), here / "m", is_folder=True, force=True)

    @pytest.mark.parametrize("fails_at", ["_put", "_publish"])
    def test_what_fails_leaves_nothing(
        self, fails_at: str, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(delivery, fails_at, interrupt)
        with pytest.raises(KeyboardInterrupt):
            delivery.deliver(self.folder(store), here / "m", is_folder=True)
        assert names(here) == []

    def test_if_the_new_one_cannot_be_put_there_the_old_one_is_back(
        self, store: Store, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "m").mkdir()
        (here / "m/old").touch()
        monkeypatch.setattr(delivery, "_exchange", lambda *_: False)
        rename = Path.rename

        def failing(path: Path, target: Path) -> Path:
            if target == here / "m" and (path / "run").exists():
                raise OSError(28, "No space left on device")
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", failing)
        with pytest.raises(Refused, match="No space"):
            delivery.deliver(self.folder(store), here / "m", is_folder=True, force=True)
        assert names(here) == ["m", "m/old"]

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda it: (it / "more").touch(),
            lambda it: (it / "run").unlink(),
            lambda it: (it / "run").write_text("!!"),
            lambda it: ((it / "run").unlink(), (it / "run").symlink_to("config.json")),
            lambda it: ((it / "config.json").unlink(), (it / "config.json").mkdir()),
        ],
    )
    def test_one_that_was_altered_is_told_from_one_that_was_not(
        self, spoil: Callable[[Path], object], store: Store, here: Path
    ) -> None:
        delivery.deliver(self.folder(store), here / "m", is_folder=True)
        spoil(here / "m")
        assert not delivery.is_delivered(self.folder(store), here / "m", is_folder=True)
