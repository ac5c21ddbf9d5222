"""A registry of models that tell by their answers which version they are.

Version number k answers 1000 * k + age. One of the five is broken, and one has a schema with a
column more, which may be left out.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import skops.io
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from mreg.registry import Registry
from repositories import run

BROKEN, WIDER = 3, 4
"""Which of the versions is broken, and which has another schema."""

PROPERTIES: dict[str, Any] = {
    "age": {"type": "integer", "format": "int64"},
    "income": {"type": ["number", "null"], "format": "double"},
    "plan": {"type": "string", "enum": ["basic", "pro"]},
}
ROWS = pd.DataFrame(
    {"age": [20, 30, 40], "income": [1.0, 2.0, 3.0], "plan": ["basic", "pro", "basic"]}
)


def name_of(number: int) -> str:
    """Return the version with a number."""
    return f"v1.{number}.0"


def model(number: int) -> Any:
    """Return the model of a version."""
    numbers = make_column_transformer(("passthrough", ["age"]))
    return make_pipeline(numbers, LinearRegression()).fit(ROWS, ROWS.age + 1000 * number)


def schema(number: int) -> dict[str, Any]:
    """Return the schema of a version."""
    more = {"region": {"type": ["string", "null"]}} if number == WIDER else {}
    rows = {"type": "object", "properties": PROPERTIES | more, "required": list(PROPERTIES)}
    return {
        "input": {"type": "array", "items": rows},
        "output": {"type": "array", "items": {"type": "number", "format": "double"}},
        "methods": ["predict"],
        "example": "churn.example.json",
    }


class ServedRegistry(NamedTuple):
    """A work tree, and the bare repository that is its remote."""

    folder: Path
    remote: Path

    @property
    def url(self) -> str:
        """The URL of the remote."""
        return self.remote.as_uri()

    @property
    def registry(self) -> Registry:
        """The registry in the work tree."""
        return Registry.open(self.folder)

    @classmethod
    def make(cls, folder: Path, versions: int = 5) -> ServedRegistry:
        """Make one, whose first version is in production."""
        found = cls(folder / "work", folder / "remote.git")
        found.folder.mkdir()
        run(folder, "init", "-q", "--bare", "-b", "main", str(found.remote))
        run(found.remote, "config", "uploadpack.allowFilter", "true")
        run(found.remote, "config", "uploadpack.allowAnySHA1InWant", "true")
        run(found.folder, "init", "-q", "-b", "main")
        run(found.folder, "remote", "add", "origin", str(found.remote))
        for number in range(versions):
            found.add(number)
        found.promote(0)
        return found

    def add(self, number: int) -> None:
        """Commit, register and push a version."""
        fitted = model(number)
        skops.io.dump(fitted, self.folder / "churn.skops")
        if number == BROKEN:
            (self.folder / "churn.skops").write_bytes(b"no model")
        example = {
            "input": ROWS.to_dict("records"),
            "output": fitted.predict(ROWS).tolist(),
        }
        (self.folder / "churn.example.json").write_text(json.dumps(example))
        entry = {"type": "model", "path": "churn.skops", "schema": schema(number)}
        (self.folder / "artifacts.yaml").write_text(json.dumps({"churn": entry}))
        run(self.folder, "add", "-A")
        run(self.folder, "commit", "-q", "-m", f"Train {name_of(number)}")
        run(self.folder, "push", "-q", "origin", "main")
        self.registry.register("churn", version=name_of(number), push=True)

    def promote(self, number: int, stage: str = "prod") -> None:
        """Promote a version, and push that."""
        self.registry.promote(f"churn@{name_of(number)}", stage, push=True)

    def copied(self, folder: Path) -> ServedRegistry:
        """Return a copy in another folder."""
        found = ServedRegistry(folder / "work", folder / "remote.git")
        shutil.copytree(self.folder, found.folder)
        shutil.copytree(self.remote, found.remote)
        run(found.folder, "remote", "set-url", "origin", str(found.remote))
        return found
