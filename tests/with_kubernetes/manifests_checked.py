"""Manifests held against what others say of their form."""

from __future__ import annotations

import re
from typing import Any

import kserve.models
import kubernetes.client.models
import kubernetes_validate

VERSIONS = ("1.31", "1.33", "1.35", "1.37")
"""Those of Kubernetes whose schemas are asked."""


def check(manifest: Any) -> None:
    """Hold a manifest of Kubernetes' own against its schemas; no field may be unknown to them."""
    for version in VERSIONS:
        kubernetes_validate.validate(manifest, version, strict=True)


def check_kserve(manifest: Any) -> None:
    """Hold a manifest of KServe's against the models of its SDK; no field may be unknown to them.

    The SDK itself leaves out what it does not know, without a word.
    """
    group, version = manifest["apiVersion"].split("/")
    assert group == "serving.kserve.io"
    check_model(manifest, f"{version.capitalize()}{manifest['kind']}")


def check_model(value: Any, kind: str, at: str = "") -> None:
    """Hold a value against the type that the SDK names."""
    if inner := re.fullmatch(r"[Ll]ist\[(.*)\]", kind):
        assert isinstance(value, list), at
        for number, it in enumerate(value):
            check_model(it, inner[1], f"{at}[{number}]")
    elif inner := re.fullmatch(r"[Dd]ict[(\[]str, (.*)[)\]]", kind):
        assert isinstance(value, dict), at
        for key, it in value.items():
            check_model(it, inner[1], f"{at}.{key}")
    elif model := getattr(kserve.models, kind, None) or getattr(
        kubernetes.client.models, kind, None
    ):
        names = {key: name for name, key in model.attribute_map.items()}
        for key, it in value.items():
            assert key in names, f"{at}.{key} is not known to {kind}"
            check_model(it, model.openapi_types[names[key]], f"{at}.{key}")
        model(**{names[key]: it for key, it in value.items()})  # which asks for what has to be
    else:
        types = {"str": str, "int": int, "bool": bool, "ResourceQuantity": str, "object": object}
        assert isinstance(value, types[kind]), (at, kind, value)
