"""Serves what a stage of a model registry holds with Ray Serve, by as many replicas as are wanted.

    python model_service.py REPOSITORY churn#prod [--replicas 2] [--port 8000] [--interval 5]

    POST /churn   {"instances": [{"age": 42}]} -> {"predictions": [1]}, and X-Mreg-Version

It joins the Ray cluster that RAY_ADDRESS names, or starts one here. One process looks which version
the stage holds; a new one is loaded and tried there first, and then handed to the replicas.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Any

import ray
from ray import serve
from starlette.requests import Request
from starlette.responses import Response

from mreg import MregError, Registry
from mreg.serve.loaded import LoadedModel, LoadOptions, ModelFailed, ModelSlot, load
from mreg.serve.refusals import RequestRefused
from mreg.serve.source import RegistrySource

MOST_BYTES = 1_000_000
"""No question is longer."""


def loaded(repository: str, selector: str) -> LoadedModel:
    """Fetch a version, check its bytes, load it and try it with its example."""
    source = RegistrySource(Registry.open(repository), selector)
    return load(source.fetch(source.look()), LoadOptions())


@serve.deployment(max_ongoing_requests=16, graceful_shutdown_timeout_s=10)
class ModelService:
    """One replica. Its user_config says which version it serves: {"version": "v1.2.0"}."""

    def __init__(self, repository: str, artifact: str) -> None:
        self._repository = repository
        self._artifact = artifact
        self._slot = ModelSlot()

    async def reconfigure(self, config: dict[str, str]) -> None:
        """Load a version beside the one that is served, and swap them.

        Ray calls it when the replica starts, and whenever the configuration changes.
        """
        named = self._slot.version.wanted.version if self._slot.version else None
        if config["version"] != named:
            selector = f"{self._artifact}@{config['version']}"
            self._slot.swap(await asyncio.to_thread(loaded, self._repository, selector))

    async def __call__(self, request: Request) -> Response:
        """Answer a request in the form of V1."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return Response("the body is too long\n", 413)
        return await asyncio.to_thread(self._answer, body)

    def _answer(self, body: bytes) -> Response:
        with self._slot.held() as model:
            headers = {"X-Mreg-Version": model.named}
            try:
                said = model.answer_v1(body)
            except RequestRefused as error:
                return Response(f"{error}\n", 400, headers)
            except ModelFailed as error:
                return Response(f"{error}\n", 500, headers)
            return Response(said.raw, 200, headers, "application/json")


def application(repository: str, artifact: str, version: str, replicas: int) -> Any:
    """Return the application in which all replicas serve one version."""
    options = {"num_replicas": replicas, "user_config": {"version": version}}
    deployment: Any = ModelService  # which Ray's decorator has made of the class
    return deployment.options(**options).bind(repository, artifact)


def follow(repository: str, selector: str, replicas: int, interval: float) -> None:
    """Roll out each version that the selector comes to mean, one after the other; never return."""
    source = RegistrySource(Registry.open(repository), selector)
    served = ""
    while True:
        try:
            version = source.look().version or ""
            if version != served:
                # Tried before it is rolled out: a replica whose reconfigure fails is stopped.
                loaded(repository, f"{source.artifact}@{version}").release()
                app = application(repository, source.artifact, version, replicas)
                serve.run(app, name=source.artifact, route_prefix=f"/{source.artifact}")
                served = version
                print(f"{source.artifact} {version} is served", flush=True)
        except MregError as error:
            print(f"{served or 'nothing'} goes on: {error}", flush=True)
        time.sleep(interval)


def main() -> None:
    """Start Ray Serve on the loopback interface, and follow."""
    parser = argparse.ArgumentParser(description="Serve what a stage of a model registry holds.")
    parser.add_argument("repository")
    parser.add_argument("selector")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--interval", type=float, default=5)
    told = parser.parse_args()
    ray.init(ignore_reinit_error=True, include_dashboard=False)
    try:
        serve.start(http_options=serve.HTTPOptions(host="127.0.0.1", port=told.port))
        follow(told.repository, told.selector, told.replicas, told.interval)
    except KeyboardInterrupt:
        pass
    finally:
        serve.shutdown()
        ray.shutdown()


if __name__ == "__main__":
    main()
