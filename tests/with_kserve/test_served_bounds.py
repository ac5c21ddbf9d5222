"""What bounds clients: size, time and number; and a shadow, which bounds itself."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import in_process
import numpy as np
import pytest
import uvicorn
from in_process import HeldSource, client
from starlette.testclient import TestClient

from mreg.schemas.model import ModelSchema
from mreg.serve import bodies, connections, shadow
from mreg.serve.connections import BoundedConnection
from mreg.serve.shadow import Shadow

PREDICT = "/v1/models/churn:predict"
ROW = {"age": 30, "income": 1.5, "plan": "pro"}


def zeros(data: Any) -> Any:
    """Answer with as many zeros."""
    return np.zeros(len(data))


@contextmanager
def listening(asked: TestClient) -> Iterator[tuple[str, int]]:
    """Let the application listen on a port of its own, with bounded connections."""
    config = uvicorn.Config(asked.app, http=BoundedConnection, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=asyncio.run, args=(server.serve([place]),))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield place.getsockname()
        server.should_exit = True
        thread.join()


def until_closed(connection: socket.socket) -> bytes:
    """Return what comes until a server closes a connection."""
    connection.settimeout(20)
    found = b""
    try:
        while piece := connection.recv(4096):
            found += piece
    except ConnectionError:
        pass
    return found


class TestBodies:
    def test_a_body_that_says_it_is_too_large_is_not_read(self) -> None:
        asked = client(zeros, most=1000)
        answer = asked.post(PREDICT, content=b" " * 1001)
        assert answer.status_code == 413
        assert answer.headers["Connection"] == "close"

    def test_nor_one_that_does_not_say_so(self) -> None:
        asked = client(zeros, most=1000)
        answer = asked.post(PREDICT, content=iter([b" " * 600] * 2))
        assert answer.status_code == 413

    def test_a_gigabyte_is_refused_when_it_begins(self) -> None:
        with listening(client(zeros)) as place, socket.create_connection(place) as connection:
            head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {1 << 30}\r\n\r\n"
            connection.sendall(head.encode())
            assert b" 413 " in until_closed(connection)

    def test_too_many_bytes_at_once_are_refused(self) -> None:
        asked = client(zeros, most=100)
        [reader] = [
            it.endpoint.__self__.bodies for it in asked.app.routes if it.path.endswith(":predict")
        ]
        reader._held = 401
        answer = asked.post(PREDICT, json={"instances": []})
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert reader._held == 401

    def test_a_compressed_body_is_refused(self) -> None:
        answer = client(zeros).post(PREDICT, content=b"x", headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 415

    def test_a_slow_body_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bodies, "_SECONDS", 0.1)
        with listening(client(zeros)) as place, socket.create_connection(place) as connection:
            head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{"
            connection.sendall(head.encode())
            assert b" 408 " in until_closed(connection)


class TestConnections:
    def test_a_slow_header_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "_HEADER_SECONDS", 0.2)
        with listening(client(zeros)) as place, socket.create_connection(place) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost:")
            assert until_closed(connection) == b""

    def test_and_a_second_one_on_the_same_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "_HEADER_SECONDS", 0.5)
        with listening(client(zeros)) as place, socket.create_connection(place) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /")
            assert b" 200 " in until_closed(connection)

    @pytest.mark.parametrize("length", [0, 100])
    def test_what_comes_after_an_answer_and_is_no_request_is_given_up(
        self, monkeypatch: pytest.MonkeyPatch, length: int
    ) -> None:
        """The rest of a body, or empty lines: nobody waits for them, and no limit of uvicorn's."""
        monkeypatch.setattr(connections, "_HEADER_SECONDS", 0.5)
        with listening(client(zeros)) as place, socket.create_connection(place) as connection:
            head = f"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
            connection.sendall(head.encode())
            assert b" 200 " in connection.recv(4096)
            connection.sendall(b"\r\n")
            until_closed(connection)

    def test_a_request_in_pieces_is_none_of_that(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "_HEADER_SECONDS", 0.5)
        with listening(client(zeros)) as place, socket.create_connection(place) as connection:
            connection.settimeout(20)
            for _ in range(3):
                for piece in (b"GET / HT", b"TP/1.1\r\nHost", b": x\r\n\r\n"):
                    connection.sendall(piece)
                    time.sleep(0.05)
                assert b" 200 " in connection.recv(4096)
                time.sleep(0.6)

    def test_a_header_without_an_end_is_given_up(self) -> None:
        with listening(client(zeros)) as place, socket.create_connection(place) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nX: ")
            with pytest.raises(ConnectionError):
                connection.sendall(bytes(100 << 20))

    def test_too_many_are_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "MOST_CONNECTIONS", 1)
        with listening(client(zeros)) as place, socket.create_connection(place) as first:
            first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert first.recv(4096)
            with socket.create_connection(place) as second:
                assert until_closed(second) == b""

    def test_an_answer_that_nobody_reads_is_given_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "_WRITE_SECONDS", 0.2)
        asked = client(lambda _: ["x" * 1_000_000] * 30)
        body = json.dumps({"instances": [ROW]}).encode()
        with listening(asked) as place, socket.create_connection(place) as connection:
            head = f"POST {PREDICT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            time.sleep(2)  # it reads nothing meanwhile
            assert len(until_closed(connection)) < 30_000_000

    def test_health_is_answered_while_the_model_works(self) -> None:
        begun, go_on = threading.Event(), threading.Event()

        def wait(data: Any) -> Any:
            begun.set()
            assert go_on.wait(60)
            return zeros(data)

        asked = client(wait)
        answers: list[int] = []
        body = {"instances": [ROW]}
        thread = threading.Thread(
            target=lambda: answers.append(asked.post(PREDICT, json=body).status_code)
        )
        thread.start()
        assert begun.wait(60)
        assert asked.get("/v2/health/live").status_code == 200
        assert asked.get("/metrics").status_code == 200
        assert answers == []
        go_on.set()
        thread.join()
        assert answers == [200]


def _answer_of_shadow(data: Any) -> Any:
    """Answer as the test has it by then."""
    return in_process.MODELS["shadow"](data)


class TestShadow:
    @pytest.fixture
    def second(self) -> Shadow:
        in_process.MODELS["v2.0.0"] = _answer_of_shadow
        source = HeldSource(ModelSchema(input=in_process.TABLE), "v2.0.0")
        found = Shadow(in_process.follower(source))
        found.start()
        return found

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            (zeros, "same"),
            (lambda data: zeros(data) + 1e-9, "same"),
            (lambda data: zeros(data) + 1, "different"),
            (lambda _: 1 / 0, "failed"),
        ],
    )
    @pytest.mark.parametrize("protocol", ["v1", "v2"])
    def test_its_answers_are_counted(
        self, second: Shadow, answer: Any, outcome: str, protocol: str
    ) -> None:
        in_process.MODELS["shadow"] = answer
        asked = client(zeros, shadow=second)
        if protocol == "v1":
            found = asked.post(PREDICT, json={"instances": [ROW]})
        else:
            request = in_process.v2(
                ("age", [1], "INT64", [30]),
                ("income", [1], "FP64", [1.5]),
                ("plan", [1], "BYTES", ["pro"]),
            )
            found = asked.post("/v2/models/churn/infer", json=request)
        assert found.status_code == 200
        assert found.headers["X-Mreg-Version"] == "v1.0.0"
        end = time.monotonic() + 30
        while not sum(second.counts.values()) and time.monotonic() < end:
            time.sleep(0.01)
        assert {name: it for name, it in second.counts.items() if it} == {outcome: 1}

    def test_what_it_cannot_keep_up_with_is_dropped(
        self, second: Shadow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        go_on = threading.Event()
        in_process.MODELS["shadow"] = lambda data: go_on.wait(60) and zeros(data)
        asked = client(zeros, shadow=second)
        for _ in range(shadow._MOST + 10):
            assert asked.post(PREDICT, json={"instances": [ROW]}).status_code == 200
        assert second.counts["dropped"] >= 9
        go_on.set()

    def test_nor_what_is_too_large(self, second: Shadow, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(shadow, "_MOST_BYTES", 10)
        asked = client(zeros, shadow=second)
        assert asked.post(PREDICT, json={"instances": [ROW]}).status_code == 200
        assert second.counts["dropped"] == 1


class TestSagemaker:
    """What SageMaker's documentation says that it sends."""

    columns = "age,income,plan"

    @pytest.fixture
    def asked(self) -> TestClient:
        return client(lambda data: data["age"] * 2, sagemaker=True)

    def test_it_answers_that_it_is_there(self, asked: TestClient) -> None:
        assert asked.get("/ping").status_code == 200

    @pytest.mark.parametrize(
        ("media", "body"),
        [
            ("text/csv", "30,1.5,pro\n60,,basic"),
            ("text/csv; charset=utf-8", f"{columns}\n30,1.5,pro\n60,,basic\n"),
            ("application/json", '{"instances": [[30, 1.5, "pro"], [60, null, "basic"]]}'),
            (
                "application/json",
                '{"instances": [{"features": [30, 1.5, "pro"]}, {"features": [60, 2, "basic"]}]}',
            ),
            (
                "application/jsonlines",
                '{"data": {"features": {"values": [30, 1.5, "pro"]}}}\n[60, 1.5, "pro"]\n',
            ),
            ("application/json", json.dumps([ROW, {**ROW, "age": 60}])),
            ("application/jsonlines", f"{json.dumps(ROW)}\n{json.dumps({**ROW, 'age': 60})}\n"),
        ],
    )
    def test_every_form_is_the_same(self, asked: TestClient, media: str, body: str) -> None:
        answer = asked.post("/invocations", content=body, headers={"Content-Type": media})
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"predictions": [60, 120]}
        assert answer.headers["X-Mreg-Version"] == "v1.0.0"

    @pytest.mark.parametrize(
        ("accept", "text"),
        [
            ("text/csv", "60\n120\n"),
            ("application/jsonlines", "60\n120\n"),
            ("application/json", '{"predictions":[60,120]}'),
            ("text/html, */*;q=0.1", '{"predictions":[60,120]}'),
        ],
    )
    def test_the_answer_is_in_the_form_that_is_wanted(
        self, asked: TestClient, accept: str, text: str
    ) -> None:
        headers = {"Content-Type": "text/csv", "Accept": accept}
        answer = asked.post("/invocations", content="30,1,pro\n60,1,pro", headers=headers)
        assert answer.text == text

    @pytest.mark.parametrize(
        ("media", "body", "status", "why"),
        [
            ("text/csv", "30,1.5,pro\nx,1,pro", 400, "row 2, `age`: a string"),
            ("text/csv", '30,1.5,"pro', 400, "the body is not valid CSV"),
            ("text/csv", f"{'9' * 5000},1.5,pro", 400, "row 1, `age`: a string"),
            ("text/csv", "", 400, "there are no rows"),
            ("text/csv", "30,1.5", 400, "instances[0]: it has 2 values"),
            ("application/json", "3", 400, "the body must be a list"),
            ("application/jsonlines", "{", 400, "the body is not valid JSON"),
            ("image/png", "x", 415, "`image/png` is not supported"),
        ],
    )
    def test_what_is_wrong_is_told(
        self, asked: TestClient, media: str, body: str, status: int, why: str
    ) -> None:
        answer = asked.post("/invocations", content=body, headers={"Content-Type": media})
        assert answer.status_code == status
        assert why in answer.json()["error"]
