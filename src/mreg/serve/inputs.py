"""What a request brings, and how the input of a version may look in it: the base of all forms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from mreg.serve import cells
from mreg.serve.cells import CellType
from mreg.serve.refusals import RequestRefused, WrongValue, quoted
from mreg.tuples import NamedTuple


class TensorInput(NamedTuple):
    """An input of a request in V2.

    Attributes:
        values: its values in one list, or in an array of one dimension: as many as `shape` means.
    """

    place: int
    name: str
    datatype: str
    shape: tuple[int, ...]
    values: Sequence[Any]

    def wrong(self, message: str, index: int | None = None) -> RequestRefused:
        """Return the error that says what is wrong with it, or with one of its values."""
        where = "" if index is None else f"data[{index}]: "
        return RequestRefused(f"inputs[{self.place}] {quoted(self.name)}: {where}{message}")

    def read(self, cell: CellType, make: Callable[[CellType, Sequence[Any]], Any]) -> Any:
        """Return its values as an array of a type.

        Raises:
            RequestRefused: they are of another one.
        """
        if not cells.accepts(cell, self.datatype):
            raise self.wrong(f"its datatype is {self.datatype}, where it should be {cell.datatype}")
        try:
            return make(cell, self.values)
        except WrongValue as error:
            raise self.wrong(str(error), error.index) from None


class InputForm(ABC):
    """How a version's input looks in requests."""

    many: bool = True
    """Whether one prediction answers for all instances of V1, and not each for itself."""

    @abstractmethod
    def of_tensors(self, inputs: Sequence[TensorInput]) -> Any:
        """Return what the inputs of a request in V2 say.

        Raises:
            RequestRefused: they are not what the schema says.
        """

    @abstractmethod
    def of_instances(self, instances: list[Any]) -> Any:
        """Return what the instances of a request in V1 say; if not `many`, a list of that.

        Raises:
            RequestRefused: they are not what the schema says.
        """

    def of_example(self, value: Any) -> Any:
        """Return what the input of a schema's example says, as `of_instances` does.

        Raises:
            RequestRefused: it is not what the schema says.
        """
        return self.of_instances(value if isinstance(value, list) else [value])

    def described(self) -> list[dict[str, Any]]:
        """Return the inputs as V2 describes them in a model's metadata."""
        return []

    def of_fields(self, rows: list[list[str]]) -> Any:
        """Return what rows of CSV say."""
        return self.of_instances([[as_value(it) for it in row] for row in rows])


def as_value(text: str) -> Any:
    """Return what a field of CSV says that nobody has described: a number, a text or nothing."""
    if not text:
        return None
    try:
        number = float(text)
        return int(text) if text.lstrip("-").isdecimal() else number
    except ValueError:  # which Python says of thousands of digits, too
        return text
