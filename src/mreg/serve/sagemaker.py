"""What SageMaker asks of a container: GET /ping and POST /invocations, on the same model.

Rows of CSV have no header; one that has the names of the columns is passed over. JSON is a list of
instances or an object with one, JSON lines are an instance a line; an instance may stand in
`{"features": [...]}`, as SageMaker's own algorithms take it. The answer is in the form that
`Accept` names, else JSON.
Sources: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html and
https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-inference.html
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from mreg.serve import encode, open_inference
from mreg.serve.application import VERSION_HEADER, ModelApplication
from mreg.serve.encode import CannotEncode
from mreg.serve.loaded import LoadedModel, ModelFailed
from mreg.serve.open_inference import Body
from mreg.serve.refusals import RequestRefused, quoted

_CSV, _JSON, _LINES = "text/csv", "application/json", "application/jsonlines"
_NAMES: Final = {"application/x-jsonlines": _LINES, "application/jsonl": _LINES, "*/*": _JSON}
_TYPES: Final = (_CSV, _JSON, _LINES)


def add_routes(application: ModelApplication) -> None:
    """Let an application answer SageMaker, too."""

    async def ping() -> Response:
        """Tell whether there is a model: 200, else 503."""
        held = application.held()
        return Response(status_code=HTTPStatus.OK, headers={VERSION_HEADER: held.named})

    async def invocations(request: Request) -> Response:
        """Answer a request in CSV, JSON or JSON lines."""
        given = _type(request.headers.get("content-type"), HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        wanted = _accepted(request.headers.get("accept"))
        async with application.bodies.read(request) as raw:
            return await application.answer(
                "sagemaker", lambda it: _answered(it, raw, given, wanted), raw
            )

    application.app.add_api_route("/ping", ping, methods=["GET"])
    application.app.add_api_route(
        "/invocations", invocations, methods=["POST"], openapi_extra=_BODY, response_model=None
    )


_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            _CSV: {"schema": {"type": "string"}},
            _JSON: {"schema": {}},
            _LINES: {"schema": {"type": "string"}},
        },
    }
}


def _type(header: str | None, status: int) -> str:
    name = (header or _JSON).split(";")[0].strip().lower()
    name = _NAMES.get(name, name)
    if name not in _TYPES:
        raise RequestRefused(
            f"{quoted(name)} is not supported; use one of {', '.join(_TYPES)}", status
        )
    return name


def _accepted(header: str | None) -> str:
    """Return the first form that a client takes and that there is."""
    for it in (header or _JSON).split(","):
        name = it.split(";")[0].strip().lower()
        if (name := _NAMES.get(name, name)) in _TYPES:
            return name
    raise RequestRefused(
        f"none of the accepted media types is supported; use one of {', '.join(_TYPES)}",
        HTTPStatus.NOT_ACCEPTABLE,
    )


def _answered(model: LoadedModel, raw: bytes, given: str, wanted: str) -> tuple[Body, str]:
    data = _READERS[given](model, raw)
    try:
        found = encode.predictions(model.predict(data))
        return Body(_WRITERS[wanted](found)), wanted
    except CannotEncode as error:
        raise ModelFailed(str(error)) from error


# What comes


def _of_csv(model: LoadedModel, raw: bytes) -> Any:
    try:
        rows = [
            row for row in csv.reader(io.StringIO(raw.decode(), newline=""), strict=True) if row
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        raise RequestRefused(f"the body is not valid CSV: {error}") from None
    names = [it["name"] for it in model.form.described()]
    if rows and [it.strip() for it in rows[0]] == names:
        del rows[0]
    return model.form.of_fields(rows)


def _of_json(model: LoadedModel, raw: bytes) -> Any:
    said = open_inference.parse_json(raw)
    if isinstance(said, dict):
        said = said.get("instances", [said])
    if not isinstance(said, list):
        raise RequestRefused("the body must be a list, or an object with `instances`")
    return model.form.of_instances([_features(it) for it in said])


def _of_lines(model: LoadedModel, raw: bytes) -> Any:
    lines = [it for it in raw.splitlines() if it.strip()]
    return model.form.of_instances([_features(open_inference.parse_json(it)) for it in lines])


def _features(instance: Any) -> Any:
    """Return what an instance holds, where it stands in an object as SageMaker's algorithms ask."""
    found = instance
    for key in ("data", "features", "values"):
        if isinstance(found, dict) and found.keys() == {key}:
            found = found[key]
    return found if isinstance(found, list) else instance


_READERS: Final[dict[str, Callable[[LoadedModel, bytes], Any]]] = {
    _CSV: _of_csv,
    _JSON: _of_json,
    _LINES: _of_lines,
}


# What goes


def _as_csv(found: Any) -> bytes:
    rows = found if isinstance(found, list) else [found]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows(_fields(it) for it in rows)
    return out.getvalue().encode("utf-8", "replace")


def _fields(row: Any) -> list[Any]:
    values = list(row.values()) if isinstance(row, dict) else row
    values = values if isinstance(values, list) else [values]
    return [
        orjson.dumps(it).decode() if isinstance(it, (list, dict, bool)) else it for it in values
    ]


def _as_lines(found: Any) -> bytes:
    rows = found if isinstance(found, list) else [found]
    return b"".join(encode.as_json(it) + b"\n" for it in rows)


_WRITERS: Final[dict[str, Callable[[Any], bytes]]] = {
    _CSV: _as_csv,
    _JSON: lambda found: encode.as_json({"predictions": found}),
    _LINES: _as_lines,
}
