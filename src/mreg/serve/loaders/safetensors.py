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
        f"{request.path.name} contains only weights, not the model's code",
        hint="write a function that builds the model from the path, and use --loader "
        "module:function",
    )
