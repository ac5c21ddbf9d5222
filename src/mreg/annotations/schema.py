"""What annotation files may hold: the border where everything is checked, and its JSON Schema.

Only checking and editing import this module, and with it pydantic.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mreg.annotations import entry, shapes
from mreg.annotations.entry import Shape
from mreg.annotations.shapes import DIALECT, LIST, MAPPING, SCALAR, Strict, one_of, optional
from mreg.core import names
from mreg.core.diagnostics import Diagnostic


def _version(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        said = "is a number in YAML, which drops zeros; put it in quotes"
        raise PydanticCustomError("MA022", said)
    return value


VersionText = Annotated[str, BeforeValidator(_version)]


def _checksum(value: str) -> str:
    if not entry.SHA256.fullmatch(value):
        said = {"shown": shapes.shown(value)}
        raise PydanticCustomError("MA021", "is {shown}, not 64 hexadecimal digits", said)
    return value


Checksum = Annotated[
    str,
    AfterValidator(_checksum),
    WithJsonSchema({"type": "string", "pattern": f"^{entry.SHA256.pattern}$"}),
]


def _metric(value: Any) -> Any:
    number = entry.as_metric(value)
    if number is None:
        said = {"shown": shapes.shown(value)}
        raise PydanticCustomError("MA021", "is {shown}, not a number", said)
    return number


Metric = Annotated[
    float,
    BeforeValidator(_metric),
    WithJsonSchema({"type": ["number", "string"], "pattern": f"^({entry.NOT_FINITE})$"}),
]
Role = Literal["training", "validation", "base", "code"]


class Framework(Strict):
    """The framework that the artifact was made with."""

    name: Annotated[str, Field(description="The name: scikit-learn, torch, ...")]
    version: VersionText | None = optional(
        'The version, in quotes: "1.10", since 1.10 is the number 1.1.'
    )


class Input(Strict):
    """An input of the artifact: a path, an artifact or a URL."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [it]} for it in ("path", "artifact", "url")]}
    )

    path: str | None = optional("A file or folder in the repository, relative to this file.")
    artifact: str | None = optional("Another artifact: raw@v1.0.0, raw#prod or raw.")
    repo: str | None = optional("The repository of that artifact, if it is not this one.")
    url: str | None = optional("The URL that it was downloaded from.")
    sha256: Checksum | None = optional("The SHA-256 of the downloaded file.")
    role: Role | None = optional("The purpose of the input.")

    @model_validator(mode="after")
    def _one_of_three(self) -> Input:
        said = [name for name in ("path", "artifact", "url") if getattr(self, name) is not None]
        if not said:
            raise PydanticCustomError("MA023", "has no path, artifact or url")
        if len(said) > 1:
            raise PydanticCustomError("MA021", f"has {' and '.join(said)}; keep only one of them")
        for name, whose in (("repo", "artifact"), ("sha256", "url")):
            if getattr(self, name) is not None and said != [whose]:
                raise PydanticCustomError("MA021", f"has {name}, which requires {whose}")
        return self


JsonSchema = Annotated[dict[str, Any], WithJsonSchema({"type": "object"})]
Method = Literal["predict", "predict_proba", "transform", "__call__"]


class ModelSchema(Strict):
    """The input and output of the model, as JSON Schema (draft 2020-12)."""

    input: JsonSchema | None = optional("The JSON Schema of the input.")
    output: JsonSchema | None = optional("The JSON Schema of the output.")
    methods: list[Method] | None = optional("The methods that the model has.")
    example: str | None = optional(
        "A JSON file with an example: {input: ..., output: ...}, relative to this file."
    )


class Signature(Strict):
    """The input and output of the model, in any form."""

    input: Any = optional("The schema of the input: columns, or JSON Schema.")
    output: Any = optional("The schema of the output.")
    inputs: Any = optional("The same as input, in MLflow's spelling.")
    outputs: Any = optional("The same as output, in MLflow's spelling.")
    params: Any = optional("The params at inference, as in MLflow.")


Files = Annotated[list[str], Field(description="Files, relative to this file.")]
Value = TypeVar("Value")
ValuesOrFiles = Annotated[
    Annotated[dict[str, Value], Tag(MAPPING)] | Annotated[Files, Tag(LIST)],
    Discriminator(one_of(MAPPING, LIST)),
]
Metrics = ValuesOrFiles[Metric]
Params = ValuesOrFiles[Any]
Requirements = Annotated[
    Annotated[str, Tag(SCALAR)] | Annotated[list[str], Tag(LIST)],
    Discriminator(one_of(SCALAR, LIST)),
]


_TYPES: dict[Shape, Any] = {
    "text": str,
    "path": str,
    "checksum": Checksum,
    "texts": list[str],
    "tool": Framework,
    "numbers": Metrics,
    "values": Params,
    "inputs": list[Input],
    "schema": ModelSchema,
    "signature": Signature,
    "requirements": Requirements,
    "anything": Any,
}


def _fields() -> Iterator[tuple[str, Any]]:
    """Iterate over the fields of an entry, each with its type and what is said of it."""
    for it in entry.TABLE:
        kind = _TYPES[it.shape]
        kind = kind if kind is Any else kind | None
        own = hasattr(BaseModel, it.name)  # pydantic has `schema` for something of its own
        name = f"{it.name}_" if own else it.name
        yield name, (kind, Field(None, alias=it.name, description=it.about or None))
    old, of_gto = "The old name of description.", "From GTO: the path is not in the repository."
    yield "desc", (str | None, optional(old, deprecated=True))
    yield "virtual", (bool | None, optional(of_gto, deprecated=True))


class _EntryModel(Strict):
    """What is asked of an entry as a whole."""

    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"sha256": ["path"]}})

    @model_validator(mode="after")
    def _checksum_of_something(self) -> Self:
        if getattr(self, "sha256", None) is not None and getattr(self, "path", None) is None:
            raise PydanticCustomError("MA021", "has sha256, which requires path")
        return self


Entry = create_model(
    "Entry", __base__=_EntryModel, __doc__="The annotation of an artifact.", **dict(_fields())
)


class ArtifactsFile(RootModel[dict[str, Entry | None]]):  # type: ignore[valid-type] # made above
    """The annotations of artifacts, by name: artifacts.yaml."""


class DvcEntry(Strict):
    """An artifact in the artifacts section of a dvc.yaml."""

    path: str
    type: str | None = None
    desc: str | None = None
    labels: list[str] | None = None
    meta: Any = None


def check_entry(name: str, value: Any, *, of_dvc: bool = False) -> Iterator[Diagnostic]:
    """Iterate over what is wrong with an artifact's entry: its fields and their types."""
    if value is not None or of_dvc:
        yield from shapes.read(DvcEntry if of_dvc else Entry, value, (name,))[1]


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an artifacts.yaml (draft 2020-12)."""
    name = "".join(names.ARTIFACT_IN_TAG.split()).replace("=", ":")
    schema: dict[str, Any] = shapes.brief(ArtifactsFile.model_json_schema())
    return {
        "$schema": DIALECT,
        "title": "artifacts.yaml of mreg",
        "propertyNames": {"pattern": f"^{name}$"},
        **schema,
    }
