"""Serves what a stage of a model registry holds, and follows it.

    python model_server.py REPOSITORY churn#prod [--port PORT]

    GET  /version   the version that is served: {"version": "v0.1.0"}
    POST /predict   {"months": 3, "complaints": 2} -> {"churn": 0.61, "version": "v0.1.0"}
    POST /reload    load what the stage holds now; what a deployment calls

It listens on the loopback interface alone, and says on its first line where.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from mreg import Followed, MregError, Registry
from mreg.errors import NotFound

MOST_BYTES = 100_000
"""No question is longer."""


class Model(NamedTuple):
    """A logistic regression, and the version that it is.

    Attributes:
        version: the version; None for a bare commit that holds the stage.
        bias: what is added to the sum.
        weights: what each feature counts.
    """

    version: str | None
    bias: float
    weights: Mapping[str, float]

    @classmethod
    def load(cls, version: str | None, path: Path) -> Model:
        """Load a model from a JSON file.

        Raises:
            ValueError: it is no model.
        """
        try:
            found = json.loads(path.read_bytes())
            weights = {name: float(it) for name, it in found["weights"].items()}
            return cls(version, float(found["bias"]), weights)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"it is no model: {error!r}") from error

    def predict(self, customer: Mapping[str, float]) -> float:
        """Return how likely it is that a customer leaves."""
        score = self.bias + sum(it * customer[name] for name, it in self.weights.items())
        return 1 / (1 + math.exp(-score))


class Stage:
    """What a stage holds, kept in memory.

    Attributes:
        model: what is served; None as long as the stage holds nothing. It is replaced as a whole,
            so a question that is being answered keeps the model with which it began.
    """

    def __init__(self, registry: Registry, selector: str) -> None:
        self.model: Model | None = None
        self._registry = registry
        self._selector = selector
        self._followed: Followed | None = None
        self._one_at_a_time = threading.Lock()

    def reload(self) -> Model | None:
        """Load what the stage holds now; if that fails, what was served still is.

        Raises:
            MregError, OSError: it cannot be had.
            ValueError: it is no model.
        """
        with self._one_at_a_time:
            if self._followed is None:
                self._followed = self._registry.get(self._selector, follow=True)
            else:
                self._followed.refresh()
            self.model = Model.load(self._followed.version, self._followed.path)
            return self.model


class Handler(BaseHTTPRequestHandler):
    """Answers in JSON."""

    server: Server

    def do_GET(self) -> None:
        """Say which version is served."""
        if self.path != "/version":
            return self._answer(HTTPStatus.NOT_FOUND, {"error": "there is /version"})
        model = self.server.stage.model
        return self._answer(HTTPStatus.OK, {"version": model.version if model else None})

    def do_POST(self) -> None:
        """Predict, or load anew."""
        if self.path == "/reload":
            return self._reload()
        if self.path == "/predict":
            return self._predict()
        return self._answer(HTTPStatus.NOT_FOUND, {"error": "there are /predict and /reload"})

    def _reload(self) -> None:
        try:
            model = self.server.stage.reload()
        except (MregError, OSError, ValueError) as error:
            return self._answer(HTTPStatus.BAD_GATEWAY, {"error": str(error)})
        return self._answer(HTTPStatus.OK, {"version": model.version if model else None})

    def _predict(self) -> None:
        model = self.server.stage.model
        if model is None:
            return self._answer(HTTPStatus.SERVICE_UNAVAILABLE, {"error": "nothing is deployed"})
        try:
            churn = model.predict(self._question())
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            return self._answer(HTTPStatus.BAD_REQUEST, {"error": repr(error)})
        return self._answer(HTTPStatus.OK, {"churn": round(churn, 3), "version": model.version})

    def _question(self) -> Any:
        length = int(self.headers["Content-Length"])
        if not 0 <= length <= MOST_BYTES:
            raise ValueError(length)
        return json.loads(self.rfile.read(length))

    def _answer(self, status: HTTPStatus, answer: Mapping[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


class Server(ThreadingHTTPServer):
    """The server of a stage.

    Attributes:
        stage: what the stage holds.
    """

    daemon_threads = True

    def __init__(self, port: int, stage: Stage) -> None:
        self.stage = stage
        super().__init__(("127.0.0.1", port), Handler)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description="Serves what a stage of a model registry holds.")
    parser.add_argument("repository", help="a folder or URL")
    parser.add_argument("selector", help="as churn#prod")
    parser.add_argument("--port", type=int, default=0, help="any that is free, if not said")
    arguments = parser.parse_args()
    stage = Stage(Registry.open(arguments.repository), arguments.selector)
    try:
        stage.reload()
    except NotFound as error:  # nothing yet: the first deployment brings it
        print(error, file=sys.stderr)
    with Server(arguments.port, stage) as server:
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
