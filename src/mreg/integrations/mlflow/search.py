"""Searches in MLflow's own language, over what a registry holds.

MLflow reads the expressions, the orders and the marks of pages; it compares texts and numbers with
what stands in the attributes of the two classes here, whose names are therefore its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import ABORTED, INVALID_PARAMETER_VALUE
from mlflow.store.entities.paged_list import PagedList
from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils, SearchUtils

from mreg.integrations.address import RegistryAddress
from mreg.integrations.mlflow.models import MlflowModel, MlflowVersion

_Row = TypeVar("_Row", MlflowModel, MlflowVersion)
_Found = TypeVar("_Found")

OF_VERSIONS = ("last_updated_timestamp DESC", "name ASC", "version_number DESC")
"""The order of versions where nobody asks for another."""

_UNCHANGING = frozenset(("name", "version_number", "creation_timestamp"))
"""What one can sort by that stays as it is, whatever happens to a version."""


class SearchableModel:
    """A model, for MLflow's search."""

    __slots__ = ("_tags", "creation_timestamp", "entry", "last_updated_timestamp", "name")

    def __init__(self, entry: MlflowModel) -> None:
        self.entry = entry
        self.name = entry.name
        self.creation_timestamp = entry.created
        self.last_updated_timestamp = entry.updated
        self._tags = entry.tags


class SearchableVersion:
    """A version that has a number, for MLflow's search."""

    __slots__ = (
        "creation_timestamp",
        "current_stage",
        "entry",
        "last_updated_timestamp",
        "name",
        "run_id",
        "source",
        "tags",
        "version",
    )

    def __init__(self, entry: MlflowVersion, address: RegistryAddress) -> None:
        self.entry = entry
        self.name = entry.name
        self.version = entry.number
        self.creation_timestamp = entry.created
        self.last_updated_timestamp = entry.updated
        self.run_id = entry.run_id
        self.source = address.version(entry.artifact, entry.semver)
        self.current_stage = ""  # one that is called as deleted ones are would be left out
        self.tags = entry.tags


def named(filter_string: str | None) -> str | None:
    """Return the name of the one model that an expression asks for; None if it does not name one.

    Raises:
        MlflowException: it is no expression.
    """
    clauses = SearchModelVersionUtils.parse_search_filter(filter_string)
    names = [it["value"] for it in clauses if it["key"] == "name" and it["comparator"] == "="]
    return next((it for it in names if isinstance(it, str)), None)


def models(
    entries: Iterable[MlflowModel],
    filter_string: str | None,
    order_by: Sequence[str] | None,
) -> list[MlflowModel]:
    """Return the models that an expression is true of, in order."""
    rows = SearchModelUtils.filter([*map(SearchableModel, entries)], filter_string)
    wanted = []
    for clause in order_by or ():
        key, ascending = SearchUtils.parse_order_by_for_search_registered_models(clause)
        by_time = key in SearchUtils.VALID_TIMESTAMP_ORDER_BY_KEYS
        if key != "name" and not by_time:
            raise _no_key(key, SearchUtils.RECOMMENDED_ORDER_BY_KEYS_REGISTERED_MODELS)
        wanted.append(("last_updated_timestamp" if by_time else "name", ascending))
    _sort(rows, wanted, [("name", True)], order_by)
    return [it.entry for it in rows]


def versions(
    entries: Iterable[MlflowVersion],
    address: RegistryAddress,
    filter_string: str | None,
    order_by: Sequence[str] | None,
) -> list[MlflowVersion]:
    """Return the versions that an expression is true of, in order."""
    for clause in SearchModelVersionUtils.parse_search_filter(filter_string):
        if clause["key"] in SearchModelVersionUtils.NUMERIC_ATTRIBUTES:
            _require_integer(clause["key"], clause["value"])
    rows = [SearchableVersion(it, address) for it in entries]
    rows = SearchModelVersionUtils.filter(rows, filter_string)
    wanted = []
    for clause in order_by or OF_VERSIONS:
        kind, key, ascending = SearchModelVersionUtils.parse_order_by_for_search_model_versions(
            clause
        )
        if kind != "attribute":
            raise _no_key(key, SearchModelVersionUtils.VALID_ORDER_BY_ATTRIBUTE_KEYS)
        wanted.append(("version" if key == "version_number" else key, ascending))
    _sort(rows, wanted, [("name", True), ("version", False)], order_by)
    return [it.entry for it in rows]


def page(
    found: Sequence[_Row],
    made: Callable[[_Row], _Found],
    max_results: Any,
    most: int,
    page_token: str | None,
    order_by: Sequence[str],
) -> PagedList[_Found]:
    """Return the part of what was found that a page holds, and the mark of the next page.

    A mark says what the pages before it held, so that nothing is on two pages or on none, though
    tags come and go between them.

    Raises:
        MlflowException: there is no such page, or what came makes it unclear where it would begin.
    """
    if not isinstance(max_results, int) or max_results < 1:
        raise MlflowException(
            f"Invalid value for max_results. It must be a positive integer, but got {max_results}",
            INVALID_PARAMETER_VALUE,
        )
    if max_results > most:
        raise MlflowException(
            "Invalid value for request parameter max_results. It must be at most"
            f" {most}, but got value {max_results}",
            INVALID_PARAMETER_VALUE,
        )
    start = _start(found, page_token, order_by) if page_token else 0
    end = start + max_results
    token = _mark(found, end) if end < len(found) else None
    return PagedList([made(it) for it in found[start:end]], token)


def _mark(found: Sequence[_Row], end: int) -> str:
    """Return the mark of the page that begins at a place."""
    said = {"offset": end, "last": found[end - 1].selector, "before": _digest(found[:end])}
    return base64.b64encode(json.dumps(said).encode()).decode()


def _start(found: Sequence[_Row], page_token: str, order_by: Sequence[str]) -> int:
    """Return where the page of a mark begins.

    Where the pages before it would be others by now, it begins behind what was shown last, if no
    event changes the order.
    """
    try:
        said = json.loads(base64.b64decode(page_token))
        offset, last, before = int(said["offset"]), said.get("last"), said.get("before")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = f"Invalid page token: {page_token!r}"
        raise MlflowException(message, INVALID_PARAMETER_VALUE) from error
    if offset < 0:
        raise MlflowException(f"Invalid page token: {page_token!r}", INVALID_PARAMETER_VALUE)
    if before is None:  # a mark of MLflow's own stores, which says no more
        return offset
    if _digest(found[:offset]) == before:
        return offset
    keys = {clause.strip().split()[0].lower() for clause in order_by if clause.strip()}
    if keys <= _UNCHANGING:
        for at, it in enumerate(found):
            if it.selector == last:
                return at + 1
    raise MlflowException(
        "the results of this search changed since the last page, so a result may be "
        "missing\nsearch again from the first page, with a larger max_results",
        ABORTED,
    )


def _digest(found: Iterable[_Row]) -> str:
    named = "\n".join(it.selector for it in found)
    return hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _sort(
    rows: list[Any],
    wanted: Sequence[tuple[str, bool]],
    ties: Sequence[tuple[str, bool]],
    order_by: Sequence[str] | None,
) -> None:
    """Sort by keys, each with whether it is ascending, and where these are the same by others."""
    keys = [key for key, _ in wanted]
    if len({*keys}) < len(keys):
        raise MlflowException(
            f"`order_by` contains duplicate fields: {order_by}", INVALID_PARAMETER_VALUE
        )
    for key, ascending in reversed([*wanted, *(it for it in ties if it[0] not in keys)]):
        rows.sort(key=lambda it: getattr(it, key), reverse=not ascending)


def _require_integer(key: str, value: Any) -> None:
    """Refuse what MLflow would call int() on, and end in a traceback."""
    if isinstance(value, float) or not re.fullmatch(r"-?[0-9]+", str(value)):
        raise MlflowException(
            f"Invalid value for numeric attribute '{key}': {value!r}", INVALID_PARAMETER_VALUE
        )


def _no_key(key: str, known: Iterable[str]) -> MlflowException:
    return MlflowException(
        f"Invalid order by key '{key}' specified. Valid keys are {sorted(known)}",
        INVALID_PARAMETER_VALUE,
    )
