"""A made-up registry to import from, whose answers a test decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mreg.errors import RemoteError
from mreg.importers.source import ImportSource, SourceModel, SourceVersion, VersionDetails

PLACE = "made:https://models.example.com"


def version(model: str, number: int, created: int, **more: Any) -> SourceVersion:
    """Return a version that was registered so many seconds after 1970."""
    made = SourceVersion(str(number), created * 1000, f"{PLACE}/{quote(model, safe='')}/{number}")
    return made._replace(**more)


def model(name: str, *versions: SourceVersion, **more: Any) -> SourceModel:
    """Return a model with versions."""
    return SourceModel(name, f"{PLACE}/{quote(name, safe='')}/", versions=versions)._replace(**more)


class MadeUpSource(ImportSource):
    """A registry of values.

    Attributes:
        held: its models.
        files: the files of each version.
        before: is called with the number of each version before it is looked at.
    """

    kind = "made"
    title = "a made-up registry"
    address = "https://models.example.com"

    def __init__(self, *models: SourceModel, files: dict[str, bytes] | None = None) -> None:
        self.held = models
        self.files = files or {}
        self.before: Callable[[str], None] = lambda _: None

    def names(self) -> Sequence[str]:
        return [it.name for it in self.held]

    def models(self, names: Sequence[str]) -> Sequence[SourceModel]:
        return [it for it in self.held if it.name in names]

    def details(
        self, model: SourceModel, version: SourceVersion, folder: Path | None
    ) -> VersionDetails:
        self.before(version.number)
        fields = {"metrics": {"accuracy": int(version.number) / 10, "loss": float("nan")}}
        return VersionDetails(fields, {"run": "r-1"}, f"s3://bucket/{version.number}")

    def download(self, model: SourceModel, version: SourceVersion, folder: Path) -> None:
        if not self.files:
            raise RemoteError("the bucket is gone")
        for path, content in self.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
