"""What is said of files that run code when they are loaded."""

from __future__ import annotations

from mreg.serve.loaders.model import CannotLoad, LoadRequest


def require(request: LoadRequest, what: str, instead: str) -> None:
    """Refuse a file that runs code, unless it is trusted.

    Args:
        request: the file.
        what: what it is: "a pickle".
        instead: what does the same without: "skops".

    Raises:
        CannotLoad: it is not trusted.
    """
    if not request.trust_pickle:
        raise CannotLoad(
            f"{request.path.name} is {what}: to load it is to run the code of whoever wrote it",
            hint=f"save the model {instead}; or, if you trust all who can register versions and"
            " change files here: --trust-pickle",
        )
