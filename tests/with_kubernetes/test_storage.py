"""KServe's own storage initializer reads the image that `mreg package --as oci` makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from kserve_storage import Storage
from ruamel.yaml import YAML

from commandline import CommandLine
from image_registry import serving
from models_to_package import MODEL, SOURCE, with_model
from repositories import Maker


@pytest.mark.parametrize(("path", "found"), [("models/churn.onnx", "churn.onnx"), ("models", "")])
def test_the_image_in_a_manifest_is_what_kserve_fetches(
    path: str,
    found: str,
    mreg: CommandLine,
    make_repository: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repo = with_model(make_repository, path=path)
    monkeypatch.setenv("KSERVE_OCI_INSECURE_REGISTRY", "1")
    with serving() as registry:
        storage = registry.image.replace("oci://", "oci+fetch://")
        manifest = mreg.ok(
            *("package", "churn", "--as", "kserve", "--source", SOURCE),
            *("--storage", storage, "--model-format", "onnx"),
            repo=repo,
        ).out
        mreg.ok("package", "churn", "--source", SOURCE, "--to", registry.image, repo=repo)
        uri = YAML(typ="safe").load(manifest)["spec"]["predictor"]["model"]["storageUri"]
        # The webhook writes it so before the initializer gets it.
        Storage.download(uri.replace("oci+fetch://", "oci://"), str(tmp_path / "models"))
    names = [found] if found else ["churn.example.json", "churn.onnx"]
    assert sorted(it.name for it in (tmp_path / "models").iterdir()) == names
    assert (tmp_path / "models" / "churn.onnx").read_bytes() == MODEL
