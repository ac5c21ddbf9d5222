"""safetensors: weights, and nothing that says how to compute with them."""

from __future__ import annotations

from typing import NoReturn

from mreg.serve.loaders.model import CannotLoad, LoadRequest


def load(request: LoadRequest) -> NoReturn:
    """Refuse.

    Raises:
        CannotLoad: always.
    """
    raise CannotLoad(
        f"{request.path.name} holds weights, and not what is computed with them",
        hint="name a function of yours that makes the model of the path: --loader module:function",
    )
