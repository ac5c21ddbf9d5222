"""What git-annex keeps: files that are locked (links) and unlocked (pointers), out of its folder.

The keys, and the folders that their objects are in, are what git-annex 10.20230126 makes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import CommandLine
from mreg import Registry
from mreg.content.sources import annex
from mreg.errors import Mismatch, NotFound, Refused
from repositories import Maker, Repository

HELLO = b"hello\n"
SHA256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
KEY = f"SHA256E-s6--{SHA256}.bin"
FOLDER = f"v2/gm/{KEY}"
UNLOCKED = f"/annex/objects/{KEY}\n".encode()
LOCKED = f"../.git/annex/objects/{FOLDER}/{KEY}"


def key(backend: str, content: bytes) -> str:
    """Return the key of a content."""
    kind = backend.removesuffix("E").lower()
    digits = hashlib.new(kind, content).hexdigest()
    return f"{backend}-s{len(content)}--{digits}{'.bin' if backend.endswith('E') else ''}"


def put(folder: Path, name: str, content: bytes, layout: int = 0) -> Path:
    """Put a content where git-annex keeps it in a clone (0), or in a bare repository (1)."""
    path = folder / "annex" / "objects" / annex.folders_of(name)[layout] / name / name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


Make = Callable[..., Repository]


@pytest.fixture
def make(make_repository: Maker) -> Make:
    """Make a registry with a file that git-annex has locked, one that it has unlocked, and both."""

    def made(unlocked: bytes = UNLOCKED, locked: str = LOCKED) -> Repository:
        entries = "locked: {path: m/l.bin}\nunlocked: {path: m/u.bin}\nboth: {path: m}\n"
        repository = make_repository(
            commits=[{"artifacts.yaml": entries.encode(), "m/u.bin": unlocked}]
        )
        repository.git("reset", "-q", "--hard")
        (repository.path / "m" / "l.bin").symlink_to(locked)
        repository.git("add", "m")
        repository.git("commit", "-q", "-m", "Lock one")
        for name in ("locked", "unlocked", "both"):
            Registry.open(repository.path).register(name, force=True)
        return repository

    return made


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        (KEY, ("v2/gm", "22f/cca")),
        (
            "SHA256E-s6--e258d248fda94c63753607f7c4494ee0fcbe92f1a76bfdac795c9d84101eb317.bin",
            ("Xp/0V", "13b/603"),
        ),
    ],
)
def test_the_folders_of_an_object(name: str, folders: tuple[str, str]) -> None:
    assert annex.folders_of(name) == folders


@pytest.mark.parametrize("layout", [0, 1])
@pytest.mark.parametrize("name", ["locked", "unlocked"])
def test_the_object_is_handed_out(make: Make, name: str, layout: int) -> None:
    repository = make()
    put(repository.path / ".git", KEY, HELLO, layout)
    assert Registry.open(repository.path).get(name).read_bytes() == HELLO


def test_a_folder_of_both(make: Make) -> None:
    repository = make()
    put(repository.path / ".git", KEY, HELLO)
    folder = Registry.open(repository.path).get("both")
    assert {it.name: it.read_bytes() for it in folder.iterdir()} == {"l.bin": HELLO, "u.bin": HELLO}


@pytest.mark.parametrize("backend", ["SHA512E", "SHA512", "SHA384E", "SHA224E", "MD5E", "MD5"])
def test_other_backends(make: Make, backend: str) -> None:
    name = key(backend, HELLO)
    repository = make(f"/annex/objects/{name}".encode(), f"../.git/annex/objects/a/b/{name}/{name}")
    put(repository.path / ".git", name, HELLO)
    for it in ("locked", "unlocked"):
        assert Registry.open(repository.path).get(it).read_bytes() == HELLO


@pytest.mark.parametrize(
    ("name", "paths"), [("locked", "m/l.bin"), ("unlocked", "m/u.bin"), ("both", "m/[lu].bin")]
)
def test_what_is_not_here_is_refused_by_name(make: Make, name: str, paths: str) -> None:
    with pytest.raises(NotFound, match=f"{paths} is in git-annex, .* not in this clone") as had:
        Registry.open(make().path).get(name)
    assert "git annex get m/" in (had.value.hint or "")


@pytest.mark.parametrize("name", ["locked", "unlocked"])
@pytest.mark.parametrize("content", [b"hallo\n", b"hello, too\n"])
def test_a_damaged_object_is_refused(make: Make, name: str, content: bytes) -> None:
    repository = make()
    put(repository.path / ".git", KEY, content)
    with pytest.raises(Mismatch):
        Registry.open(repository.path).get(name)


def test_a_key_with_another_size_is_refused(make: Make) -> None:
    name = KEY.replace("-s6-", "-s7-")
    repository = make(f"/annex/objects/{name}\n".encode())
    put(repository.path / ".git", name, HELLO)
    with pytest.raises(Mismatch, match="its key says 7"):
        Registry.open(repository.path).get("unlocked")


@pytest.mark.parametrize(
    "name", ["WORM-s6-m1795850996--a.bin", "URL--http&c%%x", "SHA1-s6--f572d396fae9"]
)
def test_a_key_without_a_hash_is_refused_by_name(make: Make, name: str) -> None:
    repository = make(f"/annex/objects/{name}\n".encode(), f".git/annex/objects/a/b/{name}/{name}")
    put(repository.path / ".git", name, HELLO)
    for it in ("locked", "unlocked"):
        with pytest.raises(Refused, match="no hash that mreg can check") as had:
            Registry.open(repository.path).get(it)
        assert "git annex migrate --backend=SHA256E m/" in (had.value.hint or "")


def test_an_object_that_is_a_link_is_none(make: Make, tmp_path: Path) -> None:
    repository = make()
    other = put(repository.path / ".git", KEY, HELLO)
    other.unlink()
    other.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_bytes(HELLO)
    with pytest.raises(NotFound):
        Registry.open(repository.path).get("unlocked")


def test_a_link_that_leads_elsewhere_is_refused_as_ever(make: Make) -> None:
    with pytest.raises(Refused, match="symbolic link"):
        Registry.open(make(locked="/etc/passwd").path).get("locked")


@pytest.mark.parametrize("name", ["locked", "unlocked"])
def test_by_url_it_is_refused_by_name(make: Make, name: str) -> None:
    repository = make()
    with pytest.raises(NotFound, match="in git-annex"):
        Registry.open(f"file://{repository.path}").get(name)


@pytest.mark.parametrize("name", ["locked", "unlocked"])
def test_the_digest_that_its_key_says(make: Make, mreg: CommandLine, name: str) -> None:
    made = mreg.ok("register", name, "--digest", "--force", "--json", repo=make()).json
    assert made["trailers"]["Digest"] == f"sha256:{SHA256}"


def test_a_digest_that_its_key_does_not_say(make: Make, mreg: CommandLine) -> None:
    name = key("MD5E", HELLO)
    repository = make(f"/annex/objects/{name}".encode())
    refused = mreg("register", "unlocked", "--digest", "--force", repo=repository)
    assert "m/u.bin is in git-annex" in refused.err
    put(repository.path / ".git", name, HELLO)
    made = mreg.ok("register", "unlocked", "--digest", "--force", "--json", repo=repository).json
    assert made["trailers"]["Digest"] == f"sha256:{SHA256}"


def test_diff_and_documents_know_it_by_its_key(make: Make, mreg: CommandLine) -> None:
    repository = make()
    found = Registry.open(repository.path)
    assert found.diff("locked", "unlocked").artifact is not None  # another path
    for name in ("locked", "unlocked"):
        document = mreg.ok("export", name, "--format", "cyclonedx", repo=repository).json
        hashes = document["metadata"]["component"]["hashes"]
        assert hashes == [{"alg": "SHA-256", "content": SHA256}]
        card = mreg.ok("export", name, "--format", "model-card", repo=repository).out
        assert f"git annex get m/{name[0]}.bin" in card


def test_a_lineage_knows_it_by_its_key(make: Make, mreg: CommandLine) -> None:
    repository = make()
    entries = "a: {inputs: [{path: m/l.bin}]}\nb: {inputs: [{path: m/u.bin}]}\n"
    with (repository.path / "artifacts.yaml").open("a") as file:
        file.write(entries)
    repository.git("commit", "-q", "-a", "-m", "Train on them")
    for name, dataset in (("a", "locked"), ("b", "unlocked")):
        mreg.ok("register", name, repo=repository)
        found = mreg.ok("lineage", name, "--json", repo=repository).json
        [data] = [it for it in found["nodes"] if it["kind"] == "data"]
        assert (data["digest"], data["size"]) == (f"sha256:{SHA256}", 6)
        [edge] = [it for it in found["edges"] if it["kind"] == "content"]
        assert edge["from"] == f"version:{dataset}@v0.0.1"


def test_unlocking_changes_no_content(make: Make, mreg: CommandLine) -> None:
    repository = make()
    link = repository.path / "m" / "l.bin"
    link.unlink()
    link.write_bytes(UNLOCKED)
    repository.git("commit", "-q", "-a", "-m", "Unlock it")
    mreg.ok("register", "locked", repo=repository)
    versions = ("locked@v0.0.1", "locked@v0.0.2")
    assert Registry.open(repository.path).diff(*versions).artifact is None


def test_nothing_is_wrong_with_it(make: Make, mreg: CommandLine) -> None:
    repository = make()
    assert "no problems found" in mreg.ok("validate", repo=repository).err
    assert "MR026" not in mreg("doctor", repo=repository).out
