"""A registry is that of one repository, the one that was meant when it was opened."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

import remotes
from mreg import Registry
from mreg.errors import Refused, RemoteError, RepositoryError
from mreg.git import signature
from mreg.net.network import Network
from mreg.system import cache
from repositories import Maker, Repository, Tag, tag_bytes
from watched import QUICK, Acts


@pytest.fixture
def here(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The repository in which the process is."""
    repo = make_repository([Tag("here@v1.0.0")], name="here")
    monkeypatch.chdir(repo.path)
    return repo


@pytest.fixture
def other(make_repository: Maker) -> Repository:
    return make_repository([Tag("other@v1.0.0")], name="other")


def names(registry: Registry) -> list[str]:
    return [it.name for it in registry.artifacts()]


@pytest.mark.parametrize("way", [(), (".",), ("../here",)], ids=["nothing", "dot", "relative"])
def test_it_stays_the_same_whatever_the_current_folder(
    way: tuple[str, ...], here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.open(*way)
    monkeypatch.chdir(other.path)
    assert names(registry) == ["here"]
    assert registry.promote("here", "prod").tag == "here#prod#1"
    assert "refs/tags/here#prod#1" in here.refs()
    assert not any("prod" in ref for ref in other.refs())
    assert repr(registry) == f"Registry.open('{registry.path}')"
    assert registry.path.is_absolute()


def test_files_are_opened_from_it(
    here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.git("checkout", "-q", "main")
    (here.path / "m.bin").write_bytes(b"model")
    (here.path / "artifacts.yaml").write_text("here: {path: m.bin}\n")
    here.git("add", ".")
    here.git("commit", "-q", "-m", "Add a model")
    registry = Registry.open(".")
    registry.register("here")
    monkeypatch.chdir(other.path)
    with registry.open_file("here") as file:
        assert file.read() == b"model"
    registry.annotate("here", description="changed from elsewhere")
    assert "changed from elsewhere" in (here.path / "artifacts.yaml").read_text()
    assert not (other.path / "artifacts.yaml").exists()


def test_in_threads_while_the_current_folder_changes(
    here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.open(".")
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(names(registry))) for _ in range(4)]
    for number, thread in enumerate(threads):
        monkeypatch.chdir((other, here)[number % 2].path)
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["here"]] * 4


def test_two_registries_in_two_threads_know_nothing_of_each_other(
    here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is opened where GIT_DIR says which repository is meant, the other by its URL."""
    monkeypatch.setenv("GIT_DIR", f"../{other.path.name}/.git")
    registries = Registry.open("."), Registry.open(here.path.as_uri(), network=Network(seconds=50))
    monkeypatch.delenv("GIT_DIR")
    found: list[list[str]] = [[], []]

    def ask(number: int) -> None:
        found[number] = [name for _ in range(3) for name in names(registries[number])]

    threads = [threading.Thread(target=ask, args=(it,)) for it in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["other"] * 3, ["here"] * 3]
    assert [it.network.seconds for it in registries] == [60, 50]


def test_a_mirrors_folder_is_a_mirror_only_for_whoever_opened_it_by_its_url(
    here: Repository,
) -> None:
    by_url = Registry.open(here.path.as_uri())
    assert names(by_url) == ["here"]
    by_path = Registry.open(by_url.path)
    here.put_tag("later@v1.0.0", tag_bytes("later@v1.0.0", here.commits[0]))
    assert names(by_path) == ["here"]  # which asks no remote
    assert names(by_url) == ["here", "later"]
    with pytest.raises(Refused, match="is bare"):
        by_path.annotate("here", description="nowhere")
    with pytest.raises(Refused, match="is a URL"):
        by_url.annotate("here", description="nowhere")


@pytest.mark.parametrize("opened", [True, False])
def test_the_environment_counts_as_it_was(
    opened: bool, here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What GIT_DIR says counts where no repository is named, when the registry is opened."""
    before = Registry.open(".")
    monkeypatch.setenv("GIT_DIR", f"../{other.path.name}/.git")
    after = Registry.open(".")
    if opened:
        monkeypatch.delenv("GIT_DIR")
        monkeypatch.chdir(here.path.parent)
    assert names(before) == ["here"]
    assert names(after) == ["other"]
    assert after.promote("other", "prod").tag == "other#prod#1"
    assert before.promote("here", "dev").tag == "here#dev#1"
    monkeypatch.delenv("GIT_DIR", raising=False)
    assert "refs/tags/other#prod#1" in other.refs()
    assert "refs/tags/here#dev#1" in here.refs()


def test_objects_that_the_environment_names(
    here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook sees what is pushed through variables with folders, which may be relative."""
    here.git("update-ref", "refs/tags/lent@v1.0.0", here.commits[0])
    oid = other.git("rev-parse", "refs/tags/other@v1.0.0").strip()
    (here.path / ".git" / "refs" / "tags" / "other@v1.0.0").write_text(f"{oid}\n")
    away = f"../{other.path.name}/.git/objects"
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", f"{away}:/nowhere")
    registry = Registry.open(".")
    monkeypatch.delenv("GIT_ALTERNATE_OBJECT_DIRECTORIES")
    monkeypatch.chdir(here.path.parent)
    assert names(registry) == ["here", "other"]


def test_remote_that_is_named_by_a_relative_path(
    here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = remotes.bare(here.path.parent, "remote.git")
    here.git("remote", "add", "origin", "../remote.git")
    registry = Registry.open(".")
    monkeypatch.chdir(other.path)
    registry.push()
    assert "refs/tags/here@v1.0.0" in remote.refs()
    monkeypatch.chdir(here.path.parent.parent)
    registry.register("here", version="v2.0.0", force=True, push=True)
    assert "refs/tags/here@v2.0.0" in remote.refs()


def test_current_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(RepositoryError, match="the current folder no longer exists"):
        Registry.open(".")
    monkeypatch.undo()


def test_state_of_a_watcher_and_cache_in_relative_places(
    here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever acts upon an event may change the current folder."""
    monkeypatch.setattr(cache, "_chosen", None)
    cache.use("cache")
    acts = Acts()
    handled = Registry.open(here.path.as_uri()).watch(
        acts, state=Path("state"), manner=QUICK._replace(from_start=True, once=True)
    )
    monkeypatch.chdir(other.path)
    assert [it.event.tag for it in handled] == ["here@v1.0.0"]
    assert (here.path / "state").is_file()
    assert (here.path / "cache").is_dir()
    assert {"state", "cache"}.isdisjoint(it.name for it in other.path.iterdir())


def test_key_that_is_named_by_a_relative_path(
    here: Repository, other: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git, which signs at the top of the work tree, looks for it there."""
    key = here.path / "keys" / "ann"
    key.parent.mkdir()
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", str(key)]
    subprocess.run(make, check=True)
    for name, value in {
        "gpg.format": "ssh",
        "user.signingKey": "keys/ann",
        "tag.gpgSign": "true",
    }.items():
        here.git("config", name, value)
    registry = Registry.open(".")
    monkeypatch.chdir(other.path)
    made = registry.promote("here", "prod")
    assert "-----BEGIN SSH SIGNATURE-----" in here.git("cat-file", "tag", made.tag)
    assert signature.public_key(registry.repository) == key.with_suffix(".pub").read_text().strip()


def test_index_of_the_commit_being_made_as_git_names_it(
    here: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a pre-commit hook it is relative, as seen from the top, wherever the hook has gone."""
    here.git("checkout", "-q", "main")
    (here.path / "m.bin").write_bytes(b"model")
    (here.path / "artifacts.yaml").write_text("here: {path: m.bin}\n")
    here.git("add", ".")
    (here.path / "m.bin").unlink()  # the index has it
    (here.path / "sub").mkdir()
    monkeypatch.chdir(here.path / "sub")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert Registry.open(".").validate().findings == ()


def test_how_to_behave_towards_the_network_can_be_changed(here: Repository) -> None:
    for path in (here.path, here.path.as_uri()):
        registry = Registry.open(path)
        registry.network = Network(seconds=1.5)
        assert registry.network.seconds == 1.5
        assert names(registry) == ["here"]
    registry.network = Network(seconds=1e-9)  # and it is asked by URL
    with pytest.raises(RemoteError, match=r"within 1e-09 seconds"):
        registry.artifacts()


def test_no_password_is_shown_with_a_registry() -> None:
    registry = Registry.open("https://user:secret@example.invalid/models.git")
    assert "secret" not in f"{registry!r} {registry.repository!r} {registry.repository}"
