"""Answers as pandas DataFrames. pandas is no dependency of mreg: it is loaded if it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mreg.errors import UsageError

if TYPE_CHECKING:
    from pandas import DataFrame, Series

_EXACT = 2**53
"""Up to here every whole number is a float: a column with gaps becomes one of floats."""


def to_pandas(records: Iterable[Any]) -> DataFrame:
    """Return records as a DataFrame, each in a row, with a column for each of their keys in JSON.

    Times are in UTC, because pandas requires the same offset for all times in a column.

    Args:
        records: named tuples of one kind, such as the results of `Registry.history` and
            `Registry.versions`; or a value that has a `to_pandas` of its own: a `Comparison`, a
            `Diff` or a `Changelog`.

    Raises:
        UsageError: pandas is not installed, or these are not such records.
    """
    if own := getattr(records, "to_pandas", None):
        made: DataFrame = own()
        return made
    rows = list(records)
    if not all(hasattr(it, "_asdict") for it in rows):
        raise UsageError("only named tuples, such as events and versions, can become a DataFrame")
    names = getattr(rows[0], "shown", lambda: rows[0]._fields)() if rows else ()
    return frame([{name: getattr(it, name) for name in names} for it in rows], names)


def frame(rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> DataFrame:
    """Return rows as a DataFrame with some columns; what a row does not have is missing there.

    Raises:
        UsageError: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise UsageError("pandas is not installed", hint="run `pip install pandas`") from None
    content = {name: _column([row.get(name) for row in rows]) for name in columns}
    return pd.DataFrame(content, columns=list(content))


def _column(values: Sequence[Any]) -> Series[Any]:
    import pandas as pd

    if values and all(isinstance(it, datetime) for it in values):
        return pd.Series(pd.to_datetime(values, utc=True))
    whole = any(isinstance(it, int) and abs(it) > _EXACT for it in values)
    mixed = any(not isinstance(it, int | float | str | None) for it in values)
    return pd.Series(values, dtype=object if whole or mixed else None)
