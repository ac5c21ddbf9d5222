"""What requests may say, and what is refused with its place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from in_process import TABLE, binary, client, v2

INFER, PREDICT = "/v2/models/churn/infer", "/v1/models/churn:predict"
AGE = ("age", [2], "INT64", [30, 60])
INCOME = ("income", [2], "FP64", [1.5, None])
PLAN = ("plan", [2], "BYTES", ["pro", "basic"])
ROW = {"age": 30, "income": 1.5, "plan": "pro"}


def array(inner: dict[str, Any], *sizes: int) -> dict[str, Any]:
    """Return the schema of a tensor; -1 is any size."""
    for size in reversed(sizes):
        fixed = {"minItems": size, "maxItems": size} if size >= 0 else {}
        inner = {"type": "array", "items": inner, **fixed}
    return inner


FLOAT = {"type": "number", "format": "float"}


class Heard:
    """A model that keeps what it was given, and answers with as many zeros."""

    def __init__(self) -> None:
        self.data: Any = None

    def predict(self, data: Any) -> Any:
        self.data = data
        return np.zeros(len(data))


def heard(schema: Any, path: str, body: Any, **headers: str) -> Any:
    """Return what a model was given by a request."""
    model = Heard()
    asked = client(model, schema)
    raw = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = asked.post(path, headers=headers, **raw)
    assert answer.status_code == 200, answer.text
    return model.data


def refused(schema: Any, path: str, body: Any, **headers: str) -> str:
    """Return the error of a request, which the model never sees."""
    model = Heard()
    raw = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = client(model, schema).post(path, headers=headers, **raw)
    assert answer.status_code == 400, answer.text
    assert model.data is None
    assert answer.headers.get("X-Mreg-Version", "v1.0.0") == "v1.0.0"
    return str(answer.json()["error"])


class TestTables:
    def test_inputs_are_columns_by_their_names_in_any_order(self) -> None:
        found = heard(TABLE, INFER, v2(PLAN, INCOME, AGE))
        assert list(found.columns) == ["age", "income", "plan"]
        assert found["age"].tolist() == [30, 60]
        assert str(found["age"].dtype) == "int64"
        assert found["income"].isna().tolist() == [False, True]
        assert found["plan"].tolist() == ["pro", "basic"]
        assert found["plan"].cat.categories.tolist() == ["basic", "pro"]

    def test_a_column_may_have_two_dimensions(self) -> None:
        found = heard(TABLE, INFER, v2(("age", [2, 1], "INT32", [[30], [60]]), INCOME, PLAN))
        assert found["age"].tolist() == [30, 60]

    def test_instances_are_objects_or_lists(self) -> None:
        rows = heard(TABLE, PREDICT, {"instances": [ROW]})
        lists = heard(TABLE, PREDICT, {"instances": [[30, 1.5, "pro"]]})
        pd.testing.assert_frame_equal(rows, lists)

    def test_bytes_behind_the_json_are_values(self) -> None:
        texts = b"\3\0\0\0pro\5\0\0\0basic"
        request = {
            "inputs": [
                {
                    "name": name,
                    "shape": [2],
                    "datatype": kind,
                    "parameters": {"binary_data_size": size},
                }
                for name, kind, size in (
                    ("age", "INT64", 16),
                    ("income", "FP32", 8),
                    ("plan", "BYTES", len(texts)),
                )
            ]
        }
        parts = np.array([30, 60]).tobytes(), np.array([1, 2], np.float32).tobytes(), texts
        body, headers = binary(request, *parts)
        found = heard(TABLE, INFER, body, **headers)
        assert found["age"].tolist() == [30, 60]
        assert found["income"].tolist() == [1.0, 2.0]
        assert found["plan"].tolist() == ["pro", "basic"]

    @pytest.mark.parametrize(
        ("inputs", "why"),
        [
            ((AGE, INCOME), "inputs: the column `plan` is missing"),
            ((AGE, INCOME, PLAN, AGE), "inputs[3] `age`: it occurs twice"),
            ((AGE, ("x", [2], "INT64", [1, 2]), PLAN), "inputs[1] `x`: there is no such column"),
            (
                (("age", [2], "FP64", [1.0, 2.0]), INCOME, PLAN),
                "inputs[0] `age`: its datatype is FP64, where it should be INT64",
            ),
            (
                (("age", [2], "INT64", [30, "x"]), INCOME, PLAN),
                "inputs[0] `age`: data[1]: a string, but an integer (int64) is expected",
            ),
            (
                (("age", [2], "INT64", [30, None]), INCOME, PLAN),
                "inputs[0] `age`: data[1]: null, which is not allowed",
            ),
            (
                (("age", [2], "INT64", [30, 2**63]), INCOME, PLAN),
                "inputs[0] `age`: data[1]: 9223372036854775808 is not a valid int64",
            ),
            (
                (("age", [2], "INT64", [30, True]), INCOME, PLAN),
                "inputs[0] `age`: data[1]: a boolean, but an integer (int64) is expected",
            ),
            (
                (AGE, INCOME, ("plan", [2], "BYTES", ["pro", "gold"])),
                "inputs[2] `plan`: data[1]: 'gold' is not an allowed value",
            ),
            (
                (AGE, INCOME, ("plan", [3], "BYTES", ["pro"] * 3)),
                "inputs[2] `plan`: its shape is [3], but the shape of a column is [2] or [2, 1]",
            ),
            (
                (AGE, INCOME, ("plan", [3], "BYTES", ["pro"])),
                "inputs[2] `plan`: its shape [3] requires 3 values, but data has 1",
            ),
            (
                (AGE, INCOME, ("plan", [10**12], "BYTES", [])),
                "inputs[2] `plan`: its shape [1000000000000] requires 1000000000000 values",
            ),
            (
                ((*AGE[:2], "INT63", AGE[3]), INCOME, PLAN),
                "inputs[0] `age`: its datatype is `INT63`",
            ),
            (
                ((AGE[0], [-2], *AGE[2:]), INCOME, PLAN),
                "inputs[0] `age`: its shape must be a list",
            ),
            ((), "inputs: the column"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, inputs: Any, why: str) -> None:
        assert refused(TABLE, INFER, v2(*inputs)).startswith(why)

    @pytest.mark.parametrize(
        ("instances", "why"),
        [
            ([ROW, {**ROW, "age": "x"}], "instances[1] `age`: a string, but an integer (int64)"),
            ([ROW, {**ROW, "x": 1}], "instances[1]: there is no column `x`; the columns are `age`"),
            ([ROW, {"age": 1}], "instances[1]: `income`, `plan` is missing"),
            ([ROW, [1]], "instances: each must be an object"),
            ([[1, 2.0]], "instances[0]: it has 2 values for 3 columns"),
            ([{**ROW, "age": 30.5}], "instances[0] `age`: 30.5 is not an integer"),
            ([], "instances: each must be"),
        ],
    )
    def test_what_is_wrong_of_instances_too(self, instances: Any, why: str) -> None:
        assert refused(TABLE, PREDICT, {"instances": instances}).startswith(why)

    def test_every_type_becomes_what_pandas_has_for_it(self) -> None:
        properties = {
            "small": {"type": "integer", "format": "int8"},
            "maybe": {"type": ["integer", "null"], "format": "uint16"},
            "yes": {"type": ["boolean", "null"]},
            "since": {"type": "string", "format": "date-time"},
            "took": {"type": ["string", "null"], "format": "duration"},
            "raw": {"type": "string", "contentEncoding": "base64"},
            "left": {"type": "string"},
        }
        required = [it for it in properties if it != "left"]
        items = {"type": "object", "properties": properties, "required": required}
        row = {
            "small": -128,
            "maybe": None,
            "yes": None,
            "since": "2026-03-03T16:30:00+02:00",
            "took": "P1DT2H",
            "raw": "AAE=",
        }
        found = heard({"type": "array", "items": items}, PREDICT, {"instances": [row]})
        kinds = [str(it).removesuffix("[ns]") for it in found.dtypes]
        assert kinds == [
            "int8",
            "UInt16",
            "boolean",
            "datetime64",
            "timedelta64",
            "object",
            "object",
        ]
        assert found["since"][0] == pd.Timestamp("2026-03-03T14:30:00")
        assert found["took"][0] == pd.Timedelta(hours=26)
        assert found["raw"][0] == b"\0\1"
        assert found["left"][0] is None
        for wrong in ({"small": 128}, {"since": "soon"}, {"took": "1 day"}, {"raw": "?"}):
            [name] = wrong
            body = {"instances": [row | wrong]}
            assert f"instances[0] `{name}`" in refused(
                {"type": "array", "items": items}, PREDICT, body
            )


class TestTensors:
    schema = array(FLOAT, -1, 2)

    def test_flat_nested_and_instances_are_the_same(self) -> None:
        flat = heard(self.schema, INFER, v2(("x", [2, 2], "FP32", [1, 2, 3, 4])))
        nested = heard(self.schema, INFER, v2(("x", [2, 2], "FP32", [[1, 2], [3, 4]])))
        instances = heard(self.schema, PREDICT, {"instances": [[1, 2], [3, 4]]})
        assert flat.dtype == "float32"
        assert flat.tolist() == nested.tolist() == instances.tolist() == [[1, 2], [3, 4]]

    @pytest.mark.parametrize(
        ("instances", "why"),
        [
            ([[1, 2, 3]], "instances: its shape is [1, 3], but must be [-1, 2]"),
            ([[1, 2], [3]], "instances: its lists are of different lengths"),
            ([[1, 2], 3], "instances: lists are mixed with values"),
            ([[1, 2], [3, "x"]], "instances[1][1]: a string, but a number (float) is expected"),
            ([[1, 2], [3, 1e300]], "instances[1][1]: it is not a valid float"),
            ([[]], "instances: its shape is [1, 0]"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, instances: Any, why: str) -> None:
        assert refused(self.schema, PREDICT, {"instances": instances}).startswith(why)

    def test_named_tensors_are_known_by_their_names(self) -> None:
        schema = {
            "type": "object",
            "properties": {"a": array(FLOAT, -1, 2), "b": array({"type": "integer"}, -1)},
        }
        request = v2(("b", [1], "INT64", [7]), ("a", [1, 2], "FP32", [1, 2]))
        found = heard(schema, INFER, request)
        assert {name: it.tolist() for name, it in found.items()} == {"a": [[1, 2]], "b": [7]}
        instances = [{"a": [1, 2], "b": 7}, {"a": [3, 4], "b": 8}]
        found = heard(schema, PREDICT, {"instances": instances})
        assert found["a"].tolist() == [[1, 2], [3, 4]]
        assert refused(schema, INFER, v2(("c", [1], "INT64", [7]))).startswith(
            "inputs[0] `c`: there is no such input; the inputs are `a`, `b`"
        )

    def test_one_long_text_among_many_takes_no_room_for_each(self) -> None:
        """An array of NumPy's own texts would have 4 bytes for each of its letters everywhere."""
        values = ["x" * 1_000_000, *["y"] * 10_000]
        found = heard(array({"type": "string"}, -1), PREDICT, {"instances": values})
        assert found.dtype == object


RECORD = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "beams": {"type": "integer", "maximum": 9}},
    "required": ["text"],
}


class TestOtherForms:
    def test_records_are_held_against_their_schema_one_by_one(self) -> None:
        asked = client(lambda it: it["text"].upper(), RECORD)
        body = {"instances": [{"text": "a"}, {"text": "b", "beams": 3}]}
        assert asked.post(PREDICT, json=body).json() == {"predictions": ["A", "B"]}
        body = {"instances": [{"text": "a"}, {"text": "b", "beams": 10}]}
        said = asked.post(PREDICT, json=body)
        assert said.status_code == 400
        assert said.json()["error"].startswith("instances[1]['beams']: 10 is greater")

    def test_without_a_schema_the_request_decides(self) -> None:
        assert heard(None, INFER, v2(("x", [1, 2], "FP64", [1, 2]))).shape == (1, 2)
        assert list(heard(None, INFER, v2(AGE, PLAN)).columns) == ["age", "plan"]
        assert list(heard(None, PREDICT, {"instances": [ROW]}).columns) == list(ROW)
        assert heard(None, PREDICT, {"instances": [[1, 2]]}).tolist() == [[1, 2]]

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:1/x"}}},
            {"type": "object", "properties": {"a": {"type": "string", "pattern": "(a+)+$"}}},
            {"$ref": "#"},
            {"type": 3},
            {"type": "array", "uniqueItems": True},
        ],
    )
    def test_a_schema_that_costs_without_bound_is_refused(self, schema: Any) -> None:
        from mreg.schemas.model import ModelSchema
        from mreg.serve import decode
        from mreg.serve.loaders import CannotLoad

        with pytest.raises(CannotLoad):
            decode.form(ModelSchema(input=schema))

    def test_a_property_may_be_called_like_a_keyword(self) -> None:
        schema = {"type": "object", "properties": {"pattern": {"type": "object"}}}
        asked = client(lambda it: 1, schema)
        assert asked.post(PREDICT, json={"instances": [{"pattern": {}}]}).status_code == 200


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{", "the body is not valid JSON"),
        (b"[]", "the body must be an object with a list `inputs`"),
        (b'{"inputs": 3}', "the body must be an object with a list `inputs`"),
        (b'{"inputs": [3]}', "inputs[0]: it must be an object with a name"),
        (b'{"inputs": [{"name": "age"}]}', "inputs[0] `age`: its datatype is `None`"),
        (b"[" * 100_000, "the body is not valid JSON"),
        (b'{"inputs": [], "id": 7}', "id: it must be a string"),
    ],
)
def test_a_body_that_is_no_request(body: bytes, why: str) -> None:
    assert refused(TABLE, INFER, body).startswith(why)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param([1] * 33, id="more dimensions than NumPy has"),
        pytest.param([2**62, 2**62, 0], id="nothing of more than there can be"),
        pytest.param([2**63] * 100_000, id="a product that takes minutes"),
        [2**41],
        [-1],
        [1.0],
        [True],
        None,
    ],
)
@pytest.mark.parametrize("schema", [None, TABLE, array(FLOAT, -1), {"type": "object"}])
def test_a_shape_that_no_array_has(schema: Any, shape: Any) -> None:
    body = v2(("age", shape, "INT64", [5]))
    why = refused(schema, INFER, body)
    assert why == "inputs[0] `age`: its shape must be a list of at most 32 sizes"


OPTIONAL = {
    "type": "array",
    "items": {"type": "object", "properties": {f"c{it}": {"type": "number"} for it in range(200)}},
}


@pytest.mark.parametrize(
    ("schema", "path", "body"),
    [
        (None, PREDICT, {"instances": [{f"c{it}": 1} for it in range(5000)]}),
        (OPTIONAL, PREDICT, {"instances": [{}] * 100_000}),
        (OPTIONAL, INFER, v2(("c0", [100_000], "INT8", [1] * 100_000))),
    ],
)
def test_a_table_of_which_hardly_anything_is_sent(schema: Any, path: str, body: Any) -> None:
    """Of some hundred kilobytes they would make gigabytes, with ten times as many rows."""
    assert "values are missing; at most 16777216 may be missing" in refused(schema, path, body)


def test_an_output_that_is_wanted_twice() -> None:
    body = v2(AGE, INCOME, PLAN, outputs=[{"name": "output-0"}] * 2)
    assert refused(TABLE, INFER, body) == "outputs: a name occurs twice"


def test_data_that_is_nested_too_deep() -> None:
    body = b'{"instances": [' + b'{"a":' * 1000 + b"1" + b"}" * 1000 + b"]}"
    answer = client(lambda data: data, None).post(PREDICT, content=body)
    assert (answer.status_code, answer.json()) == (400, {"error": "the data is nested too deeply"})


def test_a_binary_part_that_is_not_what_is_said() -> None:
    said = {"name": "x", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
    schema = array(FLOAT, -1)
    body, headers = binary({"inputs": [said]}, b"1234")
    assert "its binary_data_size is 8, but only 4 bytes are left" in refused(
        schema, INFER, body, **headers
    )
    body, headers = binary({"inputs": [said]}, b"12345678more")
    assert refused(schema, INFER, body, **headers).startswith("4 bytes after the JSON")
    said["shape"] = [3]
    body, headers = binary({"inputs": [said]}, b"12345678")
    assert "it has 8 bytes, but 3 values of FP32 take 12" in refused(schema, INFER, body, **headers)
    for length in ("-1", "99999", "x", "9" * 5000, "0" * 5000, "0" * 20 + "99999"):
        why = refused(schema, INFER, body, **{"Inference-Header-Content-Length": length})
        assert why.startswith("inference-header-content-length is")
