"""The routes of the server: KServe's own, but for those that take data or tell of versions.

KServe's health, listing and metrics endpoints are used as they are, with its data models and its
handlers of errors. Requests for predictions are read here from their bytes: its own decoder drops
inputs in silence, and answers 500 or 422 where a client is wrong.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from kserve import Model, ModelRepository
from kserve.errors import ModelNotFound
from kserve.protocol.dataplane import DataPlane
from kserve.protocol.rest.server import metrics_handler
from kserve.protocol.rest.v1_endpoints import V1Endpoints
from kserve.protocol.rest.v2_datamodels import (
    InferenceRequest,
    InferenceResponse,
    ListModelsResponse,
    ModelMetadataResponse,
    ModelReadyResponse,
    ServerLiveResponse,
    ServerMetadataResponse,
    ServerReadyResponse,
)
from kserve.protocol.rest.v2_endpoints import V2Endpoints
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mreg import __version__
from mreg.serve import metrics
from mreg.serve.bodies import BodyReader
from mreg.serve.follow import Follower
from mreg.serve.loaded import LoadedModel, ModelFailed, NotLoaded
from mreg.serve.open_inference import LENGTH_HEADER, Body
from mreg.serve.refusals import RequestRefused, quoted
from mreg.serve.shadow import Shadow, ShadowRequest
from mreg.tuples import NamedTuple

VERSION_HEADER: Final = "X-Mreg-Version"
"""Says in each answer which version it is from."""

STATUS_PATH: Final = "/mreg/status"


class ServedModel(Model):  # type: ignore[misc]
    """The slot's model, as KServe's data plane knows it."""

    def __init__(self, name: str, follower: Follower) -> None:
        super().__init__(name, return_response_headers=True)
        self._follower = follower
        self.ready = True

    async def healthy(self) -> bool:
        """Tell whether there is a model."""
        return self._follower.slot.version is not None


class ModelMetadata(ModelMetadataResponse):  # type: ignore[misc]
    """KServe's metadata of a model, and what is known of its version."""

    properties: dict[str, Any]


class ServerStatus(BaseModel):
    """How a server stands: see `mreg.serve.follow.FollowStatus`."""

    model: str
    server: str
    served: dict[str, Any]
    shadow: dict[str, Any] | None


class WorkerReply(NamedTuple):
    """What a worker made of a request.

    Attributes:
        body: what is answered.
        version: the version that answered; empty if none did.
        status: the status of HTTP.
        media: what the body is.
    """

    body: Body
    version: str
    status: int = HTTPStatus.OK
    media: str = "application/json"


Answering = Callable[[LoadedModel], "Body | tuple[Body, str]"]


class ModelApplication:
    """The application that answers for one model.

    Attributes:
        app: what uvicorn runs.
    """

    def __init__(
        self,
        name: str,
        follower: Follower,
        workers: ThreadPoolExecutor,
        bodies: BodyReader,
        shadow: Shadow | None = None,
    ) -> None:
        self.name = name
        self.bodies = bodies
        self._follower = follower
        self._workers = workers
        self._shadow = shadow
        repository = ModelRepository()
        repository.update(ServedModel(name, follower))
        self._plane = DataPlane(repository)
        self.app = FastAPI(
            title=f"{name}, served by mreg",
            version=__version__,
            docs_url=None,
            redoc_url=None,
            default_response_class=JSONResponse,
        )
        self.app.openapi = self._openapi
        self._add_routes()
        self.app.add_exception_handler(ModelNotFound, _not_found)
        self.app.add_exception_handler(RequestRefused, _refused)

    def _add_routes(self) -> None:
        v1, v2 = V1Endpoints(self._plane), V2Endpoints(self._plane)
        model, version = "/v2/models/{model_name:path}", "/versions/{model_version}"
        get: list[tuple[str, Any, Any]] = [
            ("/", self._plane.live, None),
            (STATUS_PATH, self.status, ServerStatus),
            ("/v2", v2.metadata, ServerMetadataResponse),
            ("/v2/health/live", v2.live, ServerLiveResponse),
            ("/v2/health/ready", self.ready, ServerReadyResponse),
            ("/v2/models", v2.models, ListModelsResponse),
            (f"{model}{version}/ready", self.version_ready, ModelReadyResponse),
            (f"{model}{version}", self.version_metadata, ModelMetadata),
            (f"{model}/ready", self.model_ready, ModelReadyResponse),
            (model, self.metadata, ModelMetadata),
            ("/v1/models", v1.models, None),
            ("/v1/models/{model_name:path}", self.v1_ready, None),
        ]
        for path, endpoint, said in get:
            self.app.add_api_route(path, endpoint, methods=["GET"], response_model=said)
        self.app.add_api_route("/metrics", metrics_handler, include_in_schema=False)
        for path, endpoint in (
            (f"{model}{version}/infer", self.infer_version),
            (f"{model}/infer", self.infer),
        ):
            self.app.add_api_route(path, endpoint, methods=["POST"], **_V2)
        self.app.add_api_route(
            "/v1/models/{model_name:path}:predict", self.predict, methods=["POST"], **_V1
        )

    # What is told

    async def status(self) -> ServerStatus:
        """Tell how the server stands."""
        shadow = self._shadow.follower.status.described() if self._shadow else None
        return ServerStatus(
            model=self.name,
            server=f"mreg {__version__}",
            served=self._follower.status.described(),
            shadow=shadow,
        )

    async def ready(self) -> ServerReadyResponse:
        """Tell whether there is a model."""
        self.held()
        return ServerReadyResponse(ready=True)

    async def model_ready(self, model_name: str, response: Response) -> ModelReadyResponse:
        """Tell whether the model is there."""
        self._check_name(model_name)
        response.headers[VERSION_HEADER] = self.held().version.wanted.named
        return ModelReadyResponse(name=model_name, ready=True)

    async def v1_ready(self, model_name: str, response: Response) -> dict[str, Any]:
        """Tell whether the model is there, in V1."""
        await self.model_ready(model_name, response)
        return {"name": model_name, "ready": True}

    async def metadata(self, model_name: str, response: Response) -> ModelMetadata:
        """Tell what the model is: its version, where that comes from, and its schema."""
        self._check_name(model_name)
        held = self.held()
        response.headers[VERSION_HEADER] = held.named
        status = self._follower.status
        schema = held.version.schema
        return ModelMetadata(
            name=model_name,
            versions=[held.named],
            platform=f"mreg_{held.format}",
            inputs=held.form.described(),
            outputs=[],
            properties={
                **held.version.described(),
                "selector": status.selector,
                "schema": schema.plain() or None,
                "wanted": status.wanted.named if status.wanted else None,
                "failing_since": status.failing_since,
            },
        )

    async def version_ready(
        self, model_name: str, model_version: str, response: Response
    ) -> ModelReadyResponse:
        """Tell whether a version is the one that is served."""
        self._check_version(model_version, self.held())
        return await self.model_ready(model_name, response)

    async def version_metadata(
        self, model_name: str, model_version: str, response: Response
    ) -> ModelMetadata:
        """Tell what the model is, if it is of a version."""
        self._check_version(model_version, self.held())
        return await self.metadata(model_name, response)

    def held(self) -> LoadedModel:
        """Return the model that is served now, to tell of it.

        Raises:
            RequestRefused: there is none yet.
        """
        try:
            with self._follower.slot.held() as model:
                return model
        except NotLoaded:
            raise RequestRefused("no model is loaded yet", HTTPStatus.SERVICE_UNAVAILABLE) from None

    def _check_name(self, name: str) -> None:
        if name != self.name:
            raise ModelNotFound(quoted(name))

    @staticmethod
    def _check_version(version: str, held: LoadedModel) -> None:
        if version != held.named:
            raise RequestRefused(
                f"version {quoted(version)} is not served; the served version is {held.named}",
                HTTPStatus.NOT_FOUND,
            )

    # What is predicted

    async def infer(self, request: Request, model_name: str) -> Response:
        """Answer a request in V2."""
        self._check_name(model_name)
        return await self._v2(request, None)

    async def infer_version(
        self, request: Request, model_name: str, model_version: str
    ) -> Response:
        """Answer a request in V2, if the model is of a version."""
        self._check_name(model_name)
        return await self._v2(request, model_version)

    async def predict(self, request: Request, model_name: str) -> Response:
        """Answer a request in V1."""
        self._check_name(model_name)
        async with self.bodies.read(request) as raw:
            return await self.answer("v1", lambda it: it.answer_v1(raw), raw)

    async def _v2(self, request: Request, version: str | None) -> Response:
        header = request.headers.get(LENGTH_HEADER)

        def answered(model: LoadedModel) -> Body:
            if version is not None:
                self._check_version(version, model)
            return model.answer_v2(raw, header, self.name)

        async with self.bodies.read(request) as raw:
            return await self.answer("v2", answered, raw, header)

    async def answer(
        self,
        protocol: str,
        answering: Answering,
        raw: bytes,
        header: str | None = None,
    ) -> Response:
        """Let a worker answer, with the version that is served when it begins."""
        began = time.perf_counter()
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(self._workers, self._reply, answering)
        metrics.REQUESTS.labels(reply.version, protocol, reply.status).inc()
        metrics.SECONDS.labels(protocol).observe(time.perf_counter() - began)
        headers = {VERSION_HEADER: reply.version} if reply.version else {}
        if reply.body.header is not None:
            headers[LENGTH_HEADER] = str(reply.body.header)
        found = Response(reply.body.raw, reply.status, headers, media_type=reply.media)
        if self._shadow and reply.status == HTTPStatus.OK and protocol in ("v1", "v2"):
            asked = ShadowRequest(protocol, raw, header, reply.body)
            found.background = BackgroundTask(_offered, self._shadow, asked)
        return found

    def _reply(self, answering: Answering) -> WorkerReply:
        try:
            with self._follower.slot.held() as model:
                return _replied(model, answering)
        except NotLoaded:
            return _error("no model is loaded yet", "", HTTPStatus.SERVICE_UNAVAILABLE)

    # What it is described by

    def _openapi(self) -> dict[str, Any]:
        """Return the description of the server in OpenAPI, with what the bodies of requests are."""
        if not self.app.openapi_schema:
            found = get_openapi(
                title=self.app.title, version=self.app.version, routes=self.app.routes
            )
            template = "#/components/schemas/{model}"
            request = InferenceRequest.model_json_schema(ref_template=template)
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            schemas |= request.pop("$defs", {}) | {"InferenceRequest": request}
            self.app.openapi_schema = found
        described: dict[str, Any] = self.app.openapi_schema
        return described


async def _offered(shadow: Shadow, request: ShadowRequest) -> None:
    shadow.offer(request)


def _replied(model: LoadedModel, answering: Answering) -> WorkerReply:
    try:
        found = answering(model)
    except RequestRefused as error:
        return _error(str(error), model.named, error.status)
    except ModelFailed as error:
        return _error(str(error), model.named, HTTPStatus.INTERNAL_SERVER_ERROR)
    except RecursionError:
        return _error("the data is nested too deeply", model.named, HTTPStatus.BAD_REQUEST)
    except MemoryError:
        return _error("out of memory", model.named, HTTPStatus.SERVICE_UNAVAILABLE)
    if isinstance(found, Body):
        binary = "application/octet-stream" if found.header is not None else "application/json"
        return WorkerReply(found, model.named, media=binary)
    return WorkerReply(found[0], model.named, media=found[1])


def _error(message: str, version: str, status: int) -> WorkerReply:
    import orjson

    raw = orjson.dumps({"error": message.encode("utf-8", "replace").decode()})
    return WorkerReply(Body(raw), version, status)


_CLOSING: Mapping[int, dict[str, str]] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: {"Connection": "close"},
    HTTPStatus.REQUEST_TIMEOUT: {"Connection": "close"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "1"},
}


async def _refused(_: Request, error: Any) -> Response:
    status = error.status
    return JSONResponse({"error": str(error)}, status, headers=_CLOSING.get(status))


async def _not_found(_: Request, error: Any) -> Response:
    return JSONResponse({"error": str(error)}, HTTPStatus.NOT_FOUND)


_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request does not match the schema of the version."},
    404: {"description": "There is no such model, or the version is not served."},
    413: {"description": "The body is too large."},
    500: {"description": "The model failed."},
    503: {"description": "No model is loaded yet, or the server is too busy."},
}
_V2: dict[str, Any] = {
    "response_model": None,
    "responses": {200: {"model": InferenceResponse}, **_ERRORS},
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/InferenceRequest"}},
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
}
_V1: dict[str, Any] = {
    "response_model": None,
    "responses": {200: {"description": "The predictions."}, **_ERRORS},
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": {"instances": {"type": "array", "items": {}}},
                        "required": ["instances"],
                    }
                }
            },
        }
    },
}
