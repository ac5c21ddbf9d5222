"""Models of scikit-learn and its kin in skops' format, which runs no code that it does not know."""

from __future__ import annotations

from mreg.serve.loaders import methods
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor


def load(request: LoadRequest) -> Predictor:
    """Load a .skops file.

    Raises:
        CannotLoad: skops is not installed, the file is damaged, or it holds types that skops does
            not know.
    """
    try:
        from skops import io
    except ImportError:
        raise CannotLoad("skops is not installed here", hint="pip install skops") from None
    name = request.path.name
    try:
        unknown = io.get_untrusted_types(file=request.path)
        model = io.load(request.path, trusted=unknown if request.trust_pickle else [])
    except Exception as error:
        raise CannotLoad(f"{name} cannot be loaded: {type(error).__name__}: {error}") from error
    return methods.of(model, request.method, "skops")
