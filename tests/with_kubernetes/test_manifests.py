"""What `mreg package` writes for clusters is what Kubernetes and KServe take."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from manifests_checked import check, check_kserve, check_model
from ruamel.yaml import YAML

from commandline import CommandLine
from models_to_package import SOURCE, with_model
from repositories import Maker

EXAMPLES = Path(__file__).parents[2] / "examples"
DIGEST = f"sha256:{'0' * 64}"
PINNED = ("--image", f"registry.example.com/churn@{DIGEST}")
IMAGE = ("--image", "registry.example.com/churn:1")
EVERYTHING = ("--namespace", "models", "--replicas", "3", "--trust-pickle", "--name", "risk")
QUANTITIES = ("--requests", "cpu=500m,memory=1.5Gi", "--limits", "memory=2Gi,nvidia.com/gpu=1")
SPREAD = ("--spread", "topology.kubernetes.io/zone", "--secret", "git-login")


def packaged(mreg: CommandLine, make: Maker, *arguments: str) -> Iterator[Any]:
    repo = with_model(make, version="v1.2.0+cuda12")
    said = mreg.ok("package", "churn#prod", "--source", SOURCE, *arguments, repo=repo).out
    yield from YAML(typ="safe").load_all(said)


@pytest.mark.parametrize("more", [(), EVERYTHING, QUANTITIES, SPREAD], ids=str)
def test_kubernetes_takes_the_deployment_and_the_service(
    more: tuple[str, ...], mreg: CommandLine, make_repository: Maker
) -> None:
    for it in packaged(mreg, make_repository, "--as", "kubernetes", *IMAGE, *more):
        check(it)


@pytest.mark.parametrize(
    "more",
    [
        (),
        PINNED,
        (*PINNED, *EVERYTHING, *QUANTITIES),
        ("--storage", "oci+native://registry.example.com/churn", *EVERYTHING),
        ("--model-format", "sklearn", *QUANTITIES),
    ],
    ids=str,
)
def test_kserve_takes_the_inference_service(
    more: tuple[str, ...], mreg: CommandLine, make_repository: Maker
) -> None:
    [found] = packaged(mreg, make_repository, "--as", "kserve", *more)
    check_kserve(found)
    # Its containers are those of Kubernetes, whose schemas know more than KServe's models do.
    predictor = found["spec"]["predictor"]
    if "containers" in predictor:
        spec = {"containers": predictor["containers"], "volumes": predictor["volumes"]}
        check({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec})


def test_kserve_takes_the_storage_container_of_the_example() -> None:
    made = YAML(typ="safe").load(EXAMPLES / "kserve-storage" / "storage-container.yaml")
    check_kserve(made)
    spec = {"containers": [made["spec"]["container"]]}
    check({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec})


def test_what_is_misspelt_would_be_found(mreg: CommandLine, make_repository: Maker) -> None:
    deployment, _ = packaged(mreg, make_repository, "--as", "kubernetes", *IMAGE)
    deployment["spec"]["template"]["spec"]["containers"][0]["imagePullPolicies"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        check(deployment)
    repo = with_model(make_repository, name="other")
    said = mreg.ok("package", "churn", "--source", SOURCE, "--as", "kserve", repo=repo).out
    found = YAML(typ="safe").load(said)
    found["spec"]["predictor"]["model"]["storageURI"] = "x"
    with pytest.raises(AssertionError, match="storageURI"):
        check_kserve(found)
    with pytest.raises(AssertionError):
        check_model({"minReplicas": "2"}, "V1beta1PredictorSpec")
