"""Requests and answers of the Open Inference Protocol, V2, with its binary extension.

Source: https://github.com/kserve/open-inference-protocol (inference_rest.md and
extension_binary_data.md).
"""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import orjson

from mreg.serve import cells, encode
from mreg.serve.encode import TensorOutput
from mreg.serve.inputs import TensorInput
from mreg.serve.refusals import RequestRefused, WrongValue, quoted
from mreg.tuples import NamedTuple

LENGTH_HEADER = "inference-header-content-length"
"""How many bytes of a body are JSON, where a binary part comes behind it."""

_MOST_INPUTS = 10_000
_MOST_DIMENSIONS = 32
_MOST_VALUES = 1 << 40
"""So large may a shape be, without its sizes of nothing: what no body could fill is no shape."""


class RequestedOutput(NamedTuple):
    """An output that a client wants, and whether as bytes."""

    name: str
    binary: bool


class V2Request(NamedTuple):
    """A request.

    Attributes:
        outputs: the outputs that are wanted; None: all.
        binary: whether those that are not named are wanted as bytes.
    """

    id: str
    inputs: list[TensorInput]
    outputs: list[RequestedOutput] | None
    binary: bool


class Body(NamedTuple):
    """The body of an answer; how many bytes of it are JSON if something comes behind."""

    raw: bytes
    header: int | None = None


def parse_json(raw: bytes | memoryview) -> Any:
    """Return what JSON says.

    Raises:
        RequestRefused: it is none.
    """
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise RequestRefused(f"the body is not valid JSON: {error}") from None


def parse(raw: bytes, header: str | None) -> V2Request:
    """Return what a request says.

    Args:
        raw: the body.
        header: what its header `LENGTH_HEADER` says; None if it has none.

    Raises:
        RequestRefused: it is no request.
    """
    length = len(raw)
    if header is not None:
        if not (re.fullmatch("[0-9]{1,18}", header) and int(header) <= length):
            raise RequestRefused(
                f"{LENGTH_HEADER} is {quoted(header)}, but the body has {length} bytes"
            )
        length = int(header)
    whole = memoryview(raw)
    said = parse_json(whole[:length])
    if not isinstance(said, dict) or not isinstance(inputs := said.get("inputs"), list):
        raise RequestRefused("the body must be an object with a list `inputs`")
    if len(inputs) > _MOST_INPUTS:
        raise RequestRefused(f"inputs: there are {len(inputs)}; at most {_MOST_INPUTS} are allowed")
    rest = _Rest(whole[length:])
    found = [_input(place, it, rest) for place, it in enumerate(inputs)]
    if rest.left():
        raise RequestRefused(f"{rest.left()} bytes after the JSON do not belong to an input")
    parameters = _parameters(said, "the request")
    return V2Request(_id(said), found, _outputs(said), parameters.get("binary_data_output") is True)


class _Rest:
    """The bytes behind the JSON, taken input by input."""

    def __init__(self, raw: memoryview) -> None:
        self._raw = raw
        self._at = 0

    def left(self) -> int:
        return len(self._raw) - self._at

    def take(self, size: int) -> memoryview:
        self._at += size
        return self._raw[self._at - size : self._at]


def _id(said: Mapping[str, Any]) -> str:
    found = said.get("id")
    if found is None:
        return str(uuid.uuid4())
    if not isinstance(found, str):
        raise RequestRefused("id: it must be a string")
    return found


def _parameters(said: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    found = said.get("parameters")
    if found is not None and not isinstance(found, dict):
        raise RequestRefused(f"{where}: its parameters must be an object")
    return found or {}


def _input(place: int, said: Any, rest: _Rest) -> TensorInput:
    where = f"inputs[{place}]"
    if not isinstance(said, dict) or not isinstance(name := said.get("name"), str):
        raise RequestRefused(f"{where}: it must be an object with a name")
    named = f"{where} {quoted(name)}"
    datatype = said.get("datatype")
    if not isinstance(datatype, str) or datatype.upper() not in cells.OF_V2:
        raise RequestRefused(
            f"{named}: its datatype is {quoted(datatype)}; it must be one of "
            f"{', '.join(cells.OF_V2)}"
        )
    shape = said.get("shape")
    if not _is_shape(shape):
        raise RequestRefused(
            f"{named}: its shape must be a list of at most {_MOST_DIMENSIONS} sizes"
        )
    found = TensorInput(place, name, datatype.upper(), tuple(shape), ())
    try:
        return found._replace(values=_values(found, said, rest))
    except WrongValue as error:
        raise found.wrong(str(error), error.index) from None


def _is_shape(said: Any) -> TypeGuard[list[int]]:
    """Tell whether sizes are those of an array; many large ones would take hours to multiply."""
    return (
        isinstance(said, list)
        and len(said) <= _MOST_DIMENSIONS
        and all(type(it) is int and it >= 0 for it in said)
        and math.prod(max(it, 1) for it in said) <= _MOST_VALUES
    )


def _values(it: TensorInput, said: Mapping[str, Any], rest: _Rest) -> Sequence[Any]:
    count = math.prod(it.shape)
    size = _parameters(said, f"inputs[{it.place}] {quoted(it.name)}").get("binary_data_size")
    data = said.get("data")
    if data is None and type(size) is int:
        if not 0 <= size <= rest.left():
            raise it.wrong(f"its binary_data_size is {size}, but only {rest.left()} bytes are left")
        found: Sequence[Any] = cells.decode_binary(it.datatype, rest.take(size), count)
        return found
    if not isinstance(data, list):
        raise it.wrong("it has neither a list `data` nor a binary_data_size")
    if it.datatype == "FP16":
        raise it.wrong("V2 has no FP16 in JSON: send it as binary data")
    nested, flat = cells.flatten(data)
    if len(flat) != count or (len(nested) > 1 and tuple(nested) != it.shape):
        is_nested = f", nested as {nested}" if len(nested) > 1 else ""
        raise it.wrong(
            f"its shape {list(it.shape)} requires {count} values, but data has {len(flat)}"
            f"{is_nested}"
        )
    return flat


def _outputs(said: Mapping[str, Any]) -> list[RequestedOutput] | None:
    found = said.get("outputs")
    if found is None or found == []:
        return None
    if not isinstance(found, list) or not all(
        isinstance(it, dict) and isinstance(it.get("name"), str) for it in found
    ):
        raise RequestRefused("outputs: it must be a list of objects with a name")
    if len({it["name"] for it in found}) < len(found):  # each time would be as long as the answer
        raise RequestRefused("outputs: a name occurs twice")
    return [
        RequestedOutput(
            it["name"],
            _parameters(it, f"outputs[{place}]").get("binary_data", False) is True,
        )
        for place, it in enumerate(found)
    ]


def answer(request: V2Request, model: str, version: str, found: list[TensorOutput]) -> Body:
    """Return the body of an answer.

    Raises:
        RequestRefused: there is no such output, or it has no bytes.
        CannotEncode: it is no JSON.
    """
    binary: list[bytes] = []
    said = [_as_said(it, wanted, binary) for it, wanted in _chosen(found, request.outputs, request)]
    whole = {"model_name": model, "model_version": version, "id": request.id, "outputs": said}
    raw = encode.as_json(whole)
    return Body(b"".join([raw, *binary]), len(raw)) if binary else Body(raw)


def _chosen(
    found: list[TensorOutput], wanted: list[RequestedOutput] | None, request: V2Request
) -> list[tuple[TensorOutput, bool]]:
    if wanted is None:
        return [(it, request.binary) for it in found]
    named = {it.name: it for it in found}
    for it in wanted:
        if it.name not in named:
            known = ", ".join(map(quoted, named))
            raise RequestRefused(f"outputs: there is no {quoted(it.name)}; the outputs are {known}")
    return [(named[it.name], it.binary or request.binary) for it in wanted]


def _as_said(it: TensorOutput, wanted: bool, binary: list[bytes]) -> dict[str, Any]:
    said: dict[str, Any] = {"name": it.name, "shape": it.shape, "datatype": it.datatype}
    if wanted:
        binary.append(encode.as_binary(it))
        return said | {"parameters": {"binary_data_size": len(binary[-1])}}
    if it.datatype == "FP16":  # which JSON does not have in V2
        said["datatype"] = "FP32"
    return said | {"data": it.listed()}
