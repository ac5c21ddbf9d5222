"""What mreg raises, as what MLflow raises.

MLflow's client tries again what its server answers with a 500 or a 503, up to seven times and ever
more slowly; and an error of which it does not know the code is a 500. So each refusal has a code of
the fours, and what a second try could mend has a 503.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import (
    ABORTED,
    INVALID_PARAMETER_VALUE,
    PERMISSION_DENIED,
    RESOURCE_DOES_NOT_EXIST,
    TEMPORARILY_UNAVAILABLE,
)

from mreg.errors import (
    AccessDenied,
    Forbidden,
    MregError,
    NoRemoteRepository,
    NotFound,
    OutcomeUnknown,
    Outdated,
    RemoteError,
)
from mreg.integrations.refusals import words

_CODES: tuple[tuple[type[MregError], int], ...] = (
    (Forbidden, PERMISSION_DENIED),
    (NotFound, RESOURCE_DOES_NOT_EXIST),
    (AccessDenied, PERMISSION_DENIED),
    # As of a folder that is none: a 404 would say that there is no such model.
    (NoRemoteRepository, INVALID_PARAMETER_VALUE),
    (OutcomeUnknown, TEMPORARILY_UNAVAILABLE),
    (RemoteError, ABORTED),
    (Outdated, ABORTED),
    (MregError, INVALID_PARAMETER_VALUE),
)
"""The code of each error; the first one counts whose class it is of."""


@contextmanager
def translated() -> Iterator[None]:
    """Raise what mreg raises as an error of MLflow, with what to do about it."""
    try:
        yield
    except MregError as error:
        code = next(code for kind, code in _CODES if isinstance(error, kind))
        raise MlflowException(words(str(error), error.hint), error_code=code) from error


def text(name: str, value: Any) -> str:
    """Return an argument that has to be a text.

    Raises:
        MlflowException: it is none.
    """
    if not isinstance(value, str):
        raise invalid(f"Parameter '{name}' must be a text, got {value!r}.")
    return value


def absent(what: str, hint: str = "") -> MlflowException:
    """Return the error for something that is not there."""
    return MlflowException(words(what, hint), RESOURCE_DOES_NOT_EXIST)


def invalid(what: str, hint: str = "") -> MlflowException:
    """Return the error for something that cannot be done, however often it is tried."""
    return MlflowException(words(what, hint), INVALID_PARAMETER_VALUE)
