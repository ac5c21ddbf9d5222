"""Loading the model that a version is, by the format of its file or folder.

A format's own library is imported by the one module that knows the format, when it is needed.
"""

from __future__ import annotations

from mreg.serve.loaders.model import CannotLoad, FormatInput, LoadRequest, Predictor

__all__ = ["CannotLoad", "FormatInput", "LoadRequest", "Predictor", "load"]


def load(request: LoadRequest) -> Predictor:
    """Load a model.

    Raises:
        CannotLoad: nothing here knows its format, its library is not installed, it may run code
            and is not trusted, or it has no such method.
    """
    if request.loader is not None:
        from mreg.serve.loaders import custom

        return custom.load(request, request.loader)
    if request.path.suffix == ".skops":
        from mreg.serve.loaders import skops

        return skops.load(request)
    raise CannotLoad(
        f"nothing here knows how to load {request.path.name}",
        hint="name a function of yours that does: --loader module:function",
    )
