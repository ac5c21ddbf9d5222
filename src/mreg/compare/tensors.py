"""Tensors of two files in the format of safetensors: which are the same, name by name.

Equal tensors may stand in files of other bytes: in another order, with other metadata, behind
another padding. Source of the format: https://github.com/huggingface/safetensors, README.md,
"Format"; the data types are those of its release 0.6.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from mreg.core.tables import NOTHING
from mreg.errors import Refused
from mreg.tuples import NamedTuple

SUFFIX = ".safetensors"

MOST_HEADER = 32 << 20
"""A header of more bytes is not read; that of a model of 100,000 tensors has about 15 MiB."""

_BITS = {
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    **dict.fromkeys(("BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0"), 8),
    **dict.fromkeys(("F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("I16", "U16", "F16", "BF16"), 16),
    **dict.fromkeys(("I32", "U32", "F32"), 32),
    **dict.fromkeys(("I64", "U64", "F64", "C64"), 64),
}  # fmt: skip
_METADATA = "__metadata__"
_LARGEST = 2**63


class StoredTensor(NamedTuple):
    """A tensor: its type as safetensors has it ("F32"), its shape, the SHA-256 of its bytes."""

    dtype: str
    shape: tuple[int, ...]
    sha256: str


class TensorFile(NamedTuple):
    """What a file holds: its tensors by name, and what else is said of them."""

    tensors: Mapping[str, StoredTensor]
    metadata: Mapping[str, str]


class TensorChange(NamedTuple):
    """A tensor that differs in type, shape or bytes; None on the side that does not have it."""

    name: str
    before: StoredTensor | None
    after: StoredTensor | None


class Tensors(NamedTuple):
    """How the tensors of two files compare.

    Attributes:
        same: how many are the same in both: name, type, shape and bytes.
        changes: the others, by name.
        metadata: whether the metadata differs.
        unread: why nothing of this can be told; None if it can.
    """

    same: int = 0
    changes: tuple[TensorChange, ...] = ()
    metadata: bool = False
    unread: str | None = None

    @property
    def equal(self) -> bool | None:
        """Whether all tensors are the same; None if that cannot be told."""
        return None if self.unread else not self.changes


def compare(before: TensorFile, after: TensorFile) -> Tensors:
    """Hold the tensors of two files against each other."""
    old, new = before.tensors, after.tensors
    pairs = [(it, old.get(it), new.get(it)) for it in sorted({*old, *new})]
    changes = tuple(TensorChange(*it) for it in pairs if it[1] != it[2])
    return Tensors(len(pairs) - len(changes), changes, before.metadata != after.metadata)


def read(chunks: Iterable[bytes | memoryview]) -> TensorFile:
    """Read a file, in pieces from its start to its end; none of it is kept but the header.

    Raises:
        Refused: it is not in the format of safetensors.
    """
    source = _Chunks(chunks)
    size = int.from_bytes(source.take(8), "little")
    if size > MOST_HEADER:
        raise Refused(f"its header would have {size:,} bytes")
    said = _parsed(source.take(size))
    metadata = said.pop(_METADATA, {})
    if not isinstance(metadata, dict) or not all(isinstance(it, str) for it in metadata.values()):
        raise Refused("its metadata is not a mapping of strings")
    ranges = {name: _range(name, it) for name, it in said.items()}
    tensors, end = {}, 0
    for name in sorted(ranges, key=ranges.__getitem__):
        begin, end_of_this = ranges[name]
        if begin != end:
            raise Refused(f"its tensor {name!r} begins at {begin:,}, not at {end:,}")
        end, hasher = end_of_this, hashlib.sha256()
        for piece in source.pieces(end - begin):
            hasher.update(piece)
        tensors[name] = StoredTensor(
            said[name]["dtype"], tuple(said[name]["shape"]), hasher.hexdigest()
        )
    if not source.is_at_end():
        raise Refused("bytes follow its last tensor")
    return TensorFile(tensors, metadata)


def _parsed(raw: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(found := dict(pairs)) < len(pairs):
            raise ValueError("it contains a key twice")
        for name in found:
            name.encode()  # half of a surrogate pair is no text
        return found

    def refuse(text: str) -> None:
        raise ValueError(f"it contains {text}")

    if raw[:1] != b"{":
        raise Refused("its header does not begin with {")
    try:
        said: dict[str, Any] = json.loads(
            raw.decode(), object_pairs_hook=once, parse_constant=refuse
        )
    except (ValueError, RecursionError) as error:
        raise Refused(f"its header cannot be read: {error}") from None
    return said


def _range(name: str, said: Any) -> tuple[int, int]:
    """Return where the bytes of a tensor begin and end, behind the header."""
    if not isinstance(said, dict) or said.keys() != {"dtype", "shape", "data_offsets"}:
        raise Refused(f"its tensor {name!r} must have only dtype, shape and data_offsets")
    dtype, shape, offsets = said["dtype"], said["shape"], said["data_offsets"]
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise Refused(f"its tensor {name!r} has the unknown type {dtype!r}")
    if not _are_sizes(shape) or not _are_sizes(offsets) or len(offsets) != 2:  # noqa: PLR2004
        raise Refused(f"its tensor {name!r} has an invalid shape or invalid offsets")
    begin, end = offsets
    if _count(shape) * _BITS[dtype] != (end - begin) * 8:
        raise Refused(
            f"its tensor {name!r} has {end - begin:,} bytes, which does not match its shape"
        )
    return begin, end


def _count(shape: list[int]) -> int:
    """Return how many values a tensor has; too many, whatever its shape says behind them.

    safetensors, too, refuses what overflows on the way. A million factors would take for ever.
    """
    count = 1
    for size in shape:
        count *= size
        if count >= _LARGEST:
            break
    return count


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(it) is int and 0 <= it < _LARGEST for it in value)


def described(tensor: StoredTensor | None) -> str:
    """Return a tensor's type and shape for a reader: "F32 [2, 3]"."""
    return f"{tensor.dtype} {list(tensor.shape)}" if tensor else NOTHING


class _Chunks:
    """Bytes that come in pieces, taken in portions of other sizes."""

    def __init__(self, chunks: Iterable[bytes | memoryview]) -> None:
        self._chunks = iter(chunks)
        self._left = memoryview(b"")

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Iterate over the next bytes, each piece good until the next is asked for."""
        while size:
            if self.is_at_end():
                raise Refused(f"it ends {size:,} bytes before the end that its header gives")
            piece, self._left = self._left[:size], self._left[size:]
            size -= len(piece)
            yield piece

    def take(self, size: int) -> bytes:
        return b"".join(map(bytes, self.pieces(size)))

    def is_at_end(self) -> bool:
        while not self._left:
            if (chunk := next(self._chunks, None)) is None:
                return True
            self._left = memoryview(chunk)
        return False
