"""`mreg package --to FOLDER`: the same bytes for the same version, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import resource
import signal
import tarfile
from pathlib import Path

import pytest

from commandline import CommandLine
from packaging_cases import FOLDER, WEIGHTS, blob_in, files_in, manifest_in, model
from repositories import Maker, Repository, Tag, run


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return model(make_repository)


def test_an_image_has_one_plain_layer_with_the_file_in_models(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    done = mreg.ok("package", "churn", "--to", str(tmp_path / "out"), "--json", repo=repo).json
    assert (done["artifact"], done["version"], done["reference"]) == ("churn", "v1.0.0", None)
    found = manifest_in(tmp_path / "out", "v1.0.0")
    (layer,) = found["layers"]
    raw = blob_in(tmp_path / "out", layer["digest"])
    assert layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar"
    assert layer["size"] == len(raw)
    with tarfile.open(fileobj=io.BytesIO(raw)) as opened:
        assert opened.getnames() == ["models", "models/churn.bin"]
        file = opened.extractfile("models/churn.bin")
        assert file is not None
        assert file.read() == WEIGHTS
    config = json.loads(blob_in(tmp_path / "out", found["config"]["digest"]))
    assert config["rootfs"] == {"type": "layers", "diff_ids": [layer["digest"]]}
    assert config["config"]["Labels"] == found["annotations"]
    for path, content in files_in(tmp_path / "out").items():
        if path.startswith("blobs/"):
            assert path == f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"


def test_a_modelpack_has_a_layer_a_file_under_both_names(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    mreg.ok("package", "bert", "--as", "modelpack", "--to", str(out), repo=repo)
    found = manifest_in(out, "v1.0.0_cuda12")
    assert found["artifactType"] == "application/vnd.cncf.model.manifest.v1+json"
    assert found["annotations"]["org.opencontainers.image.version"] == "v1.0.0+cuda12"
    said = [(it["annotations"], it["mediaType"]) for it in found["layers"]]
    assert all(
        names["org.cncf.model.filepath"] == names["org.opencontainers.image.title"]
        for names, _ in said
    )
    kinds = {names["org.cncf.model.filepath"]: kind for names, kind in said}
    assert {path: kind.split("model.")[1] for path, kind in kinds.items()} == {
        "a/weights.bin": "weight.v1.raw",
        "config.json": "weight.config.v1.raw",
        "empty": "weight.v1.raw",
        "run.sh": "code.v1.raw",
    }
    assert [blob_in(out, it["digest"]) for it in found["layers"]] == [
        FOLDER[names["org.cncf.model.filepath"]] for names, _ in said
    ]
    config = json.loads(blob_in(out, found["config"]["digest"]))
    assert config["modelfs"]["diffIds"] == [it["digest"] for it in found["layers"]]
    assert config["descriptor"]["version"] == "v1.0.0+cuda12"


@pytest.mark.parametrize("kind", ["oci", "modelpack"])
@pytest.mark.parametrize("name", ["churn", "bert"])
def test_the_digest_is_computed_anew_in_another_clone(
    kind: str, name: str, repo: Repository, mreg: CommandLine, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    run(tmp_path, "clone", "-q", str(repo.path), "clone")
    asked = ("package", name, "--as", kind, "--source", "https://ann:pw@example.com/models")
    first = mreg.ok(*asked, "--digest", repo=repo).out
    monkeypatch.setenv("MREG_CACHE_DIR", str(tmp_path / "another"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    out = tmp_path / "out"
    done = mreg.ok(*asked, "--to", str(out), "--json", repo=tmp_path / "clone").json
    assert done["digest"] == first.strip()
    assert not any(b"ann:" in it or b"pw@" in it for it in files_in(out).values())
    assert b"https://example.com/models" in blob_in(out, done["digest"])


def test_what_a_password_in_a_remotes_address_is_does_not_get_out(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    repo.git("remote", "add", "origin", "https://ann:hunter2@example.com/models.git")
    mreg.ok("package", "churn", "--to", str(tmp_path / "out"), repo=repo)
    found = files_in(tmp_path / "out").values()
    assert not any(b"hunter2" in it for it in found)
    assert any(b"https://example.com/models.git" in it for it in found)


def test_a_layout_takes_another_image_and_replaces_one_of_the_same_tag(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for name in ("churn", "bert", "churn"):
        mreg.ok("package", name, "--to", str(out), repo=repo)
    assert len(json.loads((out / "index.json").read_bytes())["manifests"]) == 2
    before = files_in(out)
    done = mreg.ok("package", "churn", "--to", str(out), "--json", repo=repo).json
    assert done["files"] == ["index.json"]
    assert files_in(out).keys() == before.keys()


def test_a_damaged_blob_in_a_layout_is_written_anew(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    mreg.ok("package", "churn", "--to", str(out), repo=repo)
    digest = manifest_in(out, "v1.0.0")["layers"][0]["digest"]
    whole = blob_in(out, digest)
    (out / "blobs" / digest.replace(":", "/")).write_bytes(bytes(len(whole)))
    mreg.ok("package", "churn", "--to", str(out), repo=repo)
    assert blob_in(out, digest) == whole


@pytest.mark.parametrize(
    "files",
    [{"notes.txt": b"mine"}, {"oci-layout": b"{}", "index.json": b"[]"}],
    ids=["something else", "no index"],
)
def test_a_folder_with_something_else_is_left_alone(
    files: dict[str, bytes], repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, content in files.items():
        (out / name).write_bytes(content)
    done = mreg("package", "churn", "--to", str(out), repo=repo)
    assert (done.code, done.out) == (1, "")
    assert "choose a new folder" in done.err
    assert files_in(out) == files


def test_where_there_is_no_room_nothing_is_left(
    repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    mreg.ok("package", "churn", "--digest", repo=repo)  # into the cache
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(WEIGHTS) // 2, before[1]))
    try:
        done = mreg("package", "churn", "--to", str(tmp_path / "out"), repo=repo)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (done.code, done.out) == (1, "")
    assert "cannot write" in done.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("to", "is_image"),
    [("h.example/team/churn", True), ("localhost:5000/churn", True), ("./h.example/churn", False)],
)
def test_a_folder_with_the_name_of_an_image_is_no_push(
    to: str, is_image: bool, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.path)
    told = f"note: {to} is a new folder; to push to a container registry: --to oci://{to}"
    assert (told in mreg.ok("package", "churn", "--to", to, repo=repo).err) == is_image
    assert told not in mreg.ok("package", "churn", "--to", to, repo=repo).err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["churn"], 2, "no target is given"),
        (["churn", "--as", "zip", "--to", "x"], 2, "there is no kind of package 'zip'"),
        (["churn", "--as", "Dockerfile", "--to", "x"], 2, "hint: did you mean dockerfile?"),
        (["churn", "--digest", "--to", "x"], 2, "omit --to"),
        (["churn", "--to", "oci://h/Team"], 2, "/ between parts: team"),
        (["churn", "--to", f"oci://h/r@sha256:{'a' * 64}"], 2, "omit @sha256:..."),
        (["churn", "--to", "docker://h/churn"], 2, "hint: use --to oci://h/churn"),
        (["nothing", "--to", "x"], 1, "nothing"),
        (["churn#prod", "--to", "file"], 1, "cannot use"),
    ],
)
def test_what_cannot_be_packaged_is_refused(
    arguments: list[str], code: int, said: str, repo: Repository, mreg: CommandLine
) -> None:
    (repo.path / "file").write_bytes(b"mine")
    done = mreg("package", *arguments, repo=repo)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert (repo.path / "file").read_bytes() == b"mine"


def test_a_bare_commit_is_no_version(make_repository: Maker, mreg: CommandLine) -> None:
    repo = make_repository([Tag("churn#prod#1")])
    done = mreg("package", "churn#prod", "--digest", repo=repo)
    assert (done.code, done.out) == (1, "")
    assert "to register it" in done.err


@pytest.mark.parametrize("kind", ["oci", "modelpack"])
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_cache_that_is_read_only_makes_the_same_package(
    repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch, kind: str, mode: int
) -> None:
    """A file is then read where it is kept, under its digest and without its mode."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    run(repo.path, "reset", "-q", "--hard")
    (repo.path / "models" / "churn.bin").chmod(mode)
    (repo.path / "more").touch()
    run(repo.path, "add", "-A")
    run(repo.path, "commit", "-q", "-m", "Train again")
    mreg.ok("register", "churn@v1.1.0", repo=repo)
    words = ("package", "churn@v1.1.0", "--as", kind, "--digest")
    with monkeypatch.context() as patch:
        patch.setattr("mreg.content.delivery.deliver", denied)
        read_only = mreg.ok(*words, repo=repo).out
    assert mreg.ok(*words, repo=repo).out == read_only
