"""An application in this process, and models that are Python functions."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from mreg.annotations.entry import Annotation
from mreg.schemas.model import ModelSchema
from mreg.serve.application import ModelApplication
from mreg.serve.bodies import MOST, BodyReader
from mreg.serve.follow import Follower
from mreg.serve.loaded import LoadOptions
from mreg.serve.shadow import Shadow
from mreg.serve.versions import FetchedVersion, WantedVersion

MODELS: dict[str, Any] = {}
"""What `load` returns, by the name of a version."""

TABLE = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "age": {"type": "integer", "format": "int64"},
            "income": {"type": ["number", "null"], "format": "double"},
            "plan": {"type": "string", "enum": ["basic", "pro"]},
        },
        "required": ["age", "income", "plan"],
    },
}


def load(path: Path) -> Any:
    """Load a model: mreg serve --loader in_process:load."""
    return MODELS[path.name]


class HeldSource:
    """A source of versions that a test names."""

    selector = "churn#prod"
    artifact = "churn"
    name = "a test"
    moves = True

    def __init__(self, schema: ModelSchema, version: str = "v1.0.0", example: Any = None) -> None:
        self.schema = schema
        self.version = version
        self.example = example
        self.error: Exception | None = None
        self.fetched = 0

    def look(self) -> WantedVersion:
        return WantedVersion("churn", self.version, f"churn@{self.version}", "c" * 40)

    def fetch(self, wanted: WantedVersion) -> FetchedVersion:
        self.fetched += 1
        if self.error is not None:
            raise self.error
        annotation = Annotation(schema=self.schema)
        path = Path.cwd() / self.version  # of the tests' own, as conftest.py says
        path.touch()
        return FetchedVersion(wanted, path, "git:0", annotation, self.example)

    def recall(self) -> FetchedVersion:
        return self.fetch(self.look())

    def remember(self, version: FetchedVersion) -> None:
        pass


def follower(source: HeldSource, said: list[str] | None = None, **options: Any) -> Follower:
    """Return what follows a source, and has begun."""
    load_options = LoadOptions("in_process:load", False, None)
    lines = [] if said is None else said
    found = Follower(source, load_options, lines.append, **options)
    found.begin()
    return found


def client(
    model: Any,
    schema: Any = TABLE,
    *,
    most: int = MOST,
    shadow: Shadow | None = None,
    sagemaker: bool = False,
) -> TestClient:
    """Return what asks an application of a model: a function, or what has `predict`."""
    MODELS["v1.0.0"] = model
    served = follower(HeldSource(ModelSchema(input=schema)))
    application = ModelApplication("churn", served, ThreadPoolExecutor(2), BodyReader(most), shadow)
    if sagemaker:
        from mreg.serve import sagemaker as routes

        routes.add_routes(application)
    return TestClient(application.app, raise_server_exceptions=False)


def v2(*inputs: tuple[str, list[int], str, Any], **more: Any) -> dict[str, Any]:
    """Return a request in V2."""
    keys = ("name", "shape", "datatype", "data")
    return {"inputs": [dict(zip(keys, it, strict=True)) for it in inputs], **more}


def binary(request: dict[str, Any], *parts: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the body and headers of a request in V2 with a binary part."""
    head = json.dumps(request).encode()
    return b"".join([head, *parts]), {"Inference-Header-Content-Length": str(len(head))}
