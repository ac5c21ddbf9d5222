"""Signatures as MLflow has them: a model's schema from them, and in their form. Pure.

MLflow has two forms: columns with names and types, and tensors with NumPy's types and shapes. A
column that is not required may be left out, or be null. What MLflow has no type for is `any` there:
uint64, durations, what may be of several types.

Sources: `mlflow.types.schema` of MLflow 3.17.2, and https://mlflow.org/docs/latest/model/signatures
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from mreg.schemas import capture, model
from mreg.schemas.model import ModelSchema, Scalar

Json = dict[str, Any]

_COLUMNS: Final[dict[str, Json]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "format": "int32"},
    "long": {"type": "integer", "format": "int64"},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "string": {"type": "string"},
    "binary": {"type": "string", "contentEncoding": "base64"},
    "datetime": {"type": "string", "format": "date-time"},
}
"""The types of columns, as JSON Schema."""

_TENSORS: Final[dict[str, Json]] = {
    **{name: {"type": "integer", "format": name} for name in model.INTEGERS},
    "float16": {"type": "number", "format": "float16"},
    "float32": {"type": "number", "format": "float"},
    "float64": {"type": "number", "format": "double"},
    "bool": {"type": "boolean"},
    "str": {"type": "string"},
    "object": {"type": "string"},
}
"""The types of tensors, as JSON Schema."""

MOST_LEVELS: Final = 6
"""What nests deeper in a column may be anything: annotations are nested 20 deep at most."""


# From a schema to a signature


def signature(said: ModelSchema) -> dict[str, list[Json]]:
    """Return what MLflow's signature says of a model: `inputs` and `outputs`, if anything.

    A file MLmodel, and `ModelSignature.from_dict`, have each of them as a text of JSON.
    """
    sides = {"inputs": said.input, "outputs": said.output}
    return {side: found for side, it in sides.items() if it is not None and (found := _specs(it))}


def _specs(schema: Json) -> list[Json]:
    if (one := model.tensor(schema)) is not None:
        if one.type == "string" and one.shape == (model.OPEN,):  # a list of texts, as MLflow has it
            return [{**_type(schema["items"], MOST_LEVELS), "required": True}]
        return [_tensor(one)]
    if (several := model.tensors(schema)) is not None:
        return [{"name": name, **_tensor(it)} for name, it in several.items()]
    rows = schema["items"] if model.columns(schema) is not None else schema
    if not _is_object(rows):
        return [{**_type(schema, MOST_LEVELS), "required": True}]
    needed = model.required(rows)
    return [
        {
            **_type(it, MOST_LEVELS),
            "name": name,
            "required": name in needed and not _is_nullable(it),
        }
        for name, it in rows["properties"].items()
    ]


def _tensor(it: model.Tensor) -> Json:
    found = {"dtype": _dtype(it), "shape": list(it.shape)}
    return {"type": "tensor", "tensor-spec": found}


def _dtype(it: model.Tensor) -> str:
    if it.type == "integer":
        return it.format if it.format in model.INTEGERS else "int64"
    if it.type == "number":
        return {"float16": "float16", "bfloat16": "float32", "float": "float32"}.get(
            it.format or "", "float64"
        )
    return "bool" if it.type == "boolean" else "str"


def _type(schema: Any, left: int) -> Json:
    """Return the type of a column, or of what is in it."""
    if (value := model.scalar(schema)) is not None:
        return {"type": _name(value)}
    if not left or not isinstance(schema, Mapping):
        return {"type": "any"}
    types = [it for it in model.types_of(schema) or () if it != model.NULL]
    if types == ["array"] and "items" in schema:
        return {"type": "array", "items": _type(schema["items"], left - 1)}
    if types == ["object"] and _is_object(schema) and schema["properties"]:
        needed = model.required(schema)
        properties = {
            name: {
                **_type(it, left - 1),
                "required": name in needed and not _is_nullable(it),
            }
            for name, it in schema["properties"].items()
        }
        return {"type": "object", "properties": properties}
    if types == ["object"] and isinstance(schema.get("additionalProperties"), Mapping):
        return {"type": "map", "values": _type(schema["additionalProperties"], left - 1)}
    return {"type": "any"}


def _name(it: Scalar) -> str:
    if it.type == "integer":
        least, most = model.INTEGERS.get(it.format or "", model.INTEGERS["int64"])
        fits = (name for name in ("int32", "int64") if _holds(name, least, most))
        return {"int32": "integer", "int64": "long"}.get(next(fits, ""), "any")
    if it.type == "number":
        return "float" if it.format in ("float16", "bfloat16", "float") else "double"
    if it.type == "string":
        names = {model.BINARY: "binary", "date": "datetime", "date-time": "datetime"}
        return "any" if it.format == "duration" else names.get(it.format or "", "string")
    return it.type


def _holds(name: str, least: int, most: int) -> bool:
    low, high = model.INTEGERS[name]
    return bool(low <= least and most <= high)


def _is_object(schema: Any) -> bool:
    if not isinstance(schema, Mapping) or not isinstance(schema.get("properties"), Mapping):
        return False
    return isinstance(schema.get("required", []), list)


def _is_nullable(schema: Any) -> bool:
    types = model.types_of(schema) if isinstance(schema, Mapping) else None
    return types is None or model.NULL in types


# From a signature to a schema


def schema(inputs: Any, outputs: Any) -> ModelSchema | None:
    """Return the schema that a signature's parts describe, read from their JSON.

    Of a part in another form than MLflow's, or with more columns than are captured elsewhere,
    nothing is said; None if that is so of both.
    """
    sides = _described(inputs), _described(outputs)
    return ModelSchema(*sides) if any(it is not None for it in sides) else None


def _described(specs: Any) -> Json | None:
    if not isinstance(specs, list) or not 0 < len(specs) <= capture.MOST_COLUMNS:
        return None
    if not all(isinstance(it, dict) for it in specs):
        return None
    names = [it.get("name") for it in specs]
    named = all(map(_is_name, names)) and len({*names}) == len(names)
    if all(it.get("type") == "tensor" for it in specs):
        return _of_tensors(specs, names if named else None)
    if named:
        return {"type": "array", "items": _of_properties(dict(zip(names, specs, strict=True)))}
    one = len(specs) == 1 and names == [None] and specs[0].get("type") != "tensor"
    return {"type": "array", "items": _of_type(specs[0], MOST_LEVELS)} if one else None


def _of_tensors(specs: Sequence[Json], names: Sequence[Any] | None) -> Json | None:
    found = [_of_tensor(it.get("tensor-spec")) for it in specs]
    if any(it is None for it in found):
        return None
    if names is None:
        return found[0] if len(found) == 1 else None
    properties = dict(zip(names, found, strict=True))
    return {"type": "object", "properties": properties, "required": list(names)}


def _of_tensor(spec: Any) -> Json | None:
    shape = spec.get("shape") if isinstance(spec, dict) else None
    if not isinstance(shape, list) or not 0 < len(shape) <= capture.MOST_LEVELS:
        return None
    if any(isinstance(it, bool) or not isinstance(it, int) for it in shape):
        return None
    dtype = str(spec.get("dtype"))
    if dtype.startswith("datetime64"):
        dtype = "datetime64"
    found: Json = {**_TENSORS, "datetime64": _COLUMNS["datetime"]}.get(dtype, {})
    for size in reversed(shape):
        fixed = {} if size < 0 else {"minItems": size, "maxItems": size}
        found = {"type": "array", **fixed, "items": found}
    return found


def _of_properties(specs: Mapping[str, Any], left: int = MOST_LEVELS) -> Json:
    """Return the object whose properties are described; what is not required may be null, too."""
    properties, needed = {}, []
    for name, it in specs.items():
        found = _of_type(it, left)
        if isinstance(it, dict) and it.get("required", True) is True:
            needed.append(name)
        elif "type" in found:
            found = {**found, "type": [found["type"], model.NULL]}
        properties[name] = found
    return {"type": "object", "properties": properties, "required": needed}


def _of_type(spec: Any, left: int) -> Json:
    kind = spec.get("type") if isinstance(spec, dict) else None
    if not left or not isinstance(kind, str):
        return {}
    if kind == "array":
        return {"type": "array", "items": _of_type(spec.get("items"), left - 1)}
    if kind == "object" and _is_described(spec.get("properties")):
        return _of_properties(spec["properties"], left - 1)
    if kind == "map":
        return {"type": "object", "additionalProperties": _of_type(spec.get("values"), left - 1)}
    return dict(_COLUMNS.get(kind, {}))


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and len(name) <= capture.MOST_LETTERS


def _is_described(properties: Any) -> bool:
    """Tell whether the properties of an object can stand in an annotation."""
    few = isinstance(properties, dict) and len(properties) <= capture.MOST_COLUMNS
    return few and all(map(_is_name, properties))
