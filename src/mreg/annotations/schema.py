"""What annotation files may hold: the border where everything is checked, and its JSON Schema.

Only checking and editing import this module, and with it pydantic.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from mreg import names
from mreg.annotations import entry
from mreg.annotations.findings import Fault, Location
from mreg.queries import suggestion

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _number(value: Any) -> Any:
    if not entry.is_number(value):
        raise PydanticCustomError("MA021", "is not a number")
    return value


def _version(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise PydanticCustomError(
            "MA022", "is a number to YAML, which drops zeros; put it in quotes"
        )
    return value


Number = Annotated[
    float,
    BeforeValidator(_number),
    WithJsonSchema({"type": "number"}),
]
VersionText = Annotated[str, BeforeValidator(_version)]

# The tags of a union stand in an error's location, where no key of a file can be like them.
_FILES, _VALUES, _TEXT = "<files>", "<values>", "<text>"


def _files_or_values(value: Any) -> str:
    return _FILES if isinstance(value, list) else _VALUES


def _text_or_list(value: Any) -> str:
    return _FILES if isinstance(value, list) else _TEXT


Role = Literal["training", "validation", "base", "code"]
ROLES: tuple[str, ...] = get_args(Role)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Framework(_Strict):
    """What the artifact was made with."""

    name: Annotated[str, Field(description="Its name: scikit-learn, torch, ...")]
    version: Annotated[
        VersionText | None,
        Field(description='Its version, in quotes: "1.10" is not the number 1.1.'),
    ] = None


class Input(_Strict):
    """One thing that the artifact was made from: a path, an artifact or a URL."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [it]} for it in ("path", "artifact", "url")]}
    )

    path: Annotated[
        str | None, Field(description="A file or folder in the repository, seen from this file.")
    ] = None
    artifact: Annotated[
        str | None, Field(description="Another artifact: raw@v1.0.0, raw#prod or raw.")
    ] = None
    repo: Annotated[
        str | None, Field(description="The repository that has that artifact, if it is another.")
    ] = None
    url: Annotated[str | None, Field(description="Where it was fetched from.")] = None
    sha256: Annotated[
        str | None,
        Field(description="The SHA-256 of what was fetched.", pattern="^[0-9a-fA-F]{64}$"),
    ] = None
    role: Annotated[
        Role | None,
        Field(description="What it was used for."),
    ] = None

    @model_validator(mode="after")
    def _one_of_three(self) -> Input:
        said = [name for name in ("path", "artifact", "url") if getattr(self, name) is not None]
        if not said:
            raise PydanticCustomError("MA023", "says neither path nor artifact nor url")
        if len(said) > 1:
            raise PydanticCustomError("MA021", f"says {' and '.join(said)}; it can be one alone")
        for name, whose in (("repo", "artifact"), ("sha256", "url")):
            if getattr(self, name) is not None and said != [whose]:
                raise PydanticCustomError("MA021", f"says {name}, which goes with {whose}")
        return self


class Signature(_Strict):
    """What goes in and what comes out."""

    input: Annotated[Any, Field(description="The input's schema: columns, or JSON Schema.")] = None
    output: Annotated[Any, Field(description="The output's schema.")] = None
    inputs: Annotated[Any, Field(description="The same as input, as MLflow spells it.")] = None
    outputs: Annotated[Any, Field(description="The same as output, as MLflow spells it.")] = None
    params: Annotated[Any, Field(description="Params at inference, as MLflow has them.")] = None


Files = Annotated[list[str], Field(description="Files, seen from this file.")]


Metrics = Annotated[
    Annotated[dict[str, Number], Tag(_VALUES)] | Annotated[Files, Tag(_FILES)],
    Discriminator(_files_or_values),
]
Params = Annotated[
    Annotated[dict[str, Any], Tag(_VALUES)] | Annotated[Files, Tag(_FILES)],
    Discriminator(_files_or_values),
]
Requirements = Annotated[
    Annotated[str, Tag(_TEXT)] | Annotated[list[str], Tag(_FILES)],
    Discriminator(_text_or_list),
]


class Entry(_Strict):
    """What an artifact is."""

    type: Annotated[str | None, Field(description="model, dataset, ...")] = None
    path: Annotated[
        str | None,
        Field(description="A file or folder in the repository, seen from this file; or a URL."),
    ] = None
    description: Annotated[str | None, Field(description="What it is, in words.")] = None
    labels: Annotated[list[str] | None, Field(description="Words to find it by.")] = None
    framework: Framework | None = None
    owner: Annotated[str | None, Field(description="Who answers for it.")] = None
    license: Annotated[str | None, Field(description="Its licence: Apache-2.0, ...")] = None
    metrics: Annotated[
        Metrics | None, Field(description="Numbers by name; or the files that they are read from.")
    ] = None
    params: Annotated[
        Params | None,
        Field(description="What it was trained with, by name; or the files that say it."),
    ] = None
    inputs: Annotated[list[Input] | None, Field(description="What it was made from.")] = None
    signature: Signature | None = None
    requirements: Annotated[
        Requirements | None,
        Field(description="A requirements file, seen from this file; or the requirements."),
    ] = None
    custom: Annotated[Any, Field(description="Anything.")] = None
    desc: Annotated[
        str | None, Field(description="The old name of description.", deprecated=True)
    ] = None
    virtual: Annotated[
        bool | None,
        Field(description="Of GTO: the path is not in the repository.", deprecated=True),
    ] = None


class ArtifactsFile(RootModel[dict[str, Entry | None]]):
    """An artifacts.yaml: what each artifact is, by its name."""


class DvcEntry(_Strict):
    """An artifact in the artifacts section of a dvc.yaml."""

    path: str
    type: str | None = None
    desc: str | None = None
    labels: list[str] | None = None
    meta: Any = None


def check_entry(name: str, value: Any, *, of_dvc: bool = False) -> Iterator[Fault]:
    """Iterate over what is wrong with an artifact's entry: its fields and their types.

    Args:
        name: the artifact's name in the file.
        value: the entry.
        of_dvc: whether it is one of a dvc.yaml.
    """
    if value is None and not of_dvc:
        return
    model = DvcEntry if of_dvc else Entry
    try:
        model.model_validate(value)
    except ValidationError as error:
        for it in error.errors(include_url=False):
            yield _fault(name, it, model)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of an artifacts.yaml (draft 2020-12)."""
    name = "".join(names.ARTIFACT_IN_TAG.split()).replace("=", ":")
    schema: dict[str, Any] = _brief(ArtifactsFile.model_json_schema())
    return {
        "$schema": DIALECT,
        "title": "artifacts.yaml of mreg",
        "propertyNames": {"pattern": f"^{name}$"},
        **schema,
    }


def _brief(schema: Any) -> Any:
    """Leave out what pydantic says of each field and no editor needs: titles and null defaults."""
    if isinstance(schema, list):
        return [_brief(it) for it in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _brief(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value is None)
    }


_SHORT = 60

_WANTED = {
    "string_type": "a text",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "bool_type": "true or false",
}


def _fault(name: str, error: ErrorDetails, model: type[BaseModel]) -> Fault:
    """Put one of pydantic's errors in our words."""
    steps = tuple(it for it in error["loc"] if it not in (_FILES, _VALUES, _TEXT))
    location: Location = (name, *steps)
    what = _named(steps) or name
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        hint = _did_you_mean(str(steps[-1]), _fields_at(steps[:-1], model))
        return Fault("MA020", location, f"unknown field {steps[-1]!r}", hint, at_key=True)
    if kind == "missing":
        owner = _named(steps[:-1]) or name
        return Fault("MA023", location[:-1], f"{owner} has no {steps[-1]}", at_key=True)
    if kind in ("MA021", "MA022", "MA023"):
        return Fault(kind, location, f"{what} {error['msg']}")
    if kind in _WANTED:
        hint = "put it in quotes" if kind == "string_type" and _is_scalar(value) else ""
        message = f"{what} is {_shown(value)}, not {_WANTED[kind]}"
        return Fault("MA021", location, message, hint)
    if kind == "string_pattern_mismatch":
        message = f"{what} is {_shown(value)}, not 64 hexadecimal digits"
        return Fault("MA021", location, message)
    if kind == "literal_error":
        message = f"{what} is {_shown(value)}, not one of {', '.join(ROLES)}"
        return Fault("MA021", location, message, suggestion(str(value), ROLES))
    return Fault("MA021", location, f"{what}: {_lower(error['msg'])}")


def _named(steps: Location) -> str:
    """Return a location as people write it: inputs[1].role."""
    parts = (f"[{it}]" if isinstance(it, int) else f".{it}" for it in steps)
    return "".join(parts).removeprefix(".")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (dict, list))


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text {value!r}" if len(value) <= _SHORT else "a text"
    return "nothing" if value is None else f"{str(value).lower()}"


_INNER: dict[str | int, type[BaseModel]] = {
    "framework": Framework,
    "inputs": Input,
    "signature": Signature,
}


def _fields_at(steps: Location, model: type[BaseModel]) -> list[str]:
    holder = _INNER.get(steps[0], model) if steps else model
    return list(holder.model_fields)


def _did_you_mean(wanted: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else f"the fields are {', '.join(known)}"
