"""Answers: whatever types a model answers in, and what they say of their version."""

from __future__ import annotations

import datetime
import decimal
import json
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_process import TABLE, client, v2
from kserve import InferResponse

INFER, PREDICT = "/v2/models/churn/infer", "/v1/models/churn:predict"
BODY = {"instances": [{"age": 30, "income": 1.5, "plan": "pro"}]}
REQUEST = v2(
    ("age", [1], "INT64", [30]), ("income", [1], "FP64", [1.5]), ("plan", [1], "BYTES", ["pro"])
)
DAY = pd.Timestamp("2026-03-03T14:30:00")

ANSWERS: list[tuple[Any, str, list[Any]]] = [
    (np.array([1, 2]), "INT64", [1, 2]),
    (np.array([1, 2], np.uint8), "UINT8", [1, 2]),
    (np.array([1.5, np.nan]), "FP64", [1.5, None]),
    (np.array([1.5], np.float16), "FP32", [1.5]),
    (np.array([1.5], np.longdouble), "FP64", [1.5]),
    (np.array([True, False]), "BOOL", [True, False]),
    (np.array(["a", "b"]), "BYTES", ["a", "b"]),
    (np.array([b"a", b"\xff"]), "BYTES", ["a", "/w=="]),
    (np.array(["a", None], object), "BYTES", ["a", None]),
    (np.array([1, None], object), "INT64", [1, None]),
    (np.array([2**64, 1], object), "BYTES", [str(2**64), "1"]),
    (np.array([DAY], "datetime64[ns]"), "BYTES", ["2026-03-03T14:30:00"]),
    (np.array(["NaT"], "datetime64[D]"), "BYTES", [None]),
    (np.array([90], "timedelta64[s]"), "BYTES", ["P0DT0H1M30S"]),
    (pd.Series(["a", "b"], dtype="category"), "BYTES", ["a", "b"]),
    (pd.Series([3, 4, None], dtype="category"), "INT64", [3, 4, None]),
    (pd.Series([3, 4], dtype="category"), "INT64", [3, 4]),
    (pd.Series(["a", None], dtype="string"), "BYTES", ["a", None]),
    (pd.Series([1, None], dtype="Int64"), "INT64", [1, None]),
    (pd.Series([True, None], dtype="boolean"), "BOOL", [True, None]),
    (pd.Series([DAY]).dt.tz_localize("Europe/Berlin"), "BYTES", ["2026-03-03T13:30:00Z"]),
    (pd.Series([DAY]), "BYTES", ["2026-03-03T14:30:00"]),
    (["a", "b"], "BYTES", ["a", "b"]),
    ([1.5, None], "FP64", [1.5, None]),
    (np.array([decimal.Decimal("1.10")], object), "BYTES", ["1.10"]),
    (np.array([datetime.date(2026, 3, 3)], object), "BYTES", ["2026-03-03"]),
    (np.float32(1.5), "FP32", [1.5]),
]


@pytest.mark.parametrize(("result", "datatype", "data"), ANSWERS, ids=lambda it: repr(it)[:30])
def test_whatever_a_model_answers_in(result: Any, datatype: str, data: list[Any]) -> None:
    asked = client(lambda _: result)
    answer = asked.post(INFER, json=REQUEST)
    assert answer.status_code == 200, answer.text
    [output] = answer.json()["outputs"]
    assert (output["datatype"], output["data"]) == (datatype, data)
    assert int(np.prod(output["shape"])) == len(data)
    predicted = asked.post(PREDICT, json=BODY).json()["predictions"]
    assert predicted == (data if isinstance(predicted, list) else data[0])


def test_kserve_reads_what_is_answered() -> None:
    frame = pd.DataFrame({"label": ["a"], "score": [0.5]})
    answer = client(lambda _: frame).post(INFER, json=REQUEST)
    found = InferResponse.from_rest(answer.json())
    assert [it.name for it in found.outputs] == ["label", "score"]
    assert found.outputs[1].as_numpy().tolist() == [0.5]


def _same(result: Any, _: Any) -> Any:
    return result


def test_tables_dicts_and_matrices_in_v1() -> None:
    frame = pd.DataFrame({"label": pd.Categorical(["a", "b"]), "score": [0.5, np.nan]})
    rows = [{"label": "a", "score": 0.5}, {"label": "b", "score": None}]
    for result, wanted in (
        (frame, rows),
        ({"label": np.array(["a", "b"]), "score": np.array([0.5, np.nan])}, rows),
        (np.zeros((2, 1, 2)), [[[0.0, 0.0]], [[0.0, 0.0]]]),
        (np.array([["a"], [None]], object), [["a"], [None]]),
        ({"text": "a", "scores": [1, np.float64(2)]}, {"text": "a", "scores": [1, 2.0]}),
    ):
        assert client(partial(_same, result)).post(PREDICT, json=BODY).json() == {
            "predictions": wanted
        }


def test_bytes_behind_the_json_and_the_outputs_that_are_wanted() -> None:
    frame = pd.DataFrame({"label": ["a", "bc"], "score": [0.5, 1.5]})
    asked = client(lambda _: frame)
    answer = asked.post(INFER, json={**REQUEST, "parameters": {"binary_data_output": True}})
    length = int(answer.headers["Inference-Header-Content-Length"])
    said = json.loads(answer.content[:length])
    assert [it["parameters"]["binary_data_size"] for it in said["outputs"]] == [11, 16]
    assert answer.content[length:] == b"\1\0\0\0a\2\0\0\0bc" + np.array([0.5, 1.5]).tobytes()
    one = asked.post(INFER, json={**REQUEST, "outputs": [{"name": "score"}]}).json()
    assert [it["name"] for it in one["outputs"]] == ["score"]
    none = asked.post(INFER, json={**REQUEST, "outputs": [{"name": "x"}]})
    assert none.status_code == 400
    assert none.json()["error"] == "outputs: there is no `x`; the outputs are `label`, `score`"


def test_every_answer_names_its_version() -> None:
    asked = client(lambda data: np.zeros(len(data)))
    for answer in (
        asked.post(INFER, json=REQUEST),
        asked.post(PREDICT, json=BODY),
        asked.post(INFER, json={}),
        asked.get("/v2/models/churn"),
        asked.get("/v2/models/churn/ready"),
        asked.get("/v1/models/churn"),
        asked.post("/v2/models/churn/versions/v1.0.0/infer", json=REQUEST),
    ):
        assert answer.headers["X-Mreg-Version"] == "v1.0.0", answer.url
    assert asked.post(INFER, json={**REQUEST, "id": "a"}).json() == {
        "model_name": "churn",
        "model_version": "v1.0.0",
        "id": "a",
        "outputs": [{"name": "output-0", "shape": [1], "datatype": "FP64", "data": [0.0]}],
    }
    told = asked.get("/v2/models/churn").json()
    assert told["properties"]["commit"] == "c" * 40
    assert told["properties"]["schema"]["input"] == TABLE
    assert [it["name"] for it in told["inputs"]] == ["age", "income", "plan"]


def test_nobody_gets_an_answer_of_another_version_or_model() -> None:
    asked = client(lambda data: np.zeros(len(data)))
    for path in ("/v2/models/churn/versions/v2.0.0", "/v2/models/churn/versions/v2.0.0/ready"):
        assert asked.get(path).status_code == 404
    other = asked.post("/v2/models/churn/versions/v2.0.0/infer", json=REQUEST)
    assert other.status_code == 404
    assert other.json()["error"] == "version `v2.0.0` is not served; the served version is v1.0.0"
    for path in ("/v2/models/x", "/v1/models/x", "/v2/models/x/ready"):
        assert asked.get(path).status_code == 404
    assert asked.post("/v2/models/x/infer", json=REQUEST).status_code == 404
    assert asked.post("/v2/repository/models/churn/unload").status_code in (404, 405)


def test_a_model_that_fails_is_an_error_of_the_server_and_not_its_end() -> None:
    def fail(_: Any) -> Any:
        raise ValueError("x" * 10_000)

    for result in (fail, lambda _: object(), lambda _: np.zeros(1, complex), lambda _: "\ud800"):
        asked = client(result)
        for path, body in ((INFER, REQUEST), (PREDICT, BODY)):
            answer = asked.post(path, json=body)
            assert answer.status_code == 500
            assert len(answer.json()["error"]) < 1000
        assert asked.get("/v2/health/live").status_code == 200
