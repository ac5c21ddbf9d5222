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
            and is not trusted, it has no such method, or it has links that lead outside of it.
    """
    from mreg.serve.loaders import files

    files.check(request.path)
    if request.loader is not None:
        from mreg.serve.loaders import custom

        return custom.load(request, request.loader)
    from mreg.serve.loaders import formats

    found = formats.recognize(request.path, request.annotation)
    return formats.loader(found.format)(request._replace(path=found.path))
