"""What loading a model takes and gives, as values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from mreg.annotations.entry import Annotation
from mreg.errors import MregError
from mreg.tuples import NamedTuple


class CannotLoad(MregError):
    """A version's file or folder is no model that can be loaded here."""


class LoadRequest(NamedTuple):
    """A model that is to be loaded.

    Attributes:
        path: its file or folder on this disk, verified; it is only read.
        annotation: what its own commit says of it.
        loader: the user's own "module:function", which is called with the path; None: by the format
            that the file or folder has.
        trust_pickle: whether a file may run code of its own choice when it is loaded.
        method: which of the model's methods answers; None: "predict", or the only one there is.
    """

    path: Path
    annotation: Annotation
    loader: str | None = None
    trust_pickle: bool = False
    method: str | None = None


class FormatInput(NamedTuple):
    """An input that a model's own format names.

    Attributes:
        name: its name.
        type: its type, in the words of the format.
        shape: its shape, -1 for any size; None if the format has none.
    """

    name: str
    type: str
    shape: tuple[int, ...] | None = None


class Predictor(ABC):
    """A model that was loaded. Any number of threads may call `predict` at once.

    Attributes:
        format: the format that it was loaded from: "skops", "onnx", "module:function".
        inputs: what the format itself says of inputs; None if that is nothing.
    """

    format: str
    inputs: tuple[FormatInput, ...] | None = None

    @abstractmethod
    def predict(self, data: Any) -> Any:
        """Return what the model says.

        Args:
            data: a pandas DataFrame for a table; an ndarray for one tensor, a dict of these for
                named ones; else what JSON says: dicts, lists, texts, numbers, None.

        Returns:
            An ndarray, DataFrame, Series, dict of arrays, or what JSON can say. Errors of the
            model itself are raised as they are.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to give back
        """Give back what the model holds. It is not called any more."""
