"""Against a real container registry, Debian's docker-registry, with skopeo as another reader."""

from __future__ import annotations

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from commandline import CommandLine
from mreg.net import oci
from mreg.net.oci import MANIFESTS
from packaging_cases import FOLDER, WEIGHTS, files_in, model
from repositories import Maker, Repository

_LACKING = [it for it in ("docker-registry", "skopeo") if not shutil.which(it)]
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(bool(_LACKING), reason=f"not installed: {', '.join(_LACKING)}"),
]

_PATIENCE = 20
# The password is "pw"; made by `htpasswd -nbB ann pw`.
_HTPASSWD = "ann:$2b$05$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q"


class Served(NamedTuple):
    """A registry: its host, and where it keeps what it has."""

    host: str
    folder: Path

    @property
    def image(self) -> str:
        """The address of a repository there."""
        return f"oci://{self.host}/team/churn"

    def manifest(self, name: str, repository: str = "team/churn") -> tuple[str, bytes]:
        """Return a manifest's digest, as the registry says it, and its bytes."""
        request = Request(
            f"http://{self.host}/v2/{repository}/manifests/{name}",
            headers={"Accept": ", ".join(MANIFESTS)},
        )
        with urlopen(request, timeout=_PATIENCE) as answer:
            return answer.headers["Docker-Content-Digest"], answer.read()


def _started(folder: Path, password_file: Path | None) -> Iterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    settings = folder / "settings.yml"
    auth = {"auth": {"htpasswd": {"realm": "here", "path": str(password_file)}}}
    said = {
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(folder / "kept")}},
        "http": {"addr": host},
        **(auth if password_file else {}),
    }
    settings.write_text(json.dumps(said))  # which is YAML as well
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(settings)], stdout=log, stderr=log
        )
    try:
        _wait(host, process)
        yield Served(host, folder / "kept")
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def _wait(host: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, "the registry has ended"
        try:
            urlopen(f"http://{host}/v2/", timeout=_PATIENCE).close()
        except HTTPError:
            return
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the registry does not answer")


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from _started(tmp_path_factory.mktemp("registry"), None)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return model(make_repository)


def skopeo(*arguments: str) -> None:
    subprocess.run(
        ["skopeo", "--insecure-policy", *arguments],
        check=True,
        capture_output=True,
        timeout=_PATIENCE * 3,
    )


def copy(source: str, target: str, *more: str) -> None:
    skopeo("copy", "--src-tls-verify=false", "--dest-tls-verify=false", *more, source, target)


@pytest.mark.parametrize("kind", ["oci", "modelpack"])
@pytest.mark.parametrize("name", ["churn", "bert"])
def test_what_is_pushed_comes_back_with_the_same_digests(
    kind: str, name: str, open_to_all: Served, repo: Repository, mreg: CommandLine,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    address = f"{open_to_all.image}:{name}-{kind}"
    done = mreg.ok("package", name, "--as", kind, "--to", address, "--json", repo=repo).json
    assert open_to_all.manifest(f"{name}-{kind}")[0] == done["digest"]
    monkeypatch.setenv("MREG_CACHE_DIR", str(tmp_path / "another"))
    mreg.ok("get", address, "-o", str(tmp_path / "got"))
    if name == "churn":
        assert (tmp_path / "got").read_bytes() == WEIGHTS
    else:
        assert files_in(tmp_path / "got") == FOLDER
    assert mreg.ok("verify", address, "--json", repo=repo).json["verdict"] == "same"

    theirs = f"docker://{open_to_all.host}/team/churn:{name}-{kind}"
    copy(theirs, f"dir:{tmp_path / 'dir'}", "--preserve-digests")
    assert (tmp_path / "dir/manifest.json").read_bytes() == open_to_all.manifest(done["digest"])[1]
    copy(theirs, f"docker://{open_to_all.host}/kept:{name}-{kind}", "--preserve-digests")
    assert open_to_all.manifest(f"{name}-{kind}", "kept")[0] == done["digest"]


def test_what_skopeo_packs_anew_has_the_same_files(
    open_to_all: Served, repo: Repository, mreg: CommandLine, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    digest = mreg.ok("package", "bert", "--to", f"{open_to_all.image}:x", "--json", repo=repo).json[
        "digest"
    ]
    layout = f"oci:{tmp_path / 'layout'}:x"
    copy(f"docker://{open_to_all.host}/team/churn:x", layout)
    # A host of another name: skopeo would mount the plain layer that it knows of.
    port = open_to_all.host.partition(":")[2]
    copy(layout, f"docker://localhost:{port}/again:x")
    found, raw = open_to_all.manifest("x", "again")
    assert found != digest
    monkeypatch.setenv("MREG_CACHE_DIR", str(tmp_path / "another"))
    address = f"oci://{open_to_all.host}/again:x"
    mreg.ok("get", address, "-o", str(tmp_path / "got"))
    assert files_in(tmp_path / "got") == FOLDER
    done = mreg.ok("verify", address, "--json", repo=repo).json
    assert (done["verdict"], done["passed"]) == ("same-files", True), raw


@pytest.mark.parametrize("kind", ["oci", "modelpack"])
def test_skopeo_pushes_the_layout_that_mreg_wrote(
    kind: str, open_to_all: Served, repo: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    asked = ("package", "churn", "--as", kind)
    done = mreg.ok(*asked, "--to", str(tmp_path / "out"), "--json", repo=repo).json
    target = f"docker://{open_to_all.host}/from-layout:{kind}"
    copy(f"oci:{tmp_path / 'out'}:v1.0.0", target, "--preserve-digests")
    assert open_to_all.manifest(kind, "from-layout")[0] == done["digest"]


def test_an_interrupted_upload_ends_whole(
    open_to_all: Served, repo: Repository, mreg: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is begun anew: this registry does not know an upload any more that broke off."""
    monkeypatch.setattr("mreg.package.bundle._CHUNK", 1 << 12)
    left = [60, 20]
    honest = oci._Upload._left

    def cut(self: oci._Upload) -> Iterator[bytes]:
        for number, chunk in enumerate(honest(self)):
            if left and number == left[0]:
                left.pop(0)
                raise TimeoutError  # what a line looks like that has gone dead
            yield chunk

    monkeypatch.setattr(oci._Upload, "_left", cut)
    address = f"oci://{open_to_all.host}/fresh:cut"
    done = mreg.ok("package", "churn", "--to", address, "--json", repo=repo)
    assert open_to_all.manifest("cut", "fresh")[0] == done.json["digest"]
    assert left == []


@pytest.mark.parametrize(("login", "code"), [("ann:pw", 0), ("ann:wrong", 1), ("", 1)])
def test_who_may_not_write_there_is_told_so(
    login: str, code: int, repo: Repository, mreg: CommandLine, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "passwords").write_text(_HTPASSWD)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    for served in _started(tmp_path, tmp_path / "passwords"):
        auth = base64.b64encode(login.encode()).decode()
        said = {"auths": {served.host: {"auth": auth}}} if login else {}
        (tmp_path / "config.json").write_text(json.dumps(said))
        done = mreg("package", "churn", "--to", served.image, repo=repo)
        assert done.code == code, done.err
        assert ("docker login" in done.err) is bool(code)
        assert bool([*served.folder.rglob("_manifests")]) is not bool(code)
