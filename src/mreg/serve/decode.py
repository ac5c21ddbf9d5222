"""From a request to what a model takes, by the schema that its version has.

A table's columns are known by their names, in V2 one input each; a tensor by its shape and type.
A schema in another form is held against what JSON says. Where a version has no schema, the form of
the request decides. Nothing is dropped and nothing is guessed: else the client is told the place.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mreg.schemas import model
from mreg.schemas.model import Column, ModelSchema, Tensor
from mreg.serve import cells
from mreg.serve.cells import CellType
from mreg.serve.inputs import InputForm, TensorInput, as_value
from mreg.serve.refusals import RequestRefused, WrongValue, quoted


def form(schema: ModelSchema) -> InputForm:
    """Return how the input that a schema describes looks in requests.

    Raises:
        CannotLoad: the schema is none that a request can safely be held against.
    """
    said = schema.input
    if said is None:
        return AnyForm()
    if (columns := model.columns(said)) is not None:
        return TableForm(columns)
    if (one := model.tensor(said)) is not None:
        return TensorForm(one)
    if (several := model.tensors(said)) is not None:
        return TensorsForm(several)
    from mreg.serve.free_form import FreeForm

    return FreeForm(said)


class TableForm(InputForm):
    """A table: a row object each, or an input a column."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self._columns = columns
        self._cells = {
            it.name: CellType(it.type, it.format, it.nullable or not it.required, it.enum)
            for it in columns
        }
        self._required = frozenset(it.name for it in columns if it.required)

    def described(self) -> list[dict[str, Any]]:
        """Return an input a column."""
        return [
            {"name": name, "datatype": it.datatype, "shape": [-1]}
            for name, it in self._cells.items()
        ]

    def of_tensors(self, inputs: Sequence[TensorInput]) -> Any:
        """Make a table of inputs, each a column by its name."""
        found: dict[str, Any] = {}
        rows = inputs[0].shape[0] if inputs and inputs[0].shape else 0
        for it in inputs:
            cell = self._cells.get(it.name)
            if cell is None:
                raise it.wrong(f"there is no such column; the columns are {self._names()}")
            if it.name in found:
                raise it.wrong("it occurs twice")
            if it.shape not in ((rows,), (rows, 1)):
                raise it.wrong(
                    f"its shape is {list(it.shape)}, but the shape of a column is [{rows}] or "
                    f"[{rows}, 1]"
                )
            found[it.name] = it.read(cell, cells.column)
        if lacking := self._required - found.keys():
            raise RequestRefused(f"inputs: the column {_listed(lacking)} is missing")
        return self._frame(found, rows)

    def of_instances(self, instances: list[Any]) -> Any:
        """Make a table of rows: objects, or lists in the order of the columns."""
        kinds = set(map(type, instances))
        if kinds == {dict}:
            found = self._of_objects(instances)
        elif kinds == {list}:
            found = self._of_lists(instances)
        else:
            raise RequestRefused(
                "instances: each must be an object with the names of the columns, or each a "
                "list in the order of the columns"
            )
        return self._frame(
            {
                name: self._column(name, values, "instances[{0}] {1}")
                for name, values in found.items()
            },
            len(instances),
        )

    def of_fields(self, rows: list[list[str]]) -> Any:
        """Make a table of rows of CSV, each field of its column's type."""
        found = self._of_lists(rows)
        typed = {name: _typed(self._cells[name], values) for name, values in found.items()}
        return self._frame(
            {name: self._column(name, values, "row {2}, {1}") for name, values in typed.items()},
            len(rows),
        )

    def _of_objects(self, rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
        _check_missing(len(rows) * len(self._cells) - sum(map(len, rows)))
        for place, row in enumerate(rows):
            if not row.keys() <= self._cells.keys():
                unknown = _listed(row.keys() - self._cells.keys())
                raise RequestRefused(
                    f"instances[{place}]: there is no column {unknown}; the columns are "
                    f"{self._names()}"
                )
            if not self._required <= row.keys():
                lacking = _listed(self._required - row.keys())
                raise RequestRefused(f"instances[{place}]: {lacking} is missing")
        return {name: [row.get(name) for row in rows] for name in self._cells}

    def _of_lists(self, rows: list[list[Any]]) -> dict[str, list[Any]]:
        wanted = len(self._cells)
        for place, row in enumerate(rows):
            if len(row) != wanted:
                raise RequestRefused(
                    f"instances[{place}]: it has {len(row)} values for {wanted} columns: "
                    f"{self._names()}"
                )
        return {name: [row[at] for row in rows] for at, name in enumerate(self._cells)}

    def _column(self, name: str, values: list[Any], place: str) -> Any:
        try:
            return cells.column(self._cells[name], values)
        except WrongValue as error:
            row = error.index
            where = quoted(name) if row is None else place.format(row, quoted(name), row + 1)
            raise RequestRefused(f"{where}: {error}") from None

    def _frame(self, found: Mapping[str, Any], rows: int) -> Any:
        if not rows:
            raise RequestRefused("there are no rows")
        _check_missing(rows * (len(self._cells) - len(found)))
        whole = {
            name: found[name] if name in found else cells.column(cell, [None] * rows)
            for name, cell in self._cells.items()
        }
        return pd.DataFrame(whole, copy=False)

    def _names(self) -> str:
        return _listed(self._cells)


_MOST_MISSING = 1 << 24
"""So many values may be left out of a table: each takes room there, and none in the request."""


def _check_missing(count: int) -> None:
    if count > _MOST_MISSING:
        raise RequestRefused(f"{count} values are missing; at most {_MOST_MISSING} may be missing")


_MOST_LISTED = 20


def _listed(names: Any) -> str:
    shown = [quoted(it) for it in (sorted(names) if isinstance(names, (set, frozenset)) else names)]
    more = len(shown) - _MOST_LISTED
    return ", ".join(shown[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _typed(cell: CellType, texts: list[Any]) -> list[Any]:
    """Return fields of CSV as values of a type; what is none stays a text, and is refused."""
    if cell.type == "boolean":
        return [{"true": True, "false": False, "": None}.get(it.lower(), it) for it in texts]
    if cell.type == "string":
        return [None if it == "" and cell.nullable else it for it in texts]
    return [as_value(it) for it in texts]


class TensorForm(InputForm):
    """One tensor, whatever it is called."""

    def __init__(self, tensor: Tensor, name: str = "input-0") -> None:
        self._cell = CellType(tensor.type, tensor.format, tensor.nullable)
        self._shape = tensor.shape
        self._name = name

    def described(self) -> list[dict[str, Any]]:
        """Return the one input."""
        shape = list(self._shape)
        return [{"name": self._name, "datatype": self._cell.datatype, "shape": shape}]

    def of_tensors(self, inputs: Sequence[TensorInput]) -> Any:
        """Return the one input as an array."""
        if len(inputs) != 1:
            raise RequestRefused(
                f"inputs: there are {len(inputs)} tensors, but the model takes one"
            )
        return self.of_tensor(inputs[0])

    def of_tensor(self, it: TensorInput) -> Any:
        """Return an input as an array."""
        self._check_shape(it.shape, it.wrong)
        return it.read(self._cell, cells.tensor).reshape(it.shape)

    def of_instances(self, instances: list[Any]) -> Any:
        """Return nested lists as an array."""
        return self.of_lists(instances, "instances")

    def of_lists(self, values: list[Any], where: str) -> Any:
        """Return nested lists, which stand at some place, as an array."""

        def wrong(message: str) -> RequestRefused:
            return RequestRefused(f"{where}: {message}")

        try:
            shape, flat = cells.flatten(values)
        except WrongValue as error:
            raise wrong(str(error)) from None
        self._check_shape(shape, wrong)
        try:
            return cells.tensor(self._cell, flat).reshape(shape)
        except WrongValue as error:
            if error.index is None:
                raise wrong(str(error)) from None
            at = "".join(f"[{it}]" for it in np.unravel_index(error.index, shape))
            raise RequestRefused(f"{where}{at}: {error}") from None

    def _check_shape(self, shape: Sequence[int], wrong: Callable[[str], RequestRefused]) -> None:
        fits = len(shape) == len(self._shape) and all(
            want in (model.OPEN, size) for size, want in zip(shape, self._shape, strict=True)
        )
        if not fits:
            raise wrong(f"its shape is {list(shape)}, but must be {list(self._shape)}")
        if not math.prod(shape):
            raise wrong("it is empty")


class TensorsForm(InputForm):
    """Tensors by their names."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._forms = {name: TensorForm(it, name) for name, it in tensors.items()}

    def described(self) -> list[dict[str, Any]]:
        """Return an input a tensor."""
        return [said for it in self._forms.values() for said in it.described()]

    def of_tensors(self, inputs: Sequence[TensorInput]) -> Any:
        """Return the inputs as arrays by their names."""
        found: dict[str, Any] = {}
        for it in inputs:
            if it.name not in self._forms:
                raise it.wrong(f"there is no such input; the inputs are {_listed(self._forms)}")
            if it.name in found:
                raise it.wrong("it occurs twice")
            found[it.name] = self._forms[it.name].of_tensor(it)
        if lacking := self._forms.keys() - found.keys():
            raise RequestRefused(f"inputs: {_listed(set(lacking))} is missing")
        return found

    def of_example(self, value: Any) -> Any:
        """Return an object of nested lists as arrays by their names."""
        if not isinstance(value, dict) or value.keys() != self._forms.keys():
            raise RequestRefused(f"it must be an object with {_listed(self._forms)}")
        if not all(isinstance(it, list) for it in value.values()):
            raise RequestRefused("each of its values must be a list")
        return {name: it.of_lists(value[name], name) for name, it in self._forms.items()}

    def of_instances(self, instances: list[Any]) -> Any:
        """Return instances, each an object with a part of each tensor, as arrays by their names."""
        for place, it in enumerate(instances):
            if not isinstance(it, dict) or it.keys() != self._forms.keys():
                raise RequestRefused(
                    f"instances[{place}]: it must be an object with {_listed(self._forms)}"
                )
        return {
            name: form.of_lists([it[name] for it in instances], f"instances[...].{name}")
            for name, form in self._forms.items()
        }


class AnyForm(InputForm):
    """What a version takes of which no schema is recorded: as the request has it."""

    def of_tensors(self, inputs: Sequence[TensorInput]) -> Any:
        """Return one input as an array; several of one length as a table, others by their names."""
        arrays = {it.name: it.read(_free(it.datatype), cells.tensor) for it in inputs}
        if not inputs or len(arrays) != len(inputs):
            raise RequestRefused("inputs: at least one input is needed, each with a different name")
        if len(inputs) == 1 and len(inputs[0].shape) > 1:
            return arrays[inputs[0].name].reshape(inputs[0].shape)
        rows = inputs[0].shape[:1]
        if all(it.shape in (rows, (*rows, 1)) for it in inputs):
            return pd.DataFrame(arrays, copy=False)
        return {it.name: arrays[it.name].reshape(it.shape) for it in inputs}

    def of_instances(self, instances: list[Any]) -> Any:
        """Return objects as a table, lists of numbers as an array, anything else as it is."""
        kinds = set(map(type, instances))
        if kinds == {dict}:
            names = {name for it in instances for name in it}
            _check_missing(len(instances) * len(names) - sum(map(len, instances)))
            return pd.DataFrame(instances)
        if kinds != {list}:
            return instances
        try:
            shape, flat = cells.flatten(instances)
        except WrongValue as error:
            raise RequestRefused(f"instances: {error}") from None
        if {int, float, bool} >= set(map(type, flat)):
            return np.array(flat).reshape(shape)
        return pd.DataFrame(instances) if len(shape) == _TABLE else instances


_TABLE = 2
"""How many dimensions a table has."""


def _free(datatype: str) -> CellType:
    formats = {name: it for it, name in cells.DATATYPES.items() if it != "bfloat16"}
    return CellType(cells.OF_V2[datatype], formats.get(datatype), nullable=True)
