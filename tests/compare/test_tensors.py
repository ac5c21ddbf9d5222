"""Tensors of two files: bytes made by hand as the format of safetensors has them."""

from __future__ import annotations

import hashlib
import json
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.compare import tensors
from mreg.compare.tensors import StoredTensor, Tensors
from mreg.errors import Refused

ONE, TWO = struct.pack("<2f", 1, 2), struct.pack("<3h", 3, 4, 5)


def header(said: dict[str, Any] | str, padding: int = 0) -> bytes:
    raw = (said if isinstance(said, str) else json.dumps(said)).encode() + b" " * padding
    return struct.pack("<Q", len(raw)) + raw


def entry(begin: int, end: int, dtype: str = "F32", shape: Any = (2,)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


FILE = header({"a.weight": entry(0, 8), "b": entry(8, 14, "I16", [3, 1])}) + ONE + TWO
B_FIRST = {"b": entry(0, 6, "I16", [3, 1]), "a.weight": entry(6, 14)}
SWAPPED = header({"__metadata__": {"by": "x"}, **B_FIRST}, padding=3) + TWO + ONE


def read(raw: bytes, size: int = 1 << 20) -> tensors.TensorFile:
    return tensors.read(raw[at : at + size] for at in range(0, len(raw), size))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_file_is_read_in_pieces_of_any_size(size: int) -> None:
    one, two = hashlib.sha256(ONE).hexdigest(), hashlib.sha256(TWO).hexdigest()
    assert read(FILE, size).tensors == {
        "a.weight": StoredTensor("F32", (2,), one),
        "b": StoredTensor("I16", (3, 1), two),
    }


def test_equal_tensors_in_other_bytes() -> None:
    assert FILE != SWAPPED
    found = tensors.compare(read(FILE), read(SWAPPED))
    assert found == Tensors(2, (), metadata=True)
    assert found.equal


def test_what_differs_is_named() -> None:
    other = {
        "a.weight": entry(0, 8),
        "b": entry(8, 14, "I16", [1, 3]),
        "c": entry(14, 14, "F32", [0]),
    }
    found = tensors.compare(read(FILE), read(header(other) + TWO + b"\0\0" + TWO))
    assert (found.same, found.equal, found.metadata) == (0, False, False)
    assert [it.name for it in found.changes] == ["a.weight", "b", "c"]
    assert found.changes[2].before is None


def test_a_scalar_an_empty_one_and_none_at_all() -> None:
    said = {
        "s": entry(0, 4, shape=[]),
        "e": entry(4, 4, shape=[0, 7]),
        "f": entry(4, 6, "F4", [2, 2]),
    }
    assert [it.shape for it in read(header(said) + b"123456").tensors.values()] == [
        (),
        (0, 7),
        (2, 2),
    ]
    assert read(header({})).tensors == {}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "ends 8 bytes before"),
        (b"\x80\x02}q\x00.", "ends 2 bytes before"),
        (struct.pack("<Q", 1 << 40) + b"{}", "its header would have 1,099,511,627,776 bytes"),
        (header({"a": entry(0, 8)})[:-3], "ends 3 bytes before"),
        (header({"a": entry(0, 8)}) + ONE[:-1], "ends 1 bytes before"),
        (header({"a": entry(0, 8)}) + ONE + b"x", "bytes follow its last tensor"),
        (header("[1]"), "does not begin with"),
        (header(" {}"), "does not begin with"),
        (header("{"), "cannot be read"),
        (header('{"a": NaN}'), "it contains NaN"),
        (header('{"a": 1, "a": 1}'), "it contains a key twice"),
        (header('{"\\ud800": 1}'), "cannot be read"),
        (header('{"a":' * 100_000), "cannot be read"),
        (header({"a": 1}), "must have only dtype"),
        (header({"a": {**entry(0, 8), "x": 1}}), "must have only dtype"),
        (header({"a": entry(0, 8, "F31")}), "unknown type 'F31'"),
        (header({"a": entry(0, 8, ["F32"])}), "unknown type"),  # type: ignore[arg-type]
        (header({"a": entry(0, 8, shape=[2.0])}), "an invalid shape or invalid offsets"),
        (header({"a": entry(0, 8, shape=[True])}), "an invalid shape or invalid offsets"),
        (header({"a": entry(8, 0, shape=[-2])}), "an invalid shape or invalid offsets"),
        (header({"a": entry(0, 8, shape=[3])}), "does not match its shape"),
        (header({"a": entry(0, 8, shape=[2**62, 2**62])}), "does not match its shape"),
        # Multiplied out, these take an hour.
        (header({"a": entry(0, 8, shape=[2**62] * 1_000_000)}), "does not match its shape"),
        (header({"a": entry(1, 9)}) + b"x" + ONE, "begins at 1, not at 0"),
        (header({"a": entry(0, 8), "b": entry(4, 12)}) + ONE + ONE, "begins at 4, not at 8"),
        (header({"__metadata__": {"a": 1}}), "its metadata"),
    ],
)
def test_what_is_no_such_file_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read(raw)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(head: bytes, tail: bytes) -> None:
    for raw in (head, struct.pack("<Q", len(head) + 1) + b"{" + head + tail):
        with suppress(Refused):
            read(raw)


def test_how_they_are_shown() -> None:
    assert tensors.described(StoredTensor("F32", (2, 3), "")) == "F32 [2, 3]"
    assert tensors.described(None) == "-"
