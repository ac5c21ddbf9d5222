"""`mreg get oci://...`: what is read back is what was pushed, or nothing."""

from __future__ import annotations

import gzip
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from commandline import CommandLine
from image_registry import MANIFEST, ImageRegistry, digest_of, serving
from mreg.content import images
from packaging_cases import FOLDER, WEIGHTS, archive, entry, files_in, model, plain
from repositories import Maker, Repository, Tag


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return model(make_repository)


@pytest.fixture
def registry() -> Iterator[ImageRegistry]:
    with serving() as it:
        yield it


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, in which nothing is; and nobody waits between two tries."""
    monkeypatch.setattr("mreg.net.backoff.FIRST", 0.001)
    monkeypatch.setattr("mreg.net.backoff.LONGEST", 0.001)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def another_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MREG_CACHE_DIR", str(tmp_path / "another-cache"))


def test_without_a_tag_the_error_says_which_tag_a_package_has(
    mreg: CommandLine, repo: Repository, registry: ImageRegistry
) -> None:
    mreg.ok("package", "churn", "--to", registry.image, repo=repo)
    for command in ("get", "verify"):
        done = mreg(command, registry.image, repo=repo)
        assert done.code == 1
        assert "hint: name the tag: `mreg package` uses the version" in done.err
    assert mreg(command, f"{registry.image}:v9", repo=repo).err.endswith(
        "hint: check the name, the tag and the digest\n"
    )


@pytest.mark.parametrize("kind", ["oci", "modelpack"])
def test_both_shapes_come_back_as_they_were(
    kind: str, repo: Repository, mreg: CommandLine, registry: ImageRegistry, tmp_path: Path,
    here: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("churn", "bert"):
        mreg.ok("package", name, "--as", kind, "--to", f"{registry.image}:{name}", repo=repo)
    another_cache(tmp_path, monkeypatch)
    done = mreg.ok("get", f"{registry.image}:churn", "--json").json
    assert (here / "churn.bin").read_bytes() == WEIGHTS
    assert (done["kind"], done["tag"], done["from_cache"]) == (kind, "churn@v1.0.0", False)
    assert done["image"] == f"{registry.image}@{done['digest']}"
    mreg.ok("get", f"{registry.image}:bert", "-o", "b")
    assert files_in(here / "b") == FOLDER
    asked = [path for method, path, _ in registry.seen if method == "GET"]
    again = mreg.ok("get", done["image"], "-o", "again", "--json").json
    assert again["from_cache"]
    assert (here / "again").read_bytes() == WEIGHTS
    new = [path for method, path, _ in registry.seen if method == "GET"][len(asked) :]
    assert new == [], "what a digest names is not asked for again"


def test_some_files_a_link_and_what_is_there_already(
    repo: Repository, mreg: CommandLine, registry: ImageRegistry, here: Path
) -> None:
    mreg.ok("package", "bert", "--to", f"{registry.image}:v1", repo=repo)
    mreg.ok("get", f"{registry.image}:v1", "--include", "*.json", "-o", "some")
    assert files_in(here / "some") == {"config.json": FOLDER["config.json"]}
    (here / "file").write_bytes(b"mine")
    assert mreg("get", f"{registry.image}:v1", "-o", "file").code == 1
    assert (here / "file").read_bytes() == b"mine"
    mreg.ok("get", f"{registry.image}:v1", "-o", "file", "--force", "--link")
    assert files_in(here / "file") == FOLDER
    path = Path(mreg.ok("get", f"{registry.image}:v1", "--print-path").out.strip())
    assert files_in(path) == FOLDER
    done = mreg("get", f"{registry.image}:v1", "--include", "*.nothing", "-o", "none")
    assert (done.code, done.err.count("no file of bert matches")) == (1, 1)


def test_one_that_gzip_has_packed_is_held_against_what_it_unpacks_to(
    mreg: CommandLine, registry: ImageRegistry, here: Path
) -> None:
    raw = plain(content=os.urandom(3 << 20))
    packed = gzip.compress(raw[: 1 << 20]) + gzip.compress(raw[1 << 20 :])
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    registry.put_image(packed, media_type=kind, plain=raw)
    mreg.ok("get", f"{registry.image}:v1")
    assert (here / "churn" / "m.bin").read_bytes() == raw[512 : 512 + (3 << 20)]
    registry.put_image(packed, media_type=kind, plain=raw + b"x", tag="v2")
    done = mreg("get", f"{registry.image}:v2", "-o", "other")
    assert (done.code, (here / "other").exists()) == (1, False)
    registry.put_image(packed[:-20], media_type=kind, plain=raw, tag="v3")
    done = mreg("get", f"{registry.image}:v3", "-o", "other", "--force")
    assert done.code == 0, "what was unpacked is in the cache"


def test_what_is_elsewhere_in_an_image_is_left_out(
    mreg: CommandLine, registry: ImageRegistry, here: Path
) -> None:
    base = archive(
        entry("etc/passwd", size=1), entry("bin/sh", tarfile.SYMTYPE, linkname="/x"), content=b"x"
    )
    registry.put_image(base, plain("./models/a/m.bin"))
    # Each layer has a digest of its own.
    mreg.ok("get", f"{registry.image}:v1")
    assert files_in(here / "churn") == {"a/m.bin": b"weights"}


NO_FILE = "not a plain file"


def special(kind: bytes, target: str = "", name: str = "models/x") -> tuple[bytes, str]:
    """Return an archive with something in it that is no plain file, and what is said of it."""
    return archive(entry(name, kind, linkname=target)), NO_FILE


def with_headers(**headers: str) -> bytes:
    return archive(entry("models/x", pax_headers=headers), format=tarfile.PAX_FORMAT)


HOSTILE = {
    "leads out": (plain("models/../../x"), "leads out of its folder"),
    "is absolute": (plain("/models/x"), "it has no file in models/"),
    "an empty name": (plain("models//x"), "contains an empty name"),
    "a link": special(tarfile.SYMTYPE, "/etc/passwd"),
    "a hard link": special(tarfile.LNKTYPE, "models/y"),
    "a device": special(tarfile.CHRTYPE),
    "a pipe": special(tarfile.FIFOTYPE),
    "models is a link": special(tarfile.SYMTYPE, "/etc", "models"),
    "models is a file": (plain("models"), NO_FILE),
    "taken away": (plain("models/.wh.x"), "removes a file"),
    "Git's own folder": (plain("models/.git/config"), "Git's own folder"),
    "a control character": (plain("models/\x1b[31m"), "control character"),
    "two of one name": (
        archive(entry("models/a"), entry("models/A")),
        "differ only in letter case",
    ),
    "beyond the end": (
        entry("models/x", size=10**12).tobuf(tarfile.GNU_FORMAT),
        "beyond the end of its archive",
    ),
    "no archive": (b"x" * 5000, "damaged"),
    "nothing": (b"", "damaged"),
    "only folders": (archive(entry("models/", tarfile.DIRTYPE)), "it has no file in models/"),
    "a large header": (with_headers(comment="x" * (1 << 20)), "a header is too large"),
    "gaps": (with_headers(**{"GNU.sparse.map": "0,1", "GNU.sparse.size": "99999"}), NO_FILE),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused(
    case: str, mreg: CommandLine, registry: ImageRegistry, here: Path
) -> None:
    raw, said = HOSTILE[case]
    registry.put_image(raw)
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert "\x1b" not in done.err
    assert list(here.iterdir()) == []


def test_a_size_below_nothing_is_refused(mreg: CommandLine, registry: ImageRegistry) -> None:
    """Some releases of Python go round in circles: its next header is before this one."""
    header = bytearray(entry("models/x").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" + (256**11 - 1024).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    registry.put_image(plain("other")[:1024] + bytes(header) + bytes(2048))
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")


def test_one_that_unpacks_to_very_much_is_refused(
    mreg: CommandLine, registry: ImageRegistry, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    monkeypatch.setattr(images, "_UNSUSPICIOUS", 1 << 20)
    raw = archive(entry("models/x", size=8 << 20), content=bytes(8 << 20))
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    registry.put_image(gzip.compress(raw), media_type=kind, plain=raw)
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert "made to fill a disk" in done.err
    assert list(here.iterdir()) == []


def test_a_blob_that_is_another_is_refused_and_not_kept(
    mreg: CommandLine, registry: ImageRegistry, here: Path
) -> None:
    raw = plain()
    registry.put_image(raw)
    registry.lies[digest_of(raw)] = plain(content=b"WEIGHTS")
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert "does not match its recorded digest" in done.err
    registry.lies.clear()
    mreg.ok("get", f"{registry.image}:v1")
    assert (here / "churn" / "m.bin").read_bytes() == b"weights"


@pytest.mark.parametrize("larger", [False, True])
def test_one_of_another_size_is_refused(
    larger: bool, mreg: CommandLine, registry: ImageRegistry
) -> None:
    raw = plain()
    registry.put_image(raw)
    registry.lies[digest_of(raw)] = raw + bytes(512) if larger else raw[:-512]
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert f"but {len(raw)} are recorded" in done.err


def test_a_manifest_that_is_another_is_refused(mreg: CommandLine, registry: ImageRegistry) -> None:
    digest = registry.put_image(plain())
    registry.lies[digest] = registry.manifests["v1"] + b" "
    registry.claims = digest
    done = mreg("get", f"{registry.image}@{digest}")
    assert (done.code, done.out) == (1, "")
    assert "not trustworthy" in done.err
    registry.lies["v1"] = registry.manifests["v1"] + b" "
    assert mreg("get", f"{registry.image}:v1").code == 1


def test_a_manifest_without_an_end_is_refused(mreg: CommandLine, registry: ImageRegistry) -> None:
    registry.put_image(plain())
    registry.endless = True
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert "larger than 4 MiB" in done.err


def test_a_download_that_breaks_off_is_gone_on_with(
    mreg: CommandLine, registry: ImageRegistry, here: Path
) -> None:
    content = os.urandom(1 << 20)
    raw = plain(content=content)
    registry.put_image(raw)
    registry.cuts = [10_000_000, 300_000, 200_000]  # the configuration's first
    mreg.ok("get", f"{registry.image}:v1")
    assert (here / "churn" / "m.bin").read_bytes() == content


def layer(**said: object) -> dict[str, object]:
    return {"mediaType": "application/vnd.cncf.model.weight.v1.raw", "size": 7, **said}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "neither that of an image"),
        ([], "neither that of an image"),
        ({"manifests": []}, "an index of 0 images"),
        (
            {"manifests": [layer(digest=f"sha256:{it * 64}") for it in "ab"]},
            "an index of 2 images",
        ),
        ({"config": layer(digest=f"sha256:{'a' * 64}"), "layers": []}, "neither that of an image"),
        (
            {"config": layer(digest=f"sha256:{'a' * 64}"), "layers": [{"digest": "sha256:../x"}]},
            "without a digest, a size or a type",
        ),
        (
            {
                "config": layer(digest=f"sha256:{'a' * 64}", mediaType="application/x\x1b[31m"),
                "layers": [layer(digest=f"sha256:{'a' * 64}", mediaType="x")],
            },
            "its configuration is",
        ),
    ],
)
def test_what_is_no_image_is_refused(
    document: object, said: str, mreg: CommandLine, registry: ImageRegistry
) -> None:
    registry.put_manifest(document)
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert said in done.err
    assert "\x1b" not in done.err


@pytest.mark.parametrize(
    ("annotations", "said"),
    [
        ({}, ""),
        ({"org.cncf.model.filepath": "../x"}, "leads out"),
        ({"org.cncf.model.filepath": "/etc/x"}, "contains an empty name"),
        ({"org.opencontainers.image.title": "a/m.bin"}, ""),
        ({"org.cncf.model.filepath": 5}, ""),
        ({"org.cncf.model.filepath": "\ud800"}, "neither that of an image"),
        ({"org.opencontainers.image.title": "x" * 300}, "cannot write"),
    ],
)
def test_a_modelpack_of_somebody_else(
    annotations: dict[str, object], said: str, mreg: CommandLine, registry: ImageRegistry,
    here: Path,
) -> None:  # fmt: skip
    raw, config = b"weights", b"{}"
    registry.put_manifest(
        {
            "mediaType": MANIFEST,
            "config": {
                "mediaType": "application/vnd.cncf.model.config.v1+json",
                "digest": registry.put(config),
                "size": 2,
            },
            "layers": [layer(digest=registry.put(raw), annotations=annotations)],
        }
    )
    done = mreg("get", f"{registry.image}:v1")
    assert said in done.err
    assert (done.code == 0) is not bool(said)
    assert [it.read_bytes() for it in here.rglob("*") if it.is_file()] == [raw] * (not said)


def test_two_files_of_one_path_are_refused(mreg: CommandLine, registry: ImageRegistry) -> None:
    registry.put_manifest(
        {
            "config": {
                "mediaType": "application/vnd.cncf.model.config.v1+json",
                "digest": registry.put(b"{}"),
                "size": 2,
            },
            "layers": [
                layer(digest=registry.put(it), annotations={"org.cncf.model.filepath": "m.bin"})
                for it in (b"weights", b"WEIGHTS")
            ],
        }
    )
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert "two files named 'm.bin'" in done.err


def test_an_index_of_one_image_is_that_image(
    mreg: CommandLine, registry: ImageRegistry, here: Path
) -> None:
    digest = registry.put_image(plain())
    found = {"mediaType": MANIFEST, "digest": digest, "size": len(registry.manifests[digest])}
    other = {**found, "digest": f"sha256:{'b' * 64}", "platform": {"os": "unknown"}}
    registry.put_manifest({"manifests": [found, other]}, tag="index")
    mreg.ok("get", f"{registry.image}:index")
    assert (here / "churn" / "m.bin").read_bytes() == b"weights"


def test_one_that_says_it_is_larger_than_the_disk_is_not_begun(
    mreg: CommandLine, registry: ImageRegistry
) -> None:
    digest = registry.put_image(plain())
    document = json.loads(registry.manifests[digest])
    document["layers"][0]["size"] = 1 << 48
    registry.put_manifest(document)
    done = mreg("get", f"{registry.image}:v1")
    assert (done.code, done.out) == (1, "")
    assert "not enough space" in done.err


class TestInAnAnnotation:
    """`path: oci://...` in artifacts.yaml."""

    def repository(self, make_repository: Maker, path: str) -> Repository:
        said = f"churn:\n  path: {path}\n".encode()
        return make_repository([Tag("churn@v1.0.0")], commits=[{"artifacts.yaml": said}])

    def test_it_is_got_by_its_digest(
        self, make_repository: Maker, mreg: CommandLine, registry: ImageRegistry, here: Path
    ) -> None:
        digest = registry.put_image(plain())
        repo = self.repository(make_repository, f"{registry.image}:v1@{digest}")
        arguments = ("get", "churn", "--repo", str(repo.path), "--json")
        done = mreg.ok(*arguments, "-o", "a").json
        assert files_in(here / "a") == {"m.bin": b"weights"}
        assert (done["digest"], done["source"]) == (
            f"oci:{digest}",
            f"{registry.image}:v1@{digest}",
        )
        before = len(registry.seen)
        assert mreg.ok(*arguments, "-o", "b").json["from_cache"]
        assert len(registry.seen) == before, "what a digest pins is not asked for again"
        again = mreg("register", "churn", "--digest", "--force", repo=repo)
        assert (again.code, "already has a digest" in again.err) == (1, True)

    def test_a_file_has_the_name_that_it_was_packaged_with(
        self, make_repository: Maker, mreg: CommandLine, registry: ImageRegistry, here: Path
    ) -> None:
        first = model(make_repository)
        done = mreg.ok("package", "churn", "--to", registry.image, "--json", repo=first).json
        first.path.rename(here.parent / "first")
        repo = self.repository(make_repository, done["reference"])
        mreg.ok("get", "churn", "--repo", str(repo.path))
        assert files_in(here) == {"churn.bin": WEIGHTS}

    def test_register_says_that_a_tag_will_be_refused(
        self, make_repository: Maker, mreg: CommandLine
    ) -> None:
        repo = self.repository(make_repository, "oci://127.0.0.1:1/team/churn:v1")
        done = mreg.ok("register", "churn", "--version", "v2.0.0", "--force", repo=repo)
        assert "the content of a tag can change there" in done.err

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("oci://127.0.0.1:1/team/churn:v1", "the content of a tag can change there"),
            ("oci://127.0.0.1:1/team/churn", "the content of a tag can change there"),
            ("oci://127.0.0.1:1/Team@sha256:1", "not the name of a repository"),
        ],
    )
    def test_a_tag_is_refused(
        self, path: str, said: str, make_repository: Maker, mreg: CommandLine
    ) -> None:
        done = mreg("get", "churn", repo=self.repository(make_repository, path))
        assert (done.code, done.out) == (1, "")
        assert said in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["oci://h/r", "--sha256", "a" * 64],
        ["oci://h/r", "--path", "x"],
        ["oci://h/r", "--rev", "x"],
        ["churn", "--plain-http"],
        ["oci://h/R"],
    ],
)
def test_what_does_not_go_together_is_refused(arguments: list[str], mreg: CommandLine) -> None:
    assert mreg("get", *arguments).code == 2
