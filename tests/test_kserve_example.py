"""examples/kserve-storage: the initializer is run as KServe runs it, but for the cluster."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from commandline import CommandLine
from models_to_package import MODEL, with_model
from mreg.integrations.address import URL_SCHEMES
from remotes import copied, make_certificate, served_by_http
from repositories import Maker, Repository

pytestmark = pytest.mark.integration

FOLDER = Path(__file__).parents[1] / "examples" / "kserve-storage"
SCRIPT = FOLDER / "storage_initializer.py"
FILES = {
    "m/MLmodel": b"flavors: {}\n",
    "m/data/model.skops": b"PK",
    "models/churn.onnx": MODEL,
}


def initialize(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the initializer with KServe's arguments."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def served(
    make_repository: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Repository, str]]:
    """A registry that is read over https, and its URL."""
    made = with_model(make_repository, files=FILES, schema=None)
    folder = tmp_path / "served"
    folder.mkdir()
    remote = copied(made, folder / "models.git")
    certificate = make_certificate(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate.file))
    with served_by_http(folder, certificate) as url:
        yield remote, f"{url}/models.git"


def uri(mreg: CommandLine, repo: Repository, url: str, selector: str = "churn") -> str:
    """Return the address that the manifest of a version has."""
    said = mreg.ok("package", selector, "--as", "kserve", "--source", url, repo=repo).out
    found = YAML(typ="safe").load(said)["spec"]["predictor"]["model"]["storageUri"]
    assert isinstance(found, str)
    return found


def tree(folder: Path) -> dict[str, bytes]:
    found = (it for it in folder.rglob("*") if it.is_file())
    return {it.relative_to(folder).as_posix(): it.read_bytes() for it in found}


def test_the_address_in_a_manifest_brings_the_model(
    mreg: CommandLine, served: tuple[Repository, str], tmp_path: Path
) -> None:
    repo, url = served
    models = tmp_path / "mnt" / "models"
    models.mkdir(parents=True)
    address = uri(mreg, repo, url)
    assert address.startswith("mreg+https://127.0.0.1:")
    for _ in range(2):  # Kubernetes runs it again if the pod's sandbox is made anew
        done = initialize(address, str(models))
        assert done.returncode == 0, done.stderr
        assert tree(models) == {"churn.onnx": MODEL}
        assert [it.name for it in models.iterdir()] == ["churn.onnx"]
    assert (models / "churn.onnx").stat().st_mode & 0o444 == 0o444


def test_a_tag_that_was_made_again_is_refused(
    mreg: CommandLine, served: tuple[Repository, str], tmp_path: Path
) -> None:
    repo, url = served
    address = uri(mreg, repo, url)
    assert "?oid=" in address
    repo.git("tag", "-f", "-a", "-m", "Made again", "churn@v1.2.0", "main")
    done = initialize(address, str(tmp_path / "models"))
    assert done.returncode == 1
    assert "made it again" in done.stderr
    assert not (tmp_path / "models").exists()
    done = initialize(address.partition("?")[0], str(tmp_path / "models"))
    assert done.returncode == 0, done.stderr


def test_the_files_of_a_folder_stand_in_the_models_folder_itself(
    make_repository: Maker, tmp_path: Path
) -> None:
    repo = with_model(make_repository, files=FILES, path="m", schema=None)
    address = f"mreg+file://{repo.path}/churn@v1.2.0"
    models = tmp_path / "models"
    (models / "data").mkdir(parents=True)
    (models / "data" / "left").write_text("of an earlier try")
    (models / "other").write_text("of another address")
    words = (address, str(models), address, str(tmp_path / "second"))
    done = initialize(*words)
    assert done.returncode == 0, done.stderr
    wanted = {"MLmodel": FILES["m/MLmodel"], "data/model.skops": FILES["m/data/model.skops"]}
    assert tree(models) == {**wanted, "other": b"of another address"}
    assert tree(tmp_path / "second") == wanted


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("mreg+https://127.0.0.1:9/models.git/churn@v1.2.0",),
        ("s3://bucket/churn", "{folder}"),
        ("mreg+https://127.0.0.1:9/models.git", "{folder}"),
        ("mreg+https://127.0.0.1:9/models.git/churn@v1.2.0/inside", "{folder}"),
        ("mreg+https://127.0.0.1:9/models.git/churn@v1.2.0?write=true", "{folder}"),
        ("mreg+https://127.0.0.1:9/models.git/churn@v1.2.0", "{folder}"),
        ("mreg+https://user:secret@127.0.0.1:9/models.git/churn@v1.2.0", "{folder}"),
        ("mreg+ext::sh -c id/models/churn@v1.2.0", "{folder}"),
        ("mreg+ssh://-oProxyCommand=id/models/churn@v1.2.0", "{folder}"),
    ],
    ids=" ".join,
)
def test_anything_else_ends_in_a_sentence(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script, folder = runpy.run_path(str(SCRIPT)), tmp_path / "models"
    assert script["main"]([it.format(folder=folder) for it in words]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert "secret" not in said
    assert not folder.exists()


def test_a_file_that_was_changed_is_not_handed_out(make_repository: Maker, tmp_path: Path) -> None:
    model = tmp_path / "model.bin"
    model.write_bytes(b"changed")
    repo = with_model(make_repository, files={}, path=model.as_uri(), sha256="0" * 64, schema=None)
    done = initialize(f"mreg+file://{repo.path}/churn@v1.2.0", str(tmp_path / "models"))
    assert done.returncode == 1
    assert tree(tmp_path / "models") == {}


def test_the_container_is_told_as_kserve_asks() -> None:
    made: Any = YAML(typ="safe").load(FOLDER / "storage-container.yaml")
    spec = made["spec"]
    prefixes = [it["prefix"] for it in spec["supportedUriFormats"]]
    assert all(it.removesuffix("://") in URL_SCHEMES for it in prefixes)
    container = spec["container"]
    assert container["name"] == "storage-initializer"
    assert re.fullmatch(r".*@sha256:[0-9a-f]{64}", container["image"])
    assert container["securityContext"]["runAsNonRoot"] is True
    text = (FOLDER / "Containerfile").read_text()
    assert "\nUSER 10001:10001\n" in text
    assert f"COPY {SCRIPT.name} /usr/local/bin/\n" in text
    assert f'ENTRYPOINT ["python", "/usr/local/bin/{SCRIPT.name}"]' in text


def test_git_is_shown_the_secret_for_one_host_alone(tmp_path: Path) -> None:
    made: Any = YAML(typ="safe").load(FOLDER / "storage-container.yaml")
    said = {it["name"]: it.get("value", "") for it in made["spec"]["container"]["env"]}
    environment = {**said, "MREG_USERNAME": "mreg", "MREG_PASSWORD": 'a"b\\n$(id)'}
    assert "$(" not in said["GIT_CONFIG_VALUE_0"]  # Kubernetes would put a variable there
    for host, known in (("git.example.com", True), ("other.example.com", False)):
        done = subprocess.run(
            ["git", "credential", "fill"],
            input=f"protocol=https\nhost={host}\n\n",
            env={**environment, "GIT_TERMINAL_PROMPT": "0", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
        assert ('password=a"b\\n$(id)\n' in done.stdout) is known
