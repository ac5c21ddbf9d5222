"""Versions to be packaged: a model with requirements, a schema and an example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from repositories import Maker, Repository, Tag

SOURCE = "https://git.example.com/team/models.git"
MODEL = b"\x08\x07\x12\x04test"
EXAMPLE = b'{"input": [{"age": 40}], "output": [1]}'
REQUIREMENTS = ("scikit-learn==1.9.1", "numpy>=2")

ANNOTATION: Mapping[str, Any] = {
    "type": "model",
    "path": "models/churn.onnx",
    "description": "Who will leave",
    "framework": {"name": "scikit-learn", "version": "1.9.1"},
    "requirements": list(REQUIREMENTS),
    "custom": {"python": "3.12.4"},
    "schema": {
        "input": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"age": {"type": "integer", "format": "int64"}},
                "required": ["age"],
            },
        },
        "example": "models/churn.example.json",
    },
}


def with_model(
    make: Maker,
    *,
    artifact: str = "churn",
    version: str = "v1.2.0",
    files: Mapping[str, bytes] | None = None,
    stage: str = "prod",
    name: str = "repository",
    **said: Any,
) -> Repository:
    """Make a repository in which a version of an artifact is registered and in a stage.

    Args:
        make: makes repositories.
        artifact: the artifact's name, as tags have it.
        version: the version.
        files: the files of its commit beside the annotation; None: a model and its example.
        stage: the stage.
        name: the name of the repository's folder.
        said: what its annotation says that `ANNOTATION` does not.
    """
    found = {"models/churn.onnx": MODEL, "models/churn.example.json": EXAMPLE}
    annotation = {key: it for key, it in {**ANNOTATION, **said}.items() if it is not None}
    # JSON is YAML, too.
    text = json.dumps({artifact.rpartition("=")[2]: annotation}).encode()
    folder = artifact.rpartition("=")[0]
    entry = f"{folder}/artifacts.yaml" if folder else "artifacts.yaml"
    return make(
        [
            Tag(f"{artifact}@{version}", time=3600),
            Tag(f"{artifact}#{stage}#1", time=7200, message=f"Promote.\n\nVersion: {version}"),
        ],
        commits=[{**(found if files is None else files), entry: text}],
        name=name,
    )
